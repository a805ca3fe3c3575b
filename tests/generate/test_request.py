"""Every impossible request is refused with its value, its rule and something near that works."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from filmloom.core.errors import CheckpointError, FilmloomError, RequestError
from filmloom.core.types import Size
from filmloom.generate.request import LARGEST, SMALLEST, Request, check, nearest_size
from filmloom.world.scene import Scene

NAN, INFINITY = float("nan"), float("inf")


def asked(**fields):
    return Request(**{"prompt": "a girl in a red dress dancing", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"size": (1280, 720)},
        {"size": "1920x1080"},
        {"size": Size(128, 72)},
        {"size": "854x480"},
        {"fps": Fraction(30000, 1001)},
        {"fps": 29.97},
        {"seed": 2**63 - 1},
        {"prompt": "", "scene": Scene("meadow")},
        {"prompt": "一" * 512},
        {"steps": 1, "guidance": 4.5, "threads": 2, "device": "cuda:1", "mode": "text"},
    ],
)
def test_possible_requests_pass(fields):
    check(asked(**fields))


@pytest.mark.parametrize(
    ("field", "value", "nearest"),
    [
        ("prompt", "", "a girl"),
        ("prompt", " \n\t", "a girl"),
        ("prompt", "x" * 100_000, "first 512"),
        ("prompt", None, ""),
        ("size", (0, 0), "128x72"),
        ("size", (0, 720), "128x72"),
        ("size", (-1280, -720), "128x72"),
        ("size", (640, 480), "736x414"),
        ("size", (1281, 720), "1280x720"),
        ("size", (1280, 722 * 2), "1792x1008"),
        ("size", (100_000, 100_000), "1920x1080"),
        ("size", (3840, 2160), "1920x1080"),
        ("size", (1280.0, 720), "1280x720"),
        ("seconds", -1, "0.1"),
        ("seconds", 0, "0.1"),
        ("seconds", NAN, "0.1"),
        ("seconds", INFINITY, "60"),
        ("seconds", 3600, "60"),
        ("seconds", "4", "0.1"),
        ("fps", 0, "1"),
        ("fps", -30, "1"),
        ("fps", NAN, "1"),
        ("fps", 1000, "120"),
        ("fps", True, "1"),
        ("mode", "drew", "draw"),
        ("mode", None, "auto, text, plan, draw"),
        ("seed", -1, "0"),
        ("seed", 2**63, str(2**63 - 1)),
        ("seed", 1.5, "0"),
        ("seed", None, "0"),
        ("model", "mimi", "mini"),
        ("model", "/no/such/folder", "mini"),
        ("steps", 0, "1"),
        ("steps", NAN, "1"),
        ("steps", 101, "100"),
        ("steps", 2.5, "1"),
        ("guidance", NAN, "0"),
        ("guidance", -1, "0"),
        ("device", "gpu", "cpu"),
        ("threads", 0, "1"),
        ("scene", {"setting": "meadow"}, "Scene"),
    ],
)
def test_impossible_requests_are_refused_with_value_rule_and_nearest(field, value, nearest):
    with pytest.raises(RequestError) as caught:
        check(asked(**{field: value}))
    message = str(caught.value)
    assert caught.value.field == field and caught.value.exit_code == 2
    assert message.startswith(f"{field} is ") and (not nearest or nearest in str(caught.value.nearest))
    assert len(message) < 400


@pytest.mark.parametrize("size", ["wide", "1280", "1280x", "0x0x0", (1, 2, 3), None, 720])
def test_what_is_no_size_is_refused_at_once(size):
    with pytest.raises(RequestError, match="size is"):
        asked(size=size)


def test_a_film_shorter_than_a_frame_is_refused():
    with pytest.raises(RequestError, match=r"at least one frame.*1\.0") as caught:
        check(asked(seconds=0.4, fps=1))
    assert caught.value.nearest == 1


def test_a_scene_cannot_be_filmed_from_the_text_alone():
    with pytest.raises(RequestError, match="sees no scene"):
        check(asked(scene=Scene("meadow"), mode="text"))


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"model\.json does not exist"):
        check(asked(model=str(tmp_path)))


@pytest.mark.parametrize("width", [1, 3, 127, 130, 500, 641, 999, 1279, 1500, 1921, 10**6])
@pytest.mark.parametrize("height", [1, 71, 480, 721, 1080, 10**6])
def test_the_nearest_size_always_works(width, height):
    nearest = nearest_size(Size(width, height))
    check(asked(size=nearest))
    assert nearest.width * 9 == nearest.height * 16
    assert SMALLEST.width <= nearest.width <= LARGEST.width


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"),
    [
        (4, 30, 120),
        (4.0, Fraction(30000, 1001), 120),
        (0.1, 30, 3),
        (1.1, 10, 11),
        (2.3, 100, 230),
        (60, 120, 7200),
        (0.35, 10, 4),
    ],
)
def test_the_number_of_frames_is_seconds_times_fps(seconds, fps, frames):
    assert asked(seconds=seconds, fps=fps).num_frames == frames


def test_refusals_share_one_family():
    assert issubclass(RequestError, FilmloomError) and issubclass(CheckpointError, FilmloomError)


def test_checking_a_request_needs_no_torch():
    code = (
        "import sys; from filmloom.generate.request import Request, check; check(Request(prompt='a cat'));"
        "print(sorted({'torch', 'cv2', 'av'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
