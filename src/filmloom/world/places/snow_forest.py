from filmloom.world.cards import PlaceCard

CARD = PlaceCard(
    name="snow_forest",
    words={"en": ("in a snowy forest", "among snow-covered pines", "in a winter wood"), "zh": ("雪林里", "白雪覆盖的松林中", "冬天的森林里")},
)
