"""A theatre's stage: red curtains, painted scenery that shows the hour, spotlights that sweep, heads in the stalls."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.pen import Number, Pen, darker, lighter, mix, smooth, wave
from filmloom.world.places._plants import swaying
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="stage_hall",
    ground=(0.30, 0.38),
    weathers=("clear",),
)
BOARDS, LIP = 0.195, 0.455  # y where the stage floor begins, and where it ends before us
RED, GOLD = "#c22b3a", "#f2c35b"
BEAMS = ("#fff0c4", "#ffb3c8", "#b5d4ff", "#ffe08a", "#c9b5ff")
# the painted cloth: sky above, sky below, hills, by hour
CLOTH = {
    "dawn": ("#8fa0e0", "#ffd3b8", "#9c9ccf"), "morning": ("#7dbdf0", "#fdeedb", "#8fc08a"),
    "noon": ("#4aa5ea", "#d9f2fb", "#7fbf6f"), "sunset": ("#6a4a9c", "#ffb45f", "#a8577f"),
    "dusk": ("#2a3478", "#d98aa6", "#4d4f94"), "night": ("#10174a", "#3c4090", "#262c66"),
}  # fmt: skip


def backdrop(pen: Pen, stage: Stage) -> None:
    u = pen.rand("theatre", 4)
    side = np.where(u[..., 0] > 0.5, 1.0, -1.0)
    _cloth(pen, stage, u)
    _hung(pen, stage, side)
    _flats(pen, stage, u, side)
    _wings(pen)
    _floor(pen, stage)
    _drapes(pen, stage)
    _beams(pen, stage)


def _cloth(pen: Pen, stage: Stage, u) -> None:
    """The painted sky and its far hills."""
    top, low, hill = CLOTH[stage.time]
    pen.still(0.4)
    pen.box((0, 0), 9, 6, top, to=low, axis=((0, -0.48), (0, 0.12)))
    for k in range(7):  # brush strokes
        y = -0.40 + 0.075 * k
        pen.ellipse(
            (0.5 * wave(0.37 * k, u[..., 1]), y),
            0.55,
            0.014,
            lighter(mix(top, low, k / 7), 0.18),
            alpha=0.4,
            soft=0.03,
            fine=True,
        )
    pen.hills(0.085, [0.045, 0.018], [0.55, 1.3], u[..., 1:3], lighter(hill, 0.35), to=lighter(hill, 0.15))


def _hung(pen: Pen, stage: Stage, side) -> None:
    """Sun or moon, stars and clouds of painted board, hung on cords and swaying a little."""
    pen.moving(0.5, depth=19.0)
    night, low = stage.light.night > 0.5, stage.time in ("dawn", "sunset")
    with pen.at(side * 0.34, -0.06 if low else -0.215, angle=1.6 * wave(0.11 * pen.t)):
        pen.capsule((0, -0.9), (0, 0), 0.0022, None, "#8a7a70", valid=False)
        _moon(pen) if night else _sun(pen, "#ff9a4f" if low else "#ffd451")
    for k, (x, y, size) in enumerate(((-0.52, -0.20, 0.115), (-0.12, -0.28, 0.085), (0.66, -0.13, 0.095))):
        with pen.at(side * x + 0.018 * wave(0.06 * pen.t, 0.3 * k), y, scale=size):
            for dx in (-0.5, 0.5):
                pen.capsule((dx, -9), (dx, 0), 0.018, None, "#8a7a70", valid=False)
            _cloud(pen, stage)
    if night:
        for k, (x, y) in enumerate(
            ((-0.30, -0.13), (0.10, -0.17), (-0.66, -0.06), (0.52, -0.30), (-0.36, -0.33), (0.0, -0.05))
        ):
            with pen.at(side * x, y, scale=0.019 + 0.006 * (k % 3), angle=14 * wave(0.13 * pen.t, 0.21 * k)):
                pen.capsule((0, -40), (0, 0), 0.05, None, "#6a6a90", valid=False)
                _star(pen)


def _sun(pen: Pen, colour: str) -> None:
    for k in range(12):
        a = np.pi * k / 6
        ray = [(0.086 * np.cos(a + d), 0.086 * np.sin(a + d)) for d in (-0.15, 0.15)]
        pen.polygon([*ray, (0.128 * np.cos(a), 0.128 * np.sin(a))], GOLD, outline="#a8742a", width=0.003)
    pen.ellipse((0, 0), 0.082, None, lighter(colour, 0.3), to=colour, outline="#a8742a", width=0.004)


def _moon(pen: Pen) -> None:
    disc = pen.ellipse_shape((0, 0), 0.086)
    pen.fill(disc, "#fff6d0", to="#e8d48f", outline="#8a7440", width=0.004, emit=True)
    for dx, dy, r in ((-0.03, -0.02, 0.017), (0.03, 0.02, 0.022), (0.015, -0.045, 0.011), (-0.02, 0.04, 0.012)):
        pen.ellipse((dx, dy), r, None, "#d9c383", alpha=0.7, emit=True, fine=True)


def _star(pen: Pen) -> None:
    points = [(r * np.sin(np.pi * k / 5), -r * np.cos(np.pi * k / 5)) for k in range(10) for r in ((1.0, 0.45)[k % 2],)]
    pen.polygon(points, "#fff0a8", to="#f7d24a", round=0.06, emit=True, outline="#a8843a", width=0.08)


def _cloud(pen: Pen, stage: Stage) -> None:
    top, under = stage.light.cloud
    puffs = (((-0.85, 0.10), 0.42), ((-0.30, -0.16), 0.55), ((0.35, -0.10), 0.50), ((0.88, 0.12), 0.38))
    parts = [pen.ellipse_shape(p, r, 0.8 * r) for p, r in puffs]
    pen.union(parts, lighter(top, 0.15), to=under, blend=0.2, outline=darker(under, 0.4), width=0.04)


def _flats(pen: Pen, stage: Stage, u, side) -> None:
    """Hills and round trees cut from board, standing one before the other."""
    _, _, hill = CLOTH[stage.time]
    for i, (y, parallax, wide) in enumerate(((0.120, 0.6, 0.8), (0.165, 0.72, 1.05))):
        pen.still(parallax)
        for k in range(5):
            x, tall = side * (-1.05 + 0.5 * k + 0.24 * i + 0.16 * (u[..., 3] - 0.5)), 0.21 + 0.045 * ((2 * k + i) % 3)
            if k != 2:  # the middle stays low
                _tree(pen, x, y + 0.03, tall, hill, i)
        colour = darker(hill, 0.08 + 0.12 * i)
        pen.hills(y, [0.024, 0.008], [wide, 2.1], u[..., i : i + 2], lighter(colour, 0.2), to=colour,
                  outline=lighter(hill, 0.6), width=0.006)  # fmt: skip


def _tree(pen: Pen, x: Number, y: float, tall: float, hill, i: int) -> None:
    leaf = mix(darker(hill, 0.15 + 0.1 * i), "#4fa06a", 0.35)
    edge = dict(outline=lighter(hill, 0.6), width=0.004)
    pen.box((x, y - 0.3 * tall), 0.016, 0.6 * tall, "#8a5f48", to="#5d3d34")
    pen.ellipse((x, y - 0.68 * tall), 0.27 * tall, 0.34 * tall, lighter(leaf, 0.22), to=leaf, **edge)
    pen.ellipse((x - 0.06 * tall, y - 0.74 * tall), 0.12 * tall, 0.16 * tall, lighter(leaf, 0.4), alpha=0.5, fine=True)


def _wings(pen: Pen) -> None:
    """Dark side curtains in two depths, and the short border that hides the rig with its lamps."""
    for i, (x, parallax) in enumerate(((0.68, 0.8), (0.80, 0.9))):
        pen.still(parallax)
        tone = mix("#7d1830", "#4a0f28", 0.5 - 0.5 * i)
        for s in (-1, 1):
            pen.box((s * (x + 1.0), 0), 2.0, 6, darker(tone, 0.2), to=darker(tone, 0.5))
            for k in range(4):
                fold = s * (x + 0.012 + 0.048 * k)
                pen.box(
                    (fold, -1.39),
                    0.030,
                    3.2 + 0.012 * i,
                    lighter(tone, 0.12 - 0.02 * k),
                    to=darker(tone, 0.15),
                    round=0.012,
                    soft=0.008,
                    axis=((0, -0.4), (0, 0.2)),
                )


def _floor(pen: Pen, stage: Stage) -> None:
    """Polished boards in perspective, a glow where the light falls."""
    pen.still(1.0)
    pen.box((0, BOARDS + 2), 9, 4, "#8f5530", to="#d6965a", axis=((0, BOARDS), (0, LIP)))
    for k in range(-16, 17):
        pen.capsule((0.095 * k, BOARDS), (0.20 * k, 0.62), 0.0010, 0.0026, "#5d3420", alpha=0.6)
    u = pen.rand("boards", 84).reshape(pen.batch, 1, 28, 3)
    y = BOARDS + 0.012 + 0.26 * u[..., 1] ** 1.3
    open_up = (y - BOARDS) / (0.62 - BOARDS)
    lane = np.floor(u[..., 0] * 26 - 13) + 0.5
    pen.splats(lane * (0.095 + 0.105 * open_up), y, 0.035 + 0.05 * open_up, 0.0015, "#5d3420", alpha=0.5)
    pen.box((0, BOARDS + 0.012), 9, 0.05, "#2c1420", alpha=0.45, soft=0.05, fine=True)
    pen.ellipse((0, 0.345), 0.62, 0.085, "#ffdc9a", alpha=0.34, soft=0.16, emit=True, valid=False, fine=True)


def _drapes(pen: Pen, stage: Stage) -> None:
    """The house curtain, drawn aside and tied with cords, and the swags above; they stir."""
    for s in (-1.0, 1.0):
        pen.still(1.04, depth=9.6, motion=swaying((s * 1.0, -0.6), 0.7 * wave(0.13 * pen.t, 0.2 * s)))
        with pen.at(s * 0.70, 0.0, flip=s):
            _drape(pen)
    pen.still(1.05, depth=9.4, motion=swaying((0.0, -2.2), 0.10 * wave(0.17 * pen.t)))
    pen.box((0, -1.94), 9, 3, darker(RED, 0.25))
    for k in (-4, -2, 0, 2, 4, -3, -1, 1, 3):
        _swag(pen, 0.235 * k, -0.445)
    pen.box((0, -0.448), 9, 0.018, GOLD, to=darker(GOLD, 0.3), outline="#7a4f1c", width=0.002)


def _drape(pen: Pen) -> None:
    """One side: the upper part sweeps to the cord, the lower part falls to the boards. Origin on its inner edge."""
    edge = dict(outline=darker(RED, 0.7), width=0.003)
    inner = ((0.010, -0.7), (0.000, -0.36), (0.045, -0.12), (0.130, 0.065))
    pen.box((0.66, -0.2), 1.0, 1.6, darker(RED, 0.45))
    for k in reversed(range(6)):  # folds fan out above the cord and again below
        dx = 0.060 * k
        tone = mix(lighter(RED, 0.10), darker(RED, 0.38), (0.15, 0.75, 0.3, 0.9, 0.45, 1.0)[k])
        upper = [(x + dx * (1 - 0.55 * j / 3), y) for j, (x, y) in enumerate(inner)]
        pen.chain(upper, [0.036, 0.036, 0.032, 0.019], lighter(tone, 0.08), to=darker(tone, 0.18), blend=0.03, **edge)
        knot = upper[-1]
        fall = [knot, (knot[0] - 0.012 + 0.30 * dx, 0.16), (knot[0] - 0.040 + 0.62 * dx, 0.292 - 0.004 * (k % 2))]
        pen.chain(fall, [0.019, 0.027, 0.034], lighter(tone, 0.05), to=darker(tone, 0.22), blend=0.03, **edge)
    pen.capsule(
        (0.105, 0.052),
        (0.33, 0.082),
        0.014,
        None,
        lighter(GOLD, 0.2),
        to=darker(GOLD, 0.25),
        outline="#7a4f1c",
        width=0.003,
    )
    pen.ellipse((0.110, 0.066), 0.021, None, GOLD, outline="#7a4f1c", width=0.003)
    for dx in (-0.012, 0.0, 0.012):
        pen.capsule((0.110 + 0.4 * dx, 0.085), (0.110 + dx, 0.150), 0.0055, None, darker(GOLD, 0.12 + 8 * abs(dx)))


def _swag(pen: Pen, x: float, y: float) -> None:
    """A half-moon of cloth with its folds and a gold fringe."""
    below = pen.polygon_shape([(x - 0.2, y), (x + 0.2, y), (x + 0.2, y + 0.3), (x - 0.2, y + 0.3)])
    with pen.inside(below):
        pen.ellipse((x, y), 0.150, 0.108, GOLD, to=darker(GOLD, 0.3), outline="#7a4f1c", width=0.002)
        pen.ellipse(
            (x, y), 0.146, 0.092, lighter(RED, 0.12), to=darker(RED, 0.30), outline=darker(RED, 0.7), width=0.002
        )
        for r in (0.70, 0.42):
            pen.ellipse((x, y), 0.146 * r, 0.092 * r, darker(RED, 0.35), to=lighter(RED, 0.05), alpha=0.75, soft=0.010)
    for s in (-1, 1):
        tail = [(x + s * 0.117 - 0.026, y), (x + s * 0.117 + 0.026, y), (x + s * 0.117, y + 0.118)]
        pen.polygon(tail, RED, to=darker(RED, 0.35), round=0.004, outline=darker(RED, 0.7), width=0.002)


def _aims(pen: Pen):
    """Where the three beams start, and where they meet the boards: each sweeps at its own pace."""
    u = pen.rand("beams", 3)
    for k, (x, reach, pace) in enumerate(((-0.56, 0.30, 0.085), (0.56, 0.30, 0.070), (0.0, 0.46, 0.055))):
        yield (
            k,
            x,
            0.75 * x * (-0.15 if k < 2 else 0) + reach * wave(pace * pen.t + u[..., k]),
            0.325 + 0.02 * wave(0.05 * pen.t, 0.4 * k),
        )


def _beams(pen: Pen, stage: Stage) -> None:
    """Cones of light from the rig, the pools they leave, dust that shines within them."""
    pen.moving(1.0, depth=9.3, valid=False)
    strong = 0.20 + 0.22 * float(smooth(stage.light.night))
    pick = np.floor(pen.rand("gels")[..., 0] * len(BEAMS)).astype(int)
    for k, x, aim, y in _aims(pen):
        colour = np.stack([mix(c, c, 0.0) for c in BEAMS])[(pick + 2 * k) % len(BEAMS)]
        cone = [(x - 0.014, -0.40), (x + 0.014, -0.40), (aim + 0.15, y), (aim - 0.15, y)]
        pen.polygon(
            cone, colour, to=0.25 * colour, axis=((x, -0.40), (aim, y)), alpha=strong, soft=0.030, glow=True, emit=True
        )
        pen.ellipse((aim, y), 0.165, 0.036, colour, alpha=1.3 * strong, soft=0.03, glow=True, emit=True)
        pen.ellipse((aim, y), 0.120, 0.024, colour, alpha=0.8 * strong, soft=0.02, glow=True, emit=True)
    _rig(pen)
    num, t = 40, pen.t[..., None]
    u = pen.rand("dust", 4 * num).reshape(pen.batch, 1, num, 4)
    x = (u[..., 0] - 0.5) * 1.3 + 0.03 * wave(0.07 * t + u[..., 2])
    y = -0.35 + (u[..., 1] * 0.65 - 0.012 * t) % 0.65
    pen.splats(x, y, 0.0018, 0.0018, "#fff3d0", alpha=0.75 * np.clip(wave(0.23 * t + u[..., 3]), 0, 1), emit=True)


def _rig(pen: Pen) -> None:
    """The lamps, turned to where they shine."""
    for _, x, aim, y in _aims(pen):
        turn = np.degrees(np.arctan2(aim - x, y + 0.40))
        with pen.at(x, -0.405, angle=turn, scale=1.0):
            pen.box((0, -0.026), 0.044, 0.062, "#3c3646", to="#221c2c", round=0.008, outline="#120e18", width=0.003)
            pen.box((0, 0.008), 0.058, 0.014, "#4a4456", round=0.004, outline="#120e18", width=0.003)
            pen.ellipse((0, 0.014), 0.023, 0.008, "#fffbe6", emit=True)
            pen.glow((0, 0.016), 0.13, "#ffe9b0", 0.55)


def foreground(pen: Pen, stage: Stage) -> None:
    """The stage's gilded lip with its footlights, and heads of those who watch."""
    pen.still(1.08, depth=1.6)
    pen.box((0, LIP + 0.02), 9, 0.040, "#a8683a", to="#6d3d26", outline="#3a1f1a", width=0.003)
    pen.box((0, LIP + 1.04), 9, 2.0, "#4a1428", to="#1d0a18", axis=((0, LIP + 0.04), (0, 0.56)))
    pen.box((0, LIP + 0.042), 9, 0.008, GOLD, to=darker(GOLD, 0.3))
    x = np.arange(-1.62, 1.63, 0.18)[None, None]
    pen.splats(x, LIP * np.ones_like(x), 0.024, 0.016, "#5a4632", fine=False)
    pen.splats(x, (LIP - 0.004) * np.ones_like(x), 0.017, 0.010, "#fff2c0", emit=True, fine=False)
    pen.splats(x, (LIP - 0.012) * np.ones_like(x), 0.060, 0.050, "#ffc968", alpha=0.34, soft=0.05, glow=True, emit=True)
    _audience(pen)


def _audience(pen: Pen) -> None:
    """Dark heads and shoulders in the front row; here and there one turns to its neighbour."""
    pen.moving(1.3, depth=1.3)
    num = 13
    u = pen.rand("audience", 4 * num).reshape(pen.batch, 1, num, 4)
    x = (np.arange(num) + 0.3 + 0.4 * u[..., 0]) / num * 3.0 - 1.5
    y = 0.492 + 0.014 * u[..., 1] + 0.0025 * wave((0.12 + 0.1 * u[..., 2]) * pen.t[..., None] + u[..., 3])
    lean = 0.008 * wave(0.05 * pen.t[..., None] + u[..., 2])
    r = 0.036 + 0.010 * u[..., 2]
    for colour, grow, up in (("#4a2440", 1.09, 0.004), ("#1c0e24", 1.0, 0.0)):  # a rim of light from the stage
        pen.splats(x, y + 0.080, 2.0 * r * grow, 0.060 * grow, colour, fine=False)
        pen.splats(x + lean, y - up, r * grow, 1.12 * r * grow, colour, fine=False)
        bun = np.where(u[..., 3] > 0.55, 0.36, 0.05) * r * grow  # some wear their hair up
        pen.splats(x + lean, y - 1.25 * r, bun, bun, colour, fine=False)
