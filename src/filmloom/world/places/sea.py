from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="sea",
    words={"en": ("on the sea", "on the open ocean", "out at sea"), "zh": ("大海上", "海面上", "辽阔的海上")},
    surface=(0.16, 0.26),
)
