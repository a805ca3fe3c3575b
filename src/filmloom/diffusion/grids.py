"""Published noise levels of Wan2.2, by name: what the solver walks, and what the network hears of it.

The solvers of Wan2.2 walk levels in float32, but tell the network a whole number of thousandths: 1000 sigma, cut off
before sigma was rounded to float32. The few-step models hear the level itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from filmloom.core.errors import RequestError
from filmloom.diffusion.schedules import shifted


@dataclass(frozen=True, eq=False)
class Grid:
    """`sigmas` [N + 1] float32, falling to 0, for the sampler; `heard` [N + 1] float64, the same for the network.

    Both lie on the CPU. `velocity_denoiser(network, hears=grid.hears)` joins them.
    """

    sigmas: Tensor
    heard: Tensor

    @property
    def num_steps(self) -> int:
        return len(self.sigmas) - 1

    def hears(self, sigma: Tensor) -> Tensor:
        """What the network hears at levels of this grid, in any shape: float64, so that 1000 x it is whole."""
        sigma = sigma.cpu().float()
        index = torch.searchsorted(-self.sigmas, -sigma).clamp(max=self.num_steps)
        assert torch.equal(self.sigmas[index], sigma), f"{sigma} is not a level of {self.sigmas}"
        return self.heard[index]

    def num_high(self, boundary: float) -> int:
        """Steps of the high-noise expert: those that hear at least `boundary`."""
        return int((self.heard[:-1] >= boundary).sum())

    def boundary(self, boundary: float) -> float:
        """`boundary`, a level as heard, as a level of the solver, for `switched`: its two experts then part where
        the network's hearing says so, which near the boundary is not where the solver's own level would."""
        num_high = self.num_high(boundary)
        return float(self.sigmas[num_high - 1]) if num_high else float("inf")


def published_grid(name: str, num_steps: int, *, shift: float) -> Grid:
    """One of GRIDS in `num_steps` steps; `shift` as in `schedules.shifted`.

    unipc:           the original UniPC, from 0.999 before the shift
    dpmpp:           the original DPM-Solver++, from 1
    unipc_diffusers: diffusers' UniPC since 0.37, from 1 - 1e-6, its even levels ending at 0.001
    distilled:       the four-step models' (1, 0.75, 0.5, 0.25 before the shift), heard as they are
    """
    if name not in GRIDS:
        raise RequestError("grid", name, f"it must be one of {', '.join(GRIDS)}", next(iter(GRIDS)))
    if num_steps < 1:
        raise RequestError("steps", num_steps, "sampling takes at least one step", 1)
    return GRIDS[name](num_steps, shift)


def unipc(num_steps: int, shift: float) -> Grid:
    # The original keeps its largest level in float32 and reads it back as a double: 0.99900001287...
    return _in_thousandths(shifted(_even(float(np.float32(0.999)), 0.0, num_steps), shift))


def dpmpp(num_steps: int, shift: float) -> Grid:
    return _in_thousandths(shifted(_even(1.0, 0.0, num_steps), shift))


def unipc_diffusers(num_steps: int, shift: float) -> Grid:
    levels = shifted(_even(1.0, 1 / 1000, num_steps), shift)
    if abs(levels[0] - 1) < 1e-6:
        levels[0] -= 1e-6
    return _in_thousandths(levels)


def distilled(num_steps: int, shift: float) -> Grid:
    sigmas = _ended(shifted(_even(1.0, 0.0, num_steps), shift)).float()
    return Grid(sigmas, (1000 * sigmas).double() / 1000)  # the timestep is a float32 number in the original


GRIDS: dict[str, Callable[[int, float], Grid]] = {
    "unipc": unipc,
    "dpmpp": dpmpp,
    "unipc_diffusers": unipc_diffusers,
    "distilled": distilled,
}


def _even(first: float, last: float, num_steps: int) -> Tensor:
    """`num_steps` even levels from `first`, the next of which would be `last`, float64.

    By NumPy as in the references: torch's linspace counts its second half from the end, and differs in the last bit.
    """
    return torch.from_numpy(np.linspace(first, last, num_steps + 1)[:-1].copy())


def _in_thousandths(levels: Tensor) -> Grid:
    return Grid(_ended(levels).float(), _ended(torch.trunc(1000 * levels) / 1000))


def _ended(levels: Tensor) -> Tensor:
    return torch.cat((levels, levels.new_zeros(1)))
