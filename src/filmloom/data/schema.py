"""A scene's named choices as numbers: the schema of planner and recogniser, and the indices they learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from filmloom.world.fields import DEFAULTS, NONE, agreeing, fields, in_order, options

__all__ = ["DEFAULTS", "NONE", "UNKNOWN", "agreeing", "fields", "in_order", "indices", "schema"]
UNKNOWN = -1  # the place of an option that a model's schema lacks


def schema() -> dict[str, tuple[str, ...]]:
    """Every field a prompt may state, with its options in the order of the planner's logits: kind, colour, action,
    setting, time, weather, light, mood, camera, season, style, clothes, kind2, colour2, action2, relation."""
    return options()


def indices(rows: Sequence[Mapping[str, str]], options: Mapping[str, tuple[str, ...]]) -> dict[str, Tensor]:
    """Per field, the option's place in each row, [B] long; `UNKNOWN` where the schema has no such option."""
    places = {name: {option: i for i, option in enumerate(known)} for name, known in options.items()}
    rows = [DEFAULTS | row for row in rows]
    return {name: torch.tensor([places[name].get(row[name], UNKNOWN) for row in rows]) for name in options}
