"""A prompt that tells several things one after the other: "first a girl dances, then she sits down".

Each thing is a *beat*: a stretch of the film with a scene of its own. What a later beat leaves unsaid it takes from the
one before, so that "then she sits down" is the same girl in the same place.
"""

from __future__ import annotations

import re
from itertools import pairwise

from filmloom.world.captions import unknown_words

LONGEST = 6  # beats; more would be too short to be seen

# Words that open the first beat, and words that open a later one. Longer ones stand before those they contain.
OPENERS = {
    "en": ("first of all", "at first", "first", "to begin with"),
    "zh": ("首先", "一开始", "起初", "先是"),
    "ja": ("まず最初に", "最初に", "はじめに", "初めに", "まず"),
    "ko": ("먼저", "처음에는", "처음에", "우선"),
    "es": ("en primer lugar", "al principio", "primero"),
    "fr": ("tout d'abord", "d'abord", "au début"),
    "de": ("zu beginn", "am anfang", "zuerst", "zunächst"),
    "pt": ("em primeiro lugar", "no início", "primeiro"),
    "ru": ("в начале", "сначала", "сперва"),
    "ar": ("في البداية", "أولاً", "أولا"),
    "hi": ("सबसे पहले", "शुरू में", "पहले"),
    "id": ("pertama-tama", "mula-mula", "pertama", "awalnya"),
}
TURNS = {
    "en": ("and after that", "after that", "and then", "afterwards", "and finally", "finally", "then", "later on"),
    "zh": ("在此之后", "然后", "接着", "接下来", "随后", "之后", "最后"),
    "ja": ("そしてその後", "その後", "それから", "そのあと", "次に", "続いて", "最後に"),
    "ko": ("그러고 나서", "그리고 나서", "그다음에", "그 다음에", "그 후에", "그런 다음", "이어서", "마지막으로"),
    "es": ("después de eso", "a continuación", "y después", "y luego", "después", "luego", "entonces", "por último"),
    "fr": ("après cela", "et ensuite", "et puis", "ensuite", "puis", "enfin", "pour finir"),
    "de": ("und anschließend", "anschließend", "und danach", "und dann", "danach", "dann", "schließlich"),
    "pt": ("depois disso", "em seguida", "e depois", "e então", "depois", "então", "por fim"),
    "ru": ("после этого", "а затем", "а потом", "и потом", "затем", "потом", "наконец"),
    "ar": ("وبعد ذلك", "بعد ذلك", "ثم", "وأخيرًا", "أخيرًا", "وأخيرا", "أخيرا"),
    "hi": ("उसके बाद", "इसके बाद", "और फिर", "फिर", "अंत में", "आख़िर में"),
    "id": ("setelah itu", "kemudian", "lalu", "selanjutnya", "akhirnya"),
}  # fmt: skip
UNSPACED = ("zh", "ja")
# commas, stops and dashes of all scripts
SIGNS = r",\uff0c\u3001;\uff1b.\u3002!\uff01:\uff1a\u2026\u2014\u2013\u060c\u061b\u0964"
PAUSE = rf"[\s{SIGNS}-]*"
# "After the rain" tells of no turn: Spanish and Portuguese say it with the same word.
NO_TURN = r"(?!\s+(?:de|del|da|do|das|dos|que)\b)"


def beats(prompt: str) -> list[str]:
    """The things a prompt tells in order; one, where it tells of no change.

    >>> beats("First a girl dances on the beach, then she sits down.")
    ['a girl dances on the beach', 'she sits down']
    """
    told = [part for part in (_bare(part) for part in _TURN.split(prompt)) if part]
    if len(told) < 2:
        return [prompt]
    told[0] = _bare(_OPENER.sub("", told[0], count=1)) or told[0]
    # What is too many is told together at the end, rather than not at all.
    return told if len(told) <= LONGEST else [*told[: LONGEST - 1], ", ".join(told[LONGEST - 1 :])]


def unknown(prompt: str) -> tuple[str, ...]:
    """Words of a prompt outside the captions' lexicon; those that only order its beats are none."""
    return tuple(dict.fromkeys(word for beat in beats(prompt) for word in unknown_words(beat)))


def shares(num_beats: int, num_frames: int) -> list[range]:
    """The frames of each beat: as equal as whole frames allow, none empty unless there are fewer frames than beats."""
    bounds = [round(i * num_frames / num_beats) for i in range(num_beats + 1)]
    return [range(a, b) for a, b in pairwise(bounds)]


def at(ranges: list[range], frame: int) -> int:
    """Which beat a frame belongs to; the last one's after the end."""
    return next((i for i, frames in enumerate(ranges) if frame < frames.stop), len(ranges) - 1)


def _bare(part: str) -> str:
    return re.sub(rf"^{PAUSE}|{PAUSE}$", "", part)


def _words(table: dict[str, tuple[str, ...]], *, unspaced: bool) -> str:
    words = [word for language, known in table.items() if (language in UNSPACED) == unspaced for word in known]
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# A turn stands after a pause or a space; in scripts without spaces after a pause, for the same signs may be part of a
# longer word.
_SPACED = rf"(?:^|[\s{SIGNS}])(?:{_words(TURNS, unspaced=False)})(?=[\s{SIGNS}]){NO_TURN}"
_TURN = re.compile(rf"{_SPACED}|[\s{SIGNS}](?:{_words(TURNS, unspaced=True)})", re.IGNORECASE)
_FIRST = rf"(?:{_words(OPENERS, unspaced=False)})(?=[\s{SIGNS}])|(?:{_words(OPENERS, unspaced=True)})"
_OPENER = re.compile(rf"^{PAUSE}(?:{_FIRST})", re.IGNORECASE)
