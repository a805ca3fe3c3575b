"""A still lake below snowy peaks: firs on the far shore, the mountains' image in the water."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Number, Pen, darker, lighter, mix
from filmloom.world.places._plants import SEASONS, pine, seasonal, snowy
from filmloom.world.places._water import glitter, tones, water
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="mountain_lake",
    surface=(0.16, 0.26),
    seasons=SEASONS,
)
SHORE = 0.115
# firs, and larches that turn
FIRS = {
    "usual": ("#2f6b58", "#3d7d62"), "spring": ("#3f8a5c", "#7cc05f"), "summer": ("#1f6246", "#2f8048"),
    "autumn": ("#2f6b58", "#d49a35"), "winter": ("#35605a", "#476f68"),
}  # fmt: skip
PEAKS = (
    (-1.30, 0.36, 0.62),
    (-0.70, 0.50, 0.66),
    (-0.12, 0.33, 0.55),
    (0.40, 0.45, 0.62),
    (1.00, 0.55, 0.72),
    (1.55, 0.36, 0.6),
)  # x, height, width


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, SHORE)
    u = pen.rand("peaks", 12).reshape(pen.batch, 1, 6, 2)
    peaks = [(x + 0.16 * (u[..., k, 0] - 0.5), h * (0.8 + 0.3 * u[..., k, 1]), w) for k, (x, h, w) in enumerate(PEAKS)]
    pen.still(0.1)
    pen.hills(SHORE - 0.10, [0.05, 0.03], [0.7, 1.7], [0.1, 0.7], "#a9bfdc")
    for k in (0, 2, 5, 3, 1, 4):
        _peak(pen, *peaks[k])
    pen.still(0.25)
    pen.hills(
        SHORE - 0.022, [0.018, 0.008], [0.6, 1.9], [0.3, 0.6], snowy("#6fa077", stage), to=snowy("#4d8266", stage)
    )
    pen.still(0.35)
    _firs(pen, stage)
    water(pen, stage, SHORE, calm=2.2)
    _image(pen, stage, peaks)
    glitter(pen, stage, SHORE, num=90)


def _peak(pen: Pen, x: Number, h: Number, w: Number) -> None:
    """A mountain of two faces with a ragged snow cap."""
    top, foot, half = SHORE - h, SHORE + 0.01, w / 2
    side = 1.0 if pen.light_dir[0] < 0 else -1.0
    rock = ("#7f98cf", "#475c9c")
    pen.polygon(
        [
            (x - half, foot),
            (x - 0.42 * half, top + 0.47 * h),
            (x, top),
            (x + 0.45 * half, top + 0.5 * h),
            (x + half, foot),
        ],
        rock[0],
        to="#92b0d6",
    )
    ridge = [
        (x, top),
        (x + 0.07 * half * side, top + 0.3 * h),
        (x - 0.05 * half * side, top + 0.6 * h),
        (x + 0.12 * half * side, foot),
        (x + half * side, foot),
        (x + 0.45 * half * side, top + 0.5 * h),
    ]
    pen.polygon(ridge, rock[1], to="#6f88be")
    cut = [(-0.36, 0.40), (-0.20, 0.34), (-0.12, 0.47), (0.02, 0.36), (0.12, 0.50), (0.22, 0.37), (0.36, 0.40)]
    cap = [(x, top)] + [(x - a * half, top + b * h) for a, b in cut]
    pen.polygon(cap, "#ffffff", to="#e3ecf8", outline="#7488ad", width=0.002)
    shade = [
        (x, top),
        (x + 0.06 * half * side, top + 0.36 * h),
        (x + 0.14 * half * side, top + 0.48 * h),
        (x + 0.22 * half * side, top + 0.37 * h),
        (x + 0.35 * half * side, top + 0.40 * h),
    ]
    pen.polygon(shade, "#b4c6e3")


def _firs(pen: Pen, stage: Stage) -> None:
    num = 24
    greens = FIRS.get(stage.season, FIRS["usual"])
    u = pen.rand("firs", 2 * num).reshape(pen.batch, 1, num, 2)
    for k in range(num):
        x = -1.65 + 3.3 * (k + 0.7 * u[..., k, 0]) / num
        tall = (0.055 + 0.075 * u[..., k, 1]) * (1.0 + 0.9 * np.abs(x) ** 1.5)
        pine(pen, x, SHORE + 0.004, tall, greens[k % 2], snow=stage.weather == "snow", tiers=2)
    bank = snowy("#7f9a5c", stage)
    pen.box((0, SHORE + 0.003), 9, 0.008, bank, to=darker(bank, 0.4))


def _image(pen: Pen, stage: Stage, peaks: list) -> None:
    """The mountains upside down, soft and blue, then streaks that break them."""
    far, close = tones(stage)
    pen.still(0.3, depth=39)
    for x, h, w in peaks:
        tall, half = 0.55 * h, w / 2
        pen.polygon(
            [(x - half, SHORE + 0.01), (x + half, SHORE + 0.01), (x, SHORE + tall)],
            mix("#6f86b0", far, 0.35),
            alpha=0.32,
            soft=0.03,
            fine=True,
        )
        pen.polygon(
            [(x - 0.34 * half, SHORE + 0.66 * tall), (x + 0.34 * half, SHORE + 0.66 * tall), (x, SHORE + tall)],
            "#ffffff",
            alpha=0.30,
            soft=0.03,
            fine=True,
        )
    pen.box((0, SHORE + 0.022), 9, 0.036, mix("#2f6b58", close, 0.35), alpha=0.5, soft=0.03, fine=True)
    u = pen.rand("streaks", 120).reshape(pen.batch, 1, 40, 3)
    pen.splats(
        (u[..., 0] - 0.5) * 3.2,
        SHORE + 0.02 + 0.3 * u[..., 1],
        0.03 + 0.09 * u[..., 2],
        0.0012,
        lighter(far, 0.4),
        alpha=0.4,
        emit=True,
    )


def foreground(pen: Pen, stage: Stage) -> None:
    """Reeds and stones of the near bank."""
    pen.still(1.2, depth=1.5)
    bank = snowy("#6f9a52", stage)
    for x, r in ((-1.2, 0.5), (1.25, 0.55)):
        pen.ellipse((x, 0.58), r, 0.13, lighter(bank, 0.12), to=darker(bank, 0.35), outline=True, width=0.003)
    for x, y, r in ((-0.70, 0.50, 0.040), (-0.62, 0.515, 0.026), (0.72, 0.505, 0.036), (0.80, 0.49, 0.05)):
        pen.ellipse((x, y), r, 0.55 * r, snowy("#a9aeb5", stage, 0.8), to="#6d7480", outline=True, width=0.003)
    pen.still(1.2, depth=1.45)
    u = pen.rand("reeds", 18)
    for k in range(18):
        x = (-0.88 + 0.021 * k) if k < 9 else (0.68 + 0.022 * (k - 9))
        tall, lean = 0.10 + 0.09 * u[..., k], 0.03 * (u[..., k] * 7 % 1 - 0.4)
        pen.chain(
            [(x, 0.55), (x + 0.4 * lean, 0.52 - 0.5 * tall), (x + lean, 0.52 - tall)],
            [0.0032, 0.0026, 0.0008],
            seasonal(("#5f9a4a", "#86b85c", "#4b8348")[k % 3], stage),
        )
        if k % 3 == 0:
            pen.capsule((x + lean, 0.52 - tall), (x + 0.9 * lean, 0.55 - tall), 0.0055, None, "#7a4f33")
