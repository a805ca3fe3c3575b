"""What can be measured in a clip without knowing what it should show. All functions are pure.

A clip is a video [3, F, H, W] in [-1, 1], RGB. Figures mean something only beside the same figure of renders, so every
estimate (where the subject is, how things move) is made the same way on both.

F frames, H W pixels, N M clips, D feature width.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

LEVELS = 127.5  # steps of 8-bit colour in one unit of a video
STILL = 0.5  # pixels per frame below which a place counts as at rest

EstimateFlow = Callable[[Tensor, Tensor], Tensor]  # pictures [F, 3, H, W], the next ones → flow [F, 2, H, W]


@dataclass(frozen=True)
class Motion:
    """Estimated flow between neighbouring frames, (dx, dy) in pixels: `forward` [F-1, 2, H, W] from t to t+1, sampled
    at t; `backward` from t+1 to t, sampled at t+1."""

    forward: Tensor
    backward: Tensor


@dataclass(frozen=True)
class Consistency:
    """`error`: mean difference, in 8-bit levels, between a pixel and what the flow fetches for it from the next frame.
    `share` of the pixels inside the frame whose flow there and back returns; the others are not counted in `error`."""

    error: float
    share: float


def motion(video: Tensor, estimate: EstimateFlow) -> Motion:
    """Both directions of a clip of at least two frames."""
    frames = video.transpose(0, 1)
    return Motion(estimate(frames[:-1], frames[1:]), estimate(frames[1:], frames[:-1]))


def gradient_energy(video: Tensor, mask: Tensor) -> float:
    """Mean squared difference between neighbouring pixels, weighted by `mask` [F, H, W] in [0, 1]; 0 if it is empty."""
    across = (video[..., :, 1:] - video[..., :, :-1]).square().mean(dim=0)
    down = (video[..., 1:, :] - video[..., :-1, :]).square().mean(dim=0)
    beside = torch.minimum(mask[..., :, 1:], mask[..., :, :-1])
    below = torch.minimum(mask[..., 1:, :], mask[..., :-1, :])
    weight = (beside.sum() + below.sum()).item()
    return ((across * beside).sum() + (down * below).sum()).item() / weight if weight else 0.0


def flow_consistency(video: Tensor, moved: Motion) -> Consistency:
    """How well each frame is explained by the next one along the flow, where the flow can be trusted.

    Trusted: |f + b|² < 0.01 (|f|² + |b|²) + 0.5, with b fetched along f (Sundaram et al., ECCV 2010, eq. 5).
    """
    frames = video.transpose(0, 1)
    back, inside = fetched(moved.backward, moved.forward)
    strength = squared(moved.forward) + squared(back)
    trusted = inside & (squared(moved.forward + back) < 0.01 * strength + 0.5)
    following, _ = fetched(frames[1:], moved.forward)
    error = (frames[:-1] - following).abs().mean(dim=1)
    counted = trusted.sum().item()
    mean = (error * trusted).sum().item() / counted * LEVELS if counted else float("nan")
    return Consistency(mean, counted / max(1, inside.sum().item()))


def flicker(video: Tensor, moved: Motion) -> float:
    """Mean |second difference in time| where nothing moves, in 8-bit levels. Not a number if everything moves."""
    second = (video[:, :-2] - 2 * video[:, 1:-1] + video[:, 2:]).abs().mean(dim=0)
    still = squared(moved.forward) < STILL**2
    still = still[:-1] & still[1:]
    counted = still.sum().item()
    return (second * still).sum().item() / counted * LEVELS if counted else float("nan")


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Between Gaussians fitted to features a [N, D] and b [M, D]. Few clips make it larger: compare equal numbers."""
    return gaussian_distance(a.double().mean(dim=0), covariance(a), b.double().mean(dim=0), covariance(b))


def gaussian_distance(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> float:
    """|mean_a - mean_b|² + tr(A + B - 2 (A B)^½) of two Gaussians (Dowson and Landau, 1982)."""
    root = square_root(cov_a)
    # A B and A^½ B A^½ have the same eigenvalues; the second is symmetric, so these are real.
    cross = torch.linalg.eigvalsh(root @ cov_b @ root).clamp(min=0).sqrt().sum()
    return max(0.0, ((mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * cross).item())


def covariance(features: Tensor) -> Tensor:
    """[N, D] → [D, D], float64; all zero for one clip."""
    centred = features.double() - features.double().mean(dim=0)
    return centred.T @ centred / max(1, len(features) - 1)


def square_root(matrix: Tensor) -> Tensor:
    """Of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def mean_distance(a: Tensor, b: Tensor) -> float:
    """Mean Euclidean distance of the rows of a and b [N, D]: of two films of the same prompt, say."""
    return (a - b).norm(dim=1).mean().item()


def squared(flow: Tensor) -> Tensor:
    """|flow|² of [F, 2, H, W] → [F, H, W]."""
    return flow.square().sum(dim=1)


def fetched(pictures: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures [F, C, H, W] read where the flow [F, 2, H, W] points, and whether that is inside, bool [F, H, W]."""
    height, width = pictures.shape[-2:]
    x = torch.arange(width) + flow[:, 0]
    y = torch.arange(height)[:, None] + flow[:, 1]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    grid = torch.stack([(x + 0.5) * (2 / width) - 1, (y + 0.5) * (2 / height) - 1], dim=-1)
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False), inside


def dis_flow(a: Tensor, b: Tensor) -> Tensor:
    """Flow from pictures a to b [F, 3, H, W] by dense inverse search: OpenCV's, which owes nothing to our weights."""
    import cv2

    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)  # key frames are small; the preset would stop at half their size
    flows = [search.calc(one, other, None) for one, other in zip(greys(a), greys(b))]
    return torch.from_numpy(np.stack(flows)).movedim(-1, 1)


def greys(pictures: Tensor) -> np.ndarray:
    """[F, 3, H, W] in [-1, 1] → luma uint8 [F, H, W]."""
    luma = torch.einsum("fchw,c->fhw", pictures.float(), torch.tensor([0.299, 0.587, 0.114]))
    return ((luma.clamp(-1, 1) + 1) * LEVELS).round().byte().numpy()
