"""Eight-bit storage: whole numbers in -127..127 with one scale per row; arithmetic stays in float32.

With `scale = max |row| / 127` every restored value lies within half a scale of the original.
A *row* is the last axis where that is long (a linear layer, an expert), else all behind the first (a convolution).
"""

from __future__ import annotations

import torch
from torch import Tensor

LONG_ROW = 64  # shorter last axes are kernels: a scale for each would cost more than it saves
SMALL = 4096  # tensors below this many elements stay exact


def is_worth_quantising(tensor: Tensor) -> bool:
    return tensor.is_floating_point() and tensor.dim() >= 2 and tensor.numel() >= SMALL


def quantise(weight: Tensor) -> tuple[Tensor, Tensor]:
    """`weight` with at least two axes → int8 of its shape, and float32 scales, one per row, that broadcast to it."""
    rows = weight.float().reshape(*_leading(weight), -1)
    scale = rows.abs().amax(-1, keepdim=True) / 127
    codes = (rows / scale.clamp_min(torch.finfo(torch.float32).tiny)).round().clamp(-127, 127).to(torch.int8)
    return codes.reshape(weight.shape), scale.reshape(*_leading(weight), *[1] * (weight.dim() - len(_leading(weight))))


def dequantise(codes: Tensor, scale: Tensor) -> Tensor:
    """The float32 weight back, each value within `scale / 2` of the original."""
    return codes.float() * scale


def _leading(weight: Tensor) -> torch.Size:
    return weight.shape[:-1] if weight.shape[-1] >= LONG_ROW else weight.shape[:1]
