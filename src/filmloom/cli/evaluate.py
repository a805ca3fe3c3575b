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
    clips: Annotated[int, typer.Option(min=1, help="Clips per row and split of the report.")] = 24,
    seed: Annotated[int, typer.Option(help="Chooses the scenes and their prompts.")] = 0,
    full: Annotated[bool, typer.Option("--full", help="Also time films of 4 s at 1280x720, in every mode.")] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for report and sheets.")] = Path("evaluation"),
    gate: Annotated[bool, typer.Option("--gate", help="Write figures and gate into the model's model.json.")] = False,
    as_json: AsJson = False,
) -> None:
    """Score attributes, sharpness and flow of every mode, beside fresh renders and the codec of the truth.

    Writes report.json, report.md and contact sheets, and prints the report.
    """
    modes = tuple(mode or ("draw", "plan", "text"))
    with shower(as_json=as_json) as show:
        from filmloom.evaluate.report import evaluate as measure
        from filmloom.evaluate.report import write_gate
        from filmloom.generate.pipeline import load

        film = load(model)
        report = measure(film, clips=clips, modes=modes, seed=seed, out=out, full=full, on_progress=show)
        if gate:
            write_gate(film.folder.path, report)
    print((out / ("report.json" if as_json else "report.md")).read_text(encoding="utf-8"), end="")
