"""The judge: shapes at any size, fields by name, and it learns what it is shown."""

import pytest
import torch
from torch.nn import functional as F

from filmloom.evaluate.recogniser import Recogniser, RecogniserConfig, drift, extent

SCHEMA = {"kind": ("cat", "dog", "bird"), "camera": ("still", "pan")}


def judge():
    torch.manual_seed(0)
    return Recogniser(RecogniserConfig(schema=SCHEMA, widths=(8, 8, 16, 16), width=16))


@torch.no_grad()
@pytest.mark.parametrize("shape", [(9, 72, 128), (5, 37, 61), (1, 16, 16)])
def test_shapes_at_odd_sizes(shape):
    seen = judge()(torch.randn(2, 3, *shape))
    assert {name: tuple(rows.shape) for name, rows in seen.logits.items()} == {"kind": (2, 3), "camera": (2, 2)}
    assert seen.mask.shape == (2, 1, shape[0], -(-shape[1] // 2), -(-shape[2] // 2))
    assert seen.features.shape == (2, 16)
    assert all(rows.isfinite().all() for rows in (*seen.logits.values(), seen.mask, seen.features))


def test_a_schema_from_json_builds_the_same_judge():
    listed = RecogniserConfig(
        schema={name: list(options) for name, options in SCHEMA.items()}, widths=[8, 8, 16, 16], width=16
    )
    assert listed == judge().config


@torch.no_grad()
def test_clips_do_not_see_each_other():
    model, clips = judge().eval(), torch.randn(2, 3, 3, 24, 40)
    together, alone = model(clips), model(clips[1:])
    torch.testing.assert_close(together.logits["kind"][1:], alone.logits["kind"], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(together.mask[1:], alone.mask, atol=1e-5, rtol=1e-5)


def test_extent_measures_a_box():
    weight = torch.zeros(1, 1, 21, 21, 1)
    weight[:, :, 0:11, 10:21] = 1  # upper right quarter
    x, y, wide, high, area = extent(weight)[0, 0].tolist()
    assert (x, y) == (pytest.approx(0.5, abs=1e-3), pytest.approx(-0.5, abs=1e-3))
    assert wide == pytest.approx(high, abs=1e-5) and wide == pytest.approx(0.316, abs=2e-3)
    assert area == pytest.approx(121 / 441)


def seen_from(pan, tilt, zoom, frames=5):
    """A smooth pattern, 72 x 128, seen by a camera that moves so many pixels a frame and zooms by a ratio."""
    y, x = torch.meshgrid(torch.arange(72.0) - 35.5, torch.arange(128.0) - 63.5, indexing="ij")
    shown = []
    for f in range(frames):
        u, v = x / zoom**f - pan * f, y / zoom**f - tilt * f
        shown.append(0.3 * torch.sin(u / 5) + 0.3 * torch.sin(v / 4) + 0.2 * torch.sin((u + v) / 7))
    return torch.stack(shown).expand(1, 3, -1, -1, -1)


@pytest.mark.parametrize(
    "pan, tilt, zoom", [(0, 0, 1.0), (0.5, 0, 1.0), (-1.2, 0, 1.0), (0, 0.4, 1.0), (0.6, -0.6, 1.0), (0, 0, 1.01)]
)
def test_drift_measures_the_camera(pan, tilt, zoom):
    right, down, outward, lower, *_ = drift(seen_from(pan, tilt, zoom), torch.zeros(1, 5, 9, 16, 1))[0].sinh().tolist()
    pixel = 1000 / 72
    assert right == pytest.approx(pan * pixel, abs=1.2) and down == pytest.approx(tilt * pixel, abs=1.2)
    # Of a zoom by z, places at (x, y) half frames flow by (z - 1) (64 x, 36 y) pixels: (64 + 36) / 3 on average.
    assert outward == pytest.approx((zoom - 1) * pixel * 100 / 3, abs=1.2) and abs(lower) < 1.2


def test_drift_tells_the_subject_from_the_scene():
    video, weight = seen_from(0.5, 0, 1.0), torch.zeros(1, 5, 9, 16, 1)
    video = video.clone()
    video[..., 24:48, 40:88] = seen_from(-0.5, 0, 1.0)[..., 24:48, 40:88]
    weight[:, :, 3:6, 5:11] = 1
    right, _, _, _, beside, _ = drift(video, weight)[0].sinh().tolist()
    assert right > 3 and beside < -6
    assert drift(video[:, :, :1], weight[:, :1]).abs().max() == 0  # a picture does not move


def clips(num=12):
    """Red or blue squares that stand or move, on a grey ground, and their masks."""
    video, mask = torch.zeros(num, 3, 5, 24, 40), torch.zeros(num, 1, 5, 24, 40)
    colour, moves = torch.arange(num) % 2, torch.arange(num) // 2 % 2
    for i in range(num):
        for f in range(5):
            left, top = 4 + i % 5 + 5 * f * int(moves[i]), 4 + i % 7
            video[i, 2 * colour[i], f, top : top + 8, left : left + 8] = 1
            mask[i, 0, f, top : top + 8, left : left + 8] = 1
    return video, mask, colour, moves


def test_learns_colour_motion_and_mask_in_a_few_steps():
    model, (video, mask, colour, moves) = judge(), clips()
    small = F.max_pool3d(mask, (1, 2, 2))
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(60):
        seen = model(video)
        loss = F.cross_entropy(seen.logits["kind"], colour) + F.cross_entropy(seen.logits["camera"], moves)
        loss = loss + F.binary_cross_entropy_with_logits(seen.mask, small)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (seen.logits["kind"].argmax(1) == colour).all() and (seen.logits["camera"].argmax(1) == moves).all()
    assert ((seen.mask > 0) == (small > 0.5)).float().mean() > 0.97
