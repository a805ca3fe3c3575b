"""Subtitles: read, write, time, fit to their reader, burn in.

    cues = read_subtitles("film.srt")                                 # .srt .vtt .ass, by what is in the file
    cues, hurried = fitted(retimed(cues, shift=Fraction(1, 2)))       # lines that break right, long enough to read
    write_subtitles("film.vtt", cues)

Times are exact seconds. Text is plain, lines apart by a newline; <i>, <b> and <u> are kept. How lines break, and which
way they read, is in lines.py.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Size
from filmloom.finishing.fonts import Run, runs_of
from filmloom.finishing.frame import SafeArea
from filmloom.finishing.lines import (
    MOST_LINES,
    TAG,
    direction,
    isolated,
    limits_of,
    line_direction,
    num_letters,
    unisolated,
    wrapped,
)

FORMATS = ("srt", "vtt", "ass")


@dataclass(frozen=True)
class Cue:
    """`text` is shown from `start` up to `end`, in seconds."""

    start: Fraction
    end: Fraction
    text: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            nearest = f"{max(Fraction(0), self.start)} to {max(Fraction(0), self.start) + 1}"
            raise RequestError(
                "cue", f"{self.start} to {self.end}", "a cue starts at 0 or later and ends after", nearest
            )

    @property
    def lines(self) -> list[str]:
        """Its lines; empty ones, which would end a cue in a file, are no lines."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]


LEAST_TIME, MOST_TIME = Fraction(5, 6), Fraction(7)


def read_subtitles(path: str | Path) -> list[Cue]:
    """The cues of an SRT, WebVTT or ASS file, in order of time."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); give a file of subtitles.") from None
    try:
        return parse_subtitles(_decoded(data))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def parse_subtitles(text: str) -> list[Cue]:
    """As `read_subtitles`, from text."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("WEBVTT"):
        cues = _parse_blocks(text, _from_vtt)
    elif re.search(r"^\[Script Info\]|^\[Events\]", text, re.M | re.I):
        cues = _parse_ass(text)
    else:
        cues = _parse_blocks(text, _from_srt)
    if not cues and text.strip() and not text.startswith("WEBVTT") and "[Events]" not in text:
        raise UserError("there are no cues in it; it must be SRT, WebVTT or ASS.")
    return sorted(cues, key=lambda cue: (cue.start, cue.end))


def write_subtitles(path: str | Path, cues: Iterable[Cue], *, overwrite: bool = False) -> Path:
    """Write UTF-8 in the format of the suffix; the file appears whole or not at all."""
    path = Path(path)
    text = format_subtitles(cues, path.suffix.removeprefix(".").lower())
    if path.exists() and not overwrite:
        free = next(p for n in itertools.count(2) if not (p := path.with_stem(f"{path.stem}-{n}")).exists())
        raise RequestError("output", str(path), "the file exists; choose another name or overwrite it", str(free))
    hidden = path.with_name(f".{path.stem[:80]}.{secrets.token_hex(4)}{path.suffix}")
    try:
        hidden.write_text(text, encoding="utf-8", newline="\n")
        os.replace(hidden, path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    return path


def format_subtitles(cues: Iterable[Cue], form: str) -> str:
    """The text of a file in `form`: "srt", "vtt" or "ass". Times go to the format's ticks: 1/1000 s, in ASS 1/100 s."""
    if form not in FORMATS:
        raise RequestError("format", form, f"subtitles are written as {', '.join(FORMATS)}", "srt")
    shown = [cue for cue in cues if cue.lines]
    if form == "ass":
        return _ass(shown)
    mark = "," if form == "srt" else "."
    blocks = ["WEBVTT\n"] if form == "vtt" else []
    for number, cue in enumerate(shown, 1):
        text = isolated("\n".join(cue.lines))
        text = vtt_escaped(text) if form == "vtt" else text
        head = f"{number}\n" if form == "srt" else ""
        blocks.append(f"{head}{_clock(cue.start, mark)} --> {_clock(cue.end, mark)}\n{text}\n")
    return "\n".join(blocks)


def retimed(
    cues: Iterable[Cue],
    *,
    shift: Fraction = Fraction(0),
    stretch: Fraction = Fraction(1),
    until: Fraction | None = None,
) -> list[Cue]:
    """Times multiplied by `stretch`, then moved by `shift`; cut to 0..`until`, and cues wholly outside are dropped."""
    if stretch <= 0:
        raise RequestError("stretch", str(stretch), "it multiplies times and is above 0", 1)
    moved = []
    for cue in cues:
        start, end = max(Fraction(0), cue.start * stretch + shift), cue.end * stretch + shift
        end = end if until is None else min(end, until)
        if start < end:
            moved.append(replace(cue, start=start, end=end))
    return moved


def snapped(cues: Iterable[Cue], rate: Fraction) -> list[Cue]:
    """Starts and ends on the nearest frame of a film at `rate`; a cue lasts one frame or longer."""
    grid = []
    for cue in cues:
        first = round(cue.start * rate)
        last = max(first + 1, round(cue.end * rate))
        grid.append(replace(cue, start=Fraction(first) / rate, end=Fraction(last) / rate))
    return grid


def reading_speed(cue: Cue) -> Fraction:
    """Letters per second."""
    return num_letters(cue.text) / Fraction(cue.end - cue.start)


def fitted(
    cues: Sequence[Cue], *, gap: Fraction = Fraction(1, 12), lines: int = MOST_LINES
) -> tuple[list[Cue], list[Cue]]:
    """Cues that can be read: lines broken anew, too long ones split, ends moved up to `gap` before the next start.

    Second in the pair: those that are still faster than their script is read, because the next one comes too soon."""
    parts = [part for cue in sorted(cues, key=lambda cue: cue.start) for part in _split(cue, lines)]
    starts = [*(part.start for part in parts[1:]), None]
    held = [_held(part, start, gap) for part, start in zip(parts, starts)]
    return held, [cue for cue in held if reading_speed(cue) > limits_of(cue.text).speed]


def burned(
    chunks: Iterable[np.ndarray],
    cues: Iterable[Cue],
    *,
    rate: Fraction,
    height: float = 0.05,
    safe: SafeArea | None = None,
    font: str | Path | None = None,
) -> Iterator[np.ndarray]:
    """The film, uint8 [f, h, w, 3], with its cues drawn: white with a black rim, centred, low in the safe area.

    `height`: of the letters' em, as a share of the picture's shorter side; smaller where a line would not fit."""
    if not 0.01 <= height <= 0.3:
        raise RequestError("height", height, "letters are 0.01 to 0.3 of the shorter side", 0.05)
    cues = sorted(cues, key=lambda cue: cue.start)
    shown = [(cue, _rows(cue, font)) for cue in cues]  # a missing font is told before the first frame
    return _burned(chunks, shown, Fraction(rate), height, safe or SafeArea())


Row = tuple[tuple[Run, ...], str | None]  # a line in fonts that have its letters; its direction, None where it is plain


def _rows(cue: Cue, font: str | Path | None) -> tuple[Row, ...]:
    """Its lines. What reads from the right is in one font for the whole cue: Pillow's own knows no direction."""
    base = direction(cue.text)
    lines = [TAG.sub("", line) for line in cue.lines]
    rows = []
    for line in lines:
        is_right = line_direction(line, base) == "rtl"
        whole = runs_of(" ".join(lines) if base == "rtl" else line, font)
        rows.append(((replace(whole[0], text=line),), "rtl") if is_right else (whole, None))
    return tuple(rows)


def _burned(chunks, shown: list[tuple[Cue, tuple[Row, ...]]], rate: Fraction, height: float, safe: SafeArea):
    at = 0
    for chunk in chunks:
        chunk = chunk.copy()
        for picture in chunk:
            rows = tuple(row for cue, rows in shown if cue.start <= at / rate < cue.end for row in rows)
            if rows:
                _draw(picture, rows, height, safe)
            at += 1
        yield chunk


def _draw(picture: np.ndarray, rows: tuple[Row, ...], height: float, safe: SafeArea) -> None:
    fill, cover, (left, top) = _overlay(rows, Size(picture.shape[1], picture.shape[0]), height, safe)
    part = picture[top : top + fill.shape[0], left : left + fill.shape[1]]
    part[:] = np.rint(part * (1 - cover) + 255 * fill)


@lru_cache(maxsize=8)
def _overlay(rows: tuple[Row, ...], size: Size, height: float, safe: SafeArea):
    """White ink, how much of the picture ink and rim cover, both [h, w, 1], and their place."""
    from PIL import Image, ImageDraw

    left, top, right, bottom = safe.box(size)
    pixels = _fitting(rows, height * min(size.width, size.height), (right - left, bottom - top))
    step, rim = _spacing(pixels)
    shape = (right - left, step * len(rows) + 2 * rim)
    ink, rims = (Image.new("L", shape) for _ in range(2))
    for number, (runs, base) in enumerate(rows):
        x, y = (shape[0] - _width(runs, base, pixels)) / 2, rim + step * number + pixels
        for run in runs:
            style = {"font": run.font(pixels), "anchor": "ls", "direction": base, "fill": 255}
            ImageDraw.Draw(ink).text((x, y), run.text, **style)
            ImageDraw.Draw(rims).text((x, y), run.text, stroke_width=rim, **style)
            x += style["font"].getlength(run.text, direction=base)
    white, cover = (np.asarray(image, np.float64)[..., None] / 255 for image in (ink, rims))
    return white, np.maximum(white, cover), (left, bottom - shape[1])


def _fitting(rows: tuple[Row, ...], pixels: float, room: tuple[int, int]) -> float:
    """`pixels`, or as many as the rows fit in."""
    least = min(pixels, 4)  # pixels per em: fewer are not read
    while pixels >= least:
        step, rim = _spacing(pixels)
        widest = max(_width(runs, base, pixels) for runs, base in rows)
        if widest + 2 * rim <= room[0] and step * len(rows) + 2 * rim <= room[1]:
            return pixels
        pixels *= 0.9
    words = " ".join(run.text for runs, _ in rows for run in runs)
    raise RequestError("cue", words, f"in {room[0]}x{room[1]} pixels its letters would be too small to read")


def _spacing(pixels: float) -> tuple[int, int]:
    """From line to line, and the rim about letters."""
    return math.ceil(pixels * 1.25), max(1, round(pixels * 0.08))


def _width(runs: tuple[Run, ...], base: str | None, pixels: float) -> float:
    return sum(run.font(pixels).getlength(run.text, direction=base) for run in runs)


def _split(cue: Cue, lines: int) -> list[Cue]:
    """The cue in lines; if they are too many, several cues that share its time by their letters."""
    rows = wrapped("\n".join(cue.lines), lines=lines).split("\n")
    count = math.ceil(len(rows) / lines)
    groups = [rows[len(rows) * n // count : len(rows) * (n + 1) // count] for n in range(count)]
    marks = [0, *itertools.accumulate(num_letters("\n".join(group)) for group in groups)]
    times = [cue.start + (cue.end - cue.start) * Fraction(mark, marks[-1] or 1) for mark in marks]
    return [replace(cue, start=a, end=b, text="\n".join(g)) for g, a, b in zip(groups, times, times[1:])]


def _held(cue: Cue, next_start: Fraction | None, gap: Fraction) -> Cue:
    """Shown as long as it takes to read, no shorter than it was; but the next cue is not waited for."""
    needed = num_letters(cue.text) / limits_of(cue.text).speed
    end = max(cue.end, cue.start + min(max(needed, LEAST_TIME), MOST_TIME))
    if next_start is not None and next_start > cue.start:
        end = min(end, max(next_start - gap, min(cue.end, next_start)))
    return replace(cue, end=end)


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 where a byte order mark says so. Other encodings are not guessed."""
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(coding)
    except UnicodeDecodeError as error:
        raise UserError(f"byte {error.start} is not {coding.removesuffix('-sig').upper()}; save it as UTF-8.") from None


TIMES = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})\s*-->\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})")


def _parse_blocks(text: str, plain) -> list[Cue]:
    """Blocks apart by empty lines: perhaps a name, the times, the text. Blocks without times are notes and styles."""
    cues = []
    for block in re.split(r"\n[ \t]*\n", text):
        rows = block.strip("\n").split("\n")
        at = next((n for n, row in enumerate(rows[:2]) if TIMES.search(row)), None)
        if at is None or re.match(r"NOTE\b|STYLE\b|REGION\b", rows[0]):
            continue
        found = TIMES.search(rows[at]).groups()
        _add(cues, _seconds(*found[:4]), _seconds(*found[4:]), plain("\n".join(rows[at + 1 :])))
    return cues


def _add(cues: list[Cue], start: Fraction, end: Fraction, text: str) -> None:
    """Files hold cues of no length and no text; players show neither."""
    text = unisolated("\n".join(line.strip() for line in text.split("\n") if line.strip()))
    if text and start < end:
        cues.append(Cue(start, end, text))


def _from_srt(text: str) -> str:
    """Colours, faces and positions go; they have no place in a cue."""
    text = re.sub(r"\{\\an?\d+\}|</?font\b[^>]*>", "", text, flags=re.I)
    return re.sub(r"</?([IBU])>", lambda tag: tag[0].lower(), text)


def _from_vtt(text: str) -> str:
    text = re.sub(r"<(/?[ibu])(?:\.[^>]*)?>", r"<\1>", text)
    text = re.sub(r"<(?!/?[ibu]>)[^>]*>", "", text)
    for escape, letter in VTT_ESCAPES:
        text = text.replace(escape, letter)
    return text


VTT_ESCAPES = (
    ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", "\u00a0"), ("&lrm;", "\u200e"), ("&rlm;", "\u200f"), ("&amp;", "&"),
)  # fmt: skip


def vtt_escaped(text: str) -> str:
    """Text as WebVTT's cues hold it: & and < are written out, mark-up stays."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"&lt;(/?[ibu])&gt;", r"<\1>", escaped)


def _parse_ass(text: str) -> list[Cue]:
    """Lines of [Events], by the columns that its Format names."""
    cues: list[Cue] = []
    columns = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
    for row in text.split("\n"):
        kind, _, rest = row.partition(":")
        if kind.strip().lower() == "format" and "text" in rest.lower():
            columns = [column.strip().lower() for column in rest.split(",")]
        if kind.strip().lower() == "dialogue":
            fields = dict(zip(columns, rest.split(",", len(columns) - 1)))
            times = [
                re.fullmatch(r"(\d+):(\d+):(\d+)\.(\d+)", fields.get(name, "").strip()) for name in ("start", "end")
            ]
            if all(times):
                _add(cues, *(_seconds(*time.groups()) for time in times), _from_ass(fields.get("text", "")))
    return cues


def _from_ass(text: str) -> str:
    text = re.sub(
        r"\{(?!\\?\})([^{}]*)\}", lambda found: _tags(found[1]), text.replace("\\{", "\x00").replace("\\}", "\x01")
    )
    text = text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\u00a0")
    return text.replace("\x00", "{").replace("\x01", "}").replace("\\\u2060", "\\")


def _tags(codes: str) -> str:
    """{\\i1} opens, {\\i0} closes; other codes are of looks alone."""
    found = re.findall(r"\\([ibu])([01])(?!\d)", codes)
    return "".join(f"<{name}>" if state == "1" else f"</{name}>" for name, state in found)


# libass's default look made plain: white, black rims, at the bottom of a picture of 1920x1080.
ASS_HEAD = """[Script Info]
ScriptType: v4.00+
WrapStyle: 2
ScaledBorderAndShadow: yes
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Sans,54,&H00FFFFFF,&H00FFFFFF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,4,0,2,96,96,54,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def _ass(cues: Sequence[Cue]) -> str:
    rows = (
        f"Dialogue: 0,{_ass_clock(cue.start)},{_ass_clock(cue.end)},Default,,0,0,0,,{_ass_text(cue)}\n" for cue in cues
    )
    return ASS_HEAD + "".join(rows)


def _ass_text(cue: Cue) -> str:
    text = isolated("\n".join(cue.lines)).replace("\\", "\\\u2060")  # ASS has no other way to write a backslash
    text = text.replace("{", "\\{").replace("}", "\\}").replace("\n", "\\N")
    return re.sub(r"<(/?)([ibu])>", lambda tag: f"{{\\{tag[2]}{0 if tag[1] else 1}}}", text)


def _clock(seconds: Fraction, mark: str) -> str:
    total = round(seconds * 1000)
    return f"{total // 3_600_000:02d}:{total // 60_000 % 60:02d}:{total // 1000 % 60:02d}{mark}{total % 1000:03d}"


def _ass_clock(seconds: Fraction) -> str:
    total = round(seconds * 100)
    return f"{total // 360_000}:{total // 6000 % 60:02d}:{total // 100 % 60:02d}.{total % 100:02d}"


def _seconds(hours: str | None, minutes: str, seconds: str, part: str) -> Fraction:
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + Fraction(int(part), 10 ** len(part))
