from filmloom.world.cards import LAND, SubjectCard

CARD = SubjectCard(
    kind="cat",
    actions=("walk", "run", "jump", "sit", "sleep"),
    settings=LAND,
    station="ground",
    size=0.22,
    words={"en": ("cat", "kitten", "kitty"), "zh": ("猫", "小猫", "猫咪")},
    travel={"walk": 0.1, "run": 0.32},
)
