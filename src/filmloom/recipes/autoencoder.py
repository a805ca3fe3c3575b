"""The codec: principal components first (minutes), then a decoder that mends their seams, with and without a sketch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from filmloom.core.png import grid
from filmloom.data.film_set import FilmSet, to_signed
from filmloom.models.video_vae import VideoVAE
from filmloom.recipes.film_set import opened
from filmloom.recipes.recogniser import cropped, picture
from filmloom.recipes.run import Run, begun, has_part, record
from filmloom.recipes.sizes import Mini
from filmloom.training.losses import pixel_loss, psnr, sharpness, subject_weight
from filmloom.training.trainer import STATE, Moment, Result, Stage

SKETCH_SHARE = 0.5  # of the samples whose decoder sees the sketch
NAMES = ("video", "sketch", "mask")
MINE = ("autoencoder", "joint")  # recipes whose codec is not a start for this one


def autoencoder(run: Run) -> Result:
    """Fit the PCA of `video_vae`, then train its decoder; scores compare it with the PCA alone."""
    batch_size = run.mini.pick(2, 6, 32)
    films, tests = opened(run, "clips", "reduced"), opened(run, "test")
    if run.device != "cpu":
        films, tests = (one.resident(run.device, NAMES) for one in (films, tests))
    model = started(run, films)
    parts = nn.ModuleDict({"video_vae": model})
    stage = Stage(
        "autoencoder",
        parts,
        batch=lambda moment: draw_batch(films, run.mini, moment, batch_size),
        loss=lambda parts, batch, moment: loss(parts["video_vae"], batch, moment, run.device),
        sheet=lambda parts: sheet(parts["video_vae"], tests, run.mini, run.device),
        scores=lambda parts: scores(parts["video_vae"], tests, run.mini, run.device),
        batch_size=batch_size,
        record=record(run, "autoencoder", dict(parts), clips=len(films)),
    )
    schedule = run.schedule(learning_rate=1e-3, warmup=100, decay_from=0.5, ema_decay=0.998)
    return run.train(stage, schedule)


def started(run: Run, films: FilmSet) -> VideoVAE:
    """Weights of an earlier run, or a fresh codec with its principal components."""
    model = begun(run, "video_vae", VideoVAE, without=MINE)
    if not has_part(run, "video_vae", without=MINE) and not (run.folder / STATE).exists():
        num = run.mini.pick(8, 768, 2048)
        run.say(f"autoencoder: principal components of {min(num, len(films))} clips")
        model.to(run.device).fit_pca(to_signed(video) for video in films.batches("video", 16, limit=num))
    return model


def draw_batch(films: FilmSet, mini: Mini, moment: Moment, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Stretches of 1, 5 or 9 frames of random clips: video and sketch [B, 3, f, H, W] uint8, mask [B, f, H, W]."""
    rng = moment.rng("clips")
    numbers = rng.integers(len(films), size=size)
    length = 1 + mini.codec.time * int(rng.choice([0, 1, 2], p=[0.2, 0.3, 0.5]))
    first = int(rng.integers(mini.num_frames - length + 1))
    video, sketch = (films.take(name, numbers)[:, :, first : first + length] for name in ("video", "sketch"))
    return video, sketch, films.take("mask", numbers)[:, first : first + length]


def loss(model: VideoVAE, batch: tuple[Tensor, Tensor, Tensor], moment: Moment, device: str) -> dict[str, Tensor]:
    """L1 and edges, heavier in subjects. The decoder also meets noisy latents, as a sampler leaves them."""
    video, sketch, mask = (tensor.to(device) for tensor in batch)
    video, sketch = to_signed(video), to_signed(sketch)
    draws = moment.generator("latents", device)
    with torch.no_grad(), torch.autocast(torch.device(device).type, enabled=False):
        latent = model.encode(video)
    level = 0.3 * torch.rand(len(latent), 1, 1, 1, 1, generator=draws, device=latent.device).square()
    latent = latent + level * torch.randn(latent.shape, generator=draws, device=latent.device)
    given = torch.rand(len(latent), 1, 1, 1, 1, generator=draws, device=latent.device) < SKETCH_SHARE
    made = model.decode(latent, sketch * given).float()
    weight = subject_weight(mask)
    error = pixel_loss(made, video, weight)
    return {"loss": error, "psnr": psnr(made.detach(), video)}


def scores(model: VideoVAE, tests: FilmSet, mini: Mini, device: str, *, limit: int = 48) -> dict[str, float]:
    """PSNR, and PSNR and sharpness inside subjects, of PCA, decoder, and decoder with the sketch."""
    found: dict[str, list[Tensor]] = {}
    for first in range(0, min(limit, len(tests)), 4):
        numbers = range(first, min(first + 4, len(tests)))
        video, sketch = (to_signed(tests.take(name, numbers).to(device)) for name in ("video", "sketch"))
        inside = (cropped(tests.take("mask", numbers).to(device), mini) > 0).unsqueeze(1)
        truth = cropped(video, mini)
        for name, made in rows(model, video, sketch).items():
            made = cropped(made, mini)
            figures = (psnr(made, truth), psnr(made, truth, inside), sharpness(made, truth, inside))
            found.setdefault(name, []).append(torch.stack(figures).cpu())
    means = {name: torch.stack(figures).mean(dim=0) for name, figures in found.items()}
    what = ("psnr", "subject psnr", "subject sharpness")
    return {f"{name}: {w}": round(float(v), 3) for name, figures in means.items() for w, v in zip(what, figures)}


def rows(model: VideoVAE, video: Tensor, sketch: Tensor) -> dict[str, Tensor]:
    """The same videos through the codec, three ways."""
    with torch.no_grad():
        latent = model.encode(video)
        return {
            "pca": model.pca_decode(latent),
            "decoder": model.decode(latent),
            "decoder with sketch": model.decode(latent, sketch),
        }


def sheet(model: VideoVAE, tests: FilmSet, mini: Mini, device: str) -> np.ndarray:
    """Four clips' middle frames: truth, PCA, decoder, decoder with sketch."""
    numbers = range(min(4, len(tests)))
    video, sketch = (to_signed(tests.take(name, numbers).to(device)) for name in ("video", "sketch"))
    columns = [video, *rows(model, video, sketch).values()]
    middle = mini.num_frames // 2
    return grid([[picture(cropped(c[i, :, middle], mini)) for c in columns] for i in range(len(video))])
