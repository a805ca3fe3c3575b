"""`filmloom plan`: a prompt becomes a Scene, and the words that mean nothing to mini are named."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer


def plan(
    prompt: Annotated[str, typer.Argument(help="What the film shows, in English or Chinese.")],
    seed: Annotated[int, typer.Option(help="Chooses what the prompt leaves open.")] = 0,
    model: Annotated[str, typer.Option(help="Built-in model, or a folder with model.json.")] = "mini",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object with scene, unknown words and notes.")
    ] = False,
) -> None:
    """Print the plan of a film: its Scene as JSON, ready to edit and to hand to make --scene."""
    from filmloom.generate.pipeline import load
    from filmloom.generate.request import Request

    planned = load(model).plan(Request(prompt=prompt, seed=seed))
    if as_json:
        scene = json.loads(planned.scene.to_json())
        print(json.dumps({"scene": scene, "unknown_words": list(planned.unknown_words)}, ensure_ascii=False, indent=2))
        return
    print(planned.scene.to_json())
    for line in unknown_notes(planned.unknown_words, model):
        print(line, file=sys.stderr)


def unknown_notes(words: list[str], model: str) -> list[str]:
    """One line per word outside the model's lexicon, with the nearest word it knows."""
    from filmloom.world.captions import suggest

    nearest = {word: suggest(word) for word in words}
    return [
        f"{model} does not know {word!r}" + (f"; nearest: {near}" if near else "") for word, near in nearest.items()
    ]
