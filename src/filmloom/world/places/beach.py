"""A sandy shore: sea behind, foam that comes and goes, a palm, a parasol, shells."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, darker, lighter, mix, wave
from filmloom.world.places._plants import near, scatter, snowy, swaying
from filmloom.world.places._water import glitter, tones, water
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="beach",
)
HORIZON, SHORE = 0.06, 0.225


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, HORIZON)
    pen.still(0.08)
    u = pen.rand("headland", 2)
    land = {"sunset": "#8a4a86", "night": "#2c3466"}.get(stage.time, "#86b3a8")
    pen.hills(
        HORIZON + 0.004,
        [0.030, 0.014],
        [0.42, 1.0],
        np.stack([u[..., 0], u[..., 1]], -1),
        mix(land, stage.light.low, 0.2),
        emit=True,
    )
    water(pen, stage, HORIZON, 0.30, calm=1.3)
    glitter(pen, stage, HORIZON, 0.22, num=80)
    _sand(pen, stage)
    _foam(pen, stage)
    _things(pen, stage)


def _sand(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    sand = snowy("#f6dfab", stage)
    pen.hills(
        SHORE,
        [0.008, 0.004],
        [0.5, 1.3],
        [0.2, 0.5],
        mix(sand, "#a98a5f", 0.4),
        to=sand,
        axis=((0, SHORE), (0, SHORE + 0.06)),
    )
    pen.hills(
        0.40,
        [0.016, 0.006],
        [0.4, 1.2],
        [0.6, 0.15],
        lighter(sand, 0.25),
        to=darker(sand, 0.10),
        axis=((0, 0.39), (0, 0.58)),
        alpha=0.85,
    )
    x, y, u = scatter(pen, "grains", 150, y=(0.25, 0.56))
    pen.splats(x, y, 0.0035 * near(y), 0.0011 * near(y), "#c79f66", alpha=0.5)
    x, y, u = scatter(pen, "dimples", 26, y=(0.28, 0.52))
    pen.splats(x, y, 0.05 * near(y) * (0.4 + u), 0.0045 * near(y), "#dcbc82", alpha=0.6, soft=0.004)
    for i, colour in enumerate(("#ffb3a0", "#fffaf0", "#f0c8e0")):
        x, y, u = scatter(pen, f"shells {i}", 7, y=(0.27, 0.55))
        pen.splats(x, y, 0.0075 * near(y), 0.0055 * near(y), colour, angle=180 * u)


def _foam(pen: Pen, stage: Stage) -> None:
    """The last wave runs up the sand and back: a film of water with a foamy lower rim."""
    _, close = tones(stage)
    pen.moving(0.98, depth=9.9)
    xs = np.linspace(-1.9, 1.9, 16)
    for k, (lag, thick, colour, alpha) in enumerate(
        ((0.0, 0.016, mix(close, "#d9f4f2", 0.6), 0.55), (0.06, 0.005, "#ffffff", 0.95), (0.3, 0.003, "#ffffff", 0.7))
    ):
        y = SHORE - 0.006 * k + 0.011 * wave(0.16 * pen.t, lag)
        line = [(x, y + 0.008 * wave(0.5 * x, 0.2) + 0.004 * wave(1.9 * x + 0.04 * pen.t, 0.5 * k)) for x in xs]
        pen.chain(line, [thick] * len(line), colour, alpha=alpha, valid=False, emit=k == 0)


def _things(pen: Pen, stage: Stage) -> None:
    u = pen.rand("things", 4)
    side = np.where(u[..., 0] > 0.35, -1.0, 1.0)
    pen.still(0.95)
    _parasol(pen, stage, -side * (0.62 + 0.1 * u[..., 1]), 0.285)
    _trunk(pen, side)
    pen.still(0.95, motion=swaying((side * 0.62, -0.24), 1.2 * stage.wind * wave(0.3 * pen.t)))
    _fronds(pen, stage, side)


def _trunk(pen: Pen, side) -> None:
    with pen.at(side * 0.78, 0.30, flip=-side):
        pen.shadow(0.03, 0.0, 0.22, 0.03, 0.25)
        line = [(0, 0.01), (0.03, -0.16), (0.075, -0.34), (0.16, -0.53)]
        pen.chain(
            line,
            [0.034, 0.024, 0.020, 0.017],
            "#b98a5c",
            to="#7b5638",
            axis=((-0.03, 0), (0.06, 0.02)),
            blend=0.02,
            outline="#5b3d28",
            width=0.004,
        )
        for k in range(7):
            y = -0.04 - 0.068 * k
            x = 0.165 * (-y / 0.53) ** 1.25
            pen.capsule((x - 0.019, y + 0.004), (x + 0.019, y - 0.004), 0.0022, None, "#6a4830", alpha=0.6, fine=True)


def _fronds(pen: Pen, stage: Stage, side) -> None:
    """Seven arching leaves, the far ones darker, and coconuts."""
    ink = "#235c3c"
    with pen.at(side * 0.78 - side * 0.16, 0.30 - 0.53, flip=-side):
        for k, (dx, dy, droop) in enumerate(
            (
                (-0.22, 0.10, -0.05),
                (0.24, 0.12, -0.06),
                (-0.30, -0.02, -0.07),
                (0.32, 0.0, -0.08),
                (-0.20, -0.13, -0.04),
                (0.22, -0.13, -0.05),
                (0.02, -0.20, -0.0),
            )
        ):
            green = ("#2f7d4c", "#3f9a56", "#5fbb62")[min(2, k // 2)]
            middle = (0.55 * dx, 0.35 * dy + droop)
            pen.chain(
                [(0, 0), middle, (dx, dy)],
                [0.012, 0.026, 0.003],
                green,
                to=lighter(green, 0.25),
                axis=((0, 0.06), (0, -0.16)),
                blend=0.03,
                outline=ink,
                width=0.003,
            )
            pen.capsule((0, 0), middle, 0.002, None, "#cdeb9a", alpha=0.6, fine=True)
        for x, y in ((-0.015, 0.022), (0.018, 0.026)):
            pen.ellipse((x, y), 0.017, None, "#8a5a38", to="#5d3a24", outline=True, width=0.003)


def _parasol(pen: Pen, stage: Stage, x, y: float) -> None:
    with pen.at(x, y, angle=-8):
        pen.shadow(0.05, 0.0, 0.16, 0.022, 0.22)
        pen.capsule((0, 0), (0, -0.25), 0.005, None, "#f0ead8", outline=True, width=0.002)
        dome = pen.ellipse_shape((0, -0.20), 0.15, 0.085)
        half = pen.polygon_shape([(-0.2, -0.32), (0.2, -0.32), (0.2, -0.205), (-0.2, -0.205)])
        with pen.inside(half):
            pen.fill(dome, "#fffaf0", outline="#8a3a3a", width=0.004)
            for k in (-1, 0, 1):
                pen.ellipse((0.084 * k, -0.20), 0.027, 0.083 - 0.018 * abs(k), "#ef6351", to="#d64545")
    with pen.at(x, y):
        pen.polygon(
            [(-0.17, 0.012), (0.02, 0.012), (0.05, 0.034), (-0.19, 0.034)],
            "#5fb3d9",
            to="#4796c4",
            outline=True,
            width=0.003,
        )
        pen.polygon([(-0.10, 0.012), (-0.075, 0.012), (-0.08, 0.034), (-0.11, 0.034)], "#ffffff")


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.2, depth=1.5)
    if stage.weather != "snow":
        for x, y, s in ((-0.62, 0.46, 1.0), (0.70, 0.475, 0.8)):
            _starfish(pen, x, y, 0.036 * s)


def _starfish(pen: Pen, x: float, y: float, r: float) -> None:
    arms = [
        pen.capsule_shape((x, y), (x + r * np.cos(a), y + 0.6 * r * np.sin(a)), 0.32 * r, 0.12 * r)
        for a in 0.3 + np.arange(5) * 2 * np.pi / 5
    ]
    pen.union(arms, "#f79a63", to="#e0703f", blend=0.2 * r, outline="#9c4526", width=0.003)
