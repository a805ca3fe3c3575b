"""Random scenes that make sense: what goes together, where it stands, and which combinations are kept for tests.

A *combination* is (kind, colour, action, setting). About a tenth of them, fixed by a hash, are held out: training never
sees them, so that a score on them measures composition and not memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.core.random import seed_from
from filmloom.world.cards import PlaceCard, SubjectCard, actions, place_card, places, subject_card, subjects
from filmloom.world.scene import COLOURS, FACINGS, LIGHTS, MOODS, MOVES, TIMES, WEATHERS, Camera, Scene, Subject

SPLITS = ("seen", "unseen", "any")
HELD_OUT_SHARE = 0.10
HELD_OUT_SALT = "held-out combination 18"  # chosen once: an even share for all that the small world holds
HALF_WIDTH = 8 / 9  # of a 16:9 frame, in frame heights
HALF_HEIGHT = 0.5

# Sense, as data. A pair listed here is never sampled, though a Scene written by hand may ask for it.
SNOWLESS = ("autumn_park", "beach", "cherry_garden", "meadow")
LIT_BY_SUN = ("sunbeams", "golden")
WITHOUT_SUN = {"time": ("dusk", "night"), "weather": ("rain", "snow", "fog", "storm"), "setting": ("moon",)}
SUNNY_MOODS = ("calm", "joyful", "dreamy", "festive", "tender")
MOODS_OF = {"storm": ("dreamy", "gloomy", "mysterious", "tense"), "rainbow": SUNNY_MOODS}  # other weathers allow any

# How far a subject is drawn above and below its y, in its own heights, by station; a card's `reach` says otherwise.
HEIGHTS = {"ground": (1.06, 0.03), "surface": (1.0, 0.14), "air": (0.55, 0.55), "water": (0.55, 0.55)}
JUMP = (1.5, 0.09)  # of anyone
LONGEST_PATH = 0.85  # of the room that the frame leaves, so that no two paths need be the same
FAR_SIZE = 0.85  # how large a subject at the back of the ground looks beside one at the front

REDUCED_DEEDS = {
    "balloon": ("drift",), "bird": ("fly",), "car": ("drive",), "cat": ("sit", "walk"), "girl": ("dance", "wave"),
    "rabbit": ("hop",),
}  # fmt: skip


@dataclass(frozen=True)
class Repertoire:
    """What may be sampled. Spreads are half-widths of uniform ranges; 0 fixes the value.

    `x_spread`: frame heights from the middle. `y_spread`: share (0..1) of the place's range of y. `size_spread` and
    `tempo_spread`: share of the usual value. `camera_spread`: of the amount around 1. `deeds`: the (kind, action)
    pairs to keep; none listed keeps every pair.
    """

    kinds: tuple[str, ...]
    colours: tuple[str, ...]
    actions: tuple[str, ...]
    settings: tuple[str, ...]
    times: tuple[str, ...] = TIMES
    weathers: tuple[str, ...] = WEATHERS
    lights: tuple[str, ...] = LIGHTS
    moods: tuple[str, ...] = MOODS
    moves: tuple[str, ...] = MOVES
    deeds: tuple[tuple[str, str], ...] = ()
    x_spread: float = 0.5
    y_spread: float = 1.0
    size_spread: float = 0.2
    tempo_spread: float = 0.25
    camera_spread: float = 0.3

    @classmethod
    def full(cls) -> Repertoire:
        """The whole film set."""
        return cls(kinds=subjects(), colours=tuple(COLOURS), actions=actions(), settings=places())

    @classmethod
    def reduced(cls) -> Repertoire:
        """A world that two CPU cores can learn: few, unlike things, near the middle, seen by a still camera."""
        return cls(
            kinds=tuple(REDUCED_DEEDS),
            colours=("red", "blue", "yellow", "green", "purple", "white"),
            actions=tuple(sorted(set(chain.from_iterable(REDUCED_DEEDS.values())))),
            deeds=tuple((kind, action) for kind, done in REDUCED_DEEDS.items() for action in done),
            settings=("beach", "cherry_garden", "city", "desert", "meadow", "snow_forest"),
            times=("noon", "sunset", "night"),
            weathers=("clear",),
            lights=("natural",),
            moods=("calm",),
            moves=("still",),
            x_spread=0.2,
            y_spread=0.5,
            size_spread=0.08,
            tempo_spread=0.1,
        )


def held_out(kind: str, colour: str, action: str, setting: str) -> bool:
    """Whether this combination is kept for tests; the same on every machine and in every release."""
    return seed_from(HELD_OUT_SALT, kind, colour, action, setting) % 1000 < HELD_OUT_SHARE * 1000


def is_held_out(scene: Scene) -> bool:
    """Whether any subject of the scene forms a held-out combination."""
    return any(held_out(s.kind, s.colour, s.action, scene.setting) for s in scene.subjects)


def combinations(repertoire: Repertoire, split: str = "any") -> dict[tuple[str, str, str], tuple[str, ...]]:
    """Colours that each sensible (kind, action, setting) may wear in this split; those without any are absent."""
    if split not in SPLITS:
        raise RequestError("split", split, f"it must be one of {', '.join(SPLITS)}", "any")
    return dict(_combinations(repertoire, split))


@cache
def _combinations(repertoire: Repertoire, split: str) -> dict[tuple[str, str, str], tuple[str, ...]]:
    found = {}
    for triple in _triples(repertoire):
        kind, action, setting = triple
        fits = [c for c in repertoire.colours if _in_split(held_out(kind, c, action, setting), split)]
        if fits:
            found[triple] = tuple(fits)
    return found


def _in_split(is_out: bool, split: str) -> bool:
    return split == "any" or is_out == (split == "unseen")


def _triples(repertoire: Repertoire) -> Iterable[tuple[str, str, str]]:
    for kind in repertoire.kinds:
        card = subject_card(kind)
        for action in card.actions:
            for setting in card.settings:
                if _keeps(repertoire, kind, action) and setting in repertoire.settings:
                    yield kind, action, setting


def _keeps(repertoire: Repertoire, kind: str, action: str) -> bool:
    return action in repertoire.actions and (not repertoire.deeds or (kind, action) in repertoire.deeds)


@dataclass(frozen=True)
class Air:
    """What hangs over a shot: everything of a drawing program besides its place and subjects."""

    time: str
    weather: str
    light: str
    mood: str


@cache
def airs(repertoire: Repertoire, setting: str) -> tuple[Air, ...]:
    """Every sensible (time, weather, light, mood) of this setting."""
    place = place_card(setting)
    found = tuple(
        Air(time, weather, light, mood)
        for time in repertoire.times if time in place.times
        for weather in repertoire.weathers if weather in place.weathers
        for light in repertoire.lights
        for mood in repertoire.moods
        if makes_sense(setting, time=time, weather=weather, light=light, mood=mood)
    )  # fmt: skip
    if not found:
        raise RequestError("repertoire", setting, "it allows no time, weather, light and mood together here")
    return found


def makes_sense(setting: str, *, time: str, weather: str, light: str, mood: str) -> bool:
    """No snow on blossoms, no sunbeams at night or in rain, no gloom in golden light, no party in a storm."""
    if weather == "snow" and setting in SNOWLESS:
        return False
    if mood not in MOODS_OF.get(weather, MOODS):
        return False
    dark = time in WITHOUT_SUN["time"] or setting in WITHOUT_SUN["setting"]
    if dark and weather == "rainbow":
        return False
    if light not in LIT_BY_SUN:
        return True
    return not dark and weather not in WITHOUT_SUN["weather"] and mood in SUNNY_MOODS


def sample_scene(
    rng: np.random.Generator, repertoire: Repertoire, *, split: str = "seen", seconds: float = 4.0
) -> Scene:
    """One sensible scene with one subject that stays in the frame while it acts."""
    return sample_batch(rng, repertoire, 1, split=split, seconds=seconds)[0]


def sample_batch(
    rng: np.random.Generator, repertoire: Repertoire, num: int, *, split: str = "seen", seconds: float = 4.0
) -> list[Scene]:
    """`num` scenes of one drawing program: setting, kind, action, time, weather, light and mood agree; colour,
    position, size, facing, phase, tempo, seed and camera differ."""
    choices = combinations(repertoire, split)
    if not choices:
        raise RequestError("repertoire", split, "it holds no combination of this split")
    kind, action, setting = _pick_triple(rng, choices)
    air = _pick_air(rng, airs(repertoire, setting))
    scenes = []
    for _ in range(num):
        colour = _pick(rng, choices[kind, action, setting])
        subject = place_subject(rng, repertoire, kind, colour, action, setting, seconds)
        camera = _pick_camera(rng, repertoire)
        seed = int(rng.integers(2**31))
        scenes.append(Scene(setting, (subject,), air.time, air.weather, air.light, air.mood, camera, seconds, seed))
    return scenes


def _pick(rng: np.random.Generator, options):
    return options[int(rng.integers(len(options)))]


def _pick_triple(
    rng: np.random.Generator, choices: dict[tuple[str, str, str], tuple[str, ...]]
) -> tuple[str, str, str]:
    """Kinds equally often, then the kind's actions, then settings: a kind at home everywhere is not seen more often."""
    triples = list(choices)
    for position in (0, 1):
        value = _pick(rng, sorted({t[position] for t in triples}))
        triples = [t for t in triples if t[position] == value]
    return _pick(rng, triples)


def _pick_air(rng: np.random.Generator, options: tuple[Air, ...]) -> Air:
    """Light first, else the many sunless skies would make sunbeams rare."""
    light = _pick(rng, sorted({air.light for air in options}))
    time = _pick(rng, sorted({air.time for air in options if air.light == light}))
    weather = _pick(rng, sorted({air.weather for air in options if (air.light, air.time) == (light, time)}))
    return _pick(rng, [air for air in options if (air.light, air.time, air.weather) == (light, time, weather)])


def _pick_camera(rng: np.random.Generator, repertoire: Repertoire) -> Camera:
    amount = 1 + repertoire.camera_spread * rng.uniform(-1, 1)
    return Camera(_pick(rng, repertoire.moves), round(float(amount), 4))


def place_subject(
    rng: np.random.Generator,
    repertoire: Repertoire,
    kind: str,
    colour: str,
    action: str,
    setting: str,
    seconds: float,
) -> Subject:
    """One subject where and how it may act here, so that it stays in the frame for `seconds`."""
    card, place = subject_card(kind), place_card(setting)
    y, depth = _height(rng, repertoire, card, place)
    size = card.size * depth * (1 + repertoire.size_spread * rng.uniform(-1, 1))
    y = keep_inside(y, kind, action, size)
    tempo = 1 + repertoire.tempo_spread * rng.uniform(-1, 1)
    # Stride grows with the body. In a long film the stride shrinks instead of leading out of the frame.
    speed = min((card.travel or {}).get(action, 0.0) * tempo * size / card.size, top_speed(kind, size, seconds))
    reach = min(repertoire.x_spread, room(kind, size) - speed * seconds / 2)
    x = reach * rng.uniform(-1, 1)
    phase = rng.uniform(0, 1)
    numbers = {"x": x, "y": y, "size": size, "speed": speed, "tempo": tempo, "phase": phase}
    rounded = {name: round(float(value), 4) for name, value in numbers.items()}  # so that its JSON stays readable
    return Subject(kind, colour, action, facing=_pick(rng, FACINGS), **rounded)


def _height(
    rng: np.random.Generator, repertoire: Repertoire, card: SubjectCard, place: PlaceCard
) -> tuple[float, float]:
    """A y from the place's range for this station, and how large things look there."""
    ranges = {"ground": place.ground, "air": place.air, "water": place.air, "surface": place.surface}
    low, high = ranges[card.station]
    along = 0.5 + 0.5 * repertoire.y_spread * rng.uniform(-1, 1)
    depth = FAR_SIZE + (1 - FAR_SIZE) * along if card.station in ("ground", "surface") else 1.0
    return low + (high - low) * along, depth


def room(kind: str, size: float) -> float:
    """How far from the middle of a 16:9 frame a subject may stand so that all of it is seen, in frame heights."""
    return HALF_WIDTH - subject_card(kind).width * size / 2


def top_speed(kind: str, size: float, seconds: float) -> float:
    """The speed at which a path of this many seconds still fits into the frame."""
    return 2 * LONGEST_PATH * room(kind, size) / seconds


def keep_inside(y: float, kind: str, action: str, size: float) -> float:
    """The nearest y at which a subject of this height is wholly inside the frame while it acts."""
    card = subject_card(kind)
    usual = JUMP if action == "jump" else HEIGHTS[card.station]
    above, below = (reach * size for reach in (card.reach or {}).get(action, usual))
    return max(min(y, HALF_HEIGHT - below), above - HALF_HEIGHT)
