"""Pictures of a latent without its decoder: one linear map per cell, fitted to a few decoded latents.

A preview has one pixel per cell, whatever the cell holds; that shows layout, colour and motion in well under a
millisecond where the decoder takes seconds.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from filmloom.core.errors import RequestError


def linear_preview(latent: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    """uint8 [B, F, h, w, 3] RGB on the CPU of a latent [B, C, F, h, w], with matrix [3, C] and bias [3] in [-1, 1]."""
    cells = latent.detach().float().movedim(1, -1)
    picture = cells @ matrix.to(cells).T + bias.to(cells)
    return picture.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).cpu()


def fitted(latents: Tensor, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """The matrix [3, C] and bias [3] that tell pictures [B, 3, F', H, W] from latents [B, C, F, h, w] best, in squares.

    Pictures are averaged over each cell first. Where the latents cannot tell maps apart (fewer cells than channels, or
    a channel that never varies), the smallest map of those that fit is chosen.
    """
    cells = latents.detach().double().cpu().movedim(1, -1).flatten(0, -2)
    colours = averaged(pictures, latents).double().cpu().movedim(1, -1).flatten(0, -2)
    mean, mean_colour = cells.mean(dim=0), colours.mean(dim=0)
    solved = torch.linalg.lstsq(cells - mean, colours - mean_colour, driver="gelsd").solution
    return solved.T.float().contiguous(), (mean_colour - mean @ solved).float()


def averaged(pictures: Tensor, latents: Tensor) -> Tensor:
    """Pictures [B, 3, F', H, W] with one frame and one pixel per cell of latents [B, C, F, h, w]: [B, 3, F, h, w].

    The first latent frame is one picture, each later one is F' - 1 over F - 1, as in every causal video autoencoder.
    """
    grid, size = tuple(latents.shape[2:]), tuple(pictures.shape[2:])
    later = grid[0] - 1
    time = (size[0] - 1) // later if later else 0
    if size[0] != 1 + later * time or size[0] < grid[0] or size[1] % grid[1] or size[2] % grid[2]:
        raise RequestError("pictures", size, f"they must fill the {grid} cells of the latents evenly", grid)
    video = F.adaptive_avg_pool3d(pictures.detach().float(), (size[0], *grid[1:]))
    groups = video[:, :, 1:].unflatten(2, (later, time)).mean(dim=3) if later else video[:, :, 1:]
    return torch.cat((video[:, :, :1], groups), dim=2)
