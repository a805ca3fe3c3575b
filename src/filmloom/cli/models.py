"""`filmloom models`: which models are here, and what each is worth."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="List models and show their record.", rich_markup_mode=None)


@app.command("list")
def list_models() -> None:
    """Print the built-in models."""
    raise NotImplementedError


@app.command()
def show(
    model: Annotated[str, typer.Argument(help="Built-in model, or a folder with model.json.")] = "mini",
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The section README carries.")] = False,
) -> None:
    """Print what a model is: parts, sizes, how it was trained, and which modes pass their gate."""
    raise NotImplementedError
