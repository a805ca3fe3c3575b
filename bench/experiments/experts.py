"""Experts: dense against token-routed at equal active FLOPs, and one noise expert against two.

    python bench/experiments/experts.py --runs runs [--steps 150] [--fork-steps 40] [--batch 8] [--clips 32]

Reduced world, cached latents. `dense` has a SwiGLU in each routed block, as wide as what a token meets there: shared
network and two experts. From scratch on the recipe's own loss and schedule: single pictures, then windows. Two noise
experts are two whole transformers, one above the boundary, one below (Wan2.2 A14B). They go on from two copies of the
trained weights, beside one copy; every sample trains the one that it belongs to, so that two cost what one costs.

Measured on 128 windows and 128 pictures of programs that no arm saw: the velocity's error at eight noise levels, the
same clips, captions and noise for all. Of those that go on also films from held-back captions, by the recogniser, 12
guided steps. Writes bench/results/experiment_experts.json.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from harness import Arm, arguments, differences, measured, seconds, table, whole, written
from torch import Tensor, nn

from filmloom.checkpoints.folder import open_folder
from filmloom.data.latents import LatentSet
from filmloom.diffusion.schedules import add_noise
from filmloom.models.dit import DiT, DiTConfig, NoiseExperts, parameter_counts
from filmloom.models.moe import MoELayer, SwiGLU
from filmloom.recipes import transformer as recipe
from filmloom.recipes.recogniser import as_seen
from filmloom.recipes.recogniser import scores as accuracies
from filmloom.recipes.run import Run
from filmloom.training.trainer import METRICS, STATE, Habits, Moment, Schedule, Stage, train

HELD = 256  # of the last clips: four shards, whose programs no other clip shares
LEVELS = 8
BOUNDARY = 0.6  # about half of the samples and of a sampler's steps on either side
Measure = Callable[[nn.Module], dict[str, float]]
DEAD = 0.01  # of a block's tokens: an expert that takes less is as good as none
KEYS = ("window flow", "picture flow", "high flow", "low flow", "subject flow", "least load", "most load", "dead")


def main() -> None:
    made = arguments(__doc__, "experts")
    made.add_argument("--steps", type=int, default=150)
    made.add_argument("--fork-steps", type=int, default=40)
    made.add_argument("--batch", type=int, default=8)
    made.add_argument("--clips", type=int, default=32, help="films that the recogniser sees")
    chosen = made.parse_args()
    torch.set_num_threads(chosen.threads)
    run = Run(chosen.runs / "experiment", chosen.size, start=chosen.start, reduced=True, report=print)
    config, whole_set = run.mini.transformer, recipe.stocked(run, "reduced")
    library, held = split(dataclasses.replace(whole_set, batch_size=chosen.batch, image_share=0.55))
    tests, judge = recipe.prompts(run, "reduced_test", chosen.clips), recipe.judged(run)
    named = lambda model: recognised(model, library, tests, judge)  # noqa: E731
    forked = going_on(config, dataclasses.replace(library, image_share=0.0), held, chosen, named)
    found, unbalanced = from_scratch(config, library, held, chosen)
    print(table(found | unbalanced, KEYS), table(forked, [*KEYS, *named_keys(forked)]), sep="\n\n")
    written(
        chosen.output, steps=chosen.steps, fork_steps=chosen.fork_steps, batch=chosen.batch, boundary=BOUNDARY,
        parts=costs(config), found=found, differences=differences(found, "dense"),
        unbalanced=unbalanced, forked=forked, fork_differences=differences(forked, "one noise expert"),
        start=validated(one(config, chosen.start), held) | named(one(config, chosen.start)),
        balance=histories(chosen.keep, [*found, *unbalanced, *forked], chosen.seeds),
    )  # fmt: skip


def from_scratch(config: DiTConfig, library: recipe.Library, held: recipe.Library, chosen) -> tuple[dict, dict]:
    """Dense and routed at every seed; routed without the balance loss at the first."""

    def arm(name: str, build: Callable[[], nn.Module], **how: bool) -> Arm:
        return lambda seed: trained(build, library, held, at(chosen.keep, name, seed), seed, chosen.steps, **how)

    arms = {"dense": arm("dense", lambda: dense(DiT(config))), "routed": arm("routed", lambda: DiT(config))}
    free = {"routed, no balance": arm("routed, no balance", lambda: DiT(config), balance=False)}
    return measured(arms, chosen.seeds, chosen.keep), measured(free, chosen.seeds[:1], chosen.keep)


def going_on(config: DiTConfig, library: recipe.Library, held: recipe.Library, chosen, also: Measure) -> dict:
    """One copy of the trained weights, or one for the upper noise levels and one for the lower."""

    def arm(name: str, fork: Callable[[DiTConfig, Path], nn.Module]) -> Arm:
        return lambda seed: trained(
            lambda: fork(config, chosen.start), library, held, at(chosen.keep, name, seed), seed, chosen.fork_steps,
            rate=1e-4, also=also,
        )  # fmt: skip

    forks = {"one noise expert": one, "two noise experts": two}
    return measured({name: arm(name, fork) for name, fork in forks.items()}, chosen.seeds, chosen.keep)


def at(folder: Path, name: str, seed: int) -> Path:
    return folder / name.replace(" ", "_") / str(seed)


def split(library: recipe.Library) -> tuple[recipe.Library, recipe.Library]:
    """All clips but the last, and the last, with their own captions."""
    latents, first = library.latents, len(library.latents) - HELD
    parts = [
        LatentSet({name: tensor[rows] for name, tensor in latents.tensors.items()}, latents.rows[rows])
        for rows in (slice(0, first), slice(first, None))
    ]
    texts = library.texts[slice(first * library.num_captions, None)]
    return dataclasses.replace(library, latents=parts[0]), dataclasses.replace(library, latents=parts[1], texts=texts)


# --- What is compared


def dense(model: DiT) -> DiT:
    """Each routed layer replaced by one network as wide as what a token meets in it: as many products per token."""
    for block in model.blocks:
        if isinstance(block.ffn, MoELayer):
            moe = block.ffn.config
            width = block.ffn.gate.in_features
            block.ffn = SwiGLU(width, (moe.shared_hidden or moe.hidden) + moe.top_k * moe.hidden)
            for linear in (block.ffn.gate_up, block.ffn.down):
                nn.init.xavier_uniform_(linear.weight)
    return model


def one(config: DiTConfig, start: Path) -> DiT:
    return open_folder(start).load("transformer", DiT(config))


def two(config: DiTConfig, start: Path) -> NoiseExperts:
    """Both from the same weights; each then learns its own noise levels."""
    model = apart(config)
    for expert in (model.high, model.low):
        expert.load_state_dict(one(config, start).state_dict())
    return model


def apart(config: DiTConfig) -> NoiseExperts:
    return NoiseExperts(dataclasses.replace(config, noise_experts=2, boundary=BOUNDARY))


def trained(
    build: Callable[[], nn.Module], library: recipe.Library, held: recipe.Library, folder: Path, seed: int, steps: int,
    *, balance: bool = True, rate: float = 1e-3, also: Measure = lambda model: {},
) -> dict[str, float]:  # fmt: skip
    """Train one arm on the recipe's batches and loss; what its averaged weights do on held-back clips."""
    torch.manual_seed(seed)
    model = build()
    with loads(model) as seen:
        stage = Stage(
            "experts", nn.ModuleDict({"transformer": model}), batch=lambda moment: recipe.draw_batch(library, moment),
            loss=lambda parts, batch, moment: loss(parts["transformer"], batch, moment, library, seen, balance),
            batch_size=library.batch_size,
        )  # fmt: skip
        schedule = Schedule(steps=steps, learning_rate=rate, warmup=20, decay_from=0.6, seed=seed)
        result = whole(train(stage, folder, schedule, Habits(log_seconds=4.0, save_minutes=2.0)))
    (folder / STATE).unlink()
    return validated(model, held) | also(model) | {"wall seconds a step": result.seconds / steps}


def loss(model: nn.Module, batch, moment: Moment, library, seen: list[Tensor], balance: bool) -> dict[str, Tensor]:
    """The recipe's loss, with or without its balance, and how evenly the experts were used."""
    seen.clear()
    losses = recipe.loss(model, batch, moment, library)
    if not balance:
        losses["loss"] = losses["loss"] - recipe.BALANCE_WEIGHT * losses["balance"]
    return losses | used(seen)


@contextmanager
def loads(model: nn.Module) -> Iterator[list[Tensor]]:
    """The load [E] of every routed layer that ran, in order."""
    seen: list[Tensor] = []
    layers = [module for module in model.modules() if isinstance(module, MoELayer)]
    hooks = [layer.register_forward_hook(lambda _, __, routed: seen.append(routed.load.detach())) for layer in layers]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def used(seen: list[Tensor]) -> dict[str, Tensor]:
    """Least and most loaded expert, and the share of experts that are dead; zeros for a dense model."""
    if not seen:
        return {name: torch.zeros(()) for name in ("least load", "most load", "dead")}
    each = torch.stack(seen)
    return {"least load": each.min(), "most load": each.max(), "dead": (each < DEAD).float().mean()}


# --- What is measured


@torch.no_grad()
def validated(model: nn.Module, held: recipe.Library, *, num: int = 128) -> dict[str, float]:
    """Error of the velocity on held-back windows and pictures; sigma runs through the levels, noise is fixed."""
    model.eval()
    picture, _, _, _ = errors(model, held, "picture", num)
    window, subject, sigma, seen = errors(model, held, "window", num)
    high = sigma >= BOUNDARY
    return {
        "window flow": float(window.mean()), "picture flow": float(picture.mean()),
        "high flow": float(window[high].mean()), "low flow": float(window[~high].mean()),
        "subject flow": float(subject.mean()),
    } | by_level(window, sigma) | {name: float(value) for name, value in used(seen).items()}  # fmt: skip


def by_level(window: Tensor, sigma: Tensor) -> dict[str, float]:
    return {f"flow at {level:.2f}": float(window[sigma == level].mean()) for level in sigma.unique().tolist()}


@torch.no_grad()
def recognised(model: nn.Module, library: recipe.Library, tests: recipe.Prompts, judge) -> dict[str, float]:
    """What the recogniser names in films from held-back captions; nothing where there is none."""
    if judge is None:
        return {}
    seen = as_seen(recipe.films(model.eval(), library, tests, controlled=False), library.mini)
    named = accuracies(judge, lambda numbers: seen[list(numbers)], tests.rows, library.device)
    return {f"named: {field}": value for field, value in named.items()}


def named_keys(found: dict[str, list[dict]]) -> list[str]:
    return [key for key in next(iter(found.values()))[0] if key.startswith("named: ") and "unseen" not in key]


def errors(
    model: nn.Module, held: recipe.Library, kind: str, num: int, *, size: int = 16
) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
    """Over `num` clips spread over all that are held back: `errors_at`, and each routed layer's mean load."""
    found, each_load = [], []
    with loads(model) as seen:
        for first in range(0, num, size):
            numbers = np.arange(first, first + size) * (len(held.latents) // num)
            found.append(errors_at(model, held, kind, numbers))
            each_load.append(seen.copy())
            seen.clear()
    # Two noise experts run one after the other where a batch holds levels of both: as many loads in every batch.
    mean = [torch.stack(layer).mean(dim=0) for layer in zip(*each_load)]
    return *(torch.cat(part) for part in zip(*found)), mean


def errors_at(model: nn.Module, held: recipe.Library, kind: str, numbers: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """Per clip: mean squared error of the velocity, the same weighed by how much subject a cell holds, and sigma."""
    names = ("latent", "subject") if kind == "window" else ("image", "image_subject")
    clean, subject = (held.latents.take(name, numbers) for name in names)
    if kind == "picture":
        clean, subject = clean[:, 2], subject[:, 2]
    draws = torch.Generator().manual_seed(int(numbers[0]))
    noise = torch.randn(clean.shape, generator=draws)
    sigma = (torch.arange(len(clean)) % LEVELS + 0.5) / LEVELS
    text = held.texts[torch.as_tensor(numbers * held.num_captions)].to(torch.float32)
    out = model(add_noise(clean, noise, sigma), sigma, text.tokens, pooled=text.pooled)
    error = (out.velocity - (noise - clean)).square().mean(dim=1, keepdim=True)
    weighed = (error * subject).sum(dim=(1, 2, 3, 4)) / subject.sum(dim=(1, 2, 3, 4)).clamp(min=1e-3)
    return error.flatten(1).mean(dim=1), weighed, sigma


def costs(config: DiTConfig) -> dict[str, dict[str, float]]:
    """Parameters in all and active; processor time of a forward (two samples, as guidance asks) and of both ways."""
    builds = {
        "dense": lambda: dense(DiT(config)),
        "routed": lambda: DiT(config),
        "two noise experts": lambda: apart(config),
    }
    return {name: cost(build(), config) for name, build in builds.items()}


def cost(model: nn.Module, config: DiTConfig) -> dict[str, float]:
    total, active = parameter_counts(model)
    x, text = torch.randn(2, config.in_channels, 5, 5, 8), torch.randn(2, 24, config.text_width)
    sigma, pooled = torch.full((2,), 0.7), torch.randn(2, config.text_width)

    def forward():
        return model(x, sigma, text, pooled=pooled)

    with torch.no_grad():
        ahead = seconds(forward)
    back = seconds(lambda: forward().velocity.square().mean().backward(), rounds=3)
    return {"parameters": total, "active": active, "forward ms": 1000 * ahead, "forward and backward ms": 1000 * back}


def histories(folder: Path, names: list[str], seeds: list[int]) -> dict[str, list]:
    """Step, least load, most load and share of dead experts along each arm's first run."""
    found = {}
    for name in names:
        rows = [json.loads(line) for line in (at(folder, name, seeds[0]) / METRICS).read_text().splitlines()]
        found[name] = [[r["step"], r["least load"], r["most load"], r["dead"]] for r in rows if "dead" in r]
    return found


if __name__ == "__main__":
    main()
