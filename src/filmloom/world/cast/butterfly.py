from filmloom.world.cards import LAND, SubjectCard

CARD = SubjectCard(
    kind="butterfly",
    actions=("flutter", "hover"),
    settings=(*LAND, "mountain_lake"),
    station="air",
    size=0.15,
    words={"en": ("butterfly",), "zh": ("蝴蝶", "小蝴蝶")},
    travel={"flutter": 0.05},
)
