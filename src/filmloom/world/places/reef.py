from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="reef",
    words={"en": ("in a coral reef", "under the sea among corals", "above a coral reef"), "zh": ("珊瑚礁里", "海底的珊瑚间", "珊瑚丛中")},
    weathers=("clear",),
    air=(-0.2, 0.15),
)
