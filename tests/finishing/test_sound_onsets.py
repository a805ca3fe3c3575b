"""Moments are found where movement changes, not where it goes on, nor where the camera moves or the shot changes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from filmloom.finishing.sound.onsets import find_onsets, jolts, picked

HEIGHT, WIDTH = 96, 160


def backdrop(seed=0, height=HEIGHT, width=WIDTH):
    noise = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def ball_film(rate, bounces, seconds, *, pan=0.0):
    """A disc that falls and springs back, touching the ground at `bounces`; the camera pans `pan` pixels a second."""
    wide = backdrop(1, width=WIDTH * 3)
    for i in range(round(seconds * rate)):
        t = i / rate
        since = min(abs(t - b) for b in bounces)
        left = 60 + pan * t
        view = np.array([[1, 0, -left], [0, 1, 0]], np.float32)
        picture = cv2.warpAffine(wide, view, (WIDTH, HEIGHT))
        centre = (80 * 16, int((84 - min(60, 140 * since)) * 16))
        cv2.circle(picture, centre, 8 * 16, (255, 40, 30), -1, cv2.LINE_AA, 4)
        yield picture[None]


@pytest.mark.parametrize("rate", [24, 30, 48])
@pytest.mark.parametrize("pan", [0.0, 40.0])
def test_a_bounce_is_found_within_a_frame_whatever_the_camera_does(rate, pan):
    bounces = [0.5, 1.13]
    found = [onset.time for onset in find_onsets(ball_film(rate, bounces, 1.6, pan=pan), rate)]
    for bounce in bounces:
        assert min(abs(time - bounce) for time in found) <= 1 / rate


def test_nothing_happens_where_nothing_changes():
    still = np.repeat(backdrop()[None], 20, 0)
    assert find_onsets([still], 30) == []
    noisy = np.clip(still + np.random.default_rng(0).normal(0, 2, still.shape), 0, 255).astype(np.uint8)
    assert len(find_onsets([noisy], 30)) <= 2
    assert find_onsets([], 30) == [] == find_onsets([still[:2]], 30)


def test_a_cut_is_no_event():
    film = np.concatenate([np.zeros((12, HEIGHT, WIDTH, 3), np.uint8), np.full((12, HEIGHT, WIDTH, 3), 220, np.uint8)])
    assert find_onsets([film], 30) == []


def test_chunks_do_not_matter_and_every_frame_has_a_number():
    film = np.concatenate(list(ball_film(30, [0.5], 1.0)))
    whole = list(jolts([film]))
    assert len(whole) == 30 and whole[0] == whole[-1] == 0
    assert whole == list(jolts(np.array_split(film, 7)))
    assert len(list(jolts([film[:1]]))) == 1 and len(list(jolts([film[:2]]))) == 2


def test_strengths_are_relative_and_moments_keep_apart():
    curve = np.zeros(200)
    curve[[40, 42, 100, 160]] = [10, 9, 20, 5]
    onsets = picked(curve, 30.0)
    assert len(onsets) == 3 and [onset.strength for onset in onsets][1] == 1.0
    assert all(0 < onset.strength <= 1 for onset in onsets)
