"""Frames between two pictures by classical optical flow: `between(a, b, share)` without any weights.

Dense inverse search (Kroeger et al., arXiv 1603.03590) finds where pixels go, both ways and at full size; straight,
even motion is assumed, and both flows are combined for the time between as in Super SloMo (arXiv 1712.00080, eq. 4).
`bench/finishing.py` measures it beside mini's interpolator and a cross-fade.
"""

from __future__ import annotations

import cv2
import numpy as np


class FlowBetween:
    """`between(a, b, share)`: uint8 [h, w, 3] RGB twice, share in [0, 1] → uint8 [h, w, 3].

    The flows of the last pair are kept, so that several frames of one interval cost one search."""

    def __init__(self) -> None:
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._kept: tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]] | None = None

    def __call__(self, a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
        if min(a.shape[:2]) < SMALLEST:
            return cv2.addWeighted(a, 1 - share, b, share, 0)
        forth, back = self._flows(a, b)
        to_a = -(1 - share) * share * forth + share * share * back
        to_b = (1 - share) ** 2 * forth - share * (1 - share) * back
        return cv2.addWeighted(_fetched(a, to_a), 1 - share, _fetched(b, to_b), share, 0)

    def _flows(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where each pixel of a is in b, and each of b in a: float32 [h, w, 2], (dx, dy) in pixels."""
        if self._kept is None or self._kept[0] is not a or self._kept[1] is not b:
            grey_a, grey_b = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (a, b))
            flows = self._search.calc(grey_a, grey_b, None), self._search.calc(grey_b, grey_a, None)
            self._kept = a, b, flows
        return self._kept[2]


SMALLEST = 32  # pixels of a side: below it the search's pyramid has no level left


def _fetched(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """out[y, x] = picture[y + dy, x + dx]; the border is repeated. Cubic: what moves by half a pixel stays crisp."""
    height, width = picture.shape[:2]
    x, y = (
        flow[..., 0] + np.arange(width, dtype=np.float32),
        flow[..., 1] + np.arange(height, dtype=np.float32)[:, None],
    )
    return cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
