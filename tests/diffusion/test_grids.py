"""Noise levels of Wan2.2, to the digit (golden lists of the published implementations)."""

import numpy as np
import pytest
import torch

from filmloom.core.errors import RequestError
from filmloom.diffusion.grids import GRIDS, published_grid

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

# (grid, shift) of 40 steps → timesteps the network hears, first three levels, last two before 0
GOLDEN = {
    ("unipc", 12): (
        "999 997 995 993 990 988 985 982 979 976 972 969 965 961 956 952 947 941 936 929 "
        "922 915 907 898 888 877 865 852 837 819 799 776 749 717 678 631 571 492 386 235",
        [0.9999166, 0.9977826, 0.9955462],
        [0.386847, 0.2351095],
    ),
    ("unipc", 5): (
        "999 994 989 983 978 972 965 959 952 944 937 929 920 911 902 892 882 870 859 846 "
        "833 818 803 786 768 749 728 706 681 654 624 591 555 514 468 416 356 288 208 113",
        [0.9997998, 0.9946948, 0.989377],
        [0.2081597, 0.113533],
    ),
    ("dpmpp", 12): (
        "1000 997 995 993 990 988 985 982 979 976 972 969 965 961 957 952 947 941 936 929 "
        "923 915 907 898 888 878 865 852 837 819 800 776 750 717 679 631 571 493 387 235",
        [1.0, 0.9978678, 0.9956332],
        [0.3870968, 0.2352941],
    ),
    ("unipc_diffusers", 12): (
        "999 997 995 993 990 988 985 982 979 976 973 969 965 961 957 952 947 942 936 930 "
        "923 915 907 898 889 878 866 852 837 820 800 777 750 719 680 633 573 496 391 242",
        [0.999999, 0.99787, 0.9956378],
        [0.3918101, 0.2424313],
    ),
    ("unipc_diffusers", 3): (
        "999 991 982 973 964 954 944 934 923 911 900 887 875 861 848 833 818 802 786 768 "
        "750 731 710 689 667 643 618 591 563 533 500 466 429 390 347 301 251 197 138 74",
        [0.999999, 0.9915341, 0.9827765],
        [0.138715, 0.0740767],
    ),
}


@pytest.mark.parametrize(("name", "shift"), GOLDEN)
def test_forty_published_steps(name, shift):
    timesteps, first, last = GOLDEN[name, shift]
    grid = published_grid(name, 40, shift=shift)
    assert (1000 * grid.heard).tolist() == [*map(float, timesteps.split()), 0.0]
    torch.testing.assert_close(grid.sigmas[:3], torch.tensor(first), rtol=0, atol=6e-8)
    torch.testing.assert_close(grid.sigmas[-3:], torch.tensor([*last, 0]), rtol=0, atol=6e-8)


def test_four_distilled_steps():
    grid = published_grid("distilled", 4, shift=5)
    assert torch.equal(grid.sigmas, torch.tensor([1, 0.9375, 5 / 6, 0.625, 0]))
    assert torch.equal((1000 * grid.heard).float(), torch.tensor([1000, 937.5, 833.33333333, 625, 0]))
    assert grid.num_high(0.875) == 2


@pytest.mark.parametrize(
    ("name", "shift", "boundary", "num_high"),
    [
        ("unipc", 12, 0.875, 26),
        ("dpmpp", 12, 0.875, 26),
        ("unipc_diffusers", 12, 0.875, 26),
        ("unipc", 5, 0.9, 15),
        ("unipc_diffusers", 3, 0.875, 13),
        ("unipc", 3, 0.875, 12),
    ],
)
def test_how_many_of_forty_steps_the_high_noise_expert_takes(name, shift, boundary, num_high):
    assert published_grid(name, 40, shift=shift).num_high(boundary) == num_high


@pytest.mark.parametrize("shift", [1.0, 3.0, 5.0, 12.0])
@pytest.mark.parametrize("num_steps", [1, 4, 10, 20, 40, 50])
def test_levels_and_timesteps_are_those_diffusers_makes_bit_for_bit(num_steps, shift):
    diffusers = pytest.importorskip("diffusers")
    flow = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": shift}
    unipc = diffusers.UniPCMultistepScheduler(num_train_timesteps=1000, **flow)
    unipc.set_timesteps(num_steps)
    assert_same(published_grid("unipc_diffusers", num_steps, shift=shift), unipc)
    # The original UniPC is diffusers' on given levels: 0.999 as float32 reads it, down to 0.
    unipc.set_timesteps(sigmas=np.linspace(float(np.float32(0.999)), 0, num_steps + 1)[:-1])
    assert_same(published_grid("unipc", num_steps, shift=shift), unipc)
    euler = diffusers.FlowMatchEulerDiscreteScheduler(shift=shift)
    euler.set_timesteps(sigmas=np.linspace(1, 0, num_steps + 1)[:-1].tolist())
    grid = published_grid("distilled", num_steps, shift=shift)
    torch.testing.assert_close(grid.sigmas, euler.sigmas, rtol=0, atol=1.2e-7)  # theirs are shifted in float32


def assert_same(grid, scheduler):
    assert torch.equal(grid.sigmas, scheduler.sigmas)
    assert torch.equal(1000 * grid.heard[:-1], scheduler.timesteps.double())


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("num_steps", [1, 7, 50, 200])
def test_every_grid_falls_to_zero_and_is_heard_as_it_is_walked(name, num_steps):
    grid = published_grid(name, num_steps, shift=5)
    assert grid.num_steps == num_steps
    assert (grid.sigmas.dtype, grid.heard.dtype) == (torch.float32, torch.float64)
    assert (grid.sigmas.diff() < 0).all() and grid.sigmas[-1] == 0 and grid.heard[-1] == 0
    cut_off = grid.sigmas.double() - grid.heard
    assert cut_off.min() > -1e-7 and cut_off.max() < 1e-3 + 1e-7
    assert torch.equal(torch.stack([grid.hears(sigma) for sigma in grid.sigmas]), grid.heard)


def test_a_level_per_frame_is_heard_per_frame_and_given_frames_hear_zero():
    grid = published_grid("unipc", 10, shift=5)
    sigma = torch.stack((grid.sigmas[[10, 3, 3]], grid.sigmas[[10, 4, 4]]))
    assert torch.equal(grid.hears(sigma), torch.stack((grid.heard[[10, 3, 3]], grid.heard[[10, 4, 4]])))


@pytest.mark.parametrize("sigma", [0.5, 1.0, 0.3, -0.1])
def test_a_level_of_another_grid_is_noticed(sigma):
    with pytest.raises(AssertionError, match="is not a level of"):
        published_grid("unipc", 10, shift=5).hears(torch.tensor(sigma))


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("boundary", [0.0, 0.35, 0.875, 0.9, 0.9995, 1.5])
def test_the_solvers_boundary_parts_the_steps_as_the_heard_one_does(name, boundary):
    for shift in (1, 3, 5, 12):
        for num_steps in (4, 10, 40):
            grid = published_grid(name, num_steps, shift=shift)
            by_solver = [float(sigma) >= grid.boundary(boundary) for sigma in grid.sigmas[:-1]]
            assert by_solver == [float(heard) >= boundary for heard in grid.heard[:-1]]


def test_a_level_that_float32_rounds_up_to_the_boundary_is_heard_below_it_and_belongs_to_the_low_expert():
    """Step 13 of 40 at shift 3 is 0.875 less one bit of float64: timestep 874, though float32 makes it 0.875."""
    grid = published_grid("dpmpp", 40, shift=3)
    assert (float(grid.sigmas[12]), float(1000 * grid.heard[12])) == (0.875, 874)
    assert grid.num_high(0.875) == 12
    assert float(grid.sigmas[12]) < grid.boundary(0.875) == float(grid.sigmas[11])


def test_unknown_grids_and_no_steps_are_refused():
    with pytest.raises(RequestError, match="unipc, dpmpp, unipc_diffusers, distilled"):
        published_grid("karras", 10, shift=1.0)
    with pytest.raises(RequestError, match="at least one step"):
        published_grid("unipc", 0, shift=1.0)
