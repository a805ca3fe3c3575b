from filmloom.world.cards import LAND, SubjectCard

CARD = SubjectCard(
    kind="robot",
    actions=("walk", "dance", "wave", "spin", "jump"),
    settings=(*LAND, "moon"),
    station="ground",
    size=0.4,
    words={"en": ("robot", "android"), "zh": ("机器人", "小机器人")},
    travel={"walk": 0.1},
)
