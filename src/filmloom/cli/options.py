"""Options that several commands share, so that one word means one thing everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

Prompt = Annotated[str, typer.Argument(help="What the film shows, in any of twelve languages.")]
Model = Annotated[str, typer.Option(help="A built-in model, or a folder with model.json.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON for programs instead of text for people.")]
