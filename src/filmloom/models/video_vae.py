"""A causal video autoencoder that starts as PCA and learns what PCA cannot.

A latent cell stands for `space` x `space` pixels over `time` frames; the first latent frame stands for the first
picture alone, shown `time` times, so one basis serves all groups. Encoder: patchify and project on the principal
components (frozen; an optional residual branch starts at zero). Decoder: the PCA inverse plus a residual branch
that starts at zero: causal 3-D convolutions on the latent grid, 2-D ones above, and an optional sketch of the scene
entering at 1/4 and 1/2 resolution.

All 3-D convolutions look backwards only, so a film can be coded in chunks; what they must remember is an explicit
value, `CodecState`.

B batch, C latent channels, F pictures, G latent frames, H W pixels, h w cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.core.errors import RequestError
from filmloom.core.types import Codec, Size


@dataclass(frozen=True, kw_only=True)
class VideoVAEConfig:
    """`latent_width` and `latent_blocks` size the 3-D part; `widths` are the 2-D levels at 1/8, 1/4 and 1/2.

    `whitening` 0 keeps the spread of the principal components (one scale for all), 1 gives every channel unit
    variance; between, coarse channels stay stronger than fine ones and so surface first while denoising.
    """

    channels: int = 64
    space: int = 16
    time: int = 4
    latent_width: int = 160
    latent_blocks: int = 2
    widths: tuple[int, ...] = (96, 64, 48)
    sketch: bool = True
    encoder_width: int = 0
    whitening: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        assert 2 ** (len(self.widths) + 1) == self.space, (
            f"{len(self.widths)} widths serve space 2**{len(self.widths) + 1}"
        )

    @property
    def codec(self) -> Codec:
        return Codec(space=self.space, time=self.time, channels=self.channels)


@dataclass(frozen=True)
class CodecState:
    """What a chunk leaves to the next: whether the film has begun, and each causal convolution's last inputs."""

    begun: bool = False
    memory: tuple[Tensor | None, ...] = field(default=())


class VideoVAE(nn.Module):
    """`decode(encode(video))` ≈ video; `fit_pca(videos)` first. Video [B, 3, F, H, W] in [-1, 1], RGB."""

    def __init__(self, config: VideoVAEConfig):
        super().__init__()
        self.config = config
        patch = 3 * config.time * config.space**2
        self.register_buffer("patch_mean", torch.zeros(patch))
        self.register_buffer("basis", torch.eye(config.channels, patch))  # orthonormal rows
        self.register_buffer("latent_std", torch.ones(config.channels))
        self.encoder = EncoderBranch(config) if config.encoder_width else None
        self.decoder = DecoderBranch(config)

    def encode(self, video: Tensor) -> Tensor:
        """Video [B, 3, 1 + k * time, H, W] → latent [B, C, 1 + k, h, w] of about unit variance."""
        return self.encode_chunk(video, None)[0]

    def decode(self, latent: Tensor, sketch: Tensor | None = None) -> Tensor:
        """Latent [B, C, G, h, w] → video [B, 3, 1 + (G - 1) * time, H, W], not clamped.

        `sketch` has the video's shape; an all-zero (grey) sketch says the same as none.
        """
        return self.decode_chunk(latent, None, sketch)[0]

    def encode_chunk(self, video: Tensor, state: CodecState | None) -> tuple[Tensor, CodecState]:
        """The next pictures of a film: 1 + k * time of them when `state` is None, k * time later."""
        state = state or CodecState()
        self._check(video, begun=state.begun)
        latent = self.pca_latent(video, begun=state.begun)
        memory: tuple[Tensor | None, ...] = ()
        if self.encoder is not None:
            change, memory = self.encoder(self._groups(video, begun=state.begun), state.memory)
            latent = latent + change
        return latent, CodecState(begun=True, memory=memory)

    def decode_chunk(
        self, latent: Tensor, state: CodecState | None, sketch: Tensor | None = None
    ) -> tuple[Tensor, CodecState]:
        """The next latent frames of a film; `sketch` covers the same pictures as the result."""
        state = state or CodecState()
        change, memory = self.decoder(latent, state.memory, self._sketch_groups(sketch, begun=state.begun))
        groups = self._pca_pictures(latent) + change
        return self._pictures(groups, begun=state.begun), CodecState(begun=True, memory=memory)

    def pca_latent(self, video: Tensor, *, begun: bool = False) -> Tensor:
        """The encoder without its residual branch: one matrix product."""
        patches = self._patches(self._groups(video, begun=begun))
        with torch.autocast(video.device.type, enabled=False):  # the codec's one exact part
            latent = (patches - self.patch_mean) @ self.basis.T
        return (latent / self.latent_std).movedim(-1, 1)

    def pca_decode(self, latent: Tensor, *, begun: bool = False) -> Tensor:
        """The decoder without its residual branch: one matrix product; cheap enough for a loss or a preview."""
        return self._pictures(self._pca_pictures(latent), begun=begun)

    @torch.no_grad()
    def fit_pca(self, videos: Iterable[Tensor]) -> None:
        """Set basis and normalisation from batches [B, 3, F, H, W]: the best linear codec for their patches."""
        device, size = self.basis.device, self.basis.shape[1]
        # Summed in float64: the last components carry a ten-thousandth of the first one's variance.
        total = torch.zeros(size, device=device, dtype=torch.float64)
        outer, count = torch.zeros(size, size, device=device, dtype=torch.float64), 0
        for video in videos:
            patches = self._patches(self._groups(video.to(device), begun=False)).reshape(-1, size)
            total += patches.sum(dim=0)
            outer += patches.T @ patches
            count += len(patches)
        mean = total / count
        values, vectors = torch.linalg.eigh((outer / count - mean[:, None] * mean).float())
        spread = values[-self.config.channels :].flip(0).clamp(min=1e-8).sqrt()
        self.patch_mean.copy_(mean)
        self.basis.copy_(vectors[:, -self.config.channels :].flip(1).T)
        # Raw latents have mean 0 and this spread; divided by std they have variance 1 on average over the channels.
        std = spread**self.config.whitening
        self.latent_std.copy_(std * (spread / std).square().mean().sqrt())

    def _check(self, video: Tensor, *, begun: bool) -> None:
        num_frames, height, width = video.shape[2:]
        space, time = self.config.space, self.config.time
        if height % space or width % space:
            good = f"{-(-width // space) * space}x{-(-height // space) * space}"
            raise RequestError("size", f"{width}x{height}", f"the codec takes multiples of {space} pixels", good)
        if begun and num_frames % time:
            raise RequestError(
                "frames", num_frames, f"a later chunk holds k x {time} frames", -(-num_frames // time) * time
            )
        if not begun:
            self.config.codec.latent(num_frames, Size(width, height))

    def _groups(self, video: Tensor, *, begun: bool) -> Tensor:
        """[B, 3, F, H, W] → [B, 3, G, time, H, W]; the film's first picture fills a group of its own."""
        time = self.config.time
        if not begun:
            video = torch.cat([video[:, :, :1].expand(-1, -1, time - 1, -1, -1), video], dim=2)
        return video.unflatten(2, (-1, time))

    def _pictures(self, groups: Tensor, *, begun: bool) -> Tensor:
        """The inverse of `_groups`: the first group's pictures are one picture, their mean the best guess of it."""
        if begun:
            return groups.flatten(2, 3)
        return torch.cat([groups[:, :, 0].mean(dim=2, keepdim=True), groups[:, :, 1:].flatten(2, 3)], dim=2)

    def _sketch_groups(self, sketch: Tensor | None, *, begun: bool) -> Tensor | None:
        return None if sketch is None or not self.config.sketch else self._groups(sketch, begun=begun)

    def _patches(self, groups: Tensor) -> Tensor:
        """[B, 3, G, time, H, W] → [B, G, h, w, 3 * time * space * space]."""
        space = self.config.space
        cells = groups.unflatten(-1, (-1, space)).unflatten(-3, (-1, space))  # B 3 G t h s w s
        return cells.permute(0, 2, 4, 6, 1, 3, 5, 7).flatten(4)

    def _pca_pictures(self, latent: Tensor) -> Tensor:
        """[B, C, G, h, w] → [B, 3, G, time, H, W]."""
        with torch.autocast(latent.device.type, enabled=False):
            patches = (latent.movedim(1, -1) * self.latent_std) @ self.basis + self.patch_mean
        cells = patches.unflatten(-1, (3, self.config.time, self.config.space, self.config.space))  # B G h w 3 t s s
        return cells.permute(0, 4, 1, 5, 2, 6, 3, 7).flatten(-2).flatten(-3, -2)


class EncoderBranch(nn.Module):
    """What PCA misses, where the encoder is trained: 2-D strided convolutions, one causal step. Starts at zero."""

    def __init__(self, config: VideoVAEConfig):
        super().__init__()
        width, num_halvings = config.encoder_width, int(math.log2(config.space)) - 2
        self.stem = nn.Conv2d(48, width, 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(width, width, 3, stride=2, padding=1) for _ in range(num_halvings))
        self.fold = nn.Conv2d(config.time * width, width, 1)
        self.mix = CausalBlock(width)
        self.out = zeroed(nn.Conv3d(width, config.channels, 1))

    def forward(self, groups: Tensor, memory: tuple[Tensor | None, ...]) -> tuple[Tensor, tuple[Tensor | None, ...]]:
        """groups [B, 3, G, time, H, W] → change of the latent [B, C, G, h, w]."""
        batch, _, num_groups, time = groups.shape[:4]
        x = F.silu(self.stem(F.pixel_unshuffle(frames(groups), 4)))
        for layer in self.down:
            x = F.silu(layer(x))
        x = self.fold(x.unflatten(0, (batch * num_groups, time)).flatten(1, 2))
        x = x.unflatten(0, (batch, num_groups)).transpose(1, 2)
        x, kept = self.mix(x, memory[0] if memory else None)
        return self.out(x), (kept,)


class DecoderBranch(nn.Module):
    """Latent → what must be added to the PCA inverse. Starts at zero."""

    def __init__(self, config: VideoVAEConfig):
        super().__init__()
        self.time = config.time
        width = config.latent_width
        self.stem = nn.Conv3d(config.channels, width, 1)
        self.blocks = nn.ModuleList(CausalBlock(width) for _ in range(config.latent_blocks))
        self.unfold = nn.Conv3d(width, width * config.time, 1)
        self.levels = nn.ModuleList(Level(i, o) for i, o in zip((width, *config.widths), config.widths))
        # The two finest levels sit at 1/4 and 1/2: the sketch enters there, space-to-depth by 4 and by 2.
        finest = list(enumerate(config.widths))[-2:]
        self.sketch = nn.ModuleDict(
            {str(i): SketchSkip(2 ** (len(config.widths) - i), width) for i, width in finest} if config.sketch else {}
        )
        self.out = zeroed(nn.Conv2d(config.widths[-1], 12, 3, padding=1))

    def forward(
        self, latent: Tensor, memory: tuple[Tensor | None, ...], sketch: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor | None, ...]]:
        """latent [B, C, G, h, w], sketch [B, 3, G, time, H, W] or None → change [B, 3, G, time, H, W]."""
        x, kept = self.stem(latent), []
        for i, block in enumerate(self.blocks):
            x, past = block(x, memory[i] if memory else None)
            kept.append(past)
        x = frames(self.unfold(x).unflatten(1, (-1, self.time)).transpose(2, 3))
        for i, level in enumerate(self.levels):
            marks = self.sketch[str(i)](frames(sketch)) if sketch is not None and str(i) in self.sketch else None
            x = level(x, marks)
        x = F.pixel_shuffle(self.out(F.silu(x)), 2)
        return x.unflatten(0, (len(latent), -1, self.time)).permute(0, 3, 1, 2, 4, 5), tuple(kept)


class Level(nn.Module):
    """Twice the resolution, then one residual block; `marks` are the sketch's features."""

    def __init__(self, width_in: int, width: int):
        super().__init__()
        self.up = nn.Conv2d(width_in, 4 * width, 3, padding=1)
        self.norm = nn.GroupNorm(8, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor, marks: Tensor | None) -> Tensor:
        x = F.pixel_shuffle(self.up(x), 2)
        x = x if marks is None else x + marks
        return x + self.second(F.silu(self.first(F.silu(self.norm(x)))))


class SketchSkip(nn.Module):
    """Sketch features. No biases: a grey (zero) sketch adds exactly nothing, so dropping it is multiplying by 0."""

    def __init__(self, stride: int, width: int):
        super().__init__()
        self.stride = stride
        self.first = nn.Conv2d(3 * stride**2, width, 3, padding=1, bias=False)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)

    def forward(self, sketch: Tensor) -> Tensor:
        x = self.first(F.pixel_unshuffle(sketch, self.stride))
        return x + self.second(F.silu(x))


class CausalBlock(nn.Module):
    """x + convolutions over space, this latent frame and the two before it; returns what the next chunk needs."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.RMSNorm(width)
        self.first = nn.Conv3d(width, width, 3, padding=(0, 1, 1))
        self.second = nn.Conv3d(width, width, 1)

    def forward(self, x: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """x [B, width, G, h, w]; past [B, width, 2, h, w], None at the film's start (then zeros)."""
        y = F.silu(self.norm(x.movedim(1, -1)).movedim(-1, 1))
        y = torch.cat([torch.zeros_like(y[:, :, :1]).expand(-1, -1, 2, -1, -1) if past is None else past, y], dim=2)
        return x + self.second(F.silu(self.first(y))), y[:, :, -2:]


def frames(groups: Tensor) -> Tensor:
    """[B, C, G, time, H, W] → pictures [B * G * time, C, H, W], channels last: twice as fast on a CPU."""
    return groups.permute(0, 2, 3, 1, 4, 5).flatten(0, 2).contiguous(memory_format=torch.channels_last)


def zeroed(layer: nn.Module) -> nn.Module:
    """The layer with all parameters 0: a branch that ends in it starts without effect."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
