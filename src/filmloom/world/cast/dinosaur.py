"""A young dinosaur on two legs, with a row of plates, a heavy tail and small arms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._four_legs import blinking, eyes
from filmloom.world.cast._gait import step
from filmloom.world.cast._ink import contrast, edge, ink
from filmloom.world.pen import Number, Pen, Point, Shape, darker, lighter, limb, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="dinosaur",
    actions=("walk", "roar", "look", "stretch", "eat"),
    settings=("desert", "meadow", "beach", "jungle", "volcano"),
    station="ground",
    size=0.5,
    travel={"walk": 0.1},
    natural=("green", "teal", "purple"),
    width=1.65,
    weight=0.95,
    reach={"stretch": (1.14, 0.04)},
)
HIP, CHEST, HEAD = (-0.10, -0.385), (0.045, -0.585), (0.15, -0.835)
THIGH, SHIN = 0.20, 0.19


@dataclass(frozen=True)
class Pose:
    """`nod`: degrees the head is lowered. `jaw`: how wide it is open, 0..1. `turn`: where the face looks, 1 ahead, -1
    back. `tail`: degrees it is raised. `arms`: degrees of both from straight down, forward. `feet`: far, near."""

    hip: Point
    chest: Point
    head: Point
    feet: tuple[Point, Point] = ((0.10, -0.022), (-0.06, 0.0))
    nod: Number = 0.0
    jaw: Number = 0.0
    turn: Number = 1.0
    tail: Number = 0.0
    arms: Number = 35.0
    shut: Number = 0.0


def draw(pen: Pen, actor: Actor) -> None:
    pose = _POSES[actor.action](actor)
    colour = actor.colour
    belly = mix(lighter(colour, 0.72), "#fff3c9", 0.5)
    pen.shadow(-0.06, 0.0, 0.34, 0.050)
    spine = _spine(actor, pose)
    _leg(pen, pose, darker(colour, 0.28), 0)
    _arm(pen, pose, darker(colour, 0.28), 0)
    _plates(pen, pose, spine, contrast(colour))
    _body(pen, pose, spine, colour, belly)
    _leg(pen, pose, colour, 1)
    if actor.action == "eat":
        _bush(pen, actor)
        _arm(pen, pose, colour, 1)
    with pen.at(*pose.head, angle=-np.asarray(pose.nod)):
        _head(pen, actor, pose, belly)
    if actor.action != "eat":
        _arm(pen, pose, colour, 1)
    if actor.action == "roar":
        _sound(pen, pose)
    for name, point in (("head", pose.head), ("neck", pose.chest), ("rump", pose.hip), ("tail", spine[-1])):
        pen.joint(name, point)


def _walk(actor: Actor) -> Pose:
    c = actor.cycle
    paces = [step(actor, offset, share=0.6, swing=0.13, raise_=0.09) for offset in (0.5, 0.0)]
    feet = tuple((0.02 + x, y - 0.022 * (i == 0)) for i, (x, y) in enumerate(paces))
    bob, sway = -0.014 * wave(2 * c, 0.05), 0.012 * wave(2 * c, 0.3)
    return Pose(
        (HIP[0], HIP[1] + bob), (CHEST[0] + sway, CHEST[1] + bob), (HEAD[0] + 2.2 * sway, HEAD[1] + bob + 0.4 * sway),
        feet, nod=3 * wave(2 * c, 0.15), tail=6 * wave(c), arms=35 + 9 * wave(2 * c),
    )  # fmt: skip


def _roar(actor: Actor) -> Pose:
    """It draws breath, throws the head forward and roars from a quarter of the cycle to three quarters."""
    u = np.mod(actor.cycle, 1.0)
    loud = smooth((u - 0.17) / 0.13) * smooth((0.86 - u) / 0.16)
    breath = np.sin(np.pi * np.clip(u / 0.30, 0, 1)) ** 2
    shake = 0.007 * wave(12 * actor.cycle) * loud
    chest = (CHEST[0] + 0.065 * loud - 0.035 * breath, CHEST[1] + 0.045 * loud - 0.012 * breath)
    head = (HEAD[0] + 0.12 * loud - 0.085 * breath + shake, HEAD[1] + 0.055 * loud - 0.020 * breath)
    return Pose(
        (HIP[0], HIP[1] + 0.012 * loud), chest, head, nod=-20 * loud + 10 * breath, jaw=loud,
        tail=30 * loud - 6 * breath, arms=35 + 48 * loud, shut=0.75 * loud,
    )  # fmt: skip


def _look(actor: Actor) -> Pose:
    """Neck high, it looks ahead, then over its shoulder, and rests on both."""
    c = actor.cycle
    turn = np.tanh(2.4 * wave(c, 0.25)) / np.tanh(2.4)
    lift = 0.035 + 0.015 * wave(2 * c, 0.1)
    head = (HEAD[0] - 0.055 + 0.055 * turn, HEAD[1] - lift)
    return Pose(
        HIP, (CHEST[0] + 0.010 * turn, CHEST[1] - 0.4 * lift), head, nod=-4 + 4 * wave(c, 0.1), turn=turn,
        tail=6 + 12 * wave(c, 0.35), arms=38 + 6 * wave(c),
    )  # fmt: skip


def _stretch(actor: Actor) -> Pose:
    """On its toes, arms up, chin high, with a yawn at the top."""
    c = actor.cycle
    high = smooth(0.60 - 0.9 * wave(c, 0.25))
    shiver = 0.005 * wave(9 * c) * high
    hip, chest = (HIP[0] + 0.015 * high, HIP[1] - 0.055 * high), (CHEST[0] - 0.02 * high, CHEST[1] - 0.085 * high)
    head = (HEAD[0] - 0.065 * high + shiver, HEAD[1] - 0.085 * high)
    return Pose(
        hip, chest, head, nod=-26 * high, jaw=0.55 * high, tail=22 * high, arms=35 + 118 * high + 200 * shiver,
        shut=np.clip(1.5 * high - 0.3, 0, 1),
    )  # fmt: skip


def _eat(actor: Actor) -> Pose:
    """Bows to a leafy bush, bites as the cycle starts, chews on the way up."""
    c = actor.cycle
    down = smooth(0.5 + 0.85 * wave(c, 0.25))
    chew = (0.5 + 0.5 * wave(3 * c, 0.25)) * (1 - down)
    reach = 0.55 + 0.45 * down
    chest = (CHEST[0] + 0.10 * reach, CHEST[1] + 0.105 * reach)
    head = (HEAD[0] + 0.185 * reach, HEAD[1] + 0.400 * reach)
    jaw = 0.35 * chew + 0.65 * smooth(1 - np.abs(np.mod(c + 0.5, 1.0) - 0.40) / 0.10)
    return Pose(
        (HIP[0] - 0.02, HIP[1] + 0.01), chest, head, nod=6 + 24 * reach, jaw=jaw, tail=26 * reach, arms=30 + 8 * down
    )


_POSES = {"walk": _walk, "roar": _roar, "look": _look, "stretch": _stretch, "eat": _eat}


def _spine(actor: Actor, pose: Pose) -> list[Point]:
    """From the hip along the tail, in four bones."""
    swing = 7 * wave(actor.cycle, 0.2)
    points, angle = [(pose.hip[0] - 0.05, pose.hip[1] + 0.045)], 212 - 0.55 * np.asarray(pose.tail)
    for i, long in enumerate((0.13, 0.14, 0.15, 0.13)):
        bent = np.radians(angle - 12 * i - (0.30 * np.asarray(pose.tail) + swing) * 0.25 * i)
        points.append((points[-1][0] + long * np.cos(bent), points[-1][1] - long * np.sin(bent)))
    return points


def _plates(pen: Pen, pose: Pose, spine: list[Point], colour) -> None:
    """From the nape to the tail's end, largest on the back; half of each is hidden by the body drawn after."""
    (hx, hy), (cx, cy), (nx, ny) = pose.hip, pose.chest, pose.head
    back = [(nx - 0.10, ny + 0.02), (cx - 0.105, cy - 0.085), ((cx + hx) / 2 - 0.145, (cy + hy) / 2 - 0.06)]
    back += [(hx - 0.175, hy - 0.075), (spine[1][0] - 0.01, spine[1][1] - 0.12)]
    back += [(spine[2][0], spine[2][1] - 0.078), (spine[3][0], spine[3][1] - 0.048)]
    leans = (150, 145, 140, 128, 108, 96, 92)
    plates = []
    for (x, y), lean, tall in zip(back, leans, (0.055, 0.070, 0.085, 0.090, 0.075, 0.055, 0.040)):
        angle = np.radians(lean)
        tip = (x + tall * np.cos(angle), y - tall * np.sin(angle))
        plates.append(pen.capsule_shape((x - 0.3 * (tip[0] - x), y - 0.3 * (tip[1] - y)), tip, 0.55 * tall, 0.010))
    pen.union(plates, colour, **ink(colour, 0.012, 0.35, 0.025))


def _body(pen: Pen, pose: Pose, spine: list[Point], colour, belly) -> None:
    """Tail, trunk and neck in one skin, with a pale front and a few spots."""
    (hx, hy), (cx, cy), (nx, ny) = pose.hip, pose.chest, pose.head
    radii = (0.155, 0.110, 0.072, 0.042, 0.014)
    parts: list[Shape] = [pen.capsule_shape(*spine[i : i + 2], *radii[i : i + 2]) for i in range(4)]
    trunk = pen.capsule_shape(pose.hip, pose.chest, 0.190, 0.140)
    neck = pen.capsule_shape(pose.chest, (nx - 0.02, ny + 0.05), 0.115, 0.085)
    skin = pen.union_shape([*parts, trunk, neck], 0.07)
    pen.fill(skin, colour, to=darker(colour, 0.10), **ink(colour, 0.014, 0.45, 0.06))
    with pen.inside(pen.union_shape([trunk, neck], 0.07)):
        points = [(nx + 0.030, ny + 0.09), (cx + 0.085, cy), (hx + 0.155, hy + 0.02), (hx + 0.07, hy + 0.20)]
        pen.chain(points, [0.060, 0.075, 0.105, 0.090], belly, blend=0.08)
        for i in range(4):
            x, y = hx + 0.195 - 0.005 * i, hy + 0.095 - 0.075 * i
            x = x + (cx - CHEST[0] + 0.02) * 0.2 * i
            pen.capsule(
                (x - 0.10, y + 0.015), (x + 0.03, y - 0.01), 0.005, None, darker(belly, 0.35), alpha=0.6, fine=True
            )
    spots = darker(colour, 0.28)
    at = [(hx - 0.095, hy - 0.075, 0.036), (hx - 0.03, hy - 0.135, 0.026), (hx - 0.135, hy + 0.015, 0.026)]
    at += [(*spine[1], 0.028), (*spine[2], 0.020)]
    pen.union([pen.ellipse_shape((x, y - 0.02), r, 0.85 * r) for x, y, r in at], spots, alpha=0.75)


def _leg(pen: Pen, pose: Pose, colour, side: int) -> None:
    foot = pose.feet[side]
    top = (pose.hip[0] + 0.015 + 0.04 * (side == 0), pose.hip[1] + 0.06)
    ankle = (foot[0] - 0.02, foot[1] - 0.055)
    knee = limb(top, ankle, THIGH, SHIN, 1)
    pen.chain([top, knee, ankle], [0.120, 0.078, 0.052], colour, blend=0.05, **ink(colour, 0.014, 0.4, 0.04))
    if side:  # the near leg grows out of the body without a seam
        with pen.inside(pen.ellipse_shape(pose.hip, 0.182)):
            pen.ellipse((top[0] - 0.02, top[1] - 0.055), 0.115, None, colour, soft=0.04)
    pen.capsule(
        (foot[0] - 0.025, foot[1] - 0.040), (foot[0] + 0.075, foot[1] - 0.034), 0.045, 0.036, colour,
        **ink(colour, 0.013, 0.4, 0.03),
    )  # fmt: skip
    claws = [
        pen.ellipse_shape((foot[0] + 0.045 + 0.030 * i, foot[1] - 0.014 - 0.004 * i), 0.016, 0.013) for i in range(3)
    ]
    pen.union(claws, "#fff6df", outline=edge(colour), width=0.006, fine=True)
    pen.joint("lr"[side] + "_foot", foot)
    pen.joint("lr"[side] + "_knee", knee)


def _arm(pen: Pen, pose: Pose, colour, side: int) -> None:
    shoulder = (pose.chest[0] + 0.065 + 0.05 * (side == 0), pose.chest[1] + 0.035)
    upper = np.radians(np.asarray(pose.arms) + 6 * side)
    fore = upper + np.radians(52)
    elbow = (shoulder[0] + 0.085 * np.sin(upper), shoulder[1] + 0.085 * np.cos(upper))
    hand = (elbow[0] + 0.075 * np.sin(fore), elbow[1] + 0.075 * np.cos(fore))
    pen.chain([shoulder, elbow, hand], [0.045, 0.036, 0.030], colour, blend=0.02, **ink(colour, 0.012, 0.35, 0.02))
    claws = [
        pen.ellipse_shape((hand[0] + 0.026 * np.sin(fore + s), hand[1] + 0.026 * np.cos(fore + s)), 0.011)
        for s in (-0.6, 0.3)
    ]
    pen.union(claws, "#fff6df", outline=edge(colour), width=0.005, fine=True)
    pen.joint("lr"[side] + "_hand", hand)


def _head(pen: Pen, actor: Actor, pose: Pose, belly) -> None:
    """A big round snout; the lower jaw drops."""
    colour, k = actor.colour, pose.turn
    drop = np.radians(40 * np.asarray(pose.jaw))
    hinge = (0.035 * k, 0.070)
    chin = (hinge[0] + 0.160 * k * np.cos(drop), hinge[1] + 0.160 * np.sin(drop) + 0.012)
    jaw = darker(colour, 0.12)
    pen.capsule(hinge, chin, 0.062, 0.050, jaw, **ink(jaw, 0.013, 0.35, 0.03))
    gape = np.clip(4 * np.asarray(pose.jaw), 0, 1)
    pen.capsule(
        (hinge[0] + 0.03 * k, hinge[1] - 0.008),
        (chin[0] - 0.005 * k, chin[1] - 0.030),
        0.042,
        0.030,
        "#9c3443",
        alpha=gape,
    )
    tongue = (0.5 * (hinge[0] + chin[0]) + 0.03 * k, 0.5 * (hinge[1] + chin[1]) + 0.008)
    pen.ellipse(tongue, 0.050, 0.024, "#f2788a", alpha=gape, angle=-np.degrees(drop) * k)
    teeth = [pen.capsule_shape((x * k, 0.082), (x * k, 0.110), 0.015, 0.004) for x in (0.105, 0.145, 0.185)]
    pen.union(teeth, "#fffdf2", alpha=gape, outline="#8a7a72", width=0.005, fine=True)
    skull = pen.union_shape(
        [
            pen.ellipse_shape((0.0, -0.02), 0.128, 0.120),
            pen.capsule_shape((0.05 * k, 0.035), (0.165 * k, 0.030), 0.085, 0.072),
        ],
        0.07,
    )
    pen.fill(skull, colour, to=darker(colour, 0.05), **ink(colour, 0.014, 0.4, 0.04))
    with pen.inside(skull):
        pen.ellipse((0.065 * k, 0.055), 0.036, 0.024, "#ffb3a8", alpha=0.6, soft=0.02, fine=True)
        pen.ellipse((0.01 * k, -0.115), 0.065, 0.022, lighter(colour, 0.5), alpha=0.45, soft=0.03, fine=True)
    for x in (0.185, 0.222):
        pen.ellipse((x * k, -0.005), 0.010, 0.008, edge(colour), fine=True)
    with pen.at(0.058 * np.asarray(k), -0.055):
        eyes(pen, gap=0.052, y=0.0, size=0.036, shut=np.maximum(pose.shut, blinking(actor)), iris="#fff8dc")
    smile = [(0.205 * k, 0.070), (0.130 * k, 0.094), (0.050 * k, 0.080), (0.028 * k, 0.062)]
    pen.chain(smile, [0.006, 0.0065, 0.0065, 0.005], edge(colour), blend=0.02, alpha=1 - gape)
    pen.joint("nose", (0.2 * k, 0.02))
    pen.joint("jaw", chin)


def _sound(pen: Pen, pose: Pose) -> None:
    """Three arcs before the mouth while it roars."""
    x, y = pose.head[0] + 0.27, pose.head[1] - 0.02
    for i in range(3):
        r = 0.055 + 0.065 * i
        arc = [(x + r * np.cos(a), y - r * np.sin(a)) for a in np.radians(18 + np.array([-38.0, -13.0, 13.0, 38.0]))]
        there = smooth(3.5 * np.asarray(pose.jaw) - 0.8 * i - 0.2)
        pen.chain(
            arc, [0.008, 0.013, 0.013, 0.008], "#fffdf6", alpha=there, outline="#5b5f8d", width=0.008, valid=False
        )


def _bush(pen: Pen, actor: Actor) -> None:
    """Leaves that shake when they are bitten."""
    c = actor.cycle
    shake = 0.012 * wave(6 * c) * smooth(1 - np.abs(np.mod(c + 0.5, 1.0) - 0.5) / 0.25)
    green = "#4f9a3c"
    leaves = [
        pen.capsule_shape((0.62 + 0.9 * dx, -0.02), (0.62 + dx + shake, -dy), 0.030, 0.042)
        for dx, dy in ((-0.11, 0.10), (-0.045, 0.17), (0.03, 0.19), (0.09, 0.13))
    ]
    pen.union(leaves, green, blend=0.02, to=darker(green, 0.25), **ink(green, 0.011, 0.35, 0.03))
    berries = [(0.585, -0.115), (0.655, -0.155), (0.690, -0.085), (0.625, -0.06)]
    pen.union(
        [pen.ellipse_shape((x + 0.6 * shake, y), 0.016) for x, y in berries], "#d8414a", outline="#7c1f2c", width=0.005
    )
