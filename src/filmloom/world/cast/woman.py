"""A woman with her hair in a bun and a long dress whose hem swings about her ankles."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast import _clothes as wear
from filmloom.world.cast._ink import edge, ink
from filmloom.world.cast._people import (
    DEEDS,
    HOMES,
    SHIN,
    SKIN,
    THIGH,
    Build,
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
from filmloom.world.pen import Pen, darker, lighter, limb, mix, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="woman",
    actions=DEEDS,
    settings=HOMES,
    station="ground",
    size=0.53,
    part="dress",
    travel={"walk": 0.12, "run": 0.34},
    width=1.1,
    clothes=wear.PEOPLE,
    reach={"cheer": (1.12, 0.03), "stretch": (1.12, 0.03), "sing": (1.28, 0.03), "jump": (1.4, 0.04)},
)
BUILD = Build(legs=1.18, trunk=1.06, head_size=0.70, head=0.353, shoulder=0.074)
HAIR, HAIR_EDGE, CREAM = "#8f4526", "#45200f", "#fff3e2"


def draw(pen: Pen, actor: Actor) -> None:
    pose = pose_of(actor, BUILD)
    blown = -0.05 * actor.wind - 0.07 * np.minimum(actor.speed, 1) + 0.02 * wave(actor.cycle, -0.18)
    scale, coated = BUILD.trunk / BUILD.legs, actor.clothes == "coat"
    with pen.at(scale=BUILD.legs):
        shadow(pen, pose)
        with pen.at(*pose.hip, angle=-pose.lean, scale=scale):
            arm(pen, pose, 0, sleeve=darker(actor.colour, 0.12), long=True, build=BUILD)
            if coated:
                wear.sleeve(pen, pose, 0, darker(actor.colour, 0.15), build=BUILD)
        for side in (0, 1):
            leg(pen, pose, side, socks="#f0d2bd", shoes=darker(actor.colour, 0.5))
        _skirt(pen, pose, actor, blown)
        if coated and actor.action != "sit":
            with pen.at(*pose.hip, angle=-0.5 * pose.lean, scale=scale):
                wear.coat_skirt(pen, pose, actor.colour, blown, longer=0.05)
        with pen.at(*pose.hip, angle=-pose.lean, scale=scale):
            _bodice(pen, pose, actor.colour)
            if coated:
                wear.coat_top(pen, pose, actor.colour)
            if actor.clothes == "scarf":
                wear.scarf(pen, pose, actor, y=-0.240)
            pen.joint("neck", (0, -0.255))
            with pen.at(0, -BUILD.head, angle=-pose.tilt, scale=BUILD.head_size / BUILD.trunk):
                _head(pen, pose, actor, blown)
                if actor.clothes == "hat":
                    wear.hat(pen)
            arm(pen, pose, 1, sleeve=actor.colour, long=True, build=BUILD)
            if coated:
                wear.sleeve(pen, pose, 1, actor.colour, build=BUILD)


def _skirt(pen: Pen, pose: Pose, actor: Actor, blown) -> None:
    """A bell from the waist to the ankles: it follows both feet, and lies along the legs of who sits."""
    colour, low = actor.colour, darker(actor.colour, 0.20)
    hips = [(pose.hip[0] + sign * 0.042, pose.hip[1] + 0.02) for sign in (-1, 1)]
    knees = [limb(hip, foot, THIGH, SHIN, bend) for hip, foot, bend in zip(hips, pose.feet, pose.knees)]
    thighs = [pen.capsule_shape(hip, knee, 0.050, 0.038) for hip, knee in zip(hips, knees)]
    shins = [_along(knee, foot, 0.72) for knee, foot in zip(knees, pose.feet)]
    wide = (0.060, 0.066) if actor.action == "sit" else (0.038, 0.046)
    lower = [pen.capsule_shape(knee, shin, *wide) for knee, shin in zip(knees, shins)]
    if actor.action == "sit":
        seat = pen.ellipse_shape((pose.hip[0] - 0.005, pose.hip[1] + 0.022), 0.098, 0.088)
        pen.union([seat, *thighs, *lower], colour, blend=0.03, to=low, **ink(colour, 0.010, 0.45, 0.04))
        pen.capsule(knees[1], shins[1], 0.004, 0.006, darker(colour, 0.35), alpha=0.7)
        return
    (left, right), (waist_l, waist_r) = _hem(pose, blown), _waist(pose)
    bell = pen.polygon_shape([waist_l, waist_r, right, left], 0.014)
    trim = pen.capsule_shape(left, right, 0.020)
    pen.union([bell, *thighs, *lower, trim], colour, blend=0.03, to=low, **ink(colour, 0.010, 0.5, 0.045))
    for i, at in enumerate((0.2, 0.45, 0.72)):
        foot = (left[0] + (right[0] - left[0]) * at + 0.010 * wave(actor.cycle, 0.2 * i), _level(left, right, at))
        top = (waist_l[0] + (waist_r[0] - waist_l[0]) * at, pose.hip[1] - 0.01)
        pen.capsule(top, foot, 0.003, 0.006, darker(colour, 0.36), alpha=0.7)
    band = [(p[0], p[1] - 0.020) for p in (left, right)]
    pen.capsule(*band, 0.007, None, mix(colour, CREAM, 0.75), alpha=0.95)
    glint = (left[0] * 0.7 + right[0] * 0.3, _level(left, right, 0.3) - 0.05)
    pen.capsule(
        glint, (waist_l[0] * 0.7 + waist_r[0] * 0.3, pose.hip[1] + 0.02), 0.016, 0.005, lighter(colour, 0.4),
        alpha=0.4, soft=0.02, fine=True,
    )  # fmt: skip


def _along(a, b, share: float):
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _level(left, right, share: float):
    return left[1] + (right[1] - left[1]) * share


def _hem(pose: Pose, blown):
    """Left and right end of the hem: outside the feet, and lifted a little where a foot is."""
    (xl, yl), (xr, yr) = pose.feet
    x, wide = pose.hip[0], 0.120 + 0.6 * np.asarray(pose.flare)
    swing = 0.8 * np.asarray(pose.sway) + 0.4 * blown
    floor = np.minimum(pose.hip[1] + 0.335, -0.055)
    left = np.minimum(np.minimum(xl, xr) - 0.040, x - wide) + np.minimum(swing, 0)
    right = np.maximum(np.maximum(xl, xr) + 0.040, x + wide) + np.maximum(swing, 0)
    y = [np.minimum(floor, np.where(first, yl, yr) * 0.5 - 0.075) for first in (xl < xr, xl >= xr)]
    return (left, y[0]), (right, y[1])


def _waist(pose: Pose):
    """Its two ends: between legs that stand and a trunk that leans."""
    lean, wide = np.radians(0.75 * np.asarray(pose.lean)), 0.050 * breadth(pose)
    x, y = pose.hip[0] + 0.085 * np.sin(lean), pose.hip[1] - 0.085 * np.cos(lean)
    across = (wide * np.cos(lean), wide * np.sin(lean))
    return (x - across[0], y - across[1]), (x + across[0], y + across[1])


def _bodice(pen: Pen, pose: Pose, colour) -> None:
    w, front = breadth(pose), np.clip(np.cos(pose.yaw) * 4, 0, 1)
    pen.capsule((0, -0.225), (0, -0.29), 0.022, None, darker(SKIN, 0.12), **skin_ink(0.008, 0.3, 0.02))
    pen.polygon(
        [(-0.066 * w, -0.232), (0.066 * w, -0.232), (0.074 * w, -0.17), (0.048 * w, -0.09), (-0.048 * w, -0.09),
         (-0.074 * w, -0.17)],
        colour, round=0.014, **ink(colour, 0.010, 0.5, 0.03),
    )  # fmt: skip
    turn = 0.03 * np.sin(pose.yaw)
    pen.polygon(
        [(turn - 0.034 * w, -0.248), (turn + 0.034 * w, -0.248), (turn, -0.190)], SKIN, round=0.005, alpha=front,
        outline=CREAM, width=0.009,
    )  # fmt: skip
    pen.capsule((-0.052 * w, -0.092), (0.052 * w, -0.092), 0.016, None, CREAM, **ink(CREAM, 0.007, 0.3, 0.02))
    pen.ellipse((turn, -0.092), 0.014, 0.017, "#e5b84a", outline="#8a6420", width=0.005, alpha=front, fine=True)


def _bun(pen: Pen, pose: Pose, actor: Actor) -> None:
    """On the crown, a little behind; a hat takes its place."""
    if actor.clothes == "hat":
        return
    x = -0.055 * np.sin(pose.yaw) + 0.006 * wave(actor.cycle, 0.3)
    pen.ellipse(
        (x, -0.165), 0.076, 0.066, HAIR, to=darker(HAIR, 0.3), outline=HAIR_EDGE, width=0.011, shade=0.35,
        shade_size=0.03,
    )  # fmt: skip
    pen.ellipse((x, -0.122), 0.052, 0.018, actor.colour, outline=edge(actor.colour), width=0.009)


def _head(pen: Pen, pose: Pose, actor: Actor, blown) -> None:
    """Hair parted at the side and drawn back, with a loose strand on each temple for the wind."""
    turn = np.sin(pose.yaw)
    _bun(pen, pose, actor)
    skull = pen.ellipse_shape((0, 0), 0.138, 0.150)
    pen.fill(
        skull, HAIR, to=darker(HAIR, 0.25), axis=((0, -0.15), (0, 0.15)), outline=HAIR_EDGE, width=0.012, shade=0.3,
        shade_size=0.03,
    )  # fmt: skip
    with pen.inside(skull):
        face(pen, pose, (0.0, 0.008), hair=HAIR, blink=blinking(actor), lashes=True)
        shift = 0.06 * turn
        pen.ellipse((-0.095 + shift, -0.075), 0.105, 0.058, HAIR, angle=38)
        pen.ellipse((0.075 + shift, -0.092), 0.125, 0.048, HAIR, angle=-26)
        pen.ellipse(
            (0.05 + shift * 0.5, -0.105), 0.06, 0.014, lighter(HAIR, 0.45), angle=-22, alpha=0.55, soft=0.02, fine=True
        )
    for sign in (-1, 1):
        root = (sign * 0.126 + 0.02 * turn, -0.015)
        tip = (root[0] + sign * 0.012 + 1.3 * blown + 0.010 * wave(actor.t, 0.2 * sign), 0.145 - 0.3 * np.abs(blown))
        pen.chain(
            [root, (sign * 0.142 + 0.02 * turn + 0.3 * blown, 0.07), tip], [0.022, 0.018, 0.005], HAIR, blend=0.01,
            outline=HAIR_EDGE, width=0.009,
        )  # fmt: skip
        pen.ellipse(
            (sign * 0.128 + 0.02 * turn, 0.105), 0.012, 0.015, "#f0c04a", outline="#8a6420", width=0.005, fine=True
        )
