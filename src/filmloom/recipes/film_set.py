"""Draw the film set: the clips, pairs and pictures that the other recipes learn from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch

from filmloom.data.film_set import FilmSet, FilmSetSpec, cache
from filmloom.recipes.run import Run
from filmloom.training.trainer import Result, write_json

# How many of each kind, at toy, cpu and gpu size. The reduced world is what two cores' transformer learns.
NUMBERS = {
    "test": (4, 256, 256), "reduced_test": (4, 96, 0), "stills": (2, 320, 512), "clips": (6, 4096, 8000),
    "pairs": (6, 4096, 12_000), "joint": (2, 160, 512), "reduced": (12, 8192, 0),
}  # fmt: skip
KINDS = tuple(NUMBERS)


PARTS = 16  # kinds are drawn in turns of a sixteenth, so that every later recipe can start early


def film_set(run: Run) -> Result:
    """Fill `run.folder` with `run.kinds` (default: all) side by side, until all is there or the minutes are used."""
    started = time.monotonic()
    if run.threads is not None:
        torch.set_num_threads(run.threads)  # several processes with as many threads as cores each would only wait
    end = None if run.minutes is None else started + 60 * run.minutes

    def stop() -> bool:
        late = end is not None and time.monotonic() > end
        return late or (run.stop is not None and run.stop())

    for part in range(1, 1 + PARTS):
        for kind in run.kinds or KINDS:
            fill(run, kind, math.ceil(number(run, kind) * part / PARTS), stop)
    drawn = {kind: fill(run, kind, number(run, kind), lambda: True) for kind in KINDS}
    write_json(Path(run.folder) / "run.json", {"recipe": "film_set", "size": run.size, "drawn": drawn})
    return Result(sum(drawn.values()), time.monotonic() - started, not stop(), {}, {})


def fill(run: Run, kind: str, num_clips: int, stop: Callable[[], bool]) -> int:
    """Draw up to `num_clips` of a kind; → how many are there."""
    what = spec(run, kind)
    share = {"worker": run.worker, "num_workers": run.num_workers}
    folder = Path(run.folder) / kind
    return cache(what, folder, num_clips, device=run.device, stop=stop, report=run.say, **share) * what.clips_per_shard


def spec(run: Run, kind: str) -> FilmSetSpec:
    """What a kind of clip looks like at this size. Test clips have another seed, and held-out combinations too."""
    mini = run.mini
    size = {"size": mini.frame if kind == "pairs" else mini.skeleton, "unit": mini.unit}
    shared = size | {"num_frames": mini.num_frames, "fps": mini.fps, "seed": run.seed, "reduced": "reduced" in kind}
    # A CPU draws two clips of a program as fast as eight, and few programs are learnt by heart; a GPU wants them alike.
    batches = {"num_programs": mini.pick(3, 32, 4), "per_program": mini.pick(2, 2, 48)}
    few = {"num_programs": mini.pick(2, 16, 16), "per_program": mini.pick(1, 2, 4)}
    if kind in ("clips", "reduced"):
        return FilmSetSpec("clips", **shared, **batches)
    if kind in ("test", "reduced_test"):
        return FilmSetSpec("clips", **shared | {"seed": run.seed + 1_000_000}, **few, split="any")
    if kind == "pairs":
        return FilmSetSpec("pairs", **shared, **batches, num_captions=0)
    return FilmSetSpec(kind, **shared, **few, still=mini.still, num_captions=2)


def number(run: Run, kind: str) -> int:
    """How many of a kind are drawn; `run.clips` replaces the number of clips of full and reduced world."""
    if kind in ("clips", "reduced") and run.clips:
        return run.clips
    toy, cpu, gpu = NUMBERS[kind]
    return run.mini.pick(toy, cpu, gpu)


def opened(run: Run, kind: str, *more: str, num_captions: int | None = None) -> FilmSet:
    """The clips of a kind that the film set beside this run holds so far, or those the run was given.

    `num_captions`: so many of today's captions per clip, in place of those it was drawn with. Clips of `more` kinds,
    drawn to the same size, are added where the film set holds any."""
    if kind in run.films:
        return run.films[kind]
    folders = [run.neighbour("film_set") / name for name in (kind, *more)]
    return FilmSet.open(*folders, num_captions=num_captions)
