"""The AIGC label has the standard's seven fields, is read by everyone's tools, and is in a copy where we say it is."""

from __future__ import annotations

import json
import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Audio, Size
from filmloom.finishing.label import (
    FIELDS,
    FoundLabel,
    Label,
    container_tags,
    described,
    label_of,
    read_label,
    read_tags,
    with_tags,
)
from filmloom.finishing.mp4 import read_settings, write_mp4

SETTINGS = {"prompt": "一只猫 \"quoted\" & 'more' = ; #", "seed": 7, "mode": "text"}
STANDARD = [
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
]

needs = {
    name: pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    for name in ("ffmpeg", "ffprobe", "exiftool")
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    frames = np.random.default_rng(0).integers(0, 255, (6, 36, 64, 3)).astype(np.uint8)
    path = tmp_path_factory.mktemp("films") / "plain.mp4"
    return write_mp4(path, [frames], size=Size(64, 36), fps=Fraction(30000, 1001), metadata={"seed": 1})


@pytest.fixture
def film(plain, tmp_path):
    return with_tags(plain, tmp_path / "film.mp4", container_tags(SETTINGS, label()))


def label():
    return label_of(SETTINGS, producer="织影工作室")


def output_of(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, check=True, timeout=60).stdout


def test_the_label_is_the_standards_object_of_seven_texts(film):
    value = json.loads(read_tags(film)["AIGC"])
    assert list(value) == STANDARD and all(isinstance(text, str) for text in value.values())
    assert (value["Label"], value["ContentProducer"]) == ("1", "织影工作室")
    found = read_label(film)
    assert (found.label, found.place, found.problems) == (label(), "AIGC", ())


def test_a_films_number_is_its_settings(film):
    assert label() == label() and len(label().produce_id) == 32
    assert label_of({**SETTINGS, "seed": 8}).produce_id != label().produce_id


def test_tags_change_no_picture_and_no_time(film, plain):
    import av

    def told(path):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            packets = [(packet.pts, packet.dts, bytes(packet)) for packet in container.demux(stream)]
            return stream.average_rate, stream.duration * stream.time_base, stream.codec_context.color_range, packets

    assert told(film) == told(plain)
    data = film.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert {**SETTINGS, "aigc": label().fields()} == read_settings(film)


def test_tags_leave_sound_where_it_was_to_the_sample(tmp_path):
    import av

    click = np.zeros((2, 48_000), np.float32)
    click[:, 24_000] = 0.9
    frames = np.zeros((24, 36, 64, 3), np.uint8)
    film = tmp_path / "film.mp4"
    write_mp4(film, [frames], size=Size(64, 36), fps=Fraction(24), metadata={}, audio=Audio(click))

    def heard(path):
        with av.open(str(path)) as container:
            sound = container.streams.audio[0]
            frames = list(container.decode(sound))
            samples = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
            return frames[0].pts, sound.duration * sound.time_base, samples

    before, after = heard(film), heard(with_tags(film, tmp_path / "copy.mp4", {"AIGC": label().json()}))
    assert after[:2] == before[:2] == (0, 1) and np.array_equal(after[2], before[2])
    assert abs(after[2][0]).argmax() == 24_000


@needs["ffprobe"]
def test_ffprobe_reads_it(film):
    tags = json.loads(output_of("ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "json", film))
    assert json.loads(tags["format"]["tags"]["AIGC"]) == label().fields()


@needs["exiftool"]
def test_exiftool_reads_it(film):
    (told,) = json.loads(output_of("exiftool", "-j", "-G1", "-AIGC", "-api", "LargeFileSupport=1", film))
    assert json.loads(told["Keys:AIGC"]) == label().fields()


@needs["ffmpeg"]
@pytest.mark.parametrize(
    "suffix, options, place",
    [
        (".mp4", [], "settings"),
        (".mov", [], "settings"),
        (".mp4", ["-movflags", "use_metadata_tags"], "AIGC"),
        (".mov", ["-movflags", "use_metadata_tags"], "AIGC"),
        (".mkv", [], "AIGC"),
    ],
)
def test_a_stream_copy_keeps_settings_and_label(film, tmp_path, suffix, options, place):
    copy = tmp_path / f"copy{suffix}"
    output_of("ffmpeg", "-v", "error", "-i", film, "-c", "copy", *options, copy)
    found = read_label(copy)
    assert (found.label, found.place) == (label(), place)
    tags = {key.lower(): value for key, value in read_tags(copy).items()}
    assert json.loads(tags["comment"]) == {**SETTINGS, "aigc": label().fields()}


def test_no_label_is_none_and_a_wrong_one_is_told(plain, tmp_path):
    assert read_label(plain) is None and described(None) == "none"
    bad = {
        "not JSON": "is not a JSON object",
        json.dumps({**label().fields(), "Label": "9"}): "must be 1",
        json.dumps({**label().fields(), "Extra": ""}): "Extra is not of the standard",
        json.dumps({"Label": "1"}): "ContentProducer is missing",
        json.dumps({**label().fields(), "ProduceID": 4}): "ProduceID is no text",
    }
    for value, problem in bad.items():
        found = read_label(with_tags(plain, tmp_path / "bad.mp4", {"AIGC": value}))
        assert found.label is None and problem in found.problems[0]
        assert "malformed" in described(found)
    with pytest.raises(RequestError, match="suspected"):
        Label(label="yes")
    with pytest.raises(RequestError, match="name the service"):
        Label(producer=" ")
    with pytest.raises(UserError, match="does not exist"):
        read_label(tmp_path / "none.mp4")


@pytest.mark.parametrize("share, what", [(0.9, "is damaged: it holds"), (0.1, "cannot be read|is damaged")])
def test_a_copy_that_fails_leaves_nothing(plain, tmp_path, share, what):
    data = plain.read_bytes()
    (tmp_path / "torn.mp4").write_bytes(data[: int(share * len(data))])
    with pytest.raises(UserError, match=what):
        with_tags(tmp_path / "torn.mp4", tmp_path / "out.mp4", {})
    assert [path.name for path in tmp_path.iterdir()] == ["torn.mp4"]


def test_every_field_has_one_name_here_and_one_there():
    assert list(FIELDS) == STANDARD and set(FIELDS.values()) == set(vars(Label()))
    told = described(FoundLabel(Label(producer="A", propagator="B"), "AIGC"))
    assert told == "generated by AI, producer A, propagator B"
