"""Which words of a prompt the captions never use: what the film set, and so the models trained on it, cannot know."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cache

from filmloom.world.captions import en, zh
from filmloom.world.captions.grammar import literals
from filmloom.world.cards import place_card, places, subject_card, subjects

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
KANA_HANGUL = "\u3040-\u30ff\uac00-\ud7af"
LETTERS = rf"[^\W_{HAN}{KANA_HANGUL}]+"
RUN = re.compile(rf"[{HAN}]+|[{KANA_HANGUL}]+|{LETTERS}(?:['’]{LETTERS})*")


def unknown_words(prompt: str) -> list[str]:
    """Words outside the captions' lexicon, in order, once each, lower case. Numbers and punctuation are ignored.

    >>> unknown_words("A dinosaur dances on the beach")
    ['dinosaur']
    """
    return list(dict.fromkeys(_unknown(prompt.lower())))


@cache
def known_words() -> frozenset[str]:
    """Every word that means something in a caption, in all languages, as the tables write it."""
    return frozenset(_content_en() | _content_zh())


def suggest(word: str) -> str | None:
    """The known word nearest by spelling, or in Chinese by shared characters; None when none is near."""
    word = word.lower()
    return _suggest_zh(word) if re.search(f"[{HAN}]", word) else _suggest_en(word)


def _unknown(prompt: str) -> Iterator[str]:
    """Runs of Han characters are segmented; runs of letters are folded; what neither table could write is unknown."""
    for run in RUN.findall(prompt):
        if re.match(f"[{HAN}]", run):
            yield from _unknown_zh(run)
        elif not _is_known_en(run.replace("’", "'")):
            yield run


# --- English ---------------------------------------------------------------------------------------------------------
def _is_known_en(word: str) -> bool:
    if len(word) == 1 or any(c.isdigit() for c in word):
        return True
    word = re.sub("'s?$", "", word)
    return bool(folds(word) & _folded_en())


def folds(word: str) -> frozenset[str]:
    """The word and what it may be a form of: dancing → dance, danc; ponies → pony; running → run."""
    found = {word}
    for ending, replacements in (
        ("ies", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ied", ("y",)), ("ed", ("", "e")), ("ing", ("", "e")),
        ("er", ("", "e")), ("ily", ("y",)), ("ly", ("",)), ("y", ("",)),
    ):  # fmt: skip
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3:
            found.update(stem + r for r in replacements)
            found.add(_undoubled(stem))
    return frozenset(found)


def _undoubled(stem: str) -> str:
    return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else stem


@cache
def _folded_en() -> frozenset[str]:
    words = _content_en() | set(en.STOP_WORDS.split())
    return frozenset(form for word in words for form in folds(word))


@cache
def _content_en() -> frozenset[str]:
    text = " ".join([*_spoken(en.SPOKEN), *_card_words("en"), en.IRREGULAR, *en.COLOURS])
    return frozenset(word for word in re.findall(r"[a-z]{2,}", text.lower())) - set(en.STOP_WORDS.split())


def _suggest_en(word: str) -> str | None:
    close = difflib.get_close_matches(word, sorted(_content_en()), 5, 0.82)
    return max(close, key=lambda c: (_similarity(word, c), _same_start(word, c)), default=None)


def _same_start(a: str, b: str) -> int:
    """How many first letters agree: between equally near words, a slip is likelier late than early."""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def _similarity(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()


# --- Chinese ---------------------------------------------------------------------------------------------------------
UNKNOWN_COST = 10  # per character, so that known words win wherever they fit; each known word costs 1, so long ones win


def _unknown_zh(run: str) -> Iterator[str]:
    pieces = _glue(segment(run))
    yield from (piece for piece, known in pieces if not known)


def segment(run: str) -> list[tuple[str, bool]]:
    """The cheapest cut of a run of Han characters into known words (True) and unknown stretches (False)."""
    lexicon = _lexicon_zh()
    longest = max(map(len, lexicon))
    best: list[tuple[int, int, bool]] = [(0, 0, True)]  # per end: cost, start of the last piece, whether it is known
    for end in range(1, len(run) + 1):
        options = [(best[end - 1][0] + UNKNOWN_COST, end - 1, False)]
        for start in range(max(0, end - longest), end):
            if run[start:end] in lexicon:
                options.append((best[start][0] + 1, start, True))
        best.append(min(options))
    return _merge(_trace(run, best))


def _trace(run: str, best: list[tuple[int, int, bool]]) -> list[tuple[str, bool]]:
    pieces, end = [], len(run)
    while end:
        _, start, known = best[end]
        pieces.append((run[start:end], known))
        end = start
    return pieces[::-1]


def _merge(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Neighbouring unknown characters become one word."""
    merged: list[tuple[str, bool]] = []
    for piece, known in pieces:
        if merged and not known and not merged[-1][1]:
            merged[-1] = (merged[-1][0] + piece, False)
        else:
            merged.append((piece, known))
    return merged


def _glue(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """A known character that makes a compound with an unknown one belongs to it: 熊 + 猫 is no cat, 大 + 象 not big."""
    glued: list[tuple[str, bool]] = []
    for piece, known in pieces:
        before, before_known = glued[-1] if glued else ("", True)
        starts = not known and len(piece) == 1 and before_known and len(before) == 1 and before in zh.COMPOUND_STARTS
        ends = known and len(piece) == 1 and piece in zh.COMPOUND_HEADS and before and not before_known
        if starts or ends:
            glued[-1] = (before + piece, False)
        else:
            glued.append((piece, known))
    return glued


@cache
def _lexicon_zh() -> frozenset[str]:
    return frozenset(_content_zh() | set(zh.FUNCTION.split()))


@cache
def _content_zh() -> frozenset[str]:
    phrases = " ".join([*_spoken(zh.SPOKEN), *_card_words("zh")])
    runs = set(re.findall(f"[{HAN}]+", phrases))
    return frozenset(runs | set(zh.WORDS.split())) - set(zh.FUNCTION.split())


def _suggest_zh(word: str) -> str | None:
    """A word that ends alike (in Chinese the last character names the kind of thing) or shares two characters."""
    nouns = [noun for kind in subjects() for noun in subject_card(kind).words["zh"]]
    known = [*nouns, *zh.WORDS.split()]
    shared = {candidate: len(set(candidate) & set(word)) for candidate in known}
    near = [candidate for candidate in known if shared[candidate] > 1 or candidate[-1] == word[-1]]
    if not near:
        return None
    return max(near, key=lambda c: (shared[c], c[-1] == word[-1], -abs(len(c) - len(word)), -known.index(c)))


# --- both ------------------------------------------------------------------------------------------------------------
def _spoken(table: object) -> Iterator[str]:
    """The fixed words of every template in nested dictionaries and tuples."""
    if isinstance(table, str):
        yield from literals(table)
    else:
        for inner in table.values() if isinstance(table, dict) else table:
            yield from _spoken(inner)


def _card_words(language: str) -> Iterator[str]:
    for kind in subjects():
        card = subject_card(kind)
        yield from card.words[language]
        yield from (card.parts or {}).get(language, ())
    for name in places():
        yield from place_card(name).words[language]
