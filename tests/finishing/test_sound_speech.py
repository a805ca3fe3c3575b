"""Words are spoken by whatever voice is plugged in; espeak-ng where it is installed."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Audio
from filmloom.finishing.sound.mix import num_samples
from filmloom.finishing.sound.speech import Espeak, Line, voice_over

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def beep(text, language):
    """A voice for tests: a tenth of a second per letter, at 24 kHz in mono."""
    return Audio(np.full((1, 2400 * len(text)), 0.5, np.float32), 24_000)


def test_lines_are_spoken_at_their_times():
    heard = voice_over([Line(0.5, "abc"), Line(1.5, "de", "fr")], beep, 2.0)
    assert heard.samples.shape == (2, 96_000)
    loud = np.abs(heard.samples[0]) > 0.1
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    assert edges[[0, -1]] / 48_000 == pytest.approx([0.5, 1.7], abs=1e-3)
    assert loud[num_samples(0.6) : num_samples(0.79)].all() and not loud[num_samples(0.85) : num_samples(1.49)].any()


def test_words_that_the_film_would_cut_off_are_refused_with_the_time_that_works():
    with pytest.raises(RequestError, match=r"ends 0\.30 s after the film.*time 0\.70"):
        voice_over([Line(1.0, "abc")], beep, 1.0)
    with pytest.raises(RequestError, match=r"a film of 0\.30 s"):
        voice_over([Line(0.0, "abc")], beep, 0.2)


def test_a_missing_program_is_named_with_what_to_do():
    with pytest.raises(UserError, match="apt install espeak-ng"):
        Espeak(program="espeak-of-nowhere")("hello", "en")


@needs_espeak
@pytest.mark.parametrize(
    "language, text",
    [
        ("en", "The sea is calm tonight."),
        ("zh", "春天的樱花树下"),
        ("pt-BR", "O mar está calmo."),
        ("ar", "البحر هادئ"),
        ("hi", "समुद्र शांत है"),
    ],
)
def test_espeak_speaks(language, text):
    said = Espeak()(text, language)
    assert said.rate == 48_000 and 0.4 < said.seconds < 8 and np.abs(said.samples).max() > 0.05
    again = Espeak()(text, language)
    assert np.array_equal(said.samples, again.samples)


@needs_espeak
def test_espeak_is_faster_when_told_and_refuses_what_it_does_not_know():
    assert (
        Espeak(words_per_minute=260)("one two three four", "en").seconds < Espeak()("one two three four", "en").seconds
    )
    with pytest.raises(RequestError, match="no voice"):
        Espeak()("hello", "xx")
    with pytest.raises(RequestError, match="words to speak"):
        Espeak()("  ", "en")
