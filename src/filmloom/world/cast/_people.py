"""The rig of girl and boy: a Pose for every action, and one way to draw trunk, limbs, head and face in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from filmloom.world.cast._gait import leap, step
from filmloom.world.cast._ink import ink
from filmloom.world.pen import Number, Pen, Point, darker, limb, smooth, wave
from filmloom.world.stage import Actor

SKIN, SKIN_EDGE = "#ffdcc2", "#94583f"
THIGH = SHIN = 0.189
ARM = FOREARM = 0.142


@dataclass
class Pose:
    """Angles in degrees. An arm is (shoulder, elbow): 0 hangs, positive swings towards +x; the elbow adds to the
    shoulder. `yaw` in radians turns the body: 0 looks at us, pi/2 forward. `knees`: side each knee bends to.
    `hem`: where the skirt ends below the hip."""

    hip: Point = (0.0, -0.42)
    lean: Number = 0.0
    yaw: Number = 0.0
    tilt: Number = 0.0
    left: Point = (-14.0, 6.0)
    right: Point = (14.0, -6.0)
    feet: tuple[Point, Point] = ((-0.055, -0.03), (0.055, -0.03))
    knees: tuple[Number, Number] = (-1.0, 1.0)
    flare: Number = 0.0
    sway: Number = 0.0
    hem: Number = 0.17
    lift: Number = 0.0
    smile: Number = 0.5


def skin_ink(width: float, shade: float, size: float) -> dict:
    """Ink for bare skin: a warm line."""
    return ink(SKIN, width, shade, size) | {"outline": SKIN_EDGE}


def pose_of(actor: Actor) -> Pose:
    """What the body does in `actor.action`."""
    return _POSES[actor.action](actor)


def _dance(actor: Actor) -> Pose:
    """Arms sweep from side to overhead in turn, hips sway, one foot lifts after the other; feet land at 0 and 0.5."""
    c = actor.cycle
    side, beat = wave(c), wave(2 * c, 0.25)
    up_l, up_r = smooth(0.5 - 0.5 * wave(c, 0.06)), smooth(0.5 + 0.5 * wave(c, 0.06))
    lift_l, lift_r = smooth(np.maximum(-side, 0)), smooth(np.maximum(side, 0))
    hip = (-0.035 * side, -0.415 - 0.012 * beat)
    feet = ((-0.05 - 0.075 * lift_l, -0.03 - 0.12 * lift_l), (0.05 + 0.075 * lift_r, -0.03 - 0.12 * lift_r))
    arms = ((-84 - 58 * up_l, -10 - 22 * up_l), (84 + 58 * up_r, 10 + 22 * up_r))
    return Pose(
        hip,
        7 * side,
        0.5 * wave(c, 0.15),
        8 * side,
        *arms,
        feet,
        flare=0.045 + 0.03 * beat,
        sway=0.05 * wave(c, 0.42),
        smile=1.0,
    )


def _stride(actor: Actor, share: float, kick: float, raise_: float, swing: float) -> tuple[Point, Point]:
    steps = [step(actor, offset, share=share, swing=swing, kick=kick, raise_=raise_) for offset in (0.5, 0.0)]
    return tuple((x, y - 0.03) for x, y in steps)


def _walk(actor: Actor) -> Pose:
    c = actor.cycle
    swing = 30 * wave(c, 0.25)
    hip = (0.0, -0.415 - 0.010 * wave(2 * c, 0.0))
    arms = ((swing, 14), (-swing, 14))
    return Pose(
        hip,
        2.0,
        0.75,
        2 * wave(2 * c),
        *arms,
        _stride(actor, 0.58, 0.02, 0.055, 0.09),
        (1, 1),
        flare=0.01,
        sway=0.02 * wave(c, 0.1),
    )


def _run(actor: Actor) -> Pose:
    c = actor.cycle
    swing = 52 * wave(c, 0.25)
    hip = (0.0, -0.415 - 0.028 * wave(2 * c, 0.55))
    arms = ((swing - 8, 82), (-swing - 8, 82))
    feet = _stride(actor, 0.36, 0.16, 0.17, 0.16)
    return Pose(hip, 15.0, 0.85, -6.0, *arms, feet, (1, 1), flare=0.03, sway=-0.05 + 0.02 * wave(2 * c), smile=0.9)


def _jump(actor: Actor) -> Pose:
    high, crouch = leap(actor.cycle)
    rise = 0.26 * high
    hip = (0.0, -0.42 + 0.10 * crouch - rise)
    tuck = 0.09 * high
    feet = ((-0.06 - 0.03 * high, -0.03 - rise - tuck), (0.06 + 0.03 * high, -0.03 - rise - tuck * 0.6))
    up = smooth(high * 1.6)
    arms = ((-24 + 30 * crouch - 126 * up, -8 - 10 * up), (24 - 30 * crouch + 126 * up, 8 + 10 * up))
    return Pose(
        hip, 4 * crouch, 0.15, -4 * high, *arms, feet, flare=0.05 * high, lift=rise, hem=0.17 - 0.03 * high, smile=1.0
    )


def _wave(actor: Actor) -> Pose:
    c = actor.cycle
    body = wave(c, 0.1) * 0.5
    hip = (-0.012 * body, -0.42)
    return Pose(
        hip,
        -2 + 2 * body,
        0.12,
        5 + 4 * body,
        (-20, 10),
        (116.0, 44 + 30 * wave(c)),
        sway=0.015 * wave(c, 0.4),
        smile=1.0,
    )


def _spin(actor: Actor) -> Pose:
    """A pirouette on one toe: one turn per cycle."""
    yaw = 2 * np.pi * actor.cycle
    hip = (0.0, -0.435 - 0.006 * wave(2 * actor.cycle))
    reach = np.cos(yaw)
    arms = ((-88.0, -14.0 + 6 * reach), (88.0, 14.0 - 6 * reach))
    feet = ((0.0 * yaw, -0.045), (0.05 + 0.05 * reach, -0.17))
    return Pose(
        hip, 0.0, yaw, 0.0, *arms, feet, (-1, 1), flare=0.10, sway=0.012 * wave(actor.cycle), hem=0.13, smile=1.0
    )


def _bow(actor: Actor) -> Pose:
    deep = smooth(1.15 * (0.5 - 0.5 * wave(actor.cycle, 0.25)))
    hip = (-0.05 * deep, -0.415)
    arms = ((-10 + 64 * deep, 8 + 10 * deep), (12 + 58 * deep, 6 + 16 * deep))
    return Pose(
        hip, 4 + 62 * deep, 0.75, 14 * deep, *arms, knees=(1, 1), feet=((-0.045, -0.03), (0.045, -0.03)), smile=0.6
    )


def _sit(actor: Actor) -> Pose:
    """On the ground, legs stretched forward, looking about."""
    c = actor.cycle
    hip = (-0.10, -0.11)
    feet = ((0.27 + 0.008 * wave(2 * c), -0.035), (0.31 - 0.008 * wave(2 * c), -0.055))
    arms = ((26, 30), (38 + 3 * wave(c), 26))
    return Pose(
        hip,
        -6 + 2 * wave(c),
        0.45 + 0.35 * wave(c, 0.2),
        4 * wave(c, 0.1),
        *arms,
        feet,
        (1, 1),
        flare=0.05,
        sway=0.06,
        hem=0.085,
    )


_POSES = {
    "dance": _dance,
    "walk": _walk,
    "run": _run,
    "jump": _jump,
    "wave": _wave,
    "spin": _spin,
    "bow": _bow,
    "sit": _sit,
}


def shadow(pen: Pen, pose: Pose) -> None:
    """Stays on the ground, shrinks while the body is in the air."""
    pen.shadow(
        np.asarray(pose.hip[0]) + 0.10 * (pose.hem < 0.1 if isinstance(pose.hem, float) else 0.0),
        0.0,
        0.19 - 0.16 * np.asarray(pose.lift),
        0.034,
    )


def leg(pen: Pen, pose: Pose, side: int, *, socks, shoes, trousers=None) -> None:
    """`side`: 0 left, 1 right. From hip to shoe, with socks and perhaps trousers to the knee."""
    name = "lr"[side]
    foot, sign = pose.feet[side], (-1, 1)[side]
    hip = (pose.hip[0] + sign * 0.042, pose.hip[1] + 0.02)
    knee = limb(hip, foot, THIGH, SHIN, pose.knees[side])
    ankle = (foot[0] + (knee[0] - foot[0]) * 0.35, foot[1] + (knee[1] - foot[1]) * 0.35)
    toe = 0.022 * np.clip(np.sin(pose.yaw) * 1.4, -1, 1) + 0.010 * sign * np.cos(pose.yaw)
    pen.chain([hip, knee, foot], [0.042, 0.034, 0.026], SKIN, **skin_ink(0.009, 0.35, 0.02))
    pen.capsule(ankle, foot, 0.030, 0.028, socks, **ink(socks, 0.008, 0.3, 0.02))
    pen.ellipse((foot[0] + toe, foot[1] + 0.008), 0.048, 0.028, shoes, **ink(shoes, 0.009, 0.4, 0.02))
    if trousers is not None:
        half = (hip[0] + (knee[0] - hip[0]) * 0.95, hip[1] + (knee[1] - hip[1]) * 0.95)
        pen.capsule(hip, half, 0.062, 0.056, trousers, **ink(trousers, 0.009, 0.4, 0.025))
    for key, point in (("hip", hip), ("knee", knee), ("foot", foot)):
        pen.joint(f"{name}_{key}", point)


def arm(pen: Pen, pose: Pose, side: int, *, sleeve, long: bool = False) -> None:
    """In the trunk's frame. The sleeve puffs at the shoulder, or reaches almost to the elbow when `long`."""
    name, sign = "lr"[side], (-1, 1)[side]
    angle, flex = (
        np.radians(pose.left[0] if side == 0 else pose.right[0]),
        np.radians(pose.left[1] if side == 0 else pose.right[1]),
    )
    turned = breadth(pose)
    shoulder = (sign * 0.076 * turned, -0.225)
    reach = turned if np.ndim(pose.yaw) and pose.hem == 0.13 else 1.0
    elbow = (shoulder[0] + reach * ARM * np.sin(angle), shoulder[1] + ARM * np.cos(angle))
    hand = (elbow[0] + reach * FOREARM * np.sin(angle + flex), elbow[1] + FOREARM * np.cos(angle + flex))
    pen.chain([shoulder, elbow, hand], [0.030, 0.026, 0.021], SKIN, **skin_ink(0.009, 0.35, 0.02))
    pen.ellipse(hand, 0.028, None, SKIN, **skin_ink(0.008, 0.25, 0.02))
    if long:
        cuff = (shoulder[0] + (elbow[0] - shoulder[0]) * 0.85, shoulder[1] + (elbow[1] - shoulder[1]) * 0.85)
        pen.capsule(shoulder, cuff, 0.044, 0.048, sleeve, **ink(sleeve, 0.010, 0.45, 0.025))
    else:
        puff = (shoulder[0] + (elbow[0] - shoulder[0]) * 0.16, shoulder[1] + (elbow[1] - shoulder[1]) * 0.16)
        pen.ellipse(puff, 0.052, 0.047, sleeve, **ink(sleeve, 0.010, 0.5, 0.03))
    for key, point in (("shoulder", shoulder), ("elbow", elbow), ("hand", hand)):
        pen.joint(f"{name}_{key}", point)


def breadth(pose: Pose) -> np.ndarray:
    """How wide the turned trunk looks, 0.55..1."""
    return 0.55 + 0.45 * np.abs(np.cos(pose.yaw))


def face(pen: Pen, pose: Pose, centre: Point, *, hair, blink: Number, lashes: bool) -> None:
    """Skin, eyes, blush, mouth on a head whose hair is already drawn; it slides round with `yaw` and hides behind."""
    cx, cy = centre
    front = np.cos(pose.yaw)
    seen = np.clip(front * 4 + 1.2, 0, 1)
    skin_x, skin_w = cx + 0.034 * np.sin(pose.yaw), 0.122 * np.clip(0.62 + 0.45 * front, 0.05, 1)
    pen.ellipse((skin_x, cy + 0.034), skin_w, 0.122, SKIN, alpha=seen, shade=0.22, shade_size=0.035)

    def spot(angle: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        turn = angle + pose.yaw * 0.82 if not np.ndim(pose.yaw) else angle + pose.yaw
        wide = np.cos(turn)
        return cx + 0.118 * np.sin(turn), np.clip(wide, 0.15, 1), np.clip(wide * 5 - 1.5, 0, 1)

    for angle in (-0.62, 0.62):
        x, wide, there = spot(angle)
        pen.ellipse((x, cy + 0.080), 0.022 * wide, 0.012, "#ff9a94", alpha=0.55 * there, soft=0.012, fine=True)
    open_ = 1 - 0.9 * blink
    for angle in (-0.37, 0.37):
        x, wide, there = spot(angle)
        pen.ellipse((x, cy + 0.040), 0.0185 * wide, 0.028 * open_ + 0.003, "#3a2418", alpha=there)
        pen.ellipse(
            (x + 0.002, cy + 0.052), 0.011 * wide, 0.010 * open_, "#8a5a3a", alpha=there * (1 - blink), fine=True
        )
        pen.ellipse(
            (x - 0.005, cy + 0.030), 0.0065 * wide, 0.008 * open_, "#ffffff", alpha=there * (1 - blink), fine=True
        )
        lid = 0.020 if lashes else 0.017
        pen.chain(
            [(x - lid * wide, cy + 0.022), (x, cy + 0.010), (x + lid * wide, cy + 0.020)],
            [0.004, 0.005, 0.004],
            "#3a2418",
            alpha=there * (1 - blink),
        )
        pen.capsule(
            (x - 0.016 * wide, cy - 0.019),
            (x + 0.016 * wide, cy - 0.021),
            0.0035,
            None,
            darker(hair, 0.1),
            alpha=there * 0.8,
            fine=True,
        )
    x, wide, there = spot(0.0)
    smile = np.asarray(pose.smile)
    half, low = (0.016 + 0.010 * smile) * wide, 0.010 * smile
    pen.chain(
        [(x - half, cy + 0.094), (x, cy + 0.096 + low), (x + half, cy + 0.094)],
        [0.003, 0.0045, 0.003],
        "#b8403f",
        blend=0.01,
        alpha=there,
    )
    pen.ellipse(
        (x, cy + 0.099 + 0.3 * low),
        half * 0.62,
        low * np.clip(2 * smile - 1.2, 0, 1),
        "#d9605c",
        alpha=there * (smile > 0.7),
    )
    x, wide, there = spot(0.05)
    pen.ellipse((x, cy + 0.074), 0.005 * wide, 0.004, darker(SKIN, 0.35), alpha=there, fine=True)
    pen.joint("head", centre)


def blinking(actor: Actor) -> np.ndarray:
    """0 open, 1 shut: every two and a half seconds or so."""
    t = actor.t + 2.5 * actor.rand("blink")[..., 0]
    return smooth(1 - np.abs(np.mod(t, 2.5) - 0.12) / 0.12)
