"""Calmed key frames: what stands still boils less, what moves stays where it is, what is gone leaves no ghost."""

import cv2
import numpy as np
import pytest
import torch

from filmloom.generate.calm import calm, calmed
from filmloom.generate.enlarge import searched
from filmloom.generate.window import Key


def scenery(seed=0, shift=0):
    """[1, 3, 72, 128] in [-1, 1]: something to hold on to everywhere, `shift` pixels to the right."""
    rough = np.random.default_rng(seed).uniform(0, 1, (12, 24, 3)).astype(np.float32)
    whole = cv2.resize(rough, (192, 72), interpolation=cv2.INTER_CUBIC)[:, 32 - shift : 160 - shift]
    return torch.from_numpy(whole.copy()).permute(2, 0, 1)[None].clamp(0, 1) * 2 - 1


def boiling(pictures, levels, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return [p + torch.randn(p.shape, generator=noise) * levels / 127.5 for p in pictures]


def second_difference(pictures):
    return np.mean([(a - 2 * b + c).abs().mean().item() for a, b, c in zip(pictures, pictures[1:], pictures[2:])])


def test_what_stands_still_boils_less():
    raw = boiling([scenery()] * 7, 3)
    keys = list(calmed(Key(i, picture) for i, picture in enumerate(raw)))
    assert [key.index for key in keys] == list(range(7))
    assert second_difference([key.picture for key in keys][1:-1]) < 0.6 * second_difference(raw[1:-1])


def test_what_moves_is_mixed_along_its_motion():
    before, now, after = (scenery(shift=shift) for shift in (-3, 0, 3))
    inside = (..., slice(6, -6), slice(10, -10))
    assert (calm(now, [before, after]) - now)[inside].abs().mean() < 1.5 / 127.5
    assert ((before + 2 * now + after) / 4 - now)[inside].abs().mean() > 5 / 127.5  # as mixing in place would


def test_another_picture_leaves_no_trace():
    now, other = scenery(), torch.where(torch.arange(128) % 2 > 0, 1.0, -1.0).expand(1, 3, 72, 128).contiguous()
    assert (calm(now, [other]) - now).abs().mean() < 0.5 / 127.5


def test_one_key_frame_alone_stays_itself():
    (key,) = calmed(Key(0, picture) for picture in [scenery()])
    assert torch.allclose(key.picture, scenery(), atol=1e-5)


def test_around_a_sketch_only_the_change_is_mixed():
    sketches = [scenery(shift=shift) for shift in (-3, 0, 3)]
    same = list(calmed(Key(i, sketch, sketch) for i, sketch in enumerate(sketches)))
    assert all(torch.equal(key.picture, sketch) for key, sketch in zip(same, sketches))
    boiled = boiling(sketches, 3)
    (_, now, _) = calmed(Key(i, *pair) for i, pair in enumerate(zip(boiled, sketches)))
    assert (now.picture - sketches[1]).abs().mean() < 0.85 * (boiled[1] - sketches[1]).abs().mean()


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_the_way_between_two_pictures_is_straight_and_even(share):
    flow_a, flow_b, mask = searched(scenery(), scenery(shift=4))(share)
    inside = (slice(12, -12), slice(16, -16), 0)
    assert np.median(flow_a[inside]) == pytest.approx(-4 * share, abs=0.2)
    assert np.median(flow_b[inside]) == pytest.approx(4 * (1 - share), abs=0.2)
    assert np.allclose(mask, 1 - share)
