"""A film in another shape: cut to it, with bars, or on a blurred copy of itself; and where words may stand.

    size = framed_size(Size(1280, 720), (9, 16))                 # 396x704: exactly 9:16, as large as fits inside
    for chunk in reframed(film.chunks(8), size, how="crop", centre=(0.4, 0.5)): ...

Chunks are uint8 [f, h, w, 3] RGB. Cutting alone never scales: pixels pass untouched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.core.types import Size

WAYS = ("crop", "pad", "blur")
BLUR, DIM = 0.04, 0.7  # of the shorter side; how bright the blurred ground is left, so that the film stands out
GROUND = 160  # longest side at which the ground is blurred: a blur has no detail to lose


@dataclass(frozen=True)
class SafeArea:
    """Shares of the picture to keep free of words: nothing covers the rest."""

    top: float = 0.05
    bottom: float = 0.05
    left: float = 0.05
    right: float = 0.05

    def box(self, size: Size) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in whole pixels, wholly inside the safe area."""
        left, top = math.ceil(self.left * size.width), math.ceil(self.top * size.height)
        right = size.width - math.ceil(self.right * size.width)
        return left, top, right, size.height - math.ceil(self.bottom * size.height)

    def holds(self, size: Size, box: tuple[int, int, int, int]) -> bool:
        """Whether `box` (left, top, right, bottom) lies within."""
        left, top, right, bottom = self.box(size)
        return left <= box[0] and top <= box[1] and box[2] <= right and box[3] <= bottom


def framed_size(size: Size, aspect: tuple[int, int], *, how: str = "crop", even: bool = True) -> Size:
    """The size of exactly `aspect` that needs no scaling: the largest inside `size`; with bars the smallest around."""
    _check_way(how)
    divisor = math.gcd(*aspect)
    wide, high = (side // divisor for side in aspect)
    step = 2 if even and (wide % 2 or high % 2) else 1
    wide, high = wide * step, high * step
    if how == "crop":
        times = min(size.width // wide, size.height // high)
    else:
        times = max(math.ceil(size.width / wide), math.ceil(size.height / high))
    if times < 1:
        rule = f"a cut to {aspect[0]}:{aspect[1]} needs at least {wide}x{high} pixels"
        raise RequestError("size", str(size), rule, f"{wide}x{high}")
    return Size(wide * times, high * times)


def reframed(
    chunks: Iterable[np.ndarray],
    size: Size,
    *,
    how: str = "crop",
    centre: tuple[float, float] = (0.5, 0.5),
    colour: tuple[int, int, int] = (0, 0, 0),
) -> Iterator[np.ndarray]:
    """The film in `size`. `centre`: the point of the picture, in 0..1, that a cut keeps nearest the middle.

    "crop" fills the size and cuts what is over; "pad" shows all of it on `colour`; "blur" shows all of it on a blurred,
    darkened copy that fills the size."""
    _check_way(how)
    if not all(0 <= share <= 1 for share in centre):
        raise RequestError("centre", centre, "it is a point of the picture, from (0, 0) to (1, 1)", (0.5, 0.5))
    return _frames(chunks, size, how, centre, colour)


def _frames(chunks, size: Size, how: str, centre, colour) -> Iterator[np.ndarray]:
    for chunk in chunks:
        yield np.stack([reframe(picture, size, how=how, centre=centre, colour=colour) for picture in chunk])


def reframe(
    picture: np.ndarray,
    size: Size,
    *,
    how: str = "crop",
    centre: tuple[float, float] = (0.5, 0.5),
    colour: tuple[int, int, int] = (0, 0, 0),
) -> np.ndarray:
    """One picture, uint8 [h, w, 3], as `reframed` does films."""
    if how == "crop":
        return _filled(picture, size, centre)
    inside = _scaled(picture, _fitted(picture, size))
    ground = _ground(picture, size) if how == "blur" else np.full((size.height, size.width, 3), colour, np.uint8)
    top, left = (size.height - inside.shape[0]) // 2, (size.width - inside.shape[1]) // 2
    ground[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return ground


def _fitted(picture: np.ndarray, size: Size) -> Size:
    """The largest size of the picture's shape inside `size`; the picture's own where it fits with one side touching."""
    height, width = picture.shape[:2]
    scale = min(size.width / width, size.height / height)
    return Size(min(size.width, max(1, round(width * scale))), min(size.height, max(1, round(height * scale))))


def _filled(picture: np.ndarray, size: Size, centre: tuple[float, float]) -> np.ndarray:
    """Cut to the shape about `centre` first, so that only what is kept is scaled; no scaling where it already fits."""
    height, width = picture.shape[:2]
    scale = min(width / size.width, height / size.height)
    exact = min(width, height) >= 1 and (width == size.width or height == size.height) and scale == 1
    cut_width = size.width if exact else min(width, round(size.width * scale))
    cut_height = size.height if exact else min(height, round(size.height * scale))
    left = _start(centre[0], width, cut_width)
    top = _start(centre[1], height, cut_height)
    return _scaled(picture[top : top + cut_height, left : left + cut_width], size)


def _start(share: float, whole: int, part: int) -> int:
    return min(max(round(share * whole - part / 2), 0), whole - part)


def _ground(picture: np.ndarray, size: Size) -> np.ndarray:
    import cv2

    times = GROUND / max(size.width, size.height)
    small = Size(max(1, round(size.width * times)), max(1, round(size.height * times)))
    ground = _filled(picture, small, (0.5, 0.5))
    sigma = BLUR * min(small.width, small.height) + 1
    ground = cv2.GaussianBlur(ground, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.rint(cv2.resize(ground, (size.width, size.height), interpolation=cv2.INTER_CUBIC) * DIM).astype(np.uint8)


def _scaled(picture: np.ndarray, size: Size) -> np.ndarray:
    import cv2

    height, width = picture.shape[:2]
    if (width, height) == (size.width, size.height):
        return picture.copy()
    smaller = size.width <= width and size.height <= height
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(picture), (size.width, size.height), interpolation=way)


def _check_way(how: str) -> None:
    if how not in WAYS:
        raise RequestError("how", how, f"a film is reframed by one of {', '.join(WAYS)}", "crop")
