"""A tortoise-like turtle with a patterned dome; it crawls, sleeps inside its shell, eats a strawberry, looks about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._four_legs import blinking, dreams, eyes
from filmloom.world.cast._gait import step
from filmloom.world.cast._ink import contrast, edge, ink
from filmloom.world.pen import Number, Pen, Point, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="turtle",
    actions=("crawl", "sleep", "eat", "look"),
    settings=("beach", "meadow", "desert", "autumn_park", "jungle", "waterfall", "farm"),
    station="ground",
    size=0.22,
    part="shell",
    travel={"crawl": 0.045},
    natural=("green", "brown", "teal"),
    width=2.55,
    weight=0.15,
    reach={"sleep": (1.16, 0.04), "look": (1.15, 0.04)},
)


@dataclass(frozen=True)
class Pose:
    """`lift`: of the shell over the ground. `tilt`: degrees its front is raised. `head`: centre. `feet`: hind far,
    front far, hind near, front near. `out`: 1 head and feet are out, 0 drawn in."""

    lift: Number
    head: Point
    feet: tuple[Point, ...]
    tilt: Number = 0.0
    nod: Number = 0.0
    turn: Number = 1.0
    out: Number = 1.0
    jaw: Number = 0.0
    shut: Number = 0.0


REST = ((-0.36, -0.035), (0.38, -0.035), (-0.50, 0.0), (0.26, 0.0))
HEAD = (0.78, -0.71)


def draw(pen: Pen, actor: Actor) -> None:
    pose = _POSES[actor.action](actor)
    shell = actor.colour
    skin = mix(lighter(shell, 0.55), "#dcd08c", 0.55)
    pen.shadow(-0.06, 0.0, 0.74, 0.075)
    _tail(pen, actor, pose, skin)
    for i in (0, 1):
        _leg(pen, pose, darker(skin, 0.25), i)
    if actor.action == "eat":
        _strawberry(pen, actor, pose)
    _neck(pen, pose, skin, (0.36, -0.20))
    asleep = actor.action == "sleep"
    if asleep:
        _head(pen, actor, pose, skin)
    for i in (2, 3):
        _leg(pen, pose, skin, i)
    with pen.at(0.0, -np.asarray(pose.lift), angle=pose.tilt):
        _shell(pen, actor)
    if not asleep:
        _head(pen, actor, pose, skin)
    pen.joint("head", pose.head)
    if actor.action == "sleep":
        dreams(pen, actor, (0.66, -0.66))


def _crawl(actor: Actor) -> Pose:
    """A front foot and the hind foot across from it move together and land at 0 or 0.5."""
    c = actor.cycle
    feet = []
    for i, offset in enumerate((0.5, 0.0, 0.0, 0.5)):
        x, y = step(actor, offset, share=0.6, swing=0.14, raise_=0.10)
        feet.append((REST[i][0] + x, REST[i][1] + y))
    heave = 0.018 * wave(2 * c, 0.1)
    head = (HEAD[0] + 0.035 * wave(2 * c), HEAD[1] - heave + 0.02 * wave(2 * c, 0.2))
    return Pose(0.19 + heave, head, tuple(feet), tilt=1.6 * wave(c), nod=3 * wave(2 * c, 0.3))


def _sleep(actor: Actor) -> Pose:
    """Drawn into the shell, which breathes."""
    breath = 0.5 + 0.5 * wave(actor.cycle)
    return Pose(0.015 + 0.012 * breath, (0.57, -0.235), REST, nod=6.0, out=0.0, shut=1.0)


def _eat(actor: Actor) -> Pose:
    """Stretches its neck to a strawberry, bites as the cycle starts, chews on the way back."""
    c = actor.cycle
    down = smooth(0.5 + 0.85 * wave(c, 0.25))
    chew = (0.5 + 0.5 * wave(3 * c, 0.25)) * (1 - down)
    jaw = 0.45 * chew + 0.8 * smooth(1 - np.abs(np.mod(c + 0.5, 1.0) - 0.38) / 0.12)
    head = (HEAD[0] - 0.02 + 0.05 * down, HEAD[1] + 0.13 + 0.215 * down)
    return Pose(0.17 - 0.03 * down, head, REST, tilt=-1.5 * down, nod=4 + 15 * down, jaw=jaw)


def _look(actor: Actor) -> Pose:
    """Neck high, it looks ahead, then back over the shell, and rests on both."""
    c = actor.cycle
    turn = np.tanh(2.4 * wave(c, 0.25)) / np.tanh(2.4)
    head = (HEAD[0] - 0.05 + 0.05 * turn, HEAD[1] - 0.085 + 0.02 * wave(2 * c, 0.1))
    return Pose(0.19 + 0.008 * wave(c), head, REST, tilt=2.0, nod=-3 + 5 * wave(c, 0.1), turn=turn)


_POSES = {"crawl": _crawl, "sleep": _sleep, "eat": _eat, "look": _look}


def _tail(pen: Pen, actor: Actor, pose: Pose, skin) -> None:
    wag = 0.03 * wave(actor.cycle, 0.2) * pose.out
    tip = (-0.74 - 0.08 * pose.out, -0.085 - np.asarray(pose.lift) + wag)
    pen.capsule((-0.58, -0.12 - np.asarray(pose.lift)), tip, 0.070, 0.018, skin, **ink(skin, 0.022, 0.35, 0.03))
    pen.joint("tail", tip)


def _leg(pen: Pen, pose: Pose, skin, i: int) -> None:
    x, y = pose.feet[i]
    inward = 0.10 if i % 2 == 0 else -0.06
    if isinstance(pose.out, float) and pose.out == 0.0:  # only the soles look out
        pen.ellipse((x + inward, y - 0.045), 0.125, 0.055, skin, **ink(skin, 0.020, 0.35, 0.03))
    else:
        top = (REST[i][0] + inward, -0.20 - np.asarray(pose.lift))
        pen.capsule(top, (x, y - 0.085), 0.135, 0.105, skin, **ink(skin, 0.022, 0.4, 0.05))
        pen.ellipse((x + 0.045, y - 0.062), 0.150, 0.070, skin, **ink(skin, 0.020, 0.35, 0.04))
        claws = [pen.ellipse_shape((x + 0.085 + 0.055 * k, y - 0.026 - 0.006 * k), 0.026, 0.022) for k in range(3)]
        pen.union(claws, "#fff6df", outline=edge(skin), width=0.010, fine=True)
    pen.joint("fn"[i // 2] + ("_hind", "_front")[i % 2], (x, y))


def _neck(pen: Pen, pose: Pose, skin, root: Point) -> None:
    base = (root[0], root[1] - np.asarray(pose.lift))
    hx, hy = pose.head
    middle = (0.45 * base[0] + 0.55 * hx + 0.05, 0.55 * base[1] + 0.45 * hy + 0.04)
    pen.chain(
        [base, middle, (hx - 0.03, hy + 0.08)], [0.135, 0.115, 0.105], skin, blend=0.06, **ink(skin, 0.022, 0.4, 0.05)
    )


def _head(pen: Pen, actor: Actor, pose: Pose, skin) -> None:
    with pen.at(*pose.head, angle=-np.asarray(pose.nod), scale=1.18):
        _face(pen, actor, pose, skin)


def _face(pen: Pen, actor: Actor, pose: Pose, skin) -> None:
    k = pose.turn
    drop = np.radians(26 * np.asarray(pose.jaw))
    chin = (0.10 * k + 0.09 * k * np.cos(drop), 0.095 + 0.10 * np.sin(drop))
    pen.capsule((0.04 * k, 0.085), chin, 0.085, 0.062, darker(skin, 0.12), **ink(skin, 0.020, 0.35, 0.03))
    skull = pen.union_shape(
        [pen.ellipse_shape((0.0, -0.02), 0.205, 0.190), pen.ellipse_shape((0.095 * k, 0.045), 0.150, 0.115)], 0.08
    )
    pen.fill(skull, skin, to=darker(skin, 0.06), **ink(skin, 0.022, 0.4, 0.05))
    with pen.inside(skull):
        for x, y, r in ((-0.06, -0.155, 0.042), (0.03, -0.185, 0.032), (-0.135, -0.09, 0.030)):
            pen.ellipse((x * k, y), r, 0.8 * r, mix(skin, actor.colour, 0.55), alpha=0.8)
        pen.ellipse((0.030 * k, 0.085), 0.050, 0.032, "#ff9a94", alpha=0.55, soft=0.03, fine=True)
    with pen.at(0.070 * np.asarray(k), -0.045):
        lids = 1.0 if actor.action == "sleep" else blinking(actor)
        eyes(pen, gap=0.088, y=0.0, size=0.056, shut=lids, iris="#fff8dc")
    for dx in (-0.022, 0.022):
        pen.ellipse((0.200 * k + dx, 0.025), 0.010, 0.008, edge(skin), fine=True)
    smile = [(0.225 * k, 0.075), (0.150 * k, 0.118), (0.060 * k, 0.105), (0.030 * k, 0.080)]
    pen.chain(smile, [0.010] * 4, edge(skin), blend=0.03, alpha=1 - 0.6 * np.clip(3 * np.asarray(pose.jaw), 0, 1))
    pen.joint("nose", (0.22 * k, 0.03))


def _shell(pen: Pen, actor: Actor) -> None:
    """A dome over a pale rim, with a ring of plates."""
    colour, line = actor.colour, contrast(actor.colour)
    rim = mix(lighter(colour, 0.6), "#f2e2ae", 0.6)
    pen.capsule((-0.64, -0.115), (0.48, -0.115), 0.105, None, rim, **ink(rim, 0.024, 0.4, 0.05))
    arc = np.linspace(np.pi, 0, 15)
    dome = pen.polygon_shape([(-0.08 + 0.60 * np.cos(a), -0.17 - 0.58 * np.sin(a)) for a in arc], 0.045)
    pen.fill(dome, lighter(colour, 0.10), to=darker(colour, 0.14), **ink(colour, 0.028, 0.45, 0.12))
    with pen.inside(dome):
        for x, y, w, h in ((-0.08, -0.50, 0.185, 0.150), (-0.455, -0.39, 0.135, 0.135), (0.295, -0.39, 0.135, 0.135)):
            plate = [
                (x - w, y),
                (x - 0.55 * w, y - h),
                (x + 0.55 * w, y - h),
                (x + w, y),
                (x + 0.55 * w, y + h),
                (x - 0.55 * w, y + h),
            ]
            pen.polygon(
                plate, mix(colour, line, 0.42), round=0.025, to=mix(colour, line, 0.7), outline=line, width=0.016
            )
        for x in (-0.62, -0.27, 0.11, 0.46):
            pen.ellipse((x, -0.16), 0.125, 0.075, mix(colour, line, 0.45), outline=line, width=0.012)
        pen.ellipse((-0.24, -0.69), 0.22, 0.050, "#ffffff", angle=16, alpha=0.42, soft=0.06, fine=True)
    pen.joint("centre", (0.0, -0.35))


def _strawberry(pen: Pen, actor: Actor, pose: Pose) -> None:
    x, y = 1.10, -0.105
    tremble = 0.012 * wave(6 * actor.cycle) * smooth(1 - np.abs(np.mod(actor.cycle + 0.5, 1.0) - 0.5) / 0.2)
    with pen.at(x + tremble, y, angle=8):
        berry = pen.union_shape(
            [pen.ellipse_shape((0, -0.02), 0.105, 0.085), pen.ellipse_shape((0.0, 0.05), 0.058, 0.052)], 0.08
        )
        pen.fill(berry, "#e23b4a", **ink("#e23b4a", 0.018, 0.4, 0.04))
        seeds = [
            pen.ellipse_shape((dx, dy), 0.010, 0.013)
            for dx, dy in ((-0.05, -0.01), (0.0, -0.02), (0.05, -0.01), (-0.02, 0.04), (0.025, 0.04))
        ]
        pen.union(seeds, "#ffe08a", fine=True)
        leaves = [
            pen.capsule_shape((0, -0.10), (dx, -0.10 + dy), 0.022, 0.010)
            for dx, dy in ((-0.085, 0.01), (-0.04, 0.045), (0.04, 0.045), (0.085, 0.01), (0.01, -0.06))
        ]
        pen.union(leaves, "#4f9a3c", outline=edge("#4f9a3c"), width=0.012)
