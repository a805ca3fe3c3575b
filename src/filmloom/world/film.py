"""Full-size drawing as a stream: still layers are painted once per film, carried by OpenCV; only what moves is painted
per frame."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import cv2
import numpy as np
import torch
from torch import Tensor

from filmloom.core.types import Size
from filmloom.world.camera import layer_view
from filmloom.world.draw import Canvas, bloomed, compose, is_rest, matrix, to_pixels, vignette
from filmloom.world.light import Grade
from filmloom.world.pen import Frame, Layer
from filmloom.world.scene import Scene

CHUNK = 4  # frames painted together: few enough for the cache, enough to share the cost of a call
ROWS = 32  # of a carried sheet laid over together: what they read and write stays in the cache


def film(
    scene: Scene,
    size: Size,
    fps: float | Fraction,
    num_frames: int,
    *,
    style: str = "full",
    first: int = 0,
    workers: int = 2,
) -> Iterator[np.ndarray]:
    """Frames `first` .. `first + num_frames` of the scene as uint8 chunks [f, h, w, 3], RGB, in order.

    Chunks are independent and painted on `workers` threads; the result does not depend on their number."""
    set_ = _Set(scene, size, float(fps), style)
    starts = range(first, first + num_frames, CHUNK)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque = deque()
        try:
            for start in starts:
                waiting.append(pool.submit(set_.paint, start, min(CHUNK, first + num_frames - start)))
                if len(waiting) > workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for job in waiting:
                job.cancel()


class _Set:
    """A scene ready to be filmed: the backdrop at rest, and one sheet per carried layer."""

    def __init__(self, scene: Scene, size: Size, fps: float, style: str):
        self.scene, self.size, self.fps, self.style = scene, size, fps, style
        # Sheets must reach as far as the camera ever sees: look at the whole film, coarsely.
        times = np.linspace(0, scene.seconds, 33)
        pen, self.grade = compose([scene], times)
        self.sheets: dict[int, tuple[np.ndarray, float, tuple[float, float]]] = {}
        canvas = Canvas([scene], times, size, size.height, style == "sketch", False, "cpu")
        self.num_rest = _leading_rest(scene, pen.layers, times)
        rest = Canvas([scene], times[:1], size, size.height, style == "sketch", False, "cpu")
        for layer in pen.layers[: self.num_rest]:
            rest.add(layer)
        self.backdrop = rest.picture
        for i, layer in enumerate(pen.layers[self.num_rest :], self.num_rest):
            if layer.still:
                sheet, unit, centre = canvas.sheet(layer, layer_view([scene], times, layer.parallax, layer.motion))
                planes, *where = _cropped(sheet[0].numpy(), unit, centre)
                self.sheets[i] = (np.ascontiguousarray(planes.transpose(1, 2, 0)), *where)  # one walk moves all four
        self.finish = _Finish(self.grade if style == "full" else Grade(vignette=0.0), size)

    def paint(self, start: int, count: int) -> np.ndarray:
        times = np.arange(start, start + count) / self.fps
        pen, _ = compose([self.scene], times, skip_still=True)
        canvas = Canvas([self.scene], times, self.size, self.size.height, self.style == "sketch", False, "cpu")
        canvas.picture = _kept("canvas", (count, *self.backdrop.shape[1:])).copy_(self.backdrop)
        canvas.split = True
        for i, layer in enumerate(pen.layers[self.num_rest :], self.num_rest):
            if layer.still:
                self._carry(canvas, i, layer_view([self.scene], times, layer.parallax, layer.motion))
            else:
                canvas.add(layer)
        frames = np.empty((count, self.size.height, self.size.width, 3), np.uint8)
        for picture, frame, t in zip(canvas.picture.numpy(), frames, times):
            self.finish(picture, frame, t)
        return frames

    def _carry(self, canvas: Canvas, index: int, carried: Frame) -> None:
        sheet, unit, (left, top) = self.sheets[index]
        if sheet.shape[0] == 0:
            return
        h, w = sheet.shape[:2]
        pixels = to_pixels(matrix(carried, (1, len(canvas.times))), self.size, self.size.height)[0]
        for picture, m in zip(canvas.picture.numpy(), pixels):
            # sheet pixel (column, row) → world → frame pixel; OpenCV counts from pixel centres
            m = np.vstack([m, [0, 0, 1]])
            local = np.array([[1 / unit, 0, left + 0.5 / unit], [0, 1 / unit, top + 0.5 / unit], [0, 0, 1]])
            full = m @ local
            full[:2, 2] -= 0.5
            x0, y0, x1, y1 = _reach(full, w, h, self.size)
            if x1 <= x0 or y1 <= y0:
                continue
            full[0, 2] -= x0
            full[1, 2] -= y0
            moved = _kept("moved", (self.size.height, self.size.width, 4)).numpy().reshape(-1)
            moved = moved[: (y1 - y0) * (x1 - x0) * 4].reshape(y1 - y0, x1 - x0, 4)
            cv2.warpAffine(sheet, full[:2], (x1 - x0, y1 - y0), moved, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)
            lay_over(picture[:, y0:y1, x0:x1], moved)


def lay_over(picture: np.ndarray, moved: np.ndarray) -> None:
    """picture [3, h, w] = picture * (1 - alpha) + colour, in place, for `moved` [h, w, 4], premultiplied."""
    height, width = moved.shape[:2]
    planes = _kept("planes", (4, ROWS, width)).numpy()
    for y in range(0, height, ROWS):
        rows = min(ROWS, height - y)
        split = [plane[:rows] for plane in planes]
        cv2.split(moved[y : y + rows], split)
        *colours, alpha = split
        keep = np.subtract(1, alpha, out=alpha)
        for part, colour in zip(picture[:, y : y + rows], colours):
            np.multiply(part, keep, out=part)
            np.add(part, colour, out=part)


_threads = threading.local()


def _kept(name: str, shape: tuple[int, ...]) -> Tensor:
    """A float32 tensor of a thread's own, with whatever it held last: fresh memory costs as much as painting on it."""
    held = vars(_threads)
    if name not in held or held[name].shape != shape:
        held[name] = torch.empty(shape)
    return held[name]


def _leading_rest(scene: Scene, layers: list[Layer], times: np.ndarray) -> int:
    """How many layers at the back never move."""
    for i, layer in enumerate(layers):
        if not layer.still or not is_rest(layer_view([scene], times, layer.parallax, layer.motion)):
            return i
    return len(layers)


def _cropped(
    planes: np.ndarray, unit: float, centre: tuple[float, float]
) -> tuple[np.ndarray, float, tuple[float, float]]:
    """Only the painted part of a sheet [4, h, w], with the world point of its corner."""
    h, w = planes.shape[1:]
    seen = planes.max(0) > 1 / 512
    rows, cols = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    left, top = centre[0] - w / 2 / unit, centre[1] - h / 2 / unit
    if not len(rows):
        return planes[:, :0, :0], unit, (left, top)
    y0, y1, x0, x1 = max(rows[0] - 1, 0), rows[-1] + 2, max(cols[0] - 1, 0), cols[-1] + 2
    return np.ascontiguousarray(planes[:, y0:y1, x0:x1]), unit, (left + x0 / unit, top + y0 / unit)


def _reach(full: np.ndarray, w: int, h: int, size: Size) -> tuple[int, int, int, int]:
    """The frame rectangle that a sheet of w x h pixels covers under `full`."""
    corners = full[:2] @ np.array([[-1, w, -1, w], [-1, -1, h, h], [1, 1, 1, 1.0]])
    x0, y0 = np.floor(corners.min(1)).astype(int)
    x1, y1 = np.ceil(corners.max(1)).astype(int) + 1
    return max(x0, 0), max(y0, 0), min(x1, size.width), min(y1, size.height)


class _Finish:
    """Grade and 8 bits in two passes, after the bloom if there is one: a colour matrix, and a gain."""

    def __init__(self, grade: Grade, size: Size):
        self.grade, self.size = grade, size
        grey = np.array([[0.299, 0.587, 0.114]] * 3)
        mix = grey + (np.eye(3) - grey) * grade.saturation
        self.matrix = np.hstack([mix * grade.contrast, np.full((3, 1), 0.5 * (1 - grade.contrast))]).astype(np.float32)
        self.gain = self._gain(None)

    def _gain(self, at: float | None) -> np.ndarray:
        gain = vignette(self.grade, self.size.height, self.size.width, at=at)
        return np.ascontiguousarray(gain.permute(1, 2, 0).numpy() * 255)

    def __call__(self, planes: np.ndarray, frame: np.ndarray, at: float) -> None:
        """[3, h, w] in 0..1, `at` seconds → into `frame`, uint8 [h, w, 3]."""
        planes = np.clip(planes, 0, 1, out=planes)
        if self.grade.bloom:
            planes = bloomed(torch.from_numpy(planes)[None], self.grade.bloom)[0].numpy()
        merged, coloured = (_kept(name, frame.shape).numpy() for name in ("merged", "coloured"))
        cv2.transform(cv2.merge(list(planes), merged), self.matrix, coloured)
        cv2.multiply(coloured, self._gain(float(at)) if self.grade.pulse else self.gain, frame, dtype=cv2.CV_8U)
