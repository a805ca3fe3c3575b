"""Between two key frames: exact at both ends, straight in the middle, and able to learn motion."""

import pytest
import torch

from filmloom.kernels.warp import warp
from filmloom.models.interpolator import Interpolator, InterpolatorConfig, Pair, correlation, suggestion

CONFIG = InterpolatorConfig(
    widths=(8, 12, 16), flow_widths=(12, 16, 16), radii=(2, 2, 2), carried=4, mend_widths=(8, 12)
)


def net(*, trained=False):
    """`trained` moves the zero-initialised outputs away from their start."""
    torch.manual_seed(0)
    model = Interpolator(CONFIG)
    for name, parameter in model.named_parameters():
        if trained and (".correct." in name or "mend.out" in name):
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def texture(num=2, height=30, width=41):
    coarse = torch.rand(num, 3, height // 4, width // 4, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear") * 2 - 1


def moving(dx, dy):
    """Two pictures of a texture that moves by (dx, dy), and the flow both ways."""
    wide = texture(2, 64, 80)
    a, b = wide[..., 16:48, 16:64], wide[..., 16 - dy : 48 - dy, 16 - dx : 64 - dx]
    flow = torch.tensor([float(dx), float(dy)])[None, :, None, None].expand(2, 2, 32, 48)
    return a, b, flow, -flow


@torch.no_grad()
def test_shapes_at_any_size():
    a, b = texture(), texture().flip(-1)
    between = net(trained=True)(a, b, t=torch.tensor([0.25, 0.75]))
    assert between.flow_t0.shape == between.flow_t1.shape == (2, 2, 30, 41)
    assert between.mask.shape == (2, 1, 30, 41) and between.frame.shape == a.shape
    assert between.mask.min() >= 0 and between.mask.max() <= 1


@torch.no_grad()
@pytest.mark.parametrize("trained", [False, True])
def test_the_key_frames_come_back_at_both_ends(trained):
    model = net(trained=trained)
    pair = model.flows(texture(), texture().flip(-1))
    torch.testing.assert_close(model.between(pair, torch.zeros(2)).frame, pair.a, atol=1e-4, rtol=0)
    torch.testing.assert_close(model.between(pair, torch.ones(2)).frame, pair.b, atol=1e-4, rtol=0)
    torch.testing.assert_close(model.between(pair, torch.full((2,), 1e-4)).frame, pair.a, atol=1e-2, rtol=0)


@torch.no_grad()
def test_a_still_pair_stays_still():
    a = texture()
    torch.testing.assert_close(net()(a, a, t=torch.full((2,), 0.3)).frame, a, atol=1e-4, rtol=0)


@torch.no_grad()
def test_even_motion_is_halfway_at_half_time():
    a, b, ab, ba = moving(4, -2)
    between = net().between(Pair(a, b, ab, ba), torch.full((2,), 0.5))
    torch.testing.assert_close(between.flow_t0, -ab / 2)
    torch.testing.assert_close(between.flow_t1, ab / 2)
    halfway = texture(2, 64, 80)[..., 17:49, 14:62]
    torch.testing.assert_close(between.frame[..., 4:-4, 4:-4], halfway[..., 4:-4, 4:-4], atol=1e-4, rtol=0)


@torch.no_grad()
def test_exchanging_the_frames_exchanges_the_flows():
    model = net(trained=True)
    pair, swapped = model.flows(texture(), texture().flip(-1)), model.flows(texture().flip(-1), texture())
    torch.testing.assert_close(pair.flow_ab, swapped.flow_ba, atol=1e-4, rtol=1e-4)
    assert torch.equal(pair.steps[-1][0], pair.flow_ab) and len(pair.steps) == 3


@torch.no_grad()
def test_one_time_serves_all_pairs():
    model, a, b = net(trained=True), texture(), texture().flip(-1)
    pair = model.flows(a, b)
    torch.testing.assert_close(
        model.between(pair, torch.tensor([0.4])).frame, model.between(pair, torch.tensor([0.4, 0.4])).frame
    )


@torch.no_grad()
def test_correlation_peaks_at_the_displacement():
    here = torch.randn(1, 32, 12, 12, generator=torch.Generator().manual_seed(0))
    best = correlation(here, here.roll((1, -2), dims=(2, 3)), 2)[0, :, 4:8, 4:8].argmax(dim=0)
    assert (best == (1 + 2) * 5 + (-2 + 2)).all()


def test_learns_a_motion_it_is_shown():
    model, (a, b, ab, ba) = net(), moving(5, 3)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(60):
        pair = model.flows(a, b)
        loss = sum((x - ab).abs().mean() + (y - ba).abs().mean() for x, y in pair.steps)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (pair.flow_ab - ab).abs().mean() < 1
    inside = (slice(None), slice(None), slice(6, -6), slice(6, -6))
    assert (warp(b, pair.flow_ab) - a)[inside].abs().mean() < 0.5 * (b - a)[inside].abs().mean()


@torch.no_grad()
def test_the_suggestion_follows_the_colours():
    a, b, _, _ = moving(2, -1)
    found = suggestion(a, b, 3)[..., 8:-8, 8:-8]
    assert (found.mean(dim=(0, 2, 3)) - torch.tensor([2.0, -1.0])).abs().max() < 0.3
