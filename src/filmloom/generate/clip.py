"""A finished film in hand: its frames, how it was made, and what it cost."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmloom.core.types import Audio, Size
from filmloom.finishing.house import open_house
from filmloom.finishing.mp4 import check_output, estimated_bytes


class Frames:
    """Frames kept in an unnamed temporary file, so that a long film needs no more memory than a short one."""

    def __init__(self, size: Size):
        self.size, self.num = size, 0
        self._file = tempfile.TemporaryFile(prefix="filmloom-")  # noqa: SIM115 (lives as long as the frames)
        weakref.finalize(self, self._file.close)

    def append(self, chunk: np.ndarray) -> None:
        """uint8 [f, h, w, 3]."""
        self._file.write(np.ascontiguousarray(chunk).data)
        self.num += len(chunk)

    def array(self) -> np.ndarray:
        """All frames, uint8 [F, h, w, 3], mapped from the file: only what is looked at is read."""
        self._file.flush()
        return np.memmap(self._file, np.uint8, "r", shape=(self.num, self.size.height, self.size.width, 3))

    def chunks(self, length: int = 8) -> Iterator[np.ndarray]:
        """uint8 [<= length, h, w, 3] in order."""
        self._file.flush()
        for start in range(0, self.num, length):
            yield self._read(start, min(length, self.num - start))

    def _read(self, start: int, count: int) -> np.ndarray:
        shape = (count, self.size.height, self.size.width, 3)
        bytes_per_frame = self.size.height * self.size.width * 3
        self._file.seek(start * bytes_per_frame)
        return np.frombuffer(self._file.read(count * bytes_per_frame), np.uint8).reshape(shape)


@dataclass(frozen=True)
class Clip:
    """`clip.frames` uint8 [F, h, w, 3] RGB at `fps`; `settings` make it again; `report` says what making it took."""

    stored: Frames
    fps: Fraction
    settings: dict
    report: dict = field(default_factory=dict)
    audio: Audio | None = None

    @property
    def frames(self) -> np.ndarray:
        return self.stored.array()

    @property
    def size(self) -> Size:
        return self.stored.size

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write an MP4 as the house's rules have it: marked, labelled, the settings inside and beside it."""
        path = Path(path)
        check_output(path, overwrite=overwrite, expected_bytes=estimated_bytes(self.size, self.stored.num))
        house, shape = open_house(), {"size": self.size, "fps": self.fps}
        writer = house.writer(
            path, self.settings, **shape, report=lambda: self.report, overwrite=overwrite, audio=self.audio
        )
        with writer:
            for chunk in house.finished(self.stored.chunks(), self.settings, **shape):
                writer.write(chunk)
        return path
