"""Contact sheets: a row per clip, its moments under its prompt, and what the judge took it for where it was wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from filmloom.evaluate.cases import Case

COLUMNS, CELL_WIDTH, GAP = 6, 192, 4  # a frame is shown at least CELL_WIDTH wide, never smaller than it is
TEXT_SIZE, LINE = 15, 22
SHADE, INK, FAINT, ALARM = (24, 24, 24), (240, 240, 240), (150, 150, 150), (255, 176, 96)
# The first that the system has. Chinese prompts need one of the CJK fonts; without, the row says the stated fields.
FONTS_CJK = ("NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf")
FONTS_CJK += ("PingFang.ttc", "msyh.ttc")


@dataclass(frozen=True)
class Strip:
    """One clip of a sheet: `frames` uint8 [COLUMNS, h, w, 3], and what is written over it."""

    title: str
    prompt: str
    stated: str
    wrong: str
    frames: np.ndarray


def strip(video: Tensor, case: Case, wrong: Mapping[str, str]) -> Strip:
    """Moments of a clip [3, F, H, W] in [-1, 1], evenly spread from the first frame to the last."""
    which = torch.linspace(0, video.shape[1] - 1, COLUMNS).round().long()
    frames = ((video[:, which].clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 3, 0).numpy()
    stated = ", ".join(case.fields.values())
    mistakes = ", ".join(f"{name}: {named}" for name, named in wrong.items())
    return Strip(f"{case.split} {case.number + 1}, {case.told.language}", case.told.text, stated, mistakes, frames)


def sheet(strips: Sequence[Strip], path: Path) -> Path:
    """Write all strips as one PNG; the file appears whole or not at all."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    # Pillow's filters make the file a third of what the bare writer of core.png gives.
    Image.fromarray(np.concatenate([_row(one) for one in strips])).save(part, "PNG", optimize=True)
    os.replace(part, path)
    return path


def _row(one: Strip) -> np.ndarray:
    from PIL import Image, ImageDraw

    cell_width = max(CELL_WIDTH, one.frames.shape[2])
    height = round(cell_width * one.frames.shape[1] / one.frames.shape[2])
    width = COLUMNS * (cell_width + GAP) - GAP
    row = Image.new("RGB", (width, 2 * LINE + height + 2 * GAP), SHADE)
    label(ImageDraw.Draw(row), one, width)
    for i, frame in enumerate(one.frames):
        cell = Image.fromarray(frame).resize((cell_width, height), Image.Resampling.LANCZOS)
        row.paste(cell, (i * (cell_width + GAP), 2 * LINE))
    return np.asarray(row)


def label(pen, one: Strip, width: int) -> None:
    """Two lines over a row: title and prompt (what it states, if no font has its letters), cut to the row; what was
    seen."""
    plain, chinese = _fonts()
    said = one.prompt if chinese or one.prompt.isascii() else f"({one.stated})"
    left = GAP + _write(pen, (GAP, 2), f"{one.title}:  ", FAINT)
    while said and left + _length(pen, said) > width:
        said = said[:-2] + "…" if len(said) > 2 else ""
    _write(pen, (left, 2), said, INK)
    seen = f"seen as {one.wrong}" if one.wrong else "all that is stated is seen"
    pen.text((GAP, LINE), seen, fill=ALARM if one.wrong else FAINT, font=plain)


def _write(pen, at: tuple[float, float], text: str, ink: tuple[int, int, int]) -> float:
    """Letter by letter in the font that has it: a Chinese font may lack the Latin ones. Returns the width."""
    left = at[0]
    for piece, font in _runs(text):
        pen.text((left, at[1]), piece, fill=ink, font=font)
        left += pen.textlength(piece, font=font)
    return left - at[0]


def _length(pen, text: str) -> float:
    return sum(pen.textlength(piece, font=font) for piece, font in _runs(text))


def _runs(text: str):
    plain, chinese = _fonts()
    for match in re.finditer(r"[\x00-\u02ff…]+|[^\x00-\u02ff…]+", text):
        yield match[0], plain if match[0][0] <= "\u02ff" or match[0][0] == "…" else chinese or plain


@lru_cache(1)
def _fonts():
    """A font for Latin letters, and one that knows Chinese, or None."""
    from PIL import ImageFont

    for name in FONTS_CJK:
        try:
            return ImageFont.load_default(TEXT_SIZE), ImageFont.truetype(name, TEXT_SIZE)
        except OSError:
            continue
    return ImageFont.load_default(TEXT_SIZE), None
