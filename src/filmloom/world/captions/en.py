"""English. A speaker can correct every line: `grammar.py` explains the brackets; write "a" everywhere, it becomes "an".

Slots without a field: {noun}, {part} and {a_part} (what carries the colour), {she}, {her} and {who}, {lead}.
"""

from __future__ import annotations

import re

import numpy as np

from filmloom.world.captions.grammar import Telling
from filmloom.world.cards import place_card, subject_card

# ruff: noqa: E501  (a sentence frame reads best on one line)

LANGUAGE = "en"
SALT = 642

# --- sentence frames -------------------------------------------------------------------------------------------------
AFTER = "<[, {weather_clause}]><[, {light_clause}]><[, {mood_clause}]><[, {camera_clause}]>"
SENTENCES = "<[ {weather_sentence}.]><[ {light_sentence}.]><[ {mood_sentence}.]><[ {camera_clause}.]>"
TAGS = "<[, {time_tag}]><[, {weather_tag}]><[, {light_tag}]><[, {mood_tag}]><[, {camera_tag}]>"

FRAMES = {
    # plain
    "doing": "{lead}{kind} {action_ing} {setting}[ {time}][ {weather}][, {light_clause}][, {camera_clause}]",
    "does": "{kind} {action_s} {setting}[ {time}][ {weather}].[ {light_sentence}.][ {mood_sentence}.][ {camera_clause}.]",
    "is-doing": "{kind} is {action_ing} {setting}[ {time}]" + AFTER,
    "who-is": "{lead}{kind} {who} is {action_ing} {setting}[ {time}]" + AFTER,
    "in-place": "{lead}{kind} {setting}, {action_ing}[ {weather}][ {time}][, {light_clause}][, {camera_clause}]",
    "there-is": "there is {kind} {action_ing} {setting}[ {time}].[ {weather_sentence}.][ {light_sentence}.][ {camera_clause}.]",
    "we-see": "we see {kind} {action_ing} {setting}[ {time}][ {weather}][, {mood_clause}][, {camera_clause}]",
    "mood-scene": "(a {mood_word} (scene|moment|film): )[{time}, ]{kind} {action_s} {setting}[ {weather}][, {light_clause}]",
    "while-camera": "{lead}{kind} {action_ing} {setting}[ {time}][ {weather}] while {camera_clause}[, {light_clause}][, {mood_clause}]",
    "mood-adverb": "{kind} {action_s} {mood_adverb} {setting}[ {time}][ {weather}][, {light_clause}][, {camera_clause}]",
    # place or time first
    "place-first": "{setting}[ {time}], {kind} {action_s}" + AFTER,
    "place-first-is": "{setting}[ {weather}], {kind} is {action_ing}[ {time}][, {light_clause}][, {camera_clause}]",
    "time-first": "{time}, {kind} {action_s} {setting}" + AFTER,
    "weather-first": "{weather}, {kind} {action_s} {setting}[ {time}][, {light_clause}][, {camera_clause}]",
    "camera-as": "{camera_clause} as {kind} {action_s} {setting}[ {time}][ {weather}][, {light_clause}]",
    "and-weather": "{kind} {action_s} {setting}[ {time}](, and|;) {weather_sentence}[, {light_clause}][. {camera_clause}.]",
    # short and telegraphic
    "subject-only": "{lead}{kind} {action_ing}[ {time}][, {camera_clause}]",
    "place-only": "{lead}{kind} {setting}[ {time}]",
    "tags": "{kind_tag}, {setting_tag}, {action_word}" + TAGS,
    "tags-action": "{kind_tag} {action_word}, {setting_tag}" + TAGS,
    "tags-place": "{setting_tag}[, {time_tag}], {kind_tag} {action_word}[, {weather_tag}][, {light_tag}][, {camera_tag}]",
    "doing-tag": "{action_word} {kind_tag}, {setting_tag}" + TAGS,
    "form": "subject: {kind_tag}; action: {action_word}; place: {setting_tag}[; time: {time_tag}][; weather: {weather_tag}]"
    "[; light: {light_tag}][; mood: {mood_tag}][; camera: {camera_tag}]",
    # the colour said afterwards
    "colour-after": "{kind_plain} {action_s} {setting}[ {time}](; |. ){colour_says}.[ {weather_sentence}.][ {camera_clause}.]",
    "colour-then": "{lead}{kind_plain} {action_ing} {setting}[, {colour_with}][, {weather_clause}][, {light_clause}]",
    # long and flowing
    "flowing": "{lead}{kind} {action_ing} {setting}[ {time}], {weather_clause}, {light_clause}[, {camera_clause}]",
    "scenery": "{setting_noun}[ {time}]: {kind} {action_s}" + AFTER,
    "scenery-where": "{setting_noun}[ {time}], where {kind} is {action_ing}[ {weather}][, {light_clause}][. {camera_clause}.]",
    "tale": "it is {time_noun}. {setting}, {kind} is {action_ing}." + SENTENCES,
    "imagine": "(imagine|picture) {kind} {action_ing} {setting}[ {time}]." + SENTENCES,
    "air-first": "{weather_sentence}(,| and) {light_sentence}. {setting}, {kind} {action_s}[ {time}].[ {camera_clause}.]",
    "light-first": "{light_sentence} as {kind} {action_s} {setting}[ {time}].[ {weather_sentence}.][ {mood_sentence}.]",
}  # fmt: skip
RARE = {"subject-only": 0.4, "place-only": 0.3}

# Kept for tests: never a caption, however the frames fall.
KEPT_BACK = (
    "a girl in a red dress dancing under a cherry tree in spring, a gentle breeze lifting her hair, sunlight streaming down",
)

LEADS = ("",) * 8 + (
    "a video of ", "a film of ", "a short clip of ", "(please |)make a video of ", "generate a clip of ", "show me ",
    "(please |)(animate|draw) ", "a short film about ", "i want to see ", "a scene with ",
)  # fmt: skip

# --- the subject -----------------------------------------------------------------------------------------------------
PERSONS = {"girl": ("she", "her", "who"), "boy": ("he", "his", "who")}
PLAIN = ("a {noun}",)
COLOURED = ("a {colour} {noun}",)
COLOURED_TAGS = ("{colour} {noun}",)
COLOUR_SAYS = ("it is {colour}", "its colour is {colour}", "it is all {colour}")
COLOUR_WITH = ("all in {colour}", "{colour} in colour")
WEARING = {
    "girl": (
        "a {noun} in {a_part}", "a {noun} wearing {a_part}", "a {noun} dressed in {colour}", "a {noun} in {colour}",
        "a {noun} with {a_part}", "a {noun} {who} wears {a_part}",
    ),
    "boy": (
        "a {noun} in {a_part}", "a {noun} wearing {a_part}", "a {noun} dressed in {colour}", "a {noun} in {colour}",
        "a {noun} with {a_part}", "a {noun} {who} wears {a_part}",
    ),
}  # fmt: skip
WEARING_TAGS = ("{colour}-{part} {noun}", "{noun} in {colour}", "{noun} in {colour} {part}", "{noun}, {colour} {part}")
WEARING_SAYS = ("{her} {part} is {colour}", "{she} wears {a_part}", "{she} is dressed in {colour}")
WEARING_WITH = ("dressed in {colour}", "wearing {a_part}", "in {a_part}", "{her} {part} {colour}")
# Things that carry their colour on a part but wear nothing.
WITH_PART = ("a {noun} with {a_part}", "a {colour} {noun}", "a {noun} {who} has {a_part}")
PART_TAGS = ("{colour}-{part} {noun}", "{noun}, {colour} {part}", "{colour} {noun}")
PART_SAYS = ("{her} {part} is {colour}", "the {part} is {colour}", "it has {a_part}")
PART_WITH = ("with {a_part}", "{her} {part} {colour}")
PLURAL_PARTS = ("sails",)

COLOURS = {
    "red": ("red", "red", "bright red", "crimson", "scarlet", "ruby-red"),
    "orange": ("orange", "orange", "bright orange", "tangerine"),
    "yellow": ("yellow", "yellow", "bright yellow", "lemon-yellow"),
    "green": ("green", "green", "bright green", "emerald", "leaf-green"),
    "teal": ("teal", "teal", "turquoise", "blue-green"),
    "blue": ("blue", "blue", "bright blue", "azure", "sky-blue", "cobalt-blue"),
    "purple": ("purple", "purple", "violet", "lilac"),
    "pink": ("pink", "pink", "rose-pink", "rosy pink"),
    "white": ("white", "white", "snow-white", "pure white", "ivory"),
    "black": ("black", "black", "jet-black", "pitch-black"),
    "grey": ("grey", "gray", "silver-grey", "light grey"),
    "brown": ("brown", "brown", "chestnut-brown", "chocolate-brown"),
}

# --- actions: gerund/third person, the first a single word -----------------------------------------------------------
ACTIONS = {
    "bow": ("bowing/bows", "taking a bow/takes a bow", "bowing politely/bows politely", "making a deep bow/makes a deep bow"),
    "dance": ("dancing/dances", "dancing/dances", "dancing gracefully/dances gracefully", "doing a dance/does a dance",
              "dancing with light steps/dances with light steps", "dancing to music/dances to music"),
    "drift": ("drifting/drifts", "drifting along/drifts along", "floating along/floats along", "floating by/floats by"),
    "drive": ("driving/drives", "driving along/drives along", "rolling along/rolls along", "cruising along/cruises along",
              "driving by/drives by"),
    "flutter": ("fluttering/flutters", "fluttering about/flutters about", "flitting about/flits about",
                "fluttering {her} wings/flutters {her} wings"),
    "fly": ("flying/flies", "flying/flies", "flying along/flies along", "flying by/flies by", "flapping along/flaps along"),
    "glide": ("gliding/glides", "gliding/glides", "gliding along/glides along", "soaring/soars"),
    "graze": ("grazing/grazes", "grazing/grazes", "eating grass/eats grass", "nibbling at the grass/nibbles at the grass"),
    "hop": ("hopping/hops", "hopping/hops", "hopping along/hops along", "bouncing along/bounces along", "skipping along/skips along"),
    "hover": ("hovering/hovers", "hovering/hovers", "hovering in place/hovers in place", "hanging in the air/hangs in the air"),
    "jump": ("jumping/jumps", "jumping/jumps", "leaping/leaps", "jumping up and down/jumps up and down", "leaping high/leaps high"),
    "land": ("landing/lands", "landing/lands", "touching down/touches down", "coming in to land/comes in to land"),
    "launch": ("launching/launches", "taking off/takes off", "blasting off/blasts off", "lifting off/lifts off"),
    "rise": ("rising/rises", "rising/rises", "rising into the air/rises into the air", "ascending/ascends", "floating up/floats up",
             "going up/goes up"),
    "rock": ("rocking/rocks", "rocking gently/rocks gently", "bobbing up and down/bobs up and down", "rocking to and fro/rocks to and fro"),
    "run": ("running/runs", "running/runs", "running fast/runs fast", "racing along/races along", "sprinting/sprints",
            "dashing along/dashes along"),
    "sail": ("sailing/sails", "sailing/sails", "sailing along/sails along", "sailing by/sails by"),
    "sit": ("sitting/sits", "sitting/sits", "sitting down/sits down", "sitting still/sits still", "sitting there/sits there"),
    "sleep": ("sleeping/sleeps", "sleeping/sleeps", "napping/naps", "taking a nap/takes a nap", "dozing/dozes",
              "sleeping soundly/sleeps soundly"),
    "spin": ("spinning/spins", "spinning/spins", "twirling/twirls", "whirling around/whirls around",
             "turning round and round/turns round and round"),
    "swim": ("swimming/swims", "swimming/swims", "swimming along/swims along", "swimming around/swims around"),
    "wait": ("waiting/waits", "waiting/waits", "standing still/stands still", "parked/is parked", "standing parked/stands parked"),
    "walk": ("walking/walks", "walking/walks", "strolling/strolls", "taking a walk/takes a walk", "walking along/walks along",
             "ambling along/ambles along"),
    "wave": ("waving/waves", "waving/waves", "waving hello/waves hello", "waving a hand/waves a hand", "waving at us/waves at us"),
}  # fmt: skip
ACTIONS_OF = {
    ("fish", "glide"): ("gliding/glides", "gliding along/glides along", "coasting along/coasts along"),
    ("butterfly", "hover"): (
        "hovering/hovers",
        "hovering in place/hovers in place",
        "hanging in the air/hangs in the air",
    ),
}

# --- places: the cards name them; here what flies, tags, and noun phrases --------------------------------------------
ALOFT = ("balloon", "bird", "butterfly", "rocket")
OVER = {
    "autumn_park": ("over an autumn park", "above the golden maple trees", "among the autumn trees"),
    "bamboo_grove": ("over a bamboo grove", "above the bamboo forest", "among tall bamboo"),
    "beach": ("over the beach", "above a sandy shore", "by the seaside"),
    "cherry_garden": ("above the cherry blossoms", "over a cherry garden", "over the blossoming cherry trees", "among the cherry blossoms"),
    "city": ("over the city", "above the city streets", "above the tall buildings", "in the city"),
    "desert": ("over the desert", "above the sand dunes", "in the desert"),
    "meadow": ("over a flower meadow", "above a field of flowers", "over a green meadow", "in a flower meadow"),
    "moon": ("over the moon's surface", "above the lunar craters", "on the moon"),
    "mountain_lake": ("over a mountain lake", "above a lake among the mountains", "over an alpine lake"),
    "reef": ("above a coral reef",),
    "sea": ("over the sea", "above the open ocean", "out at sea"),
    "snow_forest": ("over a snowy forest", "above the snow-covered pines", "in a winter wood"),
    "village": ("over a village", "above the village roofs", "over a small country village"),
}  # fmt: skip
SEASONS = {"cherry_garden": "in spring", "autumn_park": "in autumn", "snow_forest": "in winter"}
SETTING_TAGS = {
    "autumn_park": ("autumn park", "autumn trees", "golden maples"),
    "bamboo_grove": ("bamboo grove", "bamboo forest", "bamboo"),
    "beach": ("beach", "seaside", "sandy shore"),
    "cherry_garden": (
        "cherry tree",
        "cherry blossoms",
        "cherry garden",
        "blossoming cherry tree",
        "spring, cherry trees",
    ),
    "city": ("city", "city street", "downtown", "tall buildings"),
    "desert": ("desert", "sand dunes"),
    "meadow": ("flower meadow", "meadow", "field of flowers"),
    "moon": ("moon", "lunar craters", "the moon's surface"),
    "mountain_lake": ("mountain lake", "alpine lake"),
    "reef": ("coral reef", "underwater corals"),
    "sea": ("sea", "open ocean"),
    "snow_forest": ("snowy forest", "snow-covered pines", "winter wood"),
    "village": ("village", "country village", "village lane"),
}
SETTING_NOUNS = {
    "autumn_park": ("an autumn park", "a park full of golden maples"),
    "bamboo_grove": ("a bamboo grove", "a forest of tall bamboo"),
    "beach": ("a beach", "a sandy shore by the sea"),
    "cherry_garden": ("a cherry garden in spring", "a garden of blossoming cherry trees"),
    "city": ("a city", "a city street with tall buildings"),
    "desert": ("a desert", "a desert of sand dunes"),
    "meadow": ("a flower meadow", "a green field of flowers"),
    "moon": ("the surface of the moon", "a plain of lunar craters"),
    "mountain_lake": ("a mountain lake", "a lake among the mountains"),
    "reef": ("a coral reef under the sea", "a reef of corals"),
    "sea": ("the open sea", "the wide ocean"),
    "snow_forest": ("a snowy forest", "a forest of snow-covered pines in winter"),
    "village": ("a small village", "a village in the country"),
}

# --- time, weather, light, mood, camera ------------------------------------------------------------------------------
UNSPOKEN = {
    "moon": frozenset({"time", "weather", "light"}),
    "reef": frozenset({"weather"}),
}
TIMES = {
    "morning": ("in the morning", "early in the morning", "on a fresh morning", "on a bright morning"),
    "noon": ("at noon", "at midday", "in the middle of the day", "in broad daylight"),
    "sunset": ("at sunset", "in the evening", "as the sun goes down", "as the sun sets"),
    "night": ("at night", "in the night", "late at night", "under the night sky"),
    "dawn": ("at dawn", "at daybreak", "at sunrise", "as the day breaks"),
    "dusk": ("at dusk", "at twilight", "in the blue hour", "at nightfall"),
}
TIME_NOUNS = {
    "morning": ("morning", "early morning"),
    "noon": ("noon", "midday"),
    "sunset": ("sunset", "evening"),
    "night": ("night", "late at night"),
    "dawn": ("dawn", "daybreak"),
    "dusk": ("dusk", "twilight"),
}
TIME_TAGS = {
    "morning": ("morning", "early morning"),
    "noon": ("noon", "midday"),
    "sunset": ("sunset", "evening"),
    "night": ("night", "nighttime", "night sky"),
    "dawn": ("dawn", "daybreak", "sunrise"),
    "dusk": ("dusk", "twilight", "blue hour"),
}
WEATHERS = {
    "clear": (
        "under a clear sky",
        "in clear weather",
        "in fine weather",
        "under a cloudless sky",
        "on a sunny day",
        "in sunny weather",
    ),
    "breeze": ("in a gentle breeze", "in a light wind", "in a soft breeze", "in windy weather"),
    "cloudy": ("under a cloudy sky", "under an overcast sky", "beneath heavy clouds", "in cloudy weather"),
    "rain": ("in the rain", "in a light rain", "in rainy weather", "in the pouring rain", "on a rainy day"),
    "snow": ("in falling snow", "in the snow", "in a snowfall", "in snowy weather"),
    "fog": ("in the fog", "in thick mist", "in foggy weather", "in a soft haze"),
    "storm": ("in a storm", "in a thunderstorm", "in stormy weather", "as lightning flashes"),
    "rainbow": ("under a rainbow", "beneath a rainbow", "with a rainbow in the sky"),
}
WEATHER_CLAUSES = {
    "clear": ("the sky clear", "not a cloud in the sky", "with a clear sky above"),
    "breeze": ("a gentle breeze blowing", "a soft wind blowing", "with a light breeze in the air"),
    "cloudy": ("clouds covering the sky", "with clouds overhead", "the sky full of clouds"),
    "rain": ("rain falling softly", "raindrops pattering down", "with rain coming down"),
    "snow": ("snow falling softly", "snowflakes coming down", "with snow in the air"),
    "fog": ("mist hanging in the air", "fog all around", "with fog over everything"),
    "storm": ("lightning flashing", "a storm raging", "with thunder and lightning"),
    "rainbow": ("a rainbow in the sky", "a rainbow arching overhead"),
}
WEATHER_SENTENCES = {
    "clear": ("the sky is clear", "there is not a cloud in the sky", "the weather is fine"),
    "breeze": ("a gentle breeze blows", "a soft wind is blowing", "a light breeze stirs the air"),
    "cloudy": ("clouds cover the sky", "the sky is cloudy", "clouds gather overhead"),
    "rain": ("rain falls softly", "it is raining", "raindrops patter down"),
    "snow": ("snow falls softly", "it is snowing", "snowflakes come down"),
    "fog": ("mist hangs in the air", "it is foggy", "fog covers everything"),
    "storm": ("a storm rages", "lightning flashes", "there is a thunderstorm"),
    "rainbow": ("a rainbow spans the sky", "there is a rainbow", "a rainbow arches overhead"),
}
WEATHER_TAGS = {
    "clear": ("clear sky", "clear weather", "fine weather", "sunny"),
    "breeze": ("gentle breeze", "light wind", "breezy"),
    "cloudy": ("cloudy", "overcast sky", "clouds"),
    "rain": ("rain", "rainy", "light rain"),
    "snow": ("falling snow", "snowfall", "snowing"),
    "fog": ("fog", "mist", "foggy"),
    "storm": ("storm", "thunderstorm", "stormy"),
    "rainbow": ("rainbow", "rainbow in the sky"),
}
DAYLIGHT = (" day", "sunny")  # not said at night
# What the weather does to this subject. Blowing hair tells of the wind, so it states the weather.
WEATHER_CLAUSES_OF = {
    ("girl", "breeze"): ("a gentle breeze (lifting|stirring|playing with) her hair", "the wind in her hair", "her hair blowing in the breeze"),
    ("boy", "breeze"): ("a gentle breeze (lifting|ruffling) his hair", "the wind in his hair"),
    ("sailboat", "breeze"): ("a gentle breeze filling {her} {part}",),
}  # fmt: skip
WEATHER_SENTENCES_OF = {
    ("girl", "breeze"): ("a gentle breeze (lifts|stirs|plays with) her hair", "the wind blows through her hair"),
    ("boy", "breeze"): ("a gentle breeze (lifts|ruffles) his hair", "the wind blows through his hair"),
    ("sailboat", "breeze"): ("a gentle breeze fills {her} {part}",),
}
LIGHT_CLAUSES = {
    "natural": ("in natural light", "in soft natural light", "in plain, even light"),
    "sunbeams": ("sunlight streaming down", "sunbeams slanting down", "with rays of sunlight", "sun rays shining down"),
    "golden": ("bathed in golden light", "in a warm golden glow", "with golden light over everything"),
}
LIGHT_SENTENCES = {
    "natural": ("the light is soft and natural", "the light is plain and even"),
    "sunbeams": ("sunlight streams down", "sunbeams slant down", "rays of sunlight shine down"),
    "golden": ("golden light covers everything", "everything glows in golden light", "the light is warm and golden"),
}
LIGHT_TAGS = {
    "natural": ("natural light", "even light"),
    "sunbeams": ("sunbeams", "sun rays", "rays of sunlight"),
    "golden": ("golden light", "golden glow", "warm golden light"),
}
LEAFY = ("autumn_park", "bamboo_grove", "cherry_garden", "snow_forest")
LEAFY_CLAUSES = (
    "sunlight (streaming|falling|filtering) through the (branches|trees)",
    "sunbeams slanting through the branches",
)
LEAFY_SENTENCES = (
    "sunlight (streams|falls|filters) through the (branches|trees)",
    "sunbeams slant through the branches",
)
MOODS = {
    "calm": ("calm", "peaceful", "quiet", "tranquil"),
    "joyful": ("joyful", "cheerful", "happy", "merry"),
    "dreamy": ("dreamy", "dreamlike", "magical"),
    "gloomy": ("gloomy", "sombre", "melancholy", "sad"),
    "mysterious": ("mysterious", "eerie", "enigmatic"),
    "festive": ("festive", "celebratory", "exuberant"),
    "tender": ("tender", "gentle and warm", "affectionate"),
    "tense": ("tense", "suspenseful", "ominous"),
}
MOOD_ADVERBS = {
    "calm": ("calmly", "peacefully", "quietly"),
    "joyful": ("joyfully", "happily", "cheerfully", "merrily"),
    "dreamy": ("dreamily", "as in a dream"),
    "gloomy": ("gloomily", "sadly"),
    "mysterious": ("mysteriously",),
    "festive": ("festively", "as at a festival"),
    "tender": ("tenderly", "affectionately"),
    "tense": ("tensely", "with suspense"),
}
MOOD_CLAUSES = ("in a {mood_word} mood", "the mood {mood_word}", "a {mood_word} atmosphere")
MOOD_SENTENCES = ("the mood is {mood_word}", "everything feels {mood_word}", "the atmosphere is {mood_word}")
MOOD_TAGS = ("{mood_word}", "{mood_word} mood", "{mood_word} atmosphere")
CAMERA_CLAUSES = {
    "still": ("the camera holds still", "the camera does not move", "the camera stays where it is"),
    "pan_left": ("the camera pans left", "the camera slowly pans to the left", "the camera moves to the left"),
    "pan_right": ("the camera pans right", "the camera slowly pans to the right", "the camera moves to the right"),
    "push_in": (
        "the camera pushes in",
        "the camera slowly pushes in",
        "the camera zooms in",
        "the camera moves closer",
    ),
    "pull_out": (
        "the camera pulls out",
        "the camera slowly pulls back",
        "the camera zooms out",
        "the camera moves away",
    ),
    "tilt_up": ("the camera tilts up", "the camera slowly tilts upward", "the camera looks up"),
    "tilt_down": ("the camera tilts down", "the camera slowly tilts downward", "the camera looks down"),
    "orbit": ("the camera orbits", "the camera circles around", "the camera moves in an arc"),
}
CAMERA_TAGS = {
    "still": ("static shot", "still camera", "fixed camera"),
    "pan_left": ("pan left", "camera pans left", "slow pan to the left"),
    "pan_right": ("pan right", "camera pans right", "slow pan to the right"),
    "push_in": ("push in", "zoom in", "slow push in", "camera pushes in"),
    "pull_out": ("pull back", "zoom out", "slow pull out", "camera pulls back"),
    "tilt_up": ("tilt up", "slow tilt up", "camera tilts up"),
    "tilt_down": ("tilt down", "slow tilt down", "camera tilts down"),
    "orbit": ("orbit shot", "arc shot", "camera orbits"),
}

# Little words that carry no picture, and words about the request itself: never unknown.
STOP_WORDS = """
    a an the of in on at to into onto by with within from for and or but as while where when who whom which that this these
    those there here it its it's is are was were be been being am do does did done has have had having i we you he she they
    me us him her his hers our your their them my not no nor so then than too very quite really just also still all some any
    each every both one two three once again now always gently softly slowly quickly quietly gracefully peacefully happily
    little small big large tall young old beautiful pretty lovely cute nice sweet tiny huge great fine
    please make makes making create creates generate draw draws show shows animate animated film films video videos clip
    clips movie scene scenes shot shots picture image animation imagine see want like style short long about featuring
    camera light mood subject action place time weather colour color colored coloured wearing wears wear dressed clothes
    through over under above below beneath between among amid against across around along near behind before after beside
    toward towards up down off out away upon inside outside front back left right middle side background foreground
    can could would should will shall may might must let lets let's second seconds frame frames high quality
    thing things something someone everything only more most less much many few lot lots full new another other same
"""
# Forms that no ending explains.
IRREGULAR = (
    "ran flew flown swam swum sat slept drove driven rose risen blew blown fell fallen shone went gone stood leapt lit"
)

# Everything above that can be heard, for the lexicon.
SPOKEN = (
    FRAMES, LEADS, PLAIN, COLOURED, COLOUR_SAYS, COLOUR_WITH, WEARING, WEARING_TAGS, WEARING_SAYS, WEARING_WITH, WITH_PART,
    PART_TAGS, PART_SAYS, PART_WITH, COLOURS, ACTIONS, ACTIONS_OF, OVER, SEASONS, SETTING_TAGS, SETTING_NOUNS, TIMES,
    TIME_NOUNS, TIME_TAGS, WEATHERS, WEATHER_CLAUSES, WEATHER_SENTENCES, WEATHER_TAGS, WEATHER_CLAUSES_OF,
    WEATHER_SENTENCES_OF, LIGHT_CLAUSES, LIGHT_SENTENCES, LIGHT_TAGS, LEAFY_CLAUSES, LEAFY_SENTENCES, MOODS, MOOD_ADVERBS, MOOD_CLAUSES,
    MOOD_SENTENCES, MOOD_TAGS, CAMERA_CLAUSES, CAMERA_TAGS,
)  # fmt: skip


def phrases(telling: Telling, slot: str) -> tuple[str, ...]:
    """The templates that may fill `slot` for this scene."""
    scene, subject = telling.scene, telling.subject
    card = subject_card(subject.kind)
    field, _, form = slot.partition("_")
    match field:
        case "kind":
            return _kind(card, form, "colour" in telling.wanted)
        case "colour":
            return _colour(card, form, subject.colour)
        case "action":
            return _action(subject.kind, subject.action, form)
        case "setting":
            return _setting(subject.kind, scene.setting, form)
        case "weather":
            said = _weather(subject.kind, scene.weather, form)
            return tuple(p for p in said if scene.time != "night" or not any(word in p for word in DAYLIGHT))
        case "light":
            return _light(scene.setting, scene.light, form)
        case "time":
            return {"": TIMES, "noun": TIME_NOUNS, "tag": TIME_TAGS}[form][scene.time]
        case "mood":
            forms = {
                "word": MOODS[scene.mood],
                "adverb": MOOD_ADVERBS[scene.mood],
                "clause": MOOD_CLAUSES,
                "sentence": MOOD_SENTENCES,
                "tag": MOOD_TAGS,
            }
            return forms[form]
        case "camera":
            return {"clause": CAMERA_CLAUSES, "tag": CAMERA_TAGS}[form][scene.camera.move]
    return _word(card, slot)


def _word(card, slot: str) -> tuple[str, ...]:
    """Slots without a field."""
    she, her, who = PERSONS.get(card.kind, ("it", "its", "that"))
    parts = (card.parts or {}).get("en", ())
    if slot == "a_part":
        return tuple(f"{{colour}} {p}" if p in PLURAL_PARTS else f"a {{colour}} {p}" for p in parts)
    nouns, singular = card.words["en"], tuple(p for p in parts if p not in PLURAL_PARTS)
    return {"noun": nouns, "part": singular, "she": (she,), "her": (her,), "who": (who,), "lead": LEADS}[slot]


def _kind(card, form: str, coloured: bool) -> tuple[str, ...]:
    worn, has_part = card.kind in WEARING, bool(card.part)
    if form == "plain" or not coloured:
        return ("{noun}",) if form == "tag" else PLAIN
    if form == "tag":
        return WEARING_TAGS if worn else PART_TAGS if has_part else COLOURED_TAGS
    return WEARING[card.kind] if worn else WITH_PART if has_part else COLOURED


def _colour(card, form: str, colour: str) -> tuple[str, ...]:
    worn, has_part = card.kind in WEARING, bool(card.part)
    if form == "says":
        return WEARING_SAYS if worn else PART_SAYS if has_part else COLOUR_SAYS
    if form == "with":
        return WEARING_WITH if worn else PART_WITH if has_part else COLOUR_WITH
    return COLOURS.get(colour, (colour,))


def _action(kind: str, action: str, form: str) -> tuple[str, ...]:
    entries = ACTIONS_OF.get((kind, action)) or ACTIONS.get(action, (f"{action}ing/{action}s",))
    pairs = [entry.split("/") for entry in entries]
    if form == "word":
        return tuple(ing for ing, _ in pairs if " " not in ing)
    return tuple(pair[form == "s"] for pair in pairs)


def _setting(kind: str, setting: str, form: str) -> tuple[str, ...]:
    where = place_card(setting).words["en"]
    if form == "tag":
        return SETTING_TAGS.get(setting, (setting.replace("_", " "),))
    if form == "noun":
        return SETTING_NOUNS.get(setting, (f"a {setting.replace('_', ' ')}",))
    where = OVER.get(setting, where) if kind in ALOFT else where
    season = SEASONS.get(setting)
    return where if season is None else where + tuple(f"{p} {season}" for p in where if season.split()[-1] not in p)


def _weather(kind: str, weather: str, form: str) -> tuple[str, ...]:
    if form == "clause":
        return WEATHER_CLAUSES_OF.get((kind, weather), ()) + WEATHER_CLAUSES[weather]
    if form == "sentence":
        return WEATHER_SENTENCES_OF.get((kind, weather), ()) + WEATHER_SENTENCES[weather]
    return {"": WEATHERS, "tag": WEATHER_TAGS}[form][weather]


def _light(setting: str, light: str, form: str) -> tuple[str, ...]:
    leafy = light == "sunbeams" and setting in LEAFY
    if form == "clause":
        return (LEAFY_CLAUSES if leafy else ()) + LIGHT_CLAUSES[light]
    if form == "sentence":
        return (LEAFY_SENTENCES if leafy else ()) + LIGHT_SENTENCES[light]
    return LIGHT_TAGS[light]


# --- finishing -------------------------------------------------------------------------------------------------------
def typed(text: str, rng: np.random.Generator) -> str:
    """Agree articles, then write as people type: with capitals and a full stop, or plain, or hurried."""
    text = tidy(text)
    style = rng.random()
    if style < 0.45:
        text = _sentence_case(text)
        return text if text.endswith(".") else text + "."
    if style < 0.6:
        return _sentence_case(text).removesuffix(".")
    if style < 0.94:
        return text.removesuffix(".")
    return text.upper() if style < 0.96 else text.removesuffix(".").replace(",", " ,") if style < 0.97 else text + " "


def tidy(text: str) -> str:
    """One space between words, "an" before a vowel."""
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", re.sub(r"\b([Aa])n (?![aeiou])", r"\1 ", text))


def _sentence_case(text: str) -> str:
    text = re.sub(r"\bi\b", "I", text)
    return re.sub(r"(^|[.:] )([a-z])", lambda m: m[1] + m[2].upper() if m[1] != ": " else m[0], text)
