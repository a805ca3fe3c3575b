"""Pictures that stand for a film: a poster, a contact sheet, a sprite sheet for a player's preview.

    still = poster(film.chunks(8))                                                   # its best frame, and which one
    sheet = contact_sheet(film.chunks(8), num_frames=film.num_frames, rate=film.rate, columns=4, rows=3)
    sheet = sprite_sheet(film.chunks(8), num_frames=film.num_frames, rate=film.rate, every=Fraction(2))
    save_picture("poster.jpg", still.picture)

Chunks are uint8 [f, h, w, 3] RGB. Only the frames that are shown are held.
"""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.core.types import Size
from filmloom.finishing.fonts import drawn, runs_of
from filmloom.finishing.frame import reframe

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
MOST_SIDE = 65_500  # JPEG's sides end at 65 535, and browsers' decoders before that
PROBE = 96  # columns at which frames are weighed against each other: noise is no sharpness


@dataclass(frozen=True, eq=False)
class Still:
    """A frame and its number."""

    picture: np.ndarray
    frame: int


@dataclass(frozen=True, eq=False)
class Sheet:
    """Frames laid out in rows. `boxes` are (x, y, width, height) of each, `frames` their numbers."""

    picture: np.ndarray
    boxes: tuple[tuple[int, int, int, int], ...]
    frames: tuple[int, ...]


def poster(chunks: Iterable[np.ndarray], *, frame: int | None = None) -> Still:
    """Frame number `frame`, or the one with most to see: sharp, colourful, neither dark nor blown out.

    The first of equals; of a film that is all black, its first frame."""
    best, best_score = None, -1.0
    for number, picture in enumerate(_pictures(chunks)):
        score = interest(picture) if frame is None else float(number == frame)
        if score > best_score:
            best, best_score = Still(picture.copy(), number), score
    if best is None:
        raise RequestError("chunks", 0, "a poster is taken from at least one frame", 1)
    if frame is not None and best.frame != frame:
        raise RequestError("frame", frame, f"the film's frames are 0 to {number}", min(max(frame, 0), number))
    return best


def interest(picture: np.ndarray) -> float:
    """Edges x (1 + colour) x how many pixels are neither black nor white; 0 for a flat picture."""
    small = reframe(picture, Size(PROBE, max(2, round(PROBE * picture.shape[0] / picture.shape[1])))).astype(np.float64)
    grey = small @ (0.2126, 0.7152, 0.0722)
    edges = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    colour = (small.max(-1) - small.min(-1)).mean() / 255
    return float(edges * (1 + colour) * ((grey > 16) & (grey < 240)).mean())


def spread(num_frames: int, num_shown: int) -> tuple[int, ...]:
    """The frames in the middle of `num_shown` equal parts of the film; fewer where it has not as many."""
    num_shown = min(num_frames, num_shown)
    return tuple((2 * n + 1) * num_frames // (2 * num_shown) for n in range(num_shown))


def contact_sheet(
    chunks: Iterable[np.ndarray],
    *,
    num_frames: int,
    rate: Fraction,
    columns: int = 4,
    rows: int = 3,
    width: int = 1600,
    gap: int = 8,
    shade: int = 24,
    times: bool = True,
) -> Sheet:
    """Frames spread evenly, `gap` pixels between them and at the edges, each with its time; at most `width` wide."""
    _check_counts(num_frames=num_frames, columns=columns, rows=rows)
    shown = spread(num_frames, columns * rows)
    pictures = _chosen(chunks, shown)
    cell = _cell(pictures[0], (width - gap) // columns - gap)
    words = [clock(number / Fraction(rate)) if times else "" for number in shown]
    return _laid_out(pictures, shown, cell, columns=columns, gap=gap, edge=gap, shade=shade, words=words)


def sprite_sheet(
    chunks: Iterable[np.ndarray],
    *,
    num_frames: int,
    rate: Fraction,
    every: Fraction = Fraction(1),
    width: int = 160,
    columns: int = 10,
) -> Sheet:
    """One small frame for each `every` seconds, side by side without gaps: `sprite_cues` tells where each is."""
    _check_counts(num_frames=num_frames, columns=columns, width=width)
    if every <= 0:
        raise RequestError("every", str(every), "it is the seconds from one small picture to the next", 1)
    num_shown = max(1, math.ceil(num_frames / Fraction(rate) / every))
    shown = tuple(min(num_frames - 1, math.ceil(n * every * Fraction(rate))) for n in range(num_shown))
    pictures = _chosen(chunks, tuple(dict.fromkeys(shown)))
    by_frame = dict(zip(dict.fromkeys(shown), pictures))
    pictures = [by_frame[number] for number in shown]
    return _laid_out(pictures, shown, _cell(pictures[0], width), columns=min(columns, num_shown))


def sprite_cues(sheet: Sheet, url: str, *, duration: Fraction, every: Fraction = Fraction(1)) -> str:
    """WebVTT that maps time to a part of the sprite sheet at `url` (Media Fragments 1.0, #xywh)."""
    blocks = ["WEBVTT\n"]
    for number, (x, y, width, height) in enumerate(sheet.boxes):
        start, end = number * every, min((number + 1) * every, duration)
        blocks.append(f"{clock(start, hours=True)} --> {clock(end, hours=True)}\n{url}#xywh={x},{y},{width},{height}\n")
    return "\n".join(blocks)


def save_picture(path: str | Path, picture: np.ndarray, *, overwrite: bool = False) -> Path:
    """Write PNG, JPEG or WebP by the suffix; the file appears whole or not at all."""
    from PIL import Image

    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        nearest = str(path.with_suffix(".png"))
        raise RequestError("output", str(path), f"a picture is written as {', '.join(SUFFIXES)}", nearest)
    if path.exists() and not overwrite:
        nearest = str(path.with_stem(f"{path.stem}-2"))
        raise RequestError("output", str(path), "the file exists; choose another name or overwrite it", nearest)
    if max(picture.shape[:2]) > MOST_SIDE:
        raise RequestError("picture", picture.shape, f"its sides are at most {MOST_SIDE} pixels", MOST_SIDE)
    hidden = path.with_name(f".{path.stem[:80]}.{secrets.token_hex(4)}{path.suffix}")
    try:
        Image.fromarray(picture).save(hidden, quality=92)
        os.replace(hidden, path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    return path


def clock(seconds: Fraction, *, hours: bool = False) -> str:
    """0:07.50, 1:02:07.50; with `hours` as WebVTT has it, 00:00:07.500."""
    if hours:
        total = round(seconds * 1000)
        return f"{total // 3_600_000:02d}:{total // 60_000 % 60:02d}:{total // 1000 % 60:02d}.{total % 1000:03d}"
    total = round(seconds * 100)
    minutes = f"{total // 6000}" if total < 360_000 else f"{total // 360_000}:{total // 6000 % 60:02d}"
    return f"{minutes}:{total // 100 % 60:02d}.{total % 100:02d}"


def _pictures(chunks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for chunk in chunks:
        yield from chunk


def _chosen(chunks: Iterable[np.ndarray], shown: Sequence[int]) -> list[np.ndarray]:
    """The frames with these numbers, in order; reading stops at the last."""
    wanted, found = set(shown), []
    for number, picture in enumerate(_pictures(chunks)):
        if number in wanted:
            found.append(picture.copy())
        if number == shown[-1]:
            return found
    raise RequestError("num_frames", shown[-1] + 1, f"the film has {number + 1 if found else 0} frames", len(found))


def _cell(picture: np.ndarray, width: int) -> Size:
    if width < 8:
        raise RequestError("width", width, "each picture on a sheet is at least 8 pixels wide", 8)
    return Size(width, max(1, round(width * picture.shape[0] / picture.shape[1])))


def _laid_out(
    pictures: Sequence[np.ndarray], frames: tuple[int, ...], cell: Size, *, columns: int, gap: int = 0, edge: int = 0,
    shade: int = 0, words: Sequence[str] = (),
) -> Sheet:  # fmt: skip
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    across, down = columns * (cell.width + gap) - gap + 2 * edge, rows * (cell.height + gap) - gap + 2 * edge
    if max(across, down) > MOST_SIDE:
        raise RequestError("sheet", f"{across}x{down}", f"its sides are at most {MOST_SIDE} pixels; show fewer frames")
    sheet, boxes = np.full((down, across, 3), shade, np.uint8), []
    for number, picture in enumerate(pictures):
        x, y = edge + number % columns * (cell.width + gap), edge + number // columns * (cell.height + gap)
        sheet[y : y + cell.height, x : x + cell.width] = _small(picture, cell, words[number] if words else "")
        boxes.append((x, y, cell.width, cell.height))
    return Sheet(sheet, tuple(boxes), frames)


def _small(picture: np.ndarray, cell: Size, words: str) -> np.ndarray:
    small = reframe(picture, cell, how="crop")
    if words and (letters := drawn(runs_of(words), pixels=max(9, cell.height // 9))).size:
        ink = np.pad(letters, 3)[..., None]
        if ink.shape[0] < cell.height and ink.shape[1] < cell.width:
            part = small[-ink.shape[0] :, -ink.shape[1] :]
            part[:] = np.rint(part * 0.35 * (1 - ink) + 255 * ink)
    return small


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise RequestError(name, count, "it is at least 1", 1)
