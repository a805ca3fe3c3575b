"""A smiling whale at the surface: it swims, dives with its flukes in the air, or floats under its fountain."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._afloat import above_water, foam, mirrored, splash
from filmloom.world.cast._four_legs import blinking
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, Point, Shape, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="whale",
    actions=("swim", "dive", "float"),
    settings=("sea", "arctic"),
    station="surface",
    size=0.42,
    travel={"swim": 0.08},
    natural=("blue", "grey", "teal"),
    width=2.7,
    weight=0.9,
    reach={"dive": (1.27, 0.14), "float": (1.2, 0.14)},
)


def draw(pen: Pen, actor: Actor) -> None:
    pen.shadow(0.0, 0.06, 0.85, 0.07, 0.22)
    mirrored(pen, actor, 0.78, 0.06)
    {"swim": _swim, "dive": _dive, "float": _float}[actor.action](pen, actor)


def _swim(pen: Pen, actor: Actor) -> None:
    """The back heaves, the flukes beat up and down out of the water."""
    c = actor.cycle
    with pen.inside(above_water(pen)), pen.at(0.0, -0.035 + 0.022 * wave(c), angle=3.5 * wave(c, 0.22)):
        _whale(pen, actor, fluke=wave(c, 0.45))
    foam(pen, actor, 0.80, thick=0.026)
    for i in range(3):
        u = np.mod(c + i / 3, 1.0)
        x, wide = -0.95 - 0.35 * u, 0.06 + 0.14 * u
        there = 0.75 * smooth(4 * u) * (1 - u)
        pen.capsule((x - wide, 0.03 * u), (x + wide, 0.0), 0.014, None, "#ffffff", alpha=there, valid=False, fine=True)
    splash(pen, -0.98, np.maximum(0, wave(c, 0.12)) ** 2, 0.20, num=5)


def _float(pen: Pen, actor: Actor) -> None:
    """Rocked gently, eyes half shut, a fountain over its head."""
    c = actor.cycle
    tilt, y = 2.5 * wave(c, 0.2), -0.035 + 0.018 * wave(c)
    with pen.inside(above_water(pen)), pen.at(0.0, y, angle=tilt):
        _whale(pen, actor, fluke=0.35 * wave(c, 0.5), shut=0.35)
        _fountain(pen, actor, (0.33, -0.60))
    foam(pen, actor, 0.80, thick=0.026)


def _dive(pen: Pen, actor: Actor) -> None:
    """It rears, goes down head first with its flukes in the air, and comes up again at the end of the cycle."""
    u = np.mod(actor.cycle, 1.0)
    rear = np.sin(np.pi * np.clip(u / 0.24, 0, 1)) ** 2
    over = smooth((u - 0.14) / 0.24)
    sunk = smooth((u - 0.44) / 0.16)
    up = smooth((u - 0.72) / 0.24)
    tipped = over * (1 - up)
    angle = 13 * rear - 62 * tipped - 6 * sunk * (1 - up)
    y = -0.035 - 0.10 * rear + 0.17 * tipped + 0.80 * sunk * (1 - up)
    back = 0.10 * tipped
    with pen.inside(above_water(pen)), pen.at(back, y, angle=angle):
        _whale(pen, actor, fluke=0.9 * tipped - 0.3 * rear, raised=56 * tipped)
    afloat = 1 - 0.6 * sunk * (1 - smooth((u - 0.78) / 0.16))
    foam(pen, actor, 0.80 - 0.42 * tipped, middle=0.22 * tipped, thick=0.026, there=afloat)
    splash(pen, 0.42, np.sin(np.pi * np.clip((u - 0.18) / 0.26, 0, 1)), 0.34, num=9)
    splash(pen, -0.10, np.sin(np.pi * np.clip((u - 0.50) / 0.18, 0, 1)), 0.26)
    splash(pen, 0.30, np.sin(np.pi * np.clip((u - 0.80) / 0.20, 0, 1)), 0.26)


def _whale(pen: Pen, actor: Actor, *, fluke: Number, raised: Number = 0.0, shut: Number = 0.0) -> None:
    """Nose ahead at x = 0.8, flukes behind; `fluke` in -1..1 lowers and raises them."""
    colour = actor.colour
    belly = mix(lighter(colour, 0.78), "#fffaf0", 0.55)
    lift = 0.13 * np.asarray(fluke)
    stem = [(-0.30, -0.14), (-0.66, -0.20 - 0.5 * lift), (-0.92, -0.40 - lift)]
    flukes = _flukes(pen, stem[-1], fluke, raised)
    body = pen.union_shape(
        [
            pen.ellipse_shape((0.22, -0.20), 0.585, 0.415),
            pen.capsule_shape((0.05, -0.16), stem[0], 0.350, 0.275),
            pen.capsule_shape(stem[0], stem[1], 0.250, 0.120),
            pen.capsule_shape(stem[1], stem[2], 0.120, 0.055),
            *flukes,
        ],
        0.07,
    )
    pen.fill(body, colour, to=darker(colour, 0.12), **ink(colour, 0.020, 0.42, 0.08))
    pen.capsule((-0.22, 0.06), (0.46, 0.085), 0.120, 0.180, belly)
    for i in range(4):
        x = 0.60 - 0.175 * i
        groove = [(x, -0.045 + 0.012 * i), (x - 0.06, 0.05), (x - 0.10, 0.17)]
        pen.chain(groove, [0.006] * 3, darker(belly, 0.35), alpha=0.7, fine=True)
    for x, y, r in ((-0.02, -0.43, 0.040), (0.09, -0.50, 0.028), (-0.15, -0.35, 0.028), (-0.42, -0.25, 0.024)):
        pen.ellipse((x, y), r, 0.8 * r, lighter(colour, 0.35), alpha=0.7)
    pen.ellipse((0.36, -0.525), 0.20, 0.040, lighter(colour, 0.6), angle=-8, alpha=0.5, soft=0.05, fine=True)
    smile = [(0.785, -0.165), (0.68, -0.105), (0.55, -0.105), (0.470, -0.155), (0.452, -0.190)]
    pen.chain(smile, [0.011, 0.013, 0.013, 0.012, 0.009], edge(colour), blend=0.03)
    pen.ellipse((0.425, -0.115), 0.062, 0.036, "#ffb3b0", alpha=0.6, soft=0.03, fine=True)
    open_ = 1 - 0.9 * np.maximum(shut, blinking(actor))
    pen.ellipse((0.510, -0.295), 0.060, 0.072 * open_, "#fffdf5")
    pen.ellipse((0.520, -0.290), 0.045, 0.058 * open_, "#1d1a26")
    pen.ellipse((0.505, -0.313), 0.018, 0.020 * open_, "#ffffff", fine=True)
    fin = darker(colour, 0.16)
    stroke = 0.05 * wave(actor.cycle, 0.1)
    pen.capsule((0.155, -0.085), (-0.075, 0.085 + stroke), 0.105, 0.045, fin, **ink(colour, 0.018, 0.4, 0.04))
    for name, point in (("head", (0.45, -0.25)), ("nose", (0.80, -0.13)), ("centre", (0.1, -0.2)), ("tail", stem[-1])):
        pen.joint(name, point)


def _flukes(pen: Pen, root: Point, fluke: Number, raised: Number) -> list[Shape]:
    """Two lobes that spread from the end of the tail; `raised` degrees turn them upright on a standing tail."""
    shapes = []
    with pen.at(*root, angle=-14 + 9 * np.asarray(fluke) + raised):
        for sign in (-1, 1):
            points = [(0.0, 0.02), (-0.030 - 0.115 * sign, -0.090), (-0.035 - 0.265 * sign, -0.175)]
            shapes += [pen.capsule_shape(*points[:2], 0.050, 0.078), pen.capsule_shape(*points[1:], 0.078, 0.020)]
            pen.joint("fluke_" + ("near" if sign > 0 else "far"), points[-1])
    return shapes


def _fountain(pen: Pen, actor: Actor, at: Point) -> None:
    """Two arching jets of drops from the blowhole, that swell and sink with the cycle."""
    c = actor.cycle
    strong = 0.72 + 0.28 * wave(2 * c)
    x, y = at
    for sign in (-1, 1):
        jet = [(0.0, 0.0), (0.045, -0.24 * strong), (0.16, -0.37 * strong), (0.275, -0.29 * strong)]
        jet = [(x + sign * dx, y + dy) for dx, dy in jet]
        paint = dict(alpha=0.92, outline="#7fbbe2", width=0.014, valid=False)
        pen.chain(jet, [0.026, 0.042, 0.050, 0.026], "#dff4ff", blend=0.05, **paint)
    for i in range(6):
        u = np.mod(3 * c + i / 6, 1.0)
        sign = 1 if i % 2 else -1
        drop = (x + sign * (0.26 + 0.14 * u), y - 0.30 * strong * (1 - u * u) + 0.18 * u * u)
        there = smooth(4 * u) * smooth(3 * (1 - u))
        pen.ellipse(drop, 0.023, 0.032, "#dff4ff", alpha=there, outline="#7fbbe2", width=0.010, valid=False, fine=True)
