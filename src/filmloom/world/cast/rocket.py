"""A stout rocket: it launches on flame and smoke, lands on them, or hovers."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import SubjectCard
from filmloom.world.cast._ink import edge, ink
from filmloom.world.pen import Number, Pen, darker, lighter, mix, smooth, wave
from filmloom.world.stage import Actor

CARD = SubjectCard(
    kind="rocket",
    actions=("launch", "land", "hover"),
    settings=("city", "desert", "farm", "meadow", "moon", "sea", "volcano"),
    station="ground",
    size=0.46,
    width=0.7,
    weight=1.0,
    reach={"hover": (1.38, 0.0), "land": (1.74, 0.07), "launch": (1.74, 0.07)},
)
# the hull's right side, nose to tail
HULL = (
    (0.016, -1.0),
    (0.045, -0.975),
    (0.078, -0.92),
    (0.108, -0.85),
    (0.135, -0.77),
    (0.155, -0.67),
    (0.165, -0.54),
    (0.158, -0.36),
    (0.130, -0.16),
)


def draw(pen: Pen, actor: Actor) -> None:
    high, thrust = _flight(actor)
    shake = 0.006 * wave(9 * actor.t) * thrust * np.clip(1 - high, 0, 1)
    pen.shadow(0, 0, 0.26 * np.clip(1 - 0.45 * high, 0.2, 1), 0.04, 0.34 * np.clip(1 - 0.5 * high, 0, 1))
    if actor.stage.setting == "sea":
        _pad(pen)
    _smoke(pen, actor, high, thrust)
    with pen.at(shake, -high, angle=1.2 * wave(0.6 * actor.t) * np.clip(high, 0, 1)):
        _flame(pen, actor, thrust, high)
        _ship(pen, actor)
    if actor.action != "hover":
        _smoke(pen, actor, high, thrust, near=True)


def _flight(actor: Actor) -> tuple[Number, Number]:
    """(height of the tail above the ground in own heights, thrust 0..1)."""
    p = actor.progress
    if actor.action == "launch":
        return 2.2 * np.clip((p - 0.14) / 0.86, 0, 1) ** 2.0, smooth(p / 0.08 + 0.25)
    if actor.action == "land":
        return 1.9 * np.clip(1 - p / 0.8, 0, 1) ** 1.8, smooth((0.86 - p) / 0.08)
    return 0.34 + 0.045 * wave(0.45 * actor.t, 0.1), 0.72 + 0.05 * wave(3 * actor.t)


def _pad(pen: Pen) -> None:
    """A floating platform."""
    pen.ellipse((0, 0.085), 0.60, 0.030, "#ffffff", alpha=0.5, soft=0.02, valid=False)
    pen.polygon(
        [(-0.50, 0.02), (0.50, 0.02), (0.43, 0.10), (-0.43, 0.10)], "#6b7185", **ink("#6b7185", 0.009, 0.4, 0.03)
    )
    pen.ellipse((0, 0.015), 0.51, 0.040, "#9aa1b3", to="#7f869a", **ink("#8a90a2", 0.008, 0.0, 0.02))


def _smoke(pen: Pen, actor: Actor, high: Number, thrust: Number, near: bool = False) -> None:
    """Puffs that roll outward along the ground while the flame is near it, lit warm from within."""
    grey, warm = ("#a89bb0", "#f0c089") if actor.stage.night else ("#f1eef2", "#ffdca6")
    reach = np.clip(1.5 - np.asarray(high), 0, 1) if actor.action != "launch" else 1.0
    burning = smooth(np.asarray(actor.t) / 0.5) if actor.action != "land" else smooth(actor.progress * 3 - 0.6)
    strength = (0.55 if actor.action == "hover" else 0.95) * reach * burning
    num = 5 if near else 10
    spread = actor.rand("near smoke" if near else "smoke", 2 * num)
    for i in range(num):
        u = np.mod(0.42 * actor.t + i / num + 0.15 * spread[..., 2 * i], 1.0)
        side = -1.0 if i % 2 else 1.0
        wide = (0.85 + 0.6 * spread[..., 2 * i + 1]) * (0.6 if actor.action == "hover" else 1.0)
        x = side * (0.05 + wide * u**0.75) * (0.6 if near else 1.0)
        size = (0.085 + 0.21 * u**0.7) * (0.6 if near else 1.0)
        y = 0.015 * near - size * 0.55 - 0.10 * u * u * (not near)
        colour = mix(warm, grey, smooth(1.6 * u))
        alpha = strength * smooth(6 * u) * (1 - u) ** 0.55
        pen.ellipse(
            (x, y),
            size,
            size * 0.85,
            colour,
            to=darker(grey, 0.25),
            alpha=alpha,
            soft=size * 0.22,
            shade=0.2,
            shade_size=0.05,
            emit=actor.stage.night,
            valid=False,
        )


def _flame(pen: Pen, actor: Actor, thrust: Number, high: Number) -> None:
    """Three tongues, squashed while the ground is near."""
    flicker = 1 + 0.12 * wave(7.3 * actor.t) + 0.08 * wave(11.1 * actor.t, 0.3)
    long = thrust * flicker * (0.52 if actor.action == "launch" else 0.38 if actor.action == "land" else 0.27)
    long, on = np.minimum(long, np.asarray(high) + 0.13), np.clip(thrust * 3, 0, 1)
    pen.glow((0, 0.05), 0.30 + 0.45 * thrust, "#ffb45a", 0.75 * on)
    for wide, share, colour, tip in (
        (0.092, 1.0, "#ff9a3d", "#f2542d"),
        (0.064, 0.72, "#ffd75e", "#ffab2e"),
        (0.036, 0.45, "#fffbe8", "#fff0a8"),
    ):
        pen.capsule(
            (0, -0.10),
            (0.012 * wave(5 * actor.t) * share, -0.06 + long * share),
            wide,
            0.012,
            colour,
            to=tip,
            alpha=on,
            soft=0.02,
            emit=True,
            valid=False,
        )


def _ship(pen: Pen, actor: Actor) -> None:
    colour = actor.colour
    fin = darker(colour, 0.28)
    pen.polygon(
        [(-0.085, -0.17), (0.085, -0.17), (0.11, -0.075), (-0.11, -0.075)],
        "#5d6072",
        round=0.008,
        **ink("#5d6072", 0.009, 0.4, 0.03),
    )
    for sign in (-1, 1):
        side = [
            (0.13, -0.40),
            (0.215, -0.315),
            (0.27, -0.22),
            (0.298, -0.11),
            (0.290, -0.02),
            (0.255, -0.025),
            (0.12, -0.17),
        ]
        pen.polygon([(sign * x, y) for x, y in side], fin, **ink(fin, 0.010, 0.35, 0.03))
    outline = [(-x, y) for x, y in reversed(HULL)] + list(HULL)
    hull = pen.polygon_shape(outline, 0.012)
    pen.fill(
        hull,
        lighter(colour, 0.10),
        to=darker(colour, 0.18),
        axis=((-0.12, 0), (0.17, 0)),
        **ink(colour, 0.012, 0.5, 0.06),
    )
    nose, band = "#f8f5ee", mix(colour, "#fffaf0", 0.86)
    with pen.inside(hull):
        pen.box((0, -0.93), 0.5, 0.26, nose, to="#cfcbd8", axis=((-0.10, 0), (0.12, 0)))
        pen.box((0, -0.797), 0.5, 0.022, edge(colour), alpha=0.8)
        pen.box((0, -0.30), 0.5, 0.055, band, to=darker(band, 0.2), axis=((-0.12, 0), (0.17, 0)))
        pen.capsule((-0.105, -0.72), (-0.118, -0.40), 0.012, 0.014, "#ffffff", alpha=0.6, soft=0.02, fine=True)
    for y, r in ((-0.635, 0.068), (-0.445, 0.042)):
        pen.ellipse((0, y), r, None, "#7fd0f2", to="#2f7fc0", outline="#474b5e", width=0.018)
        pen.ellipse((-r * 0.3, y - r * 0.35), r * 0.32, r * 0.22, "#ffffff", angle=30, alpha=0.85, fine=True)
    pen.polygon(
        [(-0.022, -0.34), (0.022, -0.34), (0.030, -0.03), (-0.030, -0.03)],
        fin,
        round=0.010,
        **ink(fin, 0.010, 0.3, 0.02),
    )
    for name, y in (("nose", -1.0), ("centre", -0.5), ("tail", -0.1)):
        pen.joint(name, (0.0, y))
