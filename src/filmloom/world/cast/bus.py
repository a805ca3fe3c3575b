from filmloom.world.cards import SubjectCard

CARD = SubjectCard(
    kind="bus",
    actions=("drive", "wait"),
    settings=("autumn_park", "city", "desert", "snow_forest", "village"),
    station="ground",
    size=0.28,
    words={"en": ("bus", "coach"), "zh": ("公交车", "巴士", "大巴")},
    travel={"drive": 0.22},
)
