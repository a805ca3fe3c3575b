"""Frames between two pictures by classical optical flow: `between(a, b, share)` without any weights.

Dense inverse search (Kroeger et al., arXiv 1603.03590) finds where pixels go, both ways and at full size; straight,
even motion is assumed, and both flows are combined for the time between as in Super SloMo (arXiv 1712.00080, eq. 4).
A frame that was lost between others is worth more work: `among` also sees the frame before and the frame after.
`bench/finishing.py` measures both beside mini's interpolator and a cross-fade.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np


class FlowBetween:
    """`between(a, b, share)`: uint8 [h, w, 3] RGB twice, share in [0, 1] → uint8 [h, w, 3].

    `widest`: of the copies that are searched. At 640 of 1280 a search takes a quarter of the time, and the squared
    error grows by 5 to 14 % (log, 2026-11-25). The flows of the last pair are kept, so that several frames of one
    interval cost one search."""

    def __init__(self, *, widest: int = 640) -> None:
        self.widest = widest
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._fine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._fine.setFinestScale(0)
        self._kept: tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]] | None = None

    def __call__(self, a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
        if min(a.shape[:2]) < SMALLEST:
            return cv2.addWeighted(a, 1 - share, b, share, 0)
        forth, back = self._flows(a, b)
        to_a, to_b = (_enlarged(way, a.shape) for way in _combined(forth, back, share))
        return cv2.addWeighted(_fetched(a, to_a), 1 - share, _fetched(b, to_b), share, 0)

    def among(self, pictures: tuple[np.ndarray, ...], share: float, reach: float) -> np.ndarray:
        """The same from four pictures: at the times -reach, 0, 1 and 1 + reach; the frame of time `share` in (0, 1).

        Several motions are tried, and each pixel takes those under which the two middle pictures agree around it."""
        _, a, b, _ = pictures
        if min(a.shape[:2]) < SMALLEST:
            return cv2.addWeighted(a, 1 - share, b, share, 0)
        tried = list(_ways(self._lasting(pictures, reach), share, reach))
        costs = [_disagreement(_fetched(a, to_a), _fetched(b, to_b)) for to_a, to_b in tried]
        least = np.minimum.reduce(costs)
        total, weights = np.zeros(a.shape, np.float32), np.full(least.shape, 1e-6, np.float32)
        for (to_a, to_b), cost in zip(tried, costs):
            weight = np.exp((least - cost) / (0.5 + 0.1 * least))
            made = cv2.addWeighted(_fetched(a, to_a), 1 - share, _fetched(b, to_b), share, 0)
            total += weight[..., None] * made
            weights += weight
        return np.clip(np.rint(total / weights[..., None]), 0, 255).astype(np.uint8)

    def _lasting(self, pictures: tuple[np.ndarray, ...], reach: float) -> tuple[np.ndarray, ...]:
        """Flows a → before, b → after, a → b, b → a, and the last two once more, begun from steady motion.

        Over one frame's time limbs and thin outlines are still found; over two they often are not."""
        before, a, b, after = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures)
        ago, ahead = self._fine.calc(a, before, None), self._fine.calc(b, after, None)
        forth, back = self._fine.calc(a, b, None), self._fine.calc(b, a, None)
        return ago, ahead, forth, back, self._fine.calc(a, b, -ago / reach), self._fine.calc(b, a, -ahead / reach)

    def _flows(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where each pixel of a is in b, and each of b in a: float32 [h, w, 2], (dx, dy) in pixels, of the copies."""
        if self._kept is None or self._kept[0] is not a or self._kept[1] is not b:
            grey_a, grey_b = (self._copy(picture) for picture in (a, b))
            flows = self._search.calc(grey_a, grey_b, None), self._search.calc(grey_b, grey_a, None)
            self._kept = a, b, flows
        return self._kept[2]

    def _copy(self, picture: np.ndarray) -> np.ndarray:
        """In grey, at most `widest` wide."""
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        height, width = grey.shape
        if width <= self.widest:
            return grey
        size = self.widest, max(SMALLEST, round(height * self.widest / width))
        return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def _enlarged(flow: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A flow of copies as one of the pictures, whose shape is [h, w, 3]."""
    height, width = shape[:2]
    if flow.shape[:2] == (height, width):
        return flow
    scale = width / flow.shape[1], height / flow.shape[0]
    return cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * np.array(scale, np.float32)


AROUND = 3.5  # pixels around one that have a say in which motion it takes
SMALLEST = 32  # pixels of a side: below it the search's pyramid has no level left


def _combined(forth: np.ndarray, back: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a pixel of the time between is in a and in b, from both flows taken at the pixel itself."""
    to_a = -(1 - share) * share * forth + share * share * back
    return to_a, (1 - share) ** 2 * forth - share * (1 - share) * back


def _ways(flows: tuple[np.ndarray, ...], share: float, reach: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Motions to try, each as where a pixel of the time between is in a and in b."""
    ago, ahead, forth, back, begun, begun_back = flows
    rest, still = 1 - share, np.zeros_like(ago)
    yield from (_combined(forth, back, share), _combined(begun, begun_back, share), (still, still))
    for there, here in ((forth, back), (begun, begun_back)):
        yield from ((-share * there, rest * there), (share * here, -rest * here))
    yield ago * (share / reach), ago * (-rest / reach)  # on as before a
    yield ahead * (-share / reach), ahead * (rest / reach)  # as after b
    gone = _curved(ago, begun, share, reach)
    yield -gone, begun - gone
    gone = _curved(ahead, begun_back, rest, reach)
    yield begun_back - gone, -gone


def _curved(ago: np.ndarray, there: np.ndarray, share: float, reach: float) -> np.ndarray:
    """How far a pixel is at `share` on the parabola through `ago` at -reach, 0 at 0, `there` at 1."""
    bend = (ago + reach * there) / (reach + reach**2)
    return (there - bend) * share + bend * share**2


def _disagreement(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sum over the channels of |a - b|, around each pixel: float32 [h, w]."""
    return cv2.GaussianBlur(cv2.absdiff(a, b).astype(np.float32).sum(axis=2), (0, 0), AROUND)


def _fetched(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """out[y, x] = picture[y + dy, x + dx]; the border is repeated. Cubic: what moves by half a pixel stays crisp."""
    height, width = picture.shape[:2]
    x, y = (
        flow[..., 0] + np.arange(width, dtype=np.float32),
        flow[..., 1] + np.arange(height, dtype=np.float32)[:, None],
    )
    return cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
