from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="city",
    words={"en": ("in the city", "on a city street", "downtown among tall buildings"), "zh": ("城市里", "城市街道上", "高楼林立的街头")},
    ground=(0.3, 0.38),
)
