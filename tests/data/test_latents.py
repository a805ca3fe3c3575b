"""Coverage of latent cells by subjects: a share, pooled over the frames of a latent frame."""

import torch

from filmloom.data.latents import coverage


def test_coverage_is_the_share_of_a_cell_that_subjects_cover():
    mask = torch.zeros(1, 5, 4, 8, dtype=torch.uint8)
    mask[0, 0, :2, :4] = 1  # half of the first frame's left cell
    mask[0, 1:3, :, 4:] = 2  # the right cell, in two of the four frames that share a latent frame
    found = coverage(mask, (2, 1, 2))
    assert found.shape == (1, 1, 2, 1, 2)
    assert found.flatten().tolist() == [0.5, 0.0, 0.0, 0.5]


def test_coverage_of_single_pictures():
    mask = torch.ones(3, 1, 4, 4, dtype=torch.uint8)
    assert coverage(mask, (1, 2, 2)).eq(1).all()
