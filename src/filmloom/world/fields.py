"""A scene as a few named choices: what captions state, the planner predicts and the recogniser names.

Two subjects in a picture have no order of their own: "a cat behind a dog" and "a dog in front of a cat" are one
picture. `swapped` tells a pair from the other one's side; `in_order` picks one side, so that a judge can be taught.
"""

from __future__ import annotations

from collections.abc import Mapping

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
    Scene,
)

NONE = "none"
PAIR = {"kind": "kind2", "colour": "colour2", "action": "action2"}  # the first subject's fields, the second's
# What older models and film sets say nothing about is as it was in their world.
DEFAULTS = {
    "light": "natural", "mood": "calm", "camera": "still", "season": "usual", "style": "storybook", "clothes": "usual",
    "kind2": NONE, "colour2": NONE, "action2": NONE, "relation": NONE,
}  # fmt: skip
# The relation as the other subject would tell it. Nothing says "below" or "leads": those are told from one side only.
FLIPPED = {NONE: NONE, "beside": "beside", "faces": "faces", "behind": "in_front", "in_front": "behind"}


def options() -> dict[str, tuple[str, ...]]:
    """Every field a prompt may state, with its options."""
    return {
        "kind": subjects(), "colour": tuple(COLOURS), "action": actions(), "setting": places(), "time": TIMES,
        "weather": WEATHERS, "light": LIGHTS, "mood": MOODS, "camera": MOVES, "season": SEASONS, "style": STYLES,
        "clothes": CLOTHES, "kind2": (NONE, *subjects()), "colour2": (NONE, *COLOURS), "action2": (NONE, *actions()),
        "relation": RELATIONS,
    }  # fmt: skip


def fields(scene: Scene) -> dict[str, str]:
    """The scene's choice in every field; those of a second subject are "none" where there is none."""
    subject, *others = scene.subjects
    found = {
        "kind": subject.kind, "colour": subject.colour, "action": subject.action, "setting": scene.setting,
        "time": scene.time, "weather": scene.weather, "light": scene.light, "mood": scene.mood,
        "camera": scene.camera.move, "season": scene.season, "style": scene.style, "clothes": subject.clothes,
    }  # fmt: skip
    return found | {two: getattr(others[0], one) if others else NONE for one, two in PAIR.items()} | {
        "relation": scene.relation
    }  # fmt: skip


def swapped(found: Mapping[str, str]) -> dict[str, str] | None:
    """The same picture told from the second subject's side; None where there is none, or no word for it."""
    if found.get("kind2", NONE) == NONE or found.get("relation", NONE) not in FLIPPED:
        return None
    turned = {one: found[two] for one, two in PAIR.items() if two in found}
    turned |= {two: found[one] for one, two in PAIR.items() if two in found}
    return {**found, **turned, "relation": FLIPPED[found.get("relation", NONE)]}


def in_order(found: Mapping[str, str]) -> dict[str, str]:
    """How a judge names a pair: first who is nearer, lower or leads; of two beside or before each other, who comes
    first in order of kind, colour and action."""
    other = swapped(found)
    if other is None or found["relation"] == "behind":
        return dict(found)
    if found["relation"] == "in_front":
        return other
    return min(dict(found), other, key=_rank)


def agreeing(named: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """What was named, from that subject's side which agrees more with what is told: both are one picture."""
    sides = [dict(named), *([other] if (other := swapped(named)) else [])]
    return max(sides, key=lambda side: sum(side.get(name) == value for name, value in told.items()))


def _rank(found: Mapping[str, str]) -> tuple[int, ...]:
    known = options()
    return tuple(known[name].index(found[name]) if found[name] in known[name] else -1 for name in PAIR)
