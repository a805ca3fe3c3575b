"""A round penguin with a white front; it waddles, slides on its belly, flaps its flippers and jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._four_legs import blinking
from filmloom.world.cast._gait import leap, step
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, Point, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="penguin",
    actions=("walk", "slide", "flap", "jump"),
    settings=("snow_forest", "beach", "mountain_lake", "arctic", "harbour"),
    station="ground",
    size=0.3,
    travel={"walk": 0.06, "slide": 0.2},
    natural=("black", "blue", "grey"),
    width=1.15,
    weight=0.3,
)
WHITE, ORANGE = "#fffaf2", "#ff9f2e"


@dataclass(frozen=True)
class Pose:
    """`at`: middle of the upright body. `lean`: degrees it is tipped forward. `flippers`: degrees both are lifted from
    the sides, far and near. `feet`: far, near. `lift`: height over the ground."""

    at: Point
    lean: Number = 0.0
    flippers: tuple[Number, Number] = (16.0, 16.0)
    feet: tuple[Point, Point] = ((0.10, -0.012), (-0.08, 0.0))
    lift: Number = 0.0
    squash: Number = 0.0
    pitch: Number = 0.0


def draw(pen: Pen, actor: Actor) -> None:
    if actor.action == "slide":
        _slider(pen, actor)
        return
    pose = _POSES[actor.action](actor)
    pen.shadow(0, 0, 0.27 - 0.22 * np.asarray(pose.lift), 0.050)
    for side in (0, 1):
        _foot(pen, pose.feet[side], side)
    with pen.at(*pose.at, angle=-np.asarray(pose.lean)):
        _tail(pen, actor)
        for side in (0, 1):
            _flipper(pen, actor, pose.flippers[side], side)
        _body(pen, actor, pose)
        pen.joint("centre", (0.0, 0.0))


def _walk(actor: Actor) -> Pose:
    """A waddle: the body tips over the standing foot; feet land at 0 and 0.5."""
    c = actor.cycle
    paces = [step(actor, offset, share=0.55, swing=0.05, raise_=0.055) for offset in (0.5, 0.0)]
    feet = tuple((rest + x, y - 0.012 * (1 - i)) for i, (rest, (x, y)) in enumerate(zip((0.09, -0.09), paces)))
    side = wave(c, 0.02)
    return Pose(
        (0.022 * side, -0.46 - 0.014 * np.abs(side)), 9 * side, (22 + 12 * side, 22 - 12 * side), feet,
    )  # fmt: skip


def _flap(actor: Actor) -> Pose:
    """Flippers up and down, on the tips of its toes when they are high."""
    c = actor.cycle
    up = 0.5 + 0.5 * wave(c)
    lifted = 18 + 98 * up
    return Pose(
        (0, -0.452 - 0.035 * smooth(up)),
        2.5 * wave(c, 0.2),
        (lifted, lifted),
        pitch=smooth(up),
        squash=0.012 * wave(c, 0.5),
    )


def _jump(actor: Actor) -> Pose:
    high, crouch = leap(actor.cycle)
    rise = 0.40 * high
    y = -0.46 + 0.055 * crouch - rise
    feet = tuple((x, y0 - rise - 0.03 * high) for x, y0 in ((0.09, -0.012), (-0.08, 0.0)))
    lifted = 16 + 105 * smooth(1.3 * high) + 18 * crouch
    return Pose(
        (0.0, y), 5 * crouch, (lifted, lifted), feet, lift=rise, squash=0.035 * crouch - 0.02 * high, pitch=high
    )


_POSES = {"walk": _walk, "flap": _flap, "jump": _jump}


def _foot(pen: Pen, at: Point, side: int) -> None:
    x, y = at
    colour = darker(ORANGE, 0.22) if side == 0 else ORANGE
    toes = [
        pen.capsule_shape((x - 0.01, y - 0.040), (x + dx, y - 0.024 + dy), 0.030, 0.026)
        for dx, dy in ((-0.05, 0), (0.02, 0.006), (0.085, 0))
    ]
    pen.union(toes, colour, blend=0.02, **ink(colour, 0.012, 0.35, 0.02))
    pen.joint("lr"[side] + "_foot", at)


def _tail(pen: Pen, actor: Actor) -> None:
    colour = darker(actor.colour, 0.15)
    pen.capsule((-0.15, 0.33), (-0.255, 0.405), 0.055, 0.020, colour, **ink(colour, 0.014, 0.3, 0.02))


def _flipper(pen: Pen, actor: Actor, lifted: Number, side: int) -> None:
    """From the shoulder outward; the tip lags behind the lift."""
    sign = (1, -1)[side]
    colour = darker(actor.colour, 0.12)
    shoulder = (sign * 0.195, -0.075)
    angle, late = np.radians(lifted), np.radians(np.asarray(lifted) - 8 * wave(actor.cycle, -0.25) + 8)
    middle = (shoulder[0] + sign * 0.14 * np.sin(angle), shoulder[1] + 0.14 * np.cos(angle))
    tip = (middle[0] + sign * 0.15 * np.sin(late), middle[1] + 0.15 * np.cos(late))
    pen.chain([shoulder, middle, tip], [0.060, 0.062, 0.026], colour, blend=0.04, **ink(colour, 0.014, 0.4, 0.03))
    pen.joint("lr"[1 - side] + "_hand", tip)


def _body(pen: Pen, actor: Actor, pose: Pose) -> None:
    """Egg and head in one; the white front runs up into two patches around the eyes."""
    colour, s = actor.colour, np.asarray(pose.squash)
    egg = pen.ellipse_shape((0.0, 0.100 + s), 0.262 + 0.5 * s, 0.335 - s)
    neck = pen.ellipse_shape((0.0, -0.06 + s), 0.222, 0.240)
    skull = pen.ellipse_shape((0.0, -0.275 + 1.5 * s), 0.212, 0.195)
    whole = pen.union_shape([egg, neck, skull], 0.06)
    pen.fill(whole, colour, to=darker(colour, 0.10), **ink(colour, 0.016, 0.4, 0.055))
    with pen.inside(whole):
        pen.ellipse((0.045, 0.150 + s), 0.198, 0.262 - s, WHITE, to=darker(WHITE, 0.10))
        pen.ellipse((0.040, -0.095 + s), 0.125, 0.110, mix(WHITE, "#ffdf8a", 0.55), soft=0.05)
        pen.ellipse(
            (-0.09, -0.415 + 1.5 * s), 0.075, 0.024, lighter(colour, 0.5), angle=16, alpha=0.4, soft=0.03, fine=True
        )
    with pen.at(0.042, -0.275 + 1.5 * s, angle=6 * np.asarray(pose.pitch)):
        _face(pen, actor)
    pen.joint("head", (0.0, -0.275))


def _face(pen: Pen, actor: Actor) -> None:
    patches = [pen.ellipse_shape((sign * 0.072, 0.008), 0.092, 0.105) for sign in (-1, 1)]
    pen.union([*patches, pen.ellipse_shape((0.0, 0.085), 0.110, 0.070)], WHITE, blend=0.03)
    open_ = 1 - 0.9 * blinking(actor)
    for sign in (-1, 1):
        x = sign * 0.078
        pen.ellipse((x, -0.008), 0.036, 0.046 * open_, "#231a1c")
        pen.ellipse((x - 0.011, -0.026), 0.013, 0.015 * open_, "#ffffff", fine=True)
        pen.ellipse((sign * 0.118, 0.058), 0.034, 0.022, "#ff9a94", alpha=0.6, soft=0.02, fine=True)
    pen.polygon(
        [(-0.046, 0.040), (0.050, 0.040), (0.006, 0.098)], ORANGE, round=0.014, **ink(ORANGE, 0.010, 0.35, 0.02)
    )
    pen.capsule((-0.028, 0.060), (0.038, 0.060), 0.0035, None, edge(ORANGE), alpha=0.7, fine=True)
    pen.joint("nose", (0.006, 0.07))


def _slider(pen: Pen, actor: Actor) -> None:
    """On its belly, head first; flippers steer, feet trail, snow dust flies."""
    c, colour = actor.cycle, actor.colour
    rock, y = 3.5 * wave(c, 0.1), -0.215
    pen.shadow(0.0, 0.0, 0.44, 0.050)
    _dust(pen, actor)
    with pen.at(0.0, y - 0.012 * wave(2 * c), angle=3 + rock):
        for dy, side in ((-0.02, 0), (0.06, 1)):
            kick = 0.025 * wave(c, 0.25 + 0.5 * side)
            colour_ = darker(ORANGE, 0.22) if side == 0 else ORANGE
            toes = [
                pen.capsule_shape((-0.40, dy), (-0.495, dy - 0.03 + d + kick), 0.030, 0.020)
                for d in (-0.030, 0.0, 0.030)
            ]
            pen.union(toes, colour_, blend=0.02, **ink(colour_, 0.012, 0.35, 0.02))
            pen.joint("lr"[side] + "_foot", (-0.515, dy + kick))
        pen.capsule(
            (-0.34, -0.09), (-0.465, -0.135), 0.050, 0.018, darker(colour, 0.15), **ink(colour, 0.014, 0.3, 0.02)
        )
        _steering(pen, actor, (0.10, -0.135), -1)
        egg = pen.ellipse_shape((-0.08, 0.0), 0.345, 0.205)
        skull = pen.ellipse_shape((0.285, -0.10), 0.195, 0.188)
        whole = pen.union_shape([egg, skull, pen.ellipse_shape((0.12, -0.035), 0.230, 0.195)], 0.06)
        pen.fill(whole, colour, to=darker(colour, 0.10), **ink(colour, 0.016, 0.4, 0.055))
        with pen.inside(whole):
            pen.ellipse((-0.02, 0.175), 0.345, 0.118, WHITE, to=darker(WHITE, 0.10))
            pen.ellipse((0.215, 0.085), 0.105, 0.075, mix(WHITE, "#ffdf8a", 0.55), soft=0.04)
            pen.ellipse((-0.12, -0.165), 0.20, 0.028, lighter(colour, 0.5), alpha=0.4, soft=0.04, fine=True)
        with pen.at(0.330, -0.100, angle=-4 - 0.6 * rock):
            _face(pen, actor)
        _steering(pen, actor, (0.055, 0.015), 1)
        pen.joint("centre", (-0.05, 0.0))
        pen.joint("head", (0.285, -0.10))


def _steering(pen: Pen, actor: Actor, root: Point, sign: int) -> None:
    """A flipper swept back: far ones (-1) rise over the back, near ones (1) hang at the side."""
    colour = darker(actor.colour, 0.12 if sign > 0 else 0.28)
    swing = 12 * wave(actor.cycle, 0.3 if sign > 0 else 0.8)
    angle = np.radians(196 + swing if sign > 0 else 142 + swing)
    tip = (root[0] + 0.245 * np.cos(angle), root[1] - 0.245 * np.sin(angle))
    pen.capsule(root, tip, 0.060, 0.024, colour, **ink(colour, 0.014, 0.4, 0.03))
    pen.joint("r_hand" if sign > 0 else "l_hand", tip)


def _dust(pen: Pen, actor: Actor) -> None:
    """Powder thrown up behind, that grows and fades."""
    for i in range(4):
        u = np.mod(2 * actor.cycle + i / 4, 1.0)
        at = (-0.30 - 0.42 * u, -0.03 - 0.14 * u * (1.6 - u) - 0.02 * (i % 2))
        pen.ellipse(
            at, 0.035 + 0.055 * u, 0.028 + 0.045 * u, "#ffffff", alpha=0.75 * (1 - u) * smooth(5 * u), soft=0.02,
            outline="#c9d6ea", width=0.006, valid=False, fine=True,
        )  # fmt: skip
