"""A child's bedroom: the sky in its window, curtains that breathe, a turning mobile, a lamp lit in the evening."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, darker, lighter, mix, wave
from filmloom.world.places._plants import small_tree
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="bedroom",
    ground=(0.30, 0.38),
    weathers=("clear", "cloudy"),
)
INK = dict(outline=True, width=0.003)
AT, WIDE, HIGH = (0.06, -0.165), 0.70, 0.42  # the window: its middle, its size
SKIRTING = 0.205
# wall, curtain, blanket: one set per clip
LOOKS = (
    ("#f7ddc4", "#5fa8c9", "#ef7f6a"), ("#cfe3ee", "#f2a65a", "#5b8fd6"), ("#f6d3da", "#8f7cc9", "#64b59a"),
    ("#dcebcf", "#e8798a", "#f0b84a"),
)  # fmt: skip
HOUR = {"dawn": 6, "morning": 9, "noon": 12, "sunset": 18, "dusk": 20, "night": 22}  # by the clock on the wall


def backdrop(pen: Pen, stage: Stage) -> None:
    u = pen.rand("room", 4)
    side = np.where(u[..., 0] > 0.5, 1.0, -1.0)
    wall, curtain, blanket = _look(u[..., 1])
    _view(pen, stage, side * AT[0])
    pen.still(0.8)
    with pen.at(flip=side):
        _wall(pen, wall)
        _window(pen, stage)
        _decoration(pen, stage, side)
    _curtains(pen, stage, side, curtain)
    _floor(pen, stage, side, blanket, curtain)
    pen.still(0.9)
    with pen.at(flip=side):
        _shelf(pen)
        _bed(pen, blanket)
        _chest(pen, stage, curtain)
    _bulbs(pen, stage)
    _mobile(pen, stage, side)


def _look(u) -> tuple:
    """Colours of the clip's room, each [B, 1, 3]."""
    pick = np.minimum((u * len(LOOKS)).astype(int), len(LOOKS) - 1)
    table = np.array([[mix(c, c, 0.0) for c in look] for look in LOOKS])
    return tuple(table[pick][..., i, :] for i in range(3))


def _view(pen: Pen, stage: Stage, x: Number) -> None:
    """What is outside: the hour's sky with its sun or moon in the window, hills, a garden tree."""
    sun_x, sun_y = stage.light.sun
    at = (x + 0.30 * sun_x, -0.09 + 0.5 * sun_y if sun_y < 0 else sun_y)
    sky(pen, replace(stage.light, sun=at), -0.03)
    u = pen.rand("view", 3)
    pen.still(0.08)
    pen.hills(-0.045, [0.030, 0.012], [0.6, 1.5], np.stack([u[..., 0], u[..., 1]], -1), "#9fbfdc", to="#bcd6e2")
    pen.still(0.2)
    pen.hills(0.0, [0.012, 0.005], [0.7, 1.9], np.stack([u[..., 1], u[..., 2]], -1), "#9fd47c", to="#6fb45c")
    leaves = ("#3d8b4d", "#63b257", "#b5e07c")
    small_tree(pen, "garden tree", x + 0.17 * np.where(u[..., 2] > 0.5, 1.0, -1.0), 0.045, 0.24, leaves, num=8)


def _wall(pen: Pen, wall) -> None:
    """Four pieces around the opening, papered with little stars."""
    (x, y), w, h = AT, WIDE / 2, HIGH / 2
    paint = dict(to=darker(wall, 0.10), axis=((0, -0.5), (0, 0.25)))
    for x0, x1, y0, y1 in (
        (-4, x - w, -4, 1),
        (x + w, 4, -4, 1),
        (x - w - 0.001, x + w + 0.001, -4, y - h),
        (x - w - 0.001, x + w + 0.001, y + h, 1),
    ):
        pen.box(((x0 + x1) / 2, (y0 + y1) / 2), x1 - x0, y1 - y0, lighter(wall, 0.25), **paint)
    px, py = np.meshgrid(np.arange(-1.65, 1.7, 0.11), np.arange(-0.72, 0.16, 0.11))
    px = px + 0.055 * (np.round((py + 0.72) / 0.11) % 2)
    free = (np.abs(px - x) > w + 0.04) | (np.abs(py - y) > h + 0.04)
    for rx, ry in ((0.011, 0.0026), (0.0026, 0.011)):
        pen.splats(px[free][None, None], py[free][None, None], rx, ry, darker(wall, 0.16), alpha=0.6)
    pen.box((0, 0.135), 8, 0.14, "#fdf6ea", to="#ece0d0")
    pen.box((0, 0.062), 8, 0.016, "#fffaf2", outline=darker(wall, 0.4), width=0.002)
    for k in range(-17, 18):
        pen.capsule((0.1 * k, 0.075), (0.1 * k, 0.20), 0.0014, None, "#d8c8b4", fine=True)


def _window(pen: Pen, stage: Stage) -> None:
    """Frame, bars, sill, a sheen on the glass."""
    (x, y), w, h, wood = AT, WIDE / 2, HIGH / 2, "#fffaf0"
    for dx, width in ((-0.13, 0.05), (-0.055, 0.02)):
        glint = [(x + dx - width, y + h), (x + dx, y + h), (x + dx + 0.16, y - h), (x + dx + 0.16 - width, y - h)]
        pen.polygon(glint, "#ffffff", alpha=0.13 if not stage.night else 0.05, emit=True, fine=True, valid=False)
    edge = dict(outline="#b09a84", width=0.0025)
    for dx in (0.0, -w / 2, w / 2):
        pen.box((x + dx, y), 0.016 if not dx else 0.010, HIGH, wood, to="#eadfce", **edge)
    pen.box((x, y - 0.05), WIDE, 0.010, wood, **edge)
    for s in (-1, 1):
        pen.box((x + s * w, y), 0.034, HIGH + 0.034, wood, to="#eadfce", **edge)
        pen.box((x, y + s * h), WIDE + 0.034, 0.034, wood, to="#eadfce", **edge)
    pen.box((x, y + h + 0.024), WIDE + 0.13, 0.026, wood, to="#e2d4c0", round=0.004, **edge)


def _decoration(pen: Pen, stage: Stage, side) -> None:
    """A drawing in a frame over the bed, and a clock that tells the hour."""
    with pen.at(-0.66, -0.165):
        pen.box((0, 0), 0.20, 0.155, "#c98f5c", to="#a06c40", round=0.004, **INK)
        pen.box((0, 0), 0.172, 0.127, "#dff2fb", to="#fffbe8")
        pen.polygon([(-0.086, 0.063), (-0.086, 0.025), (0.0, 0.012), (0.086, 0.03), (0.086, 0.063)], "#8fce7a")
        pen.box((-0.02, 0.012), 0.050, 0.040, "#f7b2a0")
        pen.polygon([(-0.052, -0.008), (0.012, -0.008), (-0.02, -0.040)], "#d65a4e")
        pen.ellipse((0.055, -0.032), 0.016, None, "#ffcf3f")
    with pen.at(0.655, -0.315, flip=side):  # a clock is not mirrored with its room
        pen.ellipse((0, 0), 0.058, None, "#e8695a", **INK)
        pen.ellipse((0, 0), 0.046, None, "#fffdf4")
        for k in range(12):
            a = np.pi * k / 6
            pen.ellipse(
                (0.039 * np.sin(a), -0.039 * np.cos(a)), 0.0028 if k % 3 else 0.0042, None, "#5a4a58", fine=True
            )
        for turn, long, r in ((HOUR[stage.time] / 12, 0.022, 0.0042), (0.0, 0.033, 0.003)):
            a = 2 * np.pi * turn
            pen.capsule((0, 0), (long * np.sin(a), -long * np.cos(a)), r, None, "#4a3d50")


def _curtains(pen: Pen, stage: Stage, side, colour) -> None:
    """Folds on both sides of the window; they breathe with the air that comes in."""
    pen.moving(0.8, depth=12.0)
    top, foot = AT[1] - HIGH / 2 - 0.045, AT[1] + HIGH / 2 + 0.085
    air = 0.35 + 0.9 * np.clip(stage.wind, 0, 1)
    with pen.at(side * AT[0], 0.0):
        for s in (-1, 1):
            for k in (0, 2, 4, 1, 3):
                x = s * (WIDE / 2 + 0.055 - 0.036 * k)
                away = -s * 0.0062 * (1 + k) * air * (0.6 + wave(0.23 * pen.t - 0.06 * k, 0.25 * s))
                line = [(x, top), (x + 0.25 * away, top + 0.2), (x + away, foot - 0.01 * (k % 2))]
                tone = colour if k % 2 else darker(colour, 0.18)
                pen.chain(line, [0.023, 0.024, 0.031], lighter(tone, 0.18), to=darker(tone, 0.12), blend=0.02,
                          outline=darker(colour, 0.55), width=0.0022)  # fmt: skip
        pen.capsule((-WIDE / 2 - 0.11, top), (WIDE / 2 + 0.11, top), 0.009, None, "#c98f5c", **INK)
        for s in (-1, 1):
            pen.ellipse((s * (WIDE / 2 + 0.12), top), 0.017, None, "#e0a970", **INK)


def _floor(pen: Pen, stage: Stage, side, blanket, curtain) -> None:
    """Boards that run towards us, the window's light upon them, a round rug."""
    pen.still(1.0)
    pen.box((0, SKIRTING + 2), 9, 4, "#d9a46e", to="#b67c48", axis=((0, SKIRTING), (0, 0.55)))
    for k in range(-15, 16):
        a, b = (0.115 * k, SKIRTING), (0.27 * k, 0.62)
        pen.capsule(a, b, 0.0010, 0.0026, "#8d5c36", alpha=0.55)
    u = pen.rand("boards", 90).reshape(pen.batch, 1, 30, 3)
    y = SKIRTING + 0.01 + 0.32 * u[..., 1] ** 1.4
    lane = np.floor(u[..., 0] * 24 - 12) + 0.5
    open_up = (y - SKIRTING) / (0.62 - SKIRTING)
    pen.splats(lane * (0.115 + 0.155 * open_up), y, 0.05 + 0.06 * open_up, 0.0016, "#8d5c36", alpha=0.5)
    pen.box((0, SKIRTING - 0.004), 9, 0.030, "#fffaf0", to="#dccbb6", outline="#a58a70", width=0.002)
    pen.box((0, SKIRTING + 0.022), 9, 0.02, "#5a3820", alpha=0.28, soft=0.02, fine=True)
    with pen.at(0.02 * side, 0.352):
        pen.ellipse((0.0, 0.008), 0.535, 0.100, "#3a2440", alpha=0.22, soft=0.02, fine=True)
        rings = (
            (1.0, curtain),
            (0.86, mix(curtain, "#ffffff", 0.75)),
            (0.66, blanket),
            (0.46, mix(blanket, "#ffffff", 0.7)),
        )
        for r, colour in rings:
            pen.ellipse((0, 0), 0.52 * r, 0.094 * r, lighter(colour, 0.15), to=darker(colour, 0.06))
    _patch(pen, stage, side)


def _patch(pen: Pen, stage: Stage, side) -> None:
    """Sun or moon through the panes, thrown on the boards."""
    clear = 1 - min(1.0, 1.3 * max(0.0, stage.light.cover - 0.3))
    night = stage.light.night > 0.3
    colour, slant = ("#9fb2ff" if night else stage.light.sun_colour), -0.28 * np.sign(stage.light.sun[0])
    for s in (-1, 1):
        x0, x1 = side * AT[0] + s * 0.155 - 0.125, side * AT[0] + s * 0.155 + 0.125
        panes = [(x0, 0.235), (x1, 0.235), (1.25 * x1 + slant, 0.43), (1.25 * x0 + slant, 0.43)]
        pen.polygon(
            panes, colour, alpha=(0.16 if night else 0.34) * clear, soft=0.02, glow=True, emit=True, valid=False
        )


def _bed(pen: Pen, blanket) -> None:
    """A wooden bed along the wall with a teddy on it."""
    wood, edge = "#d19a63", dict(outline="#6d4527", width=0.0035)
    with pen.at(-0.585, 0.285):
        pen.shadow(0.0, -0.002, 0.34, 0.028, 0.28)
        pen.polygon(
            [(-0.275, 0), (-0.245, 0), (-0.245, -0.275), (-0.275, -0.275)], darker(wood, 0.15), round=0.006, **edge
        )
        pen.box((0.0, -0.052), 0.50, 0.050, lighter(wood, 0.1), to=darker(wood, 0.2), **edge)
        pen.box((0.0, -0.108), 0.50, 0.075, "#fffaf2", to="#e6dccb", round=0.016, **edge)
        pen.ellipse((-0.175, -0.165), 0.072, 0.040, "#ffffff", to="#dfe4f2", angle=8, outline="#a9a4b8", width=0.003)
        _teddy(pen, -0.085, -0.150, 0.115)
        quilt = [(-0.065, -0.150), (0.250, -0.150), (0.258, -0.030), (-0.060, -0.030)]
        quilt_shape = pen.polygon_shape(quilt, round=0.012)
        pen.fill(
            quilt_shape, lighter(blanket, 0.15), to=darker(blanket, 0.18), outline=darker(blanket, 0.6), width=0.0035
        )
        with pen.inside(quilt_shape):
            for k in range(5):
                pen.capsule(
                    (-0.03 + 0.068 * k, -0.17),
                    (-0.03 + 0.068 * k, -0.01),
                    0.009,
                    None,
                    mix(blanket, "#ffffff", 0.55),
                    alpha=0.8,
                )
            pen.box((0.1, -0.140), 0.40, 0.034, mix(blanket, "#fffaf2", 0.8), outline=darker(blanket, 0.5), width=0.002)
        pen.box((0.262, -0.098), 0.028, 0.196, lighter(wood, 0.12), to=darker(wood, 0.2), round=0.008, **edge)
        pen.ellipse((0.262, -0.202), 0.019, None, lighter(wood, 0.2), **edge)
        pen.ellipse((-0.260, -0.288), 0.022, None, lighter(wood, 0.2), **edge)


def _teddy(pen: Pen, x: float, y: float, tall: float) -> None:
    fur, edge = "#b9804e", dict(outline="#5d3a20", width=0.030)
    with pen.at(x, y, scale=tall):
        for s in (-1, 1):
            pen.ellipse((0.20 * s, -0.86), 0.12, None, fur, **edge)
        body = [pen.ellipse_shape((0, -0.22), 0.28, 0.32), pen.ellipse_shape((0, -0.64), 0.28, 0.26)]
        pen.union(body, lighter(fur, 0.15), to=darker(fur, 0.15), blend=0.08, **edge)
        for s in (-1, 1):
            pen.ellipse((0.25 * s, -0.22), 0.10, 0.17, fur, angle=22 * s, **edge)
            pen.ellipse((0.10 * s, -0.70), 0.032, 0.038, "#2f2028")
        pen.ellipse((0, -0.58), 0.13, 0.10, "#f0d6b2")
        pen.ellipse((0, -0.62), 0.048, 0.034, "#3f2a2a")


def _shelf(pen: Pen) -> None:
    """Three boards of books and toys."""
    wood, edge = "#e3b47c", dict(outline="#7a5030", width=0.003)
    with pen.at(0.71, 0.268):
        pen.shadow(0.0, 0.0, 0.19, 0.02, 0.26)
        pen.box((0, -0.225), 0.31, 0.45, lighter(wood, 0.1), to=darker(wood, 0.15), round=0.006, **edge)
        for k in range(3):
            pen.box((0, -0.085 - 0.140 * k), 0.274, 0.118, "#8f6244", to="#a9794f")
        books = ("#e85f55", "#4f8fd0", "#f4bd45", "#5fae78", "#9b7bcf", "#f28c5a", "#3f9fa8")
        for k in range(9):
            h = (0.096, 0.082, 0.102, 0.088)[k % 4]
            pen.box(
                (-0.122 + 0.021 * k, -0.284 - h / 2),
                0.018,
                h,
                lighter(books[k % 7], 0.15),
                to=darker(books[k % 7], 0.2),
                outline=darker(books[k % 7], 0.6),
                width=0.0018,
            )
        for k in range(5):
            h = (0.090, 0.100, 0.078)[k % 3]
            pen.box(
                (0.042 + 0.021 * k, -0.144 - h / 2),
                0.018,
                h,
                lighter(books[k + 2], 0.15),
                to=darker(books[k + 2], 0.2),
                outline=darker(books[k + 2], 0.6),
                width=0.0018,
            )
        pen.ellipse((0.100, -0.318), 0.034, None, "#ffcf4a", to="#f08a3c", **INK)
        for dx, dy, colour in ((-0.105, -0.164, "#ef6a5a"), (-0.065, -0.164, "#5aa5e0"), (-0.085, -0.203, "#ffd04a")):
            pen.box((dx, dy), 0.037, 0.037, lighter(colour, 0.2), to=darker(colour, 0.12), round=0.004, **INK)
        for dx, colour in ((-0.07, "#7cb7e8"), (0.07, "#f59ab0")):
            pen.box((dx, -0.066), 0.115, 0.078, lighter(colour, 0.2), to=darker(colour, 0.15), round=0.006, **INK)
            pen.box((dx, -0.072), 0.034, 0.014, "#fffaf0", round=0.004, fine=True)
        with pen.at(0.088, -0.450, scale=0.75):
            pen.polygon([(-0.05, 0), (0.05, 0), (0.035, -0.04), (-0.035, -0.04)], "#d6765a", to="#a9523f", **INK)
            for dx, dy in ((-0.055, -0.115), (0.055, -0.122), (-0.025, -0.155), (0.022, -0.162)):
                pen.chain([(0, -0.038), (0.45 * dx, 0.5 * (dy - 0.038)), (dx, dy)], [0.006, 0.017, 0.003], "#63b774",
                          blend=0.02, outline="#2c6a44", width=0.0025)  # fmt: skip


def _chest(pen: Pen, stage: Stage, curtain) -> None:
    """Drawers under the window's corner, and the lamp that is lit at dusk and by night."""
    wood, edge = "#f3e7d6", dict(outline="#8d7460", width=0.003)
    lit = stage.light.night > 0.3
    with pen.at(0.445, 0.262):
        pen.shadow(0.0, 0.0, 0.12, 0.016, 0.24)
        pen.box((0, -0.075), 0.17, 0.15, lighter(wood, 0.2), to=darker(wood, 0.12), round=0.005, **edge)
        pen.box((0, -0.154), 0.19, 0.014, "#d9a46e", round=0.003, **edge)
        for y in (-0.112, -0.068, -0.024):
            pen.box((0, y), 0.148, 0.036, mix(wood, curtain, 0.22), round=0.003, **edge)
            pen.ellipse((0, y), 0.007, None, "#d9a24a", fine=True)
        pen.chain([(0, -0.165), (0, -0.195), (0, -0.225)], [0.022, 0.014, 0.006], "#6fb3b0", blend=0.02, **INK)
        if lit:
            warm = dict(emit=True, valid=False, fine=True)
            for r, colour, alpha in ((0.50, "#ff9450", 0.16), (0.26, "#ff9d4a", 0.32), (0.12, "#ffc877", 0.42)):
                pen.ellipse((0, -0.235), r, r, colour, alpha=alpha, soft=1.6 * r, **warm)
        shade = [(-0.056, -0.215), (0.056, -0.215), (0.036, -0.290), (-0.036, -0.290)]
        pen.polygon(shade, "#fff3c4" if lit else "#ffe1a6", to="#ffc25e" if lit else "#f0b878", emit=lit, round=0.004,
                    outline="#a8743a", width=0.003)  # fmt: skip


def _bulbs(pen: Pen, stage: Stage) -> None:
    """A string of little lights under the ceiling: lit in the dark, they twinkle."""
    pen.moving(0.82, depth=11.8, valid=False)
    x = np.linspace(-1.5, 1.5, 31)
    y = -0.455 + 0.030 * np.abs(np.sin(np.pi * (x - 0.0) / 0.6))
    pen.chain(list(zip(x[::1], y[::1] - 0.012)), [0.0014] * 31, "#6a5a58", valid=False)
    lit = stage.light.night > 0.3
    for k, colour in enumerate(("#ffd36a", "#ff8f7a", "#8fd0ff")):
        at = (x[None, None, k::3], y[None, None, k::3])
        shine = 0.75 + 0.25 * wave(0.5 * pen.t[..., None] + 0.37 * np.arange(31)[k::3])
        pen.splats(
            *at, 0.0075, 0.0098, lighter(colour, 0.45) if lit else mix(colour, "#ffffff", 0.35), emit=lit, fine=False
        )
        if lit:
            pen.splats(*at, 0.030, 0.030, colour, alpha=0.55 * shine, soft=0.028, glow=True, emit=True)


def _mobile(pen: Pen, stage: Stage, side) -> None:
    """Star, moon, cloud, planet and heart turn slowly over the bed."""
    pen.moving(0.88, depth=11.0)
    with pen.at(side * -0.52, -0.345, angle=1.5 * wave(0.17 * pen.t), scale=1.0, flip=side):
        pen.capsule((0, -0.6), (0, 0), 0.0016, None, "#8a7a78", valid=False)
        around = 0.085 * pen.t + pen.rand("mobile")[..., 0]
        wide = 0.115 * np.abs(wave(around, 0.25)) + 0.012
        pen.capsule((-wide, 0.0), (wide, 0.0), 0.0052, None, "#d19a63", **INK)
        pen.capsule((-0.115, 0.008), (0.115, 0.008), 0.0042, None, "#b98450", **INK)
        for k, toy in enumerate((_star, _crescent, _puff, _planet)):
            turn = around + k / 4
            x, near = 0.115 * wave(turn), wave(turn, 0.25)
            y = 0.075 + 0.022 * (k % 2) + 0.006 * near + 0.003 * wave(0.4 * pen.t, 0.3 * k)
            pen.capsule((x, 0.004), (x, y), 0.0012, None, "#8a7a78", valid=False)
            with pen.at(x, y + 0.022, scale=0.029 * (1 + 0.16 * near)):
                toy(pen)


def _star(pen: Pen) -> None:
    ink = dict(outline="#a8701a", width=0.10)
    points = [(r * np.sin(np.pi * k / 5), -r * np.cos(np.pi * k / 5)) for k in range(10) for r in ((1.0, 0.45)[k % 2],)]
    pen.polygon(points, "#ffd84a", to="#f7b02e", round=0.10, **ink)


def _crescent(pen: Pen) -> None:
    disc = pen.ellipse_shape((0, 0), 0.95)
    pen.fill(disc, "#fff0b8", outline="#a98a4a", width=0.10)
    with pen.inside(disc):
        pen.ellipse((0.48, -0.12), 0.80, None, "#9aa8e0")


def _puff(pen: Pen) -> None:
    parts = [pen.ellipse_shape(p, r) for p, r in (((-0.55, 0.15), 0.50), ((0.0, -0.15), 0.65), ((0.58, 0.15), 0.48))]
    pen.union(parts, "#ffffff", to="#cfe2f5", blend=0.2, outline="#8fa8c8", width=0.10)


def _planet(pen: Pen) -> None:
    pen.ellipse((0, 0), 0.72, None, "#ff9a7a", to="#e0605a", outline="#8f3a3a", width=0.10)
    pen.capsule((-1.15, 0.28), (1.15, -0.28), 0.11, None, "#ffd98a", outline="#a8743a", width=0.06)


def foreground(pen: Pen, stage: Stage) -> None:
    side = np.where(pen.rand("room", 4)[..., 0] > 0.5, 1.0, -1.0)
    pen.still(1.15, depth=1.5)
    with pen.at(flip=side):
        _blocks(pen, -0.72, 0.487)
        _train(pen, 0.60, 0.485)


def _blocks(pen: Pen, x: float, y: float) -> None:
    """Wooden cubes, one upon two, and one fallen aside."""
    for dx, dy, colour, angle in (
        (-0.052, 0.0, "#4f9fe0", 0),
        (0.050, 0.0, "#ef6a5a", 0),
        (0.0, -0.094, "#ffd04a", 4),
        (0.185, 0.006, "#5fb878", -14),
    ):
        with pen.at(x + dx, y + dy - 0.046, angle=angle):
            pen.shadow(0.01, 0.046, 0.06, 0.012, 0.25 if dy == 0 else 0.0)
            pen.box(
                (0, 0),
                0.092,
                0.092,
                lighter(colour, 0.22),
                to=darker(colour, 0.12),
                round=0.008,
                outline=True,
                width=0.004,
            )
            pen.box((0, 0), 0.062, 0.062, lighter(colour, 0.5), round=0.004)
            pen.ellipse((0, 0), 0.018, None, colour)


def _train(pen: Pen, x: float, y: float) -> None:
    """A wooden engine with a wagon behind."""
    ink = dict(outline="#4a3040", width=0.004)
    with pen.at(x, y):
        pen.shadow(0.06, 0.0, 0.24, 0.016, 0.25)
        pen.capsule((0.06, -0.030), (0.12, -0.030), 0.004, None, "#6a5a58")
        pen.box((0.195, -0.062), 0.16, 0.070, "#7cc28a", to="#4f9a66", round=0.008, **ink)
        for k, colour in enumerate(("#ffd04a", "#ef6a5a", "#8fb8f0")):
            pen.ellipse((0.150 + 0.045 * k, -0.105), 0.026, None, lighter(colour, 0.15), to=darker(colour, 0.1), **ink)
        pen.box((0.195, -0.056), 0.16, 0.058, "#7cc28a", to="#4f9a66", round=0.008, **ink)
        pen.box((-0.045, -0.070), 0.17, 0.066, "#ef6a5a", to="#c4483f", round=0.012, **ink)
        pen.box((0.020, -0.105), 0.075, 0.130, "#5a9fe0", to="#3f78bc", round=0.006, **ink)
        pen.box((0.020, -0.125), 0.042, 0.045, "#fff6dc", round=0.004, **ink)
        pen.box((0.020, -0.174), 0.098, 0.016, "#ffd04a", round=0.005, **ink)
        pen.polygon([(-0.100, -0.10), (-0.074, -0.10), (-0.066, -0.142), (-0.108, -0.142)], "#5b5266", **ink)
        for wx, r in ((-0.090, 0.026), (-0.025, 0.026), (0.035, 0.026), (0.150, 0.024), (0.240, 0.024)):
            pen.ellipse((wx, -0.024), r, None, "#ffd98a", to="#e0a548", **ink)
            pen.ellipse((wx, -0.024), 0.007, None, "#7a4c2c", fine=True)
