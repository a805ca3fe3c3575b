"""Where a transformer's weights are while it works, and how they get there.

    resident     every expert stays on the device; a thread brings the second while the first works
    swap         one expert on the device at a time; a thread reads the next into memory while this one works
    layerwise    room for two blocks on the device: block i works while a thread brings block i + 1

Whichever is chosen, what runs is `DiT.forward` on the same weights in the same order: the same bits come out.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from filmloom.checkpoints.source import Source
from filmloom.core.errors import Cancelled, CheckpointError
from filmloom.generate.memory import Choice
from filmloom.models.dit import DiT, DiTConfig, DiTOutput, Prepared
from filmloom.models.umt5 import UMT5

Model = TypeVar("Model", bound=nn.Module)
Load = Callable[[threading.Event], nn.Module]  # reads an expert; gives up (Cancelled) once the event is set


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where weights go and as what. `exact`: fragments of names that stay float32 (names/transformer.py has a list)."""

    device: torch.device | str = "cpu"
    dtype: torch.dtype = torch.float32
    exact: tuple[str, ...] = ()

    def dtype_of(self, name: str) -> torch.dtype:
        return torch.float32 if set(self.exact) & set(name.split(".")) else self.dtype

    def bring(self, name: str, value: Tensor) -> Tensor:
        """A copy of its own: what was read may be a view of a file."""
        return value.to(self.device, self.dtype_of(name), copy=True)

    @property
    def is_cuda(self) -> bool:
        return torch.device(self.device).type == "cuda"


@contextmanager
def opened(
    config: DiTConfig, sources: Mapping[str, Source], choice: Choice, place: Place
) -> Iterator[dict[str, Expert]]:
    """The experts of a model, one source for each in the order of use, their weights kept as `choice` says.

    An Expert is called like the DiT that `config` describes. The context's end ends the threads and lets go of all.

    >>> with opened(config, {"transformer_high": high, "transformer_low": low}, choice, place) as experts:
    ...     experts["transformer_high"](latent, sigma, experts["transformer_high"].prepared(text)).velocity
    """
    loads = {name: loading(config, source, choice, place) for name, source in sources.items()}
    experts = Experts(loads, device=place.device, keep=choice.weights == "resident", ahead=choice.ahead)
    try:
        yield {name: Expert(experts, name, config) for name in loads}
    finally:
        experts.close()


def loading(config: DiTConfig, source: Source, choice: Choice, place: Place) -> Load:
    """What brings one expert; it may run in a thread."""
    waits = choice.weights == "swap" and choice.ahead  # the next expert waits in memory, not on the device
    target = replace(place, device="cpu") if waits else place

    @torch.no_grad()
    def load(stop: threading.Event) -> DiT:
        if choice.weights != "layerwise":
            model = resident(config, source, target, stop)
        else:
            model = layerwise(config, held(source, place, stop) if choice.held else source, place, stop)
        return chunked(model, choice.feed_forward_parts)

    return load


def resident(config: DiTConfig, source: Source, place: Place, stop: threading.Event | None = None) -> DiT:
    """A whole transformer, read tensor by tensor: beyond itself it needs room for the largest one."""
    return filled(checked(skeleton(config), source), source, place, stop)


def layerwise(config: DiTConfig, source: Source, place: Place, stop: threading.Event | None = None) -> DiT:
    """A transformer whose blocks come to the device just in time, in every forward anew."""
    model = checked(skeleton(config), source)
    model.blocks = Streamed(model.blocks, source, "blocks", place)
    return filled(model, source, place, stop)


def text_encoder(model: UMT5, source: Source, place: Place, *, layers: str = "resident") -> UMT5:
    """`model`, built on the meta device, with its weights; `layers` resident or layerwise, as of a transformer."""
    checked(model, source)
    if layers == "layerwise":
        model.encoder.block = Streamed(model.encoder.block, source, "encoder.block", place)
    return filled(model, source, place)


def chunked(model: DiT, parts: int) -> DiT:
    """`model` with every feed-forward in `parts`; the names of its weights stay."""
    if parts > 1:
        assert model.config.moe is None, "routed feed-forwards are not chunked"
        blocks = model.blocks.slots if isinstance(model.blocks, Streamed) else model.blocks
        for block in blocks:
            block.ffn = ChunkedFeedForward(block.ffn, parts)
    return model


class Streamed(nn.Module):
    """In the place of a ModuleList of like modules: iterating it yields each with its weights, brought just in time.

    It holds two modules and fills them in turn: a thread fills one while the other works. The thread lives as long as
    the iteration and ends with it, however it ends. One iteration at a time: a second would fill the same two.
    """

    def __init__(self, modules: nn.ModuleList, source: Source, prefix: str, place: Place):
        super().__init__()
        shapes = [shapes_of(module) for module in modules]
        assert all(one == shapes[0] for one in shapes), f"{prefix}: only modules of one shape can take turns"
        self.length, self.source, self.prefix = len(modules), source, prefix
        # A tuple hides them from torch: `state_dict` and `to` are for the weights that stay.
        self.slots = tuple(room(module, f"{prefix}.0", place) for module in modules[:2])
        self.carrier = CudaCarrier(self.slots[0], place.device) if place.is_cuda else Carrier()

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[nn.Module]:
        with ThreadPoolExecutor(1, "filmloom-blocks") as thread:
            coming = thread.submit(self.bring, 0, self.carrier.mark())
            for index in range(self.length):
                self.carrier.accept(coming.result())
                if index + 1 < self.length:  # into the slot which the module before has left
                    coming = thread.submit(self.bring, index + 1, self.carrier.mark())
                yield self.slots[index % len(self.slots)]

    @torch.no_grad()
    def bring(self, index: int, left: object) -> object:
        """Fill the slot of module `index` once the work before `left` is done; what to accept before using it."""
        slot = dict(self.slots[index % len(self.slots)].named_parameters())
        values = ((name, read(self.source, f"{self.prefix}.{index}.{name}")) for name in slot)
        return self.carrier.carry(slot, values, left)


class Carrier:
    """Carries weights to the CPU, where work is done when its call returns: there is nothing to wait for."""

    def mark(self) -> object:
        """This point of the work."""
        return None

    def carry(self, slot: Mapping[str, Tensor], values: Iterator[tuple[str, Tensor]], left: object) -> object:
        """Fill the tensors of a slot that the work before `left` still uses."""
        for name, value in values:
            slot[name].copy_(value)

    def accept(self, arrived: object) -> None:
        """Let the work that follows wait for what `carry` returned."""


class CudaCarrier(Carrier):
    """Carries weights to a GPU on a stream of their own, through pinned memory, so that copies overlap with work.

    On the GPU a copy waits for the work that used the slot, and work waits for its copy; the CPU waits for neither.
    """

    def __init__(self, like: nn.Module, device: torch.device | str):
        self.device = torch.device(device)
        self.stream = torch.cuda.Stream(self.device)
        self.pinned = {
            name: torch.empty(one.shape, dtype=one.dtype, pin_memory=True) for name, one in like.named_parameters()
        }
        self.copied: torch.cuda.Event | None = None

    def mark(self) -> object:
        return torch.cuda.current_stream(self.device).record_event()

    def carry(self, slot: Mapping[str, Tensor], values: Iterator[tuple[str, Tensor]], left: object) -> object:
        if self.copied is not None:
            self.copied.synchronize()  # until then the pinned memory is being read
        with torch.cuda.stream(self.stream):
            self.stream.wait_event(left)
            for name, value in values:
                ready = value.is_pinned() and value.dtype == slot[name].dtype
                slot[name].copy_(value if ready else self.pinned[name].copy_(value), non_blocking=True)
            self.copied = self.stream.record_event()
        return self.copied

    def accept(self, arrived: object) -> None:
        torch.cuda.current_stream(self.device).wait_event(arrived)


class Experts:
    """Experts by name, in order of use, each loaded when first asked for. `ahead`: a thread loads the next meanwhile.

    keep: all stay on the device; otherwise each takes the place of the one before.
    """

    def __init__(self, loads: Mapping[str, Load], *, device: torch.device | str, keep: bool, ahead: bool):
        self.loads, self.device, self.keep, self.ahead = dict(loads), device, keep, ahead
        self.present: dict[str, nn.Module] = {}
        self.coming: dict[str, Future[nn.Module]] = {}
        self.stop = threading.Event()
        self.thread = ThreadPoolExecutor(1, "filmloom-experts")

    def take(self, name: str) -> nn.Module:
        """Expert `name`, on the device."""
        if name not in self.present:
            if not self.keep:
                self.present.clear()
                return_freed_memory()
            coming = self.coming.pop(name, None)
            expert = coming.result() if coming else self.loads[name](self.stop)
            self.present[name] = expert.to(self.device)
            self.start_after(name)
        return self.present[name]

    def start_after(self, name: str) -> None:
        order = list(self.loads)
        for following in order[order.index(name) + 1 :][:1] if self.ahead else []:
            if following not in self.present and following not in self.coming:
                self.coming[following] = self.thread.submit(self.loads[following], self.stop)

    def close(self) -> None:
        """Stop reading, wait for the thread, let go of every expert."""
        self.stop.set()
        self.thread.shutdown(wait=True, cancel_futures=True)
        self.present.clear()
        self.coming.clear()


class Expert(nn.Module):
    """Stands for one of several experts, which comes to the device when it is called."""

    def __init__(self, experts: Experts, name: str, config: DiTConfig):
        super().__init__()
        self.experts, self.name, self.config = experts, name, config

    def forward(self, *args: Tensor | Prepared, **conditions: Tensor | None) -> DiTOutput:
        return self.experts.take(self.name)(*args, **conditions)

    def prepared(self, text: Tensor) -> Prepared:
        return self.experts.take(self.name).prepared(text)


class ChunkedFeedForward(nn.Sequential):
    """A feed-forward over `parts` runs of tokens in turn: of its hidden layer, one part exists at a time.

    Its weights have the names of the feed-forward it is made of. No row of a product depends on another, but a product
    of fewer rows may be blocked otherwise, and then differs in its last bits.
    """

    def __init__(self, feed_forward: nn.Sequential, parts: int):
        super().__init__(*feed_forward)
        self.parts = parts

    def forward(self, x: Tensor) -> Tensor:
        """x [B, N, D] → [B, N, D] in the type of the weights."""
        whole = x.new_empty(x.shape, dtype=self[-1].weight.dtype)
        length = -(-x.shape[1] // self.parts)
        for piece, result in zip(x.split(length, dim=1), whole.split(length, dim=1)):
            result.copy_(super().forward(piece))
        return whole


@dataclass(frozen=True)
class Held:
    """A source whose tensors have been read."""

    origin: Source
    tensors: Mapping[str, Tensor]

    def names(self) -> list[str]:
        return list(self.tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self.tensors[name].shape)

    def dtype(self, name: str) -> torch.dtype:
        return self.tensors[name].dtype

    def read(self, name: str) -> Tensor:
        return self.tensors[name]

    def file(self, name: str) -> Path:
        return self.origin.file(name)


def held(source: Source, place: Place, stop: threading.Event | None = None) -> Held:
    """All of `source` in memory, in the types of `place`; pinned where a GPU will fetch it."""
    tensors = {}
    for name in source.names():
        room = torch.empty(source.shape(name), dtype=place.dtype_of(name), pin_memory=place.is_cuda)
        tensors[name] = room.copy_(read(source, name, stop))
    return Held(source, tensors)


def read(source: Source, name: str, stop: threading.Event | None = None) -> Tensor:
    """A tensor of `source`; an error names it and its file."""
    if stop is not None and stop.is_set():
        raise Cancelled("The weights are no longer wanted.")
    try:
        return source.read(name)
    except (OSError, RuntimeError, ValueError, CheckpointError) as error:
        raise CheckpointError(f"{source.file(name)}: {name} cannot be read ({error}).") from error


def skeleton(config: DiTConfig) -> DiT:
    """A transformer without memory."""
    with torch.device("meta"):
        return DiT(config).eval()


def checked(model: Model, source: Source) -> Model:
    """`model`, once `source` is known to hold its tensors and no others."""
    own, found = shapes_of(model), {name: tuple(source.shape(name)) for name in source.names()}
    faults = [f"missing {name}" for name in own if name not in found]
    faults += [f"unknown {name} (in {source.file(name)})" for name in found if name not in own]
    faults += [
        f"{name} (in {source.file(name)}) is {list(found[name])}, should be {list(shape)}"
        for name, shape in own.items()
        if name in found and found[name] != shape
    ]
    if faults:
        raise CheckpointError(f"These weights do not fit {type(model).__name__}: {'; '.join(faults)}.")
    return model


def filled(model: Model, source: Source, place: Place, stop: threading.Event | None = None) -> Model:
    """Give every tensor that `model` lists its weights."""
    tensors = {name: place.bring(name, read(source, name, stop)) for name in model.state_dict()}
    model.load_state_dict(tensors, assign=True)
    return model.requires_grad_(False)


def room(module: nn.Module, prefix: str, place: Place) -> nn.Module:
    """`module`, which is on the meta device, with memory for its weights."""
    empty = {
        name: torch.empty(tensor.shape, dtype=place.dtype_of(f"{prefix}.{name}"), device=place.device)
        for name, tensor in module.state_dict().items()
    }
    module.load_state_dict(empty, assign=True)
    return module.requires_grad_(False)


def return_freed_memory() -> None:
    """glibc keeps freed tensors of less than 32 MB and does not always use them again: half an expert, measured."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):  # another system's C library: the memory stays with the process
        return


def shapes_of(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
