"""The rig of people and robots: a Pose for every action, and one way to draw limbs, face and props in it.

Its lengths are a child's, a bit over three heads tall. A grown-up is the same rig, each part scaled by a `Build`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from filmloom.world.cards import LAND
from filmloom.world.cast._gait import leap, step
from filmloom.world.cast._ink import ink
from filmloom.world.pen import Number, Pen, Point, darker, limb, smooth, wave
from filmloom.world.stage import Actor

DEEDS = (  # of everybody, young and grown
    "dance", "walk", "run", "jump", "wave", "bow", "sit", "clap", "cheer", "stretch", "nod", "sing", "read",
)  # fmt: skip
HOMES = (
    *LAND, "arctic", "bedroom", "castle", "farm", "harbour", "jungle", "lavender_field", "playground", "stage_hall",
    "waterfall",
)  # fmt: skip
SKIN, SKIN_EDGE = "#ffdcc2", "#94583f"
THIGH = SHIN = 0.189
ARM = FOREARM = 0.142


@dataclass(frozen=True)
class Build:
    """Scales of the child's legs, trunk (arms included) and head; `head`: its centre above the hip, in scaled trunks.

    Hip and feet of a Pose are in scaled legs, joints of arms in scaled trunks."""

    legs: float = 1.0
    trunk: float = 1.0
    head_size: float = 1.0
    head: float = 0.425
    shoulder: float = 0.076


CHILD = Build()


@dataclass
class Pose:
    """Angles in degrees. An arm is (shoulder, elbow): 0 hangs, positive swings towards +x; the elbow adds to the
    shoulder. `yaw` in radians turns the body: 0 looks at us, pi/2 forward. `knees`: side each knee bends to.
    `hem`: where the skirt ends below the hip.

    `hands`: where they are in the trunk's frame, instead of the arms' angles; `elbows`: side each elbow bends to,
    or `bent`: where it is from its shoulder, outward and down, for arms that reach towards us.
    `near`: both arms pass before the trunk. `gaze` turns the head alone (radians), `pitch` 1 bows the face.
    `mouth`: how far it opens, 0..1; `shut`: closed eyes. `book`, `notes`: cycle of what is read or sung.
    `ground`: (middle, half width) of the shadow."""

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
    hands: tuple[Point, Point] | None = None
    elbows: tuple[Number, Number] = (-1.0, 1.0)
    bent: tuple[Point, Point] | None = None
    near: bool = False
    gaze: Number = 0.0
    pitch: Number = 0.0
    mouth: Number = 0.0
    shut: Number = 0.0
    book: Number | None = None
    notes: Number | None = None
    ground: tuple[Number, float] | None = None


def skin_ink(width: float, shade: float, size: float) -> dict:
    """Ink for bare skin: a warm line."""
    return ink(SKIN, width, shade, size) | {"outline": SKIN_EDGE}


def pose_of(actor: Actor, build: Build = CHILD) -> Pose:
    """What the body does in `actor.action`. Feet of longer legs stride in longer units."""
    if build is CHILD:
        return _POSES[actor.action](actor)
    pose = _POSES[actor.action](replace(actor, speed=actor.speed / build.legs))
    return replace(pose, hip=(pose.hip[0], pose.hip[1] - 0.006))  # grown-ups stand with straighter knees


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


def _clap(actor: Actor) -> Pose:
    """Palms meet as the cycle begins and part again before the chest."""
    c = actor.cycle
    apart = smooth(np.abs(np.sin(np.pi * np.asarray(c))) * 1.15)
    beat = wave(c, 0.25)
    hand, elbow = (0.016 + 0.125 * apart, -0.165 - 0.055 * apart), (0.045 + 0.045 * apart, 0.115 - 0.012 * apart)
    hip = (0.006 * wave(0.5 * c), -0.418 - 0.007 * beat)
    return Pose(
        hip,
        2.5 * wave(0.5 * c),
        0.15 * wave(0.5 * c, 0.1),
        5 * wave(0.5 * c, -0.05),
        hands=((-hand[0], hand[1]), hand),
        bent=(elbow, elbow),
        near=True,
        sway=0.012 * wave(0.5 * c, 0.2),
        smile=1.0,
    )


def _cheer(actor: Actor) -> Pose:
    """Fists pump overhead, a small bounce on both feet, mouth wide open."""
    c = actor.cycle
    bounce = np.abs(np.sin(np.pi * np.asarray(c)))
    rise = 0.045 * smooth(bounce * 1.2)
    pump = 0.5 + 0.5 * wave(c, -0.25)
    hip = (0.0, -0.414 - rise)
    feet = ((-0.062, -0.03 - 0.8 * rise), (0.062, -0.03 - 0.8 * rise))
    arms = ((-124 - 24 * pump, -26 + 16 * pump), (124 + 24 * pump, 26 - 16 * pump))
    return Pose(
        hip, 2 * wave(0.5 * c), 0.0, 6 * wave(0.5 * c), *arms, feet, flare=0.02 + 0.02 * bounce, lift=rise,
        smile=1.0, mouth=0.75 + 0.25 * pump,
    )  # fmt: skip


def _stretch(actor: Actor) -> Pose:
    """Arms rise from the sides, the body grows onto its toes, leans over to one side, yawns, and comes down."""
    up = smooth(1.3 * (0.5 - 0.5 * wave(actor.cycle, 0.25)))
    over = np.sin(2 * np.pi * np.asarray(actor.cycle)) * up
    hip = (-0.015 * over, -0.415 - 0.022 * up)
    feet = ((-0.055, -0.03 - 0.012 * up), (0.055, -0.03 - 0.012 * up))
    arms = ((-16 - 128 * up, 8 - 32 * up), (16 + 128 * up, -8 + 32 * up))
    return Pose(
        hip, 15 * over, 0.0, 9 * over, *arms, feet, sway=-0.03 * over, lift=0.02 * up, smile=0.5 - 0.3 * up,
        mouth=0.8 * smooth(2 * up - 1), shut=smooth(2 * up - 0.6),
    )  # fmt: skip


def _nod(actor: Actor) -> Pose:
    """The head bows and comes up again, once a cycle, the body a little with it."""
    deep = smooth(1.25 * (0.5 - 0.5 * wave(actor.cycle, 0.25)) - 0.05)
    hip = (-0.006 * deep, -0.418)
    return Pose(
        hip, 1 + 5 * deep, 0.55, -4 + 20 * deep, (-10 + 4 * deep, 10), (12 + 4 * deep, 8), pitch=-0.25 + 1.35 * deep,
        smile=0.8,
    )  # fmt: skip


def _sing(actor: Actor) -> Pose:
    """One hand on the heart, the other tells the song; the mouth opens with it."""
    c = actor.cycle
    tell = wave(c, 0.1)
    hip = (-0.014 * wave(0.5 * c), -0.418)
    hands = ((0.020, -0.165 - 0.008 * wave(c, 0.3)), (0.262 + 0.012 * tell, -0.200 - 0.050 * tell))
    return Pose(
        hip,
        3.5 * wave(0.5 * c),
        0.30 * wave(0.5 * c, 0.15),
        7 * wave(0.5 * c, -0.08),
        hands=hands,
        near=True,
        sway=0.022 * wave(0.5 * c, 0.3),
        bent=((0.050, 0.105), (0.078, 0.105 - 0.01 * tell)),
        smile=0.8,
        mouth=0.25 + 0.75 * smooth(0.5 + 0.75 * wave(2 * c, 0.1)),
        shut=smooth(0.2 + 0.9 * wave(0.5 * c, 0.3)) * 0.8,
        notes=c,
    )


def _read(actor: Actor) -> Pose:
    """Standing with an open book held low before the chest; a page turns in the middle of the cycle."""
    c = actor.cycle
    turning = smooth(1 - np.abs(np.mod(c, 1.0) - 0.5) / 0.12)
    low = 0.006 * wave(2 * c)
    hands = ((-0.084, -0.070 + low), (0.084 - 0.085 * turning, -0.070 + low - 0.03 * turning))
    return Pose(
        (0.008 * wave(c), -0.418),
        1.5 * wave(c),
        0.10 + 0.06 * wave(c),
        3 * wave(c, 0.1),
        hands=hands,
        near=True,
        bent=((0.052, 0.112), (0.052, 0.112)),
        shut=0.3,
        pitch=1.0 + 0.15 * wave(2 * c),
        smile=0.6,
        sway=0.006 * wave(c),
        book=c,
    )


def _crawl(actor: Actor) -> Pose:
    """On hands and knees: a hand and the knee across from it move together; each hand lands at 0 or 0.5."""
    c = actor.cycle
    hip, lean = (-0.135, -0.245 - 0.006 * wave(2 * c)), 80 + 2 * wave(2 * c)
    paces = [step(actor, offset, share=0.6, swing=0.045, raise_=0.035) for offset in (0.5, 0.0)]
    feet = tuple((-0.285 + 0.9 * x, -0.034 + 0.4 * y) for x, y in reversed(paces))
    hands = tuple(_in_trunk(hip, lean, (0.135 + x, -0.024 + y)) for x, y in paces)
    return Pose(
        hip, lean, 0.85, -64 + 3 * wave(c), feet=feet, knees=(1, 1), hands=hands, elbows=(1, 1), ground=(-0.02, 0.34),
        smile=0.8,
    )  # fmt: skip


def _look(actor: Actor) -> Pose:
    """One hand shades the eyes; head, then trunk, turn to one side, rest there, and turn to the other."""
    c = actor.cycle
    side = np.clip(1.7 * wave(c), -1, 1)
    hip = (0.012 * side, -0.418)
    hands = ((-0.185, 0.020), (0.175 + 0.012 * side, -0.430))
    return Pose(
        hip, 3 * wave(c, -0.03), 0.25 * np.clip(1.7 * wave(c, -0.03), -1, 1), 4 * side, hands=hands, elbows=(-1, -1),
        gaze=0.75 * side, smile=0.6,
    )  # fmt: skip


def _in_trunk(hip: Point, lean: Number, point: Point) -> Point:
    """A point beside the hip, in the frame of a trunk that leans."""
    x, y, c, s = point[0] - hip[0], point[1] - hip[1], np.cos(np.radians(lean)), np.sin(np.radians(lean))
    return x * c + y * s, y * c - x * s


_POSES = {
    "dance": _dance,
    "walk": _walk,
    "run": _run,
    "jump": _jump,
    "wave": _wave,
    "spin": _spin,
    "bow": _bow,
    "sit": _sit,
    "clap": _clap,
    "cheer": _cheer,
    "stretch": _stretch,
    "nod": _nod,
    "sing": _sing,
    "read": _read,
    "crawl": _crawl,
    "look": _look,
}


def shadow(pen: Pen, pose: Pose) -> None:
    """Stays on the ground, shrinks while the body is in the air."""
    if pose.ground:
        pen.shadow(pose.ground[0], 0.0, pose.ground[1], 0.04)
        return
    pen.shadow(
        np.asarray(pose.hip[0]) + 0.10 * (pose.hem < 0.1 if isinstance(pose.hem, float) else 0.0),
        0.0,
        0.19 - 0.16 * np.asarray(pose.lift),
        0.034,
    )


def leg(pen: Pen, pose: Pose, side: int, *, socks, shoes, trousers=None, full: bool = False) -> None:
    """`side`: 0 left, 1 right. Hip to shoe, with socks and perhaps trousers to the knee, or all the way (`full`)."""
    name = "lr"[side]
    foot, sign = pose.feet[side], (-1, 1)[side]
    hip = (pose.hip[0] + sign * 0.042, pose.hip[1] + 0.02)
    knee = limb(hip, foot, THIGH, SHIN, pose.knees[side])
    ankle = (foot[0] + (knee[0] - foot[0]) * 0.35, foot[1] + (knee[1] - foot[1]) * 0.35)
    toe = 0.022 * np.clip(np.sin(pose.yaw) * 1.4, -1, 1) + 0.010 * sign * np.cos(pose.yaw)
    pen.chain([hip, knee, foot], [0.042, 0.034, 0.026], SKIN, **skin_ink(0.009, 0.35, 0.02))
    pen.capsule(ankle, foot, 0.030, 0.028, socks, **ink(socks, 0.008, 0.3, 0.02))
    pen.ellipse((foot[0] + toe, foot[1] + 0.008), 0.048, 0.028, shoes, **ink(shoes, 0.009, 0.4, 0.02))
    if full:
        pen.chain([hip, knee, ankle], [0.058, 0.045, 0.040], trousers, **ink(trousers, 0.009, 0.4, 0.025))
    elif trousers is not None:
        half = (hip[0] + (knee[0] - hip[0]) * 0.95, hip[1] + (knee[1] - hip[1]) * 0.95)
        pen.capsule(hip, half, 0.062, 0.056, trousers, **ink(trousers, 0.009, 0.4, 0.025))
    for key, point in (("hip", hip), ("knee", knee), ("foot", foot)):
        pen.joint(f"{name}_{key}", point)


def arm(pen: Pen, pose: Pose, side: int, *, sleeve, long: bool = False, build: Build = CHILD) -> None:
    """In the trunk's frame. The sleeve puffs at the shoulder, or reaches almost to the elbow when `long`.

    Side 0 is drawn behind the trunk and side 1 before it, but for poses with `near` arms: there both come with 1."""
    if pose.near and side == 0:
        return
    if pose.book is not None:
        _book(pen, pose)
    for one in (0, 1) if pose.near else (side,):
        _arm(pen, pose, one, sleeve, long, build)
    if pose.notes is not None:
        _notes(pen, pose)


def _arm(pen: Pen, pose: Pose, side: int, sleeve, long: bool, build: Build) -> None:
    name = "lr"[side]
    shoulder, elbow, hand = joints = arm_joints(pose, side, build.shoulder)
    folded = long and pose.near  # then forearm and hand lie over the sleeve
    if not folded:
        pen.chain([shoulder, elbow, hand], [0.030, 0.026, 0.021], SKIN, **skin_ink(0.009, 0.35, 0.02))
        pen.ellipse(hand, 0.028, None, SKIN, **skin_ink(0.008, 0.25, 0.02))
    if long:
        cuff = (shoulder[0] + (elbow[0] - shoulder[0]) * 0.85, shoulder[1] + (elbow[1] - shoulder[1]) * 0.85)
        pen.capsule(shoulder, cuff, 0.044, 0.048, sleeve, **ink(sleeve, 0.010, 0.45, 0.025))
    else:
        puff = (shoulder[0] + (elbow[0] - shoulder[0]) * 0.16, shoulder[1] + (elbow[1] - shoulder[1]) * 0.16)
        pen.ellipse(puff, 0.052, 0.047, sleeve, **ink(sleeve, 0.010, 0.5, 0.03))
    if folded:
        pen.capsule(elbow, hand, 0.029, 0.022, SKIN, **skin_ink(0.009, 0.35, 0.02))
        pen.ellipse(hand, 0.028, None, SKIN, **skin_ink(0.008, 0.25, 0.02))
    for key, point in zip(("shoulder", "elbow", "hand"), joints):
        pen.joint(f"{name}_{key}", point)


def arm_joints(pose: Pose, side: int, wide: float) -> tuple[Point, Point, Point]:
    """Shoulder, elbow and hand in the trunk's frame; `wide`: from the neck to a shoulder that faces us."""
    sign, turned = (-1, 1)[side], breadth(pose)
    shoulder = (sign * wide * turned, -0.225)
    if pose.hands is not None:
        hand = pose.hands[side]
        if pose.bent is None:
            return shoulder, limb(shoulder, hand, ARM, FOREARM, pose.elbows[side]), hand
        out, down = pose.bent[side]
        return shoulder, (shoulder[0] + sign * out, shoulder[1] + down), hand
    angle, flex = (
        np.radians(pose.left[0] if side == 0 else pose.right[0]),
        np.radians(pose.left[1] if side == 0 else pose.right[1]),
    )
    reach = turned if np.ndim(pose.yaw) and pose.hem == 0.13 else 1.0
    elbow = (shoulder[0] + reach * ARM * np.sin(angle), shoulder[1] + ARM * np.cos(angle))
    hand = (elbow[0] + reach * FOREARM * np.sin(angle + flex), elbow[1] + FOREARM * np.cos(angle + flex))
    return shoulder, elbow, hand


def _book(pen: Pen, pose: Pose) -> None:
    """Open, its back to us a little below the face: cover, two blocks of pages, and the page that turns."""
    x, y = (pose.hands[0][0] + 0.084, pose.hands[0][1])
    cover, paper = "#8c5a3c", "#fbf5e6"
    for sign in (-1, 1):
        pen.polygon(
            [(x, y - 0.095), (x + sign * 0.118, y - 0.118), (x + sign * 0.118, y + 0.014), (x, y + 0.036)],
            cover, round=0.008, **ink(cover, 0.008, 0.3, 0.02),
        )  # fmt: skip
    for sign in (-1, 1):
        page = [(x, y - 0.106), (x + sign * 0.108, y - 0.130), (x + sign * 0.108, y - 0.002), (x, y + 0.022)]
        pen.polygon(page, paper, to=darker(paper, 0.12), outline=darker(cover, 0.2), width=0.005)
        for i in range(3):
            rise = y - 0.080 + 0.029 * i
            ends = (x + sign * 0.016, rise), (x + sign * 0.092, rise - 0.014)
            pen.capsule(*ends, 0.0028, None, "#a89a92", fine=True)
    turn = np.mod(pose.book, 1.0)
    swept = np.cos(np.pi * smooth((turn - 0.38) / 0.24))
    leaf = np.sin(np.pi * smooth((turn - 0.38) / 0.24))
    tip = x + 0.106 * swept
    pen.polygon(
        [(x, y - 0.106), (tip, y - 0.130 - 0.03 * leaf), (tip, y - 0.002 - 0.03 * leaf), (x, y + 0.022)],
        "#fffaf0", alpha=np.clip(leaf * 6, 0, 1), outline=darker(cover, 0.2), width=0.005,
    )  # fmt: skip


def _notes(pen: Pen, pose: Pose) -> None:
    """Three notes rise from the mouth, sway and fade."""
    for i in range(3):
        u = np.mod(0.5 * np.asarray(pose.notes) + i / 3, 1.0)
        x, y = 0.22 + 0.10 * u + 0.035 * wave(u * 1.5, i / 3), -0.34 - 0.30 * u
        there = smooth(6 * u) * smooth(3.2 * (1 - u))
        with pen.at(x, y, angle=12 * wave(u * 2, i / 3), scale=1.45):
            stem = pen.capsule_shape((0.016, 0.0), (0.016, -0.075), 0.0045)
            flag = pen.capsule_shape((0.016, -0.073), (0.044, -0.050), 0.008, 0.004)
            head = pen.ellipse_shape((0.0, 0.0), 0.021, 0.016, 20)
            pen.union([head, stem, flag], "#4b3b78", alpha=there, outline="#fdf8ff", width=0.006, valid=False)


def breadth(pose: Pose) -> np.ndarray:
    """How wide the turned trunk looks, 0.55..1."""
    return 0.55 + 0.45 * np.abs(np.cos(pose.yaw))


def face(pen: Pen, pose: Pose, centre: Point, *, hair, blink: Number, lashes: bool, lips: bool = True) -> None:
    """Skin, eyes, blush, mouth on a head whose hair is already drawn; it slides round with `yaw` and hides behind."""
    cx, cy = centre[0], centre[1] + 0.030 * pose.pitch
    front = np.cos(pose.yaw)
    seen = np.clip(front * 4 + 1.2, 0, 1)
    skin_x, skin_w = cx + 0.034 * np.sin(pose.yaw), 0.122 * np.clip(0.62 + 0.45 * front, 0.05, 1)
    pen.ellipse((skin_x, centre[1] + 0.034), skin_w, 0.122, SKIN, alpha=seen, shade=0.22, shade_size=0.035)

    blink = np.maximum(blink, pose.shut)
    for angle in (-0.62, 0.62):
        x, wide, there = _spot(pose, cx, angle)
        pen.ellipse((x, cy + 0.080), 0.022 * wide, 0.012, "#ff9a94", alpha=0.55 * there, soft=0.012, fine=True)
    open_ = 1 - 0.9 * blink
    for angle in (-0.37, 0.37):
        x, wide, there = _spot(pose, cx, angle)
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
    if lips:
        mouth(pen, pose, centre)
    x, wide, there = _spot(pose, cx, 0.05)
    pen.ellipse((x, cy + 0.074), 0.005 * wide, 0.004, darker(SKIN, 0.35), alpha=there, fine=True)
    pen.joint("head", centre)


def mouth(pen: Pen, pose: Pose, centre: Point) -> None:
    """A line that smiles, or an open mouth; beards are drawn before it."""
    cy = centre[1] + 0.030 * pose.pitch
    x, wide, there = _spot(pose, centre[0], 0.0)
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
    if np.any(np.asarray(pose.mouth) > 0):
        tall = 0.024 * np.asarray(pose.mouth)
        middle = (x, cy + 0.097 + 0.4 * tall)
        pen.ellipse(middle, (0.017 + 0.004 * smile) * wide, tall, "#8c2f3a", alpha=there * (tall > 0.003))


def _spot(pose: Pose, cx: Number, angle: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a thing at `angle` around the head is seen: x, how wide, whether at all."""
    turn = angle + pose.yaw * 0.82 if not np.ndim(pose.yaw) else angle + pose.yaw
    wide = np.cos(turn)
    return cx + 0.118 * np.sin(turn), np.clip(wide, 0.15, 1), np.clip(wide * 5 - 1.5, 0, 1)


def blinking(actor: Actor) -> np.ndarray:
    """0 open, 1 shut: every two and a half seconds or so."""
    t = actor.t + 2.5 * actor.rand("blink")[..., 0]
    return smooth(1 - np.abs(np.mod(t, 2.5) - 0.12) / 0.12)
