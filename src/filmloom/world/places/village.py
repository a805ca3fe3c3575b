"""A village lane: cottages with smoking chimneys, a church, fences, fruit trees; lit windows in the evening."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, darker, lighter, mix, smooth, wave
from filmloom.world.places._buildings import house
from filmloom.world.places._plants import SEASONS, flowers, grass, near, scatter, small_tree, snowy, tufts
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="village",
    ground=(0.3, 0.38),
    seasons=SEASONS,
)
LEAVES = ("#3d8649", "#5ead57", "#a6d977")


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.1)
    pen.still(0.1)
    pen.hills(0.045, [0.05, 0.02], [0.45, 1.1], [0.55, 0.2], "#8fb2d4", to="#bcd3e6", axis=((0, -0.02), (0, 0.12)))
    pen.still(0.28)
    pen.hills(
        0.10,
        [0.028, 0.012],
        [0.6, 1.6],
        [0.1, 0.4],
        snowy("#a9d487", stage),
        to=snowy("#84bd6c", stage),
        axis=((0, 0.06), (0, 0.2)),
    )
    _fields(pen, stage)
    _church(pen, stage)
    pen.still(0.5)
    u = pen.rand("trees", 14).reshape(pen.batch, 1, 7, 2)
    for k in range(7):
        small_tree(
            pen,
            f"tree {k}",
            -1.5 + 0.5 * k + 0.2 * (u[..., k, 0] - 0.5),
            0.20,
            0.20 + 0.08 * u[..., k, 1],
            LEAVES,
            num=5,
        )
    pen.hills(
        0.185, [0.010], [0.6], [0.5], snowy("#9ed673", stage), to=snowy("#6fb553", stage), axis=((0, 0.17), (0, 0.24))
    )
    _houses(pen, stage)
    _ground(pen, stage)


def _fields(pen: Pen, stage: Stage) -> None:
    for x, y, rx, colour in (
        (-0.7, 0.125, 0.22, "#e8d67a"),
        (0.35, 0.135, 0.26, "#c5e08a"),
        (1.0, 0.125, 0.2, "#e8d67a"),
    ):
        pen.ellipse((x, y), rx, 0.014, snowy(colour, stage), alpha=0.8, soft=0.012)


def _church(pen: Pen, stage: Stage) -> None:
    pen.still(0.35)
    x = 0.12 + 0.3 * (pen.rand("church")[..., 0] - 0.5)
    wall, slate = "#f2e6d2", snowy("#6d7c9c", stage, 0.85)
    pen.box((x + 0.075, 0.135), 0.13, 0.085, wall, to=darker(wall, 0.12))
    pen.polygon([(x + 0.0, 0.095), (x + 0.15, 0.095), (x + 0.135, 0.045), (x + 0.0, 0.045)], slate)
    pen.box((x, 0.095), 0.055, 0.17, lighter(wall, 0.2), to=darker(wall, 0.12))
    pen.polygon([(x - 0.034, 0.012), (x + 0.034, 0.012), (x, -0.095)], slate, to=darker(slate, 0.2))
    lit = stage.light.night > 0.1
    pen.ellipse((x, 0.042), 0.011, 0.016, "#ffd27a" if lit else "#56627f", emit=lit)


def _houses(pen: Pen, stage: Stage) -> None:
    pen.still(0.85)
    looks = (("#fbf0dc", "#c9583f"), ("#f6dcb0", "#8f5a48"), ("#e6eef2", "#4f7ba6"), ("#f3cfc0", "#b4503f"))
    shift = 0.10 * (pen.rand("houses")[..., 0] - 0.5)
    for k, (x, w, h) in enumerate(
        ((-1.36, 0.40, 0.150), (-0.62, 0.42, 0.165), (0.58, 0.40, 0.155), (1.22, 0.44, 0.170))
    ):
        house(pen, stage, x + shift, 0.245, w, h, *looks[k], flip=-1.0 if k == 2 else 1.0)
        _hedge(pen, stage, x + shift + (0.27 if k != 2 else -0.27))
    if stage.weather not in ("breeze",):
        _smoke(pen, stage, shift)


def _hedge(pen: Pen, stage: Stage, x) -> None:
    for dx, r in ((-0.03, 0.034), (0.035, 0.038), (0.0, 0.042)):
        pen.ellipse((x + dx, 0.232), r, 0.8 * r, snowy("#6fb760", stage, 0.6), to=snowy("#3d8246", stage, 0.4))


def _smoke(pen: Pen, stage: Stage, shift) -> None:
    """Puffs that rise from two chimneys, widen and fade."""
    pen.moving(0.85, depth=11.2, valid=False)
    tone = mix("#ffffff", stage.light.low, 0.25) if not stage.night else "#7d84b8"
    for i, x in enumerate((-0.62 + 0.27 * 0.42, 0.58 - 0.27 * 0.40)):
        for k in range(4):
            age = (0.22 * pen.t + k / 4 + 0.13 * i) % 1
            at = (x + shift + 0.07 * age + 0.012 * wave(1.2 * age, 0.2 * k), 0.245 - 0.30 - 0.17 * age)
            pen.ellipse(
                at,
                0.012 + 0.028 * age,
                None,
                tone,
                alpha=0.6 * smooth(age * 6) * (1 - age),
                soft=0.02,
                emit=True,
                valid=False,
                fine=True,
            )


def _ground(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    pen.hills(
        0.243, [0.004], [0.6], [0.3], snowy("#a4dd72", stage), to=snowy("#55a043", stage), axis=((0, 0.24), (0, 0.56))
    )
    lane = snowy("#ecd9ac", stage, 0.55)
    pen.hills(0.287, [0.006], [0.35], [0.1], mix(lane, "#c2a36c", 0.35), to=lane, axis=((0, 0.28), (0, 0.36)))
    pen.hills(
        0.425, [0.007], [0.4], [0.55], snowy("#9bd668", stage), to=snowy("#468f3c", stage), axis=((0, 0.42), (0, 0.56))
    )
    x, y, u = scatter(pen, "pebbles", 70, y=(0.295, 0.42))
    pen.splats(x, y, 0.0065 * near(y) * (0.4 + u), 0.0026 * near(y), "#c3a877", alpha=0.8)
    for y in (0.322, 0.385):  # cart ruts
        pen.ellipse((0, y), 2.4, 0.004, "#c4a56c", alpha=0.35, soft=0.01, fine=True)
    grass(pen, "verge", 90, "#3f8f38", y=(0.25, 0.285))
    grass(pen, "grass", 120, "#3f8f38", y=(0.435, 0.56))
    flowers(pen, "flowers", 14, ("#ffffff", "#ffd23f", "#f2708c"), y=(0.44, 0.56), size=0.0075)
    _fence(pen, stage)


def _fence(pen: Pen, stage: Stage) -> None:
    """A white picket fence along the far side of the lane, open before us."""
    xs = np.concatenate([np.arange(-1.62, -0.26, 0.062), np.arange(0.28, 1.62, 0.062)])
    wood = snowy("#fbf4e6", stage, 0.6)
    for a, b in ((-1.64, -0.25), (0.27, 1.64)):
        for y in (0.262, 0.279):
            pen.capsule((a, y), (b, y), 0.0032, None, darker(wood, 0.10))
    x = xs[None, None]
    pen.splats(x, 0.270 * np.ones_like(x), 0.0068, 0.026, darker(wood, 0.35), fine=False)
    pen.splats(x, 0.270 * np.ones_like(x), 0.0052, 0.0245, wood, fine=False)


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.2, depth=1.5)
    tufts(pen, "tufts", 46, snowy("#4b9a40", stage, 0.5), y=0.53, tall=0.045)
