"""`filmloom train`: run one training recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe, such as planner; `list` prints them all.")],
    size: Annotated[str, typer.Option(help="toy, cpu or gpu: the one dial that sizes models and data.")] = "cpu",
    run: Annotated[
        Path, typer.Option(help="Folder of checkpoints, metrics and sample sheets; an old one is resumed.")
    ] = Path("runs"),
    minutes: Annotated[float | None, typer.Option(help="Stop after so many minutes.")] = None,
    steps: Annotated[int | None, typer.Option(help="Stop after so many optimiser steps.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; default: all cores of this process.")] = None,
) -> None:
    """Train one part of mini from rendered scenes."""
    raise NotImplementedError
