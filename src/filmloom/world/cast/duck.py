"""A plump duck on the water: it swims, floats, dives tail up, and rises on beating wings."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._afloat import above_water, foam, mirrored, splash
from filmloom.world.cast._four_legs import blinking
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, Point, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="duck",
    actions=("swim", "float", "dive", "flap"),
    settings=("mountain_lake", "sea", "harbour", "waterfall"),
    station="surface",
    size=0.25,
    travel={"swim": 0.08},
    natural=("yellow", "white", "brown"),
    width=1.95,
    weight=0.2,
    reach={"flap": (1.12, 0.14)},
)
BILL = "#ff9626"
TOES = ((-0.105, -0.010), (-0.085, 0.065), (-0.020, 0.095))


def draw(pen: Pen, actor: Actor) -> None:
    pen.shadow(0.0, 0.05, 0.46, 0.05, 0.20)
    mirrored(pen, actor, 0.42)
    {"swim": _swim, "float": _float, "dive": _dive, "flap": _flap}[actor.action](pen, actor)


def _swim(pen: Pen, actor: Actor) -> None:
    """The head goes forward and back with every paddle stroke; a wake spreads behind."""
    c = actor.cycle
    bob, thrust = 0.012 * wave(2 * c), 0.022 * wave(2 * c, 0.2)
    with pen.inside(above_water(pen)), pen.at(0.0, bob, angle=1.6 * wave(2 * c, 0.3)):
        _tail(pen, actor, (-0.42, -0.22), 3 * wave(c))
        _trunk(pen, actor)
        _folded(pen, actor, 2.5 * wave(2 * c))
        _head(pen, actor, (0.31 + thrust, -0.66 - 0.3 * thrust))
    for i in range(3):
        u = np.mod(c + i / 3, 1.0)
        x, wide = -0.46 - 0.45 * u, 0.05 + 0.14 * u
        there = 0.75 * smooth(4 * u) * (1 - u)
        pen.capsule(
            (x - wide, 0.01 + 0.06 * u), (x + wide, 0.0), 0.012, None, "#ffffff", alpha=there, valid=False, fine=True
        )
    foam(pen, actor, 0.44)


def _float(pen: Pen, actor: Actor) -> None:
    """Rocked by the water, it dozes, its bill tucked on the breast, and looks up once a cycle."""
    c = actor.cycle
    doze = smooth(0.55 + 0.9 * wave(c, 0.25))
    with pen.inside(above_water(pen)), pen.at(0.0, 0.020 * wave(c), angle=5.5 * wave(c, 0.2)):
        _tail(pen, actor, (-0.42, -0.22), 0.0)
        _trunk(pen, actor)
        _folded(pen, actor, 0.0)
        at = (0.285 - 0.055 * doze, -0.66 + 0.085 * doze)
        _head(pen, actor, at, nod=20 * doze, shut=np.clip(1.4 * doze - 0.2, 0, 1))
    for i in range(2):  # rings
        u = np.mod(c + i / 2, 1.0)
        wide, there = 0.46 + 0.30 * u, 0.7 * smooth(4 * u) * (1 - u)
        for sign in (-1, 1):
            arc = [(sign * wide * np.cos(a), 0.015 + 0.10 * np.sin(a)) for a in (0.15, 0.55, 1.0, 1.35)]
            pen.chain(arc, [0.009, 0.011, 0.010, 0.006], "#ffffff", alpha=there, valid=False, fine=True)
    foam(pen, actor, 0.42, thick=0.014)


def _dive(pen: Pen, actor: Actor) -> None:
    """Tips over nose first, dabbles with its tail in the air and feet kicking, and comes up again."""
    c = actor.cycle
    u = np.mod(c, 1.0)
    under = smooth((u - 0.13) / 0.20) * smooth((0.93 - u) / 0.20)
    kick = wave(6 * c) * under
    with pen.inside(above_water(pen)), pen.at(0.06 * under, 0.02 * under + 0.012 * kick, angle=-94 * under + 3 * kick):
        _tail(pen, actor, (-0.42, -0.22), 8 * kick)
        for side in (0, 1):
            _leg(pen, side, under, wave(3 * c, 0.5 * side))
        _trunk(pen, actor)
        _folded(pen, actor, 0.0)
        _head(pen, actor, (0.30 + 0.04 * under, -0.64 + 0.05 * under), nod=-18 * under)
    foam(pen, actor, 0.42 - 0.14 * under, middle=0.10 * under, thick=0.016)
    splash(pen, 0.16, np.sin(np.pi * np.clip((u - 0.20) / 0.22, 0, 1)), 0.20)
    splash(pen, 0.22, 0.7 * np.sin(np.pi * np.clip((u - 0.76) / 0.20, 0, 1)), 0.16, num=5)


def _leg(pen: Pen, side: int, there: Number, kick: Number) -> None:
    """A webbed foot, seen only while the body is tipped over."""
    colour = darker(BILL, 0.25) if side == 0 else BILL
    root, foot = (-0.16 + 0.04 * side, -0.06), (-0.27 + 0.05 * side + 0.05 * kick, 0.10 + 0.02 * kick)
    pen.capsule(root, foot, 0.026, 0.022, colour, alpha=smooth(3 * there), **ink(colour, 0.012, 0.3, 0.02))
    toes = [pen.capsule_shape(foot, (foot[0] + dx, foot[1] + dy), 0.024, 0.016) for dx, dy in TOES]
    pen.union(toes, colour, blend=0.04, alpha=smooth(3 * there), **ink(colour, 0.012, 0.3, 0.02))
    pen.joint("lr"[side] + "_foot", foot)


def _flap(pen: Pen, actor: Actor) -> None:
    """Half out of the water, breast up, both wings beating; drops fly."""
    c = actor.cycle
    beat = wave(c)
    with pen.inside(above_water(pen)), pen.at(0.09, -0.055 + 0.025 * wave(c, 0.2), angle=33 + 3 * wave(c, 0.4)):
        _tail(pen, actor, (-0.42, -0.22), 6 * beat)
        _spread(pen, actor, (0.10, -0.33), beat, far=True)
        _trunk(pen, actor)
        _head(pen, actor, (0.315, -0.640), nod=24)
        _spread(pen, actor, (-0.04, -0.30), beat, far=False)
    foam(pen, actor, 0.36, middle=-0.06)
    for at, late in ((-0.46, 0.0), (0.34, 0.5)):
        splash(pen, at, 0.5 + 0.5 * wave(c, late), 0.15, num=4)


def _tail(pen: Pen, actor: Actor, at: Point, wag: Number) -> None:
    colour = darker(actor.colour, 0.12)
    x, y = at
    with pen.at(x, y, angle=wag):
        feathers = [
            pen.capsule_shape((0.10, 0.04), (-0.10, -0.155), 0.080, 0.022),
            pen.capsule_shape((0.05, 0.07), (-0.165, -0.075), 0.075, 0.022),
        ]
        pen.union(feathers, colour, blend=0.03, **ink(colour, 0.020, 0.4, 0.04))
        curl = [(-0.02, -0.10), (-0.075, -0.20), (-0.010, -0.225)]
        pen.chain(curl, [0.022, 0.018, 0.010], colour, blend=0.02, **ink(colour, 0.014, 0.3, 0.02))
        pen.joint("tail", (-0.14, -0.12))


def _trunk(pen: Pen, actor: Actor) -> None:
    colour = actor.colour
    belly = mix(lighter(colour, 0.7), "#fff8ea", 0.5)
    body = pen.union_shape(
        [
            pen.ellipse_shape((-0.06, -0.16), 0.43, 0.255),
            pen.capsule_shape((0.22, -0.20), (0.295, -0.52), 0.200, 0.125),
        ],
        0.10,
    )
    pen.fill(body, colour, to=darker(colour, 0.08), **ink(colour, 0.020, 0.4, 0.07))
    pen.ellipse((0.245, -0.165), 0.155, 0.190, belly, angle=-14, soft=0.05)
    pen.joint("centre", (-0.05, -0.18))


def _folded(pen: Pen, actor: Actor, lifted: Number) -> None:
    """The near wing at rest: one teardrop with three feathers marked."""
    wing = darker(actor.colour, 0.16)
    with pen.at(0.06, -0.24, angle=lifted):
        shape = [
            pen.ellipse_shape((-0.10, 0.03), 0.205, 0.135, 6),
            pen.capsule_shape((-0.12, 0.02), (-0.400, -0.055), 0.115, 0.020),
        ]
        pen.union(shape, wing, blend=0.06, to=darker(wing, 0.14), **ink(actor.colour, 0.018, 0.4, 0.04))
        for i in range(3):
            x, y = -0.10 - 0.07 * i, 0.085 - 0.030 * i
            line = [(x + 0.07, y + 0.012), (x, y + 0.018), (x - 0.075, y - 0.025)]
            pen.chain(line, [0.006, 0.008, 0.005], edge(actor.colour), alpha=0.55, fine=True)
    pen.joint("wing", (-0.30, -0.26))


def _spread(pen: Pen, actor: Actor, root: Point, beat: Number, *, far: bool) -> None:
    """An open wing; `beat` in -1..1 from low to high. The tip lags."""
    wing = darker(actor.colour, 0.34 if far else 0.14)
    late = beat - 0.5 * wave(actor.cycle, 0.25)
    up, tip_up = np.radians(118 + 42 * np.asarray(beat)), np.radians(128 + 52 * np.asarray(late))
    wrist = (root[0] + 0.24 * np.cos(up), root[1] - 0.24 * np.sin(up))
    tip = (wrist[0] + 0.30 * np.cos(tip_up), wrist[1] - 0.30 * np.sin(tip_up))
    pen.chain([root, wrist, tip], [0.110, 0.125, 0.035], wing, blend=0.08, **ink(actor.colour, 0.020, 0.35, 0.04))
    if not far:
        for k in (0.15, 0.45, 0.75):
            x, y = wrist[0] + (tip[0] - wrist[0]) * k, wrist[1] + (tip[1] - wrist[1]) * k
            ends = (x + 0.02, y + 0.01), (x - 0.055 + 0.03 * k, y + 0.055 - 0.03 * k)
            pen.capsule(*ends, 0.016, 0.008, lighter(actor.colour, 0.6), alpha=0.85)
        pen.joint("wing", tip)


def _head(pen: Pen, actor: Actor, at: Point, *, nod: Number = 0.0, shut: Number = 0.0) -> None:
    colour = actor.colour
    with pen.at(*at, angle=-np.asarray(nod)):
        pen.capsule((0.135, 0.045), (0.275, 0.062), 0.040, 0.036, darker(BILL, 0.2), **ink(BILL, 0.014, 0.3, 0.02))
        pen.ellipse((0, 0), 0.185, 0.175, colour, to=darker(colour, 0.05), **ink(colour, 0.020, 0.4, 0.05))
        tuft = [
            pen.capsule_shape((-0.03, -0.155), (-0.085 + dx, -0.235 + dy), 0.030, 0.010)
            for dx, dy in ((-0.02, 0.02), (0.04, -0.01))
        ]
        pen.union(tuft, colour, **ink(colour, 0.016, 0.3, 0.02))
        pen.ellipse((-0.02, -0.125), 0.085, 0.030, lighter(colour, 0.55), alpha=0.5, soft=0.03, fine=True)
        pen.capsule((0.130, 0.012), (0.290, 0.042), 0.058, 0.034, BILL, **ink(BILL, 0.016, 0.35, 0.03))
        pen.ellipse((0.185, -0.005), 0.012, 0.007, edge(BILL), fine=True)
        pen.ellipse((0.040, 0.060), 0.042, 0.028, "#ff9a94", alpha=0.55, soft=0.02, fine=True)
        open_ = 1 - 0.9 * np.maximum(shut, blinking(actor))
        pen.ellipse((0.060, -0.040), 0.050, 0.058 * open_, "#fffdf5")
        pen.ellipse((0.068, -0.037), 0.037, 0.045 * open_, "#231815")
        pen.ellipse((0.056, -0.054), 0.014, 0.015 * open_, "#ffffff", fine=True)
    pen.joint("head", at)
