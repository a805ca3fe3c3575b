"""Drawing Scenes in batches: pictures at any size and rate with exact flow, occlusion, depth, masks and pose.

All scenes of a call share one *program*, so that a batch differs only in numbers and one set of tensor operations
draws it, on a CPU
or a GPU. Still layers are painted once per clip and carried by the camera; moving ones are painted in every frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from filmloom.core.random import generator
from filmloom.core.types import Size
from filmloom.world.camera import layer_view
from filmloom.world.cards import place_module, subject_module
from filmloom.world.light import Grade, light_of, sunbeams
from filmloom.world.pen import Frame, Layer, Pen, Splats
from filmloom.world.raster import Labels, View, Window, affine_flow, paint, splat
from filmloom.world.scene import Scene
from filmloom.world.stage import actor_of, stage_of
from filmloom.world.styles import grade_of, look_of, splats_of
from filmloom.world.weather import weather


@dataclass
class Drawing:
    """`video` [B, 3, F, H, W] in [-1, 1]. With labels: `flow` [B, 2, F-1, H, W] pixels (dx, dy) from t to t+1;
    `occluded` (not visible
    at t+1) and `valid` (flow is exact) bool [B, 1, F-1, H, W]; `depth` [B, 1, F, H, W], larger is farther; `mask`
    uint8 [B, F, H, W], 0 or
    1 + subject index; `pose`: per subject, joint → [B, F, 2] in world units."""

    video: Tensor
    flow: Tensor | None = None
    occluded: Tensor | None = None
    valid: Tensor | None = None
    depth: Tensor | None = None
    mask: Tensor | None = None
    pose: list[dict[str, np.ndarray]] | None = None


def program(scene: Scene) -> tuple:
    """What decides the structure of a drawing: scenes with equal programs can be drawn in one batch."""
    cast = tuple((s.kind, s.action, s.clothes) for s in scene.subjects)
    air = (scene.time, scene.weather, scene.light, scene.mood, scene.season, scene.style)
    return scene.setting, cast, _order(scene), *air


def draw(
    scenes: Sequence[Scene],
    times: np.ndarray,
    size: Size,
    *,
    unit: float | None = None,
    style: str = "full",
    labels: bool = False,
    device: str = "cpu",
) -> Drawing:
    """Draw scenes of one program at `times` (seconds, [F]).

    `unit`: pixels per frame height (default `size.height`; smaller shows more above and below). `style`: "full": as the
    scenes' own style says; or "sketch", the flat drawing that serves as control and is the same in every style."""
    scenes, times = list(scenes), np.asarray(times, np.float64)
    if len({program(scene) for scene in scenes}) != 1:
        raise ValueError("scenes of one call must share a program; group them by world.draw.program")
    pen, grade = compose(scenes, times)
    canvas = Canvas(scenes, times, size, unit or size.height, style == "sketch", labels, device)
    for layer in pen.layers:
        canvas.add(layer)
    video = canvas.finish()
    if style == "full":
        video = graded(video, grade, times)
    num = (len(scenes), len(times))
    video = video.view(*num, 3, size.height, size.width).transpose(1, 2).mul(2).sub(1)
    if not labels:
        return Drawing(video)
    found = canvas.labels
    flow = found.flow.view(*num, 2, *found.ids.shape[1:]).transpose(1, 2)[:, :, :-1]
    ids = found.ids.view(*num, *found.ids.shape[1:])
    planes = [v.view(*num, *v.shape[1:]) for v in (found.valid, found.depth, found.mask)]
    return Drawing(video, flow, occlusion(ids, flow), planes[0][:, None, :-1], planes[1][:, None], planes[2], pen.pose)


def compose(scenes: Sequence[Scene], times: np.ndarray, *, skip_still: bool = False) -> tuple[Pen, Grade]:
    """Scenes of one program → the layers of their picture, back to front, and the grade.

    `skip_still`: leave still layers empty, for a film that has painted them already."""
    first = scenes[0]
    light = light_of(first)
    pen = Pen(
        times,
        [s.seed for s in scenes],
        ambient=light.ambient,
        haze=light.haze,
        haze_amount=light.haze_amount,
        light_dir=light.dir,
        season=first.season,
    )
    pen.skip_still = skip_still
    stage = stage_of(first, light, pen.times)
    place = place_module(first.setting)
    place.backdrop(pen, stage)
    pen.pose = [{} for _ in first.subjects]
    for index in _order(first):
        actor, frame = actor_of(list(scenes), index, stage, pen)
        pen.current = pen.pose[index]
        pen.moving(1.0, depth=10 - first.subjects[index].y, subject=index)
        with pen.at(**frame):
            subject_module(actor.kind).draw(pen, actor)
    place.foreground(pen, stage)
    weather(pen, stage)
    if first.light == "sunbeams":
        sunbeams(pen, light)
    return pen, grade_of(light.grade, first.style)


def _order(scene: Scene) -> tuple[int, ...]:
    """Subjects from back to front."""
    return tuple(sorted(range(len(scene.subjects)), key=lambda i: scene.subjects[i].y))


def graded(video: Tensor, grade: Grade, times: np.ndarray | None = None) -> Tensor:
    """Bloom, saturation, contrast, tint and vignette on [N, 3, H, W] in 0..1; N frames at `times`, clip after clip."""
    if grade.bloom:
        video = bloomed(video, grade.bloom)
    weights = torch.tensor([0.299, 0.587, 0.114], device=video.device)[:, None, None]
    grey = (video * weights).sum(1, keepdim=True)
    video = torch.lerp(grey.expand_as(video), video, grade.saturation)
    gain = vignette(grade, *video.shape[-2:], device=video.device)
    if grade.pulse and times is not None:
        gains = [vignette(grade, *video.shape[-2:], device=video.device, at=float(t)) for t in times]
        gain = torch.stack(gains).repeat(len(video) // len(gains), 1, 1, 1)
    return video.sub_(0.5).mul_(grade.contrast).add_(0.5).mul_(gain).clamp_(0, 1)


BLOOM_ROWS = 60  # bloom is made on a picture this high: soft enough by itself


def bloomed(video: Tensor, amount: float) -> Tensor:
    """What is bright shines over its surroundings, [N, 3, H, W] in 0..1."""
    height, width = video.shape[-2:]
    low = (min(height, BLOOM_ROWS), max(1, round(width * min(height, BLOOM_ROWS) / height)))
    light = (F.interpolate(video, size=low, mode="area") - 0.34).clamp_(min=0).mul_(1.5)
    for _ in range(2):
        light = F.avg_pool2d(light, 5, stride=1, padding=2, count_include_pad=False)
    light = F.interpolate(light, size=(height, width), mode="bilinear", align_corners=False).mul_(amount)
    return torch.addcmul(video, 1 - video, light.clamp_(0, 1))


def grain(height: int, width: int, device: str | torch.device = "cpu") -> Tensor:
    """The tooth of a sheet of paper [H, W], around 0 within -0.5..0.5: one sheet for all films."""
    rng, sheet = generator(0, "paper"), 0
    for rows, share in ((40, 0.25), (150, 0.35), (360, 0.4)):
        noise = torch.from_numpy(rng.random((1, 1, rows, rows * 16 // 9), np.float32)).to(device)
        sheet = sheet + share * F.interpolate(noise, size=(height, width), mode="bilinear", align_corners=False)[0, 0]
    return sheet - 0.5


def vignette(
    grade: Grade, height: int, width: int, device: str | torch.device = "cpu", at: float | None = None
) -> Tensor:
    """Gain [3, H, W]: tint times the darkening of corners, `at` seconds where it breathes, times the paper's grain."""
    dark = grade.vignette if at is None else grade.vignette * (1 + grade.pulse * math.sin(2 * math.pi * 0.28 * at))
    y = torch.linspace(-1, 1, height, device=device)[:, None] ** 2
    x = torch.linspace(-1, 1, width, device=device)[None] ** 2
    fall = ((x + y - 0.7) / 1.3).clamp(0, 1)
    tint = torch.tensor(grade.tint, device=device, dtype=torch.float32)[:, None, None]
    gain = tint * (1 - dark * fall * fall * (3 - 2 * fall))
    return gain * (1 + grade.paper * grain(height, width, device)) if grade.paper else gain


class Canvas:
    """Pictures being painted. They stay one per clip until the first thing moves, then become one per frame."""

    def __init__(
        self, scenes: list[Scene], times: np.ndarray, size: Size, unit: float, sketch: bool, labels: bool, device: str
    ):
        self.scenes, self.times, self.size, self.unit = scenes, times, size, unit
        self.sketch, self.device = sketch, device
        self.style = "storybook" if sketch else scenes[0].style
        self.batch, self.frames = len(scenes), len(times)
        self.split = False
        self.picture = torch.zeros(self.batch, 3, size.height, size.width, device=device)
        self.labels = Labels.empty(self.batch, size.height, size.width, device) if labels else None

    def view(
        self, frame: Frame, *, frames: int, size: Size | None = None, unit: float | None = None, centre=(0.0, 0.0)
    ) -> View:
        """The View of a layer carried by `frame` (no rotation) on pictures of `size` whose middle is at world
        `centre`."""
        size, unit = size or self.size, unit or self.unit
        full = (self.batch, frames)
        at = lambda v: np.broadcast_to(np.asarray(v, np.float64), full)  # noqa: E731
        return View(
            at(frame.scale) * unit,
            (at(frame.x) - centre[0]) * unit + size.width / 2,
            (at(frame.y) - centre[1]) * unit + size.height / 2,
            size.height,
            size.width,
        )

    def add(self, layer: Layer) -> None:
        """Paint a layer over the picture."""
        carried = layer_view(self.scenes, self.times, layer.parallax, layer.motion)
        if not layer.still:
            self._expand()
            self._paint(self.picture, layer, self.view(carried, frames=self.frames), self.labels)
        elif is_rest(carried) and not self.split:
            self._paint(self.picture, layer, self.view(Frame(), frames=1), self.labels)
        else:
            self._expand()
            self._carry(layer, carried)

    def _paint(
        self, picture: Tensor, layer: Layer, view: View, labels: Labels | None, style: str | None = None
    ) -> None:
        style = style or self.style
        for mark in layer.marks:
            if isinstance(mark, Splats):
                splat(picture, splats_of(mark, layer, style), view, sketch=self.sketch, labels=labels)
            else:
                paint(
                    picture,
                    mark,
                    view,
                    sketch=self.sketch,
                    labels=labels,
                    depth=layer.depth,
                    subject=layer.subject,
                    valid=layer.valid,
                    look=look_of(mark, layer, style),
                )

    def sheet(
        self, layer: Layer, carried: Frame, style: str | None = None
    ) -> tuple[Tensor, float, tuple[float, float]]:
        """A still layer painted once: premultiplied RGBA [B, 4, h, w], its pixels per unit, and the world point at its
        middle."""
        unit = self.unit * max(1.0, float(np.max(carried.scale)))
        half = (self.size.width / 2 / self.unit, self.size.height / 2 / self.unit)
        corners = [inverse_point(carried, (sx * half[0], sy * half[1])) for sx in (-1, 1) for sy in (-1, 1)]
        x0, x1 = (np.clip(f([f(c[0]) for c in corners]), -4, 4) for f in (np.min, np.max))
        y0, y1 = (np.clip(f([f(c[1]) for c in corners]), -4, 4) for f in (np.min, np.max))
        # Pixel centres of sheet and frame coincide where the layer rests, so that nothing at rest is blurred.
        size = Size(*(2 * math.ceil(span * unit / 2) + 4 for span in (x1 - x0, y1 - y0)))
        centre = tuple(round((low + high) / 2 * unit) / unit for low, high in ((x0, x1), (y0, y1)))
        picture = torch.zeros(self.batch, 4, size.height, size.width, device=self.device)
        self._paint(picture, layer, self.view(Frame(), frames=1, size=size, unit=unit, centre=centre), None, style)
        return picture, unit, centre

    def _carry(self, layer: Layer, carried: Frame) -> None:
        """Paint a still layer once and carry it through the frames."""
        local = matrix(carried, (self.batch, self.frames))
        warped = self._warped(layer, carried, local, self.style)
        alpha = warped[:, 3:]
        self.picture.mul_(1 - alpha).add_(warped[:, :3])
        if self.labels is not None:
            if self.style != "storybook":  # labels tell what is there, not how it is painted
                alpha = self._warped(layer, carried, local, "storybook")[:, 3:]
            self._label(layer, local, alpha[:, 0] > 0.5)

    def _warped(self, layer: Layer, carried: Frame, local: np.ndarray, style: str) -> Tensor:
        picture, unit, centre = self.sheet(layer, carried, style)
        grid = sampling_grid(local, self.size, self.unit, picture.shape, unit, centre, self.device)
        source = picture[:, None].expand(-1, self.frames, -1, -1, -1).reshape(-1, *picture.shape[1:])
        return F.grid_sample(source, grid, mode="bilinear", padding_mode="zeros", align_corners=False)

    def _label(self, layer: Layer, local: np.ndarray, covered: Tensor) -> None:
        n = len(covered)
        whole = Window(
            np.zeros(n), np.zeros(n), self.size.width, self.size.height, self.size.height, self.size.width, self.device
        )
        pixels = to_pixels(local, self.size, self.unit)
        flow = affine_flow(pixels, (self.batch, self.frames), whole.x, whole.y, self.device)
        self.labels.write(whole, covered, flow, layer.depth, layer.subject, layer.valid)

    def _expand(self) -> None:
        if not self.split:
            self.split = True
            self.picture = (
                self.picture[:, None]
                .expand(-1, self.frames, -1, -1, -1)
                .reshape(-1, *self.picture.shape[1:])
                .contiguous()
            )
            if self.labels is not None:
                self.labels.repeat(self.batch, self.frames)

    def finish(self) -> Tensor:
        self._expand()
        return self.picture.clamp_(0, 1)


def is_rest(frame: Frame) -> bool:
    """Whether a layer's view never leaves the identity."""
    return all(
        np.all(np.asarray(v) == rest)
        for v, rest in ((frame.x, 0), (frame.y, 0), (frame.scale, 1), (frame.angle, 0), (frame.flip, 1))
    )


def matrix(frame: Frame, shape: tuple[int, int]) -> np.ndarray:
    """A Frame as affine matrices [B, F, 2, 3], world → world."""
    at = lambda v: np.broadcast_to(np.asarray(v, np.float64), shape)  # noqa: E731
    c, s, k, flip = (
        np.cos(np.radians(at(frame.angle))),
        np.sin(np.radians(at(frame.angle))),
        at(frame.scale),
        at(frame.flip),
    )
    rows = [np.stack([k * c * flip, k * s, at(frame.x)], -1), np.stack([-k * s * flip, k * c, at(frame.y)], -1)]
    return np.stack(rows, -2)


def to_pixels(local: np.ndarray, size: Size, unit: float) -> np.ndarray:
    """Matrices to world units → matrices to pixels."""
    out = local * unit
    out[..., 0, 2] += size.width / 2
    out[..., 1, 2] += size.height / 2
    return out


def inverse_point(frame: Frame, p: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Where a screen point lies in the frame's own coordinates."""
    c, s = np.cos(np.radians(frame.angle)), np.sin(np.radians(frame.angle))
    dx, dy = p[0] - np.asarray(frame.x), p[1] - np.asarray(frame.y)
    return (dx * c - dy * s) / frame.scale * frame.flip, (dx * s + dy * c) / frame.scale


def sampling_grid(
    local: np.ndarray, size: Size, unit: float, sheet_shape: Sequence[int], sheet_unit: float, centre, device: str
) -> Tensor:
    """Where each pixel of each frame reads a sheet, [N, H, W, 2] in grid_sample's -1..1."""
    square = np.concatenate([local, np.broadcast_to(np.array([[0.0, 0, 1]]), (*local.shape[:2], 1, 3))], -2)
    inverse = np.linalg.inv(square)[..., :2, :].reshape(-1, 2, 3)
    h, w = sheet_shape[-2:]
    # picture pixel → world → sheet world → sheet's normalised coordinates
    to_world = np.array([[1 / unit, 0, -size.width / 2 / unit], [0, 1 / unit, -size.height / 2 / unit], [0, 0, 1]])
    to_sheet = np.array(
        [
            [2 * sheet_unit / w, 0, -2 * sheet_unit * centre[0] / w],
            [0, 2 * sheet_unit / h, -2 * sheet_unit * centre[1] / h],
        ]
    )
    whole = to_sheet[:, :2] @ (inverse @ to_world)
    whole[..., 2] += to_sheet[:, 2]
    m = torch.from_numpy(whole.astype(np.float32)).to(device)[:, :, :, None, None]
    x = (torch.arange(size.width, device=device, dtype=torch.float32) + 0.5)[None, None]
    y = (torch.arange(size.height, device=device, dtype=torch.float32) + 0.5)[None, :, None]
    return torch.stack([m[:, i, 0] * x + m[:, i, 1] * y + m[:, i, 2] for i in (0, 1)], -1)


def occlusion(ids: Tensor, flow: Tensor) -> Tensor:
    """ids [B, F, H, W], flow [B, 2, F-1, H, W] → bool [B, 1, F-1, H, W]: none of the four pixels around where it goes
    shows the same thing."""
    b, _, f, h, w = flow.shape
    y, x = torch.meshgrid(torch.arange(h, device=flow.device), torch.arange(w, device=flow.device), indexing="ij")
    tx, ty = x + flow[:, 0], y + flow[:, 1]
    now, after = ids[:, :-1], ids[:, 1:].reshape(b, f, h * w)
    same = torch.zeros_like(now, dtype=torch.bool)
    for dx in (0, 1):
        for dy in (0, 1):
            nx, ny = tx.floor().long() + dx, ty.floor().long() + dy
            inside = (nx >= 0) & (nx < w) & (ny >= 0) & (ny < h)
            at = (ny.clamp(0, h - 1) * w + nx.clamp(0, w - 1)).reshape(b, f, h * w)
            same |= inside & (after.gather(2, at).view_as(now) == now)
    outside = (tx < 0) | (tx > w - 1) | (ty < 0) | (ty > h - 1)
    return (~same | outside)[:, None]
