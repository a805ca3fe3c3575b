"""`finish`: the steps asked for and no others, exact durations, sound to the sample, a report, the house's door."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from filmloom.cli.finish import track
from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Audio, Size
from filmloom.finishing.chain import Finish, finish
from filmloom.finishing.frame_rate import blended
from filmloom.finishing.house import open_house
from filmloom.finishing.mp4 import read_settings, write_mp4
from filmloom.finishing.read import open_film
from filmloom.finishing.report import GateError
from filmloom.finishing.sound.track import read_audio
from filmloom.finishing.stopwatch import Stopwatch

SIZE = Size(192, 168)
NEEDS_FFMPEG = pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe and ffmpeg are not installed")
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


# --- Several languages, chapters, the clock


def probed(path):
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_chapters", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


def spoken(path, hertz):
    """A second of one tone, as a file of its own."""
    tone = 0.2 * np.sin(np.arange(48000) * 2 * np.pi * hertz / 48000)
    codes = np.rint(tone * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(codes.tobytes())
    return path


def pitch(path, number):
    """Of the strongest tone in a track, in hertz."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", f"0:a:{number}", "-ac", "1", "-f", "f32le", "-"]
    samples = np.frombuffer(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout, "<f4")
    return int(np.abs(np.fft.rfft(samples[:48000])).argmax())


@NEEDS_FFMPEG
@pytest.mark.parametrize(("preset", "name"), [("web", "out.mp4"), ("ffv1", "out.mkv")])
def test_each_language_has_its_track_and_the_first_is_heard(film, tmp_path, preset, name):
    """As ffprobe reads them: codes, the flag of the default, chapters; and each track holds its own tone."""
    (tmp_path / "list.txt").write_text("\ufeff# a comment\n0:00 Dawn\n\n0:01.25 黄昏\n", encoding="utf-8")
    tracks = (("en", spoken(tmp_path / "en.wav", 500)), ("zh", spoken(tmp_path / "zh.wav", 900)), ("de", film))
    target, _ = finished(film, name, audio=tracks, chapters=tmp_path / "list.txt", preset=preset)
    told = probed(target)
    sounds = [one for one in told["streams"] if one["codec_type"] == "audio"]
    assert [one["tags"]["language"] for one in sounds] == ["eng", "zho", "deu"]
    assert [one["disposition"]["default"] for one in sounds] == [1, 0, 0]
    assert [pitch(target, number) for number in range(3)] == [500, 900, 440]
    marks = [(one["tags"]["title"], float(one["start_time"]), float(one["end_time"])) for one in told["chapters"]]
    assert marks == [("Dawn", 0, 1.25), ("黄昏", 1.25, 2)]
    again, _ = finished(target, f"again{target.suffix}", preset=preset)  # chapters are kept where none are given
    assert [one["tags"]["title"] for one in probed(again)["chapters"]] == ["Dawn", "黄昏"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [("", "one chapter"), ("Dawn", "a time and"), ("0:61 Dawn", "a time and"), ("0:01 Dawn", "starts at 0")],
)
def test_a_list_of_chapters_that_is_none_is_refused(film, tmp_path, text, rule):
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(RequestError, match=rule):
        finished(film, "out.mp4", chapters=tmp_path / "list.txt")


def test_words_of_the_command_are_tracks():
    assert track("en=a.wav", "und") == ("en", Path("a.wav"))
    assert track("zh-Hans=/b/c=d.wav", "und") == ("zh-Hans", Path("/b/c=d.wav"))
    assert track("/b/c=d.wav", "fr") == ("fr", Path("/b/c=d.wav"))


def test_the_clock_gives_each_stage_what_it_took_itself(film):
    ticks = iter(range(1000))
    watch = Stopwatch(lambda: next(ticks))
    inner = watch.timed("inner", iter("ab"))
    assert list(watch.timed("outer", inner)) == ["a", "b"]
    assert watch.seconds == {"outer": 6, "inner": 3}  # a tick at each turn: in, inner in, inner out, out
    _, report = finished(film, "out.mp4", deflicker=True)
    assert {"sound", "read", "measure", "deflicker", "mark", "encode", "seal"} == set(report["seconds"])
