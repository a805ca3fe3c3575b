"""Classifier-free guidance (arXiv 2207.12598), within an interval of noise levels (2404.07724)."""

from __future__ import annotations

from torch import Tensor

from filmloom.diffusion.denoisers import Denoiser, level


def guided(
    denoise_text: Denoiser,
    denoise_null: Denoiser,
    scale: float,
    interval: tuple[float, float] = (0.0, 1.0),
) -> Denoiser:
    """null + scale (text - null) while lo <= sigma <= hi; elsewhere, and at scale 1, the text's answer alone.

    Of velocities (give two networks, inside `velocity_denoiser`) or of clean latents (give two denoisers), which is
    the same but for rounding; the public models guide velocities.
    """
    low, high = interval
    is_off, is_everywhere = abs(scale - 1) <= 1e-6, low <= 0 and high >= 1

    def denoise(x: Tensor, sigma: Tensor, *step: Tensor) -> Tensor:
        text = denoise_text(x, sigma, *step)
        if is_off or not (is_everywhere or low <= level(sigma) <= high):
            return text
        null = denoise_null(x, sigma, *step)
        return null + scale * (text - null)

    return denoise
