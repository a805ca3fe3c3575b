"""A film from text is listened to as it is seen: what the finder finds in its pictures is heard at that time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from filmloom.core.types import Audio, Size
from filmloom.finishing.mp4 import write_mp4
from filmloom.finishing.sound.onsets import Onset
from filmloom.finishing.sound.track import read_audio
from filmloom.generate.reel import Reel
from filmloom.generate.sound import sound_of
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
