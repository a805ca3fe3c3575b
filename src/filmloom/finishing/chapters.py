"""Chapters of a film: read from a list that a person writes, and laid out for a container.

0:00 Dawn
1:02.5 The market
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from filmloom.core.errors import RequestError, UserError

LINE = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{2}(?:\.\d{1,9})?)\s+(\S.*)")
EXAMPLE = "1:02.5 The market"


@dataclass(frozen=True)
class Chapter:
    """From `start` to the next one's, in seconds."""

    start: Fraction
    title: str


def read_chapters(path: str | Path) -> tuple[Chapter, ...]:
    """One chapter a line, [hours:]minutes:seconds and a title; empty lines and lines with # are passed over."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as a list of chapters ({error}).") from None
    found = tuple(_chapter(line.strip()) for line in lines if line.strip() and not line.lstrip().startswith("#"))
    if not found:
        raise RequestError("chapters", str(path), "it must list one chapter at least", "0:00 Dawn")
    return found


def _chapter(line: str) -> Chapter:
    if (match := LINE.fullmatch(line)) is None or float(match[3]) >= 60:
        raise RequestError("chapters", line, "a line is a time and a title", EXAMPLE)
    hours, minutes, seconds, title = match.groups()
    return Chapter(3600 * int(hours or 0) + 60 * int(minutes) + Fraction(seconds), title)


def container_chapters(chapters: Sequence[Chapter], duration: Fraction) -> list[dict]:
    """As PyAV's `set_chapters` takes them; the last one ends with the film."""
    marks = [round(time * 1000) for time in (*(chapter.start for chapter in chapters), duration)]
    return [
        {"id": n, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": chapter.title}}
        for n, (chapter, start, end) in enumerate(zip(chapters, marks, marks[1:]))
    ]


def film_chapters(container) -> tuple[Chapter, ...]:
    """Those of an open container; untitled ones by their number."""
    return tuple(
        Chapter(one["start"] * Fraction(one["time_base"]), one["metadata"].get("title", f"{number}"))
        for number, one in enumerate(container.chapters(), 1)
    )
