"""What a clip's pictures are like, in numbers, before and after finishing; and a gate that can refuse it.

    meter = Meter(film.rate)
    for chunk in meter(film.chunks(8)): ...            # the frames pass through as they are
    verdict = gate(meter.measures(), Limits())         # verdict.passed, verdict.reasons

A meter holds five frames, and about 150 bytes for every frame that passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np

from filmloom.core.errors import FilmloomError
from filmloom.finishing.change import LightPath, Seen, View, camera_step, seen, smooth, views

SIGMA = 5.0  # frames: what is faster is flicker and shake
BLACK = 20  # code values: a frame whose brightest hundredth is below
STILL = 0.01  # code values: the change between frames that are the same but for coding
REST = 0.5  # seconds without change before they are called frozen
ROUGH, LIKENESS = 8.0, 0.5  # code values of spread; likeness of neighbouring pixels below which a frame is noise
CENTRE = 256  # pixels of the middle that are looked at for noise


@dataclass(frozen=True)
class Span:
    """Seconds from the beginning of the film."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Measures:
    """Of one clip. `asdict` gives plain values for a record.

    `flicker`: root mean square of fast changes of the whole picture's light, percent. `jitter`: the same of the
    camera, pixels at half-way to the corner. `exposure_drift`, `colour_drift`: the steepest trend of a shot's light,
    and of a channel beside the others, percent per second. `light_step`: the largest change of light between two
    frames over those around it, percent. `seam`: the largest change, in code values, that neither motion nor the
    changes around it explain. Both with their second; cuts are neither."""

    frames: int
    seconds: float
    flicker: float
    jitter: float
    exposure_drift: float
    colour_drift: float
    light_step: float
    light_step_at: float
    seam: float
    seam_at: float
    cuts: tuple[float, ...] = ()
    black: tuple[Span, ...] = ()
    frozen: tuple[Span, ...] = ()
    noise: tuple[Span, ...] = ()

    def as_record(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class _Row:
    """What is kept of a frame."""

    cut: bool
    light: np.ndarray
    camera: np.ndarray
    change: float
    unexplained: float
    black: bool
    noise: bool


@dataclass
class Meter:
    """Measures frames as they pass. `camera=False` leaves out the jitter, which costs most."""

    rate: Fraction
    camera: bool = True
    _rows: list[_Row] = field(default_factory=list, repr=False)
    _reach: float = 0.0  # half-way to the corner, pixels

    def __call__(self, chunks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The same frames, uint8 [1, h, w, 3]."""
        along, last, at = LightPath(), None, np.zeros(3)
        for one in seen(views(chunks)):
            step = one.cut or not self.camera
            at = np.zeros(3) if step else at + camera_step(last, one.view).as_array()[:3]
            self._rows.append(_row(one, along(one), at))
            last = one.view
            self._reach = float(np.hypot(*one.view.picture.shape[:2])) / 4
            yield one.view.picture[None]

    def measures(self) -> Measures:
        """Of the frames that have passed."""
        rows, rate = self._rows, Fraction(self.rate)
        shots = _shots(rows)
        seam, seam_at = _stands_out([0.0 if row.cut else row.unexplained for row in rows])
        step, step_at = _stands_out(_light_steps(rows))
        return Measures(
            frames=len(rows),
            seconds=float(len(rows) / rate),
            flicker=_rms([_fast(_stacked(shot, "light")).mean(axis=1) for shot in shots]) * 100,
            jitter=_rms([_extent(_fast(_stacked(shot, "camera")), self._reach) for shot in shots]),
            exposure_drift=max((float(abs(_trend(shot, rate).mean())) for shot in shots), default=0.0) * 100,
            colour_drift=max((_beside(_trend(shot, rate)) for shot in shots), default=0.0) * 100,
            light_step=step * 100,
            light_step_at=float(step_at / rate),
            seam=seam,
            seam_at=float(seam_at / rate),
            cuts=tuple(float(i / rate) for i, row in enumerate(rows) if row.cut and i),
            black=_spans([row.black for row in rows], rate),
            frozen=_spans(_still(rows), rate, REST),
            noise=_spans([row.noise for row in rows], rate),
        )


def measured(chunks: Iterable[np.ndarray], rate: Fraction, *, camera: bool = True) -> Measures:
    """Of a whole clip, read to its end."""
    meter = Meter(Fraction(rate), camera)
    for _ in meter(chunks):
        pass
    return meter.measures()


def _row(one: Seen, light: np.ndarray, camera: np.ndarray) -> _Row:
    brightest = float(np.percentile(one.view.small.max(axis=2), 99))
    return _Row(one.cut, light, camera, one.change, one.unexplained, brightest < BLACK, _is_noise(one.view))


def _is_noise(view: View) -> bool:
    """Whether a pixel says nothing about the next one, at the picture's own size."""
    height, width = view.picture.shape[:2]
    top, left = max(0, (height - CENTRE) // 2), max(0, (width - CENTRE) // 2)
    grey = cv2.cvtColor(
        np.ascontiguousarray(view.picture[top : top + CENTRE, left : left + CENTRE]), cv2.COLOR_RGB2GRAY
    )
    grey = grey.astype(np.float32) - grey.mean()
    power = float(np.mean(grey**2))
    return power > ROUGH**2 and float(np.mean(grey[:, 1:] * grey[:, :-1])) < LIKENESS * power


def _shots(rows: list[_Row]) -> list[list[_Row]]:
    starts = [i for i, row in enumerate(rows) if row.cut]
    return [rows[a:b] for a, b in zip(starts, [*starts[1:], len(rows)])]


def _stacked(shot: list[_Row], name: str) -> np.ndarray:
    return np.stack([getattr(row, name) for row in shot])


def _fast(path: np.ndarray) -> np.ndarray:
    """The path [n, k] without its slow part."""
    reach = round(2.5 * SIGMA)
    near = lambda i: path[max(0, i - reach) : i + reach + 1]  # noqa: E731
    return path - np.stack([smooth(near(i), min(i, reach), SIGMA) for i in range(len(path))])


def _extent(away: np.ndarray, reach: float) -> np.ndarray:
    return np.hypot(np.hypot(away[:, 0], away[:, 1]), away[:, 2] * reach)


def _rms(parts: list[np.ndarray]) -> float:
    return float(np.sqrt(np.mean(np.concatenate(parts) ** 2))) if parts else 0.0


def _trend(shot: list[_Row], rate: Fraction) -> np.ndarray:
    """Log gain of R, G, B per second, by least squares over the shot; a shot under half a second has none."""
    if len(shot) < max(4, rate / 2):
        return np.zeros(3)
    return np.polyfit(np.arange(len(shot)) / float(rate), _stacked(shot, "light"), 1)[0]


def _beside(trend: np.ndarray) -> float:
    return float(np.abs(trend - trend.mean()).max())


def _light_steps(rows: list[_Row]) -> list[float]:
    """Change of log gain from the frame before, the largest of the channels."""
    pairs = pairwise(rows)
    return [0.0, *(0.0 if b.cut else float(np.abs(b.light - a.light).max()) for a, b in pairs)][: len(rows)]


def _stands_out(steps: list[float]) -> tuple[float, int]:
    """The largest step over its two neighbours on either side, and where it is."""
    found = [
        (step - max([*steps[max(0, i - 2) : i], *steps[i + 1 : i + 3]], default=0.0), i) for i, step in enumerate(steps)
    ]
    best, at = max(found, default=(0.0, 0))
    return max(0.0, float(best)), at


def _still(rows: list[_Row]) -> list[bool]:
    """Frames that show the same as the one before or the one after."""
    same = [not row.cut and row.change <= STILL for row in rows]
    return [here or after for here, after in zip(same, [*same[1:], False])]


def _spans(flags: list[bool], rate: Fraction, least: float = 0.0) -> tuple[Span, ...]:
    edges = np.flatnonzero(np.diff([False, *flags, False]))
    spans = [Span(float(a / rate), float(b / rate)) for a, b in edges.reshape(-1, 2).tolist()]
    return tuple(span for span in spans if span.seconds >= least)


# --- The gate


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that passes; None lets anything pass. Spans are added up, in seconds."""

    flicker: float | None = 1.0
    jitter: float | None = None  # a hand-held camera is a choice
    exposure_drift: float | None = 20.0
    colour_drift: float | None = 5.0
    light_step: float | None = 2.0
    seam: float | None = 2.0
    black: float | None = 1.0
    frozen: float | None = 3.0
    noise: float | None = 0.0


UNITS = {
    "flicker": "%", "jitter": " pixels", "exposure_drift": "% per second", "colour_drift": "% per second",
    "light_step": "%", "seam": " code values", "black": " s", "frozen": " s", "noise": " s",
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """Whether a clip passes, and if not, why: each measure with its limit."""

    reasons: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.reasons


class GateError(FilmloomError):
    """No attempt passed the gate; the message says why the last did not."""


def gate(measures: Measures, limits: Limits | None = None) -> Verdict:
    limits = limits or Limits()
    reasons = []
    for name in (one.name for one in fields(limits)):
        most, value = getattr(limits, name), getattr(measures, name)
        if isinstance(value, tuple):
            value = sum(span.seconds for span in value)
        if most is not None and value > most:
            reasons.append(f"{name.replace('_', ' ')} is {value:.2f}{UNITS[name]}, at most {most:g} passes")
    return Verdict(tuple(reasons))


def attempted(make: Callable[[int], Measures], *, limits: Limits | None = None, tries: int = 3) -> tuple[int, Measures]:
    """`make(number)` until what it made passes the gate: its number, from 0, and measures. GateError if none does."""
    verdict = Verdict()
    for number in range(tries):
        measures = make(number)
        verdict = gate(measures, limits)
        if verdict.passed:
            return number, measures
    raise GateError(f"None of {tries} attempts passed: {'; '.join(verdict.reasons)}.")
