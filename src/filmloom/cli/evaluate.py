"""`filmloom evaluate`: measure every mode beside the renderer's ceiling."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.options import AsJson, Model
from filmloom.cli.progress import shower


def evaluate(
    model: Model = "mini",
    mode: Annotated[list[str] | None, typer.Option(help="text, plan or draw; repeat it. Default: all three.")] = None,
    clips: Annotated[int, typer.Option(min=1, help="Clips per row of the report.")] = 24,
    seed: Annotated[int, typer.Option(help="Chooses the scenes and their prompts.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for report and sheets.")] = Path("evaluation"),
    as_json: AsJson = False,
) -> None:
    """Score attributes, sharpness and flow of every mode, beside fresh renders and the codec of the truth.

    Writes report.json, report.md and contact sheets, and prints the report.
    """
    modes = tuple(mode or ("draw", "plan", "text"))
    with shower(as_json=as_json) as show:
        from filmloom.evaluate.report import evaluate as measure
        from filmloom.generate.pipeline import load

        measure(load(model), clips=clips, modes=modes, seed=seed, out=out, on_progress=show)
    print((out / ("report.json" if as_json else "report.md")).read_text(), end="")
