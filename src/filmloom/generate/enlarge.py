"""From key frames to frames at full size: enlarge each key frame once, then warp it to every frame near it.

Enlarging only key frames costs a fraction of enlarging every frame. Flows and masks are found at the key frames' size
and are enlarged like pictures. OpenCV works on uint8 and float32 arrays [H, W, ...].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from filmloom.core.types import Size
from filmloom.generate.calm import motion
from filmloom.generate.progress import Reporter
from filmloom.generate.window import Key, Timetable, to_uint8
from filmloom.models.interpolator import Interpolator
from filmloom.models.upsampler import Upsampler

FULL_SIZE = Size(1280, 720)  # what the upsampler was trained to make


@dataclass(frozen=True)
class Large:
    """A key frame and its enlargement, uint8 [H, W, 3], or the change to be laid over the sketch, float32 [h, w, 3]."""

    key: Key
    picture: np.ndarray


@dataclass(frozen=True)
class Motion:
    """A frame's way from its neighbours, at key frame size: flows [h, w, 2] in pixels, `mask` [h, w] the share of a."""

    a: Large
    b: Large
    flow_a: np.ndarray
    flow_b: np.ndarray
    mask: np.ndarray


Between = Large | Motion
Way = Callable[[float], tuple[np.ndarray, np.ndarray, np.ndarray]]  # share of the time → flow_a, flow_b, mask
Ways = Callable[[Tensor, Tensor], Way]  # two key frames [1, 3, h, w] in [-1, 1]


@dataclass(frozen=True)
class Enlarger:
    """Key frames to pictures of `size`; through the upsampler where that is larger than what the upsampler reads."""

    upsampler: Upsampler
    pooled: Tensor
    size: Size
    num_keys: int
    report: Reporter

    def __call__(self, keys: Iterator[Key]) -> Iterator[Large]:
        for key in keys:
            yield Large(key, self.picture(key.picture))
            self.report("enlarge", key.index + 1, self.num_keys)

    @torch.no_grad()
    def picture(self, picture: Tensor) -> np.ndarray:
        """[1, 3, h, w] in [-1, 1] → uint8 [H, W, 3]."""
        scale = self.upsampler.config.scale
        read = Size(FULL_SIZE.width // scale, FULL_SIZE.height // scale)
        if self.size.width > read.width:
            small = F.interpolate(picture, size=(read.height, read.width), mode="bicubic", align_corners=False)
            picture = self.upsampler(small.clamp(-1, 1).to(self.pooled.device), self.pooled)
        return resized(to_uint8(picture), self.size)


def residuals(keys: Iterator[Key]) -> Iterator[Large]:
    """What the model changed in the sketch, float32 [h, w, 3] in steps of 8-bit colour, at the key frames' size."""
    for key in keys:
        change = (key.picture - key.sketch)[0].permute(1, 2, 0) * 127.5
        yield Large(key, np.ascontiguousarray(change.numpy()))


@dataclass(frozen=True)
class Interpolation:
    """Neighbouring key frames to the motion of every frame between them. A frame on a key frame is that key frame.

    `ways` looks at two key frames once and then gives the ways of any share of the time between them: `searched`, or
    `learnt`. On films from text as on renders the first is the better and the faster: `bench/motion.py`."""

    ways: Ways
    timetable: Timetable
    report: Reporter

    def __call__(self, keys: Iterator[Large]) -> Iterator[Between]:
        a = next(keys)
        for b in keys:
            yield from self.between(a, b)
            self.report("interpolate", b.key.index, self.timetable.num_keys - 1)
            a = b
        if self.timetable.shares(a.key.index):
            yield a

    def between(self, a: Large, b: Large) -> Iterator[Between]:
        shares = self.timetable.shares(a.key.index)
        way = self.ways(a.key.picture, b.key.picture) if any(shares) else None
        for share in shares:
            yield a if way is None or share == 0 else Motion(a, b, *way(share))


def searched(a: Tensor, b: Tensor) -> Way:
    """By dense inverse search, both ways: straight, even motion (Super SloMo, arXiv 1712.00080, eq. 4)."""
    forth, back = motion(a, b), motion(b, a)

    def way(share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rest = 1 - share
        mask = np.full(forth.shape[:2], rest, np.float32)
        return share * (share * back - rest * forth), rest * (rest * forth - share * back), mask

    return way


def learnt(interpolator: Interpolator, device: torch.device) -> Ways:
    """By a model's interpolator."""

    @torch.no_grad()
    def ways(a: Tensor, b: Tensor) -> Way:
        pair = interpolator.flows(a.to(device), b.to(device))

        @torch.no_grad()
        def way(share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            found = interpolator.between(pair, torch.tensor([share], device=device))
            flows = (f[0].permute(1, 2, 0).cpu().numpy() for f in (found.flow_t0, found.flow_t1))
            return *map(np.ascontiguousarray, flows), found.mask[0, 0].cpu().numpy()

        return way

    return ways


def pictures(frames: Iterator[Between], *, size: Size) -> Iterator[np.ndarray]:
    """Finished frames, uint8 [1, H, W, 3]."""
    for frame in frames:
        yield (frame.picture if isinstance(frame, Large) else blended(frame, size))[None]


def finished_sketch(frames: Iterator[Between], sketches: Iterator[np.ndarray], *, size: Size) -> Iterator[np.ndarray]:
    """The full-size sketch with the model's change on top, uint8 [1, H, W, 3]: edges stay crisp, light is learnt."""
    with closing(sketches):
        singles = (sketch for chunk in sketches for sketch in chunk)
        for frame, sketch in zip(frames, singles, strict=True):
            change = frame.picture if isinstance(frame, Large) else blended(frame, _size_of(frame.a.picture))
            yield cv2.add(sketch, resized(change, size), dtype=cv2.CV_8U)[None]


def _size_of(picture: np.ndarray) -> Size:
    return Size(picture.shape[1], picture.shape[0])


def blended(frame: Motion, size: Size) -> np.ndarray:
    """Both neighbours warped to the frame's time and mixed by the mask; dtype of the neighbours, [H, W, 3]."""
    mask = cv2.resize(frame.mask, (size.width, size.height), interpolation=cv2.INTER_LINEAR)
    a, b = warped(frame.a.picture, frame.flow_a, size), warped(frame.b.picture, frame.flow_b, size)
    return cv2.blendLinear(a, b, mask, 1 - mask)


def warped(picture: np.ndarray, flow: np.ndarray, size: Size) -> np.ndarray:
    """out[y, x] = picture[y + dy, x + dx] with the flow [h, w, 2] enlarged to `size`; the border is repeated."""
    scale = np.array([size.width / flow.shape[1], size.height / flow.shape[0]], np.float32)
    where = cv2.resize(flow * scale, (size.width, size.height), interpolation=cv2.INTER_LINEAR)
    return cv2.remap(picture, cv2.add(where, _pixels(size)), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@lru_cache(2)
def _pixels(size: Size) -> np.ndarray:
    """Each pixel's own (x, y), float32 [H, W, 2]."""
    return np.stack(np.meshgrid(np.arange(size.width), np.arange(size.height)), axis=-1).astype(np.float32)


def resized(picture: np.ndarray, size: Size) -> np.ndarray:
    """Cubic when larger, area when smaller, itself when equal."""
    height, width = picture.shape[:2]
    if (width, height) == (size.width, size.height):
        return picture
    method = cv2.INTER_AREA if size.width < width else cv2.INTER_CUBIC
    return cv2.resize(picture, (size.width, size.height), interpolation=method)
