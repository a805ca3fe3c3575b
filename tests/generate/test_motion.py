"""The interpolator as a function of two pictures of any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from filmloom.generate.motion import MotionBetween, interpolator
from filmloom.models.interpolator import Interpolator, InterpolatorConfig


@pytest.fixture
def between():
    torch.manual_seed(0)
    config = InterpolatorConfig(widths=(8, 8), flow_widths=(8, 8), radii=(1, 1), carried=4, mend_widths=(8, 8))
    network = Interpolator(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return MotionBetween(network.eval(), width=32)


def pictures(height=37, width=61):
    return np.random.default_rng(1).integers(0, 256, (2, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(37, 61), (18, 32), (9, 16)])
def test_at_both_ends_are_the_pictures_themselves(between, size):
    a, b = pictures(*size)
    assert np.array_equal(between(a, b, 0.0), a)
    assert np.array_equal(between(a, b, 1.0), b)
    assert between(a, b, 0.5).shape == a.shape and between(a, b, 0.5).dtype == np.uint8


def test_the_motion_of_a_pair_is_looked_for_once(between, monkeypatch):
    looked = []
    flows = between.network.flows
    monkeypatch.setattr(between.network, "flows", lambda a, b: looked.append(a.shape) or flows(a, b))
    a, b = pictures()
    first = [between(a, b, share) for share in (0.25, 0.5)]
    between(b, a, 0.5)
    again = [between(a, b, share) for share in (0.25, 0.5)]
    assert len(looked) == 3 and looked[0] == (1, 3, 19, 32)
    assert all(np.array_equal(x, y) for x, y in zip(first, again))


def test_mini_moves_a_square_half_way():
    a, b, exact = (np.full((72, 128, 3), 150, np.uint8) for _ in range(3))
    for picture, x in ((a, 40), (b, 46), (exact, 43)):
        picture[26:46, x : x + 20] = (220, 60, 50)
        picture[31:41, x + 5 : x + 15] = (240, 220, 90)
    made = interpolator()(a, b, 0.5)
    differ = lambda one: float(np.mean((one.astype(float) - exact) ** 2))  # noqa: E731
    assert differ(made) < 0.75 * min(differ(a), differ(b), differ(a / 2 + b / 2))
