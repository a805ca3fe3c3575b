from filmloom.world.cards import LAND, SubjectCard

CARD = SubjectCard(
    kind="rabbit",
    actions=("hop", "sit", "sleep", "dance"),
    settings=LAND,
    station="ground",
    size=0.24,
    words={"en": ("rabbit", "bunny"), "zh": ("兔子", "小兔子", "野兔")},
    travel={"hop": 0.14},
)
