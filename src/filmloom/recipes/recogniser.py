"""The judge, from renders alone: names what a clip shows and where its subject is.

It must judge films that a codec has softened, so it learns on renders that are blurred, dimmed and grained a little.
Two subjects are told apart as `world.fields.in_order` says, and a score takes them in either order where their relation
has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.checkpoints.folder import open_folder
from filmloom.core.png import grid
from filmloom.data.film_set import FilmSet, Row, to_bytes, to_signed
from filmloom.data.schema import DEFAULTS, NONE, agreeing, in_order, indices
from filmloom.evaluate.recogniser import Recogniser
from filmloom.recipes.film_set import opened
from filmloom.recipes.run import Run, begun, frozen, has_part, of_another_schema, record
from filmloom.recipes.sizes import Mini
from filmloom.training.losses import mask_loss
from filmloom.training.trainer import Moment, Result, Stage
from filmloom.world.sample import held_out

SEEN_SIZE = (72, 128)  # rows and columns of what the recogniser is shown, whatever the skeleton
MASK_WEIGHT = 0.5
# Windows: frames, every how many-th of the clip's, how often. A camera that takes four seconds shows itself in a whole
# window, which need not cost seventeen frames; what repeats twice a second needs neighbours.
WINDOWS = ((1, 1, 0.35), (3, 1, 0.1), (5, 1, 0.12), (9, 1, 0.1), (5, 4, 0.2), (9, 2, 0.1), (17, 1, 0.03))
PACED, PACED_WEIGHT = ("action", "action2"), 0.4  # of actions in windows that are too short or too coarse
SPAN_OF_CAMERA, SPAN_OF_ACTION, COARSEST = 8, 4, 2  # frames of the clip from first to last; steps for an action


def recogniser(run: Run) -> Result:
    """Train `recogniser` on the film set; scores are accuracies per field on fresh renders."""
    batch_size = run.mini.pick(17, 64, 512)
    films, tests = opened(run, "clips", "reduced"), opened(run, "test")
    if run.device != "cpu":
        films, tests = (one.resident(run.device, ("video", "mask")) for one in (films, tests))
    parts = nn.ModuleDict({"recogniser": begun(run, "recogniser", Recogniser, without=("recogniser",))})
    stage = Stage(
        "recogniser",
        parts,
        batch=lambda moment: draw_batch(films, run.mini, moment, batch_size),
        loss=lambda parts, batch, moment: loss(parts["recogniser"], batch, moment, run.device),
        sheet=lambda parts: sheet(parts["recogniser"], tests, run.mini, run.device),
        scores=lambda parts: scores(parts["recogniser"], renders(tests, run.mini), tests.rows, run.device),
        batch_size=batch_size // 4,  # clips, on average
        record=record(run, "recogniser", dict(parts), clips=len(films)),
    )
    schedule = run.schedule(learning_rate=2e-3, warmup=100, decay_from=0.4, weight_decay=0.02, ema_decay=0.995)
    return run.train(stage, schedule)


def draw_batch(
    films: FilmSet, mini: Mini, moment: Moment, size: int
) -> tuple[Tensor, Tensor, dict[str, Tensor], dict[str, float]]:
    """Random clips: video [B, 3, F, 72, 128] in [-1, 1], mask [B, F, H, W], options per field [B], and how much each
    field counts in a window like this.

    About `size` frames: many single pictures, some whole windows, or between. Most of what is asked one picture
    answers, and many clips teach more than many frames of one.
    """
    rng = moment.rng("clips")
    fitting = [window for window in WINDOWS if (window[0] - 1) * window[1] < mini.num_frames]
    shares = np.array([share for *_, share in fitting])
    length, step, _ = fitting[int(rng.choice(len(fitting), p=shares / shares.sum()))]
    numbers = rng.integers(len(films), size=max(2, size // length))
    span = (length - 1) * step
    first = int(rng.integers(mini.num_frames - span))
    frames = slice(first, first + span + 1, step)
    video, mask = films.take("video", numbers)[:, :, frames], films.take("mask", numbers)[:, frames]
    fields = [seen_fields(films.rows[i]) for i in numbers]
    video, mask = as_seen(to_signed(video), mini), cropped(mask, mini)
    video, mask, fields = mirrored(video, mask, fields, rng)
    video, mask = nearer(video, mask, rng)
    options = indices(fields, mini.recogniser.schema)
    return video, mask, options, weights(options, span, step)


# What a clip's camera does when left is right; an orbit has one direction only.
MIRRORED = {"pan_left": "pan_right", "pan_right": "pan_left", "orbit": None}


def mirrored(
    video: Tensor, mask: Tensor, fields: list[dict[str, str]], rng: np.random.Generator
) -> tuple[Tensor, Tensor, list[dict[str, str]]]:
    """Half of the clips, from the other side: few programs are learnt by heart."""
    moves = [MIRRORED.get(one["camera"], one["camera"]) for one in fields]
    turned = np.array([move is not None for move in moves]) & (rng.random(len(fields)) < 0.5)
    told = [one | {"camera": move} if turn else one for one, move, turn in zip(fields, moves, turned)]
    which = torch.from_numpy(turned).to(video.device)
    video = torch.where(which[:, None, None, None, None], video.flip(-1), video)
    return video, torch.where(which[:, None, None, None], mask.flip(-1), mask), told


def nearer(video: Tensor, mask: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """A window of at least four fifths of each frame, enlarged to the old size."""
    share, height, width = rng.uniform(0.8, 1.0), *video.shape[-2:]
    top, left = (int(rng.uniform(0, 1 - share) * side) for side in (height, width))
    rows, columns = slice(top, top + int(share * height)), slice(left, left + int(share * width))
    frames, shown = video[..., rows, columns].transpose(1, 2), mask[..., rows, columns].float()
    frames = F.interpolate(frames.flatten(0, 1), size=(height, width), mode="bilinear", align_corners=False)
    shown = F.interpolate(shown, size=(height, width), mode="nearest").to(mask.dtype)
    return frames.unflatten(0, (len(video), -1)).transpose(1, 2), shown


def seen_fields(row: Row) -> dict[str, str]:
    """A clip's fields as a judge names them."""
    return in_order(DEFAULTS | row.fields)


def weights(names: Iterable[str], span: int, step: int) -> dict[str, float]:
    """How much each field counts: moves and actions only where the window is long enough to show them."""
    told = dict.fromkeys(names, 1.0)
    if span < SPAN_OF_CAMERA:
        told["camera"] = 0.0
    if span < SPAN_OF_ACTION or step > COARSEST:
        told |= dict.fromkeys(PACED, PACED_WEIGHT)
    return {name: weight for name, weight in told.items() if name in names}


def loss(model: Recogniser, batch: tuple, moment: Moment, device: str) -> dict[str, Tensor]:
    """Cross-entropy of every field that the window shows, and the subject's mask."""
    video, mask, options, weight = batch
    video = worn(video.to(device), moment)
    seen = model(video)
    entropies = {name: F.cross_entropy(seen.logits[name].float(), options[name].to(device)) for name in options}
    where = mask_loss(seen.mask, mask.to(device))
    told = sum(weight[name] * entropy for name, entropy in entropies.items())
    return {"loss": told + MASK_WEIGHT * where, "mask": where, **entropies}


def worn(video: Tensor, moment: Moment) -> Tensor:
    """A clip as a codec or an encoder might leave it: softened by halving and doubling, dimmed, grained."""
    rng = moment.rng("worn")
    if rng.random() < 0.4:
        height, width = video.shape[-2:]
        factor = float(rng.uniform(1.5, 3.0))
        small = (video.shape[2], round(height / factor), round(width / factor))
        video = F.interpolate(video, size=small, mode="trilinear", align_corners=False)
        video = F.interpolate(video, size=(small[0], height, width), mode="trilinear", align_corners=False)
    gain, lift = float(rng.uniform(0.92, 1.08)), float(rng.uniform(-0.05, 0.05))
    grain = float(rng.uniform(0, 0.05))
    noise = torch.randn(video.shape, generator=moment.generator("grain", video.device), device=video.device)
    return video * gain + lift + grain * noise


def as_seen(video: Tensor, mini: Mini) -> Tensor:
    """Skeletons [B, 3, F, H, W] without overscan, at the recogniser's size."""
    video = cropped(video, mini)
    if tuple(video.shape[-2:]) == SEEN_SIZE:
        return video
    flat = video.transpose(1, 2).flatten(0, 1)
    resized = F.interpolate(flat, size=SEEN_SIZE, mode="bilinear", align_corners=False, antialias=True)
    return resized.unflatten(0, (len(video), -1)).transpose(1, 2)


def cropped(video: Tensor, mini: Mini) -> Tensor:
    """Rows of the frame itself."""
    return video[..., mini.overscan : mini.overscan + mini.unit, :]


def renders(films: FilmSet, mini: Mini):
    """A function numbers → skeletons of renders in [-1, 1], for `scores`."""
    return lambda numbers: as_seen(to_signed(films.take("video", numbers)), mini)


def scores(model: Recogniser, show, rows: Sequence[Row], device: str, *, size: int = 16) -> dict[str, float]:
    """Share of clips whose field is named right, and of those never seen in training; "of pairs": of those with two
    subjects. An option that the model's schema lacks counts as wrong. `show(numbers)` → videos."""
    right: dict[str, list[bool]] = {name: [] for name in model.config.schema}
    truths = [seen_fields(row) for row in rows]
    for first in range(0, len(rows), size):
        numbers = range(first, min(first + size, len(rows)))
        with torch.no_grad():
            logits = model(show(numbers).to(device)).logits
        best = {name: found.argmax(dim=-1).tolist() for name, found in logits.items()}
        for at, number in enumerate(numbers):
            named = {name: options[best[name][at]] for name, options in model.config.schema.items()}
            named = agreeing(named, truths[number])
            for name in right:
                right[name].append(named[name] == truths[number][name])
    joined = {name: np.array(values) for name, values in right.items()}
    found = {name: round(float(values.mean()), 4) for name, values in joined.items()}
    parts = {"unseen": [is_new(row) for row in rows], "of pairs": [truth["kind2"] != NONE for truth in truths]}
    for title, chosen in ((title, np.array(chosen)) for title, chosen in parts.items()):
        if chosen.any():
            found |= {f"{name}, {title}": round(float(values[chosen].mean()), 4) for name, values in joined.items()}
    return found | {"mean": round(float(np.mean([values.mean() for values in joined.values()])), 4)}


def judge_of(run: Run) -> Recogniser | None:
    """The best recogniser there is, for use only: one of the start folder may know fewer fields than are drawn now."""
    if has_part(run, "recogniser"):
        return frozen(run, "recogniser", Recogniser(run.mini.recogniser))
    config = of_another_schema(run, "recogniser")
    if config is None:
        return None
    model = open_folder(Path(run.start)).load("recogniser", Recogniser(config))
    return model.to(torch.device(run.device)).eval().requires_grad_(False)


def is_new(row: Row) -> bool:
    """Whether the clip's combination is held out of training."""
    f = row.fields
    return held_out(f["kind"], f["colour"], f["action"], f["setting"])


def sheet(model: Recogniser, films: FilmSet, mini: Mini, device: str) -> np.ndarray:
    """Four clips: a frame and the mask seen in it, the true mask beside."""
    numbers = range(min(4, len(films)))
    video = renders(films, mini)(numbers).to(device)
    with torch.no_grad():
        found = model(video).mask.float().sigmoid()
    middle = video.shape[2] // 2
    seen = F.interpolate(found[:, :, middle], size=SEEN_SIZE, mode="nearest").expand(-1, 3, -1, -1)
    truth = (cropped(films.take("mask", numbers), mini)[:, None, middle] > 0).float().to(device)
    truth = F.interpolate(truth, size=SEEN_SIZE, mode="nearest").expand(-1, 3, -1, -1)
    panels = (video[:, :, middle], seen * 2 - 1, truth * 2 - 1)
    return grid([[picture(panel[i]) for panel in panels] for i in range(len(video))])


def picture(frame: Tensor) -> np.ndarray:
    """[3, H, W] in [-1, 1] → uint8 [H, W, 3]."""
    return to_bytes(frame.detach().float()).permute(1, 2, 0).cpu().numpy()
