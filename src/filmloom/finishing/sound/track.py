"""The user's own sound: read from any file, then cut, repeated, faded and made louder or softer. All of it on `Audio`
values."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Audio
from filmloom.finishing.sound.shape import fast_length

RATE = 48_000
CODER_FRAME = 2048


def read_audio(path: str | Path, *, rate: int = RATE) -> Audio:
    """The first sound track of a file (WAV, MP3, FLAC, a film, ...), as stereo at `rate`; it starts where the file
    does."""
    import av

    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path} does not exist; give the path of a sound file.")
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise UserError(f"{path} has no sound; give a file with a sound track.")
            return _decoded(container, rate)
    except (av.FFmpegError, ValueError) as error:
        raise UserError(f"{path} cannot be read as sound ({error}).") from None


def _decoded(container, rate: int) -> Audio:
    from av import AudioResampler

    stream = container.streams.audio[0]
    resampler = AudioResampler(format="fltp", layout="stereo", rate=rate)
    parts, first = [], None
    for frame in container.decode(stream):
        first = frame.pts * frame.time_base if first is None and frame.pts is not None else first
        frame.pts = None  # gaps in the clock of a file are closed; only its start is honoured
        parts += [out.to_ndarray() for out in resampler.resample(frame)]
    parts += [out.to_ndarray() for out in resampler.resample(None)]
    started = Fraction(container.start_time or 0, 1_000_000)  # an MP3's clock starts after its coder's delay
    late = max(0, round(((first or 0) - started) * rate))
    samples = np.concatenate([np.zeros((2, late), np.float32), *parts], 1)
    told = round(stream.duration * stream.time_base * rate) if stream.duration else samples.shape[1]
    padding = (
        samples.shape[1] - late - told
    )  # what fills the coder's last frame is no sound; a bigger gap is a bad guess
    return Audio(samples[:, : late + told] if 0 < padding <= CODER_FRAME else samples, rate)


def resampled(audio: Audio, rate: int) -> Audio:
    """The same sound at another rate, `round(n * rate / audio.rate)` samples, by cutting or extending its spectrum.

    Exact for what lies below both Nyquist frequencies, away from the two ends; 50 ms of silence keep the ends apart."""
    if rate == audio.rate:
        return audio
    step = math.gcd(rate, audio.rate)
    turns = fast_length(-(-(audio.num_samples + audio.rate // 20) // (audio.rate // step)))
    length, target = (
        turns * (audio.rate // step),
        turns * (rate // step),
    )  # the same time in whole samples of both rates
    spectrum = np.fft.rfft(np.pad(audio.samples, ((0, 0), (0, length - audio.num_samples))))
    kept = np.zeros((audio.channels, target // 2 + 1), complex)
    shared = min(kept.shape[1], spectrum.shape[1])
    kept[:, :shared] = spectrum[:, :shared]
    out = np.fft.irfft(kept, target) * (target / length)
    return Audio(out[:, : round(audio.num_samples * rate / audio.rate)].astype(np.float32), rate)


def trimmed(audio: Audio, start: float = 0.0, end: float | None = None) -> Audio:
    """From `start` to `end` seconds of it."""
    if not 0 <= start < audio.seconds:
        raise RequestError("start", start, f"the track is {audio.seconds:.3f} s long", 0)
    stop = audio.num_samples if end is None else round(end * audio.rate)
    return Audio(audio.samples[:, round(start * audio.rate) : max(stop, round(start * audio.rate))], audio.rate)


def fitted(audio: Audio, num: int, *, loop: bool = True, crossfade: float = 0.05) -> Audio:
    """Exactly `num` samples: cut, or repeated with `crossfade` seconds of overlap at equal power, or followed by
    silence."""
    samples = audio.samples
    if samples.shape[1] >= num or not loop or not samples.shape[1]:
        return Audio(np.pad(samples[:, :num], ((0, 0), (0, max(0, num - samples.shape[1])))), audio.rate)
    over = min(round(crossfade * audio.rate), samples.shape[1] // 2)
    stride = samples.shape[1] - over
    out = np.zeros((audio.channels, num), np.float32)
    angle = np.linspace(0, np.pi / 2, over, endpoint=False, dtype=np.float32)
    for start in range(0, num, stride):
        turn = samples.copy()
        if start:
            turn[:, :over] *= np.sin(angle)
        turn[:, stride:] *= np.cos(angle)
        out[:, start : start + turn.shape[1]] += turn[:, : num - start]
    return Audio(out, audio.rate)


def faded(audio: Audio, *, into: float = 0.0, out: float = 0.0) -> Audio:
    """Fades of `into` and `out` seconds, as straight lines."""
    gain = np.ones(audio.num_samples, np.float32)
    for length, part in ((into, gain), (out, gain[::-1])):
        num = min(round(length * audio.rate), audio.num_samples)
        part[:num] *= np.arange(num, dtype=np.float32) / max(num, 1)
    return Audio(audio.samples * gain, audio.rate)


def amplified(audio: Audio, decibels: float) -> Audio:
    return Audio(audio.samples * np.float32(10 ** (decibels / 20)), audio.rate)


def delayed(audio: Audio, seconds: float) -> Audio:
    """Starts `seconds` later, after silence."""
    return Audio(np.pad(audio.samples, ((0, 0), (round(seconds * audio.rate), 0))), audio.rate)
