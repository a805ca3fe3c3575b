"""Feet in motion, for two legs and four."""

from __future__ import annotations

import numpy as np

from filmloom.world.pen import Number, Point, smooth
from filmloom.world.stage import Actor


def step(actor: Actor, offset: float, *, share: float, swing: float, kick: float = 0.0, raise_: float = 0.06) -> Point:
    """One foot of a gait, relative to where it stands at rest; it lands where cycle + `offset` is whole.

    `share`: of the cycle on the ground, where it moves backward exactly as fast as the body moves forward
    (on the spot: `swing` each way). In the air it lifts `raise_`, throws `kick` behind and reaches ahead."""
    half = np.where(actor.speed > 0, actor.speed * share / (2 * actor.rate), swing)
    u = np.mod(actor.cycle + offset, 1.0)
    air = np.clip((u - share) / (1 - share), 0, 1)
    arch = np.sin(np.pi * air)
    flying = -half + 2 * half * smooth(air) + swing * arch * (2 * air - 1) * 1.2 - kick * arch * (1 - air)
    return np.where(u < share, half * (1 - 2 * u / share), flying), -raise_ * arch * (1.25 - air)


def leap(cycle: Number) -> tuple[np.ndarray, np.ndarray]:
    """(height 0..1, crouch 0..1) of a jump that lands as the cycle ends: crouch, spring, arc, land."""
    u = np.mod(cycle, 1.0)
    air = np.clip((u - 0.32) / 0.68, 0, 1)
    crouch = np.where(u < 0.32, np.sin(np.pi * np.clip(u / 0.32, 0, 1)), 0.0)
    return 4 * air * (1 - air), crouch
