"""The light model: few steps without guidance against the teacher's many with it.

    python bench/experiments/light.py --runs runs --student runs/light [--clips 32]

Films from the captions of held-back clips of the reduced world, all from the same noise. The teacher is the start
folder's transformer. `student`: what recipe `light` made of it, whole, the mean of its runs; `one`: the first run;
`light`: the mean as it ships, a difference of rank 64; `thin`: of rank 16; both in half precision. Without --student,
`light` is the start folder's. Right: share of what a caption states that the recogniser names.
Distance: root mean square between a film's latent and the teacher's of its usual 16 steps from the same noise, in units
of the latents' own spread. Edges: gradient energy. Writes bench/results/experiment_light.json and
docs/images/experiments/light.jpg.
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from harness import PICTURES, Figures, arguments, differences, measured, sheet, table, written
from torch import Tensor

from filmloom.checkpoints.folder import open_folder
from filmloom.data.latents import LatentSet
from filmloom.diffusion.samplers import euler, few_step, unipc
from filmloom.diffusion.schedules import flow_sigmas
from filmloom.evaluate.recogniser import Recogniser
from filmloom.models.dit import DiT
from filmloom.models.light import Light, LightConfig, lightened
from filmloom.recipes import transformer as recipe
from filmloom.recipes.light import RANK, alike, frozen_ends, mean_student
from filmloom.recipes.recogniser import as_seen, cropped, picture
from filmloom.recipes.run import Run, load_part
from filmloom.training.trainer import run_record, trained_weights

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
    "teacher, unipc 16": Walk("teacher", "unipc", 16, 3.0),  # as films are made that are not asked to be fast
    "teacher, 4 without guidance": Walk("teacher", "few_step", 4, 1.0),
    "light, 4 without guidance": Walk("light", "few_step", 4, 1.0),
    "light, 6 without guidance": Walk("light", "few_step", 6, 1.0),
    "light, 8 without guidance": Walk("light", "few_step", 8, 1.0),
    "student, 4 without guidance": Walk("student", "few_step", 4, 1.0),
    "one, 4 without guidance": Walk("one", "few_step", 4, 1.0),
    "thin, 4 without guidance": Walk("thin", "few_step", 4, 1.0),
}
RANKS = {"light": RANK, "thin": 16}


@dataclass(frozen=True)
class Bench:
    models: dict[str, DiT]
    library: recipe.Library
    prompts: recipe.Prompts
    judge: Recogniser
    folder: Path  # where the latents of each walk are kept


def main() -> None:
    made = arguments(__doc__, "light")
    made.add_argument("--student", type=Path, help="run folder of recipe light, or of distilled.py")
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
    models = {"teacher": load_part(run, "transformer", DiT(run.mini.transformer), without=("distill", "transformer"))}
    models |= (
        students(models["teacher"], chosen.student) if chosen.student else shipped(models["teacher"], chosen.start)
    )
    prompts = recipe.prompts(run, "reduced_test", chosen.clips)
    few = LatentSet({"latent": prompts.control, "control": prompts.control}, prompts.rows)
    library = recipe.library(run, few, *frozen_ends(run))
    chosen.keep.mkdir(parents=True, exist_ok=True)
    models = {name: model.eval().requires_grad_(False) for name, model in models.items()}
    return Bench(models, library, prompts, recipe.judged(run), chosen.keep)


def students(teacher: DiT, folder: Path) -> dict[str, DiT]:
    """The student, and what is left of it at each rank in half precision. `distilled.py` trains a transformer."""
    if "transformer" in run_record(folder)["configs"]:
        made = {"student": copy.deepcopy(teacher)}
        made["student"].load_state_dict(trained_weights(folder, "transformer"))
    else:
        made = {"student": mean_student(alike(folder), teacher), "one": mean_student([folder], teacher)}
    for name, rank in RANKS.items():
        light = lightened(made["student"], teacher, rank).to(torch.bfloat16).to(torch.float32)
        made[name] = light.on(copy.deepcopy(teacher))
    return made


def shipped(teacher: DiT, start: Path) -> dict[str, DiT]:
    """The start folder's own light part."""
    folder = open_folder(start)
    if "light" not in folder.parts:
        return {}
    light = folder.load("light", Light(folder.build_config("light", LightConfig)))
    return {"light": light.on(copy.deepcopy(teacher))}


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
