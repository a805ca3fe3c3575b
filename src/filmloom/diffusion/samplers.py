"""Samplers: functions (denoiser, x, sigmas) → clean latent. No prompts, devices or progress bars inside.

`x` is noise, or the `SolverState` of a run that was stopped: it goes on to the same bits.
`sigmas` falls from the noise level of x; it stays on the CPU, so that steps are counted without waiting for a device.
After each step, `on_state(state)` is called with all that is needed to go on from there, then
`on_step(step, num_steps, x, clean)` with the new x and the clean latent it was heading for. No tensor handed out is
written to later. A `guard` also refuses flat latents, and says more of the run when its numbers break.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from filmloom.diffusion.denoisers import Denoiser, StepDenoiser
from filmloom.diffusion.guards import Guard, checked
from filmloom.diffusion.state import SolverState, begun

OnStep = Callable[[int, int, Tensor, Tensor], None]
OnState = Callable[[SolverState], None]
Advance = Callable[[SolverState], tuple[SolverState, Tensor]]  # state → the next one, and the clean latent


def euler(
    denoiser: Denoiser,
    x: Tensor | SolverState,
    sigmas: Tensor,
    *,
    guard: Guard | None = None,
    on_state: OnState | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Straight steps along the velocity (x - clean) / sigma; exact, in one step, where the flow is straight."""

    def advance(state: SolverState) -> tuple[SolverState, Tensor]:
        clean = checked(denoiser(state.x, sigmas[state.step]), state.step, sigmas, guard)
        return state.after(toward(clean, state.x, sigmas, state.step)), clean

    return walked(begun(x, "euler", sigmas), advance, on_state, on_step)


def few_step(
    denoiser: StepDenoiser,
    x: Tensor | SolverState,
    sigmas: Tensor,
    *,
    guard: Guard | None = None,
    on_state: OnState | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Euler for a network that was told how far it must carry: shortcut models (arXiv 2410.12557)."""

    def advance(state: SolverState) -> tuple[SolverState, Tensor]:
        sigma, after = sigmas[state.step : state.step + 2]
        clean = checked(denoiser(state.x, sigma, sigma - after), state.step, sigmas, guard)
        return state.after(toward(clean, state.x, sigmas, state.step)), clean

    return walked(begun(x, "few_step", sigmas), advance, on_state, on_step)


def unipc(
    denoiser: Denoiser,
    x: Tensor | SolverState,
    sigmas: Tensor,
    *,
    guard: Guard | None = None,
    on_state: OnState | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """UniPC of order 2 (arXiv 2302.04867), B2(h) = e^h - 1, predicting data, in flow form.

    Each denoiser call serves twice: it corrects the step that led to its x, then predicts the next one.
    """
    levels = sigmas.tolist()

    def advance(state: SolverState) -> tuple[SolverState, Tensor]:
        step, start = state.step, state.x
        cleans = (*state.cleans, checked(denoiser(state.x, sigmas[step]), step, sigmas, guard))
        if step > 0:
            start = corrected(state.start, cleans, levels[: step + 1], order_at(step - 1, levels))
        x = predicted(start, cleans, levels[: step + 2], order_at(step, levels))
        return state.after(x, start=start, cleans=cleans[-2:]), cleans[-1]

    return walked(begun(x, "unipc", sigmas), advance, on_state, on_step)


def dpmpp(
    denoiser: Denoiser,
    x: Tensor | SolverState,
    sigmas: Tensor,
    *,
    guard: Guard | None = None,
    on_state: OnState | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """DPM-Solver++(2M), midpoint (arXiv 2211.01095), in flow form: the predictor of `unipc` without its corrector."""
    levels = sigmas.tolist()

    def advance(state: SolverState) -> tuple[SolverState, Tensor]:
        step = state.step
        cleans = (*state.cleans, checked(denoiser(state.x, sigmas[step]), step, sigmas, guard))
        x = predicted(state.x, cleans, levels[: step + 2], order_at(step, levels))
        return state.after(x, cleans=cleans[-1:]), cleans[-1]

    return walked(begun(x, "dpmpp", sigmas), advance, on_state, on_step)


def walked(state: SolverState, advance: Advance, on_state: OnState | None, on_step: OnStep | None) -> Tensor:
    """x after the last step. The state is told first: on_step may raise, to stop, and nothing is lost."""
    while not state.is_done:
        state, clean = advance(state)
        if on_state is not None:
            on_state(state)
        if on_step is not None:
            on_step(state.step - 1, state.num_steps, state.x, clean)
    return state.x


def shortcut_target(velocity: Callable[..., Tensor], x: Tensor, sigma: Tensor, step: Tensor) -> Tensor:
    """Mean velocity of two half steps, what a shortcut network of the whole step should say (2410.12557, eq. 4).

    velocity(x, sigma [B], step [B]) → velocity; sigma and step [B] with step <= sigma.
    """
    half = step / 2
    stride = half.view(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    first = velocity(x, sigma, half)
    second = velocity(x - stride * first, sigma - half, half)
    return (first + second) / 2


def order_at(step: int, levels: list[float]) -> int:
    """Of the predictor at `step`, and of the corrector after it: 2, but 1 in the first and in the last step."""
    return min(2, step + 1, len(levels) - 1 - step)


def predicted(x: Tensor, cleans: Sequence[Tensor], levels: list[float], order: int) -> Tensor:
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


def corrected(start: Tensor, cleans: Sequence[Tensor], levels: list[float], order: int) -> Tensor:
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
