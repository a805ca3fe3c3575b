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
    settings=("autumn_park", "beach", "city", "desert", "meadow", "snow_forest", "village"),
    station="ground",
    size=0.2,
    words={"en": ("car", "automobile"), "zh": ("汽车", "小汽车", "轿车")},
    travel={"drive": 0.22},
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
    cabin = pen.polygon_shape([(-0.96, -0.52), (-0.62, -0.92), (0.26, -0.92), (0.72, -0.52)], 0.07)
    lower = pen.polygon_shape(
        [
            (-1.28, -0.50),
            (-1.30, -0.24),
            (-1.20, -0.17),
            (1.24, -0.17),
            (1.32, -0.26),
            (1.27, -0.44),
            (0.80, -0.56),
            (-1.0, -0.57),
        ],
        0.06,
    )
    pen.fill(cabin, colour, **ink(colour, 0.022, 0.35, 0.06))
    glass, rim = ("#bfe6f7", "#6fb4dd") if not actor.stage.night else ("#ffe3a1", "#d99a5a"), darker(colour, 0.55)
    for window in (
        [(-0.84, -0.56), (-0.57, -0.87), (-0.20, -0.87), (-0.20, -0.56)],
        [(-0.10, -0.56), (-0.10, -0.87), (0.22, -0.87), (0.58, -0.56)],
    ):
        pane = pen.polygon_shape(window, 0.025)
        pen.fill(pane, glass[0], to=glass[1], outline=rim, width=0.016, emit=actor.stage.night)
        with pen.inside(pane):
            x = (window[0][0] + window[2][0]) / 2
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
