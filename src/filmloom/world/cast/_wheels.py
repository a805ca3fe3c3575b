"""What car and bus share: wheels that roll as far as the body travels, lamps, exhaust."""

from __future__ import annotations

import numpy as np

from filmloom.world.pen import Pen, Point, smooth
from filmloom.world.stage import Actor


def wheel(pen: Pen, actor: Actor, centre: Point, radius: float, name: str) -> None:
    turned = np.where(actor.speed > 0, actor.speed * actor.t / radius, 2.6 * actor.cycle * (actor.action == "drive"))
    pen.ellipse(centre, radius, None, "#2a2a33", to="#14141a", outline="#0d0d12", width=0.012)
    pen.ellipse(centre, radius * 0.62, None, "#c9ced6", to="#8f97a3", outline="#4a4e58", width=0.010)
    with pen.at(*centre, angle=-np.degrees(turned)):
        for angle in (0.0, 1.571):
            dx, dy = radius * 0.56 * np.cos(angle), radius * 0.56 * np.sin(angle)
            pen.capsule((-dx, -dy), (dx, dy), radius * 0.10, None, "#5a606c")
    pen.ellipse(centre, radius * 0.18, None, "#f2f4f7")
    pen.joint(name, centre)


def exhaust(pen: Pen, actor: Actor, at: Point) -> None:
    """Three puffs that grow and fade behind."""
    for i in range(3):
        u = np.mod(0.9 * actor.t + i / 3, 1.0)
        pen.ellipse(
            (at[0] - (0.10 + 0.45 * u), at[1] - 0.14 * u),
            0.04 + 0.10 * u,
            0.035 + 0.08 * u,
            "#eceff4",
            alpha=0.55 * (1 - u) * smooth(4 * u),
            soft=0.05,
            valid=False,
            fine=True,
        )


def breeze(pen: Pen, actor: Actor, left: float, heights: tuple[float, ...]) -> None:
    """Streaks of speed behind a driving body."""
    for i, y in enumerate(heights):
        u = np.mod(1.3 * actor.t + 0.37 * i, 1.0)
        x = left - 0.7 * u
        pen.capsule(
            (x, y),
            (x - 0.28, y),
            0.010,
            0.004,
            "#ffffff",
            alpha=0.55 * np.sin(np.pi * u) * (actor.speed > 0),
            fine=True,
            valid=False,
            soft=0.01,
        )


def beams(pen: Pen, actor: Actor, lamp: Point, rear: Point, *, reach: float = 1.1) -> None:
    """At night: a pool of light ahead and a red glow behind."""
    if actor.stage.night:
        cone = [
            (lamp[0], lamp[1] - 0.03),
            (lamp[0] + reach, lamp[1] - 0.05),
            (lamp[0] + reach, 0.02),
            (lamp[0], lamp[1] + 0.05),
        ]
        pen.polygon(
            cone,
            "#ffe9a8",
            to="#000000",
            axis=(lamp, (lamp[0] + reach, lamp[1])),
            alpha=0.55,
            soft=0.12,
            glow=True,
            emit=True,
        )
        pen.glow(lamp, 0.28, "#fff0b8", 0.9)
        pen.glow(rear, 0.22, "#ff4a3d", 0.8)
