from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="autumn_park",
    words={"en": ("in an autumn park", "among autumn trees", "under golden maple trees"), "zh": ("秋天的公园里", "金黄的枫树下", "秋日的林间")},
)
