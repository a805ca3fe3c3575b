"""Pictures for people: a contact sheet of a Scene, and its exact labels beside each other. RGB, uint8 [H, W, 3]."""

from __future__ import annotations

import colorsys

import numpy as np

from filmloom.core.png import grid
from filmloom.core.types import Size
from filmloom.world.draw import Drawing, draw
from filmloom.world.scene import Scene

DOT = (60, 230, 90)  # joints
GROUND = (40, 40, 40)  # no subject; no motion known
HIDDEN = (90, 90, 90)  # a pixel whose motion is known but which is covered in the next frame
SHEET_CELL, LABEL_CELL = Size(512, 288), Size(448, 252)
RATE = 30.0  # labels of motion are for this frame rate


def contact_sheet(scene: Scene, size: Size = SHEET_CELL, *, rows: int = 2, columns: int = 3) -> np.ndarray:
    """`rows` x `columns` moments of the scene, evenly spread, read like a page."""
    times = (np.arange(rows * columns) + 0.5) / (rows * columns) * scene.seconds
    pictures = list(_pictures(draw([scene], times, size)))
    return grid([pictures[i : i + columns] for i in range(0, len(pictures), columns)], gap=4)


def label_sheet(scene: Scene, size: Size = LABEL_CELL, *, num_moments: int = 3) -> np.ndarray:
    """One row per moment: the picture with its joints, masks by subject, optical flow by hue, depth (near is dark)."""
    starts = (np.arange(num_moments) + 0.5) / num_moments * scene.seconds
    times = np.stack([starts, starts + 1 / RATE], axis=1).reshape(-1)  # pairs: flow leads from a frame to the next
    drawing = draw([scene], times, size, labels=True)
    return grid([_row(drawing, 2 * i) for i in range(num_moments)], gap=4)


def mask_picture(mask: np.ndarray) -> np.ndarray:
    """Subject indices [H, W] (0 = none) in colours that stay apart, by steps of the golden ratio around the hues."""
    hues = [colorsys.hsv_to_rgb((0.93 + i * 0.618034) % 1, 0.65, 0.95) for i in range(int(mask.max()))]
    table = np.concatenate([np.array([GROUND]), np.array(hues).reshape(-1, 3) * 255]).astype(np.uint8)
    return table[mask]


def flow_picture(flow: np.ndarray, *, valid: np.ndarray, occluded: np.ndarray) -> np.ndarray:
    """Motion [2, H, W] in pixels: direction as hue, speed as brightness, the fastest of the picture at full."""
    speed = np.hypot(*flow)
    top = max(float(np.percentile(speed[valid], 99.5)) if valid.any() else 0.0, 1e-3)
    hue = (np.arctan2(-flow[1], flow[0]) / (2 * np.pi)) % 1
    picture = _hues(hue) * np.clip(speed / top, 0, 1)[..., None] ** 0.5 * 255
    picture = np.where(occluded[..., None], np.array(HIDDEN), picture)
    return np.where(valid[..., None], picture, np.array(GROUND)).astype(np.uint8)


def depth_picture(depth: np.ndarray) -> np.ndarray:
    """Depth [H, W], away from the camera, from dark (near) to light (far), in equal steps: depth is ordinal."""
    values, rank = np.unique(depth, return_inverse=True)
    shade = rank.reshape(depth.shape) / max(len(values) - 1, 1)
    return np.repeat((40 + 215 * shade).astype(np.uint8)[..., None], 3, axis=2)


def joints_picture(picture: np.ndarray, joints: list[tuple[float, float]]) -> np.ndarray:
    """`picture` with a dot at each joint (x, y) in world units: origin at the centre, 1 = the picture's height."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    x, y = (columns + 0.5 - width / 2) / height, (rows + 0.5 - height / 2) / height
    dots = np.zeros((height, width), bool)
    for across, down in joints:
        dots |= np.hypot(x - across, y - down) <= 0.009
    return np.where(dots[..., None], np.array(DOT, np.uint8), picture)


def _row(drawing: Drawing, i: int) -> list[np.ndarray]:
    label = lambda tensor: tensor[0, :, i].cpu().numpy()  # noqa: E731
    joints = [tuple(at[0, i].tolist()) for pose in drawing.pose for at in pose.values()]
    flow = flow_picture(label(drawing.flow), valid=label(drawing.valid)[0], occluded=label(drawing.occluded)[0])
    picture = joints_picture(_pictures(drawing)[i], joints)
    return [picture, mask_picture(drawing.mask[0, i].cpu().numpy()), flow, depth_picture(label(drawing.depth)[0])]


def _pictures(drawing: Drawing) -> np.ndarray:
    """[F, H, W, 3], uint8."""
    video = drawing.video[0].permute(1, 2, 3, 0)
    return ((video.clamp(-1, 1) + 1) * 127.5).round().byte().cpu().numpy()


def _hues(hue: np.ndarray) -> np.ndarray:
    """Fully saturated colours [H, W, 3] in 0..1 of hues in 0..1."""
    offset = np.array([0.0, 2 / 3, 1 / 3])
    return np.clip(np.abs(((hue[..., None] + offset) % 1) * 6 - 3) - 1, 0, 1)
