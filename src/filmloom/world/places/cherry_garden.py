from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="cherry_garden",
    words={"en": ("under a cherry tree", "beneath blossoming cherry trees", "in a cherry garden in spring", "among the cherry blossoms"), "zh": ("樱花树下", "春天的樱花树下", "樱花园里", "盛开的樱花中")},
)
