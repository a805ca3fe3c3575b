"""Moments found in the picture, for films that bring no event times.

    for found in onset_finder()(chunks, rate): found.time, found.kind       # generate/onsets.py: learnt, the one to use
    for found in find_onsets(chunks, rate): found.time, found.strength      # nothing learnt: impacts

What the learnt finder asks of a film is here too: its pictures 30 a second, its shots, and moments out of its votes.
`find_onsets` knows no weights: it looks where movement itself suddenly changes.

A foot that lands after a jump, a hand that claps, a ball that bounces: what moved is stopped or turned, in one frame.
So the optical flow from a frame to the next and to the one before are added: what moves evenly cancels, the camera with
it, and acceleration is left. Cuts are no events. What it was is not told: the caller gives the moments a kind.
`bench/sound.py` measures how often this is right: impacts often, smooth gaits and wings hardly.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from filmloom.core.types import Size

HEIGHT = 144  # rows looked at: enough for a limb, little enough for a film of any size
BUSY = 0.02  # the share of the picture that tells: what changes most
CUT = 0.12  # mean change, as a share of full scale, above which a new shot begins
STILL = 0.1  # pixels per frame squared (of `HEIGHT` rows): less is the noise of the measurement
WIDTH = 0.015  # seconds over which the curve is smoothed
APART = 0.12  # seconds between two moments at least
AROUND = 0.3  # seconds on either side that a moment must stand out from
ABOVE = 1.2  # how far above their mean

TICKS = 30  # pictures a second that votes are cast for
LIKELY = 0.25  # the likelihood from which a moment counts
LONE = 3  # ticks on either side in which it must be the likeliest


@dataclass(frozen=True)
class Onset:
    """`time` in seconds; `strength` in 0..1, 1 for the strongest of the film; `kind` of event, "" where nobody said."""

    time: float
    strength: float
    kind: str = ""


def find_onsets(chunks: Iterable[np.ndarray], rate: float | Fraction) -> list[Onset]:
    """Candidate moments of uint8 [f, h, w, 3] chunks at `rate` frames a second; three small frames are held at a
    time."""
    return picked(np.fromiter(jolts(chunks), float), float(rate))


def thirtieths(chunks: Iterable[np.ndarray], rate: float | Fraction, *, rows: int) -> Iterator[np.ndarray]:
    """Pictures uint8 [rows, w, 3], one for each thirtieth of a second: the frame that is shown nearest to it."""
    tick, rate = 0, Fraction(rate).limit_denominator(100_000)
    for number, picture in enumerate(picture for chunk in chunks for picture in chunk):
        until = (number + Fraction(1, 2)) / rate
        kept = lowered(picture, rows) if Fraction(tick, TICKS) < until else None
        while Fraction(tick, TICKS) < until:
            yield kept
            tick += 1


def lowered(picture: np.ndarray, rows: int) -> np.ndarray:
    """RGB of so many rows."""
    import cv2

    small = lowered_size(Size(picture.shape[1], picture.shape[0]), rows)
    return cv2.resize(picture, (small.width, small.height), interpolation=cv2.INTER_AREA)


def lowered_size(size: Size, rows: int) -> Size:
    return Size(max(16, round(rows * size.width / size.height)), rows)


def cuts(pictures: Iterable[np.ndarray]) -> Iterator[Iterator[np.ndarray]]:
    """Shots, each to be read before the next one is asked for."""
    numbers = itertools.count()
    before, number = None, next(numbers)

    def numbered() -> Iterator[tuple[int, np.ndarray]]:
        nonlocal before, number
        for picture in pictures:
            change = 0.0 if before is None else np.abs(picture.astype(np.int16) - before).mean()
            before, number = picture, next(numbers) if change > CUT * 255 else number
            yield number, picture

    for _, shot in itertools.groupby(numbered(), key=lambda pair: pair[0]):
        yield (picture for _, picture in shot)


def voted(curve: np.ndarray, kinds: np.ndarray, names: tuple[str, ...], rate: float) -> list[Onset]:
    """Moments at which a curve of likelihoods [F] has a peak, placed between frames by a parabola; what each is, by the
    frames around it [F, K]."""
    onsets = []
    padded = np.pad(curve, 1)
    for i, top in enumerate(curve):
        around = curve[max(0, i - LONE) : i + LONE + 1]
        if top < LIKELY or top < around.max() or top == padded[i]:
            continue
        left, right = padded[i], padded[i + 2]
        bend = left - 2 * top + right
        between = 0.5 * (left - right) / bend if bend else 0.0
        kind = names[int(kinds[max(0, i - LONE) : i + LONE + 1].mean(axis=0).argmax())]
        onsets.append(Onset(max(0.0, (i + between) / rate), float(top), kind))
    return onsets


def jolts(chunks: Iterable[np.ndarray]) -> Iterator[float]:
    """For each frame, its acceleration in pixels per frame squared: the mean of where it is largest. 0 at both ends."""
    import cv2

    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow.setFinestScale(0)  # limbs are thin
    flow.setPatchStride(4)
    before = now = None
    for after in (small(picture) for chunk in chunks for picture in chunk):
        if now is not None:
            yield 0.0 if before is None else _jolt(before, now, after, flow)
        before, now = now, after
    if now is not None:
        yield 0.0


def small(picture: np.ndarray) -> np.ndarray:
    """Grey uint8 of `HEIGHT` rows."""
    import cv2

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    width = max(16, round(HEIGHT * grey.shape[1] / grey.shape[0]))
    return cv2.resize(grey, (width, HEIGHT), interpolation=cv2.INTER_AREA)


def _jolt(before: np.ndarray, now: np.ndarray, after: np.ndarray, flow) -> float:
    import cv2

    if max(cv2.absdiff(before, now).mean(), cv2.absdiff(now, after).mean()) > CUT * 255:
        return 0.0
    turn = flow.calc(now, after, None) + flow.calc(now, before, None)
    change = np.hypot(turn[4:-4, 4:-4, 0], turn[4:-4, 4:-4, 1]).ravel()  # the edge holds what the camera has just found
    count = max(1, int(BUSY * len(change)))
    return float(np.partition(change, -count)[-count:].mean())


def picked(curve: np.ndarray, rate: float) -> list[Onset]:
    """The moments at which a curve of one number per frame stands out; placed between frames by a parabola."""
    if len(curve) < 5:
        return []
    smooth = _smoothed(curve, WIDTH * rate)
    far, near = max(2, round(AROUND * rate)), max(1, round(APART * rate))
    level = _box(smooth, far)
    onsets = []
    for i in range(1, len(smooth) - 1):
        around = smooth[max(0, i - near) : i + near + 1]
        if smooth[i] == around.max() and smooth[i] > ABOVE * level[i] and smooth[i] > STILL:
            left, top, right = smooth[i - 1 : i + 2]
            bend = left - 2 * top + right
            between = 0.5 * (left - right) / bend if bend else 0.0
            onsets.append(Onset((i + between) / rate, float(top)))
    loudest = max((o.strength for o in onsets), default=1.0)
    return [Onset(o.time, o.strength / loudest) for o in onsets]


def _smoothed(curve: np.ndarray, sigma: float) -> np.ndarray:
    reach = max(1, int(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 0.3)) ** 2)
    return np.convolve(np.pad(curve, reach, mode="edge"), kernel / kernel.sum(), "valid")


def _box(curve: np.ndarray, reach: int) -> np.ndarray:
    """The mean of up to `reach` neighbours on either side."""
    total = np.cumsum(np.r_[0.0, curve])
    low = np.maximum(np.arange(len(curve)) - reach, 0)
    high = np.minimum(np.arange(len(curve)) + reach + 1, len(curve))
    return (total[high] - total[low]) / (high - low)
