"""PNG files and picture grids with nothing but zlib and numpy, so that a bare training machine can show its samples."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def write_png(path: Path, image: np.ndarray) -> Path:
    """Write uint8 `[H, W, 3]` RGB or `[H, W]` grey; the file appears whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(encode_png(image))
    os.replace(part, path)
    return path


def encode_png(image: np.ndarray) -> bytes:
    """The bytes of an 8-bit PNG (PNG specification, sections 5.2 and 11.2)."""
    assert image.dtype == np.uint8 and image.ndim in (2, 3), (image.dtype, image.shape)
    height, width = image.shape[:2]
    colour_type = 2 if image.ndim == 3 else 0
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    rows = np.ascontiguousarray(image).reshape(height, -1)
    unfiltered = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)  # each row starts with filter type 0
    data = zlib.compress(unfiltered.tobytes(), 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def decode_png(data: bytes) -> np.ndarray:
    """Read back what `encode_png` wrote (unfiltered rows only)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "not a PNG"
    at, body = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, _, colour_type = struct.unpack(">IIBB", content[:10])
        body += content if kind == b"IDAT" else b""
        at += 12 + length
    depth = 3 if colour_type == 2 else 1
    rows = np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, 1 + width * depth)
    assert not rows[:, 0].any(), "filtered rows are not ours"
    return rows[:, 1:].reshape((height, width, 3) if depth == 3 else (height, width)).copy()


def grid(rows: Sequence[Sequence[np.ndarray]], *, gap: int = 2, shade: int = 24) -> np.ndarray:
    """Lay uint8 `[H, W, 3]` pictures of one size out in rows, `gap` pixels of grey `shade` between them."""
    height, width = rows[0][0].shape[:2]
    columns = max(len(row) for row in rows)
    sheet = np.full((len(rows) * (height + gap) - gap, columns * (width + gap) - gap, 3), shade, np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            y, x = i * (height + gap), j * (width + gap)
            sheet[y : y + height, x : x + width] = picture
    return sheet


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
