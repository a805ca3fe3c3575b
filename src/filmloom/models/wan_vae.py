"""The two public video autoencoders of Wan: 16 channels (Wan2.1, used by both A14B models) and 48 (Wan2.2 5B).

One latent frame stands for the film's first picture, each later one for four. Causal convolutions look at the two
frames before; three exceptions concern the first frame alone: the two temporal upsamplings neither double it nor see
it, the two temporal halvings let it pass. Whole and chunked coding are the same function; a chunk leaves a
`CodecState` to the next, and no layer of the decoder sees more frames at once than the chunk has latent frames, so
that a film of any length needs the memory of one picture and of what the convolutions remember.

B batch, C channels, F frames, G latent frames, H W pixels, h w latent cells, `cells` pictures folded by `patch`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.core.errors import RequestError
from filmloom.core.types import Codec, Size
from filmloom.kernels.attention import attention
from filmloom.models.video_vae import CodecState

# Per channel, published beside the weights; a latent is (posterior mean - mean) / std.
MEAN_16 = (
    *(-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508),
    *(0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921),
)
STD_16 = (
    *(2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743),
    *(3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160),
)
MEAN_48 = (
    *(-0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174, 0.1838, 0.1557, -0.1382, 0.0542, 0.2813, 0.0891),
    *(0.1570, -0.0098, 0.0375, -0.1825, -0.2246, -0.1207, -0.0698, 0.5109, 0.2665, -0.2108, -0.2158, 0.2502),
    *(-0.2055, -0.0322, 0.1109, 0.1567, -0.0729, 0.0899, -0.2799, -0.1230, -0.0313, -0.1649, 0.0117, 0.0723),
    *(-0.2839, -0.2083, -0.0520, 0.3748, 0.0152, 0.1957, 0.1433, -0.2944, 0.3573, -0.0548, -0.1681, -0.0667),
)
STD_48 = (
    *(0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.4990, 0.4818, 0.5013, 0.8158, 1.0344, 0.5894, 1.0901),
    *(0.6885, 0.6165, 0.8454, 0.4978, 0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659),
    *(0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866, 0.4093, 0.5709, 0.6065, 0.6415, 0.4944),
    *(0.5726, 1.2042, 0.5458, 1.6887, 0.3971, 1.0600, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744),
)


@dataclass(frozen=True, kw_only=True)
class WanVAEConfig:
    """Stage i of the encoder has `width * multipliers[i]` channels, the decoder's the same in reverse.

    Between two stages the picture is halved, where `halve_time` says so with its frames. `patch` pixels squared are
    folded into channels outside of both. `stage_shortcuts`: each stage adds its input, averaged down or repeated up;
    without them the decoder's upsampling halves the channels.
    """

    channels: int = 16
    width: int = 96
    decoder_width: int = 96
    multipliers: tuple[int, ...] = (1, 2, 4, 4)
    num_blocks: int = 2
    halve_time: tuple[bool, ...] = (False, True, True)
    patch: int = 1
    stage_shortcuts: bool = False
    mean: tuple[float, ...] = MEAN_16
    std: tuple[float, ...] = STD_16

    def __post_init__(self) -> None:
        for name in ("multipliers", "halve_time", "mean", "std"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        assert len(self.halve_time) == len(self.multipliers) - 1, f"{self.halve_time} between {self.multipliers}"
        assert len(self.mean) == len(self.std) == self.channels, f"{self.channels} channels want as many mean and std"

    @property
    def codec(self) -> Codec:
        space = self.patch * 2 ** len(self.halve_time)
        return Codec(space=space, time=2 ** sum(self.halve_time), channels=self.channels)

    @property
    def down_stages(self) -> list[StageShape]:
        """The encoder's stages, finest first."""
        widths = [self.width * m for m in (1, *self.multipliers)]
        steps = [*self.halve_time, None]
        return [StageShape(i, o, o, self.num_blocks, time) for i, o, time in zip(widths, widths[1:], steps)]

    @property
    def up_stages(self) -> list[StageShape]:
        """The decoder's stages, coarsest first; one residual block more than the encoder's."""
        widths = [self.decoder_width * m for m in (self.multipliers[-1], *reversed(self.multipliers))]
        share = 1 if self.stage_shortcuts else 2
        enter = [widths[0], *(width // share for width in widths[1:-1])]
        leave = [*(width // share for width in widths[1:-1]), widths[-1]]
        steps = [*reversed(self.halve_time), None]
        return [
            StageShape(*channels, self.num_blocks + 1, time) for *channels, time in zip(enter, widths[1:], leave, steps)
        ]


@dataclass(frozen=True)
class StageShape:
    """Channels that enter a stage, that its blocks have, and that leave it; `time`: does its resampling change the
    number of frames? None: the stage has no resampling."""

    enter: int
    width: int
    leave: int
    num_blocks: int
    time: bool | None


WAN21 = WanVAEConfig()
WAN22 = WanVAEConfig(channels=48, width=160, decoder_width=256, patch=2, stage_shortcuts=True, mean=MEAN_48, std=STD_48)


class WanVAE(nn.Module):
    """`decode(encode(video))` ≈ video. Video [B, 3, F, H, W] in [-1, 1] RGB; latents of about unit variance.

    Run it under `torch.no_grad()`: activations are then overwritten as soon as nobody needs them. Latents are at
    least float32 whatever the weights' type; pictures have the weights' type.
    """

    def __init__(self, config: WanVAEConfig):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.to_moments = nn.Conv3d(2 * config.channels, 2 * config.channels, 1)
        self.from_latent = nn.Conv3d(config.channels, config.channels, 1)
        self.decoder = Decoder(config)

    @property
    def codec(self) -> Codec:
        return self.config.codec

    def encode(self, video: Tensor, *, chunk: int = 1) -> Tensor:
        """Video [B, 3, 1 + k * time, H, W] → latent [B, C, 1 + k, h, w], the posterior's mean, normalised.

        `chunk` latent frames at a time: memory and speed depend on it, the result does not.
        """
        assert chunk > 0, f"chunk is {chunk}"
        self._check(video, begun=False)
        time, memory = self.codec.time, Memory(None)
        stops = [*range(1 + (chunk - 1) * time, video.shape[2], chunk * time), video.shape[2]]
        parts = [self._latent(video[:, :, start:stop], memory) for start, stop in pairwise([0, *stops])]
        return torch.cat(parts, dim=2)

    def decode(self, latent: Tensor, *, chunk: int = 1) -> Tensor:
        """Latent [B, C, G, h, w] → video [B, 3, 1 + (G - 1) * time, H, W], `chunk` latent frames at a time."""
        return torch.cat(list(self.decode_stream(latent, chunk=chunk)), dim=2)

    def decode_stream(self, latent: Tensor, *, chunk: int = 1) -> Iterator[Tensor]:
        """The film piece by piece: 1 + (chunk - 1) * time pictures, then chunk * time at a time.

        Holds one set of memories; a loop over `decode_chunk` holds two, the state before and the state after.
        """
        # Not a loop: its variable would hold each piece while the next is decoded.
        return map(lambda cells: pictures(cells, self.config.patch), self.decode_cells(latent, chunk=chunk))

    def encode_chunk(self, video: Tensor, state: CodecState | None) -> tuple[Tensor, CodecState]:
        """The next pictures of a film: 1 + k * time of them when `state` is None, k * time later."""
        self._check(video, begun=state is not None and state.begun)
        memory = Memory(state)
        return self._latent(video, memory), memory.state()

    def decode_chunk(self, latent: Tensor, state: CodecState | None) -> tuple[Tensor, CodecState]:
        """The next latent frames of a film, any number."""
        memory = Memory(state)
        cells = self.decoder(self._raw(latent), memory, at_once=latent.shape[2])
        return pictures(cells, self.config.patch), memory.state()

    def decode_cells(self, latent: Tensor, *, chunk: int = 1) -> Iterator[Tensor]:
        """`decode_stream` before clamping and unfolding: [B, 3 * patch², frames, H / patch, W / patch]."""
        assert chunk > 0, f"chunk is {chunk}"
        memory = Memory(None)
        for part in latent.split(chunk, dim=2):
            yield self.decoder(self._raw(part), memory, at_once=chunk)

    def _latent(self, video: Tensor, memory: Memory) -> Tensor:
        """The posterior's mean, normalised; its variance is not used."""
        moments = self.encoder(folded(video.to(self.from_latent.weight.dtype), self.config.patch), memory)
        mean = at_least_float32(self.to_moments(moments)[:, : self.config.channels])
        return (mean - per_channel(self.config.mean, mean)) / per_channel(self.config.std, mean)

    def _raw(self, latent: Tensor) -> Tensor:
        """Normalised latent → what the decoder reads."""
        assert latent.shape[1] == self.config.channels, f"{tuple(latent.shape)} for {self.config.channels} channels"
        latent = at_least_float32(latent)
        raw = latent * per_channel(self.config.std, latent) + per_channel(self.config.mean, latent)
        return self.from_latent(raw.to(self.from_latent.weight.dtype))

    def _check(self, video: Tensor, *, begun: bool) -> None:
        num_frames, height, width = video.shape[2:]
        space, time = self.codec.space, self.codec.time
        if height % space or width % space:
            good = self.codec.padded(Size(width, height))
            raise RequestError("size", f"{width}x{height}", f"the codec takes multiples of {space} pixels", good)
        if begun and (num_frames % time or not num_frames):
            good = max(1, round(num_frames / time)) * time
            raise RequestError("frames", num_frames, f"a later chunk holds k x {time} frames", good)
        if not begun:
            self.codec.latent(num_frames, Size(width, height))


class Encoder(nn.Module):
    """Folded pictures [B, 3 * patch², F, H, W] → both moments [B, 2 C, G, h, w]."""

    def __init__(self, config: WanVAEConfig):
        super().__init__()
        width = config.width * config.multipliers[-1]
        self.conv_in = CausalConv(3 * config.patch**2, config.width, 3)
        self.stages = nn.ModuleList(DownStage(shape, config.stage_shortcuts) for shape in config.down_stages)
        self.middle = nn.ModuleList([Block(width, width), Attention(width), Block(width, width)])
        self.norm_out = Norm(width)
        self.conv_out = CausalConv(width, 2 * config.channels, 3)
        number_the_convolutions(self)

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        x = self.conv_in(memory.window(self.conv_in, x))
        for stage in self.stages:
            entered = x if stage.shortcut else None
            for block in stage.blocks:
                x = block(x, memory)
            if stage.down is not None:
                x = stage.down(x, memory)
            if entered is not None:
                x = x.add_(averaged(entered, x.shape[1], stage.time, stage.space))
        entered = None
        for layer in self.middle:
            x = layer(x, memory)
        x = memory.window(self.conv_out, activated(self.norm_out, x, overwrite=True))
        return self.conv_out(x)


class Decoder(nn.Module):
    """Latent [B, C, G, h, w] → folded pictures [B, 3 * patch², F, H, W]."""

    def __init__(self, config: WanVAEConfig):
        super().__init__()
        width = config.decoder_width * config.multipliers[-1]
        self.conv_in = CausalConv(config.channels, width, 3)
        self.middle = nn.ModuleList([Block(width, width), Attention(width), Block(width, width)])
        self.stages = nn.ModuleList(UpStage(shape, config.stage_shortcuts) for shape in config.up_stages)
        self.norm_out = Norm(config.decoder_width * config.multipliers[0])
        self.conv_out = CausalConv(config.decoder_width * config.multipliers[0], 3 * config.patch**2, 3)
        number_the_convolutions(self)

    def forward(self, x: Tensor, memory: Memory, *, at_once: int) -> Tensor:
        """`at_once`: the most frames that a layer may see."""
        x = self.conv_in(memory.window(self.conv_in, x))
        for layer in self.middle:
            x = layer(x, memory)
        return self.rise(x, 0, memory, at_once)

    def rise(self, x: Tensor, first: int, memory: Memory, at_once: int) -> Tensor:
        """The stages from `first` on and the head. What a stage doubled is carried to the end part by part."""
        for i, stage in enumerate(self.stages[first:], first):
            entered = x if stage.shortcut else None
            for block in stage.blocks:
                x = block(x, memory)
            if stage.up is not None:
                x = stage.up(x, memory)
            if entered is not None:
                x = add_repeated(x, entered, stage.time)
            entered = None
            if x.shape[2] > at_once:
                return torch.cat([self.rise(part, i + 1, memory, at_once) for part in x.split(at_once, dim=2)], dim=2)
        x = memory.window(self.conv_out, activated(self.norm_out, x, overwrite=True))
        return self.conv_out(x)


class DownStage(nn.Module):
    """Residual blocks, then half the size. Walked by the encoder, which lets go of each input as soon as it can."""

    def __init__(self, shape: StageShape, shortcut: bool):
        super().__init__()
        self.shortcut, self.time, self.space = shortcut, 2 if shape.time else 1, 1 if shape.time is None else 2
        self.blocks = blocks(shape)
        self.down = None if shape.time is None else Down(shape.width, time=shape.time)


class UpStage(nn.Module):
    """Residual blocks, then twice the size. The last stage has neither resampling nor a shortcut."""

    def __init__(self, shape: StageShape, shortcut: bool):
        super().__init__()
        self.shortcut, self.time = shortcut and shape.time is not None, 2 if shape.time else 1
        self.blocks = blocks(shape)
        self.up = None if shape.time is None else Up(shape.width, shape.leave, time=shape.time)


def blocks(shape: StageShape) -> nn.ModuleList:
    enter = [shape.enter] + [shape.width] * (shape.num_blocks - 1)
    return nn.ModuleList(Block(width, shape.width) for width in enter)


class Block(nn.Module):
    """x + two causal convolutions of its normalised self."""

    def __init__(self, enter: int, width: int):
        super().__init__()
        self.norm1 = Norm(enter)
        self.conv1 = CausalConv(enter, width, 3)
        self.norm2 = Norm(width)
        self.conv2 = CausalConv(width, width, 3)
        self.shortcut = None if enter == width else nn.Conv3d(enter, width, 1)

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        # Written so that nothing but x, a window and one convolution's result is ever alive together.
        y = self.conv1(memory.window(self.conv1, activated(self.norm1, x)))
        y = memory.window(self.conv2, activated(self.norm2, y, overwrite=True))
        y = self.conv2(y)
        return y.add_(x if self.shortcut is None else self.shortcut(x))


class Attention(nn.Module):
    """x + attention within each frame, one head."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = Norm(width, num_axes=2)
        self.to_qkv = nn.Conv2d(width, 3 * width, 1)
        self.proj = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        tokens = frames(self.norm(x)).flatten(2).transpose(1, 2).contiguous()  # [B F, h w, C]
        parts = F.linear(tokens, self.to_qkv.weight.flatten(1), self.to_qkv.bias).unsqueeze(2).chunk(3, dim=-1)
        tokens = F.linear(attention(*parts), self.proj.weight.flatten(1), self.proj.bias)
        return x + film(tokens.transpose(1, 2).unflatten(2, x.shape[3:]), len(x))


class Down(nn.Module):
    """Half the size, then, where `time`, half the frames; the film's first frame passes and is seen by the next."""

    def __init__(self, width: int, *, time: bool):
        super().__init__()
        self.space = nn.Conv2d(width, width, 3, stride=2)
        self.time = CausalConv(width, width, (3, 1, 1), stride=2) if time else None

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        # Zeros on the right and the bottom only, as it was trained: symmetric padding shifts the picture.
        x = film(self.space(F.pad(frames(x), (0, 1, 0, 1))), len(x))
        return x if self.time is None else self.halved(x, memory)

    def halved(self, x: Tensor, memory: Memory) -> Tensor:
        begun = memory.of(self.time) is not None
        window = torch.cat([memory.of(self.time), x], dim=2) if begun else x
        memory.keep(self.time, window[:, :, -1:])
        later = self.time(window) if window.shape[2] > 2 else window[:, :, :0]
        return later if begun else torch.cat([x[:, :, :1], later], dim=2)


class Up(nn.Module):
    """Where `time`, twice the frames but for the film's first, which is not seen by the next; then twice the size."""

    def __init__(self, width: int, leave: int, *, time: bool):
        super().__init__()
        self.space = nn.Conv2d(width, leave, 3, padding=1)
        self.time = CausalConv(width, 2 * width, (3, 1, 1)) if time else None

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        num = len(x)
        x = frames(x if self.time is None else self.doubled(x, memory))
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        return film(self.space(x), num)

    def doubled(self, x: Tensor, memory: Memory) -> Tensor:
        first = None
        if memory.of(self.time) is None:
            first, x = x[:, :, :1], x[:, :, 1:]
        x = memory.window(self.time, x)
        if x.shape[2] == 2:
            return first  # the film's first frame, alone in this chunk
        x = self.time(x)
        # The convolution's first half of channels is the even frame of each pair, the second half the odd one.
        x = x.unflatten(1, (2, -1)).permute(0, 2, 3, 1, 4, 5).flatten(2, 3)
        return x if first is None else torch.cat([first, x], dim=2)


class CausalConv(nn.Conv3d):
    """Padded in space only: it is given the two frames before, by `Memory.window`."""

    slot: int

    def __init__(self, enter: int, leave: int, kernel: int | tuple[int, int, int], *, stride: int = 1):
        kernel = (kernel,) * 3 if isinstance(kernel, int) else kernel
        padding = (0, kernel[1] // 2, kernel[2] // 2)
        super().__init__(enter, leave, kernel, stride=(stride, 1, 1), padding=padding)


class Norm(nn.Module):
    """x √C gamma / ‖x‖ over the channels: the length has no epsilon but a floor, unlike an RMS norm's. In float32."""

    def __init__(self, width: int, *, num_axes: int = 3):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width, *[1] * num_axes))

    def forward(self, x: Tensor, *, overwrite: bool = False) -> Tensor:
        """x [B, C, F, H, W]; `overwrite` x itself if gradients are off."""
        gamma = self.gamma.view(-1, 1, 1, 1)
        wide = torch.promote_types(x.dtype, torch.float32)
        scale = x.shape[1] ** 0.5 / torch.linalg.vector_norm(x, dim=1, keepdim=True, dtype=wide).clamp_min(1e-12)
        if torch.is_grad_enabled():
            return (x * scale).to(x.dtype) * gamma
        return torch.mul(x, scale, out=x if overwrite else torch.empty_like(x)).mul_(gamma)


class Memory:
    """A `CodecState` open for writing: the last inputs of each causal convolution, replaced as a chunk walks by."""

    def __init__(self, state: CodecState | None):
        self.slots: dict[int, Tensor] = {} if state is None else dict(enumerate(state.memory))

    def state(self) -> CodecState:
        return CodecState(begun=True, memory=tuple(self.slots[slot] for slot in range(len(self.slots))))

    def of(self, conv: CausalConv) -> Tensor | None:
        return self.slots.get(conv.slot)

    def keep(self, conv: CausalConv, last: Tensor) -> None:
        self.slots.pop(conv.slot, None)  # before the copy, so that both are never held
        self.slots[conv.slot] = last.clone(memory_format=torch.contiguous_format)  # a view would hold the whole chunk

    def window(self, conv: CausalConv, x: Tensor) -> Tensor:
        """x after the two frames before it, zeros before the film's first; remembers the last two."""
        past = self.of(conv)
        if past is None:
            past = x.new_zeros(1).expand(*x.shape[:2], 2, *x.shape[3:])
        x = torch.cat([past, x], dim=2)
        del past
        self.keep(conv, x[:, :, -2:])
        return x


@dataclass(frozen=True, kw_only=True)
class Tiling:
    """Pictures cut into squares of `tile` pixels every `stride`; their overlap is blended. Changes results a little.

    It divides what the convolutions remember by the number of tiles, at 1.8 times the work. The numbers and the order
    of blending are those of diffusers.
    """

    tile: int = 256
    stride: int = 192


def decode_tiled(vae: WanVAE, latent: Tensor, tiling: Tiling | None = None, *, chunk: int = 1) -> Tensor:
    """`vae.decode`, one square of the picture after the other."""
    tiling, patch, space = tiling or Tiling(), vae.config.patch, vae.codec.space
    read = TileSizes(tiling.tile // space, tiling.stride // space)
    write = TileSizes(tiling.tile // patch, tiling.stride // patch)
    if max(latent.shape[3:]) <= read.tile:
        return vae.decode(latent, chunk=chunk)
    decode = lambda part: torch.cat(list(vae.decode_cells(part, chunk=chunk)), dim=2)  # noqa: E731
    return pictures(tiled(decode, latent, read=read, write=write), patch)


def encode_tiled(vae: WanVAE, video: Tensor, tiling: Tiling | None = None, *, chunk: int = 1) -> Tensor:
    """`vae.encode`, one square of the picture after the other.

    Sizes count folded pixels here: with `patch` 2 a square covers twice `tile` pixels of the film, as in diffusers.
    """
    tiling, patch = tiling or Tiling(), vae.config.patch
    if max(video.shape[3:]) <= tiling.tile:
        return vae.encode(video, chunk=chunk)
    shrink = vae.codec.space // patch
    read = TileSizes(tiling.tile * patch, tiling.stride * patch)
    write = TileSizes(tiling.tile // shrink, tiling.stride // shrink)
    return tiled(lambda part: vae.encode(part, chunk=chunk), video, read=read, write=write)


@dataclass(frozen=True)
class TileSizes:
    tile: int
    stride: int

    def starts(self, length: int) -> range:
        return range(0, length, self.stride)


def tiled(code: Callable[[Tensor], Tensor], x: Tensor, *, read: TileSizes, write: TileSizes) -> Tensor:
    """`code` of each tile of x [B, C, F, h, w], blended with the tile above, then with the left one."""
    height, width = x.shape[3:]
    overlap, rows, above = write.tile - write.stride, [], {}
    for top in read.starts(height):
        row, left = [], None
        for start in read.starts(width):
            tile = code(x[..., top : top + read.tile, start : start + read.tile])
            tile = blended(above.get(start), tile, overlap, axis=3)
            tile = blended(left, tile, overlap, axis=4)
            above[start], left = tile[..., -overlap:, :].clone(), tile[..., -overlap:].clone()
            row.append(tile[..., : write.stride, : write.stride].clone())
        rows.append(torch.cat(row, dim=4))
    return torch.cat(rows, dim=3)


def blended(before: Tensor | None, tile: Tensor, overlap: int, *, axis: int) -> Tensor:
    """The first cells of `tile` faded in over the last of the tile before it."""
    if before is None:
        return tile
    num = min(before.shape[axis], tile.shape[axis], overlap)
    weight = torch.arange(num, dtype=tile.dtype, device=tile.device) / num
    weight = weight.view(-1, 1) if axis == 3 else weight
    faded = torch.lerp(before.narrow(axis, before.shape[axis] - num, num), tile.narrow(axis, 0, num), weight)
    return torch.cat([faded, tile.narrow(axis, num, tile.shape[axis] - num)], dim=axis)


def averaged(x: Tensor, width: int, time: int, space: int) -> Tensor:
    """The encoder's shortcut: space and time folded into channels, neighbours among them averaged down to `width`.

    An odd number of frames is the film's start and gets a black one before it.
    """
    if missing := -x.shape[2] % time:
        x = F.pad(x, (0, 0, 0, 0, missing, 0))
    x = x.unflatten(4, (-1, space)).unflatten(3, (-1, space)).unflatten(2, (-1, time))  # B C f t h s w s
    return x.permute(0, 1, 3, 5, 7, 2, 4, 6).flatten(1, 4).unflatten(1, (width, -1)).mean(dim=2)


def add_repeated(x: Tensor, entered: Tensor, time: int) -> Tensor:
    """The decoder's shortcut, added to x in place: channels of `entered` unfolded into time and space.

    With all channels repeated often enough, [B, (C time 2 2), f, h, w] is read as frames and pixels of x; here each
    of these 4 or 8 positions is added where it belongs, without the repeated copy. The film's first frame was not
    doubled, so the earlier of its two copies is left out.
    """
    surplus, num = time * entered.shape[2] - x.shape[2], entered.shape[1] // x.shape[1]
    for position, (t, row, column) in enumerate(product(range(time), (0, 1), (0, 1))):
        channels = entered[:, position * num // (4 * time) :: num]
        late = t < surplus
        x[:, :, t - surplus + late * time :: time, row::2, column::2] += channels[:, :, late:]
    return x


def activated(norm: Norm, x: Tensor, *, overwrite: bool = False) -> Tensor:
    return F.silu(norm(x, overwrite=overwrite), inplace=not torch.is_grad_enabled())


def folded(video: Tensor, patch: int) -> Tensor:
    """[B, c, F, H, W] → [B, c patch², F, H / patch, W / patch]; the column offset varies slower than the row's."""
    if patch == 1:
        return video
    cells = video.unflatten(4, (-1, patch)).unflatten(3, (-1, patch))  # B c F h q w r
    return cells.permute(0, 1, 6, 4, 2, 3, 5).flatten(1, 3)


def pictures(cells: Tensor, patch: int) -> Tensor:
    """The inverse of `folded`, clamped to [-1, 1]; overwrites its input if gradients are off."""
    if patch > 1:
        cells = cells.unflatten(1, (-1, patch, patch)).permute(0, 1, 4, 5, 3, 6, 2).flatten(5, 6).flatten(3, 4)
    return cells.clamp(-1, 1) if torch.is_grad_enabled() else cells.clamp_(-1, 1)


def frames(x: Tensor) -> Tensor:
    """[B, C, F, H, W] → [B F, C, H, W]."""
    return x.transpose(1, 2).flatten(0, 1)


def film(x: Tensor, num: int) -> Tensor:
    """The inverse of `frames`: `num` films."""
    return x.unflatten(0, (num, -1)).transpose(1, 2)


def number_the_convolutions(part: nn.Module) -> None:
    """Each causal convolution's place in a `CodecState`."""
    for slot, conv in enumerate(conv for conv in part.modules() if isinstance(conv, CausalConv)):
        conv.slot = slot


def at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


def per_channel(values: tuple[float, ...], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(-1, 1, 1, 1)
