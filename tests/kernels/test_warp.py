"""A backward warp fetches pixels from where the flow points."""

import pytest
import torch

from filmloom.kernels.warp import resize_flow, warp


def picture(height=9, width=14):
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def constant(dx, dy, height=9, width=14):
    return torch.tensor([float(dx), float(dy)])[None, :, None, None].expand(2, 2, height, width)


def test_no_flow_changes_nothing():
    torch.testing.assert_close(warp(picture(), constant(0, 0)), picture(), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("dx", "dy"), [(3, 0), (0, 2), (2, 3)])
def test_whole_pixels_are_fetched_exactly(dx, dy):
    image = picture()
    fetched = warp(image, constant(dx, dy))
    torch.testing.assert_close(fetched[..., : 9 - dy, : 14 - dx], image[..., dy:, dx:], atol=1e-5, rtol=0)


def test_outside_repeats_the_border():
    torch.testing.assert_close(warp(picture(), constant(-50, 0)), picture()[..., :1].expand(-1, -1, -1, 14))


def test_half_a_pixel_is_the_mean_of_two():
    image = picture()
    torch.testing.assert_close(warp(image, constant(0.5, 0))[..., :-1], (image[..., 1:] + image[..., :-1]) / 2)


def test_positions_stay_exact_for_half_precision_images():
    ramp = torch.arange(300.0).expand(1, 1, 4, 300) / 300
    flow = torch.ones(1, 2, 4, 300, dtype=torch.bfloat16)
    fetched = warp(ramp.bfloat16(), flow)
    assert torch.equal(fetched[..., :3, :-1], ramp.bfloat16()[..., :3, 1:])


def test_a_resized_flow_means_the_same_motion():
    doubled = resize_flow(constant(3, 2), 18, 28)
    torch.testing.assert_close(doubled, constant(6, 4, 18, 28))
    torch.testing.assert_close(resize_flow(doubled, 9, 14), constant(3, 2))
