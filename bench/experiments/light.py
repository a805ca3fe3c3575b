"""The light model: few steps without guidance against the teacher's many with it.

    python bench/experiments/light.py --runs runs --student runs/distill [--clips 32]

Films from the captions of held-back clips of the reduced world, all from the same noise. `student`: the transformer
that recipe `distill` made from the teacher, which is the start folder's. Right: share of what a caption states that the
recogniser names. Distance: root mean square between a film's latent and the teacher's of 12 steps from the same noise,
in units of the latents' own spread. Edges: gradient energy. Writes bench/results/experiment_light.json and
docs/images/experiments/light.jpg.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from harness import PICTURES, Figures, arguments, differences, measured, sheet, table, written
from torch import Tensor

from filmloom.diffusion.samplers import euler, few_step, unipc
from filmloom.diffusion.schedules import flow_sigmas
from filmloom.evaluate.recogniser import Recogniser
from filmloom.models.dit import DiT
from filmloom.recipes import transformer as recipe
from filmloom.recipes.recogniser import as_seen, cropped, picture
from filmloom.recipes.run import Run, load_part
from filmloom.training.trainer import trained_weights

FIELDS = ("kind", "colour", "setting", "action")
SAMPLERS = {"euler": euler, "unipc": unipc, "few_step": few_step}


@dataclass(frozen=True)
class Walk:
    """Whose weights, and how they are walked."""

    model: str
    sampler: str
    steps: int
    guidance: float

    @property
    def calls(self) -> int:
        return self.steps * (1 if self.guidance == 1.0 else 2)


WALKS = {
    "teacher, 12 steps": Walk("teacher", "euler", 12, 3.0),
    "teacher, 24 steps": Walk("teacher", "euler", 24, 3.0),
    "teacher, unipc 16": Walk("teacher", "unipc", 16, 3.0),
    "teacher, 4 without guidance": Walk("teacher", "few_step", 4, 1.0),
    "student, 4 without guidance": Walk("student", "few_step", 4, 1.0),
    "student, 6 without guidance": Walk("student", "few_step", 6, 1.0),
    "student, 8 without guidance": Walk("student", "few_step", 8, 1.0),
    "student, unipc 16": Walk("student", "unipc", 16, 3.0),
}


@dataclass(frozen=True)
class Bench:
    models: dict[str, DiT]
    library: recipe.Library
    prompts: recipe.Prompts
    judge: Recogniser
    folder: Path  # where the latents of each walk are kept


def main() -> None:
    made = arguments(__doc__, "light")
    made.add_argument("--student", type=Path, required=True, help="run folder of recipe distill")
    made.add_argument("--clips", type=int, default=32)
    made.add_argument("--walks", nargs="+", default=list(WALKS))
    chosen = made.parse_args()
    torch.set_num_threads(chosen.threads)
    bench = stocked(chosen)
    arms = {name: lambda seed, name=name: scored(bench, name, seed) for name in chosen.walks}
    found = measured(arms, chosen.seeds, chosen.keep)
    print(table(found, ["right", *FIELDS, "distance", "edges", "seconds a film"]))
    sheet(PICTURES / "light.jpg", rows(bench, chosen.walks, chosen.seeds[0]))
    base = chosen.walks[0]
    written(chosen.output, clips=chosen.clips, base=base, found=found, differences=differences(found, base))


def stocked(chosen) -> Bench:
    run = Run(chosen.runs / "experiment", chosen.size, start=chosen.start, reduced=True, report=print)
    library = recipe.stocked(run, "reduced")
    models = {name: DiT(run.mini.transformer) for name in ("teacher", "student")}
    load_part(run, "transformer", models["teacher"], without=("distill", "transformer"))
    models["student"].load_state_dict(trained_weights(chosen.student, "transformer"))
    prompts = recipe.prompts(run, "reduced_test", chosen.clips)
    chosen.keep.mkdir(parents=True, exist_ok=True)
    models = {name: model.eval() for name, model in models.items()}
    return Bench(models, library, prompts, recipe.judged(run), chosen.keep)


@torch.no_grad()
def latents(bench: Bench, name: str, seed: int, *, size: int = 16) -> tuple[Tensor, float]:
    """Of every prompt, and processor seconds a film; kept, since the first walk is what the others are measured by."""
    path = bench.folder / f"{name.replace(' ', '_').replace(',', '')}-{seed}.pt"
    if path.exists():
        return torch.load(path)
    walk, made, started = WALKS[name], [], time.process_time()
    for first in range(0, len(bench.prompts), size):
        text = bench.prompts.text[slice(first, first + size)]
        shape, draws = bench.library.mini.latent, torch.Generator().manual_seed(1000 * seed + first)
        noise = torch.randn(len(text), shape.channels, shape.frames, shape.height, shape.width, generator=draws)
        denoiser = recipe.from_text(bench.models[walk.model], bench.library, text, guidance=walk.guidance)
        made.append(SAMPLERS[walk.sampler](denoiser, noise, flow_sigmas(walk.steps)))
    found = torch.cat(made), (time.process_time() - started) / len(bench.prompts)
    torch.save(found, path)
    return found


def scored(bench: Bench, name: str, seed: int) -> Figures:
    made, each = latents(bench, name, seed)
    ground, _ = latents(bench, next(iter(WALKS)), seed)
    videos = decoded(bench, made)
    apart = (made - ground).square().mean().sqrt() / ground.std()
    return right(bench, videos) | {
        "distance": float(apart), "edges": gradients(cropped(videos, bench.library.mini)), "seconds a film": each,
        "calls": WALKS[name].calls,
    }  # fmt: skip


@torch.no_grad()
def decoded(bench: Bench, made: Tensor, *, size: int = 16) -> Tensor:
    return torch.cat([bench.library.codec.decode(part).float().clamp(-1, 1) for part in made.split(size)])


def gradients(videos: Tensor) -> float:
    return float(videos.diff(dim=-1).square().mean() + videos.diff(dim=-2).square().mean())


@torch.no_grad()
def right(bench: Bench, videos: Tensor, *, size: int = 16) -> Figures:
    """Share of the stated fields that the recogniser names, field by field and in all."""
    schema, seen = bench.judge.config.schema, as_seen(videos, bench.library.mini)
    logits = [bench.judge(part).logits for part in seen.split(size)]
    named = {f: [schema[f][i] for one in logits for i in one[f].argmax(dim=-1).tolist()] for f in FIELDS}
    hits: dict[str, list[bool]] = {field: [] for field in FIELDS}
    for i, row in enumerate(bench.prompts.rows):
        stated = row.captions[i % len(row.captions)]["stated"]
        for field in FIELDS:
            if field in stated:
                hits[field].append(named[field][i] == row.fields[field])
    every = [hit for field in ("kind", "colour", "setting") for hit in hits[field]]
    return {"right": float(np.mean(every)), **{field: float(np.mean(each)) for field, each in hits.items()}}


def rows(bench: Bench, walks: list[str], seed: int, *, num: int = 6) -> list[dict[str, np.ndarray]]:
    """The middle frame of a few films, by every walk."""
    few = range(0, len(bench.prompts), max(1, len(bench.prompts) // num))
    videos = {name: decoded(bench, latents(bench, name, seed)[0][list(few)]) for name in walks}
    mini = bench.library.mini
    return [
        {n: picture(cropped(v[i, :, v.shape[2] // 2], mini)).repeat(2, 0).repeat(2, 1) for n, v in videos.items()}
        for i in range(len(few))
    ]


if __name__ == "__main__":
    main()
