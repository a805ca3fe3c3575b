from filmloom.world.cards import SubjectCard

CARD = SubjectCard(
    kind="rocket",
    actions=("launch", "land", "hover"),
    settings=("city", "desert", "meadow", "moon", "sea"),
    station="ground",
    size=0.46,
    words={"en": ("rocket", "rocket ship"), "zh": ("火箭", "宇宙火箭")},
)
