"""The command line as a user meets it: what is printed where, and the exit codes. The real program runs in-process."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys

import av
import numpy as np
import pytest

from filmloom import __version__
from filmloom.cli import main as entry
from filmloom.cli.progress import Bars, JsonLines, Previews, Silent, shower
from filmloom.core.errors import Cancelled, FilmloomError, RefusedError, ResourceError
from filmloom.generate.progress import Progress

SMALL = ["--seconds", "0.2", "--size", "320x180", "--mode", "draw"]
PROMPT = "a girl in a red dress dancing under a cherry tree"


@pytest.fixture
def filmloom(capsys, monkeypatch, tmp_path):
    """Run a command in a fresh folder; gives (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(entry.signal, "signal", lambda *_: None)

    def run(*args: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            entry.main(list(args))
        out, err = capsys.readouterr()
        return stopped.value.code, out, err

    return run


def test_version_and_help(filmloom):
    assert filmloom("--version")[:2] == (0, f"filmloom {__version__}\n")
    code, out, _ = filmloom("--help")
    assert code == 0 and all(word in out for word in ("plan", "make", "world", "train", "evaluate", "models", "doctor"))


def test_make_writes_the_film_and_prints_its_path_alone_when_piped(filmloom, tmp_path):
    code, out, err = filmloom("make", PROMPT, "-o", "girl.mp4", *SMALL)
    assert (code, out, err) == (0, "girl.mp4\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["girl.mp4", "girl.mp4.json"]
    with av.open(str(tmp_path / "girl.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert np.shape(frames) == (6, 180, 320, 3)


def test_make_with_json_prints_progress_then_the_result(filmloom):
    code, out, _ = filmloom("make", PROMPT, "-o", "girl.mp4", "--json", *SMALL)
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and {line["event"] for line in lines[:-1]} == {"progress"}
    result = lines[-1]
    assert (result["event"], result["file"], result["mode"]) == ("done", "girl.mp4", "draw")
    assert result["mode_chosen_because"] == "it was asked for" and result["spent_seconds"] > 0
    assert (result["num_frames"], result["fps"], result["size"]) == (6, "30", "320x180")


def test_an_edited_scene_is_what_is_filmed(filmloom, tmp_path):
    _, out, _ = filmloom("plan", PROMPT)
    scene = json.loads(out)
    scene["setting"], scene["subjects"][0]["colour"] = "beach", "blue"
    (tmp_path / "scene.json").write_text(json.dumps(scene))
    code, out, _ = filmloom("make", PROMPT, "-o", "girl.mp4", "--scene", "scene.json", "--json", *SMALL)
    filmed = json.loads(out.splitlines()[-1])["scene"]
    assert code == 0 and (filmed["setting"], filmed["subjects"][0]["colour"]) == ("beach", "blue")


def test_plan_names_unknown_words_on_stderr(filmloom):
    code, out, err = filmloom("plan", "a girl dancing with a dragon")
    assert code == 0 and json.loads(out)["version"] == 2
    assert 'mini does not know "dragon"; nearest: "dinosaur"' in err


def test_the_same_prompt_and_seed_give_the_same_plan(filmloom):
    assert filmloom("plan", PROMPT, "--seed", "3") == filmloom("plan", PROMPT, "--seed", "3")


def test_an_existing_film_is_kept_unless_overwritten(filmloom, tmp_path):
    (tmp_path / "girl.mp4").write_bytes(b"mine")
    code, _, err = filmloom("make", PROMPT, "-o", "girl.mp4", *SMALL)
    assert code == 2 and "--overwrite" in err and (tmp_path / "girl.mp4").read_bytes() == b"mine"
    assert filmloom("make", PROMPT, "-o", "girl.mp4", "--overwrite", *SMALL)[0] == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([""], "prompt"),
        (["a" * 100_000], "512"),
        ([PROMPT, "--size", "0x0"], "128x72"),
        ([PROMPT, "--size", "1281x721"], "even"),
        ([PROMPT, "--size", "99999x99999"], "1920x1080"),
        ([PROMPT, "--size", "large"], "WIDTHxHEIGHT"),
        ([PROMPT, "--seconds", "-1"], "0.1"),
        ([PROMPT, "--seconds", "nan"], "seconds"),
        ([PROMPT, "--fps", "0"], "fps"),
        ([PROMPT, "--model", "maxi"], "mini"),
        ([PROMPT, "--mode", "drew"], "draw"),
        ([PROMPT, "--steps", "0"], "steps"),
        ([PROMPT, "--seed", "-1"], "seed"),
        ([PROMPT, "--device", "toaster"], "cpu"),
        ([PROMPT, "--scene", "absent.json"], "absent.json"),
    ],
)
def test_wrong_requests_exit_with_2_and_say_what_would_work(filmloom, tmp_path, args, said):
    code, out, err = filmloom("make", *args, "-o", "girl.mp4")
    assert code == 2 and out == "" and said in err and "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_wrong_options_exit_with_2(filmloom):
    assert filmloom("make", PROMPT)[0] == 2
    assert filmloom("mak", PROMPT)[0] == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FilmloomError("no"), 1),
        (RefusedError("no"), 3),
        (ResourceError("no"), 4),
        (MemoryError(), 4),
        (OSError(28, "No space left on device", "girl.mp4"), 4),
        (Cancelled("no"), 130),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_exit_code(filmloom, monkeypatch, error, code):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("filmloom.generate.pipeline.load", fail)
    assert filmloom("plan", PROMPT)[0] == code


def test_an_unexpected_error_is_not_hidden(filmloom, monkeypatch):
    monkeypatch.setattr("filmloom.generate.pipeline.load", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        filmloom("plan", PROMPT)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM], ids=lambda sign: sign.name)
def test_an_interrupted_film_leaves_nothing_behind(tmp_path, sign):
    # A shell's background job ignores SIGINT and hands that down: a terminal's foreground does not.
    launch = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    launch += "from filmloom.cli.main import main; main()"
    command = [
        sys.executable,
        "-c",
        launch,
        "make",
        PROMPT,
        "-o",
        "girl.mp4",
        "--json",
        "--mode",
        "draw",
        "--seconds",
        "60",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        while json.loads(running.stdout.readline())["stage"] != "encode" or not list(tmp_path.iterdir()):
            pass  # until something is being written
        running.send_signal(sign)
        assert running.wait(120) == 130 and "Traceback" not in running.stderr.read()
    assert not list(tmp_path.iterdir())


def test_world_show_writes_sheets_film_and_scene(filmloom, tmp_path):
    scene = {"setting": "meadow", "subjects": [{"kind": "rabbit", "colour": "white", "action": "hop"}], "seconds": 0.2}
    (tmp_path / "scene.json").write_text(json.dumps(scene))
    code, out, _ = filmloom("world", "show", "scene.json", "-o", "shown")
    assert (code, out) == (0, "shown\n")
    assert sorted(path.name for path in (tmp_path / "shown").iterdir()) == [
        "film.mp4", "labels.png", "scene.json", "sheet.png",
    ]  # fmt: skip


def test_world_list_names_every_subject(filmloom):
    code, out, _ = filmloom("world", "list")
    assert code == 0 and "girl" in out and "cherry_garden" in out and "sunbeams" in out


def test_doctor_gives_every_finding_a_name_a_state_and_a_value(filmloom):
    code, out, _ = filmloom("doctor", "--json")
    found = json.loads(out)
    assert code == 0 and {check["state"] for check in found} <= {"fine", "note", "fault"}
    assert {"python", "torch", "cores", "memory", "disk", "encoder", "gpu", "mini"} <= {
        check["name"] for check in found
    }


def test_train_lists_its_recipes_and_refuses_others(filmloom):
    code, out, _ = filmloom("train", "list")
    assert code == 0 and "planner" in out
    code, _, err = filmloom("train", "plannre", "--steps", "1")
    assert code == 2 and "planner" in err


def test_models_show_prints_what_model_json_says(filmloom):
    assert filmloom("models", "list")[1].startswith("mini ")
    assert "transformer" in filmloom("models", "show")[1]
    assert "| mode | how | gate |" in filmloom("models", "show", "--markdown")[1]


def test_output_decides_how_progress_is_shown(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    assert isinstance(shower(as_json=True), JsonLines)
    assert type(shower(as_json=False)) is Silent
    monkeypatch.setattr("sys.stderr", terminal)
    assert isinstance(shower(as_json=False), Bars)


def test_a_terminal_sees_a_bar_per_stage_with_the_time_left(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr("sys.stderr", terminal)
    with Bars() as show:
        show(Progress("denoise", 3, 8, seconds_left=75.0))
        show(Progress("decode", 1, 1, seconds_left=0.0))
    assert "denoise" in terminal.getvalue() and "3/8  1:15 left" in terminal.getvalue()
    assert "decode" in terminal.getvalue()


def test_previews_are_numbered_by_step(tmp_path):
    show = Previews(tmp_path / "steps", Silent())
    show(Progress("denoise", 1, 2, preview=np.zeros((4, 6, 3), np.uint8)))
    show(Progress("denoise", 2, 2))
    assert [path.name for path in (tmp_path / "steps").iterdir()] == ["denoise-001.png"]
