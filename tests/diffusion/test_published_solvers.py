"""UniPC, DPM-Solver++ and Euler are those of diffusers, step by step, on every published grid."""

import numpy as np
import pytest
import torch

from filmloom.diffusion.denoisers import concatenated, pinned, switched, velocity_denoiser
from filmloom.diffusion.grids import published_grid
from filmloom.diffusion.guidance import guided
from filmloom.diffusion.samplers import dpmpp, euler, few_step, unipc

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
diffusers = pytest.importorskip("diffusers")

SHAPE = (2, 16, 3, 4, 5)
FLOW = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "num_train_timesteps": 1000}


def velocity(x, timestep):
    """A network of no sense, that hears its timestep well."""
    return torch.sin(1.3 * x + timestep / 300) + 0.1 * x


def hearing(velocity):
    """The same as one of our networks: it is told sigma, one per sample or one per frame."""

    def network(x, sigma, *step):
        shape = (-1, 1, 1, 1, 1) if sigma.ndim == 1 else (x.shape[0], 1, -1, 1, 1)
        return velocity(x, (1000 * sigma).view(shape)).to(x.dtype)

    return network


def ours(sampler, grid, noise, denoiser=None):
    """x after every step."""
    walk = []
    denoiser = denoiser or velocity_denoiser(hearing(velocity), hears=grid.hears)
    sampler(denoiser, noise, grid.sigmas, on_step=lambda step, num_steps, x, clean: walk.append(x))
    return walk


def theirs(scheduler, noise, velocity=velocity, pin=lambda x: x):
    """x after every step; `pin` is what a pipeline does to x before the loop and after every step."""
    walk, x = [], pin(noise)
    for timestep in scheduler.timesteps:
        x = pin(scheduler.step(velocity(x, timestep.double()).float(), timestep, x, return_dict=False)[0])
        walk.append(x)
    return walk


def unipc_of_diffusers(num_steps, shift, *, original):
    scheduler = diffusers.UniPCMultistepScheduler(flow_shift=shift, **FLOW)
    given = np.linspace(float(np.float32(0.999)), 0, num_steps + 1)[:-1]
    scheduler.set_timesteps(**({"sigmas": given} if original else {"num_inference_steps": num_steps}))
    return scheduler


def dpmpp_of_diffusers(grid, shift):
    """diffusers' rule on a grid of ours, as the original class walks it."""
    kind = {"algorithm_type": "dpmsolver++", "solver_order": 2, "solver_type": "midpoint"}
    scheduler = diffusers.DPMSolverMultistepScheduler(flow_shift=shift, **kind, **FLOW)
    scheduler.set_timesteps(grid.num_steps)
    scheduler.sigmas, scheduler.timesteps = grid.sigmas, (1000 * grid.heard[:-1]).long()
    return scheduler


def assert_walks_agree(ours, theirs, *, within=2e-6):
    assert len(ours) == len(theirs)
    for step, (mine, other) in enumerate(zip(ours, theirs)):
        assert (mine - other).abs().max() <= within * other.abs().max(), f"step {step + 1} of {len(ours)}"


@pytest.fixture
def noise():
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shift", [3.0, 5.0, 12.0])
@pytest.mark.parametrize("num_steps", [4, 10, 20, 40])
@pytest.mark.parametrize("name", ["unipc", "unipc_diffusers"])
def test_unipc_is_diffusers(name, num_steps, shift, noise):
    grid = published_grid(name, num_steps, shift=shift)
    scheduler = unipc_of_diffusers(num_steps, shift, original=name == "unipc")
    assert_walks_agree(ours(unipc, grid, noise), theirs(scheduler, noise))


@pytest.mark.parametrize("shift", [3.0, 5.0, 12.0])
@pytest.mark.parametrize("num_steps", [4, 10, 20, 40])
@pytest.mark.parametrize("name", ["dpmpp", "unipc", "unipc_diffusers"])
def test_dpmpp_is_diffusers(name, num_steps, shift, noise):
    grid = published_grid(name, num_steps, shift=shift)
    assert_walks_agree(ours(dpmpp, grid, noise), theirs(dpmpp_of_diffusers(grid, shift), noise))


@pytest.mark.parametrize("num_steps", [4, 10, 20, 40])
def test_euler_is_diffusers_and_few_steps_are_euler_to_a_network_that_does_not_listen(num_steps, noise):
    grid = published_grid("distilled", num_steps, shift=5.0)
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=5.0)
    scheduler.set_timesteps(sigmas=np.linspace(1, 0, num_steps + 1)[:-1].tolist())
    walk = ours(euler, grid, noise)
    assert_walks_agree(walk, theirs(scheduler, noise))
    assert all(torch.equal(*pair) for pair in zip(walk, ours(few_step, grid, noise)))


def test_two_experts_with_their_own_guidance_are_the_published_loop(noise):
    """Spec of the loop: by the whole timestep, high or low expert and its scale; v = null + scale (text - null)."""
    text = {"high": velocity, "low": lambda x, t: torch.cos(0.7 * x - t / 200)}
    null = {"high": lambda x, t: 0.3 * x + t / 2000, "low": lambda x, t: torch.sin(x)}
    scales, boundary, calls = {"high": 4.0, "low": 3.0}, 0.875, []

    def guided_velocity(x, timestep):
        name = "high" if timestep >= 1000 * boundary else "low"
        calls.append(name)
        from_null = null[name](x, timestep)
        return from_null + scales[name] * (text[name](x, timestep) - from_null)

    grid = published_grid("unipc", 40, shift=12)
    experts = {
        name: velocity_denoiser(guided(hearing(text[name]), hearing(null[name]), scales[name]), hears=grid.hears)
        for name in ("high", "low")
    }
    denoiser = switched(experts["high"], experts["low"], grid.boundary(boundary))
    walk = theirs(unipc_of_diffusers(40, 12.0, original=True), noise, guided_velocity)
    assert calls == ["high"] * 26 + ["low"] * 14
    assert_walks_agree(ours(unipc, grid, noise, denoiser), walk)


@pytest.mark.parametrize("name", ["unipc", "dpmpp"])
def test_pinning_is_putting_the_given_frame_back_before_the_loop_and_after_every_step(name, noise):
    known = torch.randn(2, 16, 1, 4, 5, generator=torch.Generator().manual_seed(1))
    put_back = lambda x: torch.cat((known, x[:, :, 1:]), dim=2)  # noqa: E731

    def velocity_of_frames(x, timestep):
        """Frames see one another, and the given one hears timestep 0."""
        per_frame = torch.full((2, 1, 3, 1, 1), float(timestep), dtype=torch.float64)
        per_frame[:, :, :1] = 0
        return velocity(x + 0.3 * x.roll(1, dims=2), per_frame)

    grid = published_grid(name, 20, shift=5)
    network = hearing(lambda x, timestep: velocity(x + 0.3 * x.roll(1, dims=2), timestep))
    denoiser = pinned(velocity_denoiser(network, hears=grid.hears), known)
    is_unipc = name == "unipc"
    scheduler = unipc_of_diffusers(20, 5.0, original=True) if is_unipc else dpmpp_of_diffusers(grid, 5.0)
    walk = ours(unipc if is_unipc else dpmpp, grid, noise, denoiser)
    assert_walks_agree([put_back(x) for x in walk], theirs(scheduler, noise, velocity_of_frames, put_back))
    assert torch.equal(walk[-1][:, :, :1], known)


def test_a_condition_enters_as_channels_behind_those_of_x(noise):
    condition = torch.randn(1, 20, 3, 4, 5, generator=torch.Generator().manual_seed(2))
    seen = []

    def network(x, sigma):
        seen.append(x)
        return x[:, :16]

    grid = published_grid("unipc", 4, shift=5)
    ours(unipc, grid, noise, velocity_denoiser(concatenated(network, condition), hears=grid.hears))
    behind = condition.expand(2, -1, -1, -1, -1)
    assert all(x.shape == (2, 36, 3, 4, 5) and torch.equal(x[:, 16:], behind) for x in seen)
    assert torch.equal(seen[0][:, :16], noise)


def test_the_network_hears_whole_timesteps_while_the_solver_walks_between_them(noise):
    grid, heard = published_grid("unipc", 40, shift=12), []
    velocity_seen = lambda x, sigma: heard.append(1000 * sigma) or noise  # noqa: E731
    cleans = []
    unipc(
        velocity_denoiser(velocity_seen, hears=grid.hears),
        noise,
        grid.sigmas,
        on_step=lambda step, num_steps, x, clean: cleans.append(clean),
    )
    assert all(torch.equal(t, t.round()) and t.dtype == torch.float64 and t.shape == (2,) for t in heard)
    assert torch.equal(cleans[0], noise - grid.sigmas[0] * noise)
