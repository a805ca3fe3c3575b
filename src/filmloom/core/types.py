"""Named sizes, so that "frames = 1 + k * stride" is written once and tuples of integers never travel."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from filmloom.core.errors import RequestError


@dataclass(frozen=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """`"1280x720"` → `Size(1280, 720)`."""
        match = re.fullmatch(r"\s*(\d{1,6})\s*[x×X*]\s*(\d{1,6})\s*", str(text))
        if not match:
            raise RequestError("size", text, "it must be WIDTHxHEIGHT in pixels", "1280x720")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def aspect(self) -> float:
        return self.width / self.height


@dataclass(frozen=True)
class LatentShape:
    """A latent video: channels, latent frames, rows, columns."""

    channels: int
    frames: int
    height: int
    width: int

    @property
    def tokens(self) -> int:
        return self.frames * self.height * self.width


@dataclass(frozen=True)
class Codec:
    """Strides of a causal video autoencoder: `frames = 1 + k * time`, `height` and `width` multiples of `space`."""

    space: int
    time: int
    channels: int

    def latent(self, frames: int, size: Size) -> LatentShape:
        """Shape of the latent of `frames` pictures of `size`; the picture is padded up to whole cells."""
        if frames < 1 or (frames - 1) % self.time:
            good = 1 + max(0, round((frames - 1) / self.time)) * self.time
            raise RequestError("frames", frames, f"a latent window holds 1 + k x {self.time} frames", good)
        cells = lambda pixels: -(-pixels // self.space)  # noqa: E731
        return LatentShape(self.channels, 1 + (frames - 1) // self.time, cells(size.height), cells(size.width))

    def frames(self, latent_frames: int) -> int:
        """Pictures in a window of `latent_frames`."""
        return 1 + (latent_frames - 1) * self.time

    def padded(self, size: Size) -> Size:
        """`size` rounded up to whole latent cells."""
        return Size(-(-size.width // self.space) * self.space, -(-size.height // self.space) * self.space)


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound: `samples` float32 [channels, n], full scale at -1 and 1; `rate` samples per second."""

    samples: np.ndarray
    rate: int = 48_000

    def __post_init__(self) -> None:
        assert self.samples.ndim == 2 and self.samples.dtype == np.float32, (self.samples.shape, self.samples.dtype)

    @classmethod
    def silence(cls, num_samples: int, *, channels: int = 2, rate: int = 48_000) -> Audio:
        return cls(np.zeros((channels, num_samples), np.float32), rate)

    @property
    def num_samples(self) -> int:
        return self.samples.shape[1]

    @property
    def channels(self) -> int:
        return self.samples.shape[0]

    @property
    def seconds(self) -> float:
        return self.num_samples / self.rate
