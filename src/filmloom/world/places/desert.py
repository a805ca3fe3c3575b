"""Sand dunes with crisp crests, saguaros, far mesas."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, darker, lighter, mix
from filmloom.world.places._plants import near, scatter
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="desert",
    weathers=("clear", "breeze", "cloudy", "fog"),
)


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.1)
    u = pen.rand("layout", 8)
    pen.still(0.08)
    _mesas(pen)
    pen.still(0.22)
    _dune(pen, 0.085, 0.030, 0.55, u[..., 0], "#f0b877", "#dd9555")
    pen.still(0.45)
    _dune(pen, 0.135, 0.036, 0.45, u[..., 1], "#f6c583", "#dc9250")
    for k in range(3):
        cactus(pen, -1.0 + 0.9 * k + 0.35 * u[..., 2 + k], 0.165 + 0.008 * k, 0.13 + 0.03 * (k % 2))
    pen.still(0.75)
    _dune(pen, 0.19, 0.022, 0.5, u[..., 5], "#fbd08e", "#e29c57")
    side = np.where(u[..., 6] > 0.4, 1.0, -1.0)
    cactus(pen, side * (0.60 + 0.12 * u[..., 7]), 0.245, 0.40)
    cactus(pen, -side * (0.78 + 0.10 * u[..., 6]), 0.235, 0.22)
    _ground(pen)


def _mesas(pen: Pen) -> None:
    u = pen.rand("mesas", 12).reshape(pen.batch, 1, 4, 3)
    for k in range(4):
        x, w, h = -1.3 + 0.8 * k + 0.3 * u[..., k, 0], 0.12 + 0.12 * u[..., k, 1], 0.06 + 0.10 * u[..., k, 2]
        pen.polygon(
            [
                (x - w, 0.12),
                (x - 0.72 * w, 0.11 - 0.75 * h),
                (x - 0.62 * w, 0.11 - h),
                (x + 0.58 * w, 0.11 - h),
                (x + 0.7 * w, 0.11 - 0.7 * h),
                (x + w, 0.12),
            ],
            "#d08a6a",
            to="#e0a482",
        )
        pen.polygon(
            [
                (x + 0.05 * w, 0.11 - h),
                (x + 0.58 * w, 0.11 - h),
                (x + 0.7 * w, 0.11 - 0.7 * h),
                (x + w, 0.12),
                (x + 0.2 * w, 0.12),
            ],
            "#a9645a",
            alpha=0.6,
        )


def _dune(pen: Pen, y: float, high: float, waves: float, phase: Number, light: str, dark: str) -> None:
    """A dune ridge: the lit slope, then the shadowed side of each crest as overlapping, shifted hills."""
    p = np.stack([phase, 2 * phase + 0.2], -1)
    pen.hills(
        y,
        [high, 0.30 * high],
        [waves, 2.2 * waves],
        p,
        light,
        to=mix(light, dark, 0.55),
        axis=((0, y - high), (0, y + 2.2 * high)),
    )
    lean = 0.16 if pen.light_dir[0] < 0 else -0.16
    pen.hills(
        y + 0.75 * high,
        [0.95 * high, 0.5 * high],
        [waves, 2.0 * waves],
        p + lean,
        dark,
        to=light,
        axis=((0, y - 0.2 * high), (0, y + 2.4 * high)),
        alpha=0.75,
    )


def cactus(pen: Pen, x: Number, y: Number, tall: Number) -> None:
    """A saguaro with two arms, ribs and a flower."""
    side = 1.0 if pen.light_dir[0] < 0 else -1.0
    with pen.at(x, y, scale=tall):
        pen.shadow(0.1 * side, 0.0, 0.3, 0.04, 0.22)
        parts = [
            ((0, 0.0), (0, -0.92), 0.085, 0.075),
            ((0, -0.34), (0.24, -0.36), 0.050, 0.055),
            ((0.24, -0.36), (0.25, -0.66), 0.055, 0.048),
            ((0, -0.48), (-0.22, -0.50), 0.046, 0.050),
            ((-0.22, -0.50), (-0.23, -0.74), 0.050, 0.043),
        ]
        green = ("#79bb62", "#2f7a4e") if side > 0 else ("#2f7a4e", "#79bb62")
        pen.union(
            [pen.capsule_shape(*p) for p in parts],
            green[0],
            to=green[1],
            axis=((-0.12, 0), (0.14, 0)),
            blend=0.03,
            outline="#1f4a38",
            width=0.012,
        )
        for dx in (-0.032, 0.0, 0.034):
            pen.capsule((dx, -0.05), (dx, -0.88), 0.005, None, "#d8edb0", alpha=0.45, fine=True)
        pen.ellipse((0.0, -0.995), 0.045, 0.032, "#f2709c", outline=True, width=0.008)


def _ground(pen: Pen) -> None:
    pen.still(1.0)
    pen.hills(0.235, [0.010, 0.005], [0.4, 1.1], [0.15, 0.7], "#fbd695", to="#e2a45f", axis=((0, 0.22), (0, 0.58)))
    pen.hills(0.45, [0.022, 0.006], [0.42, 1.3], [0.5, 0.2], "#f4c27c", to="#d68f4c", axis=((0, 0.44), (0, 0.6)))
    x, y, u = scatter(pen, "ripples", 90, y=(0.25, 0.56))
    pen.splats(x, y, 0.045 * near(y) * (0.4 + u), 0.0021 * near(y), "#cf9350", alpha=0.6, angle=(u - 0.5) * 8)
    pen.splats(
        x + 0.01,
        y + 0.0035 * near(y),
        0.04 * near(y) * (0.4 + u),
        0.0016 * near(y),
        "#ffe9b8",
        alpha=0.6,
        angle=(u - 0.5) * 8,
    )
    for k in range(4):
        u = pen.rand(f"rock {k}", 2)
        x, y, r = (
            (-0.95 + 0.6 * k + 0.25 * u[..., 0]),
            0.255 + 0.02 * u[..., 1] + (0.17 if k % 2 else 0.0),
            0.018 + 0.022 * u[..., 1],
        )
        pen.shadow(x, y, r * 1.5, r * 0.3, 0.2)
        pen.polygon(
            [
                (x - r, y),
                (x - 0.7 * r, y - 0.6 * r),
                (x - 0.1 * r, y - 0.85 * r),
                (x + 0.6 * r, y - 0.55 * r),
                (x + r, y),
            ],
            "#c58a62",
            to="#8e5d48",
            round=0.004,
            outline=True,
            width=0.003,
        )


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.2, depth=1.5)
    sand = "#e5a963"
    pen.hills(
        0.50,
        [0.018, 0.006],
        [0.45, 1.2],
        [0.05, 0.4],
        lighter(sand, 0.2),
        to=darker(sand, 0.3),
        axis=((0, 0.48), (0, 0.6)),
    )
    u = pen.rand("weeds", 5)
    for k in range(5):
        x = -1.3 + 0.62 * k + 0.2 * u[..., k]
        blades = [
            pen.capsule_shape((x, 0.52), (x + 0.03 * a, 0.52 - 0.05 * (1 - 0.25 * abs(a))), 0.003, 0.001)
            for a in (-1.2, -0.6, 0.0, 0.6, 1.2)
        ]
        pen.union(blades, "#a9a052", to="#7d7a3c")
