"""Draw the stills of the studio's styles and templates again: `python docs/studio_pictures.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

import filmloom
import filmloom.serve
from filmloom.core.types import Size
from filmloom.serve.templates import STYLES, TEMPLATES
from filmloom.world.draw import draw
from filmloom.world.scene import Scene

PICTURES = Path(filmloom.serve.__file__).parent / "web" / "pictures"
SHOWN = "a girl in a red dress dancing under a cherry tree in spring"
MOMENT = 1.6  # seconds into the film
DRAWN, KEPT = Size(960, 540), (480, 270)


def still(scene: Scene, path: Path) -> None:
    video = draw([scene], np.array([MOMENT]), DRAWN).video[0, :, 0].permute(1, 2, 0)
    pixels = ((video.clamp(-1, 1) + 1) * 127.5).round().byte().numpy()
    Image.fromarray(pixels).resize(KEPT, Image.Resampling.LANCZOS).save(path, quality=82, optimize=True)


def main() -> None:
    film = filmloom.load("mini")
    PICTURES.mkdir(exist_ok=True)
    shown = film.plan(filmloom.Request(prompt=SHOWN, seed=3)).scene
    for style in STYLES:
        still(replace(shown, style=style["id"]), PICTURES / f"style-{style['id']}.jpg")
    for template in TEMPLATES:
        scene = film.plan(filmloom.Request(prompt=template["prompt"], seed=3)).scene
        still(replace(scene, style=template["style"]), PICTURES / f"template-{template['id']}.jpg")


if __name__ == "__main__":
    main()
