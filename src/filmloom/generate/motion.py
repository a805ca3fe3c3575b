"""Frames between any two pictures, by mini's interpolator: what `finishing.frame_rate` takes as `between`.

Motion is estimated on copies at most 256 pixels wide and its flows are enlarged; the pictures themselves are warped at
full size, so that edges stay as crisp as they were.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from filmloom.checkpoints.folder import open_folder
from filmloom.core.types import Size
from filmloom.generate.enlarge import resized
from filmloom.generate.request import model_folder
from filmloom.models.interpolator import Interpolator, InterpolatorConfig, Pair

WIDTH = 256  # the interpolator learnt on 128x72; wider, motion outgrows what it has seen


def interpolator(model: str | Path = "mini", device: str = "cpu", *, width: int = WIDTH) -> MotionBetween:
    """The interpolator of a folder of ours, ready to be called as `between(a, b, share)`."""
    folder = open_folder(model_folder(model))
    config = folder.build_config("interpolator", InterpolatorConfig)
    network = folder.load("interpolator", Interpolator(config)).to(device).eval().requires_grad_(False)
    return MotionBetween(network, width=width)


class MotionBetween:
    """`between(a, b, share)`: uint8 [h, w, 3] RGB twice, share in [0, 1] → uint8 [h, w, 3].

    The motion of the last pair is kept, so that several frames of one interval cost one look."""

    def __init__(self, network: Interpolator, *, width: int = WIDTH):
        self.network, self.width = network, width
        self.device = next(network.parameters()).device
        self._kept: tuple[np.ndarray, np.ndarray, Pair] | None = None

    @torch.no_grad()
    def __call__(self, a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
        way = self.network.between(self._pair(a, b), torch.tensor([share], device=self.device))
        size = Size(a.shape[1], a.shape[0])
        mask = cv2.resize(way.mask[0, 0].cpu().numpy(), (size.width, size.height), interpolation=cv2.INTER_LINEAR)
        from_a, from_b = (_carried(picture, flow) for picture, flow in ((a, way.flow_t0), (b, way.flow_t1)))
        return cv2.blendLinear(from_a, from_b, mask, 1 - mask)

    def _pair(self, a: np.ndarray, b: np.ndarray) -> Pair:
        if self._kept is None or self._kept[0] is not a or self._kept[1] is not b:
            self._kept = (a, b, self.network.flows(self._read(a), self._read(b)))
        return self._kept[2]

    def _read(self, picture: np.ndarray) -> Tensor:
        """[1, 3, h, w] in [-1, 1], at most `width` wide."""
        height, width = picture.shape[:2]
        ratio = min(1.0, self.width / width)
        small = resized(picture, Size(max(1, round(width * ratio)), max(1, round(height * ratio))))
        return torch.from_numpy(small.copy()).to(self.device).permute(2, 0, 1)[None].float() / 127.5 - 1


def _carried(picture: np.ndarray, flow: Tensor) -> np.ndarray:
    """out[y, x] = picture[y + dy, x + dx] with the flow [1, 2, h, w] enlarged; cubic, the border repeated."""
    height, width = picture.shape[:2]
    scale = np.array([width / flow.shape[3], height / flow.shape[2]], np.float32)
    steps = cv2.resize(flow[0].permute(1, 2, 0).cpu().numpy() * scale, (width, height), interpolation=cv2.INTER_LINEAR)
    x = steps[..., 0] + np.arange(width, dtype=np.float32)
    y = steps[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
