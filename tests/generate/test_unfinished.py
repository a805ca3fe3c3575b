"""A film by mini that is interrupted at any step goes on from there, to the same bits; nobody else's state is taken."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from filmloom.core.errors import Cancelled, CheckpointError
from filmloom.finishing.mp4 import write_mp4
from filmloom.generate.request import Request
from filmloom.generate.unfinished import Windows

STEPS, WINDOWS = 3, 2
UNDISTURBED = {}


def asked(mode="text", **fields):
    usual = {"prompt": "a red cat walks", "size": (128, 72), "seconds": 2.25, "fps": 8, "mode": mode, "steps": STEPS}
    return Request(**usual | fields)


class Stopper:
    """A listener that counts steps and stops the film after one of them."""

    def __init__(self, after: int | None = None, stage: str = "denoise"):
        self.after, self.stage, self.heard = after, stage, []

    def __call__(self, progress):
        if progress.stage == self.stage and progress.done:
            self.heard.append(progress.done)
            if len(self.heard) == self.after:
                raise Cancelled("by the test")


def frames(film, request, resume=None, listener=None):
    with film.stream(request, listener, resume=resume, overlap=False) as stream:
        made = np.concatenate(list(stream))
        stream.forget()
    return made


def undisturbed(film, request):
    if request not in UNDISTURBED:
        UNDISTURBED[request] = frames(film, request)
    return UNDISTURBED[request]


@pytest.mark.parametrize("mode", ["text", "plan"])
def test_interrupted_after_every_single_step(film, mode, tmp_path):
    """One film that is stopped after each step it takes; every step is walked once, over all attempts."""
    request, folder, walked = asked(mode), tmp_path / "kept", []
    for _ in range(STEPS * WINDOWS):
        stopper = Stopper(after=1)
        with pytest.raises(Cancelled):
            frames(film, request, folder, stopper)
        walked += stopper.heard
    last = Stopper()
    assert np.array_equal(frames(film, request, folder, last), undisturbed(film, request))
    assert walked == list(range(1, STEPS * WINDOWS + 1)) and last.heard == []
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("overlap", [False, True])
def test_interrupted_once_in_the_second_window(film, overlap, tmp_path):
    request, rest, after = asked(), Stopper(), 5
    with pytest.raises(Cancelled), film.stream(request, Stopper(after), resume=tmp_path, overlap=overlap) as stream:
        list(stream)
    assert np.array_equal(frames(film, request, tmp_path, rest), undisturbed(film, request))
    assert rest.heard == list(range(after + 1, STEPS * WINDOWS + 1))


def test_no_step_is_walked_again_when_decoding_was_interrupted(film, tmp_path):
    request, rest = asked(seconds=0.5), Stopper()
    with pytest.raises(Cancelled):
        film.write(request, tmp_path / "a.mp4", Stopper(2, "encode"), resume=tmp_path / "kept")
    film.write(request, tmp_path / "a.mp4", rest, resume=tmp_path / "kept")
    film.write(request, tmp_path / "b.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert rest.heard == [] and list((tmp_path / "kept").iterdir()) == []


def test_a_film_that_starts_from_another_goes_on_too(film, tmp_path):
    start = tmp_path / "start.mp4"
    pictures = np.random.default_rng(0).integers(0, 256, (24, 72, 128, 3), np.uint8)
    write_mp4(start, [pictures], size=asked().size, fps=8, metadata={})
    request = asked(start=start, strength=0.6, steps=6)
    with pytest.raises(Cancelled):
        frames(film, request, tmp_path / "kept", Stopper(2))
    other = dataclasses.replace(request, start=tmp_path / "start.mp4")
    assert np.array_equal(frames(film, other, tmp_path / "kept"), undisturbed(film, request))
    with pytest.raises(Cancelled):
        frames(film, request, tmp_path / "kept", Stopper(2))
    write_mp4(start, [pictures[::-1]], size=asked().size, fps=8, metadata={}, overwrite=True)
    with pytest.raises(CheckpointError, match="start is"):
        frames(film, request, tmp_path / "kept")


@pytest.mark.parametrize("change", [{"seed": 9}, {"prompt": "a blue cat walks"}, {"mode": "plan"}, {"steps": 4}])
def test_another_film_s_state_is_refused(film, change, tmp_path):
    with pytest.raises(Cancelled):
        frames(film, asked(), tmp_path, Stopper(2))
    with pytest.raises(CheckpointError, match="from another run"):
        frames(film, asked(**change), tmp_path)


def test_the_steps_that_the_clock_chose_are_kept(film, tmp_path):
    request = asked(within=1000.0, steps=None, fast=True)
    with pytest.raises(Cancelled):
        frames(film, request, tmp_path, Stopper(2))
    begun = Windows(tmp_path, film.stream(request)._facts()).found(0, film.device)
    with film.stream(request, resume=tmp_path) as stream:
        assert stream.sampling.steps == begun.num_steps and begun.step == 2


def test_mode_draw_keeps_nothing(film, tmp_path):
    request = asked("draw", seconds=0.5)
    with pytest.raises(Cancelled):
        frames(film, request, tmp_path / "kept", Stopper(1, "draw"))
    assert not (tmp_path / "kept").exists()
    assert np.array_equal(frames(film, request, tmp_path / "kept"), undisturbed(film, request))
