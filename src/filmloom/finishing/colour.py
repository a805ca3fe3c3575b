"""Colour: drift over time taken out, gentle grades, and look-up tables from .cube files.

    frames = levelled(film.chunks(8))                  # exposure and white balance stay as the shot began
    frames = graded(frames, GRADES["warm"])
    frames = looked_up(frames, read_cube("film.cube"))

Pictures are uint8 RGB in full range, as encoded for display; gains and tables act on those values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from filmloom.core.errors import RequestError, UserError
from filmloom.finishing.change import light, seen, views, with_gain

SIGMA = 5.0  # frames: drift is what is slower than flicker
UNSEEN = 0.004  # log gain: one code value at white
LUMA = np.array([0.2126, 0.7152, 0.0722])  # BT.709
LARGEST_1D, LARGEST_3D, LARGEST_FILE = 65536, 129, 64 << 20
BLOCK = 1 << 18  # pixels looked up at a time
WORTH_BAKING = 1 << 24  # pixels: as many as there are colours


# --- Drift


@dataclass
class DriftReport:
    """Filled as the frames pass: the largest drift from a shot's beginning, in percent."""

    frames: int = 0
    changed: int = 0
    exposure: float = 0.0
    white_balance: float = 0.0


def levelled(
    chunks: Iterable[np.ndarray],
    *,
    exposure: bool = True,
    white_balance: bool = True,
    sigma: float = SIGMA,
    report: DriftReport | None = None,
) -> Iterator[np.ndarray]:
    """uint8 [f, h, w, 3] → uint8 [1, h, w, 3]: slow changes of light and colour undone, shot by shot.

    It cannot tell a fault from a sunset that is meant: leave it out where light is supposed to change."""
    report = DriftReport() if report is None else report
    begun = np.zeros(3)
    for here in light(seen(views(chunks)), sigma):
        begun = here.smooth if here.one.cut else begun
        drift = here.smooth - begun
        common = drift.mean()
        drift = common * exposure + (drift - common) * white_balance
        changes = bool(np.abs(drift).max() > UNSEEN)
        report.frames, report.changed = report.frames + 1, report.changed + changes
        report.exposure = max(report.exposure, float(np.expm1(abs(common))) * 100)
        report.white_balance = max(report.white_balance, float(np.expm1(np.abs(drift - drift.mean()).max())) * 100)
        picture = here.one.view.picture
        yield (with_gain(picture, np.exp(-drift)) if changes else picture)[None]


# --- Grades


@dataclass(frozen=True, kw_only=True)
class Grade:
    """How a film shall look. All zeros change nothing.

    `exposure` in stops; `contrast` and `saturation` as change of their factor 1; `warmth`: red up and blue down, luma
    kept; `fade`: blacks lifted by this share of white; `soft`: how much highlights roll off; the last three 0..1."""

    exposure: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    warmth: float = 0.0
    fade: float = 0.0
    soft: float = 0.0

    def __post_init__(self) -> None:
        for name, least, most in GRADE_RANGES:
            value = getattr(self, name)
            if not least <= value <= most:
                raise RequestError(f"grade.{name}", value, f"it is {least} to {most}", min(max(value, least), most))

    def curve(self) -> np.ndarray:
        """float32 [256], 0..255: what becomes of a code value. 2.2 stands for the display's exponent."""
        x = np.arange(256) / 255 * 2 ** (self.exposure / 2.2)
        x = 0.5 + (x - 0.5) * (1 + self.contrast)
        knee = 1 - 0.35 * self.soft
        over = np.maximum(x - knee, 0)
        room = max(1 - knee, 1e-6)
        x = np.minimum(x, knee) + (room * -np.expm1(-over / room) if self.soft else over)
        return (255 * np.clip(self.fade + x * (1 - self.fade), 0, 1)).astype(np.float32)

    def matrix(self) -> np.ndarray:
        """float32 [3, 3] on RGB; greys keep their luma."""
        grey = np.tile(LUMA, (3, 1))
        saturated = grey + (np.eye(3) - grey) * (1 + self.saturation)
        tint = np.array([1 + self.warmth, 1.0, 1 - self.warmth])
        return (np.diag(tint / (LUMA @ tint)) @ saturated).astype(np.float32)


GRADE_RANGES = (
    ("exposure", -2, 2), ("contrast", -0.5, 0.5), ("saturation", -1, 1), ("warmth", -0.3, 0.3), ("fade", 0, 0.3),
    ("soft", 0, 1),
)  # fmt: skip

GRADES = {
    "neutral": Grade(),
    "warm": Grade(warmth=0.05, saturation=0.05),
    "cool": Grade(warmth=-0.05, saturation=-0.03),
    "vivid": Grade(contrast=0.08, saturation=0.2),
    "soft": Grade(contrast=-0.08, saturation=-0.06, fade=0.03, soft=0.5),
    "film": Grade(contrast=0.06, saturation=-0.05, warmth=0.025, fade=0.025, soft=0.7),
    "noir": Grade(contrast=0.15, saturation=-1.0, soft=0.3),
}


def grade_named(name: str) -> Grade:
    if name not in GRADES:
        raise RequestError("grade", name, f"it must be one of {', '.join(GRADES)}", "neutral")
    return GRADES[name]


def graded(chunks: Iterable[np.ndarray], grade: Grade) -> Iterator[np.ndarray]:
    """uint8 [f, h, w, 3] → the same shape."""
    curve = np.repeat(grade.curve()[None, :, None], 3, axis=2)
    matrix = grade.matrix()
    for chunk in chunks:
        if grade == Grade():
            yield chunk
            continue
        yield np.stack([cv2.add(cv2.transform(cv2.LUT(p, curve), matrix), 0, dtype=cv2.CV_8U) for p in chunk])


# --- Look-up tables


@dataclass(frozen=True, eq=False)
class Cube:
    """A look-up table. `table`: float32 [n, 3] for one dimension, [n, n, n, 3] indexed by red, green, blue for three;
    values 0..1. `low`, `high`: input values, 0..1 usually, of the first and last entries, one for each channel."""

    table: np.ndarray
    title: str = ""
    low: tuple[float, float, float] = (0.0, 0.0, 0.0)
    high: tuple[float, float, float] = (1.0, 1.0, 1.0)
    _baked: list[np.ndarray] = field(default_factory=list, repr=False)

    @property
    def dimensions(self) -> int:
        return 1 if self.table.ndim == 2 else 3

    def __call__(self, colours: np.ndarray, *, method: str = "tetrahedral") -> np.ndarray:
        """uint8 [..., 3] → uint8 [..., 3]. `method`: "tetrahedral", which keeps greys grey, or "trilinear"."""
        flat = colours.reshape(-1, 3)
        out = [self._looked_up(flat[i : i + BLOCK], method) for i in range(0, len(flat), BLOCK)]
        return np.concatenate(out or [flat]).reshape(colours.shape)

    def baked(self) -> np.ndarray:
        """uint8 [2^24, 3]: the answer for every colour, indexed by 65536 red + 256 green + blue; made once, 48 MiB."""
        if not self._baked:
            others = np.stack(np.meshgrid(np.arange(256), np.arange(256), indexing="ij"), -1).reshape(-1, 2)
            slabs = (np.insert(others, 0, red, axis=1).astype(np.uint8) for red in range(256))
            self._baked.append(np.concatenate([self(slab) for slab in slabs]))
        return self._baked[0]

    def _looked_up(self, flat: np.ndarray, method: str) -> np.ndarray:
        low, high = np.array(self.low, np.float32), np.array(self.high, np.float32)
        last = len(self.table) - 1
        place = np.clip((flat.astype(np.float32) / 255 - low) / (high - low), 0, 1) * last
        base = np.minimum(place.astype(np.int32), last - 1)
        between = {1: _linear, 3: _METHODS[method]}[self.dimensions]
        values = between(self.table, base, place - base)
        return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def looked_up(chunks: Iterable[np.ndarray], cube: Cube) -> Iterator[np.ndarray]:
    """uint8 [f, h, w, 3] → the same shape. A film of more pixels than there are colours is answered from `baked`."""
    num = 0
    for chunk in chunks:
        num += chunk[..., 0].size
        if num < WORTH_BAKING:
            yield cube(chunk)
        else:
            red, green, blue = (chunk[..., i].astype(np.int32) for i in range(3))
            yield cube.baked()[red << 16 | green << 8 | blue]


def _linear(table: np.ndarray, base: np.ndarray, part: np.ndarray) -> np.ndarray:
    channel = np.arange(3)
    return table[base, channel] * (1 - part) + table[base + 1, channel] * part


def _corner(table: np.ndarray, base: np.ndarray, step: np.ndarray | tuple) -> np.ndarray:
    r, g, b = (base + np.asarray(step, np.int32)).T
    return table[r, g, b]


def _trilinear(table: np.ndarray, base: np.ndarray, part: np.ndarray) -> np.ndarray:
    out = np.zeros_like(part)
    for step in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(step, part, 1 - part), axis=1, keepdims=True)
        out += weight * _corner(table, base, step)
    return out


def _tetrahedral(table: np.ndarray, base: np.ndarray, part: np.ndarray) -> np.ndarray:
    """From corner 000 to 111 along the channels, the largest part first: six tetrahedra, four corners each."""
    order = np.argsort(-part, axis=1, kind="stable")
    sorted_ = np.take_along_axis(part, order, axis=1)
    out = (1 - sorted_[:, :1]) * _corner(table, base, (0, 0, 0))
    step = np.zeros(base.shape, np.int32)
    for i in range(3):
        np.put_along_axis(step, order[:, i : i + 1], 1, axis=1)
        share = sorted_[:, i : i + 1] - (sorted_[:, i + 1 : i + 2] if i < 2 else 0)
        out += share * _corner(table, base, step)
    return out


_METHODS = {"tetrahedral": _tetrahedral, "trilinear": _trilinear}


# --- .cube files (Adobe Cube LUT specification 1.0, and the input ranges that DaVinci Resolve writes)


def read_cube(path: str | Path) -> Cube:
    """The table of a .cube file; what is wrong with it is said with its line."""
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path} is larger than {LARGEST_FILE >> 20} MiB; a .cube file of 129 steps is smaller.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as a .cube file ({error}).") from None
    return parsed_cube(text, where=str(path))


def parsed_cube(text: str, *, where: str = "cube") -> Cube:
    """The same from the file's text."""
    reading = _Reading(where)
    for number, line in enumerate(text.splitlines(), 1):
        reading.take(number, line.strip())
    return reading.cube()


class _Reading:
    """A .cube file, line by line."""

    def __init__(self, where: str):
        self.where, self.title, self.size, self.dimensions = where, "", 0, 0
        self.low, self.high = (0.0,) * 3, (1.0,) * 3
        self.rows: list[list[float]] = []
        self.last = 0

    def take(self, number: int, line: str) -> None:
        if not line or line.startswith("#"):
            return
        self.last = number
        word, _, rest = line.partition(" ") if "\t" not in line else line.replace("\t", " ").partition(" ")
        if word[0].isdigit() or word[0] in "+-.":
            self._row(number, line)
        elif word == "TITLE":
            self.title = rest.strip().strip('"')
        elif self.rows:
            self._fail(number, f"{word} comes after the table began")
        elif word in ("LUT_1D_SIZE", "LUT_3D_SIZE"):
            self._size(number, word, rest)
        elif word in ("DOMAIN_MIN", "DOMAIN_MAX"):
            values = self._numbers(number, rest, 3)
            self.low, self.high = (values, self.high) if word == "DOMAIN_MIN" else (self.low, values)
        elif word in ("LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE"):
            low, high = self._numbers(number, rest, 2)
            self.low, self.high = (low,) * 3, (high,) * 3
        else:
            self._fail(number, f"{word[:40]} is no keyword of .cube files")

    def _size(self, number: int, word: str, rest: str) -> None:
        if self.size:
            self._fail(number, "a size was given before; one table per file")
        most = LARGEST_1D if word == "LUT_1D_SIZE" else LARGEST_3D
        if not rest.strip().isdecimal() or not 2 <= int(rest) <= most:
            self._fail(number, f"{word} must be 2 to {most}, not {rest.strip()[:20]!r}")
        self.size, self.dimensions = int(rest), 1 if word == "LUT_1D_SIZE" else 3

    def _row(self, number: int, line: str) -> None:
        if not self.size:
            self._fail(number, "the table begins before LUT_1D_SIZE or LUT_3D_SIZE")
        if len(self.rows) == self.size**self.dimensions:
            self._fail(number, f"the table has more than {len(self.rows)} rows")
        self.rows.append(self._numbers(number, line, 3))

    def _numbers(self, number: int, text: str, count: int) -> tuple[float, ...]:
        try:
            values = tuple(float(word) for word in text.split())
        except ValueError:
            values = ()
        if len(values) != count or not np.isfinite(values).all():
            self._fail(number, f"{count} numbers belong here, not {text[:40]!r}")
        return values

    def cube(self) -> Cube:
        if not self.size:
            self._fail(self.last, "the file ends without LUT_1D_SIZE or LUT_3D_SIZE")
        if len(self.rows) != self.size**self.dimensions:
            expected = self.size**self.dimensions
            self._fail(self.last, f"the table ends after {len(self.rows)} of {expected} rows")
        if not all(low < high for low, high in zip(self.low, self.high)):
            self._fail(self.last, f"the domain {self.low} to {self.high} is empty")
        table = np.array(self.rows, np.float32)
        if self.dimensions == 3:  # red changes fastest in the file
            table = np.ascontiguousarray(table.reshape(self.size, self.size, self.size, 3).transpose(2, 1, 0, 3))
        return Cube(table, self.title, self.low, self.high)

    def _fail(self, number: int, why: str) -> None:
        raise UserError(f"{self.where}, line {number}: {why}.")
