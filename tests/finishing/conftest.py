"""Short clips of the film set for the tests of pictures in motion."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from filmloom.core.types import Size
from filmloom.world.film import film
from filmloom.world.scene import Camera, Scene, Subject

SIZE, FPS, NUM_FRAMES = Size(160, 90), 16, 24
SCENES = {
    "car": ("city", "car", "drive", "still", 0.3),
    "horse": ("meadow", "horse", "run", "pan_left", 0.4),
    "dog": ("beach", "dog", "run", "push_in", 0.4),
    "girl": ("snow_forest", "girl", "walk", "pan_right", 0.2),
}


def scene(name: str) -> Scene:
    setting, kind, action, move, speed = SCENES[name]
    subject = Subject(kind, "red", action, speed=speed)
    return Scene(setting, (subject,), camera=Camera(move), seconds=NUM_FRAMES / FPS)


@pytest.fixture(scope="session")
def shots() -> dict[str, np.ndarray]:
    """uint8 [24, 90, 160, 3] each, at 16 frames a second; read-only."""
    cv2.setNumThreads(1)
    made = {}
    for name in SCENES:
        made[name] = np.concatenate(list(film(scene(name), SIZE, FPS, NUM_FRAMES, workers=1)))
        made[name].flags.writeable = False
    return made
