"""What changes from one frame to the next: cuts, light, the camera; measured on small copies, in bounded memory.

Positions along a film (of light, of the camera) are sums of such changes. `smooth` splits a path into what was meant,
which is slow, and what was not, which is fast. Every path begins anew at a cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import cv2
import numpy as np

Item = TypeVar("Item")

SMALL, FINE = 64, 240  # widest copies: for cuts and light; for the camera
REACH = np.ones((5, 5), np.uint8)  # motion of 2 of 64 pixels explains a change
CUT_LEAST, CUT_RATIO, CUT_REACH = 3.0, 4.0, 2  # code values; over the largest of so many neighbours on either side
DARK, BRIGHT = 12.0, 243.0  # code values outside say little of light: noise, clipping
SAME_LIGHT = 0.03  # log gain: pixels within it of the median show the same thing in both frames
GOOD = 0.06  # share of the picture left unexplained: no other start is tried
SEARCH = 6  # of 64 pixels: the largest shift between two frames, a tenth of the width
TRUSTED = 0.35  # share of such pixels that makes two frames comparable


@dataclass(frozen=True)
class View:
    """A frame's small copies. `picture` uint8 [h, w, 3] RGB."""

    picture: np.ndarray

    @cached_property
    def small(self) -> np.ndarray:
        """float32 [h, w, 3], 0..255."""
        return _reduced(self.picture, SMALL)

    @cached_property
    def grey(self) -> np.ndarray:
        """float32 [h, w], 0..255, lightly blurred."""
        return cv2.GaussianBlur(cv2.cvtColor(_reduced(self.picture, FINE), cv2.COLOR_RGB2GRAY), (0, 0), 0.8)

    @property
    def fineness(self) -> float:
        """Pixels of the picture to one of `grey`."""
        return self.picture.shape[1] / self.grey.shape[1]


def views(chunks: Iterable[np.ndarray]) -> Iterator[View]:
    for chunk in chunks:
        assert chunk.dtype == np.uint8 and chunk.ndim == 4 and chunk.shape[3] == 3, (chunk.dtype, chunk.shape)
        yield from map(View, chunk)


def _reduced(picture: np.ndarray, width: int) -> np.ndarray:
    width = min(width, picture.shape[1])
    height = max(2, round(picture.shape[0] * width / picture.shape[1]))
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)


# --- Windows and paths


def in_context(items: Iterable[Item], radius: int) -> Iterator[tuple[int, Sequence[Item]]]:
    """Each item as (index, window): it and up to `radius` neighbours on either side; holds 2 radius + 1 of them."""
    window: deque[Item] = deque()
    index, source, ended = 0, iter(items), False
    while True:
        while not ended and len(window) <= index + radius:
            try:
                window.append(next(source))
            except StopIteration:
                ended = True
        if index == len(window):
            return
        yield index, tuple(window)
        index += 1
        if index > radius:
            window.popleft()
            index -= 1


def smooth(path: np.ndarray, at: int, sigma: float) -> np.ndarray:
    """The value at row `at` of a line through the path [n, k], fitted with Gaussian weights around that row.

    Steady change, a pan or a fade, is its own smooth; at the ends too, where a mean would lag."""
    steps = np.arange(len(path)) - at
    weights = np.exp(-0.5 * (steps / sigma) ** 2)
    w, wx, wxx = weights.sum(), weights @ steps, weights @ steps**2
    spread = w * wxx - wx * wx
    if spread <= 1e-9:
        return path[at]
    return ((wxx * weights - wx * weights * steps) @ path) / spread


# --- Cuts


def change(a: View, b: View) -> float:
    """Mean absolute difference of the small copies, in code values: grows evenly with small motion."""
    return float(np.mean(cv2.absdiff(a.small, b.small)))


def unexplained(a: View, b: View) -> float:
    """The part of the change that no motion by two pixels of 64 explains, in code values."""
    return max(_outside(a.small, b.small), _outside(b.small, a.small))


def _outside(a: np.ndarray, b: np.ndarray) -> float:
    """How far each pixel of a is outside the range of b's neighbourhood."""
    above, below = cv2.subtract(a, cv2.dilate(b, REACH)), cv2.subtract(cv2.erode(b, REACH), a)
    return float(np.mean(np.maximum(np.maximum(above, below), 0)))


def changed_content(a: View, b: View) -> float:
    """What is unexplained once the brighter picture is dimmed to the other, channel by channel, by a stop at most."""
    ratio = (b.small.mean(axis=(0, 1)) + 1) / (a.small.mean(axis=(0, 1)) + 1)
    ratio = np.clip(ratio, 0.5, 2.0).astype(np.float32)
    here, there = a.small * np.minimum(ratio, 1), b.small / np.maximum(ratio, 1)
    return max(_outside(here, there), _outside(there, here))


@dataclass(frozen=True)
class Seen:
    """A frame and how it differs from the one before. `cut`: a shot begins here; true of a film's first frame."""

    view: View
    change: float = 0.0
    unexplained: float = 0.0
    content: float = 0.0
    cut: bool = False


def seen(pictures: Iterable[View]) -> Iterator[Seen]:
    """Frames with their cuts; looks two frames ahead.

    A cut stands alone: quick pans and explosions change their neighbours too, a flash changes twice. Other light on the
    same content is none."""
    found = (one for one in _compared(pictures))
    for index, window in in_context(found, CUT_REACH):
        here, others = window[index], [one for i, one in enumerate(window) if i != index]
        least = max(CUT_LEAST, CUT_RATIO * max((one.content for one in others), default=0.0))
        usual = CUT_RATIO / 2 * max((one.unexplained for one in others), default=0.0)
        yield here if here.cut else replace(here, cut=here.content > least and here.unexplained > usual)


def _compared(pictures: Iterable[View]) -> Iterator[Seen]:
    last: View | None = None
    for view in pictures:
        yield Seen(view, cut=True) if last is None else _against(last, view)
        last = view


def _against(last: View, view: View) -> Seen:
    return Seen(view, change(last, view), unexplained(last, view), changed_content(last, view))


# --- Light


@dataclass
class LightPath:
    """Log gain of R, G and B of each frame over the first of its shot, float [3].

    A frame is compared with one reference as long as enough pixels still show the same thing, so that errors do not
    add up; then its predecessor becomes the reference."""

    reference: View | None = None
    at_reference: np.ndarray = field(default_factory=lambda: np.zeros(3))
    last: View | None = None
    at_last: np.ndarray = field(default_factory=lambda: np.zeros(3))

    def __call__(self, one: Seen) -> np.ndarray:
        if one.cut or self.reference is None:
            self.reference, self.at_reference, self.at_last = one.view, np.zeros(3), np.zeros(3)
        else:
            self.at_last = self._compared(one.view)
        self.last = one.view
        return self.at_last

    def _compared(self, view: View) -> np.ndarray:
        gain, share = light_step(self.reference, view)
        if share < TRUSTED and self.reference is not self.last:
            self.reference, self.at_reference = self.last, self.at_last
            gain, share = light_step(self.reference, view)
        return self.at_reference + (gain if share >= TRUSTED / 2 else 0.0)


def light_step(a: View, b: View) -> tuple[np.ndarray, float]:
    """Log gain [3] from a to b, the median over pixels, and the share of pixels that agree with it."""
    valid = ((a.small > DARK) & (a.small < BRIGHT) & (b.small > DARK) & (b.small < BRIGHT)).all(axis=2)
    if valid.mean() < 0.05:
        return np.zeros(3), 0.0
    ratio = np.log(b.small[valid] / a.small[valid])
    gain = np.median(ratio, axis=0)
    agree = np.abs(ratio - gain).max(axis=1) < SAME_LIGHT
    near = ratio[agree]
    return (near.mean(axis=0) if len(near) else gain), float(agree.mean())


# --- The camera


@dataclass(frozen=True)
class Move:
    """Of the picture around its centre: x' = x + dx + zoom x - turn y, y' = y + dy + turn x + zoom y; in pixels."""

    dx: float = 0.0
    dy: float = 0.0
    turn: float = 0.0
    zoom: float = 0.0

    def as_array(self) -> np.ndarray:
        return np.array([self.dx, self.dy, self.turn, self.zoom])

    def matrix(self, width: int, height: int) -> np.ndarray:
        """[2, 3] for OpenCV, where pixel centres are whole numbers."""
        cx, cy = (width - 1) / 2, (height - 1) / 2
        linear = np.array([[1 + self.zoom, -self.turn], [self.turn, 1 + self.zoom]])
        offset = np.array([cx + self.dx, cy + self.dy]) - linear @ [cx, cy]
        return np.hstack([linear, offset[:, None]])


def camera_step(a: View, b: View, *, rounds: int = 30) -> Move:
    """The move that carries what a shows to where b shows it, in pixels of the full picture.

    Whole shifts are tried, since phase correlation would follow a large subject; then Gauss-Newton on brightness with
    weights that forget what moves by itself (Geman-McClure). A change of light, gain and offset, is solved for along
    with the motion."""
    if np.array_equal(a.grey, b.grey):
        return Move()
    starts = [(at, 8.0) for at in _starts(a, b)] + [((0.0, 0.0), 40.0)]
    best, least = np.zeros(4), np.inf
    for at, forgiving in starts:
        move, unexplained_share = _refined(a.grey, b.grey, at, forgiving, rounds)
        if unexplained_share < least:
            best, least = move, unexplained_share
        if least < GOOD:
            break
    dx, dy, turn, zoom = best
    return Move(float(dx * a.fineness), float(dy * a.fineness), float(turn), float(zoom))


def _starts(a: View, b: View) -> list[tuple[float, float]]:
    """Shifts (dx, dy) in pixels of `grey` under which most of the picture agrees: the best, and the best elsewhere."""
    tiny_a, tiny_b = (cv2.cvtColor(view.small, cv2.COLOR_RGB2GRAY) for view in (a, b))
    scale = a.grey.shape[1] / tiny_a.shape[1]
    (dx, dy), _ = _searched(tiny_a, tiny_b, (0, 0), SEARCH)[0]
    stride = max(1, a.grey.shape[1] // 128)
    around = round(dx * scale / stride), round(dy * scale / stride)
    found = _searched(a.grey[::stride, ::stride], b.grey[::stride, ::stride], around, 4)
    best = found[0][0]
    other = next((at for at, _ in found if max(abs(at[0] - best[0]), abs(at[1] - best[1])) > 1), best)
    return [(x * stride, y * stride) for x, y in dict.fromkeys((best, other))]


def _searched(here: np.ndarray, there: np.ndarray, around: tuple[int, int], reach: int) -> list:
    """((dx, dy), share of the picture left unexplained), the best first, of whole shifts near `around`."""
    height, width = here.shape
    found = []
    for dy in range(around[1] - reach, around[1] + reach + 1):
        for dx in range(around[0] - reach, around[0] + reach + 1):
            if 3 * abs(dx) > width or 3 * abs(dy) > height:
                continue
            rest = there[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)]
            rest = rest - here[max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)]
            squares = (rest - rest.mean()) ** 2
            found.append(((dx, dy), float(np.mean(squares / (squares + 64)))))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def _refined(
    a: np.ndarray, b: np.ndarray, start: tuple[float, float], forgiving: float, rounds: int
) -> tuple[np.ndarray, float]:
    """The move (dx, dy, turn, zoom) and the share of the picture that it leaves unexplained."""
    height, width = a.shape
    move, light = np.array([*start, 0.0, 0.0]), _matched(a, b)
    x, y = np.meshgrid(np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2)
    edges, error = _edges(a), np.inf
    for step_ in range(rounds):
        matrix = Move(*move).matrix(width, height)
        there = cv2.warpAffine(
            b, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=-1e4
        )
        inside = cv2.erode((there > -1).astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
        rest = there - light[0] * a - light[1]
        error = float(np.mean((rest**2 / (rest**2 + 64))[inside])) if inside.any() else np.inf
        inside &= edges
        if inside.sum() < 0.3 * edges.sum():
            return move, np.inf
        gx, gy = cv2.Sobel(there, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(there, cv2.CV_32F, 0, 1, scale=1 / 8)
        rest = rest[inside]
        scale = max(1.5 * np.median(np.abs(rest)) + 1.0, forgiving * 0.6**step_)
        weight = 1 / (1 + (rest / scale) ** 2) ** 2
        gx, gy, u, v, ground = gx[inside], gy[inside], x[inside], y[inside], a[inside]
        slopes = np.stack([gx, gy, v * -gx + u * gy, u * gx + v * gy, -ground, -np.ones_like(ground)], axis=1)
        weighted = slopes * weight[:, None]
        normal = weighted.T @ slopes
        step = np.linalg.lstsq(normal + 1e-6 * np.diag(np.diag(normal)), -weighted.T @ rest, rcond=None)[0]
        move, light = move + step[:4], light + step[4:]
        if step_ > 5 and np.abs(step[:2]).max() < 1e-2 and np.abs(step[2:4]).max() * width < 1e-2:
            break
    return move, error


def _matched(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Gain and offset that give a the quartiles of b."""
    (low_a, mid_a, high_a), (low_b, mid_b, high_b) = (np.percentile(grey, (25, 50, 75)) for grey in (a, b))
    gain = (high_b - low_b) / (high_a - low_a) if high_a - low_a > 4 and high_b - low_b > 4 else 1.0
    return np.array([gain, mid_b - gain * mid_a])


def _edges(grey: np.ndarray) -> np.ndarray:
    """Where the picture is steep enough to say something of motion: four tenths of its pixels, none at the border."""
    steep = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    steep[[0, -1]], steep[:, [0, -1]] = -1, -1
    return steep >= np.quantile(steep, 0.6)


# --- Paths beside their smooth


@dataclass(frozen=True)
class OnPath:
    """A frame, where it is on a path [k], and where a steady film would be; both 0 at the shot's first frame."""

    one: Seen
    path: np.ndarray
    smooth: np.ndarray

    @property
    def away(self) -> np.ndarray:
        """What is fast in the path: flicker, shake."""
        return self.path - self.smooth


def light(frames: Iterable[Seen], sigma: float) -> Iterator[OnPath]:
    """Frames with the log gain of R, G and B, [3]; looks 2.5 sigma frames ahead."""
    along = LightPath()
    return _smoothed(((one, along(one)) for one in frames), sigma)


def camera(frames: Iterable[Seen], sigma: float) -> Iterator[OnPath]:
    """Frames with the sum of the camera's moves, [dx, dy, turn, zoom] in pixels of the full picture."""
    return _smoothed(_tracked(frames), sigma)


def _tracked(frames: Iterable[Seen]) -> Iterator[tuple[Seen, np.ndarray]]:
    last, at = None, np.zeros(4)
    for one in frames:
        at = np.zeros(4) if one.cut else at + camera_step(last, one.view).as_array()
        last = one.view
        yield one, at


def _smoothed(frames: Iterable[tuple[Seen, np.ndarray]], sigma: float) -> Iterator[OnPath]:
    for index, window in in_context(frames, round(2.5 * sigma)):
        begin, end = shot(window, index, lambda pair: pair[0].cut)
        path = np.stack([at for _, at in window[begin:end]])
        yield OnPath(*window[index], smooth(path, index - begin, sigma))


def shot(window: Sequence[Item], index: int, begins: Callable[[Item], bool]) -> tuple[int, int]:
    """First and last + 1 of the items that belong to the same shot as the one at `index`."""
    begin = max((i for i in range(index + 1) if begins(window[i])), default=0)
    end = next((i for i in range(index + 1, len(window)) if begins(window[i])), len(window))
    return begin, end


def with_gain(picture: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Each channel times its gain [3], rounded and clipped."""
    values = np.arange(256)[:, None] * gain
    return cv2.LUT(picture, np.clip(np.rint(values), 0, 255).astype(np.uint8)[None])
