"""How this cast is inked: one outline and one crescent of shade for everything, whatever its colour."""

from __future__ import annotations

import numpy as np

from filmloom.world.pen import Number, Point, colour_of, darker, lighter, mix


def edge(colour) -> np.ndarray:
    """Outline colour: a deep shade, but a pale rim around what is nearly black, so that it shows at night."""
    colour = colour_of(colour)
    dark = np.clip((0.36 - colour @ np.array([0.3, 0.59, 0.11], np.float32)) / 0.14, 0, 1)
    return mix(darker(colour, 0.68), mix(colour, "#a9a5c4", 0.55), dark)


def ink(colour, width: Number = 0.010, shade: float = 0.45, size: Number = 0.03) -> dict:
    """Paint arguments: outline `width` and crescent `size` in local units."""
    return dict(outline=edge(colour), width=width, shade=shade, shade_size=size)


def rounded(left: Number, top: Number, right: Number, bottom: Number, radius: float) -> list[Point]:
    """The outline of a box with round corners, three points to a corner: convex, so cheap to paint."""
    r = radius
    corners = (
        (left + r, top + r, -1, -1),
        (right - r, top + r, 1, -1),
        (right - r, bottom - r, 1, 1),
        (left + r, bottom - r, -1, 1),
    )
    points = []
    for i, (x, y, sx, sy) in enumerate(corners):
        arc = [(x + sx * r, y), (x + 0.71 * sx * r, y + 0.71 * sy * r), (x, y + sy * r)]
        points += arc if i % 2 == 0 else arc[::-1]
    return points


def contrast(colour) -> np.ndarray:
    """For stripes and manes: darker than the coat, or paler on a black one."""
    dark = np.clip((0.33 - colour_of(colour) @ np.array([0.3, 0.59, 0.11], np.float32)) / 0.1, 0, 1)
    return mix(darker(colour, 0.42), lighter(colour, 0.28), dark)
