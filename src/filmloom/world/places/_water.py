"""Open water: a graded surface, moving swells, glitter under sun or moon."""

from __future__ import annotations

import numpy as np

from filmloom.world.pen import Pen, colour_of, lighter, mix, wave
from filmloom.world.stage import Stage

# colour at the horizon and at our feet, before ambient light
WATER = {
    "dawn": ("#e6c3cc", "#6d84b4"),
    "dusk": ("#8a86c0", "#2f3f80"),
    "morning": ("#a8d8e6", "#2f86b4"),
    "noon": ("#7cc9ea", "#1672b8"),
    "sunset": ("#f79a70", "#433470"),
    "night": ("#39407f", "#0d1440"),
}


def tones(stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """Far and near colour of the water, greyed under a covered sky; already lit (paint with `emit`)."""
    far, close = WATER[stage.time]
    grey = 0.55 * max(0.0, stage.light.cover - 0.35) / 0.65
    return mix(far, stage.light.low, 0.25 + grey), mix(close, mix(stage.light.middle, "#2a3a50", 0.6), grey)


def water(pen: Pen, stage: Stage, top: float, bottom: float = 0.62, *, calm: float = 1.0) -> None:
    """The surface from the horizon `top` down: gradient, three swells, fine ripples. `calm` > 1 flattens the swells."""
    far, close = tones(stage)
    pen.still(0.25, depth=40)
    pen.box((0, (top + 1.4) / 2), 9, 1.4 - top, far, to=close, axis=((0, top), (0, bottom)), emit=True)
    pen.box((0, top + 0.002), 9, 0.005, lighter(far, 0.35), alpha=0.6, emit=True, fine=True)
    for k, (part, parallax) in enumerate(((0.14, 0.4), (0.36, 0.65), (0.66, 0.95))):
        y = top + (bottom - top) * part
        body = mix(far, close, part + 0.14)
        pen.moving(parallax, depth=20 - 4 * k)
        high = 0.0045 * (1 + 1.6 * part) / calm
        phase = np.stack([0.05 * pen.t * (1 + k) + 0.3 * k, -0.11 * pen.t + 0.7 * k], -1)
        pen.hills(
            y + 0.003 * wave(0.2 * pen.t, 0.3 * k),
            [high, 0.45 * high],
            [1.7 - 0.4 * k, 4.3 - 0.9 * k],
            phase,
            lighter(body, 0.10),
            to=mix(far, close, min(1, part + 0.42)),
            axis=((0, y - 0.01), (0, y + 0.15)),
            outline=lighter(body, 0.42),
            width=0.0012 + 0.002 * part,
            alpha=0.72,
            emit=True,
        )
    _ripples(pen, stage, top, bottom)


def _ripples(pen: Pen, stage: Stage, top: float, bottom: float) -> None:
    num = 110
    u = pen.rand("ripples", 4 * num).reshape(pen.batch, 1, num, 4)
    depth = u[..., 1] ** 1.7
    x = (u[..., 0] - 0.5) * 3.0 + 0.012 * wave(u[..., 2] + 0.12 * pen.t[..., None])
    y = top + 0.006 + (bottom - top) * depth
    shine = 0.5 + 0.5 * wave(u[..., 3] + 0.45 * pen.t[..., None])
    far, close = tones(stage)
    pen.splats(
        x,
        y,
        (0.010 + 0.055 * depth) * (0.5 + u[..., 2]),
        0.0007 + 0.0030 * depth,
        lighter(mix(far, close, 0.3), 0.35),
        alpha=0.6 * shine,
        emit=True,
    )


def glitter(pen: Pen, stage: Stage, top: float, bottom: float = 0.55, *, num: int = 150) -> None:
    """The path of light under the sun or moon: flecks that come and go, wider towards us."""
    light = stage.light
    if light.cover > 0.6:
        return
    strength = 1.0 if light.night > 0 else 0.75
    pen.moving(0.15, depth=30, valid=False)
    if light.night > 0:
        pen.ellipse(
            (light.sun[0], top + 0.16), 0.07, 0.16, light.sun_colour, alpha=0.30, soft=0.16, emit=True, fine=True
        )
    u = pen.rand("glitter", 4 * num).reshape(pen.batch, 1, num, 4)
    t = pen.t[..., None]
    depth = u[..., 0] ** 1.25
    spread = 0.06 + 0.15 * depth
    x = light.sun[0] + spread * (u[..., 1] + u[..., 2] - 1) + 0.006 * wave(u[..., 3] + 0.3 * t)
    y = top + 0.004 + (bottom - top) * depth
    shine = np.clip(1.6 * wave(u[..., 3] * 7 + (0.5 + 0.5 * u[..., 1]) * t), 0, 1)
    pen.splats(
        x,
        y,
        0.006 + 0.016 * depth,
        0.0012 + 0.0032 * depth,
        lighter(colour_of(light.sun_colour), 0.3),
        alpha=strength * shine,
        emit=True,
    )
