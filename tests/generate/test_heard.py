"""A film from text is listened to as it is seen: what the finder finds in its pictures is heard at that time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from filmloom.core.types import Audio, Size
from filmloom.finishing.mp4 import write_mp4
from filmloom.finishing.read import open_film
from filmloom.finishing.sound.onsets import Onset
from filmloom.finishing.sound.track import read_audio
from filmloom.generate.reel import Reel
from filmloom.generate.sound import sound_of, sound_seen
from filmloom.world.scene import Scene, Subject


def reel(action):
    scene = Scene("moon", (Subject("girl", "brown", action, size=0.4),), time="night", seed=3, seconds=2)
    return Reel.of([scene], 48, Fraction(24))


def test_what_was_found_is_heard_then_if_it_is_what_was_asked_for():
    found = [Onset(1.0, 0.9, "step")]
    place, walk = (sound_of(reel("walk"), follows_plan=False, found=one).samples for one in ((), found))
    change = np.abs(walk / np.abs(walk).max() - place / np.abs(place).max()).max(axis=0)
    assert change[48_000:60_000].max() > 2 * change[:47_000].max()
    still, sits = (sound_of(reel("sit"), follows_plan=False, found=one).samples for one in ((), found))
    assert np.array_equal(still, sits)


def test_a_foreign_film_is_heard_where_something_is_found_and_keeps_its_own_sound(tmp_path):
    hum = Audio(np.full((2, 96_000), 0.01, np.float32) * np.sin(np.arange(96_000) * 0.02).astype(np.float32))
    shape = {"size": Size(128, 72), "fps": Fraction(24), "metadata": {}}
    chunks = [np.zeros((24, 72, 128, 3), np.uint8)] * 2
    for name, audio in (("silent", None), ("humming", hum)):
        write_mp4(tmp_path / f"{name}.mp4", chunks, audio=audio, **shape)
    heard = {}
    for name in ("silent", "humming"):
        with open_film(tmp_path / f"{name}.mp4") as film:
            heard[name], found = sound_seen(film, listen=lambda chunks, rate: [Onset(1.0, 0.9, "clap")])
        assert len(found) == 1 and heard[name].num_samples == 96_000
    loud = np.flatnonzero(np.abs(heard["silent"].samples[0]) > 1e-3)
    assert 0 <= loud[0] - 48_000 < 48_000 / 24
    rest = heard["humming"].samples - heard["silent"].samples
    assert np.abs(rest[:, 5000:90_000] - hum.samples[:, 5000:90_000]).max() < 0.005


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30)])
def test_sound_that_is_known_last_is_written_as_sound_that_is_known_first(tmp_path, rate):
    tone = Audio(np.sin(np.arange(96_000) * 0.05).astype(np.float32)[None].repeat(2, 0) * 0.3)
    chunks = [np.zeros((round(rate), 72, 128, 3), np.uint8)] * 2
    asked = []

    def late() -> Audio:
        asked.append(True)
        return tone

    for name, audio in (("first", tone), ("last", late)):
        write_mp4(tmp_path / f"{name}.mp4", chunks, size=Size(128, 72), fps=rate, metadata={}, audio=audio)
    first, last = (read_audio(tmp_path / f"{name}.mp4").samples for name in ("first", "last"))
    assert asked == [True] and np.array_equal(first, last)
