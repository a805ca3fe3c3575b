"""Softmax attention without a mask. Letters: B batch, N queries, L keys, A heads, d head width."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

PATH = "sdpa"  # which form `attention` takes: torch's scaled_dot_product_attention


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """softmax(q kᵀ / √d) v: query [B, N, A, d], key and value [B, L, A, d] → [B, N, A*d]."""
    heads_first = (part.transpose(1, 2) for part in (query, key, value))
    return F.scaled_dot_product_attention(*heads_first).transpose(1, 2).flatten(2)


def attention_plain(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The same, written out; the twin that tests compare with."""
    scores = query.transpose(1, 2) @ key.permute(0, 2, 3, 1) / math.sqrt(query.shape[-1])
    return (scores.softmax(dim=-1) @ value.transpose(1, 2)).transpose(1, 2).flatten(2)
