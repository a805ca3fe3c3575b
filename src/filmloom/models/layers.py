"""Layers that several models share. Statistics, time and modulation run in float32 whatever the weights' type.

Where gradients are off, results take the place of inputs that nobody else holds: `modulate` overwrites x, `add_gated`
its update.

Letters: B batch, N tokens, D width, T time groups (1, or one per latent frame).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LayerNorm(nn.Module):
    """Layer norm over the last axis in float32; returns float32. `affine=False` has no parameters."""

    def __init__(self, width: int, *, affine: bool, eps: float = 1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width)) if affine else None
        self.bias = nn.Parameter(torch.zeros(width)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = (None, None) if self.weight is None else (self.weight.float(), self.bias.float())
        return F.layer_norm(x.float(), x.shape[-1:], weight, bias, self.eps)


class RMSNorm(nn.Module):
    """x / sqrt(mean(x²) + eps) in float32, back to x's type, times weight."""

    def __init__(self, width: int, *, eps: float = 1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        normed = F.rms_norm(x.float(), x.shape[-1:], eps=self.eps).to(x.dtype)
        return torch.mul(normed, self.weight, out=spare(normed, self.weight.dtype))


class GELU(nn.Module):
    """The tanh form; overwrites x where gradients are off: a feed-forward's hidden layer is the largest of all."""

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x, approximate="tanh", out=spare(x, x.dtype))


class Linear(nn.Linear):
    """A linear layer that takes float32 activations whatever the type of its weights."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.to(self.weight.dtype), self.weight, self.bias)


class Linear32(nn.Linear):
    """A linear layer computed in float32 even under autocast and with half-precision weights."""

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.bias is None else self.bias.float()
        with torch.autocast(x.device.type, enabled=False):
            return F.linear(x.float(), self.weight.float(), bias)


def sinusoid(sigma: Tensor, width: int) -> Tensor:
    """Noise levels (0-1, any shape) → [..., width] float32: cosines first, of 1000 sigma x 10000^(-2k/width).

    Angles are float64: at sigma near 1 they reach 1000, where float32 has lost the last four digits.
    """
    half = width // 2
    powers = torch.arange(half, dtype=torch.float64, device=sigma.device) / half
    angles = 1000.0 * sigma.double().unsqueeze(-1) * torch.pow(10000.0, -powers)
    return torch.cat((angles.cos(), angles.sin()), dim=-1).float()


def sinusoid32(sigma: Tensor, width: int) -> Tensor:
    """`sinusoid` in float32 from the level on, as diffusers computes it; at 1000 sigma = 999 they differ by 3e-5."""
    half = width // 2
    powers = torch.arange(half, dtype=torch.float32, device=sigma.device) / half
    angles = (1000.0 * sigma.double()).float().unsqueeze(-1) * torch.exp(-math.log(10000.0) * powers)
    return torch.cat((angles.cos(), angles.sin()), dim=-1)


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """x (1 + scale) + shift: x [B, N, D]; shift and scale [B, T, D], each for its share of N/T tokens."""
    grouped = x.unflatten(1, (shift.shape[1], -1))
    place = spare(grouped, shift.dtype)
    return torch.addcmul(shift.unsqueeze(2), grouped, 1 + scale.unsqueeze(2), out=place).flatten(1, 2)


def add_gated(x: Tensor, update: Tensor, gate: Tensor) -> Tensor:
    """x + update gate: x and update [B, N, D], gate [B, T, D]; the sum is float32."""
    groups = (gate.shape[1], -1)
    update = update.float().unflatten(1, groups)
    place = spare(update, gate.dtype)
    return torch.addcmul(x.float().unflatten(1, groups), update, gate.unsqueeze(2), out=place).flatten(1, 2)


def spare(x: Tensor, dtype: torch.dtype) -> Tensor | None:
    """x as the place of a result of `dtype`, where that loses nothing: no gradient will ask for it, its type fits."""
    return x if not torch.is_grad_enabled() and x.dtype == dtype else None
