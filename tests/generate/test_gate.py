"""The gate of `make`: what does not pass is made again with the next seed, or not written; the file says so. Scenes are
screened like prompts, and a story has a chapter for each of its scenes."""

from __future__ import annotations

import json
from fractions import Fraction

import av
import numpy as np
import pytest

from filmloom.core.errors import RequestError
from filmloom.core.types import Size
from filmloom.finishing.mp4 import read_settings
from filmloom.finishing.report import GateError
from filmloom.finishing.safety import SafetyError
from filmloom.generate.maker import Chunks, Maker, chapters
from filmloom.generate.progress import Reporter
from filmloom.generate.request import Request, check
from filmloom.world.scene import Event, Scene, Subject

SIZE = Size(128, 72)


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("FILMLOOM_HOME", str(tmp_path / "home"))


class Lamp(Chunks):
    """Soft hills, in a light that flickers for the seeds given."""

    settings = property(lambda self: {"seed": self.request.seed, "prompt": self.request.prompt})


class Painter(Maker):
    """Makes films whose light flickers with `bad` seeds; notes which seeds were tried."""

    name = "mini"

    def __init__(self, *bad: int):
        self.bad, self.tried = bad, []

    def stream(self, request, on_progress=None, *, overlap=True, resume=None):
        self.tried.append(request.seed)
        return Lamp(request, Reporter(on_progress), self._frames(request))

    def _frames(self, request):
        ys, xs = np.mgrid[: SIZE.height, : SIZE.width]
        hills = np.repeat((110 + 40 * np.sin(xs / 17) * np.cos(ys / 13))[..., None], 3, 2)
        for number in range(request.num_frames):
            gain = 0.8 if request.seed in self.bad and number % 2 else 1.0
            yield np.rint(hills * gain).astype(np.uint8)[None]


def request(**fields):
    return Request(**{"prompt": "hills", "size": SIZE, "seconds": 1, "fps": 12, "seed": 7} | fields)


def test_a_film_that_fails_is_made_again_with_the_next_seed_and_the_file_says_so(tmp_path):
    painter, path = Painter(7, 8), tmp_path / "a.mp4"
    report = painter.write(request(gate="retry"), path)
    assert painter.tried == [7, 8, 9] and read_settings(path)["seed"] == 9
    tried = json.loads((tmp_path / "a.mp4.json").read_text())["report"]["gate"]["tried"]
    assert tried == report["gate"]["tried"]
    assert [(one["seed"], one["passed"]) for one in tried] == [(7, False), (8, False), (9, True)]
    assert "flicker is" in tried[0]["reasons"][0] and not tried[2]["reasons"]
    assert report["gate"]["measures"]["flicker"] < 1
    assert painter.make(request(gate="retry")).settings["seed"] == 9


@pytest.mark.parametrize(("gate", "tried"), [("retry", [7, 8, 9]), ("fail", [7])])
def test_where_no_attempt_passes_nothing_is_written(tmp_path, gate, tried):
    painter = Painter(*range(20))
    with pytest.raises(GateError, match=r"does not pass the gate: flicker is .*seed 7"):
        painter.write(request(gate=gate), tmp_path / "a.mp4")
    assert painter.tried == tried and not list(tmp_path.glob("*.mp4*")) + list(tmp_path.glob(".*"))


def test_without_a_gate_nothing_is_measured_and_one_that_passes_changes_no_bit(tmp_path):
    assert "gate" not in Painter(7).write(request(), tmp_path / "a.mp4")
    report = Painter().write(request(gate="retry"), tmp_path / "b.mp4")
    assert [one["seed"] for one in report["gate"]["tried"]] == [7]
    Painter().write(request(), tmp_path / "c.mp4")
    with av.open(tmp_path / "b.mp4") as one, av.open(tmp_path / "c.mp4") as other:
        assert [bytes(p) for p in one.demux()] == [bytes(p) for p in other.demux()]


def test_a_gate_is_one_of_three_and_leaves_time_to_try_again():
    with pytest.raises(RequestError, match="off, retry, fail"):
        check(request(gate="maybe"))
    with pytest.raises(RequestError, match="takes longer than within"):
        check(request(gate="retry", within=30.0))
    check(request(gate="fail", within=30.0))


def test_the_words_of_a_scene_are_screened_like_a_prompt():
    """Most fields hold words of a list; a sound's kind is free, and so could hide what no prompt may say."""
    clean = Scene("cherry_garden", (Subject("girl", "red", "dance"),))
    assert all(word in request(scene=clean).scene_words for word in ("cherry garden", "girl", "red", "dance"))
    Painter().check(request(prompt="", scene=clean, mode="draw"))
    wicked = Scene("cherry_garden", (Subject("girl", "red", "dance"),), events=(Event(1.0, "porn_film"),))
    for scenes in (wicked, (clean, wicked)):
        with pytest.raises(SafetyError):
            Painter().check(request(prompt="", scene=scenes, mode="draw"))
    assert request().scene_words is None


def test_a_story_has_a_chapter_for_each_scene():
    scenes = [
        {"setting": "cherry_garden", "seconds": 1.5, "subjects": [{"kind": "girl", "action": "dance"}]},
        {"setting": "beach", "seconds": 2.5, "subjects": []},
    ]
    found = chapters({"scene": scenes[0], "then": scenes[1:]})
    assert [(one.start, one.title) for one in found] == [(0, "girl, dance; cherry garden"), (Fraction(3, 2), "beach")]
    assert chapters({"scene": scenes[0], "then": []}) == chapters({"prompt": "a public model's"}) == ()


def test_chapters_are_in_the_file_that_make_writes(tmp_path, film):
    scenes = [Scene("cherry_garden", (Subject("girl", "red", "dance"),), seconds=0.5), Scene("beach", seconds=0.5)]
    film.write(request(prompt="", scene=scenes, mode="draw", silent=True), tmp_path / "a.mp4")
    with av.open(tmp_path / "a.mp4") as container:
        found = [(one["start"] * one["time_base"], one["metadata"]["title"]) for one in container.chapters()]
    assert found == [(0, "girl, dance; cherry garden"), (Fraction(1, 2), "beach")]
