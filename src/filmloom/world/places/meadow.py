"""Rolling green hills full of flowers, one tree on a rise, a far windmill."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, mix
from filmloom.world.places._plants import SEASONS, flowers, grass, seasonal, small_tree, snowy, tufts
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="meadow",
    seasons=SEASONS,
)
BLOOMS = ("#ffd23f", "#f25f7a", "#ffffff", "#b77be0")


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.1)
    u = pen.rand("hills", 6)
    pen.still(0.1)
    pen.hills(
        0.04,
        [0.05, 0.02],
        [0.45, 1.1],
        np.stack([u[..., 0], u[..., 1]], -1),
        "#8fb0dc",
        to="#bdd2ea",
        axis=((0, -0.03), (0, 0.12)),
    )
    pen.still(0.28)
    pen.hills(
        0.085,
        [0.03, 0.012],
        [0.55, 1.5],
        np.stack([u[..., 2], u[..., 3]], -1),
        snowy("#9fd087", stage),
        to=snowy("#7dbb6c", stage),
        axis=((0, 0.04), (0, 0.16)),
    )
    _far_trees(pen, stage)
    pen.still(0.5)
    pen.hills(
        0.135,
        [0.028, 0.008],
        [0.5, 1.7],
        np.stack([u[..., 4], u[..., 5]], -1),
        snowy("#a6dd78", stage),
        to=snowy("#6fb858", stage),
        axis=((0, 0.1), (0, 0.24)),
    )
    _stripes(pen, stage)
    side = np.where(u[..., 1] > 0.5, 1.0, -1.0)
    small_tree(pen, "tree", side * (0.52 + 0.2 * u[..., 0]), 0.185, 0.46, ("#3d8b4d", "#62b357", "#b5e07c"), num=14)
    _ground(pen, stage)


def _far_trees(pen: Pen, stage: Stage) -> None:
    """Copses: each a handful of round crowns standing together."""
    u = pen.rand("copse", 18).reshape(pen.batch, 1, 6, 3)
    x = (u[..., :1] - 0.5) * 3.2 + np.linspace(-0.045, 0.045, 5)
    y = 0.104 - 0.010 * np.array([0.0, 0.8, 1.2, 0.7, 0.1]) * (0.6 + 0.8 * u[..., 1:2])
    for colour, dx, r in (("#5f9f6a", 0.0, 0.0200), ("#74b276", 0.003, 0.0175)):
        colour = snowy(colour, stage, 0.5) if stage.season == "winter" else seasonal(colour, stage)
        pen.splats(
            (x - dx).reshape(pen.batch, 1, 30), (y - dx).reshape(pen.batch, 1, 30), r * 1.1, r, colour, fine=False
        )


def _stripes(pen: Pen, stage: Stage) -> None:
    """Flower fields on the middle hill."""
    if stage.season == "autumn":
        return
    for k, colour in enumerate(("#f7a8c0", "#ffe08a", "#cfa7ea")):
        pen.ellipse(
            (-0.85 + 0.8 * k, 0.172 + 0.006 * (k % 2)), 0.34, 0.010, snowy(colour, stage, 0.6), alpha=0.75, soft=0.012
        )


def _ground(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    pen.hills(
        0.195,
        [0.010, 0.004],
        [0.5, 1.4],
        [0.3, 0.1],
        snowy("#a3e070", stage),
        to=snowy("#3f9340", stage),
        axis=((0, 0.18), (0, 0.56)),
    )
    for x, y, rx, colour in (
        (-0.9, 0.26, 0.5, "#d0f291"),
        (0.8, 0.24, 0.5, "#d0f291"),
        (0.5, 0.46, 0.6, "#4da24a"),
        (-0.7, 0.50, 0.6, "#4da24a"),
    ):
        pen.ellipse((x, y), rx, 0.03, snowy(colour, stage), alpha=0.4, soft=0.06, fine=True)
    pen.ellipse((0.05, 0.345), 0.52, 0.045, snowy("#b9e883", stage), alpha=0.55, soft=0.05, fine=True)  # a clearing
    grass(pen, "grass", 200, "#3a8a3a", y=(0.205, 0.56), alpha=0.55)
    grass(pen, "bright", 110, "#d3f59a", y=(0.205, 0.56), alpha=0.5)
    flowers(pen, "flowers", 62, [mix(c, "#ffffff", 0.08) for c in BLOOMS], y=(0.21, 0.56), size=0.0112)


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.25, depth=1.5)
    tufts(pen, "tufts", 54, snowy("#3f9143", stage, 0.5), y=0.53, tall=0.06)
    if stage.season in ("autumn", "winter"):
        return
    u = pen.rand("near", 36).reshape(pen.batch, 1, 12, 3)
    x, y = (np.arange(12) + u[..., 0]) / 12 * 3.0 - 1.5, 0.475 + 0.035 * u[..., 1]
    for i, colour in enumerate(("#f25f7a", "#fff4fb", "#ffcf3f")):
        some = slice(i, None, 3)
        for k in range(3):
            pen.splats(
                x[..., some], y[..., some], 0.019, 0.0085, colour, angle=60 * k + 90 * u[..., some, 2], fine=False
            )
        pen.splats(x[..., some], y[..., some], 0.0062, 0.0062, "#fff0a0" if i != 2 else "#e8893a")
