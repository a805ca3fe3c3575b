"""A film is heard as it is seen: as long as the film, steps at the film set's times, silence when asked."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from filmloom.finishing.mp4 import read_settings
from filmloom.finishing.sound.track import read_audio
from filmloom.generate.reel import Reel
from filmloom.generate.request import Request
from filmloom.generate.sound import pan, sound_of
from filmloom.world.events import events
from filmloom.world.scene import Scene, Subject

SCENE = Scene("city", (Subject("horse", "brown", "walk", size=0.4, x=-0.6),), seed=3, seconds=3)


def reel(frames, rate=Fraction(30)):
    return Reel.of([SCENE], frames, rate)


def asked(mode="draw", **fields):
    return Request(prompt="a brown horse walks", size=(128, 72), seconds=1, fps=12, mode=mode, **fields)


@pytest.mark.parametrize("frames, rate", [(36, Fraction(12)), (90, Fraction(30000, 1001)), (1, Fraction(30))])
def test_sound_is_as_long_as_the_film_to_the_sample(frames, rate):
    sound = sound_of(reel(frames, rate), follows_plan=True)
    assert sound.num_samples == round(frames / rate * 48000) and sound.rate == 48000 and sound.channels == 2


def test_steps_are_heard_when_they_happen_and_only_where_the_film_shows_them():
    seen = sound_of(reel(90), follows_plan=True).samples
    place = sound_of(reel(90), follows_plan=False).samples
    times = [event.time for event in events(SCENE)]
    assert times and not np.array_equal(seen, place)
    energy = np.square(seen).sum(0)
    around = [energy[int(t * 48000) : int(t * 48000) + 2400].mean() for t in times if t < 2.9]
    before = [energy[int(t * 48000) - 2400 : int(t * 48000)].mean() for t in times if t > 0.1]
    assert np.mean(around) > 2 * np.mean(before)


def test_a_subject_is_heard_from_its_side():
    assert pan(SCENE, 0) < -0.5 and pan(SCENE, -1) == 0
    left, right = np.square(sound_of(reel(90), follows_plan=True).samples).sum(1)
    assert left > right


@pytest.mark.parametrize("silent", [False, True])
def test_the_file_has_the_sound_or_none(film, tmp_path, silent):
    path = tmp_path / "a.mp4"
    film.write(asked(silent=silent), path)
    settings = read_settings(path)
    assert settings["sound"].startswith("none" if silent else "synthesised")
    if silent:
        with pytest.raises(Exception, match="no sound"):
            read_audio(path)
    else:
        assert abs(read_audio(path).num_samples - 48000) <= 1
        clip = film.make(asked())
        assert clip.audio.num_samples == 48000 and json.dumps(clip.settings)
