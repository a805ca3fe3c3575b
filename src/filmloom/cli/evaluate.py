"""`filmloom evaluate`: measure every mode beside the renderer's ceiling."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.progress import shower


def evaluate(
    model: Annotated[str, typer.Option(help="Built-in model, or a folder with model.json.")] = "mini",
    mode: Annotated[
        list[str] | None, typer.Option(help="text, plan or draw; repeat for several. Default: all three.")
    ] = None,
    clips: Annotated[int, typer.Option(min=1, help="Clips per row of the report.")] = 24,
    seed: Annotated[int, typer.Option(help="Chooses the scenes and prompts.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of report.json, report.md and sheets.")] = Path(
        "evaluation"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Progress as JSON lines.")] = False,
) -> None:
    """Score attributes, sharpness and flow of every mode, beside fresh renders and the codec of the truth."""
    with shower(as_json=as_json) as show:
        from filmloom.evaluate.report import evaluate as measure
        from filmloom.generate.pipeline import load

        measure(
            load(model),
            clips=clips,
            modes=tuple(mode or ("draw", "plan", "text")),
            seed=seed,
            out=out,
            on_progress=show,
        )
    print(out / "report.md" if as_json else (out / "report.md").read_text(), end="")
