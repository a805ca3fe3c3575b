"""Letters, lines and directions of text in any script: what a reader calls a letter, and where a line may end.

    clusters("क्षमा")       # ["क्ष", "मा"]: grapheme clusters (UAX #29), never split
    wrapped("「はい。」と言った。", letters=5)       # kinsoku (JIS X 4051); other scripts at spaces
    isolated("שלום.")    # isolates (UAX #9): the full stop on the left in any player

Mark-up <i>, <b> and <u> takes no room.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache


@dataclass(frozen=True)
class Limits:
    """How much is read at ease: letters in a line, letters in a second."""

    letters: int
    speed: Fraction


# As Netflix's Timed Text Style Guides have them, the slower where they differ between programmes.
LIMITS = {
    "latin": Limits(42, Fraction(17)),
    "cyrillic": Limits(42, Fraction(17)),
    "greek": Limits(42, Fraction(17)),
    "arabic": Limits(42, Fraction(17)),
    "hebrew": Limits(42, Fraction(17)),
    "devanagari": Limits(42, Fraction(17)),
    "han": Limits(16, Fraction(9)),
    "kana": Limits(13, Fraction(4)),
    "hangul": Limits(16, Fraction(12)),
}
MOST_LINES = 2
TAG = re.compile(r"</?[ibu]>")

# JIS X 4051 4.3: what may not begin a line, what may not end one, and pairs that are one sign.
NO_START = set(
    ")]}｝〕〉》」』】〙〗〟’”｠»)]，、。．・：；！？‼⁇⁈⁉,.:;!?%‰％°′″℃ー〜～–-ゝゞヽヾ々〻…‥"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ）］｣､｡･،؛؟।॥"
)
NO_END = set("([{｛〔〈《「『【〘〖〝‘“｟«（［｢$£¥＄￡￥№#＃")
UNSPLIT = ("——", "――", "……", "‥‥", "⸺⸺")
RLI, LRI, PDI, ZWJ = "\u2067", "\u2066", "\u2069", "\u200d"


def num_letters(text: str) -> int:
    """Grapheme clusters, spaces between words included, mark-up and line ends not."""
    return len(clusters(TAG.sub("", " ".join(text.split("\n")))))


def limits_of(text: str) -> Limits:
    """Those of the script most of its letters are in; any kana makes a text Japanese."""
    return LIMITS[script_of(text)]


def script_of(text: str) -> str:
    """ "latin", "han", "kana", "hangul", "arabic", ...: the key of LIMITS."""
    scripts = [script for letter in TAG.sub("", text) if (script := _script(letter))]
    if "kana" in scripts:
        return "kana"
    return max(dict.fromkeys(scripts), key=scripts.count, default="latin")


def wrapped(text: str, *, letters: int | None = None, lines: int = MOST_LINES) -> str:
    """`text` in as few lines as its width needs, evenly filled, by the rules of its script.

    More than `lines` where it is longer than they hold; a word wider than a line is cut between clusters."""
    units = _units(" ".join(text.split()), letters := letters or limits_of(text).letters)
    count = 1
    while (best := _filled(units, count, letters)) is None:
        count += 1
    return "\n".join(best)


def clusters(text: str) -> list[str]:
    """Extended grapheme clusters (UAX #29, rules GB3 to GB13): what a reader calls a letter."""
    found: list[str] = []
    for letter in text:
        if found and _joins(found[-1], letter):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def isolated(text: str) -> str:
    """Lines with the isolates that keep their direction in any player; text from left to right stays as it is.

    A cue whose first strong letter reads from the right is set so as a whole, its lines that begin in Latin too."""
    base = direction(text)
    marked = (_isolated_line(line, base) for line in unisolated(text).split("\n"))
    return "\n".join(marked)


def unisolated(text: str) -> str:
    """Without the isolates around whole lines."""
    bare = (line[1:-1] if line[:1] in (RLI, LRI) and line.endswith(PDI) else line for line in text.split("\n"))
    return "\n".join(bare)


def line_direction(line: str, base: str) -> str:
    """Of one line of a cue whose first strong letter says `base`. A line of Hebrew alone is so under English too."""
    kinds = {unicodedata.bidirectional(letter) for letter in TAG.sub("", line)}
    return "rtl" if base == "rtl" or (kinds & {"R", "AL"} and "L" not in kinds) else "ltr"


def direction(text: str) -> str:
    """ "rtl" or "ltr", by the first strong letter (UAX #9, rules P2 and P3)."""
    kinds = (unicodedata.bidirectional(letter) for letter in TAG.sub("", text))
    return next(("rtl" if kind in ("R", "AL") else "ltr" for kind in kinds if kind in ("L", "R", "AL")), "ltr")


def _filled(units: list[str], count: int, letters: int) -> list[str] | None:
    """The units in `count` lines of at most `letters`; None where they do not fit.

    Best is the least width plus what the breaks cost; among equals, the most even."""
    size = _letter(units)
    totals = [0, *itertools.accumulate(_columns(unit, size) for unit in units)]
    costs = [*(_cost(before, after) for before, after in itertools.pairwise(units)), 0]
    best = {0: (0, 0, 0, ())}  # units placed so far -> width of the widest line, cost, sum of squares, breaks
    for _ in range(count):
        reached: dict[int, tuple] = {}
        for start, (widest, cost, squares, breaks) in best.items():
            for end in range(start + 1, len(units) + 1):
                wide = totals[end] - totals[start] - _trailing(units[end - 1])
                if wide > letters * size:
                    break
                way = (max(widest, wide), cost + costs[end - 1], squares + wide * wide, (*breaks, end))
                reached[end] = min(way, reached.get(end, way), key=lambda way: (way[0] + way[1], way[2]))
        best = reached
    if len(units) not in best:
        return [""] if not units else None
    ends = best[len(units)][-1]
    return ["".join(units[a:b]).strip() for a, b in zip((0, *ends), ends)]


def _cost(before: str, after: str) -> int:
    """Of a break between two units, in columns: how much wider the lines may be for the sake of a better one."""
    before, after = TAG.sub("", before), TAG.sub("", after)
    last = before.rstrip()[-1:]
    if last and last in "。！？.!?…؟।॥":
        return 0
    if last and last in "、，,;:；：،؛—":
        return 3
    is_phrase = "ぁ" <= last <= "ん" and not "ぁ" <= after[:1] <= "ん"  # a particle ends a phrase of Japanese
    return 6 if before[-1:].isspace() or is_phrase else 10


def _units(text: str, letters: int) -> list[str]:
    """What is never broken, in order, each with the space after it; what is wider than a line, in clusters."""
    units: list[str] = []
    for cluster in _pieces(text):
        if units and not _may_break(units[-1], cluster):
            units[-1] += cluster
        else:
            units.append(cluster)
    size = _letter(units)
    most = letters * size
    whole = ([unit] if _columns(unit, size) - _trailing(unit) <= most else _pieces(unit) for unit in units)
    return list(itertools.chain.from_iterable(whole))


def _pieces(text: str) -> list[str]:
    """Clusters; a tag of mark-up goes with what it opens or closes."""
    pieces: list[str] = []
    opened = ""
    for part in re.split(r"(</?[ibu]>)", text):
        if TAG.fullmatch(part):
            if part.startswith("</") and pieces and not opened:
                pieces[-1] += part
            else:
                opened += part
        elif part:
            first, *rest = clusters(part)
            pieces += [opened + first, *rest]
            opened = ""
    return [*pieces, opened] if opened else pieces


def _may_break(before: str, after: str) -> bool:
    before, after = TAG.sub("", before), TAG.sub("", after)
    if not before or not after or after[0].isspace():
        return False
    if before[-1] in "\u00a0\u2060\u202f" or after[0] in "\u00a0\u2060\u202f":
        return False
    if before[-1].isspace():
        return after[0] not in NO_START or after[0] in "-–…‥."  # speakers' dashes, and what goes on after a pause
    if after[0] in NO_START or before[-1] in NO_END or before[-1] + after[0] in UNSPLIT:
        return False
    return _is_ideograph(_base(before)) or _is_ideograph(after[0])


def _base(text: str) -> str:
    """The letter that the last cluster's marks stand on."""
    return next((letter for letter in reversed(text) if unicodedata.category(letter)[0] != "M"), text[-1])


def _is_ideograph(letter: str) -> bool:
    """A letter that lines may be broken before and after: Chinese, kana, and the signs among them."""
    return _script(letter) in ("han", "kana") or "\u3000" <= letter <= "\u303f" or "\uff01" <= letter <= "\uff65"


def _columns(text: str, size: int) -> int:
    """Half-width columns (UAX #11): wide clusters count two, and so do ambiguous ones among them, such as …"""
    wide = ("W", "F", "A") if size == 2 else ("W", "F")
    return sum(1 + (unicodedata.east_asian_width(cluster[0]) in wide) for cluster in clusters(TAG.sub("", text)))


def _trailing(unit: str) -> int:
    return len(unit) - len(unit.rstrip())


def _letter(units: Sequence[str]) -> int:
    """Columns of a letter as the limits count them: full-width ones in Chinese, Japanese and Korean."""
    return 2 if script_of("".join(units)) in ("han", "kana", "hangul") else 1


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "")
    for start, script in (
        ("CJK", "han"), ("HIRAGANA", "kana"), ("KATAKANA", "kana"), ("HALFWIDTH KATAKANA", "kana"),
        ("HANGUL", "hangul"),
        ("ARABIC", "arabic"), ("HEBREW", "hebrew"), ("DEVANAGARI", "devanagari"), ("CYRILLIC", "cyrillic"),
        ("GREEK", "greek"), ("LATIN", "latin"),
    ):  # fmt: skip
        if name.startswith(start) and unicodedata.category(letter)[0] == "L":
            return script
    return ""


def _joins(cluster: str, letter: str) -> bool:
    last = cluster[-1]
    if last == "\r":
        return letter == "\n"  # GB3
    if unicodedata.category(last) in ("Cc", "Zl", "Zp") or unicodedata.category(letter) in ("Cc", "Zl", "Zp"):
        return False  # GB4, GB5
    if _extends(letter):
        return True  # GB9, GB9a
    if last == ZWJ:
        is_family = _is_pictograph(cluster[0]) and _is_pictograph(letter)
        return is_family or _is_conjunct(cluster, letter)  # GB11, GB9c
    if _hangul(last) + _hangul(letter) in ("LL", "LV", "LA", "LB", "AV", "AT", "VV", "VT", "BT", "TT"):
        return True  # GB6 to GB8
    if _is_flag(last) and _is_flag(letter):
        return len(cluster) % 2 == 1  # GB12, GB13
    return _is_conjunct(cluster, letter)


# Signs that join two consonants into one letter (Indic_Conjunct_Break=Linker), and the scripts that have them.
VIRAMAS = "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d"
CONJUNCT = (
    "DEVANAGARI LETTER",
    "BENGALI LETTER",
    "GUJARATI LETTER",
    "ORIYA LETTER",
    "TELUGU LETTER",
    "MALAYALAM LETTER",
)


def _is_conjunct(cluster: str, letter: str) -> bool:
    """GB9c: a consonant, then marks without a vowel's space and a virama among them, then a consonant."""
    at = max((n for n, sign in enumerate(cluster) if unicodedata.category(sign)[0] == "L"), default=0)
    signs = cluster[at + 1 :]
    joined = any(sign in VIRAMAS for sign in signs) and all(unicodedata.category(s) == "Mn" or s == ZWJ for s in signs)
    return joined and _is_consonant(cluster[at]) and _is_consonant(letter)


def _is_consonant(letter: str) -> bool:
    name = unicodedata.name(letter, "")
    independent = re.search(r"LETTER (SHORT |CANDRA )?(A|AA|I|II|U|UU|E|EE|AI|O|OO|AU|OE|OOE|AW|UE|UUE)$", name)
    return name.startswith(CONJUNCT) and not independent and "VOCALIC" not in name


def _extends(letter: str) -> bool:
    """Grapheme_Extend, ZWJ and SpacingMark, so far as Python's tables tell them."""
    code = ord(letter)
    if unicodedata.category(letter) in ("Mn", "Me", "Mc"):
        return letter not in "\u102b\u102c\u1038\u1062\u1063\u1064\u1067\u1068\u1069\u106a\u106b\u106c\u106d\u1083"
    return letter in "\u200c\u200d\u0e33\u0eb3" or 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F \
        or code in (0xFF9E, 0xFF9F)  # fmt: skip


def _is_pictograph(letter: str) -> bool:
    return unicodedata.category(letter) == "So" or letter in "\u203c\u2049\u2194\u2195\u2934\u2935\u3030\u303d"


def _is_flag(letter: str) -> bool:
    return 0x1F1E6 <= ord(letter) <= 0x1F1FF


def _hangul(letter: str) -> str:
    """L, V, T for jamo; A for a syllable without a final, B for one with."""
    code = ord(letter)
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "B" if (code - 0xAC00) % 28 else "A"
    return "?"


def _isolated_line(line: str, base: str) -> str:
    has_right = any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in line)
    if not line or (base == "ltr" and not has_right):
        return line
    return (RLI if line_direction(line, base) == "rtl" else LRI) + line + PDI
