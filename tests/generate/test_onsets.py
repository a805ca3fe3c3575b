"""Any film is listened to in pieces, and the pieces do not show."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch

from filmloom.finishing.sound.onsets import cuts, thirtieths, voted
from filmloom.generate.onsets import MARGIN, STRETCH, OnsetListener, stretches
from filmloom.models.onsets import OnsetConfig, OnsetFinder

KINDS = ("step", "flap")


@pytest.fixture(scope="module")
def listen():
    torch.manual_seed(1)
    config = OnsetConfig(kinds=KINDS, width=16, eye_widths=(8, 8, 8))
    return OnsetListener(OnsetFinder(config).eval().requires_grad_(False))


@pytest.mark.parametrize("num", [0, 1, 59, STRETCH, STRETCH + MARGIN, 2 * STRETCH + MARGIN + 1, 700])
def test_stretches_count_every_picture_once_and_see_what_is_around(num):
    pictures = [np.full((2, 3, 3), i % 251, np.uint8) for i in range(num)]
    pieces = list(stretches(pictures))
    counted = [picture for piece, kept in pieces for picture in piece[kept]]
    assert len(counted) == num and all(np.array_equal(a, b) for a, b in zip(counted, pictures))
    assert all(len(piece) <= STRETCH + 2 * MARGIN for piece, _ in pieces)
    for (piece, kept), _ in pairwise(pieces):
        assert len(piece) - kept.stop == MARGIN


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), 12.5, Fraction(60)])
def test_each_thirtieth_shows_the_nearest_frame(rate):
    num = 2 * round(rate)
    film = np.arange(num, dtype=np.uint8)[:, None, None, None].repeat(8, 1).repeat(16, 2).repeat(3, 3)
    shown = [int(picture[0, 0, 0]) for picture in thirtieths(np.array_split(film, 5), rate, rows=8)]
    assert len(shown) == pytest.approx(num / rate * 30, abs=1)
    for tick, frame in enumerate(shown):
        assert abs(frame / rate - Fraction(tick, 30)) <= Fraction(1, 2) / Fraction(rate) + Fraction(1, 10_000)


def test_a_new_shot_begins_at_a_cut_only():
    dark, light = np.zeros((8, 16, 3), np.uint8), np.full((8, 16, 3), 200, np.uint8)
    shots = [len(list(shot)) for shot in cuts([dark] * 5 + [light] * 7 + [light + 2] * 3)]
    assert shots == [5, 10]
    assert list(cuts([])) == []


def test_votes_become_moments_with_a_time_and_a_kind():
    curve, kinds = np.zeros(60), np.zeros((60, 2))
    curve[[20, 21, 22]], curve[[40, 41]], curve[50] = (0.3, 0.9, 0.5), (0.6, 0.6), 0.1
    kinds[:30, 1], kinds[30:, 0] = 1, 1
    first, second = voted(curve, kinds, KINDS, 30)
    assert first.kind == "flap" and first.time == pytest.approx((21 + 0.1) / 30, abs=0.003)
    assert second.kind == "step" and second.time == pytest.approx(40.5 / 30)


def test_a_film_is_heard_the_same_in_any_chunks_and_an_empty_one_is_silent(listen):
    film = np.random.default_rng(0).integers(0, 60, (30, 36, 64, 3), np.uint8)
    whole = listen([film], 30)
    assert whole and whole == listen(np.array_split(film, 7), 30)
    assert listen([], 30) == []
    assert all(0 <= onset.time < 1 and onset.kind in KINDS for onset in whole)
