"""Warping at full size is the same motion as at key frame size; resizing keeps what it should."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from filmloom.core.types import Size
from filmloom.generate.enlarge import Large, Motion, blended, resized, warped
from filmloom.generate.window import Key, to_uint8
from filmloom.kernels.warp import warp


def smooth(height, width, channels, *, seed=0):
    """A picture without fine detail, float32 in about 0..255."""
    rough = np.random.default_rng(seed).uniform(0, 255, (height // 8, width // 8, channels)).astype(np.float32)
    return cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)


def test_no_motion_is_no_change():
    picture = smooth(72, 128, 3).clip(0, 255).astype(np.uint8)
    assert np.array_equal(warped(picture, np.zeros((36, 64, 2), np.float32), Size(128, 72)), picture)


def test_a_constant_flow_shifts_by_its_enlarged_length():
    picture = np.random.default_rng(0).integers(0, 256, (72, 128, 3), np.uint8)
    flow = np.full((36, 64, 2), (1.5, -2.0), np.float32)  # at twice the size: 3 right, 4 up
    moved = warped(picture, flow, Size(128, 72))
    assert np.array_equal(moved[4:, :-3], picture[:-4, 3:])


def test_it_agrees_with_the_torch_warp():
    picture, flow = smooth(72, 128, 3), (smooth(72, 128, 2, seed=1) - 128) / 20
    wanted = warp(torch.from_numpy(picture).permute(2, 0, 1)[None], torch.from_numpy(flow).permute(2, 0, 1)[None])
    found = warped(picture, flow, Size(128, 72))
    assert np.abs(found - wanted[0].permute(1, 2, 0).numpy()).max() < 1.0  # OpenCV places samples to 1/32 pixel


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_mask_mixes_the_neighbours(share):
    a, b = (
        Large(Key(i, torch.zeros(1, 3, 36, 64)), np.full((72, 128, 3), v, np.uint8)) for i, v in ((0, 200), (1, 40))
    )
    still = np.zeros((36, 64, 2), np.float32)
    mixed = blended(Motion(a, b, still, still, np.full((36, 64), share, np.float32)), Size(128, 72))
    assert np.abs(mixed.astype(int) - (200 * share + 40 * (1 - share))).max() <= 1


def test_resizing_keeps_a_flat_picture_and_its_dtype():
    for size in (Size(64, 36), Size(256, 144), Size(128, 72)):
        flat = resized(np.full((72, 128, 3), 77, np.uint8), size)
        assert flat.shape == (size.height, size.width, 3) and (flat == 77).all()


def test_minus_one_to_one_becomes_0_to_255():
    picture = torch.tensor([-2.0, -1.0, 0.0, 1.0, 3.0]).expand(1, 3, 1, 5)
    assert to_uint8(picture)[0, :, 0].tolist() == [0, 0, 128, 255, 255]
