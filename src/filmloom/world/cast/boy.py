from filmloom.world.cards import LAND, SubjectCard

CARD = SubjectCard(
    kind="boy",
    actions=("dance", "walk", "run", "jump", "wave", "spin", "bow", "sit"),
    settings=LAND,
    station="ground",
    size=0.43,
    words={"en": ("boy", "young boy", "little boy", "lad"), "zh": ("男孩", "小男孩", "少年", "小伙子")},
    part="shirt",
    parts={"en": ("shirt", "T-shirt"), "zh": ("衬衫", "上衣")},
    travel={"walk": 0.1, "run": 0.32},
)
