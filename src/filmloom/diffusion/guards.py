"""Broken numbers are caught at the step that made them, with all that tells where to look.

Two things are checked in one pass over a clean latent [B, C, F, H, W]: that every value is finite and, in runs that
give a `Guard`, that it is not flat. Flat is what a dead kernel or zeroed weights leave behind: in no channel of no
frame does any cell differ from another. What a working network makes of noise cannot be so: its own rounding alone
keeps cells apart by far more than FLAT. (An even picture encoded is not flat either, where the autoencoder pads with
zeros, as the public ones do: its rim differs. mini's does not pad, and mini gives no guard.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from filmloom.core.errors import NumericsError

FLAT = 1e-5  # (largest - smallest) / largest magnitude of a plane; bfloat16 rounds at 4e-3, float32 at 1e-7


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What to say of a run whose numbers broke: type of the weights, attention's path, and the solver's level at which
    experts change, if they do. The first `num_known` latent frames were given, and may be as flat as they like."""

    dtype: str
    attention: str
    boundary: float | None = None
    num_known: int = 0

    def facts(self, sigma: float) -> str:
        expert = "" if self.boundary is None else f", {'high' if sigma >= self.boundary else 'low'}-noise expert"
        return f"{expert}, {self.dtype}, attention {self.attention}"


def checked(clean: Tensor, step: int, sigmas: Tensor, guard: Guard | None = None) -> Tensor:
    """`clean` itself, or NumericsError. It waits for the device once."""
    is_finite, is_flat = verdict(clean, guard).tolist()
    if is_finite and not is_flat:
        return clean
    sigma = float(sigmas[step])
    where = f"step {step + 1} of {len(sigmas) - 1} (sigma {sigma:.4f}{guard.facts(sigma) if guard else ''})"
    hint = " Plain attention with float32 weights tells whether kernel, type or weights are at fault." if guard else ""
    raise NumericsError(f"{where} produced {complaint(clean, is_finite)}.{hint}")


def verdict(clean: Tensor, guard: Guard | None) -> Tensor:
    """[is finite, is flat]; both follow from the extremes of each plane, which are NaN where one of its values is."""
    cells = clean.flatten(-2) if clean.ndim == 5 else clean.flatten()
    low, high = torch.aminmax(cells, dim=-1)
    is_finite = (torch.isfinite(low) & torch.isfinite(high)).all()
    num_known = guard.num_known if guard else 0
    if guard is None or clean.ndim != 5 or cells.shape[-1] == 1 or num_known == clean.shape[2]:
        return torch.stack((is_finite, torch.zeros_like(is_finite)))
    low, high = low[:, :, num_known:], high[:, :, num_known:]
    planes = high - low <= FLAT * torch.maximum(low.abs(), high.abs())
    return torch.stack((is_finite, planes.flatten(1).all(dim=1).any()))


def complaint(clean: Tensor, is_finite: bool) -> str:
    if is_finite:
        return "a flat latent, one value in all cells of each channel; a picture must vary"
    share = 1 - torch.isfinite(clean).double().mean().item()
    return f"{share:.1%} NaN or infinite values; every value must be finite"
