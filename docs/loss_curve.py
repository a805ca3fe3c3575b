"""Draw the losses of a run: `python docs/loss_curve.py runs/transformer/metrics.jsonl flow -o curve.png`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE, EDGE = (960, 420), (70, 20, 30, 50)  # left, top, right, bottom
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700")


def main() -> None:
    chosen = parsed()
    lines = [json.loads(line) for line in chosen.metrics.read_text().splitlines()]
    lines = [line for line in lines if "rate" in line]
    minutes = np.array([line["seconds"] / 60 for line in lines])
    curves = {name: smooth(np.array([line[name] for line in lines])) for name in chosen.names}
    drawn(minutes, curves, f"{chosen.metrics.parent.name}: loss over minutes, mean of ten lines").save(chosen.output)


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("metrics", type=Path)
    made.add_argument("names", nargs="+")
    made.add_argument("-o", "--output", type=Path, required=True)
    return made.parse_args()


def smooth(values: np.ndarray, width: int = 10) -> np.ndarray:
    """Mean of the last `width` values, of fewer at the start."""
    sums = np.cumsum(np.insert(values, 0, 0.0))
    first = np.maximum(np.arange(1, len(values) + 1) - width, 0)
    return (sums[1:] - sums[first]) / (np.arange(1, len(values) + 1) - first)


def drawn(minutes: np.ndarray, curves: dict[str, np.ndarray], title: str) -> Image.Image:
    page = Image.new("RGB", SIZE, "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    left, top, right, bottom = EDGE[0], EDGE[1] + 24, SIZE[0] - EDGE[2], SIZE[1] - EDGE[3]
    most = 1.05 * max(curve.max() for curve in curves.values())
    place = lambda x, y: (left + (right - left) * x / minutes[-1], bottom - (bottom - top) * y / most)  # noqa: E731
    draw.text((left, 8), title, fill="black", font=font)
    for value in np.linspace(0, most, 6):
        y = place(0, value)[1]
        draw.line([(left, y), (right, y)], fill="#dddddd")
        draw.text((8, y - 8), f"{value:.2f}", fill="#555555", font=font)
    for value in np.linspace(0, minutes[-1], 7):
        draw.text((place(value, 0)[0] - 8, bottom + 8), f"{value:.0f}", fill="#555555", font=font)
    for number, ((name, curve), colour) in enumerate(zip(curves.items(), COLOURS)):
        draw.line([place(x, y) for x, y in zip(minutes, curve)], fill=colour, width=2)
        draw.text((right - 140, top + 4 + 20 * number), f"{name} ({curve[-1]:.3f})", fill=colour, font=font)
    return page


main()
