"""Any rational frame rate to any other: the same duration, cuts kept, repeated and dropped frames mended.

    between = interpolator()                         # filmloom.generate.motion; or `blended`, or `held`
    frames = retimed(film.chunks(8), film.rate, Fraction(30), between=between)

Frame i of a film at rate r is shown from i / r to (i + 1) / r. N frames at r become `num_frames_at(N, r, R)` =
floor(N R / r + 1/2) at R: the nearest whole number to the same duration, so that it is off by half a frame at most,
and exact whenever N R / r is whole. Frame j shows the moment j / R; after the last frame's moment that frame is held.

`between(a, b, share)` makes the picture at `share` in (0, 1) of the way from a to b. It is never called across a cut:
there the last frame of the old shot stands until the new one begins. `among(pictures, share, reach)`, where given,
makes what was lost from one frame more on either side (flow.FlowBetween.among).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from math import floor

import cv2
import numpy as np

from filmloom.core.errors import RequestError
from filmloom.core.types import Audio
from filmloom.finishing.change import Seen, View, in_context, seen, views

Between = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
Among = Callable[[tuple[np.ndarray, ...], float, float], np.ndarray]
FASTEST = 1000
SNAP = Fraction(1, 64)  # of a frame's time: an output frame as near to an input frame as this is that frame
STILL = 0.01  # code values: the change of a frame that is shown again, before any coder
QUIET_SHARE = 0.05  # of the usual change: a repeat that a coder touched
MOVING, MOVING_EXACT = 0.4, 0.2  # of the usual change: what goes on moves; beside repeats to the bit
LONGEST_FAULT, JUMP = 2, 1.5  # frames; times the usual change, after a longer rest
SKIP, EVENNESS = 1.45, 1.3  # change over both neighbours', and among those: a frame is missing
CONTEXT = 12  # frames on either side that say what is usual
NUM_REPEATS = 3  # in that context, evenly spaced, before they are called a cadence
CAUGHT_UP = 1.35  # times the change around it: nothing was missed after a repeat of a cadence, one after a lost frame


@dataclass
class RateReport:
    """Filled as the frames pass. Times in seconds of the film as it came.

    `faults`: repeated frames that stood for lost ones, made anew. `cadence`: repeated frames of a regular pattern
    (16 frames a second in a file of 30), left out and the rest spread evenly. `gaps`: where time stamps skip frames.
    `jumps`: where motion skips without a trace in time; these are not mended, since the duration would change."""

    rate_in: str = "0"  # as a fraction: 30000/1001
    rate_out: str = "0"
    frames_in: int = 0
    frames_out: int = 0
    made: int = 0
    cuts: list[float] = field(default_factory=list)
    faults: list[float] = field(default_factory=list)
    cadence: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    jumps: list[float] = field(default_factory=list)

    @property
    def duration(self) -> Fraction:
        """Of the result, in seconds."""
        return self.frames_out / Fraction(self.rate_out) if self.frames_out else Fraction(0)


def num_frames_at(num_frames: int, rate: Fraction, new_rate: Fraction) -> int:
    """floor(num_frames * new_rate / rate + 1/2), at least one frame for a film that has any."""
    exact = num_frames * Fraction(new_rate) / Fraction(rate)
    return max(1, floor(exact + Fraction(1, 2))) if num_frames else 0


def num_samples(num_frames: int, rate: Fraction, hertz: int = 48_000) -> int:
    """Samples of sound that last as long as the frames: floor(num_frames / rate * hertz + 1/2)."""
    return floor(num_frames / Fraction(rate) * hertz + Fraction(1, 2))


def aligned(audio: Audio, num_frames: int, rate: Fraction) -> Audio:
    """Sound cut, or followed by silence, to exactly the length of the frames; no sample moves."""
    num = num_samples(num_frames, rate, audio.rate)
    kept = audio.samples[:, :num]
    return Audio(np.pad(kept, ((0, 0), (0, num - kept.shape[1]))), audio.rate)


def held(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """No frame is made: the earlier one is shown again. What players do."""
    return a


def blended(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """A cross-fade: smooth where little moves, doubled edges where much does."""
    return cv2.addWeighted(a, 1 - share, b, share, 0)


def retimed(
    chunks: Iterable[np.ndarray],
    rate: Fraction,
    new_rate: Fraction,
    *,
    between: Between,
    among: Among | None = None,
    mend: bool = True,
    report: RateReport | None = None,
) -> Iterator[np.ndarray]:
    """uint8 [f, h, w, 3] at `rate` to uint8 [1, h, w, 3] at `new_rate`, about 13 frames behind."""
    stamped = ((view, Fraction(i)) for i, view in enumerate(views(chunks)))
    return _converted(stamped, rate, new_rate, (between, among), mend, report)


def retimed_by_stamps(
    frames: Iterable[tuple[np.ndarray, Fraction]],
    rate: Fraction,
    new_rate: Fraction,
    *,
    between: Between,
    among: Among | None = None,
    mend: bool = True,
    report: RateReport | None = None,
) -> Iterator[np.ndarray]:
    """The same from (picture [h, w, 3], second): what a recorder dropped shows as a gap in time and is made anew.

    `rate` is the nominal one; the last frame lasts 1 / rate. `FilmFile.timed` gives such frames."""
    rate = Fraction(rate)
    stamped = ((View(picture), Fraction(time) * rate) for picture, time in frames)
    return _converted(stamped, rate, new_rate, (between, among), mend, report)


def _converted(stamped, rate, new_rate, makers, mend, report) -> Iterator[np.ndarray]:
    rate, new_rate = _checked("rate", rate), _checked("new_rate", new_rate)
    report = RateReport() if report is None else report
    report.rate_in, report.rate_out = str(rate), str(new_rate)
    clock = _Clock(rate, report)
    placed = _placed(seen_at(stamped, clock), mend, clock)
    return _sampled(placed, clock, rate / new_rate, makers)


def _checked(name: str, rate: Fraction) -> Fraction:
    rate = Fraction(rate)
    if not 0 < rate <= FASTEST:
        raise RequestError(name, str(rate), f"a frame rate is over 0 and at most {FASTEST}", 30)
    return rate


@dataclass
class _Clock:
    """How much of the film has been read, in frames of its rate; and what was noticed."""

    rate: Fraction
    report: RateReport
    end: Fraction = Fraction(0)

    def seconds(self, position: Fraction) -> float:
        return round(float(position / self.rate), 6)


@dataclass(frozen=True)
class Placed:
    """A frame and the moment it shows, counted in frames of the film's rate."""

    one: Seen
    position: Fraction


def seen_at(stamped: Iterable[tuple[View, Fraction]], clock: _Clock) -> Iterator[Placed]:
    """Frames with their changes, cuts and moments; the first moment is 0."""
    positions: deque[Fraction] = deque()

    def noted() -> Iterator[View]:
        start = None
        for view, position in stamped:
            start = position if start is None else start
            position -= start
            _check_order(position, positions)
            if positions and position - positions[-1] >= Fraction(3, 2):
                clock.report.gaps.append(clock.seconds(positions[-1] + 1))
            positions.append(position)
            clock.report.frames_in += 1
            yield view

    for one in seen(noted()):
        here = positions[0] if len(positions) == 1 else positions.popleft()
        clock.end = max(clock.end, here + 1)
        if one.cut and here > 0:
            clock.report.cuts.append(clock.seconds(here))
        yield Placed(one, here)


def _check_order(position: Fraction, before: Sequence[Fraction]) -> None:
    if before and position <= before[-1]:
        raise RequestError("time", str(position), "frames must come in the order in which they are shown")


# --- Repeated frames


def _placed(frames: Iterator[Placed], mend: bool, clock: _Clock) -> Iterator[Placed]:
    """Frames that count, at the moments they show: repeats that are faults or a cadence are left out."""
    last: Placed | None = None
    for index, window in in_context(frames, CONTEXT):
        here = window[index]
        usual = _usual(window)
        _note_jump(window, index, usual, clock)
        if mend and last is not None and (kind := _needless(window, index, usual)):
            (clock.report.faults if kind == "fault" else clock.report.cadence).append(clock.seconds(here.position))
            continue
        if mend and not here.one.cut:
            here = Placed(here.one, max(_even(window, index, usual), last.position + SNAP if last else Fraction(0)))
        yield here
        last = here


def _usual(window: Sequence[Placed]) -> float:
    """The median change of the frames that changed."""
    changes = [one.one.change for one in window if not one.one.cut]
    most = max(changes, default=0.0)
    moving = [value for value in changes if value > max(STILL, QUIET_SHARE * most)]
    return float(np.median(moving)) if moving else 0.0


def _is_repeat(one: Seen, usual: float) -> bool:
    return not one.cut and usual > 0 and one.change <= max(STILL, QUIET_SHARE * usual)


def _needless(window: Sequence[Placed], index: int, usual: float) -> str:
    """ "fault", "cadence" or "" for a frame that belongs there."""
    if not _is_repeat(window[index].one, usual):
        return ""
    if _cadence(window, index, usual) is not None:
        return "cadence"
    return "fault" if _interrupts(window, index, usual) else ""


def _interrupts(window: Sequence[Placed], index: int, usual: float) -> bool:
    """Whether what moves stands still for a frame or two and at once moves on: nothing in nature does.

    A longer rest belongs to the film, unless a jump after it shows that time went on meanwhile."""
    after = next((i for i in range(index + 1, len(window)) if not _is_repeat(window[i].one, usual)), None)
    before = next((i for i in range(index - 1, -1, -1) if not _is_repeat(window[i].one, usual)), None)
    if after is None or before is None or window[after].one.cut or window[before].one.cut:
        return False
    rest = after - before - 1
    exact = all(one.one.change <= STILL for one in window[before + 1 : after])
    least = (MOVING_EXACT if exact else MOVING) * usual
    change, earlier = window[after].one.change, window[before].one.change
    if rest <= LONGEST_FAULT:
        return min(change, earlier) >= least
    return earlier >= least and change >= JUMP * max(earlier, usual)


def _note_jump(window: Sequence[Placed], index: int, usual: float, clock: _Clock) -> None:
    """A frame that changed twice as much as both its neighbours, with no repeat and no gap before it."""
    if not 2 <= index < len(window) - 2:
        return
    beside = [window[i] for i in (index - 2, index - 1, index + 1, index + 2)]
    here = window[index]
    steady = not any(_is_repeat(one.one, usual) or one.one.cut for one in [*beside, here])
    in_time = here.position - beside[1].position < Fraction(3, 2)
    changes = [one.one.change for one in beside]
    if steady and in_time and here.one.change > SKIP * max(changes) and max(changes) < EVENNESS * min(changes):
        clock.report.jumps.append(clock.seconds(here.position))


def _cadence(window: Sequence[Placed], index: int, usual: float) -> np.ndarray | None:
    """Positions of the distinct frames of this shot in the window, if they form an even pattern with repeats."""
    shot = _shot(window, index)
    ticks = [float(one.position) for one in shot if not _is_repeat(one.one, usual)]
    if len(ticks) > 2 and ticks[1] - ticks[0] > 1 + min(np.diff(ticks[1:])):
        ticks = ticks[1:]  # it stood before it began to move
    if len(ticks) < 4 or not ticks[0] <= window[index].position <= ticks[-1] or _catches_up(shot, usual):
        return None
    num_repeats = sum(ticks[0] < one.position < ticks[-1] for one in shot) - (len(ticks) - 2)
    gaps = np.diff(ticks)
    even = num_repeats >= NUM_REPEATS and np.ptp(gaps) < 1.5
    return np.array(ticks) if even and np.ptp(_line(ticks)[1]) < 1 else None


def _catches_up(shot: Sequence[Placed], usual: float) -> bool:
    """Whether what moves makes up, after repeats, for the time it stood: frames were lost, not shown twice.

    Each change is beside those of the nearest frames that follow no repeat. Most must, or any where repeats are few: to
    take lost frames for a cadence moves every frame of the shot, to take a cadence for lost frames only its repeats."""
    repeats = [_is_repeat(one.one, usual) for one in shot]
    moves = [i for i in range(1, len(shot)) if not repeats[i] and not repeats[i - 1]]
    after = [i for i in range(1, len(shot)) if not repeats[i] and repeats[i - 1]]
    if not moves or not after:
        return False
    beside = lambda i: np.mean([shot[k].one.change for k in sorted(moves, key=lambda k: abs(k - i))[:2]])  # noqa: E731
    ratios = [shot[i].one.change / max(beside(i), STILL) for i in after]
    return float(max(ratios) if len(moves) > 2 * len(after) else np.median(ratios)) > CAUGHT_UP


def _line(ticks: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Values of the line through the ticks with the smallest largest distance, and what the ticks are over it.

    Ticks of an even film stay within one of some line; of the least-squares line they need not."""
    numbers = np.arange(len(ticks))
    slopes = np.polyfit(numbers, ticks, 1)[0] + np.linspace(-0.1, 0.1, 81)
    rests = np.asarray(ticks) - slopes[:, None] * numbers
    rest = rests[np.argmin(np.ptp(rests, axis=1))]
    middle = (rest.min() + rest.max()) / 2
    return ticks - (rest - middle), rest - middle


def _shot(window: Sequence[Placed], index: int) -> Sequence[Placed]:
    begin = max((i for i in range(index + 1) if window[i].one.cut), default=0)
    end = next((i for i in range(index + 1, len(window)) if window[i].one.cut), len(window))
    return window[begin:end]


def _even(window: Sequence[Placed], index: int, usual: float) -> Fraction:
    """The frame's moment: where it stands, or its place in an even spread of a cadence.

    A player shows frame k of the film before the repeats at the first tick after its moment: the moments lie on the
    line along the ticks that none of them precedes."""
    here = window[index].position
    ticks = _cadence(window, index, usual)
    if ticks is None or float(here) not in ticks:
        return here
    line, rest = _line(ticks)
    even = line[ticks == float(here)][0] + rest.min()
    return Fraction(max(0.0, float(even))).limit_denominator(1000)


# --- Sampling


Makers = tuple[Between, Among | None]
LOST = 1.5  # frames between two neighbours: something is missing


def _sampled(frames: Iterator[Placed], clock: _Clock, step: Fraction, makers: Makers) -> Iterator[np.ndarray]:
    """Frame j at moment j * step. One is held back until the film is known to last long enough for it."""
    made: deque[np.ndarray] = deque()
    num, b = 0, None
    for before, a, b, after in _neighbours(frames):
        while a is not None and num * step < b.position:
            made.append(_picture((before, a, b, after), num * step, makers, clock))
            num += 1
        while made and clock.report.frames_out < _count(clock, step):
            yield _out(made.popleft(), clock)
    total = _count(clock, step) if b is not None else 0
    while b is not None and clock.report.frames_out < total:
        yield _out(made.popleft() if made else b.one.view.picture, clock)


def _neighbours(frames: Iterable[Placed]) -> Iterator[tuple[Placed | None, Placed | None, Placed, Placed | None]]:
    """Each frame as the third of four in a row; None where the film has none."""
    before = a = b = None
    for after in chain(frames, (None,)):
        if b is not None:
            yield before, a, b, after
        before, a, b = a, b, after


def _count(clock: _Clock, step: Fraction) -> int:
    return max(1, floor(clock.end / step + Fraction(1, 2)))


def _out(picture: np.ndarray, clock: _Clock) -> np.ndarray:
    clock.report.frames_out += 1
    return picture[None]


def _picture(row: tuple[Placed | None, ...], moment: Fraction, makers: Makers, clock: _Clock) -> np.ndarray:
    _, a, b, _ = row
    if moment - a.position <= SNAP or b.one.cut:
        return a.one.view.picture
    if b.position - moment <= SNAP:
        return b.one.view.picture
    clock.report.made += 1
    (between, among), share = makers, float((moment - a.position) / (b.position - a.position))
    if among is not None and (reach := _reach(row)):
        return among(tuple(one.one.view.picture for one in row), share, reach)
    return between(a.one.view.picture, b.one.view.picture, share)


def _reach(row: tuple[Placed | None, ...]) -> float:
    """How far the outer frames are from the inner ones, over the time that is missing; 0 where that helps nothing."""
    before, a, b, after = row
    if before is None or after is None or a.one.cut or after.one.cut:
        return 0.0
    gap, ago, ahead = b.position - a.position, a.position - before.position, after.position - b.position
    return float(ago / gap) if gap >= LOST and ago == ahead else 0.0
