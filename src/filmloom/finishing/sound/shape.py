"""What every effect is carved from: noise of any spectrum, ringing modes, envelopes, slow drifts. Mono float32 [n]."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Dice = np.random.Generator


def seconds(num: int, rate: int) -> np.ndarray:
    """The time of each sample."""
    return np.arange(num) / rate


def fast_length(num: int) -> int:
    """The least 2^a, 3 * 2^a or 5 * 2^a that holds `num`: lengths at which an FFT is quick."""
    return min(m << max(0, (-(-num // m) - 1).bit_length()) for m in (1, 3, 5))


def noise(dice: Dice, num: int, rate: int, curve: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Gaussian noise whose amplitude over frequency (Hz) follows `curve`, at a root mean square of 1."""
    length = fast_length(max(num, 2))
    frequency = np.fft.rfftfreq(length, 1 / rate)
    frequency[0] = frequency[1]
    weight = curve(frequency)
    weight[0] = weight[-1] = 0.0
    weight *= length / np.sqrt(4 * (weight**2).sum())  # Parseval: both halves of the spectrum, both parts of a bin
    white = dice.standard_normal((2, len(weight)), np.float32)
    return np.fft.irfft(weight * (white[0] + 1j * white[1]), length)[:num].astype(np.float32)


def band(low: float, high: float, *, order: int = 2) -> Callable[[np.ndarray], np.ndarray]:
    """Passes `low` .. `high` Hz; 6 dB per octave and order beyond."""
    return lambda f: 1 / np.sqrt((1 + (low / f) ** (2 * order)) * (1 + (f / high) ** (2 * order)))


def tilted(low: float, high: float, decibels: float) -> Callable[[np.ndarray], np.ndarray]:
    """A band that changes by `decibels` per octave: -3 is pink, -6 brown."""
    return lambda f: band(low, high)(f) * (f / low) ** (decibels / 6.02)


def filtered(signal: np.ndarray, rate: int, curve: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """`signal` through a zero-phase filter; silence is padded so that its end does not ring into its beginning."""
    length = fast_length(len(signal) + rate // 10)
    frequency = np.fft.rfftfreq(length, 1 / rate)
    frequency[0] = frequency[1]
    return np.fft.irfft(np.fft.rfft(signal, length) * curve(frequency), length)[: len(signal)].astype(np.float32)


def decay(num: int, rate: int, seconds_to_60: float, *, attack: float = 0.0005) -> np.ndarray:
    """Rises linearly in `attack` seconds, then falls by 60 dB in `seconds_to_60`."""
    t = seconds(num, rate)
    return np.minimum(1, t / attack) * 10 ** (-3 * np.maximum(0, t - attack) / seconds_to_60)


def swell(num: int, rate: int, rise: float, *, fall: float | None = None) -> np.ndarray:
    """Heard at once, loudest after `rise` seconds, silent at the end: a cube root upward, a squared cosine down."""
    t, end = seconds(num, rate), num / rate
    fall = end - rise if fall is None else fall
    return np.cbrt(np.minimum(1, t / rise)) * np.cos(np.pi / 2 * np.clip((t - end + fall) / fall, 0, 1)) ** 2


def ring(num: int, rate: int, modes: Sequence[tuple[float, float, float]]) -> np.ndarray:
    """The sum of struck modes (Hz, level, seconds to fall by 60 dB), all starting from zero."""
    t = seconds(num, rate)
    heard = [m for m in modes if m[0] < 0.45 * rate]
    return sum(level * np.sin(2 * np.pi * hz * t) * 10 ** (-3 * t / fall) for hz, level, fall in heard)


def tone(hz: np.ndarray, rate: int, *, phase: float = 0.0) -> np.ndarray:
    """A sine whose frequency follows `hz` [n]."""
    return np.sin(2 * np.pi * (np.cumsum(hz) / rate) + phase)


def drift(dice: Dice, num: int, rate: int, hz: float) -> np.ndarray:
    """A slow wander in 0..1 that takes about `hz` turns a second, smooth by cosine."""
    t = seconds(num, rate) * hz + dice.uniform()
    knots = dice.uniform(0, 1, int(num / rate * hz) + 3)
    index = t.astype(int)
    ease = (1 - np.cos(np.pi * (t - index))) / 2
    return knots[index] * (1 - ease) + knots[index + 1] * ease


def sparks(dice: Dice, num: int, rate: int, per_second: float, *, spread: float = 6.0) -> np.ndarray:
    """Single samples at random times (Poisson), of random sign and level: `spread` decibels of deviation, 9 dB at
    most."""
    train = np.zeros(num, np.float32)
    count = dice.poisson(per_second * num / rate)
    at = dice.integers(0, max(num, 1), count)
    np.add.at(train, at, dice.choice([-1, 1], count) * 10 ** (np.minimum(dice.normal(0, spread, count), 9) / 20))
    return train


def scatter(num: int, grains: Sequence[tuple[int, np.ndarray]]) -> np.ndarray:
    """Grains laid into `num` samples, each from its own first sample; what reaches beyond either end is cut."""
    out = np.zeros(num, np.float32)
    for start, grain in grains:
        skipped = max(0, -start)
        part = grain[skipped : max(skipped, num - start)]
        out[start + skipped : start + skipped + len(part)] += part
    return out


def peaked(signal: np.ndarray, level: float = 1.0) -> np.ndarray:
    """Scaled so that its largest sample is `level`."""
    top = np.abs(signal).max(initial=0)
    return (signal * (level / top if top else 0)).astype(np.float32)
