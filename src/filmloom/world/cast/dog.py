from filmloom.world.cards import LAND, SubjectCard

CARD = SubjectCard(
    kind="dog",
    actions=("walk", "run", "jump", "sit", "sleep"),
    settings=LAND,
    station="ground",
    size=0.26,
    words={"en": ("dog", "puppy", "pup"), "zh": ("狗", "小狗", "狗狗")},
    travel={"walk": 0.1, "run": 0.32},
)
