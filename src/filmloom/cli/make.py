"""`filmloom make`: a sentence becomes an MP4."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.progress import Stopwatch, shower


def make(
    prompt: Annotated[str, typer.Argument(help="What the film shows, in English or Chinese.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The MP4 to write.")],
    mode: Annotated[
        str, typer.Option(help="auto, text, plan or draw; auto is the first that passed its gate.")
    ] = "auto",
    scene: Annotated[
        Path | None, typer.Option(help="Film this Scene (see filmloom plan) instead of planning one.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Length of the film.")] = 4.0,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels.")] = "1280x720",
    fps: Annotated[int, typer.Option(help="Frames per second.")] = 30,
    seed: Annotated[int, typer.Option(help="Same request and seed, same film.")] = 7,
    model: Annotated[str, typer.Option(help="Built-in model, or a folder with model.json.")] = "mini",
    steps: Annotated[int | None, typer.Option(help="Denoising steps; default: the model's own.")] = None,
    negative: Annotated[str, typer.Option(help="What the film must not show (modes text and plan).")] = "",
    fast: Annotated[bool, typer.Option("--fast", help="Few denoising steps, without guidance.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    preview: Annotated[Path | None, typer.Option(help="Folder for one PNG per denoising step.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Progress and result as JSON lines.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUTPUT if it exists.")] = False,
) -> None:
    """Make a film: plan it, generate or draw it, and write an H.264 MP4."""
    watch = Stopwatch()
    with shower(as_json=as_json) as show:
        raise NotImplementedError
