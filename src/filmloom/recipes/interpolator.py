"""The temporal interpolator: exact flow teaches motion, pictures drawn at exact times in between teach the blend."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from filmloom.core.png import grid
from filmloom.data.film_set import FilmSet, to_signed
from filmloom.kernels.warp import warp
from filmloom.models.interpolator import Interpolator
from filmloom.recipes.film_set import opened
from filmloom.recipes.recogniser import picture
from filmloom.recipes.run import Run, begun, record
from filmloom.training.losses import endpoint_loss, pixel_loss, psnr, weighted_mean
from filmloom.training.trainer import Moment, Result, Stage

NAMES = ("a", "m", "b", "t", "flow", "known", "valid")
COARSE_WEIGHTS = (0.1, 0.15, 0.2, 1.0)  # of each pyramid level's flow, coarse to fine
# Pixels of error are larger numbers than colours; still, flow leads: the picture follows from it.
FLOW_WEIGHT, BETWEEN_WEIGHT, PICTURE_WEIGHT = 0.1, 0.05, 1.0
CAP = 24.0  # pixels: a jump beyond what the search can reach is not blamed on it


def interpolator(run: Run) -> Result:
    """Train `interpolator`; scores are PSNR of the picture between, beside plain blending, and the flow's error."""
    batch_size = run.mini.pick(4, 16, 64)
    pairs = opened(run, "pairs")
    num_tests = max(2, min(96, len(pairs) // 16))
    if run.device != "cpu":
        pairs = pairs.resident(run.device, NAMES)
    parts = nn.ModuleDict({"interpolator": begun(run, "interpolator", Interpolator, without=("interpolator", "joint"))})
    stage = Stage(
        "interpolator",
        parts,
        batch=lambda moment: draw_batch(pairs, moment, batch_size, first=num_tests),
        loss=lambda parts, batch, moment: loss(parts["interpolator"], batch, run.device),
        sheet=lambda parts: sheet(parts["interpolator"], pairs, run.device),
        scores=lambda parts: scores(parts["interpolator"], pairs, run.device, num_tests),
        batch_size=batch_size,
        bf16=False,
        record=record(run, "interpolator", dict(parts), clips=len(pairs) - num_tests),
    )
    schedule = run.schedule(learning_rate=8e-4, warmup=100, decay_from=0.5, ema_decay=0.998)
    return run.train(stage, schedule)


def draw_batch(pairs: FilmSet, moment: Moment, size: int, *, first: int) -> dict[str, Tensor]:
    """Random pairs, a and b swapped for half of the steps (time runs either way), mirrored for half of them.

    The first `first` pairs are kept for scores.
    """
    rng = moment.rng("pairs")
    numbers = rng.integers(first, len(pairs), size=size)
    batch = {name: pairs.take(name, numbers) for name in NAMES}
    if rng.random() < 0.5:
        batch = reversed_(batch)
    return mirrored(batch) if rng.random() < 0.5 else batch


def reversed_(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same pairs played backwards. Flows are a→b, b→a, m→a, m→b."""
    swap = [1, 0, 3, 2]
    turned = {name: batch[name][:, swap] for name in ("flow", "known", "valid")}
    return {"a": batch["b"], "m": batch["m"], "b": batch["a"], "t": 1 - batch["t"], **turned}


def mirrored(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Left and right exchanged: horizontal motion changes its sign."""
    turned = {name: value if name == "t" else value.flip(-1) for name, value in batch.items()}
    sign = torch.tensor([-1.0, 1.0], dtype=turned["flow"].dtype, device=turned["flow"].device)
    return turned | {"flow": turned["flow"] * sign[:, None, None]}


def loss(model: Interpolator, batch: dict[str, Tensor], device: str) -> dict[str, Tensor]:
    """Exact flow at every level where the pixel stays visible; flow and picture at the time between."""
    a, m, b, flow, known, valid, t = prepared(batch, device)
    pair = model.flows(a, b)
    reachable = flow.norm(dim=2) < CAP
    motion = sum(
        weight
        * (
            endpoint_loss(ab, flow[:, 0], (known & reachable)[:, 0])
            + endpoint_loss(ba, flow[:, 1], (known & reachable)[:, 1])
        )
        for weight, (ab, ba) in zip(COARSE_WEIGHTS[-len(pair.steps) :], pair.steps)
    )
    made = model.between(pair, t)
    # What is seen at m and at the key frame has an exact flow; the rest is learnt from the picture.
    between = endpoint_loss(made.flow_t0, flow[:, 2], (known & reachable)[:, 2])
    between = between + endpoint_loss(made.flow_t1, flow[:, 3], (known & reachable)[:, 3])
    sides = side_loss(made.mask, known, valid)
    shown = pixel_loss(made.frame, m, moving_weight(flow))
    total = FLOW_WEIGHT * motion + BETWEEN_WEIGHT * between + PICTURE_WEIGHT * shown + 0.05 * sides
    return {"loss": total, "flow": motion.detach(), "between": between.detach(), "picture": shown, "sides": sides}


def prepared(batch: dict[str, Tensor], device: str) -> tuple[Tensor, ...]:
    moved = {name: value.to(device) for name, value in batch.items()}
    a, m, b = (to_signed(moved[name]) for name in ("a", "m", "b"))
    return a, m, b, moved["flow"].float(), moved["known"].bool(), moved["valid"].bool(), moved["t"]


def side_loss(mask: Tensor, known: Tensor, valid: Tensor) -> Tensor:
    """What only one key frame shows must be taken from that one: mask 1 takes a, 0 takes b."""
    from_a, from_b = known[:, 2] & ~known[:, 3] & valid[:, 3], known[:, 3] & ~known[:, 2] & valid[:, 2]
    mask = mask[:, 0].clamp(1e-4, 1 - 1e-4)
    return -weighted_mean(from_a * mask.log() + from_b * (1 - mask).log(), (from_a | from_b))


def moving_weight(flow: Tensor) -> Tensor:
    """[B, 1, H, W]: 1 where nothing moves, up to 4 where something does: the rest of the picture is easy."""
    return (1 + flow[:, 0].norm(dim=1, keepdim=True)).clamp(max=4.0)


def scores(model: Interpolator, pairs: FilmSet, device: str, num: int) -> dict[str, float]:
    """PSNR of the picture between, on moving pixels (over half a pixel) beside blending; the flow's error in pixels."""
    found = []
    for first in range(0, num, 16):
        numbers = range(first, min(first + 16, num))
        a, m, b, flow, known, _, t = prepared({name: pairs.take(name, numbers) for name in NAMES}, device)
        pair = model.flows(a, b)
        made = model.between(pair, t).frame
        blend = torch.lerp(a, b, t.view(-1, 1, 1, 1))
        moving = flow[:, 2].norm(dim=1, keepdim=True) > 0.5
        error = endpoint_loss(pair.flow_ab, flow[:, 0], known[:, 0] & moving[:, 0])
        still = weighted_mean(flow[:, 0].norm(dim=1), known[:, 0] & moving[:, 0])
        found.append(torch.stack([psnr(made, m), psnr(made, m, moving), psnr(blend, m, moving), error, still]).cpu())
    names = ("psnr", "moving psnr", "moving psnr of blending", "flow error", "flow length")
    return {name: round(float(v), 3) for name, v in zip(names, torch.stack(found).mean(dim=0))}


def sheet(model: Interpolator, pairs: FilmSet, device: str) -> np.ndarray:
    """Six pairs: both key frames blended, the picture made, the truth, a warped by the estimated flow, the mask."""
    numbers = range(min(6, len(pairs)))
    a, m, b, _, _, _, t = prepared({name: pairs.take(name, numbers) for name in NAMES}, device)
    pair = model.flows(a, b)
    made = model.between(pair, t)
    panels = (torch.lerp(a, b, 0.5), made.frame, m, warp(b, pair.flow_ab), (2 * made.mask - 1).expand_as(a))
    return grid([[picture(panel[i]) for panel in panels] for i in range(len(a))])
