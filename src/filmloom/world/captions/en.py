"""English. A speaker can correct every line: `grammar.py` explains the brackets; write "a" everywhere, it becomes "an".

Slots without a field: {noun}, {part} and {a_part} (what carries the colour), {she}, {her}, {him} and {who}, {lead}.
"""

from __future__ import annotations

import random
import re
from functools import cache

from filmloom.world.captions.grammar import Telling, is_second, of_second, split_slot

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
    # like a line of a poem
    "hush": "{time_noun} {setting}: {kind}, {action_ing}, and (the world|all the world) looks on[, {light_clause}]",
    "only": "{setting}[ {time}] there is only {kind}, {action_ing}." + SENTENCES,
    "where-sky": "where {weather_sentence}, {kind} {action_s} {setting}[, {time}][, {light_clause}]",
    # two of them
    "pair-and": "{kind} {action_s} and {kind2} {action2_s} {setting}[ {time}]" + AFTER,
    "pair-and-ing": "{lead}{kind} {action_ing} and {kind2} {action2_ing} {setting}[ {time}][ {weather}][, {camera_clause}]",
    "pair-while": "{kind} {action_s} {setting}[ {time}] while {kind2} {action2_s}" + AFTER,
    "pair-both": "{lead}{kind} and {kind2} {setting}[ {time}][ {weather}][, {mood_clause}][, {camera_clause}]",
    "pair-with": "{kind} {action_s} {setting}[ {time}], {relation_with}" + AFTER,
    "pair-with-ing": "{lead}{kind} {action_ing} {setting}, {relation_with}[, {weather_clause}][, {camera_clause}]",
    "pair-with-first": "{kind}, {relation_with}, {action_s} {setting}[ {time}]" + AFTER,
    "pair-place": "{setting}[ {time}], {kind} is {action_ing} {relation_with}" + AFTER,
    "pair-clause": "{kind} {action_s} {setting}[ {time}](;|, and) {relation_clause}.[ {weather_sentence}.][ {camera_clause}.]",
    "pair-noun": "{lead}{relation_noun} {setting}[ {time}][ {weather}]" + AFTER,
    "pair-says": "{relation_says} {setting}[ {time}][ {weather}]" + AFTER,
    "pair-says-place": "{setting}[ {time}], {relation_says}" + AFTER,
    "pair-tags": "{relation_tag}, {setting_tag}[, {action_word} {noun}][, {action2_word} {noun2}]" + TAGS,
}  # fmt: skip
STYLED = ("{}, {style}", "{}, {style}", "{style_tag}: {}", "{style}, {}", "{}, {style_tag}")
RARE = {"hush": 0.5, "only": 0.5, "where-sky": 0.5, "subject-only": 0.4, "place-only": 0.3}

# Kept for tests: never a caption, however the frames fall.
KEPT_BACK = (
    "a girl in a red dress dancing under a cherry tree in spring, a gentle breeze lifting her hair, sunlight streaming down",
)

LEADS = ("",) * 8 + (
    "a video of ", "a film of ", "a short clip of ", "(please |)make a video of ", "generate a clip of ", "show me ",
    "(please |)(animate|draw) ", "a short film about ", "i want to see ", "a scene with ",
)  # fmt: skip

# --- the subject -----------------------------------------------------------------------------------------------------
NOUNS = {
    "airplane": ("airplane", "plane", "aeroplane"), "balloon": ("hot-air balloon", "hot air balloon"), "bird": ("bird", "songbird"),
    "boy": ("boy", "young boy", "little boy", "lad"), "bus": ("bus", "coach"), "butterfly": ("butterfly",),
    "car": ("car", "automobile"), "cat": ("cat", "kitten", "kitty"), "dinosaur": ("dinosaur", "dino"), "dog": ("dog", "puppy", "pup"),
    "duck": ("duck", "duckling"), "elephant": ("elephant", "baby elephant"), "fish": ("fish", "tropical fish"), "fox": ("fox", "fox cub"),
    "girl": ("girl", "young girl", "little girl", "lass"), "horse": ("horse", "pony"), "man": ("man", "young man", "gentleman"),
    "penguin": ("penguin", "little penguin"), "rabbit": ("rabbit", "bunny"), "robot": ("robot", "android"),
    "rocket": ("rocket", "rocket ship"), "sailboat": ("sailboat", "sailing boat"), "train": ("train", "railway train"),
    "turtle": ("turtle", "tortoise"), "whale": ("whale", "big whale"), "woman": ("woman", "young woman", "lady"),
}
PARTS = {
    "girl": ("dress", "frock"), "woman": ("dress", "frock"), "boy": ("shirt", "T-shirt"), "man": ("shirt", "T-shirt"),
    "sailboat": ("sail", "sails"),
}  # fmt: skip
PERSONS = {
    "girl": ("she", "her", "her", "who"), "woman": ("she", "her", "her", "who"),
    "boy": ("he", "his", "him", "who"), "man": ("he", "his", "him", "who"),
}  # fmt: skip
THING = ("it", "its", "it", "that")
PLAIN = ("a {noun}",)
COLOURED = ("a {colour} {noun}",)
COLOURED_TAGS = ("{colour} {noun}",)
COLOUR_SAYS = ("it is {colour}", "its colour is {colour}", "it is all {colour}")
COLOUR_WITH = ("all in {colour}", "{colour} in colour")
WEARING = (
    "a {noun} in {a_part}", "a {noun} wearing {a_part}", "a {noun} dressed in {colour}", "a {noun} in {colour}",
    "a {noun} with {a_part}", "a {noun} {who} wears {a_part}",
)  # fmt: skip
WEARING_TAGS = ("{colour}-{part} {noun}", "{noun} in {colour}", "{noun} in {colour} {part}", "{noun}, {colour} {part}")
WEARING_SAYS = ("{her} {part} is {colour}", "{she} wears {a_part}", "{she} is dressed in {colour}")
WEARING_WITH = ("dressed in {colour}", "wearing {a_part}", "in {a_part}", "{her} {part} {colour}")
# Things that carry their colour on a part but wear nothing.
WITH_PART = ("a {noun} with {a_part}", "a {colour} {noun}", "a {noun} {who} has {a_part}")
PART_TAGS = ("{colour}-{part} {noun}", "{noun}, {colour} {part}", "{colour} {noun}")
PART_SAYS = ("{her} {part} is {colour}", "the {part} is {colour}", "it has {a_part}")
PART_WITH = ("with {a_part}", "{her} {part} {colour}")
PLURAL_PARTS = ("sails",)
CLOTHES = {
    "hat": ("with a hat on", "wearing a hat", "with a little hat"),
    "scarf": ("with a scarf on", "wearing a scarf", "with a scarf"),
    "coat": ("with a coat on", "wearing a coat", "with a warm coat"),
}
CLOTHES_TAGS = {"hat": "(hat|wearing a hat)", "scarf": "(scarf|wearing a scarf)", "coat": "(coat|wearing a coat)"}

# --- how the second stands to the first ------------------------------------------------------------------------------
WHERE = {
    "beside": ("beside", "next to", "side by side with"), "behind": ("behind", "in back of"), "in_front": ("in front of", "ahead of"),
    "above": ("above", "high above"), "follows": ("following", "coming after"), "faces": ("facing", "face to face with"),
}  # fmt: skip
RELATIONS_WITH = {
    "beside": ("with {kind2} beside {him}", "with {kind2} next to {him}", "with {kind2} at {her} side", "side by side with {kind2}"),
    "behind": ("with {kind2} behind {him}", "with {kind2} standing behind", "with {kind2} in back of {him}"),
    "in_front": ("with {kind2} in front of {him}", "with {kind2} ahead of {him}", "with {kind2} in front"),
    "above": ("with {kind2} above {him}", "with {kind2} overhead", "with {kind2} up above"),
    "follows": ("followed by {kind2}", "with {kind2} following {him}", "with {kind2} coming after {him}"),
    "faces": ("with {kind2} facing {him}", "face to face with {kind2}", "with {kind2} looking at {him}"),
}
RELATIONS_CLAUSE = {
    "beside": ("beside {him} is {kind2}[, {action2_ing}]", "{kind2} is next to {him}[, {action2_ing}]"),
    "behind": ("behind {him} is {kind2}[, {action2_ing}]", "{kind2} is behind {him}[, {action2_ing}]"),
    "in_front": ("in front of {him} is {kind2}[, {action2_ing}]", "{kind2} is in front of {him}[, {action2_ing}]"),
    "above": ("above {him} is {kind2}[, {action2_ing}]", "{kind2} is overhead[, {action2_ing}]"),
    "follows": ("{kind2} follows {him}[, {action2_ing}]", "{kind2} comes after {him}[, {action2_ing}]"),
    "faces": ("{kind2} faces {him}[, {action2_ing}]", "{kind2} is facing {him}[, {action2_ing}]"),
}
RELATIONS_SAYS = {
    "beside": ("{kind} is {where} {kind2}", "{kind} {action_s} {where} {kind2}", "{kind} and {kind2} are side by side"),
    "behind": ("{kind2} is {where} {kind}", "{kind2} {action2_s} {where} {kind}"),
    "in_front": ("{kind2} is {where} {kind}", "{kind2} {action2_s} {where} {kind}"),
    "above": ("{kind2} is {where} {kind}", "{kind2} {action2_s} {where} {kind}"),
    "follows": ("{kind2} follows {kind}", "{kind2} is following {kind}", "{kind2} comes after {kind}"),
    "faces": ("{kind2} faces {kind}", "{kind2} is facing {kind}", "{kind} and {kind2} are face to face"),
}
NOUN_FIRST = "{kind} {where} {kind2}"  # of two side by side the one named first is the first
NOUN_SECOND = "{kind2} {where} {kind}"

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
    "drift": ("drifting/drifts", "drifting along/drifts along", "wafting along/wafts along", "sailing through the air/sails through the air"),
    "drive": ("driving/drives", "driving along/drives along", "cruising along/cruises along",
              "driving by/drives by"),
    "flutter": ("fluttering/flutters", "fluttering about/flutters about", "flitting about/flits about",
                "fluttering {her} wings/flutters {her} wings"),
    "fly": ("flying/flies", "flying/flies", "flying along/flies along", "flying by/flies by", "flying around/flies around"),
    "glide": ("gliding/glides", "gliding/glides", "gliding along/glides along", "soaring/soars"),
    "graze": ("grazing/grazes", "grazing/grazes", "eating grass/eats grass", "nibbling at the grass/nibbles at the grass"),
    "hop": ("hopping/hops", "hopping/hops", "hopping along/hops along", "bouncing along/bounces along", "skipping along/skips along"),
    "hover": ("hovering/hovers", "hovering/hovers", "hovering in place/hovers in place", "hanging in the air/hangs in the air"),
    "jump": ("jumping/jumps", "jumping/jumps", "leaping/leaps", "jumping up and down/jumps up and down", "leaping high/leaps high"),
    "land": ("landing/lands", "landing/lands", "touching down/touches down", "coming in to land/comes in to land"),
    "launch": ("launching/launches", "taking off/takes off", "blasting off/blasts off", "lifting off/lifts off"),
    "rise": ("rising/rises", "rising/rises", "rising into the air/rises into the air", "ascending/ascends", "climbing/climbs",
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
    "cheer": ("cheering/cheers", "cheering/cheers", "cheering loudly/cheers loudly", "cheering with both arms up/cheers with both arms up"),
    "clap": ("clapping/claps", "clapping/claps", "clapping {her} hands/claps {her} hands", "applauding/applauds"),
    "crawl": ("crawling/crawls", "crawling/crawls", "crawling along/crawls along", "creeping along/creeps along"),
    "dive": ("diving/dives", "diving/dives", "diving down/dives down", "plunging down/plunges down"),
    "eat": ("eating/eats", "eating/eats", "munching/munches", "having a meal/has a meal", "having a snack/has a snack"),
    "flap": ("flapping/flaps", "flapping {her} wings/flaps {her} wings", "beating {her} wings/beats {her} wings"),
    "float": ("floating/floats", "floating/floats", "floating quietly/floats quietly", "floating on the spot/floats on the spot"),
    "look": ("looking around/looks around", "looking/looks", "looking about/looks about", "gazing around/gazes around"),
    "nod": ("nodding/nods", "nodding/nods", "nodding {her} head/nods {her} head", "giving a nod/gives a nod"),
    "read": ("reading/reads", "reading/reads", "reading a book/reads a book", "reading a story/reads a story"),
    "roar": ("roaring/roars", "roaring/roars", "roaring loudly/roars loudly", "letting out a roar/lets out a roar"),
    "roll": ("rolling over/rolls over", "rolling/rolls", "rolling about/rolls about", "rolling on {her} back/rolls on {her} back"),
    "sing": ("singing/sings", "singing/sings", "singing a song/sings a song", "singing out loud/sings out loud"),
    "slide": ("sliding/slides", "sliding/slides", "sliding along/slides along", "slithering along/slithers along"),
    "stretch": ("stretching/stretches", "stretching/stretches", "having a stretch/has a stretch", "having a good stretch/has a good stretch"),
    "trot": ("trotting/trots", "trotting/trots", "trotting along/trots along", "jogging along/jogs along"),
}  # fmt: skip
ACTIONS_OF = {
    ("elephant", "wave"): ("waving/waves", "waving {her} trunk/waves {her} trunk", "swinging {her} trunk/swings {her} trunk"),
    ("penguin", "slide"): ("sliding/slides", "sliding on {her} belly/slides on {her} belly", "sliding along/slides along"),
    ("train", "wait"): ("waiting/waits", "waiting/waits", "standing still/stands still"),
    ("airplane", "fly"): ("flying/flies", "flying/flies", "flying along/flies along", "flying by/flies by"),
    ("fish", "glide"): ("gliding/glides", "gliding along/glides along", "coasting along/coasts along"),
    ("butterfly", "hover"): (
        "hovering/hovers",
        "hovering in place/hovers in place",
        "hanging in the air/hangs in the air",
    ),
}

# --- places: where one is, what flies above them, tags, and noun phrases ---------------------------------------------
SETTINGS = {
    "autumn_park": ("in an autumn park", "among autumn trees", "under golden maple trees"),
    "bamboo_grove": ("in a bamboo grove", "among tall bamboo", "in a bamboo forest"),
    "beach": ("on the beach", "by the seaside", "on a sandy shore"),
    "cherry_garden": ("under a cherry tree", "beneath blossoming cherry trees", "in a cherry garden", "among the cherry blossoms"),
    "city": ("in the city", "on a city street", "downtown among tall buildings"),
    "desert": ("in the desert", "among sand dunes", "in a sandy desert"),
    "meadow": ("in a flower meadow", "in a field of flowers", "on a green meadow"),
    "moon": ("on the moon", "on the surface of the moon", "among lunar craters"),
    "mountain_lake": ("on a mountain lake", "at a lake among the mountains", "on an alpine lake"),
    "reef": ("in a coral reef", "under the sea among corals", "above a coral reef"),
    "sea": ("on the sea", "on the open ocean", "out at sea"),
    "snow_forest": ("in a snowy forest", "among snow-covered pines", "in a winter wood"),
    "village": ("in a village", "in a small country village", "on a village lane"),
    "farm": ("on a farm", "in a farmyard", "by the barn"),
    "jungle": ("in the jungle", "in a rainforest", "among jungle vines"),
    "volcano": ("near a volcano", "at the foot of a volcano", "by a smoking volcano"),
    "harbour": ("in a harbour", "at the harbour", "by the docks"),
    "castle": ("at a castle", "before an old castle", "in a castle courtyard"),
    "waterfall": ("by a waterfall", "at the foot of a waterfall", "near a waterfall"),
    "playground": ("on a playground", "at the playground", "among swings and slides"),
    "bedroom": ("in a bedroom", "in a cosy bedroom", "in a child's bedroom"),
    "stage_hall": ("on a stage", "on a theatre stage", "in a theatre under stage lights"),
    "arctic": ("in the arctic", "on the polar ice", "among icebergs"),
    "lavender_field": ("in a lavender field", "among rows of lavender", "in a field of lavender"),
}
ALOFT = ("airplane", "balloon", "bird", "butterfly", "rocket")
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
    "farm": ("over a farm", "above the farm roofs"), "jungle": ("over the jungle", "above the rainforest"),
    "volcano": ("over a volcano", "above a smoking volcano"), "harbour": ("over a harbour", "above the docks"),
    "castle": ("over a castle", "above the castle towers"), "waterfall": ("over a waterfall", "above a waterfall"),
    "playground": ("over a playground", "above the swings and slides"), "arctic": ("over the arctic", "above the polar ice"),
    "lavender_field": ("over a lavender field", "above the rows of lavender"),
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
    "farm": ("farm", "farmyard"), "jungle": ("jungle", "rainforest"), "volcano": ("volcano", "smoking volcano"),
    "harbour": ("harbour", "docks"), "castle": ("castle", "old castle"), "waterfall": ("waterfall",),
    "playground": ("playground", "swings and slides"), "bedroom": ("bedroom", "cosy bedroom"),
    "stage_hall": ("stage", "theatre stage"), "arctic": ("arctic", "polar ice", "icebergs"),
    "lavender_field": ("lavender field", "rows of lavender"),
}  # fmt: skip
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
    "farm": ("a farm", "a farm with a barn"), "jungle": ("a jungle", "a green rainforest"), "volcano": ("a smoking volcano",),
    "harbour": ("a harbour", "a harbour with docks"), "castle": ("an old castle", "a castle with towers"),
    "waterfall": ("a waterfall", "a waterfall among rocks"), "playground": ("a playground", "a playground with swings and slides"),
    "bedroom": ("a bedroom", "a cosy bedroom"), "stage_hall": ("a theatre stage", "a stage with curtains"),
    "arctic": ("the arctic ice", "a sea of icebergs"), "lavender_field": ("a lavender field", "a field with rows of lavender"),
}  # fmt: skip
IN_SEASON = {
    "spring": ("in spring", "in springtime", "on a spring day"), "summer": ("in summer", "in summertime", "on a summer day"),
    "autumn": ("in autumn", "in the fall", "on an autumn day"), "winter": ("in winter", "in wintertime", "on a winter day"),
}  # fmt: skip
SEASON_TAGS = {"spring": ("spring", "springtime"), "summer": ("summer", "summertime"), "autumn": ("autumn", "fall"),
               "winter": ("winter", "wintertime")}  # fmt: skip

# --- time, weather, light, mood, camera ------------------------------------------------------------------------------
STYLES = {
    "storybook": ("in storybook style", "like a picture book", "as a storybook drawing"),
    "flat": ("in flat paper-cut style", "as flat paper cut-outs", "in a flat graphic style"),
    "ink": ("as an ink wash painting", "in ink wash style", "painted with brush and ink"),
    "night_neon": ("in glowing neon night style", "in neon colours", "with glowing neon outlines"),
}
STYLE_TAGS = {
    "storybook": ("storybook style", "picture-book style"), "flat": ("flat paper-cut style", "paper cut-out"),
    "ink": ("ink wash painting", "ink painting style"), "night_neon": ("neon style", "glowing neon night style"),
}  # fmt: skip
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
DAYLIGHT = (" day", "sunny")  # not said in the dark
DARK = ("night", "dusk")
# What the weather does to this subject. Blowing hair tells of the wind, so it states the weather.
WEATHER_CLAUSES_OF = {
    ("woman", "breeze"): ("a gentle breeze (lifting|stirring|playing with) her hair", "the wind in her hair"),
    ("man", "breeze"): ("a gentle breeze ruffling his hair", "the wind in his hair"),
    ("girl", "breeze"): ("a gentle breeze (lifting|stirring|playing with) her hair", "the wind in her hair", "her hair blowing in the breeze"),
    ("boy", "breeze"): ("a gentle breeze (lifting|ruffling) his hair", "the wind in his hair"),
    ("sailboat", "breeze"): ("a gentle breeze filling {her} {part}",),
}  # fmt: skip
WEATHER_SENTENCES_OF = {
    ("woman", "breeze"): ("a gentle breeze (lifts|stirs|plays with) her hair", "the wind blows through her hair"),
    ("man", "breeze"): ("a gentle breeze ruffles his hair", "the wind blows through his hair"),
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
MOOD_FORMS = {"clause": MOOD_CLAUSES, "sentence": MOOD_SENTENCES, "tag": MOOD_TAGS}
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

# The known kind nearest in meaning, where spelling would not find it.
NEAREST = """
    dragon=dinosaur lizard=dinosaur crocodile=dinosaur monster=dinosaur lion=cat tiger=cat leopard=cat panther=cat wolf=dog bear=dog
    raccoon=fox squirrel=rabbit mouse=rabbit rat=rabbit hamster=rabbit hare=rabbit deer=horse donkey=horse zebra=horse unicorn=horse
    cow=horse camel=horse goat=horse sheep=rabbit pig=dog monkey=boy giraffe=elephant hippo=elephant rhino=elephant mammoth=elephant
    truck=bus lorry=bus van=bus tram=train subway=train metro=train locomotive=train taxi=car bicycle=car bike=car motorcycle=car tank=car
    ship=sailboat boat=sailboat yacht=sailboat ferry=sailboat submarine=whale shark=whale dolphin=whale seal=whale octopus=fish crab=turtle
    jet=airplane aircraft=airplane helicopter=airplane drone=airplane spaceship=rocket spacecraft=rocket ufo=rocket satellite=rocket
    zeppelin=balloon airship=balloon kite=balloon eagle=bird owl=bird parrot=bird crow=bird sparrow=bird pigeon=bird swallow=bird
    goose=duck swan=duck chicken=duck hen=duck rooster=duck seagull=bird bee=butterfly dragonfly=butterfly moth=butterfly bug=butterfly
    frog=turtle snail=turtle astronaut=robot alien=robot cyborg=robot princess=girl queen=woman mother=woman king=man father=man prince=boy
    child=girl baby=boy kid=boy people=man person=man human=man pirate=man knight=man wizard=man witch=woman teacher=woman
    salmon=fish goldfish=fish koi=fish kangaroo=rabbit panda=penguin cub=fox snow_leopard=cat
    forest=bamboo_grove park=playground street=city town=village ocean=sea river=waterfall lake=mountain_lake island=beach mars=moon
    room=bedroom kitchen=bedroom house=village palace=castle port=harbour garden=meadow iceberg=arctic field=meadow
"""

# Everything above that can be heard, for the lexicon.
SPOKEN = (
    FRAMES, STYLED, NOUNS, PARTS, SETTINGS, CLOTHES, CLOTHES_TAGS, WHERE, RELATIONS_WITH, RELATIONS_CLAUSE, RELATIONS_SAYS,
    IN_SEASON, SEASON_TAGS, STYLES, STYLE_TAGS, LEADS, PLAIN, COLOURED, COLOUR_SAYS, COLOUR_WITH, WEARING, WEARING_TAGS, WEARING_SAYS, WEARING_WITH, WITH_PART,
    PART_TAGS, PART_SAYS, PART_WITH, COLOURS, ACTIONS, ACTIONS_OF, OVER, SEASONS, SETTING_TAGS, SETTING_NOUNS, TIMES,
    TIME_NOUNS, TIME_TAGS, WEATHERS, WEATHER_CLAUSES, WEATHER_SENTENCES, WEATHER_TAGS, WEATHER_CLAUSES_OF,
    WEATHER_SENTENCES_OF, LIGHT_CLAUSES, LIGHT_SENTENCES, LIGHT_TAGS, LEAFY_CLAUSES, LEAFY_SENTENCES, MOODS, MOOD_ADVERBS, MOOD_CLAUSES,
    MOOD_SENTENCES, MOOD_TAGS, CAMERA_CLAUSES, CAMERA_TAGS,
)  # fmt: skip


def phrases(telling: Telling, slot: str) -> tuple[str, ...]:
    """The templates that may fill `slot` for this scene."""
    name, form = split_slot(slot)
    subject = telling.who(slot)
    if is_second(slot):
        return of_second(_of_subject(telling, subject, name, form, coloured="colour2" in telling.wanted))
    return _of_subject(telling, subject, name, form, coloured="colour" in telling.wanted) or _of_scene(
        telling, name, form
    )


def _of_subject(telling: Telling, subject, name: str, form: str, *, coloured: bool) -> tuple[str, ...]:
    match name:
        case "kind":
            clothed = "clothes" in telling.wanted and subject is telling.subject
            return _kind(subject.kind, form, coloured, clothed)
        case "colour":
            return _colour(subject.kind, subject.colour, form)
        case "action":
            return _action(subject.kind, subject.action, form)
    return _word(subject.kind, f"{name}_{form}" if form else name)


def _of_scene(telling: Telling, name: str, form: str) -> tuple[str, ...]:
    scene, subject = telling.scene, telling.subject
    match name:
        case "setting":
            return _setting(subject.kind, scene, form, "season" in telling.wanted)
        case "weather":
            return _weather(subject.kind, scene.weather, form, scene.time in DARK)
        case "light":
            return _light(scene.setting, scene.light, form)
        case "time":
            return {"": TIMES, "noun": TIME_NOUNS, "tag": TIME_TAGS}[form][scene.time]
        case "mood":
            return {"word": MOODS[scene.mood], "adverb": MOOD_ADVERBS[scene.mood]}.get(form) or MOOD_FORMS[form]
        case "camera":
            return {"clause": CAMERA_CLAUSES, "tag": CAMERA_TAGS}[form][scene.camera.move]
        case "season":
            return {"": IN_SEASON, "tag": SEASON_TAGS}[form][scene.season]
        case "style":
            return {"": STYLES, "tag": STYLE_TAGS}[form][scene.style]
        case "clothes":
            return CLOTHES[subject.clothes] if not form else (CLOTHES_TAGS[subject.clothes],)
        case "where":
            return WHERE[scene.relation]
        case "relation":
            return _relation(scene.relation, form)
    assert name == "lead", name
    return LEADS


@cache
def _word(kind: str, slot: str) -> tuple[str, ...]:
    """Slots without a field that a subject fills; () for any other."""
    she, her, him, who = PERSONS.get(kind, THING)
    parts = PARTS.get(kind, ())
    if slot == "a_part":
        return tuple(f"{{colour}} {p}" if p in PLURAL_PARTS else f"a {{colour}} {p}" for p in parts)
    singular = tuple(p for p in parts if p not in PLURAL_PARTS)
    words = {"noun": NOUNS[kind], "part": singular, "she": (she,), "her": (her,), "him": (him,), "who": (who,)}
    return words.get(slot, ())


@cache
def _kind(kind: str, form: str, coloured: bool, clothed: bool) -> tuple[str, ...]:
    if clothed:
        bare = _kind(kind, form, coloured, False)
        return tuple(f"{p}, {{clothes_tag}}" if form == "tag" else f"{p} {{clothes}}" for p in bare)
    worn, has_part = kind in PERSONS, kind in PARTS
    if form == "plain" or not coloured:
        return ("{noun}",) if form == "tag" else PLAIN
    if form == "tag":
        return WEARING_TAGS if worn else PART_TAGS if has_part else COLOURED_TAGS
    return WEARING if worn else WITH_PART if has_part else COLOURED


def _colour(kind: str, colour: str, form: str) -> tuple[str, ...]:
    worn, has_part = kind in PERSONS, kind in PARTS
    if form == "says":
        return WEARING_SAYS if worn else PART_SAYS if has_part else COLOUR_SAYS
    if form == "with":
        return WEARING_WITH if worn else PART_WITH if has_part else COLOUR_WITH
    return COLOURS.get(colour, (colour,))


@cache
def _action(kind: str, action: str, form: str) -> tuple[str, ...]:
    pairs = [entry.split("/") for entry in ACTIONS_OF.get((kind, action)) or ACTIONS[action]]
    if form == "word":
        return tuple(ing for ing, _ in pairs if " " not in ing) or (pairs[0][0],)
    return tuple(pair[form == "s"] for pair in pairs)


def _setting(kind: str, scene, form: str, in_season: bool) -> tuple[str, ...]:
    return _place(scene.setting, form, kind in ALOFT, scene.season == "usual", in_season)


@cache
def _place(setting: str, form: str, aloft: bool, usual: bool, in_season: bool) -> tuple[str, ...]:
    """Where. A place of one season names it now and then; a season asked for follows the place."""
    if form == "tag":
        tags = SETTING_TAGS[setting]
        return tuple(f"{p}, {{season_tag}}" for p in tags) if in_season else tags
    where = SETTING_NOUNS[setting] if form == "noun" else SETTINGS[setting]
    if aloft and form == "":
        where = OVER.get(setting, where)
    if in_season:
        return tuple(f"{p} {{season}}" for p in where)
    season = SEASONS.get(setting) if usual and form == "" else None
    return where if season is None else where + tuple(f"{p} {season}" for p in where if season.split()[-1] not in p)


@cache
def _weather(kind: str, weather: str, form: str, dark: bool) -> tuple[str, ...]:
    own = {"clause": WEATHER_CLAUSES_OF, "sentence": WEATHER_SENTENCES_OF}.get(form, {}).get((kind, weather), ())
    forms = {"": WEATHERS, "clause": WEATHER_CLAUSES, "sentence": WEATHER_SENTENCES, "tag": WEATHER_TAGS}
    said = own + forms[form][weather]
    return tuple(p for p in said if not dark or not any(word in p for word in DAYLIGHT))


def _light(setting: str, light: str, form: str) -> tuple[str, ...]:
    leafy = light == "sunbeams" and setting in LEAFY
    if form == "clause":
        return (LEAFY_CLAUSES if leafy else ()) + LIGHT_CLAUSES[light]
    if form == "sentence":
        return (LEAFY_SENTENCES if leafy else ()) + LIGHT_SENTENCES[light]
    return LIGHT_TAGS[light]


@cache
def _relation(relation: str, form: str) -> tuple[str, ...]:
    if form in ("noun", "tag"):
        whole = NOUN_FIRST if relation == "beside" else NOUN_SECOND
        return (whole if form == "noun" else whole.replace("{kind}", "{kind_tag}").replace("{kind2}", "{kind2_tag}"),)
    return {"with": RELATIONS_WITH, "clause": RELATIONS_CLAUSE, "says": RELATIONS_SAYS}[form][relation]


# --- finishing -------------------------------------------------------------------------------------------------------
def typed(text: str, dice: random.Random) -> str:
    """Agree articles, then write as people type: with capitals and a full stop, or plain, or hurried."""
    text = tidy(text)
    style = dice.random()
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
