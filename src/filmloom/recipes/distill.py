"""Few steps instead of many: shortcut self-distillation (arXiv 2410.12557) with guidance folded into the finest level.

The finest step (1/16) learns the guided teacher; a step twice as long learns what two short ones do, by the averaged
student. Guidance is folded in at the finest level only: folded in at every level it would compound.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from filmloom.diffusion.samplers import few_step, shortcut_target
from filmloom.diffusion.schedules import add_noise, flow_sigmas
from filmloom.models.dit import DiT
from filmloom.models.text_encoder import Text
from filmloom.recipes.run import Run, load_part, record
from filmloom.recipes.transformer import (
    BALANCE_WEIGHT,
    GUIDANCE,
    Batch,
    Library,
    from_control,
    from_text,
    judged,
    prompts,
    residual_losses,
    stocked,
)
from filmloom.recipes.transformer import draw_batch as draw_windows
from filmloom.recipes.transformer import loss as flow_loss
from filmloom.recipes.transformer import scores as accuracies
from filmloom.recipes.transformer import sheet as pictures
from filmloom.training.losses import weighted_mean
from filmloom.training.trainer import Moment, Result, Stage

LEVELS = (1 / 16, 1 / 8, 1 / 4, 1 / 2)  # lengths of steps, finest first
PLAIN_SHARE = 0.3  # of the steps that keep to plain rectified flow, so that slow sampling stays as good as it was
TARGET_DECAY = 0.98  # of the averaged student that sets targets; short, since a run is short
PREVIEW_STEPS = 4
Velocity = Callable[[Tensor, Tensor, Tensor], Tensor]


def distill(run: Run) -> Result:
    """Train `transformer` further; scores are of samples in four calls without guidance."""
    student = DiT(run.mini.transformer)
    load_part(run, "transformer", student, without=("distill",))
    teacher = copy.deepcopy(student).to(run.device).eval().requires_grad_(False)
    parts = nn.ModuleDict({"transformer": student, "target": copy.deepcopy(student).requires_grad_(False)})
    kind, tests = ("reduced", "reduced_test") if run.reduced else ("clips", "test")
    library = stocked(run, kind)
    shown = prompts(run, tests, run.mini.pick(2, 16, 128))
    judge = judged(run)
    stage = Stage(
        "distill",
        parts,
        batch=lambda moment: draw_batch(library, moment),
        loss=lambda parts, batch, moment: loss(parts, teacher, batch, moment, library),
        sheet=lambda parts: pictures(parts["transformer"], library, shown, sample=sampled),
        scores=lambda parts: accuracies(parts["transformer"], library, shown, judge, sample=sampled),
        batch_size=library.batch_size // 2,
        record=record(run, "distill", {"transformer": student}, clips=len(library.latents), guidance=GUIDANCE)
        | {"sigma_residual": [round(v, 5) for v in library.sigma_residual.tolist()], "reduced": run.reduced},
    )
    schedule = run.schedule(learning_rate=2e-4, warmup=run.mini.pick(5, 50, 100), decay_from=0.6, ema_decay=0.995)
    return run.train(stage, schedule)


def draw_batch(library: Library, moment: Moment) -> Batch:
    """Whole windows, half a batch of them: each costs two or three calls."""
    whole = draw_windows(library, Moment(moment.step, 1.0, moment.seed))
    half = slice(0, max(1, library.batch_size // 2))
    return Batch(
        whole.clean[half],
        whole.control[half],
        whole.weight[half],
        whole.present[half],
        whole.given[half],
        whole.text[half],
    )


def loss(parts: nn.ModuleDict, teacher: DiT, batch: Batch, moment: Moment, library: Library) -> dict[str, Tensor]:
    """One level per step, in turn at random; every so often plain flow."""
    student, target = parts["transformer"], parts["target"]
    follow(target, student)
    rng = moment.rng("level")
    if rng.random() < PLAIN_SHARE:
        plain = flow_loss(student, batch, moment, library)
        return {"loss": plain["loss"], "plain": plain["flow"]}
    level = float(rng.choice(LEVELS))
    draws = moment.generator("noise", batch.clean.device)
    noise = torch.randn(batch.clean.shape, generator=draws, device=batch.clean.device)
    num = len(batch.clean)
    sigma = torch.randint(1, round(1 / level) + 1, (num,), generator=draws, device=noise.device) * level
    step = torch.full_like(sigma, level)
    given = batch.given
    frames = given_frames(sigma, given, batch.clean.shape[2])
    x = add_noise(batch.clean, noise, frames)
    with torch.no_grad():
        if level == LEVELS[0]:
            wanted = guided_velocity(teacher, batch, library)(x, sigma, torch.zeros_like(step))
        else:
            wanted = shortcut_target(velocity(target, batch.text, given), x, sigma, step)
    out = student(
        x, frames, batch.text.tokens, pooled=batch.text.pooled, control=batch.control, present=batch.present, step=step
    )
    open_ = (frames > 0)[:, None, :, None, None] & ~batch.present.view(-1, 1, 1, 1, 1)
    far = weighted_mean((out.velocity.float() - wanted.float()).square(), open_)
    latent, pixels = residual_losses(out.residual.float(), batch, library)
    total = far + 0.15 * latent + pixels + BALANCE_WEIGHT * out.balance
    return {"loss": total, f"level {round(1 / level)}": far}


def velocity(model: DiT, text: Text, given: Tensor) -> Velocity:
    """velocity(x, sigma [B], step [B]) of samples whose first latent frame may be given: there it is 0, so it stays."""

    def at(x: Tensor, sigma: Tensor, step: Tensor) -> Tensor:
        frames = given_frames(sigma, given, x.shape[2])
        made = model(x, frames, text.tokens, pooled=text.pooled, step=step).velocity
        return made * (frames > 0)[:, None, :, None, None]

    return at


def guided_velocity(model: DiT, batch: Batch, library: Library) -> Velocity:
    """null + 3 (text - null). A sample whose own text was dropped is its own null, and stays unguided."""
    text, given = batch.text, batch.given
    null = Text(library.null.tokens.expand(len(text), -1, -1), library.null.pooled.expand(len(text), -1))

    def at(x: Tensor, sigma: Tensor, step: Tensor) -> Tensor:
        without = velocity(model, null, given)(x, sigma, step)
        return without + GUIDANCE * (velocity(model, text, given)(x, sigma, step) - without)

    return at


def given_frames(sigma: Tensor, given: Tensor, num_frames: int) -> Tensor:
    """[B, G]: sigma for every latent frame, 0 for a first one that is given."""
    frames = sigma[:, None].repeat(1, num_frames)
    frames[:, 0] = torch.where(given, 0.0, frames[:, 0])
    return frames


@torch.no_grad()
def follow(target: nn.Module, student: nn.Module) -> None:
    """target ← decay · target + (1 - decay) · student."""
    torch._foreach_lerp_(list(target.parameters()), [p.detach() for p in student.parameters()], 1 - TARGET_DECAY)


@torch.no_grad()
def sampled(
    model: DiT, library: Library, text: Text, control: Tensor | None, *, num_steps: int = PREVIEW_STEPS, seed: int = 0
) -> Tensor:
    """Latents in `num_steps` calls: no guidance, each call told how far it must carry."""
    shape = library.mini.latent
    random = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(text), shape.channels, shape.frames, shape.height, shape.width, generator=random)
    kind = (
        from_text(model, library, text, guidance=1.0)
        if control is None
        else from_control(model, library, text, control)
    )
    return few_step(kind, noise.to(text.pooled.device), flow_sigmas(num_steps))
