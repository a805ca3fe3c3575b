from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="mountain_lake",
    words={"en": ("on a mountain lake", "at a lake among the mountains", "on an alpine lake"), "zh": ("山间湖上", "高山湖泊上", "群山环绕的湖面上")},
    surface=(0.16, 0.26),
)
