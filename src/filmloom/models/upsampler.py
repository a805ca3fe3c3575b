"""Enlarge frames: a fixed bicubic base plus what a small network adds at low resolution.

Everything runs at the input's resolution and one pixel-shuffle makes the result, so a 720p key frame costs 12 GFLOP
at the default size. A summary of the prompt shifts and scales the features; it starts without effect, and so does
the network: an untrained upsampler is exactly bicubic.

N frames, h w input height and width, s scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, kw_only=True)
class UpsamplerConfig:
    scale: int = 5
    width: int = 48
    num_blocks: int = 6
    text_width: int = 256


class Upsampler(nn.Module):
    """frames [N, 3, h, w] in [-1, 1] RGB → [N, 3, s * h, s * w], not clamped."""

    def __init__(self, config: UpsamplerConfig):
        super().__init__()
        self.config = config
        width = config.width
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.film = nn.Linear(config.text_width, 2 * width)
        self.blocks = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(config.num_blocks))
        self.tail = nn.Conv2d(width, 3 * config.scale**2, 3, padding=1)
        for layer in (self.film, self.tail):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.register_buffer("bicubic", bicubic_taps(config.scale), persistent=False)

    def forward(self, frames: Tensor, pooled: Tensor | None = None) -> Tensor:
        """`pooled` [N or 1, text_width] is the prompt's summary; None says nothing about the prompt."""
        frames = frames.contiguous(memory_format=torch.channels_last)
        x = self._steered(self.head(frames), pooled)
        for block in self.blocks:
            x = x + F.relu(block(x))
        return F.pixel_shuffle(self.tail(x) + self._base(frames), self.config.scale)

    def _steered(self, x: Tensor, pooled: Tensor | None) -> Tensor:
        if pooled is None:
            return x
        scale, shift = self.film(pooled.to(x.dtype))[:, :, None, None].chunk(2, dim=1)
        return x * (1 + scale) + shift

    def _base(self, frames: Tensor) -> Tensor:
        """Bicubic enlargement as one convolution with s * s outputs per colour, ready for the pixel-shuffle."""
        padded = F.pad(frames, (2, 2, 2, 2), mode="replicate").contiguous(memory_format=torch.channels_last)
        return F.conv2d(padded, self.bicubic)


def bicubic_taps(scale: int) -> Tensor:
    """Weights [3 * s * s, 3, 5, 5]: each output phase of `F.interpolate(mode="bicubic")` as a 5 x 5 filter.

    Phase i of an input pixel lies at (i + 1/2) / s - 1/2 from its centre, so four taps starting at -2 or -1 serve it.
    """
    offset = (torch.arange(scale, dtype=torch.float64) + 0.5) / scale - 0.5
    taps = keys_cubic(torch.arange(-2, 3) - offset[:, None])  # [s, 5]
    phases = torch.einsum("ya,xb->yxab", taps, taps).reshape(scale**2, 5, 5)
    weight = torch.zeros(3, scale**2, 3, 5, 5, dtype=torch.float64)
    for colour in range(3):
        weight[colour, :, colour] = phases
    return weight.flatten(0, 1).float()


def keys_cubic(distance: Tensor, a: float = -0.75) -> Tensor:
    """Cubic convolution kernel (Keys 1981, eq. 4), with torch's a = -0.75."""
    d = distance.abs()
    near = ((a + 2) * d - (a + 3)) * d**2 + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return torch.where(d <= 1, near, torch.where(d < 2, far, torch.zeros_like(d)))
