"""Words looked for in a view, with borders right for each script.

    word      as written; Latin words also with a plural s
    word*     any ending      *word   any beginning
    two wor* with any gap between them, each word with its own star

Chinese and hiragana have no borders; katakana, Latin, Cyrillic and Devanagari words do; Hangul words begin at a border
and end anywhere (particles); Arabic words may carry their usual prefixes and suffixes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from filmloom.finishing.safety.normalise import DRESSABLE, View

BORDERLESS = frozenset(("han", "hiragana", "space", "symbol"))
ARABIC_PREFIXES = frozenset(
    ("", "ال", "و", "ف", "ب", "ل", "ك", "س", "وال", "فال", "بال", "كال", "لل", "ول", "وب", "ولل", "وبال")
)
ARABIC_SUFFIXES = frozenset(
    ("", "ه", "ها", "هم", "هن", "هما", "نا", "ك", "ي", "ات", "ين", "ون", "ان", "تين", "تان", "ا", "وا", "هن", "ت")
)


@dataclass(frozen=True)
class Hit:
    """A word found at `start` to `end` of the original text."""

    word: str
    start: int
    end: int


@dataclass(frozen=True)
class _Folded:
    """`parts`: between them stood a star inside the phrase: a rest of a word."""

    word: str
    parts: tuple[str, ...]
    open_start: bool
    open_end: bool


class Index:
    """Words folded one way, found in a view that was folded the same way."""

    def __init__(self, words: Iterable[str], fold: Callable[[str], str | None]):
        self._by_head: dict[str, list[_Folded]] = defaultdict(list)
        for word in words:
            parts = [fold(part) for part in word.strip("*").split("*")]
            if all(parts):
                folded = _Folded(word, tuple(parts), word.startswith("*"), word.endswith("*"))
                self._by_head[parts[0][:3]].append(folded)

    def hits(self, view: View) -> Iterator[Hit]:
        text = view.text
        for at in range(len(text)):
            for length in (1, 2, 3):
                for folded in self._by_head.get(text[at : at + length], ()):
                    if (to := _end(view, folded, at)) and view.counts(at, to):
                        yield Hit(folded.word, *view.span(at, to))


def _end(view: View, folded: _Folded, at: int) -> int | None:
    """Where the word that begins at `at` ends; None if it is not there."""
    if not view.text.startswith(folded.parts[0], at) or not (folded.open_start or _begins(view, at)):
        return None
    to = at + len(folded.parts[0])
    for part in folded.parts[1:]:
        gap = view.text.find(" ", to)
        if gap < 0 or not view.text.startswith(part, gap + 1):
            return None
        to = gap + 1 + len(part)
    if folded.open_end:
        return _word_end(view, to)
    return to if _ends(view, to) else None


def _word_end(view: View, to: int) -> int:
    while not is_border(view, to):
        to += 1
    return to


def is_border(view: View, at: int) -> bool:
    """Whether no word runs from text[at - 1] into text[at]."""
    before, after = view.letters[at - 1], view.letters[at]
    if before.kind != after.kind:
        return not {before.kind, after.kind} <= DRESSABLE  # Latin beside Cyrillic is one word in disguise
    return after.kind in BORDERLESS or (before.loose and after.loose)


def _begins(view: View, at: int) -> bool:
    if is_border(view, at):
        return True
    return view.letters[at].kind == "arabic" and view.text[view.text.rindex(" ", 0, at) + 1 : at] in ARABIC_PREFIXES


def _ends(view: View, to: int) -> bool:
    if is_border(view, to) or view.letters[to - 1].kind in ("hangul", "jamo"):
        return True
    if view.letters[to - 1].kind == "arabic":
        return view.text[to : view.text.index(" ", to)] in ARABIC_SUFFIXES
    return view.letters[to - 1].kind == "latin" and view.text[to] == "s" and is_border(view, to + 1)
