from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="village",
    words={"en": ("in a village", "in a small country village", "on a village lane"), "zh": ("村庄里", "乡间小村里", "村子的小路上")},
    ground=(0.3, 0.38),
)
