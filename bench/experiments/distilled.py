"""Train the light model, two ways: the recipe's shortcuts, or straight from the teacher's walk.

    python bench/experiments/distilled.py --runs runs --way direct --minutes 20 [--batch 8] [--run runs/distill]

`shortcut` is recipe `distill`: the finest step learns the guided teacher, each longer one learns what two of half its
length do. `direct`: every step of a film in 8, 6 or 4 learns where the guided teacher gets in one or two short ones,
so that nothing has to be learnt before it. The run folder is what recipe `assemble` takes as `distill`; `light.py`
measures it.
"""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import torch
from harness import arguments, whole
from torch import Tensor, nn

from filmloom.diffusion.schedules import add_noise
from filmloom.models.dit import DiT
from filmloom.recipes import distill as recipe
from filmloom.recipes import transformer as teacher_recipe
from filmloom.recipes.run import Run, load_part, record
from filmloom.recipes.transformer import BALANCE_WEIGHT, GUIDANCE, Batch, Library, residual_losses, stocked
from filmloom.training.losses import weighted_mean
from filmloom.training.trainer import Moment, Stage

LENGTHS = {4: 0.7, 6: 0.15, 8: 0.15}  # of films in so many steps, and how often each is learnt
INNER = {4: 2, 6: 2, 8: 1}  # guided steps of the teacher within one of the student's: 8, 12 and 8 in all
CONTROL_SHARE = 0.1  # of the samples that keep to filming around a sketch: that needs few steps already
PLAIN_SHARE = 0.15  # of the steps that keep to plain flow, so that slow sampling stays as good as it was


def main() -> None:
    made = arguments(__doc__, "distilled")
    made.add_argument("--way", choices=("direct", "shortcut"), default="direct")
    made.add_argument("--minutes", type=float, default=None)
    made.add_argument("--steps", type=int, default=None)
    made.add_argument("--batch", type=int, default=8)
    made.add_argument("--rate", type=float, default=3e-4)
    made.add_argument("--run", type=Path, default=Path("runs/distill"))
    chosen = made.parse_args()
    run = Run(
        chosen.run, chosen.size, start=chosen.start, beside=chosen.runs, reduced=True, report=print,
        threads=chosen.threads, seed=chosen.seeds[0], minutes=chosen.minutes, steps=chosen.steps,
    )  # fmt: skip
    result = whole(trained(run, chosen.way, chosen.batch, chosen.rate))
    print(f"{result.step} steps, {result.seconds / max(1, result.step):.2f} s each")


def trained(run: Run, way: str, batch_size: int, rate: float):
    student = load_part(run, "transformer", DiT(run.mini.transformer), without=("distill",))
    teacher = copy.deepcopy(student).eval().requires_grad_(False)
    share = {"control_share": CONTROL_SHARE} if way == "direct" else {}
    library = dataclasses.replace(stocked(run, "reduced"), batch_size=2 * batch_size, **share)  # the recipe halves it
    parts = nn.ModuleDict({"transformer": student})
    if way == "shortcut":
        parts["target"] = copy.deepcopy(student).requires_grad_(False)
    losses = {"direct": loss, "shortcut": recipe.loss}[way]
    stage = Stage(
        "distill", parts,
        batch=lambda moment: recipe.draw_batch(library, moment),
        loss=lambda parts, batch, moment: losses(parts, teacher, batch, moment, library),
        batch_size=batch_size,
        record=record(
            run, "distill", {"transformer": student}, clips=len(library.latents), guidance=GUIDANCE, way=way,
            sigma_residual=[round(v, 5) for v in library.sigma_residual.tolist()], reduced=run.reduced,
        ) | {"command": command(run, way, batch_size)},
    )  # fmt: skip
    return run.train(stage, run.schedule(learning_rate=rate, warmup=20, decay_from=0.5, ema_decay=0.99))


def command(run: Run, way: str, batch_size: int) -> str:
    """The line that repeats it: not the recipe's own, unless the way is."""
    length = f"--minutes {run.minutes:g}" if run.steps is None else f"--steps {run.steps}"
    words = f"--way {way} {length} --batch {batch_size} --start {Path(run.start).name}"
    return f"python bench/experiments/distilled.py {words}"


def loss(parts: nn.ModuleDict, teacher: DiT, batch: Batch, moment: Moment, library: Library) -> dict[str, Tensor]:
    """One length of step per batch; every so often plain flow."""
    student, rng = parts["transformer"], moment.rng("length")
    if rng.random() < PLAIN_SHARE:
        plain = teacher_recipe.loss(student, batch, moment, library)
        return {"loss": plain["loss"], "plain": plain["flow"]}
    num = int(rng.choice(list(LENGTHS), p=list(LENGTHS.values())))
    draws = moment.generator("noise")
    sigma = torch.randint(1, num + 1, (len(batch.clean),), generator=draws) / num
    step = torch.full_like(sigma, 1 / num)
    frames = recipe.given_frames(sigma, batch.given, batch.clean.shape[2])
    x = add_noise(batch.clean, torch.randn(batch.clean.shape, generator=draws), frames)
    with torch.no_grad():
        wanted = walked(recipe.guided_velocity(teacher, batch, library), x, sigma, step, INNER[num])
    out = student(
        x, frames, batch.text.tokens, pooled=batch.text.pooled, control=batch.control, present=batch.present, step=step
    )
    from_text = (frames > 0)[:, None, :, None, None] & ~batch.present.view(-1, 1, 1, 1, 1)
    far = weighted_mean((out.velocity - wanted).square(), from_text)
    latent, pixels = residual_losses(out.residual, batch, library)
    return {"loss": far + 0.15 * latent + pixels + BALANCE_WEIGHT * out.balance, f"of {num}": far}


def walked(velocity: recipe.Velocity, x: Tensor, sigma: Tensor, step: Tensor, num: int) -> Tensor:
    """Mean velocity of the teacher's `num` steps from sigma to sigma - step."""
    total, short = torch.zeros_like(x), step / num
    for i in range(num):
        made = velocity(x, sigma - i * short, torch.zeros_like(step))
        total, x = total + made / num, x - short.view(-1, 1, 1, 1, 1) * made
    return total


if __name__ == "__main__":
    main()
