"""Painting marks: signed distances turned into coverage, in torch, for many pictures at once.

A mark is painted only in its window: the same height and width for every picture of the batch, at each picture's own
place, so
that a small subject costs little and a batch stays one tensor. N pictures = clips x frames. Distances are in pixels
here.
Distance functions follow Inigo Quilez' articles on 2-D distance functions (ellipse by its first-order bound).
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from filmloom.world.pen import Look, Mark, Shape, Splats

FAR = -9.0e5
FEW = 8  # pictures on a CPU whose windows are cut one by one; more of them are gathered by index


@dataclass
class View:
    """World → pixels for pictures [B, F]: pixel = world * scale + offset. Arrays [B, F]; pictures are height x width
    pixels."""

    scale: np.ndarray
    x: np.ndarray
    y: np.ndarray
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.scale.shape

    def flat(self, value) -> np.ndarray:
        """Broadcast a number or [B, F] array to [N] float32."""
        value = np.asarray(value, np.float32)
        if value.shape != self.shape:  # np.broadcast_to takes five times as long, and marks ask this by the thousand
            value, narrow = np.empty(self.shape, np.float32), value
            value[...] = narrow
        return value.reshape(-1)

    def length(self, value) -> np.ndarray:
        return self.flat(np.asarray(value) * self.scale)

    def px(self, value) -> np.ndarray:
        return self.flat(np.asarray(value) * self.scale + self.x)

    def py(self, value) -> np.ndarray:
        return self.flat(np.asarray(value) * self.scale + self.y)


@dataclass
class Labels:
    """What is in front at each pixel. `ids` [N, H, W] int32 paint order; `flow` [N, 2, H, W]; `depth`; `mask`;
    `valid`."""

    ids: Tensor
    flow: Tensor
    depth: Tensor
    mask: Tensor
    valid: Tensor
    next_id: int = 1

    def repeat(self, batch: int, frames: int) -> None:
        """One picture per clip → one per frame."""
        for name in ("ids", "flow", "depth", "mask", "valid"):
            plane = getattr(self, name)
            setattr(
                self,
                name,
                plane[:, None]
                .expand(-1, frames, *plane.shape[1:])
                .reshape(batch * frames, *plane.shape[1:])
                .contiguous(),
            )

    @classmethod
    def empty(cls, num: int, height: int, width: int, device: str) -> Labels:
        at = dict(device=device)
        return cls(
            torch.zeros(num, height, width, dtype=torch.int32, **at),
            torch.zeros(num, 2, height, width, **at),
            torch.full((num, height, width), 1000.0, **at),
            torch.zeros(num, height, width, dtype=torch.uint8, **at),
            torch.ones(num, height, width, dtype=torch.bool, **at),
        )

    def write(
        self, window: Window, covered: Tensor, flow: Tensor | None, depth: float, subject: int, valid: bool
    ) -> None:
        """Mark `covered` pixels of a window as belonging to a new thing."""
        window.put(self.ids, covered, torch.full_like(covered, self.next_id, dtype=torch.int32))
        window.put(self.depth, covered, torch.full_like(covered, depth, dtype=torch.float32))
        window.put(self.mask, covered, torch.full_like(covered, subject + 1, dtype=torch.uint8))
        window.put(self.valid, covered, torch.full_like(covered, valid and flow is not None, dtype=torch.bool))
        if flow is not None:
            window.put(self.flow, covered[:, None], flow)
        self.next_id += 1


class Window:
    """The same rectangle size in every picture, at its own place; reads and writes it."""

    def __init__(self, x0: np.ndarray, y0: np.ndarray, w: int, h: int, height: int, width: int, device: str):
        self.w, self.h, self.height, self.width = w, h, height, width
        self.aligned = bool((x0 == x0[0]).all() and (y0 == y0[0]).all())
        self.x0, self.y0 = int(x0[0]), int(y0[0])
        ox, oy = (torch.from_numpy(v.astype(np.float32)).to(device)[:, None, None] for v in (x0, y0))
        self.x = ox + (torch.arange(w, device=device, dtype=torch.float32) + 0.5)[None, None]
        self.y = oy + (torch.arange(h, device=device, dtype=torch.float32) + 0.5)[None, :, None]
        self._index = None
        if not self.aligned and (len(x0) > FEW or device != "cpu"):
            cols = (
                torch.from_numpy(x0.astype(np.int64)).to(device)[:, None, None]
                + torch.arange(w, device=device)[None, None]
            )
            rows = (
                torch.from_numpy(y0.astype(np.int64)).to(device)[:, None, None]
                + torch.arange(h, device=device)[None, :, None]
            )
            self._index = (rows * width + cols).reshape(len(x0), 1, h * w)
        self._corners = tuple(zip(x0.astype(int).tolist(), y0.astype(int).tolist()))

    @classmethod
    def around(cls, box: tuple[np.ndarray, ...], view: View, margin: np.ndarray, device: str) -> Window | None:
        """The common window of boxes in pixels, one per picture; None when nothing is in sight."""
        x0, y0, x1, y1 = box
        left, top = np.floor(np.clip(x0 - margin, 0, view.width)), np.floor(np.clip(y0 - margin, 0, view.height))
        right, bottom = np.ceil(np.clip(x1 + margin, 0, view.width)), np.ceil(np.clip(y1 + margin, 0, view.height))
        seen = (right > left) & (bottom > top)
        if not seen.any():
            return None
        w, h = int((right - left)[seen].max()), int((bottom - top)[seen].max())
        left, top = np.clip(left, 0, view.width - w), np.clip(top, 0, view.height - h)
        if w * h > 0.6 * view.width * view.height:
            left, top, w, h = np.zeros_like(left), np.zeros_like(top), view.width, view.height
        return cls(left, top, w, h, view.height, view.width, device)

    def read(self, canvas: Tensor) -> Tensor:
        """canvas [N, C, H, W] → [N, C, h, w]; a view when all windows coincide."""
        if self.aligned:
            return canvas[:, :, self.y0 : self.y0 + self.h, self.x0 : self.x0 + self.w]
        if self._index is None:
            return torch.stack(self._cut(canvas))
        n, c = canvas.shape[:2]
        return canvas.reshape(n, c, -1).gather(2, self._index.expand(n, c, -1)).reshape(n, c, self.h, self.w)

    def write(self, canvas: Tensor, value: Tensor) -> None:
        """Write back what `read` gave, unless it was a view."""
        if self._index is not None:
            n, c = canvas.shape[:2]
            canvas.view(n, c, -1).scatter_(2, self._index.expand(n, c, -1), value.reshape(n, c, -1))
        elif not self.aligned:
            for part, new in zip(self._cut(canvas), value):
                part.copy_(new)

    def _cut(self, canvas: Tensor) -> list[Tensor]:
        """Each picture's own rectangle, as a view."""
        return [picture[:, y : y + self.h, x : x + self.w] for picture, (x, y) in zip(canvas, self._corners)]

    def put(self, plane: Tensor, where: Tensor, value: Tensor) -> None:
        """plane [N, (C,) H, W]: value where `where`."""
        canvas = plane if plane.ndim == 4 else plane[:, None]
        where, value = (v if v.ndim == 4 else v[:, None] for v in (where, value))
        old = self.read(canvas)
        new = torch.where(where, value.to(old.dtype), old)
        if self.aligned:
            old.copy_(new)
        else:
            self.write(canvas, new)


def paint(
    canvas: Tensor,
    mark: Mark,
    view: View,
    *,
    sketch: bool,
    labels: Labels | None = None,
    depth: float = 0.0,
    subject: int = -1,
    valid: bool = True,
    look: Look | None = None,
) -> None:
    """Paint one mark on canvas [N, 3 or 4, H, W] (4: premultiplied alpha), in place; as `look` if there is one, while
    its labels are those of the plain mark."""
    if sketch and mark.fine:
        return
    plain, mark = mark, mark if look is None else look
    device = canvas.device.type
    soft, width = _fringe(mark, view)
    margin = soft / 2 + width + 1
    if look is not None:
        margin = np.maximum(margin, sum(_fringe(plain, view)) + 1) + _throw(look, view)
    window = Window.around(_box(mark.shape, view), view, margin, device)
    if window is None:
        return
    distance = _resolve(mark.shape, view, device)
    sd = distance(window.x, window.y)
    if mark.clip is not None:
        sd = torch.maximum(sd, _resolve(mark.clip, view, device)(window.x, window.y))
    feather = None if sketch or not np.any(soft > 1) else _numbers(soft, device)
    inner = _coverage(sd, feather)
    if look is not None and look.cast is not None:
        _cast(canvas, look, view, window, distance)
    colour = _colour(mark, view, window, sketch, device)
    if look is not None and look.edge is not None:
        near = torch.exp(sd.clamp(max=0) / _numbers(np.maximum(view.length(look.edge_width), 0.5), device))
        colour = torch.lerp(colour, _vector(look.edge, view, device), (near * look.edge_amount)[:, None])
    if mark.shade is not None and not sketch:
        dx, dy = view.length(mark.shade_offset[0]), view.length(mark.shade_offset[1])
        away = distance(window.x - _numbers(dx, device), window.y - _numbers(dy, device))
        crescent = _coverage(-away, _numbers(np.maximum(view.length(mark.shade_soft), 1), device))
        colour = torch.lerp(colour, _vector(mark.shade, view, device), crescent[:, None])
    cover = inner
    if mark.outline is not None:
        line = _numbers(width, device)
        if look is not None and look.brush:
            line = line * _swell(window, view, look.brush)
        cover = _coverage(sd - line, feather)
        colour = torch.lerp(_vector(mark.outline, view, device), colour, inner[:, None])
    alpha = cover * _numbers(view.flat(mark.alpha), device)
    _blend(canvas, window, colour, alpha, mark.glow)
    if labels is not None and not plain.glow:
        if look is not None:
            alpha = _plain_alpha(plain, sd, view, device)
        flow = _flow(plain.shape, view, window, device) if plain.valid and valid else None
        labels.write(window, alpha > 0.5, flow, depth, subject, valid and plain.valid)


def _fringe(mark: Mark, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Feather and outline in pixels, [N] each."""
    soft = view.length(mark.soft)
    return soft, view.length(mark.width) if mark.outline is not None else np.zeros_like(soft)


def _throw(look: Look, view: View) -> np.ndarray:
    """How far a look's cast shadow reaches beyond its shape, pixels [N]."""
    return view.length(0.0 if look.cast is None else max(map(abs, look.cast[:2])) + look.cast[2] / 2)


def _plain_alpha(mark: Mark, sd: Tensor, view: View, device: str) -> Tensor:
    soft, width = _fringe(mark, view)
    cover = _coverage(sd - _numbers(width, device), _numbers(soft, device) if np.any(soft > 1) else None)
    return cover * _numbers(view.flat(mark.alpha), device)


SHADOW = np.array([0.10, 0.08, 0.20], np.float32)  # of cut paper on paper


def _cast(canvas: Tensor, look: Look, view: View, window: Window, distance) -> None:
    """The shadow of a cut shape on what lies beneath it."""
    device = canvas.device.type
    dx, dy, soft = (_numbers(view.length(v), device) for v in look.cast[:3])
    away = distance(window.x - dx, window.y - dy)
    if look.clip is not None:
        away = torch.maximum(away, _resolve(look.clip, view, device)(window.x, window.y))
    alpha = _coverage(away, soft) * _numbers(view.flat(look.alpha) * np.float32(look.cast[3]), device)
    _blend(canvas, window, _vector(SHADOW, view, device), alpha, False)


def _swell(window: Window, view: View, amount: float) -> Tensor:
    """A brush's pressure around 1, [N, h, w], fixed to the world so that a carried sheet keeps its strokes."""
    device = window.x.device
    scale = _numbers(view.flat(view.scale), device)
    x = (window.x - _numbers(view.flat(view.x), device)) / scale
    y = (window.y - _numbers(view.flat(view.y), device)) / scale
    return 1 + amount * torch.sin(31 * x - 17 * y) * torch.sin(11 * x + 43 * y + 1)


def splat(canvas: Tensor, splats: Splats, view: View, *, sketch: bool, labels: Labels | None = None) -> None:
    """Paint many small ellipses of one colour; where they overlap the densest one counts."""
    if sketch and splats.fine:
        return
    n, c, height, width = canvas.shape
    device = canvas.device
    arrays = np.broadcast_arrays(splats.x, splats.y, splats.rx, splats.ry, splats.angle, splats.alpha)
    shape = (*view.shape, arrays[0].shape[-1])
    s, ox, oy = view.scale[..., None], view.x[..., None], view.y[..., None]
    x, y, rx, ry, angle, alpha = (np.broadcast_to(a, shape).reshape(n, -1) for a in arrays)
    s, ox, oy = (np.broadcast_to(v, shape).reshape(n, -1) for v in (s, ox, oy))
    x, y, rx, ry = x * s + ox, y * s + oy, np.maximum(rx * s, 0.35), np.maximum(ry * s, 0.35)
    soft = splats.soft * float(view.scale.mean())
    across, down = _reach(rx, ry, np.radians(angle), soft)
    table = torch.from_numpy(np.stack([x, y, rx, ry, np.radians(angle), alpha]).astype(np.float32)).to(device)
    x, y, rx, ry, angle, alpha = (v[..., None, None] for v in table)
    cols, rows = torch.arange(-across, across + 1, device=device), torch.arange(-down, down + 1, device=device)
    px, py = x.floor().long() + cols[None, None, None], y.floor().long() + rows[None, None, :, None]
    dx, dy = px + 0.5 - x, py + 0.5 - y
    u, v = dx * angle.cos() - dy * angle.sin(), dx * angle.sin() + dy * angle.cos()
    k0 = torch.sqrt((u / rx) ** 2 + (v / ry) ** 2 + 1e-9)
    k1 = torch.sqrt((u / rx**2) ** 2 + (v / ry**2) ** 2 + 1e-9)
    cover = _coverage(k0 * (k0 - 1) / k1, torch.tensor(soft) if soft > 1 else None) * alpha
    cover *= (px >= 0) & (px < width) & (py >= 0) & (py < height)
    # Most cells around a splat stay bare: only the others are touched.
    found = cover.view(-1).nonzero()[:, 0]
    cover, pixel = cover.view(-1)[found], (py * width + px).view(-1)[found]
    picture = found // (len(table[0, 0]) * len(rows) * len(cols))
    flat = picture * (height * width) + pixel
    plane = _blank(n, height * width, device)
    plane.view(-1).scatter_reduce_(0, flat, cover, "amax")
    # Pixels under several splats are written several times with the same value, so the result does not depend on the
    # order.
    dense, pixels, tint = plane.view(-1)[flat], canvas.view(-1), _vector(splats.colour, view, device)[:, :, 0, 0]
    for channel in range(3 if splats.glow else c):
        where = (picture * c + channel) * (height * width) + pixel
        old = pixels[where]
        colour = tint[picture, channel] if channel < 3 else torch.ones_like(old)
        pixels[where] = old.add_((1 - old) * colour * dense) if splats.glow else torch.lerp(old, colour, dense)
    if labels is not None and not splats.glow:
        labels.valid &= plane.view(n, height, width) <= 0.5
    plane.view(-1)[flat] = 0.0


def _reach(rx: np.ndarray, ry: np.ndarray, angle: np.ndarray, soft: float) -> tuple[int, int]:
    """Cells to either side, and up and down, beyond which no splat covers anything.

    The distance is at least (k0 - 1) times the smaller radius: what is covered lies in the ellipse grown by `grown`."""
    most = math.ceil(float(np.maximum(rx, ry).max()) + soft / 2 + 1)
    grown = 1 + max(1.0, soft) / 2 / np.minimum(rx, ry)
    across = grown * np.hypot(rx * np.cos(angle), ry * np.sin(angle))
    down = grown * np.hypot(rx * np.sin(angle), ry * np.cos(angle))
    return tuple(min(most, math.ceil(float(side.max())) + 1) for side in (across, down))


_blanks = threading.local()


def _blank(num: int, pixels: int, device: torch.device) -> Tensor:
    """A plane of zeros, kept between calls of a thread; whoever writes on it wipes it (clearing 720p costs more)."""
    plane = getattr(_blanks, "plane", None)
    if plane is None or plane.shape != (num, pixels) or plane.device != device:
        plane = _blanks.plane = torch.zeros(num, pixels, device=device)
    return plane


def _blend(canvas: Tensor, window: Window, colour: Tensor, alpha: Tensor, glow: bool) -> None:
    old = window.read(canvas)
    alpha = alpha[:, None]
    if glow:
        old[:, :3].addcmul_(1 - old[:, :3], colour * alpha)
    else:
        if canvas.shape[1] == 4:
            one = torch.ones((), device=canvas.device).expand(*colour.shape[:1], 1, *colour.shape[2:])
            colour = torch.cat([colour, one], 1)
        old.lerp_(colour.expand(old.shape), alpha.expand(old.shape))
    window.write(canvas, old)


def _colour(mark: Mark, view: View, window: Window, sketch: bool, device: str) -> Tensor:
    first = _vector(mark.colour, view, device)
    if mark.colour2 is None:
        return first
    second = _vector(mark.colour2, view, device)
    if sketch:
        return (first + second) / 2
    (x0, y0), (x1, y1) = ((view.px(p[0]), view.py(p[1])) for p in mark.axis)
    dx, dy = x1 - x0, y1 - y0
    length = np.maximum(dx * dx + dy * dy, 1e-6)
    bands = mark.bands if isinstance(mark, Look) else 0
    if mark.radial:
        away = torch.sqrt((window.x - _numbers(x0, device)) ** 2 + (window.y - _numbers(y0, device)) ** 2)
        amount = away / _numbers(np.sqrt(length), device)
    else:
        amount = (window.x - _numbers(x0, device)) * _numbers(dx / length, device) + (
            window.y - _numbers(y0, device)
        ) * _numbers(dy / length, device)
    amount = amount.clamp_(0, 1)
    if bands:
        step = torch.floor(amount * bands)
        rest = (amount * bands - step - 1) * _numbers(np.sqrt(length) / bands, device) + 1  # one pixel of softness
        amount = ((step + rest.clamp_(0, 1)) / max(bands - 1, 1)).clamp_(0, 1)
    return torch.lerp(first, second, amount[:, None])


def _coverage(sd: Tensor, feather: Tensor | None) -> Tensor:
    if feather is None:
        return (0.5 - sd).clamp_(0, 1)
    x = (0.5 - sd / feather.clamp(min=1)).clamp_(0, 1)
    return torch.where(feather > 1, x * x * (3 - 2 * x), x)  # whoever is crisp alone is crisp in company


def _numbers(value: np.ndarray, device) -> Tensor:
    """[N] → [N, 1, 1]."""
    return torch.from_numpy(np.array(value, np.float32)).to(device)[:, None, None]


def _vector(colour: np.ndarray, view: View, device) -> Tensor:
    """Colour [..., 3] broadcasting to [B, F, 3] → [N, 3, 1, 1]."""
    full = np.array(np.broadcast_to(np.asarray(colour, np.float32), (*view.shape, 3)).reshape(-1, 3))
    return torch.from_numpy(full).to(device)[:, :, None, None]


def _box(shape: Shape, view: View) -> tuple[np.ndarray, ...]:
    x0, y0, x1, y1 = shape.box
    return view.px(x0), view.py(y0), view.px(x1), view.py(y1)


# --- distance functions: (x, y) [N, h, w] pixels → signed distance, negative inside ---


def _resolve(shape: Shape, view: View, device: str):
    """The distance function of a shape in pixel units."""
    return _DISTANCES[shape.kind](shape, view, device)


def _ellipse(shape: Shape, view: View, device):
    x, y, rx, ry, c, s = shape.params
    rx_px, ry_px = np.maximum(view.length(rx), 0.05), np.maximum(view.length(ry), 0.05)
    cx, cy = _numbers(view.px(x), device), _numbers(view.py(y), device)
    if np.array_equal(rx_px, ry_px):
        r = _numbers(rx_px, device)
        return lambda px, py: torch.sqrt((px - cx) ** 2 + (py - cy) ** 2) - r
    c, s, rx, ry = (_numbers(v, device) for v in (view.flat(c), view.flat(s), rx_px, ry_px))

    def distance(px: Tensor, py: Tensor) -> Tensor:
        dx, dy = px - cx, py - cy
        u, v = (dx * c - dy * s) / rx, (dx * s + dy * c) / ry
        k0, k1 = torch.sqrt(u * u + v * v), torch.sqrt((u / rx) ** 2 + (v / ry) ** 2 + 1e-12)
        return k0 * (k0 - 1) / k1

    return distance


def _ring(shape: Shape, view: View, device):
    x, y, r, half = shape.params
    cx, cy = _numbers(view.px(x), device), _numbers(view.py(y), device)
    r, half = _numbers(view.length(r), device), _numbers(view.length(half), device)
    return lambda px, py: (torch.sqrt((px - cx) ** 2 + (py - cy) ** 2) - r).abs() - half


def _capsule(shape: Shape, view: View, device):
    ax, ay, bx, by, ra, rb = shape.params
    ax, ay, bx, by = view.px(ax), view.py(ay), view.px(bx), view.py(by)
    dx, dy = bx - ax, by - ay
    inverse = 1 / np.maximum(dx * dx + dy * dy, 1e-6)
    ra, rb = view.length(ra), view.length(rb)
    ax, ay, dx, dy, inverse, ra, taper = (_numbers(v, device) for v in (ax, ay, dx, dy, inverse, ra, rb - ra))

    def distance(px: Tensor, py: Tensor) -> Tensor:
        ux, uy = px - ax, py - ay
        h = ((ux * dx + uy * dy) * inverse).clamp_(0, 1)
        return torch.sqrt((ux - h * dx) ** 2 + (uy - h * dy) ** 2) - (ra + taper * h)

    return distance


def _vertices(shape: Shape, view: View) -> np.ndarray:
    v = np.broadcast_to(shape.extra, (*view.shape, *shape.extra.shape[2:]))
    offset = np.stack([view.x, view.y], -1)[..., None, :]
    return (v * view.scale[..., None, None] + offset).reshape(-1, *v.shape[2:]).astype(np.float32)


def _convex(shape: Shape, view: View, device):
    v = _vertices(shape, view)
    edge = np.roll(v, -1, 1) - v
    area = (v[..., 0] * np.roll(v[..., 1], -1, 1) - np.roll(v[..., 0], -1, 1) * v[..., 1]).sum(1, keepdims=True)
    normal = np.stack([edge[..., 1], -edge[..., 0]], -1) * np.sign(area + 1e-9)[..., None]
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    short = np.linalg.norm(edge, axis=-1) < 1e-5
    base = (normal * v).sum(-1)
    base = np.where(short, 1e6, base)
    r = _numbers(view.length(shape.params[0]), device)
    planes = [[_numbers(a[:, i], device) for a in (normal[..., 0], normal[..., 1], base)] for i in range(v.shape[1])]
    if (np.abs(edge).min(-1) > 1e-3).any():  # sharp corners grow without end: cut them at the box, as the window would
        one, (left, top), (right, bottom) = np.ones(len(v)), v.min(1).T, v.max(1).T
        sides = ((one, 0 * one, right), (-one, 0 * one, -left), (0 * one, one, bottom), (0 * one, -one, -top))
        planes += [[_numbers(a, device) for a in side] for side in sides]

    def distance(px: Tensor, py: Tensor) -> Tensor:
        out, new = None, None
        for nx, ny, b in planes:
            new = torch.add(px * nx, py * ny - b, out=new)
            out, new = (new, None) if out is None else (torch.maximum(out, new, out=out), new)
        return out.sub_(r)

    return distance


def _polygon(shape: Shape, view: View, device):
    v = _vertices(shape, view)
    w = np.roll(v, -1, 1)
    r = _numbers(view.length(shape.params[0]), device)
    edges = []
    for i in range(v.shape[1]):
        e = w[:, i] - v[:, i]
        inverse = 1 / np.maximum((e * e).sum(-1), 1e-9)
        edges.append([_numbers(a, device) for a in (v[:, i, 0], v[:, i, 1], e[:, 0], e[:, 1], inverse, w[:, i, 1])])

    def distance(px: Tensor, py: Tensor) -> Tensor:
        nearest, inside = None, None
        for x0, y0, ex, ey, inverse, y1 in edges:
            dx, dy = px - x0, py - y0
            h = ((dx * ex + dy * ey) * inverse).clamp_(0, 1)
            d = (dx - h * ex) ** 2 + (dy - h * ey) ** 2
            crosses = ((py >= y0) != (py >= y1)) & ((dx * ey < dy * ex) == (ey > 0))
            nearest = d if nearest is None else torch.minimum(nearest, d)
            inside = crosses if inside is None else inside ^ crosses
        nearest = torch.sqrt(nearest)
        return torch.where(inside, -nearest, nearest) - r

    return distance


def _union(shape: Shape, view: View, device):
    parts = [_resolve(part, view, device) for part in shape.parts]
    k_px = view.length(shape.params[0])
    k = _numbers(np.where(k_px > 0.5, k_px, 1e-6), device) if np.any(k_px > 0.5) else None

    def distance(px: Tensor, py: Tensor) -> Tensor:
        out = parts[0](px, py)
        for part in parts[1:]:
            d = part(px, py)
            if k is None:
                out = torch.minimum(out, d)
            else:
                h = (k - (out - d).abs()).clamp_(min=0)
                out = torch.minimum(out, d) - h * h / (4 * k)
        return out

    return distance


def _hills(shape: Shape, view: View, device):
    top = _numbers(view.py(shape.params[0]), device)
    table = np.broadcast_to(shape.extra, (*view.shape, *shape.extra.shape[2:]))
    scale, x = view.scale[..., None], view.x[..., None]
    a, w = table[..., 0] * scale, 2 * np.pi * table[..., 1] / scale
    p = 2 * np.pi * table[..., 2] - w * x
    a, w, p = (v.reshape(-1, v.shape[-1]) for v in (a, w, p))
    terms = [[_numbers(v[:, i], device) for v in (a, w, p)] for i in range(a.shape[1])]

    def distance(px: Tensor, py: Tensor) -> Tensor:
        high, slope = top, 1.0
        for amp, freq, phase in terms:
            angle = px * freq + phase
            high = high + amp * torch.sin(angle)
            slope = slope + 0 * px + (amp * freq * torch.cos(angle)) ** 2
        return (high - py) / torch.sqrt(torch.as_tensor(slope))

    return distance


def _windows(shape: Shape, view: View, device):
    x, y, hw, hh, cw, ch, pw, ph, lit, key = shape.params
    cx, cy = (_numbers(v, device) for v in (view.px(x), view.py(y)))
    hw, hh, cw, ch, pw, ph = (_numbers(np.maximum(view.length(v), 1e-3), device) for v in (hw, hh, cw, ch, pw, ph))
    lit, key = _numbers(view.flat(lit), device), _numbers(view.flat(key), device)

    def distance(px: Tensor, py: Tensor) -> Tensor:
        u, v = px - (cx - hw), py - (cy - hh)
        i, j = torch.floor(u / cw), torch.floor(v / ch)
        dx = (u - (i + 0.5) * cw).abs() - pw
        dy = (v - (j + 0.5) * ch).abs() - ph
        # whole numbers: a hash of sines differs in its last bits from one batch size to another
        noise = i.long() * 73856093 ^ j.long() * 19349663 ^ (key * 64).round().long() * 83492791
        on = (noise * 2654435761 >> 16 & 0xFFFF) < lit * 65536
        whole = ((i + 1) * cw <= 2 * hw + 0.01) & ((j + 1) * ch <= 2 * hh + 0.01) & (i >= 0) & (j >= 0)
        return torch.where(on & whole, torch.maximum(dx, dy), 9.0)

    return distance


_DISTANCES = {
    "ellipse": _ellipse, "capsule": _capsule, "convex": _convex, "polygon": _polygon, "union": _union, "hills": _hills,
    "windows": _windows, "ring": _ring,
}  # fmt: skip


# --- exact flow ---


def _flow(shape: Shape, view: View, window: Window, device: str) -> Tensor:
    """[N, 2, h, w]: where each pixel of the shape goes by the next frame, from the shape's own affine frame at both
    times."""
    if shape.kind == "union":
        return _union_flow(shape, view, window, device)
    return affine_flow(_affine(shape, view), view.shape, window.x, window.y, device)


def _union_flow(shape: Shape, view: View, window: Window, device: str) -> Tensor:
    best, flow = None, None
    for part in shape.parts:
        d, f = _resolve(part, view, device)(window.x, window.y), _flow(part, view, window, device)
        if best is None:
            best, flow = d, f
        else:
            flow = torch.where((d < best)[:, None], f, flow)
            best = torch.minimum(best, d)
    return flow


def _affine(shape: Shape, view: View) -> np.ndarray:
    """Local → pixels as [B, F, 2, 3]."""
    if shape.kind in ("convex", "polygon"):
        local = _fit(shape.extra)
    elif shape.frame is not None:
        local = np.stack(np.broadcast_arrays(*(np.asarray(v, np.float64) for v in shape.frame)), -1)
        local = np.broadcast_to(local, (*view.shape, 6)) if local.ndim < 3 else local
        local = local[..., [0, 1, 4, 2, 3, 5]].reshape(*local.shape[:-1], 2, 3)
    else:
        local = np.broadcast_to(np.array([[1.0, 0, 0], [0, 1.0, 0]]), (*view.shape, 2, 3))
    out = np.broadcast_to(local, (*view.shape, 2, 3)) * view.scale[..., None, None]
    return out + np.stack([view.x, view.y], -1)[..., None] * np.array([0.0, 0.0, 1.0])


def _fit(vertices: np.ndarray) -> np.ndarray:
    """Best affine map from the first frame's vertices to each frame's: exact for rigid polygons, close for waving
    ones."""
    v = vertices.astype(np.float64)
    first = v[:, :1]
    ones = np.ones((*first.shape[:-1], 1))
    basis = np.concatenate([first, ones], -1)
    gram = np.swapaxes(basis, -1, -2) @ basis + np.eye(3) * 1e-9
    return np.swapaxes(np.linalg.solve(gram, np.swapaxes(basis, -1, -2) @ v), -1, -2)


def affine_flow(local: np.ndarray, shape: tuple[int, int], x: Tensor, y: Tensor, device: str) -> Tensor:
    """Flow of points moved from `local[:, f]` to `local[:, f + 1]` ([B, F, 2, 3]); zero in the last frame. Returns [N,
    2, h, w]."""
    square = np.concatenate([local, np.broadcast_to(np.array([[0.0, 0, 1]]), (*local.shape[:2], 1, 3))], -2)
    det = square[..., 0, 0] * square[..., 1, 1] - square[..., 0, 1] * square[..., 1, 0]
    thin = np.abs(det) < 1e-9
    square = np.where(thin[..., None, None], np.eye(3), square)
    after = np.concatenate([square[:, 1:], square[:, -1:]], 1)
    move = (after @ np.linalg.inv(square))[..., :2, :] - np.eye(3)[:2]
    m = np.broadcast_to(move, (*shape, 2, 3)).reshape(-1, 6).astype(np.float32)
    a, b, tx, c, d, ty = (_numbers(m[:, i], device) for i in range(6))
    return torch.stack([a * x + b * y + tx, c * x + d * y + ty], 1)
