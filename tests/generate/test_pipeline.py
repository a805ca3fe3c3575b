"""The same request gives the same frames however it is made; modes are what they say; stopping leaves nothing."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import threading
from fractions import Fraction

import numpy as np
import pytest
import torch

from filmloom.checkpoints.folder import open_folder, save_model
from filmloom.core.errors import Cancelled, CheckpointError, NumericsError, RequestError, ResourceError
from filmloom.core.machine import Memory
from filmloom.core.types import Size
from filmloom.finishing.mp4 import read_settings
from filmloom.generate.enlarge import resized
from filmloom.generate.pipeline import load
from filmloom.generate.request import Request
from filmloom.generate.stages import chained
from filmloom.generate.window import Geometry, Sampling, Timetable, to_uint8
from filmloom.world.film import film as filmed
from filmloom.world.scene import Scene, Subject

MODES = ("text", "plan", "draw")
SCENE = Scene("meadow", (Subject("cat", "orange", "walk", size=0.3),), seed=3)


def asked(mode="draw", **fields):
    return Request(
        **{"prompt": "a red cat walks", "size": (128, 72), "seconds": 0.5, "fps": 12, "mode": mode, **fields}
    )


@pytest.mark.parametrize("mode", MODES)
def test_same_request_same_bits_streamed_or_whole_overlapped_or_not(film, mode):
    request = asked(mode, seed=5)
    whole = film.make(request)
    assert whole.frames.shape == (6, 72, 128, 3) and whole.frames.dtype == np.uint8
    assert np.array_equal(np.concatenate(list(film.stream(request))), whole.frames)
    assert np.array_equal(film.make(request, overlap=False).frames, whole.frames)
    assert not np.array_equal(film.make(dataclasses.replace(request, seed=6)).frames, whole.frames)


@pytest.mark.parametrize("mode", MODES)
def test_company_changes_nothing(film, mode):
    request = asked(mode, seed=5)
    alone = film.make(request).frames
    clips = {}
    threads = [
        threading.Thread(target=lambda s=s: clips.update({s: film.make(asked(mode, seed=s))})) for s in (5, 6, 7)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(clips[5].frames, alone)


def test_loading_again_gives_the_same_bits(film, toy_folder):
    assert np.array_equal(load(toy_folder).make(asked("text")).frames, film.make(asked("text")).frames)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("seconds", "fps", "frames"), [(0.1, 10, 1), (0.7, Fraction(30000, 1001), 21), (2.6, 3, 8)])
def test_the_number_of_frames_is_exact(film, mode, seconds, fps, frames):
    clip = film.make(asked(mode, seconds=seconds, fps=fps))
    assert len(clip.frames) == frames and clip.fps == fps


def test_a_longer_film_rolls_its_windows_and_begins_with_the_same_key_frames(film):
    """Windows are made one after the other, so the first is the same in a longer film of the same seed; only the last
    key frame is not, which is calmed with the one after it, where there is one."""
    short, long = (film.make(asked("text", seconds=seconds, fps=8)) for seconds in (2, 4.5))
    assert len(long.frames) == 36
    assert np.array_equal(long.frames[:15], short.frames[:15])
    assert long.frames[16:].std(axis=0).max() > 0


@pytest.mark.parametrize("mode", ["text", "plan"])
def test_the_skeleton_is_the_film_at_the_key_frames(film, mode):
    """At the key frames' size and rate nothing is interpolated."""
    request = asked(mode, scene=None if mode == "text" else SCENE, size=(128, 72), fps=8, seconds=1)
    frames = film.make(request).frames.astype(int)
    keys = film.stream(request).skeleton()
    assert keys.shape == (3, 8, 36, 64)
    if mode == "text":
        assert np.array_equal([resized(to_uint8(key), Size(128, 72)) for key in keys.unbind(1)], frames)


def test_mode_draw_is_the_film_sets_own_drawing(film):
    drawn = np.concatenate(list(filmed(dataclasses.replace(SCENE, seconds=0.5), Size(128, 72), 12, 6)))
    assert np.array_equal(film.make(asked(scene=SCENE)).frames, drawn)


def test_mode_plan_lays_only_the_change_over_the_sketch(toy_folder):
    """Where the key frames come out as their sketch, the film is the full-size sketch, to the last bit."""
    film = load(toy_folder)
    film.part("video_vae").decode_chunk = lambda latent, state, sketch: (sketch, state or 1)
    sketch = filmed(dataclasses.replace(SCENE, seconds=0.5), Size(128, 72), 12, 6, style="sketch")
    assert np.array_equal(film.make(asked("plan", scene=SCENE)).frames, np.concatenate(list(sketch)))


def test_larger_films_go_through_the_upsampler(film):
    clip = film.make(asked("text", seconds=0.2, fps=10, size=(512, 288)))
    assert clip.frames.shape == (2, 288, 512, 3)


def test_fast_takes_the_few_step_form_and_steps_are_obeyed(film):
    heard = []
    film.make(asked("text", fast=True), heard.append)
    assert [p.total for p in heard if p.stage == "denoise"] == [1, 1]
    heard.clear()
    film.make(asked("text", steps=3), heard.append)
    assert [p.done for p in heard if p.stage == "denoise"] == [0, 1, 2, 3]


def test_guidance_and_negative_prompts_matter(film):
    base, guided, negative = (
        film.make(asked("text", **fields)).frames
        for fields in ({"guidance": 1.0}, {"guidance": 6.0}, {"negative": "rain"})
    )
    assert not np.array_equal(base, guided) and not np.array_equal(base, negative)


@pytest.mark.parametrize("mode", MODES)
def test_progress_tells_every_stage_from_start_to_end(film, mode):
    heard = []
    film.make(asked(mode), heard.append)
    stages = {
        "text": ["plan", "denoise", "decode", "enlarge", "interpolate"],
        "plan": ["plan", "denoise", "decode", "interpolate", "draw"],
        "draw": ["plan", "draw"],
    }
    assert set(stages[mode]) == {p.stage for p in heard}
    for stage in stages[mode]:
        own = [p for p in heard if p.stage == stage]
        assert own[-1].done == own[-1].total and [p.done for p in own] == sorted(p.done for p in own)
    previews = [p.preview for p in heard if p.preview is not None]
    drawn = sum(p.stage == "draw" for p in heard) - 1  # all but the beginning's come with a picture
    assert len(previews) == (drawn if mode == "draw" else 2) > 1
    assert previews[0].shape == (36, 64, 3) and all(preview.dtype == np.uint8 for preview in previews)


def test_a_drawn_film_shows_its_own_frames_while_it_is_made(film):
    """First the middle, small; then the newest frame as it is in the film."""
    heard = []
    frames = film.make(asked("draw"), heard.append).frames
    first, *rest = [p for p in heard if p.preview is not None]
    assert (first.done, first.preview.shape) == (0, (36, 64, 3))
    assert all(np.array_equal(p.preview, frames[p.done - 1]) for p in rest) and rest[-1].done == len(frames)


@pytest.mark.parametrize(
    ("passes", "scene", "mode"),
    [
        ((True, True), None, "text"),
        ((False, True), None, "plan"),
        ((False, False), None, "draw"),
        ((True, False), SCENE, "draw"),
        ((True, True), SCENE, "plan"),
        (None, None, "draw"),
    ],
)
def test_auto_follows_the_gate(toy_folder, tmp_path, passes, scene, mode):
    folder = tmp_path / "gated"
    shutil.copytree(toy_folder, folder)
    record = json.loads((folder / "model.json").read_text())
    record.pop("modes")
    if passes:
        record["modes"] = {"text": {"passes": passes[0]}, "plan": {"passes": passes[1]}}
    (folder / "model.json").write_text(json.dumps(record))
    choice = load(folder).choose(asked("auto", scene=scene))
    assert choice.mode == mode and choice.because.startswith("auto takes the first of")


def test_a_mode_that_is_asked_for_is_obeyed_and_said(film):
    assert film.make(asked("plan")).settings["mode"] == "plan"
    settings = film.make(asked("draw")).settings
    assert settings["mode_chosen_because"] == "it was asked for" and "no diffusion" in settings["made_by"]


def test_settings_are_plain_complete_and_make_the_film_again(film, tmp_path):
    clip = film.make(asked("text", seed=11, steps=1))
    settings = read_settings(clip.save(tmp_path / "a.mp4"))
    kept = json.loads(json.dumps(clip.settings))
    assert {name: settings[name] for name in kept} == kept
    assert set(settings) - set(kept) == {"aigc", "trust", "watermark"}  # what the house adds on a film's way out
    scene = Scene.from_json(json.dumps(settings["scene"]))
    again = Request(
        prompt=settings["prompt"], mode=settings["mode"], size=settings["size"], fps=Fraction(settings["fps"]),
        seconds=settings["seconds"], seed=settings["seed"], steps=settings["sampling"]["steps"],
    )  # fmt: skip
    assert np.array_equal(film.make(again).frames, clip.frames)
    assert scene == film.plan(again).scene
    assert settings["model_digest"] == film.folder.digest and settings["threads"] == film.threads


def test_a_scene_is_filmed_as_given_and_lasts_as_long_as_asked(film):
    plan = film.plan(Request(scene=SCENE, seconds=1.5))
    assert plan.scene == dataclasses.replace(SCENE, seconds=1.5)


def test_a_scene_without_a_prompt_can_be_filmed_in_mode_plan(film):
    assert len(film.make(asked("plan", prompt="", scene=SCENE)).frames) == 6


def test_writing_a_file_gives_the_frames_of_the_stream(film, tmp_path):
    request = asked("draw", scene=SCENE)
    report = film.write(request, tmp_path / "a.mp4")
    film.make(request).save(tmp_path / "b.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert set(report["seconds"]) == {"plan", "draw", "encode"} and report["peak_memory_mib"] > 0
    with pytest.raises(RequestError, match="exists"):
        film.write(request, tmp_path / "a.mp4")


@pytest.mark.parametrize("stage", ["plan", "denoise", "decode", "enlarge", "interpolate", "encode"])
@pytest.mark.parametrize("error", [Cancelled("enough"), KeyboardInterrupt()])
def test_a_listener_can_stop_the_work_and_no_file_is_left(film, tmp_path, stage, error):
    def listen(progress):
        if progress.stage == stage and progress.done > 0:
            raise error

    before = threading.active_count()
    with pytest.raises(type(error)):
        film.write(asked("text"), tmp_path / "a.mp4", listen)
    assert list(tmp_path.iterdir()) == [] and threading.active_count() == before


def test_ctrl_c_leaves_no_file(toy_folder, tmp_path):
    """A real interrupt to a real process, in the midst of a film."""
    code = f"""
import signal
from filmloom.generate.pipeline import load
from filmloom.generate.request import Request

def listen(progress):
    if progress.stage == "encode" and progress.done == 150:
        print("encoding", flush=True)

request = Request(prompt="a cat", mode="text", size=(128, 72), seconds=60, fps=120)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would hand down its deafness
load({str(toy_folder)!r}).write(request, {str(tmp_path / "a.mp4")!r}, listen)
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline().strip()
        begun = [path.name[0] for path in tmp_path.iterdir()]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (said, begun) == ("encoding", ["."]), errors
    assert process.returncode != 0 and errors.strip().endswith("KeyboardInterrupt")
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_or_disk_is_said_before_the_work(film, monkeypatch, tmp_path):
    heard = []
    monkeypatch.setattr("filmloom.generate.needs.memory", lambda: Memory(2**28, 2**28))
    with pytest.raises(ResourceError, match=r"needs about 404 MiB of memory.*has 256 MiB"):
        film.write(asked("draw"), tmp_path / "a.mp4", heard.append)
    monkeypatch.setattr("filmloom.generate.needs.disk_free", lambda folder: 1000)
    with pytest.raises(ResourceError, match="which has 0 MiB free"):
        film.make(asked("draw"), heard.append)
    assert heard == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_reader_can_leave_and_every_thread_ends(film, mode):
    before = threading.active_count()
    with film.stream(asked(mode, seconds=4, fps=30)) as stream:
        next(stream)
    assert threading.active_count() == before


def test_broken_numbers_are_named_by_step(toy_folder, tmp_path):
    broken = load(toy_folder)
    broken.part("transformer").head.linear.weight.fill_(float("nan"))
    with pytest.raises(NumericsError, match="step 1 of 2"):
        broken.write(asked("text"), tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["truncate", "flip"])
def test_damaged_weights_are_refused_when_loading(toy_folder, tmp_path, damage):
    folder = tmp_path / "damaged"
    shutil.copytree(toy_folder, folder)
    file = folder / "upsampler.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 255
    file.write_bytes(data[:-9] if damage == "truncate" else data)
    with pytest.raises(CheckpointError, match=r"upsampler\.safetensors"):
        load(folder)


def test_a_model_without_a_part_refuses_the_mode_that_needs_it(film, tmp_path):
    folder = save_model(tmp_path, {"planner": film.part("planner"), "text_encoder": film.part("text_encoder")}, {}).path
    small = load(folder)
    assert len(small.make(asked("draw")).frames) == 6
    with pytest.raises(CheckpointError, match="no part 'transformer'"):
        small.stream(asked("text"))


def test_two_films_at_once_must_agree_on_threads(film):
    with film.stream(asked("draw", threads=1)) as stream:
        next(stream)
        with pytest.raises(RequestError, match="threads is 2"):
            film.make(asked("draw", threads=2))


def test_a_device_that_is_not_there_is_refused(toy_folder):
    if not torch.cuda.is_available():
        with pytest.raises(RequestError, match="no such device"):
            load(toy_folder, "cuda")


@pytest.mark.parametrize(
    "rate", [Fraction(30), Fraction(30000, 1001), Fraction(5), Fraction(120), Fraction(8), Fraction(1)]
)
@pytest.mark.parametrize("num_frames", [1, 2, 7, 120, 121])
def test_every_frame_lies_between_two_key_frames_exactly_once(rate, num_frames):
    table = Timetable(num_frames, rate, 8, 17)
    placed = [key + share for key in range(table.num_keys) for share in table.shares(key)]
    assert placed == pytest.approx([float(i * 8 / rate) for i in range(num_frames)])
    assert all(0 <= share < 1 for key in range(table.num_keys) for share in table.shares(key))
    assert (table.num_windows - 1) * 16 < max(table.num_keys - 1, 1) <= table.num_windows * 16
    assert table.shares(table.num_keys - 1) in ([], [0.0])


def test_the_preset_gives_way_to_the_mode_and_both_to_the_request():
    preset = {"steps": 8, "guidance": 3, "shift": 2, "few_steps": 2, "plan": {"steps": 1, "sigma_residual": [0.5, 0.6]}}
    assert Sampling.of(preset, "text", asked()).steps == 8
    assert Sampling.of(preset, "plan", asked()).steps == 1
    assert Sampling.of(preset, "plan", asked()).residual == (0.5, 0.6)
    assert Sampling.of(preset, "plan", asked(steps=4)).steps == 4
    assert (Sampling.of(preset, "text", asked()).shift, Sampling.of(preset, "text", asked(shift=5)).shift) == (2, 5)
    fast = Sampling.of(preset, "text", asked(fast=True))
    assert (fast.steps, fast.guidance, fast.sampler) == (2, 1.0, "few_step")


def test_a_geometry_that_lacks_a_number_is_named(toy_folder):
    record = open_folder(toy_folder).record
    assert Geometry.of(record).skeleton == Size(64, 48)
    with pytest.raises(CheckpointError, match="geometry lacks overscan"):
        Geometry.of({"geometry": {k: v for k, v in record["geometry"].items() if k != "overscan"}})


def test_an_empty_chain_is_empty():
    assert list(chained(iter(()), [])) == []


def test_within_chooses_few_steps_and_tells_which(film):
    request = asked("text", within=3600.0)
    made = film.make(request)
    assert made.settings["within"]["steps"] == 8 == made.settings["sampling"]["steps"]
    assert made.settings["within"]["seconds"] == 3600 and made.settings["sampling"]["guidance"] == 1.0
    again = film.make(asked("text", fast=True, steps=8))
    assert np.array_equal(made.frames, again.frames)


def test_within_is_never_passed_over_in_silence(film):
    assert film.make(asked("text", within=1.0, seconds=2)).settings["within"]["steps"] in (4, 6, 8)
    assert any("within" in note for note in film.make(asked("draw", within=5)).settings["notes"])
    with pytest.raises(RequestError, match="steps=4"):
        film.make(asked("text", within=5, steps=4))


def test_within_leaves_alone_a_mode_that_has_no_steps_to_choose(film):
    assert np.array_equal(film.make(asked("plan", within=3600.0)).frames, film.make(asked("plan")).frames)
