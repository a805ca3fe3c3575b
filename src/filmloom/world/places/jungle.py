"""A tropical jungle: giant trunks in green mist, lianas that swing, ferns, great leaves before us, bright flowers."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, closed_curve, darker, lighter, mix, wave
from filmloom.world.places._plants import grass, near, scatter, swaying
from filmloom.world.places._wilds import fern
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="jungle",
    ground=(0.29, 0.38),
    weathers=("clear", "breeze", "cloudy", "rain", "fog", "storm"),
)
BARK = "#7d6248"
BLOOMS = ("#ff5a6e", "#ffb03a", "#e05ad0")


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.14)
    _glade(pen, stage)
    for i, (parallax, num, foot, thick, bark, leaf) in enumerate(
        ((0.25, 14, 0.17, 0.014, "#6ea884", "#68bf80"), (0.5, 9, 0.195, 0.026, "#4f7458", "#2f9a56"))
    ):
        pen.still(parallax)
        _trunks(pen, f"trunks {i}", num, foot, thick, bark, gap=0.05 + 0.12 * i)
        _canopy(pen, f"canopy {i}", leaf, low=-0.16 - 0.12 * i, middle=0.10)
        _bushes(pen, f"bushes {i}", foot, darker(leaf, 0.08), 0.055 + 0.03 * i)
    _lianas(pen, stage)
    pen.still(0.8)
    u = pen.rand("giants", 4)
    _giant(pen, -0.66 - 0.12 * u[..., 0], 0.265, 0.060 + 0.012 * u[..., 1])
    _giant(pen, 0.70 + 0.12 * u[..., 2], 0.255, 0.050 + 0.016 * u[..., 3])
    _ground(pen, stage)
    if stage.night:
        _fireflies(pen)


def _glade(pen: Pen, stage: Stage) -> None:
    """Green air, brightest where the canopy opens."""
    pen.still(0.08)
    low = stage.light.low
    air = mix("#a4dc92", low, 0.22) if stage.light.night < 0.5 else mix("#1c4a52", stage.light.middle, 0.4)
    pen.box((0, 0.0), 9, 1.6, air, alpha=0.80, emit=True)
    x = 0.3 * (pen.rand("glade")[..., 0] - 0.5)
    pen.ellipse(
        (x, -0.08),
        0.30,
        0.36,
        lighter(air, 0.65 if not stage.night else 0.3),
        alpha=0.6,
        soft=0.6,
        emit=True,
        fine=True,
    )


def _trunks(pen: Pen, key: str, num: int, foot: float, thick: float, bark: str, *, gap: float) -> None:
    """Straight trunks that widen into their roots; none in the very middle."""
    u = pen.rand(key, 3 * num).reshape(pen.batch, 1, num, 3)
    x = (np.arange(num) + 0.15 + 0.7 * u[..., 0]) / num * 2 - 1
    x = np.sign(x) * (gap + (1.6 - gap) * np.abs(x))
    for k in range(num):
        at, r, lean = x[..., k], thick * (0.7 + 0.6 * u[..., k, 1]), 0.06 * (u[..., k, 2] - 0.5)
        across = ((at - r, 0), (at + r, 0))
        limbs = [pen.capsule_shape((at, foot), (at + lean, -0.62), r, 0.8 * r)]
        limbs += [
            pen.capsule_shape((at + s * 2.4 * r, foot + 0.01), (at, foot - 4.5 * r), 0.35 * r, 0.5 * r) for s in (-1, 1)
        ]
        pen.union(limbs, lighter(bark, 0.2), to=darker(bark, 0.25), axis=across, blend=0.8 * thick)


def _canopy(pen: Pen, key: str, leaf: str, *, low: float, middle: float) -> None:
    """Leaves overhead: puffs that hang lowest at the sides and leave the middle open."""
    num = 15
    u = pen.rand(key, 3 * num).reshape(pen.batch, 1, num, 3)
    for k in range(num):
        x = -1.6 + 3.2 * (k + 0.5 * u[..., k, 0]) / num
        y = -0.52 + (0.42 + low) * (1.6 * np.abs(x)) ** 1.2 * 0.5 + middle * (u[..., k, 1] - 0.5)
        rx, ry = 0.17 + 0.06 * u[..., k, 2], 0.11 + 0.03 * u[..., k, 0]
        tone = mix(leaf, darker(leaf, 0.3), 0.5 * u[..., k, 1])
        pen.ellipse((x, y), rx, ry, darker(tone, 0.15), to=lighter(tone, 0.15))
    for i, tone in enumerate((darker(leaf, 0.35), lighter(leaf, 0.22), leaf)):
        v = pen.rand(f"{key} leaves {i}", 330).reshape(pen.batch, 1, 110, 3)
        x = (v[..., 0] - 0.5) * 3.3
        y = -0.50 + (0.52 + low) * (1.6 * np.abs(x)) ** 1.2 * 0.5 + 0.20 * v[..., 1]
        pen.splats(x, y, 0.026, 0.010, tone, angle=-90 + 150 * (v[..., 2] - 0.5), alpha=0.9, fine=i > 0)


def _bushes(pen: Pen, key: str, foot: float, leaf, size: float) -> None:
    num = 12
    u = pen.rand(key, 2 * num).reshape(pen.batch, 1, num, 2)
    for k in range(num):
        x, r = -1.6 + 3.2 * (k + 0.7 * u[..., k, 0]) / num, size * (0.7 + 0.6 * u[..., k, 1])
        pen.ellipse((x, foot + 0.02), 1.9 * r, r, lighter(leaf, 0.18), to=darker(leaf, 0.2))
    pen.box((0, foot + 0.10), 9, 0.16, darker(leaf, 0.12))
    v = pen.rand(f"{key} palms", 20).reshape(pen.batch, 1, 10, 2)
    for k in range(10):  # tree ferns and palms stand out of them
        x, tall = -1.5 + 0.33 * k + 0.16 * v[..., k, 0], 1.9 * size * (0.2 + 1.3 * v[..., k, 1])
        pen.capsule((x, foot + 0.02), (x, foot - 0.6 * tall), 0.06 * size, None, darker(leaf, 0.45))
        fern(
            pen,
            x,
            foot - 0.55 * tall,
            size * (1.0 + 0.7 * v[..., k, 0]),
            lighter(leaf, 0.1) if k % 2 else darker(leaf, 0.1),
        )


def _lianas(pen: Pen, stage: Stage) -> None:
    """Vines that hang in curves and swing from above, with a few leaves on each."""
    u = pen.rand("lianas", 12).reshape(pen.batch, 1, 4, 3)
    for k, base in enumerate((-0.44, -0.30, 0.34, 0.50)):
        x, long = base + 0.08 * (u[..., k, 0] - 0.5), 0.36 + 0.22 * u[..., k, 1]
        pen.moving(0.7, depth=14)
        turn = (0.8 + 2.2 * stage.wind) * wave(0.16 * pen.t + u[..., k, 2])
        with pen.at(x, -0.56, angle=turn):
            bend = 0.05 * (u[..., k, 2] - 0.5)
            line = [(bend * np.sin(1.1 * j), long * j / 5) for j in range(6)]
            pen.chain(line, [0.0055] * 5 + [0.003], "#5d7a3c", to="#42602f")
            for j in range(1, 6):
                s = 1 if j % 2 else -1
                at = (line[j][0] + 0.016 * s, line[j][1] - 0.01)
                pen.ellipse(at, 0.020, 0.0085, "#79bf58", to="#3f8a45", angle=-35 * s)


def _giant(pen: Pen, x: Number, foot: float, r: Number) -> None:
    """A great tree with walls of roots, moss, and a vine around it."""
    side = 1.0 if pen.light_dir[0] < 0 else -1.0
    pen.shadow(x, foot, 4.2 * r, 0.02, 0.3)
    limbs = [pen.capsule_shape((x, foot - 0.02), (x, -0.66), r, 0.86 * r)]
    for s, wide, high in ((-1, 2.9, 0.24), (1, 2.7, 0.20), (-1, 1.5, 0.13), (1, 1.3, 0.10)):
        limbs.append(
            pen.capsule_shape((x + s * wide * r, foot + 0.012), (x + 0.4 * s * r, foot - high), 0.22 * r, 0.45 * r)
        )
    across = ((x - 1.1 * side * r, 0), (x + 1.1 * side * r, 0))
    pen.union(
        limbs, lighter(BARK, 0.22), to=darker(BARK, 0.42), axis=across, blend=0.05, outline="#3b2c24", width=0.004
    )
    for k, dx in enumerate((-0.5, -0.12, 0.3, 0.62)):
        y = -0.44 + 0.12 * k
        pen.capsule(
            (x + dx * r, y), (x + (dx + 0.06) * r, y + 0.30), 0.0026, 0.001, darker(BARK, 0.55), alpha=0.5, fine=True
        )
    for k in range(4):  # moss
        pen.ellipse(
            (x + (0.5 - 0.3 * k) * r, foot - 0.06 - 0.11 * k),
            0.5 * r,
            0.035,
            "#83b64e",
            alpha=0.55,
            soft=0.02,
            fine=True,
        )
    turns = [(x + s * 0.95 * r, foot - 0.05 - 0.085 * k) for k, s in enumerate((-1, 1, -1, 1, -1, 1, -1, 1))]
    pen.chain(turns, [0.006] * 8, "#6fa546", outline="#2f5a30", width=0.002)
    for vx, vy in turns:
        for d in (-1, 1):
            pen.ellipse(
                (vx + 0.014 * d, vy - 0.012 * d),
                0.020,
                0.011,
                "#8fd060",
                to="#4a9a48",
                angle=40 * d,
                outline="#2c5c34",
                width=0.0015,
            )


def _ground(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    pen.hills(0.232, [0.010, 0.004], [0.6, 1.5], [0.3, 0.1], "#78b356", to="#285c38", axis=((0, 0.22), (0, 0.56)))
    bend = 0.14 * (pen.rand("path")[..., 0] - 0.5)
    path = [(-0.07 + bend, 0.238), (0.05 + bend, 0.238), (0.40, 0.36), (0.74, 0.62), (-0.74, 0.62), (-0.38, 0.36)]
    pen.polygon(path, "#8f9a58", to="#a58a5c", axis=((0, 0.24), (0, 0.42)), soft=0.05)
    pen.ellipse((bend, 0.30), 0.34, 0.028, "#f2f7b8", alpha=0.4, soft=0.05, fine=True)  # where light falls
    grass(pen, "grass", 150, "#2f7340", y=(0.245, 0.56))
    grass(pen, "bright", 90, "#a6d968", y=(0.245, 0.56))
    x, y, u = scatter(pen, "litter", 80, y=(0.25, 0.56))
    pen.splats(x, y, 0.012 * near(y), 0.004 * near(y), "#b98d4e", angle=180 * u, alpha=0.8)
    v = pen.rand("ferns", 16).reshape(pen.batch, 1, 8, 2)
    for k, base in enumerate((-1.35, -1.0, -0.60, -0.42, 0.44, 0.66, 1.0, 1.35)):
        y = 0.262 + 0.014 * v[..., k, 0] + (0.05 if k in (2, 5) else 0.0)
        fern(pen, base + 0.08 * (v[..., k, 0] - 0.5), y, 0.085 + 0.04 * v[..., k, 1], "#4ea552" if k % 2 else "#6abf57")
    _flowers(pen)


def _flowers(pen: Pen) -> None:
    """Large blooms beside the path: petals, then a bright heart."""
    for i, colour in enumerate(BLOOMS):
        u = pen.rand(f"blooms {i}", 10).reshape(pen.batch, 1, 5, 2)
        x = np.array([-1.2, -0.78, -0.5, 0.56, 0.92]) + 0.16 * (i - 1) + 0.10 * (u[..., 0] - 0.5)
        y = 0.262 + 0.035 * i + 0.03 * u[..., 1]
        for k in range(3):
            pen.splats(x, y, 0.0165, 0.0072, colour, angle=60 * k + 50 * u[..., 0], fine=False)
        pen.splats(x, y, 0.0055, 0.0055, "#fff2a8", fine=False)


def _fireflies(pen: Pen) -> None:
    pen.moving(0.9, depth=10.6, valid=False)
    u = pen.rand("fireflies", 96).reshape(pen.batch, 1, 24, 4)
    t = pen.t[..., None]
    x = (u[..., 0] - 0.5) * 1.9 + 0.05 * wave(0.11 * t + u[..., 2])
    y = -0.15 + 0.42 * u[..., 1] + 0.03 * wave(0.17 * t + u[..., 3])
    shine = np.clip(wave(0.4 * t + u[..., 2] * 5), 0, 1)
    pen.splats(x, y, 0.011, 0.011, "#b8f060", alpha=0.35 * shine, soft=0.010, emit=True)
    pen.splats(x, y, 0.0034, 0.0034, "#f4ffb8", alpha=shine, emit=True)


def foreground(pen: Pen, stage: Stage) -> None:
    """Leaves so near that they frame the picture; each side sways at its own pace."""
    u = pen.rand("frame", 2)
    for i, s in enumerate((-1.0, 1.0)):
        sway = (0.5 + 1.4 * stage.wind) * wave(0.19 * pen.t, 0.4 * i)
        pen.still(1.2, depth=1.5 - 0.05 * i, motion=swaying((s * 1.0, 0.62), sway))
        with pen.at(s * (1.0 - 0.05 * u[..., i]), 0.60, flip=-s):
            for angle, long, green in (
                (66, 0.50, "#2f7d48"),
                (14, 0.44, "#2c7444"),
                (40, 0.50, "#48a352"),
                (88, 0.40, "#3d9150"),
            ):
                _blade(pen, angle, long, green)
        with pen.at(s * 1.02, -0.56, flip=-s):
            for angle, long, green in ((-30, 0.40, "#256a44"), (-58, 0.30, "#348a4c"), (-6, 0.34, "#2f7d48")):
                _blade(pen, angle, long, green)


def _blade(pen: Pen, angle: float, long: float, green: str) -> None:
    """A banana leaf from the origin towards +x, turned up by `angle`: blade, rib, veins."""
    with pen.at(0, 0, angle=angle, scale=long):
        rim = [
            (0.0, 0.0),
            (0.22, -0.13),
            (0.55, -0.17),
            (0.85, -0.09),
            (1.0, 0.03),
            (0.80, 0.13),
            (0.48, 0.16),
            (0.18, 0.10),
        ]
        leaf = pen.polygon_shape(closed_curve(rim, 3))
        pen.fill(
            leaf,
            lighter(green, 0.22),
            to=darker(green, 0.3),
            axis=((0, -0.2), (0, 0.2)),
            outline=darker(green, 0.6),
            width=0.010,
        )
        pen.chain([(0.0, 0.0), (0.5, -0.012), (0.98, 0.026)], [0.016, 0.010, 0.003], lighter(green, 0.55))
        for k in range(1, 8):
            x, reach = 0.12 * k, 0.115 * np.sin(np.pi * (0.12 * k + 0.08))
            for s in (-1, 1):
                pen.capsule((x, -0.008), (x + 0.06, s * reach), 0.003, None, lighter(green, 0.4), alpha=0.6, fine=True)
