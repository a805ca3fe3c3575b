"""A written file has exactly the frames, rate, colours and settings it was given, or does not exist."""

from __future__ import annotations

import errno
import shutil
from collections import namedtuple
from fractions import Fraction

import av
import numpy as np
import pytest

from filmloom.core.errors import RequestError, ResourceError, UserError
from filmloom.core.types import Size
from filmloom.finishing.mp4 import Mp4Writer, check_output, estimated_bytes, read_settings, write_mp4

SIZE = Size(128, 72)


def ramp(num_frames, *, size=SIZE, seed=0):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 128, (1, size.height, size.width, 3))
    return (start + np.arange(num_frames)[:, None, None, None] * 2).clip(0, 255).astype(np.uint8)


def write(path, frames, *, fps=Fraction(30), overwrite=False, **metadata):
    size = Size(frames.shape[2], frames.shape[1])
    return write_mp4(path, np.array_split(frames, 3), size=size, fps=fps, metadata=metadata, overwrite=overwrite)


def decoded(path):
    """Frames in RGB by the file's own tags."""
    with av.open(path) as container:
        for frame in container.decode(video=0):
            rgb = frame.reformat(
                format="rgb24", src_colorspace=frame.colorspace, src_color_range=frame.color_range, dst_color_range=2
            )
            yield rgb.to_ndarray()


@pytest.mark.parametrize(
    "fps", [Fraction(30), Fraction(24), Fraction(30000, 1001), Fraction(15, 2), Fraction(1), Fraction(120)]
)
def test_frames_rate_and_tags_are_exact(tmp_path, fps):
    path = write(tmp_path / "a.mp4", ramp(13), fps=fps)
    with av.open(path) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (128, 72, 13)
        assert stream.average_rate == fps and stream.base_rate == fps
        assert stream.duration * stream.time_base == 13 / fps
        context = stream.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (1, 1, 1, 1)
        times = [frame.pts * frame.time_base for frame in container.decode(stream)]
        assert times == [index / fps for index in range(13)]


def test_the_index_comes_before_the_data(tmp_path):
    data = write(tmp_path / "a.mp4", ramp(3)).read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    "rgb",
    [
        (229, 56, 59),
        (76, 175, 80),
        (59, 130, 224),
        (249, 207, 63),
        (247, 244, 238),
        (51, 50, 61),
        (0, 0, 0),
        (255, 255, 255),
    ],
)
def test_a_flat_patch_keeps_its_colour(tmp_path, rgb):
    frames = np.broadcast_to(np.array(rgb, np.uint8), (3, 72, 128, 3))
    for picture in decoded(write(tmp_path / "a.mp4", frames)):
        assert np.abs(picture[8:-8, 8:-8].astype(int) - rgb).max() <= 2


def test_a_flat_patch_has_the_codes_that_bt709_defines(tmp_path):
    rgb = np.array([200, 60, 30])
    path = write(tmp_path / "a.mp4", np.broadcast_to(rgb.astype(np.uint8), (2, 72, 128, 3)))
    red, green, blue = rgb / 255
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    wanted = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748)
    with av.open(path) as container:
        planes = next(container.decode(video=0)).planes
        found = [
            np.frombuffer(plane, np.uint8)[plane.line_size * (plane.height // 2) + plane.width // 2] for plane in planes
        ]
    assert np.abs(np.array(found) - wanted).max() <= 1


def test_settings_come_back(tmp_path):
    settings = {
        "prompt": '一位穿红色连衣裙的女孩 "dancing"\n',
        "seed": 2**63 - 1,
        "scene": {"subjects": [1, None, 0.1]},
        "mode": "draw",
    }
    assert read_settings(write(tmp_path / "a.mp4", ramp(2), **settings)) == settings


def test_equal_frames_give_equal_files(tmp_path):
    frames = ramp(30, size=Size(256, 144))
    a, b = (write(tmp_path / name, frames, seed=1).read_bytes() for name in ("a.mp4", "b.mp4"))
    assert a == b


def test_chunks_do_not_matter(tmp_path):
    frames = ramp(9)
    whole = write_mp4(tmp_path / "a.mp4", [frames], size=SIZE, fps=Fraction(30), metadata={})
    single = write_mp4(tmp_path / "b.mp4", frames[:, None], size=SIZE, fps=Fraction(30), metadata={})
    assert whole.read_bytes() == single.read_bytes()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
@pytest.mark.parametrize("after", [0, 5])
def test_an_error_leaves_nothing(tmp_path, error, after):
    def chunks():
        yield from ramp(after)[:, None]
        raise error

    with pytest.raises(error):
        write_mp4(tmp_path / "a.mp4", chunks(), size=SIZE, fps=Fraction(30), metadata={})
    assert list(tmp_path.iterdir()) == []


def test_an_error_keeps_the_file_that_was_to_be_overwritten(tmp_path):
    path = write(tmp_path / "a.mp4", ramp(2))
    before = path.read_bytes()
    with (
        pytest.raises(KeyboardInterrupt),
        Mp4Writer(path, size=SIZE, fps=Fraction(30), metadata={}, overwrite=True) as writer,
    ):
        writer.write(ramp(3))
        raise KeyboardInterrupt
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    def chunks():
        yield ramp(2)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ResourceError, match="disk is full"):
        write_mp4(tmp_path / "a.mp4", chunks(), size=SIZE, fps=Fraction(30), metadata={})
    assert list(tmp_path.iterdir()) == []


def test_too_little_space_is_refused_before_the_work(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 2**20))
    with pytest.raises(ResourceError, match="1 MiB free"):
        check_output(tmp_path / "a.mp4", expected_bytes=estimated_bytes(Size(1280, 720), 120))
    check_output(tmp_path / "a.mp4", expected_bytes=1000)


def test_the_estimate_covers_noise(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (10, 72, 128, 3), np.uint8)
    assert write(tmp_path / "a.mp4", frames).stat().st_size < estimated_bytes(SIZE, 10)


def test_an_existing_file_is_refused_with_a_free_name(tmp_path):
    path = write(tmp_path / "a.mp4", ramp(2))
    with pytest.raises(RequestError, match=r"exists.*--overwrite.*a-2\.mp4"):
        write(path, ramp(2))
    write(path, ramp(4), overwrite=True)
    assert len(list(decoded(path))) == 4


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path):
    path = tmp_path / "a.mp4"
    with (
        pytest.raises(RequestError, match="exists"),
        Mp4Writer(path, size=SIZE, fps=Fraction(30), metadata={}) as writer,
    ):
        writer.write(ramp(2))
        path.write_text("mine")
    assert path.read_text() == "mine" and list(tmp_path.iterdir()) == [path]


def test_impossible_outputs_are_refused(tmp_path):
    with pytest.raises(RequestError, match=r"\.mp4.*film\.mp4"):
        check_output(tmp_path / "film.avi")
    with pytest.raises(RequestError, match="must exist"):
        check_output(tmp_path / "no" / "where" / "a.mp4")
    (tmp_path / "dir.mp4").mkdir()
    with pytest.raises(RequestError, match="not a folder"):
        check_output(tmp_path / "dir.mp4", overwrite=True)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    from pathlib import Path

    def denied(self, exist_ok):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "touch", denied)
    with pytest.raises(RequestError, match="must be writable"):
        check_output(tmp_path / "a.mp4")


def test_a_file_without_settings_is_said(tmp_path):
    with av.open(tmp_path / "b.mp4", "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        container.mux(stream.encode(None))
    with pytest.raises(UserError, match="no settings"):
        read_settings(tmp_path / "b.mp4")
    (tmp_path / "c.mp4").write_text("no film")
    with pytest.raises(UserError, match="cannot be read"):
        read_settings(tmp_path / "c.mp4")


@pytest.mark.parametrize("seed", range(4))
def test_an_odd_rate_lasts_exactly_as_long_as_its_frames(tmp_path, seed):
    """The edit list once counted milliseconds: seven frames at 30000/1001 read back as 0.233 s."""
    rng, rate = np.random.default_rng(seed), Fraction(30_000, 1001)
    path = write(tmp_path / "a.mp4", rng.integers(0, 255, (7, SIZE.height, SIZE.width, 3), np.uint8), fps=rate)
    with av.open(path) as container:
        stream = container.streams.video[0]
        assert stream.duration * stream.time_base == 7 / rate


def test_the_same_frames_are_the_same_file_each_time(tmp_path):
    """x264's AVX-512 code would make several of them, of small films with motion and grain."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 128, (32, 48, 3)).repeat(8, 0).repeat(8, 1)
    moved = [np.roll(coarse, (i, 2 * i), (0, 1))[:192, :320] + rng.integers(0, 6, (192, 320, 3)) for i in range(30)]
    frames = np.stack(moved).astype(np.uint8)
    files = set()
    for number in range(20):
        write(tmp_path / f"{number}.mp4", frames)
        files.add((tmp_path / f"{number}.mp4").read_bytes())
    assert len(files) == 1
