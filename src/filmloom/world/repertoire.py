"""Which part of the film set is sampled: the whole, or the small world that two cores can learn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from filmloom.world.cards import actions, places, subjects
from filmloom.world.scene import (
    CLOTHES,
    COLOURS,
    LIGHTS,
    MOODS,
    MOVES,
    RELATIONS,
    SEASONS,
    STYLES,
    TIMES,
    WEATHERS,
)

REDUCED_DEEDS = {
    "balloon": ("drift",), "bird": ("fly",), "car": ("drive",), "cat": ("sit", "walk"), "girl": ("dance", "wave"),
    "rabbit": ("hop",),
}  # fmt: skip


@dataclass(frozen=True)
class Repertoire:
    """What may be sampled. Spreads are half-widths of uniform ranges; 0 fixes the value.

    `x_spread`: frame heights from the middle. `y_spread`: share (0..1) of the place's range of y. `size_spread` and
    `tempo_spread`: share of the usual value. `camera_spread`: of the amount around 1. `deeds`: the (kind, action)
    pairs to keep; none listed keeps every pair. `pairs`: share of scenes with two subjects, where a relation fits;
    `storybook`: of scenes in that style; `dressed`: of those who can that wear something; `in_season`: of scenes in a
    named season, where the place shows any.
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
    seasons: tuple[str, ...] = SEASONS
    styles: tuple[str, ...] = STYLES
    clothes: tuple[str, ...] = CLOTHES
    relations: tuple[str, ...] = RELATIONS[1:]
    deeds: tuple[tuple[str, str], ...] = ()
    x_spread: float = 0.5
    y_spread: float = 1.0
    size_spread: float = 0.2
    tempo_spread: float = 0.25
    camera_spread: float = 0.3
    pairs: float = 0.25
    storybook: float = 0.6
    dressed: float = 0.4
    in_season: float = 0.4

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
            seasons=("usual",),
            styles=("storybook",),
            clothes=("usual",),
            relations=(),
            x_spread=0.2,
            y_spread=0.5,
            size_spread=0.08,
            tempo_spread=0.1,
        )
