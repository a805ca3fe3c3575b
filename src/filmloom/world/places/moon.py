"""The moon: grey craters, long shadows, a black sky with the Earth in it."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import stars
from filmloom.world.pen import Number, Pen, lighter
from filmloom.world.places._plants import near, scatter
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="moon",
    times=("night",),
    weathers=("clear",),
)


def backdrop(pen: Pen, stage: Stage) -> None:
    pen.ambient = np.array([0.90, 0.89, 0.97], np.float32)  # the sun shines here, though the sky is black
    pen.still(0.0, depth=900)
    pen.box((0, 0), 9, 4, "#04050f", to="#171a3a", axis=((0, -0.5), (0, 0.15)), emit=True)
    for r, soft, colour, alpha in ((0.06, 0.34, "#4a3f86", 0.5), (0.012, 0.12, "#9a8fd0", 0.35)):  # the Milky Way
        pen.capsule((-1.5, 0.18), (0.7, -0.75), r, None, colour, alpha=alpha, soft=soft, emit=True, fine=True)
    stars(pen, 1.0, low=0.3)
    _earth(pen, 0.46 + 0.12 * (pen.rand("earth")[..., 0] - 0.5), -0.25)
    pen.still(0.12)
    _ridge(pen, 0.09, 0.05, "#8d8fa3", "#6b6d84", "ridge")
    pen.still(0.35)
    _ridge(pen, 0.145, 0.028, "#b4b5c4", "#85869c", "near ridge")
    for k in range(3):
        crater(pen, -0.95 + 0.85 * k + 0.3 * pen.rand(f"far {k}")[..., 0], 0.182 + 0.01 * k, 0.075)
    _ground(pen)


def _earth(pen: Pen, x: Number, y: float) -> None:
    r = 0.115
    pen.glow((x, y), 0.42, "#4f8fe0", 0.45)
    disc = pen.ellipse_shape((x, y), r)
    pen.fill(disc, "#5fb4f2", to="#1d55b0", axis=((x - 0.07, y - 0.07), (x + 0.08, y + 0.08)), emit=True)
    with pen.inside(disc):
        for dx, dy, rx, ry, angle in (
            (-0.045, -0.035, 0.050, 0.030, 20),
            (-0.02, 0.02, 0.030, 0.045, -15),
            (0.06, 0.00, 0.032, 0.045, 10),
            (0.04, -0.075, 0.04, 0.015, 0),
        ):
            pen.ellipse((x + dx, y + dy), rx, ry, "#6cc476", to="#3c9a5a", angle=angle, soft=0.01, emit=True)
        for dx, dy, rx in ((-0.02, -0.065, 0.06), (0.03, 0.045, 0.065), (-0.06, 0.055, 0.04), (0.02, -0.012, 0.05)):
            pen.ellipse((x + dx, y + dy), rx, 0.010, "#ffffff", angle=8, alpha=0.85, soft=0.014, emit=True)
        pen.ellipse((x + 0.075, y + 0.075), 0.135, 0.135, "#060a24", alpha=0.62, soft=0.09, emit=True, fine=True)


def _ridge(pen: Pen, y: float, high: float, light: str, dark: str, key: str) -> None:
    u = pen.rand(key, 2)
    pen.hills(
        y,
        [high, 0.4 * high],
        [0.5, 1.3],
        np.stack([u[..., 0], u[..., 1]], -1),
        light,
        to=dark,
        axis=((0, y - high), (0, y + 1.6 * high)),
    )
    p = np.stack([u[..., 0], u[..., 1]], -1) + 0.12
    pen.hills(
        y + 0.6 * high,
        [0.9 * high, 0.5 * high],
        [0.5, 1.3],
        p,
        dark,
        to=light,
        axis=((0, y), (0, y + 2.5 * high)),
        alpha=0.6,
    )


def crater(pen: Pen, x: Number, y: Number, r: Number) -> None:
    """A bowl seen at a slant: bright rim, shadowed inside, lit far wall."""
    pen.ellipse((x, y), 1.14 * r, 0.34 * r, "#f2f2f8", to="#a3a4b8")
    pen.ellipse((x, y + 0.02 * r), r, 0.27 * r, "#5f6079", to="#9a9bb0", axis=((x + 0.8 * r, y), (x - 0.7 * r, y)))
    pen.ellipse((x - 0.08 * r, y + 0.07 * r), 0.72 * r, 0.16 * r, "#b9bacb", alpha=0.8, soft=0.08 * r)


def _ground(pen: Pen) -> None:
    pen.still(1.0)
    pen.hills(0.205, [0.010, 0.004], [0.5, 1.4], [0.3, 0.1], "#e4e4ee", to="#9fa0b4", axis=((0, 0.2), (0, 0.58)))
    u = pen.rand("craters", 8)
    for k, (x, y, r) in enumerate(
        (
            (-0.72, 0.262, 0.11),
            (0.66, 0.250, 0.085),
            (0.98, 0.31, 0.12),
            (-1.2, 0.33, 0.15),
            (-0.52, 0.445, 0.17),
            (0.62, 0.465, 0.20),
            (1.4, 0.44, 0.16),
            (0.08, 0.235, 0.05),
        )
    ):
        crater(pen, x + 0.12 * (u[..., k] - 0.5), y, r)
    x, y, u = scatter(pen, "dust", 110, y=(0.215, 0.56))
    pen.splats(x, y, 0.006 * near(y) * (0.4 + u), 0.0021 * near(y), "#85869c", alpha=0.7)
    x, y, u = scatter(pen, "pebbles", 34, y=(0.23, 0.56))
    r = 0.0075 * near(y) * (0.5 + u)
    pen.splats(x + 0.5 * r, y + 0.35 * r, 1.5 * r, 0.5 * r, "#5b5c75", alpha=0.7)
    pen.splats(x, y - 0.3 * r, r, 0.75 * r, lighter("#c6c7d6", 0.3), fine=False)


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.2, depth=1.5)
    pen.hills(0.505, [0.018, 0.007], [0.42, 1.2], [0.62, 0.3], "#c4c5d6", to="#77788f", axis=((0, 0.48), (0, 0.6)))
    for x, y, r in ((-0.78, 0.495, 0.055), (0.84, 0.50, 0.07), (0.70, 0.515, 0.035)):
        pen.polygon(
            [
                (x - r, y),
                (x - 0.75 * r, y - 0.55 * r),
                (x - 0.1 * r, y - 0.8 * r),
                (x + 0.65 * r, y - 0.5 * r),
                (x + r, y),
            ],
            "#d4d5e2",
            to="#75768d",
            round=0.005,
            outline=True,
            width=0.003,
        )
