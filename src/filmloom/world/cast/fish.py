from filmloom.world.cards import SubjectCard

CARD = SubjectCard(
    kind="fish",
    actions=("swim", "glide", "spin"),
    settings=("reef",),
    station="water",
    size=0.2,
    words={"en": ("fish", "tropical fish"), "zh": ("鱼", "小鱼", "鱼儿")},
    travel={"swim": 0.14, "glide": 0.16},
)
