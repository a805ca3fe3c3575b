"""A visible label: words on a dark box in the first seconds of a film, in any script.

    for chunk in labelled(film.chunks(8), "AI-generated", rate=film.rate): ...

GB 45438-2025 asks for two seconds at the film's start or more, in letters at least 5 % as high as its shorter side; in
Chinese with 人工智能 or AI, and 生成 or 合成: "AI生成". The box hides 65 % of what is behind it: white letters keep a
contrast of 7:1 (WCAG 2.2, level AAA) even over a white picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.finishing.fonts import Run, drawn, runs_of

LEAST_SECONDS, LEAST_HEIGHT = 2.0, 0.05
SHADE = 0.65
MARGIN, PADDING = 0.03, 0.35  # of the shorter side to the picture's edge; of the letters' height to the box's
PLACES = ("top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right")


def labelled(
    chunks: Iterable[np.ndarray],
    text: str,
    *,
    rate: Fraction,
    seconds: float = LEAST_SECONDS,
    height: float = LEAST_HEIGHT,
    place: str = "bottom-right",
    font: str | Path | None = None,
) -> Iterator[np.ndarray]:
    """The film, uint8 [f, h, w, 3] RGB, with `text` over every frame shown before `seconds`; the rest passes untouched.

    `height`: of the tallest letter, as a share of the shorter side. Wrong values are refused before the first frame."""
    _check(text, seconds, height, place)
    num_frames = math.ceil(Fraction(str(seconds)) * Fraction(rate))
    return _over(iter(chunks), num_frames, text, height, place, font)


def _over(
    chunks: Iterator[np.ndarray], num_frames: int, text: str, height: float, place: str, font
) -> Iterator[np.ndarray]:
    stamp, at = None, 0
    for chunk in chunks:
        if at < num_frames:
            size = chunk.shape[1:3]
            stamp = stamp or Stamp(text, *size, height=height, place=place, font=font)
            chunk = np.concatenate([stamp.on(chunk[: num_frames - at]), chunk[num_frames - at :]])
        at += len(chunk)
        yield chunk


class Stamp:
    """A label drawn for one size of picture. `rows`, `columns`: where its box lies."""

    def __init__(
        self, text: str, rows: int, columns: int, *, height: float, place: str, font: str | Path | None = None
    ):
        letters = _letters(text, math.ceil(height * min(rows, columns)), font)  # [h, w] in 0..1: how much is letter
        padding = math.ceil(PADDING * height * min(rows, columns))
        ink = np.pad(letters, padding)
        margin = round(MARGIN * min(rows, columns))
        if ink.shape[1] + 2 * margin > columns or ink.shape[0] + 2 * margin > rows:
            room = f"the label is {ink.shape[1]}x{ink.shape[0]} pixels with its box, and the picture {columns}x{rows}"
            raise RequestError("text", text, f"{room}; it must fit on one line", "AI")
        self.rows, self.columns = _box(ink.shape, rows, columns, margin, place)
        self._cover = (SHADE + (1 - SHADE) * ink)[..., None]  # how much of the picture is hidden
        self._added = 255 * ink[..., None]  # letters are white and opaque, the box black

    def on(self, frames: np.ndarray) -> np.ndarray:
        """A copy of frames [f, h, w, 3] with the label."""
        frames = frames.copy()
        behind = frames[:, self.rows, self.columns]
        frames[:, self.rows, self.columns] = np.rint(behind * (1 - self._cover) + self._added)
        return frames


def _letters(text: str, pixels: int, font: str | Path | None) -> np.ndarray:
    """The text's ink, antialiased: its tallest letter is `pixels` high or a little more."""
    runs, em = runs_of(text, font), pixels
    while (tallest := _tallest(runs, em)) < pixels:
        em = max(em + 1, math.floor(em * pixels / max(tallest, 1)))
        if em > 8 * pixels:
            raise RequestError("text", text, "a visible label is words, not dots and dashes", "AI")
    return drawn(runs, pixels=em)


def _tallest(runs: Sequence[Run], em: int) -> int:
    """Rows of the tallest letter standing alone, without faint ones at its edges. A tail below the line adds none."""
    return max(_height(run.font(em), letter) for run in runs for letter in set(run.text))


def _height(font, letter: str) -> int:
    mask, _ = font.getmask2(letter, mode="L")
    ink = np.asarray(mask, np.uint8).reshape(mask.size[::-1])
    return int((ink > 127).any(1).sum())


def _box(shape: tuple[int, int], rows: int, columns: int, margin: int, place: str) -> tuple[slice, slice]:
    top = margin if place.startswith("top") else rows - margin - shape[0]
    left = (columns - shape[1]) // 2
    left = margin if place.endswith("left") else columns - margin - shape[1] if place.endswith("right") else left
    return slice(top, top + shape[0]), slice(left, left + shape[1])


def _check(text: str, seconds: float, height: float, place: str) -> None:
    if not text.strip() or "\n" in text:
        raise RequestError("text", text, "a visible label is one line of words", "AI-generated")
    if not LEAST_SECONDS <= seconds < math.inf:
        raise RequestError("seconds", seconds, "a visible label stays two seconds or longer", LEAST_SECONDS)
    if not LEAST_HEIGHT <= height <= 0.5:
        raise RequestError("height", height, "its letters are 0.05 to 0.5 of the shorter side", LEAST_HEIGHT)
    if place not in PLACES:
        raise RequestError("place", place, f"it must be one of {', '.join(PLACES)}", "bottom-right")
