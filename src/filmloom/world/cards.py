"""Cards: what a subject can do and where, what a place allows. A new subject or place is one file with a `CARD` and a
`draw`."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType

LAND = ("autumn_park", "bamboo_grove", "beach", "cherry_garden", "city", "desert", "meadow", "snow_forest", "village")


@dataclass(frozen=True)
class SubjectCard:
    """`station`: "ground" (y is where it stands), "air", "water" (swims below) or "surface" (floats on it).
    `size`: usual height in frame heights. `part`: what carries the colour. `travel`: frame heights per second by
    action (0 = on the spot). What it is called stands in the tables of `captions/`.
    `natural`: colours it has where nobody asks for another; empty: any.
    `width`: over its height, as drawn, in all actions. `weight`: how loud its body is, 0..1.
    `reach`: how far an action takes it above and below its y, in its own heights, where that is unlike its station's.
    `clothes`: what it can wear, of `scene.CLOTHES`, "usual" first."""

    kind: str
    actions: tuple[str, ...]
    settings: tuple[str, ...]
    station: str
    size: float
    part: str = ""
    travel: dict[str, float] | None = None
    natural: tuple[str, ...] = ()
    width: float = 1.0
    weight: float = 0.5
    reach: dict[str, tuple[float, float]] | None = None
    clothes: tuple[str, ...] = ("usual",)


@dataclass(frozen=True)
class PlaceCard:
    """`ground`: range of y for feet; `air`: range of y for what flies; `surface`: range of y of the water line a boat
    sits on.
    `seasons`: those it can show, of `scene.SEASONS`, "usual" first: the one it is drawn in where nobody asks."""

    name: str
    ground: tuple[float, float] = (0.27, 0.38)
    air: tuple[float, float] = (-0.22, 0.05)
    surface: tuple[float, float] = (0.18, 0.26)
    times: tuple[str, ...] = ("dawn", "morning", "noon", "sunset", "dusk", "night")
    weathers: tuple[str, ...] = ("clear", "breeze", "cloudy", "rain", "snow", "fog", "storm", "rainbow")
    seasons: tuple[str, ...] = ("usual",)


@cache
def _modules(wing: str) -> dict[str, ModuleType]:
    package = importlib.import_module(f"filmloom.world.{wing}")
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))
    modules = {name: importlib.import_module(f"filmloom.world.{wing}.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "CARD")}


def subjects() -> tuple[str, ...]:
    """Kinds of subjects, alphabetical."""
    return tuple(_modules("cast"))


def places() -> tuple[str, ...]:
    """Names of settings, alphabetical."""
    return tuple(_modules("places"))


def actions() -> tuple[str, ...]:
    """All actions of all subjects, alphabetical."""
    return tuple(sorted({action for kind in subjects() for action in subject_card(kind).actions}))


def subject_card(kind: str) -> SubjectCard:
    return _modules("cast")[kind].CARD


def place_card(name: str) -> PlaceCard:
    return _modules("places")[name].CARD


def subject_module(kind: str) -> ModuleType:
    """The file that draws `kind`: `CARD` and `draw(pen, actor)`."""
    return _modules("cast")[kind]


def place_module(name: str) -> ModuleType:
    """The file that draws a setting: `CARD`, `backdrop(pen, stage)` and `foreground(pen, stage)`."""
    return _modules("places")[name]
