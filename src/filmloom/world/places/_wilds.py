"""Rocks and ferns shared by wild places."""

from __future__ import annotations

from filmloom.world.pen import Number, Pen, darker, lighter, mix

# A boulder's outline and its upper face, 1 = half its width.
ROCK = (
    (-1.0, 0.0),
    (-0.86, -0.46),
    (-0.38, -0.84),
    (0.18, -0.90),
    (0.74, -0.52),
    (1.0, 0.0),
    (0.5, 0.10),
    (-0.5, 0.10),
)
FACE = ((-0.86, -0.46), (-0.38, -0.84), (0.18, -0.90), (0.34, -0.58), (-0.22, -0.38))


def rock(pen: Pen, x: Number, y: Number, r: Number, colour, *, top=None, flip: Number = 1.0, tall: float = 1.0) -> None:
    """A boulder `2 r` wide with a lighter upper face; `top` is the face's colour (moss, snow)."""
    with pen.at(x, y, scale=r, flip=flip):
        pen.shadow(0.1, 0.04, 1.2, 0.2, 0.25)
        body = [(px, py * tall) for px, py in ROCK]
        pen.polygon(body, lighter(colour, 0.12), to=darker(colour, 0.35), round=0.06, outline=True, width=0.05)
        face = [(px, py * tall + 0.03) for px, py in FACE]
        pen.polygon(face, lighter(colour, 0.3) if top is None else top, round=0.04, alpha=0.9)


def fern(pen: Pen, x: Number, y: Number, tall: Number, green) -> None:
    """A tuft of arching fronds."""
    with pen.at(x, y, scale=tall):
        for k, dx in enumerate((-1.15, 1.1, -0.8, 0.85, -0.42, 0.46, 0.02)):
            tip = (dx, -0.45 - 0.55 * (1 - abs(dx) / 1.2))
            knee = (0.45 * dx, -0.95 + 0.28 * abs(dx))
            tone = mix(darker(green, 0.25), lighter(green, 0.3), k / 6)
            ink = dict(outline=darker(green, 0.55), width=0.018)
            pen.chain([(0, 0), knee, tip], [0.045, 0.10, 0.015], tone, blend=0.12, **ink)
