import pytest
import torch

from filmloom.diffusion.guidance import guided


def never(x, sigma):
    raise AssertionError("the unconditional model was called")


def test_scale_one_is_the_conditional_exactly_and_costs_nothing():
    x = torch.randn(3, 4)
    assert torch.equal(guided(lambda x, sigma: x.sin(), never, 1.0)(x, torch.tensor(0.5)), x.sin())


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
