"""A round songbird: it flies on beating wings, glides on spread ones, hovers upright, sings, or faces us and flaps."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import LAND, SubjectCard
from filmloom.world.cast._four_legs import blinking
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="bird",
    actions=("fly", "glide", "hover", "sing", "flap"),
    settings=(
        *LAND,
        "mountain_lake",
        "sea",
        "farm",
        "jungle",
        "harbour",
        "castle",
        "waterfall",
        "playground",
        "lavender_field",
    ),
    station="air",
    size=0.22,
    travel={"fly": 0.22, "glide": 0.16},
    natural=("blue", "red", "yellow", "white"),
    width=1.4,
    weight=0.4,
    reach={"hover": (0.55, 0.62), "sing": (1.02, 0.5), "flap": (0.6, 0.58)},
)


def draw(pen: Pen, actor: Actor) -> None:
    """`beat` in -1..1: wing tips from below to above."""
    c = actor.cycle
    if actor.action == "flap":
        _facing(pen, actor)
        return
    if actor.action == "sing":
        _song(pen, actor)
        return
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


def _song(pen: Pen, actor: Actor) -> None:
    """In the air on soft wing beats, head thrown back; the beak opens with each of two calls, and notes rise."""
    c = actor.cycle
    call = smooth(0.35 + 0.9 * wave(2 * c, 0.1))
    with pen.at(0, 0.03 * wave(c), angle=20 + 7 * call):
        _wing(pen, actor, 0.10 + 0.42 * wave(3 * c), 0.8, far=True)
        _body(pen, actor, call)
        _wing(pen, actor, 0.10 + 0.42 * wave(3 * c), 0.8, far=False)
    for i in range(3):
        u = np.mod(c + i / 3, 1.0)
        x, y = 0.47 + 0.06 * u + 0.05 * wave(u, i / 3), -0.32 - 0.46 * u
        with pen.at(x, y, angle=14 * wave(u, i / 3), scale=0.9 + 0.5 * u):
            note = [
                pen.ellipse_shape((0.0, 0.0), 0.052, 0.040, 20),
                pen.capsule_shape((0.042, 0.0), (0.042, -0.165), 0.011),
                pen.capsule_shape((0.042, -0.160), (0.105, -0.110), 0.018, 0.009),
            ]
            there = smooth(5 * u) * smooth(3.2 * (1 - u))
            pen.union(note, "#4b3b78", alpha=there, outline="#fdf8ff", width=0.015, valid=False)


def _facing(pen: Pen, actor: Actor) -> None:
    """Seen from the front: two wings sweep from over the head to below the feet, and the body rises on the stroke."""
    c, colour = actor.cycle, actor.colour
    beat, late = wave(c), wave(c, -0.10)
    with pen.at(0, 0.075 * wave(c, 0.08)):
        for lean in (-16, 0, 16):
            angle = np.radians(lean + 4 * wave(c, 0.3))
            tip = (0.26 * np.sin(angle), 0.20 + 0.20 * np.cos(angle))
            pen.capsule((0, 0.17), tip, 0.060, 0.050, darker(colour, 0.3), **ink(colour, 0.022, 0.3, 0.04))
        for sign in (-1, 1):
            _span(pen, actor, sign, beat, late)
        _front(pen, actor)


def _span(pen: Pen, actor: Actor, sign: int, beat: Number, late: Number) -> None:
    wing = darker(actor.colour, 0.2)
    angles = np.radians(18 + 50 * beat), np.radians(4 + 62 * late)
    root = (sign * 0.16, -0.03)
    wrist = (root[0] + sign * 0.24 * np.cos(angles[0]), root[1] - 0.24 * np.sin(angles[0]))
    tip = (wrist[0] + sign * 0.27 * np.cos(angles[1]), wrist[1] - 0.27 * np.sin(angles[1]))
    pen.chain(
        [root, wrist, tip], [0.105, 0.135, 0.040], wing, blend=0.08, to=darker(wing, 0.2), axis=(root, tip),
        **ink(actor.colour, 0.024, 0.35, 0.05),
    )  # fmt: skip
    for k in (0.15, 0.45, 0.75):
        x, y = wrist[0] + (tip[0] - wrist[0]) * k, wrist[1] + (tip[1] - wrist[1]) * k
        ends = (x - sign * 0.02, y + 0.01), (x + sign * 0.01, y + 0.085 - 0.045 * k)
        pen.capsule(*ends, 0.018, 0.010, lighter(actor.colour, 0.6), alpha=0.8)
    pen.joint("wing" if sign > 0 else "far_wing", tip)


def _front(pen: Pen, actor: Actor) -> None:
    colour = actor.colour
    belly = mix(lighter(colour, 0.7), "#fff4e2", 0.45)
    for sign in (-1, 1):
        pen.capsule(
            (sign * 0.075, 0.21), (sign * 0.085, 0.285), 0.020, 0.024, "#e58b3a", outline="#8a4a14", width=0.008
        )
    trunk, skull = pen.ellipse_shape((0, 0.04), 0.215, 0.230), pen.ellipse_shape((0, -0.20), 0.190)
    whole = pen.union_shape([trunk, skull], 0.12)
    pen.fill(whole, colour, to=darker(colour, 0.08), **ink(colour, 0.026, 0.4, 0.06))
    with pen.inside(whole):
        pen.ellipse((0, 0.130), 0.150, 0.165, belly)
        for sign in (-1, 1):
            pen.ellipse((sign * 0.135, -0.145), 0.040, 0.026, "#ff9a94", alpha=0.5, soft=0.03, fine=True)
    pen.capsule((0, -0.395), (-0.035, -0.455), 0.024, 0.010, colour, **ink(colour, 0.016, 0.3, 0.02))
    open_ = 1 - 0.9 * blinking(actor)
    for sign in (-1, 1):
        pen.ellipse((sign * 0.085, -0.225), 0.052, 0.058 * open_, "#fffdf5")
        pen.ellipse((sign * 0.080, -0.222), 0.038, 0.045 * open_, "#231815")
        pen.ellipse((sign * 0.080 - 0.012, -0.240), 0.014, 0.014 * open_, "#ffffff", fine=True)
    beak = [(-0.050, -0.185), (0.050, -0.185), (0, -0.105)]
    pen.polygon(beak, "#ffb02e", round=0.012, **ink("#ffb02e", 0.016, 0.3, 0.03))
    for name, point in (("head", (0.0, -0.20)), ("tail", (0.0, 0.38)), ("centre", (0.0, 0.03))):
        pen.joint(name, point)


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


def _body(pen: Pen, actor: Actor, call: Number | None = None) -> None:
    """`call` in 0..1 opens the beak; left out, it is shut."""
    colour = actor.colour
    belly = mix(lighter(colour, 0.7), "#fff4e2", 0.45)
    fan = 0.02 * wave(actor.cycle, 0.4)
    for lift in (-0.03, 0.06):
        pen.capsule(
            (-0.22, 0.02), (-0.56, lift + fan), 0.075, 0.060, darker(colour, 0.25), **ink(colour, 0.024, 0.3, 0.04)
        )
    for x in (-0.10, -0.04):
        pen.capsule((x, 0.18), (x - 0.12, 0.25), 0.018, 0.012, "#e58b3a")
    if call is None:
        pen.capsule((0.38, -0.095), (0.555, -0.075), 0.062, 0.008, "#ffb02e", **ink("#ffb02e", 0.020, 0.3, 0.03))
    else:
        _beak(pen, call)
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
    if call is None:
        pen.capsule((0.40, -0.085), (0.53, -0.080), 0.007, 0.003, edge("#ffb02e"), fine=True)
    for name, point in (("head", (0.24, -0.13)), ("tail", (-0.55, 0.02)), ("centre", (0.0, 0.03))):
        pen.joint(name, point)


def _beak(pen: Pen, call: Number) -> None:
    """Open as far as `call`, 0..1, says."""
    low, high = np.radians(-4 - 30 * call), np.radians(4 + 22 * call)
    lower = (0.38 + 0.13 * np.cos(low), -0.075 - 0.13 * np.sin(low))
    upper = (0.38 + 0.17 * np.cos(high), -0.105 - 0.17 * np.sin(high))
    pen.polygon([(0.37, -0.09), lower, upper], "#a8394c", round=0.008, alpha=smooth(3 * call))
    pen.capsule((0.38, -0.070), lower, 0.036, 0.008, "#f09a1e", **ink("#ffb02e", 0.018, 0.3, 0.03))
    pen.capsule((0.38, -0.110), upper, 0.048, 0.008, "#ffb02e", **ink("#ffb02e", 0.018, 0.3, 0.03))
