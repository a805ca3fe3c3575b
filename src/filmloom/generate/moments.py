"""What is alive at the greatest moments of a forward, and how many weights a part has: arithmetic on configs.

`Live` measures the same on tensors, and the tests hold one against the other: a change to `DiT.forward` that moves its
peak fails them. It also counts on tensors without memory (FakeTensorMode), at any size.

Letters: B batch, N video tokens, D width, M feed-forward width, A heads, d head width, L text tokens.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from filmloom.core.types import LatentShape
from filmloom.models.dit import DiTConfig

FLOAT = 4  # float32, in which norms, rotations and sums run whatever the weights' type


def transformer_weights(config: DiTConfig) -> int:
    """Number of weights of one expert: 14,288,491,584 for T2V-A14B."""
    return config.num_layers * block_weights(config) + outer_weights(config)


def block_weights(config: DiTConfig) -> int:
    """Two attentions with norms of q and k, a feed-forward, an affine norm, a table of six."""
    width = config.width
    attention = 4 * linear(width, width) + (2 * width if config.qk_norm else 0)
    feed_forward = linear(width, config.mlp_width) + linear(config.mlp_width, width)
    return 2 * attention + feed_forward + 2 * width + 6 * width


def outer_weights(config: DiTConfig) -> int:
    """Patches, text, time and its projection, head."""
    assert not (config.moe or config.control_channels or config.pooled_text or config.step_embedding), config
    width, patch = config.width, math.prod(config.patch)
    text = linear(config.text_width, width) + linear(width, width)
    time = linear(config.sinusoid_width, width) + linear(width, width) + linear(width, 6 * width)
    head = linear(width, patch * config.out_channels) + 2 * width
    return linear(patch * config.in_channels, width) + text + time + head


def text_encoder_weights(config: Mapping[str, Any]) -> tuple[int, int]:
    """(one layer's, all others') of a UMT5 encoder, whose config names its fields as transformers does."""
    width, inner = config["d_model"], config["num_heads"] * config["d_kv"]
    positions = config["relative_attention_num_buckets"] * config["num_heads"]
    return 4 * width * inner + 3 * width * config["d_ff"] + positions + 2 * width, (config["vocab_size"] + 1) * width


def linear(enter: int, leave: int) -> int:
    return enter * leave + leave


def transformer_moments(
    config: DiTConfig, latent: LatentShape, dtype: torch.dtype, *, batch: int = 1, levels: int = 1, parts: int = 1
) -> dict[str, int]:
    """Bytes alive at the greatest moments of one `DiT.forward` on a prepared text, beyond its weights and arguments.

    `levels`: noise levels per sample, 1 or one per latent frame. `parts`: of the feed-forward.
    """
    width, size, exact = config.width, dtype.itemsize, config.exact
    per_film = math.prod(n // p for n, p in zip((latent.frames, latent.height, latent.width), config.patch))
    tokens = batch * per_film
    one = tokens * width  # elements of [B, N, D]
    head = width // config.num_heads
    angles = per_film * (head // 2)
    time = FLOAT * batch * levels * width
    logs = FLOAT * tokens * config.num_heads  # of attention's sums, one per query and head
    float_copy = FLOAT if size < FLOAT else 0  # per element, where the weights' type is another
    stream = FLOAT if exact else size  # per element of the residual

    always = 2 * FLOAT * angles + 13 * time  # cosines and sines; time, its projection, a block's table added to that
    first = always + one * (stream + FLOAT)  # residual, modulated input
    later = first + one * stream  # `DiT.forward` still holds what entered the block
    stream_copy = FLOAT if stream < FLOAT else 0
    normed = FLOAT * (2 if exact or not float_copy else 3)  # norm of q or k: in float32, its square or result, weighted
    # In place as complex numbers, whose angles are made for it; else q turned, products, halves, both stacked.
    turned = 8 * angles + one * float_copy if head % 16 == 0 else one * (size + 2 * FLOAT)
    upcast = FLOAT * width * max(6 * width if exact else width, config.sinusoid_width) if float_copy else 0
    piece = -(-per_film // parts) * batch
    hidden = piece * (config.mlp_width + width) * size  # with what enters or leaves it
    return {
        "rotary table": 5 * 8 * angles,  # float64: angles, cosines, sines, and the last two stacked
        "time projection": 8 * time + upcast,  # its weights in float32
        "norm of k": first + one * (2 * size + normed),
        "rotation of k": first + one * 3 * size + turned,
        "self-attention": first + one * 4 * size + logs,
        "self-attention's output": first + one * 5 * size,
        "first gated sum": always + one * (stream + size + float_copy + stream_copy),
        "norm of cross-attention's q": later + one * (size + normed),
        "feed-forward": later + hidden + (one * size if parts > 1 else 0),
        "second gated sum": always + one * (2 * stream + size + float_copy + stream_copy),
    }


def prepared_bytes(config: DiTConfig, text_len: int, dtype: torch.dtype) -> int:
    """Keys and values of one prompt for every block (`Prepared`)."""
    return 2 * config.num_layers * text_len * config.width * dtype.itemsize


def text_moments(config: Mapping[str, Any], text_len: int, dtype: torch.dtype) -> dict[str, int]:
    """Bytes alive at the greatest moments of one layer of UMT5's encoder."""
    size, heads = dtype.itemsize, config["num_heads"]
    one, inner = text_len * config["d_model"] * size, text_len * heads * config["d_kv"] * size
    return {
        "attention": heads * text_len**2 * size + 4 * inner + 3 * one,  # a bias for every pair
        "feed-forward": 3 * text_len * config["d_ff"] * size + 4 * one,
    }


class Live(TorchDispatchMode):
    """Within it, `peak` is the most bytes that tensors made within it held at once; `at`: the operation that did."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.peak, self.at = 0, 0, ""
        self.known: set[int] = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        given = {storage._cdata for storage in storages((args, kwargs))}
        result = function(*args, **kwargs)
        for storage in storages(result):
            if storage._cdata not in given and storage._cdata not in self.known:
                self.known.add(storage._cdata)
                self.now += storage.nbytes()
                weakref.finalize(storage, self._forget, storage._cdata, storage.nbytes())
        if self.now > self.peak:
            self.peak, self.at = self.now, str(function)
        return result

    def _forget(self, key: int, num_bytes: int) -> None:
        self.known.discard(key)
        self.now -= num_bytes


def storages(tree: object) -> list[torch.UntypedStorage]:
    """Of the tensors on real devices, or fake ones said to be there; a module's plan on the meta device is free."""
    tensors = (leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))
    return [tensor.untyped_storage() for tensor in tensors if tensor.device.type != "meta"]
