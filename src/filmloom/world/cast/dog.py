"""A dog with floppy ears, a collar and a wagging tail."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import LAND, SubjectCard
from filmloom.world.cast import _clothes as wear
from filmloom.world.cast._four_legs import Build, Stance, body, dreams, eyes, legs, shadow, stance_of
from filmloom.world.cast._ink import contrast, edge, ink
from filmloom.world.pen import Pen, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="dog",
    actions=("walk", "run", "jump", "sit", "sleep", "trot", "roll", "look"),
    settings=(*LAND, "farm", "harbour", "playground", "arctic", "lavender_field"),
    station="ground",
    size=0.27,
    clothes=wear.ANIMAL,
    travel={"walk": 0.1, "run": 0.32, "trot": 0.2},
    natural=("brown", "black", "white", "orange"),
    width=1.6,
    weight=0.3,
    reach={"run": (1.18, 0.04), "trot": (1.15, 0.04), "look": (1.12, 0.04), "roll": (1.06, 0.1)},
)
BUILD = Build(
    rump=(-0.30, -0.46),
    chest=(0.22, -0.47),
    radii=(0.165, 0.185),
    head=(0.40, -0.77),
    leg=(0.078, 0.056),
    feet=(-0.34, 0.24),
    paw=0.062,
)


def draw(pen: Pen, actor: Actor) -> None:
    stance = stance_of(BUILD, actor)
    colour, cream = actor.colour, mix(lighter(actor.colour, 0.72), "#fff4e4", 0.5)
    shadow(pen, BUILD, stance)
    _tail(pen, actor, stance, cream)
    legs(pen, BUILD, stance, colour, 0, paws=cream)
    body(pen, BUILD, stance, colour, belly=cream, marks=lambda: _saddle(pen, stance, colour))
    legs(pen, BUILD, stance, colour, 1, paws=cream)
    _neck(pen, stance, colour)
    if actor.clothes == "scarf":
        wear.neckerchief(pen, actor, stance.chest, stance.head, 0.16, share=0.56)
    with pen.at(*stance.head, angle=-np.asarray(stance.nod)):
        _head(pen, actor, stance, cream)
        if actor.clothes == "hat":
            wear.hat(pen, (-0.01, -0.140), 0.150)
    pen.joint("head", stance.head)
    if stance.lying:
        dreams(pen, actor, (stance.head[0] + 0.02, stance.head[1] - 0.30))


def _saddle(pen: Pen, stance: Stance, colour) -> None:
    """A patch of another shade on the back."""
    if stance.over:
        return
    (rx, ry), (cx, cy) = stance.rump, stance.chest
    pen.ellipse((rx + 0.30 * (cx - rx), ry + 0.30 * (cy - ry) - 0.15), 0.19, 0.12, contrast(colour), alpha=0.85)


def _neck(pen: Pen, stance: Stance, colour) -> None:
    if stance.lying or stance.over:
        return
    (cx, cy), (hx, hy) = stance.chest, stance.head
    pen.capsule((cx + 0.02, cy - 0.06), (hx - 0.04, hy + 0.10), 0.135, 0.115, colour, **ink(colour, 0.014, 0.4, 0.04))
    x, y = cx + 0.62 * (hx - cx), cy + 0.52 * (hy - cy)
    pen.capsule(
        (x - 0.115, y - 0.055), (x + 0.125, y + 0.045), 0.030, None, "#d8414a", **ink("#d8414a", 0.011, 0.3, 0.02)
    )
    pen.ellipse((x + 0.085, y + 0.075), 0.034, None, "#ffd24a", outline="#8a6414", width=0.010)


def _tail(pen: Pen, actor: Actor, stance: Stance, cream) -> None:
    x, y = stance.rump[0] - 0.11, stance.rump[1] - 0.07
    happy = {"sit": 26.0, "walk": 18.0, "sleep": 0.0, "roll": 8.0}.get(actor.action, 12.0)
    angle = np.radians(122 + np.asarray(stance.tail) * 0.5 + happy * wave(actor.t * 2.2))
    if stance.lying or stance.sitting or stance.over:
        y, angle = stance.rump[1] + 0.06, np.radians(150 + happy * wave(actor.t * 2.2) + 14 * stance.lying)
    middle = (x + 0.15 * np.cos(angle + 0.25), y - 0.15 * np.sin(angle + 0.25))
    tip = (middle[0] + 0.16 * np.cos(angle - 0.35), middle[1] - 0.16 * np.sin(angle - 0.35))
    pen.chain(
        [(x, y), middle, tip], [0.060, 0.055, 0.026], actor.colour, blend=0.03, **ink(actor.colour, 0.015, 0.4, 0.03)
    )
    pen.ellipse(tip, 0.034, None, cream)
    pen.joint("tail", tip)


def _head(pen: Pen, actor: Actor, stance: Stance, cream) -> None:
    colour, dark = actor.colour, contrast(actor.colour)
    k = stance.turn  # mirrors what lies off the middle of the face
    flop = (
        0.03 * wave(actor.cycle, 0.35) + 0.05 * np.clip(np.asarray(actor.speed), 0, 1) - 0.02 * np.asarray(actor.wind)
    )
    pen.chain(
        [(-0.09, -0.15), (-0.21, -0.06), (-0.235 - flop, 0.13 - 0.6 * np.abs(flop))],
        [0.055, 0.072, 0.058],
        darker(dark, 0.2),
        blend=0.03,
        **ink(dark, 0.014, 0.3, 0.03),
    )
    skull = pen.union_shape(
        [pen.ellipse_shape((0, 0), 0.195, 0.190), pen.ellipse_shape((0.13 * k, 0.075), 0.135, 0.100)], 0.06
    )
    pen.fill(skull, colour, to=darker(colour, 0.06), **ink(colour, 0.016, 0.4, 0.045))
    with pen.inside(skull):
        pen.ellipse((0.045 * k, -0.11), 0.040, 0.12, cream)
        pen.ellipse((0.14 * k, 0.105), 0.165, 0.090, cream)
        pen.ellipse((-0.10 * k, -0.03), 0.095, 0.105, dark, alpha=0.85, angle=20 * k)
        pen.ellipse((0.0, 0.09), 0.035, 0.022, "#ff9a94", alpha=0.5, soft=0.02, fine=True)
    with pen.at(0.045 * k, -0.03):
        eyes(pen, gap=0.088, y=0.0, size=0.045, shut=stance.lids(actor))
    pen.ellipse((0.195 * k, 0.030), 0.048, 0.036, "#2b1f22", outline="#120b0d", width=0.006)
    pen.ellipse((0.182 + 0.195 * (k - 1), 0.018), 0.014, 0.008, "#ffffff", alpha=0.8, fine=True)
    panting = smooth(2 * np.sin(2 * np.pi * actor.t * 0.8) + 0.9) * (0.0 if stance.lying else 1.0)
    pen.capsule(
        (0.165 * k, 0.130),
        (0.175 * k, 0.130 + 0.055 * panting),
        0.026,
        0.028,
        "#f2788a",
        alpha=np.clip(2 * panting, 0, 1),
        outline="#a8394c",
        width=0.008,
    )
    pen.chain(
        [(0.195 * k, 0.065), (0.185 * k, 0.115), (0.115 * k, 0.132), (0.065 * k, 0.105)],
        [0.008] * 4,
        edge("#8a5a40"),
        blend=0.02,
    )
    pen.joint("nose", (0.195 * k, 0.03))
