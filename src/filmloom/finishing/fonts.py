"""Fonts that have the letters: no text of ours is ever shown as empty boxes.

    runs = runs_of("AI生成")                  # ("AI", Pillow's own font), ("生成", one that fontconfig found)
    ink = drawn(runs, pixels=40)              # [h, w] in 0..1

Latin text takes the font inside Pillow, the same on every machine; other scripts take what is installed.
"""

from __future__ import annotations

import math
import subprocess
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np

from filmloom.core.errors import UserError

CJK = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH", "IDEOGRAPHIC")  # beginnings of Unicode names
SHAPED = (
    "ARABIC", "HEBREW", "SYRIAC", "THAANA", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "TAMIL", "TELUGU",
    "KANNADA", "MALAYALAM", "SINHALA", "THAI", "LAO", "TIBETAN", "MYANMAR", "KHMER",
)  # fmt: skip
NO_CHARACTER = "\U0010ffff"  # a noncharacter: every font draws it as what it draws for missing letters
PROBE = 32  # pixels at which glyphs are compared


@dataclass(frozen=True)
class Run:
    """Neighbouring letters of one font: `index` within the file, which is None for Pillow's own."""

    text: str
    file: str | None = None
    index: int = 0

    def font(self, pixels: float):
        return _load(self.file, self.index, pixels)


@lru_cache(maxsize=256)
def runs_of(text: str, path: str | Path | None = None) -> tuple[Run, ...]:
    """`text` in fonts that have all its letters: in the file at `path`, or else one font, or Pillow's and another."""
    _check_shaping(text)
    if path is not None:
        return (_from_file(Path(path), text),)
    lacking = missing(text)
    if not lacking:
        return (Run(text),)
    for file, index in _installed(text):
        if not missing(text, file, index):
            return (Run(text, file, index),)
    if not any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):  # whose runs change places
        for file, index in _installed(lacking):
            if not missing(lacking, file, index):
                return tuple(_split(text, lacking, file, index))
    raise UserError(f"No font here has all letters of {text!r}; {_advice(lacking)} or give a font file.")


def drawn(runs: Sequence[Run], *, pixels: float) -> np.ndarray:
    """How much of each pixel is ink, float [h, w] in 0..1, cut to its bounds; `pixels` per em, on one baseline."""
    from PIL import Image, ImageDraw

    widths = [run.font(pixels).getlength(run.text) for run in runs]
    pad = math.ceil(2 * pixels)
    image = Image.new("L", (math.ceil(sum(widths)) + 2 * pad, 2 * pad))
    draw, x = ImageDraw.Draw(image), float(pad)
    for run, width in zip(runs, widths):
        draw.text((x, 1.25 * pad), run.text, fill=255, font=run.font(pixels), anchor="ls")
        x += width
    ink = np.asarray(image, np.float64) / 255
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def missing(text: str, file: str | None = None, index: int = 0) -> str:
    """The letters of `text` that a font lacks; of Pillow's own if no file is given."""
    font = _load(file, index, PROBE)
    absent = _glyph(font, NO_CHARACTER)
    letters = dict.fromkeys(letter for letter in text if _is_visible(letter))
    return "".join(letter for letter in letters if _glyph(font, letter) in (absent, _glyph(font, " ")))


def _from_file(path: Path, text: str) -> Run:
    if not path.is_file():
        raise UserError(f"{path} does not exist; give the path of a font file (.ttf, .otf, .ttc).")
    try:
        lacking = missing(text, str(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read as a font ({error}).") from None
    if lacking:
        raise UserError(f"{path} has no {' '.join(lacking[:20])}; {_advice(lacking)} or give another font file.")
    return Run(text, str(path))


def _split(text: str, lacking: str, file: str, index: int) -> Iterator[Run]:
    for is_lacking, letters in groupby(text, lambda letter: letter in lacking):
        run = "".join(letters)
        yield Run(run, file, index) if is_lacking else Run(run)


def _installed(text: str) -> list[tuple[str, int]]:
    """Font files that claim the letters, fontconfig's favourite sans serif first. Empty where it is not installed."""
    charset = " ".join(sorted({f"{ord(letter):x}" for letter in text if _is_visible(letter)}))
    listed = []
    for command, pattern in (("fc-match", f"sans:charset={charset}"), ("fc-list", f":charset={charset}")):
        try:
            done = subprocess.run(
                [command, "--format", "%{file}\t%{index}\n", pattern], capture_output=True, text=True, timeout=60
            )
        except OSError:
            return []
        listed += [line.split("\t") for line in done.stdout.splitlines()]
    scalable = [(file, int(index) & 0xFFFF) for file, index in listed if file.endswith((".ttf", ".otf", ".ttc"))]
    return list(dict.fromkeys(scalable))


@lru_cache(maxsize=64)
def _load(file: str | None, index: int, pixels: float):
    from PIL import ImageFont

    return ImageFont.load_default(pixels) if file is None else ImageFont.truetype(file, pixels, index)


def _glyph(font, letter: str) -> tuple:
    mask, offset = font.getmask2(letter)
    return mask.size, offset, bytes(mask)


def _is_visible(letter: str) -> bool:
    is_selector = "\ufe00" <= letter <= "\ufe0f"  # of a letter's variant: no ink of its own
    return unicodedata.category(letter) not in ("Cf", "Cc", "Zs") and not is_selector


def _check_shaping(text: str) -> None:
    """Without libraqm Pillow sets letters side by side from the left: no reader of Arabic or Hindi would accept it."""
    from PIL import features

    if _scripts(text, SHAPED) and not features.check("raqm"):
        raise UserError(f"{text!r} needs text shaping; install Pillow as a wheel, or libraqm (apt: libraqm0).")


def _advice(text: str) -> str:
    return f"install one (Debian: apt-get install {'fonts-noto-cjk' if _scripts(text, CJK) else 'fonts-noto-core'})"


def _scripts(text: str, names: tuple[str, ...]) -> bool:
    return any(unicodedata.name(letter, "").startswith(names) for letter in text)
