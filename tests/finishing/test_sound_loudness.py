"""Loudness by the standard: its own test signals, an independent meter, and a limiter that keeps its word."""

from __future__ import annotations

import math

import av
import numpy as np
import pytest

from filmloom.core.types import Audio
from filmloom.finishing.sound.loudness import (
    block_energy,
    integrated,
    k_filters,
    k_weighted,
    limited,
    measure,
    normalised,
    sliding_minimum,
    true_peak,
)

RATE = 48_000


def sine(hz, decibels, seconds, *, rate=RATE, channels=2, phase=0.0):
    t = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (decibels / 20) * np.sin(2 * np.pi * hz * t + phase)
    return Audio(np.tile(wave.astype(np.float32), (channels, 1)), rate)


def joined(*parts):
    return Audio(np.concatenate([part.samples for part in parts], 1), parts[0].rate)


def bursts(seed, seconds=3.0, rate=RATE):
    """Coloured noise in stereo that swells, pauses and clicks: what a film sounds like to a meter."""
    dice = np.random.default_rng(seed)
    num = int(seconds * rate)
    envelope = np.repeat(10 ** (dice.uniform(-50, 0, 24) / 20), -(-num // 24))[:num]
    samples = np.cumsum(dice.standard_normal((2, num)), 1)
    samples = (samples - np.roll(samples, 40, 1)) / 12 * envelope
    samples[:, dice.integers(0, num, 12)] += dice.uniform(-3, 3, 12)
    return Audio((0.2 * samples).astype(np.float32), rate)


def foreign_meter(audio):
    """Integrated LUFS and dBTP by ffmpeg's filter ebur128."""
    graph = av.filter.Graph()
    layout = {1: "mono", 2: "stereo"}[audio.channels]
    source = graph.add_abuffer(sample_rate=audio.rate, format="fltp", layout=layout, time_base=f"1/{audio.rate}")
    meter, sink = graph.add("ebur128", "peak=true:metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio.samples), format="fltp", layout=layout)
    frame.sample_rate, frame.pts = audio.rate, 0
    graph.push(frame)
    graph.push(None)
    peak = 0.0
    while True:
        try:
            told = sink.pull().metadata
        except (av.EOFError, av.BlockingIOError):
            return float(told["lavfi.r128.I"]), 20 * math.log10(peak)
        peak = max(peak, float(told["lavfi.r128.true_peak"]))


def test_the_filters_are_those_printed_in_the_standard():
    """BS.1770-4, tables 1 and 2."""
    (shelf_b, shelf_a), (_, cut_a) = k_filters(RATE)
    assert shelf_b == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-6)
    assert shelf_a[1:] == pytest.approx([-1.69065929318241, 0.73248077421585], abs=1e-6)
    assert cut_a[1:] == pytest.approx([-1.99004745483398, 0.99007225036621], abs=1e-6)


def test_the_spectrum_filters_as_the_recursion_does():
    samples = bursts(0, 0.5).samples[:1, :12_000]
    wanted = samples[0].astype(np.float64)
    for b, a in k_filters(RATE):
        out, x1, x2, y1, y2 = [], 0.0, 0.0, 0.0, 0.0
        for x in wanted:
            y = b[0] * x + b[1] * x1 + b[2] * x2 - a[1] * y1 - a[2] * y2
            x1, x2, y1, y2 = x, x1, y, y1
            out.append(y)
        wanted = np.array(out)
    assert np.abs(k_weighted(samples, RATE)[0] - wanted).max() < 1e-9


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_a_sine_of_997_hz_is_as_loud_as_the_standard_says(rate):
    """Full scale in one channel is -3.01 LKFS; two channels add 3.01."""
    assert integrated(sine(997, 0, 3, channels=1, rate=rate)) == pytest.approx(-3.01, abs=0.03)
    assert integrated(sine(997, -20, 3, rate=rate)) == pytest.approx(-20.0, abs=0.03)


def test_the_gates_of_ebu_tech_3341():
    """Its cases 3 and 4, at half the rate: quiet and very quiet ends do not count; levels in dBFS, target -23.0 ± 0.1
    LUFS."""
    case = lambda *parts: joined(*(sine(1000, level, seconds, rate=24_000) for level, seconds in parts))  # noqa: E731
    assert integrated(case((-36, 3), (-23, 20), (-36, 3))) == pytest.approx(-23.0, abs=0.1)
    assert integrated(case((-72, 3), (-36, 3), (-23, 20), (-36, 3), (-72, 3))) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_an_independent_meter_agrees(seed):
    audio = bursts(seed)
    loudness, peak = foreign_meter(audio)
    found = measure(audio)
    assert found.integrated == pytest.approx(loudness, abs=0.05)
    assert found.true_peak == pytest.approx(peak, abs=0.3)


def test_a_long_film_is_measured_in_spans_as_in_one(monkeypatch):
    audio = bursts(5)
    whole = block_energy(audio)
    monkeypatch.setattr("filmloom.finishing.sound.loudness.SPAN", 50_000)
    assert np.allclose(block_energy(audio), whole, rtol=1e-9)


def test_the_peak_between_samples_is_found():
    """A quarter of the rate, caught at 45°: samples reach 0.707, the wave reaches 1. EBU Tech 3341, case 17: +0.2 /
    -0.4 dB."""
    audio = sine(RATE / 4, 0, 0.5, phase=np.pi / 4)
    assert np.abs(audio.samples).max() == pytest.approx(0.5**0.5, abs=1e-3)
    assert -0.4 <= true_peak(audio) <= 0.2


def test_sliding_minimum_is_the_minimum_of_every_window():
    x = np.random.default_rng(0).standard_normal(1000)
    for width in (1, 7, 250, 1000):
        assert np.array_equal(sliding_minimum(x, width), np.lib.stride_tricks.sliding_window_view(x, width).min(1))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("target", [-14.0, -23.0])
def test_normalised_meets_both_targets_by_the_independent_meter(seed, target):
    audio, before, after = normalised(bursts(seed), target)
    loudness, peak = foreign_meter(audio)
    assert abs(loudness - target) <= 0.5 and abs(after.integrated - target) <= 0.3
    assert peak <= -1.0 + 0.1 and after.true_peak <= -1.0
    assert before.true_peak > after.true_peak or before.integrated < target


def test_the_limiter_leaves_alone_what_is_low_and_far_from_a_peak():
    audio = sine(440, -12, 2)
    assert np.array_equal(limited(audio).samples, audio.samples)
    audio.samples[:, RATE] = 2.0
    out = limited(audio)
    assert true_peak(out) <= -1.0
    untouched = np.r_[0 : RATE - RATE // 4, RATE + RATE // 4 : 2 * RATE]
    assert np.array_equal(out.samples[:, untouched], audio.samples[:, untouched])
    gain = out.samples / np.where(audio.samples == 0, 1, audio.samples)
    assert gain[:, RATE - 1] == pytest.approx(gain[:, RATE + 1], rel=0.02)  # down before the peak, not with it


def test_silence_has_no_loudness_and_stays_silent():
    audio, before, after = normalised(Audio.silence(RATE), -14)
    assert before.integrated == after.integrated == -math.inf == before.true_peak and not audio.samples.any()
    assert integrated(Audio.silence(0)) == -math.inf


def test_a_film_of_a_tenth_of_a_second_is_one_block():
    assert integrated(sine(997, -20, 0.1)) == pytest.approx(-20, abs=0.3)


def test_what_is_all_peaks_still_gets_as_loud_as_asked(monkeypatch):
    """Fifty clicks a second, 40 dB above the hiss between them: a slow limiter would hold all of it down."""
    dice = np.random.default_rng(0)
    samples = 0.02 * dice.standard_normal((2, 2 * RATE)).astype(np.float32)
    samples[:, dice.integers(0, 2 * RATE, 100)] += (1.5 * 10 ** (dice.normal(0, 6, 100) / 20)).astype(np.float32)
    loudness, peak = foreign_meter(normalised(Audio(samples), -14.0)[0])
    assert abs(loudness + 14) <= 0.5 and peak <= -0.9
    monkeypatch.setattr("filmloom.finishing.sound.loudness.RELEASES", (0.08,))
    assert normalised(Audio(samples), -14.0)[2].integrated < -16
