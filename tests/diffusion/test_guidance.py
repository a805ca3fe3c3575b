import pytest
import torch

from filmloom.diffusion.denoisers import velocity_denoiser
from filmloom.diffusion.guidance import guided


def never(x, sigma):
    raise AssertionError("the unconditional model was called")


@pytest.mark.parametrize("scale", [1.0, 1 + 9e-7, 1 - 9e-7])
def test_scale_one_is_the_conditional_exactly_and_costs_nothing(scale):
    x = torch.randn(3, 4)
    assert torch.equal(guided(lambda x, sigma: x.sin(), never, scale)(x, torch.tensor(0.5)), x.sin())


def test_a_scale_that_is_not_quite_one_counts():
    x, sigma = torch.randn(3, 4, dtype=torch.float64), torch.tensor(0.5)
    denoise = guided(lambda x, sigma: x.sin(), lambda x, sigma: x.cos(), 1 + 2e-6)
    torch.testing.assert_close((denoise(x, sigma) - x.sin()) / 2e-6, x.sin() - x.cos(), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("scale", [0.5, 3.0, 4.0])
def test_guided_velocities_are_guided_clean_latents(scale):
    """clean = x - sigma velocity is straight, so both orders agree."""
    text, null = (lambda x, sigma: x.sin()), (lambda x, sigma: x.cos())
    x, sigma = torch.randn(2, 3, 1, 2, 2, dtype=torch.float64), torch.tensor(0.7, dtype=torch.float64)
    of_velocities = velocity_denoiser(guided(text, null, scale))(x, sigma)
    of_cleans = guided(velocity_denoiser(text), velocity_denoiser(null), scale)(x, sigma)
    torch.testing.assert_close(of_velocities, of_cleans, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sigma", [0.19, 0.81, 1.0, 0.0])
def test_outside_the_interval_the_unconditional_is_not_called(sigma):
    x = torch.randn(3, 4)
    denoise = guided(lambda x, sigma: x.sin(), never, 4.0, interval=(0.2, 0.8))
    assert torch.equal(denoise(x, torch.tensor(sigma)), x.sin())


@pytest.mark.parametrize("scale", [0.0, 0.5, 3.0])
def test_inside_it_extrapolates_from_null_through_text(scale):
    x = torch.randn(3, 4)
    denoise = guided(lambda x, sigma: x + 1, lambda x, sigma: x, scale, interval=(0.2, 0.8))
    torch.testing.assert_close(denoise(x, torch.tensor(0.5)), x + scale)


def test_scale_zero_is_the_unconditional():
    x = torch.randn(3, 4)
    assert torch.equal(guided(lambda x, sigma: x + 1, lambda x, sigma: x.cos(), 0.0)(x, torch.tensor(0.5)), x.cos())
