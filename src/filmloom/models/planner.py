"""Text features → a distribution over the fields of a Scene.

The planner knows no Scene: it is handed a schema, field → options, and names one option per field. Turning fields
into a Scene, with positions and phases, happens where plans are made.

B batch, L text tokens, D text width, W planner width, P fields, n options of one field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.models.text_encoder import Text

STATED = "stated"


@dataclass(frozen=True, kw_only=True)
class PlannerConfig:
    """`schema` maps each field to its options, in the order of the logits."""

    schema: dict[str, tuple[str, ...]]
    width: int = 128
    num_heads: int = 4
    text_width: int = 256

    def __post_init__(self) -> None:
        # JSON brings lists back; the order of fields and options is part of the weights' meaning.
        object.__setattr__(self, "schema", {field: tuple(options) for field, options in self.schema.items()})


class Planner(nn.Module):
    """One learned question per field, asked of the text tokens.

    `planner(text)["setting"]` are logits [B, n]; `planner(text)["stated"]` are logits [B, P] of whether the
    prompt names the field at all.
    """

    def __init__(self, config: PlannerConfig):
        super().__init__()
        self.config = config
        width = config.width
        self.questions = nn.Parameter(torch.randn(len(config.schema), width) * 0.5)
        self.read = nn.Linear(config.text_width, 2 * width)
        self.summary = nn.Linear(config.text_width, width)
        self.out = nn.Linear(width, width)
        self.think = nn.Sequential(
            nn.RMSNorm(width), nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width)
        )
        self.norm = nn.RMSNorm(width)
        self.options = nn.ModuleList(nn.Linear(width, len(options)) for options in config.schema.values())
        self.named = nn.Linear(width, 1)

    def forward(self, text: Text) -> dict[str, Tensor]:
        answers = self._answers(text)
        logits = {field: head(answers[:, i]) for i, (field, head) in enumerate(zip(self.config.schema, self.options))}
        return logits | {STATED: self.named(answers).squeeze(-1)}

    def plan_fields(self, logits: Mapping[str, Tensor], generator: np.random.Generator) -> dict[str, str]:
        """One option per field for the first row of the batch."""
        return plan_fields(logits, generator, schema=self.config.schema)

    def _answers(self, text: Text) -> Tensor:
        """[B, P, W]: each question's reading of the text."""
        key, value = (self._heads(part) for part in self.read(text.tokens).chunk(2, dim=-1))
        asked = self.questions + self.summary(text.pooled)[:, None]
        heard = F.scaled_dot_product_attention(self._heads(asked), key, value)
        x = asked + self.out(heard.transpose(1, 2).flatten(2))
        return self.norm(x + self.think(x))

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.config.num_heads, -1)).transpose(1, 2)


def plan_fields(
    logits: Mapping[str, Tensor],
    generator: np.random.Generator,
    *,
    schema: Mapping[str, tuple[str, ...]],
    floor: float = 0.3,
) -> dict[str, str]:
    """Sample one option per field from the first row of `logits` (each [n] or [B, n]).

    Options less likely than `floor` times the likeliest are dropped: what the prompt states stays certain, what it
    leaves open varies with the seed. Every field costs one random number, so that fields do not disturb each other.
    """
    return {
        field: options[sample_option(logits[field], generator.random(), floor=floor)]
        for field, options in schema.items()
    }


def sample_option(logits: Tensor, chance: float, *, floor: float = 0.3) -> int:
    """Index of the option that `chance` in [0, 1) falls on, among those that pass the floor."""
    row = logits.detach().double().cpu().reshape(-1, logits.shape[-1])[0]
    likely = row.softmax(dim=0).numpy()
    likely = np.where(likely >= floor * likely.max(), likely, 0.0)
    steps = np.cumsum(likely / likely.sum())
    return int(min(np.searchsorted(steps, chance, side="right"), np.flatnonzero(likely)[-1]))
