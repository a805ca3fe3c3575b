"""Draw the film set: the clips, pairs and pictures that the other recipes learn from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

from filmloom.data.film_set import FilmSet, FilmSetSpec, cache
from filmloom.recipes.run import Run
from filmloom.training.trainer import Result, write_json

KINDS = ("test", "stills", "clips", "pairs", "joint")


PARTS = 16  # kinds are drawn in turns of a sixteenth, so that every later recipe can start early


def film_set(run: Run) -> Result:
    """Fill `run.folder` with `run.kinds` (default: all) side by side, until each is complete or the minutes are used."""
    started = time.monotonic()
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
    """What a kind of clip looks like at this size. `test` clips have another seed and combinations never trained on too."""
    mini = run.mini
    shared = {
        "size": mini.skeleton,
        "unit": mini.unit,
        "num_frames": mini.num_frames,
        "fps": mini.fps,
        "seed": run.seed,
    }
    batches = {"num_programs": mini.pick(3, 8, 4), "per_program": mini.pick(2, 8, 32)}
    if kind == "clips":
        return FilmSetSpec("clips", **shared, **batches, reduced=run.reduced)
    if kind == "test":
        few = {"num_programs": mini.pick(4, 16, 64), "per_program": mini.pick(1, 2, 4)}
        return FilmSetSpec("clips", **shared | {"seed": run.seed + 1_000_000}, **few, reduced=run.reduced, split="any")
    if kind == "pairs":
        frame = {"size": mini.frame}
        return FilmSetSpec("pairs", **shared | frame, **batches, num_captions=0)
    if kind == "stills":
        few = {"num_programs": mini.pick(2, 8, 16), "per_program": mini.pick(1, 2, 8)}
        return FilmSetSpec("stills", **shared, **few, still=mini.still, num_captions=2)
    few = {"num_programs": mini.pick(2, 4, 4), "per_program": mini.pick(1, 2, 8)}
    return FilmSetSpec("joint", **shared, **few, still=mini.still, num_captions=2)


def number(run: Run, kind: str) -> int:
    """How many of a kind are drawn; `run.clips` replaces the number of clips."""
    numbers = {
        "clips": run.clips or run.mini.pick(12, 8192, 12_000), "test": run.mini.pick(8, 256, 1024),
        "pairs": run.mini.pick(6, 6144, 12_000), "stills": run.mini.pick(2, 320, 1024),
        "joint": run.mini.pick(2, 160, 512),
    }  # fmt: skip
    return numbers[kind]


def opened(run: Run, kind: str) -> FilmSet:
    """The clips of a kind that the film set beside this run holds so far."""
    return FilmSet.open(run.neighbour("film_set") / kind)
