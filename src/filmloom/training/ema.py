"""Exponential moving average of weights: what is evaluated, shown and shipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """Moving average of every floating parameter and buffer; whole numbers are copied.

    `decay` is reached gradually: after n updates min(decay, (1 + n) / (10 + n)) is used, so that a short run is not
    dominated by its first weights.
    """

    def __init__(self, module: nn.Module, *, decay: float = 0.999):
        self.decay, self.num_updates = decay, 0
        self.values = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """values ← decay · values + (1 - decay) · weights."""
        self.num_updates += 1
        decay = min(self.decay, (1 + self.num_updates) / (10 + self.num_updates))
        averaged, fresh = [], []
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                averaged.append(self.values[name])
                fresh.append(value.detach())
            else:
                self.values[name].copy_(value)
        torch._foreach_lerp_(averaged, fresh, 1 - decay)

    @contextmanager
    def applied(self, module: nn.Module) -> Iterator[nn.Module]:
        """`module` with the averaged weights inside the block, in eval mode; restored to its own afterwards."""
        own = {name: value.detach().clone() for name, value in module.state_dict().items()}
        was_training = module.training
        module.load_state_dict(self.values)
        try:
            yield module.eval()
        finally:
            module.load_state_dict(own)
            module.train(was_training)

    def load(self, values: dict[str, Tensor], num_updates: int) -> None:
        for name, value in self.values.items():
            value.copy_(values[name])
        self.num_updates = num_updates
