"""A striped cat with a white muzzle and a lively tail."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import LAND, SubjectCard
from filmloom.world.cast import _clothes as wear
from filmloom.world.cast._four_legs import Build, Stance, body, dreams, eyes, legs, shadow, stance_of
from filmloom.world.cast._ink import contrast, edge, ink
from filmloom.world.pen import Pen, darker, lighter, mix, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="cat",
    actions=("walk", "run", "jump", "sit", "sleep", "stretch", "roll", "look"),
    settings=(*LAND, "farm", "playground", "bedroom", "lavender_field"),
    station="ground",
    size=0.22,
    travel={"walk": 0.1, "run": 0.32},
    clothes=wear.ANIMAL,
    natural=("orange", "black", "white", "grey"),
    width=2.2,
    weight=0.15,
    reach={"roll": (1.06, 0.12), "look": (1.12, 0.04), "stretch": (1.12, 0.04)},
)
BUILD = Build(
    rump=(-0.38, -0.43),
    chest=(0.26, -0.42),
    radii=(0.185, 0.165),
    head=(0.46, -0.66),
    leg=(0.082, 0.058),
    feet=(-0.42, 0.27),
    paw=0.065,
)


def draw(pen: Pen, actor: Actor) -> None:
    stance = stance_of(BUILD, actor)
    colour, white = actor.colour, mix(lighter(actor.colour, 0.75), "#fffaf2", 0.5)
    shadow(pen, BUILD, stance)
    _tail(pen, actor, stance, white)
    legs(pen, BUILD, stance, colour, 0, paws=white)
    body(pen, BUILD, stance, colour, belly=white, marks=lambda: _stripes(pen, stance, colour))
    legs(pen, BUILD, stance, colour, 1, paws=white)
    if actor.clothes == "scarf":
        wear.neckerchief(pen, actor, stance.chest, stance.head, 0.16, share=0.52)
    with pen.at(*stance.head, angle=-np.asarray(stance.nod)):
        _head(pen, actor, stance, white)
        if actor.clothes == "hat":
            wear.hat(pen, (0.01, -0.160), 0.145)
    pen.joint("head", stance.head)
    if stance.lying:
        dreams(pen, actor, (stance.head[0] + 0.05, stance.head[1] - 0.32))


def _stripes(pen: Pen, stance: Stance, colour) -> None:
    if stance.over:
        return
    (rx, ry), (cx, cy) = stance.rump, stance.chest
    for u in (0.10, 0.36, 0.62):
        x, y = rx + (cx - rx) * u, ry + (cy - ry) * u
        pen.capsule((x, y - 0.20), (x - 0.03, y - 0.03), 0.034, 0.010, contrast(colour))


def _tail(pen: Pen, actor: Actor, stance: Stance, white) -> None:
    x, y = stance.rump[0] - 0.12, stance.rump[1] - 0.04
    swing = np.radians(np.asarray(stance.tail) + 10 * wave(actor.cycle, 0.3))
    if stance.lying or stance.sitting or stance.over:
        y = stance.rump[1] + 0.12
        tip = 0.05 * np.sin(swing * 3) + 0.03
        points = [(x, y), (x - 0.18, -0.06), (x - 0.34, -0.09 - tip * 0.6), (x - 0.44, -0.17 - tip)]
    else:
        points = [(x, y)]
        for i, bend in enumerate((0.55, 0.95, 1.35)):
            angle = np.pi - bend - swing * (0.4 + 0.4 * i)
            points.append((points[-1][0] + 0.19 * np.cos(angle), points[-1][1] - 0.19 * np.sin(angle)))
    pen.chain(points, [0.062, 0.056, 0.052, 0.048], actor.colour, blend=0.03, **ink(actor.colour, 0.016, 0.4, 0.03))
    pen.ellipse(points[-1], 0.052, None, white)
    pen.joint("tail", points[-1])


def _head(pen: Pen, actor: Actor, stance: Stance, white) -> None:
    colour = actor.colour
    turned = 0.03 + 0.06 * (np.asarray(stance.turn) - 1)  # how far the face is turned to one side
    twitch = 0.012 * wave(actor.t * 0.7) ** 9
    for sign in (-1, 1):
        tip = (sign * 0.180 + twitch, -0.300)
        pen.capsule((sign * 0.122, -0.120), tip, 0.092, 0.020, colour, **ink(colour, 0.015, 0.3, 0.03))
        pen.capsule((sign * 0.128, -0.140), (tip[0] - sign * 0.004, tip[1] + 0.035), 0.056, 0.010, "#ffb3a8")
    skull = pen.ellipse_shape((0, 0), 0.225, 0.195)
    pen.fill(skull, colour, to=darker(colour, 0.06), **ink(colour, 0.016, 0.4, 0.045))
    with pen.inside(skull):
        for x, lean in ((-0.07, 0.02), (0.0, 0.0), (0.07, -0.02)):
            pen.capsule((x, -0.22), (x + lean, -0.105), 0.020, 0.008, contrast(colour))
        pen.ellipse((turned, 0.115), 0.135, 0.095, white)
        for sign in (-1, 1):
            pen.ellipse((turned + sign * 0.15, 0.075), 0.040, 0.024, "#ff9a94", alpha=0.5, soft=0.02, fine=True)
    with pen.at(turned, 0):
        eyes(pen, gap=0.098, y=0.0, size=0.048, shut=stance.lids(actor))
        pen.polygon([(-0.026, 0.058), (0.026, 0.058), (0.0, 0.085)], "#f2687d", round=0.008)
        for sign in (-1, 1):
            pen.chain(
                [(0, 0.094), (sign * 0.022, 0.124), (sign * 0.052, 0.114)],
                [0.007, 0.007, 0.006],
                darker("#8a4a3a", 0.2),
            )
            for lift in (0.0, 0.03):
                pen.capsule(
                    (sign * 0.10, 0.085 + lift),
                    (sign * 0.27, 0.062 + 1.7 * lift),
                    0.005,
                    0.003,
                    edge(colour),
                    alpha=0.55,
                    fine=True,
                )
    pen.joint("nose", (turned, 0.07))
