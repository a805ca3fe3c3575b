"""Each stage runs alone from Python and gives what the whole film has; a film may start from another."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from filmloom.core.errors import RequestError
from filmloom.core.types import Size
from filmloom.finishing.mp4 import write_mp4
from filmloom.generate.calm import calmed
from filmloom.generate.inputs import StartFilm, filled, sampled, to_video
from filmloom.generate.request import Request
from filmloom.generate.window import Key
from filmloom.world.scene import Scene, Subject

SCENE = Scene("meadow", (Subject("cat", "orange", "walk", size=0.3),), seed=3)
SECONDS, KEYS = 17 / 8, 17  # one window of the toy model


def asked(mode="text", **fields):
    usual = {"prompt": "a red cat walks", "size": (128, 72), "seconds": SECONDS, "fps": 8, "seed": 5}
    return Request(mode=mode, **usual | fields)


@pytest.fixture
def draft(tmp_path):
    """A short film file: a bright square wandering over a dark ground, 24 pictures a second."""
    frames = np.full((60, 72, 128, 3), 40, np.uint8)
    for i, frame in enumerate(frames):
        frame[20:50, 10 + i : 40 + i] = (220, 180, 60)
    return write_mp4(tmp_path / "draft.mp4", [frames], size=Size(128, 72), fps=Fraction(24), metadata={})


@pytest.mark.parametrize("scene", [None, SCENE])
def test_the_stages_one_by_one_are_the_film(film, scene):
    request = asked("text" if scene is None else "plan", scene=scene)
    text, null = film.encode_text([request.prompt]), film.encode_text([""])
    latent = film.denoise(text, null, film.noise(request), request, scene=scene)
    if scene is None:
        decoded = film.decode(latent).unbind(dim=2)
        keys = torch.cat([key.picture for key in calmed(Key(*pair) for pair in enumerate(decoded))], dim=0)
        with film.stream(request) as stream:
            assert torch.allclose(keys.transpose(0, 1), stream.skeleton(), atol=1e-4)
    assert torch.equal(film.denoise(text, None, film.noise(request), request, scene=scene), latent)
    assert film.decode(latent).shape == (1, 3, KEYS, 36, 64)


def test_the_starting_latent_may_be_anyones(film):
    request, steps = asked(), []
    text = film.encode_text([request.prompt])
    mine = torch.full_like(film.noise(request), 0.1)
    made = film.denoise(text, None, mine, request, on_step=lambda step, num, x, clean: steps.append((step, num)))
    assert steps == [(0, 2), (1, 2)] and not torch.equal(made, film.denoise(text, None, -mine, request))


def test_encoding_undoes_decoding_of_what_the_codec_can_say(film):
    latent = 0.1 * torch.randn(1, 16, 5, 3, 4, generator=torch.Generator().manual_seed(0))
    codec = film.part("video_vae")
    pictures = film.geometry.cropped(codec.pca_decode(latent))
    again = film.encode(pictures)
    assert again.shape == latent.shape and torch.isfinite(again).all()
    # Cells that no overscan row touches; the first latent frame holds one picture where others hold four.
    assert torch.allclose(again[:, :, 1:, 1], latent[:, :, 1:, 1], atol=1e-4)


@pytest.mark.parametrize("mode", ["text", "plan"])
def test_a_film_starts_from_another_the_closer_the_smaller_the_strength(film, draft, mode):
    """At little strength what comes out is what the codec makes of the start; at full strength the start is gone."""
    frames = {
        s: film.make(asked(mode, steps=8, start=draft, strength=s)).frames.astype(float) for s in (0.01, 0.6, 1.0)
    }
    alone = film.make(asked(mode, steps=8)).frames.astype(float)
    assert np.array_equal(frames[1.0], alone) and not np.array_equal(frames[0.6], alone)
    far = [np.abs(frames[s] - frames[0.01]).mean() for s in (0.6, 1.0)]
    assert 0 < far[0] != far[1]


def test_little_strength_keeps_the_start(film, draft):
    request = asked(steps=50, shift=1, strength=0.02)
    times = [Fraction(key, 8) for key in range(KEYS)]
    start = film.encode(StartFilm.read(draft, times, Size(64, 36)).window(0, KEYS))
    made = film.denoise(film.encode_text([request.prompt]), None, film.noise(request), request, start=start)
    assert (made - start).abs().mean() < 0.1 * start.abs().mean()


def test_settings_name_the_start_but_not_where_it_lay(film, draft):
    with film.stream(asked(start=draft, strength=0.5)) as stream:
        assert stream.settings["start"] == {"film": "draft.mp4", "strength": 0.5}
        assert str(draft.parent) not in str(stream.settings)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"start": "absent.mp4"}, "existing file"),
        ({"mode": "draw", "start": __file__}, "draw has none"),
        ({"image": __file__}, "mini makes its first frame itself"),
        ({"start": __file__, "strength": 0}, "0.01 to 1"),
        ({"start": __file__, "strength": 1.5}, "0.01 to 1"),
    ],
)
def test_impossible_starts_are_refused(film, fields, rule):
    with pytest.raises(RequestError, match=rule):
        film.stream(asked(**fields))


def test_a_start_that_is_too_short_is_refused_with_its_length(film, draft):
    with pytest.raises(RequestError, match=r"it lasts 2\.50 s.*needs 3\.88 s"):
        film.make(asked(seconds=4, start=draft))


def test_auto_with_a_start_is_diffusion(film, draft):
    assert film.choose(asked("auto")).mode == "draw"
    assert film.choose(asked("auto", start=draft)).mode == "plan"


def test_the_picture_on_the_screen_is_taken():
    pictures = [(np.full((1, 1, 3), i, np.uint8), Fraction(i, 3)) for i in range(6)]
    times = [Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(5, 3), Fraction(2)]
    assert [int(p[0, 0, 0]) for p in sampled(pictures, times)] == [0, 1, 1, 5, 5]


@pytest.mark.parametrize("size", [Size(64, 36), Size(36, 64), Size(50, 50)])
def test_pictures_fill_the_frame_undistorted(size):
    """A disc stays a disc, whatever is cut off."""
    ys, xs = np.mgrid[:90, :160]
    disc = ((xs - 79.5) ** 2 + (ys - 44.5) ** 2 < 20**2)[..., None].repeat(3, 2).astype(np.uint8) * 255
    cut = filled(disc, size)
    assert cut.shape == (size.height, size.width, 3)
    inside = cut[..., 0] > 127
    width, height = np.ptp(np.flatnonzero(inside.any(0))) + 1, np.ptp(np.flatnonzero(inside.any(1))) + 1
    assert abs(width - height) <= 1
    assert to_video(cut[None]).shape == (1, 3, 1, size.height, size.width)
