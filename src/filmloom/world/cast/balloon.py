"""A hot-air balloon with striped gores and a wicker basket."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import LAND, SubjectCard
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Pen, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="balloon",
    actions=("rise", "drift"),
    settings=(*LAND, "castle", "farm", "harbour", "lavender_field", "mountain_lake", "sea", "volcano"),
    station="air",
    size=0.42,
    travel={"drift": 0.09},
    width=0.8,
    weight=0.6,
    reach={"rise": (1.06, 1.1)},
)
WICKER = "#a9713f"


def draw(pen: Pen, actor: Actor) -> None:
    """Rising: straight up on bursts of flame. Drifting: level, tilted and swinging."""
    c = actor.cycle
    if actor.action == "rise":
        x, y, swing = 0.010 * wave(c), -1.15 * (actor.progress - 0.5), 0.8 * wave(c, 0.2)
        burn = smooth(0.6 + 1.2 * wave(actor.t * 0.8))
    else:
        x, y, swing = 0.02 * wave(c), 0.030 * wave(0.9 * c), -2.5 + 3.5 * wave(c, 0.15)
        burn = smooth(-2.2 + 3.0 * wave(actor.t * 0.35))
    with pen.at(x, y, angle=swing):
        with pen.at(0, 0.17, angle=1.6 * swing):
            _basket(pen, burn)
        _envelope(pen, actor, burn)


def _envelope(pen: Pen, actor: Actor, burn) -> None:
    colour = actor.colour
    pale = mix(lighter(colour, 0.55), "#fff6e6", 0.25)
    dome = pen.ellipse_shape((0, -0.155), 0.342, 0.342)
    throat = pen.polygon_shape([(-0.2647, 0.0616), (0.2647, 0.0616), (0.090, 0.275), (-0.090, 0.275)])
    bag = pen.union_shape([dome, throat], 0.01)
    pen.fill(bag, colour, **ink(colour, 0.012, 0.5, 0.07))
    with pen.inside(bag):
        for rx, paint in ((0.262, pale), (0.205, colour), (0.085, pale), (0.045, colour)):
            pen.ellipse((0, -0.10), rx, 0.42, paint, to=darker(paint, 0.22), axis=((0, -0.3), (0, 0.28)))
        pen.box((0, -0.06), 0.9, 0.055, darker(colour, 0.25), alpha=0.9)
        pen.ellipse((0.33, 0.0), 0.20, 0.50, darker(colour, 0.5), alpha=0.30, soft=0.12, angle=8, fine=True)
        pen.ellipse((-0.17, -0.29), 0.055, 0.13, "#ffffff", angle=-28, alpha=0.5, soft=0.06, fine=True)
        pen.ellipse(
            (0, 0.27),
            0.16,
            0.12,
            "#ffcf6b",
            alpha=(0.35 + 0.3 * actor.stage.night) * burn,
            soft=0.10,
            emit=True,
            fine=True,
        )
    pen.ellipse((0, 0.272), 0.088, 0.016, darker(colour, 0.5), outline=edge(colour), width=0.006)
    if actor.stage.night:
        pen.glow((0, 0.05), 0.55, "#ffb35a", 0.25 + 0.35 * burn)
    pen.joint("centre", (0.0, -0.15))


def _basket(pen: Pen, burn) -> None:
    for sign in (-1, 1):
        pen.capsule((sign * 0.078, 0.09), (sign * 0.066, 0.225), 0.0045, None, "#5a4534")
    pen.ellipse(
        (0, 0.105), 0.030 + 0.010 * burn, 0.012 + 0.050 * burn, "#ffb23e", alpha=burn, soft=0.02, emit=True, valid=False
    )
    pen.ellipse(
        (0, 0.115), 0.016, 0.008 + 0.028 * burn, "#fff3c0", alpha=burn, soft=0.01, emit=True, valid=False, fine=True
    )
    basket = pen.polygon_shape([(-0.074, 0.225), (0.074, 0.225), (0.058, 0.322), (-0.058, 0.322)], 0.008)
    pen.fill(basket, WICKER, to=darker(WICKER, 0.3), **ink(WICKER, 0.009, 0.4, 0.025))
    with pen.inside(basket):
        for y in (0.252, 0.287):
            pen.capsule((-0.1, y), (0.1, y), 0.0045, None, darker(WICKER, 0.45))
        pen.capsule((-0.1, 0.226), (0.1, 0.226), 0.011, None, lighter(WICKER, 0.25))
    pen.joint("basket", (0.0, 0.27 + np.zeros_like(burn)))
