"""`filmloom plan`: a prompt becomes a Scene, and the words that mean nothing to mini are named."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from filmloom.cli.options import AsJson, Model, Prompt

if TYPE_CHECKING:
    from filmloom.generate.plan import Plan


def plan(
    prompt: Prompt,
    seed: Annotated[int, typer.Option(help="Chooses what the prompt leaves open.")] = 7,
    model: Model = "mini",
    as_json: AsJson = False,
) -> None:
    """Print the plan of a film: its Scene as JSON, ready to edit and to hand to make --scene; a list of Scenes for a
    prompt that says "first ... then ...".

    Words that the model does not know, and changes that made an impossible plan possible, are named on stderr; with
    --json they are part of the object.
    """
    from filmloom.generate.pipeline import load
    from filmloom.generate.request import Request

    request = Request(prompt=prompt, seed=seed)
    planned = load(model).plan(request)
    if as_json:
        print(json.dumps(facts(planned), ensure_ascii=False, indent=2))
    else:
        print(json.dumps(scenes(planned), ensure_ascii=False, indent=2))
        for line in remarks(planned.unknown_words, planned.notes, model):
            print(line, file=sys.stderr)


def scenes(planned: Plan) -> dict | list[dict]:
    """The plan's Scene; a list of them where the prompt tells several things one after the other."""
    told = [json.loads(scene.to_json()) for scene in (planned.scene, *planned.then)]
    return told if len(told) > 1 else told[0]


def facts(planned: Plan) -> dict:
    """A plan as plain values; unknown words with the nearest known one or None."""
    return {
        "scene": scenes(planned),
        "unknown_words": _nearest(planned.unknown_words),
        "notes": list(planned.notes),
    }


def remarks(unknown_words: Sequence[str], notes: Sequence[str], model: str) -> list[str]:
    """One line per word outside the model's lexicon, and per change to what was read."""
    unknown = _nearest(unknown_words).items()
    lines = [f'{model} does not know "{word}"' + (f'; nearest: "{near}"' if near else "") for word, near in unknown]
    return [*lines, *notes]


def _nearest(words: Sequence[str]) -> dict[str, str | None]:
    from filmloom.world.captions import suggest

    return {word: suggest(word) for word in words}
