"""The mix: cues and beds become a soundtrack, to the sample; tracks and speech join it.

    heard = soundtrack(cues, {"birds": 1.0}, seconds, seed=7)
    heard = mixed([heard, ducked(music, under=speech), speech])

Everything is stereo float32 in memory: a minute is 23 MB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.core.random import generator
from filmloom.core.types import Audio
from filmloom.finishing.sound.ambience import ambience, panned
from filmloom.finishing.sound.effects import EFFECTS, check_effect, effect
from filmloom.finishing.sound.match import Cue

RATE = 48_000
BED_EDGE = 0.03  # seconds in which a bed comes and goes at the film's ends


def num_samples(seconds: float | Fraction, rate: int = RATE) -> int:
    """Samples in `seconds`: rounded once, half up; exact for a Fraction."""
    return int(Fraction(seconds) * rate + Fraction(1, 2))


def soundtrack(
    cues: Sequence[Cue], beds: Mapping[str, float], seconds: float | Fraction, *, rate: int = RATE, seed: int = 0
) -> Audio:
    """Stereo of exactly `num_samples(seconds)`. `beds`: ambience by name and gain. Each cue starts on its own sample.

    Every cue's dice are its own (by effect, time and pan): adding or removing one leaves the others bit-equal."""
    out = np.zeros((2, num_samples(seconds, rate)), np.float32)
    for name, gain in beds.items():
        out += gain * _edged(ambience(name, generator(seed, "bed", name), rate, out.shape[1]), rate)
    for cue in cues:
        _play(cue, out, rate, seed)
    return Audio(out, rate)


def _play(cue: Cue, out: np.ndarray, rate: int, seed: int) -> None:
    start, end = num_samples(cue.time, rate), out.shape[1]
    if not 0 <= start < end:
        return
    stop = end if cue.until is None else min(end, num_samples(cue.until, rate))
    if EFFECTS[check_effect(cue.effect)].lasts and stop <= start:
        return
    made = effect(cue.effect, generator(seed, cue.effect, cue.time, cue.pan), rate, stop - start)[: end - start]
    out[:, start : start + len(made)] += panned(cue.strength * made, cue.pan)


def _edged(samples: np.ndarray, rate: int) -> np.ndarray:
    edge = min(int(BED_EDGE * rate), samples.shape[1] // 2)
    ramp = np.linspace(0, 1, edge, endpoint=False, dtype=np.float32)
    samples[:, :edge] *= ramp
    samples[:, samples.shape[1] - edge :] *= ramp[::-1]
    return samples


def mixed(parts: Sequence[Audio], *, num: int | None = None) -> Audio:
    """The sum of all parts in stereo, as long as the longest, or `num` samples. Mono stands in the middle at equal
    power."""
    rates = {part.rate for part in parts}
    if len(rates) != 1:
        raise RequestError("rate", sorted(rates), "parts of a mix must have one rate; use `resampled` first", RATE)
    out = np.zeros((2, max(part.num_samples for part in parts) if num is None else num), np.float32)
    for part in parts:
        stereo = in_stereo(part).samples[:, : out.shape[1]]
        out[:, : stereo.shape[1]] += stereo
    return Audio(out, rates.pop())


def in_stereo(audio: Audio) -> Audio:
    """Mono becomes both ears at -3 dB; stereo stays; of more channels the first two are kept, the others shared at -3
    dB."""
    samples = audio.samples
    if audio.channels == 1:
        return Audio(panned(samples[0], 0.0), audio.rate)
    if audio.channels == 2:
        return audio
    return Audio((samples[:2] + np.float32(0.5**0.5) * samples[2:].sum(0)).astype(np.float32), audio.rate)


def ducked(
    audio: Audio,
    *,
    under: Audio,
    depth: float = 12.0,
    attack: float = 0.15,
    release: float = 0.5,
    threshold: float = -45.0,
) -> Audio:
    """`audio`, `depth` dB softer while `under` (speech) is heard above `threshold` dBFS; down before the first word,
    slowly up."""
    assert audio.rate == under.rate, (audio.rate, under.rate)
    hop = audio.rate // 100
    blocks = -(-audio.num_samples // hop)
    speech = np.zeros((under.channels, blocks * hop), np.float32)
    part = under.samples[:, : blocks * hop]
    speech[:, : part.shape[1]] = part
    power = np.square(speech.reshape(under.channels, blocks, hop)).mean(-1).max(0, initial=0)
    depths = depth * _followed(power > 10 ** (threshold / 10), round(attack * 100), round(release * 100))
    curve = np.interp(np.arange(audio.num_samples), np.arange(blocks) * hop + hop / 2, depths)
    return Audio((audio.samples * 10 ** (-curve / 20)).astype(np.float32), audio.rate)


def _followed(heard: np.ndarray, attack: int, release: int) -> np.ndarray:
    """0..1 per hundredth of a second: full while `heard`, a straight line down to it before and up from it after."""
    far = len(heard) + attack + release
    index = np.arange(len(heard))
    since = index - np.maximum.accumulate(np.where(heard, index, -far))
    until = np.minimum.accumulate(np.where(heard, index, far + len(heard))[::-1])[::-1] - index
    return np.clip(np.maximum(1 - since / max(release, 1), 1 - until / max(attack, 1)), 0, 1)
