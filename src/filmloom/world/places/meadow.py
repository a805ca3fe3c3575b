from filmloom.world.light import sky
from filmloom.world.pen import Pen
from filmloom.world.stage import Stage
from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="meadow",
    words={"en": ("in a flower meadow", "in a field of flowers", "on a green meadow"), "zh": ("开满鲜花的草地上", "花田里", "绿色的草原上")},
)


def backdrop(pen: Pen, stage: Stage) -> None:
    sky(pen, stage.light, 0.1)
    pen.still(0.12)
    pen.hills(0.05, [0.05, 0.02], [0.45, 1.1], [0.1, 0.4], "#9db9d8")
    pen.still(0.35)
    pen.hills(0.10, [0.03, 0.015], [0.6, 1.7], [0.5, 0.2], "#8fc07a", to="#7fb56c")
    pen.still(1.0)
    pen.hills(0.14, [0.012], [0.5], [0.3], "#93d36a", to="#4f9a3c", axis=((0, 0.12), (0, 0.5)))
    u = pen.rand("grass", 300).reshape(pen.batch, 1, 100, 3)
    pen.splats((u[..., 0] - 0.5) * 2.4, 0.17 + 0.33 * u[..., 1], 0.0015, 0.008, "#3f8a33", alpha=0.6)


def foreground(pen: Pen, stage: Stage) -> None:
    """Nothing yet."""
