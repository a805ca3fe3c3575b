"""Plants shared by places: grass, flowers, crowns, trunks, pines, and how they sway."""

from __future__ import annotations

import numpy as np

from filmloom.world.pen import Frame, Number, Pen, Point, colour_of, darker, lighter, mix
from filmloom.world.stage import Stage


def swaying(pivot: Point, angle: Number) -> Frame:
    """The motion of a layer that turns by `angle` degrees around a point."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return Frame(pivot[0] - (pivot[0] * c + pivot[1] * s), pivot[1] - (pivot[1] * c - pivot[0] * s), angle=angle)


def snowy(colour, stage: Stage, amount: float = 0.84):
    """A ground or roof colour, dusted with snow when it snows."""
    return mix(colour, "#f8fbff", amount) if stage.weather == "snow" else colour_of(colour)


def scatter(
    pen: Pen, key: str, num: int, *, x: tuple[float, float] = (-1.6, 1.6), y: tuple[float, float] = (0.2, 0.56)
):
    """`num` random ground points and a third number in 0..1, each [B, 1, num]; denser towards the far edge `y[0]`."""
    u = pen.rand(key, 3 * num).reshape(pen.batch, 1, num, 3)
    return x[0] + (x[1] - x[0]) * u[..., 0], y[0] + (y[1] - y[0]) * u[..., 1] ** 1.5, u[..., 2]


def near(y: np.ndarray, far: float = 0.12) -> np.ndarray:
    """How large things look at ground height `y`: 1 where subjects stand."""
    return np.clip((y - far) / (0.33 - far), 0.25, 2.2)


def grass(
    pen: Pen,
    key: str,
    num: int,
    colour,
    *,
    y: tuple[float, float] = (0.2, 0.56),
    tall: float = 0.011,
    alpha: float = 0.6,
) -> None:
    """Blades as thin strokes, larger when nearer."""
    x, y, u = scatter(pen, key, num, y=y)
    size = near(y)
    pen.splats(x, y, 0.0013 * size, tall * size * (0.6 + 0.8 * u), colour, angle=(u * 7 % 1 - 0.5) * 50, alpha=alpha)


def tufts(pen: Pen, key: str, num: int, colour, *, y: float = 0.5, tall: float = 0.05) -> None:
    """Clumps of long blades along the lower edge, in front of everything."""
    u = pen.rand(key, 2 * num).reshape(pen.batch, 1, num, 2)
    x = ((np.arange(num) + u[..., 0]) / num - 0.5) * 3.0
    for k, lean in enumerate((-24, -9, 8, 22)):
        height = tall * (0.55 + 0.6 * ((u[..., 1] * (3 + k)) % 1))
        pen.splats(
            x + 0.010 * (k - 1.5),
            y + 0.01,
            0.0028,
            height,
            mix(colour, lighter(colour, 0.5), k / 5),
            angle=-lean,
            alpha=0.95,
        )


def flowers(pen: Pen, key: str, num: int, colours, *, y: tuple[float, float], size: float = 0.006) -> None:
    """Little five-petalled dots: petals in each colour, then hearts."""
    for i, colour in enumerate(colours):
        x, at, u = scatter(pen, f"{key} {i}", num, y=y)
        r = size * near(at) * (0.75 + 0.5 * u)
        for k in range(3):
            pen.splats(x, at, r, r * 0.45, colour, angle=60 * k + 40 * u)
        pen.splats(x, at, r * 0.32, r * 0.32, "#ffe27a" if i % 3 else "#fff6c8")


def crown(
    pen: Pen,
    key: str,
    centre: Point,
    w: Number,
    h: Number,
    colours,
    *,
    num: int = 22,
    puff: float = 0.30,
    back: int = 9,
) -> None:
    """A tree's crown: a dark mass under overlapping puffs, the lighter the higher and nearer to the light.

    `w`, `h`: half sizes; `puff`: size of a puff as a share of them."""
    dark, middle, light = colours
    u = pen.rand(key, 4 * num).reshape(pen.batch, 1, num, 4)
    around = [2 * np.pi * (k + 0.5) / back for k in range(back)]
    rim = [(centre[0] + 0.66 * w * np.cos(a), centre[1] + 0.60 * h * np.sin(a)) for a in around]
    mass = [pen.ellipse_shape(at, 0.40 * w, 0.44 * h) for at in rim]
    pen.union([*mass, pen.ellipse_shape(centre, 0.75 * w, 0.7 * h)], dark)
    for k in reversed(range(num)):
        r, a = 0.80 * np.sqrt((k + 0.5) / num), 2.39996 * k
        x, y = r * np.cos(a) + 0.16 * (u[..., k, 0] - 0.5), r * np.sin(a) + 0.16 * (u[..., k, 1] - 0.5)
        lit = np.clip(0.52 - 0.62 * y + 0.32 * x * pen.light_dir[0] + 0.5 * (u[..., k, 2] - 0.5), 0, 1)
        colour = mix(mix(dark, middle, np.clip(2 * lit, 0, 1)), light, np.clip(2 * lit - 1, 0, 1))
        size = puff * (0.75 + 0.5 * u[..., k, 3])
        pen.ellipse(
            (centre[0] + x * w, centre[1] + y * h),
            size * w,
            size * h * 1.12,
            lighter(colour, 0.22),
            to=colour,
            shade=0.16,
            shade_size=0.14 * size * w,
        )


def dots(
    pen: Pen, key: str, centre: Point, w: Number, h: Number, colour, *, num: int, size: float, alpha: float = 1.0
) -> None:
    """Blossoms or leaves strewn over a crown."""
    u = pen.rand(key, 4 * num).reshape(pen.batch, 1, num, 4)
    r, a = np.sqrt(u[..., 0]), 2 * np.pi * u[..., 1]
    x, y = centre[0] + np.asarray(w)[..., None] * r * np.cos(a), centre[1] + np.asarray(h)[..., None] * r * np.sin(a)
    big = size * (0.5 + u[..., 2])
    pen.splats(x, y, big, big * 0.7, colour, angle=360 * u[..., 3], alpha=alpha * (0.6 + 0.4 * u[..., 3]))


def small_tree(
    pen: Pen, key: str, x: Number, y: Number, tall: Number, colours, bark="#7a5240", *, num: int = 8
) -> None:
    """A whole round tree standing at (x, y)."""
    with pen.at(x, y, scale=tall):
        pen.chain(
            [(0, 0.0), (0.015, -0.25), (0.0, -0.5)],
            [0.05, 0.036, 0.03],
            bark,
            to=darker(bark, 0.4),
            axis=((-0.04, 0), (0.05, 0)),
        )
        crown(pen, key, (0.0, -0.64), 0.36, 0.35, colours, num=num, puff=0.42, back=4)


def far_pine(pen: Pen, x: Number, y: Number, tall: Number, green) -> None:
    """A fir too far for detail: one mark."""
    with pen.at(x, y, scale=tall):
        tiers = [((-0.32, -0.04), (0.32, -0.04), (0, -0.62)), ((-0.24, -0.36), (0.24, -0.36), (0, -1.0))]
        pen.union([pen.polygon_shape(t) for t in tiers], darker(green, 0.15), to=lighter(green, 0.2))


def pine(
    pen: Pen, x: Number, y: Number, tall: Number, green, *, snow: bool = False, tiers: int = 3, outline: bool = False
) -> None:
    """A fir of overlapping skirts, snow-capped if asked."""
    side = 1.0 if pen.light_dir[0] < 0 else -1.0
    with pen.at(x, y, scale=tall):
        pen.box((0, -0.06), 0.075, 0.16, "#6d4a38", to="#4a3028", axis=((-0.04 * side, 0), (0.04 * side, 0)))
        for k in range(tiers):
            w, base = 0.33 - 0.085 * k * 3 / tiers, -0.12 - 0.27 * k * 3 / tiers
            top = base - 0.40
            skirt = [
                (-w, base),
                (-0.5 * w, base + 0.035),
                (0, base + 0.045),
                (0.5 * w, base + 0.035),
                (w, base),
                (0, top),
            ]
            pen.polygon(
                skirt,
                lighter(green, 0.16),
                to=darker(green, 0.30),
                axis=((-w * side, base), (w * side, base)),
                outline=darker(green, 0.6) if outline else None,
                width=0.008,
            )
            if snow:
                d = base - top
                cap = [
                    (0, top - 0.006),
                    (0.56 * w, top + 0.56 * d),
                    (0.30 * w, top + 0.50 * d),
                    (0.14 * w, top + 0.66 * d),
                    (-0.10 * w, top + 0.50 * d),
                    (-0.30 * w, top + 0.64 * d),
                    (-0.56 * w, top + 0.56 * d),
                ]
                pen.polygon(cap, "#ffffff", to="#cfdcef", axis=((-0.5 * w * side, top), (0.6 * w * side, base)))
