"""Plants shared by places: grass, flowers, crowns, trunks, pines, how they sway, and what the season makes of them.

A place has all seasons at once if it paints with these: `crown`, `small_tree`, `pine`, `dots`, `grass`, `tufts` and
`flowers` follow the pen's season by themselves; grounds, roofs and hedges go through `snowy(colour, stage)`, other
leaves through `seasonal(colour, stage)`. It then lists them: `seasons=SEASONS` on its card."""

from __future__ import annotations

import zlib

import numpy as np

from filmloom.world.pen import Frame, Number, Pen, Point, colour_of, darker, lighter, mix
from filmloom.world.scene import SEASONS as SEASONS  # for cards of places
from filmloom.world.stage import Stage


def swaying(pivot: Point, angle: Number) -> Frame:
    """The motion of a layer that turns by `angle` degrees around a point."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return Frame(pivot[0] - (pivot[0] * c + pivot[1] * s), pivot[1] - (pivot[1] * c - pivot[0] * s), angle=angle)


# dark, middle and light of a crown's leaves; one is picked for each tree
FOLIAGE = {
    "spring": (
        ("#6aa845", "#9ed65c", "#e2f7a2"), ("#d58aa6", "#f5bccd", "#fff3f6"), ("#79b24e", "#b2e070", "#f0fabc"),
        ("#c9c7ae", "#f1eedd", "#ffffff"),
    ),
    "summer": (("#1d6236", "#37913f", "#8acb52"), ("#235f2f", "#489c3c", "#a2d25a"), ("#1a5a40", "#2f8a4c", "#74be5c")),
    "autumn": (("#bd7a1c", "#efa92c", "#ffdb70"), ("#b04c1c", "#e67a2e", "#ffb85c"), ("#932a28", "#d14a38", "#f58466")),
}  # fmt: skip
GREEN = {"spring": ("#93d957", 0.75), "summer": ("#5aa548", 0.8), "autumn": ("#c9a84a", 0.88)}  # grounds: tone, share
BARK, SNOW = "#6b5348", "#f8fbff"


def seasonal(colour, stage: Stage | Pen) -> np.ndarray:
    """A leaf or ground colour in the season: greens and straws turn, as bright as they were; sand, stone, water and
    "usual" stay. In winter they fade (see `snowy`)."""
    colour = colour_of(colour)
    if stage.season == "usual":
        return colour
    r, g, b = (colour[..., i] for i in range(3))
    chroma = (colour.max(-1) - colour.min(-1)) / np.maximum(colour.max(-1), 1e-3)
    leafy = np.clip((g - np.maximum(r, b) - 0.01) * 9, 0, 1)
    straw = np.clip((chroma - 0.42) * 6, 0, 1) * np.clip((g / np.maximum(r, 1e-3) - 0.8) * 6, 0, 1)
    straw = straw * np.clip((np.minimum(r, g) - b) * 6, 0, 1)
    tone, share = GREEN.get(stage.season, ("#b3a98f", 0.8))
    luma = lambda c: c @ np.array([0.299, 0.587, 0.114], np.float32)  # noqa: E731
    tone = colour_of(tone)
    bright = 0.84 if stage.season == "summer" else 1.0  # a deep green is a dark one
    turned = np.clip(tone * (bright * luma(colour) / luma(tone))[..., None], 0, 1)
    return mix(colour, turned, share * np.maximum(leafy, straw))


def snowy(colour, stage: Stage, amount: float = 0.84) -> np.ndarray:
    """A ground or roof colour: white when it snows and in winter, else as the season has it."""
    if stage.weather == "snow" or stage.season == "winter":
        return mix(colour, SNOW, amount)
    return seasonal(colour, stage)


def foliage(pen: Pen, colours, key: str) -> tuple:
    """The three tones of a crown in the pen's season, by the tree's key. Blossoms keep their spring."""
    choices, middle = FOLIAGE.get(pen.season), colour_of(colours[1])
    if pen.season == "spring" and middle[2] > 0.8 * middle[1] < middle[0]:
        return colours
    return choices[zlib.crc32(key.encode()) % len(choices)] if choices else colours


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
    if pen.season == "winter":  # dry stalks that stick out of the snow
        num, alpha, colour = max(1, num // 4), 0.8 * alpha, "#a39478"
    colour = seasonal(colour, pen)
    x, y, u = scatter(pen, key, num, y=y)
    size = near(y)
    pen.splats(x, y, 0.0013 * size, tall * size * (0.6 + 0.8 * u), colour, angle=(u * 7 % 1 - 0.5) * 50, alpha=alpha)


def tufts(pen: Pen, key: str, num: int, colour, *, y: float = 0.5, tall: float = 0.05) -> None:
    """Clumps of long blades along the lower edge, in front of everything."""
    colour = mix(seasonal(colour, pen), "#cfc6b4", 0.55) if pen.season == "winter" else seasonal(colour, pen)
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
    """Little five-petalled dots: petals in each colour, then hearts; most in spring, few in autumn, none in winter."""
    num = round(num * {"spring": 1.5, "autumn": 0.25, "winter": 0.0}.get(pen.season, 1.0))
    if not num:
        return
    if pen.season == "summer":
        colours = [("#ff5a3c", "#ffc93c", "#fff3d0", "#f2a13a")[i % 4] for i in range(len(colours))]
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

    `w`, `h`: half sizes; `puff`: size of a puff as a share of them. The season picks the leaves' colours; in winter
    there are bare branches under snow."""
    if pen.season == "winter":
        _bare(pen, key, centre, w, h, 7 if num >= 10 else 5)
        return
    _leafed(pen, key, centre, w, h, foliage(pen, colours, str(colours)), num=num, puff=puff, back=back)


def _leafed(
    pen: Pen, key: str, centre: Point, w: Number, h: Number, colours, *, num: int, puff: float, back: int
) -> None:
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


def _bare(pen: Pen, key: str, centre: Point, w: Number, h: Number, num: int) -> None:
    """Where a crown was: `num` boughs that fork and fork again, and the snow that lies on them."""
    u = pen.rand(f"{key} boughs", 6 * num).reshape(pen.batch, 1, num, 6) - 0.5
    root, thick = (centre[0], centre[1] + 0.75 * h), np.minimum(w, h)
    wood, snow = [], []

    def twig(a: Point, b: Point, ra: float, rb: float, *, white: bool = True) -> None:
        wood.append(pen.capsule_shape(a, b, ra * thick, rb * thick))
        if white:
            lift = 0.8 * ra * thick
            snow.append(pen.capsule_shape((a[0], a[1] - lift), (b[0], b[1] - lift), 0.6 * ra * thick, 0.5 * rb * thick))

    for k in range(num):
        angle = np.radians(90 + 130 * ((k + 0.5) / num - 0.5) + 20 * u[..., k, 0])
        long = 1.05 + 0.35 * u[..., k, 1] + 0.35 * np.sin(angle)
        at = lambda share, turn: (  # noqa: E731
            root[0] + share * w * np.cos(angle + turn),  # noqa: B023
            root[1] - share * long * h * np.sin(angle + turn),  # noqa: B023
        )
        middle, tip = at(0.58, 0.0), at(1.08, 0.10 * u[..., k, 2])
        twig(root, middle, 0.070, 0.038, white=False)
        twig(middle, tip, 0.036, 0.010)
        for side in (-1, 1):
            fork = at(0.92 + 0.2 * u[..., k, 3 + (side > 0)], side * (0.24 + 0.14 * u[..., k, 5]))
            twig(middle, fork, 0.028, 0.010)
            twig(at(0.80, 0.0), at(1.06, side * 0.13), 0.018, 0.008)
    pen.union(wood, lighter(BARK, 0.06), to=darker(BARK, 0.25))
    pen.union(snow, SNOW, to="#dbe6f4")


def dots(
    pen: Pen, key: str, centre: Point, w: Number, h: Number, colour, *, num: int, size: float, alpha: float = 1.0
) -> None:
    """Blossoms or leaves strewn over a crown; specks of snow in winter."""
    if pen.season == "winter":
        num, colour, size = max(1, num // 3), SNOW, 0.7 * size
    elif pen.season != "usual":
        bright = float(colour_of(colour).mean())
        tones = foliage(pen, (colour,) * 3, "dots")
        colour = tones[0 if bright < 0.5 else 1 if bright < 0.8 else 2]
    u = pen.rand(key, 4 * num).reshape(pen.batch, 1, num, 4)
    r, a = np.sqrt(u[..., 0]), 2 * np.pi * u[..., 1]
    x, y = centre[0] + np.asarray(w)[..., None] * r * np.cos(a), centre[1] + np.asarray(h)[..., None] * r * np.sin(a)
    big = size * (0.5 + u[..., 2])
    pen.splats(x, y, big, big * 0.7, colour, angle=360 * u[..., 3], alpha=alpha * (0.6 + 0.4 * u[..., 3]))


def small_tree(
    pen: Pen, key: str, x: Number, y: Number, tall: Number, colours, bark="#7a5240", *, num: int = 8
) -> None:
    """A whole round tree standing at (x, y)."""
    colours = foliage(pen, colours, key)
    with pen.at(x, y, scale=tall):
        pen.chain(
            [(0, 0.0), (0.015, -0.25), (0.0, -0.5)],
            [0.05, 0.036, 0.03],
            bark,
            to=darker(bark, 0.4),
            axis=((-0.04, 0), (0.05, 0)),
        )
        if pen.season == "winter":
            _bare(pen, key, (0.0, -0.64), 0.34, 0.30, 5)
        else:
            _leafed(pen, key, (0.0, -0.64), 0.36, 0.35, colours, num=num, puff=0.42, back=4)


def far_pine(pen: Pen, x: Number, y: Number, tall: Number, green) -> None:
    """A fir too far for detail: one mark."""
    with pen.at(x, y, scale=tall):
        tiers = [((-0.32, -0.04), (0.32, -0.04), (0, -0.62)), ((-0.24, -0.36), (0.24, -0.36), (0, -1.0))]
        pen.union([pen.polygon_shape(t) for t in tiers], darker(green, 0.15), to=lighter(green, 0.2))


def pine(
    pen: Pen, x: Number, y: Number, tall: Number, green, *, snow: bool = False, tiers: int = 3, outline: bool = False
) -> None:
    """A fir of overlapping skirts, snow-capped if asked and in winter."""
    snow = snow or pen.season == "winter"
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
