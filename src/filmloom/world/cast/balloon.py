from filmloom.world.cards import LAND, SubjectCard

CARD = SubjectCard(
    kind="balloon",
    actions=("rise", "drift"),
    settings=(*LAND, "mountain_lake", "sea"),
    station="air",
    size=0.42,
    words={"en": ("hot-air balloon", "hot air balloon"), "zh": ("热气球", "大热气球")},
    travel={"drift": 0.05},
)
