"""A fox with a brush of a tail, dark socks and white cheeks."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import LAND, SubjectCard
from filmloom.world.cast._four_legs import Build, Stance, body, dreams, eyes, legs, shadow, stance_of
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Pen, darker, lighter, mix, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="fox",
    actions=("walk", "trot", "run", "sit", "sleep", "look"),
    settings=(*LAND, "farm", "jungle", "arctic", "lavender_field"),
    station="ground",
    size=0.25,
    travel={"walk": 0.1, "trot": 0.2, "run": 0.32},
    natural=("orange", "white", "brown"),
    width=1.95,
    weight=0.2,
    reach={
        "trot": (1.24, 0.04),
        "run": (1.24, 0.04),
        "sit": (1.24, 0.04),
        "look": (1.24, 0.04),
        "walk": (1.12, 0.04),
        "sleep": (1.1, 0.08),
    },
)
BUILD = Build(
    rump=(-0.30, -0.43),
    chest=(0.22, -0.44),
    radii=(0.150, 0.155),
    head=(0.42, -0.68),
    leg=(0.064, 0.042),
    feet=(-0.34, 0.24),
    paw=0.052,
)


def draw(pen: Pen, actor: Actor) -> None:
    stance = stance_of(BUILD, actor)
    colour, white = actor.colour, mix(lighter(actor.colour, 0.85), "#fffaf2", 0.6)
    socks = mix(darker(colour, 0.75), "#3a2a2c", 0.6)
    shadow(pen, BUILD, stance)
    if not (stance.lying or stance.sitting):
        _tail(pen, actor, stance, white)
    legs(pen, BUILD, stance, colour, 0, paws=socks)
    body(pen, BUILD, stance, colour, belly=white)
    legs(pen, BUILD, stance, colour, 1, paws=socks)
    if stance.lying or stance.sitting:
        _tail(pen, actor, stance, white)
    _neck(pen, stance, colour, white)
    with pen.at(*stance.head, angle=-np.asarray(stance.nod)):
        _head(pen, actor, stance, white, socks)
    pen.joint("head", stance.head)
    if stance.lying:
        dreams(pen, actor, (stance.head[0] + 0.05, stance.head[1] - 0.32))


def _neck(pen: Pen, stance: Stance, colour, white) -> None:
    """With a white bib."""
    if stance.lying:
        return
    (cx, cy), (hx, hy) = stance.chest, stance.head
    neck = pen.capsule_shape((cx + 0.02, cy - 0.03), (hx - 0.03, hy + 0.08), 0.125, 0.100)
    pen.fill(neck, colour, **ink(colour, 0.014, 0.4, 0.04))
    with pen.inside(neck):
        pen.ellipse((cx + 0.120, cy - 0.04), 0.085, 0.135, white, angle=-25)
    pen.ellipse((cx - 0.02, cy + 0.02), 0.105, 0.100, colour, soft=0.04)


def _tail(pen: Pen, actor: Actor, stance: Stance, white) -> None:
    """A brush that trails behind; at rest it lies around the feet."""
    colour = actor.colour
    x, y = stance.rump[0] - 0.08, stance.rump[1] - 0.04
    sway = 0.035 * wave(actor.cycle, 0.3)
    if stance.lying:
        x, y = stance.rump[0] - 0.10, -0.12
        points = [(x, y), (x + 0.06, -0.075), (x + 0.27, -0.075), (x + 0.46, -0.085 - 0.15 * sway)]
    elif stance.sitting:
        x, y = stance.rump[0] - 0.12, -0.10
        points = [(x, y), (x - 0.16, -0.085), (x - 0.34, -0.11 - 0.3 * sway), (x - 0.47, -0.20 - sway)]
    else:
        up = np.radians(np.asarray(stance.tail) * 0.7)
        angles = (np.pi + 0.50 - up, np.pi + 0.24 - up, np.pi - 0.10 - up)
        points = [(x, y)]
        for angle, long in zip(angles, (0.14, 0.18, 0.17)):
            bend = sway * (0.4 + len(points) * 0.35)
            points.append((points[-1][0] + long * np.cos(angle), points[-1][1] - long * np.sin(angle) + bend))
    brush = pen.union_shape(
        [
            pen.capsule_shape(points[0], points[1], 0.055, 0.098),
            pen.capsule_shape(points[1], points[2], 0.098, 0.102),
            pen.capsule_shape(points[2], points[3], 0.102, 0.030),
        ],
        0.05,
    )
    pen.fill(brush, colour, to=darker(colour, 0.06), **ink(colour, 0.016, 0.45, 0.04))
    with pen.inside(brush):
        pen.ellipse(points[3], 0.150, 0.135, white)
        middle = tuple((2 * points[2][i] + points[3][i]) / 3 for i in (0, 1))
        pen.ellipse(middle, 0.022, 0.10, white, soft=0.02)
    pen.joint("tail", points[3])


def _head(pen: Pen, actor: Actor, stance: Stance, white, dark) -> None:
    colour = actor.colour
    k = stance.turn
    prick = 0.014 * wave(actor.t * 0.6) ** 9
    for sign in (-1, 1):
        base, tip = (sign * 0.115, -0.105), (sign * 0.165 + prick, -0.330)
        pen.capsule(base, tip, 0.085, 0.014, colour, **ink(colour, 0.015, 0.3, 0.03))
        pen.capsule((base[0], base[1] - 0.02), (tip[0] - sign * 0.006, tip[1] + 0.075), 0.050, 0.012, "#ffd9cb")
        pen.capsule((tip[0] - sign * 0.004, tip[1] + 0.035), tip, 0.026, 0.012, dark)
    snout = (0.120 * k, 0.095)
    skull = pen.union_shape(
        [
            pen.ellipse_shape((0, -0.01), 0.190, 0.165),
            pen.capsule_shape((0.02 * k - 0.05, 0.05), (-0.195 + 0.02 * k, 0.085), 0.105, 0.018),
            pen.capsule_shape((0.02 * k + 0.05, 0.05), (0.195 + 0.02 * k, 0.085), 0.105, 0.018),
            pen.capsule_shape((0.04 * k, 0.05), snout, 0.100, 0.048),
        ],
        0.04,
    )
    pen.fill(skull, colour, to=darker(colour, 0.05), **ink(colour, 0.016, 0.4, 0.04))
    with pen.inside(skull):
        for sign in (-1, 1):
            pen.ellipse((sign * 0.145 + 0.03 * k, 0.110), 0.125, 0.070, white, angle=sign * 14)
        pen.capsule((0.075 * k, 0.085), (0.15 * k, 0.130), 0.062, 0.050, white)
    with pen.at(0.045 * k, 0):
        eyes(pen, gap=0.082, y=-0.012, size=0.040, shut=stance.lids(actor), iris="#ffe3a8")
        for sign in (-1, 1):
            pen.capsule(
                (sign * 0.055, -0.078), (sign * 0.095, -0.088), 0.007, 0.005, edge(colour), alpha=0.7, fine=True
            )
    nose = (0.135 * k, 0.062)
    pen.ellipse(nose, 0.034, 0.026, "#2b1f22", outline="#120b0d", width=0.005)
    pen.ellipse((nose[0] - 0.010, nose[1] - 0.008), 0.010, 0.006, "#ffffff", alpha=0.8, fine=True)
    mouth = [(nose[0], 0.088), (nose[0] - 0.022 * k, 0.118), (nose[0] - 0.065 * k, 0.112)]
    pen.chain(mouth, [0.006] * 3, edge("#8a5a40"), blend=0.02)
    pen.joint("nose", nose)
