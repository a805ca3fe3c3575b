"""`filmloom plan`: a prompt becomes a Scene, and the words that mean nothing to mini are named."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from filmloom.cli.options import AsJson, Model, Prompt


def plan(
    prompt: Prompt,
    seed: Annotated[int, typer.Option(help="Chooses what the prompt leaves open.")] = 7,
    model: Model = "mini",
    as_json: AsJson = False,
) -> None:
    """Print the plan of a film: its Scene as JSON, ready to edit and to hand to make --scene.

    Words that the model does not know are named on stderr, each with the nearest one it knows; with --json they are
    part of the object.
    """
    from filmloom.generate.pipeline import load

    from filmloom.generate.request import Request

    request = Request(prompt=prompt, seed=seed)
    planned = load(model).plan(request)
    if as_json:
        facts = {"scene": json.loads(planned.scene.to_json()), "unknown_words": nearest_words(planned.unknown_words)}
        print(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        print(planned.scene.to_json())
        say_unknown(planned.unknown_words, model)


def say_unknown(words: Sequence[str], model: str) -> None:
    """One line on stderr per word outside the model's lexicon."""
    for word, near in nearest_words(words).items():
        print(f"{model} does not know {word!r}" + (f"; nearest: {near}" if near else ""), file=sys.stderr)


def nearest_words(words: Sequence[str]) -> dict[str, str | None]:
    """For each unknown word the nearest known one, where there is one."""
    from filmloom.world.captions import suggest

    return {word: suggest(word) for word in words}
