"""Which sound belongs to what: tables from the film set's words to effects and beds.

    cues(events, subjects=["horse", "car"], setting="beach")    → what to play, when
    ambience_of("beach", weather="rain", time="night")          → {"swells": 1.0, "rain": 1.0}

The tables are data keyed by plain strings; a test holds them against the film set, so that nothing is left silent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from filmloom.core.errors import RequestError
from filmloom.finishing.sound.effects import EFFECTS, check_effect


class Event(Protocol):
    """Something that happens at `time` seconds: `kind` such as "step", by `subject` (an index, or -1), `strength` in
    0..1."""

    time: float
    kind: str
    subject: int
    strength: float


@dataclass(frozen=True)
class Cue:
    """Play `effect` at `time` seconds: at `strength` (1 = its own level), from `pan` in -1 (left) .. 1; lasting ones
    `until`."""

    time: float
    effect: str
    strength: float = 1.0
    pan: float = 0.0
    until: float | None = None


GROUND_OF = {
    "autumn_park": "leaves", "bamboo_grove": "earth", "beach": "sand", "cherry_garden": "grass", "city": "stone",
    "desert": "sand", "meadow": "grass", "moon": "dust", "mountain_lake": "grass", "reef": "sand", "sea": "wood",
    "snow_forest": "snow", "village": "earth",
    "castle": "grass", "farm": "earth", "harbour": "stone", "jungle": "leaves", "volcano": "stone",
    "waterfall": "grass", "arctic": "snow", "bedroom": "wood", "lavender_field": "earth", "playground": "earth",
    "stage_hall": "wood",
}  # fmt: skip
GROUND = "earth"  # where the setting is not known

# The effect of a kind of event; "{ground}" is what the setting's floor is made of.
EFFECT_OF = {
    "step": "step_{ground}", "hop": "spring_{ground}", "jump": "spring_{ground}", "land": "thud_{ground}",
    "whoosh": "whoosh", "flap": "flap", "splash": "splash", "wave": "surf", "engine": "engine", "ignition": "rocket",
    "thunder": "thunder", "clap": "clap", "cheer": "cheer", "song": "song", "page": "page", "roar": "roar",
    "horn": "horn", "rail": "rails",
}  # fmt: skip

# Who does it changes what is heard.
EFFECT_BY = {
    ("horse", "step"): "hoof_{ground}", ("robot", "step"): "metal_step_{ground}",
    ("cat", "step"): "paw_{ground}", ("dog", "step"): "paw_{ground}", ("rabbit", "step"): "paw_{ground}",
    ("cat", "land"): "paw_{ground}", ("rabbit", "land"): "paw_{ground}", ("rocket", "land"): "heavy_thud",
    ("bus", "engine"): "diesel", ("balloon", "whoosh"): "burner",
    ("butterfly", "flap"): "small_flap", ("butterfly", "whoosh"): "small_whoosh", ("bird", "whoosh"): "small_whoosh",
    ("train", "engine"): "steam", ("train", "horn"): "whistle", ("airplane", "engine"): "propeller",
    ("bird", "song"): "chirp", ("robot", "clap"): "metal_clap",
    ("fish", "splash"): "bubbles", ("sailboat", "splash"): "splash",
}  # fmt: skip

PLACE_BEDS = {
    "autumn_park": {"birds": 0.7, "breeze": 0.8}, "bamboo_grove": {"birds": 0.8, "breeze": 1.0},
    "beach": {"swells": 1.0}, "cherry_garden": {"birds": 1.0, "breeze": 0.5}, "city": {"city": 1.0},
    "desert": {"wind": 0.5}, "meadow": {"birds": 1.0}, "moon": {"space": 1.0},
    "mountain_lake": {"lapping": 1.0, "birds": 0.5}, "reef": {"underwater": 1.0}, "sea": {"swells": 1.2},
    "snow_forest": {"snowfall": 1.0, "wind": 0.2}, "village": {"village": 1.0},
    "castle": {"birds": 0.8, "breeze": 0.4}, "farm": {"village": 0.7, "birds": 0.6, "breeze": 0.4},
    "harbour": {"lapping": 1.0, "crowd": 0.25}, "jungle": {"birds": 1.3, "crickets": 0.4, "breeze": 0.3},
    "volcano": {"flames": 1.0, "wind": 0.3}, "waterfall": {"cascade": 1.0, "birds": 0.5},
    "arctic": {"wind": 0.6, "lapping": 0.5}, "bedroom": {"room": 1.0}, "lavender_field": {"birds": 0.7, "breeze": 0.7},
    "playground": {"birds": 0.8, "crowd": 0.15}, "stage_hall": {"hall": 1.0},
}  # fmt: skip
WEATHER_BEDS = {
    "clear": {}, "breeze": {"breeze": 1.0}, "cloudy": {"wind": 0.2}, "rain": {"rain": 1.0}, "snow": {"snowfall": 1.0},
    "fog": {"fog": 1.0}, "storm": {"rain": 1.3, "wind": 0.8}, "rainbow": {},
}  # fmt: skip
# Weather and hour are heard on land and water, but not below it, not where there is no air, and not indoors.
NO_WEATHER = ("reef", "moon", "bedroom", "stage_hall")
NO_BIRDS_IN = ("rain", "snow", "storm")  # and at night crickets sing instead


def cues(
    events: Sequence[Event],
    *,
    subjects: Sequence[str] = (),
    setting: str = "",
    ends: Mapping[int, float] | None = None,
    pans: Sequence[float] | None = None,
) -> list[Cue]:
    """One cue per event, in order. `subjects`: kinds by index. `ends`: when a subject's lasting sounds stop (else with
    the film). `pans`: one per event, -1 (left) .. 1 (right). An event's kind may also be the name of an effect
    itself."""
    pans = [0.0] * len(events) if pans is None else pans
    ends = ends or {}
    return [
        Cue(event.time, _effect(event, subjects, setting), event.strength, pan, ends.get(event.subject))
        for event, pan in zip(events, pans, strict=True)
    ]


def _effect(event: Event, subjects: Sequence[str], setting: str) -> str:
    who = subjects[event.subject] if 0 <= event.subject < len(subjects) else ""
    name = EFFECT_BY.get((who, event.kind)) or EFFECT_OF.get(event.kind)
    if name is None:
        if event.kind in EFFECTS:
            return event.kind
        known = sorted({*EFFECT_OF, *EFFECTS})
        raise RequestError("events.kind", event.kind, "nothing is known to sound so", ", ".join(known))
    return check_effect(name.format(ground=GROUND_OF.get(setting, GROUND)))


def ambience_of(setting: str, *, weather: str = "clear", time: str = "noon") -> dict[str, float]:
    """Beds and their gains. An unknown setting is silent, an unknown weather clear: a foreign film may have neither."""
    beds = dict(PLACE_BEDS.get(setting, {}))
    if setting in NO_WEATHER:
        return beds
    if "birds" in beds and weather in NO_BIRDS_IN:
        del beds["birds"]
    if "birds" in beds and time == "night":
        beds["crickets"] = beds.pop("birds")
    for name, gain in WEATHER_BEDS.get(weather, {}).items():
        beds[name] = max(gain, beds.get(name, 0.0))
    return beds
