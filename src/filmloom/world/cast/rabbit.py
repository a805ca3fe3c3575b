"""A round rabbit with long ears and a tuft of a tail; it hops, sits, sleeps, looks about, eats a carrot and dances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from filmloom.world.cards import LAND, SubjectCard
from filmloom.world.cast import _clothes as wear
from filmloom.world.cast._four_legs import Build, Stance, blinking, body, dreams, eyes, legs, shadow, stance_of
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="rabbit",
    actions=("hop", "sit", "sleep", "dance", "look", "eat"),
    settings=(*LAND, "farm", "playground", "bedroom", "lavender_field"),
    station="ground",
    size=0.27,
    travel={"hop": 0.14},
    clothes=wear.ANIMAL,
    natural=("white", "brown", "grey"),
    width=1.3,
    weight=0.25,
    reach={"hop": (1.32, 0.03), "look": (1.3, 0.04), "sit": (1.28, 0.04), "dance": (1.18, 0.04)},
)
BUILD = Build(
    rump=(-0.20, -0.27),
    chest=(0.12, -0.27),
    radii=(0.235, 0.185),
    head=(0.29, -0.47),
    leg=(0.075, 0.056),
    feet=(-0.20, 0.20),
    paw=0.066,
)


def draw(pen: Pen, actor: Actor) -> None:
    white = _pale(actor)
    if actor.action == "dance":
        _dancer(pen, actor, white)
        return
    stance = _stance(actor)
    colour = actor.colour
    shadow(pen, BUILD, stance)
    tail = (stance.rump[0] - 0.23, stance.rump[1] + (0.10 if stance.sitting else 0.02))
    pen.ellipse(tail, 0.085, 0.080, white, **ink(white, 0.013, 0.3, 0.03))
    legs(pen, BUILD, stance, colour, 0, paws=white)
    body(pen, BUILD, stance, colour, belly=white)
    if not (stance.sitting or stance.lying):
        (x, y), foot = stance.rump, stance.feet[2]
        pen.capsule(
            (foot[0] - 0.05, foot[1] - 0.05),
            (foot[0] + 0.15, foot[1] - 0.045),
            0.048,
            None,
            white,
            **ink(white, 0.013, 0.3, 0.03),
        )
        pen.ellipse((x + 0.02, y + 0.07), 0.165, 0.150, colour, **ink(colour, 0.013, 0.35, 0.04))
        _paw(pen, stance, colour, white)
    else:
        legs(pen, BUILD, stance, colour, 1, paws=white)
    droop = (
        62.0
        if stance.lying
        else 26 * np.clip(np.asarray(stance.tail) / 30, -1, 1) + 6 * wave(actor.t * 0.5)
        if actor.action == "hop"
        else 6 * wave(actor.t * 0.5)
    )
    if actor.clothes == "scarf":
        wear.neckerchief(pen, actor, stance.chest, stance.head, 0.14, share=0.5)
    with pen.at(*stance.head, angle=-np.asarray(stance.nod)):
        _head(pen, actor, white, droop, stance.lids(actor), stance.turn)
        if actor.clothes == "hat":
            wear.hat(pen, (0.0, -0.142), 0.110)
    pen.joint("head", stance.head)
    pen.joint("tail", tail)
    if actor.action == "eat":
        _carrot(pen, actor, stance)
    if stance.lying:
        dreams(pen, actor, (stance.head[0] + 0.10, stance.head[1] - 0.26))


def _stance(actor: Actor) -> Stance:
    if actor.action == "eat":
        return _nibble(actor)
    if actor.action != "look":
        return stance_of(BUILD, actor)
    upright, gaze = stance_of(BUILD, replace(actor, action="sit")), stance_of(BUILD, actor)
    tall = (upright.head[0] + 0.03 * gaze.turn, upright.head[1] - 0.03)
    return replace(upright, head=tall, turn=gaze.turn, nod=gaze.nod, tail=gaze.tail)


def _nibble(actor: Actor) -> Stance:
    """Crouched over a carrot: the head dips to bite at the start of a cycle, then munches."""
    plain = stance_of(BUILD, replace(actor, action="sit"))
    dip = smooth(0.5 + 0.9 * wave(actor.cycle, 0.25))
    munch = 0.010 * wave(4 * actor.cycle) * (1 - dip)
    head = (0.30 + 0.012 * dip, -0.375 + 0.045 * dip + munch)
    return replace(
        plain, rump=(-0.14, -0.255), chest=(0.10, -0.255 + 0.012 * dip), head=head, nod=6 + 10 * dip, sitting=False,
        feet=((-0.12, -0.025), (0.24, -0.025), (-0.18, 0.0), (0.16, 0.0)), tail=10 * wave(actor.cycle), shut=0.0,
    )  # fmt: skip


def _carrot(pen: Pen, actor: Actor, stance: Stance) -> None:
    """Held in the near paws; its leaves tremble with every bite."""
    dip = smooth(0.5 + 0.9 * wave(actor.cycle, 0.25))
    x, y = 0.345, -0.165 - 0.03 * (1 - dip)
    shake = 0.012 * wave(4 * actor.cycle)
    leaves = [
        pen.capsule_shape((x + 0.13, y + 0.045), (x + 0.23 + dx, y + dy + shake), 0.012, 0.028)
        for dx, dy in ((0.02, -0.04), (0.05, 0.03), (0.03, 0.085))
    ]
    pen.union(leaves, "#57a640", blend=0.01, **ink("#57a640", 0.010, 0.3, 0.02))
    root = pen.capsule_shape((x - 0.06, y - 0.03), (x + 0.14, y + 0.045), 0.020, 0.055)
    pen.fill(root, "#ff8a2a", **ink("#ff8a2a", 0.012, 0.4, 0.03))
    with pen.inside(root):
        for u in (0.02, 0.09):
            pen.capsule((x + u, y - 0.05), (x + u + 0.005, y - 0.005), 0.005, None, "#c85a12", alpha=0.7, fine=True)
    for dx in (0.03, 0.11):
        pen.ellipse((x + dx, y + 0.065), 0.045, 0.036, _pale(actor), **ink(_pale(actor), 0.011, 0.3, 0.02))
    pen.joint("l_hand", (x + 0.03, y + 0.065))


def _pale(actor: Actor) -> np.ndarray:
    return mix(lighter(actor.colour, 0.75), "#fffaf4", 0.5)


def _paw(pen: Pen, stance: Stance, colour, white) -> None:
    """The near front leg of a hopping rabbit."""
    (x, y), foot = stance.chest, stance.feet[3]
    pen.chain(
        [(x + 0.06, y + 0.08), (foot[0], foot[1] - 0.05)], [0.065, 0.048], colour, **ink(colour, 0.013, 0.35, 0.03)
    )
    pen.ellipse((foot[0] + 0.02, foot[1] - 0.035), 0.062, 0.042, white, **ink(white, 0.012, 0.3, 0.03))


def _dancer(pen: Pen, actor: Actor, white) -> None:
    """Upright: hops from foot to foot, swings its paws overhead in turn, ears a beat behind. Feet land at 0 and 0.5."""
    c, colour = actor.cycle, actor.colour
    side = wave(c)
    bounce = 0.05 * np.abs(side)
    pen.shadow(0, 0, 0.24 - 0.5 * bounce, 0.05)
    x, y = -0.05 * side, -0.30 - bounce
    pen.ellipse((x - 0.16 + 0.05 * side, y + 0.10), 0.075, 0.07, white, **ink(white, 0.012, 0.3, 0.03))
    for sign in (-1, 1):
        lift = smooth(np.maximum(sign * side, 0))
        foot = (sign * (0.10 + 0.08 * lift), -0.045 - 0.14 * lift)
        pen.capsule(
            (x + sign * 0.09, y + 0.12),
            (foot[0] - sign * 0.01, foot[1] - 0.02),
            0.08,
            0.05,
            colour,
            **ink(colour, 0.012, 0.35, 0.03),
        )
        pen.ellipse(
            (foot[0] + sign * 0.03, foot[1]),
            0.085,
            0.048,
            white,
            angle=sign * 18 * lift,
            **ink(white, 0.012, 0.3, 0.03),
        )
        pen.joint("lr"[sign > 0] + "_foot", foot)
    with pen.at(x, y, angle=-9 * side):
        pen.capsule(
            (0, 0.06), (0, -0.13), 0.185, 0.135, colour, to=darker(colour, 0.1), **ink(colour, 0.014, 0.45, 0.05)
        )
        pen.ellipse((0.0, 0.05), 0.115, 0.145, white)
        for sign in (-1, 1):
            up = smooth(0.5 + 0.5 * sign * wave(c, 0.06))
            angle = np.radians(55 + 95 * up)
            hand = (sign * (0.11 + 0.21 * np.sin(angle)), -0.12 + 0.21 * np.cos(angle))
            pen.capsule((sign * 0.11, -0.12), hand, 0.052, 0.046, colour, **ink(colour, 0.012, 0.35, 0.03))
            pen.ellipse(hand, 0.052, None, white, **ink(white, 0.011, 0.3, 0.02))
            pen.joint("lr"[sign > 0] + "_hand", hand)
        if actor.clothes == "scarf":
            wear.neckerchief(pen, actor, (0.0, -0.08), (0.0, -0.29), 0.13)
        with pen.at(0.0, -0.29, angle=-7 * side):
            _head(pen, actor, white, 16 * wave(c, -0.12), blinking(actor))
            if actor.clothes == "hat":
                wear.hat(pen, (0.0, -0.142), 0.110)
            pen.joint("head", (0.0, 0.0))


def _head(pen: Pen, actor: Actor, white, droop: Number, shut: Number, turn: Number = 1.0) -> None:
    """Ears swing back by `droop` degrees."""
    colour = actor.colour
    aside = 0.03 + 0.05 * (np.asarray(turn) - 1)  # how far the face is turned to one side
    for lean, far in ((16, True), (-4, False)):
        angle = np.radians(90 + lean + np.asarray(droop))
        coat = darker(colour, 0.2) if far else colour
        base = (-0.05 if far else 0.045, -0.12)
        tip = (base[0] + 0.34 * np.cos(angle), base[1] - 0.34 * np.sin(angle))
        bend = (base[0] + 0.17 * np.cos(angle - 0.08), base[1] - 0.17 * np.sin(angle - 0.08))
        pen.chain([base, bend, tip], [0.046, 0.060, 0.026], coat, blend=0.03, **ink(coat, 0.013, 0.35, 0.03))
        pen.chain(
            [base, bend, (bend[0] + 0.7 * (tip[0] - bend[0]), bend[1] + 0.7 * (tip[1] - bend[1]))],
            [0.018, 0.030, 0.012],
            "#ffb3b0",
            blend=0.02,
        )
    skull = pen.ellipse_shape((0, 0), 0.185, 0.165)
    pen.fill(skull, colour, to=darker(colour, 0.06), **ink(colour, 0.014, 0.4, 0.04))
    with pen.inside(skull):
        pen.ellipse((aside + 0.005, 0.105), 0.115, 0.085, white)
        for sign in (-1, 1):
            pen.ellipse((aside + sign * 0.125, 0.065), 0.036, 0.022, "#ff8f8f", alpha=0.55, soft=0.02, fine=True)
    with pen.at(aside, 0):
        eyes(pen, gap=0.085, y=-0.005, size=0.043, shut=shut, iris="#fff8ec")
        sniff = 0.004 * wave(actor.t * 3)
        pen.ellipse((0, 0.055 + sniff), 0.022, 0.016, "#f2687d")
        for sign in (-1, 1):
            pen.chain([(0, 0.072), (sign * 0.018, 0.096), (sign * 0.042, 0.088)], [0.006] * 3, edge("#8a5a50"))
        pen.polygon(
            [(-0.016, 0.098), (0.016, 0.098), (0.013, 0.128), (-0.013, 0.128)],
            "#ffffff",
            outline="#b9a9a4",
            width=0.004,
        )
    pen.joint("nose", (aside, 0.055))
