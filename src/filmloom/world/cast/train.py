"""A storybook steam train: locomotive and two coaches on rails of their own; it drives, or waits under steam."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._ink import edge, ink, rounded
from filmloom.world.pen import Number, Pen, Point, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="train",
    actions=("drive", "wait"),
    settings=(
        "autumn_park", "city", "desert", "farm", "harbour", "lavender_field", "meadow", "snow_forest", "village",
    ),
    station="ground",
    size=0.21,
    travel={"drive": 0.12},
    width=4.9,
    weight=1.0,
    reach={"drive": (1.47, 0.06), "wait": (1.47, 0.06)},
)  # fmt: skip
IRON, BRASS, STEEL = "#34353f", "#e3b349", "#b9bfca"
WHEEL, SMALL = 0.175, 0.105
SLEEPERS = 0.4  # apart
MIDDLE = 0.19  # where the frame's origin lies: as much train behind it as before
DRIVERS = (1.02, 1.42)
COACHES = (-1.72, -0.36)  # their middles
HEADS = ("#5b3a2a", "#2f2a30", "#a8703c", "#6b4a3a")


def draw(pen: Pen, actor: Actor) -> None:
    driving = actor.action == "drive"
    turned = np.where(actor.speed > 0, actor.speed * actor.t / WHEEL, 0.5 * 2 * np.pi * actor.cycle * driving)
    bounce = 0.008 * wave(actor.cycle) if driving else 0.004 * wave(3 * actor.cycle)
    _rails(pen, actor)
    with pen.at(MIDDLE, 0):
        _smoke(pen, actor)
        for i, x in enumerate(COACHES):
            with pen.at(x, 0.006 * wave(actor.cycle, 0.3 * i) * driving):
                _coach(pen, actor, i)
        with pen.at(0, bounce):
            _engine(pen, actor)
        _wheels(pen, turned)
        if not driving:
            _steam(pen, actor)
        if actor.stage.night:
            pen.polygon(
                [(2.02, -0.66), (3.2, -0.74), (3.2, -0.16), (2.02, -0.54)], "#ffe9a8", to="#000000",
                axis=((2.02, -0.6), (3.2, -0.5)), alpha=0.5, soft=0.12, glow=True, emit=True,
            )  # fmt: skip
            pen.glow((2.02, -0.60), 0.3, "#fff0b8", 0.9)
        pen.joint("centre", (0.0, -0.5 + np.zeros_like(actor.cycle)))


def _rails(pen: Pen, actor: Actor) -> None:
    """Rails across the whole picture, which stay where they are; a layer of their own, no part of the train."""
    own = pen.layers[-1]
    pen.moving(1.0, depth=own.depth + 0.001)
    gone = np.mod(actor.speed * actor.t, SLEEPERS)
    sleepers = [pen.capsule_shape((SLEEPERS * k - gone, 0.020), (SLEEPERS * k - gone - 0.03, 0.075), 0.026)
                for k in range(-20, 22)]  # fmt: skip
    for group in (sleepers[:14], sleepers[14:28], sleepers[28:]):
        pen.union(group, "#7a5a44", outline="#4a3428", width=0.010, valid=False)  # they start over
    for y, colour in ((0.018, darker(STEEL, 0.35)), (0.070, STEEL)):
        pen.capsule((-8.0, y), (8.0, y), 0.014, None, colour, outline="#555b68", width=0.008)
    pen.shadow(0, 0.03, 2.45, 0.09, 0.34)
    pen.moving(1.0, depth=own.depth, subject=own.subject)


def _coach(pen: Pen, actor: Actor, index: int) -> None:
    """Round-roofed, four windows with passengers, a cream band."""
    colour, night = actor.colour, actor.stage.night
    pen.capsule((-0.80, -0.17), (0.80, -0.17), 0.035, None, IRON, **ink(IRON, 0.012, 0.2, 0.02))
    body = pen.polygon_shape(rounded(-0.63, -0.80, 0.63, -0.155, 0.045))
    pen.fill(body, lighter(colour, 0.05), to=darker(colour, 0.16), **ink(colour, 0.020, 0.45, 0.06))
    with pen.inside(body):
        pen.box((0, -0.315), 1.4, 0.05, mix(colour, "#fffaf0", 0.82))
    roof = [(-0.67, -0.785), (-0.64, -0.845), (-0.50, -0.885), (0.50, -0.885), (0.64, -0.845), (0.67, -0.785)]
    pen.polygon(roof, darker(colour, 0.42), round=0.012, **ink(darker(colour, 0.42), 0.016, 0.4, 0.03))
    glass = ("#ffe3a1", "#e0a25e") if night else ("#c9eefb", "#7cbde2")
    at = (-0.45, -0.15, 0.15, 0.45)
    panes = pen.union_shape([pen.polygon_shape(rounded(x - 0.105, -0.72, x + 0.105, -0.44, 0.03)) for x in at])
    pen.fill(panes, glass[0], to=glass[1], outline=darker(colour, 0.55), width=0.018, emit=night)
    with pen.inside(panes):
        for i, x in ((0, -0.44), (1, 0.16)):
            nod = 0.008 * wave(actor.cycle, 0.2 * i + 0.4 * index)
            pen.ellipse((x, -0.515 + nod), 0.055, 0.062, "#f3cdb0", fine=True)
            pen.ellipse((x - 0.008, -0.545 + nod), 0.058, 0.050, HEADS[2 * index + i], fine=True)


def _engine(pen: Pen, actor: Actor) -> None:
    """Cab, boiler, chimney, dome, lamp and cowcatcher."""
    colour, night = actor.colour, actor.stage.night
    frame = [(0.44, -0.25), (2.02, -0.25), (2.02, -0.15), (0.44, -0.15)]
    pen.polygon(frame, IRON, **ink(IRON, 0.014, 0.3, 0.03))
    catcher = [(1.98, -0.20), (2.20, 0.02), (1.90, 0.02), (1.86, -0.20)]
    pen.polygon(catcher, "#c9453c", **ink("#c9453c", 0.016, 0.4, 0.03))
    chimney = [(1.63, -0.68), (1.79, -0.68), (1.785, -0.86), (1.85, -1.0), (1.57, -1.0), (1.635, -0.86)]
    pen.polygon(chimney, IRON, round=0.012, **ink(IRON, 0.016, 0.4, 0.04))
    pen.capsule((1.575, -0.99), (1.845, -0.99), 0.026, None, BRASS, **ink(BRASS, 0.010, 0.3, 0.02))
    pen.ellipse((1.26, -0.70), 0.105, 0.130, BRASS, **ink(BRASS, 0.014, 0.45, 0.04))
    boiler = pen.polygon_shape(rounded(0.86, -0.70, 1.95, -0.24, 0.09))
    pen.fill(boiler, lighter(colour, 0.12), to=darker(colour, 0.24), **ink(colour, 0.022, 0.4, 0.06))
    with pen.inside(boiler):
        bands = [pen.capsule_shape((x, -0.8), (x, -0.1), 0.016) for x in (1.12, 1.42, 1.70)]
        pen.union(bands, BRASS, to=darker(BRASS, 0.4), axis=((0, -0.65), (0, -0.25)))
        pen.capsule((0.9, -0.62), (1.82, -0.62), 0.022, None, "#ffffff", alpha=0.45, soft=0.03, fine=True)
        pen.box((1.92, -0.47), 0.12, 0.6, IRON, to=darker(IRON, 0.3))
    pen.ellipse((1.985, -0.60), 0.055, 0.062, "#fff6c9", outline="#6b4a1a", width=0.016, emit=True)
    cab = pen.polygon_shape(rounded(0.44, -0.86, 0.92, -0.20, 0.03))
    pen.fill(cab, lighter(colour, 0.04), to=darker(colour, 0.16), **ink(colour, 0.022, 0.45, 0.05))
    glass = ("#ffe3a1", "#e0a25e") if night else ("#c9eefb", "#7cbde2")
    pane = pen.polygon_shape(rounded(0.54, -0.78, 0.82, -0.50, 0.04))
    pen.fill(pane, glass[0], to=glass[1], outline=darker(colour, 0.55), width=0.018, emit=night)
    with pen.inside(pane):
        look = 0.012 * wave(0.5 * actor.cycle)
        pen.ellipse((0.70 + look, -0.575), 0.066, 0.072, "#f3cdb0")
        pen.capsule((0.64 + look, -0.630), (0.77 + look, -0.622), 0.030, 0.022, "#3c4a78")
    pen.capsule((0.44, -0.335), (0.92, -0.335), 0.024, None, mix(colour, "#fffaf0", 0.82))
    roof = [(0.37, -0.85), (0.41, -0.905), (0.55, -0.935), (0.83, -0.935), (0.97, -0.905), (1.0, -0.85)]
    pen.polygon(roof, darker(colour, 0.45), round=0.012, outline=edge(colour), width=0.016, shade=0.3, shade_size=0.03)


def _wheels(pen: Pen, turned: Number) -> None:
    """Coach wheels and the leading one as groups; drivers with spokes, joined by the rod that their pins carry."""
    small = [(x + dx, -SMALL) for x in COACHES for dx in (-0.38, 0.38)] + [(0.60, -SMALL), (1.80, -SMALL)]
    for radius, colour, line in ((SMALL, "#2a2a33", "#0d0d12"), (0.62 * SMALL, STEEL, "#4a4e58")):
        rims = [pen.ellipse_shape(p, radius, radius) for p in small]
        pen.union(rims, colour, outline=line, width=0.012)
    spin = turned * WHEEL / SMALL
    spokes = [_spoke(pen, p, 0.55 * SMALL, spin, 0.020) for p in small]
    pen.union(spokes, "#5a606c")
    for i, x in enumerate(DRIVERS):
        pen.ellipse((x, -WHEEL), WHEEL, None, "#c9453c", outline="#2a1512", width=0.022)
        pen.ellipse((x, -WHEEL), 0.74 * WHEEL, None, "#3a2a2c")
        spokes = [_spoke(pen, (x, -WHEEL), 0.80 * WHEEL, turned + a, 0.016) for a in (0.0, 1.047, 2.094)]
        pen.union(spokes, "#e0645a")
        pen.ellipse((x, -WHEEL), 0.24 * WHEEL, None, STEEL, outline="#4a4e58", width=0.010)
        pen.joint("rear_wheel" if i == 0 else "front_wheel", (x, -WHEEL))
    pins = [(x + 0.58 * WHEEL * np.cos(turned), -WHEEL + 0.58 * WHEEL * np.sin(turned)) for x in DRIVERS]
    rod = (1.82, -0.20)
    pen.capsule(pins[1], rod, 0.018, None, darker(STEEL, 0.12), outline="#4a4e58", width=0.010)
    pen.capsule(pins[0], pins[1], 0.026, None, STEEL, outline="#4a4e58", width=0.012)
    pen.box((1.86, -0.20), 0.18, 0.11, IRON, round=0.02, **ink(IRON, 0.012, 0.3, 0.02))


def _spoke(pen: Pen, centre: Point, reach: float, angle: Number, width: float):
    dx, dy = reach * np.cos(angle), reach * np.sin(angle)
    return pen.capsule_shape((centre[0] - dx, centre[1] - dy), (centre[0] + dx, centre[1] + dy), width)


def _smoke(pen: Pen, actor: Actor) -> None:
    """Puffs from the chimney: they trail behind a moving train and climb above one that waits."""
    driving = actor.action == "drive"
    num, pace = (6, 0.55) if driving else (4, 0.30)
    grey = "#bdb6c6" if actor.stage.night else "#f3f1f5"
    for i in range(num):
        u = np.mod(pace * actor.t + i / num, 1.0)
        x = 1.71 - (1.35 * u if driving else 0.12 * u + 0.10 * actor.wind * u) + 0.03 * wave(u + i / num)
        y, size = -1.05 - (0.30 if driving else 0.36) * u**0.7, 0.055 + (0.15 if driving else 0.11) * u
        pen.ellipse(
            (x, y), size, 0.9 * size, grey, to=darker(grey, 0.2), alpha=0.92 * smooth(8 * u) * smooth(1.6 * (1 - u)),
            soft=0.02 + 0.05 * u, shade=0.2, shade_size=0.04, valid=False,
        )  # fmt: skip


def _steam(pen: Pen, actor: Actor) -> None:
    """A hiss from the cylinder, once a cycle or two."""
    for i in range(3):
        u = np.mod(0.6 * actor.t + i / 3, 1.0)
        pen.ellipse(
            (1.98 + 0.30 * u, -0.10 - 0.07 * u), 0.04 + 0.11 * u, 0.03 + 0.06 * u, "#f5f5f8",
            alpha=0.75 * smooth(6 * u) * (1 - u), soft=0.05, valid=False, fine=True,
        )  # fmt: skip
