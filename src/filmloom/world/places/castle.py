"""A fairy-tale castle on its hill: pointed towers, banners that stream, lit windows, a garden path to the gate."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, darker, lighter, mix, wave
from filmloom.world.places._plants import SEASONS, crown, far_pine, flowers, grass, near, scatter, snowy, tufts
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="castle",
    ground=(0.29, 0.38),
    seasons=SEASONS,
)
INK = dict(outline=True, width=0.0028)
WALL = "#e9dfd6"
ROOFS = ("#4f74c4", "#c4506a", "#3f8f8a", "#8a5fb8")  # one of them per castle
BANNERS = ("#e0494f", "#f4b73a", "#e0494f", "#3f7fd0")
HEDGE = ("#2f7a48", "#4fa055", "#94cf74")
FOOT, SCALE = 0.135, 0.88  # where the walls stand; the castle is about 1 wide before it


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.1)
    u = pen.rand("layout", 8)
    pen.still(0.1)
    phase = np.stack([u[..., 0], u[..., 1]], -1)
    pen.hills(0.05, [0.05, 0.022], [0.5, 1.3], phase, "#8fadd8", to="#bcd2e8", axis=((0, -0.03), (0, 0.12)))
    pen.still(0.25)
    pen.hills(0.105, [0.026, 0.010], [0.7, 1.9], phase[..., ::-1], snowy("#86b884", stage), to=snowy("#6fa972", stage))
    _woods(pen, stage)
    x, flip = 0.40 * (u[..., 2] - 0.5), np.where(u[..., 3] > 0.5, 1.0, -1.0)
    pen.still(0.42)
    hill = snowy("#93cb70", stage)
    pen.ellipse((x, 0.30), 0.98, 0.20, lighter(hill, 0.18), to=darker(hill, 0.15), axis=((0, 0.10), (0, 0.24)))
    roof = _choice(ROOFS, u[..., 4])
    with pen.at(x, FOOT, scale=SCALE, flip=flip):
        tips = _towers(pen, stage, roof, u[..., 5:])
    _pennants(pen, stage, tips, x, flip)
    _ground(pen, stage, x)
    _garden(pen, stage)


def _choice(colours, u: Number) -> np.ndarray:
    """One of the colours for each clip, [B, 1, 3]."""
    table = np.stack([lighter(c, 0.0) for c in colours])
    return table[np.minimum((u * len(colours)).astype(int), len(colours) - 1)]


def _woods(pen: Pen, stage: Stage) -> None:
    u = pen.rand("woods", 52).reshape(pen.batch, 1, 26, 2)
    for k in range(26):
        x = -1.65 + 0.127 * (k + 0.8 * u[..., k, 0])
        far_pine(pen, x, 0.135, 0.07 + 0.05 * u[..., k, 1], snowy("#5f9a78", stage, 0.5))


def _towers(pen: Pen, stage: Stage, roof: np.ndarray, u: np.ndarray) -> list[tuple[Number, Number]]:
    """The castle, from the keep behind to the gatehouse before it, around x = 0; returns the tips of its roofs."""
    tall = lambda h, k: h * (0.92 + 0.16 * u[..., k])  # noqa: E731
    tips = [
        _tower(pen, stage, 0.05, tall(0.46, 0), 0.105, roof, spire=0.15),
        _tower(pen, stage, -0.135, tall(0.34, 1), 0.075, roof, spire=0.12),
        _tower(pen, stage, 0.205, tall(0.31, 2), 0.080, roof, spire=0.12),
    ]
    _hall(pen, stage, roof)
    tips.append(_tower(pen, stage, -0.34, tall(0.25, 2), 0.095, roof, spire=0.14))
    tips.append(_tower(pen, stage, 0.37, tall(0.22, 0), 0.100, roof, spire=0.14))
    _curtain(pen, stage, -0.34, 0.37)
    tips.append(_tower(pen, stage, -0.105, 0.185, 0.070, roof, spire=0.105))
    tips.append(_tower(pen, stage, 0.105, 0.185, 0.070, roof, spire=0.105))
    _gate(pen, stage)
    return tips


def _tower(
    pen: Pen, stage: Stage, x: float, h: Number, w: float, roof: np.ndarray, *, spire: float
) -> tuple[Number, Number]:
    """A round tower: shaft, jutting parapet with merlons, a pointed roof, narrow windows."""
    across = ((x - w / 2, 0), (x + w / 2, 0))
    pen.box((x, -h / 2 + 0.01), w, h + 0.02, lighter(WALL, 0.25), to=darker(WALL, 0.30), axis=across, **INK)
    for dx, dy in ((-0.22, 0.25), (0.16, 0.42), (-0.08, 0.62), (0.24, 0.74)):
        pen.box((x + dx * w, -h * dy), 0.20 * w, 0.010, darker(WALL, 0.22), alpha=0.5, round=0.002, fine=True)
    _windows(pen, stage, x, h, w)
    top = 1.22 * w
    pen.box((x, -h - 0.006), top, 0.030, lighter(WALL, 0.3), to=darker(WALL, 0.25), axis=across, **INK)
    for k in range(4):
        at = x + top * (k - 1.5) / 3.6
        pen.box((at, -h - 0.028), 0.17 * top, 0.018, mix(lighter(WALL, 0.3), darker(WALL, 0.3), (k + 0.5) / 4), **INK)
    tip = (x, -h - 0.030 - spire)
    cone = [(x - 0.60 * w, -h - 0.026), (x + 0.60 * w, -h - 0.026), tip]
    tint = snowy(roof, stage, 0.72)
    pen.polygon(cone, lighter(tint, 0.22), to=darker(tint, 0.30), axis=across, outline=darker(roof, 0.6), width=0.0028)
    for k in (0.3, 0.58):
        half, y = 0.60 * w * (1 - k), -h - 0.026 - (spire + 0.004) * k
        pen.capsule((x - half, y), (x + half, y), 0.0013, None, darker(roof, 0.5), alpha=0.35, fine=True)
    return tip


def _windows(pen: Pen, stage: Stage, x: float, h: Number, w: float) -> None:
    lit = stage.light.night > 0.1
    for k in (0, 1):
        y = -h + 0.045 + 0.075 * k
        at = x + (0.0 if k == 0 else -0.14 * w)
        pen.capsule(
            (at, y),
            (at, y + 0.018),
            0.0085,
            None,
            "#ffd67f" if lit else "#56618a",
            emit=lit,
            outline="#8d8288",
            width=0.003,
        )
        if stage.night:
            pen.glow((at, y + 0.01), 0.075, "#ffa648", 0.4)


def _hall(pen: Pen, stage: Stage, roof: np.ndarray) -> None:
    """The great hall between the towers, with its steep roof and a rose window."""
    lit = stage.light.night > 0.1
    pen.box((0.03, -0.11), 0.42, 0.24, lighter(WALL, 0.12), to=darker(WALL, 0.12), **INK)
    tint = snowy(roof, stage, 0.72)
    ridge = [(-0.20, -0.225), (0.26, -0.225), (0.20, -0.300), (-0.14, -0.300)]
    pen.polygon(ridge, lighter(tint, 0.12), to=darker(tint, 0.25), outline=darker(roof, 0.6), width=0.0028)
    for k in range(4):
        x = -0.13 + 0.107 * k
        pen.capsule(
            (x, -0.175),
            (x, -0.135),
            0.014,
            None,
            "#ffd67f" if lit else "#5a6690",
            emit=lit,
            outline="#8d8288",
            width=0.003,
        )
        if stage.night:
            pen.glow((x, -0.155), 0.10, "#ffa648", 0.3)


def _curtain(pen: Pen, stage: Stage, left: float, right: float) -> None:
    """The wall between the outer towers: merlons, courses of stone, ivy."""
    middle, w, h = (left + right) / 2, right - left, 0.125
    pen.box((middle, -h / 2 + 0.01), w, h + 0.02, lighter(WALL, 0.2), to=darker(WALL, 0.18), **INK)
    for k in range(17):
        pen.box((left + w * (k + 0.5) / 17, -h - 0.008), 0.024, 0.022, snowy(lighter(WALL, 0.28), stage, 0.7), **INK)
    u = pen.rand("stones", 44).reshape(pen.batch, 1, 22, 2)
    x, y = left + w * (np.arange(22) + u[..., 0]) / 22, -0.012 - 0.095 * u[..., 1]
    pen.splats(x, y, 0.013, 0.0052, darker(WALL, 0.2), alpha=0.6)
    for at in (left + 0.10, right - 0.12):
        for dx, dy, r in ((-0.03, -0.02, 0.032), (0.02, -0.045, 0.028), (-0.01, -0.075, 0.022), (0.045, -0.015, 0.028)):
            green = snowy(HEDGE[1], stage, 0.5)
            pen.ellipse((at + dx, dy), r, 0.8 * r, lighter(green, 0.15), to=darker(green, 0.3))


def _gate(pen: Pen, stage: Stage) -> None:
    """An arched gate with its grating, long banners at both sides, two torches."""
    pen.box((0, -0.085), 0.15, 0.19, lighter(WALL, 0.25), to=darker(WALL, 0.14), **INK)
    for k in range(5):
        pen.box((0.036 * (k - 2), -0.187), 0.022, 0.020, snowy(lighter(WALL, 0.3), stage, 0.7), **INK)
    arch = [pen.capsule_shape((0, 0.0), (0, -0.072), 0.046)]
    pen.union(arch, "#8b7f80", outline=True, width=0.003)
    inner = pen.union_shape([pen.capsule_shape((0, 0.0), (0, -0.070), 0.037)])
    lit = stage.light.night > 0.1
    pen.fill(inner, "#ffb75c" if lit else "#4a3c46", to="#8a4a34" if lit else "#2c242e", emit=lit)
    with pen.inside(inner):
        for k in range(-2, 3):
            pen.capsule((0.0145 * k, -0.11), (0.0145 * k, -0.050), 0.0018, None, "#2c2630")
        for y in (-0.088, -0.066):
            pen.capsule((-0.04, y), (0.04, y), 0.0018, None, "#2c2630")
    for s, colour in ((-1, BANNERS[0]), (1, BANNERS[0])):
        x = 0.105 * s
        cloth = [(x - 0.017, -0.150), (x + 0.017, -0.150), (x + 0.017, -0.072), (x, -0.056), (x - 0.017, -0.072)]
        pen.polygon(cloth, lighter(colour, 0.1), to=darker(colour, 0.25), **INK)
        pen.ellipse((x, -0.115), 0.008, None, "#ffd866", fine=True)
        if lit:
            pen.glow((0.062 * s, -0.06), 0.12, "#ff9d3f", 0.55)
            pen.ellipse((0.062 * s, -0.062), 0.005, 0.009, "#ffe9a0", emit=True)


def _pennants(pen: Pen, stage: Stage, tips: list, x: Number, flip: Number) -> None:
    """Flags on the roofs, streaming with the wind: a wave runs along each."""
    pen.moving(0.42, depth=19)
    reach = 0.75 + 0.25 * np.minimum(stage.wind, 1.0)
    for k, (tx, ty) in enumerate(tips):
        px, py = x + SCALE * flip * tx, FOOT + SCALE * ty
        pen.capsule((px, py + 0.01), (px, py - 0.050), 0.0022, 0.0016, "#6d6470")
        long, phase = (0.072 if k < 5 else 0.048) * reach, 0.9 * pen.t + 0.23 * k
        upper, lower = [], []
        for j in range(5):
            ripple = 0.010 * (j / 4) * wave(phase - 0.22 * j)
            sag = 0.012 * (j / 4) * (1.2 - np.minimum(stage.wind, 1.0))
            half = 0.014 * (1 - 0.75 * j / 4)
            upper.append((px + long * j / 4, py - 0.034 + ripple + sag - half))
            lower.append((px + long * j / 4, py - 0.034 + ripple + sag + half))
        colour = BANNERS[k % 4]
        for j in range(4):  # convex pieces; the darker ones are the folds
            piece = [upper[j], upper[j + 1], lower[j + 1], lower[j]]
            pen.polygon(piece, lighter(colour, 0.12) if j % 2 else darker(colour, 0.12), round=0.0006)


def _ground(pen: Pen, stage: Stage, x: Number) -> None:
    pen.still(0.7)
    lawn = snowy("#9bd66c", stage)
    pen.hills(0.196, [0.008], [0.6], [0.3], lighter(lawn, 0.12), to=darker(lawn, 0.12), axis=((0, 0.18), (0, 0.26)))
    pen.still(1.0)
    pen.hills(0.236, [0.005], [0.5], [0.7], lighter(lawn, 0.1), to=snowy("#49983f", stage), axis=((0, 0.23), (0, 0.56)))
    gravel = snowy("#ecdcb8", stage, 0.5)
    gate = 0.85 * x
    path = [
        (gate - 0.035, 0.142),
        (gate + 0.035, 0.142),
        (0.45 * gate + 0.145, 0.236),
        (0.30, 0.34),
        (0.64, 0.62),
        (-0.64, 0.62),
        (-0.30, 0.34),
        (0.45 * gate - 0.145, 0.236),
    ]
    pen.polygon(path, mix(gravel, "#cdb588", 0.3), to=gravel, axis=((0, 0.15), (0, 0.42)), soft=0.006)
    for s in (-1, 1):
        edge = [(gate + 0.038 * s, 0.142), (0.45 * gate + 0.149 * s, 0.236), (0.305 * s, 0.34), (0.645 * s, 0.62)]
        pen.chain(edge, [0.0015, 0.0030, 0.0052, 0.0085], snowy("#b9a68a", stage, 0.6), alpha=0.8)
    for k in range(4):  # mown stripes
        pen.ellipse(
            (0, 0.262 + 0.075 * k), 2.2, 0.010 + 0.006 * k, lighter(lawn, 0.25), alpha=0.22, soft=0.02, fine=True
        )
    px, py, v = scatter(pen, "gravel", 90, x=(-0.30, 0.34), y=(0.26, 0.56))
    pen.splats(px, py, 0.0045 * near(py) * (0.4 + v), 0.0018 * near(py), "#b9a37a", alpha=0.6)
    grass(pen, "grass left", 110, "#3f8f38", y=(0.245, 0.56), alpha=0.35)


def _garden(pen: Pen, stage: Stage) -> None:
    """Clipped trees and low hedges with roses on both sides of the path, lanterns between them."""
    u = pen.rand("garden", 4)
    pen.still(0.9)
    for s in (-1, 1):
        for k, (dx, y, tall) in enumerate(
            ((0.40, 0.245, 0.13), (0.66, 0.262, 0.18), (1.02, 0.262, 0.18), (1.36, 0.262, 0.18))
        ):
            _topiary(pen, stage, f"topiary {s} {k}", s * (dx + 0.03 * u[..., 0]), y, tall, cone=(k + (s > 0)) % 2 == 0)
    pen.still(1.0)
    for s in (-1, 1):
        _hedge(pen, stage, s, 0.50 + 0.04 * u[..., 1])
        _lantern(pen, stage, s * 0.475, 0.300)


def _topiary(pen: Pen, stage: Stage, key: str, x: Number, y: float, tall: float, *, cone: bool) -> None:
    dark, middle, light = (snowy(c, stage, 0.55) for c in HEDGE)
    with pen.at(x, y, scale=tall):
        pen.shadow(0.05, 0.0, 0.32, 0.05, 0.2)
        pen.box((0, -0.08), 0.07, 0.2, "#7a5a44")
        if cone:
            shape = [(-0.28, -0.14), (0.28, -0.14), (0.16, -0.62), (0.0, -1.0), (-0.16, -0.62)]
            pen.polygon(
                shape,
                light,
                to=dark,
                axis=((-0.25, -0.4), (0.28, -0.2)),
                round=0.04,
                outline=darker(dark, 0.4),
                width=0.014,
            )
        else:
            for cy, r in ((-0.34, 0.27), (-0.80, 0.19)):
                crown(pen, f"{key} {cy}", (0.0, cy), r, r, (dark, middle, light), num=6, puff=0.45, back=4)
        pen.box((0, -0.03), 0.26, 0.13, "#c9785a", to="#96503f", outline=True, width=0.014)


def _hedge(pen: Pen, stage: Stage, s: int, start: Number) -> None:
    """A low hedge that runs outward, full of roses."""
    dark, middle, light = (snowy(c, stage, 0.55) for c in HEDGE)
    w, y, h = 1.5, 0.300, 0.040
    centre = (s * (start + w / 2), y - h / 2)
    ends = (s * start, y), (s * (start + w), y)
    pen.capsule(*ends, 0.006, None, "#20183a", alpha=0.22, soft=0.008, emit=True, fine=True, valid=False)
    pen.box(centre, w, h, mix(light, middle, 0.4), to=dark, round=0.012, outline=darker(dark, 0.5), width=0.003)
    u = pen.rand(f"roses {s}", 90).reshape(pen.batch, 1, 30, 3)
    x, at = s * (start[..., None] + 0.02 + (w - 0.04) * u[..., 0]), y - 0.006 - 0.030 * u[..., 1]
    pen.splats(x, at, 0.012, 0.006, light, alpha=0.5, angle=180 * u[..., 2])
    if stage.weather != "snow" and stage.season not in ("autumn", "winter"):
        for i, colour in enumerate(("#e8435e", "#ffb3c4", "#fff3f0")):
            some = slice(i, None, 3)
            pen.splats(x[..., some], at[..., some] - 0.002, 0.0078, 0.0070, colour, fine=False)
            pen.splats(x[..., some] - 0.001, at[..., some] - 0.003, 0.0034, 0.0028, darker(colour, 0.2))


def _lantern(pen: Pen, stage: Stage, x: float, y: float) -> None:
    iron = "#4a4656"
    pen.shadow(x, y, 0.026, 0.006, 0.25)
    pen.capsule((x, y), (x, y - 0.105), 0.0055, 0.004, iron, outline=True, width=0.002)
    lit = stage.light.night > 0.1
    pen.box((x, y - 0.125), 0.026, 0.036, "#ffe3a0" if lit else "#dfeef2", emit=lit, outline=iron, width=0.005)
    pen.polygon([(x - 0.021, y - 0.145), (x + 0.021, y - 0.145), (x, y - 0.166)], snowy(iron, stage, 0.8), **INK)
    if lit:
        pen.glow((x, y - 0.125), 0.19, "#ffae4d", 0.35 + 0.3 * stage.light.night)


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.2, depth=1.5)
    tufts(pen, "tufts", 44, snowy("#46953f", stage, 0.5), y=0.535, tall=0.045)
    if stage.weather != "snow":
        flowers(pen, "near", 12, ("#e8435e", "#ffffff", "#ffb3c4"), y=(0.47, 0.52), size=0.0085)
