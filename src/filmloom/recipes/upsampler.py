"""The spatial upsampler: full-size pictures and small copies, worn as a codec and an interpolator leave them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.core.png import grid
from filmloom.data.film_set import FilmSet, to_signed
from filmloom.models.text_encoder import Text, TextEncoder
from filmloom.models.upsampler import Upsampler
from filmloom.recipes.film_set import opened
from filmloom.recipes.recogniser import picture
from filmloom.recipes.run import Run, begun, frozen, has_part, record
from filmloom.training.losses import pixel_loss, psnr, sharpness
from filmloom.training.trainer import Moment, Result, Stage

CROP = 40  # small pixels on a side
TEXT_SHARE = 0.7  # of the samples that are told what they show


def upsampler(run: Run) -> Result:
    """Train `upsampler` on crops; scores are PSNR and sharpness beside bicubic enlargement."""
    batch_size = run.mini.pick(4, 16, 64)
    stills = opened(run, "stills")
    num_tests = max(1, min(16, len(stills) // 8))
    pooled = told(run, stills)
    parts = nn.ModuleDict({"upsampler": begun(run, "upsampler", Upsampler, without=("upsampler", "joint"))})
    if run.device != "cpu":
        stills = stills.resident(run.device, ("picture",))
    scale = run.mini.upsampler.scale
    stage = Stage(
        "upsampler",
        parts,
        batch=lambda moment: draw_batch(stills, pooled, moment, batch_size, scale=scale, first=num_tests),
        loss=lambda parts, batch, moment: loss(parts["upsampler"], batch, moment, run.device),
        sheet=lambda parts: sheet(parts["upsampler"], stills, run.device),
        scores=lambda parts: scores(parts["upsampler"], stills, run.device, num_tests),
        batch_size=batch_size,
        record=record(run, "upsampler", dict(parts), clips=len(stills) - num_tests),
    )
    schedule = run.schedule(learning_rate=1e-3, warmup=100, decay_from=0.4, ema_decay=0.998)
    return run.train(stage, schedule)


def told(run: Run, stills: FilmSet) -> Tensor:
    """[n, text width]: each picture's first caption, encoded; zeros while there is no text encoder."""
    if not has_part(run, "text_encoder"):
        run.say("upsampler: no text encoder yet, so pictures are enlarged without their captions")
        return torch.zeros(len(stills), run.mini.text_encoder.width)
    encoder = frozen(run, "text_encoder", TextEncoder(run.mini.text_encoder))
    with torch.no_grad():
        prompts = [row.captions[i % len(row.captions)]["text"] for i, row in enumerate(stills.rows)]
        return Text.stack([encoder.encode(prompts[i : i + 64]) for i in range(0, len(prompts), 64)]).pooled


def draw_batch(
    stills: FilmSet, pooled: Tensor, moment: Moment, size: int, *, scale: int, first: int
) -> tuple[Tensor, Tensor]:
    """Crops [B, 3, s * 40, s * 40] uint8 and the prompts' summaries [B, D], zeros for those that are told nothing."""
    rng = moment.rng("crops")
    side = scale * CROP
    crops, numbers = [], rng.integers(first, len(stills), size=max(1, size // 4))
    for number in numbers:  # four crops from each picture: reading one costs more than cutting it
        whole = stills.take("picture", [number])[0]
        height, width = whole.shape[-2:]
        for _ in range(min(4, size)):
            y = int(rng.integers(max(1, height - side + 1)))
            x = int(rng.integers(max(1, width - side + 1)))
            crop = whole[:, y : y + side, x : x + side]
            crops.append(crop.flip(-1) if rng.random() < 0.5 else crop)
    heard = torch.as_tensor(rng.random(len(crops)) < TEXT_SHARE, device=pooled.device)
    summaries = pooled[torch.as_tensor(np.repeat(numbers, min(4, size)), device=pooled.device)]
    return torch.stack(crops), summaries * heard[:, None]


def loss(model: Upsampler, batch: tuple[Tensor, Tensor], moment: Moment, device: str) -> dict[str, Tensor]:
    crops, summaries = (part.to(device) for part in batch)
    truth = to_signed(crops)
    small = worn(shrunk(truth, model.config.scale), moment)
    made = model(small, summaries).float()
    return {"loss": pixel_loss(made, truth), "psnr": psnr(made.detach(), truth)}


def shrunk(pictures: Tensor, scale: int) -> Tensor:
    """Area averages: what the film set would draw at the small size, within a grey level."""
    return F.avg_pool2d(pictures, scale)


def worn(small: Tensor, moment: Moment) -> Tensor:
    """Softened by a decoder, doubled from half the size (as films of the small geometry are), grained; or as it is."""
    rng = moment.rng("worn")
    kind = rng.random()
    size = small.shape[-2:]
    if kind < 0.3:
        half = F.interpolate(small, scale_factor=0.5, mode="bilinear", align_corners=False, antialias=True)
        small = F.interpolate(half, size=size, mode="bicubic", align_corners=False)
    elif kind < 0.6:
        factor = float(rng.uniform(0.6, 0.95))
        less = (max(2, round(size[0] * factor)), max(2, round(size[1] * factor)))
        small = F.interpolate(small, size=less, mode="bilinear", align_corners=False, antialias=True)
        small = F.interpolate(small, size=size, mode="bilinear", align_corners=False)
    grain = float(rng.uniform(0, 0.03))
    draws = moment.generator("grain", small.device)
    return small + grain * torch.randn(small.shape, generator=draws, device=small.device)


def scores(model: Upsampler, stills: FilmSet, device: str, num: int) -> dict[str, float]:
    """Whole pictures, clean and halved: PSNR and sharpness of the network and of bicubic enlargement."""
    found: dict[str, list[Tensor]] = {}
    for number in range(num):
        truth = to_signed(stills.take("picture", [number]).to(device))
        for name, small in views(truth, model.config.scale).items():
            rows = {"upsampler": model(small).float(), "bicubic": bicubic(small, truth)}
            for kind, made in rows.items():
                figures = torch.stack([psnr(made, truth), sharpness(made, truth)]).cpu()
                found.setdefault(f"{name}, {kind}", []).append(figures)
    means = {name: torch.stack(figures).mean(dim=0) for name, figures in found.items()}
    return {f"{n}: {w}": round(float(v), 3) for n, m in means.items() for w, v in zip(("psnr", "sharpness"), m)}


def views(truth: Tensor, scale: int) -> dict[str, Tensor]:
    """A picture's small copy, and one that was halved and doubled, as skeletons of half the size are."""
    small = shrunk(truth, scale)
    half = F.avg_pool2d(small, 2)
    return {"clean": small, "doubled": F.interpolate(half, size=small.shape[-2:], mode="bicubic", align_corners=False)}


def bicubic(small: Tensor, truth: Tensor) -> Tensor:
    return F.interpolate(small, size=truth.shape[-2:], mode="bicubic", align_corners=False)


def sheet(model: Upsampler, stills: FilmSet, device: str) -> np.ndarray:
    """The middles of four pictures: bicubic, enlarged, truth."""
    lines = []
    for number in range(min(4, len(stills))):
        truth = to_signed(stills.take("picture", [number]).to(device))
        small = shrunk(truth, model.config.scale)
        panels = (bicubic(small, truth), model(small).float(), truth)
        lines.append([middle(picture(panel[0])) for panel in panels])
    return grid(lines)


def middle(image: np.ndarray, size: int = 320) -> np.ndarray:
    height, width = image.shape[:2]
    y, x = max(0, (height - size) // 2), max(0, (width - size) // 2)
    return image[y : y + size, x : x + size]
