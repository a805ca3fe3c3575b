"""Key frames that boil less: each is mixed with its neighbours along the motion between them, where they agree.

A decoder and a denoiser make every key frame a little otherwise, also where nothing moves. Weights 1 2 1 over three
neighbours leave a quarter of such noise in the second difference that `evaluate.metrics.flicker` measures. Where a
neighbour shows something else (a limb that turned, what was hidden, a cut), it has no weight: nothing smears.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    near = [other for other in others if other is not None]
    if key.sketch is None:
        return replace(key, picture=calm(key.picture, [other.picture for other in near]))
    # Of a film around a sketch only the change is mixed: where nothing was changed, the sketch stays to the last bit.
    layers = [other.picture - other.sketch for other in near]
    change = calm(key.picture, [other.picture for other in near], key.picture - key.sketch, layers)
    return replace(key, picture=key.sketch + change)


def calm(
    picture: Tensor, neighbours: Sequence[Tensor], layer: Tensor | None = None, layers: Sequence[Tensor] = ()
) -> Tensor:
    """`picture` [1, 3, h, w] in [-1, 1], mixed with what its neighbours show of the same; or a `layer` of it with
    theirs, by the motion and the agreement of the pictures."""
    own = _rows(picture)
    total = 2 * (own if layer is None else _rows(layer))
    weights = np.full(own.shape[:2], 2.0, np.float32)
    for neighbour, other in zip(neighbours, layers or neighbours, strict=True):
        flow = motion(picture, neighbour)
        apart = cv2.blur(np.abs(along(_rows(neighbour), flow) - own).max(axis=2) * 127.5, (3, 3))
        weight = np.exp(-np.square(apart / SPREAD))
        total += weight[..., None] * along(_rows(other), flow)
        weights += weight
    return torch.from_numpy(total / weights[..., None]).permute(2, 0, 1)[None].to(picture)


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


def _rows(picture: Tensor) -> np.ndarray:
    """[1, 3, h, w] → float32 [h, w, 3]."""
    return np.ascontiguousarray(picture[0].permute(1, 2, 0).float().cpu().numpy())
