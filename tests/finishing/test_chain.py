"""`finish`: the steps asked for and no others, exact durations, sound to the sample, a report, the house's door."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Audio, Size
from filmloom.finishing.chain import Finish, finish
from filmloom.finishing.frame_rate import blended
from filmloom.finishing.house import open_house
from filmloom.finishing.mp4 import read_settings, write_mp4
from filmloom.finishing.read import open_film
from filmloom.finishing.report import GateError
from filmloom.finishing.sound.track import read_audio

SIZE = Size(192, 168)
FORMS = [("ffv1", "a.mkv"), ("vp9", "a.webm"), ("gif", "a.gif"), ("png", "frames")]


@pytest.fixture
def film(tmp_path):
    """Two seconds at 12 fps of soft hills under a bright square that wanders, with a tone."""
    ys, xs = np.mgrid[: SIZE.height, : SIZE.width]
    ground = 110 + 40 * np.sin(xs / 17) * np.cos(ys / 13)
    frames = np.repeat(np.repeat(ground[None, ..., None], 24, 0), 3, 3)
    for i, frame in enumerate(frames):
        frame[60:90, 20 + 5 * i : 50 + 5 * i] = (230, 190, 90)
    tone = 0.2 * np.sin(np.arange(96000) * 2 * np.pi * 440 / 48000)
    audio = Audio(np.stack([tone, tone]).astype(np.float32))
    settings = {"prompt": "a square", "mode": "draw", "made_by": "no diffusion"}
    path = tmp_path / "in.mp4"
    return write_mp4(path, [frames.astype(np.uint8)], size=SIZE, fps=Fraction(12), metadata=settings, audio=audio)


def finished(film, name, **fields):
    target = film.with_name(name)
    return target, finish(film, target, Finish(**fields), between=blended, house=open_house(film.parent / "house"))


def test_nothing_asked_keeps_every_frame_and_the_settings(film):
    target, report = finished(film, "out.mp4")
    with open_film(target) as out, open_film(film) as source:
        assert (out.num_frames, out.rate, out.size) == (24, 12, SIZE)
        pairs = zip(out.chunks(24), source.chunks(24))
        assert all(np.abs(a.astype(int) - b).mean() < 4 for a, b in pairs)  # two encodings and a faint mark
    assert report["steps"] == {} and report["measures"]["before"]["frames"] == 24
    settings = read_settings(target)
    assert settings["prompt"] == "a square" and len(settings["finished"]) == 1 and "trust" in settings
    assert abs(read_audio(target).num_samples - 96000) <= 1024


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(24000, 1001), Fraction(8)])
def test_a_new_rate_keeps_the_duration_and_the_sound(film, fps):
    target, report = finished(film, "out.mp4", fps=fps)
    with open_film(target) as out:
        assert out.rate == fps and out.num_frames == round(2 * fps) == report["delivery"]["num_frames"]
    assert report["steps"]["frame_rate"]["frames_in"] == report["measures"]["before"]["frames"] == 24
    beside = json.loads(target.with_name("out.mp4.json").read_text())
    assert beside["report"]["steps"]["frame_rate"]["frames_out"] == round(2 * fps)


def test_every_step_can_be_asked_for_at_once(film, tmp_path):
    (tmp_path / "words.srt").write_text("1\n00:00:00,200 --> 00:00:01,500\nHello there\n")
    target, report = finished(
        film, "out.mp4", steady="fill", deflicker=True, level=True, grade="warm", preset="social-1x1", frame="pad",
        subtitles=tmp_path / "words.srt", burn=True, loudness=-23.0,
    )  # fmt: skip
    assert set(report["steps"]) == {"steady", "deflicker", "level"}
    with open_film(target) as out:
        assert out.size.width == out.size.height and out.num_frames == 24


@pytest.mark.parametrize(("preset", "name"), FORMS)
def test_other_forms_are_delivered_too(film, preset, name):
    target, report = finished(film, name, preset=preset)
    assert target.exists() and report["delivery"]["preset"] == preset


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"steady": "hold"}, "crop, fill"),
        ({"grade": "sepia"}, "one of"),
        ({"burn": True}, "no subtitles"),
        ({"preset": "vhs"}, "one of"),
        ({"preset": "broadcast-25", "fps": Fraction(30)}, "delivered at 25"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(film, fields, rule):
    with pytest.raises(RequestError, match=rule):
        finished(film, "out.mp4", **fields)
    assert not film.with_name("out.mp4").exists()


def test_a_film_that_does_not_pass_the_gate_is_not_written(film, tmp_path):
    """Noise is no picture: named with its measure; nothing is left. A sound film passes."""
    target, _ = finished(film, "passed.mp4", gate=True)
    assert target.exists()
    frames = np.random.default_rng(0).integers(0, 255, (24, 168, 192, 3), np.uint8)
    noise = write_mp4(tmp_path / "noise.mp4", [frames], size=SIZE, fps=Fraction(12), metadata={})
    with pytest.raises(GateError, match=r"out\.mp4 does not pass the gate.*noise is"):
        finish(noise, tmp_path / "out.mp4", Finish(gate=True), between=blended, house=open_house(tmp_path / "house"))
    assert not list(tmp_path.glob("*out*"))


def test_no_film_no_work(tmp_path):
    (tmp_path / "a.mp4").write_text("text")
    with pytest.raises(UserError, match=r"a\.mp4"):
        finish(tmp_path / "a.mp4", tmp_path / "b.mp4", Finish(), between=blended)


def test_the_command_does_the_same(film):
    program = "import sys; from filmloom.cli.main import main; main()"
    words = ["finish", film, "-o", film.with_name("out.mp4"), "--fps", "23.976", "--deflicker", "--json"]
    done = subprocess.run([sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["report"]["delivery"]["rate"] == "24000/1001" and told["report"]["delivery"]["num_frames"] == 48
