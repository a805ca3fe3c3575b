"""The upsampler starts as bicubic enlargement, deaf to the text, and learns both."""

import pytest
import torch
from torch.nn import functional as F

from filmloom.models.upsampler import Upsampler, UpsamplerConfig, bicubic_taps


def net(scale=5):
    torch.manual_seed(0)
    return Upsampler(UpsamplerConfig(scale=scale, width=8, num_blocks=2, text_width=12))


def frames(height=7, width=11):
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0)) * 2 - 1


def bicubic(x, scale):
    return F.interpolate(x, scale_factor=float(scale), mode="bicubic", align_corners=False)


@torch.no_grad()
@pytest.mark.parametrize("scale", [2, 3, 4, 5])
def test_starts_as_bicubic_to_the_border(scale):
    torch.testing.assert_close(net(scale)(frames()), bicubic(frames(), scale), atol=1e-5, rtol=0)


def test_the_taps_of_every_phase_sum_to_one():
    sums = bicubic_taps(5).reshape(3, 25, 3, 25).sum(dim=-1)
    torch.testing.assert_close(sums, torch.eye(3)[:, None].expand(3, 25, 3))


@torch.no_grad()
def test_untrained_it_ignores_the_text():
    model = net()
    torch.nn.init.normal_(model.tail.weight)
    assert torch.equal(model(frames(), torch.randn(2, 12)), model(frames()))


@torch.no_grad()
def test_one_text_serves_all_frames():
    model = net()
    torch.nn.init.normal_(model.tail.weight)
    torch.nn.init.normal_(model.film.weight)
    pooled = torch.randn(1, 12)
    steered = model(frames(), pooled)
    torch.testing.assert_close(steered, model(frames(), pooled.expand(2, -1)), atol=1e-4, rtol=1e-4)
    assert not torch.allclose(steered, model(frames()))


@torch.no_grad()
def test_frames_do_not_see_each_other():
    model = net()
    torch.nn.init.normal_(model.tail.weight)
    torch.testing.assert_close(model(frames())[1:], model(frames()[1:]), atol=1e-5, rtol=1e-5)


def test_weights_on_disk_leave_out_the_fixed_filter():
    assert "bicubic" not in net().state_dict()


def test_learns_to_sharpen():
    model = net()
    sharp = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(0)).round() * 2 - 1
    sharp = F.interpolate(sharp[..., :10, :10], scale_factor=4.0, mode="nearest")
    small = F.interpolate(sharp, size=(8, 8), mode="area")
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(40):
        loss = (model(small, torch.ones(1, 12)) - sharp).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
