"""A boy with tousled hair, a bright shirt and shorts."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast import _clothes as wear
from filmloom.world.cast._ink import ink
from filmloom.world.cast._people import (
    DEEDS,
    HOMES,
    SKIN,
    Pose,
    arm,
    blinking,
    breadth,
    face,
    leg,
    pose_of,
    shadow,
    skin_ink,
)
from filmloom.world.pen import Pen, darker, lighter, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="boy",
    actions=(*DEEDS, "spin", "crawl"),
    settings=HOMES,
    station="ground",
    size=0.43,
    part="shirt",
    travel={"walk": 0.1, "run": 0.32, "crawl": 0.05},
    width=1.1,
    clothes=wear.PEOPLE,
    reach={"crawl": (0.56, 0.04), "sing": (1.2, 0.03)},
)
HAIR, HAIR_EDGE = "#3d2c28", "#1d1211"
SHORTS, SHOES = "#4b5f92", "#f4f1ea"
HEAD = (0.0, -0.425)  # above the hip


def draw(pen: Pen, actor: Actor) -> None:
    pose = pose_of(actor)
    shadow(pen, pose)
    with pen.at(*pose.hip, angle=-pose.lean):
        arm(pen, pose, 0, sleeve=actor.colour, long=True)
        if actor.clothes == "coat":
            wear.sleeve(pen, pose, 0, darker(actor.colour, 0.15))
    for side in (0, 1):
        leg(pen, pose, side, socks=darker(actor.colour, 0.1), shoes=SHOES, trousers=SHORTS)
    if actor.clothes == "coat" and actor.action != "crawl":
        with pen.at(*pose.hip, angle=-0.5 * pose.lean):
            wear.coat_skirt(pen, pose, actor.colour, -0.05 * actor.wind, longer=-0.03)
    with pen.at(*pose.hip, angle=-pose.lean):
        _trunk(pen, pose, actor)
        if actor.clothes == "coat":
            wear.coat_top(pen, pose, actor.colour)
        arm(pen, pose, 1, sleeve=actor.colour, long=True)
        if actor.clothes == "coat":
            wear.sleeve(pen, pose, 1, actor.colour)
        if actor.clothes == "scarf":
            wear.scarf(pen, pose, actor)
        pen.joint("neck", (0, -0.27))
        with pen.at(HEAD[0], HEAD[1], angle=-pose.tilt):
            _head(pen, pose, actor)
            if actor.clothes == "hat":
                wear.hat(pen)


def _trunk(pen: Pen, pose: Pose, actor: Actor) -> None:
    """Shorts' seat, then a loose shirt whose tail flutters a little."""
    w, colour = breadth(pose), actor.colour
    flutter = -0.010 * actor.wind + 0.008 * wave(actor.cycle, 0.3)
    front = np.clip(np.cos(pose.yaw) * 4, 0, 1)
    pen.capsule((-0.045 * w, 0.012), (0.045 * w, 0.012), 0.058, None, SHORTS, **ink(SHORTS, 0.009, 0.4, 0.025))
    pen.capsule((0, -0.24), (0, -0.305), 0.026, None, darker(SKIN, 0.12), **skin_ink(0.008, 0.3, 0.02))
    shirt = pen.polygon_shape(
        [(-0.072 * w, -0.235), (0.072 * w, -0.235), (0.080 * w + flutter, 0.0), (-0.080 * w + flutter, 0.0)], 0.022
    )
    pen.fill(shirt, colour, to=darker(colour, 0.12), **ink(colour, 0.011, 0.5, 0.04))
    with pen.inside(shirt):
        pen.capsule((-0.12, -0.115), (0.12, -0.115), 0.017, None, lighter(colour, 0.72))
    pen.ellipse((0, -0.252), 0.036 * w, 0.020, SKIN, alpha=front)
    pen.capsule((-0.034 * w, -0.252), (0.034 * w, -0.252), 0.006, None, darker(colour, 0.3), alpha=1 - front)


def _head(pen: Pen, pose: Pose, actor: Actor) -> None:
    back, turn = np.clip(-np.cos(pose.yaw) * 4, 0, 1), np.sin(pose.yaw)
    ruffle = -0.012 * actor.wind - 0.02 * np.minimum(actor.speed, 1) + 0.006 * wave(actor.cycle, 0.2)
    for sign in (-1, 1):
        pen.ellipse((sign * 0.140 - 0.02 * turn, 0.03), 0.030, 0.034, SKIN, **skin_ink(0.009, 0.3, 0.02))
    skull = pen.ellipse_shape((0, 0), 0.142, 0.146)
    tufts = [
        pen.polygon_shape([(x - 0.045, y), (x + 0.045, y), (x * 1.15 + 0.03 + ruffle, y - rise)], 0.012)
        for x, y, rise in ((-0.085, -0.085, 0.062), (-0.02, -0.11, 0.060), (0.055, -0.10, 0.055))
    ]
    cap = pen.union_shape([skull, *tufts], 0.02)
    pen.fill(cap, HAIR, outline=HAIR_EDGE, width=0.010, shade=0.3, shade_size=0.03)
    with pen.inside(skull):
        face(pen, pose, (0.0, 0.0), hair=HAIR, blink=blinking(actor), lashes=False)
        shift = 0.06 * turn
        for x, y, long, lean in (
            (-0.085, -0.055, 0.060, 0.02),
            (-0.02, -0.050, 0.070, 0.03),
            (0.05, -0.052, 0.060, 0.03),
            (0.10, -0.045, 0.055, 0.01),
        ):
            x = x + shift
            pen.polygon(
                [(x - 0.045, y - 0.05), (x + 0.045, y - 0.05), (x + lean + ruffle, y + long - 0.035)], HAIR, round=0.014
            )
        pen.ellipse((0, -0.125), 0.145, 0.065, HAIR)
        pen.ellipse((0, 0.0), 0.16, 0.165, HAIR, alpha=back)
        pen.ellipse(
            (-0.05 + shift * 0.5, -0.095), 0.055, 0.013, lighter(HAIR, 0.4), angle=20, alpha=0.5, soft=0.02, fine=True
        )
