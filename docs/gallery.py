"""Make the gallery again: `python docs/gallery.py` films every prompt and writes docs/gallery.md, its sheets and
README's picture."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import filmloom

HERE = Path(__file__).parent
POSTER = "一位穿红色连衣裙的女孩在春天的樱花树下跳舞,微风吹起她的发丝,阳光洒落。"
PROMPTS = (
    (POSTER, 7),
    (
        "a girl in a red dress dancing under a cherry tree in spring, a gentle breeze lifting her hair, "
        "sunlight streaming down",
        3,
    ),
    ("a blue car driving through the city at night", 1),
    ("日落时分,一艘红帆的帆船在大海上航行", 2),
    ("an orange cat walking through a snowy forest", 4),
    ("夜晚,一枚红色的火箭在月球上发射", 5),
    ("a purple hot-air balloon drifting over a mountain lake in the morning", 6),
    ("an orange fish swimming in a coral reef", 8),
    ("秋天的公园里,一只棕色的小狗在奔跑", 9),
    ("a boy in a green shirt waving on the beach, the camera slowly pushes in", 10),
    ("雨中的竹林里,一个蓝色的机器人在跳舞", 11),
    ("a white horse galloping across the desert at sunset", 12),
)
COLUMNS, ROWS = 3, 2


def sheet(frames: np.ndarray, width: int) -> Image.Image:
    """Six moments of a film, in reading order."""
    height = width * frames.shape[1] // frames.shape[2]
    page = Image.new("RGB", (COLUMNS * width, ROWS * height))
    for i, at in enumerate(np.linspace(0, len(frames) - 1, COLUMNS * ROWS).round().astype(int)):
        cell = Image.fromarray(frames[at]).resize((width, height), Image.Resampling.LANCZOS)
        page.paste(cell, (i % COLUMNS * width, i // COLUMNS * height))
    return page


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "mini"
    film = filmloom.load(model)
    lines = [
        "# Gallery",
        "",
        "Twelve prompts, as `filmloom make PROMPT --seed SEED` films them; made again by `python docs/gallery.py`.",
        "",
    ]
    for number, (prompt, seed) in enumerate(PROMPTS, 1):
        clip = film.make(filmloom.Request(prompt=prompt, seed=seed))
        name = f"{number:02d}.jpg"
        sheet(clip.frames, 400).save(HERE / "images" / "gallery" / name, quality=88)
        if number == 1:
            sheet(clip.frames, 480).save(HERE / "images" / "first-film.png", optimize=True)
        lines += [
            f"## {prompt}",
            "",
            f"`--seed {seed}`, mode {clip.settings['mode']}",
            "",
            f"![{prompt}](images/gallery/{name})",
            "",
        ]
        print(f"{number}/{len(PROMPTS)} {prompt}", flush=True)
    (HERE / "gallery.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
