"""Bytes that coding a film takes beside the weights, from the sizes alone: what `models/wan_vae.py` holds at its worst.

Each function follows the one of the same name there and adds up the tensors that are alive together, once the film
has begun (the first chunk takes less). One film at a time, gradients off. Not counted: weights, the film and its
latent, what a convolution's library asks for, and, where the picture is tiled, the tiles' films until they are joined.

Sizes are numbers of elements; n frames of `area` cells at a layer's input.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from filmloom.core.types import Size
from filmloom.models.wan_vae import StageShape, Tiling, WanVAEConfig


@dataclass(frozen=True)
class Footprint:
    """Bytes. `cache`: what the causal convolutions remember between chunks; `working`: the most that comes on top.

    A loop over `encode_chunk` or `decode_chunk` holds the cache twice: the state before and the state after.
    """

    cache: int
    working: int

    @property
    def peak(self) -> int:
        return self.cache + self.working


@dataclass(frozen=True)
class Footprints:
    encode: Footprint
    decode: Footprint


def peak_bytes(
    config: WanVAEConfig,
    size: Size,
    *,
    chunk: int = 1,
    dtype: torch.dtype = torch.float32,
    tiling: Tiling | None = None,
) -> Footprints:
    """Of `WanVAE.encode` and `WanVAE.decode_stream` in pictures of `size`, `chunk` latent frames at a time.

    `tiling`: of `encode_tiled` and `decode_tiled`.
    """
    encoded = decoded = config.codec.padded(size)
    if tiling is not None:
        decoded = within(decoded, tiling.tile)
        encoded = within(encoded, tiling.tile * config.patch)
    encode = (encoder_cache(config, encoded), encoder_working(config, encoded, chunk, folds=dtype != torch.float32))
    decode = (decoder_cache(config, decoded), decoder_working(config, decoded, chunk))
    return Footprints(*(Footprint(*(round(number * dtype.itemsize) for number in pair)) for pair in (encode, decode)))


def within(size: Size, side: int) -> Size:
    return Size(min(size.width, side), min(size.height, side))


def encoder_cache(config: WanVAEConfig, size: Size) -> int:
    area = cells(config, size)
    total = 2 * 3 * config.patch**2 * area
    for stage in config.down_stages:
        total += blocks_cache(stage, area)
        area = area // 4 if stage.time is not None else area
        total += stage.width * area if stage.time else 0
    return total + ends_cache(config.width * config.multipliers[-1], area)


def decoder_cache(config: WanVAEConfig, size: Size) -> int:
    area = latent_cells(config, size)
    total = 2 * config.channels * area + ends_cache(config.decoder_width * config.multipliers[-1], area)
    total -= 2 * config.decoder_width * config.multipliers[-1] * area  # the last convolution sits at the finest level
    for stage in config.up_stages:
        total += blocks_cache(stage, area)
        total += 2 * stage.width * area if stage.time else 0
        area = 4 * area if stage.time is not None else area
    return total + 2 * config.decoder_width * config.multipliers[0] * area


def blocks_cache(stage: StageShape, area: int) -> int:
    """Two frames before each convolution of each block."""
    return 2 * (stage.enter + (2 * stage.num_blocks - 1) * stage.width) * area


def ends_cache(width: int, area: int) -> int:
    """Both middle blocks and one convolution after them."""
    return 2 * 5 * width * area


def encoder_working(config: WanVAEConfig, size: Size, chunk: int, *, folds: bool) -> int:
    n, area, colours = config.codec.time * chunk, cells(config, size), 3 * config.patch**2
    copied = colours * n * area if folds or config.patch > 1 else 0
    worst = colours * (n + 2) * area + config.width * n * area
    for stage in config.down_stages:
        entered = stage.enter * n * area if config.stage_shortcuts else 0
        worst = max(worst, blocks(stage, n, area, entered))
        if stage.time is not None:
            worst = max(worst, down(stage, n, area) + entered)
        left = stage.width * (n // 2 if stage.time else n) * (area // 4 if stage.time is not None else area)
        if config.stage_shortcuts:
            worst = max(worst, averaged(stage, n, area) + entered + left)
        n, area = n // 2 if stage.time else n, area // 4 if stage.time is not None else area
    width = config.width * config.multipliers[-1]
    worst = max(worst, block(width, width, n, area), attention(width, n, area), width * (2 * n + 2) * area)
    return copied + worst


def decoder_working(config: WanVAEConfig, size: Size, chunk: int) -> int:
    area, width = latent_cells(config, size), config.decoder_width * config.multipliers[-1]
    raw = config.channels * chunk * area
    entry = config.channels * (chunk + 2) * area + width * chunk * area
    middle = max(block(width, width, chunk, area), attention(width, chunk, area))
    top = width * chunk * area  # `forward` holds the middle's result while the stages rise
    worst, made = rise(config, config.up_stages, chunk, chunk, area)
    folded = 3 * config.patch**2 * made
    unfolded = 2 * folded - raw if config.patch > 1 else 0  # by then nothing else is held
    return raw + max(entry, middle, top + worst, unfolded)


def rise(config: WanVAEConfig, stages: list[StageShape], n: int, at_once: int, area: int) -> tuple[int, int]:
    """The most that `stages` and the head hold beside their input, and how many cells of pictures they make.

    The caller holds the input all the time: the middle's result, or the frames of which this is a part.
    """
    worst, colours = 0, 3 * config.patch**2
    for i, stage in enumerate(stages):
        entered = stage.enter * n * area
        shortcut = config.stage_shortcuts and stage.time is not None and i > 0
        worst = max(worst, blocks(stage, n, area, entered if shortcut else 0) - (0 if i else entered))
        if stage.time is not None:
            worst = max(worst, up(stage, n, area) + (entered if shortcut else 0))
        n, area = 2 * n if stage.time else n, 4 * area if stage.time is not None else area
        if n > at_once:
            held, made = rise(config, stages[i + 1 :], at_once, at_once, area)
            whole, parts = stage.leave * n * area, n // at_once
            last = whole + colours * made * (parts - 1) + held  # pictures of the parts before wait
            joined = whole + 2 * colours * made * parts
            return max(worst, last, joined), made * parts
    return max(worst, stages[-1].leave * (2 * n + 2) * area), n * area


def blocks(stage: StageShape, n: int, area: int, entered: int) -> int:
    """`entered` is held on for the shortcut, but while the first block runs it is that block's own input."""
    first = block(stage.enter, stage.width, n, area)
    return max(first, block(stage.width, stage.width, n, area) + entered) if stage.num_blocks > 1 else first


def block(enter: int, width: int, n: int, area: int) -> int:
    """The input, and one of: it normalised beside its window; a window beside a convolution's result; twice that."""
    normed = enter * n + enter * (n + 2)
    first = enter * (n + 2) + width * n
    second = width * n + width * (n + 2)
    shortcut = 2 * width * n if enter != width else 0
    return (enter * n + max(normed, first, second, shortcut)) * area


def attention(width: int, n: int, area: int) -> int:
    """The input; tokens, their three projections, the attended ones, those projected."""
    return (1 + 1 + 3 + 1 + 1) * width * n * area


def down(stage: StageShape, n: int, area: int) -> int:
    padded, smaller = stage.width * n * area, stage.width * n * area // 4
    in_space = stage.width * n * area + padded + smaller
    in_time = 2 * smaller + stage.width * area // 4 + smaller // 2 if stage.time else 0
    return max(in_space, stage.width * n * area + in_time)


def up(stage: StageShape, n: int, area: int) -> int:
    """The input; its window beside twice the channels; those beside their copy in order; enlarged; convolved."""
    entered, made = stage.width * n * area, n
    doubling = 0
    if stage.time:
        made = 2 * n
        doubling = stage.width * (n + 2) * area + stage.width * made * area
        doubling = max(doubling, 2 * stage.width * made * area if n > 1 else 0)
    before = stage.width * made * area if stage.time else 0
    enlarged = 4 * stage.width * made * area
    return entered + max(doubling, before + enlarged, enlarged + 4 * stage.leave * made * area)


def averaged(stage: StageShape, n: int, area: int) -> int:
    """The shortcut's folded copy beside its average."""
    shrunk = (n // 2 if stage.time else n) * (area // 4 if stage.time is not None else area)
    return stage.enter * n * area + stage.width * shrunk


def cells(config: WanVAEConfig, size: Size) -> int:
    return size.width * size.height // config.patch**2


def latent_cells(config: WanVAEConfig, size: Size) -> int:
    return size.width * size.height // config.codec.space**2
