"""A Scene is the plan of a shot: small, readable, editable; the common language of captions, planner, drawing and
sound.

Conventions: x right, y down, origin at the frame's centre, unit = frame height; seconds from the film's start;
degrees counter-clockwise; colours by name from `COLOURS` or `#rrggbb` (sRGB).
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from filmloom.core.errors import RequestError
from filmloom.world.cards import place_card, places, subject_card, subjects

COLOURS = {
    "red": "#e5383b", "orange": "#f58a2c", "yellow": "#f9cf3f", "green": "#4caf50", "teal": "#2ab5a5",
    "blue": "#3b82e0", "purple": "#8e5bd0", "pink": "#f48fb1",
    "white": "#f7f4ee", "black": "#33323d", "grey": "#9aa0a8", "brown": "#9a6240",
}  # fmt: skip
TIMES = ("dawn", "morning", "noon", "sunset", "dusk", "night")
WEATHERS = ("clear", "breeze", "cloudy", "rain", "snow", "fog", "storm", "rainbow")
SEASONS = ("usual", "spring", "summer", "autumn", "winter")  # "usual": as the place is drawn where nobody asks
LIGHTS = ("natural", "sunbeams", "golden")
MOODS = ("calm", "joyful", "dreamy", "gloomy", "mysterious", "festive", "tender", "tense")
MOVES = ("still", "pan_left", "pan_right", "push_in", "pull_out", "tilt_up", "tilt_down", "orbit")
STYLES = ("storybook", "flat", "ink", "night_neon")
CLOTHES = ("usual", "hat", "scarf", "coat")
RELATIONS = ("none", "beside", "behind", "in_front", "above", "follows", "faces")
FACINGS = ("left", "right")


@dataclass(frozen=True)
class Camera:
    """`amount` in 0..2 scales the move: 1 pans 0.25 frame heights or zooms by 1.15 in four seconds.

    "orbit" turns around the subjects: what is behind them passes one way, what is before them the other."""

    move: str = "still"
    amount: float = 1.0


@dataclass(frozen=True)
class Subject:
    """Someone or something that acts.

    `x`, `y`: where it is at the middle of the action: the ground contact of what stands, the centre of what flies or
    swims.
    `size`: height in frame heights. `speed`: travel along `facing` in frame heights per second. `tempo`: 1 = the
    action's
    natural pace. `phase` in 0..1: where in its cycle the action starts. `start`, `end`: when it acts, in seconds;
    outside it holds.
    """

    kind: str
    colour: str
    action: str
    x: float = 0.0
    y: float = 0.3
    size: float = 0.4
    facing: str = "right"
    speed: float = 0.0
    tempo: float = 1.0
    phase: float = 0.0
    start: float = 0.0
    end: float | None = None
    clothes: str = "usual"


@dataclass(frozen=True)
class Event:
    """Something heard: `time` in seconds, `kind` such as "step" or "splash", `subject` index or -1, `strength` in
    0..1."""

    time: float
    kind: str
    subject: int = -1
    strength: float = 1.0


@dataclass(frozen=True)
class Scene:
    """One shot. `seed` fixes the layout of everything the other fields leave open; `events` are sounds beside the
    drawn ones. `relation`: how the second subject stands to the first, "none" where that does not matter; it is said in
    captions, while positions do the drawing."""

    setting: str
    subjects: tuple[Subject, ...] = ()
    time: str = "noon"
    weather: str = "clear"
    light: str = "natural"
    mood: str = "calm"
    camera: Camera = field(default_factory=Camera)
    seconds: float = 4.0
    seed: int = 0
    events: tuple[Event, ...] = ()
    season: str = "usual"
    style: str = "storybook"
    relation: str = "none"
    version: int = 2

    def __post_init__(self) -> None:
        check(self)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Scene:
        """Parse `to_json`'s form. Unknown fields and impossible values raise RequestError."""
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise RequestError("scene", text[:40], f"it must be JSON ({error})") from None
        return _build(cls, data, "scene")


_NESTED = {"camera": Camera, "subjects": Subject, "events": Event}


def _build(cls: type, data: object, where: str):
    if not isinstance(data, dict):
        raise RequestError(where, data, "it must be an object with named fields")
    known = {f.name: f for f in dataclasses.fields(cls)}
    for name in data:
        if name not in known:
            raise RequestError(f"{where}.{name}", data[name], "no such field", nearest_word(name, list(known)))
    values = {}
    for name, value in data.items():
        inner = _NESTED.get(name) if cls is Scene else None
        if inner is None:
            values[name] = value
        elif name == "camera":
            values[name] = _build(inner, value, f"{where}.camera")
        elif isinstance(value, list | tuple):
            values[name] = tuple(_build(inner, item, f"{where}.{name}[{i}]") for i, item in enumerate(value))
        else:
            raise RequestError(f"{where}.{name}", value, "it must be a list")
    required = [
        n for n, f in known.items() if f.default is f.default_factory is dataclasses.MISSING and n not in values
    ]
    if required:
        raise RequestError(where, data, f"it must have {', '.join(required)}")
    return cls(**values)


def nearest_word(word: object, words: Sequence[str]) -> str:
    """The listed word closest in spelling, or the list itself when none is close."""
    close = difflib.get_close_matches(str(word), words, 1, 0.5)
    return close[0] if close else ", ".join(words)


def rgb(colour: str) -> tuple[float, float, float]:
    """sRGB in 0..1 of a name from `COLOURS` or `#rrggbb`."""
    code = COLOURS.get(colour, colour)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", str(code)):
        raise RequestError(
            "colour", colour, "it must be a named colour or #rrggbb", nearest_word(colour, list(COLOURS))
        )
    return tuple(int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _number(name: str, value: object, low: float, high: float) -> None:
    fine = (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and low <= value <= high
    )
    if not fine:
        number = isinstance(value, int | float) and not math.isnan(value)
        raise RequestError(
            name, value, f"it must be a number from {low:g} to {high:g}", min(max(value, low), high) if number else None
        )


def _word(name: str, value: object, words: Sequence[str]) -> None:
    if value not in words:
        raise RequestError(name, value, f"it must be one of {', '.join(words)}", nearest_word(value, words))


def check(scene: Scene) -> None:
    """Every field within its rule, or RequestError."""
    _word("setting", scene.setting, places())
    place = place_card(scene.setting)
    _word("time", scene.time, TIMES)
    _word("weather", scene.weather, WEATHERS)
    if scene.time not in place.times:
        raise RequestError("time", scene.time, f"{scene.setting} knows {', '.join(place.times)}", place.times[0])
    if scene.weather not in place.weathers:
        raise RequestError(
            "weather", scene.weather, f"{scene.setting} knows {', '.join(place.weathers)}", place.weathers[0]
        )
    _word("season", scene.season, SEASONS)
    if scene.season not in place.seasons:
        raise RequestError("season", scene.season, f"{scene.setting} knows {', '.join(place.seasons)}", "usual")
    _word("style", scene.style, STYLES)
    _word("relation", scene.relation, RELATIONS)
    if scene.relation != "none" and len(scene.subjects) < 2:
        raise RequestError("relation", scene.relation, "it takes two subjects", "none")
    _word("light", scene.light, LIGHTS)
    _word("mood", scene.mood, MOODS)
    _word("camera.move", scene.camera.move, MOVES)
    _number("camera.amount", scene.camera.amount, 0, 2)
    _number("seconds", scene.seconds, 0.04, 600)
    _number("seed", scene.seed, 0, 2**63)
    if scene.version not in (1, 2):
        raise RequestError("version", scene.version, "this release reads versions 1 and 2", 2)
    if len(scene.subjects) > 8:
        raise RequestError("subjects", len(scene.subjects), "a scene holds at most 8", 8)
    for i, s in enumerate(scene.subjects):
        at = f"subjects[{i}]"
        _word(f"{at}.kind", s.kind, subjects())
        card = subject_card(s.kind)
        _word(f"{at}.action", s.action, card.actions)
        rgb(s.colour)
        _word(f"{at}.facing", s.facing, FACINGS)
        _word(f"{at}.clothes", s.clothes, CLOTHES)
        if s.clothes not in card.clothes:
            rule = f"a {s.kind} can wear {', '.join(card.clothes)}"
            raise RequestError(f"{at}.clothes", s.clothes, rule, "usual")
        _number(f"{at}.x", s.x, -3, 3)
        _number(f"{at}.y", s.y, -2, 2)
        _number(f"{at}.size", s.size, 0.03, 1.5)
        _number(f"{at}.speed", s.speed, 0, 2)
        _number(f"{at}.tempo", s.tempo, 0.1, 4)
        _number(f"{at}.phase", s.phase, 0, 1)
        _number(f"{at}.start", s.start, 0, 600)
        if s.end is not None:
            _number(f"{at}.end", s.end, s.start, 600)
    for i, e in enumerate(scene.events):
        _number(f"events[{i}].time", e.time, 0, 600)
        _number(f"events[{i}].strength", e.strength, 0, 1)
