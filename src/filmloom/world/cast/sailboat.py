"""A wooden sailboat: it heels and cuts a wake, or rocks at rest in rings of ripples."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, Point, darker, lighter, mix, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="sailboat",
    actions=("sail", "rock"),
    settings=("arctic", "harbour", "mountain_lake", "sea"),
    station="surface",
    size=0.5,
    part="sail",
    travel={"sail": 0.07},
    weight=0.6,
)
WOOD, DECK = "#8d4a2f", "#fff1dc"


def draw(pen: Pen, actor: Actor) -> None:
    c = actor.cycle
    sailing = actor.action == "sail"
    heel = 5.0 + 2.5 * wave(c) if sailing else 8.5 * wave(c)
    heave = 0.010 * wave(c, 0.2) if sailing else 0.014 * wave(c, 0.3)
    pen.shadow(0, 0.055, 0.40, 0.045, 0.30)
    _reflection(pen, actor, heel)
    with pen.at(0, heave + 0.01, angle=heel):
        _rig(pen, actor, full=0.035 + 0.012 * wave(1.7 * c) if sailing else 0.012 * wave(2 * c))
        _hull(pen)
    _foam(pen, actor, sailing)


def _band(
    pen: Pen, x: Number, y: Number, half: Number, thick: Number, colour, alpha: Number, fine: bool = False
) -> None:
    """A soft streak on the water."""
    pen.capsule((x - half, y), (x + half, y), thick, None, colour, alpha=alpha, soft=0.008, valid=False, fine=fine)


def _reflection(pen: Pen, actor: Actor, heel: Number) -> None:
    """Broken bands of wood and sail colour under the keel."""
    for i in range(5):
        x = 0.012 * wave(1.5 * actor.cycle, 0.23 * i) - 0.004 * i * np.asarray(heel)
        colour = WOOD if i < 2 else actor.colour
        _band(pen, x, 0.075 + 0.038 * i, 0.28 - 0.035 * i, 0.009, colour, 0.34 - 0.04 * i, fine=True)


def _rig(pen: Pen, actor: Actor, full: Number) -> None:
    """Mast, boom, pennant and two sails; `full` bulges them."""
    colour = actor.colour
    pen.capsule((0.0, -0.08), (0.0, -0.90), 0.014, 0.009, "#6b4330", **ink("#6b4330", 0.006, 0.3, 0.01))
    pen.capsule((0.0, -0.165), (-0.385, -0.150), 0.010, 0.008, "#6b4330", outline=edge("#6b4330"), width=0.005)
    main = pen.polygon_shape(
        [(-0.026, -0.180), *_leech((-0.375, -0.165), (-0.03, -0.890), -0.045 - full), (-0.026, -0.890)]
    )
    pen.fill(
        main,
        lighter(colour, 0.10),
        to=darker(colour, 0.12),
        axis=((-0.34, -0.5), (0.02, -0.4)),
        **ink(colour, 0.009, 0.4, 0.035),
    )
    with pen.inside(main):
        for y in (-0.36, -0.54, -0.71):
            pen.capsule((-0.45, y + 0.035), (0.0, y), 0.0035, None, darker(colour, 0.35), alpha=0.6)
        pen.capsule(
            (-0.10, -0.70), (-0.20, -0.30), 0.020, 0.030, lighter(colour, 0.7), alpha=0.35, soft=0.05, fine=True
        )
    pale = mix(colour, "#fff6e6", 0.35)
    jib = pen.polygon_shape(
        [(0.030, -0.81), (0.030, -0.20), *_leech((0.375, -0.150), (0.034, -0.81), 0.022 + 0.5 * full)]
    )
    pen.fill(jib, pale, to=darker(pale, 0.15), axis=((0.03, 0), (0.36, 0)), **ink(pale, 0.009, 0.35, 0.03))
    flap = 0.020 * wave(4 * actor.cycle)
    tip = -0.13 * np.sign(actor.wind + 1e-6)
    pen.polygon(
        [(0.0, -0.965), (0.0, -0.905), (tip, -0.935 + flap)],
        "#ffc93c",
        round=0.004,
        outline=edge("#ffc93c"),
        width=0.006,
    )
    pen.joint("masthead", (0.0, -0.95))


def _leech(low: Point, high: Point, belly: Number) -> list[Point]:
    """The free edge of a sail from `low` to `high`, bulged sideways by `belly`: convex."""
    steps = np.linspace(0, 1, 7)
    return [(low[0] + (high[0] - low[0]) * u + 4 * u * (1 - u) * belly, low[1] + (high[1] - low[1]) * u) for u in steps]


def _hull(pen: Pen) -> None:
    hull = pen.polygon_shape(
        [(-0.375, -0.115), (0.44, -0.135), (0.385, -0.03), (0.28, 0.060), (-0.26, 0.065), (-0.345, 0.0)], 0.012
    )
    pen.fill(hull, WOOD, to=darker(WOOD, 0.45), axis=((0, -0.10), (0, 0.07)), **ink(WOOD, 0.011, 0.4, 0.05))
    with pen.inside(hull):
        pen.polygon([(-0.40, -0.135), (0.46, -0.155), (0.46, -0.092), (-0.40, -0.072)], DECK, to="#e5cfae")
        pen.capsule((-0.40, -0.015), (0.44, -0.030), 0.0045, None, darker(WOOD, 0.45), alpha=0.8)
    pen.joint("bow", (0.44, -0.13))
    pen.joint("stern", (-0.38, -0.11))
    pen.joint("centre", (0.0, -0.03))


def _foam(pen: Pen, actor: Actor, sailing: bool) -> None:
    """A bow wave and a wake, or rings."""
    lap = 0.006 * wave(3 * actor.cycle)
    for x, half in ((-0.22, 0.12), (0.02, 0.14), (0.25, 0.10)):
        _band(pen, x, 0.070 + lap, half, 0.011, "#ffffff", 0.55)
    for i in range(4):
        u = np.mod((0.55 if sailing else 0.3) * actor.t + i / 4, 1.0)
        fade = np.sin(np.pi * u)
        if sailing:
            _band(pen, 0.34 - 1.0 * u, 0.060 + 0.035 * u, 0.04 + 0.10 * u, 0.009 + 0.005 * u, "#ffffff", 0.7 * fade)
        else:
            for sign in (-1, 1):
                _band(pen, sign * (0.34 + 0.30 * u), 0.07, 0.065, 0.006, "#ffffff", 0.5 * fade)
