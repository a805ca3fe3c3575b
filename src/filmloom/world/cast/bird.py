"""A round songbird: it flies on beating wings, glides on spread ones, or hovers upright."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import LAND, SubjectCard
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, darker, lighter, mix, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="bird",
    actions=("fly", "glide", "hover"),
    settings=(*LAND, "mountain_lake", "sea"),
    station="air",
    size=0.22,
    words={"en": ("bird", "songbird"), "zh": ("鸟", "小鸟", "鸟儿")},
    travel={"fly": 0.22, "glide": 0.16},
    natural=("blue", "red", "yellow", "white"),
    width=1.4,
    weight=0.4,
    reach={"hover": (0.55, 0.62)},
)


def draw(pen: Pen, actor: Actor) -> None:
    """`beat` in -1..1: wing tips from below to above."""
    c = actor.cycle
    if actor.action == "glide":
        beat, pitch, y = 0.52 + 0.05 * wave(c), -5 + 4 * wave(c, 0.3), 0.05 * wave(0.7 * c)
    elif actor.action == "hover":
        beat, pitch, y = wave(c), 38 + 3 * wave(0.2 * c), 0.08 * wave(0.16 * c) - 0.03 * wave(c, 0.3)
    else:
        beat, pitch, y = wave(c), 6 + 4 * wave(c, 0.2), -0.06 * wave(c, 0.25)
    with pen.at(0, y, angle=pitch):
        spread = 1.25 if actor.action == "glide" else 1.0
        _wing(pen, actor, beat, spread, far=True)
        _body(pen, actor)
        _wing(pen, actor, beat, spread, far=False)


def _wing(pen: Pen, actor: Actor, beat: Number, spread: float, *, far: bool) -> None:
    """Shoulder, wrist and tip; the tip lags behind the beat. Feathers are the chain's taper and two pale bars."""
    colour = darker(actor.colour, 0.42 if far else 0.22)
    late = np.clip(beat - 0.35 * wave(actor.cycle, 0.25), -1.2, 1.2) if actor.action != "glide" else beat
    x = 0.13 if far else 0.0
    root = (x, -0.06)
    wrist = (x - 0.06, -0.06 - 0.26 * spread * beat)
    tip = (x - 0.34 * spread, -0.06 - 0.50 * spread * late)
    pen.chain(
        [root, wrist, tip],
        [0.145, 0.125, 0.030],
        colour,
        blend=0.10,
        to=darker(colour, 0.25),
        axis=(root, tip),
        **ink(colour, 0.026, 0.35, 0.05),
    )
    if not far:
        for k in (0.45, 0.75):
            bar = (wrist[0] + (tip[0] - wrist[0]) * k, wrist[1] + (tip[1] - wrist[1]) * k)
            pen.capsule(
                (bar[0] + 0.03, bar[1] + 0.02),
                (bar[0] - 0.07, bar[1] + 0.06),
                0.020,
                0.010,
                lighter(actor.colour, 0.6),
                alpha=0.8,
            )
        pen.joint("wing", tip)


def _body(pen: Pen, actor: Actor) -> None:
    colour = actor.colour
    belly = mix(lighter(colour, 0.7), "#fff4e2", 0.45)
    fan = 0.02 * wave(actor.cycle, 0.4)
    for lift in (-0.03, 0.06):
        pen.capsule(
            (-0.22, 0.02), (-0.56, lift + fan), 0.075, 0.060, darker(colour, 0.25), **ink(colour, 0.024, 0.3, 0.04)
        )
    for x in (-0.10, -0.04):
        pen.capsule((x, 0.18), (x - 0.12, 0.25), 0.018, 0.012, "#e58b3a")
    pen.capsule((0.38, -0.095), (0.555, -0.075), 0.062, 0.008, "#ffb02e", **ink("#ffb02e", 0.020, 0.3, 0.03))
    trunk = pen.capsule_shape((-0.12, 0.04), (0.05, 0.02), 0.185, 0.215)
    skull = pen.ellipse_shape((0.24, -0.13), 0.195)
    whole = pen.union_shape([trunk, skull], 0.12)
    pen.fill(whole, colour, to=darker(colour, 0.08), **ink(colour, 0.026, 0.4, 0.06))
    with pen.inside(whole):
        pen.ellipse((0.06, 0.165), 0.25, 0.13, belly, angle=10)
        pen.ellipse((0.20, -0.26), 0.10, 0.035, lighter(colour, 0.6), angle=-8, alpha=0.55, soft=0.04, fine=True)
        pen.ellipse((0.27, -0.045), 0.045, 0.030, "#ff9a94", alpha=0.5, soft=0.03, fine=True)
    pen.ellipse((0.315, -0.165), 0.055, 0.060, "#fffdf5")
    pen.ellipse((0.325, -0.162), 0.040, 0.046, "#231815")
    pen.ellipse((0.313, -0.180), 0.015, None, "#ffffff", fine=True)
    pen.capsule((0.40, -0.085), (0.53, -0.080), 0.007, 0.003, edge("#ffb02e"), fine=True)
    for name, point in (("head", (0.24, -0.13)), ("tail", (-0.55, 0.02)), ("centre", (0.0, 0.03))):
        pen.joint(name, point)
