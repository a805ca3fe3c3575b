from filmloom.world.cards import LAND, SubjectCard

CARD = SubjectCard(
    kind="girl",
    actions=("dance", "walk", "run", "jump", "wave", "spin", "bow", "sit"),
    settings=LAND,
    station="ground",
    size=0.44,
    words={"en": ("girl", "young girl", "little girl", "lass"), "zh": ("女孩", "小女孩", "姑娘", "少女")},
    part="dress",
    parts={"en": ("dress", "frock"), "zh": ("连衣裙", "裙子")},
    travel={"walk": 0.1, "run": 0.32},
)
