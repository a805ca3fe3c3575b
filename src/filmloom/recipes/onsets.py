"""The onset finder, from the film set's clips: their masks say who acts, their scenes say to the millisecond when.

A clip's frames lie an eighth of a second apart, and events fall between them as they please; so a frame learns to tell
in thirtieths of a second how far it is from each event around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.core.png import grid
from filmloom.data.film_set import FilmSet, Row, to_bytes, to_signed
from filmloom.models.onsets import CROP, RATE, REACH, ROWS, OnsetFinder, cropped, followed, place
from filmloom.recipes.film_set import opened
from filmloom.recipes.recogniser import cropped as without_overscan
from filmloom.recipes.recogniser import picture
from filmloom.recipes.run import Run, begun, record
from filmloom.recipes.sizes import Mini
from filmloom.training.trainer import Moment, Result, Stage
from filmloom.world.events import visible
from filmloom.world.scene import Scene

WIDE = 40  # pixels of a crop as it is kept: room to shift and zoom
SOFT = 0.8  # thirtieths of a second: the Gaussian around an event that votes are taught
LOOKS, BEFORE = (3, 7, 11, 15), 2  # frames in which the locator learns; its change is since so many frames before
IDLE = 0.35  # the share kept of subjects that make no sound: the finder must know silence too
WHAT_WEIGHT, MASK_WEIGHT = 0.1, 0.5


@dataclass(frozen=True)
class Watched:
    """One row per subject: `crops` uint8 [N, F, 3, WIDE, WIDE]; `votes` [N, F, V] in 0..1; `what` [N, F], a kind's
    number or -1; and per clip: `looks` uint8 [M, L, 2, 3, ROWS, W], now and before; `masks` uint8 [M, L, h, w]."""

    crops: Tensor
    votes: Tensor
    what: Tensor
    looks: Tensor
    masks: Tensor


def onsets(run: Run) -> Result:
    """Train `onsets`; scores: of frames near an event, how many vote for it to a thirtieth of a second; masks' IoU."""
    batch_size = run.mini.pick(4, 32, 256)
    films, tests = watched(run, "clips"), watched(run, "test")
    parts = nn.ModuleDict({"onsets": begun(run, "onsets", OnsetFinder, without=("onsets",))})
    stage = Stage(
        "onsets",
        parts,
        batch=lambda moment: draw_batch(films, moment, batch_size),
        loss=lambda parts, batch, moment: loss(parts["onsets"], batch, run.device),
        sheet=lambda parts: sheet(parts["onsets"], tests, run.device),
        scores=lambda parts: scores(parts["onsets"], tests, run.device),
        batch_size=batch_size,
        record=record(run, "onsets", dict(parts), clips=len(films.looks)),
    )
    schedule = run.schedule(learning_rate=3e-3, warmup=50, decay_from=0.4, weight_decay=0.05, ema_decay=0.998)
    return run.train(stage, schedule)


def watched(run: Run, kind: str) -> Watched:
    """All that is learnt of the clips of a kind: small enough to stay in memory."""
    films, rng = opened(run, kind), np.random.default_rng(run.seed)
    subjects, pictures = [], []
    for number, row in enumerate(films.rows):
        video, mask = seen(films, number, run.mini)
        pictures.append(looks(video, mask))
        for index in range(len(Scene.from_json(row.scene).subjects)):
            found = acted(row, index, video, mask, run.mini, rng)
            subjects += [found] if found is not None else []
    return Watched(*(torch.stack(values) for values in (*zip(*subjects), *zip(*pictures))))


def seen(films: FilmSet, number: int, mini: Mini) -> tuple[Tensor, Tensor]:
    """A clip's frames uint8 [F, 3, H, W] and masks [F, H, W], without overscan."""
    video, mask = (without_overscan(films.take(name, [number])[0].cpu(), mini) for name in ("video", "mask"))
    return video.transpose(0, 1), mask


def acted(
    row: Row, index: int, video: Tensor, mask: Tensor, mini: Mini, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor] | None:
    """Crops, votes and kinds of one subject; None where it is out of sight, and mostly where it is silent."""
    happening = visible(Scene.from_json(row.scene), index)
    boxes = place((mask == index + 1).float())
    if boxes[:, 0].isnan().float().mean() > 0.3 or (not happening and rng.random() > IDLE):
        return None
    wide = followed(boxes, mini.fps) * torch.tensor([1.0, 1.0, WIDE / CROP])
    times = row.start + np.arange(len(video)) / mini.fps
    crops = to_bytes(cropped(to_signed(video), wide, mini.unit, WIDE))
    return crops, votes_for([e.time for e in happening], times), kinds_at(happening, times, mini.onsets.kinds)


def votes_for(events: list[float], times: np.ndarray) -> Tensor:
    """[F, V]: near 1 at the offset of each event."""
    if not events:
        return torch.zeros(len(times), 2 * REACH + 1)
    apart = (np.array(events)[None] - times[:, None]) * RATE
    offsets = np.arange(-REACH, REACH + 1)
    near = np.exp(-0.5 * ((apart[:, :, None] - offsets) / SOFT) ** 2)
    return torch.from_numpy(near.max(axis=1)).float()


def kinds_at(happening, times: np.ndarray, kinds: tuple[str, ...]) -> Tensor:
    """[F]: the kind of the nearest event; -1 where none is within reach."""
    if not happening:
        return torch.full((len(times),), -1)
    apart = np.abs(np.array([e.time for e in happening])[None] - times[:, None])
    names = np.array([kinds.index(e.kind) for e in happening])[apart.argmin(axis=1)]
    return torch.from_numpy(np.where(apart.min(axis=1) <= REACH / RATE, names, -1))


def looks(video: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """What the locator learns of a clip."""
    width = round(ROWS * video.shape[-1] / video.shape[-2])
    when = [i for i in LOOKS if i < len(video)]
    small = F.interpolate(to_signed(video), size=(ROWS, width), mode="area")
    pairs = torch.stack([small[when], small[[i - BEFORE for i in when]]], dim=1)
    covered = F.interpolate((mask[when] > 0).float()[:, None], size=(ROWS // 2, width // 2), mode="area")[:, 0]
    return to_bytes(pairs), covered.mul(255).byte()


def draw_batch(films: Watched, moment: Moment, size: int) -> dict[str, Tensor]:
    """Random subjects, shifted, zoomed, mirrored, in other colours; and as many random pictures for the locator."""
    rng = moment.rng("onsets")
    numbers = rng.integers(len(films.crops), size=size)
    clips, which = rng.integers(len(films.looks), size=size), rng.integers(films.looks.shape[1], size=size)
    batch = {
        "crops": varied(to_signed(films.crops[numbers]), rng), "votes": films.votes[numbers],
        "what": films.what[numbers], "looks": films.looks[clips, which], "masks": films.masks[clips, which],
    }  # fmt: skip
    if rng.random() < 0.5:
        batch |= {name: batch[name].flip(-1) for name in ("crops", "looks", "masks")}
    return batch


def varied(crops: Tensor, rng: np.random.Generator) -> Tensor:
    """[N, F, 3, WIDE, WIDE] → [N, F, 3, CROP, CROP]: as a locator might have missed it, in other colours."""
    num, frames = crops.shape[:2]
    side = 0.5 * CROP / WIDE * rng.uniform(0.8, 1.25, size=num)
    shift = rng.normal(0, 0.04, size=(num, 2))
    boxes = torch.from_numpy(np.column_stack([shift, side])).float().repeat_interleave(frames, dim=0)
    made = cropped(crops.flatten(0, 1), boxes, WIDE).unflatten(0, (num, frames))
    order = torch.from_numpy(rng.permuted(np.tile(np.arange(3), (num, 1)), axis=1))
    made = made.gather(2, order[:, None, :, None, None].expand_as(made))
    gain, lift = (rng.uniform(*ends, size=(num, 1, 1, 1, 1)) for ends in ((0.75, 1.2), (-0.15, 0.15)))
    grain = torch.from_numpy(rng.normal(0, 0.04, size=made.shape).astype(np.float32))
    return made * torch.from_numpy(gain).float() + torch.from_numpy(lift).float() + grain


def loss(model: OnsetFinder, batch: dict[str, Tensor], device: str) -> dict[str, Tensor]:
    batch = {name: value.to(device) for name, value in batch.items()}
    when, what = model(batch["crops"])
    votes = F.binary_cross_entropy_with_logits(when, batch["votes"])
    kinds = F.cross_entropy(what.flatten(0, 1), batch["what"].flatten(), ignore_index=-1)
    kinds = torch.nan_to_num(kinds)  # a batch in which nothing is heard
    where = masked(model, batch["looks"], batch["masks"])
    total = 10 * votes + WHAT_WEIGHT * kinds + MASK_WEIGHT * where
    return {"loss": total, "votes": votes, "kinds": kinds, "mask": where}


def masked(model: OnsetFinder, pairs: Tensor, masks: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(model.locator(changed(pairs))[:, 0], masks.float() / 255)


def changed(pairs: Tensor) -> Tensor:
    """uint8 [N, 2, 3, h, w], now and before → what the locator is shown."""
    now, before = to_signed(pairs).unbind(dim=1)
    return torch.cat([now, now - before], dim=1)


@torch.no_grad()
def scores(model: OnsetFinder, tests: Watched, device: str, *, size: int = 32) -> dict[str, float]:
    right, named, shared = [], [], []
    for first in range(0, len(tests.crops), size):
        rows = slice(first, first + size)
        when, what = model(plain(tests.crops[rows]).to(device))
        truth, kinds = tests.votes[rows], tests.what[rows]
        best = when.argmax(dim=-1).cpu()[..., None]
        near = truth.amax(dim=-1) > 0.5
        around = F.max_pool1d(truth, 3, stride=1, padding=1)
        right.append((around.gather(-1, best)[..., 0] > 0.5)[near])
        named.append((what.argmax(dim=-1).cpu() == kinds)[kinds >= 0])
    for first in range(0, len(tests.looks), size):
        pairs, masks = (value[first : first + size].flatten(0, 1) for value in (tests.looks, tests.masks))
        found, truth = (model.locator(changed(pairs.to(device)))[:, 0] > 0).cpu(), masks > 127
        shared.append((found & truth).sum((1, 2)) / (found | truth).sum((1, 2)).clamp(min=1))
    mean = lambda parts: round(float(torch.cat(parts).float().mean()), 4)  # noqa: E731
    return {"votes within a thirtieth": mean(right), "kinds": mean(named), "mask iou": mean(shared)}


def plain(crops: Tensor) -> Tensor:
    """Kept crops at their middle."""
    flat = to_signed(crops).flatten(0, 1)
    boxes = torch.tensor([0.0, 0.0, 0.5 * CROP / WIDE]).expand(len(flat), 3)
    return cropped(flat, boxes, WIDE).unflatten(0, crops.shape[:2])


@torch.no_grad()
def sheet(model: OnsetFinder, tests: Watched, device: str) -> np.ndarray:
    """Per subject: crops of eight frames, and under each what it votes for, the truth below."""
    rows = []
    for crops, truth in zip(tests.crops[:4], tests.votes[:4]):
        shown = plain(crops[None])
        votes = model(shown.to(device))[0][0].sigmoid().cpu()
        rows += [[picture(frame) for frame in shown[0, :8]], [_bars(a, b) for a, b in zip(votes[:8], truth[:8])]]
    return grid(rows)


def _bars(votes: Tensor, truth: Tensor) -> np.ndarray:
    bars = torch.stack([votes, truth])[None, None]
    bars = F.interpolate(bars, size=(CROP, CROP), mode="nearest")[0].expand(3, -1, -1)
    return picture(bars * 2 - 1)
