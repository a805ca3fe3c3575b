"""One matrix product per group of consecutive rows: the heart of token-routed experts.

Letters: R rows sorted by group, E groups (experts), D and H widths.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def grouped_matmul(rows: Tensor, weights: Tensor, counts: Tensor) -> Tensor:
    """Rows [R, D] of group e times weights[e] [D, H] → [R, H]; `counts` [E] says how many rows each group has."""
    if rows.is_cuda and rows.dtype == torch.bfloat16:
        return grouped_matmul_fused(rows, weights, counts)
    return grouped_matmul_plain(rows, weights, counts)


def grouped_matmul_plain(rows: Tensor, weights: Tensor, counts: Tensor) -> Tensor:
    """One slice per group: on a CPU as fast as a dense product of the same size."""
    slices = rows.split(counts.tolist())
    return torch.cat([piece @ weight for piece, weight in zip(slices, weights.to(rows.dtype).unbind(), strict=True)])


def grouped_matmul_fused(rows: Tensor, weights: Tensor, counts: Tensor) -> Tensor:
    """One launch and no wait for the counts to reach the CPU. The kernel takes bfloat16 only."""
    ends = counts.cumsum(0).to(torch.int32)
    return F.grouped_mm(rows, weights.to(rows.dtype), offs=ends)
