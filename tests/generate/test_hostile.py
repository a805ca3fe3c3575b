"""Whatever is typed, there is a film or a refusal that says why; never a crash. FILMLOOM_HOSTILE=1000 tries as many."""

from __future__ import annotations

import os
import random
import unicodedata

import numpy as np
import pytest

from filmloom.core.errors import FilmloomError
from filmloom.generate.pipeline import load
from filmloom.generate.request import Request

NUM = int(os.environ.get("FILMLOOM_HOSTILE", "150"))
SCRIPTS = (
    "the quick brown fox", "一只猫在海滩上", "ネコが走る", "고양이가 달린다", "кошка бежит",
    "قطة تجري على الشاطئ", "बिल्ली दौड़ती है", "แมววิ่ง", "γάτα τρέχει", "חתול רץ", "कुत्ता",
    "ñandú über Ångström",
)  # fmt: skip
ODD = (
    "🐈‍⬛🏖️🌅", "👩🏽‍🚀🚀🌕", "\u200b\u200d\ufeff", "\u202eevil\u202c", "a\u0301\u0302\u0303" * 20,
    "\x00\x07\x1b[31m", "\ud7ff\ue000", "<script>alert(1)</script>", "'; DROP TABLE films; --",
    "{{7*7}} ${HOME} %s %n", "../../etc/passwd", "NaN inf -0 1e999", "if (x) { return y; } // cat", "A" * 512,
    "猫" * 512, "\n\n\t\r cat \n", "¿¡…—“”‘’", "𝓬𝓪𝓽 𝕠𝕟 𝖙𝖍𝖊 ｂｅａｃｈ", "０１２３",
    "🏳️‍🌈" * 80,
)  # fmt: skip


def prompts(num: int):
    """Scripts, oddities and mixtures of both, cut and shuffled by a fixed hand."""
    dice = random.Random(7)
    for _ in range(num):
        kind = dice.random()
        if kind < 0.25:
            yield dice.choice(ODD)
        elif kind < 0.5:
            yield " ".join(dice.sample(SCRIPTS + ODD, dice.randint(2, 5)))
        elif kind < 0.75:
            letters = [chr(dice.choice((dice.randint(32, 0x2FFF), dice.randint(0x3040, 0x9FFF)))) for _ in range(60)]
            yield "".join(c for c in letters if unicodedata.category(c) != "Cs")
        else:
            words = dice.choice(SCRIPTS) + " " + "a red cat walks on the beach at sunset"
            yield "".join(dice.sample(words, len(words)))[: dice.randint(1, 90)]


@pytest.fixture(scope="module")
def mini():
    return load("mini")


def test_every_prompt_is_planned_or_refused_with_a_reason(mini):
    planned = refused = 0
    for prompt in prompts(NUM):
        try:
            plan = mini.plan(Request(prompt=prompt, seconds=0.2, size=(128, 72)))
        except FilmloomError as error:
            refused += 1
            assert error.exit_code in (2, 3) and str(error)
        else:
            planned += 1
            assert plan.scene.subjects and all(isinstance(word, str) for word in plan.unknown_words)
    assert planned > 0.6 * NUM and planned + refused == NUM


@pytest.mark.parametrize("prompt", [ODD[0], ODD[3], ODD[13], SCRIPTS[5] + ODD[2], "\n\n\t\r cat \n"])
def test_and_what_is_planned_is_filmed(mini, tmp_path, prompt):
    mini.write(Request(prompt=prompt, seconds=0.2, size=(128, 72), mode="draw"), tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").stat().st_size > 1000


def test_a_long_text_is_refused_at_once(mini):
    chapter = "It was the best of times, it was the worst of times. " * 400
    with pytest.raises(FilmloomError, match="512"):
        mini.plan(Request(prompt=chapter))
    assert np.isfinite(mini.encode_text([chapter[:512]]).tokens.numpy()).all()
