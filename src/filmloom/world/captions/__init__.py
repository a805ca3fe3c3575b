"""Words for a Scene in several languages, with a record of what they state.

>>> caption(scene, "en", rng)
Caption(text='A girl in red dances on the beach.', language='en', stated=frozenset({...}), wording='does')
"""

from __future__ import annotations

import random
import re
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from types import ModuleType

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.world.captions import en, zh
from filmloom.world.captions.books import BOOKS
from filmloom.world.captions.grammar import (
    FIELDS,
    Speaker,
    Telling,
    is_pair,
    parse,
    pick,
    required,
    speakable,
    wish,
    wordings,
)  # fmt: skip
from filmloom.world.captions.lexicon import known_words, names_somebody, suggest, unknown_words
from filmloom.world.captions.phrasebook import Phrasebook
from filmloom.world.sample import SPLITS
from filmloom.world.scene import Scene, nearest_word

Table = ModuleType | Phrasebook
TABLES: dict[str, Table] = {table.LANGUAGE: table for table in (en, zh, *BOOKS)}
LANGUAGES = tuple(TABLES)
__all__ = [
    "FIELDS",
    "LANGUAGES",
    "Caption",
    "caption",
    "is_kept_back",
    "known_words",
    "names_somebody",
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
    # Python's generator draws single numbers ten times as fast as NumPy's.
    dice = random.Random(int(rng.integers(2**63)))
    while True:
        told = _tell(scene, table, dice, split)
        if not is_kept_back(told.text, language):
            return told


def is_kept_back(text: str, language: str) -> bool:
    """Whether the text is one of the sentences kept for tests, however it is punctuated."""
    return _bare(text) in _kept_back(language)


@cache
def _kept_back(language: str) -> frozenset[str]:
    return frozenset(_bare(sentence) for sentence in TABLES[language].KEPT_BACK)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _table(language: str, split: str) -> Table:
    if language not in TABLES:
        raise RequestError(
            "language", language, f"it must be one of {', '.join(TABLES)}", nearest_word(language, LANGUAGES)
        )
    if split not in SPLITS:
        raise RequestError("split", split, f"it must be one of {', '.join(SPLITS)}", "any")
    return TABLES[language]


def _tell(scene: Scene, table: Table, dice: random.Random, split: str) -> Caption:
    may = speakable(scene)
    wanted = wish(scene, dice, may)
    wording = _pick_wording(table, dice, split, _sayable(may, wanted))
    frame = table.FRAMES[wording]
    telling = Telling(scene, wanted | required(parse(frame)), dice)
    said: set[str] = set()
    speaker = Speaker(dice, telling.wanted, lambda slot: table.phrases(telling, slot), said)
    text = speaker.say(frame)
    if "style" in wanted:
        before, after = pick(dice, table.STYLED).split("{}")
        text = speaker.say(before) + text.rstrip("।。. ") + speaker.say(after)
    return Caption(table.typed(text, dice), table.LANGUAGE, frozenset(said), wording)


def _sayable(may: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
    """Fields that a frame may insist on: a second subject only where it was asked for."""
    pair = wanted & {"kind2", "relation"} | ({"colour2", "action2"} if "kind2" in wanted else set())
    return may - {"kind2", "colour2", "action2", "relation"} | pair


def _pick_wording(table: Table, dice: random.Random, split: str, sayable: frozenset[str]) -> str:
    names, bounds = _weighted(table, split, sayable)
    if not names:  # no frame of this split tells of two without saying how they stand
        names, bounds = _weighted(table, split, sayable - {"kind2", "colour2", "action2", "relation"})
    return names[bisect(bounds, dice.random() * bounds[-1])]


@cache
def _weighted(table: Table, split: str, sayable: frozenset[str]) -> tuple[tuple[str, ...], list[float]]:
    """Frames that need no more than what may be said, and the running sum of how often each is used."""
    pair = "kind2" in sayable
    frames = {n: table.FRAMES[n] for n in wordings(table, split)}
    names = tuple(n for n, f in frames.items() if is_pair(f) == pair and required(parse(f)) <= sayable)
    return names, list(accumulate(table.RARE.get(name, 1.0) for name in names))
