"""A girl with long hair, a bow and a swinging dress."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast import _clothes as wear
from filmloom.world.cast._ink import edge, ink
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
    kind="girl",
    actions=(*DEEDS, "spin"),
    settings=HOMES,
    station="ground",
    size=0.44,
    part="dress",
    travel={"walk": 0.1, "run": 0.32},
    width=1.1,
    reach={"sing": (1.2, 0.03)},
    weight=0.45,
    clothes=wear.PEOPLE,
)
HAIR, HAIR_EDGE = "#5f3a27", "#2c170f"
HEAD = (0.0, -0.425)  # above the hip


def draw(pen: Pen, actor: Actor) -> None:
    pose = pose_of(actor)
    blown = -0.05 * actor.wind - 0.07 * np.minimum(actor.speed, 1) + 0.035 * wave(actor.cycle, -0.18) - 0.01
    coated = actor.clothes == "coat"
    shadow(pen, pose)
    with pen.at(*pose.hip, angle=-pose.lean):
        _long_hair(pen, pose, blown, actor)
        arm(pen, pose, 0, sleeve=actor.colour)
        if coated:
            wear.sleeve(pen, pose, 0, darker(actor.colour, 0.15))
    for side in (0, 1):
        leg(pen, pose, side, socks="#fff6ee", shoes=darker(actor.colour, 0.35))
    with pen.at(*pose.hip, angle=-0.5 * pose.lean):
        if coated:
            wear.coat_skirt(pen, pose, actor.colour, blown)
        else:
            _skirt(pen, pose, actor, blown)
    with pen.at(*pose.hip, angle=-pose.lean):
        _bodice(pen, pose, actor.colour)
        if coated:
            wear.coat_top(pen, pose, actor.colour)
        arm(pen, pose, 1, sleeve=actor.colour)
        if coated:
            wear.sleeve(pen, pose, 1, actor.colour)
        if actor.clothes == "scarf":
            wear.scarf(pen, pose, actor)
        pen.joint("neck", (0, -0.27))
        with pen.at(HEAD[0], HEAD[1], angle=-pose.tilt):
            _head(pen, pose, actor, blown)
            if actor.clothes == "hat":
                wear.hat(pen)


def _long_hair(pen: Pen, pose: Pose, blown, actor: Actor) -> None:
    """A mass behind the neck, and strands that the wind takes one after the other."""
    x, y = HEAD
    for i, (root, long) in enumerate(((-0.075, 0.27), (0.0, 0.33), (0.075, 0.27), (-0.11, 0.20))):
        gust = blown * (1.0 + 0.2 * i) + 0.018 * wave(actor.t * 0.9, 0.21 * i)
        middle = (x + root * 1.15 + 0.45 * gust, y + long * 0.55)
        late = (x + root * 1.10 + 1.25 * gust, y + long * 0.85 - 0.10 * np.abs(gust))
        tip = (x + root * 0.95 + 2.1 * gust, y + long - 0.40 * np.abs(gust))
        points, radii = [(x + root, y + 0.01), middle, late, tip], [0.060, 0.050, 0.032, 0.005]
        pen.chain(
            points,
            radii,
            HAIR,
            blend=0.03,
            to=darker(HAIR, 0.3),
            outline=HAIR_EDGE,
            width=0.009,
            shade=0.35,
            shade_size=0.03,
        )


def _skirt(pen: Pen, pose: Pose, actor: Actor, blown) -> None:
    """A bell with a scalloped hem; folds run from the waist to where the scallops meet."""
    wide, hem = 0.135 + np.asarray(pose.flare), np.asarray(pose.hem)
    sway = np.asarray(pose.sway) + 0.3 * blown
    waist = 0.060 * breadth(pose)
    colour, low = actor.colour, darker(actor.colour, 0.16)
    bell = pen.polygon_shape(
        [(-waist, -0.10), (waist, -0.10), (wide * 0.95 + sway, hem - 0.012), (-wide * 0.95 + sway, hem - 0.012)], 0.008
    )
    ripple = [0.012 * wave(actor.cycle, 0.2 * i) for i in range(4)]
    scallops = [
        pen.ellipse_shape(
            (sway + wide * (i - 1.5) * 0.53, hem - 0.004 + ripple[i] + 0.010 * (1 - abs(i - 1.5) / 1.5)),
            wide * 0.30,
            0.026,
        )
        for i in range(4)
    ]
    pen.union(
        [bell, *scallops], colour, blend=0.02, to=low, axis=((0, -0.1), (0, 0.2)), **ink(colour, 0.011, 0.5, 0.045)
    )
    for i, at in enumerate((-0.52, 0.0, 0.52)):
        end = (sway + wide * at, hem + 0.006 + ripple[i])
        pen.capsule((waist * at * 0.9 + 0.25 * sway, -0.03), end, 0.003, 0.006, darker(colour, 0.38), alpha=0.75)
    pen.capsule(
        (sway - wide * 0.30, hem - 0.03),
        (-waist * 0.35 + 0.2 * sway, 0.0),
        0.016,
        0.004,
        lighter(colour, 0.4),
        alpha=0.5,
        soft=0.02,
        fine=True,
    )


def _bodice(pen: Pen, pose: Pose, colour) -> None:
    w = breadth(pose)
    pen.capsule((0, -0.235), (0, -0.305), 0.024, None, darker(SKIN, 0.12), **skin_ink(0.008, 0.3, 0.02))
    pen.polygon(
        [(-0.066 * w, -0.235), (0.066 * w, -0.235), (0.052 * w, -0.10), (-0.052 * w, -0.10)],
        colour,
        round=0.016,
        **ink(colour, 0.010, 0.5, 0.03),
    )
    pen.polygon(
        [(-0.032 * w, -0.25), (0.032 * w, -0.25), (0.0, -0.205)],
        "#fff6ee",
        round=0.006,
        alpha=np.clip(np.cos(pose.yaw) * 4, 0, 1),
    )
    pen.capsule((-0.058 * w, -0.097), (0.058 * w, -0.097), 0.015, None, "#fff3e2", **ink("#fff3e2", 0.007, 0.3, 0.02))


def _head(pen: Pen, pose: Pose, actor: Actor, blown) -> None:
    back = np.clip(-np.cos(pose.yaw) * 4, 0, 1)
    turn = np.sin(pose.yaw)
    skull = pen.ellipse_shape((0, 0), 0.146, 0.150)
    pen.fill(
        skull,
        HAIR,
        to=darker(HAIR, 0.25),
        axis=((0, -0.15), (0, 0.15)),
        outline=HAIR_EDGE,
        width=0.010,
        shade=0.35,
        shade_size=0.035,
    )
    with pen.inside(skull):
        face(pen, pose, (0.0, 0.0), hair=HAIR, blink=blinking(actor), lashes=True)
        shift = 0.07 * turn
        for x, y, rx, ry, angle in (
            (-0.075, -0.062, 0.105, 0.052, 28),
            (0.085, -0.058, 0.095, 0.050, -30),
            (0.01, -0.088, 0.09, 0.055, 6),
        ):
            pen.ellipse((x + shift, y), rx, ry, HAIR, angle=angle)
        pen.ellipse((0, 0.02), 0.16, 0.17, HAIR, alpha=back)
        for sign in (-1, 1):
            pen.capsule((sign * 0.134 + 0.03 * turn, -0.04), (sign * 0.132 + 0.03 * turn, 0.13), 0.024, 0.012, HAIR)
        pen.ellipse(
            (-0.045 + shift * 0.5, -0.085), 0.06, 0.016, lighter(HAIR, 0.45), angle=22, alpha=0.55, soft=0.02, fine=True
        )
    with pen.at(0.085 * np.cos(pose.yaw) + 0.02, -0.115, angle=-24):
        for sign in (-1, 1):
            loop = (sign * 0.048, -0.004)
            pen.capsule((0, 0), loop, 0.010, 0.034, actor.colour, **ink(actor.colour, 0.008, 0.4, 0.02))
        pen.ellipse((0, 0), 0.018, None, lighter(actor.colour, 0.15), outline=edge(actor.colour), width=0.008)
