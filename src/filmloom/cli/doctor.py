"""`filmloom doctor`: what this machine can run, and why not."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what this machine can run, with reasons."""
    raise NotImplementedError
