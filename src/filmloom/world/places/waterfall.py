"""A waterfall: water that falls from mossy cliffs into a turquoise pool, mist and foam at its foot, a stony bank."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, darker, lighter, mix, smooth, wave
from filmloom.world.places._plants import SEASONS, crown, far_pine, flowers, grass, near, pine, scatter, snowy, tufts
from filmloom.world.places._wilds import fern, rock
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="waterfall",
    ground=(0.33, 0.39),
    surface=(0.205, 0.245),
    seasons=SEASONS,
)
TOP, POOL, BANK = -0.255, 0.150, 0.292  # where the water comes over the edge, where it lands, our shore
ROCKS = ("#8f8a92", "#7f8390", "#99908e", "#868b86")
MOSS, LEAVES = "#7fb356", ("#2f7a4c", "#55a556", "#a3d673")
TEAL = ("#a8e6de", "#2f97a0")  # of the pool: far and near


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.05)
    u = pen.rand("layout", 6)
    x, wide = 0.34 * (u[..., 0] - 0.5), 0.105 + 0.035 * u[..., 1]  # of the fall, half as wide as said
    pen.still(0.12)
    phase = np.stack([u[..., 2], u[..., 3]], -1)
    pen.hills(-0.20, [0.07, 0.03], [0.55, 1.4], phase, "#9db8d8", to="#c3d6e8", axis=((0, -0.30), (0, 0.05)))
    pen.still(0.28)
    _woods(pen, stage)
    pen.still(0.5)
    _cliff(pen, stage, x, wide)
    side = np.where(u[..., 4] > 0.5, 1.0, -1.0)
    thin = x + side * (0.46 + 0.10 * u[..., 5])
    pen.ellipse((thin, -0.090), 0.060, 0.022, snowy("#86c25e", stage), to=darker(MOSS, 0.5))  # a spring in the rock
    _sheet(pen, stage, thin, -0.10, 0.022, 0.030)
    _sheet(pen, stage, x, TOP, wide, 1.22 * wide)
    _streaks(pen, stage, thin, -0.10, 0.022, 0.030, num=24, key="thin")
    _streaks(pen, stage, x, TOP, wide, 1.22 * wide, num=110, key="great")
    _pool(pen, stage, x, wide)
    _mist(pen, stage, x, wide)
    _bank(pen, stage)


def _white(stage: Stage) -> np.ndarray:
    """White water, which keeps its brightness when all else grows dark."""
    return mix("#ffffff", stage.light.middle, 0.12 + 0.16 * stage.light.night)


def _woods(pen: Pen, stage: Stage) -> None:
    """Firs behind the edge."""
    u = pen.rand("woods", 56).reshape(pen.batch, 1, 28, 2)
    for k in range(28):
        x = -1.65 + 0.118 * (k + 0.8 * u[..., k, 0])
        far_pine(pen, x, -0.16, 0.10 + 0.08 * u[..., k, 1] + 0.05 * np.abs(x), snowy("#5f9a80", stage, 0.45))


def _cliff(pen: Pen, stage: Stage, x: Number, wide: Number) -> None:
    """Columns of rock, lowest where the river cut its way, with trees on top; lower ones stand before them."""
    pen.box((0, 0.02), 9, 0.36, "#6d6a74", to="#545862")
    num = 23
    u = pen.rand("cliff", 4 * num).reshape(pen.batch, 1, num, 4)
    tops = []
    for k in range(num):
        at, w = -1.72 + 3.44 * (k + 0.5) / num + 0.05 * (u[..., k, 3] - 0.5), 0.15 + 0.10 * u[..., k, 2]
        gap = np.exp(-(((at - x) / (wide + 0.07)) ** 4))  # 1 in the river's bed
        top = TOP + 0.02 - (1 - gap) * (0.005 + 0.085 * u[..., k, 0] + 0.05 * np.abs(at))
        tone = mix(ROCKS[k % 4], "#5a5d6a", 0.35 * gap + 0.20 * u[..., k, 1])
        _column(pen, stage, f"column {k}", at, top, w, tone, 1 - gap)
        tops.append((at, top, gap, w))
    _edge(pen, stage, tops)
    v = pen.rand("steps", 36).reshape(pen.batch, 1, 12, 3)
    for k in range(12):
        at, w = -1.62 + 0.285 * k + 0.10 * v[..., k, 0], 0.12 + 0.10 * v[..., k, 1]
        away = smooth((np.abs(at - x) - 1.6 * wide - 0.5 * w) / 0.05)
        top = POOL + 0.01 - away * (0.05 + 0.16 * v[..., k, 2] ** 1.5)
        _column(pen, stage, f"step {k}", at, top, w * away + 1e-3, lighter(ROCKS[(k + 1) % 4], 0.06), away)
        turf = snowy("#86c25e", stage)
        pen.ellipse((at, top), 0.56 * w, 0.015, lighter(turf, 0.2), to=darker(turf, 0.2), alpha=away)
        if k % 3 != 1:
            fern(pen, at + 0.02, top - 0.004, 0.055 * away + 1e-3, snowy("#58a852", stage, 0.45))


def _column(pen: Pen, stage: Stage, key: str, at: Number, top: Number, w: Number, tone, dry: Number) -> None:
    """One pillar down to the water: a lit and a shaded face, cracks, and moss where it is dry."""
    side = 1.0 if pen.light_dir[0] < 0 else -1.0
    low, ink = POOL + 0.02, dict(outline=darker(tone, 0.5), width=0.0025)
    body = [(-0.5, None), (-0.5, 0.016), (-0.26, 0.0), (0.24, 0.003), (0.5, 0.024), (0.5, None)]
    rim = [(at + a * w, low if b is None else top + b) for a, b in body]
    pen.polygon(rim, lighter(tone, 0.22), to=darker(tone, 0.32), **ink)
    face = [(at + 0.14 * side * w, top + 0.004), (at + 0.5 * side * w, top + 0.022), (at + 0.5 * side * w, low)]
    pen.polygon([*face, (at + 0.05 * side * w, low)], darker(tone, 0.32), alpha=0.45)
    u = pen.rand(key, 12).reshape(pen.batch, 1, 3, 4)
    for j in range(3):
        y, x = top + (low - top) * (0.10 + 0.28 * j + 0.24 * u[..., j, 0]), at + 0.5 * w * (u[..., j, 1] - 0.5)
        half, crack = w * (0.12 + 0.26 * u[..., j, 2]), darker(tone, 0.5)
        pen.capsule(
            (x - half, y), (x + half, y + 0.014 * (u[..., j, 3] - 0.4)), 0.003, 0.001, crack, alpha=0.55, fine=True
        )
        moss, thick = snowy(MOSS, stage), 0.004 + 0.012 * u[..., j, 3]
        shown = 0.75 * dry * (u[..., j, 3] > 0.35)
        pen.ellipse((x, y - 0.6 * thick), half, thick, moss, alpha=shown, soft=0.008, fine=True)


def _edge(pen: Pen, stage: Stage, tops: list) -> None:
    """Turf, hanging green, bushes and firs along the top, none over the water."""
    turf = snowy("#86c25e", stage)
    for k, (at, top, gap, w) in enumerate(tops):
        dry = 1 - smooth(gap * 2.5)
        pen.ellipse((at, top + 0.004), 0.56 * w, 0.022, lighter(turf, 0.15), to=darker(turf, 0.2), alpha=dry)
        for j in range(3):
            x, long = at + w * (0.32 * j - 0.32), 0.03 + 0.03 * ((k * 5 + j * 3) % 4) / 3
            pen.capsule((x, top + 0.01), (x + 0.004, top + long), 0.0085, 0.003, darker(turf, 0.12 * j), alpha=dry)
        if k % 2 == 0:
            green = snowy(LEAVES[k % 3 and 1], stage, 0.5)
            pen.ellipse((at + 0.02, top - 0.012), 0.055, 0.034, lighter(green, 0.2), to=darker(green, 0.2), alpha=dry)
    for k in (1, 3, 5, 7, 15, 17, 19, 21):
        at, top, gap, _ = tops[k]
        tree = 0.12 + 0.03 * (k % 3)
        pine(
            pen,
            at,
            top + 0.012,
            tree * (1 - smooth(gap * 2.5)) + 1e-3,
            "#3b7d62",
            snow=stage.weather == "snow" or stage.season == "winter",
        )


def _sheet(pen: Pen, stage: Stage, x: Number, top: float, wide: Number, foot: Number) -> None:
    """The falling water itself, wider below, rounded where it tips over the edge."""
    wet = "#4f5564"
    pen.polygon(
        [
            (x - 1.25 * wide, top + 0.02),
            (x + 1.25 * wide, top + 0.02),
            (x + 1.35 * foot, POOL),
            (x - 1.35 * foot, POOL),
        ],
        wet,
        alpha=0.55,
        soft=0.02,
        fine=True,
    )
    lit = _white(stage)
    sheet = [(x - wide, top), (x + wide, top), (x + foot, POOL + 0.014), (x - foot, POOL + 0.014)]
    pen.polygon(sheet, "#cfeef6", to="#8ccbdc", outline=mix(lit, "#8ccbdc", 0.3), width=0.004)
    pen.ellipse((x, top + 0.002), wide, 0.012, "#9fdbe2", to=lit)


def _streaks(pen: Pen, stage: Stage, x: Number, top: float, wide: Number, foot: Number, *, num: int, key: str) -> None:
    """Threads of white and blue that fall, faster the lower they are."""
    pen.moving(0.5, depth=17.9, valid=False)
    u = pen.rand(f"{key} streaks", 4 * num).reshape(pen.batch, 1, num, 4)
    x, wide, foot = (np.asarray(v, np.float64)[..., None] for v in (x, wide, foot))
    for i, (colour, alpha) in enumerate(((_white(stage), 0.8), ("#6fb4cc", 0.55))):
        some = slice(i, None, 2)
        age = (u[..., some, 0] + (0.52 + 0.16 * u[..., some, 1]) * pen.t[..., None]) % 1
        fallen = 0.45 * age + 0.55 * age**2
        across = (2 * u[..., some, 2] - 1) * 0.93
        y = top + 0.01 + (POOL - top - 0.03) * fallen
        long = (0.016 + 0.040 * age) * (0.6 + 0.8 * u[..., some, 3])
        fade = np.clip(8 * age, 0, 1) * np.clip(6 * (1 - age), 0, 1)
        pen.splats(
            x + across * (wide + (foot - wide) * fallen),
            y,
            0.0028 + 0.0030 * u[..., some, 1],
            long,
            colour,
            alpha=alpha * fade,
            emit=i == 0,
        )


def _pool(pen: Pen, stage: Stage, x: Number, wide: Number) -> None:
    """Still water: bright and shallow far away, deep before us; rings that widen from where the fall lands."""
    pen.still(0.6)
    far, close = TEAL
    pen.box((0, 0.40), 9, 2 * (0.40 - POOL), far, to=close, axis=((0, POOL), (0, 0.30)))
    stone = snowy("#858590", stage, 0.5)
    u = pen.rand("shore", 60).reshape(pen.batch, 1, 20, 3)
    for k in range(20):
        at = -1.62 + 0.17 * (k + 0.6 * u[..., k, 0])
        away = smooth((np.abs(at - x) - 1.5 * wide) / 0.08)
        r = (0.024 + 0.030 * u[..., k, 1]) * away + 1e-3
        pen.ellipse(
            (at, POOL + 0.004),
            1.3 * r,
            0.62 * r,
            lighter(stone, 0.2),
            to=darker(stone, 0.4),
            outline=darker(stone, 0.55),
            width=0.002,
        )
    for w, alpha in ((1.5, 0.35), (0.9, 0.45)):  # the white image of the fall
        pen.ellipse((x, POOL + 0.05), w * wide, 0.055, "#f4ffff", alpha=alpha, soft=0.05, fine=True)
    pen.moving(0.6, depth=15.2, valid=False)
    v = pen.rand("rings", 10)
    for k in range(5):
        age = (0.16 * pen.t + k / 5 + 0.1 * v[..., k]) % 1
        rx = wide * (0.9 + 2.6 * age)
        ring = dict(
            outline="#f4ffff", width=0.0035 * (1 - 0.6 * age), alpha=0.55 * smooth(age * 6) * (1 - age), fine=True
        )
        pen.ellipse((x, POOL + 0.022 + 0.03 * age), rx, 0.17 * rx, mix(far, close, 0.3), **ring)
    r = pen.rand("glints", 280).reshape(pen.batch, 1, 70, 4)
    t, deep = pen.t[..., None], r[..., 1] ** 1.4
    gx = (r[..., 0] - 0.5) * 3.2 + 0.014 * wave(r[..., 2] + 0.13 * t)
    shine = 0.5 + 0.5 * wave(r[..., 3] + 0.4 * t)
    pen.splats(
        gx,
        POOL + 0.02 + 0.125 * deep,
        (0.012 + 0.03 * deep) * (0.5 + r[..., 2]),
        0.0009 + 0.0018 * deep,
        "#eaffff",
        alpha=0.7 * shine,
    )


def _mist(pen: Pen, stage: Stage, x: Number, wide: Number) -> None:
    """Foam that boils where the water lands, then spray that rises and thins."""
    pen.moving(0.62, depth=15.0, valid=False)
    u = pen.rand("foam", 120).reshape(pen.batch, 1, 40, 3)
    t = pen.t[..., None]
    boil = wave(0.8 * t + u[..., 2])
    fx = x[..., None] + (2 * u[..., 0] - 1) * 1.5 * wide[..., None]
    fy = POOL + 0.012 + 0.022 * u[..., 1] + 0.004 * boil
    pen.splats(fx, fy, 0.017 + 0.010 * u[..., 2], 0.0085 + 0.003 * boil, _white(stage), alpha=0.8, emit=True)
    d = pen.rand("drops", 150).reshape(pen.batch, 1, 50, 3)
    age = (d[..., 0] + (0.7 + 0.3 * d[..., 1]) * t) % 1
    dx = x[..., None] + (2 * d[..., 2] - 1) * wide[..., None] * (1.1 + 0.7 * age)
    pen.splats(
        dx,
        POOL + 0.01 - (0.10 + 0.10 * d[..., 1]) * age + 0.17 * age**2,
        0.0034,
        None,
        _white(stage),
        alpha=0.8 * (1 - age),
        emit=True,
    )
    v = pen.rand("spray", 6)
    for k in range(6):
        age = (0.13 * pen.t + k / 6 + 0.05 * v[..., k]) % 1
        at = (
            x + wide * (2.4 * v[..., k] - 1.2) * (0.8 + 0.9 * age) + 0.05 * stage.wind * age,
            POOL + 0.005 - 0.10 * age,
        )
        pen.ellipse(
            at,
            0.055 + 0.075 * age,
            0.035 + 0.045 * age,
            _white(stage),
            alpha=0.34 * smooth(age * 4) * (1 - age),
            soft=0.06,
            emit=True,
            fine=True,
            valid=False,
        )


def _bank(pen: Pen, stage: Stage) -> None:
    """Our shore: wet pebbles at the water's edge, then grass with flat stones; ferns and boulders at both sides."""
    pen.still(1.0)
    sand, green = snowy("#cfc3a4", stage), snowy("#93cf68", stage)
    phase = [0.2, 0.55]
    pen.hills(BANK - 0.006, [0.006, 0.003], [0.6, 1.7], phase, "#f4ffff", alpha=0.75)
    pen.hills(
        BANK, [0.006, 0.003], [0.6, 1.7], phase, mix(sand, "#6f6a5c", 0.35), to=sand, axis=((0, BANK), (0, BANK + 0.03))
    )
    pen.hills(
        BANK + 0.034,
        [0.007, 0.003],
        [0.5, 1.9],
        [0.5, 0.1],
        lighter(green, 0.1),
        to=snowy("#3f8f42", stage),
        axis=((0, 0.32), (0, 0.56)),
    )
    pen.ellipse((0.0, 0.365), 0.50, 0.040, lighter(green, 0.3), alpha=0.5, soft=0.05, fine=True)
    x, y, v = scatter(pen, "pebbles", 110, y=(BANK + 0.008, BANK + 0.05))
    for i, colour in enumerate(("#a8a29c", "#8b8d96", "#d9d0bc")):
        some = slice(i, None, 3)
        r = 0.0062 * (0.5 + v[..., some]) * near(y[..., some])
        pen.splats(x[..., some], y[..., some], r, 0.6 * r, snowy(colour, stage, 0.4))
    grass(pen, "grass", 150, "#3a8a3f", y=(0.34, 0.56))
    if stage.weather != "snow":
        flowers(pen, "flowers", 12, ("#ffffff", "#f7a8d0", "#ffd95a"), y=(0.36, 0.56), size=0.008)
    u = pen.rand("bank", 8)
    moss = snowy("#8fc25e", stage)
    for k, (bx, by, r, flip) in enumerate(
        (
            (-0.76, 0.318, 0.095, 1.0),
            (-0.57, 0.322, 0.045, -1.0),
            (0.74, 0.322, 0.085, -1.0),
            (0.90, 0.336, 0.11, 1.0),
            (0.55, 0.316, 0.034, 1.0),
        )
    ):
        rock(pen, bx + 0.06 * (u[..., k] - 0.5), by, r, "#8d8d98", top=moss, flip=flip)
    for k, (fx, fy, tall) in enumerate(
        ((-0.92, 0.345, 0.12), (-0.66, 0.352, 0.075), (0.66, 0.350, 0.085), (1.02, 0.37, 0.12))
    ):
        fern(pen, fx + 0.05 * (u[..., k + 3] - 0.5), fy, tall, snowy("#5fb356", stage, 0.45))


def foreground(pen: Pen, stage: Stage) -> None:
    """A branch overhead at one side, stones and grass below."""
    pen.still(1.2, depth=1.5)
    for x, y, r, flip in ((-0.94, 0.575, 0.16, 1.0), (0.98, 0.58, 0.19, -1.0)):
        rock(pen, x, y, r, "#6f727c", top=snowy("#7fb356", stage), flip=flip, tall=0.8)
    tufts(pen, "tufts", 44, snowy("#429444", stage, 0.5), y=0.54, tall=0.05)
    side = np.where(pen.rand("branch")[..., 0] > 0.5, 1.0, -1.0)
    with pen.at(side * 1.0, -0.56, flip=-side):
        pen.chain(
            [(-0.1, 0.02), (0.12, 0.05), (0.30, 0.10)], [0.022, 0.014, 0.004], "#6a4c38", outline=True, width=0.003
        )
        for k, (bx, by, r) in enumerate(((0.02, 0.05, 0.10), (0.16, 0.07, 0.085), (0.29, 0.11, 0.06))):
            crown(pen, f"branch {k}", (bx, by), r, 0.75 * r, LEAVES, num=8, puff=0.42, back=5)
