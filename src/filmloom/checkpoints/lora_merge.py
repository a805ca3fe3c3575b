"""Adapters into weights: for good, to and fro on a live module, or while an expert is read.

    merge(model, [(adapter, 0.8)])                                       for good
    adapted = Adapted(model); adapted.swap([(adapter, 0.8)]); adapted.unmerge()
    source = merged_source(source, [(adapter, 0.8)])                     tensor by tensor, as it is read

All of them use one sum, `summed`: float32, from the original weight, in the order of the stack, rounded once to the
weight's dtype. So the same stack gives the same bits on one device, whichever way it came in and whatever it replaced.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from filmloom.checkpoints.lora import Adapter, Shapes, shapes_of
from filmloom.checkpoints.lora_deltas import Delta
from filmloom.checkpoints.lora_report import SHOWN
from filmloom.checkpoints.source import STORED, Entry, Source, TensorSource, listed
from filmloom.core.errors import CheckpointError

Stack = Sequence[tuple[Adapter, float]]  # adapters and their strengths, in the order they are added
Changes = Mapping[str, list[tuple[Delta, float]]]


@torch.no_grad()
def summed(weight: Tensor, changes: Sequence[tuple[Delta, float]]) -> Tensor:
    """weight + sum of strength x scale x delta, in float32, rounded once to the weight's dtype."""
    total = weight.to(torch.promote_types(weight.dtype, torch.float32), copy=True)
    for delta, strength in changes:
        if strength != 0:
            total.add_(delta.expanded(weight.device), alpha=strength * delta.scale)
    return total.to(weight.dtype)


@torch.no_grad()
def merge(module: nn.Module, stack: Stack) -> None:
    """Add the stack for good, one parameter at a time: beside the module lie a weight and its difference in float32."""
    for name, changes in _changes(module, stack).items():
        parameter = module.get_parameter(name)
        parameter.copy_(summed(parameter, changes))


class Adapted:
    """A live module whose adapters can be changed and taken off, bit for bit.

    Nothing is ever subtracted: a changed weight is always made from its original. Originals come from `originals`, the
    source the module was loaded from, or, without one, are kept in memory while a weight differs from them.
    """

    def __init__(self, module: nn.Module, originals: Source | None = None):
        self.module, self.originals = module, originals
        self.stack: Stack = ()
        self._kept: dict[str, Tensor | None] = {}  # weights that differ now; None where the source has the original

    def swap(self, stack: Stack) -> None:
        """Carry exactly `stack`, whatever was carried before. Interrupted, it can be called again."""
        changes = _changes(self.module, stack)
        for name in list(dict.fromkeys((*self._kept, *changes))):
            self._set(name, changes.get(name, []))
        self.stack = tuple(stack)

    def merge(self, adapter: Adapter, strength: float = 1.0) -> None:
        """Add one more adapter to the stack."""
        self.swap((*self.stack, (adapter, strength)))

    def unmerge(self) -> None:
        """The weights as they were."""
        self.swap(())

    @torch.no_grad()
    def _set(self, name: str, changes: Sequence[tuple[Delta, float]]) -> None:
        parameter = self.module.get_parameter(name)
        if name not in self._kept:
            self._kept[name] = self._keep(name, parameter)
        parameter.copy_(summed(self._original(name, parameter), changes))
        if not changes:
            del self._kept[name]

    def _keep(self, name: str, parameter: Tensor) -> Tensor | None:
        if self.originals is None:
            return parameter.detach().to("cpu", copy=True)
        if not torch.equal(self._from_source(name, parameter), parameter):
            raise CheckpointError(f"{name} is not as {self.originals.file(name)} has it; it was changed after loading.")
        return None

    def _original(self, name: str, parameter: Tensor) -> Tensor:
        kept = self._kept[name]
        return self._from_source(name, parameter) if kept is None else kept.to(parameter.device)

    def _from_source(self, name: str, parameter: Tensor) -> Tensor:
        return self.originals.read(name).to(parameter.device, parameter.dtype)


def merged_source(source: Source, stack: Stack) -> TensorSource:
    """`source` (in our names) whose tensors gain the stack as they are read; names, shapes, dtypes and files stay."""
    changes = _checked(shapes_of(source), {name: source.dtype(name) for name in source.names()}, stack)
    entries = source.entries if isinstance(source, TensorSource) else {n: _entry(source, n) for n in source.names()}
    return TensorSource(
        {name: _changed(entry, changes[name]) if name in changes else entry for name, entry in entries.items()}
    )


def _entry(source: Source, name: str) -> Entry:
    shape, dtype = tuple(source.shape(name)), source.dtype(name)
    num_bytes = math.prod(shape) * dtype.itemsize
    return Entry(source.file(name), name, shape, dtype, STORED[dtype], num_bytes, lambda: source.read(name))


def _changed(entry: Entry, changes: Sequence[tuple[Delta, float]]) -> Entry:
    return replace(entry, read=lambda: summed(entry.read(), changes))


def _changes(module: nn.Module, stack: Stack) -> Changes:
    dtypes = {name: parameter.dtype for name, parameter in module.named_parameters()}
    return _checked(shapes_of(module), dtypes, stack)


def _checked(shapes: Shapes, dtypes: Mapping[str, torch.dtype], stack: Stack) -> Changes:
    """{parameter: its changes in order}; anything that does not fit is an error before a weight is touched."""
    changes: dict[str, list[tuple[Delta, float]]] = {}
    faults = []
    for adapter, strength in stack:
        for name, delta in adapter.deltas.items():
            if shapes.get(name) != delta.shape:
                found = list(shapes[name]) if name in shapes else "absent"
                faults.append(f"{name} is {found}, {adapter.where} changes {list(delta.shape)}")
            elif not dtypes[name].is_floating_point:
                faults.append(f"{name} holds {dtypes[name]}; adapters need floats")
            changes.setdefault(name, []).append((delta, strength))
    if faults:
        raise CheckpointError(f"The adapters do not fit this transformer: {listed(faults, SHOWN)}.")
    return changes
