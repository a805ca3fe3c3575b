"""The engine: exact labels, batches equal singles, one drawing at any size."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from filmloom.core.types import Size
from filmloom.world.camera import layer_view, orbits
from filmloom.world.cards import subject_card
from filmloom.world.draw import draw, program
from filmloom.world.light import flash, lightning
from filmloom.world.pen import Pen, limb
from filmloom.world.raster import Labels, View, paint
from filmloom.world.sample import Repertoire, sample_batch, sample_scene
from filmloom.world.scene import MOODS, STYLES, TIMES, WEATHERS, Camera, Scene, Subject

SMALL = Size(96, 54)


def scene(**changes) -> Scene:
    values = dict(setting="meadow", subjects=(Subject("car", "red", "drive", 0.0, 0.33, 0.25, speed=0.3),), seed=5)
    return Scene(**(values | changes))


def warp_back(video: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    """Frame t+1 read along the flow of frame t: video [3, F, H, W], flow [2, F-1, H, W]."""
    h, w = flow.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
    grid = torch.stack([2 * (x + flow[0]) / w - 1, 2 * (y + flow[1]) / h - 1], -1)
    return F.grid_sample(video[:, 1:].transpose(0, 1), grid, align_corners=False, padding_mode="border").transpose(0, 1)


def test_warping_by_exact_flow_at_least_halves_the_error():
    rng = np.random.default_rng(3)
    still, warped = [], []
    for _ in range(12):
        one = sample_scene(rng, Repertoire.full())
        drawing = draw([one], 1.0 + np.arange(3) / 15, Size(256, 144), labels=True)
        video, flow = drawing.video[0], drawing.flow[0]
        moving = (flow.square().sum(0).sqrt() > 0.5) & (drawing.valid & ~drawing.occluded)[0, 0]
        if moving.sum() < 50:
            continue
        still.append((video[:, 1:] - video[:, :-1]).abs().mean(0)[moving])
        warped.append((warp_back(video, flow) - video[:, :-1]).abs().mean(0)[moving])
    assert torch.cat(warped).mean() <= 0.5 * torch.cat(still).mean()


def test_a_batch_equals_its_members():
    rng = np.random.default_rng(1)
    still = replace(Repertoire.full(), moves=("still",))
    scenes = sample_batch(rng, still, 3)
    times = np.arange(3) / 8
    together = draw(scenes, times, SMALL, labels=True)
    for i, one in enumerate(scenes):
        alone = draw([one], times, SMALL, labels=True)
        error = (together.video[i] - alone.video[0]).abs()
        assert error.mean() < 1e-3 and error.max() < 0.1  # sheets of drifting layers are cut elsewhere
        assert (together.mask[i] == alone.mask[0]).float().mean() > 0.999


def test_scenes_of_two_programs_are_refused():
    other = scene(time="night")
    assert program(scene()) != program(other)
    with pytest.raises(ValueError, match="program"):
        draw([scene(), other], np.zeros(1), SMALL)


def test_same_scene_same_bits():
    times = np.arange(2) / 8
    assert torch.equal(draw([scene()], times, SMALL).video, draw([scene()], times, SMALL).video)


def test_masks_name_the_subject_and_depth_puts_it_in_front():
    drawing = draw([scene()], np.array([2.0]), SMALL, labels=True)
    inside = drawing.mask[0, 0] == 1
    assert 0.01 < inside.float().mean() < 0.4
    assert drawing.depth[0, 0, 0][inside].max() < drawing.depth[0, 0, 0][:4].min()


def test_overscan_keeps_the_frame():
    times = np.zeros(1)
    plain = draw([scene()], times, Size(96, 54)).video
    wide = draw([scene()], times, Size(96, 64), unit=54).video[..., 5:59, :]
    # corners differ by the vignette, the middle does not
    torch.testing.assert_close(wide[..., 17:37, 28:68], plain[..., 17:37, 28:68], atol=2e-2, rtol=0)


def test_the_camera_carries_a_still_layer_exactly():
    moved = draw([scene(subjects=(), camera=Camera("pan_right", 2.0))], np.array([0.0, 4.0]), SMALL, labels=True)
    ground = moved.flow[0, :, 0, -3, 48]
    assert ground[0].item() == pytest.approx(-0.5 * SMALL.height, abs=1e-3)  # 2 x 0.25 frame heights at parallax 1
    assert ground[1].item() == pytest.approx(0, abs=1e-3)


def _paint(shape_of, angle: float = 0.0, num: int = 1) -> torch.Tensor:
    pen = Pen(np.zeros(1), [0])
    pen.still(1.0)
    mark = pen.fill(shape_of(pen), "#ffffff", emit=True)
    canvas = torch.zeros(num, 3, 64, 64)
    one = np.ones((num, 1))
    paint(canvas, mark, View(one * 64, one * 32, one * 32, 64, 64), sketch=False)
    return canvas


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (lambda pen: pen.ellipse_shape((0, 0), 0.3), np.pi * 0.09),
        (lambda pen: pen.ellipse_shape((0.05, -0.02), 0.3, 0.2, 30), np.pi * 0.06),
        (lambda pen: pen.capsule_shape((-0.2, 0), (0.2, 0.1), 0.1), np.pi * 0.01 + 0.2 * np.hypot(0.4, 0.1)),
        (lambda pen: pen.polygon_shape([(-0.3, -0.2), (0.3, -0.2), (0.3, 0.2), (-0.3, 0.2)]), 0.24),
        (lambda pen: pen.polygon_shape([(-0.3, -0.3), (0.3, -0.3), (0.0, 0.0), (0.3, 0.3), (-0.3, 0.3)]), 0.27),
    ],
)
def test_painted_area_is_the_shape_s_area(shape, area):
    assert _paint(shape)[0, 0].mean().item() == pytest.approx(area, rel=0.02)


def test_windows_of_a_batch_may_lie_apart():
    """The gathered path paints what the sliced path paints."""
    pen = Pen(np.zeros(1), [0, 0])
    pen.still(1.0)
    x = np.array([[-0.3], [0.25]])
    mark = pen.fill(pen.ellipse_shape((x, 0.1), 0.1), "#ff0000", emit=True, outline=True, shade=0.3)
    one = np.ones((2, 1))
    both = torch.zeros(2, 3, 64, 64)
    paint(both, mark, View(one * 64, one * 32, one * 32, 64, 64), sketch=False)
    for i in range(2):
        pen.layers.clear()
        pen.still(1.0)
        alone = pen.fill(pen.ellipse_shape((float(x[i, 0]), 0.1), 0.1), "#ff0000", emit=True, outline=True, shade=0.3)
        single = torch.zeros(1, 3, 64, 64)
        paint(single, alone, View(one[:1] * 64, one[:1] * 32, one[:1] * 32, 64, 64), sketch=False)
        torch.testing.assert_close(both[i], single[0], atol=1e-5, rtol=0)


def test_flow_of_a_turning_ellipse_is_its_rotation():
    pen = Pen(np.array([0.0, 1.0]), [0])
    pen.moving(1.0)
    turn = np.array([[0.0, 90.0]])
    mark = pen.fill(pen.ellipse_shape((0, 0), 0.4, 0.3, turn), "#ffffff")
    one = np.ones((1, 2))
    labels = Labels.empty(2, 65, 65, "cpu")
    paint(torch.zeros(2, 3, 65, 65), mark, View(one * 64, one * 32.5, one * 32.5, 65, 65), sketch=False, labels=labels)
    # 8 pixels right of the centre goes, a quarter turn counter-clockwise on the screen, to 8 pixels above it
    dx, dy = labels.flow[0, :, 32, 40].tolist()
    assert (dx, dy) == (pytest.approx(-8, abs=1e-3), pytest.approx(-8, abs=1e-3))


def test_a_limb_keeps_its_lengths():
    knee = limb((0.0, 0.0), (0.3, 0.5), 0.4, 0.35)
    assert np.hypot(*knee) == pytest.approx(0.4, abs=1e-6)
    assert np.hypot(knee[0] - 0.3, knee[1] - 0.5) == pytest.approx(0.35, abs=1e-6)


# --- styles, air, camera, clothes ---

OTHERS = STYLES[1:]


def painted(**changes) -> torch.Tensor:
    return draw([scene(**changes)], np.array([1.0]), SMALL).video


@pytest.mark.parametrize("style", OTHERS)
def test_a_style_changes_the_picture_and_no_label(style):
    times, camera = 1.0 + np.arange(2) / 8, Camera("pan_right")
    plain = draw([scene(camera=camera)], times, SMALL, labels=True)
    styled = draw([scene(camera=camera, style=style)], times, SMALL, labels=True)
    assert (plain.video - styled.video).abs().mean() > 0.06
    for name in ("flow", "occluded", "valid", "depth", "mask"):
        assert torch.equal(getattr(plain, name), getattr(styled, name)), name


def test_the_sketch_is_one_for_all_styles():
    first, *rest = (draw([scene(style=s)], np.array([1.0]), SMALL, style="sketch").video for s in STYLES)
    assert all(torch.equal(first, other) for other in rest)


@pytest.mark.parametrize("style", OTHERS)
def test_a_subject_s_colour_is_told_in_every_style(style):
    for colour, channel in (("red", 0), ("blue", 2)):
        drawing = draw([scene(subjects=(Subject("girl", colour, "wave", size=0.8, y=0.42),), style=style)],
                       np.array([1.0]), SMALL, labels=True)  # fmt: skip
        pixels = drawing.video[0, :, 0][:, drawing.mask[0, 0] == 1]
        assert pixels[channel].mean() > pixels[2 - channel].mean() + 0.1


@pytest.mark.parametrize("style", OTHERS)
def test_clips_of_a_styled_batch_equal_clips_drawn_alone(style):
    scenes = [scene(style=style, seed=seed) for seed in (1, 2)]
    both = draw(scenes, np.array([0.4]), SMALL).video
    for i, one in enumerate(scenes):
        assert (both[i] - draw([one], np.array([0.4]), SMALL).video[0]).abs().max() < 0.05


@pytest.mark.parametrize(
    ("name", "words", "apart"),
    [("time", TIMES, 0.05), ("weather", WEATHERS, 0.015), ("mood", MOODS, 0.015), ("style", STYLES, 0.06)],
)
def test_no_two_words_of_a_field_look_alike(name, words, apart):
    words = [word for word in words if word != "breeze"]  # that is the clear sky in motion
    pictures = {word: painted(**{name: word}) for word in words}
    for i, one in enumerate(words):
        for other in words[i + 1 :]:
            assert (pictures[one] - pictures[other]).abs().mean() > apart, (one, other)


def test_tilting_down_is_tilting_up_in_reverse():
    up, down = (layer_view([scene(camera=Camera(move))], np.linspace(0, 4, 5), 0.7).y for move in
                ("tilt_up", "tilt_down"))  # fmt: skip
    np.testing.assert_allclose(up, -down)
    assert (np.diff(down[0]) < 0).all()  # what is seen moves up


def test_an_orbit_holds_the_subjects_plane_and_parts_what_is_behind_from_what_is_before():
    times = np.array([1.9, 2.1])
    one = scene(subjects=(), camera=Camera("orbit", 2.0))
    (side,), _ = orbits([one], times)
    drawing = draw([one], times, SMALL, labels=True)
    flow, depth = drawing.flow[0, 0, 0], drawing.depth[0, 0, 0]
    assert side[1] > side[0]
    np.testing.assert_allclose(flow[depth == 900].numpy(), (side[1] - side[0]) * SMALL.height, atol=1e-3)
    ground = flow[-4:, 20:70].abs()
    assert (ground < 1e-3).float().mean() > 0.8
    before = layer_view([one], times, 1.4).x[0]
    assert before[1] < before[0]


@pytest.mark.parametrize("move", ["orbit", "tilt_down"])
def test_exact_flow_follows_the_new_moves(move):
    drawing = draw([scene(camera=Camera(move, 2.0))], 1.0 + np.arange(3) / 8, Size(192, 108), labels=True)
    video, flow = drawing.video[0], drawing.flow[0]
    moving = (flow.square().sum(0).sqrt() > 0.5) & (drawing.valid & ~drawing.occluded)[0, 0]
    still = (video[:, 1:] - video[:, :-1]).abs().mean(0)[moving].mean()
    assert moving.sum() > 500
    assert (warp_back(video, flow) - video[:, :-1]).abs().mean(0)[moving].mean() < 0.5 * still


def test_an_orbit_never_leaves_the_backdrop_however_long_the_film():
    (side,), _ = orbits([scene(camera=Camera("orbit", 2.0), seconds=600)], np.linspace(0, 600, 2001))
    assert np.abs(side).max() < 0.4


def test_lightning_follows_from_the_seed_and_lights_the_scene():
    assert lightning(5, 4.0) == [stroke for stroke in lightning(5, 9.0) if stroke[0] < 4.0]
    assert lightning(5, 4.0) != lightning(6, 4.0)
    time = lightning(5, 4.0)[0][0]
    dark, lit = draw([scene(weather="storm")], np.array([time - 0.05, time + 0.01]), SMALL).video[0].mean((0, 2, 3))
    assert lit > dark + 0.15
    assert flash(np.array([-0.1, 1.5])).max() < 1e-4  # an instant, not a change of weather


def test_a_flash_is_each_clip_s_own():
    storm = [scene(weather="storm", seed=seed) for seed in (5, 6)]
    time = np.array([lightning(5, 4.0)[0][0] + 0.01])
    both = draw(storm, time, SMALL).video
    for i, one in enumerate(storm):
        assert (both[i] - draw([one], time, SMALL).video[0]).abs().max() < 0.05


@pytest.mark.parametrize("kind", ["girl", "boy", "robot", "cat", "dog", "horse", "rabbit"])
def test_clothes_are_seen_and_leave_the_colour_told(kind):
    def of(clothes: str, colour: str = "red"):
        subject = Subject(kind, colour, subject_card(kind).actions[0], size=0.8, y=0.42, clothes=clothes)
        return draw([scene(subjects=(subject,))], np.array([1.0]), SMALL, labels=True)

    usual = of("usual").video
    for clothes in subject_card(kind).clothes[1:]:
        assert ((of(clothes).video - usual).abs().amax(1) > 0.1).float().mean() > 0.004, clothes
        for colour, channel in (("red", 0), ("blue", 2)):
            drawing = of(clothes, colour)
            pixels = drawing.video[0, :, 0][:, drawing.mask[0, 0] == 1]
            assert pixels[channel].mean() > pixels[2 - channel].mean(), (clothes, colour)
