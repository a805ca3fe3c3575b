"""Rows of lavender that run to the horizon and wave in the wind, a far farmhouse among cypresses, butterflies."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, darker, lighter, mix, wave
from filmloom.world.places._buildings import house
from filmloom.world.places._plants import SEASONS, crown, near, scatter, snowy, swaying
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="lavender_field",
    ground=(0.28, 0.38),
    seasons=SEASONS,
)
RIDGE, NEAREST = 0.185, 0.62  # y of the crest where the rows begin, and below the frame where they end
MEETING = 0.06  # y of the point that all rows run to
PURPLE, DEEP, PALE = "#8f63d8", "#5b3a9e", "#c9a4f7"


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.08)
    u = pen.rand("lavender", 6)
    side = np.where(u[..., 0] > 0.5, 1.0, -1.0)
    pen.still(0.08)
    pen.hills(0.015, [0.050, 0.022], [0.40, 1.05], np.stack([u[..., 1], u[..., 2]], -1), "#8f9fd6", to="#c3cdec",
              axis=((0, -0.06), (0, 0.10)))  # fmt: skip
    pen.still(0.22)
    pen.hills(0.070, [0.024, 0.010], [0.55, 1.4], np.stack([u[..., 3], u[..., 1]], -1), snowy("#9cc08f", stage),
              to=snowy("#84ad84", stage), axis=((0, 0.04), (0, 0.13)))  # fmt: skip
    _far_fields(pen, stage, u[..., 4])
    pen.still(0.5)
    _farm(pen, stage, side * (0.42 + 0.14 * u[..., 5]), side)
    pen.still(0.8)
    _oak(pen, -side * (0.66 + 0.10 * u[..., 2]))
    _field(pen, stage, 0.22 * (u[..., 3] - 0.5))


def _far_fields(pen: Pen, stage: Stage, phase) -> None:
    """Slopes under other crops, parted by hedges: lavender, wheat, lavender."""
    pen.still(0.36)
    for i, (y, colour) in enumerate(((0.098, "#a887dc"), (0.118, "#ecd482"), (0.135, "#9c76d6"), (0.158, "#b7d48a"))):
        colour = snowy(colour, stage)
        bend = np.stack([phase + 0.3 * i, 2 * phase + 0.2 * i], -1)
        pen.hills(y, [0.013, 0.004], [0.5, 1.3], bend, lighter(colour, 0.2), to=colour, axis=((0, y), (0, y + 0.05)))
        u = pen.rand(f"hedge {i}", 60).reshape(pen.batch, 1, 20, 3)
        x = (u[..., 0] - 0.5) * 3.4
        at = y + 0.013 * wave(0.5 * x + bend[..., :1]) + 0.004 * wave(1.3 * x + bend[..., 1:])
        r = 0.009 + 0.007 * u[..., 1]
        pen.splats(x, at - 0.003, 1.5 * r, 0.8 * r, snowy("#5c8f63", stage, 0.5), fine=False)


def _farm(pen: Pen, stage: Stage, x: Number, side) -> None:
    """A stone house under a tiled roof, its barn and a row of cypresses, on a rise."""
    pen.ellipse((x, 0.225), 0.52, 0.055, snowy("#b3d089", stage), to=snowy("#8fb873", stage))
    for dx, tall in ((-0.185, 0.150), (-0.150, 0.185), (0.205, 0.165), (0.245, 0.125)):
        cypress(pen, x + side * dx, 0.180, tall)
    house(pen, stage, x + 0.105 * side, 0.179, 0.12, 0.045, "#ead3ac", "#c97b55", chimney=False)
    house(pen, stage, x, 0.183, 0.165, 0.072, "#f4e2c2", "#d0714a", flip=side)
    for dx, r in ((-0.095, 0.020), (0.09, 0.017), (0.165, 0.020)):
        pen.ellipse((x + side * dx, 0.179), r, 0.7 * r, snowy("#7fb069", stage, 0.5), to=snowy("#4f8a54", stage, 0.4))


def cypress(pen: Pen, x: Number, y: float, tall: float) -> None:
    """A slender evergreen, lit from one side."""
    green = "#3f7a5a"
    pen.capsule((x, y), (x, y - 0.80 * tall), 0.085 * tall, 0.05 * tall, darker(green, 0.25))
    pen.ellipse((x, y - 0.48 * tall), 0.115 * tall, 0.52 * tall, lighter(green, 0.15), to=darker(green, 0.2))
    pen.ellipse(
        (x + 0.03 * tall * pen.light_dir[0], y - 0.55 * tall),
        0.05 * tall,
        0.38 * tall,
        lighter(green, 0.35),
        alpha=0.5,
        soft=0.02,
    )


def _oak(pen: Pen, x: Number) -> None:
    """One broad tree at the edge of the field."""
    with pen.at(x, 0.215, scale=0.46):
        pen.chain([(0, 0.02), (0.012, -0.22), (-0.01, -0.45)], [0.055, 0.036, 0.03], "#7a5645", to="#4d362f")
        crown(pen, "oak", (0.0, -0.56), 0.46, 0.30, ("#4a7f55", "#74a862", "#c3dc8b"), num=16, puff=0.36)


def _field(pen: Pen, stage: Stage, lean) -> None:
    """The near field: earth, then rows that widen towards us, with an open furrow in the middle."""
    pen.still(1.0)
    earth = snowy("#c9ab8c", stage, 0.7)
    pen.hills(RIDGE, [0.005], [0.5], [0.3], mix(earth, "#7d9a5c", 0.45), to=earth, axis=((0, RIDGE), (0, 0.42)))
    for k in range(-21, 21):
        _row(pen, stage, lean, k + 0.5)
    _blooms(pen, stage, lean)
    _waves(pen, stage, lean)


def _at(lean, lane: Number, y: Number):
    """x of a place in row `lane` (0: the middle of the open furrow) at ground height y."""
    open_up = (np.asarray(y) - MEETING) / (NEAREST - MEETING)
    return lean * (1 - open_up) + lane * 0.30 * open_up


def _row(pen: Pen, stage: Stage, lean, lane: float) -> None:
    """One hedge of lavender: its shadow on the earth, a deep side, a bright back."""
    top, foot = RIDGE + 0.004, NEAREST
    quad = lambda a, b: [(_at(lean, lane + o, y), y) for o, y in ((a, top), (b, top), (b, foot), (a, foot))]  # noqa: E731
    deep, body = snowy(DEEP, stage, 0.5), snowy(PURPLE, stage, 0.6)
    pen.polygon(quad(-0.36, 0.36), mix(deep, "#8fb06a", 0.35), to=darker(deep, 0.15), soft=0.004)
    pen.polygon(quad(-0.27, 0.27), lighter(body, 0.16), to=body, soft=0.004)
    light = 0.10 * (1 if pen.light_dir[0] > 0 else -1)
    pen.polygon(
        quad(light - 0.10, light + 0.10), snowy(PALE, stage, 0.6), to=lighter(body, 0.25), alpha=0.6, soft=0.010
    )


def _spots(pen: Pen, key: str, num: int, lean):
    """`num` places on the backs of the rows: x, y and a number in 0..1, nearer ones sparser."""
    u = pen.rand(key, 4 * num).reshape(pen.batch, 1, num, 4)
    y = RIDGE + 0.008 + (0.58 - RIDGE) * u[..., 1] ** 1.4
    reach = 1.15 / (0.30 * (y - MEETING) / (NEAREST - MEETING))
    lane = np.floor((2 * u[..., 0] - 1) * reach) + 0.5 + 0.5 * (u[..., 2] - 0.5)
    return _at(lean[..., None] if np.ndim(lean) else lean, lane, y), y, u[..., 3]


def _blooms(pen: Pen, stage: Stage, lean) -> None:
    """Bushes along the rows, then the spikes on them that stay still: dark ones, then bright ones."""
    for key, num, colour, alpha, up in (
        ("bush", 190, "#6b45b4", 0.8, 0.0),
        ("crest", 230, "#9a6fe0", 0.85, 0.008),
        ("light", 150, "#bb95f2", 0.7, 0.014),
    ):
        x, y, u = _spots(pen, key, num, lean)
        r = near(y) * (0.024 - up) * (0.75 + 0.5 * u)
        tone = snowy(colour, stage, 0.6)
        pen.splats(x, y - up * near(y), r, 0.62 * r, tone, alpha=alpha, soft=0.004, fine=up > 0)
    for key, num, colour, alpha in (
        ("dark", 260, DEEP, 0.75), ("middle", 300, "#a67fe8", 0.9), ("bright", 220, "#d9bdfc", 0.85),
    ):  # fmt: skip
        x, y, u = _spots(pen, key, num, lean)
        size = near(y)
        pen.splats(x, y - 0.010 * size, 0.0034 * size, 0.0125 * size * (0.6 + 0.7 * u), snowy(colour, stage, 0.4),
                   angle=44 * (u * 7 % 1 - 0.5), alpha=alpha)  # fmt: skip
    x, y, u = scatter(pen, "clods", 60, y=(0.21, 0.56))
    pen.splats(x, y, 0.006 * near(y), 0.0022 * near(y), snowy("#94765c", stage, 0.6), alpha=0.35)


def _waves(pen: Pen, stage: Stage, lean) -> None:
    """Gusts cross the field: spikes bow one after the other and a paler band runs along."""
    pen.moving(1.0, depth=9.8, valid=False)
    num, t = 150, pen.t[..., None]
    x, y, u = _spots(pen, "waving", num, lean)
    size, wind = near(y), stage.wind[..., None]
    gust = wave(0.34 * t - 0.9 * x - 0.6 * y)
    bow = -(8 + 20 * wind) * (0.35 + 0.65 * gust) + 12 * (u - 0.5)
    tall = 0.019 * size * (0.7 + 0.6 * u)
    tip = (x - np.sin(np.radians(bow)) * tall, y - np.cos(np.radians(bow)) * tall)
    pen.splats((x + tip[0]) / 2, (y + tip[1]) / 2, 0.0013 * size, tall, "#6b9a5a", angle=bow, alpha=0.8)
    for d, colour in ((0.0, "#9a70e2"), (-0.0014, "#dcc2ff")):
        pen.splats(tip[0] + d * size, tip[1], 0.0042 * size, (0.0125 + 3 * d) * size, snowy(colour, stage, 0.4),
                   angle=bow, alpha=0.85)  # fmt: skip
    for k in range(3):
        at = (-1.5 + 3.0 * ((0.075 * pen.t + k / 3 + pen.rand("gust")[..., 0]) % 1), 0.27 + 0.055 * k)
        pen.ellipse(at, 0.26, 0.020, "#f3e6ff", angle=-5, alpha=0.16, soft=0.06, valid=False, fine=True)


def foreground(pen: Pen, stage: Stage) -> None:
    _butterflies(pen, stage)
    for i, (num, y, tall, tone) in enumerate(((56, 0.545, 0.070, "#7a50c4"), (48, 0.565, 0.062, "#a67fe8"))):
        bow = (0.6 + 0.9 * i) * stage.wind * wave(0.30 * pen.t, 0.3 * i)
        pen.still(1.2 + 0.06 * i, depth=1.5 - 0.1 * i, motion=swaying((0.0, 1.6), bow))
        _spikes(pen, stage, f"spikes {i}", num, y, tall, snowy(tone, stage, 0.35))


def _spikes(pen: Pen, stage: Stage, key: str, num: int, y: float, tall: float, tone) -> None:
    """Lavender before us: a stem, whorls of flowers towards its tip."""
    u = pen.rand(key, 3 * num).reshape(pen.batch, 1, num, 3)
    x = (np.arange(num) + u[..., 0]) / num * 3.2 - 1.6
    hollow = 0.4 + 0.6 * np.clip(np.abs(x) / 0.6, 0, 1)  # lower in the middle, so that feet are seen
    high, lean = tall * (0.55 + 0.6 * u[..., 1]) * hollow, 22 * (u[..., 2] - 0.5)
    dx, dy = -np.sin(np.radians(lean)), -np.cos(np.radians(lean))
    pen.splats(x, y, 0.0020, high, snowy("#5f9150", stage, 0.4), angle=lean, fine=False)
    for k in range(4):
        along = high * (0.62 + 0.16 * k)
        r = 0.0095 - 0.0015 * k
        pen.splats(x + dx * along, y + dy * along, r, 0.0085, mix(tone, "#e6d2ff", 0.16 * k), angle=lean, fine=False)
    pen.splats(x + dx * high * 0.9 - 0.003, y + dy * high * 0.9, 0.0022, 0.016, "#f0e2ff", angle=lean, alpha=0.7)


def _butterflies(pen: Pen, stage: Stage) -> None:
    """A few white and yellow ones by day; fireflies in the dark."""
    if stage.weather in ("rain", "snow", "storm") or stage.season == "winter":
        return
    pen.moving(0.9, depth=1.6, valid=False)
    num, t = 7, pen.t[..., None]
    u = pen.rand("butterflies", 4 * num).reshape(pen.batch, 1, num, 4)
    x = (u[..., 0] - 0.5) * 1.7 + 0.06 * wave(0.13 * t + u[..., 2]) + 0.02 * wave(0.5 * t + u[..., 3])
    y = 0.10 + 0.20 * u[..., 1] + 0.03 * wave(0.21 * t + u[..., 3]) + 0.008 * wave(1.1 * t + u[..., 0])
    if stage.light.night > 0.3:
        shine = np.clip(wave(0.35 * t + u[..., 2]), 0, 1)
        for r, alpha in ((0.016, 0.35), (0.0038, 0.95)):
            pen.splats(x, y, r, r, "#e9f59a", alpha=alpha * shine, soft=0.8 * r, emit=True, glow=r > 0.01)
        return
    open_ = 0.25 + 0.75 * np.abs(wave(2.1 * t + u[..., 2]))
    for s in (-1, 1):
        pen.splats(x + s * 0.0055 * open_, y, 0.0062 * open_, 0.0085, "#fffbe0", angle=-24 * s, alpha=0.95)
        pen.splats(x + s * 0.004 * open_, y + 0.006, 0.0044 * open_, 0.005, "#ffd94f", angle=20 * s, alpha=0.95)
