"""A young elephant with big ears; its trunk swings, waves, and brings grass to its mouth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._four_legs import Build, Stance, blinking, body, dreams, legs, shadow, stance_of
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, Point, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="elephant",
    actions=("walk", "eat", "wave", "sleep"),
    settings=("desert", "meadow", "village", "jungle", "waterfall", "farm"),
    station="ground",
    size=0.46,
    travel={"walk": 0.09},
    natural=("grey", "brown"),
    width=2.05,
    weight=1.0,
    reach={"wave": (1.14, 0.04), "sleep": (1.1, 0.04)},
)
BUILD = Build(
    rump=(-0.27, -0.50),
    chest=(0.10, -0.51),
    radii=(0.225, 0.215),
    head=(0.29, -0.70),
    leg=(0.100, 0.086),
    feet=(-0.32, 0.13),
    paw=0.082,
    reach=0.12,
)
NAIL = "#f3e7d6"


def draw(pen: Pen, actor: Actor) -> None:
    stance = _stance(actor)
    colour = actor.colour
    shadow(pen, BUILD, stance)
    _tail(pen, actor, stance)
    legs(pen, BUILD, stance, colour, 0, paws=colour)
    body(pen, BUILD, stance, colour, belly=lighter(colour, 0.22))
    legs(pen, BUILD, stance, colour, 1, paws=colour)
    _nails(pen, stance)
    with pen.at(*stance.head, angle=-np.asarray(stance.nod)):
        _head(pen, actor, stance)
    pen.joint("head", stance.head)
    if stance.lying:
        dreams(pen, actor, (stance.head[0] + 0.02, stance.head[1] - 0.30))


def _stance(actor: Actor) -> Stance:
    """On the spot it shifts its weight from side to side; asleep it lies with the head on the ground."""
    if actor.action == "walk":
        return stance_of(BUILD, actor)
    if actor.action == "sleep":
        curled = stance_of(BUILD, actor)
        return replace(curled, head=(curled.chest[0] + 0.24, -0.245 + 0.3 * (curled.head[1] + 0.17)), nod=4.0)
    plain = stance_of(BUILD, replace(actor, action="look"))
    sway = wave(actor.cycle)
    head = (BUILD.head[0] + 0.010 * sway, BUILD.head[1] - 0.012 * wave(actor.cycle, 0.2))
    nod = -8 + 3 * sway if actor.action == "wave" else 3 * wave(actor.cycle, -0.15)
    return replace(plain, chest=BUILD.chest, head=head, nod=nod, tail=14 * sway)


def _tail(pen: Pen, actor: Actor, stance: Stance) -> None:
    x, y = stance.rump[0] - 0.195, stance.rump[1] - 0.07
    swing = 0.05 * wave(actor.cycle, 0.3) + (0.03 if stance.lying else 0.0)
    middle, tip = (x - 0.075, y + 0.11), (x - 0.075 - swing, y + 0.23)
    pen.chain(
        [(x, y), middle, tip], [0.030, 0.020, 0.014], actor.colour, blend=0.03, **ink(actor.colour, 0.012, 0.4, 0.02)
    )
    tuft = darker(actor.colour, 0.6)
    pen.capsule(tip, (tip[0] - 0.3 * swing, tip[1] + 0.055), 0.014, 0.026, tuft, **ink(tuft, 0.010, 0.3, 0.02))
    pen.joint("tail", tip)


def _nails(pen: Pen, stance: Stance) -> None:
    """Three pale toes on each near foot."""
    if stance.lying:
        return
    for x, y in stance.feet[2:]:
        for dx in (0.0, 0.055, 0.105):
            pen.ellipse((x + dx, y - 0.020 - 0.1 * dx), 0.021, 0.022, NAIL, fine=True)


def _head(pen: Pen, actor: Actor, stance: Stance) -> None:
    """Far ear, trunk between two tusks, skull, near ear."""
    colour = actor.colour
    fan = 7 * wave(actor.cycle, 0.1)
    _ear(pen, (-0.02, -0.03), darker(colour, 0.28), fan, far=True)
    _tusk(pen, (0.115, 0.120), far=True)
    skull = pen.union_shape(
        [pen.ellipse_shape((0.02, -0.02), 0.205, 0.210), pen.ellipse_shape((0.10, 0.07), 0.130, 0.120)], 0.06
    )
    if actor.action in ("eat", "wave"):
        _mouth(pen, actor)
    pen.fill(skull, colour, to=darker(colour, 0.05), **ink(colour, 0.014, 0.4, 0.05))
    _trunk(pen, actor, stance)
    with pen.inside(skull):
        pen.ellipse((0.045, 0.085), 0.050, 0.034, "#ff9a94", alpha=0.5, soft=0.03, fine=True)
        pen.ellipse((0.03, -0.185), 0.10, 0.030, lighter(colour, 0.5), alpha=0.4, soft=0.04, fine=True)
    shut = 1.0 if stance.lying else blinking(actor)
    _eye(pen, (0.105, -0.020), shut)
    _tusk(pen, (0.105, 0.130), far=False)
    _ear(pen, (-0.085, -0.04), colour, fan, far=False)
    pen.joint("nose", (0.20, 0.06))


def _eye(pen: Pen, at: Point, shut: Number) -> None:
    if isinstance(shut, float):
        pen.chain([(at[0] - 0.036, at[1]), (at[0], at[1] + 0.022), (at[0] + 0.036, at[1])], [0.008] * 3, "#2b1d16")
        return
    open_ = 1 - 0.9 * shut
    pen.ellipse(at, 0.036, 0.043 * open_, "#fffaf0")
    pen.ellipse((at[0] + 0.004, at[1] + 0.002), 0.028, 0.036 * open_, "#2b1d16")
    pen.ellipse((at[0] - 0.005, at[1] - 0.013), 0.011, 0.012 * open_, "#ffffff", fine=True)
    pen.capsule(
        (at[0] - 0.03, at[1] - 0.062), (at[0] + 0.035, at[1] - 0.068), 0.006, None, "#4a3c44", alpha=0.6, fine=True
    )


def _ear(pen: Pen, root: Point, colour, fan: Number, *, far: bool) -> None:
    """A wide flap that hangs from the root and fans forward and back."""
    with pen.at(root[0], root[1] - 0.10, angle=np.asarray(fan) * (0.6 if far else 1.0) + (10 if far else 0)):
        shape = pen.union_shape(
            [pen.ellipse_shape((-0.075, 0.075), 0.155, 0.165), pen.ellipse_shape((-0.060, 0.205), 0.095, 0.110)], 0.07
        )
        pen.fill(shape, colour, to=darker(colour, 0.12), **ink(colour, 0.014, 0.4, 0.04))
        if not far:
            pink = mix(lighter(colour, 0.35), "#ffb9b0", 0.55)
            inner = [pen.ellipse_shape((-0.085, 0.075), 0.105, 0.115), pen.ellipse_shape((-0.068, 0.195), 0.060, 0.072)]
            pen.union(inner, pink, blend=0.06)
            pen.joint("ear", (-0.06, 0.27))


def _tusk(pen: Pen, at: Point, *, far: bool) -> None:
    ivory = darker("#fff6df", 0.2) if far else "#fff6df"
    x, y = at[0] + (0.035 if far else 0.0), at[1]
    points = [(x, y), (x + 0.055, y + 0.075), (x + 0.125, y + 0.080)]
    pen.chain(points, [0.030, 0.026, 0.009], ivory, blend=0.02, **ink(ivory, 0.010, 0.3, 0.02))


def _mouth(pen: Pen, actor: Actor) -> None:
    """A jaw under the trunk's root, that chews."""
    chew = 0.014 * wave(3 * actor.cycle) if actor.action == "eat" else 0.0
    pen.ellipse((0.065, 0.165 + chew), 0.085, 0.055, actor.colour, **ink(actor.colour, 0.013, 0.4, 0.03))


def _trunk(pen: Pen, actor: Actor, stance: Stance) -> None:
    """A chain of five bones whose angles add up, degrees from straight down, forward is positive."""
    c, colour = actor.cycle, actor.colour
    lift = smooth(0.5 + 0.8 * wave(c, -0.25))  # of a bite: 0 at the ground, 1 at the mouth
    if actor.action == "wave":
        bends = (84, 30, 24 + 14 * wave(c), 4 + 18 * wave(c, -0.12), -10 + 26 * wave(c, -0.24))
    elif actor.action == "eat":
        bends = (20 + 26 * lift, -6 - 36 * lift, -10 - 62 * lift, 6 - 52 * lift, 26 - 20 * lift)
    elif stance.lying:
        bends = (62, 22, 8, 10, 14 + 3 * wave(c))
    else:
        bends = (34, -14, -16 + 7 * wave(c, 0.1), 4 + 8 * wave(c), 26 + 8 * wave(c, -0.1))
    points, angle = [(0.165, 0.045)], 0.0
    for bend in bends:
        angle = angle + np.radians(bend)
        x, y = points[-1]
        points.append((x + 0.105 * np.sin(angle), y + 0.105 * np.cos(angle)))
    if actor.action == "eat":
        _grass(pen, points[-1], angle, smooth(6 * np.mod(c, 1.0)) * smooth(2.6 - 5.2 * np.abs(np.mod(c, 1.0) - 0.25)))
    pen.chain(points, [0.092, 0.080, 0.064, 0.052, 0.044, 0.040], colour, blend=0.05, **ink(colour, 0.014, 0.45, 0.035))
    pen.ellipse((0.125, 0.020), 0.085, 0.075, colour, soft=0.03)
    for i in (1, 2, 3):
        (x, y), (nx, ny) = points[i], points[i + 1]
        dx, dy = (nx - x) / 0.105, (ny - y) / 0.105
        r = 0.062 - 0.012 * i
        line = [(x - dy * r, y + dx * r), (x + dy * r * 0.2, y - dx * r * 0.2)]
        pen.capsule(*line, 0.0055, 0.003, edge(colour), alpha=0.35, fine=True)
    pen.joint("trunk", points[3])
    pen.joint("trunk_tip", points[-1])


def _grass(pen: Pen, at: Point, angle: Number, there: Number) -> None:
    with pen.at(*at, angle=np.degrees(angle)):
        blades = [pen.capsule_shape((0, -0.02), (dx, 0.12), 0.016, 0.006) for dx in (-0.07, -0.025, 0.02, 0.065)]
        pen.union(blades, "#6cb043", blend=0.01, alpha=np.clip(2 * there, 0, 1), **ink("#6cb043", 0.010, 0.3, 0.02))
