"""The open sea under a wide sky: islands, gulls, a path of light."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, mix, wave
from filmloom.world.places._water import glitter, tones, water
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="sea",
    surface=(0.16, 0.26),
)
HORIZON = 0.09


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, HORIZON)
    pen.still(0.06)
    island = {"sunset": "#7a3f86", "night": "#30366e"}.get(stage.time, "#8fb0d2")
    u = pen.rand("islands", 4)
    pen.hills(
        HORIZON - 0.006,
        [0.02, 0.012],
        [0.5, 1.1],
        np.stack([u[..., 0], u[..., 1]], -1),
        mix(island, stage.light.low, 0.15),
        emit=True,
    )
    water(pen, stage, HORIZON)
    glitter(pen, stage, HORIZON)
    if not stage.night:
        _gulls(pen, stage)


def _gulls(pen: Pen, stage: Stage) -> None:
    pen.moving(0.3, depth=60, valid=False)
    ink = "#ffffff" if stage.time in ("dawn", "morning", "noon") and stage.light.cover < 0.6 else "#37284f"
    u = pen.rand("gulls", 12).reshape(pen.batch, 1, 4, 3)
    for k in range(4):
        x = -0.1 + 0.16 * k + 0.10 * u[..., k, 0] + 0.02 * pen.t
        y = -0.26 + 0.14 * u[..., k, 1] + 0.008 * wave(0.3 * pen.t + u[..., k, 2])
        lift = 0.010 * wave(0.9 * pen.t + u[..., k, 2])
        span = 0.024 + 0.010 * u[..., k, 2]
        pen.chain(
            [(x - span, y - 0.006 - lift), (x, y), (x + span, y - 0.006 - lift)],
            [0.0008, 0.0032, 0.0008],
            ink,
            emit=True,
        )


def foreground(pen: Pen, stage: Stage) -> None:
    """A low swell that passes before the keel."""
    _, close = tones(stage)
    pen.moving(1.15, depth=1.5)
    phase = np.stack([-0.10 * pen.t, 0.17 * pen.t], -1)
    pen.hills(
        0.44 + 0.006 * wave(0.23 * pen.t),
        [0.014, 0.005],
        [0.8, 2.3],
        phase,
        mix(close, "#ffffff", 0.10),
        to=mix(close, "#0a1030", 0.15),
        axis=((0, 0.42), (0, 0.56)),
        outline=mix(close, "#ffffff", 0.45),
        width=0.003,
        alpha=0.8,
        emit=True,
    )
