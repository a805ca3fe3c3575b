"""Words for a Scene in several languages, with a record of what they state.

>>> caption(scene, "en", rng)
Caption(text='A girl in red dances on the beach.', language='en', stated=frozenset({...}), wording='does')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.world.captions import en, zh
from filmloom.world.captions.grammar import CHANCES, FIELDS, Speaker, Telling, parse, required, wordings
from filmloom.world.captions.lexicon import known_words, suggest, unknown_words
from filmloom.world.sample import SPLITS
from filmloom.world.scene import Scene, nearest_word

TABLES: dict[str, ModuleType] = {table.LANGUAGE: table for table in (en, zh)}
LANGUAGES = tuple(TABLES)
__all__ = [
    "FIELDS",
    "LANGUAGES",
    "Caption",
    "caption",
    "is_kept_back",
    "known_words",
    "suggest",
    "unknown_words",
    "wordings",
]


@dataclass(frozen=True)
class Caption:
    """`stated`: the fields of `FIELDS` that the text tells. `wording`: the name of the sentence frame."""

    text: str
    language: str
    stated: frozenset[str]
    wording: str


def caption(scene: Scene, language: str, rng: np.random.Generator, *, split: str = "seen") -> Caption:
    """One of the many ways to say `scene`, which must have a subject. `split` chooses among the sentence frames:
    "seen" those for training, "unseen" those held out, "any" all."""
    table = _table(language, split)
    if not scene.subjects:
        raise RequestError("scene.subjects", 0, "a caption needs someone or something that acts", 1)
    while True:
        told = _tell(scene, table, rng, split)
        if not is_kept_back(told.text, language):
            return told


def is_kept_back(text: str, language: str) -> bool:
    """Whether the text is one of the sentences kept for tests, however it is punctuated."""
    return _bare(text) in {_bare(sentence) for sentence in TABLES[language].KEPT_BACK}


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _table(language: str, split: str) -> ModuleType:
    if language not in TABLES:
        raise RequestError(
            "language", language, f"it must be one of {', '.join(TABLES)}", nearest_word(language, LANGUAGES)
        )
    if split not in SPLITS:
        raise RequestError("split", split, f"it must be one of {', '.join(SPLITS)}", "any")
    return TABLES[language]


def _tell(scene: Scene, table: ModuleType, rng: np.random.Generator, split: str) -> Caption:
    speakable = frozenset(FIELDS) - table.UNSPOKEN.get(scene.setting, frozenset())
    wording = _pick_wording(table, rng, split, speakable)
    wanted = _pick_fields(rng, speakable)
    telling = Telling(scene, wanted | required(parse(table.FRAMES[wording])))
    said: set[str] = set()
    speaker = Speaker(rng, telling.wanted, lambda slot: table.phrases(telling, slot), said)
    text = table.typed(speaker.say(table.FRAMES[wording]), rng)
    return Caption(text, table.LANGUAGE, frozenset(said), wording)


def _pick_wording(table: ModuleType, rng: np.random.Generator, split: str, speakable: frozenset[str]) -> str:
    names, bounds = _weighted(table, split, speakable)
    return names[int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right"))]


@cache
def _weighted(table: ModuleType, split: str, speakable: frozenset[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Frames that need no more than what may be said, and the running sum of how often each is used."""
    names = tuple(n for n in wordings(table, split) if required(parse(table.FRAMES[n])) <= speakable)
    return names, np.cumsum([table.RARE.get(name, 1.0) for name in names])


def _pick_fields(rng: np.random.Generator, speakable: frozenset[str]) -> frozenset[str]:
    """What to say of a scene: always who does what where, the rest now and then."""
    draws = {name: rng.random() < CHANCES.get(name, 1.0) for name in FIELDS}
    return frozenset(name for name, drawn in draws.items() if drawn and name in speakable)
