"""Moments found in any film's pictures by mini's onset finder: `listen = onset_finder(); listen(chunks, rate)`.

Pictures are kept 72 rows high and 30 a second, a few seconds of them at a time, so a film of any length takes the
memory of a short one. A cut begins a new shot: nobody is followed across it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from filmloom.checkpoints.folder import Folder, open_folder
from filmloom.finishing.sound.onsets import Onset, cuts, find_onsets, thirtieths, voted
from filmloom.generate.request import model_folder
from filmloom.models.onsets import (
    RATE,
    ROWS,
    STEPS_A_SECOND,
    OnsetConfig,
    OnsetFinder,
    cropped,
    followed,
    gathered,
    place,
)

Listener = Callable[[Iterable[np.ndarray], float | Fraction], list[Onset]]
STRIDE = RATE // STEPS_A_SECOND + 1  # 4: frames per eighth of a second
SEEN_ROWS = 2 * ROWS  # of the pictures that crops are taken from
STRETCH, MARGIN = 240, 60  # ticks looked at together; more on either side, so that stretches join unseen


def onset_finder(model: str | Path = "mini", device: str = "cpu") -> Listener:
    """The finder of a folder of ours; the one that knows no weights, and no kinds, where the folder has none."""
    folder = open_folder(model_folder(model))
    return listener(folder, device) if "onsets" in folder.parts else find_onsets


def listener(folder: Folder, device: str | torch.device = "cpu") -> OnsetListener:
    config = folder.build_config("onsets", OnsetConfig)
    return OnsetListener(folder.load("onsets", OnsetFinder(config)).to(device).eval().requires_grad_(False))


@dataclass(frozen=True)
class OnsetListener:
    """`listen(chunks, rate)`: uint8 [f, h, w, 3] chunks at `rate` frames a second → moments, each with its kind."""

    network: OnsetFinder

    def __call__(self, chunks: Iterable[np.ndarray], rate: float | Fraction) -> list[Onset]:
        parts = list(self.curves(thirtieths(chunks, rate, rows=SEEN_ROWS)))
        if not parts:
            return []
        curve, kinds = (np.concatenate(part) for part in zip(*parts))
        return voted(curve, kinds, self.network.config.kinds, RATE)

    def curves(self, pictures: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pictures, 30 a second → how likely something happens at each [F], and what it would be [F, K]."""
        for shot in cuts(pictures):
            for stretch, kept in stretches(shot):
                curve, kinds = self.looked(stretch)
                yield curve[kept], kinds[kept]

    @torch.no_grad()
    def looked(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        video = torch.from_numpy(pictures).to(next(self.network.parameters()).device)
        video = video.permute(0, 3, 1, 2).float().div(127.5).sub(1)
        crops = cropped(video, self.boxes(video), video.shape[2])
        when, what = self.network(crops[None], STRIDE)
        return gathered(when[0].sigmoid()).cpu().numpy(), what[0].softmax(dim=-1).cpu().numpy()

    def boxes(self, video: Tensor) -> Tensor:
        """Whom to watch in each frame [F, 3]: looked for every eighth of a second, followed in between."""
        width = round(ROWS * video.shape[3] / video.shape[2])
        small = F.interpolate(video[::STRIDE], size=(ROWS, width), mode="area")
        before = small[torch.arange(len(small)).sub(2).clamp(min=0)]  # a quarter of a second
        seen = self.network.locator(torch.cat([small, small - before], dim=1))[:, 0].sigmoid()
        found = followed(place(seen * (seen > 0.5)), RATE / STRIDE)
        at = torch.arange(len(video), device=video.device) / STRIDE
        low, high = at.long(), (at.long() + 1).clamp(max=len(found) - 1)
        return torch.lerp(found[low], found[high], (at - low)[:, None])


def stretches(pictures: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, slice]]:
    """Pictures in pieces that overlap, and which part of each piece counts; together they count every picture once."""
    held: list[np.ndarray] = []
    first = 0  # of what is held, the first that has not counted yet
    for picture in pictures:
        held.append(picture)
        if len(held) == first + STRETCH + MARGIN:
            yield np.stack(held), slice(first, first + STRETCH)
            held, first = held[first + STRETCH - MARGIN :], MARGIN
    if len(held) > first:
        yield np.stack(held), slice(first, len(held))
