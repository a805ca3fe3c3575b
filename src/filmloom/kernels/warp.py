"""Backward warp: fetch each pixel from where the flow points.

B batch, C channels, H W height and width.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def warp(image: Tensor, flow: Tensor) -> Tensor:
    """`out[y, x] = image[y + dy, x + dx]`, bilinear, the border repeated outside.

    image [B, C, H, W]; flow [B, 2, H, W] in pixels, (dx, dy). Zero flow returns the image.
    """
    height, width = image.shape[-2:]
    # Positions need float32 whatever the images are: bfloat16 cannot tell pixel 200 from 201.
    exact = torch.promote_types(image.dtype, torch.float32)
    flow = flow.to(exact)
    xs = torch.arange(width, device=flow.device, dtype=exact)
    ys = torch.arange(height, device=flow.device, dtype=exact)
    # Pixel centres lie at (i + 1/2) / size, which is grid_sample's align_corners=False; it also allows size 1.
    x = (xs + flow[:, 0] + 0.5) * (2.0 / width) - 1.0
    y = (ys[:, None] + flow[:, 1] + 0.5) * (2.0 / height) - 1.0
    grid = torch.stack([x, y], dim=-1)
    fetched = F.grid_sample(image.to(exact), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return fetched.to(image.dtype)


def resize_flow(flow: Tensor, height: int, width: int) -> Tensor:
    """The same motion at another resolution: resampled, and its pixel units rescaled. flow [B, 2, h, w]."""
    scale = torch.tensor([width / flow.shape[-1], height / flow.shape[-2]], device=flow.device, dtype=flow.dtype)
    resized = F.interpolate(flow, size=(height, width), mode="bilinear", align_corners=False)
    return resized * scale[:, None, None]
