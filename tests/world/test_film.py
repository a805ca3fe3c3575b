"""Full-size streaming equals batched drawing, and does not depend on workers or on where it starts."""

import numpy as np
import pytest

from filmloom.core.types import Size
from filmloom.world.draw import draw
from filmloom.world.film import film
from filmloom.world.scene import STYLES, Camera, Scene, Subject

SMALL = Size(160, 90)


def scene(move: str, **changes) -> Scene:
    return Scene(
        "meadow",
        (Subject("car", "blue", "drive", 0.0, 0.33, 0.25, speed=0.3),),
        camera=Camera(move),
        weather="breeze",
        seed=3,
        seconds=0.6,
        **changes,
    )


@pytest.mark.parametrize("move", ["still", "pan_left", "push_in", "tilt_up", "orbit"])
def test_film_is_the_drawing(move):
    frames = np.concatenate(list(film(scene(move), SMALL, 10, 7)))
    video = draw([scene(move)], np.arange(7) / 10, SMALL).video[0].permute(1, 2, 3, 0).numpy()
    drawn = np.round((video + 1) * 127.5)
    assert frames.shape == (7, 90, 160, 3) and frames.dtype == np.uint8
    assert np.abs(frames - drawn).mean() < 1.2  # OpenCV reads sheets at 1/32 pixel


@pytest.mark.parametrize(
    "changes", [*({"style": style} for style in STYLES[1:]), {"mood": "tense"}, {"mood": "tender"}]
)
def test_a_styled_film_is_the_styled_drawing(changes):
    one = scene("pan_left", **changes)
    frames = np.concatenate(list(film(one, SMALL, 10, 3)))
    video = draw([one], np.arange(3) / 10, SMALL).video[0].permute(1, 2, 3, 0).numpy()
    assert np.abs(frames - np.round((video + 1) * 127.5)).mean() < 1.2


def test_workers_and_start_do_not_change_a_bit():
    whole = np.concatenate(list(film(scene("pan_left"), SMALL, 20, 12, workers=1)))
    assert np.array_equal(whole, np.concatenate(list(film(scene("pan_left"), SMALL, 20, 12, workers=2))))
    assert np.array_equal(whole[4:], np.concatenate(list(film(scene("pan_left"), SMALL, 20, 8, first=4))))
