"""`filmloom make`: a sentence becomes an MP4."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.options import AsJson, Model, Prompt
from filmloom.cli.progress import shower


def make(
    prompt: Prompt,
    output: Annotated[Path, typer.Option("--output", "-o", help="The MP4 to write.")],
    mode: Annotated[str, typer.Option(help="auto, text, plan or draw; auto: the first that passed its gate.")] = "auto",
    scene: Annotated[Path | None, typer.Option(help="Film the Scene in this file instead of planning one.")] = None,
    seconds: Annotated[float, typer.Option(help="Length of the film.")] = 4.0,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels, 16:9.")] = "1280x720",
    fps: Annotated[int, typer.Option(help="Frames per second.")] = 30,
    seed: Annotated[int, typer.Option(help="Same request and seed, same film.")] = 7,
    model: Model = "mini",
    steps: Annotated[int | None, typer.Option(help="Denoising steps; default: the model's own.")] = None,
    negative: Annotated[str, typer.Option(help="What the film must not show (modes text and plan).")] = "",
    fast: Annotated[bool, typer.Option("--fast", help="Few denoising steps, without guidance.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    preview: Annotated[Path | None, typer.Option(help="Folder for one PNG per denoising step.")] = None,
    as_json: AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUTPUT if it exists.")] = False,
) -> None:
    """Make a film: plan it, generate or draw it, and write an H.264 MP4.

    On a terminal each stage shows a bar with the time left; piped, only the film's path is printed; with --json, one
    object per line: progress, then the result.
    """
    start = time.monotonic()
    with shower(as_json=as_json) as show:

        raise NotImplementedError
