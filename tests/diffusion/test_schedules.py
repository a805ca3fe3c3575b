import pytest
import torch

from filmloom.core.errors import RequestError
from filmloom.diffusion.schedules import add_noise, flow_sigmas, logit_normal_sigmas, shifted


def test_a_schedule_falls_from_one_to_exactly_zero():
    sigmas = flow_sigmas(7, shift=3.0)
    assert sigmas.shape == (8,)
    assert (sigmas[0], sigmas[-1]) == (1, 0)
    assert (sigmas.diff() < 0).all()


def test_without_shift_the_steps_are_even():
    torch.testing.assert_close(flow_sigmas(4), torch.tensor([1, 0.75, 0.5, 0.25, 0]))


def test_shift_keeps_the_ends_and_composes_by_multiplication():
    sigma = torch.linspace(0, 1, 11, dtype=torch.float64)
    torch.testing.assert_close(shifted(shifted(sigma, 3), 4), shifted(sigma, 12))
    torch.testing.assert_close(shifted(shifted(sigma, 5), 1 / 5), sigma)
    assert (shifted(sigma, 3)[[0, -1]] == sigma[[0, -1]]).all()


def test_wans_published_forty_step_grid():
    sigmas = flow_sigmas(40, shift=12, start=0.999)
    torch.testing.assert_close(sigmas[:3], torch.tensor([0.9999166, 0.9977826, 0.9955462]), rtol=0, atol=1e-7)
    torch.testing.assert_close(sigmas[-3:], torch.tensor([0.386847, 0.2351095, 0]), rtol=0, atol=1e-6)
    assert (1000 * sigmas[:-1]).int().tolist()[:8] == [999, 997, 995, 993, 990, 988, 985, 982]


def test_the_distilled_four_steps_of_wan():
    torch.testing.assert_close(flow_sigmas(4, shift=5), torch.tensor([1, 0.9375, 0.8333333, 0.625, 0]))


@pytest.mark.parametrize("num_steps", [0, -3])
def test_no_steps_are_refused(num_steps):
    with pytest.raises(RequestError, match="at least one step"):
        flow_sigmas(num_steps)


def test_training_sigmas_follow_the_shifted_logit_normal():
    sigmas = logit_normal_sigmas(20_000, mean=0.5, deviation=0.8, shift=2, generator=torch.Generator().manual_seed(0))
    normal = shifted(sigmas.double(), 1 / 2).logit()
    assert normal.mean() == pytest.approx(0.5, abs=0.03)
    assert normal.std() == pytest.approx(0.8, abs=0.03)


def test_a_share_of_training_sigmas_is_pure_noise():
    sigmas = logit_normal_sigmas(20_000, pure_noise=0.5, generator=torch.Generator().manual_seed(0))
    assert (sigmas == 1).float().mean() == pytest.approx(0.5, abs=0.02)
    assert (logit_normal_sigmas(20_000, generator=torch.Generator().manual_seed(0)) < 1).all()


def test_noise_is_added_per_frame():
    clean, noise = torch.randn(2, 2, 3, 4, 2, 2)
    noisy = add_noise(clean, noise, torch.tensor([[0, 0.5, 1, 1], [1, 1, 0.25, 0]]))
    assert torch.equal(noisy[0, :, 0], clean[0, :, 0])
    assert torch.equal(noisy[1, :, 0], noise[1, :, 0])
    torch.testing.assert_close(noisy[1, :, 2], 0.75 * clean[1, :, 2] + 0.25 * noise[1, :, 2])
