from filmloom.world.cards import SubjectCard

CARD = SubjectCard(
    kind="sailboat",
    actions=("sail", "rock"),
    settings=("mountain_lake", "sea"),
    station="surface",
    size=0.5,
    words={"en": ("sailboat", "sailing boat"), "zh": ("帆船", "小帆船")},
    part="sail",
    parts={"en": ("sail", "sails"), "zh": ("帆", "船帆")},
    travel={"sail": 0.07},
)
