"""Arms of an experiment at equal budget over several seeds: run, kept one by one, compared.

An arm is a function of the seed that returns figures. What an arm found is written at once, so an experiment that was
stopped goes on with the arm it had reached. Figures are compared seed by seed: arms of one seed see the same clips and
the same noise, so the difference of two arms spreads less than either.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

import filmloom
from filmloom.core.png import grid
from filmloom.data.film_set import FilmSet, FilmSetSpec, cache
from filmloom.training.trainer import Result

RESULTS = Path(__file__).parents[1] / "results"
PICTURES = Path(__file__).parents[2] / "docs" / "images" / "experiments"
MINI = Path(filmloom.__file__).parent / "weights" / "mini"
SEEDS = (0, 1, 2)
Figures = dict[str, float]
Arm = Callable[[int], Figures]


def arguments(doc: str, name: str) -> argparse.ArgumentParser:
    """What every experiment is told: where its runs lie, what it starts from, its seeds, where its JSON goes."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--runs", type=Path, default=Path("runs"), help="folder with film_set and latents")
    made.add_argument("--start", type=Path, default=MINI, help="weights folder; default: the built-in mini")
    made.add_argument("--keep", type=Path, default=Path("runs/experiments") / name, help="folder of what was found")
    made.add_argument("--size", default="cpu", help="of the parts: toy, cpu or gpu")
    made.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--output", type=Path, default=RESULTS / f"experiment_{name}.json")
    return made


def measured(arms: Mapping[str, Arm], seeds: Sequence[int], folder: Path) -> dict[str, list[Figures]]:
    """Every arm at every seed, one seed after the other, so that what is there can be compared at any time."""
    folder.mkdir(parents=True, exist_ok=True)
    rounds = [[kept(name, arm, seed, folder) for name, arm in arms.items()] for seed in seeds]
    return dict(zip(arms, map(list, zip(*rounds))))


def kept(name: str, arm: Arm, seed: int, folder: Path) -> Figures:
    """The figures of one arm and seed: read where they were found before, else found, timed and written."""
    path = folder / f"{name.replace(' ', '_').replace(',', '')}-{seed}.json"
    if path.exists():
        return json.loads(path.read_text())
    wall, cpu = time.monotonic(), time.process_time()
    figures = {key: float(value) for key, value in arm(seed).items()}
    figures |= {"cpu seconds": time.process_time() - cpu, "wall seconds": time.monotonic() - wall}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(figures, indent=1))
    part.replace(path)
    print(f"{name}, seed {seed}: {short(figures)}", flush=True)
    return figures


def whole(result: Result) -> Result:
    """A run that used its budget; one that was told to stop ends the experiment, which goes on where it was."""
    if not result.finished:
        raise SystemExit(f"stopped at step {result.step}; the same command goes on")
    return result


def summary(found: Mapping[str, Sequence[Figures]]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean and spread (standard deviation between seeds) of each arm's figures."""
    return {arm: {key: spread([row[key] for row in rows]) for key in rows[0]} for arm, rows in found.items()}


def spread(values: Sequence[float]) -> dict[str, float]:
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": round(float(np.mean(values)), 5), "spread": round(deviation, 5)}


def differences(found: Mapping[str, Sequence[Figures]], base: str) -> dict[str, dict[str, dict[str, float]]]:
    """Each arm less `base`, seed by seed, in what both measured: mean, spread, how many seeds agree with its sign."""
    return {
        arm: {
            key: difference([row[key] - ground[key] for row, ground in zip(rows, found[base])])
            for key in rows[0]
            if key in found[base][0]
        }
        for arm, rows in found.items()
        if arm != base
    }


def difference(values: Sequence[float]) -> dict[str, float]:
    return spread(values) | {"agree": int(sum(np.sign(v) == np.sign(np.mean(values)) for v in values))}


def table(found: Mapping[str, Sequence[Figures]], keys: Sequence[str], *, digits: int = 3) -> str:
    """Markdown: an arm a line, mean ± spread a cell."""
    lines = [f"| | {' | '.join(keys)} |", f"|---|{'---|' * len(keys)}"]
    for arm, figures in summary(found).items():
        cells = (f"{figures[key]['mean']:.{digits}f} ± {figures[key]['spread']:.{digits}f}" for key in keys)
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return "\n".join(lines)


def written(path: Path, **facts: object) -> None:
    """The experiment's JSON: what ran, on what, and everything that was found."""
    machine = f"{platform.machine()} CPU, {torch.get_num_threads()} threads, torch {torch.__version__}"
    path.parent.mkdir(parents=True, exist_ok=True)
    command = " ".join(["python", *sys.argv])
    path.write_text(json.dumps({"command": command, "machine": machine, **facts}, indent=1) + "\n")


def seconds(work: Callable[[], object], *, rounds: int = 5) -> float:
    """Processor seconds of one call: the least of the rounds, after one that is not counted."""
    work()
    found = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def short(figures: Figures) -> str:
    return "  ".join(f"{key} {value:.4g}" for key, value in figures.items())


# --- Clips and pictures


def drawn(spec: FilmSetSpec, folder: Path, num_clips: int) -> FilmSet:
    """So many clips of a specification, drawn where they are missing."""
    cache(spec, folder, num_clips, report=print)
    return FilmSet.open(folder, limit=num_clips)


def sheet(path: Path, rows: Sequence[Mapping[str, np.ndarray]], *, quality: int = 85) -> Path:
    """Pictures [H, W, 3] uint8 in a grid, the names of the first row's over its columns; a JPEG."""
    from PIL import Image, ImageDraw

    names = list(rows[0])
    whole = Image.fromarray(grid([[row[name] for name in names] for row in rows]))
    titled = Image.new("RGB", (whole.width, whole.height + 16), (24, 24, 24))
    titled.paste(whole, (0, 16))
    width = rows[0][names[0]].shape[1] + 2
    for i, name in enumerate(names):
        ImageDraw.Draw(titled).text((i * width + 4, 2), name, fill=(240, 240, 240))
    path.parent.mkdir(parents=True, exist_ok=True)
    titled.save(path, quality=quality)
    return path
