"""A playground: swings that swing, a tower with a slide, a seesaw, a duck on a spring, soft coloured ground."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, darker, lighter, mix, wave
from filmloom.world.places._buildings import lamp, skyline
from filmloom.world.places._plants import SEASONS, flowers, grass, near, scatter, small_tree, snowy, tufts
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="playground",
    ground=(0.30, 0.38),
    seasons=SEASONS,
)
INK = dict(outline=True, width=0.003)
RED, YELLOW, BLUE, GREEN = "#ef4f4a", "#ffc93c", "#3f8fe0", "#4fb86a"
LEAVES = ("#3d8b4d", "#63b257", "#b5e07c")


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.12)
    u = pen.rand("playground", 6)
    side = np.where(u[..., 0] > 0.5, 1.0, -1.0)
    pen.still(0.15)
    dark = stage.light.night > 0.5
    skyline(pen, stage, "flats", num=9, foot=0.17, low=0.10, high=0.24, colour="#565aa6" if dark else "#c9cfe0")
    pen.still(0.4)
    _park(pen, stage)
    pen.still(0.7)
    _fence(pen, stage)
    _ground(pen, stage, side)
    pen.still(0.9)
    lamp(pen, stage, side * 0.14 - 0.04, 0.235, 0.40, colour="#4a6a78")
    _seesaw(pen, stage, -side * (0.05 + 0.05 * u[..., 1]))
    _swings(pen, stage, side * (0.60 + 0.04 * u[..., 2]), u[..., 3])
    pen.still(0.97)
    with pen.at(-side * (0.63 + 0.05 * u[..., 4]), 0.285, flip=side):
        _tower(pen, stage)
    _duck(pen, stage, side * 0.25, -side)


def _park(pen: Pen, stage: Stage) -> None:
    """Trees and a lawn behind the fence."""
    u = pen.rand("trees", 24).reshape(pen.batch, 1, 8, 3)
    pen.hills(0.165, [0.008], [0.6], [0.2], snowy("#8fcf6f", stage), to=snowy("#6fb95c", stage))
    for k in range(8):
        x = -1.55 + 0.44 * k + 0.2 * (u[..., k, 0] - 0.5)
        small_tree(pen, f"tree {k}", x, 0.20, 0.23 + 0.11 * u[..., k, 1], LEAVES, num=6)
    for k in range(16):
        x, r = -1.6 + 0.21 * k, 0.040 + 0.018 * u[..., k % 8, 2]
        pen.ellipse((x, 0.205), 1.9 * r, r, snowy("#6db661", stage, 0.6), to=snowy("#3f8a4a", stage, 0.5))


def _fence(pen: Pen, stage: Stage) -> None:
    """A low fence of many colours around it all."""
    for y in (0.192, 0.222):
        pen.box((0, y), 3.6, 0.007, snowy("#fdf6ea", stage, 0.5), to="#d9d2c8")
    xs = np.arange(-1.7, 1.7, 0.062)
    for i, colour in enumerate(("#f58f7c", "#ffd977", "#8fcf9a", "#86b9ee")):
        x = xs[None, None, i::4]
        pen.splats(x, 0.208 * np.ones_like(x), 0.0105, 0.033, darker(colour, 0.35), fine=False)
        pen.splats(x, 0.208 * np.ones_like(x), 0.0088, 0.0315, colour, fine=False)


def _ground(pen: Pen, stage: Stage, side) -> None:
    """Grass, then soft ground with painted shapes."""
    pen.still(1.0)
    pen.hills(
        0.226, [0.003], [0.6], [0.3], snowy("#a6dd78", stage), to=snowy("#62b04e", stage), axis=((0, 0.22), (0, 0.56))
    )
    grass(pen, "far grass", 90, "#4c9a45", y=(0.23, 0.27), alpha=0.5)
    soft = snowy("#f2d6ae", stage, 0.75)
    pen.hills(0.262, [0.006, 0.002], [0.33, 1.1], [0.1, 0.6], darker(soft, 0.18), to=soft, axis=((0, 0.262), (0, 0.30)))
    pen.hills(
        0.267, [0.006, 0.002], [0.33, 1.1], [0.1, 0.6], soft, to=mix(soft, "#d9a878", 0.55), axis=((0, 0.27), (0, 0.56))
    )
    for x, y, rx, colour in (
        (0.58, 0.335, 0.42, "#7cc7d9"), (-0.60, 0.345, 0.44, "#f7a07c"), (0.0, 0.405, 0.34, "#c3a9ea"),
    ):  # fmt: skip
        tone = snowy(mix(colour, soft, 0.25), stage, 0.6)
        pen.ellipse((side * x, y), rx, 0.20 * rx, lighter(tone, 0.15), to=darker(tone, 0.08), soft=0.006)
    for k in range(5):
        tone = snowy(("#ffffff", "#fff1a8")[k % 2], stage, 0.5)
        pen.ellipse((side * (-0.16 + 0.08 * k), 0.402 + 0.008 * (k % 2)), 0.026, 0.010, tone, alpha=0.85)
    x, y, u = scatter(pen, "crumbs", 120, y=(0.275, 0.56))
    pen.splats(x, y, 0.0042 * near(y) * (0.4 + u), 0.0018 * near(y), snowy("#b98a5e", stage, 0.5), alpha=0.4)
    pen.hills(0.500, [0.012, 0.004], [0.4, 1.3], [0.6, 0.2], snowy("#a3dc73", stage), to=snowy("#4fa044", stage))
    grass(pen, "near grass", 70, "#3f8f3c", y=(0.51, 0.57), alpha=0.55)


def _swings(pen: Pen, stage: Stage, x: Number, phase) -> None:
    """A frame for two; the seats go to and fro, the farther out the faster the wind."""
    pen.still(0.95)
    with pen.at(x, 0.285):
        pen.shadow(0.0, 0.0, 0.26, 0.022, 0.22)
        for s in (-1, 1):
            pen.capsule((0.215 * s, -0.395), (0.255 * s + 0.035, 0.012), 0.0095, None, darker(RED, 0.2), **INK)
            pen.capsule((0.215 * s, -0.395), (0.255 * s - 0.050, -0.012), 0.0095, None, RED, **INK)
            pen.capsule((0.238 * s + 0.012, -0.15), (0.238 * s - 0.030, -0.16), 0.006, None, RED)
    pen.moving(0.95, depth=9.95)
    for k, (dx, seat) in enumerate(((-0.105, BLUE), (0.105, YELLOW))):
        push = (17 - 5 * k) * (0.75 + 0.25 * np.clip(stage.wind, 0, 1.2)) * wave(0.46 * pen.t, phase + 0.31 * k)
        _swing(pen, x + dx, 0.285 - 0.392, push, seat)
    pen.moving(0.95, depth=9.94)
    with pen.at(x, 0.285):
        pen.capsule(
            (-0.232, -0.395), (0.232, -0.395), 0.0115, None, lighter(YELLOW, 0.2), to=darker(YELLOW, 0.25), **INK
        )


def _swing(pen: Pen, x: Number, y: float, angle: Number, colour: str) -> None:
    """One seat on two chains, seen from the front: it rises as it swings and grows as it nears."""
    lift, nearer = np.cos(np.radians(2 * angle)), np.sin(np.radians(2 * angle))
    low, half = 0.295 * lift, 0.042 * (1 + 0.18 * nearer)
    for s in (-1, 1):
        pen.capsule((x + 0.036 * s, y), (x + half * s, y + low), 0.0028, None, "#8b93a6")
    pen.box(
        (x, y + low),
        2.35 * half,
        0.024 + 0.012 * np.maximum(nearer, 0),
        lighter(colour, 0.2),
        to=darker(colour, 0.2),
        round=0.006,
        **INK,
    )
    pen.ellipse((x, 0.290), 0.055, 0.009, "#20183a", alpha=0.20, soft=0.01, emit=True, valid=False)


def _tower(pen: Pen, stage: Stage) -> None:
    """A deck on posts under a pointed roof, a ladder outside, the slide down towards the middle (+x)."""
    pen.shadow(0.08, 0.0, 0.36, 0.026, 0.24)
    post = dict(outline=darker("#c98a52", 0.6), width=0.003)
    for x in (-0.098, 0.098):
        pen.box((x * 0.82, -0.13), 0.016, 0.26, darker("#c98a52", 0.35), **post)
    for k in range(5):  # the ladder
        pen.capsule(
            (-0.185 + 0.017 * k, -0.025 - 0.042 * k), (-0.135 + 0.013 * k, -0.025 - 0.042 * k), 0.0045, None, YELLOW
        )
    for a, b in (((-0.195, 0.006), (-0.118, -0.205)), ((-0.142, 0.006), (-0.082, -0.205))):
        pen.capsule(a, b, 0.006, None, BLUE, **INK)
    _slide(pen)
    for x in (-0.105, 0.105):
        pen.box((x, -0.185), 0.020, 0.37, "#d99a60", to="#a86c3f", **post)
    pen.box((0, -0.200), 0.245, 0.022, "#e0a468", to="#a9703f", **post)
    rail = [pen.capsule_shape((-0.10 + 0.04 * k, -0.21), (-0.10 + 0.04 * k, -0.262), 0.006) for k in range(5)]
    pen.union(rail, GREEN, outline=darker(GREEN, 0.6), width=0.002)
    pen.capsule((-0.105, -0.268), (0.075, -0.268), 0.0085, None, GREEN, **INK)
    roof = [(-0.155, -0.365), (0.155, -0.365), (0.0, -0.490)]
    pen.polygon(
        roof,
        snowy(RED, stage, 0.85),
        to=snowy(darker(RED, 0.28), stage, 0.7),
        round=0.006,
        outline=darker(RED, 0.6),
        width=0.003,
    )
    for s in (-1, 1):
        stripe = [(0.050 * s, -0.366), (0.098 * s, -0.366), (0.004 * s, -0.484)]
        pen.polygon(stripe, snowy(YELLOW, stage, 0.8), alpha=0.9)
    pen.capsule((0, -0.49), (0, -0.535), 0.0035, None, "#8b93a6")
    pen.polygon([(0.003, -0.535), (0.058, -0.521), (0.003, -0.505)], BLUE, **INK)


def _slide(pen: Pen) -> None:
    """A smooth chute: a far rim, the bed with its shine, a near rim."""
    line = [(0.105, -0.208), (0.165, -0.196), (0.235, -0.110), (0.300, -0.040), (0.375, -0.018), (0.425, -0.018)]
    shift = lambda dx, dy: [(x + dx, y + dy) for x, y in line]  # noqa: E731
    pen.chain(shift(0.010, -0.020), [0.010] * 6, darker(BLUE, 0.25), blend=0.03)
    pen.chain(line, [0.020] * 6, lighter(BLUE, 0.45), to=lighter(BLUE, 0.1), blend=0.03)
    pen.chain(shift(0.008, -0.012), [0.004] * 6, "#ffffff", blend=0.02, alpha=0.7, fine=True)
    pen.chain(shift(-0.004, 0.012), [0.0125] * 6, BLUE, to=darker(BLUE, 0.2), blend=0.03, **INK)
    pen.capsule((0.395, -0.01), (0.395, 0.012), 0.007, None, "#8b93a6")
    pen.capsule((0.240, -0.09), (0.240, 0.006), 0.0055, None, "#8b93a6")


def _seesaw(pen: Pen, stage: Stage, x: Number) -> None:
    """A plank that tips over slowly, as if two had just got off."""
    pen.moving(0.92, depth=10.2)
    with pen.at(x, 0.268):
        pen.shadow(0.0, 0.0, 0.17, 0.012, 0.2)
        pen.polygon([(-0.030, 0), (0.030, 0), (0.010, -0.046), (-0.010, -0.046)], BLUE, to=darker(BLUE, 0.3), **INK)
        with pen.at(0, -0.046, angle=12 * wave(0.19 * pen.t, 0.1)):
            pen.box((0, 0), 0.36, 0.014, lighter(GREEN, 0.15), to=darker(GREEN, 0.2), round=0.004, **INK)
            for s in (-1, 1):
                pen.box((0.155 * s, -0.012), 0.045, 0.012, RED, round=0.004, **INK)
                pen.chain([(0.118 * s, -0.006), (0.118 * s, -0.036), (0.130 * s, -0.036)], [0.004] * 3, YELLOW)
    pen.still(0.9)


def _duck(pen: Pen, stage: Stage, x: Number, flip) -> None:
    """A riding duck that nods on its spring."""
    pen.moving(0.98, depth=9.9)
    nod = (3 + 5 * np.clip(stage.wind, 0, 1.2)) * wave(0.62 * pen.t, 0.2)
    with pen.at(x, 0.298, scale=0.105, flip=flip):
        pen.shadow(0, 0, 0.5, 0.09, 0.24)
        for k in range(4):
            sway = -0.0016 * k * k * nod
            pen.capsule(
                (-0.13 + sway, -0.05 - 0.10 * k),
                (0.13 + sway, -0.09 - 0.10 * k),
                0.034,
                None,
                "#7c8498",
                **{"outline": "#4a5064", "width": 0.02},
            )
        with pen.at(0, -0.42, angle=nod):
            body = [pen.ellipse_shape((0.0, -0.20), 0.52, 0.27), pen.ellipse_shape((0.33, -0.56), 0.23, 0.23),
                    pen.capsule_shape((-0.40, -0.26), (-0.62, -0.46), 0.12, 0.04)]  # fmt: skip
            pen.capsule((0.50, -0.53), (0.68, -0.50), 0.075, 0.05, "#ff8a3c", outline="#a34a1c", width=0.025)
            pen.union(body, lighter(YELLOW, 0.25), to=darker(YELLOW, 0.12), blend=0.18, outline="#a8741a", width=0.03)
            pen.ellipse((-0.08, -0.19), 0.24, 0.14, lighter("#ffb030", 0.1), outline="#c98a1e", width=0.02, angle=8)
            pen.ellipse((0.40, -0.60), 0.042, 0.052, "#3a2a2a")
            pen.ellipse((0.412, -0.618), 0.016, None, "#ffffff", fine=True)
            pen.capsule((0.14, -0.52), (0.02, -0.50), 0.035, None, RED, outline=darker(RED, 0.6), width=0.02)


def foreground(pen: Pen, stage: Stage) -> None:
    u = pen.rand("toys", 3)
    side = np.where(u[..., 0] > 0.5, 1.0, -1.0)
    pen.still(1.15, depth=1.6)
    _sandbox(pen, stage, -side * 0.78)
    _ball(pen, side * (0.60 + 0.12 * u[..., 1]), 0.452, 0.042)
    pen.still(1.25, depth=1.5)
    tufts(pen, "tufts", 44, snowy("#4b9f44", stage, 0.5), y=0.54, tall=0.045)
    flowers(pen, "near flowers", 7, ("#ffffff", "#ffd23f", "#f2708c"), y=(0.50, 0.55), size=0.009)


def _sandbox(pen: Pen, stage: Stage, x: Number) -> None:
    """A wooden frame of sand with a castle of three buckets, a bucket and a spade."""
    wood, sand = snowy("#d99a60", stage, 0.5), snowy("#f9e3ae", stage, 0.6)
    with pen.at(x, 0.478):
        rim = dict(outline="#7a4c2c", width=0.003)
        pen.polygon([(-0.27, 0), (0.27, 0), (0.21, -0.075), (-0.21, -0.075)], sand, to=darker(sand, 0.14), **rim)
        pen.box((0, -0.078), 0.45, 0.018, lighter(wood, 0.15), to=wood, round=0.003, **rim)
        for dx, r, tall in ((-0.10, 0.036, 0.055), (-0.02, 0.036, 0.055), (-0.06, 0.030, 0.095)):
            hut = [(dx - r, -0.025), (dx + r, -0.025), (dx + 0.75 * r, -0.025 - tall), (dx - 0.75 * r, -0.025 - tall)]
            pen.polygon(hut, lighter(sand, 0.3), to=darker(sand, 0.22), outline="#b08a52", width=0.0025)
        pen.chain([(-0.06, -0.12), (-0.06, -0.155)], [0.002, 0.002], "#8a6244")
        pen.polygon([(-0.058, -0.157), (-0.025, -0.147), (-0.058, -0.137)], RED)
        pail = [(0.075, -0.075), (0.145, -0.075), (0.133, -0.018), (0.087, -0.018)]
        pen.polygon(pail, lighter(BLUE, 0.2), to=darker(BLUE, 0.2), outline=darker(BLUE, 0.6), width=0.003)
        pen.ellipse((0.110, -0.075), 0.035, 0.009, darker(BLUE, 0.35), outline=darker(BLUE, 0.6), width=0.002)
        pen.capsule((0.185, -0.055), (0.165, -0.015), 0.005, None, RED)
        for s in (-1, 1):
            pen.polygon([(0.27 * s, 0.004), (0.21 * s, -0.080), (0.225 * s, -0.088), (0.295 * s, -0.002)], wood, **rim)
        pen.box((0, 0.012), 0.60, 0.032, lighter(wood, 0.15), to=darker(wood, 0.15), round=0.004, **rim)


def _ball(pen: Pen, x: Number, y: float, r: float) -> None:
    """A beach ball of four colours."""
    with pen.at(x, y, scale=r, angle=18):
        pen.shadow(0.1, 0.98, 1.0, 0.16, 0.28)
        ball = pen.ellipse_shape((0, 0), 1.0)
        pen.fill(ball, "#fffaf0", outline="#8a4a4a", width=0.07)
        with pen.inside(ball):
            for dx, colour in ((-0.98, RED), (0.0, YELLOW), (0.98, BLUE)):
                pen.ellipse((dx, 0), 0.30, 1.05, colour)
            pen.ellipse((0.35, 0.45), 0.9, 0.8, "#20183a", alpha=0.16, soft=0.5, fine=True)
        pen.ellipse((-0.35, -0.42), 0.20, 0.13, "#ffffff", alpha=0.8, angle=35, fine=True)
