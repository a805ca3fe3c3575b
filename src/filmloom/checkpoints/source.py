"""Where tensors come from: safetensors (one file or sharded), `.pth`, GGUF. Headers at once, tensors one by one.

    Source = {name: Entry}, an Entry knows its file, shape and dtype, and how to read itself

Nothing in a file is trusted: lengths, offsets, shapes and file names are checked before a tensor is made of them, and
pickled code is refused.
"""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from filmloom.core.errors import CheckpointError

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
STORED = {dtype: name for name, dtype in DTYPES.items()}
LONGEST_HEADER = 100 * 2**20  # the format's own limit
INDEX = ".safetensors.index.json"
PREFIXES = ("model.diffusion_model.", "diffusion_model.")  # ComfyUI's single files


class Source(Protocol):
    """Tensors by name, read one at a time."""

    def names(self) -> list[str]: ...

    def shape(self, name: str) -> tuple[int, ...]: ...

    def dtype(self, name: str) -> torch.dtype: ...

    def read(self, name: str) -> Tensor: ...

    def file(self, name: str) -> Path: ...


@dataclass(frozen=True)
class Entry:
    """One tensor in a file. `key` is its name there; `dtype` is what `read` gives, `stored` what the file holds."""

    file: Path
    key: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    stored: str
    num_bytes: int
    read: Callable[[], Tensor]

    @property
    def num_elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class TensorSource:
    """The Source that every file becomes; renamed or restored ones are made by changing its entries."""

    entries: Mapping[str, Entry]

    def names(self) -> list[str]:
        return list(self.entries)

    def shape(self, name: str) -> tuple[int, ...]:
        return self.entries[name].shape

    def dtype(self, name: str) -> torch.dtype:
        return self.entries[name].dtype

    def read(self, name: str) -> Tensor:
        return self.entries[name].read()

    def file(self, name: str) -> Path:
        return self.entries[name].file

    @property
    def files(self) -> list[Path]:
        return list(dict.fromkeys(entry.file for entry in self.entries.values()))


def open_safetensors(file: Path) -> TensorSource:
    """Every tensor of one `.safetensors` file, by its header."""
    start, header = read_header(file)
    entries = {}
    for name, facts in header.items():
        begin, end = facts["data_offsets"]
        dtype, shape = DTYPES[facts["dtype"]], tuple(facts["shape"])
        read = mapped(file, start + begin, end - begin, dtype, shape)
        entries[name] = Entry(file, name, shape, dtype, facts["dtype"], end - begin, read)
    return TensorSource(entries)


def open_sharded(index: Path) -> TensorSource:
    """Every tensor that `index`, a `*.safetensors.index.json`, names, each in the shard that it names."""
    weight_map = _weight_map(index)
    shards = {shard: open_safetensors(_beside(index, shard)) for shard in dict.fromkeys(weight_map.values())}
    faults = [f"{name} is not in {shard}" for name, shard in weight_map.items() if name not in shards[shard].entries]
    for shard, source in shards.items():
        faults += [f"{shard} holds {name}" for name in source.entries if weight_map.get(name) != shard]
    if faults:
        raise CheckpointError(f"{index} does not agree with its shards: {listed(faults)}.")
    return TensorSource({name: shards[shard].entries[name] for name, shard in weight_map.items()})


def open_pth(file: Path) -> TensorSource:
    """A flat dictionary of tensors written by `torch.save`. Nothing but tensors is unpickled."""
    entries = {}
    for name, tensor in _unpickled(file).items():
        if not isinstance(name, str) or not _is_plain(tensor):
            raise CheckpointError(f"{file}: {name!r} is not a plain tensor; a flat dictionary of tensors is expected.")
        tensor = tensor.detach()
        stored = STORED.get(tensor.dtype, str(tensor.dtype).removeprefix("torch."))
        num_bytes = tensor.numel() * tensor.element_size()
        entries[name] = Entry(file, name, tuple(tensor.shape), tensor.dtype, stored, num_bytes, tensor.contiguous)
    return TensorSource(entries)


def read_header(file: Path) -> tuple[int, dict[str, dict]]:
    """Where the data begins, and {name: {dtype, shape, data_offsets}} of a `.safetensors` file, every field checked."""
    size = _size(file)
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if size < 8 or length > min(size - 8, LONGEST_HEADER):
            raise damaged(file, f"its header claims {length} bytes of a file of {size}")
        text = opened.read(length)
    try:
        header = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise damaged(file, f"its header is not JSON ({error})") from None
    if not isinstance(header, dict):
        raise damaged(file, "its header is not an object")
    header.pop("__metadata__", None)
    _check_entries(file, header, size - 8 - length)
    return 8 + length, header


def without_prefix(source: TensorSource) -> TensorSource:
    """ComfyUI's `model.diffusion_model.` and the like taken off, where every name carries it."""
    for prefix in PREFIXES:
        if source.entries and all(name.startswith(prefix) for name in source.entries):
            return TensorSource({name.removeprefix(prefix): entry for name, entry in source.entries.items()})
    return source


def descaled(source: TensorSource) -> TensorSource:
    """ComfyUI's scaled 8-bit floats: `x.weight` times `x.scale_weight`, read as float32; `scale_input` is dropped."""
    entries = {}
    for name, entry in source.entries.items():
        if name == "scaled_fp8" or name.endswith((".scale_weight", ".scale_input")):
            continue
        scale = source.entries.get(f"{name.removesuffix('.weight')}.scale_weight")
        scaled = scale is not None and name.endswith(".weight")
        entries[name] = replace(entry, dtype=torch.float32, read=_times(entry, scale)) if scaled else entry
    return TensorSource(entries)


def fill(module: nn.Module, source: TensorSource, *, where: object, dtype: torch.dtype | None = None) -> nn.Module:
    """Fill `module` strictly from a source in its own names; every missing, extra or misshapen tensor is listed.

    A module on the meta device receives the tensors themselves, in `dtype` or as stored; another keeps its dtypes.
    """
    own = module.state_dict()
    if faults := list(_faults(own, source)):
        raise CheckpointError(f"{where} does not fit {type(module).__name__}: {listed(faults)}.")
    with torch.no_grad():
        for name, tensor in own.items():
            stored = source.read(name)
            if tensor.is_meta:
                _assign(module, name, stored.to(dtype or stored.dtype, copy=True))
            else:
                tensor.copy_(stored)
    return module.to(dtype) if dtype and not any(tensor.is_meta for tensor in own.values()) else module


def listed(faults: list[str], most: int | None = None) -> str:
    """Every fault, or the first `most` and how many more there are."""
    shown = faults if most is None else faults[:most]
    return "; ".join(shown) + (f"; and {len(faults) - len(shown)} more" if len(shown) < len(faults) else "")


def _faults(own: Mapping[str, Tensor], source: TensorSource) -> Iterator[str]:
    entries = source.entries
    yield from (f"missing {name}" for name in own if name not in entries)
    yield from (f"unknown {_spelt(name, entry)}" for name, entry in entries.items() if name not in own)
    for name, tensor in own.items():
        if name in entries and entries[name].shape != tuple(tensor.shape):
            entry = entries[name]
            yield f"{_spelt(name, entry)} is {list(entry.shape)}, should be {list(tensor.shape)}"
        elif name in entries and entries[name].dtype.is_floating_point != tensor.dtype.is_floating_point:
            yield f"{_spelt(name, entries[name])} holds {entries[name].stored}, should be like {tensor.dtype}"


def _spelt(name: str, entry: Entry) -> str:
    """Our name, the file's where it differs, and the file."""
    return f"{name} ({entry.key} in {entry.file.name})" if entry.key != name else f"{name} (in {entry.file.name})"


def _assign(module: nn.Module, name: str, tensor: Tensor) -> None:
    owner, _, leaf = name.rpartition(".")
    owner = module.get_submodule(owner)
    if leaf in owner._parameters:
        grad = tensor.is_floating_point() and owner._parameters[leaf].requires_grad
        owner._parameters[leaf] = nn.Parameter(tensor, requires_grad=grad)
    else:
        owner._buffers[leaf] = tensor


def _check_entries(file: Path, header: dict, size: int) -> None:
    """Dtype known, shape and offsets whole and agreeing, and the tensors fill the data without gap or overlap."""
    for name, facts in header.items():
        if fault := _entry_fault(facts, size):
            raise damaged(file, f"{name}: {fault}")
    end = 0
    for name, facts in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, until = facts["data_offsets"]
        if begin != end:
            raise damaged(file, f"{name} begins at {begin}; {end} was due")
        end = until
    if end != size:
        raise damaged(file, f"its tensors take {end} bytes; {size} follow the header")


def _entry_fault(facts: object, size: int) -> str | None:
    if not isinstance(facts, dict) or not {"dtype", "shape", "data_offsets"} <= set(facts):
        return "dtype, shape and data_offsets are needed"
    if not isinstance(facts["dtype"], str) or facts["dtype"] not in DTYPES:
        return f"dtype is {facts['dtype']!r}; known are {', '.join(DTYPES)}"
    shape, offsets = facts["shape"], facts["data_offsets"]
    if not (_are_counts(shape) and _are_counts(offsets) and len(offsets) == 2):
        return f"shape {shape!r} and data_offsets {offsets!r} should be lists of whole numbers"
    needed = math.prod(shape) * DTYPES[facts["dtype"]].itemsize
    if offsets[1] - offsets[0] != needed:
        return f"{facts['dtype']} {shape} takes {needed} bytes, not {offsets[1] - offsets[0]}"
    return f"ends at {offsets[1]} of {size} bytes" if offsets[1] > size else None


def _are_counts(values: object) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


def _once(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice")
    return found


def mapped(file: Path, begin: int, length: int, dtype: torch.dtype, shape: tuple[int, ...]) -> Callable[[], Tensor]:
    """A reader that maps the file, so that pages of it come and go as they are used."""

    def read() -> Tensor:
        if length == 0:
            return torch.empty(shape, dtype=dtype)
        storage = torch.UntypedStorage.from_file(str(file), False, begin + length)
        data = torch.empty(0, dtype=torch.uint8).set_(storage, begin, (length,), (1,))
        aligned = data if begin % dtype.itemsize == 0 else data.clone()
        return aligned.view(dtype).view(shape)

    return read


def _weight_map(index: Path) -> dict[str, str]:
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError(f'{index} has no "weight_map" of tensor names to shard files.')
    for name, shard in weight_map.items():
        if not isinstance(shard, str) or Path(shard).name != shard or shard in ("", ".", ".."):
            raise CheckpointError(f"{index}: {name} is said to be in {shard!r}; a shard lies beside its index.")
    return weight_map


def _beside(index: Path, shard: str) -> Path:
    file = index.parent / shard
    if not file.is_file():
        raise CheckpointError(f"{file} is missing; {index.name} names it. Fetch it again.")
    return file


def read_json(file: Path) -> dict:
    """The object in a JSON file."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{file} is not JSON ({error}).") from None
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read ({error.strerror}).") from None
    if not isinstance(found, dict):
        raise CheckpointError(f"{file} should hold an object.")
    return found


def _unpickled(file: Path) -> dict:
    _size(file)
    try:
        found = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        reason = str(error).split("\n\n")[0].splitlines()[0]
        raise CheckpointError(f"{file} holds more than tensors, and pickled code is never run ({reason}).") from None
    except (RuntimeError, ValueError, KeyError, EOFError, TypeError, AttributeError, IndexError, OSError) as error:
        raise damaged(file, str(error).splitlines()[0]) from None
    if not isinstance(found, dict) or not found:
        raise CheckpointError(f"{file} holds {type(found).__name__}; a flat dictionary of tensors is expected.")
    return found


def _is_plain(tensor: object) -> bool:
    """A dense tensor whose storage really holds as many values as its shape says."""
    if type(tensor) not in (Tensor, nn.Parameter) or tensor.layout != torch.strided or tensor.is_quantized:
        return False
    return tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()


def _times(entry: Entry, scale: Entry) -> Callable[[], Tensor]:
    return lambda: entry.read().float() * scale.read().float()


def _size(file: Path) -> int:
    if not file.is_file():
        raise CheckpointError(f"{file} is missing.")
    return file.stat().st_size


def damaged(file: Path, reason: str) -> CheckpointError:
    return CheckpointError(f"{file} is truncated or damaged: {reason}. Fetch it again.")
