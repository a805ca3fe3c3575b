"""A round little car with spoked wheels; it drives with streaks of speed, or waits and idles with a blinking lamp."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._ink import edge, ink
from filmloom.world.cast._wheels import beams, breeze, exhaust, wheel
from filmloom.world.pen import Pen, darker, lighter, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="car",
    actions=("drive", "wait"),
    settings=(
        "autumn_park",
        "beach",
        "castle",
        "city",
        "desert",
        "farm",
        "harbour",
        "meadow",
        "snow_forest",
        "village",
    ),
    station="ground",
    size=0.2,
    travel={"drive": 0.22},
    width=2.8,
    weight=0.7,
)
WHEELS = (-0.76, 0.74)


def draw(pen: Pen, actor: Actor) -> None:
    driving = actor.action == "drive"
    bounce = 0.014 * wave(actor.cycle) if driving else 0.008 * wave(5 * actor.cycle)
    pen.shadow(0, 0, 1.32, 0.11, 0.38)
    if driving:
        breeze(pen, actor, -1.35, (-0.72, -0.45, -0.2))
    exhaust(pen, actor, (-1.30, -0.16))
    with pen.at(0, bounce, angle=0.6 * wave(actor.cycle, 0.25) if driving else 0.0):
        _body(pen, actor)
    for x, name in zip(WHEELS, ("rear_wheel", "front_wheel")):
        pen.ellipse((x, -0.235), 0.275, None, darker(actor.colour, 0.72))
        wheel(pen, actor, (x, -0.215), 0.215, name)
    beams(pen, actor, (1.30, -0.42), (-1.36, -0.42))


def _body(pen: Pen, actor: Actor) -> None:
    colour = actor.colour
    roof = [
        (-1.02, -0.50),
        (-0.90, -0.72),
        (-0.70, -0.93),
        (-0.52, -0.985),
        (0.18, -0.985),
        (0.38, -0.93),
        (0.64, -0.72),
    ]
    cabin = pen.polygon_shape([*roof, (0.86, -0.50)])
    tail = [(-1.34, -0.46), (-1.36, -0.28), (-1.31, -0.16), (-1.22, -0.11)]
    nose = [(1.27, -0.11), (1.36, -0.18), (1.38, -0.30), (1.33, -0.44), (1.20, -0.53), (0.85, -0.60)]
    lower = pen.polygon_shape([*tail, *nose, (-1.10, -0.62), (-1.27, -0.56)])
    pen.fill(cabin, colour, **ink(colour, 0.022, 0.35, 0.06))
    glass, rim = ("#bfe6f7", "#6fb4dd") if not actor.stage.night else ("#ffe3a1", "#d99a5a"), darker(colour, 0.55)
    rear = [(-0.90, -0.54), (-0.80, -0.73), (-0.64, -0.88), (-0.50, -0.915), (-0.19, -0.915), (-0.19, -0.54)]
    front = [(-0.10, -0.54), (-0.10, -0.915), (0.16, -0.915), (0.32, -0.88), (0.54, -0.70), (0.70, -0.54)]
    for window, x in ((rear, -0.5), (front, 0.2)):
        pane = pen.polygon_shape(window)
        pen.fill(pane, glass[0], to=glass[1], outline=rim, width=0.016, emit=actor.stage.night)
        with pen.inside(pane):
            pen.capsule((x - 0.10, -0.52), (x + 0.10, -0.95), 0.045, None, "#ffffff", alpha=0.45, fine=True)
    pen.fill(lower, colour, to=darker(colour, 0.22), axis=((0, -0.55), (0, -0.15)), **ink(colour, 0.022, 0.45, 0.07))
    with pen.inside(lower):
        pen.capsule((-1.3, -0.545), (1.1, -0.535), 0.022, None, lighter(colour, 0.65), alpha=0.75, soft=0.03, fine=True)
        pen.box((0, -0.30), 2.9, 0.035, lighter(colour, 0.75), alpha=0.9)
        pen.box((0, -0.13), 3.0, 0.12, "#3b3d48")
    for x in (-0.15, 0.62):
        pen.capsule((x, -0.55), (x - 0.02, -0.22), 0.008, None, edge(colour), alpha=0.8)
    pen.capsule((-0.40, -0.44), (-0.26, -0.44), 0.016, None, edge(colour))
    pen.ellipse((1.25, -0.41), 0.075, 0.085, "#fff6c9", to="#f5cf6a", outline=edge(colour), width=0.014, emit=True)
    pen.box((-1.31, -0.42), 0.09, 0.16, "#e8473f", round=0.03, outline=edge(colour), width=0.012)
    if actor.action == "wait":
        blink = smooth(0.5 + 2.5 * wave(actor.cycle))
        pen.ellipse((1.08, -0.33), 0.05, 0.035, "#ffab2e", alpha=blink, emit=True)
        pen.glow((1.10, -0.33), 0.25, "#ffab2e", 0.7 * blink)
    pen.joint("centre", (0.0, -0.5 + np.zeros_like(actor.cycle)))
