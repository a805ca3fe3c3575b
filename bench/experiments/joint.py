"""Decoder, interpolator and upsampler: end to end or apart, with and without text, with and without the flow's loss.

    python bench/experiments/joint.py --runs runs [--steps 40] [--train 128] [--test 32]

All arms go on from the same weights for as many steps on the same clips (recipe `joint`). Joint: each part is given
what the one before it made, and gradients pass through all three. Apart: each is given the truth (pictures between true
key frames, enlargements of true pictures, worn as recipe `upsampler` wears them), and no gradient passes. Flow: errors
must move as the scene does, along exact flow, where nothing is hidden.

Measured on clips of other programs, always end to end, with the sketch and without. `bicubic` and `lanczos` enlarge
what the untouched decoder made. Writes bench/results/experiment_joint.json and docs/images/experiments/joint.jpg.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from harness import PICTURES, Figures, arguments, differences, drawn, measured, sheet, table, whole, written
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.data.film_set import FilmSet, to_signed
from filmloom.evaluate.metrics import LEVELS, Motion, flicker
from filmloom.models.interpolator import Interpolator
from filmloom.models.upsampler import Upsampler
from filmloom.models.video_vae import VideoVAE
from filmloom.recipes import joint as recipe
from filmloom.recipes.film_set import spec
from filmloom.recipes.recogniser import cropped, picture
from filmloom.recipes.run import Run, begun
from filmloom.recipes.upsampler import shrunk, told, worn
from filmloom.training.losses import flow_loss, pixel_loss, psnr, sharpness
from filmloom.training.trainer import STATE, Habits, Moment, Schedule, Stage, train

CROPS = 3  # of 200 x 200 pixels that are enlarged and measured in each test clip
MOVING = 0.25  # pixels from one frame to the next
KEYS = (
    "between psnr", "moving psnr", "unsteadiness", "flow error", "flicker", "enlarged psnr", "enlarged sharpness",
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """How an arm is trained; `text` also says whether it is told the caption when it is measured."""

    end_to_end: bool = True
    text: bool = True
    flow: bool = True


WAYS = {
    "joint, text, flow": Way(),
    "joint, text": Way(flow=False),
    "joint, flow": Way(text=False),
    "apart": Way(end_to_end=False, text=False, flow=False),
}


@dataclass(frozen=True)
class Material:
    """Clips and their captions' summaries, to train on and to measure with."""

    run: Run
    films: FilmSet
    pooled: Tensor
    tests: FilmSet
    test_pooled: Tensor


def main() -> None:
    made = arguments(__doc__, "joint")
    made.add_argument("--steps", type=int, default=40)
    made.add_argument("--train", type=int, default=128)
    made.add_argument("--test", type=int, default=32)
    made.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    chosen = made.parse_args()
    torch.set_num_threads(chosen.threads)
    material = stocked(chosen)
    arms = {
        name: lambda seed, name=name, way=way: trained(way, material, at(chosen.keep, name, seed), seed, chosen.steps)
        for name, way in WAYS.items()
        if name in chosen.ways
    }
    before = measured({"untouched": lambda seed: scored(started(material.run), material, Way())}, [0], chosen.keep)
    plain = measured({way: lambda seed, way=way: enlarged_plainly(material, way) for way in PLAIN}, [0], chosen.keep)
    found = measured(arms, chosen.seeds, chosen.keep)
    for mode in ("sketch", "text"):
        print(mode, table(before | found, [f"{mode}: {key}" for key in KEYS]), sep="\n")
    sheet(PICTURES / "joint.jpg", rows(material, chosen.keep, chosen.seeds[0]))
    beside = {name: differences(found, name) for name in ("joint, text, flow", "apart") if name in found}
    written(
        chosen.output, steps=chosen.steps, train=len(material.films), test=len(material.tests), before=before,
        plain=plain, found=found, differences=beside,
    )  # fmt: skip


def at(folder: Path, name: str, seed: int) -> Path:
    return folder / name.replace(" ", "_") / str(seed)


def stocked(chosen) -> Material:
    """Clips of the full world at twice the key frames' rate; the tests are drawn with another seed."""
    run = Run(chosen.keep / "run", chosen.size, start=chosen.start, report=print)
    what = spec(run, "joint")
    films = drawn(what, chosen.runs / "film_set" / "joint", chosen.train)
    tests = drawn(dataclasses.replace(what, seed=1_000_000), chosen.runs / "film_set" / "joint_test", chosen.test)
    return Material(run, films, told(run, films), tests, told(run, tests))


def started(run: Run) -> nn.ModuleDict:
    classes = {"video_vae": VideoVAE, "interpolator": Interpolator, "upsampler": Upsampler}
    parts = nn.ModuleDict({name: begun(run, name, cls, without=("joint",)) for name, cls in classes.items()})
    return parts.eval()


def trained(way: Way, material: Material, folder: Path, seed: int, steps: int) -> Figures:
    parts, mini = started(material.run), material.run.mini
    stage = Stage(
        "joint", parts,
        batch=lambda moment: recipe.draw_batch(material.films, material.pooled * way.text, mini, moment, 2, first=0),
        loss=lambda parts, batch, moment: loss(parts, batch, moment, mini, way),
        batch_size=2, bf16=False,
    )  # fmt: skip
    schedule = Schedule(steps=steps, learning_rate=2e-4, warmup=10, decay_from=0.3, ema_decay=0.998, seed=seed)
    result = whole(train(stage, folder, schedule, Habits(log_seconds=10.0)))
    torch.save(parts.state_dict(), folder / "averaged.pt")
    (folder / STATE).unlink()
    return scored(parts, material, way) | {"wall seconds a step": result.seconds / steps}


def loss(parts: nn.ModuleDict, batch: recipe.Batch, moment: Moment, mini, way: Way) -> dict[str, Tensor]:
    """The recipe's; apart, its three picture losses on what each part makes of the truth."""
    if way.end_to_end:
        losses = recipe.loss(parts, batch, moment, mini, "cpu")
        steady = recipe.WEIGHTS["steadiness"] * losses["steadiness"]
        return losses | {"loss": losses["loss"] if way.flow else losses["loss"] - steady}
    noise, given = unseen(batch, moment, mini)
    keys = decoded(parts["video_vae"], batch, mini, noise, given)
    truth = cropped(to_signed(batch.video), mini)
    between = filled(parts["interpolator"], truth[:, :, ::2])
    crop, whole = from_truth(parts["upsampler"], batch, moment, mini)
    film = recipe.Made(woven(keys, between), crop, whole)
    losses = recipe.compared(film, batch, mini, "cpu")
    total = sum(recipe.WEIGHTS[name] * losses[name] for name in ("keys", "between", "enlarged"))
    return losses | {"loss": total}


def unseen(batch: recipe.Batch, moment: Moment, mini) -> tuple[Tensor, Tensor]:
    """The recipe's own noise on latents, and which samples see their sketch."""
    num, shape, draws = len(batch.video), mini.latent, moment.generator("latents")
    level = 0.2 * torch.rand(num, 1, 1, 1, 1, generator=draws).square()
    size = (num, shape.channels, 1 + (recipe.NUM_KEYS - 1) // mini.codec.time, shape.height, shape.width)
    noise = level * torch.randn(size, generator=draws)
    return noise, torch.rand(num, generator=draws) < recipe.SKETCH_SHARE


def decoded(codec: VideoVAE, batch: recipe.Batch, mini, noise: Tensor | float, given: Tensor) -> Tensor:
    video, sketch = to_signed(batch.video), to_signed(batch.sketch)
    with torch.no_grad():
        latent = codec.encode(video[:, :, ::2])
    return cropped(codec.decode(latent + noise, sketch * given.view(-1, 1, 1, 1, 1)), mini)


def filled(model: Interpolator, keys: Tensor) -> Tensor:
    """Pictures halfway between neighbouring key frames [B, 3, n, H, W] → [B, 3, n - 1, H, W]."""
    first, second = (keys[:, :, i : keys.shape[2] - 1 + i].transpose(1, 2).flatten(0, 1) for i in (0, 1))
    made = model(first, second, t=torch.full((len(first),), 0.5)).frame
    return made.unflatten(0, (len(keys), -1)).transpose(1, 2)


def woven(keys: Tensor, between: Tensor) -> Tensor:
    sequence = torch.empty(*keys.shape[:2], 2 * keys.shape[2] - 1, *keys.shape[3:])
    sequence[:, :, ::2], sequence[:, :, 1::2] = keys, between
    return sequence


def from_truth(model: Upsampler, batch: recipe.Batch, moment: Moment, mini) -> tuple[Tensor, Tensor]:
    """A crop enlarged from the true picture's small copy, worn, and the truth."""
    truth = to_signed(batch.picture)
    (y, x), side, scale = batch.corner, min(recipe.CROP, mini.small_still.height), mini.upsampler.scale
    small = shrunk(truth, scale)[..., y : y + side, x : x + side]
    whole = truth[..., scale * y : scale * (y + side), scale * x : scale * (x + side)]
    return model(worn(small, moment), batch.pooled), whole


# --- What is measured


def scored(parts: nn.ModuleDict, material: Material, way: Way) -> Figures:
    """Means over the test clips, with the sketch and from the latent alone."""
    found: dict[str, list[float]] = {}
    for batch, _ in cases(material, way):
        for name, given in (("sketch", 1.0), ("text", 0.0)):
            for key, value in figures(parts, batch, material.run.mini, torch.tensor([given])).items():
                found.setdefault(f"{name}: {key}", []).append(value)
    return {key: float(np.nanmean(values)) for key, values in found.items()}


def cases(material: Material, way: Way) -> Iterator[tuple[recipe.Batch, int]]:
    """A stretch of each test clip, always the same; told what it shows or not."""
    for number in range(len(material.tests)):
        key = int(material.tests.take("key", [number])[0])
        rng = np.random.default_rng(number)
        batch = recipe.window(material.tests, material.test_pooled, material.run.mini, np.array([number]), key, rng)
        yield dataclasses.replace(batch, pooled=material.test_pooled[[number]] * way.text), number


@torch.no_grad()
def figures(parts: nn.ModuleDict, batch: recipe.Batch, mini, given: Tensor) -> Figures:
    keys = decoded(parts["video_vae"], batch, mini, 0.0, given)
    sequence, truth = woven(keys, filled(parts["interpolator"], keys)), cropped(to_signed(batch.video), mini)
    flow = cropped(batch.flow, mini).float()
    moving = flow.norm(dim=1, keepdim=True) > MOVING
    moved = Motion(flow[0].transpose(0, 1), flow[0].transpose(0, 1))  # flicker asks for the forward flow alone
    between, exact = sequence[:, :, 1::2], truth[:, :, 1::2]
    enlarged = [enlargements(parts["upsampler"], keys, batch, mini, crop) for crop in range(CROPS)]
    return {
        "keys psnr": float(psnr(keys, truth[:, :, ::2])), "between psnr": float(psnr(between, exact)),
        "moving psnr": float(psnr(between, exact, moving[:, :, 1::2])) if moving[:, :, 1::2].any() else float("nan"),
        "unsteadiness": LEVELS * float(recipe.steadiness(sequence, truth, batch, mini, "cpu")),
        "flow error": LEVELS * along(sequence, batch, mini),
        "flow error of renders": LEVELS * along(truth, batch, mini),
        "flicker": flicker(sequence[0], moved), "flicker of renders": flicker(truth[0], moved),
        "enlarged psnr": float(np.mean([float(psnr(made, whole)) for made, whole in enlarged])),
        "enlarged loss": float(np.mean([float(pixel_loss(made, whole)) for made, whole in enlarged])),
        "enlarged sharpness": float(np.mean([float(sharpness(made, whole)) for made, whole in enlarged])),
    }  # fmt: skip


def along(sequence: Tensor, batch: recipe.Batch, mini) -> float:
    """Mean difference along the exact flow, where nothing is hidden."""
    flow, known = cropped(batch.flow, mini).float(), cropped(batch.known, mini).bool()
    first, second = (sequence[:, :, i : sequence.shape[2] - 1 + i].transpose(1, 2).flatten(0, 1) for i in (0, 1))
    return float(flow_loss(first, second, flow.transpose(1, 2).flatten(0, 1), known.flatten(0, 1)))


def enlargements(model: nn.Module, keys: Tensor, batch: recipe.Batch, mini, crop: int) -> tuple[Tensor, Tensor]:
    """Crop number `crop`, in the middle third or left or right of it, enlarged, and the truth."""
    small, side = mini.small_still, min(recipe.CROP, mini.small_still.height)
    corner = (small.height - side) // 2, (small.width - side) * (crop + 1) // (CROPS + 1)
    return recipe.enlarged(model, keys[:, :, batch.shown], dataclasses.replace(batch, corner=corner), mini, "cpu")


# --- Enlargement without a network


def bicubic(frames: Tensor, pooled: Tensor) -> Tensor:
    return F.interpolate(frames, scale_factor=5, mode="bicubic", align_corners=False)


def lanczos(frames: Tensor, pooled: Tensor) -> Tensor:
    """OpenCV's, eight taps a side."""
    size = 5 * frames.shape[-1], 5 * frames.shape[-2]
    made = [cv2.resize(f.permute(1, 2, 0).numpy(), size, interpolation=cv2.INTER_LANCZOS4) for f in frames]
    return torch.from_numpy(np.stack(made)).permute(0, 3, 1, 2)


PLAIN = {"bicubic": bicubic, "lanczos": lanczos}


def enlarged_plainly(material: Material, way: str) -> Figures:
    """The untouched decoder's key frames and the truth's small copies, enlarged by a formula."""
    parts, mini, found = started(material.run), material.run.mini, []
    for batch, _ in cases(material, Way()):
        with torch.no_grad():
            keys = decoded(parts["video_vae"], batch, mini, 0.0, torch.ones(1))
        for crop in range(CROPS):
            made, whole = enlargements(PLAIN[way], keys, batch, mini, crop)
            found.append([float(psnr(made, whole)), float(pixel_loss(made, whole)), float(sharpness(made, whole))])
    names = ("sketch: enlarged psnr", "sketch: enlarged loss", "sketch: enlarged sharpness")
    return dict(zip(names, np.mean(found, axis=0)))


# --- The sheet


@torch.no_grad()
def rows(material: Material, folder: Path, seed: int, *, num: int = 4) -> list[dict[str, np.ndarray]]:
    """Crops of a few clips: bicubic, untouched, apart, joint, truth."""
    models = {"untouched": started(material.run)}
    for name in ("apart", "joint, text, flow"):
        models[name] = started(material.run)
        models[name].load_state_dict(torch.load(at(folder, name, seed) / "averaged.pt"))
    lines = []
    for batch, number in cases(material, Way()):
        if number % max(1, len(material.tests) // num):
            continue
        mini = material.run.mini
        keys = {name: decoded(parts["video_vae"], batch, mini, 0.0, torch.ones(1)) for name, parts in models.items()}
        shown, truth = enlargements(bicubic, keys["untouched"], batch, mini, 1)
        line = {"bicubic": shown}
        line |= {name: enlargements(p["upsampler"], keys[name], batch, mini, 1)[0] for name, p in models.items()}
        lines.append({name: picture(one[0]) for name, one in (line | {"render": truth}).items()})
    return lines


if __name__ == "__main__":
    main()
