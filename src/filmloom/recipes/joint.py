"""Decoder, interpolator and upsampler tuned together, on what each really gets from the one before it.

Key frames are decoded, the picture between two of them is made from those, a key frame is enlarged with its caption;
the whole sequence is held to move as the scene does (flow-guided loss with exact flow and occlusion).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.core.png import grid
from filmloom.data.film_set import FilmSet, to_signed
from filmloom.models.interpolator import Interpolator
from filmloom.models.upsampler import Upsampler
from filmloom.models.video_vae import VideoVAE
from filmloom.recipes.film_set import opened
from filmloom.recipes.recogniser import cropped, picture
from filmloom.recipes.run import Run, load_part, record
from filmloom.recipes.sizes import Mini
from filmloom.recipes.upsampler import CROP, TEXT_SHARE, bicubic, middle, told
from filmloom.training.losses import guided_flow_loss, pixel_loss, psnr, subject_weight
from filmloom.training.trainer import Moment, Result, Stage

NUM_KEYS = 5  # key frames decoded per sample: the first picture and one group of four
NAMES = ("video", "sketch", "mask", "flow", "known", "picture", "key")
SKETCH_SHARE = 0.5
WEIGHTS = {"keys": 1.0, "between": 1.0, "steadiness": 2.0, "enlarged": 1.0}


@dataclass(frozen=True)
class Batch:
    """`video` [B, 3, 9, H, W] at twice the key rate, `sketch` [B, 3, 5, H, W], `mask`; `flow`, `known` between frames.

    `picture` [B, 3, s H, s W] is key frame `shown` at full size, `pooled` its caption; `corner`: of its crop, in small
    pixels.
    """

    video: Tensor
    sketch: Tensor
    mask: Tensor
    flow: Tensor
    known: Tensor
    picture: Tensor
    pooled: Tensor
    shown: int
    corner: tuple[int, int]


@dataclass(frozen=True)
class Made:
    """`sequence` [B, 3, 9, H, W]: decoded key frames and the pictures between; `crop` enlarged and its `truth`."""

    sequence: Tensor
    crop: Tensor
    truth: Tensor


def joint(run: Run) -> Result:
    """Tune `video_vae` (its decoder), `interpolator` and `upsampler` together."""
    batch_size = run.mini.pick(1, 2, 12)
    films = opened(run, "joint")
    pooled = told(run, films).to(run.device)
    if run.device != "cpu":
        films = films.resident(run.device, NAMES)
    num_tests = max(1, min(8, len(films) // 8))
    parts = nn.ModuleDict(
        {
            "video_vae": VideoVAE(run.mini.video_vae),
            "interpolator": Interpolator(run.mini.interpolator),
            "upsampler": Upsampler(run.mini.upsampler),
        }
    )
    for name, part in parts.items():
        load_part(run, name, part, without=("joint",))
    stage = Stage(
        "joint",
        parts,
        batch=lambda moment: draw_batch(films, pooled, run.mini, moment, batch_size, first=num_tests),
        loss=lambda parts, batch, moment: loss(parts, batch, moment, run.mini, run.device),
        sheet=lambda parts: sheet(parts, films, pooled, run.mini, run.device, num_tests),
        scores=lambda parts: scores(parts, films, pooled, run.mini, run.device, num_tests),
        batch_size=batch_size,
        bf16=False,
        record=record(run, "joint", dict(parts), clips=len(films) - num_tests),
    )
    return run.train(stage, run.schedule(learning_rate=2e-4, warmup=50, decay_from=0.3, ema_decay=0.998))


def draw_batch(films: FilmSet, pooled: Tensor, mini: Mini, moment: Moment, size: int, *, first: int) -> Batch:
    rng = moment.rng("clips")
    numbers = first + rng.integers(max(1, len(films) - first), size=size)
    # One key frame number is shown at full size per program; a batch keeps to clips that agree with its first.
    keys = films.take("key", numbers)
    numbers = numbers[(keys == keys[0]).cpu().numpy()]
    return window(films, pooled, mini, numbers, int(keys[0]), rng)


def window(
    films: FilmSet, pooled: Tensor, mini: Mini, numbers: np.ndarray, key: int, rng: np.random.Generator
) -> Batch:
    """A stretch of key frames around number `key` of these clips."""
    start = int(rng.integers(max(0, key - NUM_KEYS + 1), min(key, mini.num_frames - NUM_KEYS) + 1))
    twice = slice(2 * start, 2 * (start + NUM_KEYS - 1) + 1)
    steps = slice(twice.start, twice.stop - 1)
    small, crop = mini.small_still, min(CROP, mini.small_still.height)
    corner = int(rng.integers(small.height - crop + 1)), int(rng.integers(small.width - crop + 1))
    heard = torch.as_tensor(rng.random(len(numbers)) < TEXT_SHARE, device=pooled.device)
    return Batch(
        video=films.take("video", numbers)[:, :, twice],
        sketch=films.take("sketch", numbers)[:, :, start : start + NUM_KEYS],
        mask=films.take("mask", numbers)[:, twice],
        flow=films.take("flow", numbers)[:, :, steps],
        known=films.take("known", numbers)[:, steps],
        picture=films.take("picture", numbers),
        pooled=pooled[torch.as_tensor(numbers, device=pooled.device)] * heard[:, None],
        shown=key - start,
        corner=corner,
    )


def made(parts: nn.ModuleDict, batch: Batch, mini: Mini, device: str, *, noise: Tensor | None, given: Tensor) -> Made:
    """The whole walk from latent to film. `noise` [B, C, 2, h, w] is added to the latent; `given` [B]: sketch seen."""
    codec = parts["video_vae"]
    video, sketch = to_signed(batch.video.to(device)), to_signed(batch.sketch.to(device))
    with torch.no_grad():
        latent = codec.encode(video[:, :, ::2])
    latent = latent if noise is None else latent + noise
    keys = cropped(codec.decode(latent, sketch * given.view(-1, 1, 1, 1, 1)), mini)
    first, second = (keys[:, :, i : NUM_KEYS - 1 + i].transpose(1, 2).flatten(0, 1) for i in (0, 1))
    half = torch.full((len(first),), 0.5, device=first.device)
    between = parts["interpolator"](first, second, t=half).frame.unflatten(0, (len(video), -1)).transpose(1, 2)
    sequence = [keys[:, :, 0]]
    for i in range(NUM_KEYS - 1):
        sequence += [between[:, :, i], keys[:, :, i + 1]]
    crop, truth = enlarged(parts["upsampler"], keys[:, :, batch.shown], batch, mini, device)
    return Made(torch.stack(sequence, dim=2), crop, truth)


def enlarged(model: Upsampler, key: Tensor, batch: Batch, mini: Mini, device: str) -> tuple[Tensor, Tensor]:
    """A crop of the decoded key frame at full size, and of the truth."""
    small, scale = mini.small_still, mini.upsampler.scale
    if key.shape[-1] != small.width:
        key = F.interpolate(key, size=(small.height, small.width), mode="bicubic", align_corners=False)
    (y, x), side = batch.corner, min(CROP, small.height)
    crop = model(key[..., y : y + side, x : x + side], batch.pooled.to(device))
    truth = to_signed(batch.picture.to(device))
    return crop, truth[..., scale * y : scale * (y + side), scale * x : scale * (x + side)]


def loss(parts: nn.ModuleDict, batch: Batch, moment: Moment, mini: Mini, device: str) -> dict[str, Tensor]:
    """Key frames, pictures between and the enlarged crop against the truth; and that errors move with the scene."""
    num, shape = len(batch.video), mini.latent
    draws = moment.generator("latents", device)
    level = 0.2 * torch.rand(num, 1, 1, 1, 1, generator=draws, device=device).square()
    size = (num, shape.channels, 1 + (NUM_KEYS - 1) // mini.codec.time, shape.height, shape.width)
    noise = level * torch.randn(size, generator=draws, device=device)
    given = torch.rand(num, generator=draws, device=device) < SKETCH_SHARE
    film = made(parts, batch, mini, device, noise=noise, given=given)
    losses = compared(film, batch, mini, device)
    total = sum(weight * losses[name] for name, weight in WEIGHTS.items())
    return {"loss": total, **losses}


def compared(film: Made, batch: Batch, mini: Mini, device: str) -> dict[str, Tensor]:
    truth = cropped(to_signed(batch.video.to(device)), mini)
    weight = subject_weight(cropped(batch.mask.to(device), mini))
    return {
        "keys": pixel_loss(film.sequence[:, :, ::2], truth[:, :, ::2], weight[:, :, ::2]),
        "between": pixel_loss(film.sequence[:, :, 1::2], truth[:, :, 1::2], weight[:, :, 1::2]),
        "steadiness": steadiness(film.sequence, truth, batch, mini, device),
        "enlarged": pixel_loss(film.crop, film.truth),
    }


def steadiness(sequence: Tensor, truth: Tensor, batch: Batch, mini: Mini, device: str) -> Tensor:
    """The flow-guided loss over all neighbouring frames of the sequence."""
    flow = cropped(batch.flow.to(device), mini).float().transpose(1, 2).flatten(0, 1)
    known = cropped(batch.known.to(device), mini).bool().flatten(0, 1)
    now, after = (
        tuple(film[:, :, i : film.shape[2] - 1 + i].transpose(1, 2).flatten(0, 1) for film in (sequence, truth))
        for i in (0, 1)
    )
    return guided_flow_loss(now[0], after[0], (now[1], after[1]), flow, known)


def scores(parts: nn.ModuleDict, films: FilmSet, pooled: Tensor, mini: Mini, device: str, num: int) -> dict[str, float]:
    """PSNR of key frames, of pictures between and of the enlarged crop beside bicubic; unsteadiness."""
    found = []
    for number in range(num):
        batch, film = tested(parts, films, pooled, mini, device, number)
        truth = cropped(to_signed(batch.video.to(device)), mini)
        figures = [
            psnr(film.sequence[:, :, ::2], truth[:, :, ::2]), psnr(film.sequence[:, :, 1::2], truth[:, :, 1::2]),
            psnr(film.crop, film.truth), steadiness(film.sequence, truth, batch, mini, device),
        ]  # fmt: skip
        found.append(torch.stack(figures).cpu())
    names = ("keys psnr", "between psnr", "enlarged psnr", "unsteadiness")
    return {name: round(float(v), 4) for name, v in zip(names, torch.stack(found).mean(dim=0))}


def tested(
    parts: nn.ModuleDict, films: FilmSet, pooled: Tensor, mini: Mini, device: str, number: int
) -> tuple[Batch, Made]:
    """A clip kept for scores, always cut alike, without noise or sketch."""
    key = int(films.take("key", [number])[0])
    batch = window(films, pooled, mini, np.array([number]), key, np.random.default_rng(number))
    with torch.no_grad():
        return batch, made(parts, batch, mini, device, noise=None, given=torch.zeros(1, device=device))


def sheet(parts: nn.ModuleDict, films: FilmSet, pooled: Tensor, mini: Mini, device: str, num: int) -> np.ndarray:
    """Crops of up to four clips: bicubic of the truth's small copy, decoded and enlarged, truth."""
    lines = []
    for number in range(min(4, num)):
        _, film = tested(parts, films, pooled, mini, device, number)
        small = F.avg_pool2d(film.truth, mini.upsampler.scale)
        panels = (bicubic(small, film.truth), film.crop, film.truth)
        lines.append([middle(picture(panel[0])) for panel in panels])
    return grid(lines)
