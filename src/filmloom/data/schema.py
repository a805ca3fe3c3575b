"""A scene as a few named choices: what captions state, the planner predicts and the recogniser names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from filmloom.world.cards import actions, places, subjects
from filmloom.world.scene import COLOURS, LIGHTS, MOODS, MOVES, TIMES, WEATHERS, Scene


def schema() -> dict[str, tuple[str, ...]]:
    """Every field a prompt may state, with its options in the order of the planner's logits."""
    return {
        "kind": subjects(), "colour": tuple(COLOURS), "action": actions(), "setting": places(), "time": TIMES,
        "weather": WEATHERS, "light": LIGHTS, "mood": MOODS, "camera": MOVES,
    }  # fmt: skip


def fields(scene: Scene) -> dict[str, str]:
    """The schema's fields of a scene; those of the subject are its first subject's."""
    subject = scene.subjects[0]
    return {
        "kind": subject.kind, "colour": subject.colour, "action": subject.action, "setting": scene.setting,
        "time": scene.time, "weather": scene.weather, "light": scene.light, "mood": scene.mood,
        "camera": scene.camera.move,
    }  # fmt: skip


def indices(rows: Sequence[Mapping[str, str]], options: Mapping[str, tuple[str, ...]]) -> dict[str, Tensor]:
    """Per field, the option's place in each row, [B] long."""
    places = {name: {option: i for i, option in enumerate(known)} for name, known in options.items()}
    return {name: torch.tensor([places[name][row[name]] for row in rows]) for name in options}
