"""Loudness and true peak by ITU-R BS.1770-4, and a film brought to a target of both.

    measure(audio)                          → Loudness(integrated=-19.3, true_peak=-2.1)      in LUFS and dBTP
    normalised(audio, -23.0)                → (Audio, Loudness before, Loudness after)

-14 LUFS is what web platforms play at, -23 LUFS is broadcast (EBU R 128). The limiter looks ahead: it is down before
the peak comes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from filmloom.core.types import Audio
from filmloom.finishing.sound.shape import fast_length

BLOCK, OVERLAP = 0.4, 4  # gating blocks of 400 ms, one every 100 ms
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0
WEIGHTS = {1: (1.0,), 2: (1.0, 1.0), 5: (1, 1, 1, 1.41, 1.41), 6: (1, 1, 1, 0, 1.41, 1.41)}  # 5.1 without its LFE

LOOK_AHEAD = 0.005
RELEASES = (0.08, 0.02, 0.005)  # seconds; the first is the most transparent, the last reaches any loudness
OVERSAMPLING, TAPS = (
    4,
    24,
)  # BS.1770-4, Annex 2: at least 4 times 48 kHz; taps per phase, twice the annex's, for a flatter top
SPAN = 1 << 19  # samples filtered at once


@dataclass(frozen=True)
class Loudness:
    """`integrated` in LUFS, `true_peak` in dBTP; -inf for silence."""

    integrated: float
    true_peak: float


def measure(audio: Audio) -> Loudness:
    return Loudness(integrated(audio), true_peak(audio))


def integrated(audio: Audio) -> float:
    """Gated loudness in LUFS. A sound shorter than one block of 400 ms counts as one block."""
    energy = block_energy(audio)
    loud = energy[energy > _energy(ABSOLUTE_GATE)]
    if not len(loud):
        return -math.inf
    gate = max(_energy(ABSOLUTE_GATE), loud.mean() * 10 ** (RELATIVE_GATE / 10))
    return -0.691 + 10 * math.log10(energy[energy > gate].mean())


def _energy(lufs: float) -> float:
    return 10 ** ((lufs + 0.691) / 10)


def block_energy(audio: Audio) -> np.ndarray:
    """K-weighted mean square of every gating block, channels summed by their weights: BS.1770-4, equation 3."""
    hop = round(audio.rate * BLOCK / OVERLAP)
    weights = np.array(WEIGHTS.get(audio.channels, (1.0,) * audio.channels))
    hops = np.concatenate([weights @ part for part in _hop_sums(audio, hop)])
    if len(hops) < OVERLAP:
        return hops.sum(keepdims=True) / max(1, audio.num_samples)
    return np.convolve(hops, np.ones(OVERLAP), "valid") / (OVERLAP * hop)


def _hop_sums(audio: Audio, hop: int):
    """Sums of K-weighted squares [channels, hops]. Only whole hops count, unless there are too few for a single
    block."""
    if audio.num_samples < OVERLAP * hop:
        yield np.square(k_weighted(audio.samples, audio.rate)).sum(1, keepdims=True)
        return
    span = SPAN // hop * hop
    lead = audio.rate // 2  # the filter has forgotten what lies farther back
    for start in range(0, audio.num_samples // hop * hop, span):
        stop = min(start + span, audio.num_samples // hop * hop)
        before = min(lead, start)
        part = k_weighted(audio.samples[:, start - before : stop], audio.rate)[:, before:]
        yield np.square(part).reshape(audio.channels, -1, hop).sum(-1)


def k_weighted(samples: np.ndarray, rate: int) -> np.ndarray:
    """The head's shelf and the low cut, BS.1770-4 Annex 1, as float64 [channels, n].

    Both are recursive filters; instead of recursing, their exact response multiplies the spectrum. Half a second of
    padding is ample: their memory falls by 120 dB in less than 0.15 s (the double pole at 38 Hz)."""
    num = samples.shape[1]
    length = fast_length(num + rate // 2)
    z = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    response = np.ones(len(z), complex)
    for b, a in k_filters(rate):
        response *= (b[0] + b[1] * z + b[2] * z * z) / (1 + a[1] * z + a[2] * z * z)
    return np.fft.irfft(np.fft.rfft(samples.astype(np.float64), length) * response, length)[:, :num]


def k_filters(rate: int) -> tuple[tuple[list[float], list[float]], ...]:
    """(b, a) of the two biquads at any rate. BS.1770 prints them for 48 kHz only; these analogue prototypes give its
    very numbers there by the bilinear transform (the fit that libebur128 uses)."""
    shelf_hz, shelf_q, gain = 1681.974450955533, 0.7071752369554196, 3.999843853973347
    k = math.tan(math.pi * shelf_hz / rate)
    high, mid = 10 ** (gain / 20), 10 ** (gain / 20 * 0.4996667741545416)
    norm = 1 + k / shelf_q + k * k
    shelf = [
        (high + mid * k / shelf_q + k * k) / norm,
        2 * (k * k - high) / norm,
        (high - mid * k / shelf_q + k * k) / norm,
    ]
    shelf_a = [1.0, 2 * (k * k - 1) / norm, (1 - k / shelf_q + k * k) / norm]
    cut_hz, cut_q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * cut_hz / rate)
    norm = 1 + k / cut_q + k * k
    cut_a = [1.0, 2 * (k * k - 1) / norm, (1 - k / cut_q + k * k) / norm]
    return (shelf, shelf_a), ([1.0, -2.0, 1.0], cut_a)


def true_peak(audio: Audio) -> float:
    """Largest value of the signal between and at its samples, in dBTP."""
    return _decibels(peaks(audio.samples).max(initial=0))


def _decibels(level: float) -> float:
    return 20 * math.log10(level) if level > 0 else -math.inf


def peaks(samples: np.ndarray) -> np.ndarray:
    """For each sample, the largest magnitude over all channels from it up to the next one, 4 times oversampled. [n]"""
    top = np.abs(samples).max(0, initial=0)
    kernels = _kernels()
    for channel in np.pad(samples, ((0, 0), (TAPS // 2 - 1, TAPS // 2))):
        near = np.lib.stride_tricks.sliding_window_view(channel, TAPS)
        for start in range(0, len(top), 1 << 14):  # pieces that stay in the cache
            part = top[start : start + (1 << 14)]
            np.maximum(part, np.abs(near[start : start + len(part)] @ kernels).max(1), out=part)
    return top


def _kernels() -> np.ndarray:
    """[taps, 3]: weights that read a signal 1/4, 2/4 and 3/4 of the way between the two samples in the middle of the
    taps."""
    x = np.arange(TAPS)[:, None] - (TAPS // 2 - 1) - np.arange(1, OVERSAMPLING) / OVERSAMPLING
    window = np.i0(7.0 * np.sqrt(np.maximum(0, 1 - (x / (TAPS / 2)) ** 2))) / np.i0(7.0)
    kernels = np.sinc(x) * window
    return (kernels / kernels.sum(0)).astype(np.float32)


def limited(audio: Audio, ceiling: float = -1.0, *, release: float = RELEASES[0]) -> Audio:
    """No true peak above `ceiling` dBTP; what lies below is untouched except around a peak.

    The gain is the least that the next 5 ms and the last `release` seconds need, averaged over the same window: it
    never steps, and at each peak all it averages is low enough. A second pass takes what is left where the gain moved
    within the width of a peak."""
    for _ in range(4):
        high = peaks(audio.samples)
        if high.max(initial=0) <= 10 ** (ceiling / 20):
            break
        audio = _held_down(audio, high, 1.0, ceiling, release)
    return audio


def _held_down(audio: Audio, high: np.ndarray, gain: float, ceiling: float, release: float) -> Audio:
    """`audio`, whose `peaks` are `high`, at `gain`, less what keeps those peaks a little below `ceiling`."""
    needed = np.minimum(1, 10 ** ((ceiling - 0.02) / 20) / np.maximum(gain * high.astype(np.float64), 1e-9))
    smooth = _smooth_floor(needed, round(LOOK_AHEAD * audio.rate), round(release * audio.rate))
    return Audio((audio.samples * (gain * smooth)).astype(np.float32), audio.rate)


def _smooth_floor(needed: np.ndarray, ahead: int, behind: int) -> np.ndarray:
    width = ahead + behind + 1
    low = sliding_minimum(np.pad(needed, (behind, ahead), constant_values=1.0), width)
    # summed is what is taken away: far from any peak that is exactly 0
    total = np.cumsum(np.r_[0.0, 1 - np.pad(low, (ahead, behind), mode="edge")])
    return 1 - (total[width:] - total[:-width]) / width


def sliding_minimum(x: np.ndarray, width: int) -> np.ndarray:
    """Minimum over every `width` neighbours, [n - width + 1]: van Herk's two running minima, linear in n."""
    blocks = -(-len(x) // width)
    rows = np.pad(x, (0, blocks * width - len(x)), constant_values=np.inf).reshape(blocks, width)
    forward = np.minimum.accumulate(rows, 1).ravel()
    backward = np.minimum.accumulate(rows[:, ::-1], 1)[:, ::-1].ravel()
    num = len(x) - width + 1
    return np.minimum(backward[:num], forward[width - 1 : width - 1 + num])


def normalised(
    audio: Audio, target: float = -14.0, *, ceiling: float = -1.0, tolerance: float = 0.05
) -> tuple[Audio, Loudness, Loudness]:
    """`audio` at `target` LUFS with no true peak above `ceiling` dBTP, and both measures before and after.

    Limiting takes loudness away, so gain is added until the target is met within `tolerance`; where a slow release
    cannot meet it (rain is all peaks), a faster one does. Silence stays silence."""
    high = peaks(audio.samples)
    before = Loudness(integrated(audio), _decibels(high.max(initial=0)))
    if before.integrated == -math.inf:
        return audio, before, before
    for release in RELEASES:
        out, missing = _driven(audio, high, target, before.integrated, ceiling, release, tolerance)
        if abs(missing) <= 2 * tolerance:
            break
    out = limited(out, ceiling, release=release)
    return out, before, measure(out)


def _driven(
    audio: Audio, high: np.ndarray, target: float, loudness: float, ceiling: float, release: float, tolerance: float
) -> tuple[Audio, float]:
    """The limiter driven by more gain until the loudness is right, and what is still missing in LU: secants, kept
    between the gains that are known to be too little and too much."""
    gain, slope, last = target - loudness, 1.0, None
    low, high_gain = gain - 30, gain + 60
    for _ in range(12):
        out = _held_down(audio, high, 10 ** (gain / 20), ceiling, release)
        found = integrated(out)
        if abs(target - found) <= tolerance:
            break
        low, high_gain = (max(low, gain), high_gain) if found < target else (low, min(high_gain, gain))
        if last is not None and abs(found - last[1]) > 1e-6:
            slope = float(np.clip((gain - last[0]) / (found - last[1]), 1.0, 8.0))
        last, gain = (gain, found), gain + slope * (target - found)
        if not low < gain < high_gain:
            gain = (low + high_gain) / 2
    return out, target - found
