"""GGUF files, read without another library: the header with every length checked, and eight storage types.

Sources: the format's specification (ggml, docs/gguf.md) and the block layouts of ggml-common.h. Tests hold both to the
`gguf` package, bit for bit.

    Q8_0   32 values: scale, 32 signed bytes                                  value = d q
    Q4_K  256 values: d, dmin, 8 six-bit (scale, minimum) pairs, 4-bit codes  value = (d scale) q - dmin minimum
    Q5_K  256 values: as Q4_K, with a fifth bit of each code apart
    Q6_K  256 values: 4 + 2 bits of each code, 16 signed scales, d            value = (d scale) (q - 32)
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from filmloom.checkpoints.source import Entry, TensorSource, damaged, mapped
from filmloom.core.errors import CheckpointError

ALIGNMENT, STRING, ARRAY = 32, 8, 9
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
ORIGINAL_SHAPE = "comfy.gguf.orig_shape."  # GGUF ends at four axes: ComfyUI's writer flattens and notes the shape here


def q8_0(blocks: Tensor) -> Tensor:
    """[n, 34] bytes → [n, 32] float32."""
    return _half(blocks[:, :2]) * blocks[:, 2:].view(torch.int8).float()


def q4_k(blocks: Tensor) -> Tensor:
    """[n, 144] bytes → [n, 256] float32."""
    scale, minimum = _scales(blocks)
    return (scale * _nibbles(blocks[:, 16:], 32).float() - minimum).flatten(1)


def q5_k(blocks: Tensor) -> Tensor:
    """[n, 176] bytes → [n, 256] float32."""
    scale, minimum = _scales(blocks)
    fifth = (blocks[:, None, 16:48] >> _steps(blocks, 8, 1)) & 1  # bit g of byte l belongs to value l of group g
    return (scale * (_nibbles(blocks[:, 48:], 32) | fifth << 4).float() - minimum).flatten(1)


def q6_k(blocks: Tensor) -> Tensor:
    """[n, 210] bytes → [n, 256] float32."""
    low = _nibbles(blocks[:, :128], 64).reshape(-1, 2, 4, 32)
    high = (blocks[:, 128:192].reshape(-1, 2, 1, 32) >> _steps(blocks, 4, 2)) & 3
    codes = (low | high << 4).reshape(-1, 16, 16).float() - 32
    scale = _half(blocks[:, 208:]) * blocks[:, 192:208].view(torch.int8).float()
    return (scale[..., None] * codes).flatten(1)


class Stored(NamedTuple):
    """How a GGUF type lies in the file: values and bytes per block, and what turns bytes into values."""

    name: str
    values: int
    num_bytes: int
    dtype: torch.dtype
    restore: Callable[[Tensor], Tensor] | None = None


TYPES = {
    0: Stored("F32", 1, 4, torch.float32),
    1: Stored("F16", 1, 2, torch.float16),
    30: Stored("BF16", 1, 2, torch.bfloat16),
    8: Stored("Q8_0", 32, 34, torch.float32, q8_0),
    12: Stored("Q4_K", 256, 144, torch.float32, q4_k),
    13: Stored("Q5_K", 256, 176, torch.float32, q5_k),
    14: Stored("Q6_K", 256, 210, torch.float32, q6_k),
}


def open_gguf(file: Path) -> TensorSource:
    """Every tensor of a GGUF file, by its header; quantised ones are read as float32."""
    if not file.is_file() or file.stat().st_size < 24:
        raise damaged(file, "it has no header")
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        cursor = Cursor(file, data)
        infos, facts = _header(cursor)
        start = -(-cursor.at // _alignment(facts, file)) * _alignment(facts, file)
        return _entries(file, infos, facts, start, len(data))


@dataclass
class Cursor:
    """Reads forward through bytes, never past their end."""

    file: Path
    data: mmap.mmap
    at: int = 0

    def take(self, length: int) -> bytes:
        if length > len(self.data) - self.at:
            raise damaged(self.file, f"its header wants {length} bytes at {self.at} of {len(self.data)}")
        self.at += length
        return self.data[self.at - length : self.at]

    def number(self, code: str) -> int | float | bool:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def text(self) -> str:
        return self.take(self.number("Q")).decode("utf-8", errors="replace")

    def value(self, kind: int) -> object:
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            return self._array(self.number("I"), self.number("Q"))
        if kind not in SCALARS:
            raise damaged(self.file, f"its header has a value of unknown type {kind}")
        return self.number(SCALARS[kind])

    def _array(self, kind: int, length: int) -> object:
        if kind in SCALARS:
            data = self.take(length * struct.calcsize("<" + SCALARS[kind]))
            return struct.unpack(f"<{length}{SCALARS[kind]}", data)
        if kind != STRING:  # an array of arrays is allowed by the format and used by nobody; it could nest without end
            raise damaged(self.file, f"its header has an array of type {kind}")
        for _ in range(length):
            self.take(self.number("Q"))
        return None  # vocabularies: stepped over


def _header(cursor: Cursor) -> tuple[list[tuple], dict[str, object]]:
    """[(name, axes as the file has them, type, offset)] and the facts beside them."""
    if cursor.take(4) != b"GGUF":
        raise CheckpointError(f"{cursor.file} is not a GGUF file: it does not begin with GGUF.")
    version, num_tensors, num_facts = cursor.number("I"), cursor.number("Q"), cursor.number("Q")
    if version not in (2, 3):
        raise CheckpointError(f"{cursor.file} is GGUF version {version}; this release reads 2 and 3.")
    facts = {}
    for _ in range(num_facts):
        key = cursor.text()
        facts[key] = cursor.value(cursor.number("I"))
    infos = []
    for _ in range(num_tensors):
        name, num_axes = cursor.text(), cursor.number("I")
        axes = struct.unpack(f"<{num_axes}Q", cursor.take(8 * num_axes))
        infos.append((name, axes, cursor.number("I"), cursor.number("Q")))
    return infos, facts


def _alignment(facts: dict[str, object], file: Path) -> int:
    alignment = facts.get("general.alignment", ALIGNMENT)
    if not isinstance(alignment, int) or not 1 <= alignment <= 2**16:
        raise damaged(file, f"its alignment is {alignment!r}")
    return alignment


def _entries(file: Path, infos: list[tuple], facts: dict[str, object], start: int, size: int) -> TensorSource:
    entries, end = {}, start
    for name, axes, kind, offset in sorted(infos, key=lambda info: info[3]):
        if kind not in TYPES:
            known = ", ".join(stored.name for stored in TYPES.values())
            raise CheckpointError(f"{file}: {name} is stored as GGUF type {kind}; this release reads {known}.")
        if name in entries:
            raise damaged(file, f"{name} appears twice")
        entry = _entry(file, name, axes, TYPES[kind], start + offset, facts.get(ORIGINAL_SHAPE + name))
        if start + offset < end or start + offset + entry.num_bytes > size:
            raise damaged(file, f"{name} lies at {start + offset} to {start + offset + entry.num_bytes} of {size}")
        end = start + offset + entry.num_bytes
        entries[name] = entry
    return TensorSource({name: entries[name] for name, *_ in infos})


def _entry(file: Path, name: str, axes: tuple, stored: Stored, begin: int, original: object) -> Entry:
    """GGUF lists axes from the innermost."""
    shape, count = tuple(reversed(axes)), math.prod(axes)
    if count % stored.values or (axes and axes[0] % stored.values):
        raise damaged(file, f"{name}: {list(shape)} is no whole number of {stored.name} blocks")
    num_bytes = count // stored.values * stored.num_bytes
    if isinstance(original, tuple):
        if math.prod(original) != count or any(axis < 0 for axis in original):
            raise damaged(file, f"{name}: {list(shape)} cannot be {list(original)}")
        shape = tuple(original)
    if stored.restore is None:
        read = mapped(file, begin, num_bytes, stored.dtype, shape)
    else:
        read = _restored(mapped(file, begin, num_bytes, torch.uint8, (-1, stored.num_bytes)), stored.restore, shape)
    return Entry(file, name, shape, stored.dtype, stored.name, num_bytes, read)


def _restored(blocks: Callable[[], Tensor], restore: Callable[[Tensor], Tensor], shape: tuple) -> Callable[[], Tensor]:
    return lambda: restore(blocks()).view(shape)


def _half(pair: Tensor) -> Tensor:
    return pair.contiguous().view(torch.float16).float()


def _steps(blocks: Tensor, count: int, step: int) -> Tensor:
    """Shifts 0, step, 2 step, ... along the axis before the last."""
    return (torch.arange(count, dtype=torch.uint8, device=blocks.device) * step)[:, None]


def _nibbles(codes: Tensor, run: int) -> Tensor:
    """Of each run of bytes first all low halves, then all high halves: [n, bytes] → [n, bytes / run x 2, run]."""
    runs = codes.reshape(len(codes), -1, 1, run)
    return ((runs >> _steps(codes, 2, 4)) & 15).flatten(1, 2)


def _scales(blocks: Tensor) -> tuple[Tensor, Tensor]:
    """d x scale and dmin x minimum of the eight groups, [n, 8, 1] each.

    Twelve bytes hold sixteen numbers of six bits: the first four scales and minima have their own bytes, whose spare
    top bits are the top bits of the last four; the low four bits of those share the last four bytes.
    """
    first, second, rest = (blocks[:, at : at + 4] for at in (4, 8, 12))
    scale = torch.cat((first & 63, (rest & 15) | (first >> 2 & 48)), dim=1)
    minimum = torch.cat((second & 63, (rest >> 4) | (second >> 2 & 48)), dim=1)
    d, dmin = _half(blocks[:, :2]), _half(blocks[:, 2:4])
    return (d * scale.float())[..., None], (dmin * minimum.float())[..., None]
