"""Houses, towers and street lamps, by day and by night."""

from __future__ import annotations

import numpy as np

from filmloom.world.pen import Number, Pen, darker, lighter, mix
from filmloom.world.places._plants import snowy
from filmloom.world.stage import Stage

# panes by day
GLASS = {"dawn": "#d3cbe0", "morning": "#bfe0f2", "noon": "#a9d8f5", "sunset": "#8d86b5", "dusk": "#5d62a0"}


def skyline(
    pen: Pen, stage: Stage, key: str, *, num: int, foot: float, low: float, high: float, colour: str, panes: bool = True
) -> None:
    """A row of towers standing at y = `foot`, each its own width, height, roof and tint; windows lit at night."""
    u = pen.rand(key, 5 * num).reshape(pen.batch, 1, num, 5)
    step = 3.4 / num
    for k in range(num):
        x, w = -1.7 + step * (k + 0.5 + 0.25 * (u[..., k, 0] - 0.5)), step * (0.72 + 0.3 * u[..., k, 1])
        h = low + (high - low) * np.maximum(u[..., k, 2], 0.75 * u[..., (k * 7 + 3) % num, 3] if k % 3 == 0 else 0.0)
        tint = mix(
            colour,
            ("#d9877a", "#7fa8dc", "#efd3a0", "#8fc0b0")[k % 4],
            0.48 * (1 - 0.55 * stage.light.night) * (1 if panes else 0.3),
        )
        tower(pen, stage, x, foot, w, h, tint, roof=k % 4, panes=panes, seed=u[..., k, 4] * 50)


def tower(
    pen: Pen,
    stage: Stage,
    x: Number,
    foot: float,
    w: Number,
    h: Number,
    colour,
    *,
    roof: int,
    panes: bool,
    seed: Number,
) -> None:
    top = foot - h
    pen.box(
        (x, foot - h / 2 + 0.02),
        w,
        h + 0.04,
        lighter(colour, 0.10),
        to=darker(colour, 0.22),
        axis=((x - w / 2, top), (x + w / 2, foot)),
    )
    if roof == 0:
        pen.capsule((x + 0.2 * w, top), (x + 0.2 * w, top - 0.06), 0.0025, 0.0012, darker(colour, 0.4))
        if stage.night:
            pen.glow((x + 0.2 * w, top - 0.06), 0.022, "#ff4040", 0.8)
    elif roof == 1:
        pen.box((x, top - 0.012), w * 0.55, 0.03, darker(colour, 0.12))
    elif roof == 2:
        pen.box((x, top + 0.005), w * 1.06, 0.012, snowy(darker(colour, 0.3), stage, 0.9))
    if not panes:
        return
    grid = dict(cell=(0.0225, 0.034), pane=(0.0125, 0.0185))
    inner_w, inner_h = w - 0.018, h - 0.03
    if stage.night:
        pen.windows((x, foot - h / 2), inner_w, inner_h, "#ffd27a", lit=0.34, key=seed, emit=True, **grid)
        pen.windows(
            (x, foot - h / 2), inner_w, inner_h, "#8fd8ef", lit=0.16, key=seed + 7, emit=True, alpha=0.9, **grid
        )
    else:
        glass = GLASS[stage.time]
        pen.windows((x, foot - h / 2), inner_w, inner_h, glass, lit=1.01, key=seed, alpha=0.8, **grid)
        if stage.time == "sunset":
            pen.windows((x, foot - h / 2), inner_w, inner_h, "#ffd98f", lit=0.3, key=seed + 3, emit=True, **grid)


def lamp(pen: Pen, stage: Stage, x: Number, foot: float, tall: float, *, colour="#3a3d4c") -> None:
    """A street lamp that leans over the road; at dusk and night it shines."""
    head = foot - tall
    pen.chain(
        [(x, foot), (x, head + 0.03), (x + 0.03, head + 0.005), (x + 0.075, head)],
        [0.008, 0.005, 0.0045, 0.004],
        colour,
    )
    pen.box((x + 0.082, head + 0.004), 0.052, 0.016, darker(colour, 0.3), round=0.006)
    if stage.light.night > 0.1:
        strength = 1.0 if stage.night else 0.45
        pen.ellipse((x + 0.082, head + 0.010), 0.024, 0.008, "#fff6d8", emit=True)
        pen.glow((x + 0.082, head + 0.010), 0.22, "#ffa544", 0.36 * strength)
        pen.glow((x + 0.082, head + 0.012), 0.07, "#ffd080", 0.55 * strength)


def house(
    pen: Pen,
    stage: Stage,
    x: Number,
    foot: float,
    w: float,
    h: float,
    wall,
    roof,
    *,
    flip: float = 1.0,
    chimney: bool = True,
) -> None:
    """A cottage with a pitched roof seen from its long side: door, two windows, chimney."""
    ink = dict(outline=True, width=0.004)
    with pen.at(x, foot, flip=flip):
        if chimney:
            pen.box((0.27 * w, -h * 1.58), 0.10 * w, 0.46 * h, "#a8664f", to="#7d4a3e", **ink)
            pen.box((0.27 * w, -h * 1.80), 0.13 * w, 0.06 * h, snowy("#8a5343", stage, 0.9), **ink)
        pen.box((0, -h / 2), w, h, lighter(wall, 0.15), to=darker(wall, 0.14), **ink)
        pen.box((0, -0.05 * h), w * 1.02, 0.10 * h, "#a39b92", to="#7f7872")
        eaves = [(-0.58 * w, -0.94 * h), (0.58 * w, -0.94 * h), (0.42 * w, -1.62 * h), (-0.42 * w, -1.62 * h)]
        pen.polygon(
            eaves, snowy(lighter(roof, 0.16), stage, 0.9), to=snowy(darker(roof, 0.22), stage, 0.75), round=0.004, **ink
        )
        for k in range(1, 4):
            y, half = -0.94 * h - 0.17 * h * k, (0.58 - 0.04 * k) * w
            pen.capsule((-half, y), (half, y), 0.0016, None, darker(roof, 0.45), alpha=0.28, fine=True)
        _door(pen, w, h)
        for at in (-0.28, 0.31):
            _window(pen, stage, at * w, -0.56 * h, 0.21 * w, 0.36 * h)


def _door(pen: Pen, w: float, h: float) -> None:
    pen.box((0.02 * w, -0.31 * h), 0.17 * w, 0.62 * h, "#8d5a3b", to="#6a412d", round=0.004, outline=True, width=0.003)
    pen.ellipse((0.07 * w, -0.30 * h), 0.008 * w, None, "#f3d58a", fine=True)


def _window(pen: Pen, stage: Stage, x: float, y: float, w: float, h: float) -> None:
    lit = stage.light.night > 0.1
    pen.box((x, y), w * 1.16, h * 1.14, "#fbf3e4", round=0.002, outline=True, width=0.003)
    pen.box((x, y), w, h, "#ffe6a0" if lit else "#a9d6ee", to="#ffbe63" if lit else "#6fa8cf", emit=lit)
    pen.box((x, y), 0.007, h, "#fbf3e4")
    pen.box((x, y), w, 0.007, "#fbf3e4")
    if stage.night:
        pen.glow((x, y), 0.13, "#ffa044", 0.30)


def shop(pen: Pen, stage: Stage, x: Number, foot: float, w: float, h: float, wall, awning) -> None:
    """A shop front: show window, door, striped awning, sign."""
    lit = stage.light.night > 0.1
    with pen.at(x, foot):
        pen.box((0, -h / 2), w, h, lighter(wall, 0.12), to=darker(wall, 0.18))
        pen.box((0, -h), w * 1.03, 0.012, snowy(darker(wall, 0.3), stage, 0.9))
        glass = ("#ffe9ac", "#ffc46a") if lit else ("#cdeaf6", "#86b6d6")
        pen.box(
            (-0.10 * w, -0.31 * h),
            0.62 * w,
            0.44 * h,
            glass[0],
            to=glass[1],
            emit=lit,
            outline=darker(wall, 0.6),
            width=0.003,
        )
        pen.box((0.36 * w, -0.28 * h), 0.16 * w, 0.56 * h, darker(awning, 0.35), outline=darker(wall, 0.6), width=0.003)
        pen.box(
            (-0.02 * w, -0.80 * h),
            0.5 * w,
            0.15 * h,
            "#fff3d6" if not stage.night else awning,
            round=0.004,
            emit=stage.night,
        )
        half, top, low = 0.49 * w, -0.68 * h, -0.50 * h
        pen.polygon(
            [(-half, top), (half, top), (half * 1.04, low), (-half * 1.04, low)],
            snowy(awning, stage, 0.6),
            to=darker(awning, 0.2),
        )
        middle, tall = (0, (top + low) / 2), low - top
        pen.windows(middle, 0.98 * w, tall, "#fff6e6", cell=(0.14 * w, tall), pane=(0.07 * w, tall), lit=1.01)
        if stage.night:
            pen.fill(
                pen.ellipse_shape((-0.10 * w, -0.22 * h), 0.34 * w, 0.22 * h),
                "#ffa94e",
                alpha=0.30,
                soft=0.10,
                glow=True,
                emit=True,
            )
