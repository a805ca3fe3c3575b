"""What people and animals can put on: a straw hat, a striped scarf, a coat.

A coat takes the subject's colour; hat and scarf keep colours of their own, so that the colour is still told by what
lies below. People draw them in the frames of their bodies: `sleeve` after `arm`, `coat_skirt` and `coat_top` over what
they wear, `scarf` in the trunk's frame before the head, `hat` last in the head's frame. Animals: `neckerchief` before
the head, `hat` last in the head's frame.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from filmloom.world.cast._ink import ink
from filmloom.world.cast._people import CHILD, Build, Pose, arm_joints, breadth
from filmloom.world.pen import Number, Pen, Point, darker, lighter, wave
from filmloom.world.stage import Actor

PEOPLE = ("usual", "hat", "scarf", "coat")  # for the cards: what a person, and what an animal, can wear
ANIMAL = ("usual", "hat", "scarf")
STRAW, RIBBON = "#efd795", "#3f4d7d"
WOOL, STRIPE = "#f7f1e3", "#2e7d86"


def hat(pen: Pen, at: Point = (0.0, -0.085), r: Number = 0.146, *, angle: Number = 0.0) -> None:
    """A sun hat on a head of half width `r`: its brim's middle `at`, in the head's frame."""
    with pen.at(*at, scale=r, angle=angle):
        straw = ink(STRAW, 0.07, 0.35, 0.12)
        pen.ellipse((0, 0.03), 1.52, 0.34, STRAW, to=darker(STRAW, 0.16), **straw)
        pen.ellipse((0, -0.02), 1.02, 0.20, darker(STRAW, 0.35))
        dome = pen.polygon_shape(
            [(-0.80, 0.02), (0.80, 0.02), (0.74, -0.40), (0.46, -0.74), (-0.46, -0.74), (-0.74, -0.40)], 0.14
        )
        pen.fill(dome, STRAW, to=lighter(STRAW, 0.2), **straw)
        with pen.inside(dome):
            pen.capsule((-1.0, -0.08), (1.0, -0.08), 0.17, None, RIBBON)
            pen.capsule((-0.5, -0.62), (0.1, -0.70), 0.06, 0.04, "#fff6d8", alpha=0.7, soft=0.08, fine=True)
        for x in (-1.05, -0.55, 0.55, 1.05):
            pen.capsule(
                (x, 0.11), (1.16 * x, 0.22 - 0.10 * abs(x)), 0.02, None, darker(STRAW, 0.3), alpha=0.5, fine=True
            )


def scarf(pen: Pen, pose: Pose, actor: Actor, *, y: float = -0.258) -> None:
    """Wound once around the neck at `y`, its striped end over the shoulder, flying with wind and speed."""
    w = breadth(pose)
    blown = 0.05 * actor.wind + 0.16 * np.minimum(actor.speed, 1) + 0.02 * wave(actor.cycle, 0.2)
    root = (0.040 * w, y + 0.012)
    middle = (root[0] + 0.018 - 0.5 * blown, y + 0.092 - 0.1 * np.abs(blown))
    tip = (root[0] + 0.026 - 1.3 * blown + 0.010 * wave(actor.t * 0.8), y + 0.180 - 0.45 * np.abs(blown))
    _strip(pen, [root, middle, tip], 0.031)
    pen.capsule((-0.060 * w, y), (0.060 * w, y), 0.039, None, WOOL, **ink(WOOL, 0.010, 0.35, 0.025))
    pen.capsule((-0.030 * w, y - 0.026), (-0.034 * w, y + 0.026), 0.009, None, STRIPE)
    pen.capsule((0.020 * w, y - 0.028), (0.022 * w, y + 0.028), 0.009, None, STRIPE)


def _strip(pen: Pen, points: list[Point], half: Number) -> None:
    """A hanging end: wool, three stripes across, fringes."""
    half = np.asarray(half)
    pen.chain(points, [0.9 * half, half, 0.95 * half], WOOL, **ink(WOOL, 0.35 * half, 0.3, half))
    for share in (0.35, 0.85):
        for a, b in pairwise(points):
            dx, dy = b[0] - a[0], b[1] - a[1]
            long = np.maximum(np.sqrt(dx * dx + dy * dy), 1e-4)
            x, y = a[0] + share * dx, a[1] + share * dy
            nx, ny = -dy / long * 0.85 * half, dx / long * 0.85 * half
            pen.capsule((x - nx, y - ny), (x + nx, y + ny), 0.30 * half, None, STRIPE)


def sleeve(pen: Pen, pose: Pose, side: int, colour, *, build: Build = CHILD) -> None:
    """A coat's sleeve over the arm that `arm` has drawn, down to the wrist."""
    if pose.near and side == 0:
        return
    for one in (0, 1) if pose.near else (side,):
        shoulder, elbow, hand = arm_joints(pose, one, build.shoulder)
        wrist = (elbow[0] + 0.72 * (hand[0] - elbow[0]), elbow[1] + 0.72 * (hand[1] - elbow[1]))
        pen.chain(
            [shoulder, elbow, wrist], [0.048, 0.040, 0.037], colour, blend=0.01, **ink(colour, 0.010, 0.45, 0.025)
        )
        back = (elbow[0] + 0.64 * (hand[0] - elbow[0]), elbow[1] + 0.64 * (hand[1] - elbow[1]))
        pen.capsule(back, wrist, 0.040, None, lighter(colour, 0.45), **ink(colour, 0.006, 0.2, 0.01))


def coat_skirt(pen: Pen, pose: Pose, colour, blown: Number = 0.0, *, longer: float = 0.0) -> None:
    """The coat below the belt, in the hip's frame: two fronts that part a little, over whatever legs wear."""
    wide, hem = 0.118 + 0.7 * np.asarray(pose.flare), np.asarray(pose.hem) - 0.012 + longer
    sway, waist = 0.7 * np.asarray(pose.sway) + 0.35 * np.asarray(blown), 0.070 * breadth(pose)
    bell = [(-waist, -0.11), (waist, -0.11), (wide + sway, hem), (-wide + sway, hem)]
    pen.polygon(
        bell, colour, round=0.016, to=darker(colour, 0.2), axis=((0, -0.1), (0, 0.2)), **ink(colour, 0.011, 0.5, 0.045)
    )
    middle = 0.03 * np.sin(pose.yaw)
    pen.capsule((middle, -0.08), (sway + 0.6 * middle, hem), 0.0045, 0.007, darker(colour, 0.45), alpha=0.85)
    for sign in (-1, 1):
        x = sign * 0.55 * wide + 0.5 * sway
        pen.capsule((x - 0.022, 0.02), (x + 0.022, 0.028), 0.007, None, darker(colour, 0.32), alpha=0.9)


def coat_top(pen: Pen, pose: Pose, colour) -> None:
    """The coat above the belt, in the trunk's frame: lapels, two rows of buttons, belt, collar."""
    w, turn = breadth(pose), np.sin(pose.yaw)
    front = np.clip(np.cos(pose.yaw) * 4, 0, 1)
    body = [(-0.082 * w, -0.240), (0.082 * w, -0.240), (0.078 * w, -0.16), (0.064 * w, -0.085), (-0.064 * w, -0.085),
            (-0.078 * w, -0.16)]  # fmt: skip
    shape = pen.polygon_shape(body, 0.020)
    pen.fill(shape, colour, to=darker(colour, 0.12), **ink(colour, 0.011, 0.5, 0.04))
    x = 0.045 * turn
    with pen.inside(shape):
        pen.capsule((x, -0.20), (x, -0.07), 0.004, None, darker(colour, 0.45), alpha=0.85 * front)
        buttons = [pen.ellipse_shape((x + s * 0.026 * w, y), 0.009, 0.009) for s in (-1, 1) for y in (-0.165, -0.125)]
        pen.union(buttons, "#f2dfae", alpha=front, outline="#7a5c2c", width=0.003)
    pen.capsule(
        (-0.066 * w, -0.090), (0.066 * w, -0.090), 0.017, None, darker(colour, 0.4), **ink(colour, 0.006, 0.2, 0.02)
    )
    pen.box((x, -0.090), 0.034 * w, 0.032, "#f2dfae", round=0.004, alpha=front, outline="#7a5c2c", width=0.004)
    for sign in (-1, 1):
        lapel = [(x * 0.6, -0.188), (sign * 0.056 * w + x * 0.4, -0.285), (sign * 0.074 * w + x * 0.4, -0.236)]
        pen.polygon(
            lapel, lighter(colour, 0.22), round=0.006, alpha=0.25 + 0.75 * front, **ink(colour, 0.007, 0.25, 0.015)
        )


def neckerchief(pen: Pen, actor: Actor, chest: Point, head: Point, r: float, *, share: float = 0.55) -> None:
    """An animal's scarf: across the neck `share` of the way from chest to head, `r` half its width, one end flying."""
    dx, dy = head[0] - chest[0], head[1] - chest[1]
    long = np.maximum(np.sqrt(dx * dx + dy * dy), 1e-4)
    x, y = chest[0] + share * dx, chest[1] + share * dy
    nx, ny = -dy / long * r, dx / long * r
    blown = 0.10 * actor.wind + 0.35 * np.minimum(actor.speed, 1) + 0.05 * wave(actor.cycle, 0.2)
    root = (x + 0.3 * nx, y + 0.3 * ny)
    middle = (root[0] - 0.35 * r - 0.5 * blown, root[1] + 0.95 * r - 0.15 * np.abs(blown))
    tip = (root[0] - 0.5 * r - 1.2 * blown, root[1] + 1.75 * r - 0.55 * np.abs(blown))
    _strip(pen, [root, middle, tip], 0.36 * r)
    pen.capsule((x - nx, y - ny), (x + nx, y + ny), 0.40 * r, None, WOOL, **ink(WOOL, 0.10 * r, 0.35, 0.2 * r))
    for at in (-0.55, 0.1, 0.7):
        a, b = (x + at * nx, y + at * ny), (0.34 * r * dx / long, 0.34 * r * dy / long)
        pen.capsule((a[0] - b[0], a[1] - b[1]), (a[0] + b[0], a[1] + b[1]), 0.09 * r, None, STRIPE)
