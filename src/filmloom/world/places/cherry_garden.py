"""A spring garden: one great cherry tree, a far row of others, a path, petals in the air."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, mix, wave
from filmloom.world.places._plants import (
    SEASONS,
    crown,
    dots,
    grass,
    near,
    scatter,
    small_tree,
    snowy,
    swaying,
    tufts,
)
from filmloom.world.stage import WIND, Stage
from filmloom.world.weather import falling

CARD = PlaceCard(
    name="cherry_garden",
    seasons=SEASONS,
)
# what lies under the tree: colour, how much
FALLEN = {
    "usual": (("#f7bfd1", 120), ("#fff1f5", 70), ("#e58fb0", 40)),
    "summer": (("#dff2a0", 40), ("#fff6d6", 30)),
    "autumn": (("#d9642f", 120), ("#f2b33a", 110), ("#a93a2a", 60)),
    "winter": (("#b9cbe4", 40),),
}
BLOSSOM = ("#d9819f", "#f4b4c9", "#fff0f4")


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.12)
    pen.still(0.1)
    pen.hills(0.055, [0.045, 0.02], [0.42, 1.05], [0.13, 0.4], "#93aedb", to="#b9cbe8", axis=((0, 0.0), (0, 0.14)))
    pen.still(0.3)
    pen.hills(
        0.115,
        [0.02, 0.01],
        [0.5, 1.6],
        [0.5, 0.2],
        snowy("#a5cf8e", stage),
        to=snowy("#8cc274", stage),
        axis=((0, 0.1), (0, 0.2)),
    )
    _far_row(pen)
    _ground(pen, stage)
    _tree(pen, stage)


def _far_row(pen: Pen) -> None:
    pen.still(0.45)
    u = pen.rand("row", 22).reshape(pen.batch, 1, 11, 2)
    for k in range(11):
        x = -1.6 + 0.32 * k + 0.1 * (u[..., k, 0] - 0.5)
        small_tree(pen, f"row {k}", x, 0.185, 0.15 + 0.07 * u[..., k, 1], ("#e391b0", "#f4b3c9", "#fcd9e4"), num=4)


def _ground(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    pen.hills(
        0.175, [0.006], [0.6], [0.3], snowy("#a8d96c", stage), to=snowy("#4c9a3f", stage), axis=((0, 0.16), (0, 0.55))
    )
    _meadow_light(pen, stage)
    bend = 0.12 * (pen.rand("path")[..., 0] - 0.5)
    sand = snowy("#eadcb6", stage, 0.5)
    path = [(-0.06 + bend, 0.178), (0.04 + bend, 0.178), (0.30, 0.36), (0.62, 0.62), (-0.66, 0.62), (-0.26, 0.36)]
    pen.polygon(path, mix(sand, "#cdbd8d", 0.25), to=sand, axis=((0, 0.18), (0, 0.45)), soft=0.02)
    grass(pen, "grass", 170, "#3f8f38", y=(0.19, 0.56), alpha=0.5)
    grass(pen, "bright grass", 90, "#bfe885", y=(0.19, 0.56), alpha=0.5)
    for i, (colour, num) in enumerate(FALLEN.get(stage.season, FALLEN["usual"])):
        x, y, u = scatter(pen, f"fallen {i}", num, y=(0.19, 0.56))
        r = 0.0058 * near(y) * (0.6 + 0.7 * u)
        pen.splats(x, y, r, r * 0.42, colour, angle=(u * 9 % 1 - 0.5) * 50, alpha=0.9)


def _meadow_light(pen: Pen, stage: Stage) -> None:
    """Broad soft bands of lighter and deeper green."""
    for k, (x, y, rx) in enumerate(
        ((-1.0, 0.235, 0.5), (0.75, 0.225, 0.55), (0.95, 0.36, 0.42), (-0.55, 0.46, 0.6), (0.55, 0.53, 0.5))
    ):
        colour = snowy("#cdef8e" if k % 2 else "#3f9440", stage)
        pen.ellipse((x, y), rx, 0.022 + 0.05 * (y - 0.2), colour, alpha=0.35, soft=0.05, fine=True)


def _tree(pen: Pen, stage: Stage) -> None:
    u = pen.rand("tree", 3)
    x, flip = -0.53 + 0.14 * (u[..., 0] - 0.5), np.where(u[..., 1] > 0.78, -1.0, 1.0)
    pen.still(0.95)
    with pen.at(x * flip, 0.345, scale=0.90 + 0.08 * u[..., 2], flip=flip):
        pen.shadow(0.02, 0.0, 0.34, 0.045, 0.30)
        _trunk(pen)
    pen.still(0.95, motion=swaying((x * flip, 0.1), 0.55 * stage.wind * wave(0.22 * pen.t)))
    with pen.at(x * flip, 0.345, scale=0.90 + 0.08 * u[..., 2], flip=flip):
        _blossoms(pen)


def _trunk(pen: Pen) -> None:
    limbs = [
        ((-0.005, 0.0), (-0.03, -0.18), 0.062, 0.048),
        ((-0.03, -0.18), (0.03, -0.36), 0.048, 0.042),
        ((0.03, -0.36), (0.20, -0.50), 0.036, 0.022),
        ((0.02, -0.33), (-0.12, -0.52), 0.036, 0.020),
        ((0.03, -0.36), (0.06, -0.60), 0.036, 0.018),
        ((-0.02, -0.02), (-0.11, 0.012), 0.040, 0.012),
        ((0.01, -0.02), (0.10, 0.014), 0.040, 0.012),
    ]
    pen.union(
        [pen.capsule_shape(*limb) for limb in limbs],
        "#94674f",
        to="#5c3a31",
        axis=((-0.07, 0), (0.09, 0.0)),
        blend=0.03,
        outline="#3c2521",
        width=0.005,
    )
    for x0, y0, x1, y1 in (
        (-0.03, -0.05, -0.05, -0.16),
        (0.012, -0.08, -0.004, -0.20),
        (-0.02, -0.22, 0.015, -0.31),
        (0.035, -0.03, 0.03, -0.09),
    ):
        pen.capsule((x0, y0), (x1, y1), 0.0045, 0.002, "#4f312a", alpha=0.55, fine=True)
    pen.capsule((-0.045, -0.10), (-0.058, -0.15), 0.006, 0.003, "#b98a6c", alpha=0.7, fine=True)


def _blossoms(pen: Pen) -> None:
    for i, (cx, cy, w, h, num) in enumerate(
        ((-0.26, -0.52, 0.25, 0.15, 12), (0.34, -0.55, 0.28, 0.15, 13), (0.03, -0.62, 0.40, 0.235, 30))
    ):
        crown(pen, f"crown {i}", (cx, cy), w, h, BLOSSOM, num=num, puff=0.30)
    for i, (colour, num, size) in enumerate(
        (("#e27fa5", 130, 0.0062), ("#f6c3d4", 110, 0.008), ("#fff6f9", 170, 0.0062))
    ):
        dots(pen, f"dots {i}", (0.04, -0.585), 0.54, 0.235, colour, num=num, size=size, alpha=0.9)


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.2, depth=1.5)
    tufts(pen, "tufts", 46, snowy("#4f9c40", stage, 0.5), y=0.53, tall=0.045)
    if stage.season not in ("usual", "spring"):
        return
    pen.moving(1.1, depth=1.0, valid=False)
    wind = 0.10 + 0.22 * WIND[stage.weather]
    falling(pen, "petals", 44, "#f8b8cd", size=0.0088, fall=0.12, wind=wind)
    falling(pen, "pale petals", 34, "#fff0f4", size=0.0075, fall=0.10, wind=wind * 0.8)
