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
    """null + scale (text - null) while lo <= sigma <= hi; elsewhere, and at scale 1, the text's answer alone."""
    low, high = interval

    def denoise(x: Tensor, sigma: Tensor, *step: Tensor) -> Tensor:
        clean = denoise_text(x, sigma, *step)
        if scale == 1 or not low <= level(sigma) <= high:
            return clean
        null = denoise_null(x, sigma, *step)
        return null + scale * (clean - null)

    return denoise
