"""A horse with a flowing mane and tail; it walks, gallops, leaps and grazes."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast import _clothes as wear
from filmloom.world.cast._four_legs import Build, Stance, blinking, body, legs, shadow, stance_of
from filmloom.world.cast._ink import contrast, edge, ink
from filmloom.world.pen import Pen, darker, lighter, mix, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="horse",
    actions=("walk", "run", "jump", "graze", "trot", "nod"),
    settings=(
        "autumn_park",
        "beach",
        "cherry_garden",
        "desert",
        "meadow",
        "snow_forest",
        "village",
        "farm",
        "lavender_field",
    ),
    station="ground",
    size=0.42,
    clothes=wear.ANIMAL,
    travel={"walk": 0.1, "run": 0.32, "trot": 0.2},
    natural=("brown", "black", "white"),
    width=1.75,
    weight=0.9,
    reach={"run": (1.14, 0.04), "trot": (1.14, 0.04)},
)
BUILD = Build(
    rump=(-0.30, -0.535),
    chest=(0.17, -0.53),
    radii=(0.155, 0.150),
    head=(0.40, -0.835),
    leg=(0.058, 0.033),
    feet=(-0.33, 0.19),
    paw=0.040,
    jump=0.30,
    reach=0.15,
)
HOOF = "#4a4048"


def draw(pen: Pen, actor: Actor) -> None:
    stance = stance_of(BUILD, actor)
    colour, mane = actor.colour, contrast(actor.colour)
    shadow(pen, BUILD, stance)
    _tail(pen, actor, stance, mane)
    legs(pen, BUILD, stance, colour, 0, paws=HOOF)
    body(pen, BUILD, stance, colour)
    legs(pen, BUILD, stance, colour, 1, paws=HOOF)
    _neck(pen, actor, stance, mane)
    if actor.clothes == "scarf":
        wear.neckerchief(pen, actor, stance.chest, stance.head, 0.13, share=0.42)
    with pen.at(*stance.head, angle=-np.asarray(stance.nod)):
        _head(pen, actor, mane)
        if actor.clothes == "hat":
            wear.hat(pen, (0.025, -0.078), 0.082, angle=-6)
    pen.joint("head", stance.head)


def _tail(pen: Pen, actor: Actor, stance: Stance, mane) -> None:
    """Three locks from one root, streaming back with speed and wind."""
    x, y = stance.rump[0] - 0.13, stance.rump[1] - 0.07
    blown = 0.10 + 0.16 * np.minimum(actor.speed, 1) + 0.05 * np.asarray(actor.wind) + 0.0016 * np.asarray(stance.tail)
    for i, long in enumerate((0.34, 0.30, 0.25)):
        sway = 0.035 * wave(actor.cycle, 0.15 * i) + 0.02 * i
        middle = (x - 0.07 - 0.5 * blown - sway * 0.5, y + 0.06 + 0.10 * i * 0.3)
        tip = (x - 0.05 - 1.25 * blown - sway, y + long - 0.75 * blown)
        pen.chain([(x, y), middle, tip], [0.030, 0.052, 0.010], mane, blend=0.05, **ink(mane, 0.010, 0.35, 0.025))
    pen.joint("tail", tip)


def _neck(pen: Pen, actor: Actor, stance: Stance, mane) -> None:
    colour = actor.colour
    (cx, cy), (hx, hy) = stance.chest, stance.head
    base, poll = (cx + 0.02, cy - 0.05), (hx - 0.02, hy + 0.01)
    dx, dy = poll[0] - base[0], poll[1] - base[1]
    along = np.sqrt(dx * dx + dy * dy)
    nx, ny = dy / along, -dx / along  # towards the nape
    pen.chain(
        [base, (base[0] + 0.5 * dx, base[1] + 0.5 * dy), poll],
        [0.135, 0.098, 0.075],
        colour,
        blend=0.04,
        **ink(colour, 0.012, 0.4, 0.04),
    )
    pen.ellipse((cx - 0.01, cy + 0.02), 0.125, 0.115, colour, soft=0.05)
    locks = []
    for i in range(7):
        at = 0.16 + 0.14 * i
        r = 0.125 - 0.06 * at
        root = (base[0] + dx * at + nx * r * 0.72, base[1] + dy * at + ny * r * 0.72)
        fly = 0.036 * np.asarray(actor.wind) + 0.10 * np.minimum(actor.speed, 1) + 0.014 * wave(actor.cycle, 0.11 * i)
        tip = (root[0] - 0.030 - fly, root[1] + 0.120 - 0.7 * fly)
        locks.append(pen.capsule_shape(root, tip, 0.036, 0.007))
    pen.union(locks, mane, blend=0.012, to=darker(mane, 0.25), **ink(mane, 0.010, 0.35, 0.025))


def _head(pen: Pen, actor: Actor, mane) -> None:
    """Poll at the origin, muzzle ahead and below."""
    colour = actor.colour
    muzzle = mix(darker(colour, 0.30), "#b59a92", 0.25)
    prick = 5 * wave(actor.t * 0.4) ** 5
    for x, far in ((-0.015, True), (0.020, False)):
        coat = darker(colour, 0.2) if far else colour
        with pen.at(x, -0.055, angle=8 + prick):
            pen.capsule((0.0, 0.0), (0.010, -0.082), 0.027, 0.007, coat, **ink(coat, 0.010, 0.3, 0.02))
    skull = pen.union_shape(
        [
            pen.ellipse_shape((0.015, 0.005), 0.083, 0.078),
            pen.capsule_shape((0.03, 0.015), (0.165, 0.105), 0.068, 0.050),
        ],
        0.03,
    )
    pen.fill(skull, colour, to=darker(colour, 0.08), **ink(colour, 0.012, 0.4, 0.035))
    with pen.inside(skull):
        pen.capsule((0.075, -0.055), (0.185, 0.045), 0.016, 0.011, mix(lighter(colour, 0.8), "#ffffff", 0.5))
        pen.ellipse((0.185, 0.125), 0.062, 0.058, muzzle)
    pen.ellipse((0.190, 0.105), 0.010, 0.013, edge("#5a4440"))
    pen.chain([(0.205, 0.142), (0.175, 0.148), (0.145, 0.135)], [0.004] * 3, edge("#5a4440"), alpha=0.8)
    open_ = 1 - 0.9 * blinking(actor)
    pen.ellipse((0.058, 0.002), 0.020, 0.023 * open_, "#fff4da")
    pen.ellipse((0.060, 0.003), 0.016, 0.019 * open_, "#2b1a14")
    pen.ellipse((0.055, -0.004), 0.006, 0.007 * open_, "#ffffff", fine=True)
    fly = 0.02 * np.minimum(actor.speed, 1) + 0.006 * wave(actor.cycle)
    pen.chain(
        [(0.0, -0.075), (0.045 - fly, -0.055), (0.070 - fly, -0.010)],
        [0.026, 0.024, 0.006],
        mane,
        blend=0.02,
        **ink(mane, 0.008, 0.3, 0.02),
    )
    pen.joint("nose", (0.2, 0.11))
