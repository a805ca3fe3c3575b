"""Feed-forward with token-routed experts: a shared SwiGLU that every token takes, and the best K of E small ones.

Letters: N tokens of the whole batch, D width, H hidden width, E experts, K experts per token, R = N K routed rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from filmloom.kernels.grouped_matmul import grouped_matmul
from filmloom.models.layers import Linear


@dataclass(frozen=True, kw_only=True)
class MoE:
    """`experts` routed networks of width `hidden`, `top_k` per token, in every `every`-th block; one shared network."""

    experts: int = 8
    top_k: int = 2
    hidden: int
    shared_hidden: int | None = None
    every: int = 2

    def __post_init__(self):
        assert 1 <= self.top_k <= self.experts, f"top_k is {self.top_k}; it must be 1 to {self.experts}, the experts"
        assert self.every >= 1, f"every is {self.every}; it must be at least 1"

    def at(self, layer: int) -> bool:
        """Whether block `layer` (from 0) is routed: with every=2 the second, fourth, ..."""
        return (layer + 1) % self.every == 0


class Routed(NamedTuple):
    output: Tensor  # [..., D]
    balance: Tensor  # scalar, 1 where all experts are used alike
    load: Tensor  # [E], share of the routed rows each expert took; sums to 1


class MoELayer(nn.Module):
    """shared(x) + sum over the K likeliest experts e of weight_e expert_e(x); the K weights sum to 1."""

    def __init__(self, width: int, config: MoE):
        super().__init__()
        self.config = config
        self.gate = nn.Linear(width, config.experts, bias=False)
        self.shared = SwiGLU(width, config.shared_hidden or config.hidden)
        self.experts = Experts(width, config)

    def forward(self, x: Tensor) -> Routed:
        flat_ND = x.flatten(0, -2)
        probabilities_NE = self.route(flat_ND)
        weights_NK, chosen_NK = probabilities_NE.topk(self.config.top_k, dim=-1)
        weights_NK = weights_NK / weights_NK.sum(dim=-1, keepdim=True)
        counts_E = (chosen_NK.flatten().unsqueeze(-1) == torch.arange(self.config.experts, device=x.device)).sum(dim=0)
        load_E = counts_E.float() / chosen_NK.numel()
        output_ND = self.shared(flat_ND) + self.experts(flat_ND, weights_NK, chosen_NK, counts_E)
        return Routed(output_ND.view_as(x), balance_loss(probabilities_NE, load_E), load_E)

    def route(self, flat_ND: Tensor) -> Tensor:
        """Each token's distribution over experts [N, E], in float32 even under autocast: ties decide routes."""
        with torch.autocast(flat_ND.device.type, enabled=False):
            return F.linear(flat_ND.float(), self.gate.weight.float()).softmax(dim=-1)


class SwiGLU(nn.Module):
    """down(silu(gate(x)) up(x)), with gate and up in one product; no biases."""

    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.gate_up = Linear(width, 2 * hidden, bias=False)
        self.down = Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class Experts(nn.Module):
    """E SwiGLU networks as two stacked matrices, applied to tokens sorted by expert."""

    def __init__(self, width: int, config: MoE):
        super().__init__()
        self.top_k = config.top_k
        self.gate_up = nn.Parameter(torch.empty(config.experts, width, 2 * config.hidden))
        self.down = nn.Parameter(torch.empty(config.experts, config.hidden, width))
        self.initialise()

    def forward(self, flat_ND: Tensor, weights_NK: Tensor, chosen_NK: Tensor, counts_E: Tensor) -> Tensor:
        order_R = chosen_NK.flatten().argsort(stable=True)
        rows_RD = flat_ND[order_R // self.top_k].to(self.compute_dtype(flat_ND))
        gate_RH, up_RH = grouped_matmul(rows_RD, self.gate_up, counts_E).chunk(2, dim=-1)
        results_RD = grouped_matmul(F.silu(gate_RH) * up_RH, self.down, counts_E)
        # Gathering by the inverse order, unlike index_add, sums in a fixed order on every device.
        results_NKD = results_RD[order_R.argsort()].unflatten(0, (-1, self.top_k))
        return torch.einsum("nk,nkd->nd", weights_NK.to(results_NKD.dtype), results_NKD)

    @torch.no_grad()
    def initialise(self) -> None:
        for matrix in (*self.gate_up, *self.down):
            nn.init.xavier_uniform_(matrix)

    def compute_dtype(self, x: Tensor) -> torch.dtype:
        device = x.device.type
        return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else self.down.dtype


def balance_loss(probabilities_NE: Tensor, load_E: Tensor) -> Tensor:
    """E sum_e load_e mean(probability_e): 1 at uniform use, E/K when the same K experts take everything.

    Switch Transformers (arXiv 2101.03961), eq. 4, with loads that sum to 1 for any K. Only the probabilities carry
    gradient: they are pushed away from the experts that are full.
    """
    return load_E.numel() * (load_E.detach() * probabilities_NE.mean(dim=0)).sum()
