from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="moon",
    words={"en": ("on the moon", "on the surface of the moon", "among lunar craters"), "zh": ("月球上", "月球表面", "月球的环形山间")},
    times=("night",),
    weathers=("clear",),
)
