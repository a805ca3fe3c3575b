import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from filmloom.core.errors import NumericsError
from filmloom.diffusion.denoisers import velocity_denoiser
from filmloom.diffusion.samplers import corrected, dpmpp, euler, few_step, log_snr, shortcut_target, unipc
from filmloom.diffusion.schedules import add_noise, flow_sigmas

SPREAD = 0.5
SAMPLERS = (euler, unipc, dpmpp)


def gaussian(x, sigma, *step):
    """E[clean | x] when clean is normal with standard deviation SPREAD."""
    signal = (1 - sigma) * SPREAD**2
    return signal / ((1 - sigma) * signal + sigma**2) * x


def spread_at(sigma):
    """Standard deviation of x at noise level sigma; the flow keeps x / spread_at(sigma) constant."""
    return math.sqrt((1 - sigma) ** 2 * SPREAD**2 + sigma**2)


def error(sampler, num_steps, *, start=0.9, stop=0.1):
    x = torch.tensor([1.0], dtype=torch.float64)
    sigmas = torch.linspace(start, stop, num_steps + 1, dtype=torch.float64)
    return abs(sampler(gaussian, x, sigmas).item() - spread_at(stop) / spread_at(start))


def test_euler_is_exact_in_one_step_on_a_straight_flow():
    clean, noise = torch.randn(2, 1, 3, 2, 4, 4)
    denoise = velocity_denoiser(lambda x, sigma: noise - clean)
    for num_steps in (1, 2, 7):
        torch.testing.assert_close(euler(denoise, noise, flow_sigmas(num_steps)), clean)


@pytest.mark.parametrize("sampler", [*SAMPLERS, few_step])
@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 999), min_size=1, max_size=12, unique=True), st.booleans(), st.booleans())
def test_a_straight_flow_is_walked_exactly_on_any_levels(sampler, thousandths, from_noise, to_clean):
    """Every x on the way lies on the line between noise and clean latent, whatever the grid and the order."""
    levels = [*([1.0] if from_noise else [0.9995]), *(n / 1000 for n in sorted(thousandths, reverse=True))]
    sigmas = torch.tensor([*levels, *([0.0] if to_clean else [])], dtype=torch.float64)
    clean, noise = torch.randn(2, 1, 3, 2, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    denoise = velocity_denoiser(lambda x, sigma, *step: noise - clean)
    walk = []
    on_step = lambda step, num_steps, x, clean: walk.append(x)  # noqa: E731
    sampler(denoise, add_noise(clean, noise, sigmas[0]), sigmas, on_step=on_step)
    for x, sigma in zip(walk, sigmas[1:], strict=True):
        torch.testing.assert_close(x, add_noise(clean, noise, sigma), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_known_clean_latent_is_reached_exactly(sampler):
    clean = torch.randn(1, 3, 2, 4, 4)
    assert torch.equal(sampler(lambda x, sigma: clean, torch.randn_like(clean), flow_sigmas(5, 3.0)), clean)


@pytest.mark.parametrize(("sampler", "order"), [(euler, 1), (unipc, 2), (dpmpp, 2)])
def test_halving_the_steps_divides_the_error_by_two_to_the_order(sampler, order):
    """On the flow of a Gaussian, whose end point is known in closed form; to 0.3, where no error crosses zero."""
    errors = [error(sampler, num_steps, stop=0.3) for num_steps in (16, 32, 64, 128, 256)]
    found = [math.log2(more / fewer) for more, fewer in itertools.pairwise(errors)]
    assert all(abs(one - order) < 0.07 for one in found)


def test_second_order_is_ten_times_nearer_than_euler_in_sixteen_steps():
    assert max(error(unipc, 16), error(dpmpp, 16)) < error(euler, 16) / 10


def test_unipcs_corrector_is_exact_when_the_clean_latent_is_quadratic_in_log_snr():
    """x_b = (b / a) x_a + b * integral of e^l clean(l) dl, which Gauss-Legendre quadrature knows to 15 digits."""
    levels = [0.8, 0.65, 0.4]
    clean = lambda at: 0.3 - 0.7 * at + 0.2 * at**2  # noqa: E731
    before, now = log_snr(levels[1]), log_snr(levels[2])
    nodes, weights = np.polynomial.legendre.leggauss(20)
    at = before + (now - before) * (nodes + 1) / 2
    integral = (weights * np.exp(at) * clean(at)).sum() * (now - before) / 2
    exact = levels[2] / levels[1] * 1.1 + levels[2] * integral
    cleans = [torch.tensor(clean(log_snr(level)), dtype=torch.float64) for level in levels]
    x = corrected(torch.tensor(1.1, dtype=torch.float64), cleans, levels, order=2)
    assert x.item() == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("shift", [1.0, 2.0])
def test_second_order_beats_euler_from_pure_noise_to_zero(shift):
    x = torch.ones(1, dtype=torch.float64)
    sigmas = flow_sigmas(20, shift).double()
    errors = [abs(sampler(gaussian, x, sigmas).item() - SPREAD) for sampler in SAMPLERS]
    assert max(errors[1:]) < errors[0] / 3


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_one_step_is_the_clean_latent_itself(sampler):
    x = torch.randn(5)
    assert torch.equal(sampler(lambda x, sigma: x.sin(), x, flow_sigmas(1)), x.sin())


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_noise_gives_the_same_bits_and_is_not_touched(sampler):
    x, sigmas = torch.randn(2, 3, 4), flow_sigmas(6, 3.0)
    before = x.clone()
    first, second = (sampler(lambda x, sigma: (x * 1.7).sin(), x, sigmas) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(x, before)


@pytest.mark.parametrize("sampler", [*SAMPLERS, few_step])
def test_numbers_that_are_not_finite_name_their_step(sampler):
    denoise = lambda x, sigma, *step: x / 0 if sigma < 0.5 else x  # noqa: E731
    with pytest.raises(NumericsError, match=r"step 4 of 5 \(sigma 0\.4000\) produced 100\.0% NaN"):
        sampler(denoise, torch.ones(3), flow_sigmas(5))


@pytest.mark.parametrize("sampler", [*SAMPLERS, few_step])
def test_every_step_is_reported_once_and_the_last_x_is_the_result(sampler):
    seen = []
    on_step = lambda step, num_steps, x, clean: seen.append((step, num_steps, x, clean))  # noqa: E731
    result = sampler(lambda x, sigma, *step: 0.5 * x, torch.ones(3), flow_sigmas(4, 2.0), on_step=on_step)
    assert [entry[:2] for entry in seen] == [(step, 4) for step in range(4)]
    assert torch.equal(seen[-1][2], result)
    assert torch.equal(seen[-1][3], result)


def test_few_step_tells_the_network_how_far_it_must_carry():
    steps = []
    sigmas = flow_sigmas(4, 3.0)
    few_step(lambda x, sigma, step: steps.append(step) or x, torch.ones(2), sigmas)
    torch.testing.assert_close(torch.stack(steps), -sigmas.diff())


def test_a_perfect_shortcut_reaches_the_end_in_any_number_of_steps():
    """A network that knows the mean velocity over each step walks the curved flow of a Gaussian without error."""

    def shortcut(x, sigma, step):
        after = float(sigma - step)
        arrival = x * spread_at(after) / spread_at(float(sigma))
        return x - sigma * (x - arrival) / step

    for num_steps in (1, 2, 4):
        end = few_step(shortcut, torch.ones(1, dtype=torch.float64), flow_sigmas(num_steps).double())
        torch.testing.assert_close(end, torch.full_like(end, SPREAD))


def test_the_shortcut_target_carries_as_far_as_its_two_half_steps():
    velocity = lambda x, sigma, step: (x * sigma.view(-1, 1)).sin() + step.view(-1, 1)  # noqa: E731
    x, sigma, step = torch.randn(2, 3), torch.tensor([0.9, 0.6]), torch.tensor([0.4, 0.2])
    half = step.view(-1, 1) / 2
    middle = x - half * velocity(x, sigma, step / 2)
    end = middle - half * velocity(middle, sigma - step / 2, step / 2)
    torch.testing.assert_close(x - step.view(-1, 1) * shortcut_target(velocity, x, sigma, step), end)
    constant = torch.randn(2, 3)
    assert torch.equal(shortcut_target(lambda x, sigma, step: constant, x, sigma, step), constant)
