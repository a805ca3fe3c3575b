"""A man with a short beard, a shirt with rolled sleeves, braces and long trousers."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast import _clothes as wear
from filmloom.world.cast._ink import ink
from filmloom.world.cast._people import (
    DEEDS,
    HOMES,
    SKIN,
    Build,
    Pose,
    arm,
    blinking,
    breadth,
    face,
    leg,
    mouth,
    pose_of,
    shadow,
    skin_ink,
)
from filmloom.world.pen import Pen, darker, lighter, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="man",
    actions=(*DEEDS, "crawl"),
    settings=HOMES,
    station="ground",
    size=0.55,
    part="shirt",
    travel={"walk": 0.12, "run": 0.34, "crawl": 0.06},
    width=1.1,
    clothes=wear.PEOPLE,
    reach={
        "cheer": (1.17, 0.03),
        "stretch": (1.17, 0.03),
        "sing": (1.34, 0.03),
        "jump": (1.43, 0.04),
        "crawl": (0.54, 0.04),
    },
)
BUILD = Build(legs=1.16, trunk=1.14, head_size=0.72, head=0.345, shoulder=0.096)
HAIR, HAIR_EDGE = "#6a452e", "#2f1d13"
TROUSERS, LEATHER = "#5a5348", "#5b3a26"


def draw(pen: Pen, actor: Actor) -> None:
    pose = pose_of(actor, BUILD)
    scale, coated = BUILD.trunk / BUILD.legs, actor.clothes == "coat"
    with pen.at(scale=BUILD.legs):
        shadow(pen, pose)
        with pen.at(*pose.hip, angle=-pose.lean, scale=scale):
            arm(pen, pose, 0, sleeve=darker(actor.colour, 0.12), long=True, build=BUILD)
            if coated:
                wear.sleeve(pen, pose, 0, darker(actor.colour, 0.15), build=BUILD)
        for side in (0, 1):
            leg(pen, pose, side, socks="#3b3630", shoes=LEATHER, trousers=TROUSERS, full=True)
        with pen.at(*pose.hip, angle=-pose.lean, scale=scale):
            _trunk(pen, pose, actor)
        if coated and actor.action not in ("crawl", "sit"):
            with pen.at(*pose.hip, angle=-0.5 * pose.lean, scale=scale):
                wear.coat_skirt(pen, pose, actor.colour, -0.05 * actor.wind, longer=0.02)
        with pen.at(*pose.hip, angle=-pose.lean, scale=scale):
            if coated:
                with pen.at(scale=1.12):
                    wear.coat_top(pen, pose, actor.colour)
            if actor.clothes == "scarf":
                wear.scarf(pen, pose, actor, y=-0.235)
            pen.joint("neck", (0, -0.25))
            with pen.at(0, -BUILD.head, angle=-pose.tilt, scale=BUILD.head_size / BUILD.trunk):
                _head(pen, pose, actor)
                if actor.clothes == "hat":
                    wear.hat(pen)
            arm(pen, pose, 1, sleeve=actor.colour, long=True, build=BUILD)
            if coated:
                wear.sleeve(pen, pose, 1, actor.colour, build=BUILD)


def _trunk(pen: Pen, pose: Pose, actor: Actor) -> None:
    """Seat, shirt, braces, belt, collar."""
    w, colour = breadth(pose), actor.colour
    front, turn = np.clip(np.cos(pose.yaw) * 4, 0, 1), np.sin(pose.yaw)
    pen.capsule((-0.042 * w, 0.008), (0.042 * w, 0.008), 0.056, None, TROUSERS, **ink(TROUSERS, 0.009, 0.4, 0.025))
    pen.capsule((0, -0.24), (0, -0.29), 0.030, None, darker(SKIN, 0.12), **skin_ink(0.008, 0.3, 0.02))
    chest = [(-0.090 * w, -0.232), (0.090 * w, -0.232), (0.094 * w, -0.15), (0.068 * w, -0.018), (-0.068 * w, -0.018)]
    shirt = pen.polygon_shape([*chest, (-0.094 * w, -0.15)], 0.020)
    pen.fill(shirt, colour, to=darker(colour, 0.14), **ink(colour, 0.011, 0.5, 0.04))
    with pen.inside(shirt):
        for sign in (-1, 1):
            ends = ((sign * 0.050 * w + 0.03 * turn, -0.27), (sign * 0.042 * w + 0.03 * turn, 0.0))
            pen.capsule(*ends, 0.009, None, LEATHER)
        middle = 0.05 * turn * w
        pen.capsule((middle, -0.22), (middle, 0.0), 0.0035, None, darker(colour, 0.3), alpha=front)
        buttons = [pen.ellipse_shape((middle, y), 0.0065, 0.0065) for y in (-0.175, -0.125, -0.075)]
        pen.union(buttons, lighter(colour, 0.75), alpha=front, fine=True)
    belt = ((-0.066 * w, -0.012), (0.066 * w, -0.012))
    pen.capsule(*belt, 0.016, None, LEATHER, **ink(LEATHER, 0.006, 0.3, 0.02))
    pen.box((0.04 * turn * w, -0.012), 0.028 * w, 0.026, "#e5b84a", round=0.004, alpha=front, fine=True)
    pen.ellipse((0.02 * turn, -0.248), 0.030 * w, 0.016, SKIN, alpha=front)
    for sign in (-1, 1):
        pen.polygon(
            [(0.02 * turn, -0.222), (0.02 * turn + sign * 0.050 * w, -0.262), (0.02 * turn + sign * 0.056 * w, -0.226)],
            lighter(colour, 0.3), round=0.004, alpha=front, **ink(colour, 0.006, 0.2, 0.01),
        )  # fmt: skip


def _head(pen: Pen, pose: Pose, actor: Actor) -> None:
    turn = np.sin(pose.yaw)
    ruffle = -0.010 * actor.wind - 0.015 * np.minimum(actor.speed, 1) + 0.004 * wave(actor.cycle, 0.2)
    for sign in (-1, 1):
        pen.ellipse((sign * 0.134 - 0.02 * turn, 0.03), 0.028, 0.036, SKIN, **skin_ink(0.011, 0.3, 0.02))
    skull = pen.ellipse_shape((0, 0.004), 0.136, 0.152)
    quiff = pen.union_shape(
        [pen.ellipse_shape((0.01, -0.112), 0.118, 0.062, -6),
         pen.ellipse_shape((0.075 + ruffle + 0.02 * turn, -0.142), 0.062, 0.042, 14)], 0.02,
    )  # fmt: skip
    cap = pen.union_shape([skull, *quiff.parts], 0.02)
    pen.fill(cap, HAIR, outline=HAIR_EDGE, width=0.012, shade=0.3, shade_size=0.03)
    with pen.inside(skull):
        face(pen, pose, (0.0, 0.004), hair=HAIR, blink=blinking(actor), lashes=False, lips=False)
        shift = 0.05 * turn
        pen.ellipse((0.01 + shift, -0.120), 0.150, 0.062, HAIR, angle=-5)
        for sign in (-1, 1):
            pen.capsule((sign * 0.132 + 0.03 * turn, -0.06), (sign * 0.126 + 0.035 * turn, 0.06), 0.030, 0.020, HAIR)
    _beard(pen, pose)
    pen.ellipse(
        (-0.03 + 0.5 * 0.05 * turn, -0.135), 0.055, 0.012, lighter(HAIR, 0.4), angle=8, alpha=0.5, soft=0.02, fine=True
    )


def _beard(pen: Pen, pose: Pose) -> None:
    """From ear to ear around the chin, and a moustache over the mouth; both slide round with the face."""
    x, y = 0.062 * np.sin(pose.yaw), 0.026 * np.asarray(pose.pitch)
    w = 0.75 + 0.25 * np.clip(np.cos(pose.yaw), 0, 1)
    jaw = [(x * 0.6 - 0.124, 0.050), (x * 0.8 - 0.098 * w, 0.116), (x, 0.152 + 0.5 * y), (x * 0.8 + 0.098 * w, 0.116)]
    pen.chain(
        [*jaw, (x * 0.6 + 0.124, 0.050)], [0.014, 0.030, 0.040, 0.030, 0.014], HAIR, blend=0.02,
        outline=HAIR_EDGE, width=0.009, shade=0.25, shade_size=0.02,
    )  # fmt: skip
    tips = [
        pen.capsule_shape((x * 1.6, 0.076 + y), (x * 1.5 + s * 0.046 * w, 0.086 + y), 0.013, 0.006) for s in (-1, 1)
    ]
    pen.union(tips, darker(HAIR, 0.15), blend=0.008)
    mouth(pen, pose, (0.0, 0.012))
