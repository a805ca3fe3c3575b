"""The rig of cat, dog, fox, rabbit, horse and elephant: a build, a stance for every action, legs and body in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from filmloom.world.cast._gait import leap, step
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, Point, darker, lighter, limb, smooth, wave
from filmloom.world.stage import Actor


@dataclass(frozen=True)
class Build:
    """Standing proportions, local units. `rump`, `chest`: centres of the body's ends, with `radii`; `head`: centre;
    `leg`: radius at the top, at the foot; `feet`: resting x of hind and front feet; `jump`: height of a leap;
    `reach`: of a step on the spot."""

    rump: Point
    chest: Point
    radii: tuple[float, float]
    head: Point
    leg: tuple[float, float]
    feet: tuple[float, float]
    paw: float = 0.07
    jump: float = 0.45
    reach: float = 0.2


@dataclass(frozen=True)
class Stance:
    """A pose. `feet`: hind far, front far, hind near, front near. `nod`: degrees the head is lowered. `tail`: degrees
    it is raised. `lift`: height of the body above its standing height. `shut`: eyes, 0..1. `turn`: where the face
    looks, from 1, ahead, to -1, over the shoulder. `over`: lies on its back, feet in the air."""

    rump: Point
    chest: Point
    head: Point
    feet: tuple[Point, ...]
    nod: Number = 0.0
    tail: Number = 0.0
    lift: Number = 0.0
    shut: Number = 0.0
    lying: bool = False
    sitting: bool = False
    turn: Number = 1.0
    over: bool = False

    def lids(self, actor: Actor) -> Number:
        """How far the eyes are shut: in sleep, in bliss, or for a blink."""
        return self.shut if self.lying else np.maximum(self.shut, blinking(actor))


def stance_of(build: Build, actor: Actor) -> Stance:
    """What the body does in `actor.action`."""
    return _STANCES[actor.action](build, actor)


def _moved(point: Point, dx: Number = 0.0, dy: Number = 0.0) -> Point:
    return point[0] + dx, point[1] + dy


def _feet(build: Build, actor: Actor, offsets: tuple[float, ...], spread: float = 0.05, **gait) -> tuple[Point, ...]:
    """Hind far, front far, hind near, front near; far ones stand a little ahead, and higher on the picture."""
    rest = (build.feet[0] + spread, build.feet[1] + spread, build.feet[0], build.feet[1])
    steps = [step(actor, offset, swing=build.reach, **gait) for offset in offsets]
    return tuple((x + dx, dy - (0.025 if i < 2 else 0.0)) for i, (x, (dx, dy)) in enumerate(zip(rest, steps)))


def _planted(build: Build, actor: Actor) -> tuple[Point, ...]:
    """All four feet on the ground, a little out of line."""
    still = replace(actor, cycle=0 * actor.cycle, speed=0 * actor.cycle)
    return _feet(build, still, (0.40, 0.20, 0.30, 0.42), share=0.6)


def _walk(build: Build, actor: Actor) -> Stance:
    c = actor.cycle
    feet = _feet(build, actor, (0.5, 0.08, 0.0, 0.58), share=0.6, raise_=0.09)
    bob = -0.012 * wave(2 * c)
    return Stance(
        _moved(build.rump, 0, bob),
        _moved(build.chest, 0, -bob),
        _moved(build.head, 0.01 * wave(2 * c, 0.2), -0.018 * wave(2 * c, 0.15)),
        feet,
        tail=8 * wave(c),
    )


def _run(build: Build, actor: Actor) -> Stance:
    """A gallop: hind legs gather under the body, front legs reach, the back bends and stretches."""
    c = actor.cycle
    feet = _feet(build, actor, (0.12, 0.52, 0.0, 0.40), share=0.32, raise_=0.16, kick=0.22)
    rock, up = wave(c, 0.05), 0.05 + 0.05 * wave(2 * c, 0.5)
    gather = 0.05 * wave(c, 0.30)
    rump, chest = _moved(build.rump, gather, -up + 0.06 * rock), _moved(build.chest, -gather * 0.6, -up - 0.06 * rock)
    head = _moved(build.head, 0.05 - gather * 0.5, 0.02 - up - 0.07 * rock)
    return Stance(rump, chest, head, feet, nod=4 + 5 * rock, tail=-25 + 14 * rock, lift=up * 0.5)


def _jump(build: Build, actor: Actor) -> Stance:
    high, crouch = leap(actor.cycle)
    rising = np.where(
        np.mod(actor.cycle, 1.0) < 0.32,
        0.3 * crouch,
        np.cos(np.pi * np.clip((np.mod(actor.cycle, 1.0) - 0.32) / 0.68, 0, 1)) * smooth(4 * high),
    )
    rise, sink = build.jump * high, 0.13 * crouch
    rump, chest = (
        _moved(build.rump, -0.04 * high, sink - rise + 0.13 * rising),
        _moved(build.chest, 0.04 * high, sink - rise - 0.13 * rising),
    )
    head = _moved(build.head, 0.05 * high, 0.8 * sink - rise - 0.15 * rising)
    hind, front = build.feet[0] - 0.20 * high, build.feet[1] + 0.24 * high
    y = -rise - 0.10 * high
    feet = (
        (hind + 0.05, y + 0.10 * rising - 0.02),
        (front + 0.05, y - 0.14 * rising - 0.02),
        (hind, y + 0.12 * rising),
        (front, y - 0.12 * rising),
    )
    return Stance(rump, chest, head, feet, nod=-10 * rising, tail=20 * rising - 10, lift=rise)


def _sit(build: Build, actor: Actor) -> Stance:
    """Upright on the haunches, front legs straight; the head looks about and the tail sweeps the ground."""
    c, rr = actor.cycle, build.radii[0]
    rump, chest = (build.rump[0] * 0.45, -rr * 1.02 + 0 * c), (build.chest[0] * 0.36, -0.52 - 0.008 * wave(2 * c))
    head = (chest[0] + (build.head[0] - build.chest[0]) * 0.62, chest[1] + (build.head[1] - build.chest[1]) * 1.0)
    front = chest[0] + 0.12
    feet = ((rump[0] + 0.26, -0.02), (front + 0.08, -0.02), (rump[0] + 0.20, 0.0), (front, 0.0))
    return Stance(rump, chest, head, feet, nod=7 * wave(c, 0.1), tail=18 * wave(2 * c), sitting=True)


def _sleep(build: Build, actor: Actor) -> Stance:
    """Curled on the ground; only the breath moves."""
    breath = 0.5 + 0.5 * wave(actor.cycle * 1.5)
    rr, cr = build.radii
    rump, chest = (
        (build.rump[0] * 0.72, -rr * 1.05 - 0.02 * breath),
        (build.chest[0] * 0.55, -cr * 0.98 - 0.03 * breath),
    )
    head = (chest[0] + 0.30, -0.17 - 0.006 * breath)
    feet = ((rump[0] + 0.2, -0.05), (chest[0] + 0.34, -0.05), (rump[0] + 0.26, -0.03), (chest[0] + 0.30, -0.03))
    return Stance(rump, chest, head, feet, nod=8.0, shut=1.0, lying=True)


def _hop(build: Build, actor: Actor) -> Stance:
    """Crouch, spring, arc, land as the cycle ends. The body waits where it crouches and makes the way up in the air."""
    high, crouch = leap(actor.cycle)
    u = np.mod(actor.cycle, 1.0)
    air = np.clip((u - 0.32) / 0.68, 0, 1)
    way = (smooth(0.5 * air + 0.5 * air**1.0) - u) * actor.speed / actor.rate
    rising = np.where(u < 0.32, 0.0, np.cos(np.pi * air))
    rise, sink = 0.34 * high, 0.06 * crouch
    rump = _moved(build.rump, way - 0.03 * high, sink - rise + 0.06 * rising)
    chest, head = (
        _moved(build.chest, way + 0.03 * high, sink - rise - 0.07 * rising),
        _moved(build.head, way + 0.04 * high, sink - rise - 0.07 * rising),
    )
    hind, front = build.feet[0] + way - 0.16 * high * (0.4 + rising), build.feet[1] + way + 0.14 * high
    feet = (
        (hind + 0.05, -0.8 * rise - 0.02),
        (front + 0.04, -rise - 0.05 * high - 0.02),
        (hind, -0.8 * rise),
        (front, -rise - 0.05 * high),
    )
    return Stance(rump, chest, head, feet, nod=-10 * rising * high, tail=30 * rising, lift=rise)


def _graze(build: Build, actor: Actor) -> Stance:
    c = actor.cycle
    down = smooth(1.3 * (0.5 - 0.5 * wave(c, 0.25)) + 0.15)
    munch = 0.014 * wave(6 * c) * down
    head = (
        build.chest[0] + (build.head[0] - build.chest[0]) * (1 + 0.62 * down),
        build.head[1] + down * (-build.head[1] - 0.255) + munch,
    )
    feet = _planted(build, actor)
    return Stance(
        build.rump, _moved(build.chest, 0.02 * down, 0.035 * down), head, feet, nod=52 * down, tail=16 * wave(2 * c)
    )


def _trot(build: Build, actor: Actor) -> Stance:
    """Two beats: a hind leg and the front leg across from it swing together and land at 0 or 0.5; a spring between."""
    c = actor.cycle
    feet = _feet(build, actor, (0.5, 0.0, 0.0, 0.5), share=0.46, raise_=0.15, kick=0.06)
    up = 0.035 - 0.030 * wave(2 * c, 0.25)
    sway = 0.012 * wave(2 * c, 0.35)
    rump, chest = _moved(build.rump, 0, -up), _moved(build.chest, 0.01, -up - 0.02)
    head = _moved(build.head, 0.02 + sway, -up - 0.035 + sway)
    return Stance(rump, chest, head, feet, nod=-4 + 3 * wave(2 * c, 0.4), tail=20 + 10 * wave(2 * c), lift=up * 0.5)


def _look(build: Build, actor: Actor) -> Stance:
    """Head high, it looks ahead, then over its shoulder, and rests on both."""
    c = actor.cycle
    turn = np.tanh(2.4 * wave(c, 0.25)) / np.tanh(2.4)
    lift = 0.045 + 0.015 * wave(2 * c, 0.1)
    head = _moved(build.head, -0.045 + 0.050 * turn, -lift)
    return Stance(
        build.rump,
        _moved(build.chest, 0.006 * turn, -0.008),
        head,
        _planted(build, actor),
        nod=-3 + 5 * wave(c, 0.12),
        tail=10 + 16 * wave(2 * c),
        turn=turn,
    )


def _nod(build: Build, actor: Actor) -> Stance:
    """Down and up again with the whole neck, once a cycle."""
    c = actor.cycle
    down = smooth(0.5 - 0.5 * wave(c, 0.25))
    (hx, hy), neck = build.head, build.head[1] - build.chest[1]
    head = (hx + 0.09 * down - 0.02, hy - 0.42 * neck * down - 0.03)
    chest = _moved(build.chest, 0.008 * down, 0.014 * down)
    return Stance(build.rump, chest, head, _planted(build, actor), nod=-10 + 44 * down, tail=12 * wave(c))


def _stretch(build: Build, actor: Actor) -> Stance:
    """Front paws far ahead, chest to the ground, rump and tail high; it stays there a while, eyes shut."""
    c = actor.cycle
    far = smooth(0.62 - 0.9 * wave(c, 0.25))
    shiver = 0.006 * wave(8 * c) * far
    rump = _moved(build.rump, 0.03 * far, -0.05 * far + shiver)
    chest = _moved(build.chest, 0.07 * far, -build.chest[1] * 0.46 * far)
    head = (build.head[0] + 0.12 * far, build.head[1] + (-0.285 - build.head[1]) * far - shiver)
    hind_far, front_far, hind, front = _planted(build, actor)
    feet = (hind_far, _moved(front_far, 0.32 * far), hind, _moved(front, 0.32 * far))
    return Stance(rump, chest, head, feet, nod=-12 * far, tail=52 * far, shut=np.clip(1.4 * far - 0.3, 0, 1))


def _roll(build: Build, actor: Actor) -> Stance:
    """On its back it rolls from side to side: feet wave in the air, near ones high when the far ones are low."""
    c = actor.cycle
    side, wriggle = wave(c), 0.022 * wave(2 * c)
    rr, cr = build.radii
    rump = (build.rump[0] * 0.80 - wriggle, -rr * 1.02 + 0 * c)
    chest = (build.chest[0] * 0.80 + wriggle, -cr * 1.06 + 0 * c)
    head = (chest[0] + 0.285 + 0.02 * side, -0.235 - 0.02 * side)
    feet = tuple(
        (end[0] + lean + 0.085 * wave(c, late), -0.53 - 0.075 * high * side - 0.035 * wave(2 * c, late))
        for end, lean, high, late in (
            (rump, -0.02, 1, 0.10), (chest, -0.02, 1, 0.60), (rump, -0.12, -1, 0.55), (chest, 0.09, -1, 0.05),
        )
    )  # fmt: skip
    return Stance(rump, chest, head, feet, nod=112 + 14 * side, tail=30 * wave(c, 0.1), shut=0.75, over=True)


_STANCES = {
    "walk": _walk,
    "run": _run,
    "jump": _jump,
    "sit": _sit,
    "sleep": _sleep,
    "graze": _graze,
    "hop": _hop,
    "trot": _trot,
    "look": _look,
    "nod": _nod,
    "stretch": _stretch,
    "roll": _roll,
}


def shadow(pen: Pen, build: Build, stance: Stance) -> None:
    """Stays on the ground while the body leaps."""
    middle = (np.asarray(stance.rump[0]) + stance.chest[0]) / 2
    wide = (build.chest[0] - build.rump[0]) / 2 + build.radii[0] * 0.9
    pen.shadow(middle, 0.0, wide * (1 - 0.55 * np.asarray(stance.lift)), 0.055)


def legs(pen: Pen, build: Build, stance: Stance, colour, side: int, *, paws) -> None:
    """The far pair (side 0, darker, before the body) or the near pair (side 1, after it)."""
    coat = darker(colour, 0.30) if side == 0 else colour
    paw_coat = darker(paws, 0.25) if side == 0 else paws
    if stance.lying:
        return
    for i, name in ((2 * side, "hind"), (2 * side + 1, "front")):
        end, r, foot = (stance.rump, stance.chest)[i % 2], build.radii[i % 2], stance.feet[i]
        if stance.sitting and i % 2 == 0:
            pen.ellipse(
                (foot[0], foot[1] - build.paw * 0.55),
                build.paw * 1.7,
                build.paw * 0.62,
                paw_coat,
                **ink(paw_coat, 0.016, 0.35, 0.03),
            )
            pen.joint(f"{'fn'[side]}_{name}", foot)
            continue
        low = -0.35 * r if stance.over else 0.35 * r
        top = (end[0] + (0.02 if i % 2 else 0.0), end[1] + low)
        length = -((build.chest, build.rump)[i % 2 == 0][1] + 0.35 * r) * 0.517
        ankle = (foot[0] - 0.01, foot[1] - build.paw * 0.7)
        knee = limb(top, ankle, length, length, (1 if i % 2 else -1) * (-1 if stance.over else 1))
        pen.chain(
            [top, knee, ankle],
            [build.leg[0] * (1.0 if i % 2 else 1.25), sum(build.leg) / 2, build.leg[1]],
            coat,
            blend=0.03,
            **ink(coat, 0.016, 0.4, 0.035),
        )
        if side == 1:  # the near leg grows out of the body without a seam
            with pen.inside(pen.capsule_shape(stance.rump, stance.chest, *build.radii)):
                pen.ellipse((top[0], top[1] - 0.55 * build.leg[0]), 1.3 * build.leg[0] + 0.02, None, coat, soft=0.02)
        pen.ellipse(
            (foot[0] + build.paw * 0.35, foot[1] - build.paw * 0.55),
            build.paw * 1.15,
            build.paw * 0.72,
            paw_coat,
            **ink(paw_coat, 0.014, 0.35, 0.03),
        )
        pen.joint(f"{'fn'[side]}_{name}", foot)


def body(pen: Pen, build: Build, stance: Stance, colour, *, belly=None, marks=None) -> None:
    """One barrel from rump to chest, with a pale belly and a lit back; `marks(shape)` paints on it."""
    rr, cr = build.radii
    barrel = pen.capsule_shape(stance.rump, stance.chest, rr, cr)
    pen.fill(barrel, colour, to=darker(colour, 0.10), **ink(colour, 0.017, 0.45, 0.07))
    with pen.inside(barrel):
        (rx, ry), (cx, cy) = stance.rump, stance.chest
        if belly is not None and stance.over:
            pen.capsule((rx + 0.02, ry - rr * 0.86), (cx, cy - cr * 0.86), rr * 0.46, cr * 0.46, belly, alpha=0.95)
        elif belly is not None and not stance.sitting:
            pen.capsule((rx + 0.05, ry + rr * 0.98), (cx, cy + cr * 0.98), rr * 0.42, cr * 0.42, belly, alpha=0.9)
        if belly is not None and stance.sitting:
            pen.ellipse((cx + cr * 0.75, cy + cr * 0.6), cr * 0.55, cr * 1.3, belly, angle=-20)
        if marks is not None:
            marks()
        if not stance.over:
            pen.capsule(
                (rx - 0.02, ry - rr * 0.55),
                (cx - 0.05, cy - cr * 0.6),
                0.03,
                0.025,
                lighter(colour, 0.5),
                alpha=0.38,
                soft=0.06,
                fine=True,
            )
    if stance.sitting or stance.lying:
        haunch = (rx + rr * 0.25, ry + rr * 0.16)
        pen.ellipse(
            haunch,
            rr * 0.80,
            rr * 0.78,
            colour,
            outline=darker(edge(colour), 0.0),
            width=0.012,
            shade=0.35,
            shade_size=0.05,
        )
    pen.joint("rump", stance.rump)
    pen.joint("neck", stance.chest)


def eyes(pen: Pen, *, gap: float, y: float, size: float, shut: Number, colour="#2b1d16", iris="#fff1b8") -> None:
    """Two round eyes with a pale rim and a glint around x = 0 of the head's frame, or two sleeping lids."""
    if isinstance(shut, float) and shut == 1.0:
        for sign in (-1, 1):
            x = sign * gap
            pen.chain([(x - size, y), (x, y + size * 0.55), (x + size, y)], [0.010, 0.012, 0.010], colour)
        return
    open_ = 1 - 0.9 * np.asarray(shut)
    for sign in (-1, 1):
        pen.ellipse((sign * gap, y), size * 0.98, size * 1.2 * open_, iris)
        pen.ellipse((sign * gap, y), size * 0.80, size * 1.02 * open_, colour)
        pen.ellipse((sign * gap - size * 0.22, y - size * 0.38), size * 0.32, size * 0.36 * open_, "#ffffff", fine=True)


def blinking(actor: Actor) -> np.ndarray:
    """0 open, 1 shut: every three seconds or so."""
    t = actor.t + 3.0 * actor.rand("blink")[..., 0]
    return smooth(1 - np.abs(np.mod(t, 3.0) - 0.12) / 0.12)


def dreams(pen: Pen, actor: Actor, at: Point) -> None:
    """Two letters z that rise from a sleeper and fade."""
    for i in (0.0, 0.5):
        u = np.mod(actor.cycle + i, 1.0)
        with pen.at(at[0] + 0.12 * u + 0.03 * wave(2 * u), at[1] - 0.42 * u, scale=0.05 + 0.07 * u, angle=-8):
            pen.chain(
                [(-0.8, -0.8), (0.8, -0.8), (-0.8, 0.8), (0.8, 0.8)],
                [0.16] * 4,
                "#fdfcff",
                alpha=np.sin(np.pi * u),
                outline="#5b5f8d",
                width=0.10,
                emit=True,
            )
