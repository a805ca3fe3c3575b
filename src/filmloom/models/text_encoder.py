"""Any script in, a fixed number of text tokens out.

A prompt is a row of Unicode code points, hashed into buckets, so no vocabulary is shipped and no language is
outside it. Hashed pairs to quadruples of neighbours stand in for syllables and words. A strided convolution, a few
transformer layers and a handful of learned queries turn the row into `num_tokens` tokens and one pooled vector.

B batch, T code points, S positions after the stem, L text tokens, D width, A heads.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.core.errors import RequestError


@dataclass(frozen=True, kw_only=True)
class TextEncoderConfig:
    width: int = 256
    num_layers: int = 3
    num_heads: int = 4
    mlp_width: int = 384
    num_tokens: int = 24
    num_buckets: int = 4096
    num_ngram_buckets: int = 4096
    hash_width: int = 96
    longest_ngram: int = 4
    stride: int = 2
    limit: int = 512


@dataclass(frozen=True)
class Text:
    """An encoded prompt: `tokens` [B, L, D] and their summary `pooled` [B, D]."""

    tokens: Tensor
    pooled: Tensor

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, rows: slice | Tensor | Sequence[int]) -> Text:
        """Some rows of the batch; still a batch."""
        return Text(self.tokens[rows], self.pooled[rows])

    def to(self, *args: object, **kwargs: object) -> Text:
        return Text(self.tokens.to(*args, **kwargs), self.pooled.to(*args, **kwargs))

    def detach(self) -> Text:
        return Text(self.tokens.detach(), self.pooled.detach())

    def where(self, keep: Tensor, other: Text) -> Text:
        """Rows of self where `keep` [B] is True, of `other` elsewhere: dropping prompts for guidance."""
        return Text(
            torch.where(keep[:, None, None], self.tokens, other.tokens),
            torch.where(keep[:, None], self.pooled, other.pooled),
        )

    @staticmethod
    def stack(texts: Sequence[Text]) -> Text:
        """Several batches one after another."""
        return Text(torch.cat([text.tokens for text in texts]), torch.cat([text.pooled for text in texts]))


def tokenise(prompts: Sequence[str], config: TextEncoderConfig) -> tuple[Tensor, Tensor]:
    """Prompts → `ids` [B, T] long (0 is padding) and `mask` [B, T] (True where there is text)."""
    rows = [[_bucket(ord(c), config.num_buckets) for c in _plain(prompt, config.limit)] for prompt in prompts]
    # Whole multiples of 16: prompts of similar length share kernels, and the stride always divides.
    length = max(16, -(-max(map(len, rows), default=1) // 16) * 16)
    ids = torch.tensor([row + [0] * (length - len(row)) for row in rows], dtype=torch.long).reshape(-1, length)
    return ids, ids > 0


class TextEncoder(nn.Module):
    """`encoder.encode(["a red fox"])` → `Text`. An empty prompt is the learned null used for guidance."""

    def __init__(self, config: TextEncoderConfig):
        super().__init__()
        self.config = config
        width = config.width
        self.letters = nn.Embedding(config.num_buckets, config.hash_width)
        self.ngrams = nn.Embedding(config.num_ngram_buckets, config.hash_width)
        self.stem = nn.Conv1d(config.hash_width, width, 5, stride=config.stride, padding=2)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.queries = nn.Parameter(torch.randn(config.num_tokens, width) * 0.5)
        self.resample = Resample(config)
        self.norm = nn.RMSNorm(width)
        self.pool = nn.Linear(width, width)
        self.null_tokens = nn.Parameter(torch.randn(config.num_tokens, width) * 0.5)
        for table in (self.letters, self.ngrams):
            nn.init.normal_(table.weight, std=0.5)

    def encode(self, prompts: Sequence[str], device: torch.device | str | None = None) -> Text:
        """Prompts → Text on `device` (default: where the weights are)."""
        home = self.null_tokens.device
        ids, mask = tokenise(prompts, self.config)
        text = self(ids.to(home), mask.to(home))
        return text if device is None else text.to(device)

    def null(self, batch: int) -> Text:
        """What an empty prompt encodes to, `batch` times."""
        return self._summarised(self.null_tokens.expand(batch, -1, -1))

    def forward(self, ids: Tensor, mask: Tensor) -> Text:
        """ids [B, T] long, mask [B, T] bool → Text; rows without any text give the null."""
        given = mask.any(dim=1)
        x = self.stem((self._hashed(ids) * mask[..., None]).transpose(1, 2)).transpose(1, 2)
        keys = mask[:, :: self.config.stride].clone()
        keys[:, 0] |= ~given  # attention over nothing would be NaN; these rows are replaced below
        turns = rotations(x.shape[1], self.config.width // self.config.num_heads, x.device)
        for block in self.blocks:
            x = block(x, keys=keys, turns=turns)
        tokens = self.resample(self.queries.expand(len(x), -1, -1), x, keys=keys)
        return self._summarised(torch.where(given[:, None, None], tokens, self.null_tokens.to(tokens.dtype)))

    def _hashed(self, ids: Tensor) -> Tensor:
        """Embedding of each code point plus those of the 2 to `longest_ngram` points that end there. [B, T, hash]."""
        x, rolling = self.letters(ids), ids
        for back in range(1, self.config.longest_ngram):
            earlier = F.pad(ids, (back, 0))[:, : ids.shape[1]]
            # Small multipliers keep the rolling value far below 2**63; `back` salts one order against another.
            rolling = (rolling * 8191 + earlier * 127 + back) % 1_000_003
            x = x + self.ngrams(rolling % self.config.num_ngram_buckets)
        return x

    def _summarised(self, tokens: Tensor) -> Text:
        tokens = self.norm(tokens)
        return Text(tokens, self.pool(tokens.mean(dim=1)))


class Block(nn.Module):
    """Pre-norm self-attention with rotary positions, then a gated feed-forward."""

    def __init__(self, config: TextEncoderConfig):
        super().__init__()
        self.num_heads = config.num_heads
        self.norm = nn.RMSNorm(config.width)
        self.qkv = nn.Linear(config.width, 3 * config.width, bias=False)
        self.out = nn.Linear(config.width, config.width)
        self.feed = FeedForward(config)

    def forward(self, x: Tensor, *, keys: Tensor, turns: Tensor) -> Tensor:
        q, k, v = (split(part, self.num_heads) for part in self.qkv(self.norm(x)).chunk(3, dim=-1))
        x = x + self.out(attend(rotate(q, turns), rotate(k, turns), v, keys=keys))
        return x + self.feed(x)


class Resample(nn.Module):
    """Learned queries read the sequence: any length in, `num_tokens` out."""

    def __init__(self, config: TextEncoderConfig):
        super().__init__()
        self.num_heads = config.num_heads
        self.norm = nn.RMSNorm(config.width)
        self.q = nn.Linear(config.width, config.width, bias=False)
        self.kv = nn.Linear(config.width, 2 * config.width, bias=False)
        self.out = nn.Linear(config.width, config.width)
        self.feed = FeedForward(config)

    def forward(self, queries: Tensor, x: Tensor, *, keys: Tensor) -> Tensor:
        k, v = (split(part, self.num_heads) for part in self.kv(self.norm(x)).chunk(2, dim=-1))
        tokens = queries + self.out(attend(split(self.q(queries), self.num_heads), k, v, keys=keys))
        return tokens + self.feed(tokens)


class FeedForward(nn.Module):
    def __init__(self, config: TextEncoderConfig):
        super().__init__()
        self.norm = nn.RMSNorm(config.width)
        self.up = nn.Linear(config.width, 2 * config.mlp_width, bias=False)
        self.down = nn.Linear(config.mlp_width, config.width)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.up(self.norm(x)).chunk(2, dim=-1)
        return self.down(F.silu(gate) * value)


def split(x: Tensor, num_heads: int) -> Tensor:
    """[B, S, D] → [B, A, S, D / A]."""
    return x.unflatten(-1, (num_heads, -1)).transpose(1, 2)


def attend(q: Tensor, k: Tensor, v: Tensor, *, keys: Tensor) -> Tensor:
    """Attention over the positions where `keys` [B, S] is True. → [B, queries, D]."""
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=keys[:, None, None, :])
    return out.transpose(1, 2).flatten(2)


def rotations(length: int, head_width: int, device: torch.device) -> Tensor:
    """Angles of rotary positions (arXiv 2104.09864, eq. 15), [length, head_width / 2]."""
    speed = 1000.0 ** (-torch.arange(0, head_width, 2, device=device) / head_width)
    return torch.arange(length, device=device)[:, None] * speed


def rotate(x: Tensor, turns: Tensor) -> Tensor:
    """Turn the pair (first half, second half) of each head by its position's angles."""
    a, b = x.chunk(2, dim=-1)
    cos, sin = turns.cos().to(x.dtype), turns.sin().to(x.dtype)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def _plain(prompt: str, limit: int) -> str:
    """One spelling per word: compatibility forms folded, lower case, single spaces."""
    if len(prompt) > limit:
        raise RequestError(
            "prompt", prompt, f"it has {len(prompt)} characters and may have {limit}", f"{limit} or fewer"
        )
    folded = unicodedata.normalize("NFKC", prompt).casefold()
    return " ".join(folded.split())[:limit]


def _bucket(code: int, num_buckets: int) -> int:
    """1 .. num_buckets - 1; 0 stays free for padding. Knuth's multiplicative hash scatters neighbouring letters."""
    return 1 + (code * 2654435761 % 2**32) * (num_buckets - 1) // 2**32
