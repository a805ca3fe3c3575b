from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="desert",
    words={"en": ("in the desert", "among sand dunes", "in a sandy desert"), "zh": ("沙漠里", "沙丘之间", "大漠中")},
    weathers=("clear", "breeze", "cloudy", "fog"),
)
