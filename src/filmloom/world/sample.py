"""Random scenes that make sense: what goes together, where it stands, and which combinations are kept for tests.

A *combination* is (kind, colour, action, setting). About a tenth of them, fixed by a hash, are held out: training never
sees them, so that a score on them measures composition and not memory. How two subjects stand to each other is
`world/pairs.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.core.random import seed_from
from filmloom.world.cards import place_card, subject_card, subjects
from filmloom.world.pairs import place_pair, relates
from filmloom.world.placing import HALF_HEIGHT, HALF_WIDTH, keep_inside, place_subject, room, top_speed
from filmloom.world.repertoire import Repertoire
from filmloom.world.scene import MOODS, TIMES, Camera, Scene, Subject

__all__ = [
    "HALF_HEIGHT",
    "HALF_WIDTH",
    "SPLITS",
    "Air",
    "Repertoire",
    "airs",
    "combinations",
    "held_out",
    "is_held_out",
    "keep_inside",
    "makes_sense",
    "partners",
    "place_subject",
    "room",
    "sample_batch",
    "sample_scene",
    "top_speed",
]

SPLITS = ("seen", "unseen", "any")
HELD_OUT_SHARE = 0.10
HELD_OUT_SALT = "held-out combination 18"  # chosen once: an even share for all that the small world holds

# Sense, as data. A pair listed here is never sampled, though a Scene written by hand may ask for it.
SNOWLESS = ("autumn_park", "beach", "cherry_garden", "meadow")
LIT_BY_SUN = ("sunbeams", "golden")
WITHOUT_SUN = {"time": ("dusk", "night"), "weather": ("rain", "snow", "fog", "storm"), "setting": ("moon",)}
SNOWLESS_SEASONS, WITHOUT_RAINBOW = ("spring", "summer", "autumn"), ("winter",)
SUNNY_MOODS = ("calm", "joyful", "dreamy", "festive", "tender")
MOODS_OF = {"storm": ("dreamy", "gloomy", "mysterious", "tense"), "rainbow": SUNNY_MOODS}  # other weathers allow any
TIMES_OF = {"night_neon": ("dusk", "night")}  # other styles allow any


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
    """What hangs over a shot: everything of a drawing program besides its place, subjects and style."""

    time: str
    weather: str
    light: str
    mood: str
    season: str = "usual"


def airs(repertoire: Repertoire, setting: str) -> tuple[Air, ...]:
    """Every sensible (time, weather, light, mood, season) of this setting."""
    return _airs(*_sky(repertoire, repertoire.times), setting)


def _sky(repertoire: Repertoire, times: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return times, repertoire.weathers, repertoire.lights, repertoire.moods, repertoire.seasons


@cache
def _airs(
    times: tuple[str, ...],
    weathers: tuple[str, ...],
    lights: tuple[str, ...],
    moods: tuple[str, ...],
    seasons: tuple[str, ...],
    setting: str,
) -> tuple[Air, ...]:
    place = place_card(setting)
    found = tuple(
        Air(time, weather, light, mood, season)
        for season in seasons if season in place.seasons
        for time in times if time in place.times
        for weather in weathers if weather in place.weathers
        for light in lights
        for mood in moods
        if makes_sense(setting, time=time, weather=weather, light=light, mood=mood, season=season)
    )  # fmt: skip
    if not found:
        raise RequestError("repertoire", setting, "it allows no time, weather, light, mood and season together here")
    return found


def makes_sense(
    setting: str, *, time: str, weather: str, light: str, mood: str, season: str = "usual", style: str = "storybook"
) -> bool:
    """No snow on blossoms or in summer, no sunbeams at night or in rain, no gloom in golden light, no party in a storm,
    no neon by day."""
    if weather == "snow" and season != "winter" and (setting in SNOWLESS or season in SNOWLESS_SEASONS):
        return False
    if mood not in MOODS_OF.get(weather, MOODS) or time not in TIMES_OF.get(style, TIMES):
        return False
    dark = time in WITHOUT_SUN["time"] or setting in WITHOUT_SUN["setting"]
    if weather == "rainbow" and (dark or season in WITHOUT_RAINBOW):
        return False
    if light not in LIT_BY_SUN:
        return True
    return not dark and weather not in WITHOUT_SUN["weather"] and mood in SUNNY_MOODS


def sample_scene(
    rng: np.random.Generator, repertoire: Repertoire, *, split: str = "seen", seconds: float = 4.0
) -> Scene:
    """One sensible scene whose subject, or two of them, stay in the frame while they act."""
    return sample_batch(rng, repertoire, 1, split=split, seconds=seconds)[0]


def sample_batch(
    rng: np.random.Generator, repertoire: Repertoire, num: int, *, split: str = "seen", seconds: float = 4.0
) -> list[Scene]:
    """`num` scenes of one drawing program: setting, cast, actions, clothes, relation, time, weather, light, mood,
    season and style agree; colours, positions, sizes, facings, phases, tempos, seeds and cameras differ."""
    cast = _pick_cast(rng, repertoire, split)
    style = _pick_style(rng, repertoire, cast.setting)
    air = _pick_air(rng, repertoire, cast.setting, style)
    clothes = _pick_clothes(rng, repertoire, cast.first[0])
    scenes = []
    for _ in range(num):
        placed = _placed(rng, repertoire, cast, clothes, seconds)
        camera = _pick_camera(rng, repertoire)
        seed = int(rng.integers(2**31))
        shared = {"season": air.season, "style": style, "relation": cast.relation}
        scenes.append(
            Scene(cast.setting, placed, air.time, air.weather, air.light, air.mood, camera, seconds, seed, **shared)
        )
    return scenes


@dataclass(frozen=True)
class Cast:
    """Who does what where: (kind, action) of the first and perhaps the second, and the colours each may have."""

    setting: str
    first: tuple[str, str]
    colours: tuple[str, ...]
    second: tuple[str, str] | None = None
    colours2: tuple[str, ...] = ()
    relation: str = "none"


def _pick_cast(rng: np.random.Generator, repertoire: Repertoire, split: str) -> Cast:
    choices = combinations(repertoire, split)
    if not choices:
        raise RequestError("repertoire", split, "it holds no combination of this split")
    kind, action, setting = _pick_triple(rng, choices)
    alone = Cast(setting, (kind, action), choices[kind, action, setting])
    if not repertoire.relations or rng.random() >= repertoire.pairs:
        return alone
    others = "any" if split == "unseen" else split  # one held-out combination makes a scene a new one
    found = partners(repertoire, others, kind, action, setting)
    if not found:
        return alone
    relation = _pick(rng, tuple(found))
    kind2 = _pick(rng, tuple(found[relation]))
    second = kind2, _pick(rng, found[relation][kind2])
    colours2 = combinations(repertoire, others)[*second, setting]
    return Cast(setting, alone.first, alone.colours, second, colours2, relation)


def partners(
    repertoire: Repertoire, split: str, kind: str, action: str, setting: str
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Relation → kind → actions of a second subject who could stand to this one like that, here."""
    return _partners(repertoire, split, kind, action, setting)


@cache
def _partners(repertoire: Repertoire, split: str, kind: str, action: str, setting: str) -> dict:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    here = [(k, a) for k, a, place in _combinations(repertoire, split) if place == setting]
    for relation in repertoire.relations:
        able = _able(relation, kind, action)
        for other in here:
            if other in able:
                kinds = found.setdefault(relation, {})
                kinds[other[0]] = (*kinds.get(other[0], ()), other[1])
    return found


@cache
def _able(relation: str, kind: str, action: str) -> frozenset[tuple[str, str]]:
    """Everybody's (kind, action) that can stand to this one like that, wherever it is."""
    everybody = [(other, done) for other in subjects() for done in subject_card(other).actions]
    return frozenset(other for other in everybody if relates(relation, (kind, action), other))


def _placed(
    rng: np.random.Generator, repertoire: Repertoire, cast: Cast, clothes: str, seconds: float
) -> tuple[Subject, ...]:
    """The cast in colours and places of one clip."""
    colour = _pick(rng, cast.colours)
    if cast.second is None:
        subject = place_subject(rng, repertoire, cast.first[0], colour, cast.first[1], cast.setting, seconds)
        return (dressed(subject, clothes),)
    # Two of a kind are told apart by their colours.
    others = [c for c in cast.colours2 if c != colour] if cast.second[0] == cast.first[0] else list(cast.colours2)
    colour2 = _pick(rng, others or cast.colours2)
    two = (cast.first[0], colour, cast.first[1]), (cast.second[0], colour2, cast.second[1])
    first, second = place_pair(rng, repertoire, two, cast.relation, cast.setting, seconds)
    return dressed(first, clothes), second


def dressed(subject: Subject, clothes: str) -> Subject:
    return subject if clothes == "usual" else replace(subject, clothes=clothes)


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


def _pick_style(rng: np.random.Generator, repertoire: Repertoire, setting: str) -> str:
    """Mostly the storybook, the others equally often; a style that belongs to hours that a place lacks is left out."""
    others = tuple(s for s in repertoire.styles if s != "storybook" and _hours(repertoire, setting, s))
    if not others or ("storybook" in repertoire.styles and rng.random() < repertoire.storybook):
        return "storybook" if "storybook" in repertoire.styles else repertoire.styles[0]
    return _pick(rng, others)


def _hours(repertoire: Repertoire, setting: str, style: str) -> tuple[str, ...]:
    known = TIMES_OF.get(style, TIMES)
    return tuple(time for time in repertoire.times if time in known and time in place_card(setting).times)


def _pick_clothes(rng: np.random.Generator, repertoire: Repertoire, kind: str) -> str:
    worn = tuple(c for c in subject_card(kind).clothes if c != "usual" and c in repertoire.clothes)
    return _pick(rng, worn) if worn and rng.random() < repertoire.dressed else "usual"


def _pick_air(rng: np.random.Generator, repertoire: Repertoire, setting: str, style: str) -> Air:
    """Season and light first, else the many sunless skies would make sunbeams rare."""
    times = _hours(repertoire, setting, style) or repertoire.times
    tree = _tree(*_sky(repertoire, times), setting)
    named = tuple(season for season in tree if season != "usual")
    if named and ("usual" not in tree or rng.random() < repertoire.in_season):
        tree = tree[_pick(rng, named)]
    else:
        tree = tree["usual"]
    for _ in ("light", "time", "weather"):
        tree = tree[_pick(rng, sorted(tree))]
    return _pick(rng, tree)


@cache
def _tree(*sky: tuple[str, ...] | str) -> dict:
    """Season → light → time → weather → the airs that have them."""
    tree: dict = {}
    for air in _airs(*sky):
        lights = tree.setdefault(air.season, {})
        lights.setdefault(air.light, {}).setdefault(air.time, {}).setdefault(air.weather, []).append(air)
    return tree


def _pick_camera(rng: np.random.Generator, repertoire: Repertoire) -> Camera:
    amount = 1 + repertoire.camera_spread * rng.uniform(-1, 1)
    return Camera(_pick(rng, repertoire.moves), round(float(amount), 4))
