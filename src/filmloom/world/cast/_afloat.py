"""What duck and whale share: they are drawn down to the water line only, with foam where the water meets them."""

from __future__ import annotations

import numpy as np

from filmloom.world.pen import Number, Pen, Shape, smooth, wave
from filmloom.world.stage import Actor

FOAM = "#ffffff"


def above_water(pen: Pen, line: Number = 0.0) -> Shape:
    """Everything over y = `line`: marks drawn inside of it end at the water. `pen.inside` does not nest: marks on a
    body have to lie within it by themselves."""
    return pen.polygon_shape([(-3.0, -3.0), (3.0, -3.0), (3.0, line), (-3.0, line)])


def foam(
    pen: Pen, actor: Actor, half: Number, *, middle: Number = 0.0, thick: float = 0.02, there: Number = 1.0
) -> None:
    """A soft line along the water from `middle` - `half` to `middle` + `half`, and streaks under it."""
    c = actor.cycle
    puffs = []
    for i, x in enumerate((-0.75, -0.25, 0.25, 0.75)):
        ends = (middle + half * (x - 0.25), 0.006), (middle + half * (x + 0.25), 0.006 + 0.3 * thick * wave(c, 0.2 * i))
        puffs.append(pen.capsule_shape(*ends, thick))
    pen.union(puffs, FOAM, blend=thick, alpha=0.85 * np.asarray(there), soft=0.5 * thick, valid=False)
    for i in (1, 2):
        sway, wide, y = 0.04 * wave(c, 0.31 * i), half * (1.0 - 0.26 * i), 0.006 + 2.2 * thick * i
        ends = (middle + sway - wide, y), (middle + sway + wide, y)
        alpha = (0.5 - 0.14 * i) * np.asarray(there)
        pen.capsule(*ends, 0.45 * thick, None, FOAM, alpha=alpha, soft=0.5 * thick, valid=False, fine=True)
    pen.joint("water", (middle + half, 0.0))


def mirrored(pen: Pen, actor: Actor, half: Number, y: float = 0.05) -> None:
    """A broken, pale picture of the body's colour in the water."""
    for i in range(3):
        sway, wide, low = 0.03 * wave(actor.cycle, 0.2 + 0.27 * i), half * (0.8 - 0.2 * i), y + 0.055 * i
        ends = (sway - wide, low), (sway + wide, low)
        alpha = 0.34 - 0.08 * i
        pen.capsule(*ends, 0.020, None, actor.colour, alpha=alpha, soft=0.02, valid=False, fine=True)


def splash(pen: Pen, at: float, strength: Number, size: float = 0.2, *, num: int = 7) -> None:
    """Drops thrown from the water line at x = `at`; `strength` 0..1 is how high and how many are seen."""
    strength = np.asarray(strength)
    for i in range(num):
        lean = (i - (num - 1) / 2) / num
        far = 0.55 + 0.45 * np.cos(9.0 * i)
        x = at + size * 1.9 * lean * (0.35 + 0.65 * strength)
        y = -size * 1.6 * far * strength * (1.1 - abs(lean))
        rx, ry = size * (0.06 + 0.03 * far), size * (0.085 + 0.04 * far)
        paint = dict(outline="#8fc4e4", width=0.035 * size, valid=False, fine=True)
        pen.ellipse((x, y), rx, ry, "#f4fcff", alpha=0.9 * smooth(2 * strength), **paint)
