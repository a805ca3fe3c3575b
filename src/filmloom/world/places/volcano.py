"""At the foot of a volcano: a smoking cone with streams of lava, a glowing river, black rocks, sparks in the air."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, darker, lighter, mix, smooth, wave
from filmloom.world.places._plants import scatter
from filmloom.world.places._wilds import rock
from filmloom.world.stage import WIND, Stage

CARD = PlaceCard(
    name="volcano",
    weathers=("clear", "breeze", "cloudy", "rain", "fog", "storm", "rainbow"),
)
TOP, FOOT, HALF = -0.215, 0.175, 0.66  # of the cone
LAVA = ("#ff5a1f", "#ffb13b", "#fff0a8")
BASALT = "#4d4350"
# The cone's right flank from crater to foot: share of its half width, share of its height
FLANK = ((0.135, 0.0), (0.20, 0.13), (0.32, 0.36), (0.50, 0.62), (0.72, 0.83), (1.0, 1.0))
# Streams: points as shares of half width and height
STREAMS = (
    ((0.03, 0.02), (0.06, 0.18), (0.02, 0.34), (0.09, 0.50), (0.05, 0.68), (0.14, 0.84), (0.10, 1.0)),
    ((-0.075, 0.06), (-0.15, 0.20), (-0.22, 0.38), (-0.24, 0.56), (-0.36, 0.72)),
    ((0.095, 0.06), (0.18, 0.22), (0.30, 0.40), (0.35, 0.58)),
)


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.12)
    u = pen.rand("layout", 4)
    x = 0.56 * (u[..., 0] - 0.5)
    flip = np.where(u[..., 1] > 0.5, 1.0, -1.0)
    pen.still(0.05)
    heat = {"night": "#c2394a", "dusk": "#d9566a"}.get(stage.time, "#ff9a6a")
    pen.ellipse((x, 0.16), 1.3, 0.16, heat, alpha=0.38, soft=0.34, emit=True, fine=True)
    pen.still(0.1)
    phase = np.stack([u[..., 2], u[..., 3]], -1)
    pen.hills(
        0.09,
        [0.035, 0.02, 0.008],
        [0.6, 1.7, 4.3],
        np.concatenate([phase, phase[..., :1]], -1),
        "#8d7fa8",
        to="#b59ab0",
    )
    _smoke(pen, stage, x)
    pen.still(0.25)
    with pen.at(x, 0.0, flip=flip):
        _cone(pen, stage)
        _streams(pen, stage)
    _sparks(pen, stage, x)
    pen.still(0.5)
    ridge = mix(BASALT, "#6d5a66", 0.4)
    pen.hills(
        0.158,
        [0.016, 0.010, 0.005],
        [0.5, 1.6, 4.1],
        [0.2, 0.6, 0.3],
        lighter(ridge, 0.14),
        to=darker(ridge, 0.2),
        axis=((0, 0.13), (0, 0.21)),
    )
    _river(pen, stage)
    _ground(pen, stage)


def _smoke(pen: Pen, stage: Stage, x: Number) -> None:
    """A column that billows, widens and leans with the wind; lit from below by the crater."""
    pen.moving(0.2, depth=42, valid=False)
    tone = {"night": "#454067", "dusk": "#6f5f8c", "sunset": "#a56a7c"}.get(stage.time, "#8c8394")
    num, lean = 13, 0.16 + 0.34 * WIND[stage.weather]
    u = pen.rand("smoke", 2 * num).reshape(pen.batch, 1, num, 2)
    for k in range(num):
        age = (0.055 * pen.t + (num - k) / num) % 1
        high = 0.50 * age**0.8
        at = (
            x + lean * age**1.6 + 0.035 * (u[..., k, 0] - 0.5) + 0.02 * wave(0.1 * pen.t, 0.3 * k) * age,
            TOP + 0.012 - high,
        )
        r = (0.040 + 0.125 * age) * (0.85 + 0.3 * u[..., k, 1])
        colour = mix(mix("#ff8a4a", tone, np.clip(age * 4.5, 0, 1)), lighter(tone, 0.35), 0.6 * age)
        fade = 0.92 * smooth(age * 12) * (1 - smooth((age - 0.62) / 0.38))
        paint = dict(emit=True, valid=False)
        pen.ellipse(at, r, 0.86 * r, darker(tone, 0.30), alpha=0.8 * fade, soft=0.03, fine=True, **paint)
        pen.ellipse((at[0] - 0.16 * r, at[1] - 0.16 * r), 0.78 * r, 0.66 * r, colour, alpha=fade, soft=0.025, **paint)


def _at(share: tuple[float, float]) -> tuple[float, float]:
    return share[0] * HALF, TOP + share[1] * (FOOT - TOP)


def _cone(pen: Pen, stage: Stage) -> None:
    """Two faces, gullies, a glowing crater with a broken rim."""
    right = [_at(p) for p in FLANK]
    left = [(-x, y) for x, y in reversed(right)]
    pen.polygon(
        [*left, (-0.03, TOP + 0.012), (0.04, TOP + 0.006), *right], "#8a6f80", to="#6f5f78", axis=((0, TOP), (0, FOOT))
    )
    lit = left if pen.light_dir[0] > 0 else right  # the face away from the light
    sign = -1.0 if pen.light_dir[0] > 0 else 1.0
    ridge = [_at((sign * a, b)) for a, b in ((0.02, 0.03), (0.07, 0.25), (0.02, 0.48), (0.12, 0.74), (0.10, 1.0))]
    shade = [*ridge, *(reversed(right) if sign > 0 else lit)]
    pen.polygon(shade, "#54435a", to="#4d4260", alpha=0.85)
    for a, b in (
        ((-0.16, 0.2), (-0.30, 0.66)),
        ((0.22, 0.3), (0.44, 0.76)),
        ((-0.34, 0.5), (-0.62, 0.92)),
        ((0.14, 0.5), (0.26, 0.95)),
        ((-0.10, 0.55), (-0.16, 0.98)),
        ((0.45, 0.68), (0.70, 0.96)),
    ):
        pen.capsule(_at(a), _at(b), 0.004, 0.010, "#41344a", alpha=0.5, soft=0.006, fine=True)
    rim = [
        _at(p)
        for p in ((-0.135, 0.0), (-0.03, 0.035), (0.04, 0.02), (0.135, 0.0), (0.10, 0.07), (0.0, 0.10), (-0.10, 0.07))
    ]
    pen.polygon(rim, LAVA[2], to=LAVA[0], emit=True, soft=0.006)
    pen.glow((0, TOP + 0.01), 0.30, "#ff7a3a", 0.40 + 0.4 * stage.light.night)


def _streams(pen: Pen, stage: Stage) -> None:
    night = stage.light.night
    for k, stream in enumerate(STREAMS):
        line = [_at(p) for p in stream]
        wide = [(0.012 if k == 0 else 0.008) * (0.8 + 0.12 * j) for j in range(len(line))]
        wide[-1] *= 1.0 if k == 0 else 0.3
        pen.chain(
            line,
            [2.6 * w for w in wide],
            "#ff5a2a",
            blend=0.02,
            alpha=0.30 + 0.25 * night,
            soft=0.03,
            glow=True,
            emit=True,
        )
        pen.chain(line, wide, LAVA[0], to=darker(LAVA[0], 0.25), blend=0.02, emit=True, outline="#7c1f1c", width=0.0025)
        pen.chain(line, [0.45 * w for w in wide], LAVA[2], to=LAVA[1], blend=0.02, emit=True)


def _sparks(pen: Pen, stage: Stage, x: Number) -> None:
    """Glowing drops thrown up from the crater; each flies an arc and begins anew."""
    pen.moving(0.25, depth=33, valid=False)
    num = 46
    u = pen.rand("sparks", 4 * num).reshape(pen.batch, 1, num, 4)
    age = (u[..., 0] + (0.35 + 0.25 * u[..., 1]) * pen.t[..., None]) % 1
    up = 0.26 + 0.34 * u[..., 2]
    px = x[..., None] + (0.07 + 0.34 * age) * (u[..., 3] - 0.5)
    py = TOP + 0.01 - up * age + 0.52 * age**2
    r = 0.0042 * (0.6 + 0.7 * u[..., 1])
    pen.splats(px, py, 2.4 * r, None, "#ff6a2a", alpha=0.45 * (1 - age), soft=0.006, emit=True, glow=True)
    pen.splats(px, py, r, None, mix(LAVA[2], LAVA[0], 0.4), alpha=1 - age**2, emit=True)
    v = pen.rand("embers", 90).reshape(pen.batch, 1, 30, 3)  # they float in the air before the cone
    t = pen.t[..., None]
    ex = (v[..., 0] - 0.5) * 2.2 + 0.05 * wave(0.13 * t + v[..., 2]) + 0.03 * t
    ey = 0.25 - (0.75 * v[..., 1] + (0.035 + 0.03 * v[..., 2]) * t) % 0.75
    pen.splats(ex, ey, 0.0026, None, LAVA[1], alpha=0.75 * (0.6 + 0.4 * wave(0.7 * t + v[..., 2])), emit=True)


def _river(pen: Pen, stage: Stage) -> None:
    """Lava that crosses the plain behind the subjects: a bright band, crusts that drift on it."""
    pen.still(0.8)
    for y, r, colour, alpha in (
        (0.228, 0.034, "#ff4a1a", 0.35 + 0.25 * stage.light.night),
        (0.226, 0.020, "#ffb24a", 0.5),
    ):
        pen.fill(pen.ellipse_shape((0, y), 2.6, r), colour, alpha=alpha, soft=0.05, glow=True, emit=True)
    pen.hills(0.207, [0.006, 0.003], [0.6, 1.9], [0.1, 0.7], "#8a2a22", emit=True)
    pen.hills(
        0.211, [0.006, 0.003], [0.6, 1.9], [0.1, 0.7], LAVA[2], to=LAVA[0], axis=((0, 0.205), (0, 0.245)), emit=True
    )
    pen.moving(0.8, depth=11.4, valid=False)
    u = pen.rand("crust", 160).reshape(pen.batch, 1, 40, 4)
    t = pen.t[..., None]
    x = (u[..., 0] * 3.4 + (0.025 + 0.02 * u[..., 1]) * t) % 3.4 - 1.7
    y = 0.220 + 0.020 * u[..., 1] + 0.006 * wave(0.6 * x, 0.1)
    pen.splats(x, y, 0.018 + 0.03 * u[..., 2], 0.0030, "#7c2420", alpha=0.8, emit=True)
    shine = 0.5 + 0.5 * wave(u[..., 3] + 0.4 * t)
    pen.splats(
        (x + 0.9) % 3.4 - 1.7, y - 0.002, 0.03 * (0.4 + u[..., 3]), 0.0024, "#fff6c8", alpha=0.8 * shine, emit=True
    )


def _ground(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    ash = "#85757f"
    pen.hills(
        0.243,
        [0.007, 0.003],
        [0.5, 1.7],
        [0.3, 0.15],
        lighter(ash, 0.10),
        to="#453a4a",
        axis=((0, 0.24), (0, 0.56)),
        outline="#b8442c",
        width=0.004,
    )
    pen.ellipse((0.0, 0.335), 0.62, 0.055, "#a1909a", alpha=0.55, soft=0.06, fine=True)
    u = pen.rand("plates", 84).reshape(pen.batch, 1, 28, 3)
    for k in range(28):  # plates of cooled lava
        x, y = -1.5 + 3.0 * ((k * 0.618) % 1) + 0.1 * u[..., k, 0], 0.262 + 0.27 * (k / 28) ** 1.1
        w = 0.05 + 0.14 * (k / 28)
        tone = mix("#6f606c", "#50445a", u[..., k, 1])
        pen.polygon(
            [
                (x - w, y),
                (x - 0.5 * w, y - 0.16 * w),
                (x + 0.6 * w, y - 0.13 * w),
                (x + w, y + 0.03 * w),
                (x + 0.4 * w, y + 0.15 * w),
                (x - 0.6 * w, y + 0.13 * w),
            ],
            lighter(tone, 0.08),
            to=darker(tone, 0.2),
            alpha=0.5,
            round=0.002,
        )
    x, y, v = scatter(pen, "gravel", 120, y=(0.255, 0.56))
    pen.splats(x, y, 0.004 + 0.006 * v, 0.002 + 0.002 * v, "#3c3240", alpha=0.8)
    _cracks(pen, stage)
    for k, (bx, by, r) in enumerate(
        ((-0.80, 0.272, 0.085), (-0.60, 0.285, 0.045), (0.72, 0.270, 0.075), (0.90, 0.285, 0.10), (0.54, 0.268, 0.030))
    ):
        shift = 0.08 * (pen.rand(f"rock {k}")[..., 0] - 0.5)
        rock(pen, bx + shift, by, r, "#5d4f5e", top=lighter("#7a6975", 0.1), flip=1.0 if k % 2 else -1.0)


def _cracks(pen: Pen, stage: Stage) -> None:
    """Fissures at both sides that glow from within."""
    for s, y, long in ((-1, 0.40, 0.36), (1, 0.415, 0.40), (-1, 0.315, 0.26), (1, 0.322, 0.22)):
        u = pen.rand(f"crack {s} {y}", 6)
        x = s * (0.46 + 0.5 * (0.42 - y) + 0.08 * (u[..., 5] - 0.5))
        line = [(x + s * long * k / 4, y + 0.030 * (u[..., k] - 0.5) + 0.008 * k) for k in range(5)]
        pen.chain(line, [0.014] * 5, "#ff4a1a", alpha=0.35 + 0.2 * stage.light.night, soft=0.03, glow=True, emit=True)
        pen.chain(line, [0.002, 0.0055, 0.0045, 0.006, 0.004], "#ff7a2a", emit=True, outline="#3a1c24", width=0.003)
        pen.chain(line, [0.0005, 0.002, 0.0016, 0.0024, 0.0015], LAVA[2], emit=True)


def foreground(pen: Pen, stage: Stage) -> None:
    pen.still(1.2, depth=1.5)
    for x, y, r, flip in (
        (-1.02, 0.56, 0.24, 1.0),
        (-0.72, 0.56, 0.12, -1.0),
        (1.0, 0.565, 0.26, -1.0),
        (0.70, 0.56, 0.10, 1.0),
    ):
        rock(pen, x, y, r, "#3f3543", top="#5a4c5a", flip=flip, tall=0.72)
