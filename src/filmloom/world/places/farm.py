"""A farm at harvest: a red barn with its silo, a turning windmill, rows of stubble, bales of hay, a scarecrow."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, darker, lighter, mix, wave
from filmloom.world.places._plants import SEASONS, small_tree, snowy, swaying
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="farm",
    ground=(0.29, 0.38),
    seasons=SEASONS,
)
INK = dict(outline=True, width=0.003)
FIELDS = ("#e9cf66", "#8cc063", "#f2dd8b", "#a9d07a", "#d8b34f")
LEAVES = ("#3f8a4a", "#63b058", "#b0dc7c")


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.1)
    u = pen.rand("layout", 6)
    side = np.where(u[..., 0] > 0.5, 1.0, -1.0)
    pen.still(0.1)
    pen.hills(0.055, [0.035, 0.015], [0.5, 1.2], np.stack([u[..., 1], u[..., 2]], -1), "#90b1da", to="#bdd3e8")
    pen.still(0.3)
    _patchwork(pen, stage, u[..., 3])
    pen.still(0.5)
    mill = -side * (0.64 + 0.10 * u[..., 4])
    _mill(pen, stage, mill)
    _sails(pen, mill)
    pen.still(0.7)
    _wheat_edge(pen, stage)
    pen.still(0.9)
    with pen.at(side * (0.57 + 0.06 * u[..., 5]), 0.252, flip=side):
        _silo(pen, stage)
        _barn(pen, stage)
    _ground(pen, stage, side)
    _scarecrow(pen, stage, -side * (0.37 + 0.06 * u[..., 2]))


def _crop(stage: Stage, ripe: str, snow: float) -> np.ndarray:
    """Wheat is green in spring, ripe at any other time, under snow in winter."""
    if stage.weather == "snow" or stage.season == "winter":
        return snowy(ripe, stage, snow)
    return mix(ripe, "#83c552", 0.75 if stage.season == "spring" else 0.0)


def _patchwork(pen: Pen, stage: Stage, phase) -> None:
    """Fields of many crops over two rolling hills, parted by hedges."""
    for i, (y, high, slope) in enumerate(((0.095, 0.022, 0.5), (0.145, 0.016, 0.42))):
        pen.hills(
            y, [high, 0.3 * high], [slope, 1.3], np.stack([phase + 0.4 * i, 2 * phase], -1), snowy("#8fc46c", stage)
        )
        for k in range(6):
            x, w = -1.55 + 0.62 * k + 0.25 * i + 0.1 * phase, 0.29
            top = y + high * wave(slope * x, phase + 0.4 * i) + 0.3 * high * wave(1.3 * x, 2 * phase) + 0.012
            colour = snowy(FIELDS[(k + 2 * i) % 5], stage)
            field = [(x - 0.8 * w, top), (x + 0.8 * w, top), (x + w, top + 0.05), (x - w, top + 0.05)]
            pen.polygon(field, lighter(colour, 0.15), to=colour, round=0.004)
            for j in (-0.5, 0.0, 0.5):
                pen.capsule(
                    (x + 0.8 * j * w, top), (x + j * w, top + 0.05), 0.0022, None, darker(colour, 0.3), alpha=0.5
                )
            hedge = snowy("#4e8f52", stage, 0.55)
            for j, r in ((-1.06, 0.013), (-0.97, 0.017), (-0.88, 0.012)):
                pen.ellipse((x + j * w, top + 0.001), r, 0.8 * r, lighter(hedge, 0.18), to=hedge)


def _mill(pen: Pen, stage: Stage, x) -> None:
    """A whitewashed tower on a rise, with trees at its foot."""
    pen.ellipse((x, 0.215), 0.34, 0.045, snowy("#a3d074", stage), to=snowy("#74b257", stage))
    wall = "#f7f0e2"
    with pen.at(x, 0.182):
        tower = [(-0.052, 0), (0.052, 0), (0.034, -0.21), (-0.034, -0.21)]
        pen.polygon(tower, lighter(wall, 0.3), to=darker(wall, 0.22), axis=((-0.04, 0), (0.05, 0)), **INK)
        lit = stage.light.night > 0.1
        for y in (-0.07, -0.145):
            pen.box((0, y), 0.018, 0.026, "#ffd27a" if lit else "#5f7391", round=0.004, emit=lit)
        pen.box((0.0, -0.018), 0.026, 0.036, "#80553a", round=0.003)
        cap = [(-0.042, -0.208), (0.042, -0.208), (0.026, -0.252), (-0.010, -0.262), (-0.034, -0.238)]
        pen.polygon(cap, snowy("#b4503f", stage), to=darker("#b4503f", 0.3), round=0.003, **INK)
    for k, dx in enumerate((-0.12, 0.11, 0.17)):
        small_tree(pen, f"mill tree {k}", x + dx, 0.19, 0.115 - 0.02 * (k % 2), LEAVES, num=4)


def _sails(pen: Pen, x) -> None:
    """Four lattice sails that turn steadily."""
    pen.moving(0.5, depth=18.1)
    hub, turn = (x, -0.045), 26 * pen.t + 360 * pen.rand("sails")[..., 0]
    for k in range(4):
        with pen.at(*hub, angle=turn + 90 * k):
            sail = [(0.004, -0.035), (0.036, -0.035), (0.036, -0.165), (0.004, -0.165)]
            pen.polygon(sail, "#fff7e6", to="#ead9bd", outline="#7a5a48", width=0.002, alpha=0.95)
            for y in (-0.07, -0.10, -0.13):
                pen.capsule((0.004, y), (0.036, y), 0.0012, None, "#a58a72", fine=True)
            pen.capsule((0, 0), (0, -0.17), 0.005, 0.003, "#6b4a38")
    pen.ellipse(hub, 0.011, None, "#8a5d45", outline=True, width=0.002)


def _wheat_edge(pen: Pen, stage: Stage) -> None:
    """Standing wheat behind the yard: a golden band with a ragged, bright top."""
    wheat = _crop(stage, "#edc85a", 0.7)
    pen.hills(
        0.198,
        [0.006, 0.002],
        [0.5, 3.1],
        [0.2, 0.6],
        lighter(wheat, 0.25),
        to=darker(wheat, 0.15),
        axis=((0, 0.195), (0, 0.26)),
    )
    u = pen.rand("ears", 300).reshape(pen.batch, 1, 150, 2)
    x = (np.arange(150) + u[..., 0]) / 150 * 3.4 - 1.7
    y = 0.202 + 0.03 * u[..., 1]
    pen.splats(x, y, 0.0022, 0.017, darker(wheat, 0.25), angle=14 * (u[..., 0] - 0.5), alpha=0.7)
    pen.splats(x + 0.006, y - 0.006, 0.0028, 0.011, lighter(wheat, 0.5), angle=24 * (u[..., 1] - 0.5), alpha=0.8)


def _silo(pen: Pen, stage: Stage) -> None:
    """It stands behind the barn and looks over its shoulder."""
    metal = "#c9d3dc"
    with pen.at(-0.165, 0.0):
        across = ((-0.05, 0), (0.06, 0))
        pen.box((0, -0.20), 0.115, 0.40, lighter(metal, 0.5), to=darker(metal, 0.35), axis=across, **INK)
        for k in range(4):
            y = -0.19 - 0.062 * k
            pen.capsule((-0.054, y), (0.054, y), 0.0022, None, darker(metal, 0.5), alpha=0.5)
        dome = [(-0.061, -0.398), (0.061, -0.398), (0.043, -0.438), (0.0, -0.458), (-0.043, -0.438)]
        pen.polygon(dome, snowy("#e9a24c", stage, 0.9), to=darker("#c9743c", 0.3), axis=across, round=0.004, **INK)


def _barn(pen: Pen, stage: Stage) -> None:
    """A gambrel-roofed barn seen from its gable: boards, white trim, crossed doors, a hay loft."""
    red, trim = "#c8423a", "#fdf3e4"
    gable = [(-0.20, 0), (0.20, 0), (0.20, -0.17), (0.145, -0.255), (0.0, -0.315), (-0.145, -0.255), (-0.20, -0.17)]
    pen.polygon(gable, lighter(red, 0.16), to=darker(red, 0.30), **INK)
    for k in range(-4, 5):
        pen.capsule(
            (0.042 * k, -0.006),
            (0.042 * k, -0.29 + 0.5 * abs(0.042 * k)),
            0.0014,
            None,
            darker(red, 0.5),
            alpha=0.4,
            fine=True,
        )
    pen.box((0, -0.006), 0.41, 0.016, "#9a918a", to="#756e6a")
    _doors(pen, trim)
    lit = stage.light.night > 0.1
    pen.box((0, -0.212), 0.082, 0.072, trim, **INK)
    pen.box((0, -0.212), 0.064, 0.056, "#ffdf8e" if lit else "#5b4038", to="#ffb95c" if lit else "#3c2a2a", emit=lit)
    for x in (-0.145, 0.145):
        pen.box((x, -0.105), 0.048, 0.058, trim, **INK)
        pen.box(
            (x, -0.105), 0.036, 0.046, "#ffe29a" if lit else "#a9d6ee", to="#ffbe63" if lit else "#6fa8cf", emit=lit
        )
        pen.box((x, -0.105), 0.036, 0.005, trim)
        pen.box((x, -0.105), 0.005, 0.046, trim)
    roof = snowy("#5c4a55", stage, 0.9)
    slopes = (((-0.225, -0.155), (-0.150, -0.262)), ((-0.150, -0.262), (0.0, -0.325)))
    for a, b in slopes:
        for s in (1, -1):
            pen.capsule(
                (s * a[0], a[1]), (s * b[0], b[1]), 0.0135, None, roof, outline=darker("#5c4a55", 0.5), width=0.003
            )
    if stage.night:
        pen.glow((0, -0.2), 0.22, "#ffa044", 0.35)


def _doors(pen: Pen, trim: str) -> None:
    pen.box((0, -0.075), 0.152, 0.146, trim, **INK)
    for s in (-1, 1):
        pen.box((0.036 * s, -0.072), 0.064, 0.130, "#a8332f", to="#7f2528")
        for dy in (-1, 1):
            a, b = (0.036 * s - 0.028, -0.072 - 0.060 * dy), (0.036 * s + 0.028, -0.072 + 0.060 * dy)
            pen.capsule(a, b, 0.0042, None, trim)


def _ground(pen: Pen, stage: Stage, side) -> None:
    """A mown field: rows that run towards the horizon, a track of trodden earth across it, bales."""
    pen.still(1.0)
    straw = _crop(stage, "#e8c768", 0.75)
    pen.hills(
        0.240, [0.004], [0.6], [0.3], mix(straw, "#a8b860", 0.35), to=darker(straw, 0.12), axis=((0, 0.24), (0, 0.56))
    )
    for k in range(-11, 12):
        x0, x1 = 0.075 * k, 0.30 * k
        row = [(x0 - 0.010, 0.246), (x0 + 0.010, 0.246), (x1 + 0.055, 0.60), (x1 - 0.055, 0.60)]
        pen.polygon(row, mix(straw, "#b98a3c", 0.18), to=mix(straw, "#b07a34", 0.42), soft=0.006)
    earth = snowy("#d9b98a", stage, 0.72)
    for y, r, tone in ((0.335, 0.062, earth), (0.330, 0.042, lighter(earth, 0.2))):
        pen.ellipse((0, y), 2.4, r, tone, alpha=0.75, soft=0.05)
    for y in (0.315, 0.362):
        pen.ellipse((0, y), 2.4, 0.004, mix(earth, "#8a5f3c", 0.5), alpha=0.4, soft=0.01, fine=True)
    _stubble(pen, straw)
    for dx, y, r in ((0.62, 0.282, 0.050), (0.79, 0.294, 0.060), (0.24, 0.262, 0.028)):
        _bale(pen, stage, -side * dx, y, r)
    _fence(pen, stage, side)


def _stubble(pen: Pen, straw) -> None:
    u = pen.rand("stubble", 360).reshape(pen.batch, 1, 120, 3)
    y = 0.26 + 0.30 * u[..., 1] ** 1.4
    size = np.clip((y - 0.12) / 0.21, 0.3, 2.0)
    pen.splats(
        (u[..., 0] - 0.5) * 3.2,
        y,
        0.0016 * size,
        0.009 * size,
        darker(straw, 0.35),
        angle=40 * (u[..., 2] - 0.5),
        alpha=0.6,
    )
    pen.splats(
        (u[..., 2] - 0.5) * 3.2,
        y,
        0.0016 * size,
        0.008 * size,
        lighter(straw, 0.6),
        angle=50 * (u[..., 0] - 0.5),
        alpha=0.7,
    )


def _bale(pen: Pen, stage: Stage, x, y: float, r: float) -> None:
    """A round bale lying on its side, its rolled end towards us."""
    hay = mix("#e3b750", "#f8fbff", 0.35 if stage.weather == "snow" or stage.season == "winter" else 0.0)
    with pen.at(x, y, scale=r):
        pen.shadow(0.2, 0.0, 1.5, 0.22, 0.28)
        body = [pen.capsule_shape((0.0, -0.95), (0.75, -0.95), 0.95)]
        pen.union(body, lighter(hay, 0.2), to=darker(hay, 0.35), outline=darker(hay, 0.6), width=0.06)
        pen.ellipse((0, -0.95), 0.95, None, lighter(hay, 0.35), to=hay, outline=darker(hay, 0.55), width=0.05)
        for q in (0.68, 0.44, 0.2):
            pen.ellipse((0.02, -0.95), q, q, lighter(hay, 0.3), outline=darker(hay, 0.35), width=0.045, fine=True)


def _fence(pen: Pen, stage: Stage, side) -> None:
    """Two rails from the barn out of the picture, and some on the other side."""
    wood = snowy("#b58a5e", stage, 0.55)
    for s, start in ((side, 0.86), (-side, 1.02)):
        for y in (0.232, 0.254):
            pen.capsule(
                (s * start, y),
                (s * 1.7, y + 0.004),
                0.0042,
                None,
                lighter(wood, 0.1),
                outline=darker(wood, 0.5),
                width=0.002,
            )
        for k in range(7):
            x = s * (start + 0.012 + 0.12 * k)
            pen.capsule((x, 0.222), (x, 0.276), 0.0068, None, wood, outline=darker(wood, 0.5), width=0.002)


def _scarecrow(pen: Pen, stage: Stage, x) -> None:
    """It leans on its pole in the wind and its sleeves flap."""
    pen.moving(0.95, depth=10.4)
    lean = 2.0 * stage.wind * wave(0.35 * pen.t) + 2.5
    with pen.at(x, 0.275, angle=lean):
        pen.shadow(0.03, 0.0, 0.07, 0.012, 0.24)
        pen.capsule((0, 0.0), (0, -0.20), 0.006, None, "#8a6244", **INK)
        flap = 0.016 * stage.wind * wave(0.8 * pen.t)
        arms = [pen.capsule_shape((0, -0.150), (s * 0.098, -0.142 + s * flap), 0.019, 0.016) for s in (-1, 1)]
        pen.union(arms, "#4f7fb8", to="#38598c", outline="#22345c", width=0.003)
        coat = [(-0.030, -0.165), (0.030, -0.165), (0.048, -0.055 - flap), (-0.046, -0.055 + flap)]
        pen.polygon(coat, "#5b8cc4", to="#3a5f96", outline="#22345c", width=0.003)
        pen.box((0.012, -0.092), 0.026, 0.026, "#e8a04c", angle=10)
        for s in (-1, 1):
            pen.capsule((s * 0.104, -0.142 + s * flap), (s * 0.126, -0.134 + 1.6 * s * flap), 0.008, 0.002, "#efd070")
        pen.ellipse((0, -0.195), 0.027, 0.029, "#f0d9a6", **INK)
        for s in (-1, 1):
            pen.ellipse((s * 0.010, -0.198), 0.004, None, "#3a2a2a")
        pen.ellipse((0, -0.217), 0.050, 0.011, snowy("#b98445", stage, 0.5), **INK)
        pen.polygon(
            [(-0.026, -0.220), (0.026, -0.220), (0.012, -0.262)], snowy("#c8924c", stage, 0.7), to="#8d6034", **INK
        )


def foreground(pen: Pen, stage: Stage) -> None:
    """Ears of wheat before us, bowing in the wind."""
    wheat = _crop(stage, "#dfb146", 0.35)
    for i, (num, y, tall, tone) in enumerate(((72, 0.535, 0.066, darker(wheat, 0.25)), (58, 0.56, 0.070, wheat))):
        bow = (0.5 + 1.1 * i) * stage.wind * wave(0.27 * pen.t, 0.3 * i)
        pen.still(1.2 + 0.06 * i, depth=1.5 - 0.1 * i, motion=swaying((0.0, 1.6), bow))
        u = pen.rand(f"wheat {i}", 3 * num).reshape(pen.batch, 1, num, 3)
        x = (np.arange(num) + u[..., 0]) / num * 3.2 - 1.6
        high, lean = tall * (0.65 + 0.6 * u[..., 1]), 18 * (u[..., 2] - 0.5)
        pen.splats(x, y, 0.0026, high, darker(tone, 0.15), angle=lean)
        tip = (x - np.sin(np.radians(lean)) * high, y - np.cos(np.radians(lean)) * high)
        pen.splats(*tip, 0.0085, 0.027, tone, angle=lean, fine=False)
        for s in (-1, 1):
            pen.splats(tip[0] + 0.004 * s, tip[1] - 0.010, 0.0016, 0.024, lighter(tone, 0.5), angle=lean - 14 * s)
