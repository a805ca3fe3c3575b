"""Which words of a prompt the captions never use: what the film set, and so the models trained on it, cannot know.

The script of a word names its language; what is written in Latin letters is read in the language that knows most of
it. English and Chinese have rules of their own; the other tables are matched by stems.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from filmloom.world.captions import en, zh
from filmloom.world.captions.books import BOOKS
from filmloom.world.captions.grammar import literals
from filmloom.world.captions.phrasebook import Phrasebook

HAN = "\u3005\u3400-\u4dbf\u4e00-\u9fff"
HIRAGANA, KATAKANA = "\u3040-\u309f", "\u30a0-\u30ff"
HANGUL = "\uac00-\ud7af"
ARABIC, DEVANAGARI = "\u0620-\u065f\u066e-\u06d3", "\u0900-\u0963\u0970-\u097f"
LETTERS = rf"[^\W_{HAN}{HIRAGANA}{KATAKANA}{HANGUL}{ARABIC}{DEVANAGARI}]+"
WORD = rf"[{HANGUL}]+|[{ARABIC}]+|[{DEVANAGARI}]+|{LETTERS}(?:['’]{LETTERS})*"
RUN = re.compile(rf"[{HAN}]+|{WORD}")
RUN_JA = re.compile(rf"[{HAN}]+|[{KATAKANA}]+|{WORD}")
BY_SCRIPT = {"ko": HANGUL, "ar": ARABIC, "hi": DEVANAGARI, "ru": "\u0400-\u04ff"}
TABLES = {book.LANGUAGE: book for book in BOOKS}
LATIN = tuple(code for code in TABLES if code not in BY_SCRIPT and code != "ja")


def unknown_words(prompt: str) -> list[str]:
    """Words outside the captions' lexicon, in order, once each, lower case. Numbers and punctuation are ignored.

    >>> unknown_words("A dragon dances on the beach")
    ['dragon']
    """
    return list(dict.fromkeys(_unknown(prompt.lower())))


@cache
def known_words() -> frozenset[str]:
    """Every word that means something in a caption, in all languages, as the tables write it."""
    return frozenset(_content_en() | _content_zh()).union(*map(_content, BOOKS))


def suggest(word: str) -> str | None:
    """The known word nearest in meaning where a table names one, else nearest by spelling (in Chinese and Japanese by
    shared characters); None when none is near."""
    word = word.lower()
    for nearest, forms in ((_nearest(en), folds(word)), (_nearest(zh), {word}), *_book_forms(word)):
        found = next((nearest[form] for form in sorted(forms) if form in nearest), None)
        if found:
            return found
    if re.search(f"[{HIRAGANA}{KATAKANA}]", word):
        return _suggest_spelling(word, 0.6)
    return _suggest_zh(word) if re.search(f"[{HAN}]", word) else _suggest_spelling(word, 0.82)


def _book_forms(word: str) -> Iterator[tuple[dict[str, str], set[str]]]:
    return ((_nearest(book), {word, word[:-1], word[:-2]}) for book in BOOKS)


@cache
def _nearest(table) -> dict[str, str]:
    """The table's hand-made map; a value may name a kind or a setting."""
    pairs = dict(pair.split("=") for pair in getattr(table, "NEAREST", "").split())
    return {word: _name(table, value) for word, value in pairs.items()}


def _name(table, value: str) -> str:
    if table is not en:
        return value.replace("_", " ")
    return (en.NOUNS.get(value) or en.SETTING_TAGS[value])[0]


def _unknown(prompt: str) -> Iterator[str]:
    """Runs of Han characters are segmented; runs of letters are folded; what no table could write is unknown."""
    japanese = "ja" in TABLES and re.search(f"[{HIRAGANA}{KATAKANA}]", prompt)
    runs = (RUN_JA if japanese else RUN).findall(prompt)
    latin = _latin_language(runs)
    for run in runs:
        if re.match(f"[{HAN}{KATAKANA}]", run):
            yield from _unknown_ja(run) if japanese else _unknown_zh(run)
        elif not _is_known(run.replace("’", "'"), latin):
            yield run


def _latin_language(runs: Iterable[str]) -> str:
    """The language that knows most of these words; English first."""
    words = [run for run in runs if "a" <= unicodedata.normalize("NFKD", run)[0] <= "z" and len(run) > 1]
    known = {code: sum(_is_known(word, code) for word in words) for code in ("en", *LATIN)}
    return max(known, key=known.get)


def _is_known(word: str, latin: str) -> bool:
    if any(c.isdigit() for c in word):
        return True
    code = next((code for code, block in BY_SCRIPT.items() if re.match(f"[{block}]", word)), latin)
    if code == "en":
        return _is_known_en(word)
    return code not in TABLES or _is_known_by_stem(TABLES[code], word)


# --- English ---------------------------------------------------------------------------------------------------------
def _is_known_en(word: str) -> bool:
    if len(word) == 1:
        return True
    word = re.sub("'s?$", "", word)
    return bool(folds(word) & _folded_en())


@cache
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
    text = " ".join([*_spoken(en.SPOKEN), en.IRREGULAR, *en.COLOURS])
    return frozenset(word for word in re.findall(r"[a-z]{2,}", text.lower())) - set(en.STOP_WORDS.split())


def _suggest_spelling(word: str, cutoff: float) -> str | None:
    """Among English words first."""
    close = difflib.get_close_matches(word, sorted(_content_en()), 5, cutoff)
    close = close or difflib.get_close_matches(word, _spelt(), 5, cutoff)
    return max(close, key=lambda c: (_similarity(word, c), _same_start(word, c)), default=None)


@cache
def _spelt() -> tuple[str, ...]:
    return tuple(sorted(_content_en().union(*map(_content, BOOKS))))


def _same_start(a: str, b: str) -> int:
    """How many first letters agree: between equally near words, a slip is likelier late than early."""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def _similarity(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()


# --- Chinese, and the kanji and katakana of Japanese ---------------------------------------------------------------
UNKNOWN_COST = 10  # per character, so that known words win wherever they fit; each known word costs 1, so long ones win


def _unknown_zh(run: str) -> Iterator[str]:
    """Words of the map by meaning are whole words, and unknown: 直升机 is not 升 between strangers."""
    foreign = frozenset(_nearest(zh)) - _lexicon_zh()
    pieces = [(piece, known and piece not in foreign) for piece, known in segment(run, _lexicon_zh() | foreign)]
    yield from (piece for piece, known in _glue(pieces) if not known)


def _unknown_ja(run: str) -> Iterator[str]:
    """Hiragana is mostly grammar and is passed over; kanji and katakana must be words of the table."""
    pieces = segment(run, _lexicon_ja())
    if re.match(f"[{KATAKANA}]", run):
        yield from () if all(known for _, known in pieces) else (run,)  # ドラゴン is one word
    else:
        yield from (piece for piece, known in pieces if not known)


def segment(run: str, lexicon: frozenset[str]) -> list[tuple[str, bool]]:
    """The cheapest cut of a run of characters into known words (True) and unknown stretches (False)."""
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
    """A known character that makes a compound with an unknown one belongs to it: 熊 + 猫 is no cat, 大 + 虾 not big."""
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
    runs = set(re.findall(f"[{HAN}]+", " ".join(_spoken(zh.SPOKEN))))
    return frozenset(runs | set(zh.WORDS.split())) - set(zh.FUNCTION.split())


@cache
def _lexicon_ja() -> frozenset[str]:
    return _content(TABLES["ja"]) | frozenset(TABLES["ja"].STOP_WORDS.split())


def _suggest_zh(word: str) -> str | None:
    """A word that ends alike (in Chinese the last character names the kind of thing) or shares two characters."""
    known = [*(noun for nouns in zh.NOUNS.values() for noun in nouns), *zh.WORDS.split()]
    shared = {candidate: len(set(candidate) & set(word)) for candidate in known}
    near = [candidate for candidate in known if shared[candidate] > 1 or candidate[-1] == word[-1]]
    if not near:
        return None
    return max(near, key=lambda c: (shared[c], c[-1] == word[-1], -abs(len(c) - len(word)), -known.index(c)))


# --- every other language -----------------------------------------------------------------------------------------
STEM, ENDING = {"ko": 2, "ar": 3, "hi": 2}, {"ko": 4}  # signs that must agree, and how many may follow


def _is_known_by_stem(book: Phrasebook, word: str) -> bool:
    """Whether the word, or what its stem may be a form of, is in the table: красную → красный."""
    pieces = [piece for piece in _folded(word).split("'") if len(piece) > 1]  # l'avion, qu'une
    return all(any(_has_stem(book, form) for form in _trimmed(book, piece)) for piece in pieces)


def _trimmed(book: Phrasebook, word: str) -> Iterator[str]:
    """The word, and what is left of it without what is written onto words: Korean particles, the Arabic article."""
    yield word
    for prefix in getattr(book.table, "PREFIXES", "").split():
        if word.startswith(prefix) and len(word) > len(prefix) + 1:
            yield word[len(prefix) :]
    for suffix in getattr(book.table, "SUFFIXES", "").split():
        if word.endswith(suffix) and len(word) > len(suffix):
            yield word[: -len(suffix)]


def _has_stem(book: Phrasebook, word: str) -> bool:
    shortest, ending = STEM.get(book.LANGUAGE, 4), ENDING.get(book.LANGUAGE, 3)
    stems, whole = _stems(book, shortest)
    if word in whole:
        return True
    for known in stems.get(word[:shortest], ()):
        same = _same_start(word, known)
        if max(len(word), len(known)) - same <= ending and same * 2 > max(len(word), len(known)):
            return True
    return False


@cache
def _stems(book: Phrasebook, shortest: int) -> tuple[dict[str, list[str]], frozenset[str]]:
    """Known words by how they begin, and all that are known whole."""
    content = {_folded(word) for word in _content(book)}
    stems: dict[str, list[str]] = {}
    for word in sorted(content):
        if len(word) >= shortest:
            stems.setdefault(word[:shortest], []).append(word)
    return stems, frozenset(content | {_folded(word) for word in book.STOP_WORDS.split()})


@cache
def _content(book: Phrasebook) -> frozenset[str]:
    """Words of two signs or more that the table can say, but for its stop words."""
    text = " ".join(" ".join(literals(re.sub(r"[/;]", " ", phrase))) for phrase in book.spoken()).lower()
    words = [word for run in (RUN_JA if book.LANGUAGE == "ja" else RUN).findall(text) for word in run.split("'")]
    least = 1 if book.LANGUAGE in ("ja", "ko") else 2
    return frozenset(word for word in words if len(word) >= least) - frozenset(book.STOP_WORDS.split())


def _folded(word: str) -> str:
    """Without accents and vowel signs that many leave out: niña is nina, й is и, أ is ا; ة and ه are one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not re.match("[\u0300-\u036f\u064b-\u065f]", c))
    return unicodedata.normalize("NFC", plain).replace("ة", "ه").replace("ى", "ي").replace("ß", "ss")


# --- all -------------------------------------------------------------------------------------------------------------
def _spoken(table: object) -> Iterator[str]:
    """The fixed words of every template in nested dictionaries and tuples."""
    if isinstance(table, str):
        yield from literals(table)
    else:
        for inner in table.values() if isinstance(table, dict) else table:
            yield from _spoken(inner)


# --- who -------------------------------------------------------------------------------------------------------------
def names_somebody(prompt: str) -> bool:
    """Whether a prompt names anyone of the cast, in whatever language; "then she jumps" does not.

    >>> names_somebody("two puppies run"), names_somebody("she catches her breath")
    (True, False)
    """
    return bool(_cast_words().search(prompt.lower()))


@cache
def _cast_words() -> re.Pattern[str]:
    """Every noun of every table, with an ending after it; anywhere within a run of signs where words have no spaces."""
    spaced, joined = set(), set()
    for nouns in (en.NOUNS, zh.NOUNS, *(book.table.NOUNS for book in BOOKS)):
        for told in nouns.values():
            for noun in told.split(",") if isinstance(told, str) else told:
                word = re.sub(r" [a-z]$", "", noun.strip()).lower()
                (joined if re.search(f"[{HAN}{HIRAGANA}{KATAKANA}{HANGUL}]", word) else spaced).add(word)
    stems = "|".join(re.escape(re.sub("[yаяьй]$", "", word)) for word in sorted(spaced, key=len, reverse=True))
    anywhere = "|".join(map(re.escape, sorted(joined)))
    return re.compile(rf"(?<!\w)(?:{stems})(?:y|s|es|ies|[^\W\da-z]{{1,3}})?(?!\w)|{anywhere}")
