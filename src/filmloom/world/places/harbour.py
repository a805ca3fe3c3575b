"""A harbour: gabled houses along the water, a lighthouse on its mole, boats at their moorings, a stone quay."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, darker, lighter, mix, wave
from filmloom.world.places._buildings import lamp
from filmloom.world.places._plants import near, scatter, snowy
from filmloom.world.places._water import glitter, tones, water
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="harbour",
    ground=(0.33, 0.39),
    surface=(0.155, 0.205),
    seasons=("usual", "winter"),
)
HORIZON, WALL, QUAY = 0.065, 0.125, 0.288
INK = dict(outline=True, width=0.003)
FRONTS = ("#e8674f", "#f3c75a", "#5fa9c9", "#f2ead8", "#7fbf92", "#e58fa0", "#c98a5c", "#8f9ed6")
ROOFS = ("#a8503f", "#5f6480", "#8a4a48", "#4f5a78")


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, HORIZON)
    u = pen.rand("layout", 6)
    side = np.where(u[..., 0] > 0.5, 1.0, -1.0)  # of the town
    pen.still(0.08)
    land = {"sunset": "#8a4a86", "dusk": "#4f4f98", "night": "#2c3466"}.get(stage.time, "#8fb4c4")
    phase = np.stack([u[..., 1], u[..., 2]], -1)
    pen.hills(HORIZON - 0.004, [0.026, 0.012], [0.42, 1.1], phase, mix(land, stage.light.low, 0.2), emit=True)
    water(pen, stage, HORIZON, 0.36, calm=1.7)
    glitter(pen, stage, HORIZON, 0.27, num=90)
    _lighthouse(pen, stage, -side * (0.46 + 0.16 * u[..., 3]), -side)
    _town(pen, stage, side, 0.12 * u[..., 4])
    if not stage.night and stage.weather not in ("rain", "storm"):
        _gulls(pen, stage)
    _boats(pen, stage, side)
    _quay(pen, stage)
    _cargo(pen, stage, side)


def _lighthouse(pen: Pen, stage: Stage, x: Number, side: Number) -> None:
    """A mole of boulders out to a striped tower; its lamp turns when it grows dark."""
    pen.still(0.35)
    stone = snowy("#a79f9c", stage, 0.7)
    out = x - 0.12 * side
    for k in range(9):
        at = out + 0.13 * side * k
        pen.ellipse((at, 0.104), 0.10, 0.020, lighter(stone, 0.12), to=darker(stone, 0.4))
        pen.ellipse((at + 0.06, 0.094), 0.055, 0.013, lighter(stone, 0.25), to=darker(stone, 0.2))
    with pen.at(x, 0.090):
        tower = [(-0.038, 0.0), (0.038, 0.0), (0.024, -0.225), (-0.024, -0.225)]
        pen.polygon(tower, "#fffaf0", to="#cfc6c4", axis=((-0.03, 0), (0.035, 0)), **INK)
        for y0, y1 in ((-0.03, -0.075), (-0.12, -0.165)):
            w0, w1 = (0.038 + 0.0622 * y for y in (y0, y1))
            band = [(-w0, y0), (w0, y0), (w1, y1), (-w1, y1)]
            pen.polygon(band, "#e4574a", to="#a93a3c", axis=((-0.03, 0), (0.035, 0)))
        pen.box((0, -0.228), 0.066, 0.010, "#6d6f80", **INK)
        lit = stage.light.night > 0.1
        pen.box((0, -0.250), 0.034, 0.036, "#fff2b0" if lit else "#bfe0ee", emit=lit, **INK)
        pen.polygon([(-0.026, -0.268), (0.026, -0.268), (0.0, -0.298)], snowy("#d84f45", stage, 0.85), **INK)
        pen.box((0, -0.012), 0.020, 0.028, "#6b4a3a", round=0.003)
    if stage.light.night > 0.1:
        _beam(pen, stage, x, -0.160)


def _beam(pen: Pen, stage: Stage, x: Number, y: float) -> None:
    """Two opposite beams that swing round: long across the picture, short towards us."""
    pen.moving(0.35, depth=24, valid=False)
    reach = 0.9 * np.cos(2 * np.pi * (0.11 * pen.t + pen.rand("beam")[..., 0]))
    strength = (0.20 + 0.25 * stage.light.night) * np.abs(reach)
    for s in (1, -1):
        beam = [(x, y - 0.008), (x + s * reach, y - 0.075), (x + s * reach, y + 0.035), (x, y + 0.008)]
        pen.polygon(
            beam, "#ffe9a0", to="#000000", axis=((x, y), (x + s * reach, y)), alpha=strength, soft=0.02, glow=True,
            emit=True,
        )  # fmt: skip
    pen.glow((x, y), 0.16, "#ffe08a", 0.7)


def _town(pen: Pen, stage: Stage, side: Number, shift: Number) -> None:
    """Tall fronts in many colours on a sea wall, and their images in the water."""
    pen.still(0.5)
    u = pen.rand("town", 40).reshape(pen.batch, 1, 10, 4)
    with pen.at(side * (0.20 + shift), WALL, flip=side):
        hill = snowy("#7fae7c", stage)
        with pen.inside(pen.polygon_shape([(-0.5, -0.6), (3.0, -0.6), (3.0, 0.0), (-0.5, 0.0)])):
            pen.ellipse((0.95, 0.0), 0.86, 0.22, lighter(hill, 0.1), to=darker(hill, 0.1))
        for k in range(6):
            pen.ellipse(
                (0.45 + 0.17 * k, -0.155 - 0.03 * (k % 3)), 0.055, 0.045, lighter(hill, 0.12), to=darker(hill, 0.3)
            )
        for k in reversed(range(10)):
            _front(pen, stage, 0.09 + 0.137 * k, 0.132, 0.165 + 0.115 * u[..., k, 0] + 0.006 * k, k, u[..., k, 1])
        wall = snowy("#a89c92", stage, 0.4)
        pen.box((0.98, 0.016), 2.0, 0.040, lighter(wall, 0.15), to=darker(wall, 0.45))
        pen.box((0.98, -0.004), 2.02, 0.010, lighter(snowy("#c4b8ac", stage), 0.2))
        for k in range(9):
            pen.capsule((0.06 + 0.2 * k, 0.004), (0.06 + 0.2 * k, 0.030), 0.006, None, "#5f5048")
    _images(pen, stage, side, shift)


def _front(pen: Pen, stage: Stage, x: float, w: float, h: Number, k: int, tint: Number) -> None:
    """A narrow house seen from its gable end: three rows of windows and a shop or a door."""
    wall = mix(FRONTS[(k * 3) % 8], FRONTS[(k * 3 + 5) % 8], 0.25 * tint)
    lit = stage.light.night > 0.1
    pen.box((x, -h / 2), w, h, lighter(wall, 0.14), to=darker(wall, 0.16), **INK)
    roof = ROOFS[k % 4]
    gable = [(x - 0.54 * w, -h), (x + 0.54 * w, -h), (x, -h - 0.075)]
    if k % 3 == 1:  # a gable with steps
        pen.polygon(
            [(x - 0.36 * w, -h - 0.035), (x + 0.36 * w, -h - 0.035), (x + 0.36 * w, -h), (x - 0.36 * w, -h)],
            wall,
            **INK,
        )
        pen.box((x, -h - 0.045), 0.36 * w, 0.03, lighter(wall, 0.1), **INK)
        pen.box((x, -h), 1.04 * w, 0.010, snowy(roof, stage, 0.9))
    else:
        pen.polygon(gable, snowy(lighter(roof, 0.12), stage, 0.9), to=snowy(darker(roof, 0.2), stage, 0.75), **INK)
        pen.ellipse((x, -h - 0.024), 0.010, None, "#ffdf9a" if lit else "#f6efe2", emit=lit)
    pane = "#ffd98a" if lit else "#e3f2f6"
    for row in range(2):
        y = -h + 0.034 + 0.056 * row
        for c in (-0.29, 0.0, 0.29):
            on = lit and (k * 5 + row * 3 + round(10 * c)) % 4 != 0
            pen.box(
                (x + c * w, y),
                0.021,
                0.032,
                pane if on else ("#46507a" if lit else "#6f9dbb"),
                emit=on,
                outline="#fbf3e4",
                width=0.0035,
            )
    pen.box((x - 0.2 * w, -0.024), 0.042, 0.046, darker(wall, 0.55))
    pen.box((x + 0.2 * w, -0.030), 0.048, 0.034, pane if lit else "#8fb8cf", emit=lit, outline="#fbf3e4", width=0.003)
    awning = [(x + 0.02 * w, -0.050), (x + 0.40 * w, -0.050), (x + 0.44 * w, -0.036), (x - 0.02 * w, -0.036)]
    pen.polygon(awning, snowy(("#e0584f", "#fbf1dc", "#3f8fc4")[k % 3], stage, 0.7))
    if stage.night:
        pen.glow((x, -0.07), 0.13, "#ffa044", 0.28)


def _images(pen: Pen, stage: Stage, side: Number, shift: Number) -> None:
    """Colours of the fronts, broken by ripples that wander."""
    far, _ = tones(stage)
    pen.moving(0.5, depth=17.5, valid=False)
    lit = 0.5 * stage.light.night
    for k in range(10):
        colour = mix(mix(FRONTS[(k * 3) % 8], far, 0.25), "#ffc76a", lit)
        x = side * (0.20 + shift + 0.09 + 0.137 * k)
        u = pen.rand(f"image {k}", 12).reshape(pen.batch, 1, 6, 2)
        row = np.arange(6) / 6
        y = WALL + 0.046 + 0.075 * row
        wander = 0.010 * wave(0.25 * pen.t[..., None] + u[..., 0])
        half = 0.050 * (1 - 0.35 * row) * (0.7 + 0.4 * u[..., 1])
        pen.splats(x[..., None] + wander, y, half, 0.0058, colour, alpha=0.55 * (1 - 0.6 * row), emit=True)


def _gulls(pen: Pen, stage: Stage) -> None:
    pen.moving(0.3, depth=60, valid=False)
    ink = "#ffffff" if stage.time in ("dawn", "morning", "noon") and stage.light.cover < 0.6 else "#37284f"
    u = pen.rand("gulls", 12).reshape(pen.batch, 1, 4, 3)
    for k in range(4):
        x = -0.42 + 0.26 * k + 0.12 * u[..., k, 0] + 0.02 * pen.t
        y = -0.32 + 0.16 * u[..., k, 1] + 0.008 * wave(0.3 * pen.t + u[..., k, 2])
        lift, span = 0.010 * wave(0.9 * pen.t + u[..., k, 2]), 0.020 + 0.008 * u[..., k, 2]
        wings = [(x - span, y - 0.006 - lift), (x, y), (x + span, y - 0.006 - lift)]
        pen.chain(wings, [0.0008, 0.0030, 0.0008], ink, emit=True)


def _boats(pen: Pen, stage: Stage, side: Number) -> None:
    """A trawler and a yacht before the town, a rowing boat on the open side; each rocks at its own pace."""
    u = pen.rand("boats", 3)
    for k, (x, y, size, paint) in enumerate(
        ((-0.66, 0.205, 0.16, _rowboat), (0.44, 0.188, 0.24, _yacht), (0.74, 0.215, 0.30, _trawler))
    ):
        pen.moving(0.75, depth=13 - 0.2 * k)
        heave = wave(0.22 * pen.t + u[..., k])
        with pen.at(
            side * (x + 0.05 * (u[..., k] - 0.5)),
            y + 0.003 * heave,
            scale=size,
            angle=1.8 * wave(0.17 * pen.t + u[..., k]),
            flip=side,
        ):
            for j in range(3):
                half, y = 0.40 - 0.09 * j, 0.05 + 0.04 * j
                pen.capsule((-half, y), (half, y), 0.012, None, "#20305a", alpha=0.22, emit=True, fine=True)
            paint(pen, stage)


def _hull(pen: Pen, colour: str, rim: str, *, long: float = 0.5, high: float = 0.15) -> None:
    """Bow towards -x, the water line at y = 0.03."""
    side = [
        (-1.16 * long, -1.25 * high),
        (-0.4 * long, -high),
        (long, -1.02 * high),
        (0.9 * long, 0.03),
        (-0.82 * long, 0.03),
    ]
    pen.polygon(side, lighter(colour, 0.12), to=darker(colour, 0.35), outline=darker(colour, 0.65), width=0.014)
    pen.chain([side[0], side[1], side[2]], [0.016] * 3, rim)
    pen.capsule((-0.86 * long, -0.02), (0.9 * long, -0.02), 0.012, None, "#b8433c", alpha=0.9)


def _rowboat(pen: Pen, stage: Stage) -> None:
    _hull(pen, "#d9793f", "#fbeed2", long=0.55, high=0.20)
    pen.capsule((0.1, -0.24), (0.52, -0.02), 0.014, 0.03, "#c9a06c", outline=True, width=0.01)


def _yacht(pen: Pen, stage: Stage) -> None:
    """Its sails furled along the boom."""
    pen.capsule((0.0, -0.1), (0.0, -1.12), 0.013, 0.008, "#f3ead8", outline="#6d5a4c", width=0.006)
    for x in (-0.52, 0.46):
        pen.capsule((0.0, -1.08), (x, -0.16), 0.0035, None, "#5f6478")
    pen.capsule((0.02, -0.30), (0.42, -0.27), 0.028, 0.020, "#4f7fc0", outline=True, width=0.008)
    _hull(pen, "#fdf8ee", "#3f6fae", long=0.5, high=0.15)
    pen.box((0.05, -0.19), 0.36, 0.08, "#fbf3e4", round=0.02, outline="#6d6f80", width=0.008)
    pen.polygon([(0.0, -1.12), (0.0, -1.05), (0.10, -1.085)], "#e5534b")


def _trawler(pen: Pen, stage: Stage) -> None:
    lit = stage.light.night > 0.1
    pen.capsule((0.12, -0.2), (0.12, -0.82), 0.014, 0.009, "#c9a06c", outline=True, width=0.006)
    pen.capsule((0.12, -0.36), (0.44, -0.70), 0.010, 0.007, "#b98a58", outline=True, width=0.006)
    for x, y in ((-0.5, -0.19), (0.46, -0.16)):
        pen.capsule((0.12, -0.80), (x, y), 0.003, None, "#5f6478")
    pen.box((-0.16, -0.31), 0.26, 0.26, "#fdf6e6", to="#d9d2cc", round=0.01, outline=True, width=0.01)
    pen.box((-0.16, -0.45), 0.31, 0.035, snowy("#3f7f9c", stage, 0.85), round=0.01, outline=True, width=0.01)
    for x in (-0.225, -0.105):
        pen.box((x, -0.36), 0.075, 0.08, "#ffd98a" if lit else "#9fd0e2", emit=lit, outline="#54606e", width=0.008)
    _hull(pen, "#3f8f8a", "#fbeed2", long=0.5, high=0.19)
    for k in range(3):
        pen.ellipse((-0.22 + 0.2 * k, -0.085), 0.042, 0.045, "#3a3440", to="#221e28")
    if stage.light.night > 0.3:
        pen.glow((0.12, -0.82), 0.30, "#ffcf7a", 0.6)


def _quay(pen: Pen, stage: Stage) -> None:
    """Flagstones in rows that shrink with distance, a kerb, iron bollards with their ropes."""
    pen.still(1.0)
    stone = snowy("#cfc1ae", stage, 0.75)
    pen.box((0, 0.60), 9, 2 * (0.60 - QUAY), lighter(stone, 0.12), to=darker(stone, 0.22), axis=((0, QUAY), (0, 0.56)))
    joint = darker(stone, 0.4)
    rows = (0.306, 0.328, 0.357, 0.396, 0.447, 0.512)
    u = pen.rand("flags", 40)
    for i, (a, b) in enumerate(zip(rows, (*rows[1:], 0.60), strict=True)):
        pen.box((0, a), 9, 0.0022 + 0.0016 * i / 5, joint, alpha=0.45, fine=True)
        for k in range(-8, 9):
            x = (k + 0.5 * (i % 2)) * 0.24
            at = lambda y, x=x: x * (0.55 + 1.9 * (y - QUAY))  # noqa: E731
            pen.capsule((at(a), a), (at(b), b), 0.0012 + 0.0006 * i / 5, None, joint, alpha=0.4, fine=True)
            if (k * 5 + i * 3) % 7 == 0:
                x1 = x + 0.24
                flag = [(at(a), a), (x1 / x * at(a) if k else 0.1, a), (x1 / x * at(b) if k else 0.2, b), (at(b), b)]
                pen.polygon(flag, mix(stone, "#a08f80", 0.4 + 0.4 * u[..., (k + 8) * 2]), alpha=0.4, fine=True)
    kerb = snowy("#e2d7c4", stage, 0.85)
    pen.box((0, QUAY + 0.004), 9, 0.016, lighter(kerb, 0.2), to=kerb)
    pen.box((0, QUAY - 0.006), 9, 0.006, darker(stone, 0.55))
    for k in range(-6, 7):
        pen.capsule((0.27 * k, QUAY - 0.003), (0.27 * k, QUAY + 0.012), 0.0014, None, darker(kerb, 0.35), alpha=0.6)
    pen.ellipse((0, 0.36), 0.5, 0.045, lighter(kerb, 0.3), alpha=0.35, soft=0.05, fine=True)
    x, y, v = scatter(pen, "specks", 90, y=(0.305, 0.56))
    pen.splats(x, y, 0.004 * near(y) * (0.4 + v), 0.0016 * near(y), darker(stone, 0.3), alpha=0.45)
    for x in (-0.40, 0.42):
        _bollard(pen, stage, x, 0.306)


def _bollard(pen: Pen, stage: Stage, x: float, y: float) -> None:
    iron = "#474b5c"
    rope = [(x, y - 0.030), (x + 0.07 * np.sign(x), y - 0.012), (x + 0.17 * np.sign(x), y - 0.032)]
    pen.chain(rope, [0.0040] * 3, "#d9b98a", outline="#8a6844", width=0.0015)
    pen.shadow(x, y, 0.040, 0.007, 0.3)
    pen.capsule(
        (x, y - 0.004),
        (x, y - 0.036),
        0.013,
        None,
        lighter(iron, 0.25),
        to=darker(iron, 0.4),
        axis=((x - 0.012, 0), (x + 0.014, 0)),
        **INK,
    )
    pen.ellipse((x, y - 0.044), 0.021, 0.009, snowy(lighter(iron, 0.15), stage, 0.7), **INK)


def _cargo(pen: Pen, stage: Stage, side: Number) -> None:
    """Crates, barrels, a coil of rope and a lamp, left and right of where we walk."""
    pen.still(1.0, depth=9.4)
    with pen.at(-side * 0.83, 0.0, flip=side):
        lamp(pen, stage, 0.0, 0.318, 0.36)
    with pen.at(side * 0.70, 0.345, flip=side):
        pen.shadow(0.02, 0.0, 0.18, 0.018, 0.28)
        for x, y, s in ((-0.07, 0, 0.096), (0.045, 0.004, 0.104), (-0.015, -0.100, 0.088)):
            _crate(pen, stage, x, y, s)
        for x in (0.15, 0.215):
            _barrel(pen, stage, x, 0.004)
    with pen.at(-side * 0.74, 0.375, flip=side):
        pen.shadow(0.0, 0.0, 0.10, 0.012, 0.25)
        for k in range(4):
            pen.ellipse((0, -0.006 - 0.010 * k), 0.075 - 0.005 * k, 0.019, "#e3c594", outline="#94714a", width=0.0025)
        pen.ellipse((0, -0.038), 0.030, 0.008, "#6f5238")


def _crate(pen: Pen, stage: Stage, x: float, y: float, s: float) -> None:
    wood = "#c2925f"
    pen.box((x, y - s / 2), s, s, lighter(wood, 0.15), to=darker(wood, 0.25), **INK)
    pen.capsule(
        (x - 0.36 * s, y - 0.14 * s),
        (x + 0.36 * s, y - 0.86 * s),
        0.055 * s,
        None,
        lighter(wood, 0.3),
        outline=darker(wood, 0.5),
        width=0.0015,
    )
    for dy in (0.09, 0.91):
        pen.box(
            (x, y - dy * s),
            s,
            0.15 * s,
            snowy(lighter(wood, 0.25), stage, 0.8 if dy > 0.5 else 0.0),
            outline=darker(wood, 0.5),
            width=0.0018,
        )


def _barrel(pen: Pen, stage: Stage, x: float, y: float) -> None:
    wood = "#a8703f"
    body = [
        (x - 0.026, y),
        (x + 0.026, y),
        (x + 0.035, y - 0.045),
        (x + 0.026, y - 0.09),
        (x - 0.026, y - 0.09),
        (x - 0.035, y - 0.045),
    ]
    pen.polygon(body, lighter(wood, 0.2), to=darker(wood, 0.35), axis=((x - 0.03, 0), (x + 0.035, 0)), **INK)
    for dy in (0.016, 0.074):
        pen.capsule((x - 0.029, y - dy), (x + 0.029, y - dy), 0.0036, None, "#5d5f6c")
    pen.ellipse((x, y - 0.09), 0.026, 0.008, snowy("#c99a66", stage, 0.8), **INK)


def foreground(pen: Pen, stage: Stage) -> None:
    """Two mooring posts with a chain towards the edge of the picture."""
    pen.still(1.2, depth=1.5)
    wood = "#7d5d46"
    for s in (-1, 1):
        x = 0.84 * s
        links = [(x + s * d, 0.455 + 0.5 * d * (0.42 - d)) for d in (0.0, 0.08, 0.16, 0.26, 0.36)]
        pen.chain(links, [0.007] * 5, "#c9a878", outline="#6d5238", width=0.003)
        pen.capsule(
            (x, 0.60),
            (x, 0.425),
            0.036,
            0.032,
            lighter(wood, 0.2),
            to=darker(wood, 0.4),
            axis=((x - 0.03, 0), (x + 0.035, 0)),
            outline=True,
            width=0.004,
        )
        pen.ellipse((x, 0.408), 0.032, 0.012, snowy(lighter(wood, 0.4), stage, 0.9), outline=True, width=0.003)
        for y in (0.452, 0.466):
            pen.capsule((x - 0.034, y), (x + 0.034, y), 0.007, None, "#d9b98a", outline="#8a6844", width=0.002)
