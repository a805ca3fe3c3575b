"""The user's own sound comes in whole, on time, at our rate; cuts, loops and fades are to the sample."""

from __future__ import annotations

import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Audio, Size
from filmloom.finishing.mp4 import write_mp4
from filmloom.finishing.sound.track import amplified, delayed, faded, fitted, read_audio, resampled, trimmed

RATE = 48_000


def tune(num=RATE, rate=RATE, hz=440.0):
    t = np.arange(num) / rate
    return Audio(
        np.stack([0.4 * np.sin(2 * np.pi * hz * t), 0.2 * np.cos(2 * np.pi * 2 * hz * t)]).astype(np.float32), rate
    )


def save_wav(path, audio):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(audio.channels)
        file.setsampwidth(2)
        file.setframerate(audio.rate)
        file.writeframes((audio.samples.T * 32767).round().astype("<i2").tobytes())
    return path


def encoded(path, audio, codec, format=None):
    with av.open(str(path), "w", format=format) as container:
        stream = container.add_stream(codec, rate=audio.rate, layout="stereo")
        stream.codec_context.format = "fltp" if codec != "flac" else "s16"
        frame = av.AudioFrame.from_ndarray(audio.samples, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = audio.rate, 0
        resampler = av.AudioResampler(stream.codec_context.format, "stereo", audio.rate, frame_size=1152)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def clicks(num, at, seed=0):
    dice = np.random.default_rng(seed)
    samples = np.zeros((2, num), np.float32)
    for start in at:
        samples[:, start : start + 64] += (0.5 * dice.standard_normal(64) * np.hanning(64)).astype(np.float32)
    return Audio(samples)


def lag(found, wanted, start):
    """Where the click that was at `start` is found: samples too late, by cross-correlation within 10 ms."""
    click = wanted.samples[0, start : start + 64]
    low = max(0, start - 480)
    return int(np.correlate(found.samples[0, low : start + 544], click, "valid").argmax()) + low - start


def test_a_wav_comes_back_to_the_sample(tmp_path):
    audio = tune(12_345)
    found = read_audio(save_wav(tmp_path / "a.wav", audio))
    assert found.rate == RATE and np.abs(found.samples - audio.samples).max() < 1e-4


def test_a_wav_at_another_rate_is_resampled(tmp_path):
    found = read_audio(save_wav(tmp_path / "a.wav", tune(44_100, 44_100)))
    assert abs(found.num_samples - RATE) <= 1
    assert np.abs(found.samples - tune().samples[:, : found.num_samples])[:, 500:-500].max() < 2e-3


@pytest.mark.parametrize("codec, name", [("libmp3lame", "a.mp3"), ("flac", "a.flac")])
def test_coded_tracks_start_where_they_should(tmp_path, codec, name):
    audio = clicks(RATE, [2000, 20_000, 40_000])
    found = read_audio(encoded(tmp_path / name, audio, codec))
    assert abs(found.num_samples - RATE) <= 1152
    assert [lag(found, audio, at) for at in (2000, 20_000, 40_000)] == [0, 0, 0]


@pytest.mark.parametrize("fps, num_frames", [(Fraction(30), 31), (Fraction(30000, 1001), 45), (Fraction(25), 12)])
def test_sound_in_an_mp4_is_aligned_and_as_long_as_the_pictures(tmp_path, fps, num_frames):
    num = int(num_frames / fps * RATE + Fraction(1, 2))
    at = [300, 7777, num - 900]
    audio = clicks(num, at)
    path = write_mp4(
        tmp_path / "a.mp4",
        [np.zeros((num_frames, 36, 64, 3), np.uint8)],
        size=Size(64, 36),
        fps=fps,
        metadata={},
        audio=audio,
    )
    found = read_audio(path)
    assert found.num_samples == num and [lag(found, audio, start) for start in at] == [0, 0, 0]
    with av.open(str(path)) as container:
        sound, pictures = container.streams.audio[0], container.streams.video[0]
        assert (sound.codec_context.name, sound.rate, sound.codec_context.channels) == ("aac", RATE, 2)
        assert sound.start_time == 0 and sound.duration * sound.time_base == Fraction(num, RATE)
        assert pictures.duration * pictures.time_base == num_frames / fps and pictures.frames == num_frames


@pytest.mark.parametrize("num", [10, 1024, 200_000])
def test_sound_is_cut_or_followed_by_silence(tmp_path, num):
    frames = np.zeros((20, 36, 64, 3), np.uint8)
    audio = Audio(tune(num).samples[:1].copy())
    path = write_mp4(tmp_path / "a.mp4", frames[:, None], size=Size(64, 36), fps=Fraction(25), metadata={}, audio=audio)
    found = read_audio(path)
    assert found.num_samples == 20 * RATE // 25
    assert np.abs(found.samples[:, num + 4096 :]).max(initial=0) < 1e-3


def test_sound_leaves_the_pictures_as_they_are_and_chunks_do_not_matter(tmp_path):
    frames = np.random.default_rng(0).integers(0, 255, (12, 36, 64, 3), np.uint8)
    write = lambda name, chunks, **how: write_mp4(  # noqa: E731
        tmp_path / name, chunks, size=Size(64, 36), fps=Fraction(25), metadata={}, **how
    )
    packets = lambda path: [bytes(p) for p in av.open(str(path)).demux(video=0)]  # noqa: E731
    silent, one, many = (
        write("a.mp4", [frames]),
        write("b.mp4", [frames], audio=tune()),
        write("c.mp4", frames[:, None], audio=tune()),
    )
    assert packets(silent) == packets(one) and one.read_bytes() == many.read_bytes()


def test_what_an_mp4_cannot_hold_is_refused(tmp_path):
    for audio, rule in ((tune(rate=44_100), "48000"), (Audio(np.zeros((6, 9), np.float32)), "stereo")):
        with pytest.raises(RequestError, match=rule):
            write_mp4(tmp_path / "a.mp4", [], size=Size(64, 36), fps=Fraction(25), metadata={}, audio=audio)


def test_resampling_is_exact_for_what_both_rates_hold():
    up = resampled(tune(22_050, 22_050), RATE)
    assert up.num_samples == RATE and np.abs(up.samples - tune().samples)[:, 500:-500].max() < 2e-3
    assert resampled(tune(), RATE) is not None and resampled(tune(1000, 44_100), RATE).num_samples == round(
        1000 * 48 / 44.1
    )


def test_cutting_and_placing_are_to_the_sample():
    audio = tune()
    assert np.array_equal(trimmed(audio, 0.25, 0.5).samples, audio.samples[:, 12_000:24_000])
    with pytest.raises(RequestError, match=r"1\.000 s long"):
        trimmed(audio, 2.0)
    later = delayed(audio, 0.1)
    assert not later.samples[:, :4800].any() and np.array_equal(later.samples[:, 4800:], audio.samples)
    assert np.abs(amplified(audio, -6.0206).samples * 2 - audio.samples).max() < 1e-5


def test_a_loop_keeps_its_power_and_its_length():
    hiss = Audio(np.random.default_rng(0).standard_normal((2, RATE)).astype(np.float32))
    looped = fitted(hiss, int(3.7 * RATE))
    assert looped.num_samples == int(3.7 * RATE)
    powers = [np.square(part).mean() for part in np.array_split(looped.samples[:, : 3 * RATE], 60, 1)]
    assert max(powers) / min(powers) < 1.25  # no hole and no bump where one turn meets the next
    assert np.array_equal(fitted(hiss, 1000).samples, hiss.samples[:, :1000])
    once = fitted(hiss, 2 * RATE, loop=False)
    assert once.num_samples == 2 * RATE and not once.samples[:, RATE:].any()


def test_fades_begin_and_end_in_silence():
    flat = Audio(np.ones((2, RATE), np.float32))
    out = faded(flat, into=0.25, out=0.5).samples[0]
    assert out[0] == out[-1] == 0 and out[6000] == pytest.approx(0.5) and out[int(0.4 * RATE)] == 1
    assert out[int(0.75 * RATE)] == pytest.approx(0.5, abs=1e-3)


def test_what_is_no_sound_is_refused_by_name(tmp_path):
    (tmp_path / "text.mp3").write_text("no sound")
    silent = write_mp4(
        tmp_path / "silent.mp4", [np.zeros((3, 36, 64, 3), np.uint8)], size=Size(64, 36), fps=Fraction(25), metadata={}
    )
    for path in (tmp_path / "absent.wav", tmp_path / "text.mp3", silent):
        with pytest.raises(UserError, match=path.name):
            read_audio(path)
