"""An adapter as a file that diffusers loads: `transformer.{name}.lora_A.weight`, `.lora_B.weight`, `.lora_B.bias`.

Scale is folded into `lora_B`, since diffusers reads no alpha from such files. LoHa, LoKr and whole differences become
exact products (see `Delta.low_rank`). What PEFT's LoRA cannot say, a change to a norm or a modulation, is refused.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from filmloom.checkpoints.lora import Adapter, Shapes
from filmloom.checkpoints.lora_deltas import Delta
from filmloom.checkpoints.lora_report import SHOWN
from filmloom.checkpoints.rename import Table, rename
from filmloom.checkpoints.source import listed
from filmloom.core.errors import CheckpointError

PREFIX = "transformer."  # of either expert's file: which one it is for is said when it is loaded


def save_diffusers(
    adapter: Adapter, path: Path, shapes: Shapes, table: Table, *, allow_ignored: bool = False
) -> list[str]:
    """Write `path` from an adapter of a transformer with these `shapes`; return the parameters left out.

    Leaving any out is an error unless `allow_ignored`.
    """
    modules = {name: theirs for name in adapter.deltas if (theirs := _module(name, shapes, table)) is not None}
    left_out = [name for name in adapter.deltas if name not in modules]
    if (left_out and not allow_ignored) or not modules:
        raise CheckpointError(f"diffusers' LoRA cannot say {listed(left_out, SHOWN) or 'nothing at all'}.")
    biased = any(name.endswith(".bias") for name in modules)
    tensors: dict[str, Tensor] = {}
    for ours, theirs in {_path(name): theirs for name, theirs in modules.items()}.items():
        for ending, tensor in _pair(adapter, ours, shapes[f"{ours}.weight"], biased=biased):
            tensors[f"{PREFIX}{theirs}.{ending}"] = tensor.contiguous()
    _write(Path(path), tensors)
    return left_out


def _path(name: str) -> str:
    return name.rpartition(".")[0]


def _module(name: str, shapes: Shapes, table: Table) -> str | None:
    """diffusers' name of the linear layer or convolution that `name` is the weight or bias of."""
    if not name.endswith((".weight", ".bias")) or len(shapes[f"{_path(name)}.weight"]) < 2:
        return None
    return rename(_path(name), table, source="ours", target="diffusers")


def _pair(adapter: Adapter, ours: str, shape: tuple[int, ...], *, biased: bool) -> Iterator[tuple[str, Tensor]]:
    """lora_A, lora_B and, where any module of the file has one, a bias: PEFT wants all or none."""
    weight, bias = adapter.deltas.get(f"{ours}.weight"), adapter.deltas.get(f"{ours}.bias")
    up, down = _zeros(shape) if weight is None else _factors(weight)
    yield "lora_A.weight", down.reshape(-1, *shape[1:])
    yield "lora_B.weight", up.reshape(*up.shape, *[1] * len(shape[2:]))
    if biased:
        yield "lora_B.bias", torch.zeros(shape[0]) if bias is None else bias.expanded("cpu") * bias.scale


def _zeros(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    return torch.zeros(shape[0], 1), torch.zeros(1, math.prod(shape[1:]))


def _factors(delta: Delta) -> tuple[Tensor, Tensor]:
    """up and down in the file's own dtype where that loses nothing, else in float32."""
    dtype = next(iter(delta.factors.values())).dtype
    return tuple(t.to(dtype) if torch.equal(t.to(dtype).float(), t) else t for t in delta.low_rank())


def _write(path: Path, tensors: Mapping[str, Tensor]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        safetensors.torch.save_file(tensors, temporary, metadata={"format": "pt"})
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
