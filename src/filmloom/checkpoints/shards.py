"""Safetensors files written tensor by tensor: memory holds one tensor, however large the file.

The file is hashed as it is written, beside its place, and moved there when whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from filmloom.checkpoints.digests import digest_of
from filmloom.checkpoints.source import STORED, Entry

Written = Callable[[int], None]  # told of every tensor's bytes


def size_of(entry: Entry) -> int:
    """Bytes of the tensor once read: more than `num_bytes` where the file holds it quantised."""
    return entry.num_elements * entry.dtype.itemsize


def split(entries: Mapping[str, Entry], most: int) -> list[dict[str, Entry]]:
    """In order, shards of at most `most` bytes; a larger tensor has one to itself."""
    shards: list[dict[str, Entry]] = [{}]
    room = most
    for name, entry in entries.items():
        if shards[-1] and size_of(entry) > room:
            shards.append({})
            room = most
        shards[-1][name] = entry
        room -= size_of(entry)
    return shards


def write_safetensors(file: Path, entries: Mapping[str, Entry], written: Written) -> dict[str, object]:
    """Write the tensors and return {"bytes", "sha256"}. Wide types come first, which keeps every tensor aligned."""
    ordered = sorted(entries.items(), key=lambda item: -item[1].dtype.itemsize)
    with _placed(file) as opened:
        digest = hashlib.sha256()
        for piece in (_header(ordered), *_tensors(ordered, written)):
            digest.update(piece)
            opened.write(piece)
        size = opened.tell()
    return {"bytes": size, "sha256": digest.hexdigest()}


def write_pth(file: Path, entries: Mapping[str, Entry], written: Written) -> dict[str, object]:
    """A flat dictionary by `torch.save`. Tensors that their source maps from its file are not held in memory."""
    with _placed(file) as opened:  # an open file, lest the archive inside is named after the file beside
        torch.save({name: entry.read() for name, entry in entries.items()}, opened)
    written(sum(size_of(entry) for entry in entries.values()))
    return digest_of(file)


def _header(ordered: Sequence[tuple[str, Entry]]) -> bytes:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}  # without which transformers refuses the file
    at = 0
    for name, entry in ordered:
        offsets = [at, at := at + size_of(entry)]
        header[name] = {"dtype": STORED[entry.dtype], "shape": list(entry.shape), "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _tensors(ordered: Sequence[tuple[str, Entry]], written: Written) -> Iterator[memoryview]:
    for _, entry in ordered:
        yield _bytes(entry.read())
        written(size_of(entry))


def _bytes(tensor: Tensor) -> memoryview:
    return memoryview(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())


@contextmanager
def _placed(file: Path) -> Iterator[BinaryIO]:
    """A file beside `file`, moved there at the end; nothing is left of it when writing fails."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as opened:
            yield opened
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)
