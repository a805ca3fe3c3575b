"""Effects sound like what they are called, as far as numbers can say, begin when told, and are the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from filmloom.core.errors import RequestError
from filmloom.core.random import generator
from filmloom.finishing.sound import shape
from filmloom.finishing.sound.ambience import BEDS, _echoed, ambience, panned
from filmloom.finishing.sound.effects import BELL, EFFECTS, GROUNDS, effect

RATE = 24_000  # every effect is made at any rate; half of the usual one keeps these tests quick


def made(name, seed=1, seconds=1.5):
    return effect(name, generator(seed, name), RATE, int(seconds * RATE))


def spectrum(samples):
    power = np.abs(np.fft.rfft(samples)) ** 2
    return np.fft.rfftfreq(len(samples), 1 / RATE), power / power.sum()


def centroid(samples):
    hz, power = spectrum(samples)
    return float(np.exp((power * np.log(np.maximum(hz, 1))).sum()))


def share(samples, low, high):
    hz, power = spectrum(samples)
    return float(power[(hz >= low) & (hz <= high)].sum())


@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_every_effect_is_heard_at_once_at_its_level_and_ends_in_silence(name):
    samples = made(name)
    peak = 10 ** (EFFECTS[name].level / 20)
    assert samples.dtype == np.float32 and np.isfinite(samples).all()
    assert np.abs(samples).max() == pytest.approx(peak, rel=1e-4)
    assert np.argmax(np.abs(samples) > 0.1 * peak) <= 0.015 * RATE
    assert np.abs(samples[-20:]).max() < 0.05 * peak
    assert abs(samples.mean()) < 0.02 * peak  # no offset
    assert len(samples) == int(1.5 * RATE) or not EFFECTS[name].lasts


@pytest.mark.parametrize("name", sorted(BEDS))
def test_every_bed_is_stereo_steady_and_at_its_level(name):
    samples = ambience(name, generator(0, name), RATE, 3 * RATE)
    assert samples.shape == (2, 3 * RATE) and samples.dtype == np.float32
    level = 10 * np.log10(np.square(samples, dtype=np.float64).mean())
    assert level == pytest.approx(BEDS[name].level, abs=0.01)
    assert np.abs(samples).max() < 1
    left, right = samples
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.98  # wide
    assert 0.25 < left.std() / right.std() < 4  # but not lopsided


def test_the_same_dice_give_the_same_sound_and_others_another():
    for name in ("step_snow", "splash", "engine", "chirp"):
        assert np.array_equal(made(name), made(name)) and not np.array_equal(made(name)[:500], made(name, seed=2)[:500])
    bed = lambda seed: ambience("rain", generator(seed), RATE, RATE)  # noqa: E731
    assert np.array_equal(bed(1), bed(1)) and not np.array_equal(bed(1), bed(2))


def test_grounds_differ_as_grounds_do():
    """Stone is short, snow and leaves are long and bright, dust is dull."""
    length = {g: np.flatnonzero(np.abs(s := made(f"step_{g}")) > 0.1 * np.abs(s).max())[-1] / RATE for g in GROUNDS}
    bright = {g: share(made(f"step_{g}"), 1500, 12_000) for g in GROUNDS}
    assert length["stone"] < length["sand"] and length["stone"] < length["snow"] and length["stone"] < length["leaves"]
    assert bright["leaves"] > bright["earth"] > bright["dust"] and bright["snow"] > bright["wood"]


def test_a_bell_has_the_partials_of_a_bell():
    hz, power = spectrum(made("bell"))
    for _, ratio, level, _ in BELL[:5]:
        near = (hz > 330 * ratio * 0.98) & (hz < 330 * ratio * 1.02)
        beside = (hz > 330 * ratio * 1.04) & (hz < 330 * ratio * 1.08)
        assert power[near].max() > 100 * power[beside].max() * level


def test_sizes_are_heard():
    assert centroid(made("diesel")) < centroid(made("engine"))
    assert centroid(made("flap")) < centroid(made("small_flap"))
    assert centroid(made("heavy_thud")) < centroid(made("thud_earth"))
    assert centroid(made("bell")) < centroid(made("small_bell"))
    assert share(made("rocket"), 20, 500) > 0.5


def pulses(samples, rate=200):
    """How the envelope varies: Hz, and the power there."""
    loud = np.abs(samples)[: len(samples) // (RATE // rate) * (RATE // rate)].reshape(-1, RATE // rate).mean(1)
    power = np.abs(np.fft.rfft((loud - loud.mean()) * np.hanning(len(loud)))) ** 2
    return np.fft.rfftfreq(len(loud), 1 / rate), power


def loudest(samples, at, length):
    return np.abs(samples[int(at * RATE) : int((at + length) * RATE)]).max()


def test_machines_beat_at_their_pace():
    """A steam engine puffs 6.4 times a second, rails are met every 0.62 s, two blades pass 82 times a second."""
    hz, power = pulses(made("steam", seconds=8.0)[2 * RATE :])
    near = lambda f: power[(hz > f - 0.4) & (hz < f + 0.4)].max()  # noqa: E731
    assert near(6.4) > 10 * near(4.7) and near(6.4) > 10 * near(9.6)
    rails = made("rails", seconds=6.0)
    joints = [loudest(rails, 0.62 * k, 0.03) for k in range(9)]
    assert min(joints) > 2 * max(loudest(rails, 0.62 * k + 0.45, 0.1) for k in range(9))
    hz, power = spectrum(made("propeller", seconds=6.0)[2 * RATE :])
    assert hz[np.argmax(power)] == pytest.approx(82, abs=4)
    assert centroid(made("propeller")) > centroid(made("engine"))  # the air that it cuts


def test_a_whistle_is_a_chord_and_a_clap_is_short_and_bright():
    hz, power = spectrum(made("whistle"))
    for pipe in (466, 587, 698):
        assert power[(hz > 0.95 * pipe) & (hz < 1.01 * pipe)].sum() > 0.1
    clap = made("clap")
    assert np.flatnonzero(np.abs(clap) > 0.1 * np.abs(clap).max())[-1] < 0.1 * RATE and centroid(clap) > 900
    tonal = lambda samples: spectrum(samples)[1].max()  # noqa: E731
    assert tonal(made("metal_clap")) > 4 * tonal(clap)  # plates ring, palms do not


def test_voices_have_the_pitch_of_voices():
    """A hum lies in the pentatonic scale on C4, a roar below any person, a cheer above a hum."""
    scale = 262 * 2 ** (np.array([0, 2, 4, 7, 9, 12]) / 12)
    for seed in range(4):
        hz, power = spectrum(made("song", seed=seed))
        top = hz[np.argmax(np.where(hz < 600, power, 0))]
        assert np.min(np.abs(np.log2(top / scale))) < 0.4 / 12
    assert centroid(made("roar")) < centroid(made("cheer")) and share(made("roar"), 40, 900) > 0.7
    assert centroid(made("song")) < centroid(made("cheer"))
    assert share(made("page"), 800, 12_000) > 0.8


def test_places_are_where_they_should_be_in_the_spectrum():
    bed = {
        name: ambience(name, generator(0, name), RATE, 2 * RATE)[0]
        for name in ("rain", "underwater", "crickets", "wind", "crowd", "cascade")
    }
    assert share(bed["rain"], 700, 12_000) > 0.9
    assert share(bed["underwater"], 0, 1000) > 0.9
    assert share(bed["crickets"], 3500, 5200) > 0.8
    assert share(bed["cascade"], 40, 6000) > 0.9 and centroid(bed["cascade"]) < centroid(bed["rain"])
    assert share(bed["wind"], 50, 1200) > 0.8
    assert share(bed["crowd"], 150, 2600) > 0.8


def test_the_clock_of_a_room_ticks_each_second_and_a_hall_gives_back_what_it_hears():
    heard = ambience("room", generator(0), RATE, 6 * RATE)[0]
    clock = np.abs(shape.filtered(heard, RATE, shape.band(1500, 6000)))
    beat = clock.reshape(6, 60, -1).mean((0, 2))  # by sixtieths of a second
    assert beat.max() > 8 * np.median(beat) and (beat > 3 * np.median(beat)).sum() <= 4
    assert share(ambience("hall", generator(0), RATE, 2 * RATE)[0], 40, 2600) > 0.9
    clap = np.zeros(RATE, np.float32)
    clap[100] = 1.0
    answer = np.exp(-np.arange(500) / 80)
    assert (
        np.allclose(_echoed(clap, answer)[100:600], answer, atol=1e-6)
        and np.abs(_echoed(clap, answer)[:100]).max() < 1e-6
    )


def test_names_that_sound_like_nothing_are_refused_with_the_nearest():
    with pytest.raises(RequestError, match="step_snow"):
        effect("step_snoww", generator(0), RATE, 1)
    with pytest.raises(RequestError, match="crickets"):
        ambience("cricket", generator(0), RATE, 1)


def test_noise_has_the_spectrum_and_power_asked_for():
    samples = shape.noise(np.random.default_rng(0), 60_000, RATE, shape.tilted(200, 4000, -3))
    assert samples.std() == pytest.approx(1, abs=0.03)
    octave = lambda low: 10 * np.log10(share(samples, low, 2 * low))  # noqa: E731
    assert octave(1000) - octave(500) == pytest.approx(0, abs=0.4)  # pink: equal power in every octave


def test_panning_keeps_power():
    mono = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    for pan in (-1, -0.3, 0, 0.8, 1):
        assert np.square(panned(mono, pan)).sum() == pytest.approx(np.square(mono).sum(), rel=1e-5)
    assert not panned(mono, -1)[1].any() and np.abs(panned(mono, 1)[0]).max() < 1e-6


def test_scattered_grains_lie_at_their_samples_and_are_cut_at_both_ends():
    grain = np.arange(1, 5, dtype=np.float32)
    assert shape.scatter(6, [(-2, grain), (4, grain), (9, grain), (-9, grain)]).tolist() == [3, 4, 0, 0, 1, 2]


def test_fast_lengths_hold_what_they_must():
    for num in (1, 7, 1000, 48_000, 65_537):
        assert num <= shape.fast_length(num) <= 1.34 * num + 1
