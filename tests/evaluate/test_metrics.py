"""Measures against closed forms: equal is equal, blurred is softer, a shift is explained, a still does not flicker."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from filmloom.evaluate.metrics import (
    Motion,
    covariance,
    dis_flow,
    fetched,
    flicker,
    flow_consistency,
    frechet_distance,
    gaussian_distance,
    gradient_energy,
    mean_distance,
    motion,
    square_root,
)

DX, DY = 3, -2


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def texture(random, height=64, width=96):
    """A picture with detail at several scales, [3, height, width] in [-1, 1]."""
    coarse = torch.randn(1, 3, height // 8, width // 8, generator=random)
    fine = torch.randn(1, 3, height // 3, width // 3, generator=random)
    both = [F.interpolate(x, size=(height, width), mode="bicubic", align_corners=False) for x in (coarse, fine)]
    return (both[0] + 0.5 * both[1])[0].div(3).clamp(-1, 1)


def sliding(picture, num=4):
    """A window that shows the picture moving by (DX, DY) each frame, [3, num, 40, 64]."""
    frames = [picture[:, 12 - DY * i : 52 - DY * i, 16 - DX * i : 80 - DX * i] for i in range(num)]
    return torch.stack(frames, dim=1)


def constant_flow(dx, dy, num=3, height=40, width=64):
    return torch.tensor([dx, dy]).view(1, 2, 1, 1).expand(num, 2, height, width).float()


EXACT = Motion(constant_flow(DX, DY), constant_flow(-DX, -DY))


def blurred(video):
    frames = F.avg_pool2d(F.pad(video.transpose(0, 1), (1,) * 4, mode="replicate"), 3, stride=1)
    return frames.transpose(0, 1)


def test_blur_lowers_gradient_energy_and_contrast_squares_it(random):
    video = sliding(texture(random))
    everywhere = torch.ones(video.shape[1:])
    energy = gradient_energy(video, everywhere)
    assert 0 < gradient_energy(blurred(video), everywhere) < 0.8 * energy
    assert gradient_energy(video / 2, everywhere) == pytest.approx(energy / 4)


def test_gradient_energy_of_a_ramp_is_its_slope_squared_over_both_directions():
    ramp = (0.01 * torch.arange(20.0)).expand(3, 2, 20, 20)
    across, down = 20 * 19, 19 * 20
    assert gradient_energy(ramp, torch.ones(2, 20, 20)) == pytest.approx(1e-4 * across / (across + down), rel=1e-4)


def test_only_what_the_mask_covers_counts(random):
    video = torch.zeros(3, 2, 16, 32)
    video[..., 16:] = torch.randn(3, 2, 16, 16, generator=random)
    left, right = torch.zeros(2, 16, 32), torch.zeros(2, 16, 32)
    left[..., :16], right[..., 16:] = 1, 1
    assert gradient_energy(video, left) == 0
    assert gradient_energy(video, right) == pytest.approx(gradient_energy(video[..., 16:], torch.ones(2, 16, 16)))
    assert gradient_energy(video, torch.zeros(2, 16, 32)) == 0


def test_a_translation_is_wholly_explained_by_its_flow(random):
    found = flow_consistency(sliding(texture(random)), EXACT)
    assert found.error == pytest.approx(0, abs=1e-3) and found.share == 1


def test_what_appears_or_flashes_is_not_explained(random):
    video = sliding(texture(random))
    video[:, 2] += 0.1
    assert flow_consistency(video, EXACT).error == pytest.approx(0.1 * 127.5 * 2 / 3, rel=1e-3)


def test_a_flow_that_does_not_return_is_not_trusted(random):
    forward = EXACT.forward.clone()
    forward[..., 32:] += 20
    found = flow_consistency(sliding(texture(random)), Motion(forward, EXACT.backward))
    assert found.error == pytest.approx(0, abs=1e-3) and 0.5 < found.share < 0.9
    lost = flow_consistency(sliding(texture(random)), Motion(EXACT.forward, EXACT.forward))
    assert lost.share == 0 and math.isnan(lost.error)


def test_fetching_along_an_integer_flow_is_a_shift(random):
    picture = torch.randn(1, 3, 40, 64, generator=random)
    moved, inside = fetched(picture, constant_flow(5, 4, num=1))
    assert torch.allclose(moved[..., :36, :59], picture[..., 4:, 5:], atol=1e-5)
    assert inside.sum() == 36 * 59


def test_estimated_flow_finds_a_translation_and_explains_most_of_it(random):
    video = sliding(texture(random))
    moved = motion(video, dis_flow)
    assert moved.forward.median(dim=3).values.median(dim=2).values == pytest.approx(EXACT.forward[:, :, 0, 0], abs=0.1)
    before = (video[:, :-1] - video[:, 1:]).abs().mean() * 127.5
    assert flow_consistency(video, moved).error < 0.2 * before


def test_a_still_does_not_flicker_and_neither_does_an_even_fade():
    rest = Motion(constant_flow(0, 0, num=5), constant_flow(0, 0, num=5))
    still = torch.full((3, 6, 40, 64), 0.3)
    fade = still + 0.05 * torch.arange(6.0)[:, None, None]
    assert flicker(still, rest) == 0
    assert flicker(fade, rest) == pytest.approx(0, abs=1e-4)


def test_alternating_light_flickers_by_four_times_its_amplitude():
    rest = Motion(constant_flow(0, 0, num=5), constant_flow(0, 0, num=5))
    video = 0.02 * (-1.0) ** torch.arange(6.0)[:, None, None].expand(3, 6, 40, 64)
    assert flicker(video, rest) == pytest.approx(4 * 0.02 * 127.5, rel=1e-4)


def test_what_moves_is_left_out_of_flicker(random):
    video = torch.randn(3, 4, 40, 64, generator=random)
    assert math.isnan(flicker(video, EXACT))


def test_distance_of_gaussians_in_closed_form():
    a, b = torch.tensor([4.0, 9.0]).double(), torch.tensor([1.0, 25.0]).double()
    shift = torch.tensor([3.0, 4.0]).double()
    found = gaussian_distance(torch.zeros(2).double(), a.diag(), shift, b.diag())
    assert found == pytest.approx(25 + (2 - 1) ** 2 + (3 - 5) ** 2)


def test_distance_of_gaussians_does_not_depend_on_axes_or_order(random):
    a, b = (covariance(torch.randn(50, 4, generator=random)) for _ in range(2))
    turn = torch.linalg.qr(torch.randn(4, 4, generator=random).double()).Q
    zero = torch.zeros(4).double()
    here = gaussian_distance(zero, a, zero, b)
    assert gaussian_distance(zero, turn @ a @ turn.T, zero, turn @ b @ turn.T) == pytest.approx(here)
    assert gaussian_distance(zero, b, zero, a) == pytest.approx(here) and here > 0
    assert torch.allclose(square_root(a) @ square_root(a), a)


def test_features_are_at_no_distance_from_themselves_and_a_shift_counts_squared(random):
    features = torch.randn(10, 16, generator=random)  # fewer clips than features: the covariance is singular
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(features, features + 0.5) == pytest.approx(16 * 0.25, rel=1e-5)


def test_mean_distance_of_rows():
    a, b = torch.zeros(2, 2), torch.tensor([[3.0, 4.0], [0.0, 1.0]])
    assert mean_distance(a, b) == 3
