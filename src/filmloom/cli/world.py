"""`filmloom world`: look at the film set without any model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from filmloom.world.cards import actions, places, subject_card, subjects
from filmloom.world.scene import COLOURS, LIGHTS, MOODS, MOVES, TIMES, WEATHERS

app = typer.Typer(
    no_args_is_help=True, help="Look at the film set: its cast, its places, any Scene.", rich_markup_mode=None
)


@app.command()
def show(
    scene: Annotated[Path | None, typer.Argument(help="A Scene as JSON; default: a random one.")] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder of sheet.png, labels.png, film.mp4 and scene.json.")
    ] = Path("scene"),
    seed: Annotated[int, typer.Option(help="Chooses the random Scene.")] = 0,
) -> None:
    """Draw a Scene: a contact sheet, its exact labels, and a film."""
    raise NotImplementedError


@app.command("list")
def list_words() -> None:
    """Print every word a Scene may use."""
    for title, words in _lexicon().items():
        print(f"{title:<9} {', '.join(words)}")
    print()
    for kind in subjects():
        card = subject_card(kind)
        print(f"{kind}: {', '.join(card.actions)}; in {', '.join(card.settings)}")


def _lexicon() -> dict[str, tuple[str, ...]]:
    return {
        "subjects": subjects(),
        "actions": actions(),
        "places": places(),
        "colours": tuple(COLOURS),
        "times": TIMES,
        "weathers": WEATHERS,
        "lights": LIGHTS,
        "moods": MOODS,
        "moves": MOVES,
    }
