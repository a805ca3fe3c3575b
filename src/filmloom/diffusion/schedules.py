"""Noise levels to walk when sampling, and to draw when training. sigma runs from 1 (noise) to 0 (clean)."""

from __future__ import annotations

import torch
from torch import Tensor

from filmloom.core.errors import RequestError


def shifted(sigma: Tensor, shift: float) -> Tensor:
    """s sigma / (1 + (s - 1) sigma): shift above 1 spends more of the walk at high noise. Keeps 0 and 1 in place."""
    return shift * sigma / (1 + (shift - 1) * sigma)


def flow_sigmas(num_steps: int, shift: float = 1.0, *, start: float = 1.0) -> Tensor:
    """Falling noise levels [num_steps + 1] (float32, on the CPU) from `start`, shifted, to exactly 0.

    `start` is unshifted: 1 begins with pure noise; 0.999 gives the grid of the original Wan2.2 UniPC.
    """
    if num_steps < 1:
        raise RequestError("steps", num_steps, "sampling takes at least one step", 1)
    even = torch.linspace(start, 0.0, num_steps + 1, dtype=torch.float64)
    return shifted(even, shift).float()


def entered(sigmas: Tensor, strength: float) -> Tensor:
    """The rest of a walk that begins at its first level not above `strength`; at 1 the whole, at least one step.

    SDEdit (arXiv 2108.01073): what is to be kept enters with that much noise on it.
    """
    first = int((sigmas > strength).sum())
    return sigmas[min(first, len(sigmas) - 2) :]


def logit_normal_sigmas(
    num: int,
    *,
    mean: float = 0.0,
    deviation: float = 1.0,
    shift: float = 1.0,
    pure_noise: float = 0.0,
    generator: torch.Generator | None = None,
    device: torch.device | None = None,
) -> Tensor:
    """Training noise levels [num]: sigmoid of a normal variable (arXiv 2403.03206), shifted.

    A share `pure_noise` of them is set to 1, so that the first step, which decides the layout, is well learnt.
    """
    normal = torch.randn(num, generator=generator, device=device) * deviation + mean
    whole = torch.rand(num, generator=generator, device=device) < pure_noise
    return torch.where(whole, 1.0, shifted(normal.sigmoid(), shift))


def add_noise(clean: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """(1 - sigma) clean + sigma noise, for sigma [], [B] or [B, F] and latents [B, C, F, H, W]."""
    return torch.lerp(clean, noise, broadcast(sigma, clean))


def broadcast(sigma: Tensor, latent: Tensor) -> Tensor:
    """sigma [], [B] or [B, F] in a shape that multiplies a latent [B, C, F, H, W]."""
    sigma = sigma.to(latent.device, latent.dtype)
    if sigma.ndim == 2:
        return sigma[:, None, :, None, None]
    return sigma.reshape(-1, *[1] * (latent.ndim - 1))
