"""Rotary positions on three axes (frame, row, column), as in Wan: adjacent features form the rotated pairs.

Letters: B batch, N video tokens (frame-major, then row, then column), A heads, d head width.
"""

from __future__ import annotations

import torch
from torch import Tensor


def axis_widths(head_width: int) -> tuple[int, int, int]:
    """Features of a head given to frame, row and column: 128 → (44, 42, 42). The remainder goes to time."""
    spatial = 2 * (head_width // 6)
    return head_width - 2 * spatial, spatial, spatial


def axis_angles(positions: Tensor, width: int) -> Tensor:
    """Angles [P, width/2] = position x 10000^(-2i/width), in float64; normalised by the axis' width, not the head's."""
    powers = torch.arange(0, width, 2, dtype=torch.float64, device=positions.device) / max(width, 1)
    return positions.double()[:, None] * torch.pow(10000.0, -powers)


def rotation(frames: int, rows: int, columns: int, head_width: int, device: torch.device | None = None) -> Tensor:
    """Cosines and sines [2, N, d/2] (float32) of every token of a grid of frames x rows x columns."""
    grid = (frames, rows, columns)
    angles = []
    for axis, width in enumerate(axis_widths(head_width)):
        shape = [1, 1, 1, width // 2]
        shape[axis] = grid[axis]
        along = axis_angles(torch.arange(grid[axis], device=device), width).view(shape)
        angles.append(along.expand(*grid, -1))
    table = torch.cat(angles, dim=-1).flatten(0, 2)
    return torch.stack((table.cos(), table.sin())).float()


def rotate(x: Tensor, table: Tensor) -> Tensor:
    """Turn the pairs (2i, 2i+1) of x [B, N, A, d] by the token's angles, table [2, N, d/2]; same shape and dtype.

    Overwrites x where gradients are off.
    """
    return (rotate_complex if pairs_are_numbers(x) else rotate_plain)(x, table)


def pairs_are_numbers(x: Tensor) -> bool:
    """Whether complex products do the turning, in place: one pass for ten. They round as the plain twin does where
    heads fill whole vectors; gradients would want x, and the compiler knows no complex numbers."""
    known = x.device.type in ("cpu", "cuda") and x.is_contiguous() and x.shape[-1] % 16 == 0
    return known and not torch.is_grad_enabled() and not torch.compiler.is_compiling()


def rotate_complex(x: Tensor, table: Tensor) -> Tensor:
    """u + iv times cos + i sin; overwrites x."""
    turned = x.float()  # x itself where it is float32
    pairs = torch.view_as_complex(turned.unflatten(-1, (-1, 2)))
    pairs.mul_(torch.complex(*table).unsqueeze(-2))
    return x.copy_(turned)


def rotate_plain(x: Tensor, table: Tensor) -> Tensor:
    """The same, written out; the twin that tests compare with."""
    cosine, sine = table.unsqueeze(-2)
    u, v = x.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack((u * cosine - v * sine, u * sine + v * cosine), dim=-1).flatten(-2).to(x.dtype)
