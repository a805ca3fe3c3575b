"""A clearing among firs under snow."""

from __future__ import annotations

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, mix
from filmloom.world.places._buildings import house
from filmloom.world.places._plants import far_pine, near, pine, scatter
from filmloom.world.stage import Stage
from filmloom.world.weather import wrap

CARD = PlaceCard(
    name="snow_forest",
)


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.14)
    pen.still(0.1)
    pen.hills(0.06, [0.06, 0.03], [0.45, 1.2], [0.2, 0.45], "#b9cbe2", to="#dbe6f3", axis=((0, -0.04), (0, 0.14)))
    pen.still(0.2)
    _far_row(pen)
    pen.hills(0.145, [0.01], [0.6], [0.3], "#e6eef8")
    pen.still(0.45)
    _row(pen, "middle", 10, foot=0.185, low=0.22, high=0.36, green="#4d8a80")
    pen.hills(0.178, [0.012, 0.006], [0.5, 1.4], [0.8, 0.3], "#f3f7fd", to="#d3e0f0", axis=((0, 0.17), (0, 0.24)))
    pen.still(0.7)
    house(pen, stage, 0.30 - 0.5 * pen.rand("cabin")[..., 0], 0.215, 0.17, 0.075, "#a9714c", "#dbe6f4")
    pen.still(0.8)
    u = pen.rand("close", 12).reshape(pen.batch, 1, 6, 2)
    for k, x in enumerate((-1.45, -0.98, -0.58, 0.56, 0.95, 1.42)):
        pine(
            pen, x + 0.16 * (u[..., k, 0] - 0.5), 0.235, 0.46 + 0.16 * u[..., k, 1], "#2f6f63", snow=True, outline=True
        )
    _ground(pen)


def _far_row(pen: Pen) -> None:
    u = pen.rand("far", 48).reshape(pen.batch, 1, 24, 2)
    for k in range(24):
        far_pine(pen, -1.65 + 0.1375 * (k + 0.8 * u[..., k, 0]), 0.155, 0.12 + 0.11 * u[..., k, 1], "#7fa3a6")


def _row(pen: Pen, key: str, num: int, *, foot: float, low: float, high: float, green: str) -> None:
    u = pen.rand(key, 2 * num).reshape(pen.batch, 1, num, 2)
    for k in range(num):
        x = -1.65 + 3.3 * (k + 0.7 * u[..., k, 0]) / num
        pine(pen, x, foot, low + (high - low) * u[..., k, 1], green, snow=True)


def _ground(pen: Pen) -> None:
    pen.still(1.0)
    pen.hills(0.222, [0.008, 0.004], [0.45, 1.3], [0.1, 0.6], "#ffffff", to="#c9d9ee", axis=((0, 0.21), (0, 0.58)))
    pen.hills(0.44, [0.02, 0.006], [0.4, 1.5], [0.55, 0.2], "#f7faff", to="#d3e1f2", axis=((0, 0.43), (0, 0.6)))
    x, y, u = scatter(pen, "hollows", 26, y=(0.24, 0.5))
    pen.splats(x, y, 0.045 * near(y) * (0.5 + u), 0.006 * near(y), "#a9c1e0", alpha=0.5, soft=0.006)
    x, y, u = scatter(pen, "sparkles", 60, y=(0.24, 0.56))
    pen.splats(x, y, 0.0014, 0.0014, "#ffffff", alpha=0.9)


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.25, depth=1.5)
    for x, r in ((-1.2, 0.34), (-0.72, 0.2), (0.86, 0.26), (1.4, 0.3)):
        pen.ellipse((x, 0.60), r, 0.11, "#ffffff", to="#cbdbf0", soft=0.01)
    if stage.weather in ("clear", "cloudy"):
        _glitter(pen)


def _glitter(pen: Pen) -> None:
    """Specks of frost in the air, too few to be snowfall."""
    pen.moving(0.9, depth=1.0, valid=False)
    u = pen.rand("frost", 44).reshape(pen.batch, 1, 11, 4)
    t = pen.t[..., None]
    x = wrap(u[..., 0] * 2.4 + 0.015 * t, 2.4)
    y = -0.45 + (u[..., 1] * 0.7 + 0.03 * t) % 0.7
    pen.splats(x, y, 0.0017, 0.0017, mix("#ffffff", "#fff4d0", 0.4), alpha=0.7 * u[..., 2], emit=True)
