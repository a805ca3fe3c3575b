"""A plump reef fish with pale bands, a fan of a tail and a trail of bubbles."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="fish",
    actions=("swim", "glide", "spin", "dive"),
    settings=("reef",),
    station="water",
    size=0.22,
    travel={"swim": 0.14, "glide": 0.16, "dive": 0.1},
    width=2.4,
    weight=0.25,
    reach={"swim": (1.01, 0.55), "glide": (1.01, 0.55), "spin": (1.07, 1.2), "dive": (1.35, 1.3)},
)


def draw(pen: Pen, actor: Actor) -> None:
    """Swimming beats the tail; gliding holds still with fins spread and tips up and down; spinning loops the loop.
    Diving plunges nose first and climbs back."""
    c = actor.cycle
    if actor.action == "spin":
        turn = 2 * np.pi * c
        place, angle, beat = (0.55 * np.sin(turn), 0.55 * np.cos(turn)), np.degrees(turn), wave(2.4 * actor.t)
    elif actor.action == "glide":
        place, angle, beat = (0.0, 0.10 * wave(0.5 * c)), 9 * wave(0.5 * c, 0.25), 0.15 * wave(c)
    elif actor.action == "dive":
        place, angle, beat = (0.0, -0.58 * wave(c, 0.25)), -54 * np.tanh(1.7 * wave(c)), wave(4 * c)
    else:
        place, angle, beat = (0.03 * wave(2 * c), 0.07 * wave(0.4 * c)), 4 * wave(c, 0.1), wave(c)
    _bubbles(pen, actor)
    with pen.at(*place, angle=angle):
        _fish(pen, actor, beat, spread=1.0 if actor.action == "glide" else 0.55)


def _bubbles(pen: Pen, actor: Actor) -> None:
    for i in range(4):
        u = np.mod(0.5 * actor.t + i / 4, 1.0)
        x, y, r = (
            0.62 - 0.1 * u * i + 0.05 * wave(1.5 * u, 0.3 * i) - actor.speed * 2 * u,
            -0.05 - 1.2 * u,
            0.025 + 0.012 * i,
        )
        pen.ellipse(
            (x, y),
            r,
            None,
            "#e8fbff",
            alpha=0.55 * smooth(5 * u) * smooth(4 * (1 - u)),
            outline="#ffffff",
            width=0.008,
            valid=False,
            fine=True,
        )


def _fish(pen: Pen, actor: Actor, beat: Number, spread: float) -> None:
    colour = actor.colour
    fin, pale = darker(colour, 0.22), mix(lighter(colour, 0.75), "#fffaf0", 0.5)
    sweep = 0.13 * beat
    for sign in (-1, 1):
        middle, tip = (-0.60, sign * 0.12 + 0.45 * sweep), (-0.74, sign * 0.24 + sweep)
        pen.chain(
            [(-0.42, 0.0), middle, tip],
            [0.045, 0.085, 0.040],
            fin,
            blend=0.04,
            to=lighter(fin, 0.25),
            axis=((-0.45, 0), (-0.8, 0)),
            **ink(fin, 0.020, 0.3, 0.04),
        )
    pen.ellipse(
        (-0.06, -0.285), 0.265, 0.120 + 0.04 * spread, fin, angle=9, to=lighter(fin, 0.2), **ink(fin, 0.020, 0.3, 0.04)
    )
    pen.capsule((-0.02, 0.26), (-0.16, 0.37), 0.075, 0.030, fin, **ink(fin, 0.020, 0.3, 0.04))
    bend = 0.025 * beat
    shape = pen.union_shape(
        [pen.ellipse_shape((0.09, 0), 0.40, 0.315), pen.capsule_shape((0.05, 0), (-0.44, bend), 0.20, 0.075)], 0.16
    )
    pen.fill(
        shape,
        lighter(colour, 0.08),
        to=darker(colour, 0.12),
        axis=((0, -0.3), (0, 0.3)),
        **ink(colour, 0.024, 0.45, 0.08),
    )
    with pen.inside(shape):
        pen.ellipse((0.12, 0.30), 0.34, 0.13, pale, alpha=0.75)
        for x, wide in ((0.13, 0.045), (-0.20, 0.036)):
            pen.chain(
                [(x - 0.03, -0.36), (x + 0.035, 0.0), (x - 0.03, 0.36)],
                [wide] * 3,
                pale,
                outline=edge(colour),
                width=0.014,
            )
        for x, y in ((-0.06, -0.10), (-0.04, 0.08), (-0.32, 0.0)):
            pen.chain(
                [(x + 0.02, y - 0.05), (x - 0.02, y), (x + 0.02, y + 0.05)],
                [0.008] * 3,
                darker(colour, 0.3),
                alpha=0.6,
                fine=True,
            )
        pen.ellipse((0.10, -0.22), 0.22, 0.045, "#ffffff", angle=-4, alpha=0.45, soft=0.05, fine=True)
    flap = 0.06 * wave(actor.cycle * 1.0, 0.2) if actor.action != "glide" else 0.03 * wave(actor.cycle)
    pectoral = (-0.19, 0.14 + 0.10 * spread + flap)
    pen.capsule((0.0, 0.08), pectoral, 0.055, 0.078, lighter(fin, 0.15), **ink(fin, 0.018, 0.3, 0.03))
    pen.ellipse((0.315, -0.075), 0.082, 0.088, "#fffdf6", outline=edge(colour), width=0.014)
    pen.ellipse((0.335, -0.072), 0.050, 0.058, "#1d1a26")
    pen.ellipse((0.318, -0.098), 0.020, None, "#ffffff", fine=True)
    pen.chain([(0.475, 0.055), (0.425, 0.085), (0.375, 0.075)], [0.011, 0.012, 0.008], edge(colour))
    pen.ellipse((0.335, 0.055), 0.045, 0.028, "#ff8f88", alpha=0.55, soft=0.03, fine=True)
    for name, point in (("nose", (0.48, 0.04)), ("centre", (0.0, 0.0)), ("tail", (-0.76, sweep))):
        pen.joint(name, point)
