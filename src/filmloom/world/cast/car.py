from filmloom.world.pen import Pen
from filmloom.world.stage import Actor
from filmloom.world.cards import SubjectCard

CARD = SubjectCard(
    kind="car",
    actions=("drive", "wait"),
    settings=("autumn_park", "beach", "city", "desert", "meadow", "snow_forest", "village"),
    station="ground",
    size=0.2,
    words={"en": ("car", "automobile"), "zh": ("汽车", "小汽车", "轿车")},
    travel={"drive": 0.22},
)


def draw(pen: Pen, actor: Actor) -> None:
    pen.shadow(0, 0, 1.2)
    pen.polygon([(-1.2, -0.55), (-1.2, -0.2), (1.25, -0.2), (1.2, -0.5), (0.7, -0.6), (0.3, -0.95), (-0.6, -0.95), (-0.85, -0.6)], actor.colour, round=0.05, outline=True, width=0.03, shade=0.4, shade_size=0.1)
    for x in (-0.7, 0.7):
        pen.ellipse((x, -0.2), 0.2, None, "#22222a")
        with pen.at(x, -0.2, angle=-360 * actor.cycle):
            pen.capsule((-0.1, 0), (0.1, 0), 0.02, None, "#dddddd")
