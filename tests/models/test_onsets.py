"""The onset finder's geometry: boxes, crops, votes, and mixing that does not care which frames lie in between."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from filmloom.models.onsets import (
    CROP,
    HALF,
    REACH,
    OnsetConfig,
    OnsetFinder,
    cropped,
    followed,
    gathered,
    place,
)


@pytest.fixture(scope="module")
def finder():
    torch.manual_seed(0)
    return OnsetFinder(OnsetConfig(kinds=("step", "flap"), width=16, eye_widths=(8, 8, 8))).eval().requires_grad_(False)


def test_a_box_is_where_the_mask_is_and_as_large():
    mask = torch.zeros(2, 36, 64)
    mask[0, 9:27, 40:46] = 1
    x, y, side = place(mask)[0].tolist()
    assert (x, y) == pytest.approx(((43 - 32) / 36, 0.0), abs=1e-6)
    assert side == pytest.approx(HALF * np.sqrt((18**2 - 1) / 12) / 36, rel=1e-4)
    assert place(mask)[1].isnan().all()


def test_a_box_follows_an_even_walk_across_gaps_and_to_the_ends():
    times = torch.arange(17) / 8
    walk = torch.stack([0.3 * times - 0.3, 0 * times + 0.1, 0 * times + 0.2], dim=1)
    seen = walk.clone()
    seen[5:8] = torch.nan
    assert torch.allclose(followed(seen, 8), walk, atol=5e-3)
    assert torch.equal(followed(torch.full((3, 3), torch.nan), 8), torch.tensor([[0.0, 0.0, 0.5]] * 3))


def test_a_crop_of_the_whole_picture_is_the_picture():
    picture = torch.rand(2, 3, CROP, CROP)
    whole = torch.tensor([[0.0, 0.0, 0.5]] * 2)
    assert torch.allclose(cropped(picture, whole, CROP), picture, atol=1e-5)
    wide = torch.nn.functional.pad(picture, (CROP, CROP))
    beside = torch.tensor([[0.5, 0.0, 0.5]] * 2)
    assert torch.allclose(cropped(wide, beside, CROP)[..., : CROP // 2], picture[..., CROP // 2 :], atol=1e-5)


def test_votes_of_all_frames_meet_at_the_event():
    frames = torch.arange(40)
    votes = torch.zeros(40, 2 * REACH + 1)
    for frame in frames[13 - REACH : 14 + REACH]:
        votes[frame, 13 - frame + REACH] = 1
    curve = gathered(votes)
    assert curve[13] == 1 and curve.sum() == 1
    assert torch.allclose(gathered(torch.ones(5, 2 * REACH + 1)), torch.ones(5))


def test_a_film_four_times_as_fast_is_seen_as_four_films_between_one_another(finder):
    crops = torch.rand(1, 24, 3, CROP, CROP) * 2 - 1
    whole = finder(crops, 4)
    for first in range(4):
        part = finder(crops[:, first::4], 1)
        for a, b in zip(whole, part):
            assert torch.allclose(a[:, first::4], b, atol=1e-5)


def test_the_locator_gives_half_of_any_size(finder):
    assert finder.locator(torch.zeros(2, 6, 36, 64)).shape == (2, 1, 18, 32)
    assert finder.locator(torch.zeros(1, 6, 36, 21)).shape == (1, 1, 18, 11)
