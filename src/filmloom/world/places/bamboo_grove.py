from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="bamboo_grove",
    words={"en": ("in a bamboo grove", "among tall bamboo", "in a bamboo forest"), "zh": ("竹林里", "翠竹之间", "竹海中")},
)
