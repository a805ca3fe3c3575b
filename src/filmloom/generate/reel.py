"""Scenes one after the other: what a film shows when. Most films have one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, groupby, pairwise

import numpy as np
import torch
from torch import Tensor

from filmloom.core.types import Size
from filmloom.world.draw import draw
from filmloom.world.film import film
from filmloom.world.scene import Scene


@dataclass(frozen=True)
class Reel:
    """`ranges[i]`: the frames that show `scenes[i]`, whose own time starts with the first of them, at `rate`."""

    scenes: tuple[Scene, ...]
    ranges: tuple[range, ...]
    rate: Fraction

    @classmethod
    def of(cls, scenes: Sequence[Scene], num_frames: int, rate: Fraction) -> Reel:
        """Scenes in proportion to their seconds, each cut to whole frames; one that gets none is left out."""
        ends = [0, *accumulate(Fraction(str(scene.seconds)) for scene in scenes)]
        bounds = [round(end / ends[-1] * num_frames) for end in ends]
        held = [(scene, range(a, b)) for scene, (a, b) in zip(scenes, pairwise(bounds)) if b > a]
        if len(held) == 1:
            return cls((held[0][0],), (held[0][1],), rate)
        lasting = tuple(replace(scene, seconds=float(len(frames) / rate)) for scene, frames in held)
        return cls(lasting, tuple(frames for _, frames in held), rate)

    def start(self, index: int) -> Fraction:
        """Seconds into the film at which a scene begins."""
        return self.ranges[index].start / self.rate

    def index(self, seconds: float | Fraction) -> int:
        """Which scene is shown at a time; the last one's after the film's end."""
        return max(i for i in range(len(self.scenes)) if i == 0 or self.start(i) <= seconds)

    def film(self, size: Size, *, style: str = "full") -> Iterator[np.ndarray]:
        """All frames as uint8 chunks [f, h, w, 3], RGB, in order."""
        for scene, frames in zip(self.scenes, self.ranges):
            with closing(film(scene, size, float(self.rate), len(frames), style=style)) as chunks:
                yield from chunks

    def drawn(
        self, times: Sequence[float | Fraction], size: Size, *, unit: float | None = None, style: str = "full"
    ) -> Tensor:
        """Pictures at these times, [1, 3, F, H, W] in [-1, 1]."""
        parts = []
        for index, group in groupby(times, self.index):
            local = np.array([float(time - self.start(index)) for time in group])
            parts.append(draw([self.scenes[index]], local, size, unit=unit, style=style).video)
        return torch.cat(parts, dim=2)
