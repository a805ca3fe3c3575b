"""A visible label is as high and as long as asked, legible over anything, in its place, and never of empty boxes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from filmloom.core.errors import RequestError, UserError
from filmloom.finishing.fonts import drawn, missing, runs_of
from filmloom.finishing.visible import PLACES, Stamp, labelled

RATE = Fraction(4)
NOBODYS = "\u0378"  # a place in Unicode that is not assigned: no font has it


def film(num_frames=12, *, size=(180, 320), value=None):
    frames = np.random.default_rng(0).integers(0, 256, (num_frames, *size, 3)).astype(np.uint8)
    return frames if value is None else np.full_like(frames, value)


def labels(frames, text="AI-generated", *, rate=RATE, cut=5, **options):
    return np.concatenate(list(labelled(np.split(frames, range(cut, len(frames), cut)), text, rate=rate, **options)))


def box_of(frames, out):
    changed = (frames != out).any((0, 3))
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def installed(text):
    try:
        return runs_of(text)
    except UserError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("rate, seconds", [(Fraction(4), 2.0), (Fraction(4), 2.1), (Fraction(30000, 1001), 2.0)])
def test_it_stays_for_the_seconds_asked_and_not_a_frame_longer(rate, seconds):
    frames = film(70, size=(36, 220), value=99)
    out = labels(frames, "AI", rate=rate, seconds=seconds)
    on = (out != frames).any((1, 2, 3))
    assert [bool(one) for one in on] == [number / rate < Fraction(str(seconds)) for number in range(70)]


def test_chunks_do_not_matter_and_the_input_is_left_alone():
    frames = film()
    before = frames.copy()
    whole = labels(frames, cut=100)
    assert all(np.array_equal(labels(frames, cut=cut), whole) for cut in (1, 3, 8))
    assert np.array_equal(frames, before) and whole.dtype == np.uint8


@pytest.mark.parametrize("size", [(180, 320), (320, 180), (360, 640)])
@pytest.mark.parametrize("height", [0.05, 0.1])
def test_its_letters_are_as_high_as_asked(size, height):
    """Over black, so that all light is ink; H has neither curve nor tail."""
    out = labels(film(1, size=size, value=0), "H", height=height)
    rows = np.flatnonzero((out[0, :, :, 0] > 127).any(1))
    assert height * min(size) <= rows[-1] + 1 - rows[0] <= height * min(size) + 2


def test_a_tail_below_the_line_does_not_count_as_height():
    stamps = [Stamp(text, 720, 1280, height=0.05, place="top") for text in ("AI", "AIg")]
    heights = [stamp.rows.stop - stamp.rows.start for stamp in stamps]
    assert heights[1] > heights[0]


@pytest.mark.parametrize("behind", [0, 128, 255])
def test_letters_keep_a_contrast_of_seven_to_one_over_any_picture(behind):
    frames = film(1, value=behind)
    out = labels(frames)
    box = Stamp("AI-generated", 180, 320, height=0.05, place="bottom-right")
    inside = out[0, box.rows, box.columns, 0]
    ground, ink = luminance(inside[0, 0]), luminance(inside.max())
    assert inside.max() == 255 and (ink + 0.05) / (ground + 0.05) >= 7
    assert len(np.unique(inside)) > 8, "edges are smoothed"


def luminance(code):
    value = code / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # WCAG 2.2, relative luminance


@pytest.mark.parametrize("place", PLACES)
def test_it_lies_where_asked_within_the_picture_and_changes_nothing_else(place):
    frames = film(1)
    out = labels(frames, place=place)
    top, bottom, left, right = box_of(frames, out)
    margin = round(0.03 * 180)
    assert top == margin if place.startswith("top") else bottom == 180 - margin
    if place.endswith("left"):
        assert left == margin
    elif place.endswith("right"):
        assert right == 320 - margin
    else:
        assert abs(left - (320 - right)) <= 1
    outside = np.ones((180, 320), bool)
    outside[top:bottom, left:right] = False
    assert np.array_equal(out[0][outside], frames[0][outside])


@pytest.mark.parametrize(
    "options, what",
    [
        ({"seconds": 1.9}, "two seconds or longer"), ({"seconds": float("inf")}, "two seconds"),
        ({"height": 0.04}, "0.05 to 0.5"), ({"place": "middle"}, "bottom-right"), ({"text": " "}, "one line"),
        ({"text": "a\nb"}, "one line"),
    ],
)  # fmt: skip
def test_wrong_values_are_refused_before_any_frame(options, what):
    with pytest.raises(RequestError, match=what):
        labelled(iter([]), **{"text": "AI", "rate": RATE, **options})


def test_a_label_that_does_not_fit_is_refused():
    with pytest.raises(RequestError, match="not dots and dashes"):
        labels(film(1), "...")
    with pytest.raises(RequestError, match="must fit on one line"):
        labels(film(1), "made by a machine " * 10)


# --- Fonts


def test_pillows_own_font_has_latin_and_not_chinese():
    assert missing("AI-generated 2026") == ""
    assert missing("AI生成a生") == "生成"
    assert runs_of("AI-generated")[0].file is None


def test_letters_that_no_font_has_are_an_error_and_never_boxes():
    with pytest.raises(UserError, match="No font here has all letters"):
        labels(film(1), f"AI {NOBODYS}")


@pytest.mark.parametrize("text", ["人工智能生成", "AI生成", "生成 AI", "AIによる生成", "AI 생성"])
def test_chinese_japanese_and_korean(text):
    runs = installed(text)
    assert "".join(run.text for run in runs) == text
    assert not any(missing(run.text, run.file, run.index) for run in runs)
    out = labels(film(1, value=0), text)
    rows = np.flatnonzero((out[0, :, :, 0] > 127).any(1))
    assert rows[-1] + 1 - rows[0] >= 0.05 * 180


@pytest.mark.parametrize("text", ["أنتجه الذكاء الاصطناعي", "एआई द्वारा निर्मित"])
def test_scripts_whose_letters_join(text):
    """Shaped, a word is narrower than its letters standing alone side by side, or at least other than they are."""
    runs = installed(text)
    word = drawn(runs, pixels=40)
    alone = sum(drawn(installed(letter), pixels=40).shape[1] for letter in text if not letter.isspace())
    assert word.shape[1] < alone
    assert labels(film(1, size=(360, 640)), text).shape == (1, 360, 640, 3)


def test_a_given_font_must_have_the_letters(tmp_path):
    runs = installed("Ж")
    path = runs[0].file
    assert path is None or runs_of("Ж", path)[0].file == path
    with pytest.raises(UserError, match="does not exist"):
        labels(film(1), "AI", font=tmp_path / "none.ttf")
    (tmp_path / "bad.ttf").write_bytes(b"no font")
    with pytest.raises(UserError, match="cannot be read as a font"):
        labels(film(1), "AI", font=tmp_path / "bad.ttf")
    if path is not None:
        with pytest.raises(UserError, match=r"fonts-noto-core.*another font file"):
            runs_of(f"AI{NOBODYS}", path)


def test_without_fontconfig_latin_still_works_and_the_rest_says_what_to_install(monkeypatch, tmp_path):
    runs_of.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert labels(film(1), "AI").shape == (1, 180, 320, 3)
    with pytest.raises(UserError, match="apt-get install fonts-noto-cjk"):
        runs_of("人工智能生成")
    runs_of.cache_clear()
