"""Posters, sheets and frames of another shape: where every pixel comes from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from filmloom.core.errors import RequestError
from filmloom.core.types import Size
from filmloom.finishing.frame import SafeArea, framed_size, reframe, reframed
from filmloom.finishing.stills import (
    clock,
    contact_sheet,
    interest,
    poster,
    save_picture,
    spread,
    sprite_cues,
    sprite_sheet,
)
from filmloom.finishing.subtitles import parse_subtitles


def shaded(num_frames, height=36, width=64):
    return np.broadcast_to(np.arange(num_frames, dtype=np.uint8)[:, None, None, None], (num_frames, height, width, 3))


def noise(height=36, width=64, seed=0, num_frames=2):
    return np.random.default_rng(seed).integers(0, 256, (num_frames, height, width, 3), dtype=np.uint8)


# --- another shape


@pytest.mark.parametrize("aspect", [(9, 16), (1, 1), (4, 5), (16, 9), (21, 9)])
@pytest.mark.parametrize("size", [Size(1280, 720), Size(720, 1280), Size(641, 359), Size(64, 36)])
def test_the_size_has_exactly_the_aspect_and_is_the_nearest(size, aspect):
    inside, around = framed_size(size, aspect), framed_size(size, aspect, how="pad")
    for framed in (inside, around):
        assert framed.width * aspect[1] == framed.height * aspect[0] and framed.width % 2 == framed.height % 2 == 0
    assert inside.width <= size.width and inside.height <= size.height
    assert around.width >= size.width and around.height >= size.height
    step = around.width - inside.width
    assert step >= 0 and framed_size(inside, aspect) == inside


def test_what_is_too_small_to_cut_is_refused():
    with pytest.raises(RequestError) as error:
        framed_size(Size(16, 9), (9, 16))
    assert error.value.nearest == "18x32"


@pytest.mark.parametrize(("centre", "left"), [((0.5, 0.5), 23), ((0, 0), 0), ((1, 1), 46), ((0.25, 0.5), 7)])
def test_a_cut_touches_no_pixel(centre, left):
    frames = noise(32)
    cut = next(reframed([frames], Size(18, 32), how="crop", centre=centre))
    assert np.array_equal(cut, frames[:, :, left : left + 18])


def test_a_cut_that_scales_keeps_the_shape():
    frames = np.zeros((1, 36, 64, 3), np.uint8)
    frames[:, 10:26, 24:40] = 255  # a square
    bright = reframe(frames[0], Size(36, 64), how="crop")[..., 0] > 127
    rows, columns = bright.any(1).sum(), bright.any(0).sum()
    assert abs(int(rows) - int(columns)) <= 1 and abs(int(rows) - 16 * 64 / 36) <= 1


def test_bars_surround_the_whole_untouched_picture():
    frames = noise()
    shown = next(reframed([frames], Size(64, 80), how="pad", colour=(1, 2, 3)))
    assert np.array_equal(shown[:, 22:58], frames)
    assert (shown[:, :22] == (1, 2, 3)).all() and (shown[:, 58:] == (1, 2, 3)).all()


def test_the_blurred_ground_is_dim_smooth_and_behind_the_picture():
    frames = noise(num_frames=1)
    shown = next(reframed([frames], Size(64, 112), how="blur"))[0]
    assert np.array_equal(shown[38:74], frames[0])
    ground = shown[:36].astype(float)
    assert ground.mean() == pytest.approx(0.7 * frames.mean(), rel=0.1) and ground.std() < frames.std() / 3
    flat = reframe(np.full((36, 64, 3), 200, np.uint8), Size(64, 112), how="blur")
    assert (flat[:38] == 140).all() and (flat[38:74] == 200).all()


def test_chunks_are_cut_alike_and_wrong_ways_are_refused():
    frames = noise(num_frames=5)
    whole = next(reframed([frames], Size(40, 40), how="blur"))
    parts = np.concatenate(list(reframed([frames[:1], frames[1:4], frames[4:]], Size(40, 40), how="blur")))
    assert np.array_equal(whole, parts)
    with pytest.raises(RequestError, match="crop, pad, blur"):
        reframed([frames], Size(40, 40), how="squeeze")
    with pytest.raises(RequestError, match="a point of the picture"):
        reframed([frames], Size(40, 40), centre=(2, 0))


def test_a_safe_area_in_pixels():
    area, size = SafeArea(top=0.14, bottom=0.35, left=0.06, right=0.06), Size(1080, 1920)
    assert area.box(size) == (65, 269, 1015, 1248)
    assert area.holds(size, (65, 269, 1015, 1248)) and not area.holds(size, (64, 269, 1015, 1248))


# --- poster


def test_the_poster_is_the_frame_with_most_to_see():
    dull, black = np.full((3, 72, 128, 3), 120, np.uint8), np.zeros((2, 72, 128, 3), np.uint8)
    squares = (np.indices((72, 128)).sum(0) // 12 % 2 * 150 + 50).astype(np.uint8)
    grey = np.repeat(squares[None, :, :, None], 3, axis=3)
    colourful = grey.copy()
    colourful[..., 2] = 30
    film = np.concatenate([black, dull, grey, colourful, dull])
    still = poster([film[:4], film[4:]])
    assert still.frame == 6 and np.array_equal(still.picture, colourful[0])
    assert interest(black[0]) == 0 and interest(dull[0]) == 0
    assert poster([black]).frame == 0 and poster([film], frame=5).frame == 5
    with pytest.raises(RequestError) as error:
        poster([film], frame=99)
    assert error.value.nearest == len(film) - 1


# --- sheets


@pytest.mark.parametrize(("num_frames", "num_shown"), [(100, 12), (12, 12), (5, 12), (1, 1), (7, 3)])
def test_frames_are_spread_evenly(num_frames, num_shown):
    shown = spread(num_frames, num_shown)
    assert len(shown) == len(set(shown)) == min(num_frames, num_shown)
    assert all(0 <= number < num_frames for number in shown)
    assert (
        shown[0] + shown[-1] in (num_frames - 1, num_frames) and np.ptp(np.diff(shown)) <= 1 if len(shown) > 1 else True
    )


def test_a_contact_sheet_has_each_frame_in_its_box():
    film = shaded(50)
    sheet = contact_sheet(
        [film[:20], film[20:]], num_frames=50, rate=Fraction(24), columns=3, rows=2, width=212, times=False
    )
    assert sheet.frames == (4, 12, 20, 29, 37, 45) and sheet.picture.shape == (2 * 34 + 3 * 8, 212, 3)
    expected = np.full_like(sheet.picture, 24)
    for (x, y, width, height), frame in zip(sheet.boxes, sheet.frames):
        assert (width, height) == (60, 34)
        expected[y : y + height, x : x + width] = frame
    assert np.array_equal(sheet.picture, expected)
    assert [box[:2] for box in sheet.boxes] == [(8 + 68 * (n % 3), 8 + 42 * (n // 3)) for n in range(6)]


def test_times_are_written_in_the_corner_alone():
    film = np.full((24, 72, 128, 3), 200, np.uint8)
    options = {"num_frames": 24, "rate": Fraction(24), "columns": 2, "rows": 1, "width": 280}
    plain, timed = (contact_sheet([film], times=times, **options) for times in (False, True))
    changed = (plain.picture != timed.picture).any(-1)
    for x, y, width, height in timed.boxes:
        box = changed[y : y + height, x : x + width]
        rows, columns = np.nonzero(box)
        assert box.any() and rows.min() > height / 2 and columns.min() > width / 4
        changed[y : y + height, x : x + width] = False
    assert not changed.any()


def test_a_sprite_sheet_and_its_cues_agree():
    film, rate, every = shaded(100), Fraction(24), Fraction(1, 2)
    sheet = sprite_sheet([film], num_frames=100, rate=rate, every=every, width=32, columns=4)
    assert sheet.frames == (0, 12, 24, 36, 48, 60, 72, 84, 96) and sheet.picture.shape == (3 * 18, 4 * 32, 3)
    cues = parse_subtitles(sprite_cues(sheet, "film.jpg", duration=100 / rate, every=every))
    assert [c.start for c in cues] == [n * every for n in range(9)] and cues[-1].end == Fraction(4167, 1000)
    for found, frame in zip(cues, sheet.frames):
        x, y, width, height = map(int, found.text.removeprefix("film.jpg#xywh=").split(","))
        assert (sheet.picture[y : y + height, x : x + width] == frame).all()
        assert frame / rate >= found.start and frame / rate < found.end


def test_a_film_shorter_than_told_and_counts_below_one_are_refused():
    with pytest.raises(RequestError, match="num_frames"):
        contact_sheet([shaded(10)], num_frames=50, rate=Fraction(24))
    with pytest.raises(RequestError, match="columns is 0"):
        contact_sheet([shaded(10)], num_frames=10, rate=Fraction(24), columns=0)
    with pytest.raises(RequestError, match="at least 8 pixels"):
        contact_sheet([shaded(10)], num_frames=10, rate=Fraction(24), width=40)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_pictures_are_saved_whole_or_not_at_all(tmp_path, suffix):
    picture = np.full((18, 32, 3), (200, 60, 30), np.uint8)
    path = save_picture(tmp_path / f"a{suffix}", picture)
    with Image.open(path) as image:
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - picture).max() <= (0 if suffix == ".png" else 4)
    with pytest.raises(RequestError, match="exists"):
        save_picture(path, picture)
    with pytest.raises(RequestError, match="written as"):
        save_picture(tmp_path / "a.bmp", picture)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_clocks():
    assert [clock(Fraction(t)) for t in ("7.5", "62.25", "3727.5")] == ["0:07.50", "1:02.25", "1:02:07.50"]
    assert clock(Fraction("3727.5"), hours=True) == "01:02:07.500"
