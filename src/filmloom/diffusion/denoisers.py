"""Denoisers: functions (x, sigma) → clean, made from a network's output and composed by wrapping.

sigma may be one number [], one per sample [B] or one per latent frame [B, F]. A step denoiser takes the length of
the step as a third argument; every wrapper here passes further arguments on. sigma stays on the CPU, where a sampler
has it, up to the network: choosing by its value then waits for no device.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from filmloom.diffusion.schedules import broadcast

Denoiser = Callable[..., Tensor]  # (x [B, C, F, H, W], sigma [] | [B] | [B, F]) → clean, same shape as x
StepDenoiser = Callable[..., Tensor]  # (x, sigma, step []) → clean, for a step of that length
Network = Callable[..., Tensor]  # (x, sigma [B] | [B, F], *step [B]) → velocity or residual
Hears = Callable[[Tensor], Tensor]  # the sampler's sigma → the network's, such as `grids.Grid.hears`


def velocity_denoiser(velocity: Network, *, hears: Hears | None = None) -> Denoiser:
    """clean = x - sigma velocity(x, sigma): the public models' form. The network alone is told hears(sigma)."""

    def denoise(x: Tensor, sigma: Tensor, *step: Tensor) -> Tensor:
        told = sigma if hears is None else hears(sigma)
        return x - broadcast(sigma, x) * velocity(x, per_sample(told, x), *(per_sample(s, x) for s in step))

    return denoise


def control_denoiser(residual: Network, control: Tensor, sigma_residual: Tensor) -> Denoiser:
    """clean = control + sigma_residual residual(x, sigma), with sigma_residual [C] the spread of clean - control.

    A network that says nothing yields the control itself, for any number of steps: it fails soft.
    """
    spread = sigma_residual.view(-1, 1, 1, 1)

    def denoise(x: Tensor, sigma: Tensor, *step: Tensor) -> Tensor:
        return control + spread * residual(x, per_sample(sigma, x), *(per_sample(s, x) for s in step))

    return denoise


def concatenated(network: Network, condition: Tensor) -> Network:
    """`network` of x with `condition` [B or 1, C', F, H, W] as further channels, behind x's: image-to-video models."""

    def predict(x: Tensor, sigma: Tensor, *step: Tensor) -> Tensor:
        rest = condition.to(x).expand(x.shape[0], -1, -1, -1, -1)
        return network(torch.cat((x, rest), dim=1), sigma, *step)

    return predict


def switched(high: Denoiser, low: Denoiser, boundary: float) -> Denoiser:
    """`high` at sigma >= boundary, `low` below. `grids.Grid.boundary` turns a published boundary into sigma's terms."""

    def denoise(x: Tensor, sigma: Tensor, *step: Tensor) -> Tensor:
        return (high if level(sigma) >= boundary else low)(x, sigma, *step)

    return denoise


def pinned(denoiser: Denoiser, known: Tensor) -> Denoiser:
    """Hold the first latent frames at `known` [B, C, k, H, W]: they enter clean, with sigma 0, and leave unchanged."""
    num_known = known.shape[2]

    def denoise(x: Tensor, sigma: Tensor, *step: Tensor) -> Tensor:
        x = torch.cat((known, x[:, :, num_known:]), dim=2)
        sigmas = per_frame(sigma, x).clone()
        sigmas[:, :num_known] = 0
        clean = denoiser(x, sigmas, *step)
        return torch.cat((known, clean[:, :, num_known:]), dim=2)

    return denoise


def level(sigma: Tensor) -> float:
    """The noise level of a whole latent: that of its noisiest frame."""
    return float(sigma.max())


def per_sample(sigma: Tensor, x: Tensor) -> Tensor:
    """sigma [], [B] or [B, F] on x's device, as [B] or [B, F]."""
    sigma = sigma.to(x.device)
    return sigma.expand(x.shape[0]) if sigma.ndim == 0 else sigma


def per_frame(sigma: Tensor, x: Tensor) -> Tensor:
    """sigma [], [B] or [B, F] as [B, F], where it lies."""
    sigma = sigma.expand(x.shape[0]) if sigma.ndim == 0 else sigma
    return sigma if sigma.ndim == 2 else sigma[:, None].expand(-1, x.shape[2])
