"""Samplers: functions (denoiser, x, sigmas) → clean latent. No prompts, devices or progress bars inside.

`sigmas` falls from the noise level of x; it stays on the CPU, so that steps are counted without waiting for a device.
`on_step(step, num_steps, x, clean)` is called after each step with the new x and the clean latent it was heading for.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from filmloom.core.errors import NumericsError
from filmloom.diffusion.denoisers import Denoiser, StepDenoiser

OnStep = Callable[[int, int, Tensor, Tensor], None]


def euler(denoiser: Denoiser, x: Tensor, sigmas: Tensor, *, on_step: OnStep | None = None) -> Tensor:
    """Straight steps along the velocity (x - clean) / sigma; exact, in one step, where the flow is straight."""
    num_steps = len(sigmas) - 1
    for step in range(num_steps):
        clean = finite(denoiser(x, sigmas[step]), step, sigmas)
        x = toward(clean, x, sigmas, step)
        report(on_step, step, num_steps, x, clean)
    return x


def few_step(denoiser: StepDenoiser, x: Tensor, sigmas: Tensor, *, on_step: OnStep | None = None) -> Tensor:
    """Euler for a network that was told how far it must carry: shortcut models (arXiv 2410.12557)."""
    num_steps = len(sigmas) - 1
    for step in range(num_steps):
        clean = finite(denoiser(x, sigmas[step], sigmas[step] - sigmas[step + 1]), step, sigmas)
        x = toward(clean, x, sigmas, step)
        report(on_step, step, num_steps, x, clean)
    return x


def unipc(denoiser: Denoiser, x: Tensor, sigmas: Tensor, *, on_step: OnStep | None = None) -> Tensor:
    """UniPC of order 2 (arXiv 2302.04867), B2(h) = e^h - 1, predicting data, in flow form.

    Each denoiser call serves twice: it corrects the step that led to its x, then predicts the next one.
    """
    num_steps = len(sigmas) - 1
    levels = sigmas.tolist()
    cleans, start, order = [], x, 1
    for step in range(num_steps):
        cleans = [*cleans[-2:], finite(denoiser(x, sigmas[step]), step, sigmas)]
        if step > 0:
            x = corrected(start, cleans, levels[: step + 1], order)
        start, order = x, min(2, step + 1, num_steps - step)
        x = predicted(start, cleans, levels[: step + 2], order)
        report(on_step, step, num_steps, x, cleans[-1])
    return x


def shortcut_target(velocity: Callable[..., Tensor], x: Tensor, sigma: Tensor, step: Tensor) -> Tensor:
    """Mean velocity of two half steps, what a shortcut network of the whole step should say (2410.12557, eq. 4).

    velocity(x, sigma [B], step [B]) → velocity; sigma and step [B] with step <= sigma.
    """
    half = step / 2
    stride = half.view(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    first = velocity(x, sigma, half)
    second = velocity(x - stride * first, sigma - half, half)
    return (first + second) / 2


def predicted(x: Tensor, cleans: list[Tensor], levels: list[float], order: int) -> Tensor:
    """x at levels[-1], from x at levels[-2] and the clean latents up to there."""
    now, after = levels[-2:]
    if after == 0:
        return cleans[-1]
    stride = log_snr(after) - log_snr(now)
    weight = (1 - after) * math.expm1(-stride)
    x = (after / now) * x - weight * cleans[-1]
    if order == 2:
        ratio = (log_snr(levels[-3]) - log_snr(now)) / stride
        x = x - (weight / (2 * ratio)) * (cleans[-2] - cleans[-1])
    return x


def corrected(start: Tensor, cleans: list[Tensor], levels: list[float], order: int) -> Tensor:
    """x at levels[-1] once more from `start` at levels[-2], now that the clean latent at levels[-1] is known."""
    before, now = levels[-2:]
    stride = log_snr(now) - log_snr(before)
    weight = (1 - now) * math.expm1(-stride)
    x = (now / before) * start - weight * cleans[-2]
    if order == 1:
        return x - weight / 2 * (cleans[-1] - cleans[-2])
    ratio = (log_snr(levels[-3]) - log_snr(before)) / stride
    old, new = corrector_weights(stride, ratio)
    return x - weight * ((old / ratio) * (cleans[-3] - cleans[-2]) + new * (cleans[-1] - cleans[-2]))


def corrector_weights(stride: float, ratio: float) -> tuple[float, float]:
    """Weights of the older and the newer difference: the 2x2 system of UniPC's B2(h) solved by hand."""
    grown = math.expm1(-stride)
    first = grown / -stride - 1
    second = first / -stride - 0.5
    old = (first / grown - 2 * second / grown) / (1 - ratio)
    return old, first / grown - old


def log_snr(sigma: float) -> float:
    """ln((1 - sigma) / sigma), from -inf at pure noise to inf at 0. The formulas above hold at -inf as they stand."""
    if sigma >= 1:
        return -math.inf
    return math.inf if sigma <= 0 else math.log1p(-sigma) - math.log(sigma)


def toward(clean: Tensor, x: Tensor, sigmas: Tensor, step: int) -> Tensor:
    """x carried from sigmas[step] to sigmas[step + 1] in a straight line at `clean`; at 0, exactly `clean`."""
    return torch.lerp(clean, x, float(sigmas[step + 1] / sigmas[step]))


def finite(clean: Tensor, step: int, sigmas: Tensor) -> Tensor:
    if torch.isfinite(clean).all():
        return clean
    share = 1 - torch.isfinite(clean).double().mean().item()
    where = f"step {step + 1} of {len(sigmas) - 1} (sigma {float(sigmas[step]):.4f})"
    raise NumericsError(f"{where} produced {share:.1%} NaN or infinite values; every value must be finite.")


def report(on_step: OnStep | None, step: int, num_steps: int, x: Tensor, clean: Tensor) -> None:
    if on_step is not None:
        on_step(step, num_steps, x, clean)
