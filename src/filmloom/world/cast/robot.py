"""A friendly robot with a screen for a face, jointed limbs and a lamp on its antenna."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast import _clothes as wear
from filmloom.world.cast._ink import edge, ink, rounded
from filmloom.world.cast._people import (
    ARM,
    FOREARM,
    HOMES,
    SHIN,
    THIGH,
    Pose,
    arm_joints,
    blinking,
    breadth,
    pose_of,
    shadow,
)
from filmloom.world.pen import Pen, darker, lighter, limb, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="robot",
    actions=("walk", "dance", "wave", "spin", "jump", "nod", "clap", "look"),
    settings=(*HOMES, "arctic", "moon", "volcano"),
    station="ground",
    size=0.4,
    clothes=wear.ANIMAL,
    travel={"walk": 0.1},
    weight=0.8,
)
STEEL, LIGHT = "#aab2c0", "#6ff2e6"


def draw(pen: Pen, actor: Actor) -> None:
    pose = pose_of(actor)
    shadow(pen, pose)
    with pen.at(*pose.hip, angle=-pose.lean):
        if not pose.near:
            _arm(pen, actor, pose, 0)
    for side in (0, 1):
        _leg(pen, actor, pose, side)
    with pen.at(*pose.hip, angle=-pose.lean):
        _trunk(pen, actor, pose)
        for side in (0, 1) if pose.near else (1,):
            _arm(pen, actor, pose, side)
        if actor.clothes == "scarf":
            wear.scarf(pen, pose, actor, y=-0.285)
        with pen.at(0, -0.415, angle=-pose.tilt):
            _head(pen, actor, replace(pose, yaw=pose.yaw + pose.gaze))
            if actor.clothes == "hat":
                wear.hat(pen, (0.0, -0.092), 0.150)


def _leg(pen: Pen, actor: Actor, pose: Pose, side: int) -> None:
    foot, sign = pose.feet[side], (-1, 1)[side]
    hip = (pose.hip[0] + sign * 0.070 * breadth(pose), pose.hip[1] + 0.02)
    knee = limb(hip, foot, THIGH, SHIN, pose.knees[side])
    steel, boot = darker(STEEL, 0.18 * (1 - side)), darker(actor.colour, 0.12 + 0.15 * (1 - side))
    pen.chain([hip, knee, foot], [0.030, 0.028, 0.030], steel, **ink(STEEL, 0.009, 0.4, 0.02))
    pen.ellipse(knee, 0.038, None, lighter(steel, 0.25), **ink(STEEL, 0.008, 0.3, 0.02))
    toe = 0.020 * np.clip(np.sin(pose.yaw) * 1.4, -1, 1) + 0.008 * sign
    pen.capsule(
        (foot[0] + toe - 0.028, foot[1] - 0.004),
        (foot[0] + toe + 0.028, foot[1] - 0.004),
        0.036,
        None,
        boot,
        **ink(boot, 0.010, 0.4, 0.025),
    )
    for key, point in (("hip", hip), ("knee", knee), ("foot", foot)):
        pen.joint(f"{'lr'[side]}_{key}", point)


def _arm(pen: Pen, actor: Actor, pose: Pose, side: int) -> None:
    if pose.hands is not None:
        shoulder, elbow, hand = arm_joints(pose, side, 0.135)
    else:
        sign = (-1, 1)[side]
        angle, flex = (np.radians(v) for v in (pose.left, pose.right)[side])
        shoulder = (sign * 0.135 * breadth(pose), -0.215)
        elbow = (shoulder[0] + ARM * np.sin(angle), shoulder[1] + ARM * np.cos(angle))
        hand = (elbow[0] + FOREARM * np.sin(angle + flex), elbow[1] + FOREARM * np.cos(angle + flex))
    steel, joint = darker(STEEL, 0.18 * (1 - side)), darker(actor.colour, 0.10 + 0.15 * (1 - side))
    pen.chain([shoulder, elbow, hand], [0.026, 0.025, 0.024], steel, **ink(STEEL, 0.009, 0.4, 0.02))
    for point, r in ((shoulder, 0.048), (elbow, 0.032), (hand, 0.043)):
        pen.ellipse(point, r, None, joint, **ink(joint, 0.009, 0.4, 0.025))
    for key, point in (("shoulder", shoulder), ("elbow", elbow), ("hand", hand)):
        pen.joint(f"{'lr'[side]}_{key}", point)


def _trunk(pen: Pen, actor: Actor, pose: Pose) -> None:
    """A rounded tank; the chest panel slides round and hides as the body turns."""
    w, colour, turn = breadth(pose), actor.colour, np.sin(pose.yaw)
    front = np.clip(np.cos(pose.yaw) * 4 + 0.8, 0, 1)
    pen.capsule((0, -0.25), (0, -0.32), 0.032, None, darker(STEEL, 0.2), **ink(STEEL, 0.009, 0.3, 0.02))
    tank = pen.polygon_shape(rounded(-0.142 * w, -0.278, 0.142 * w, 0.036, 0.062))
    pen.fill(tank, lighter(colour, 0.06), to=darker(colour, 0.16), **ink(colour, 0.012, 0.5, 0.045))
    with pen.inside(tank):
        x, wide = 0.10 * turn * w, np.clip(np.cos(pose.yaw), 0.2, 1)
        pen.polygon(
            rounded(x - 0.076 * wide, -0.230, x + 0.076 * wide, -0.110, 0.015),
            "#eef1f6",
            alpha=front,
            outline=edge(colour),
            width=0.006,
        )
        beat = 0.5 + 0.5 * wave(2 * actor.t)
        for dx, paint in ((-0.035, "#ff6b6b"), (0.0, "#ffd24a"), (0.035, "#5ad17f")):
            pen.ellipse((x + dx * wide, -0.152), 0.012 * wide, 0.012, paint, alpha=front, emit=True)
        pen.box((x, -0.195), 0.08 * wide, 0.018, mix("#3a4560", LIGHT, beat), alpha=front, emit=True)
        pen.ellipse((0, 0.0), 0.2, 0.026, darker(colour, 0.35), alpha=0.7)
        pen.capsule((-0.105 * w, -0.20), (-0.095 * w, -0.05), 0.010, None, "#ffffff", alpha=0.45, soft=0.02, fine=True)
    pen.joint("neck", (0, -0.28))


def _head(pen: Pen, actor: Actor, pose: Pose) -> None:
    colour, turn = actor.colour, np.sin(pose.yaw)
    front = np.clip(np.cos(pose.yaw) * 4 + 0.8, 0, 1)
    dip = 0.030 * pose.pitch
    bob = 0.012 * wave(actor.cycle, 0.15)
    pen.chain(
        [(0, -0.10), (0.3 * bob, -0.150), (bob, -0.175)], [0.008, 0.007, 0.006], STEEL, outline=edge(STEEL), width=0.006
    )
    glow = smooth(0.5 + wave(1.2 * actor.t))
    pen.ellipse((bob, -0.180), 0.024, None, mix("#ff8a5c", "#ffe07a", glow), outline="#8a3a2a", width=0.007, emit=True)
    pen.glow((bob, -0.180), 0.12, "#ffc15a", 0.25 + 0.3 * glow)
    for sign in (-1, 1):
        pen.ellipse(
            (sign * 0.150 * (0.75 + 0.25 * np.abs(np.cos(pose.yaw))), 0.0),
            0.026,
            0.042,
            STEEL,
            **ink(STEEL, 0.009, 0.4, 0.02),
        )
    wide = 0.88 + 0.12 * np.abs(np.cos(pose.yaw))
    skull = pen.polygon_shape(rounded(-0.148 * wide, -0.112, 0.148 * wide, 0.112, 0.060))
    pen.fill(skull, lighter(colour, 0.06), to=darker(colour, 0.12), **ink(colour, 0.012, 0.45, 0.04))
    with pen.inside(skull):
        x, squeeze = 0.09 * turn, np.clip(np.cos(pose.yaw) + 0.15, 0.15, 1)
        half = np.maximum(0.020 + 0.088 * squeeze, 0.044)
        pen.polygon(rounded(x - half, -0.064 + dip, x + half, 0.076 + dip, 0.036), "#232a44", alpha=front, emit=True)
        open_ = 1 - 0.85 * blinking(actor)
        for sign in (-1, 1):
            pen.ellipse(
                (x + sign * 0.046 * squeeze, -0.004 + dip),
                0.020 * squeeze,
                0.026 * open_,
                LIGHT,
                alpha=front,
                emit=True,
            )
        smile = 0.014 * np.asarray(pose.smile)
        pen.chain(
            [(x - 0.026 * squeeze, 0.036 + dip), (x, 0.038 + smile + dip), (x + 0.026 * squeeze, 0.036 + dip)],
            [0.005] * 3,
            LIGHT,
            alpha=front,
            emit=True,
        )
        pen.ellipse((-0.05, -0.092), 0.055, 0.012, "#ffffff", angle=8, alpha=0.5, soft=0.02, fine=True)
    pen.joint("head", (0.0, 0.0))
