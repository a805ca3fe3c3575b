"""How this cast is inked: one outline and one crescent of shade for everything, whatever its colour."""

from __future__ import annotations

import numpy as np

from filmloom.world.pen import Number, colour_of, darker, mix


def edge(colour) -> np.ndarray:
    """Outline colour: a deep shade, but a pale rim around what is nearly black, so that it shows at night."""
    colour = colour_of(colour)
    dark = np.clip((0.36 - colour @ np.array([0.3, 0.59, 0.11], np.float32)) / 0.14, 0, 1)
    return mix(darker(colour, 0.68), mix(colour, "#a9a5c4", 0.55), dark)


def ink(colour, width: Number = 0.010, shade: float = 0.45, size: Number = 0.03) -> dict:
    """Paint arguments: outline `width` and crescent `size` in local units."""
    return dict(outline=edge(colour), width=width, shade=shade, shade_size=size)
