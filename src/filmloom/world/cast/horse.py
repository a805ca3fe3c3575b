from filmloom.world.cards import SubjectCard

CARD = SubjectCard(
    kind="horse",
    actions=("walk", "run", "jump", "graze"),
    settings=("autumn_park", "beach", "cherry_garden", "desert", "meadow", "snow_forest", "village"),
    station="ground",
    size=0.42,
    words={"en": ("horse", "pony"), "zh": ("马", "小马")},
    travel={"walk": 0.1, "run": 0.32},
)
