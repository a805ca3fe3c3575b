from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="beach",
    words={"en": ("on the beach", "by the seaside", "on a sandy shore"), "zh": ("沙滩上", "海边", "海滩上")},
)
