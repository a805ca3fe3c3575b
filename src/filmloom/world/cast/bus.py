"""A tall town bus with a row of windows and passengers; it drives, or waits with its door open and a lamp blinking."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._ink import edge, ink, rounded
from filmloom.world.cast._wheels import beams, breeze, exhaust, wheel
from filmloom.world.pen import Pen, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="bus",
    actions=("drive", "wait"),
    settings=("autumn_park", "city", "desert", "farm", "harbour", "snow_forest", "village"),
    station="ground",
    size=0.28,
    travel={"drive": 0.22},
    width=2.5,
    weight=0.9,
)
HEADS = ("#5b3a2a", "#2f2a30", "#8a6a4a", "#3b3030")


def draw(pen: Pen, actor: Actor) -> None:
    driving = actor.action == "drive"
    bounce = 0.010 * wave(actor.cycle) if driving else 0.005 * wave(5 * actor.cycle)
    pen.shadow(0, 0, 1.22, 0.09, 0.38)
    if driving:
        breeze(pen, actor, -1.22, (-0.8, -0.5, -0.2))
    exhaust(pen, actor, (-1.20, -0.12))
    with pen.at(0, bounce, angle=0.5 * wave(actor.cycle, 0.25) if driving else 0.0):
        _body(pen, actor)
    for x, name in ((-0.70, "rear_wheel"), (0.66, "front_wheel")):
        pen.ellipse((x, -0.165), 0.195, None, darker(actor.colour, 0.75))
        wheel(pen, actor, (x, -0.150), 0.150, name)
    beams(pen, actor, (1.17, -0.27), (-1.20, -0.27), reach=0.9)


def _body(pen: Pen, actor: Actor) -> None:
    colour, night = actor.colour, actor.stage.night
    shell = pen.polygon_shape(
        [
            (-1.18, -0.86),
            (-1.155, -0.945),
            (-1.07, -0.985),
            (0.98, -0.985),
            (1.07, -0.945),
            (1.19, -0.64),
            (1.20, -0.15),
            (1.15, -0.08),
            (-1.13, -0.08),
            (-1.18, -0.14),
        ]
    )
    pen.fill(
        shell,
        lighter(colour, 0.05),
        to=darker(colour, 0.16),
        axis=((0, -0.95), (0, -0.1)),
        **ink(colour, 0.018, 0.45, 0.06),
    )
    with pen.inside(shell):
        pen.box((0, -0.95), 2.6, 0.11, mix(colour, "#fffaf0", 0.75))
        pen.box((0, -0.34), 2.6, 0.055, mix(colour, "#fffaf0", 0.80))
        pen.box((0, -0.11), 2.6, 0.10, "#3b3d48")
        pen.capsule((-1.1, -0.86), (1.0, -0.86), 0.014, None, "#ffffff", alpha=0.5, soft=0.02, fine=True)
    for i in range(4):
        _window(pen, actor, -0.92 + 0.37 * i, HEADS[i])
    pane = ("#ffe3a1", "#e0a25e") if night else ("#c4ebf8", "#78b9de")
    door = pen.polygon_shape([(0.53, -0.75), (0.77, -0.75), (0.77, -0.20), (0.53, -0.20)], 0.02)
    pen.fill(door, pane[0], to=pane[1], outline=darker(colour, 0.55), width=0.016, emit=night)
    slide = 0.13 * smooth(2 * actor.t) if actor.action == "wait" else 0.0
    with pen.inside(door):
        for sign in (-1, 1):
            pen.box(
                (0.65 + sign * (0.065 + slide), -0.475),
                0.125,
                0.60,
                mix(pane[0], pane[1], 0.5),
                outline=darker(colour, 0.5),
                width=0.012,
                emit=night,
            )
    front = pen.polygon_shape([(0.90, -0.77), (0.99, -0.77), (1.09, -0.60), (1.11, -0.46), (0.90, -0.46)], 0.025)
    pen.fill(front, pane[0], to=pane[1], outline=darker(colour, 0.55), width=0.016, emit=night)
    with pen.inside(front):
        pen.capsule((0.92, -0.44), (1.04, -0.80), 0.028, None, "#ffffff", alpha=0.45, fine=True)
    pen.ellipse((1.16, -0.27), 0.045, 0.060, "#fff6c9", outline=edge(colour), width=0.012, emit=True)
    pen.box((-1.17, -0.27), 0.05, 0.13, "#e8473f", round=0.018, outline=edge(colour), width=0.010)
    if actor.action == "wait":
        blink = smooth(0.5 + 2.5 * wave(actor.cycle))
        pen.ellipse((1.06, -0.20), 0.04, 0.028, "#ffab2e", alpha=blink, emit=True)
        pen.glow((1.08, -0.20), 0.20, "#ffab2e", 0.7 * blink)
    pen.joint("centre", (0.0, -0.5 + np.zeros_like(actor.cycle)))


def _window(pen: Pen, actor: Actor, x: float, hair: str) -> None:
    night = actor.stage.night
    glass = ("#ffe3a1", "#e0a25e") if night else ("#c4ebf8", "#78b9de")
    pane = pen.polygon_shape(rounded(x - 0.155, -0.78, x + 0.155, -0.44, 0.045))
    pen.fill(pane, glass[0], to=glass[1], outline=darker(actor.colour, 0.55), width=0.016, emit=night)
    with pen.inside(pane):
        nod = 0.006 * wave(actor.cycle, x)
        pen.ellipse((x + 0.03, -0.55 + nod), 0.058, 0.064, "#f3cdb0", fine=True)
        pen.ellipse((x + 0.02, -0.575 + nod), 0.060, 0.052, hair, fine=True)
        pen.ellipse((x + 0.02, -0.44), 0.10, 0.07, mix(actor.colour, "#7a86a8", 0.6), fine=True)
        pen.capsule((x - 0.12, -0.45), (x - 0.02, -0.78), 0.026, None, "#ffffff", alpha=0.4, fine=True)
