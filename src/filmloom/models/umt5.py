"""The text encoder of the public Wan2.2 models: cleaning, tokens, UMT5's encoder (arXiv 2304.09151).

    prompt → clean → tokeniser, end of text → encoder → [B, 512, D], exactly zero beyond the prompt's own tokens

The transformer attends to those zeros like to any other row, so they belong to the encoding. Each prompt is encoded
alone and at its own length: the result is that of padding and masking, costs less, and its bits do not depend on
the prompts beside it.

B batch, L tokens, D width, A heads, d head width.
"""

from __future__ import annotations

import html
import importlib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.core.errors import CheckpointError, UserError
from filmloom.models.text_encoder import Text

# The original layout has no config file. Fields as transformers' UMT5Config names them.
UMT5_XXL = {
    "vocab_size": 256384,
    "d_model": 4096,
    "d_kv": 64,
    "d_ff": 10240,
    "num_layers": 24,
    "num_heads": 64,
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "layer_norm_epsilon": 1e-6,
    "feed_forward_proj": "gated-gelu",
    "pad_token_id": 0,
    "eos_token_id": 1,
}
SIZES = ("vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_heads")  # what a config must say
DEFAULTS = {name: value for name, value in UMT5_XXL.items() if name not in SIZES}


class UMT5(nn.Module):
    """`encoder.encode(["a red fox"])` → `Text`; its `pooled` is all zeros, the public models read none.

    Parameters are named as in transformers' files: `shared.weight` and `encoder.*`, the tied copy of `shared` left
    out; `config` has the fields of its UMT5Config. Built on the meta device it takes no memory until weights are
    assigned. `tokenizer`: see `open_tokenizer`.
    """

    def __init__(self, config: Mapping[str, Any], tokenizer: Any, *, text_len: int = 512):
        super().__init__()
        self.config = config = {**DEFAULTS, **config}
        if config["feed_forward_proj"] != "gated-gelu":
            raise CheckpointError(f"feed_forward_proj is {config['feed_forward_proj']!r}; Wan's UMT5 is 'gated-gelu'.")
        self.tokenizer, self.text_len, self.end = tokenizer, text_len, config["eos_token_id"]
        self.shared = rows(config["vocab_size"], config["d_model"])
        self.encoder = Encoder(config)

    @torch.no_grad()
    def encode(self, prompts: Sequence[str], device: torch.device | str | None = None) -> Text:
        """Prompts → Text with tokens [B, text_len, D] on `device` (default: where the weights are)."""
        home = self.shared.weight.device
        rows = [self(torch.tensor([self.ids(prompt)], device=home))[0] for prompt in prompts]
        tokens = torch.stack([F.pad(row, (0, 0, 0, self.text_len - len(row))) for row in rows])
        text = Text(tokens, tokens.new_zeros(len(tokens), tokens.shape[-1]))
        return text if device is None else text.to(device)

    def forward(self, ids: Tensor) -> Tensor:
        """Token numbers [B, L] of prompts of one length → [B, L, D] in the type of the weights."""
        return self.encoder(self.shared(ids))

    def ids(self, prompt: str) -> list[int]:
        """Token numbers of a cleaned prompt, at most `text_len`; the last is always the end of text."""
        return [*self._words(prompt)[: self.text_len - 1], self.end]

    def num_tokens(self, prompt: str) -> int:
        """Tokens the whole prompt takes, with the end of text; what exceeds `text_len` is not encoded."""
        return len(self._words(prompt)) + 1

    def _words(self, prompt: str) -> list[int]:
        return self.tokenizer.encode(clean(prompt), add_special_tokens=False).ids


class Encoder(nn.Module):
    """Embedded tokens [B, L, D] → [B, L, D]. Every layer has its own bias for each bucket of distances."""

    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.num_buckets = config["relative_attention_num_buckets"]
        self.max_distance = config["relative_attention_max_distance"]
        self.block = nn.ModuleList(Block(config) for _ in range(config["num_layers"]))
        self.final_layer_norm = Norm(config)

    def forward(self, x: Tensor) -> Tensor:
        distances = torch.arange(1 - x.shape[1], x.shape[1], device=x.device)
        buckets = bucketed(distances, self.num_buckets, self.max_distance)
        for block in self.block:
            x = block(x, buckets)
        return self.final_layer_norm(x)


class Block(nn.Module):
    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.layer = nn.ModuleList([AttentionLayer(config), FeedForwardLayer(config)])

    def forward(self, x: Tensor, buckets: Tensor) -> Tensor:
        attention, feed_forward = self.layer
        return feed_forward(attention(x, buckets))


class AttentionLayer(nn.Module):
    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.SelfAttention, self.layer_norm = Attention(config), Norm(config)

    def forward(self, x: Tensor, buckets: Tensor) -> Tensor:
        return x + self.SelfAttention(self.layer_norm(x), buckets)


class FeedForwardLayer(nn.Module):
    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.DenseReluDense, self.layer_norm = FeedForward(config), Norm(config)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.DenseReluDense(self.layer_norm(x))


class Attention(nn.Module):
    """Its scores are not divided by √d; to each, the bias of its distance is added."""

    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.num_heads = config["num_heads"]
        inner = self.num_heads * config["d_kv"]
        self.q, self.k, self.v = (nn.Linear(config["d_model"], inner, bias=False) for _ in range(3))
        self.o = nn.Linear(inner, config["d_model"], bias=False)
        self.relative_attention_bias = rows(config["relative_attention_num_buckets"], self.num_heads)

    def forward(self, x: Tensor, buckets: Tensor) -> Tensor:
        parts = (layer(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(*parts, attn_mask=self.bias(buckets), scale=1.0)
        return self.o(mixed.transpose(1, 2).flatten(2))

    def bias(self, buckets: Tensor) -> Tensor:
        """Of every pair [1, A, L, L] from the buckets of distances 1-L ... L-1: row i begins at distance -i."""
        length = (len(buckets) + 1) // 2
        along = self.relative_attention_bias(buckets).t()
        return along.unfold(1, length, 1).flip(1)[None]


class FeedForward(nn.Module):
    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.wi_0, self.wi_1 = (nn.Linear(config["d_model"], config["d_ff"], bias=False) for _ in range(2))
        self.wo = nn.Linear(config["d_ff"], config["d_model"], bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.wo(F.gelu(self.wi_0(x), approximate="tanh") * self.wi_1(x))


class Norm(nn.Module):
    """x / sqrt(mean(x²) + eps) in float32, in the weights' type from there on."""

    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.eps = config["layer_norm_epsilon"]
        self.weight = nn.Parameter(torch.ones(config["d_model"]))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.float().square().mean(dim=-1, keepdim=True) + self.eps)
        return self.weight * (x * scale).to(self.weight.dtype)


def rows(count: int, width: int) -> nn.Embedding:
    """nn.Embedding starts from `normal_`, for which torch imports its compiler on the meta device: 0.8 s."""
    return nn.Embedding.from_pretrained(torch.zeros(count, width), freeze=False)


def bucketed(distances: Tensor, num_buckets: int, max_distance: int) -> Tensor:
    """The bucket of each distance (key - query): half of them for keys behind, of these half for one distance each and
    half in logarithmic steps to `max_distance` (T5, arXiv 1910.10683). In float32, in which it was trained."""
    half = num_buckets // 2
    alone = half // 2
    far = distances.abs().float().clamp(min=1) / alone
    steps = torch.log(far) / math.log(max_distance / alone) * (half - alone)
    bucket = torch.where(distances.abs() < alone, distances.abs(), (alone + steps.long()).clamp(max=half - 1))
    return bucket + half * (distances > 0)


def clean(prompt: str) -> str:
    """Broken encodings mended, HTML entities resolved twice, every run of whitespace one space. Case stays."""
    mended = wan_package("ftfy").fix_text(prompt)
    return re.sub(r"\s+", " ", html.unescape(html.unescape(mended))).strip()


def open_tokenizer(folder: Path) -> Any:
    """The tokeniser of a folder of either public layout (`google/umt5-xxl`, `tokenizer`).

    `tokenizer.json` is taken as it stands: transformers' classes rebuild parts of it, and differ between releases.
    """
    file = Path(folder) / "tokenizer.json"
    if not file.is_file():
        raise CheckpointError(f"{folder} is not a tokenizer folder: {file} does not exist. It comes with the model.")
    try:
        tokenizer = wan_package("tokenizers").Tokenizer.from_file(str(file))
    except UserError:
        raise
    except Exception as error:  # tokenizers raises nothing narrower
        raise CheckpointError(f"{file} is not a tokenizer ({error}). Fetch it again.") from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def wan_package(name: str) -> ModuleType:
    """An optional package that only the public models need."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise UserError(f"The public Wan2.2 models need {name}: pip install 'filmloom[wan]'.") from None
