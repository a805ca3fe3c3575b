"""The soundtrack: every word of the film set sounds, exactly when it happens, and for exactly as long as the film
lasts."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from filmloom.core.errors import RequestError
from filmloom.core.types import Audio
from filmloom.finishing.sound import mix
from filmloom.finishing.sound.ambience import BEDS
from filmloom.finishing.sound.effects import EFFECTS, GROUNDS, effect
from filmloom.finishing.sound.match import (
    EFFECT_BY,
    EFFECT_OF,
    GROUND_OF,
    NO_WEATHER,
    PLACE_BEDS,
    WEATHER_BEDS,
    Cue,
    ambience_of,
    cues,
)
from filmloom.finishing.sound.mix import ducked, in_stereo, mixed, num_samples, soundtrack
from filmloom.world.cards import places, subjects
from filmloom.world.events import KINDS, events
from filmloom.world.sample import Repertoire, sample_scene
from filmloom.world.scene import TIMES, WEATHERS, Event

RATE = 48_000
ONE_FRAME = 1 / 30


def scenes(count, seconds=2.0):
    dice, repertoire = np.random.default_rng(5), Repertoire.full()
    return [sample_scene(dice, repertoire, split="any", seconds=seconds) for _ in range(count)]


def cues_of(scene):
    kinds = [subject.kind for subject in scene.subjects]
    ends = {i: s.end for i, s in enumerate(scene.subjects) if s.end is not None}
    return cues(events(scene), subjects=kinds, setting=scene.setting, ends=ends)


def test_every_word_of_the_film_set_has_its_sound():
    assert set(EFFECT_OF) == set(KINDS)
    assert set(GROUND_OF) == set(PLACE_BEDS) == set(places()) and set(GROUND_OF.values()) <= set(GROUNDS)
    assert set(WEATHER_BEDS) == set(WEATHERS) and set(NO_WEATHER) <= set(places())
    assert {who for who, _ in EFFECT_BY} <= set(subjects()) and {kind for _, kind in EFFECT_BY} <= set(KINDS)
    used = {name for beds in (*PLACE_BEDS.values(), *WEATHER_BEDS.values()) for name in beds}
    assert used <= set(BEDS)
    for setting in places():
        everyone = [Event(0.0, kind, index) for kind in KINDS for index in range(len(subjects()))]
        assert {cue.effect for cue in cues(everyone, subjects=subjects(), setting=setting)} <= set(EFFECTS)
        for weather in WEATHERS:
            for time in TIMES:
                beds = ambience_of(setting, weather=weather, time=time)
                assert beds and set(beds) <= set(BEDS)


def test_who_and_where_change_what_is_heard():
    step = [Event(0.5, "step", 0)]
    assert cues(step, subjects=["girl"], setting="snow_forest")[0].effect == "step_snow"
    assert cues(step, subjects=["horse"], setting="city")[0].effect == "hoof_stone"
    assert cues(step)[0] == Cue(0.5, "step_earth")
    assert cues([Event(1.0, "thunder")])[0].effect == "thunder"  # an effect by its own name
    with pytest.raises(RequestError, match="thunder"):
        cues([Event(1.0, "kazoo")])
    assert "crickets" in ambience_of("meadow", time="night") and "birds" not in ambience_of("meadow", weather="rain")
    assert ambience_of("reef", weather="rain") == ambience_of("reef") == {"underwater": 1.0}
    assert ambience_of("an unknown place") == {}


@pytest.mark.parametrize("seconds", [Fraction(61, 30), Fraction(1001 * 37, 30000), 0.04, 1.0 / 3])
def test_a_soundtrack_is_as_long_as_its_film_to_the_sample(seconds):
    heard = soundtrack([Cue(0.0, "splash"), Cue(99, "bell")], {"wind": 1.0}, seconds)
    assert heard.num_samples == num_samples(seconds) == round(float(seconds) * RATE)
    assert heard.samples.shape[0] == 2 and heard.rate == RATE


def test_an_effect_starts_on_its_sample_and_stops_when_told():
    heard = soundtrack([Cue(0.2503, "splash", pan=-1)], {}, 1.5)
    first = num_samples(0.2503)
    assert not heard.samples[:, :first].any() and np.abs(heard.samples[0, first : first + 100]).max() > 0
    assert not heard.samples[1].any()  # wholly left
    running = soundtrack([Cue(0.1, "engine", until=0.7)], {}, 1.0).samples
    assert running[:, num_samples(0.5)].any() and not running[:, num_samples(0.7) :].any()


def test_sounds_do_not_depend_on_each_other():
    """With or without a cue, all others are bit-equal: their dice are their own."""
    steps = [Cue(0.1 * k, "step_sand") for k in range(1, 8)]
    one = Cue(0.35, "bell", 0.5)
    both, without = soundtrack([*steps, one], {}, 1.0, seed=3), soundtrack(steps, {}, 1.0, seed=3)
    assert np.allclose(both.samples - without.samples, soundtrack([one], {}, 1.0, seed=3).samples, atol=1e-7)
    again = soundtrack([*steps, one], {}, 1.0, seed=3)
    assert np.array_equal(again.samples, both.samples)
    assert not np.array_equal(soundtrack(steps, {}, 1.0, seed=4).samples, without.samples)


def test_effects_of_drawn_films_are_heard_within_a_frame_of_what_is_seen():
    """The film set's exact times against the first moment at which each effect alone reaches a tenth of its peak."""
    late, total = [], 0
    for scene in scenes(40, seconds=2.5):
        for cue in dict.fromkeys(cues_of(scene)):
            alone = dataclasses.replace(cue, pan=0.0)
            sound = np.abs(soundtrack([alone], {}, scene.seconds, seed=scene.seed).samples[0])
            top = 10 ** (EFFECTS[cue.effect].level / 20) * cue.strength * 0.5**0.5
            heard = np.argmax(sound > 0.1 * top) / RATE if (sound > 0.1 * top).any() else np.inf
            total += 1
            late.append(0 <= heard - cue.time + 1 / RATE <= ONE_FRAME)
    assert total > 60 and np.mean(late) >= 0.95


def test_parts_are_summed_at_one_rate():
    one = Audio(np.full((1, 4), 0.5, np.float32))
    two = Audio(np.ones((2, 6), np.float32))
    assert mixed([one, two]).samples[0] == pytest.approx([1 + 0.5**1.5] * 4 + [1, 1])
    assert mixed([one, two], num=2).samples.shape == (2, 2) and mixed([one], num=9).num_samples == 9
    assert in_stereo(Audio(np.ones((6, 3), np.float32))).samples.shape == (2, 3)
    with pytest.raises(RequestError, match="one rate"):
        mixed([one, Audio(two.samples, 44_100)])


def test_music_steps_back_for_speech_and_returns():
    music = Audio(np.ones((2, 4 * RATE), np.float32))
    speech = np.zeros((1, 4 * RATE), np.float32)
    speech[:, RATE : 2 * RATE] = 0.1
    out = ducked(music, under=Audio(speech), depth=12, attack=0.2, release=0.5).samples[0]
    assert out[int(0.7 * RATE)] == 1 and out[int(2.6 * RATE)] == 1
    assert out[RATE + 500 : 2 * RATE - 500] == pytest.approx(10 ** (-12 / 20), rel=1e-3)
    assert out[RATE] < 0.3 and np.abs(np.diff(out)).max() < 1e-3  # down when the first word comes; never a step
    assert np.array_equal(ducked(music, under=Audio.silence(100)).samples, music.samples)


def test_a_minute_of_steps_costs_what_its_steps_last(monkeypatch):
    """No effect is made longer than it is heard, however long the film: the work is linear."""
    made = []

    def counted(name, dice, rate, num):
        made.append(effect(name, dice, rate, num))
        return made[-1]

    monkeypatch.setattr(mix, "effect", counted)
    steps = [Cue(0.6 * k, "step_stone") for k in range(100)]
    heard = soundtrack([*steps, Cue(1.0, "engine", until=2.0)], {}, 60.0)
    assert heard.samples.shape == (2, 60 * RATE) and len(made) == 101
    assert max(map(len, made)) == RATE and sum(map(len, made)) < 100 * 0.4 * RATE + RATE
