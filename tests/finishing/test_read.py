"""What was written is read: every picture, its time, its colours by the file's own tags; anything else is refused."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from filmloom.core.errors import UserError
from filmloom.core.types import Size
from filmloom.finishing.mp4 import write_mp4
from filmloom.finishing.read import open_film, read_picture

COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0], [200, 120, 40]], np.uint8)


def bars(height=48, width=96):
    return np.repeat(np.repeat(COLOURS[None], height, 0), width // len(COLOURS), 1)


def encoded(path, picture, *, matrix, full, pix_fmt="yuv444p"):
    """Three frames of a picture in a lossless file with the given tags."""
    range_ = 2 if full else 1
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = *picture.shape[:2], pix_fmt
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, range_
        for i in range(3):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format=pix_fmt, src_colorspace=1, src_color_range=2, dst_colorspace=matrix, dst_color_range=range_
            )
            frame.pts, frame.time_base = i, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_film_comes_back_frame_by_frame(tmp_path):
    frames = np.stack([np.full((36, 64, 3), value, np.uint8) for value in range(0, 220, 20)])
    path = write_mp4(tmp_path / "a.mp4", [frames], size=Size(64, 36), fps=Fraction(30000, 1001), metadata={})
    with open_film(path) as film:
        assert (film.size, film.rate, film.num_frames) == (Size(64, 36), Fraction(30000, 1001), 11)
        assert film.duration == 11 / film.rate and not film.has_audio
        chunks = list(film.chunks(4))
        assert [len(chunk) for chunk in chunks] == [4, 4, 3]
        assert np.abs(np.concatenate(chunks).astype(int) - frames).max() <= 2
        assert [time for _, time in film.timed()] == [number / film.rate for number in range(11)]


@pytest.mark.parametrize("matrix", [1, 6])
@pytest.mark.parametrize("full", [True, False])
def test_colours_follow_the_tags(tmp_path, matrix, full):
    """BT.709 and BT.601, full and limited: the same bars come back within rounding."""
    with open_film(encoded(tmp_path / "bars.mkv", bars(), matrix=matrix, full=full)) as film:
        found = next(film.chunks(1))[0]
    assert np.abs(found.astype(int) - bars()).max() <= 3


def test_what_is_no_film_is_refused_by_name(tmp_path):
    (tmp_path / "text.mp4").write_text("not a film")
    for path in (tmp_path / "absent.mp4", tmp_path / "text.mp4"):
        with pytest.raises(UserError, match=path.name):
            open_film(path)


def test_pictures_are_turned_and_flattened(tmp_path):
    picture = bars()
    exif = Image.Exif()
    exif[0x0112] = 6  # a camera held on its side: shown turned clockwise
    Image.fromarray(picture).save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(read_picture(tmp_path / "turned.png"), np.rot90(picture, -1))
    Image.fromarray(np.dstack([picture, np.zeros(picture.shape[:2], np.uint8)])).save(tmp_path / "clear.png")
    assert not read_picture(tmp_path / "clear.png").any()
    (tmp_path / "broken.png").write_bytes(b"\x89PNG nothing")
    for name in ("broken.png", "absent.png"):
        with pytest.raises(UserError, match=name):
            read_picture(tmp_path / name)
