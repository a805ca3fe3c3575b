"""A prompt as the letters it shows, every letter knowing where in the original it came from.

    plain       compatibility forms, case, accents, marks, invisible characters folded; punctuation is a space
    disguised   beside that: look-alikes, leet, l e t t e r s, sp.lit words, loooong letters, jamo, kana undone
    homophones  Chinese as syllables, so that another character or pinyin of the same sound reads the same

A rule is folded in the same way as the text it is looked for in. In the last two, a hit must touch a letter that
was `changed`: else "good" would be "god".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from filmloom.finishing.safety.lookalikes import ARABIC, CYRILLIC, DEVANAGARI, ENCLOSED, LATIN, LEET, TRADITIONAL

SHAPED = {**ENCLOSED, **ARABIC, **DEVANAGARI, **TRADITIONAL}
BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u0640\u034f")  # fillers that are letters or symbols by category
KINDS = (
    ("latin", 0x41, 0x24F), ("latin", 0x250, 0x2AF), ("greek", 0x370, 0x3FF), ("cyrillic", 0x400, 0x52F),
    ("armenian", 0x530, 0x58F), ("arabic", 0x600, 0x6FF), ("devanagari", 0x900, 0x97F),
    ("jamo", 0x1100, 0x11FF), ("latin", 0x1D00, 0x1D7F),
    ("hiragana", 0x3041, 0x309F), ("katakana", 0x30A0, 0x30FF), ("han", 0x3400, 0x9FFF), ("hangul", 0xAC00, 0xD7A3),
    ("latin", 0xA720, 0xA7FF), ("han", 0xF900, 0xFAFF), ("han", 0x20000, 0x323AF),
)  # fmt: skip
EAST_ASIAN = frozenset(("han", "hiragana", "katakana", "hangul", "jamo"))
ALPHABETIC = frozenset(("latin", "greek", "cyrillic", "armenian", "arabic", "devanagari"))
DRESSABLE = frozenset(("latin", "greek", "cyrillic", "armenian"))
SENTENCE_ENDS = frozenset(',;:!?。,、!?;:؛؟،।…"()[]「」『』《》“”/')
BETWEEN_WORDS = SENTENCE_ENDS | frozenset("'’")
MARKS_THAT_SPELL = ((0x900, 0x93B), (0x93D, 0xDFF), (0xE00, 0xEFF))  # Indic and Thai vowels; not the nukta, 0x93C


class Letter(NamedTuple):
    """`char` shown by `length` characters at `start` of the original. `changed`: a disguise was undone. `loose`: a word
    may begin or end on either side."""

    char: str
    start: int
    kind: str
    changed: bool = False
    loose: bool = False
    length: int = 1


@dataclass(frozen=True)
class View:
    """Letters, digits and single spaces; one space before and one behind. `letters[i]` made `text[i]`."""

    text: str
    letters: tuple[Letter, ...]
    everything: bool  # whether a hit counts that touches no changed letter

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] was in the original."""
        last = self.letters[end - 1]
        return self.letters[start].start, last.start + last.length

    def counts(self, start: int, end: int) -> bool:
        return self.everything or any(letter.changed for letter in self.letters[start:end])


def plain(text: str) -> View:
    return _view(shown(text), everything=True)


def disguised(letters: list[Letter], target: Mapping[str, str]) -> View | None:
    """With its disguises undone towards `target`'s alphabet; None where nothing was in disguise."""
    undone = _stretched(_joined(_undressed(letters, target)))
    return _view(skeleton(undone), everything=False) if any(x.changed for x in undone) else None


def spoken(letters: list[Letter], syllables: Mapping[str, tuple[str, bool]], sounds: Mapping[str, str]) -> View | None:
    """Chinese as one sign per syllable. `syllables`: character → (sign, is a disguise); `sounds`: pinyin → sign."""
    said = _unspaced(list(_said(_joined(letters), syllables, sounds)))
    return _view(said, everything=False) if any(x.changed for x in said) else None


def shown(text: str) -> list[Letter]:
    """What each character shows. Symbols stay, for a later view may read them as letters."""
    letters: list[Letter] = []
    for start, char in enumerate(text):
        for shape in _shapes(char):
            if shape in "\u3099\u309a" and letters:  # a voiced mark of its own belongs to the kana before it
                letters[-1] = letters[-1]._replace(char=unicodedata.normalize("NFC", letters[-1].char + shape)[0])
            else:
                letters.append(Letter(shape, start, kind_of(shape)))
    return letters


@lru_cache(4096)
def _shapes(char: str) -> str:
    if char in BLANK or unicodedata.category(char) in ("Cf", "Cn", "Co", "Cs"):
        return ""
    folded = unicodedata.normalize("NFKC", SHAPED.get(char, char)).casefold()
    if any(kind_of(c) in EAST_ASIAN for c in folded):
        return "".join(SHAPED.get(c, c) for c in folded if c not in BLANK)
    parts = unicodedata.normalize("NFD", folded)
    kept = (c for c in parts if c not in BLANK and (not unicodedata.category(c).startswith("M") or _spells(c)))
    return "".join(SHAPED.get(c, c) for c in kept)


def _spells(mark: str) -> bool:
    return mark in "\u3099\u309a" or any(low <= ord(mark) <= high for low, high in MARKS_THAT_SPELL)


@lru_cache(8192)
def kind_of(char: str) -> str:
    """Its script by block, "digit", "space", "symbol", or "other" for a letter of a script that no table covers."""
    category = unicodedata.category(char)
    if char.isdigit():
        return "digit"
    if char.isspace():
        return "space"
    if category[0] not in "LM" or char == "・":
        return "symbol"
    return next((kind for kind, low, high in KINDS if low <= ord(char) <= high), "other")


def _view(letters: Iterable[Letter], *, everything: bool) -> View:
    edge = Letter(" ", 0, "space")
    kept = [edge]
    for letter in letters:
        gap = letter.kind in ("space", "symbol")
        if not gap or kept[-1].char != " ":
            kept.append(Letter(" ", letter.start, "space") if gap else letter)
    if kept[-1].char != " ":
        kept.append(edge)
    return View("".join(letter.char for letter in kept), tuple(kept), everything)


# One form for what is written in several ways: used for rules and for disguised text alike.


def skeleton(letters: Iterable[Letter]) -> list[Letter]:
    """i and l are one, hiragana is katakana, Hangul is jamo, and a letter said twice is said once."""
    found: list[Letter] = []
    for letter in letters:
        for char in _one_form(letter.char, letter.kind):
            if not found or found[-1].char != char or letter.kind in ("digit", "space"):
                found.append(letter._replace(char=char))
            else:
                length = letter.start + letter.length - found[-1].start
                found[-1] = found[-1]._replace(changed=found[-1].changed or letter.changed, length=length)
    return found


@lru_cache(8192)
def _one_form(char: str, kind: str) -> str:
    if kind == "latin":
        return "l" if char == "i" else char
    if kind == "hiragana":
        return chr(ord(char) + 0x60) if "ぁ" <= char <= "ゖ" else char
    if kind in ("hangul", "jamo"):
        return "".join(_leading(c) for c in unicodedata.normalize("NFD", char))
    return char


def _leading(jamo: str) -> str:
    """A final consonant as the same consonant at a syllable's head."""
    name = unicodedata.name(jamo, "")
    if not name.startswith("HANGUL JONGSEONG"):
        return jamo
    try:
        return unicodedata.lookup(name.replace("JONGSEONG", "CHOSEONG"))
    except KeyError:  # a cluster that no syllable begins with
        return jamo


# Disguises, one by one.


def _undressed(letters: list[Letter], target: Mapping[str, str]) -> list[Letter]:
    """Look-alikes and leet inside a word become the letters of the target's alphabet."""
    found: list[Letter] = []
    for wearable, run in groupby(letters, key=_wearable):
        word = list(run)
        found += _undress(word, target) if wearable else map(_marked, word)
    return found


def _marked(letter: Letter) -> Letter:
    """Kana and jamo are always another spelling than the rule may have."""
    return letter._replace(changed=True) if letter.kind in ("hiragana", "katakana", "jamo") else letter


def _wearable(letter: Letter) -> bool:
    return letter.kind in DRESSABLE or letter.char in LEET or letter.char in LATIN


def _undress(word: list[Letter], target: Mapping[str, str]) -> list[Letter]:
    while word and word[-1].char in "!|+":  # at a word's end these are punctuation
        return [*_undress(word[:-1], target), word[-1]]
    if not any(x.kind in DRESSABLE for x in word):
        return word
    home = "cyrillic" if target is CYRILLIC else "latin"
    kinds = {x.kind if x.char not in _RARE else "rare" for x in word}
    whole = len(word) > 3 and all(x.char in target for x in word)
    if kinds == {home} or (len(kinds) == 1 and not whole):
        return word
    return [_undress_letter(x, home, target) for x in word]


_RARE = frozenset(c for c in LATIN if kind_of(c) == "latin")  # small capitals and the like


def _undress_letter(letter: Letter, home: str, target: Mapping[str, str]) -> Letter:
    table = {**LATIN, **LEET} if home == "latin" else target
    if letter.char not in table or (letter.kind == home and letter.char not in _RARE):
        return letter
    return letter._replace(char=table[letter.char], kind=home, changed=True)


def _stretched(letters: list[Letter]) -> list[Letter]:
    """Marks a letter said three times or more."""
    found: list[Letter] = []
    for _, run in groupby(letters, key=lambda x: x.char):
        same = list(run)
        long = len(same) > 2 and same[0].kind in ALPHABETIC | EAST_ASIAN
        found += [x._replace(changed=True) for x in same] if long else same
    return found


def _joined(letters: list[Letter]) -> list[Letter]:
    """s p e l l e d and sp.lit words without what splits them."""
    pieces = _pieces(letters)
    found: list[Letter] = []
    position = 0
    while position < len(pieces):
        end = _spelled(pieces, position)
        if end - position > 2 or (end - position > 1 and _is_east_asian(pieces[position].word)):
            found += _words(pieces[position:end])
        else:
            end = _split(pieces, position)
            found += _bare(pieces[position:end]) if end - position > 1 else pieces[position].word
        found += pieces[end - 1].gap
        position = end
    return found


def _words(pieces: list[_Piece]) -> Iterator[Letter]:
    """Single letters as words: a gap wider than the narrowest parts words; where none is, a word may begin anywhere."""
    narrowest = min(piece.width for piece in pieces[:-1])
    loose = all(piece.width == narrowest for piece in pieces[:-1])
    for piece in pieces:
        yield from _bare([piece], loose=loose)
        if piece is not pieces[-1] and piece.width > narrowest:
            yield from piece.gap


@dataclass(frozen=True)
class _Piece:
    """Letters and what separates them from the next piece."""

    word: list[Letter]
    gap: list[Letter]

    @property
    def length(self) -> int:
        return len({x.start for x in self.word if not unicodedata.category(x.char).startswith("M")})

    @property
    def width(self) -> int:
        """Spaces in the gap."""
        return sum(x.kind == "space" for x in self.gap)

    @property
    def is_tight(self) -> bool:
        """The gap is of signs alone, none of them ending a sentence or an elision."""
        return bool(self.gap) and all(x.kind == "symbol" and x.char not in BETWEEN_WORDS for x in self.gap)

    @property
    def ends_sentence(self) -> bool:
        return any(x.char in SENTENCE_ENDS for x in self.gap)


def _pieces(letters: list[Letter]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for is_gap, run in groupby(letters, key=lambda x: x.kind in ("space", "symbol")):
        part = list(run)
        if is_gap and pieces:
            pieces[-1] = _Piece(pieces[-1].word, part)
        else:
            pieces.append(_Piece([], part) if is_gap else _Piece(part, []))
    return pieces


def _spelled(pieces: list[_Piece], start: int) -> int:
    """End of the run of single letters that begins here."""
    end = start
    while end < len(pieces) and pieces[end].length == 1 and pieces[end].word[0].kind != "digit":
        end += 1
        if pieces[end - 1].ends_sentence:
            break
    return end


def _split(pieces: list[_Piece], start: int) -> int:
    """End of the run of pieces that signs (or, in Chinese and Japanese, a space beside a lone character) hold apart."""
    end = start + 1
    while end < len(pieces) and _belongs(pieces[end - 1], pieces[end]):
        end += 1
    return end


def _belongs(left: _Piece, right: _Piece) -> bool:
    if not left.word or not right.word or left.ends_sentence:
        return False
    shortest = min(left.length, right.length)
    if _is_east_asian(left.word[-1:]) and _is_east_asian(right.word[:1]):
        return left.is_tight or (shortest == 1 and left.word[-1].kind == right.word[0].kind == "han")
    return left.is_tight and shortest <= 2


def _is_east_asian(word: list[Letter]) -> bool:
    return bool(word) and word[0].kind in EAST_ASIAN


def _bare(pieces: list[_Piece], *, loose: bool = False) -> Iterator[Letter]:
    for piece in pieces:
        yield from (x._replace(changed=True, loose=loose) for x in piece.word)


def _said(
    letters: list[Letter], syllables: Mapping[str, tuple[str, bool]], sounds: Mapping[str, str]
) -> Iterator[Letter]:
    for is_latin, run in groupby(letters, key=lambda x: x.kind == "latin"):
        word = list(run)
        parts = _syllables("".join(x.char for x in word), sounds) if is_latin else None
        if parts:
            yield from (_sign(sounds[part], word[at : at + len(part)]) for at, part in parts)
        elif is_latin:
            yield from word
        else:
            yield from (_say(x, syllables) for x in word)


def _sign(sign: str, spelled: list[Letter]) -> Letter:
    first, last = spelled[0], spelled[-1]
    return Letter(sign, first.start, "han", True, length=last.start + last.length - first.start)


def _unspaced(letters: list[Letter]) -> list[Letter]:
    """Without the gaps inside pinyin: between two signs."""
    solid = [x for x in letters if x.kind != "space"]
    follower = dict(zip(map(id, solid), solid[1:]))
    found: list[Letter] = []
    for letter in letters:
        sign_before = bool(found) and _is_sign(found[-1])
        if letter.kind != "space" or not (sign_before and _is_sign(follower.get(id(found[-1]), letter))):
            found.append(letter)
    return found


def _is_sign(letter: Letter) -> bool:
    return "\ue000" <= letter.char <= "\uf8ff"


def _say(letter: Letter, syllables: Mapping[str, tuple[str, bool]]) -> Letter:
    sign, is_disguise = syllables.get(letter.char, (letter.char, False))
    return letter._replace(char=sign, changed=letter.changed or is_disguise)


def _syllables(word: str, sounds: Mapping[str, str]) -> list[tuple[int, str]] | None:
    """The word cut wholly into known syllables, each with its place; None where it cannot be."""
    ways: list[list[tuple[int, str]] | None] = [[]] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 6), end):
            if ways[end] is None and ways[start] is not None and word[start:end] in sounds:
                ways[end] = [*ways[start], (start, word[start:end])]
    return ways[-1] or None
