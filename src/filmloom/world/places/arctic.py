"""The far north: a channel of dark water with drifting ice, an igloo on the floe, and the aurora by night."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import drift, sky
from filmloom.world.pen import Frame, Number, Pen, darker, mix, wave
from filmloom.world.places._plants import near, scatter
from filmloom.world.places._water import glitter, tones, water
from filmloom.world.stage import Stage
from filmloom.world.weather import wrap

CARD = PlaceCard(
    name="arctic",
    ground=(0.31, 0.39),
    surface=(0.17, 0.21),
    weathers=("clear", "breeze", "cloudy", "snow", "fog"),
)
HORIZON, SHORE = 0.085, 0.262
# the hem's height, how tall, colours below and above
AURORA = (
    (-0.10, 0.13, "#08ff58", "#7a40f0"), (-0.24, 0.11, "#18f890", "#c040f0"), (-0.01, 0.08, "#10f050", "#2098c0"),
)  # fmt: skip
ICE, SHADE, DEEP = "#f7fcff", "#a9d3ee", "#5fa5d6"


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, HORIZON)
    if stage.light.night > 0.5 and stage.light.cover < 0.6:
        _aurora(pen, stage)
    pen.still(0.1)
    _peaks(pen)
    water(pen, stage, HORIZON, 0.34, calm=1.8)
    glitter(pen, stage, HORIZON, SHORE, num=80)
    _bergs(pen, stage)
    _floes(pen, stage)
    _ground(pen, stage)
    _camp(pen, stage)


def _aurora(pen: Pen, stage: Stage) -> None:
    """Folded curtains of light, bright below, from green to violet: each wanders by, and rays run along them."""
    strength = (0.28 if stage.light.night < 1 else 1.0) * (1 - 0.6 * max(0.0, stage.light.cover - 0.2))
    u = pen.rand("aurora", 3)
    for k, (y, high, low, top) in enumerate(AURORA):
        pen.still(
            0.02,
            depth=880 - k,
            motion=Frame(x=0.10 * wave(0.030 * pen.t, 0.33 * k), y=0.012 * wave(0.05 * pen.t, 0.2 * k)),
        )
        s = np.linspace(0, 1, 48)[None, None]
        foot = _hem(s, y, u[..., k : k + 1])
        ray = 0.5 + 0.32 * wave(2.7 * s + 2 * u[..., k : k + 1]) + 0.22 * wave(7.3 * s) + 0.12 * wave(17.9 * s)
        glow = strength * np.clip(ray, 0.05, 1) * np.sin(np.pi * s) ** 0.5
        for up, rx, ry, colour, alpha in (
            (1.00, 0.062, 1.10, top, 0.22), (0.45, 0.056, 0.62, low, 0.31), (0.10, 0.052, 0.22, "#9dffc4", 0.22),
        ):  # fmt: skip
            at = (2.5 * (s - 0.5), foot - up * high)
            pen.splats(*at, rx, ry * high, colour, alpha=alpha * glow, soft=0.07, glow=True, emit=True)
    pen.moving(0.02, depth=870, valid=False)
    for k, (y, high, low, _) in enumerate(AURORA):
        s = (np.linspace(0, 1, 9) + 0.02 * pen.t[..., None]) % 1
        foot = _hem(s, y, u[..., k : k + 1])
        glow = 0.30 * strength * np.sin(np.pi * s) * np.clip(wave(0.27 * pen.t[..., None] + 0.37 * np.arange(9)), 0, 1)
        at = (2.5 * (s - 0.5) + 0.10 * wave(0.030 * pen.t[..., None], 0.33 * k), foot - 0.6 * high)
        pen.splats(*at, 0.020, 0.95 * high, low, alpha=glow, soft=0.05, glow=True, emit=True)


def _hem(s: np.ndarray, y: float, phase) -> np.ndarray:
    """The height of a curtain's lower edge along it, `s` in 0..1."""
    return y + 0.06 * wave(0.9 * s + 0.7 * phase) + 0.025 * wave(2.3 * s - phase)


def _peaks(pen: Pen) -> None:
    """Two ranges of ice along the horizon, each peak with a lit and a shaded face."""
    u = pen.rand("peaks", 40).reshape(pen.batch, 1, 20, 2)
    for k in range(20):
        far = k % 2 == 0
        x = -1.6 + 0.168 * k + 0.10 * (u[..., k, 0] - 0.5)
        high, w = (0.09 if far else 0.055) + 0.075 * u[..., k, 1] ** 2, 0.20 if far else 0.17
        base, ridge = HORIZON + 0.006, x + 0.03 * (u[..., k, 1] - 0.5)
        light, dark = ("#dcebf8", "#a5c4e6") if far else ("#f6fbff", "#94bfe4")
        pen.polygon([(x - w, base), (ridge, base - high), (x + w, base)], light, to="#e6f1fa")
        if pen.light_dir[0] < 0:
            face = [(ridge, base - high), (x + w, base), (x + 0.25 * w, base), (x + 0.10 * w, base - 0.4 * high)]
        else:
            face = [(ridge, base - high), (x - 0.10 * w, base - 0.4 * high), (x - 0.25 * w, base), (x - w, base)]
        pen.polygon(face, dark, to=mix(dark, "#dcebf8", 0.6), alpha=0.85)


def _bergs(pen: Pen, stage: Stage) -> None:
    """Three icebergs adrift, the far ones slower."""
    u = pen.rand("bergs", 6)
    side = np.where(u[..., 3] > 0.5, 1.0, -1.0)
    for k, (x, y, size, parallax) in enumerate(
        ((0.20, 0.128, 0.13, 0.25), (-1.0, 0.150, 0.22, 0.4), (0.72, 0.176, 0.30, 0.55))
    ):
        pen.still(parallax, depth=26 - 4 * k, motion=drift(pen, 0.010 * (1 + 0.5 * k), 0.16))
        _berg(pen, stage, side * (x + 0.2 * (u[..., k] - 0.5)), y, size, side * (-1.0 if k == 1 else 1.0))


def _berg(pen: Pen, stage: Stage, x: Number, y: float, size: float, flip) -> None:
    """A jagged block: bright face, blue shaded face, a tooth beside it, its mirror image below the water line."""
    _, close = tones(stage)
    with pen.at(x, y, scale=size, flip=flip):
        mirror = [(-0.62, 0.0), (0.66, 0.0), (0.40, 0.26), (0.05, 0.40), (-0.30, 0.22)]
        pen.polygon(mirror, mix(SHADE, close, 0.35), to=close, alpha=0.5, soft=0.05, fine=True)
        body = [
            (-0.62, 0),
            (-0.55, -0.28),
            (-0.36, -0.40),
            (-0.22, -0.74),
            (0.02, -0.92),
            (0.20, -0.60),
            (0.42, -0.46),
            (0.66, 0),
        ]
        pen.polygon(body, ICE, to=SHADE, outline="#6aa2cc", width=0.016)
        for face in (
            [(0.02, -0.92), (0.20, -0.60), (0.42, -0.46), (0.66, 0), (0.18, 0), (0.10, -0.45)],
            [(-0.55, -0.28), (-0.36, -0.40), (-0.30, 0), (-0.62, 0)],
        ):
            pen.polygon(face, "#8ec5ea", to=DEEP, alpha=0.8)
        for line in ([(-0.22, -0.70), (-0.16, -0.35), (-0.24, 0)], [(0.10, -0.45), (-0.02, -0.2), (0.02, 0)]):
            pen.chain(line, [0.008] * 3, "#6fb1de", alpha=0.6, fine=True)
        pen.capsule((-0.68, 0.012), (0.72, 0.012), 0.018, None, "#ffffff", alpha=0.75, fine=True)


def _floes(pen: Pen, stage: Stage) -> None:
    """Flat pieces that drift along the channel and rock."""
    _, close = tones(stage)
    pen.moving(0.75, depth=13.5)
    u = pen.rand("floes", 27).reshape(pen.batch, 1, 9, 3)
    for k in range(9):
        part = (k % 4) / 3
        y = 0.128 + 0.105 * part + 0.008 * u[..., k, 1]
        x = wrap(k / 9 * 3.0 + 0.2 * u[..., k, 0] + 0.018 * (0.5 + part) * pen.t, 3.0)
        size = (0.030 + 0.060 * part) * (0.6 + 0.7 * u[..., k, 2])
        tilt = 1.5 * wave(0.22 * pen.t, 0.17 * k)
        with pen.at(x, y + 0.0012 * wave(0.3 * pen.t, 0.3 * k), scale=size, angle=tilt):
            slab = [
                (-1.0, 0.02),
                (-0.62, -0.16),
                (0.25, -0.21),
                (0.92, -0.08),
                (1.0, 0.04),
                (0.45, 0.17),
                (-0.55, 0.16),
            ]
            pen.polygon([(px, py + 0.13) for px, py in slab], mix(DEEP, close, 0.25), to=darker(close, 0.1))
            pen.polygon(slab, ICE, to="#cfe6f5")


def _ground(pen: Pen, stage: Stage) -> None:
    """The floe we stand on: its shelf seen through the water, a ragged edge, snow with blue cracks."""
    pen.still(1.0)
    u = pen.rand("edge", 3)
    edge = dict(amplitudes=[0.007, 0.005, 0.0026], waves=[0.5, 1.9, 5.3], phases=u)
    pen.hills(SHORE - 0.012, **edge, colour="#63c6dd", alpha=0.55, soft=0.012)
    pen.hills(SHORE, **edge, colour=DEEP, to="#7cbde4", axis=((0, SHORE), (0, SHORE + 0.02)))
    pen.hills(SHORE + 0.006, **edge, colour="#ffffff", to="#c3dcf0", axis=((0, SHORE), (0, 0.56)))
    for x, y, rx, tone in (
        (-0.7, 0.33, 0.5, "#ffffff"),
        (0.75, 0.40, 0.6, "#ffffff"),
        (0.4, 0.31, 0.4, "#b4d3ec"),
        (-0.6, 0.47, 0.6, "#b4d3ec"),
    ):
        pen.ellipse((x, y), rx, 0.020, tone, alpha=0.55, soft=0.04, fine=True)
    for x, y, rx in ((0.62, 0.445, 0.16), (-0.82, 0.405, 0.12)):
        pen.ellipse(
            (x + 0.1 * (u[..., 0] - 0.5), y), rx, 0.14 * rx, "#8fd0ea", to="#4fa3d2", outline="#ffffff", width=0.004
        )
    for k in range(5):
        x, y = -1.2 + 0.55 * k + 0.3 * u[..., k % 3], 0.30 + 0.055 * ((2 * k) % 5)
        line = [(x, y), (x + 0.10, y + 0.012), (x + 0.17, y + 0.006), (x + 0.30, y + 0.028)]
        pen.chain(line, [0.001, 0.003, 0.0022, 0.001], "#7fb6dc", alpha=0.8)
        pen.chain([(px, py + 0.004) for px, py in line], [0.001, 0.002, 0.002, 0.001], "#ffffff", alpha=0.9, fine=True)
    x, y, v = scatter(pen, "hollows", 30, y=(0.28, 0.54))
    pen.splats(x, y, 0.045 * near(y) * (0.4 + v), 0.005 * near(y), "#a7c8e6", alpha=0.5, soft=0.006)
    x, y, v = scatter(pen, "sparkles", 60, y=(0.275, 0.56))
    pen.splats(x, y, 0.0015, 0.0015, "#ffffff", alpha=0.9)


def _camp(pen: Pen, stage: Stage) -> None:
    """An igloo, blocks of ice, and a flag on a pole."""
    u = pen.rand("camp", 3)
    side = np.where(u[..., 0] > 0.5, 1.0, -1.0)
    pen.still(0.97)
    x = side * (0.60 + 0.06 * u[..., 1])
    _igloo(pen, stage, x, side)
    for dx, y, r in ((-0.62, 0.300, 0.050), (-0.72, 0.312, 0.036), (-0.80, 0.296, 0.062), (0.90, 0.320, 0.05)):
        _shard(pen, side * dx, y, r, side)
    _flag(pen, stage, side * (-0.40 - 0.10 * u[..., 2]))


def _igloo(pen: Pen, stage: Stage, x: Number, side) -> None:
    """A dome of snow blocks with its tunnel towards the middle; lit from within in the dark."""
    with pen.at(x, 0.318, scale=0.21, flip=-side):
        pen.shadow(0.1, 0.0, 1.25, 0.12, 0.25)
        half = pen.polygon_shape([(-1.4, -1.3), (1.4, -1.3), (1.4, 0.02), (-1.4, 0.02)])
        lines = dict(fine=True, alpha=0.75)
        with pen.inside(half):
            dome = pen.ellipse_shape((0, 0.0), 0.92, 0.90)
            pen.fill(dome, "#ffffff", to="#b7d7ef", outline="#6f9dc4", width=0.022, shade=0.16, shade_size=0.16)
            for y, rx in ((-0.24, 0.885), (-0.48, 0.775), (-0.70, 0.56)):
                points = [(rx * s, y - 0.055 * (1 - s * s)) for s in (-1, -0.5, 0, 0.5, 1)]
                pen.chain(points, [0.011] * 5, "#8db9dc", **lines)
            for y0, y1, xs in (
                (0.0, -0.27, (-0.66, -0.32, 0.02)),
                (-0.28, -0.52, (-0.52, -0.16, 0.22, 0.58)),
                (-0.53, -0.74, (-0.30, 0.06, 0.38)),
            ):
                for px in xs:
                    pen.capsule((px, y0), (0.93 * px, y1), 0.010, None, "#8db9dc", **lines)
            porch = pen.ellipse_shape((0.72, 0.0), 0.40, 0.50)
            pen.fill(porch, "#ffffff", to="#c3def2", outline="#6f9dc4", width=0.022)
            lit = stage.light.night > 0.3
            pen.ellipse(
                (0.76, 0.0),
                0.25,
                0.35,
                "#ffcf7a" if lit else "#3f6c98",
                to="#ff9b4a" if lit else "#27496f",
                emit=lit,
                outline="#8db9dc",
                width=0.016,
            )
        if lit:
            pen.ellipse((0.86, 0.02), 0.34, 0.16, "#ffb469", alpha=0.55, soft=0.4, emit=True, valid=False, fine=True)


def _shard(pen: Pen, x: Number, y: float, r: float, side) -> None:
    """A block of clear ice pushed up by the pressure of the floe."""
    with pen.at(x, y, scale=r, flip=side):
        body = [(-0.9, 0.06), (-0.55, -0.95), (-0.05, -1.35), (0.45, -0.55), (0.95, 0.06)]
        pen.polygon(body, "#e8f7ff", to="#86c4e8", outline="#5f9dcb", width=0.05)
        pen.polygon([(-0.05, -1.35), (0.45, -0.55), (0.95, 0.06), (0.15, 0.06)], "#8fcbec", to="#5fa7d8", alpha=0.85)


def _flag(pen: Pen, stage: Stage, x: Number) -> None:
    """A red pennant that flies with the wind."""
    pen.still(0.97)
    pen.capsule((x, 0.295), (x, 0.095), 0.0045, 0.0035, "#8a6a4e", outline=True, width=0.002)
    pen.moving(0.97, depth=9.7)
    lift = np.clip(stage.wind, 0.15, 1.0)
    points = [
        (x + 0.022 * k, 0.115 + 0.010 * k * (1 - lift) + 0.0035 * k * wave(0.9 * pen.t - 0.20 * k)) for k in range(6)
    ]
    pen.chain(
        points, [0.021, 0.020, 0.018, 0.015, 0.010, 0.004], "#e8483f", to="#b92f35", outline="#7d2028", width=0.003
    )


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.25, depth=1.5)
    for x, r in ((-1.25, 0.36), (-0.80, 0.22), (0.90, 0.28), (1.4, 0.3)):
        pen.ellipse((x, 0.60), r, 0.115, "#ffffff", to="#bcd8ee", soft=0.01)
    for x, y, r in ((-0.78, 0.515, 0.075), (-0.88, 0.520, 0.055), (0.84, 0.520, 0.085), (0.74, 0.525, 0.05)):
        _shard(pen, x, y, r, 1.0 if x < 0 else -1.0)
    if stage.weather in ("clear", "cloudy", "breeze"):
        _frost(pen)


def _frost(pen: Pen) -> None:
    """Diamond dust: specks of ice in the still air."""
    pen.moving(0.9, depth=1.0, valid=False)
    u = pen.rand("frost", 56).reshape(pen.batch, 1, 14, 4)
    t = pen.t[..., None]
    x, y = wrap(u[..., 0] * 2.4 + 0.02 * t, 2.4), -0.45 + (u[..., 1] * 0.8 + 0.025 * t) % 0.8
    pen.splats(x, y, 0.0018, 0.0018, "#ffffff", alpha=0.8 * np.clip(wave(0.6 * t + u[..., 3]), 0, 1), emit=True)
