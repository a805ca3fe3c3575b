"""`filmloom world`: look at the film set without any model."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.progress import shower
from filmloom.core.errors import UserError
from filmloom.core.types import Size
from filmloom.world.cards import subject_card, subjects
from filmloom.world.fields import options
from filmloom.world.scene import Scene

FILM_SIZE, FILM_RATE = Size(1280, 720), 30

app = typer.Typer(no_args_is_help=True, help="Look at the film set: cast, places, any Scene.", rich_markup_mode=None)


@app.command()
def show(
    scene: Annotated[Path | None, typer.Argument(help="A file with a Scene as JSON; default: a random one.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path("scene"),
    seed: Annotated[int, typer.Option(help="Chooses the random Scene.")] = 0,
) -> None:
    """Draw a Scene: a contact sheet, its exact labels (joints, masks, flow, depth), and a film.

    Writes sheet.png, labels.png, film.mp4 and scene.json into the folder, replacing what an earlier run left.
    """
    with shower(as_json=False):
        from filmloom.core.png import write_png
        from filmloom.finishing.mp4 import write_mp4
        from filmloom.world.film import film
        from filmloom.world.show import contact_sheet, label_sheet

        shown = read_scene(scene) if scene else _random(seed)
        write_png(out / "sheet.png", contact_sheet(shown))
        write_png(out / "labels.png", label_sheet(shown))
        (out / "scene.json").write_text(shown.to_json() + "\n", encoding="utf-8")
        chunks = film(shown, FILM_SIZE, FILM_RATE, round(shown.seconds * FILM_RATE))
        facts = {"mode": "draw", "scene": shown.to_json()}
        write_mp4(out / "film.mp4", chunks, size=FILM_SIZE, fps=Fraction(FILM_RATE), metadata=facts, overwrite=True)
    print(out)


@app.command("list")
def list_words() -> None:
    """Print every word a Scene may use, and what each subject can do where."""
    for title, words in _lexicon().items():
        print(f"{title:<10} {', '.join(words)}")
    for kind in subjects():
        card = subject_card(kind)
        print(f"\n{kind}\n  does {', '.join(card.actions)}\n  in   {', '.join(card.settings)}")


def read_scene(path: Path) -> Scene:
    """The Scene in a JSON file; what cannot be read is the user's mistake."""
    return Scene.from_json(_text(path))


def read_scenes(path: Path) -> Scene | tuple[Scene, ...]:
    """The Scene in a JSON file, or the Scenes of a list, as `filmloom plan` writes them."""
    text = _text(path)
    if not text.lstrip().startswith("["):
        return Scene.from_json(text)
    try:
        return tuple(Scene.from_json(json.dumps(one)) for one in json.loads(text))
    except json.JSONDecodeError as error:
        raise UserError(f"{path} is not JSON ({error}).") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}). `filmloom plan PROMPT > {path}` makes a Scene.") from None


def _random(seed: int) -> Scene:
    from filmloom.core.random import generator
    from filmloom.world.sample import Repertoire, sample_scene

    return sample_scene(generator(seed, "world show"), Repertoire.full())


def _lexicon() -> dict[str, tuple[str, ...]]:
    """Titles and words of every field, without those of a second subject, which are the first's."""
    titles = {"kind": "subjects", "setting": "places", "camera": "moves", "clothes": "clothes"}
    return {titles.get(name, f"{name}s"): words for name, words in options().items() if not name.endswith("2")}
