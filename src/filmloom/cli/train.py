"""`filmloom train`: run one training recipe."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe; `list` prints them all.")],
    size: Annotated[str, typer.Option(help="toy, cpu or gpu: sizes the model, the data and the run.")] = "cpu",
    run: Annotated[Path | None, typer.Option(help="Folder of the run; default: runs/RECIPE.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Length of the run in minutes.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Length of the run in optimiser steps.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; default: all cores of the process.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    start: Annotated[Path | None, typer.Option(help="Go on from these weights: a weights folder, or mini.")] = None,
    reduced: Annotated[bool, typer.Option("--reduced", help="The small world that two cores can learn.")] = False,
) -> None:
    """Train one part of mini on scenes drawn as they are needed.

    The run's folder keeps the checkpoint, metrics.jsonl and sheets of samples; a folder that exists is resumed. Runs
    that build on one another find each other by lying side by side under their recipes' names.
    """
    from filmloom.generate.request import model_folder
    from filmloom.recipes import registry

    if recipe == "list":
        print("\n".join(registry.RECIPES))
        return
    chosen = registry.recipe(recipe)
    folder = run or Path("runs") / recipe
    result = chosen(
        size, folder, minutes=minutes, steps=steps, threads=threads, device=device, reduced=reduced, report=_say,
        start=None if start is None else model_folder(start),
    )  # fmt: skip
    _say(f"{'finished' if result.finished else 'stopped'} at step {result.step} after {result.seconds:.0f} s")
    print(json.dumps({"run": str(folder), "finished": result.finished, "step": result.step, "scores": result.scores}))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
