"""Key frames that boil less: each is mixed with its neighbours along the motion between them, where they agree.

A decoder and a denoiser make every key frame a little otherwise, also where nothing moves. Weights 1 2 1 over three
neighbours leave a quarter of such noise in the second difference that `evaluate.metrics.flicker` measures. Where a
neighbour shows something else (a limb that turned, what was hidden, a cut), it has no weight: nothing smears.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from filmloom.generate.window import Key, to_uint8

SPREAD = 10.0  # levels of 8-bit colour: so far apart, a neighbour counts by 1/e


def calmed(keys: Iterator[Key]) -> Iterator[Key]:
    """The same key frames, one later: each waits for the next."""
    before = now = None
    with closing(keys):
        for after in keys:
            if now is not None:
                yield _among(now, before, after)
            before, now = now, after
    if now is not None:
        yield _among(now, before)


def _among(key: Key, *others: Key | None) -> Key:
    return replace(key, picture=calm(key.picture, [other.picture for other in others if other is not None]))


def calm(picture: Tensor, neighbours: list[Tensor]) -> Tensor:
    """[1, 3, h, w] in [-1, 1], mixed with what its neighbours show of the same."""
    own, total = _levels(picture), 2 * _levels(picture)
    weights = np.full(own.shape[:2], 2.0, np.float32)
    for neighbour in neighbours:
        there = along(_levels(neighbour), motion(picture, neighbour))
        apart = cv2.blur(np.abs(there - own).max(axis=2), (3, 3))
        weight = np.exp(-np.square(apart / SPREAD))
        total += weight[..., None] * there
        weights += weight
    mixed = torch.from_numpy(total / weights[..., None]).permute(2, 0, 1)[None]
    return (mixed / 127.5 - 1).to(picture)


def motion(a: Tensor, b: Tensor) -> np.ndarray:
    """Where each pixel of a is in b, by dense inverse search at full size: float32 [h, w, 2], (dx, dy) in pixels."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)  # key frames are small; the preset would stop at half their size
    greys = (cv2.cvtColor(to_uint8(picture), cv2.COLOR_RGB2GRAY) for picture in (a, b))
    return search.calc(*greys, None)


def along(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """out[y, x] = picture[y + dy, x + dx]; the border is repeated."""
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _levels(picture: Tensor) -> np.ndarray:
    """[1, 3, h, w] in [-1, 1] → float32 [h, w, 3] in 0..255."""
    return np.ascontiguousarray((picture[0].permute(1, 2, 0).float().numpy() + 1) * 127.5)
