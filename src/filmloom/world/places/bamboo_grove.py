"""A bamboo grove: pale far stems, strong near ones, light between them, a mossy path with stone lanterns."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, darker, lighter, mix, wave
from filmloom.world.places._plants import SEASONS, grass, near, scatter, seasonal, snowy, swaying, tufts
from filmloom.world.stage import WIND, Stage
from filmloom.world.weather import falling

CARD = PlaceCard(
    name="bamboo_grove",
    seasons=SEASONS,
)


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.16)
    pen.still(0.1)
    glade = (
        mix(
            snowy("#d9f0b4", stage, 0.7) if stage.season == "winter" else seasonal("#d9f0b4", stage),
            stage.light.low,
            0.35,
        )
        if not stage.night
        else mix("#1f4a55", stage.light.middle, 0.4)
    )
    pen.box((0, 0.0), 9, 1.6, glade, alpha=0.55, emit=True)
    pen.ellipse((0.05, -0.02), 0.34, 0.34, lighter(glade, 0.6), alpha=0.55, soft=0.6, emit=True, fine=True)
    for i, (parallax, num, foot, thick, colour) in enumerate(
        ((0.25, 17, 0.17, 0.010, "#a9cf9b"), (0.45, 14, 0.19, 0.015, "#6fb35f"), (0.7, 10, 0.22, 0.022, "#479a48"))
    ):
        pen.still(parallax, motion=swaying((0.0, 0.6), (0.25 + 0.1 * i) * stage.wind * wave(0.19 * pen.t, 0.21 * i)))
        colour = _evergreen(colour, stage)
        _stems(pen, f"stems {i}", num, foot, thick, colour, gap=0.0 if i < 2 else 0.30)
        _leaves(pen, f"leaves {i}", 70 + 30 * i, 0.020 + 0.008 * i, colour, stage)
        pen.hills(foot - 0.008, [0.008], [0.8], [0.3 * i], snowy(mix("#9cc77e", "#5f9a4c", i / 2), stage))
    _ground(pen, stage)
    pen.still(0.95, motion=swaying((0.0, 0.8), 0.45 * stage.wind * wave(0.21 * pen.t, 0.5)))
    _stems(pen, "near", 6, 0.30, 0.036, _evergreen("#3f9040", stage), gap=0.62, ink=True)


def _evergreen(colour: str, stage: Stage) -> str | np.ndarray:
    """Bamboo keeps its green: the season tints it only by half, and winter frosts it."""
    if stage.season == "usual":
        return colour
    return mix(colour, "#dfeaf2", 0.35) if stage.season == "winter" else mix(colour, seasonal(colour, stage), 0.6)


def _stems(pen: Pen, key: str, num: int, foot: float, thick: float, colour, *, gap: float, ink: bool = False) -> None:
    """Slightly leaning culms with bright sides and dark joints; none within `gap` of the middle."""
    u = pen.rand(key, 4 * num).reshape(pen.batch, 1, num, 4)
    x = (np.arange(num) + 0.15 + 0.7 * u[..., 0]) / num * 2 - 1
    x = np.sign(x) * (gap + (1.6 - gap) * np.abs(x))
    r, lean, low = thick * (0.7 + 0.5 * u[..., 1]), 0.05 * (u[..., 2] - 0.5), foot + 0.03 * u[..., 3]
    side = 1.0 if pen.light_dir[0] < 0 else -1.0
    for k in range(num):
        tone = mix(colour, "#c9d873", 0.35 * u[..., k, 3])
        ends = (x[..., k], low[..., k]), (x[..., k] + lean[..., k], -0.85)
        across = (x[..., k] - side * r[..., k], 0), (x[..., k] + side * r[..., k], 0)
        paint = dict(outline=darker(tone, 0.6), width=0.003) if ink else {}
        pen.capsule(*ends, r[..., k], 0.8 * r[..., k], lighter(tone, 0.32), to=darker(tone, 0.32), axis=across, **paint)
    _joints(pen, x, low, r, lean, colour)


def _joints(pen: Pen, x: np.ndarray, low: np.ndarray, r: np.ndarray, lean: np.ndarray, colour) -> None:
    """Dark rings with a bright rim below; x, low, r, lean: [B, 1, culms]."""
    up = 0.04 + np.arange(10) * (0.075 + 2.2 * r[..., None])
    flat = lambda v: np.broadcast_to(v, up.shape).reshape(pen.batch, 1, -1)  # noqa: E731
    at, y, wide = flat(x[..., None] + lean[..., None] * up / 1.1), flat(low[..., None] - up), flat(r[..., None])
    pen.splats(at, y, 1.06 * wide, 0.15 * wide, darker(colour, 0.55), alpha=0.85, fine=False)
    pen.splats(at, y + 0.22 * wide, 0.93 * wide, 0.10 * wide, lighter(colour, 0.65), alpha=0.8)


def _leaves(pen: Pen, key: str, num: int, long: float, colour, stage: Stage) -> None:
    """Sprays of slender leaves hanging from above."""
    for i, shade in enumerate((darker(colour, 0.25), lighter(colour, 0.15), mix(colour, "#e6f2a0", 0.55))):
        u = pen.rand(f"{key} {i}", 4 * num).reshape(pen.batch, 1, num, 4)
        x, y = (u[..., 0] - 0.5) * 3.2, -0.56 + 0.42 * u[..., 1] ** 1.6 + 0.05 * wave(2.3 * u[..., 0])
        tone = snowy(shade, stage, 0.4)
        pen.splats(
            x,
            y,
            long * (0.7 + 0.6 * u[..., 2]),
            0.17 * long,
            tone,
            angle=-90 + 110 * (u[..., 3] - 0.5),
            alpha=0.9,
            fine=i > 0,
        )


def _ground(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    pen.hills(
        0.215, [0.008], [0.6], [0.3], snowy("#8fc267", stage), to=snowy("#3c7a3c", stage), axis=((0, 0.2), (0, 0.56))
    )
    lane = snowy("#d9c99c", stage, 0.5)
    path = [(-0.05, 0.217), (0.06, 0.217), (0.34, 0.36), (0.66, 0.62), (-0.66, 0.62), (-0.30, 0.36)]
    pen.polygon(path, mix(lane, "#9aa06a", 0.35), to=lane, axis=((0, 0.21), (0, 0.45)), soft=0.03)
    for k in range(4):  # light that falls between the stems
        pen.ellipse((-0.6 + 0.42 * k, 0.30 + 0.05 * (k % 2)), 0.15, 0.018, "#f3fbc0", alpha=0.35, soft=0.03, fine=True)
    grass(pen, "grass", 130, "#3f7f3a", y=(0.225, 0.56))
    x, y, u = scatter(pen, "litter", 130, y=(0.225, 0.56))
    pen.splats(x, y, 0.011 * near(y), 0.0026 * near(y), "#c9c27a", angle=180 * u, alpha=0.85)
    _lantern(pen, stage)


def _lantern(pen: Pen, stage: Stage) -> None:
    side = np.where(pen.rand("lantern")[..., 0] > 0.5, 1.0, -1.0)
    ink = dict(outline=True, width=0.003)
    with pen.at(0.47 * side, 0.285, scale=0.9):
        pen.shadow(0, 0, 0.07, 0.012)
        pen.box((0, -0.010), 0.085, 0.022, "#9a9d98", to="#747873", round=0.004, **ink)
        pen.box((0, -0.062), 0.034, 0.09, "#a9aca6", to="#7e827d", **ink)
        pen.box((0, -0.112), 0.080, 0.016, "#a9aca6", round=0.003, **ink)
        lit = stage.light.night > 0.1
        pen.box((0, -0.140), 0.056, 0.044, "#b4b7b0", **ink)
        pen.box((0, -0.140), 0.030, 0.028, "#ffdf8c" if lit else "#5b5e5c", emit=lit)
        pen.polygon(
            [(-0.062, -0.160), (0.062, -0.160), (0.020, -0.188), (-0.020, -0.188)],
            snowy("#8d918b", stage, 0.9),
            round=0.003,
            **ink,
        )
        if lit:
            pen.glow((0, -0.14), 0.16, "#ffae4d", 0.45)


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.25, depth=1.5)
    tufts(pen, "tufts", 44, snowy("#3c7f3c", stage, 0.5), y=0.53, tall=0.05)
    pen.moving(1.1, depth=1.0, valid=False)
    falling(
        pen,
        "falling",
        16,
        seasonal("#cfe07a", stage),
        size=0.0125,
        fall=0.10,
        wind=0.04 + 0.2 * WIND[stage.weather],
        flutter=0.05,
    )
