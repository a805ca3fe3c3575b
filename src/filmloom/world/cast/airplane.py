"""A propeller plane with a round nose: it flies level, glides and banks with the engine idle, or comes in to land."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import LAND, SubjectCard
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, closed_curve, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="airplane",
    actions=("fly", "glide", "land"),
    settings=(
        *LAND, "arctic", "castle", "farm", "harbour", "jungle", "lavender_field", "mountain_lake", "sea", "volcano",
        "waterfall",
    ),
    station="air",
    size=0.26,
    travel={"fly": 0.2, "glide": 0.12, "land": 0.14},
    width=2.5,
    weight=0.9,
    reach={"fly": (0.62, 0.60), "glide": (1.0, 0.88), "land": (1.56, 1.4)},
)  # fmt: skip
# the fuselage, nose to tail, above and below
BODY = ((1.02, -0.02), (0.96, -0.17), (0.72, -0.25), (0.25, -0.27), (-0.30, -0.20), (-0.86, -0.12), (-1.04, -0.06),
        (-1.02, 0.02), (-0.60, 0.12), (0.0, 0.22), (0.55, 0.24), (0.92, 0.15))  # fmt: skip


def draw(pen: Pen, actor: Actor) -> None:
    x, y, pitch, bank, power = _flight(actor)
    with pen.at(x, y, angle=pitch):
        _wind(pen, actor, power)
        _wing(pen, actor, bank, far=True)
        _gear(pen, actor, far=True)
        _body(pen, actor)
        _gear(pen, actor, far=False)
        _wing(pen, actor, bank, far=False)
        _propeller(pen, actor, power)


def _flight(actor: Actor) -> tuple[Number, Number, Number, Number, Number]:
    """x, y, pitch (degrees, nose up), bank -1..1, power 0..1."""
    c = actor.cycle
    if actor.action == "fly":
        return 0.02 * wave(0.3 * c), 0.035 * wave(0.25 * c), 2 + 1.5 * wave(0.25 * c, 0.2), 0.15 * wave(0.25 * c), 1.0
    if actor.action == "glide":
        return 0.05 * wave(c, 0.25), 0.28 * wave(c, 0.05), -2 - 13 * wave(c, 0.30), 0.95 * wave(c, 0.25), 0.12
    down = actor.progress
    flare = smooth((down - 0.62) / 0.3)
    y = -0.75 + 1.85 * (down - 0.12 * smooth((down - 0.6) / 0.4) * down) - 0.02
    return 0.0, y, -10 + 19 * flare + 1.2 * wave(0.7 * actor.t), 0.12 * wave(0.6 * actor.t) * (1 - flare), 0.45


def _body(pen: Pen, actor: Actor) -> None:
    colour, night = actor.colour, actor.stage.night
    tail = [(-0.74, -0.12), (-1.02, -0.50), (-1.16, -0.50), (-1.07, -0.03)]
    pen.polygon(tail, darker(colour, 0.12), round=0.02, **ink(colour, 0.020, 0.4, 0.05))
    pen.polygon(
        [(-0.88, -0.34), (-0.99, -0.485), (-1.145, -0.485), (-1.12, -0.34)], mix(colour, "#fffaf0", 0.85), alpha=0.95
    )
    shape = pen.polygon_shape(closed_curve(BODY, 3))
    pen.fill(shape, lighter(colour, 0.08), to=darker(colour, 0.12), **ink(colour, 0.022, 0.5, 0.08))
    with pen.inside(shape):
        pen.polygon([(-1.1, -0.005), (1.1, 0.055), (1.1, 0.12), (-1.1, 0.035)], mix(colour, "#fffaf0", 0.85))
        pen.capsule((-0.7, -0.115), (0.75, -0.205), 0.018, 0.02, "#ffffff", alpha=0.5, soft=0.03, fine=True)
        pen.box((0.955, 0.0), 0.13, 0.7, "#efe9dd", to="#c9c2b8", outline=edge(colour), width=0.014)
        pen.polygon([(0.55, -0.3), (0.585, -0.3), (0.60, 0.3), (0.565, 0.3)], darker(colour, 0.35), alpha=0.6)
    glass = ("#ffe3a1", "#e0a25e") if night else ("#c9eefb", "#7cbde2")
    bubble = ((0.56, -0.245), (0.46, -0.36), (0.24, -0.395), (0.05, -0.35), (-0.06, -0.24), (0.2, -0.20))
    canopy = pen.polygon_shape(closed_curve(bubble, 3))
    pen.fill(canopy, glass[0], to=glass[1], outline=darker(colour, 0.6), width=0.020, emit=night)
    with pen.inside(canopy):
        pen.ellipse((0.24, -0.255), 0.075, 0.075, "#f3cdb0")
        pen.ellipse((0.225, -0.285), 0.078, 0.060, "#6a432c")
        pen.capsule((0.165, -0.262), (0.315, -0.262), 0.022, None, "#3a3f52", fine=True)
        pen.capsule((0.12, -0.37), (0.04, -0.24), 0.025, None, "#ffffff", alpha=0.5, fine=True)
    panes = [pen.ellipse_shape((x, -0.105 + 0.02 * i), 0.052, 0.052) for i, x in enumerate((-0.22, -0.40, -0.58))]
    pen.union(panes, glass[0], to=glass[1], outline=darker(colour, 0.6), width=0.016, emit=night)
    pen.polygon(
        [(-0.80, -0.075), (-0.70, -0.045), (-0.93, 0.045), (-1.20, 0.05), (-1.20, 0.0)], darker(colour, 0.05),
        round=0.015, **ink(colour, 0.018, 0.4, 0.04),
    )  # fmt: skip
    if night:
        pen.glow((-1.12, -0.47), 0.2, "#ff5a4a", 0.5 + 0.4 * wave(actor.t))
    pen.joint("nose", (1.08, 0.0))
    pen.joint("centre", (0.0, 0.0))
    pen.joint("tail", (-1.1, -0.45))


def _wing(pen: Pen, actor: Actor, bank: Number, *, far: bool) -> None:
    """Seen from the side and a little above; banking lets one tip rise and the other drop."""
    colour = darker(actor.colour, 0.30 if far else 0.08)
    if far:
        tip_y, tip_x, chord = -0.33 + 0.20 * bank, 0.02, 0.17
        roots = [(0.46, -0.10), (0.02, -0.08)]
    else:
        tip_y, tip_x, chord = 0.43 + 0.24 * bank, -0.30, 0.24
        roots = [(0.48, 0.06), (-0.08, 0.09)]
    tips = [(tip_x - chord / 2, tip_y), (tip_x + chord / 2 + 0.06, tip_y - 0.01)]
    pen.polygon([*roots, *tips], colour, round=0.035, **ink(actor.colour, 0.020, 0.45, 0.05))
    band = [_between(roots[0], tips[1], 0.70), _between(roots[1], tips[0], 0.70), _between(roots[1], tips[0], 0.84),
            _between(roots[0], tips[1], 0.84)]  # fmt: skip
    pen.polygon(band, mix(colour, "#fffaf0", 0.8 if not far else 0.6))
    pen.joint("far_tip" if far else "near_tip", tips[0])


def _between(a, b, share: float):
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _gear(pen: Pen, actor: Actor, *, far: bool) -> None:
    """Two struts and wheels; drawn in while it flies and let down to land."""
    out = smooth((actor.progress + 0.15) / 0.3) if actor.action == "land" else 0.35
    x = 0.46 if far else 0.34
    wheel = (x - 0.02, 0.22 + 0.20 * out)
    pen.capsule((x, 0.12), wheel, 0.025, None, "#8d93a1", **ink("#8d93a1", 0.012, 0.3, 0.02))
    pen.ellipse(wheel, 0.085, None, "#2a2a33", outline="#0d0d12", width=0.016)
    pen.ellipse(wheel, 0.035, None, "#c9ced6")


def _propeller(pen: Pen, actor: Actor, power: float) -> None:
    """A blur of the disc when the engine pulls; blades that can be told apart when it idles."""
    turn = wave(3.1 * actor.t) if power > 0.3 else wave(0.8 * actor.t)
    wide = 0.055 + 0.012 * wave(4.3 * actor.t)
    pen.ellipse(
        (1.10, 0.0), wide, 0.40, "#f4f6fa", alpha=0.30 + 0.25 * power, soft=0.03, outline="#7d8494", width=0.012,
        valid=False,
    )  # fmt: skip
    reach = 0.16 + 0.24 * np.abs(turn)
    pen.chain(
        [(1.11, -reach), (1.10, 0.0), (1.09, reach)], [0.018, 0.034, 0.018], "#6b4a35",
        alpha=0.85 - 0.55 * (power > 0.9), outline="#33231a", width=0.012, valid=False,
    )  # fmt: skip
    cone = pen.polygon_shape([(1.02, -0.085), (1.12, -0.055), (1.165, 0.0), (1.12, 0.055), (1.02, 0.085)], 0.012)
    pen.fill(cone, "#f5c74b", to="#c98a2a", outline="#6b4a1a", width=0.014)


def _wind(pen: Pen, actor: Actor, power: float) -> None:
    """Thin streaks past the wings."""
    for i, (x, y) in enumerate(((-0.9, -0.42), (-0.5, 0.34), (-1.2, 0.16))):
        u = np.mod(1.1 * actor.t + 0.37 * i, 1.0)
        left = x - 0.75 * u
        pen.capsule(
            (left, y), (left - 0.38, y), 0.012, 0.004, "#ffffff", alpha=(0.35 + 0.3 * power) * np.sin(np.pi * u),
            fine=True, valid=False, soft=0.012,
        )  # fmt: skip
