"""A park in October: maples in gold and red, a leafy path, a bench, a lamp."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, mix, wave
from filmloom.world.places._buildings import lamp
from filmloom.world.places._plants import (
    FOLIAGE,
    SEASONS,
    crown,
    dots,
    grass,
    near,
    scatter,
    small_tree,
    snowy,
    swaying,
)
from filmloom.world.stage import WIND, Stage
from filmloom.world.weather import falling

CARD = PlaceCard(
    name="autumn_park",
    seasons=SEASONS,
)
# what lies on the ground: colour, how much
FALLEN = {
    "usual": (("#d9642f", 120), ("#f2b33a", 130), ("#a93a2a", 70), ("#ffd970", 60)),
    "spring": (("#ffffff", 60), ("#ffe27a", 50), ("#f7bfd1", 60)),
    "summer": (("#6fae3e", 50), ("#ffe9a0", 26)),
    "winter": (("#b9cbe4", 40), ("#b08a68", 14)),
}
GOLD, AMBER, RED = (
    ("#c9861f", "#f2b231", "#ffe07a"),
    ("#b9541d", "#ea8530", "#ffbf63"),
    ("#9c2f2a", "#d9513a", "#f7906a"),
)


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.12)
    pen.still(0.12)
    pen.hills(0.06, [0.04, 0.02], [0.5, 1.2], [0.2, 0.6], "#c4a9b4", to="#e4cdb8", axis=((0, 0.0), (0, 0.14)))
    pen.still(0.25)
    u = pen.rand("copse", 60).reshape(pen.batch, 1, 30, 2)
    copse = ("#c8793a", "#dd9c44", "#e9bd5c")
    if stage.season in ("spring", "summer"):
        copse = [tones[1] for tones in FOLIAGE[stage.season][:3]]
    elif stage.season == "winter":
        copse = ("#a89f9c", "#c9c6c8", "#e6e9ee")
    for k, colour in enumerate(copse):
        some = u[..., k::3, :]
        pen.splats((some[..., 0] - 0.5) * 3.4, 0.125 - 0.02 * some[..., 1], 0.036, 0.032, colour, fine=False)
    pen.hills(0.135, [0.010], [0.7], [0.1], snowy("#c3b45c", stage))
    _row(pen)
    _ground(pen, stage)
    _bench(pen, stage)
    _maples(pen, stage)


def _row(pen: Pen) -> None:
    pen.still(0.5)
    u = pen.rand("row", 16).reshape(pen.batch, 1, 8, 2)
    for k in range(8):
        x = -1.55 + 0.44 * k + 0.16 * (u[..., k, 0] - 0.5)
        small_tree(
            pen, f"row {k}", x, 0.20, 0.28 + 0.10 * u[..., k, 1], (GOLD, AMBER, RED)[(k * 2) % 3], "#6f4a3c", num=6
        )


def _ground(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    pen.hills(
        0.188, [0.006], [0.6], [0.3], snowy("#c9bc58", stage), to=snowy("#8f8a35", stage), axis=((0, 0.18), (0, 0.56))
    )
    lane = snowy("#e6cfa6", stage, 0.5)
    path = [(0.10, 0.192), (0.20, 0.192), (0.34, 0.28), (0.62, 0.62), (-0.72, 0.62), (-0.22, 0.31)]
    pen.polygon(path, mix(lane, "#b08a58", 0.3), to=lane, axis=((0, 0.19), (0, 0.45)), soft=0.025)
    grass(pen, "grass", 120, "#7d7a2d", y=(0.2, 0.56), alpha=0.5)
    for i, (colour, num) in enumerate(FALLEN.get(stage.season, FALLEN["usual"])):
        x, y, u = scatter(pen, f"fallen {i}", num, y=(0.205, 0.56))
        r = 0.0085 * near(y) * (0.6 + 0.7 * u)
        pen.splats(x, y, r, r * 0.45, colour, angle=(u * 9 % 1 - 0.5) * 60, alpha=0.95)


def _bench(pen: Pen, stage: Stage) -> None:
    pen.still(0.9)
    side = np.where(pen.rand("bench")[..., 0] > 0.5, 1.0, -1.0)
    with pen.at(0.58 * side, 0.262, flip=side):
        pen.shadow(0, 0.0, 0.17, 0.02, 0.25)
        for x in (-0.11, 0.11):
            pen.chain([(x, 0), (x, -0.05), (x + 0.005, -0.115)], [0.006, 0.006, 0.005], "#3d3a44")
        for y, h in ((-0.055, 0.014), (-0.085, 0.014), (-0.108, 0.014)):
            pen.box((0, y), 0.29, h, "#b06f3f", to="#8a5230", round=0.003, outline=True, width=0.003)
    lamp(pen, stage, -0.42 * side, 0.25, 0.36)


def _maples(pen: Pen, stage: Stage) -> None:
    """Two great trees frame the picture; their crowns sway."""
    for i, (x, tall, colours) in enumerate(((-0.80, 0.80, AMBER), (0.86, 0.74, RED))):
        x = x + 0.10 * (pen.rand(f"maple {i}")[..., 0] - 0.5)
        pen.still(0.95)
        with pen.at(x, 0.315, scale=tall, flip=-1.0 if i else 1.0):
            pen.shadow(0.04, 0, 0.34, 0.04, 0.28)
            limbs = [
                ((0, 0), (0.01, -0.30), 0.058, 0.042),
                ((0.01, -0.30), (-0.13, -0.56), 0.034, 0.016),
                ((0.01, -0.30), (0.16, -0.58), 0.036, 0.016),
                ((0, -0.02), (-0.09, 0.012), 0.036, 0.012),
                ((0, -0.02), (0.09, 0.012), 0.036, 0.012),
            ]
            pen.union(
                [pen.capsule_shape(*p) for p in limbs],
                "#80543f",
                to="#4b3029",
                axis=((-0.06, 0), (0.07, 0)),
                blend=0.03,
                outline="#35211d",
                width=0.006,
            )
        pen.still(0.95, motion=swaying((x, 0.1), 0.6 * stage.wind * wave(0.21 * pen.t, 0.3 * i)))
        with pen.at(x, 0.315, scale=tall, flip=-1.0 if i else 1.0):
            crown(pen, f"crown {i}", (0.22, -0.66), 0.30, 0.19, colours, num=12)
            crown(pen, f"top {i}", (-0.02, -0.76), 0.42, 0.27, colours, num=26)
            for k in (0, 2):
                dots(pen, f"leaves {i} {k}", (0.05, -0.74), 0.46, 0.27, colours[k], num=110, size=0.009, alpha=0.8)


def foreground(pen: Pen, stage: Stage) -> None:
    if stage.season not in ("usual", "autumn"):
        return
    pen.moving(1.1, depth=1.0, valid=False)
    wind = 0.06 + 0.25 * WIND[stage.weather]
    falling(pen, "gold", 16, "#f6c046", size=0.0125, fall=0.13, wind=wind, flutter=0.06)
    falling(pen, "rust", 16, "#dc6430", size=0.0115, fall=0.15, wind=wind, flutter=0.06)
