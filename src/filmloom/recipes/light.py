"""The light model: 4, 6 or 8 steps without guidance learn the way that the guided teacher takes in 16 by UniPC.

The teacher's walks are made once and kept, from noise to a clean latent with every state between. The student walks
from the same noise; each of its steps is told where the teacher's walk is by then, from wherever the student itself has
got to: so it learns to mend what its earlier steps did wrong. Nothing is random on such a walk, so nothing is averaged
and blurred. Recipe `distill` makes a new transformer instead, of shortcuts.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from filmloom.checkpoints.folder import open_folder
from filmloom.core.random import generator, seed_from
from filmloom.data.latents import LatentSet, cached_latents
from filmloom.diffusion.samplers import unipc
from filmloom.diffusion.schedules import flow_sigmas
from filmloom.diffusion.state import SolverState
from filmloom.models.dit import DiT
from filmloom.models.light import Light, LightConfig, changed, lightened, mark
from filmloom.models.text_encoder import Text, TextEncoder
from filmloom.models.video_vae import VideoVAE
from filmloom.recipes.distill import given_frames, sampled, velocity
from filmloom.recipes.film_set import opened
from filmloom.recipes.recogniser import as_seen
from filmloom.recipes.recogniser import scores as accuracies
from filmloom.recipes.run import Run, frozen, load_part, record
from filmloom.recipes.transformer import (
    GUIDANCE,
    ROLLING_SHARE,
    Library,
    digest,
    films,
    judged,
    library,
    prompts,
)
from filmloom.training.losses import weighted_mean
from filmloom.training.trainer import Moment, Result, Stage, run_record, trained_weights

STEPS = 16  # of the teacher's walk: the preset that `assemble` writes
LENGTHS = {4: 0.8, 6: 0.1, 8: 0.1}  # steps of the student's walk, and how often each is learnt
RANK = 64
CHUNK = 16  # walks a file
SEED = 0  # of the walks, which runs of all seeds share
MOST = 4.0  # at most so much more does a cell count: those that guidance moves are the subjects', mostly
FROM_TEACHER = 0.2  # of the steps start where the teacher is, at the end of a run; at its beginning all do


def light(run: Run) -> Result:
    """Train `light` beside `transformer`; scores are of samples in four calls without guidance.

    `run.clips`: how many walks. One of several workers makes its share of them and trains nothing."""
    teacher = load_part(run, "transformer", DiT(run.mini.transformer), without=("distill",))
    teacher = teacher.to(run.device).eval().requires_grad_(False)
    walks = kept_walks(run, teacher, run.clips or run.mini.pick(4, 768, 32_768))
    if run.num_workers > 1:
        return Result(0, 0.0, True, {}, {})
    size, config = run.mini.pick(2, 2, 32), LightConfig(transformer=teacher.config, rank=RANK, of=mark(teacher))
    stage = Stage(
        "light", nn.ModuleDict({"light": trainable(begun_student(run, teacher))}),
        batch=lambda moment: walks.draw(size, moment),
        loss=lambda parts, batch, moment: loss(parts["light"], batch, moment),
        scores=lambda parts: scores(parts["light"], run),
        batch_size=size,
        record=record(run, "light", {}, walks=len(walks), guidance=GUIDANCE, reduced=run.reduced)
        | {"configs": {"light": dataclasses.asdict(config)}},
    )  # fmt: skip
    few = {"warmup": run.mini.pick(5, 10, 100), "weight_decay": 0.0}
    return run.train(stage, run.schedule(learning_rate=3e-4, decay_from=0.4, ema_decay=0.98, **few))


def begun_student(run: Run, teacher: DiT) -> DiT:
    """The teacher; with the start folder's light part, though it was made for an earlier transformer: what makes few
    steps of one makes nearly as few of another that went on from it."""
    student = copy.deepcopy(teacher)
    folder = None if run.start is None else open_folder(Path(run.start))
    if folder is None or "light" not in folder.parts:
        return student
    light = folder.load("light", Light(folder.build_config("light", LightConfig)))
    return light.on(student) if light.config.transformer == teacher.config else student


def mean_student(folders: Sequence[Path], teacher: DiT) -> DiT:
    """The mean of runs that began alike and saw other batches (model soups, arXiv 2203.05482): as if one had gone on
    for as long as all of them, where each has a core of its own."""
    weights = [trained_weights(folder, "light") for folder in folders]
    student = copy.deepcopy(teacher)
    student.load_state_dict({name: sum(one[name] for one in weights) / len(weights) for name in weights[0]})
    return student


def made_light(folder: Path, config: LightConfig, teacher: DiT) -> Light:
    """What runs of this recipe learnt of `teacher`, as it is shipped."""
    return lightened(mean_student(alike(folder), teacher), teacher, config.rank)


def alike(folder: Path) -> list[Path]:
    """The run in `folder` and those of other seeds beside it, `light-1` and so on, that learnt of the same teacher."""
    of = teacher_of(folder)
    return [folder, *(other for other in sorted(folder.parent.glob(f"{folder.name}-*")) if teacher_of(other) == of)]


def teacher_of(folder: Path) -> str | None:
    return run_record(folder).get("configs", {}).get("light", {}).get("of")


def trainable(student: DiT) -> DiT:
    """Only what a light model may change is learnt."""
    student.requires_grad_(False)
    for _, parameter in changed(student):
        parameter.requires_grad_(True)
    return student


# --- The teacher's walks


@dataclass(frozen=True)
class Walks:
    """`states` [n, STEPS + 1, C, G, h, w]: from noise to a clean latent. `moved` [n, 1, G, h, w]: how far guidance
    moved each cell, in units of the walk's mean. `given` [n]: was the first latent frame given clean."""

    states: Tensor
    moved: Tensor
    given: Tensor
    tokens: Tensor
    pooled: Tensor

    def __len__(self) -> int:
        return len(self.states)

    def draw(self, num: int, moment: Moment) -> Walks:
        """`num` of them, in single precision."""
        rows = torch.as_tensor(moment.rng("walks").integers(len(self), size=num))
        return Walks(*(getattr(self, name)[rows] for name in NAMES)).to(torch.float32)

    def to(self, *args: object) -> Walks:
        return Walks(*(t if t.dtype == torch.bool else t.to(*args) for t in (getattr(self, name) for name in NAMES)))

    def at(self, place: float) -> Tensor:
        """The states after `place` of the teacher's steps; between two of them, by the cubic through four."""
        if place == int(place):
            return self.states[:, int(place)]
        first = min(max(math.floor(place) - 1, 0), STEPS - 3)
        nodes = range(first, first + 4)
        weights = [math.prod((place - other) / (node - other) for other in nodes if other != node) for node in nodes]
        return sum(weight * self.states[:, node] for weight, node in zip(weights, nodes))


NAMES = tuple(field.name for field in dataclasses.fields(Walks))


def told(run: Run, num: int) -> Library:
    """As many clips of the film set as walks, each with one of today's captions, in any of the languages."""
    encoder, codec = frozen_ends(run)
    kind = "reduced" if run.reduced else "clips"
    clips = opened(run, kind, num_captions=1)
    with torch.no_grad():
        every = cached_latents(clips, run.neighbour("latents") / kind, codec.encode, digest(codec), device=run.device)
    numbers = generator(SEED, "walks").permutation(len(every)).tolist()
    numbers = (numbers * (1 + num // len(numbers)))[:num]
    few = {"latent": every.tensors["latent"][numbers], "control": every.tensors["control"][numbers]}
    return library(run, LatentSet(few, [every.rows[n] for n in numbers]).to(run.device), encoder, codec)


def kept_walks(run: Run, teacher: DiT, num: int) -> Walks:
    """So many walks: read where they were made before. Workers share the files, and read none."""
    folder = run.neighbour("walks") / mark(teacher)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"walks_{first:07d}.safetensors" for first in range(0, num, CHUNK)]
    mine = [n for n, path in enumerate(paths) if n % run.num_workers == run.worker and not path.exists()]
    lib = told(run, CHUNK * len(paths)) if mine else None
    for number in mine:
        part = paths[number].with_suffix(".part")
        save_file(dataclasses.asdict(walked(teacher, lib, number)), part)
        part.replace(paths[number])
        run.say(f"light: {CHUNK * (number + 1)} of {num} walks")
    if run.num_workers > 1:
        return Walks(*(torch.zeros(0) for _ in NAMES))
    pieces = [load_file(path) for path in paths]
    return Walks(*(torch.cat([piece[name] for piece in pieces])[:num] for name in NAMES)).to(run.device)


@torch.no_grad()
def walked(teacher: DiT, lib: Library, number: int) -> Walks:
    """The walks of one file. Half precision halves the time on a CPU too, and moves the end no further than chance."""
    rows = np.arange(number * CHUNK, (number + 1) * CHUNK)
    clean, text = lib.latents.take("latent", rows), lib.texts[torch.as_tensor(rows)].to(torch.float32)
    draws = torch.Generator().manual_seed(seed_from(SEED, "walk", number))
    x = torch.randn(clean.shape, generator=draws).to(clean.device)
    given = (torch.rand(len(x), generator=draws) < ROLLING_SHARE).to(clean.device)
    x[:, :, 0] = torch.where(given.view(-1, 1, 1, 1), clean[:, :, 0], x[:, :, 0])
    states, moved = guided_walk(teacher, x, text, lib.null, given)
    return Walks(
        *(t.half().cpu().contiguous() for t in (states, moved)), given.cpu(), text.tokens.half(), text.pooled.half()
    )


def guided_walk(teacher: DiT, x: Tensor, text: Text, null: Text, given: Tensor) -> tuple[Tensor, Tensor]:
    """States [B, STEPS + 1, ...] of the guided walk from x, as UniPC corrects them; how far guidance moved cells."""
    nothing = Text(null.tokens.expand(len(text), -1, -1), null.pooled.expand(len(text), -1))
    toward, away = velocity(teacher, text, given), velocity(teacher, nothing, given)
    moved, states = torch.zeros_like(x[:, :1]), []

    def denoiser(x: Tensor, sigma: Tensor) -> Tensor:
        each = sigma.to(x.device).expand(len(x))
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            told, untold = (one(x, each, torch.zeros_like(each)).float() for one in (toward, away))
        moved.add_((told - untold).square().mean(dim=1, keepdim=True))
        return x - sigma.to(x.device) * (untold + GUIDANCE * (told - untold))

    def keep(state: SolverState) -> None:
        states.append(state.start)

    end = unipc(denoiser, x, flow_sigmas(STEPS), on_state=keep)
    return torch.stack((*states, end), dim=1), moved / moved.mean(dim=(1, 2, 3, 4), keepdim=True).clamp(min=1e-6)


# --- The student


def loss(student: DiT, walks: Walks, moment: Moment) -> dict[str, Tensor]:
    """A whole walk of 4, 6 or 8 steps: the mean over its steps of how far each ends from where the teacher is then."""
    rng = moment.rng("length")
    num = int(rng.choice(list(LENGTHS), p=list(LENGTHS.values())))
    own = (1 - FROM_TEACHER) * min(1.0, 2 * moment.fraction)
    x, missed, text = walks.at(0), [], Text(walks.tokens, walks.pooled)
    weight = walks.moved.clamp(1.0, MOST) * open_frames(walks)
    step = torch.full((len(walks),), 1 / num, device=x.device)
    for i in range(num):
        aim = walks.at(STEPS * (i + 1) / num)
        frames = given_frames(1 - i * step, walks.given, x.shape[2])
        made = student(x, frames, text.tokens, pooled=text.pooled, step=step).velocity
        missed.append(weighted_mean((made - num * (x - aim)).square(), weight))
        alone = torch.as_tensor(rng.random(len(walks)) < own, device=x.device).view(-1, 1, 1, 1, 1)
        x = torch.where(alone, x - made.detach() * open_frames(walks) / num, aim)
    return {"loss": torch.stack(missed).mean(), f"of {num}": torch.stack(missed).mean().detach()}


def open_frames(walks: Walks) -> Tensor:
    """[n, 1, G, 1, 1]: 0 for a first latent frame that is given."""
    return (given_frames(torch.ones(len(walks)), walks.given, walks.states.shape[3]) > 0)[
        :, None, :, None, None
    ].float()


@torch.no_grad()
def scores(student: DiT, run: Run) -> dict[str, float]:
    """What the judge names in samples from held-back captions, in four steps."""
    judge, tests = judged(run), prompts(run, "reduced_test" if run.reduced else "test", run.mini.pick(2, 32, 128))
    if judge is None:
        return {}
    lib = library(run, LatentSet({"latent": tests.control, "control": tests.control}, tests.rows), *frozen_ends(run))
    seen = as_seen(films(student, lib, tests, controlled=False, sample=sampled), lib.mini)
    right = accuracies(judge, lambda numbers: seen[list(numbers)], tests.rows, run.device)
    return {f"text: {field}": value for field, value in right.items()}


def frozen_ends(run: Run) -> tuple[TextEncoder, VideoVAE]:
    encoder = frozen(run, "text_encoder", TextEncoder(run.mini.text_encoder))
    return encoder, frozen(run, "video_vae", VideoVAE(run.mini.video_vae))
