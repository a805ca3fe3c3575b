"""The camera: a pan, tilt, dolly or orbit that moves each layer by its parallax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from filmloom.world.pen import Frame
from filmloom.world.scene import Scene

PAN, TILT, ZOOM = 0.25, 0.14, 0.15  # frame heights, frame heights and ratio, in four seconds at amount 1
ORBIT, REACH, SWAY = 0.30, 0.36, 0.005  # frame heights: pace in four seconds of what is infinitely far, its limit, bob


def moves(scenes: Sequence[Scene], times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pan x, tilt y (frame heights) and log-zoom of the subjects' plane, each [B, F]; centred on the middle of the
    film."""
    pan, tilt, zoom = (np.zeros((len(scenes), len(times))) for _ in range(3))
    for i, scene in enumerate(scenes):
        middle = scene.seconds / 2
        along = (times - middle) / 4 * scene.camera.amount
        match scene.camera.move:
            case "pan_left":
                pan[i] = -PAN * along
            case "pan_right":
                pan[i] = PAN * along
            case "tilt_up":
                tilt[i] = -TILT * along
            case "tilt_down":
                tilt[i] = TILT * along
            case "push_in":
                zoom[i] = np.log1p(ZOOM) * (times / 4 * scene.camera.amount)
            case "pull_out":
                zoom[i] = np.log1p(ZOOM) * ((scene.seconds - times) / 4 * scene.camera.amount)
    return pan, tilt, zoom


def orbits(scenes: Sequence[Scene], times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far the camera has gone around the subjects, and its bob as it walks, each [B, F], in frame heights.

    It swings: a long film never leaves the painted backdrop."""
    side, bob = np.zeros((len(scenes), len(times))), np.zeros((len(scenes), len(times)))
    for i, scene in enumerate(scenes):
        if scene.camera.move == "orbit":
            along = (times - scene.seconds / 2) / 4
            side[i] = scene.camera.amount / 2 * REACH * np.sin(2 * ORBIT / REACH * along)
            bob[i] = scene.camera.amount * SWAY * np.sin(2 * np.pi * 0.4 * times)
    return side, bob


def layer_view(scenes: Sequence[Scene], times: np.ndarray, parallax: float, motion: Frame | None = None) -> Frame:
    """World → screen of a layer as a Frame of arrays [B, F]."""
    pan, tilt, zoom = moves(scenes, times)
    side, bob = orbits(scenes, times)
    nearer = parallax - 1  # an orbit leaves the subjects' plane where it is
    camera = Frame(
        -pan * parallax - side * nearer, -tilt * parallax - bob * nearer, np.exp(np.clip(zoom, 0, 1.2) * parallax)
    )
    return camera if motion is None else camera.then(motion)
