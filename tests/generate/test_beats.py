"""Prompts that change along the film are cut where the telling turns, in every language, and nowhere else."""

import pytest

from filmloom.generate.beats import LONGEST, OPENERS, TURNS, at, beats, shares, unknown

TOLD = {
    "en": ("First a girl dances on the beach, then she sits down.", ["a girl dances on the beach", "she sits down"]),
    "zh": ("先是女孩在沙滩上跳舞,然后坐下。", ["女孩在沙滩上跳舞", "坐下"]),
    "ja": ("まず女の子が浜辺で踊り、それから座る。", ["女の子が浜辺で踊り", "座る"]),
    "ko": ("먼저 소녀가 해변에서 춤을 추고, 그다음에 앉는다.", ["소녀가 해변에서 춤을 추고", "앉는다"]),
    "es": ("Primero una niña baila en la playa, luego se sienta.", ["una niña baila en la playa", "se sienta"]),
    "fr": ("D'abord une fille danse au soleil, puis elle s'assoit.", ["une fille danse au soleil", "elle s'assoit"]),
    "de": ("Zuerst tanzt ein Mädchen am Strand, dann setzt es sich.", ["tanzt ein Mädchen am Strand", "setzt es sich"]),
    "pt": ("Primeiro uma menina dança na praia, depois senta.", ["uma menina dança na praia", "senta"]),
    "ru": ("Сначала девочка танцует на пляже, потом садится.", ["девочка танцует на пляже", "садится"]),
    "ar": ("أولاً ترقص فتاة على الشاطئ، ثم تجلس.", ["ترقص فتاة على الشاطئ", "تجلس"]),
    "hi": ("पहले एक लड़की समुद्र तट पर नाचती है, फिर बैठती है।", ["एक लड़की समुद्र तट पर नाचती है", "बैठती है"]),
    "id": ("Pertama seorang gadis menari di pantai, lalu duduk.", ["seorang gadis menari di pantai", "duduk"]),
}  # fmt: skip


def test_every_language_has_words_for_first_and_then():
    assert set(OPENERS) == set(TURNS) == set(TOLD) and len(TOLD) == 12


@pytest.mark.parametrize("language", TOLD)
def test_first_and_then_are_two_beats(language):
    prompt, told = TOLD[language]
    assert beats(prompt) == told


@pytest.mark.parametrize(
    "prompt",
    [
        "a girl in a red dress dancing under a cherry tree",
        "a cat strengthened by milk walks",
        "the first girl dances in a thenar pose",
        "a cat sits next to a dog",
        "una niña baila en la playa después de la lluvia",
        "uma menina dança depois da chuva",
        "一位穿红色连衣裙的女孩在春天的樱花树下跳舞,微风吹起她的发丝,阳光洒落。",
        "then",
        ", then ,",
        "",
    ],
)
def test_what_tells_of_no_change_is_one_beat_as_it_was_written(prompt):
    assert beats(prompt) == [prompt]


@pytest.mark.parametrize("comma", ["\uff0c", "\u3002", "\u3001", ", ", "; "])
def test_wide_and_narrow_signs_are_pauses_alike(comma):
    assert beats(f"女孩跳舞{comma}然后坐下{comma}最后睡觉\u3002") == ["女孩跳舞", "坐下", "睡觉"]


def test_three_beats_without_first():
    assert beats("A dog runs. After that it sits, and finally it sleeps") == ["A dog runs", "it sits", "it sleeps"]


def test_too_many_beats_are_told_together_at_the_end():
    told = beats(", then ".join(f"thing {i}" for i in range(10)))
    assert len(told) == LONGEST and told[-1] == ", ".join(f"thing {i}" for i in range(LONGEST - 1, 10))


@pytest.mark.parametrize(("num_beats", "num_frames"), [(1, 1), (2, 120), (3, 100), (6, 7)])
def test_frames_are_shared_without_gap_or_overlap(num_beats, num_frames):
    ranges = shares(num_beats, num_frames)
    assert [frame for frames in ranges for frame in frames] == list(range(num_frames))
    assert max(map(len, ranges)) - min(map(len, ranges)) <= 1
    assert all(frame in ranges[at(ranges, frame)] for frame in range(num_frames))
    assert at(ranges, num_frames + 5) == num_beats - 1


def test_words_that_order_beats_are_not_unknown():
    assert unknown("First a girl dances on the beach, then a dragon sits down") == ("dragon",)
