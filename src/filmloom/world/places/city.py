"""A street before towers: three rows of them, lamps, a road; at night all windows, glows and reflections."""

from __future__ import annotations

from filmloom.world.cards import PlaceCard
from filmloom.world.light import sky
from filmloom.world.pen import Pen, mix
from filmloom.world.places._buildings import lamp, shop, skyline
from filmloom.world.places._plants import SEASONS, crown, snowy
from filmloom.world.stage import Stage

CARD = PlaceCard(
    name="city",
    ground=(0.3, 0.38),
    seasons=SEASONS,
)


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.16)
    night = stage.night
    pen.still(0.12)
    if night:  # the city's own light in the haze
        pen.ellipse((0, 0.2), 1.3, 0.10, "#c0529a", alpha=0.55, soft=0.34, emit=True, fine=True)
    skyline(
        pen, stage, "far", num=13, foot=0.22, low=0.18, high=0.42, colour="#5b58a8" if night else "#a9bbd4", panes=False
    )
    pen.still(0.3)
    skyline(pen, stage, "middle", num=11, foot=0.22, low=0.24, high=0.58, colour="#44449a" if night else "#93aed2")
    pen.still(0.5)
    skyline(pen, stage, "close", num=9, foot=0.22, low=0.15, high=0.40, colour="#2c2b62" if night else "#8a98b8")
    _shops(pen, stage)
    _street(pen, stage)
    _furniture(pen, stage)


def _shops(pen: Pen, stage: Stage) -> None:
    pen.still(0.8)
    u = pen.rand("shops", 2)
    walls, awnings = (
        ("#e8c9a8", "#c97f6c", "#d9dde6", "#9fb7a6", "#e6b98c"),
        ("#e0584f", "#3f8fc4", "#4ca06a", "#e59a2f", "#9a62b8"),
    )
    dim = 0.45 * stage.light.night
    for k in range(6):
        x = -1.42 + 0.57 * k + 0.2 * (u[..., 0] - 0.5)
        shop(
            pen, stage, x, 0.232, 0.30, 0.135 + 0.02 * (k % 3), mix(walls[k % 5], "#2a2a5c", dim), awnings[(k * 2) % 5]
        )


def _street(pen: Pen, stage: Stage) -> None:
    pen.still(1.0)
    kerb, asphalt = snowy("#c3c2c4", stage), snowy("#6a6d7a", stage, 0.45)
    pen.box((0, 0.60), 9, 0.80, kerb, to=mix(kerb, "#8f8f98", 0.4), axis=((0, 0.2), (0, 0.25)))
    pen.box((0, 0.2385), 9, 0.007, mix(kerb, "#ffffff", 0.5))
    pen.box((0, 0.247), 9, 0.010, mix(kerb, "#55555f", 0.6))
    pen.box((0, 0.355), 9, 0.206, asphalt, to=mix(asphalt, "#3c3e4a", 0.6), axis=((0, 0.25), (0, 0.46)))
    line = snowy("#f3ecd2", stage, 0.3)
    for k in range(-9, 10):
        x = 0.21 * k
        pen.polygon([(x, 0.3385), (x + 0.10, 0.3385), (x + 0.104, 0.3475), (x - 0.004, 0.3475)], line, alpha=0.9)
    pen.box((0, 0.463), 9, 0.012, mix(kerb, "#55555f", 0.5))
    pen.box((0, 0.58), 9, 0.226, kerb, to=mix(kerb, "#77777f", 0.5), axis=((0, 0.46), (0, 0.6)))
    for k in range(-7, 8):
        pen.capsule((0.20 * k, 0.470), (0.26 * k, 0.56), 0.0014, None, "#6b6a72", alpha=0.4, fine=True)
    if stage.weather in ("rain", "storm") or stage.night:
        _reflections(pen, stage)


def _reflections(pen: Pen, stage: Stage) -> None:
    """Coloured lights stretched on the road."""
    u = pen.rand("reflections", 36).reshape(pen.batch, 1, 12, 3)
    strength = (0.30 if stage.night else 0.12) * (1.5 if stage.weather in ("rain", "storm") else 1.0)
    for k in range(12):
        colour = ("#ffb65c", "#ff5f9a", "#62c6ff", "#ffe3a0")[k % 4]
        x, y = -1.5 + 0.27 * k + 0.2 * u[..., k, 0], 0.265 + 0.18 * u[..., k, 1]
        half = 0.06 + 0.11 * u[..., k, 2]
        shape = pen.capsule_shape((x - half, y), (x + half, y), 0.003)
        pen.fill(shape, colour, alpha=strength, soft=0.018, glow=True, emit=True)


def _furniture(pen: Pen, stage: Stage) -> None:
    """Lamps and young trees along the far pavement."""
    pen.still(0.9)
    shift = 0.12 * (pen.rand("lamps")[..., 0] - 0.5)
    for k in range(6):
        x = -1.56 + 0.62 * k + shift
        leaves = ("#3d7d4a", "#5aa35a", "#9fd284") if stage.weather != "snow" else ("#93a6b8", "#c9d6e4", "#ffffff")
        tree = x + 0.25
        pen.capsule((tree, 0.238), (tree, 0.13), 0.008, 0.006, "#6a4a3a")
        crown(pen, f"tree {k}", (tree, 0.10), 0.062, 0.068, leaves, num=4, puff=0.5, back=5)
        lamp(pen, stage, x, 0.242, 0.30)
    if stage.night:
        for k in range(6):
            x = -1.48 + 0.62 * k + shift
            pen.fill(
                pen.capsule_shape((x - 0.12, 0.285), (x + 0.12, 0.285), 0.022),
                "#ffb04e",
                alpha=0.20,
                soft=0.07,
                glow=True,
                emit=True,
            )


def foreground(pen: Pen, stage: Stage) -> None:
    """The street is open towards us."""
