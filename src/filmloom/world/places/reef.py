"""Under the sea: light from above, corals and swaying weed on the sand, bubbles, a far shoal."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.pen import Number, Pen, darker, lighter, mix, wave
from filmloom.world.places._plants import near, scatter
from filmloom.world.stage import Stage
from filmloom.world.weather import wrap

CARD = PlaceCard(
    name="reef",
    weathers=("clear",),
    air=(-0.2, 0.15),
)
# water above, before us, below
DEEP = {
    "dawn": ("#c4dcea", "#5f9fcb", "#2a64a2"), "dusk": ("#7d8fd0", "#3a5aa8", "#182c66"),
    "morning": ("#9fe6ee", "#3fb1d8", "#1f78b8"), "noon": ("#8fe9f5", "#26a3dd", "#1464ae"),
    "sunset": ("#ffc28f", "#c9748f", "#4c4a94"), "night": ("#2b4a94", "#152a6a", "#0a1440"),
}  # fmt: skip


def backdrop(pen: Pen, stage: Stage) -> None:
    above, middle, below = DEEP[stage.time]
    pen.still(0.0, depth=900)
    pen.box((0, 0), 9, 4, above, to=middle, axis=((0, -0.55), (0, -0.12)), emit=True)
    pen.box((0, 1.88), 9, 4, middle, to=below, axis=((0, -0.12), (0, 0.32)), emit=True)
    pen.ellipse(
        (stage.light.sun[0] * 0.6, -0.58), 0.55, 0.16, lighter(above, 0.7), alpha=0.75, soft=0.4, emit=True, fine=True
    )
    _shafts(pen, stage, above)
    pen.still(0.15)
    rock = mix(middle, below, 0.55)
    u = pen.rand("rocks", 4)
    pen.hills(
        0.12,
        [0.07, 0.035],
        [0.5, 1.3],
        np.stack([u[..., 0], u[..., 1]], -1),
        rock,
        to=below,
        axis=((0, 0.0), (0, 0.3)),
        emit=True,
    )
    _shoal(pen, stage, middle)
    pen.still(0.4)
    pen.hills(
        0.215,
        [0.05, 0.02],
        [0.6, 1.5],
        np.stack([u[..., 2], u[..., 3]], -1),
        mix(rock, "#4a5f9a", 0.35),
        to=mix(below, "#2c3a70", 0.4),
        emit=True,
    )
    _corals(pen, "far", ((-1.3, 0.25), (-0.62, 0.245), (0.1, 0.26), (0.72, 0.25), (1.35, 0.25)), 0.15)
    _sand(pen, stage)
    _weed(
        pen,
        "weed",
        ((-0.98, 0.33, 0.34), (-0.90, 0.335, 0.25), (0.93, 0.325, 0.30), (0.86, 0.335, 0.22), (-0.16, 0.315, 0.13)),
    )
    pen.still(1.0)
    _corals(pen, "near", ((-0.70, 0.345), (0.62, 0.345), (-1.35, 0.36), (1.35, 0.36)), 0.24)


def _shafts(pen: Pen, stage: Stage, above: str) -> None:
    """Slanting light that wavers with the surface."""
    pen.moving(0.1, depth=850, valid=False)
    strength = 0.22 if not stage.night else 0.12
    for k in range(5):
        x = -0.9 + 0.42 * k + 0.03 * wave(0.11 * pen.t, 0.23 * k)
        alpha = strength * (0.75 + 0.35 * wave(0.17 * pen.t, 0.37 * k))
        slant = 0.16 * (1 if stage.light.sun[0] < 0 else -1)
        points = [(x - 0.035, -0.75), (x + 0.035, -0.75), (x + slant + 0.12, 0.36), (x + slant - 0.08, 0.36)]
        pen.polygon(
            points,
            lighter(above, 0.5),
            to="#000000",
            axis=((x, -0.5), (x + slant, 0.36)),
            alpha=alpha,
            soft=0.05,
            glow=True,
            emit=True,
        )


def _shoal(pen: Pen, stage: Stage, water: str) -> None:
    pen.moving(0.3, depth=60, valid=False)
    num = 18
    u = pen.rand("shoal", 3 * num).reshape(pen.batch, 1, num, 3)
    t = pen.t[..., None]
    x = wrap(0.5 * u[..., 0] + 0.035 * t + pen.rand("shoal at") * 2, 2.6)
    y = -0.16 + 0.16 * u[..., 1] + 0.010 * wave(0.3 * t, u[..., 2])
    tone = mix(water, "#ffffff", 0.45)
    pen.splats(x, y, 0.013, 0.0055, tone, alpha=0.85, emit=True)
    pen.splats(x - 0.015, y, 0.0042, 0.0052, tone, alpha=0.85, emit=True)


def _sand(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    pen.hills(0.30, [0.014, 0.006], [0.5, 1.4], [0.2, 0.5], "#f5e2b4", to="#c9a56e", axis=((0, 0.29), (0, 0.58)))
    x, y, u = scatter(pen, "ripples", 60, y=(0.32, 0.56))
    pen.splats(x, y, 0.03 * near(y) * (0.4 + u), 0.0022 * near(y), "#c9a874", alpha=0.7)
    x, y, u = scatter(pen, "caustics", 46, y=(0.31, 0.5))
    pen.splats(x, y, 0.022 * (0.5 + u), 0.0028, "#ffffff", alpha=0.35)
    for i, colour in enumerate(("#ff9f8a", "#ffffff", "#e6b5e8")):
        x, y, u = scatter(pen, f"shells {i}", 6, y=(0.33, 0.55))
        pen.splats(x, y, 0.0085, 0.006, colour, angle=180 * u, fine=False)


def _corals(pen: Pen, key: str, spots, size: float) -> None:
    """Bushes of three kinds: branching, brain, tubes."""
    u = pen.rand(key, 3 * len(spots)).reshape(pen.batch, 1, len(spots), 3)
    colours = ("#ff6f91", "#ffa552", "#b26ee0", "#ff5f6d", "#f2c14e", "#4fd0c0")
    for k, (x, y) in enumerate(spots):
        x, big = x + 0.10 * (u[..., k, 0] - 0.5), size * (0.8 + 0.4 * u[..., k, 1])
        _branching(pen, x, y, big, colours[(2 * k) % 6])
        _brain(pen, x + 0.55 * big, y + 0.015, 0.42 * big, colours[(2 * k + 1) % 6])
        _tubes(pen, x - 0.55 * big, y + 0.015, 0.55 * big, colours[(2 * k + 3) % 6])


def _branching(pen: Pen, x: Number, y: float, size: Number, colour: str) -> None:
    with pen.at(x, y, scale=size):
        limbs = [
            ((0, 0.05), (0, -0.45)),
            ((0, -0.2), (-0.30, -0.62)),
            ((0, -0.25), (0.28, -0.68)),
            ((-0.17, -0.42), (-0.16, -0.86)),
            ((0.15, -0.46), (0.06, -0.96)),
            ((0.2, -0.5), (0.46, -0.60)),
            ((-0.2, -0.46), (-0.46, -0.50)),
        ]
        parts = [pen.capsule_shape(a, b, 0.075, 0.052) for a, b in limbs]
        pen.union(parts, lighter(colour, 0.30), to=darker(colour, 0.18), blend=0.06, outline=True, width=0.016)


def _brain(pen: Pen, x: Number, y: float, r: Number, colour: str) -> None:
    with pen.at(x, y, scale=r):
        dome = pen.ellipse_shape((0, -0.35), 1.0, 0.72)
        pen.fill(
            dome, lighter(colour, 0.35), to=darker(colour, 0.25), outline=True, width=0.035, shade=0.25, shade_size=0.2
        )
        with pen.inside(dome):
            for k in range(4):
                pen.ellipse(
                    (-0.6 + 0.42 * k, -0.42 + 0.1 * (k % 2)),
                    0.10,
                    0.035,
                    darker(colour, 0.35),
                    angle=30 * (k - 1.5),
                    alpha=0.7,
                    fine=True,
                )


def _tubes(pen: Pen, x: Number, y: float, size: Number, colour: str) -> None:
    with pen.at(x, y, scale=size):
        for dx, h in ((-0.22, 0.6), (0.20, 0.72), (0.0, 0.98)):
            pen.capsule(
                (0.4 * dx, 0.05),
                (dx, -h),
                0.10,
                0.125,
                lighter(colour, 0.25),
                to=darker(colour, 0.22),
                outline=True,
                width=0.022,
            )
            pen.ellipse((dx, -h - 0.05), 0.085, 0.045, darker(colour, 0.6))


def _weed(pen: Pen, key: str, spots) -> None:
    """Ribbons that bend with the swell."""
    pen.moving(1.0, depth=9.6)
    for k, (x, y, tall) in enumerate(spots):
        bend = lambda h, k=k: 0.20 * tall * h * h * wave(0.24 * pen.t - 0.35 * h, 0.19 * k)  # noqa: E731, B023
        points = [(x + bend(h), y - tall * h) for h in (0.0, 0.3, 0.6, 0.85, 1.0)]
        green = ("#3fae7a", "#7cc95f", "#2f9a86")[k % 3]
        pen.chain(
            points,
            [0.013, 0.016, 0.014, 0.009, 0.003],
            lighter(green, 0.2),
            to=darker(green, 0.3),
            blend=0.01,
            outline=True,
            width=0.003,
        )


def foreground(pen: Pen, stage: Stage) -> None:
    pen.moving(1.1, depth=1.2, valid=False)
    num = 26
    u = pen.rand("bubbles", 4 * num).reshape(pen.batch, 1, num, 4)
    t = pen.t[..., None]
    column = np.floor(u[..., 0] * 4) / 4
    x = (column - 0.42) * 1.9 + 0.10 * (u[..., 1] - 0.5) + 0.010 * wave(0.6 * t, u[..., 2])
    y = 0.40 - (u[..., 3] * 1.05 + (0.10 + 0.07 * u[..., 2]) * t) % 1.05
    r = 0.0045 + 0.008 * u[..., 2] ** 2
    pen.splats(x, y, r, r, "#e6fbff", alpha=0.55, emit=True)
    pen.splats(x - 0.3 * r, y - 0.35 * r, 0.35 * r, 0.3 * r, "#ffffff", alpha=0.95, emit=True)
    pen.still(1.3, depth=1.4)
    shade = {"sunset": "#3b3474", "night": "#0b1138"}.get(stage.time, "#134f8c")
    for x, r in ((-1.05, 0.30), (-0.78, 0.15), (0.92, 0.26), (1.3, 0.34)):
        pen.ellipse((x, 0.58), r, 0.16, mix(shade, "#ffffff", 0.10), to=shade, emit=True)
