"""The text encoder of the public Wan2.2 models: cleaning, tokens, UMT5's encoder (which transformers runs).

    prompt → clean → tokeniser, end of text → encoder → [B, 512, D], exactly zero beyond the prompt's own tokens

The transformer attends to those zeros like to any other row, so they belong to the encoding. Each prompt is encoded
alone and at its own length: the result is that of padding and masking, costs less, and its bits do not depend on
the prompts beside it.

B batch, L tokens, D width.
"""

from __future__ import annotations

import html
import importlib
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


class UMT5(nn.Module):
    """`encoder.encode(["a red fox"])` → `Text`; its `pooled` is all zeros, the public models read none.

    Parameters are named as in transformers' files: `shared.weight` and `encoder.*`, the tied copy of `shared` left
    out. Built on the meta device it takes no memory until weights are assigned. `tokenizer`: see `open_tokenizer`.
    """

    def __init__(self, config: Mapping[str, Any], tokenizer: Any, *, text_len: int = 512):
        super().__init__()
        self.config, self.tokenizer, self.text_len = dict(config), tokenizer, text_len
        transformers = wan_package("transformers")
        model = transformers.UMT5EncoderModel(transformers.UMT5Config.from_dict({**config, "dropout_rate": 0.0}))
        self.shared, self.encoder = model.shared, model.encoder
        self.encoder.set_input_embeddings(None)  # embeddings are handed to it: one copy under one name
        self.end = model.config.eos_token_id

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
        return self.encoder(inputs_embeds=self.shared(ids)).last_hidden_state

    def ids(self, prompt: str) -> list[int]:
        """Token numbers of a cleaned prompt, at most `text_len`; the last is always the end of text."""
        return [*self._words(prompt)[: self.text_len - 1], self.end]

    def num_tokens(self, prompt: str) -> int:
        """Tokens the whole prompt takes, with the end of text; what exceeds `text_len` is not encoded."""
        return len(self._words(prompt)) + 1

    def _words(self, prompt: str) -> list[int]:
        return self.tokenizer.encode(clean(prompt), add_special_tokens=False).ids


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
