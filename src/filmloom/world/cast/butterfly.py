"""A butterfly seen from behind and a little aside: two pairs of wings that fold and open."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import LAND, SubjectCard
from filmloom.world.cast._ink import edge
from filmloom.world.pen import Pen, darker, lighter, mix, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="butterfly",
    actions=("flutter", "hover"),
    settings=(*LAND, "castle", "farm", "jungle", "lavender_field", "mountain_lake", "waterfall"),
    station="air",
    size=0.22,
    travel={"flutter": 0.07},
    width=1.7,
    weight=0.1,
    reach={"flutter": (1.1, 1.23)},
)


def draw(pen: Pen, actor: Actor) -> None:
    """Fluttering: an erratic way up and down. Hovering: almost in place, wings opening wide."""
    c, t = actor.cycle, actor.t
    if actor.action == "flutter":
        x, y = 0.35 * wave(0.31 * t, 0.1), 0.55 * wave(0.55 * t) + 0.22 * wave(1.3 * t, 0.3) - 0.06 * wave(c)
        tilt, open_ = -24 + 22 * wave(0.55 * t, 0.28), 0.66 + 0.34 * wave(c)
    else:
        x, y = 0.04 * wave(0.4 * t), 0.07 * wave(0.5 * t) - 0.02 * wave(c)
        tilt, open_ = -6 + 4 * wave(0.4 * t), 0.74 + 0.26 * wave(c)
    with pen.at(x, y, angle=tilt):
        for sign in (-1, 1):
            _wing(pen, actor, sign, np.maximum(open_, 0.12))
        _body(pen)


def _wing(pen: Pen, actor: Actor, sign: int, open_) -> None:
    """Two lobes whose width follows `open_`, with a dark border, an eye spot and pale dots."""
    colour = actor.colour
    low, pale = darker(colour, 0.15), mix(lighter(colour, 0.65), "#fff3c8", 0.4)
    border = edge(darker(colour, 0.35))
    for cx, cy, rx, ry, lean, spot in ((0.235, 0.17, 0.175, 0.22, 24, 0.075), (0.275, -0.17, 0.225, 0.285, -30, 0.095)):
        centre, wide, angle = (sign * cx * open_, cy), rx * open_, -sign * lean * open_
        pen.ellipse(
            centre,
            wide,
            ry,
            colour,
            angle=angle,
            to=low,
            axis=((0, 0), (sign * 0.5 * open_, cy * 2)),
            outline=border,
            width=0.034,
            shade=0.25,
            shade_size=0.05,
        )
        pen.ellipse((centre[0] * 1.12, cy * 1.12), spot * open_ * 0.95, spot * 1.15, pale, angle=angle)
        pen.ellipse((centre[0] * 1.12, cy * 1.12), spot * open_ * 0.45, spot * 0.55, darker(colour, 0.55), fine=True)
    pen.joint("lr"[sign > 0] + "_wing", (sign * 0.45 * open_, -0.30))


def _body(pen: Pen) -> None:
    for sign in (-1, 1):
        pen.chain([(0, -0.26), (sign * 0.06, -0.40), (sign * 0.135, -0.455)], [0.012, 0.011, 0.018], "#3a2b33")
    pen.capsule((0, -0.19), (0, 0.26), 0.048, 0.022, "#4b3842", to="#2b1f28", outline="#1c1219", width=0.012)
    pen.ellipse((0, -0.235), 0.055, None, "#4b3842", outline="#1c1219", width=0.012)
    for sign in (-1, 1):
        pen.ellipse((sign * 0.028, -0.25), 0.018, None, "#ffffff", fine=True)
    pen.joint("centre", (0.0, 0.0))
