"""The transformer that turns noise into video: one class for mini and for public Wan2.2 weights.

    patches ─┬─ + control patches (mini) ─→ block x L ─→ velocity head ─→ velocity
    sigma ───┴─ shared time projection + each block's table ─┘  └─→ residual head ─→ residual (mini, with control)

Block (order of operations as in Wan2.2): modulated self-attention over all tokens of all frames, text
cross-attention behind an affine norm, modulated feed-forward (dense, or routed to experts).

In half precision the two public implementations of Wan2.2 round at different places; `DiTConfig.reference` chooses:

                                 original (the default)                diffusers
    sinusoid                     float64                               float32
    time after its first MLP     float32                               type of the weights
    residual stream              float32 from the first gated add on   type of the weights, after each add
    norm of q and k              rounded before its weight             rounded once
    head's linear, velocity      float32                               type of the weights

In float32 only the sinusoid differs.

Letters: B batch, C channels, F latent frames, H W latent rows and columns, N video tokens, L text tokens, D width,
A heads, T time groups (1, or F when each frame has its own noise level), E experts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from filmloom.kernels.attention import attention
from filmloom.kernels.rope import rotate, rotation
from filmloom.models.layers import (
    GELU,
    LayerNorm,
    Linear,
    Linear32,
    RMSNorm,
    add_gated,
    modulate,
    sinusoid,
    sinusoid32,
    spare,
)
from filmloom.models.moe import Experts, MoE, MoELayer, Routed

REFERENCES = ("original", "diffusers")


@dataclass(frozen=True, kw_only=True)
class DiTConfig:
    """Plain values only; `DiTConfig(**asdict(config)) == config`, also after a trip through JSON."""

    in_channels: int
    out_channels: int | None = None  # in_channels when None
    width: int
    num_layers: int
    num_heads: int
    mlp_width: int
    text_width: int
    patch: tuple[int, int, int] = (1, 1, 1)  # latent frames, rows, columns per token
    moe: MoE | None = None
    noise_experts: int = 1  # 2: one whole transformer above `boundary`, one below
    boundary: float = 0.875
    control_channels: int = 0
    qk_norm: bool = True
    pooled_text: bool = False
    step_embedding: bool = False
    sinusoid_width: int = 256
    eps: float = 1e-6
    reference: str = "original"  # or "diffusers": whose rounding of Wan2.2 (table above)

    def __post_init__(self):
        object.__setattr__(self, "patch", tuple(self.patch))
        if isinstance(self.moe, Mapping):
            object.__setattr__(self, "moe", MoE(**self.moe))
        if self.out_channels is None:
            object.__setattr__(self, "out_channels", self.in_channels)
        assert self.width % (2 * self.num_heads) == 0, f"width {self.width} over {self.num_heads} heads must be even"
        assert self.noise_experts in (1, 2), f"noise_experts is {self.noise_experts}; it must be 1 or 2"
        assert self.reference in REFERENCES, f"reference is {self.reference!r}; it must be one of {REFERENCES}"

    @property
    def exact(self) -> bool:
        """Whether what the original computes in float32 stays in float32."""
        return self.reference == "original"


class DiTOutput(NamedTuple):
    velocity: Tensor  # [B, C, F, H, W], noise - clean
    residual: Tensor | None  # [B, C, F, H, W], (clean - control) / sigma_residual; None in models without control
    balance: Tensor  # scalar: mean load-balance loss of the routed blocks, 0 without any
    load: Tensor  # [routed blocks, E], share of tokens per expert


class KeyValue(NamedTuple):
    """What a query of one cross-attention meets: key, normed, and value, both [B, L, A, D / A]."""

    key: Tensor
    value: Tensor


@dataclass(frozen=True)
class Prepared:
    """A text as the blocks of one DiT hear it. Neither sigma nor the latent changes it: compute it once per prompt.

    It holds 2 L D values per block: 0.42 GB for a prompt of 512 tokens in A14B in half precision.
    """

    blocks: tuple[KeyValue, ...]

    def to(self, *args: object, **kwargs: object) -> Prepared:
        return Prepared(tuple(KeyValue(*(part.to(*args, **kwargs) for part in pair)) for pair in self.blocks))


class DiT(nn.Module):
    """One denoising transformer.

    >>> model = DiT(DiTConfig(in_channels=4, width=32, num_layers=2, num_heads=2, mlp_width=64, text_width=16))
    >>> model(torch.randn(1, 4, 3, 2, 2), torch.tensor([0.7]), torch.randn(1, 5, 16)).velocity.shape
    torch.Size([1, 4, 3, 2, 2])
    """

    def __init__(self, config: DiTConfig):
        super().__init__()
        assert config.noise_experts == 1, "a DiT is one noise expert; NoiseExperts holds two"
        self.config, width = config, config.width
        self.patch_embedding = PatchEmbedding(config.in_channels, width, config.patch)
        self.text_embedding = TextEmbedding(config.text_width, width)
        self.time_embedding = TimeEmbedding(config)
        self.time_projection = outer_linear(config)(width, 6 * width)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.num_layers))
        self.head = Head(config)
        if config.control_channels:
            self.control_embedding = PatchEmbedding(config.control_channels + 1, width, config.patch, bias=False)
            self.residual_head = Head(config)
        initialise(self)

    def forward(
        self,
        latent: Tensor,
        sigma: Tensor,
        text: Tensor | Prepared,
        *,
        pooled: Tensor | None = None,
        control: Tensor | None = None,
        present: Tensor | None = None,
        step: Tensor | None = None,
    ) -> DiTOutput:
        """Predict from a noisy latent [B, C, F, H, W] what `DiTOutput` lists.

        sigma: [B], or [B, F] with a noise level per latent frame (0 for frames given clean); float64 keeps Wan's
        timestep, 1000 sigma, a whole number. text: [B, L, text width], or what `prepared` made of it.
        pooled: [B, text width], read where the config says `pooled_text`. control: [B, control channels, F, H, W];
        None, or `present` [B] False, means absent. step: [B], the length of the step to be taken, in sigma (0: a
        differential one), read where the config says `step_embedding`.
        """
        grid = self.grid(latent)
        time = self.time_embedding(sigma, pooled, step)
        time = time if self.config.exact else time.to(self.time_projection.weight.dtype)
        modulation = self.time_projection(F.silu(time)).unflatten(-1, (6, -1))
        table = rotation(*grid, self.config.width // self.config.num_heads, device=latent.device)
        is_prepared = isinstance(text, Prepared)
        contexts = text.blocks if is_prepared else [self.text_embedding(text)] * len(self.blocks)

        x = self.patch_embedding(latent)
        x = (x.float() if self.config.exact else x) + self.control(control, present)
        routed = []
        for block, context in zip(self.blocks, contexts, strict=True):
            x, experts = block(x, modulation, table, context)
            routed += [experts] if experts else []

        velocity = unpatchify(self.head(x, time), grid, self.config.patch)
        residual = unpatchify(self.residual_head(x, time), grid, self.config.patch) if self.has_control else None
        return DiTOutput(velocity, residual, *summary(routed, x))

    def prepared(self, text: Tensor) -> Prepared:
        """`forward` with the result in place of `text` [B, L, text width] gives the same bits, and saves the work."""
        text = self.text_embedding(text)
        return Prepared(tuple(block.cross_attn.key_value(text) for block in self.blocks))

    @property
    def has_control(self) -> bool:
        return self.config.control_channels > 0

    def grid(self, latent: Tensor) -> tuple[int, int, int]:
        """Tokens along frames, rows and columns."""
        sizes = latent.shape[2:]
        whole = all(size % patch == 0 for size, patch in zip(sizes, self.config.patch, strict=True))
        assert whole, f"a latent of {tuple(sizes)} does not divide into patches of {self.config.patch}"
        return tuple(size // patch for size, patch in zip(sizes, self.config.patch, strict=True))

    def control(self, control: Tensor | None, present: Tensor | None) -> Tensor | float:
        """What the control adds to the tokens: its channels and a flag, all zeros where it is absent."""
        if control is None:
            return 0.0
        assert self.has_control, "this model has no control channels"
        flag = control.new_ones(len(control)) if present is None else present.to(control.dtype)
        flag = flag.view(-1, 1, 1, 1, 1)
        flagged = torch.cat((control * flag, flag.expand_as(control[:, :1])), dim=1)
        return self.control_embedding(flagged).float()


class NoiseExperts(nn.Module):
    """Two whole transformers behind one forward: `high` at sigma >= boundary, `low` below (Wan2.2 A14B).

    A latent whose frames differ in noise belongs to the level of its noisiest frame.
    """

    def __init__(self, config: DiTConfig):
        super().__init__()
        self.config = config
        self.high = DiT(replace(config, noise_experts=1))
        self.low = DiT(replace(config, noise_experts=1))

    def forward(self, latent: Tensor, sigma: Tensor, text: Tensor, **conditions: Tensor | None) -> DiTOutput:
        levels = sigma.flatten(1).amax(dim=1) if sigma.ndim > 1 else sigma
        high = levels >= self.config.boundary
        if high.all() or not high.any():
            return (self.high if high.all() else self.low)(latent, sigma, text, **conditions)
        picked = [
            expert(
                latent[rows], sigma[rows], text[rows], **{k: v if v is None else v[rows] for k, v in conditions.items()}
            )
            for expert, rows in ((self.high, high), (self.low, ~high))
        ]
        return merged(*picked, high)


def transformer(config: DiTConfig) -> DiT | NoiseExperts:
    """The module a config describes."""
    return DiT(config) if config.noise_experts == 1 else NoiseExperts(config)


class PatchEmbedding(nn.Module):
    """Each patch to a token: [B, C, F, H, W] → [B, N, D]. A convolution whose stride is its kernel, as one product."""

    def __init__(self, channels: int, width: int, patch: tuple[int, int, int], *, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width, channels, *patch))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None

    def forward(self, video: Tensor) -> Tensor:
        patches = patchify(video, tuple(self.weight.shape[2:]))
        return F.linear(patches.to(self.weight.dtype), self.weight.flatten(1), self.bias)


class TextEmbedding(nn.Sequential):
    """Text tokens [B, L, text width] → [B, L, D]. Rows of zeros are embedded and attended to like any other (Wan)."""

    def __init__(self, text_width: int, width: int):
        super().__init__(Linear(text_width, width), GELU(), nn.Linear(width, width))


class TimeEmbedding(nn.Module):
    """Noise level, and where configured pooled text and step length, to one vector per time group: [B, T, D]."""

    def __init__(self, config: DiTConfig):
        super().__init__()
        self.sinusoid_width, width = config.sinusoid_width, config.width
        self.sinusoid = sinusoid if config.exact else sinusoid32
        self.mlp = nn.Sequential(Linear32(config.sinusoid_width, width), nn.SiLU(), Linear32(width, width))
        self.pooled = Linear32(config.text_width, width) if config.pooled_text else None
        if config.step_embedding:
            self.step = nn.Sequential(Linear32(config.sinusoid_width, width), nn.SiLU(), Linear32(width, width))
        else:
            self.step = None

    def forward(self, sigma: Tensor, pooled: Tensor | None, step: Tensor | None) -> Tensor:
        sigma = sigma if sigma.ndim == 2 else sigma[:, None]
        time = self.mlp(self.sinusoid(sigma, self.sinusoid_width))
        if self.pooled is not None and pooled is not None:
            time = time + self.pooled(pooled)[:, None]
        if self.step is not None:
            step = torch.zeros_like(sigma[:, 0]) if step is None else step
            time = time + self.step(self.sinusoid(step, self.sinusoid_width))[:, None]
        return time


class Block(nn.Module):
    def __init__(self, config: DiTConfig, layer: int):
        super().__init__()
        width, eps = config.width, config.eps
        self.modulation = nn.Parameter(torch.zeros(1, 6, width))
        self.norm1 = LayerNorm(width, affine=False, eps=eps)
        self.self_attn = Attention(config)
        self.norm2 = LayerNorm(width, affine=True, eps=eps)
        self.cross_attn = Attention(config)
        self.norm3 = LayerNorm(width, affine=False, eps=eps)
        is_routed = config.moe is not None and config.moe.at(layer)
        self.ffn = MoELayer(width, config.moe) if is_routed else FeedForward(width, config.mlp_width)

    def forward(self, x: Tensor, time: Tensor, table: Tensor, text: Tensor | KeyValue) -> tuple[Tensor, Routed | None]:
        """x [B, N, D], time [B, T, 6, D] → x in its type, and how tokens were routed (None in a dense block)."""
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.modulation.float() + time).unbind(dim=2)
        x = add_gated(x, self.self_attn(modulate(self.norm1(x), shift1, scale1), table=table), gate1).to(x.dtype)
        x = torch.add(x, self.cross_attn(self.norm2(x), text), out=spare(x, x.dtype))
        update = self.ffn(modulate(self.norm3(x), shift2, scale2))
        routed = update if isinstance(update, Routed) else None
        return add_gated(x, routed.output if routed else update, gate2).to(x.dtype), routed


class Attention(nn.Module):
    """Self-attention with rotary positions (`table` given) or cross-attention (`context` given, [B, L, D] or prepared).

    The RMS norm of q and k runs over the features of all heads together, before the split.
    """

    def __init__(self, config: DiTConfig):
        super().__init__()
        width, self.num_heads = config.width, config.num_heads
        self.q, self.k, self.v = (Linear(width, width) for _ in range(3))
        self.o = nn.Linear(width, width)
        self.norm_q, self.norm_k = (
            (RMSNorm if config.exact else nn.RMSNorm)(width, eps=config.eps) if config.qk_norm else nn.Identity()
            for _ in range(2)
        )

    def forward(self, x: Tensor, context: Tensor | KeyValue | None = None, *, table: Tensor | None = None) -> Tensor:
        query = self.norm_q(self.q(x)).unflatten(-1, (self.num_heads, -1))
        is_prepared = isinstance(context, KeyValue)
        key, value = context if is_prepared else self.key_value(x if context is None else context)
        if table is not None:
            query, key = rotate(query, table), rotate(key, table)
        return self.o(attention(query.to(value.dtype), key.to(value.dtype), value))

    def key_value(self, context: Tensor) -> KeyValue:
        parts = self.norm_k(self.k(context)), self.v(context)
        return KeyValue(*(part.unflatten(-1, (self.num_heads, -1)) for part in parts))


class FeedForward(nn.Sequential):
    def __init__(self, width: int, hidden: int):
        super().__init__(Linear(width, hidden), GELU(), nn.Linear(hidden, width))


class Head(nn.Module):
    """Modulated norm and a linear layer: [B, N, D] → [B, N, patch x C], channels fastest."""

    def __init__(self, config: DiTConfig):
        super().__init__()
        self.modulation = nn.Parameter(torch.zeros(1, 2, config.width))
        self.norm = LayerNorm(config.width, affine=False, eps=config.eps)
        self.linear = outer_linear(config)(config.width, math.prod(config.patch) * config.out_channels)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        shift, scale = (self.modulation.float() + time.unsqueeze(2)).unbind(dim=2)
        return self.linear(modulate(self.norm(x), shift, scale))


def outer_linear(config: DiTConfig) -> type[nn.Linear]:
    """The linear layer of time projection and heads."""
    return Linear32 if config.exact else Linear


def patchify(video: Tensor, patch: tuple[int, int, int]) -> Tensor:
    """[B, C, F, H, W] → [B, N, C x patch]; inside a token the order is channel, frame, row, column."""
    frames, rows, columns = patch
    split = video.unflatten(4, (-1, columns)).unflatten(3, (-1, rows)).unflatten(2, (-1, frames))
    return split.permute(0, 2, 4, 6, 1, 3, 5, 7).flatten(4).flatten(1, 3)


def unpatchify(tokens: Tensor, grid: tuple[int, int, int], patch: tuple[int, int, int]) -> Tensor:
    """[B, N, patch x C] → [B, C, F, H, W]; inside a token the order is frame, row, column, channel: not patchify's."""
    split = tokens.unflatten(2, (*patch, -1)).unflatten(1, grid)
    return split.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6, 7).flatten(4, 5).flatten(2, 3)


def summary(routed: list[Routed], x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean balance loss and the loads of all routed blocks."""
    if not routed:
        return x.new_zeros(()), x.new_zeros(0, 0)
    return torch.stack([r.balance for r in routed]).mean(), torch.stack([r.load for r in routed])


def merged(high: DiTOutput, low: DiTOutput, is_high: Tensor) -> DiTOutput:
    """The outputs of two noise experts back in batch order; balance and load weighted by their rows."""

    def interleave(a: Tensor | None, b: Tensor | None) -> Tensor | None:
        return None if a is None else torch.cat((a, b))[order]

    order = torch.cat((is_high.nonzero(), (~is_high).nonzero())).flatten().argsort()
    share = is_high.float().mean()
    return DiTOutput(
        interleave(high.velocity, low.velocity),
        interleave(high.residual, low.residual),
        torch.lerp(low.balance, high.balance, share),
        torch.lerp(low.load, high.load, share),
    )


def parameter_counts(model: nn.Module) -> tuple[int, int]:
    """Parameters in all, and those that take part for any one token (top_k of the experts, one noise expert)."""
    total = sum(parameter.numel() for parameter in model.parameters())
    if isinstance(model, NoiseExperts):
        return total, parameter_counts(model.high)[1]
    idle = sum(idle_parameters(module) for module in model.modules() if isinstance(module, Experts))
    return total, total - idle


def idle_parameters(experts: Experts) -> int:
    held = sum(parameter.numel() for parameter in experts.parameters())
    return held - held * experts.top_k // len(experts.down)


@torch.no_grad()
def initialise(model: DiT) -> None:
    """Start as the identity (adaLN-Zero, arXiv 2212.09748): closed gates, silent heads, control and step unheard."""
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, PatchEmbedding):
            nn.init.xavier_uniform_(module.weight.flatten(1))
    nn.init.zeros_(model.time_projection.weight)
    for block in model.blocks:
        nn.init.zeros_(block.cross_attn.o.weight)
    silence(model)


def silence(model: DiT) -> None:
    """Zero what must not be heard before it has learnt: both heads, control, pooled text, step length."""
    nn.init.zeros_(model.head.linear.weight)
    if model.has_control:
        nn.init.zeros_(model.residual_head.linear.weight)
        nn.init.zeros_(model.control_embedding.weight)
    for addition in (model.time_embedding.pooled, model.time_embedding.step):
        if addition is not None:
            nn.init.zeros_((addition[-1] if isinstance(addition, nn.Sequential) else addition).weight)
