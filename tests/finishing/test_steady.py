"""Shake and flicker go, pans and fades stay, steady films come through untouched."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from filmloom.core.errors import RequestError
from filmloom.finishing import steady
from filmloom.finishing.change import Move, Seen, View, camera_step, in_context, light, seen, smooth, views
from filmloom.finishing.steady import BORDERS, SIGMA, FlickerReport, SteadyReport, deflickered, steadied

NAMES = ("car", "horse", "dog", "girl")
REACH = np.array([1, 1, np.hypot(160, 90) / 4])  # (dx, dy, turn) in pixels, half-way to the corner


def joined(chunks):
    return np.concatenate(list(chunks))


def error(a, b):
    return float(np.mean((a.astype(float) - b) ** 2))


def energy(path):
    """Of the fast part of a path [n, k]."""
    return sum(float(np.sum((path[i] - smooth(path, i, SIGMA)) ** 2)) for i in range(len(path)))


def shaken(clip, moves):
    size = clip.shape[2], clip.shape[1]
    moved = [
        cv2.warpAffine(f, m.matrix(*size), size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        for f, m in zip(clip, moves)
    ]
    return np.stack(moved)


def random_moves(num, seed=0):
    rng = np.random.default_rng(seed)
    return [Move(*rng.normal(0, 1.5, 2), rng.normal(0, 0.006)) for _ in range(num)]


def offsets(clip, frames):
    """Where the frames lie over the clip's, (dx, dy, turn) in pixels."""
    steps = [camera_step(View(a), View(b)).as_array()[:3] for a, b in zip(clip, frames)]
    return np.array(steps) * REACH


# --- Paths


def test_a_line_is_its_own_smooth_everywhere():
    path = np.outer(np.arange(9), [2.0, -0.5]) + 3
    assert all(np.allclose(smooth(path, i, 2.0), path[i]) for i in range(9))
    assert np.allclose(smooth(path[:1], 0, 2.0), path[0])


def test_every_item_comes_once_with_its_neighbours():
    for num in range(8):
        for radius in range(4):
            got = list(in_context(iter(range(num)), radius))
            assert [window[i] for i, window in got] == list(range(num))
            for k, (_, window) in enumerate(got):
                assert list(window) == list(range(max(0, k - radius), min(num, k + radius + 1)))


@pytest.mark.parametrize("name", NAMES)
def test_a_known_move_is_measured_beside_moving_subjects_and_other_light(shots, name):
    here = shots[name][5]
    own = camera_step(View(here), View(shots[name][6])).as_array()
    for move in random_moves(4, seed=1):
        there = shaken(shots[name][6:7], [move])[0]
        got = camera_step(View(here), View((there * 0.9).astype(np.uint8))).as_array()
        assert np.abs((got - own - move.as_array())[:3] * REACH).max() < 0.2


def test_a_matrix_turns_around_the_centre():
    matrix = Move(3.0, -2.0, 0.1, 0.5).matrix(161, 91)
    assert np.allclose(matrix @ [80, 45, 1], [83, 43])
    assert np.allclose(matrix[:, :2], [[1.5, -0.1], [0.1, 1.5]])


# --- The camera


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", NAMES)
def test_four_fifths_of_a_shake_go(shots, name, border):
    clip = shots[name][:16]
    moves = random_moves(16)
    report = SteadyReport()
    frames = joined(steadied([shaken(clip, moves)], border=border, report=report))
    injected = np.array([m.as_array()[:3] for m in moves]) * REACH
    assert energy(offsets(clip, frames)) < 0.2 * energy(injected)
    assert report.frames == report.moved == 16 and 1 < report.shake < 4 and report.zoom <= 1 / (1 - 2 * steady.MARGIN)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", NAMES)
def test_steady_films_come_through_bit_for_bit(shots, name, border):
    report = SteadyReport()
    assert np.array_equal(joined(steadied([shots[name]], border=border, report=report)), shots[name])
    assert report.moved == 0 and report.shake < 0.1


def test_cropping_leaves_no_border_in_sight():
    for move in random_moves(50, seed=2):
        one = steady.OnPath(Seen(View(np.zeros((90, 160, 3), np.uint8))), -move.as_array(), np.zeros(4))
        zoom = 1 + steady._zoom(move, one)
        inverse = np.linalg.inv(
            np.vstack([Move(zoom=zoom - 1).matrix(160, 90), [0, 0, 1]]) @ np.vstack([move.matrix(160, 90), [0, 0, 1]])
        )
        x, y, _ = inverse @ np.array([[0, 159, 0, 159], [0, 0, 89, 89], [1, 1, 1, 1]])
        assert x.min() >= -0.5 and x.max() <= 159.5 and y.min() >= -0.5 and y.max() <= 89.5


def test_filling_repeats_no_edge_where_the_frame_before_shows_what_is_there(shots):
    """A still street: after steadying, even its edges are where they were."""
    clip = np.repeat(shots["car"][:1], 16, axis=0)
    frames = joined(steadied([shaken(clip, random_moves(16))], border="fill"))
    later = frames[8].astype(float)
    assert np.abs(later[:, :2].mean(axis=0) - frames[9, :, :2].mean(axis=0)).max() < 25
    assert energy(offsets(clip, frames)) < 0.2 * energy(np.array([m.as_array()[:3] for m in random_moves(16)]) * REACH)


def test_shake_beyond_the_margin_is_limited_and_said(shots):
    moves = [Move(dx=8.0 * (-1) ** i) for i in range(16)]
    report = SteadyReport()
    joined(steadied([shaken(shots["girl"][:16], moves)], margin=0.03, report=report))
    assert report.limited > 8 and report.zoom <= 1 / (1 - 0.06) + 1e-9


def test_chunks_do_not_matter_and_a_cut_begins_anew(shots):
    first, second = shaken(shots["car"][:10], random_moves(10)), shots["girl"][:10]
    both = np.concatenate([first, second])
    frames = joined(steadied(np.split(both, [3, 4, 15])))
    assert np.array_equal(frames, joined(steadied([both])))
    assert np.array_equal(frames[10:], second)
    assert np.array_equal(frames[:10], joined(steadied([first])))


def test_memory_is_bounded(shots):
    taken = []

    def endless():
        for i in range(400):
            taken.append(i)
            yield shots["girl"][i % 2 : i % 2 + 1]

    for finisher, held in ((steadied, 40), (deflickered, 20)):
        taken.clear()
        stream = finisher(endless())
        for number in range(3):
            next(stream)
            assert len(taken) <= number + held
    list(views([]))
    assert list(steadied([])) == list(deflickered([])) == []


@pytest.mark.parametrize("wrong", [{"border": "mirror"}, {"margin": 0}, {"margin": 0.4}])
def test_impossible_wishes_are_refused(wrong):
    with pytest.raises(RequestError):
        steadied([], **wrong)


# --- Light


def flickering(clip, seed=3):
    """The clip with gains that differ from frame to frame, and those in log."""
    rng = np.random.default_rng(seed)
    gains = rng.normal(0, 0.06, (len(clip), 1)) + rng.normal(0, 0.01, (len(clip), 3))
    return np.clip(np.rint(clip * np.exp(gains)[:, None, None, :]), 0, 255).astype(np.uint8), gains


def light_path(frames):
    return np.array([one.path for one in light(seen(views([frames])), SIGMA)])


@pytest.mark.parametrize("name", NAMES)
def test_four_fifths_of_a_flicker_go(shots, name):
    clip, report = shots[name], FlickerReport()
    bad, gains = flickering(clip)
    frames = joined(deflickered([bad], report=report))
    assert energy(light_path(frames)) < 0.02 * energy(gains)
    assert error(frames, clip) < 0.4 * error(bad, clip)  # what is slow in the gains stays, and what was clipped
    assert report.changed >= 22 and 3 < report.flicker < 12


@pytest.mark.parametrize("name", NAMES)
def test_light_is_measured_as_it_was_changed(shots, name):
    bad, gains = flickering(shots[name])
    assert np.abs(light_path(bad) - (gains - gains[0])).max() < 0.03


@pytest.mark.parametrize("name", NAMES)
def test_films_without_flicker_come_through_bit_for_bit(shots, name):
    report = FlickerReport()
    assert np.array_equal(joined(deflickered([shots[name]], report=report)), shots[name])
    assert report.changed == 0 and report.flicker < 0.2


def test_a_fade_stays(shots):
    fade = np.exp(-np.arange(24) / 40)[:, None, None, None]
    clip = np.rint(shots["girl"] * fade).astype(np.uint8)
    assert error(joined(deflickered([clip])), clip) < 255**2 / 10**4.5


def test_darkness_is_left_alone():
    rng = np.random.default_rng(0)
    clip = rng.integers(0, 4, (12, 36, 64, 3), dtype=np.uint8)
    assert np.array_equal(joined(deflickered([clip])), clip)


def test_light_begins_anew_at_a_cut(shots):
    both = np.concatenate([shots["car"][:10], shots["girl"][:10]])
    assert np.array_equal(joined(deflickered(np.split(both, [7]))), both)
