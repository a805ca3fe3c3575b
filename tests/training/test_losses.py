"""What the losses promise: exact zeros, symmetries, units."""

import pytest
import torch
from torch.nn import functional as F

from filmloom.training.losses import (
    endpoint_loss,
    flow_loss,
    gradient_loss,
    guided_flow_loss,
    inside,
    mask_loss,
    pixel_loss,
    psnr,
    sharpness,
    subject_weight,
    velocity_loss,
    weighted_mean,
)  # fmt: skip


def shifted(picture, dx, dy):
    """The picture moved by whole pixels, fresh content entering at the edges."""
    moved = picture.roll((dy, dx), dims=(-2, -1))
    return moved


def constant_flow(picture, dx, dy):
    num, _, height, width = picture.shape
    return torch.tensor([float(dx), float(dy)]).view(1, 2, 1, 1).expand(num, 2, height, width)


@pytest.mark.parametrize("dx,dy", [(0, 0), (3, 0), (-2, 1), (0, -4)])
def test_flow_loss_is_zero_on_whole_pixel_translations(dx, dy):
    first = torch.rand(2, 3, 12, 16)
    known = torch.ones(2, 12, 16, dtype=torch.bool)
    found = flow_loss(first, shifted(first, dx, dy), constant_flow(first, dx, dy), known)
    assert found.item() == pytest.approx(0.0, abs=2e-6)


def test_flow_loss_ignores_what_is_hidden():
    first, second = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    known = torch.zeros(1, 8, 8, dtype=torch.bool)
    assert flow_loss(first, second, torch.zeros(1, 2, 8, 8), known).item() == 0.0
    known[:, 2, 3] = True
    expected = (first - second)[0, :, 2, 3].abs().mean().item()
    assert flow_loss(first, second, torch.zeros(1, 2, 8, 8), known).item() == pytest.approx(expected, rel=1e-5)


def test_guided_flow_loss_forgives_errors_that_move_with_the_scene():
    truth, error = torch.rand(1, 3, 8, 12), torch.rand(1, 3, 8, 12) * 0.1
    after = shifted(truth, 2, 1) * 0.5  # the light truly changes
    flow, known = constant_flow(truth, 2, 1), torch.ones(1, 8, 12, dtype=torch.bool)
    carried = guided_flow_loss(truth + error, after + shifted(error, 2, 1), (truth, after), flow, known)
    stuck = guided_flow_loss(truth + error, after + error, (truth, after), flow, known)
    assert carried.item() == pytest.approx(0.0, abs=2e-6) and stuck.item() > 0.01


def test_inside_marks_where_the_flow_ends_in_the_picture():
    flow = torch.zeros(1, 2, 2, 3)
    flow[0, 0, :, 2] = 0.5
    flow[0, 1, 0, 0] = -1
    assert inside(flow)[0].tolist() == [[False, True, False], [True, True, False]]


def test_gradient_loss_does_not_see_brightness_and_pixel_loss_does():
    truth = torch.rand(1, 3, 2, 6, 7)
    assert gradient_loss(truth + 0.3, truth).item() == pytest.approx(0.0, abs=1e-6)
    assert pixel_loss(truth + 0.3, truth).item() == pytest.approx(0.3, rel=1e-4)


def test_gradient_loss_of_an_edge_is_its_height():
    flat, edge = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    edge[..., 2:] = 1.0
    assert gradient_loss(edge, flat).item() == pytest.approx(1 / 3)  # one of three columns of differences


def test_weights_count_pixels_as_often_as_they_say():
    value = torch.tensor([[1.0, 2.0, 3.0]])
    assert weighted_mean(value, torch.tensor([[1, 0, 3]])).item() == pytest.approx(10 / 4)
    assert weighted_mean(value, None).item() == pytest.approx(2.0)
    mask = torch.tensor([[[[0, 1], [2, 0]]]], dtype=torch.uint8)
    assert subject_weight(mask, inside=5.0).flatten().tolist() == [1, 5, 5, 1]


def test_an_error_in_the_subject_costs_more():
    truth, made = torch.zeros(1, 3, 1, 4, 4), torch.zeros(1, 3, 1, 4, 4)
    made[..., 0, 0] = 1.0
    mask = torch.zeros(1, 1, 4, 4, dtype=torch.uint8)
    mask[..., 0, 0] = 1
    assert pixel_loss(made, truth, subject_weight(mask)) > 2 * pixel_loss(made, truth)


def test_flow_matching_is_zero_for_the_true_velocity():
    clean, noise = torch.randn(2, 4, 3, 2, 2), torch.randn(2, 4, 3, 2, 2)
    assert velocity_loss(noise - clean, clean, noise).item() == 0.0
    assert velocity_loss(torch.zeros_like(clean), clean, torch.zeros_like(clean)).item() == pytest.approx(
        clean.square().mean().item(), rel=1e-5
    )


def test_endpoint_error_is_a_length_in_pixels():
    flow, truth = torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 3)
    truth[:, 0], truth[:, 1] = 3.0, 4.0
    known = torch.ones(1, 3, 3, dtype=torch.bool)
    assert endpoint_loss(flow, truth, known).item() == pytest.approx(5.0, rel=1e-3)


def test_psnr_and_sharpness_have_their_known_values():
    truth = torch.zeros(1, 3, 8, 8)
    assert psnr(truth + 0.2, truth).item() == pytest.approx(20.0, rel=1e-4)  # a tenth of the range of 2
    busy = torch.rand(1, 3, 8, 8)
    assert sharpness(busy, busy).item() == pytest.approx(1.0)
    assert sharpness(0.5 * busy, busy).item() == pytest.approx(0.25, rel=1e-4)


def test_mask_loss_is_the_entropy_of_the_right_answer():
    mask = torch.zeros(1, 2, 4, 6, dtype=torch.uint8)
    mask[..., :3] = 2
    logits = F.interpolate((mask > 0).float().unsqueeze(1), size=(2, 4, 6)) * 40 - 20
    assert mask_loss(logits, mask).item() == pytest.approx(0.0, abs=1e-6)
    assert mask_loss(torch.zeros(1, 1, 2, 2, 3), mask).item() == pytest.approx(0.6931, rel=1e-3)
