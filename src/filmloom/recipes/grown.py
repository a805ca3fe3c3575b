"""Weights of an older schema in a module of a newer one: fields and options are carried over by name.

A planner and a recogniser keep one row per field, or one head per field with a row per option. What the older schema
knows keeps its rows, wherever the newer one puts them; what is new keeps the module's own first values.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

Schema = Mapping[str, tuple[str, ...]]
# Per part: tensors with a row per field, and lists of heads per field whose last layer has a row per option.
ROWS = {"planner": ("questions",), "recogniser": ("look.weight", "look.bias")}
HEADS = {"planner": "options", "recogniser": "heads"}
ADDED = ("drift.",)  # layers that a recogniser had not always: at zero, they change nothing at first


@torch.no_grad()
def carried(part: str, module: nn.Module, earlier: nn.Module) -> tuple[str, ...]:
    """Fill `module` with what `earlier`, alike but for its schema, has learnt; → "field" or "field: option" that is
    new."""
    new, old = module.config.schema, earlier.config.schema
    there, found = module.state_dict(), earlier.state_dict()
    for name, value in there.items():
        if name.startswith(ADDED) and name not in found:
            nn.init.zeros_(value)
        elif name in ROWS[part]:
            _copy_rows(value, found[name], tuple(new), tuple(old))
        elif name.startswith(f"{HEADS[part]}."):
            _carry_head(part, name, value, found, new, old)
        else:
            value.copy_(found[name])
    return news(new, old)


def _carry_head(part: str, name: str, value: Tensor, found: Mapping[str, Tensor], new: Schema, old: Schema) -> None:
    """One tensor of one field's head: whole, or by option where its rows are options."""
    number, _, rest = name.removeprefix(f"{HEADS[part]}.").partition(".")
    field = tuple(new)[int(number)]
    if field not in old:
        return
    source = found[f"{HEADS[part]}.{tuple(old).index(field)}.{rest}"]
    is_last = part == "planner" or rest.startswith("2.")
    if is_last:
        _copy_rows(value, source, new[field], old[field])
    else:
        value.copy_(source)


def _copy_rows(value: Tensor, source: Tensor, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    for at, name in enumerate(names):
        if name in known:
            value[at] = source[known.index(name)]


def news(new: Schema, old: Schema) -> tuple[str, ...]:
    """What only the newer schema has."""
    found = []
    for field, options in new.items():
        fresh = [option for option in options if option not in old.get(field, ())]
        found += [field] if field not in old else [f"{field}: {option}" for option in fresh]
    return tuple(found)
