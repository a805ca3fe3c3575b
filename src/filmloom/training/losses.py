"""Losses of pictures and films. Video [B, C, F, H, W] or pictures [N, C, H, W]; masks broadcast against them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from filmloom.kernels.warp import warp

SUBJECT_WEIGHT = 5.0  # a figure covers few pixels and carries most of the meaning (second study, section 1)
GRADIENT_WEIGHT = 0.6


def weighted_mean(value: Tensor, weight: Tensor | None) -> Tensor:
    """Mean of `value` weighted by `weight` (broadcast), or the plain mean."""
    if weight is None:
        return value.mean()
    weight = weight.to(value.dtype).expand_as(value)
    return (value * weight).sum() / weight.sum().clamp(min=1e-6)


def subject_weight(mask: Tensor, *, inside: float = SUBJECT_WEIGHT) -> Tensor:
    """Weights 1 outside and `inside` within any subject. mask [B, F, H, W] of subject numbers → [B, 1, F, H, W]."""
    return torch.where(mask > 0, inside, 1.0).unsqueeze(1)


def pixel_loss(made: Tensor, truth: Tensor, weight: Tensor | None = None) -> Tensor:
    """L1 + 0.6 gradient L1, both under `weight`: edges count, and count more within subjects."""
    return weighted_mean((made - truth).abs(), weight) + GRADIENT_WEIGHT * gradient_loss(made, truth, weight)


def gradient_loss(made: Tensor, truth: Tensor, weight: Tensor | None = None) -> Tensor:
    """L1 between horizontal and vertical differences."""
    error = made - truth
    across, down = error.diff(dim=-1).abs(), error.diff(dim=-2).abs()
    if weight is None:
        return across.mean() + down.mean()
    return weighted_mean(across, weight[..., :, 1:]) + weighted_mean(down, weight[..., 1:, :])


def flow_loss(first: Tensor, second: Tensor, flow: Tensor, known: Tensor) -> Tensor:
    """How far `second`, warped back along the exact flow, is from `first`, where the flow is exact and not hidden.

    Pictures [N, C, H, W]; flow [N, 2, H, W] in pixels from first to second, sampled at first; known [N, H, W] bool.
    Zero for any film that only moves by whole pixels, whatever it shows: it asks for steadiness, not for a likeness.
    """
    error = (warp(second, flow) - first).abs().mean(dim=1)
    return weighted_mean(error, known & inside(flow))


def guided_flow_loss(
    first: Tensor, second: Tensor, truths: tuple[Tensor, Tensor], flow: Tensor, known: Tensor
) -> Tensor:
    """Flow loss of the *error*: what differs from the truth must move along with the scene, or it is seen as flicker.

    Lighting and shading that truly change along the flow cost nothing, since they are in the truth.
    """
    return flow_loss(first - truths[0], second - truths[1], flow, known)


def inside(flow: Tensor) -> Tensor:
    """[N, H, W] bool: the flow's end lies within the picture."""
    height, width = flow.shape[-2:]
    x = torch.arange(width, device=flow.device) + flow[:, 0]
    y = torch.arange(height, device=flow.device)[:, None] + flow[:, 1]
    return (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)


def endpoint_loss(flow: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Mean length of the flow's error in pixels (robust: square root of the squared length plus a little).

    flow, truth [N, 2, H, W]; known [N, H, W].
    """
    return weighted_mean(((flow - truth).square().sum(dim=1) + 1e-4).sqrt(), known)


def velocity_loss(velocity: Tensor, clean: Tensor, noise: Tensor, weight: Tensor | None = None) -> Tensor:
    """Rectified flow: mean square of velocity - (noise - clean), latents [B, C, F, h, w]."""
    return weighted_mean((velocity.float() - (noise - clean)).square(), weight)


def psnr(made: Tensor, truth: Tensor, weight: Tensor | None = None) -> Tensor:
    """Decibels for pictures in [-1, 1], over the pixels of `weight`."""
    error = weighted_mean((made.clamp(-1, 1) - truth).square(), weight)
    return -10 * torch.log10(error / 4 + 1e-10)


def sharpness(made: Tensor, truth: Tensor, weight: Tensor | None = None) -> Tensor:
    """Gradient energy of `made` over that of `truth` (1 = as crisp), over the pixels of `weight`."""
    return _energy(made, weight) / _energy(truth, weight).clamp(min=1e-8)


def _energy(video: Tensor, weight: Tensor | None) -> Tensor:
    across, down = video.diff(dim=-1).square(), video.diff(dim=-2).square()
    if weight is None:
        return across.mean() + down.mean()
    return weighted_mean(across, weight[..., :, 1:]) + weighted_mean(down, weight[..., 1:, :])


def mask_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Segmentation of any subject: logits [B, 1, F, h, w] against numbers [B, F, H, W], averaged down to h x w."""
    target = F.adaptive_avg_pool2d((mask > 0).float(), logits.shape[-2:]).unsqueeze(1)
    return F.binary_cross_entropy_with_logits(logits.float(), target)
