from filmloom.world.cards import LAND, SubjectCard

CARD = SubjectCard(
    kind="bird",
    actions=("fly", "glide", "hover"),
    settings=(*LAND, "mountain_lake", "sea"),
    station="air",
    size=0.14,
    words={"en": ("bird", "songbird"), "zh": ("鸟", "小鸟", "鸟儿")},
    travel={"fly": 0.22, "glide": 0.16},
)
