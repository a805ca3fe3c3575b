"""The pen: places describe marks with NumPy arrays; nothing is painted here.

A picture is a list of layers, back to front. A *still* layer is drawn once per clip and carried by the camera and its
own motion;
a *moving* layer is drawn anew in every frame. Marks live in world units (x right, y down, origin at the frame's
centre, 1 = frame height).
Every number given to a mark may be a float or an array that broadcasts to [B, F] (clips, frames); points are pairs of
such numbers.
Subjects draw in local units: origin at their ground contact (or centre), 1 = their height, x forward; `at` nests such
frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from filmloom.core.random import generator

Number = float | np.ndarray
Point = tuple[Number, Number]


def colour_of(value: str | Sequence[float] | np.ndarray) -> np.ndarray:
    """`#rrggbb`, an rgb triple or an array [..., 3] → float array [..., 3] in 0..1."""
    if isinstance(value, str):
        return np.array([int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)
    return np.asarray(value, np.float32)


def mix(a, b, amount: Number) -> np.ndarray:
    """Colour between `a` (amount 0) and `b` (amount 1)."""
    a, b = colour_of(a), colour_of(b)
    amount = np.asarray(amount, np.float32)
    amount = amount[..., None] if amount.ndim else amount
    return a + (b - a) * amount


def darker(colour, amount: float = 0.25) -> np.ndarray:
    """A shade: towards a cool dark, as illustrators do, not towards grey."""
    return mix(colour, colour_of(colour) * np.array([0.35, 0.28, 0.45], np.float32), amount)


def lighter(colour, amount: float = 0.25) -> np.ndarray:
    """A tint: towards a warm white."""
    return mix(colour, "#fff8ec", amount)


def smooth(x: Number) -> np.ndarray:
    """Smoothstep of 0..1."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def wave(cycle: Number, offset: float = 0.0) -> np.ndarray:
    """sin of a phase counted in cycles."""
    return np.sin(2 * np.pi * (np.asarray(cycle) + offset))


@dataclass(frozen=True)
class Frame:
    """A similarity with an optional mirror: local → world. Angles in degrees counter-clockwise on the screen."""

    x: Number = 0.0
    y: Number = 0.0
    scale: Number = 1.0
    angle: Number = 0.0
    flip: Number = 1.0

    def point(self, p: Point) -> Point:
        px, py = np.asarray(p[0]) * self.flip * self.scale, np.asarray(p[1]) * self.scale
        c, s = np.cos(np.radians(self.angle)), np.sin(np.radians(self.angle))
        return self.x + px * c + py * s, self.y - px * s + py * c

    def turn(self, angle: Number) -> Number:
        return self.angle + self.flip * np.asarray(angle)

    def then(self, inner: Frame) -> Frame:
        x, y = self.point((inner.x, inner.y))
        return Frame(
            x, y, self.scale * np.asarray(inner.scale), self.turn(inner.angle), self.flip * np.asarray(inner.flip)
        )


@dataclass
class Shape:
    """`kind` names a distance function of raster.py; `params` are its numbers, world units, each broadcasting to [B,
    F]."""

    kind: str
    params: list[Number]
    box: tuple[Number, Number, Number, Number]  # x0, y0, x1, y1
    parts: list[Shape] = field(default_factory=list)
    extra: np.ndarray | None = None  # polygon vertices [B, F, V, 2]
    frame: tuple[Number, ...] | None = None  # affine local → world for exact flow: a, b, c, d, tx, ty


@dataclass
class Mark:
    """A shape with its paint."""

    shape: Shape
    colour: np.ndarray  # [..., 3]
    colour2: np.ndarray | None = None
    axis: tuple[Point, Point] | None = None  # gradient from colour at the first point to colour2 at the second
    radial: bool = False  # gradient from the centre of `axis` (point, radius point)
    alpha: Number = 1.0
    soft: Number = 0.0  # feather in world units
    outline: np.ndarray | None = None
    width: Number = 0.0
    shade: np.ndarray | None = None  # colour of the crescent away from the light
    shade_offset: Point = (0.0, 0.0)
    shade_soft: Number = 0.0
    glow: bool = False  # screen blend
    clip: Shape | None = None
    fine: bool = False  # left out of the sketch
    valid: bool = True  # carries exact flow
    emit: bool = False  # a light of its own


@dataclass
class Look(Mark):
    """How a style paints a mark; its labels stay the mark's own.

    `brush`: share by which the outline swells and thins. `edge`: a colour that gathers along the border inside, over
    `edge_width` world units, by `edge_amount`. `bands`: steps of a gradient, 0 for a smooth one. `cast`: x, y, feather
    (world units) and strength of the shadow on what lies beneath."""

    brush: float = 0.0
    edge: np.ndarray | None = None
    edge_width: Number = 0.0
    edge_amount: float = 0.0
    bands: int = 0
    cast: tuple[float, float, float, float] | None = None


NOTHING = Shape("ellipse", [0.0] * 6, (0.0, 0.0, 0.0, 0.0))


@dataclass
class Splats:
    """Many small ellipses of one colour: petals, snow, rain, stars. Arrays broadcast to [B, F, n]."""

    x: np.ndarray
    y: np.ndarray
    rx: np.ndarray
    ry: np.ndarray
    angle: np.ndarray
    alpha: np.ndarray
    colour: np.ndarray
    soft: float = 0.0
    glow: bool = False
    fine: bool = True


@dataclass
class Layer:
    """`parallax`: 0 infinitely far, 1 the subjects' plane, more in front. `depth` orders labels (away from the camera).
    `motion`: the layer's own movement, world → world, arrays [B, F]. `subject`: index of who it belongs to, or -1."""

    parallax: float
    still: bool
    depth: float
    motion: Frame | None = None
    subject: int = -1
    valid: bool = True
    marks: list[Mark | Splats] = field(default_factory=list)


class Pen:
    """Collects layers of marks for a batch of clips that share one program.

    `times`: [F] seconds. `seeds`: one per clip. `ambient`, `haze` and `light_dir` come from the light; see light.py."""

    def __init__(
        self,
        times: np.ndarray,
        seeds: Sequence[int],
        *,
        ambient=(1, 1, 1),
        haze="#dfe9f5",
        haze_amount: float = 0.0,
        light_dir: Point = (-0.5, -0.8),
        season: str = "usual",
    ):
        self.times, self.seeds = np.asarray(times, np.float64), list(seeds)
        self.batch, self.frames = len(self.seeds), len(self.times)
        self.ambient, self.haze, self.haze_amount = colour_of(ambient), colour_of(haze), haze_amount
        self.light_dir, self.season = light_dir, season
        self.layers: list[Layer] = []
        self.pose: list[dict[str, np.ndarray]] = []
        self.current: dict[str, np.ndarray] = {}  # the pose being recorded
        self.skip_still = False  # describe moving layers only: still ones have been painted before
        self._frame = Frame()
        self._clip: Shape | None = None

    # --- layers and frames ---

    @property
    def t(self) -> np.ndarray:
        """Seconds, [1, F]."""
        return self.times[None]

    def still(self, parallax: float, *, depth: float | None = None, motion: Frame | None = None) -> Layer:
        """Begin a layer that is drawn once and carried by camera and `motion`."""
        return self._layer(Layer(parallax, True, depth if depth is not None else 10 / (parallax + 0.05), motion))

    def moving(
        self, parallax: float = 1.0, *, depth: float | None = None, subject: int = -1, valid: bool = True
    ) -> Layer:
        """Begin a layer that is drawn in every frame."""
        return self._layer(
            Layer(parallax, False, depth if depth is not None else 10 / (parallax + 0.05), None, subject, valid)
        )

    def _layer(self, layer: Layer) -> Layer:
        self.layers.append(layer)
        return layer

    @contextmanager
    def at(self, x: Number = 0.0, y: Number = 0.0, *, scale: Number = 1.0, angle: Number = 0.0, flip: Number = 1.0):
        """Draw in a nested local frame."""
        before = self._frame
        self._frame = before.then(Frame(x, y, scale, angle, flip))
        try:
            yield self
        finally:
            self._frame = before

    @contextmanager
    def inside(self, shape: Shape):
        """Clip the marks drawn within to a shape (from `ellipse_shape`, `polygon_shape`, ... ; stripes on a cat,
        glints on glass)."""
        before, self._clip = self._clip, shape
        try:
            yield self
        finally:
            self._clip = before

    def rand(self, key: str, num: int = 1) -> np.ndarray:
        """Uniform numbers in 0..1, [B, 1, num], fixed by each clip's seed and the key."""
        return np.stack([generator(seed, key).random(num, np.float32) for seed in self.seeds])[:, None]

    def world(self, p: Point) -> Point:
        """Local point → world."""
        return self._frame.point(p)

    def joint(self, name: str, p: Point) -> None:
        """Record a pose key point of the current subject."""
        x, y = self.world(p)
        full = (self.batch, self.frames)
        self.current[name] = np.stack([np.broadcast_to(x, full), np.broadcast_to(y, full)], -1).astype(np.float32)

    # --- shapes: local coordinates in, world coordinates kept ---

    @property
    def _skipping(self) -> bool:
        return self.skip_still and self.layers[-1].still

    def ellipse_shape(self, centre: Point, rx: Number, ry: Number | None = None, angle: Number = 0.0) -> Shape:
        if self._skipping:
            return NOTHING
        ry = rx if ry is None else ry
        x, y = self.world(centre)
        rx, ry, angle = np.asarray(rx) * self._frame.scale, np.asarray(ry) * self._frame.scale, self._frame.turn(angle)
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        w, h = np.sqrt((rx * c) ** 2 + (ry * s) ** 2), np.sqrt((rx * s) ** 2 + (ry * c) ** 2)
        flip = self._frame.flip
        return Shape(
            "ellipse",
            [x, y, rx, ry, c, s],
            (x - w, y - h, x + w, y + h),
            frame=(rx * c * flip, ry * s, -rx * s * flip, ry * c, x, y),
        )

    def capsule_shape(self, a: Point, b: Point, ra: Number, rb: Number | None = None) -> Shape:
        if self._skipping:
            return NOTHING
        rb = ra if rb is None else rb
        (ax, ay), (bx, by) = self.world(a), self.world(b)
        ra, rb = np.asarray(ra) * self._frame.scale, np.asarray(rb) * self._frame.scale
        box = (
            np.minimum(ax - ra, bx - rb),
            np.minimum(ay - ra, by - rb),
            np.maximum(ax + ra, bx + rb),
            np.maximum(ay + ra, by + rb),
        )
        dx, dy = bx - ax, by - ay
        length = np.maximum(np.sqrt(dx * dx + dy * dy), 1e-6)
        wide = (ra + rb) / 2 / length * self._frame.flip
        return Shape("capsule", [ax, ay, bx, by, ra, rb], box, frame=(dx, -dy * wide, dy, dx * wide, ax, ay))

    def polygon_shape(self, points: Sequence[Point] | np.ndarray, round: Number = 0.0) -> Shape:
        """Vertices in order (convex ones are much cheaper); `round` inflates and rounds the corners."""
        if self._skipping:
            return NOTHING
        world = [self.world((p[0], p[1])) for p in points]
        full = np.broadcast_shapes(*(np.shape(v) for p in world for v in p))
        vertices = np.stack([np.stack([np.broadcast_to(x, full), np.broadcast_to(y, full)], -1) for x, y in world], -2)
        vertices = vertices.reshape((1,) * (4 - vertices.ndim) + vertices.shape).astype(np.float32)
        r = np.asarray(round) * self._frame.scale
        box = (
            vertices[..., 0].min(-1) - r,
            vertices[..., 1].min(-1) - r,
            vertices[..., 0].max(-1) + r,
            vertices[..., 1].max(-1) + r,
        )
        kind = "convex" if _is_convex(vertices) else "polygon"
        return Shape(kind, [r], box, extra=vertices)

    def ring_shape(self, centre: Point, r: Number, half: Number) -> Shape:
        """A circle's line of radius `r`, `half` its width to either side."""
        if self._skipping:
            return NOTHING
        (x, y), scale = self.world(centre), self._frame.scale
        r, half = np.asarray(r) * scale, np.asarray(half) * scale
        out = r + half
        return Shape("ring", [x, y, r, half], (x - out, y - out, x + out, y + out))

    def union_shape(self, shapes: Sequence[Shape], blend: Number = 0.0) -> Shape:
        """Union of ellipses, capsules and convex polygons, melted together over `blend` local units."""
        if self._skipping:
            return NOTHING
        k = np.asarray(blend) * self._frame.scale
        x0, y0 = (np.minimum.reduce(np.broadcast_arrays(*[np.asarray(s.box[i]) for s in shapes])) for i in (0, 1))
        x1, y1 = (np.maximum.reduce(np.broadcast_arrays(*[np.asarray(s.box[i]) for s in shapes])) for i in (2, 3))
        return Shape("union", [k], (x0 - k / 4, y0 - k / 4, x1 + k / 4, y1 + k / 4), parts=list(shapes))

    # --- marks ---

    def fill(
        self,
        shape: Shape,
        colour,
        *,
        to=None,
        axis: tuple[Point, Point] | None = None,
        radial: bool = False,
        alpha: Number = 1.0,
        soft: Number = 0.0,
        outline=None,
        width: Number = 0.0,
        shade: float = 0.0,
        shade_size: Number = 0.05,
        glow: bool = False,
        emit: bool = False,
        fine: bool = False,
        valid: bool = True,
    ) -> Mark:
        """Paint a shape.

        `to`, `axis`: gradient to a second colour along local points (default: down the shape's box). `soft`: feathered
        edge in local units.
        `outline`: colour, or True for a darker shade of the fill; `width` in local units. `shade`: strength of a
        crescent away from the light,
        `shade_size` local units wide. `glow`: screen blend. `emit`: not tinted by ambient light or haze. `fine`: left
        out of sketches.
        `valid=False`: carries no exact flow (smoke, glow)."""
        layer = self.layers[-1]
        if self._skipping:
            return Mark(NOTHING, np.zeros(3, np.float32))
        lit = (lambda c: colour_of(c)) if emit else (lambda c: self._lit(c, layer.parallax))
        scale = self._frame.scale
        mark = Mark(
            shape,
            lit(colour),
            alpha=alpha,
            soft=np.asarray(soft) * scale,
            glow=glow,
            fine=fine or glow,
            clip=self._clip,
        )
        mark.valid, mark.emit = valid and not glow, emit
        if to is not None:
            mark.colour2, mark.radial = lit(to), radial
            x0, y0, x1, y1 = shape.box
            mark.axis = tuple(self.world(p) for p in axis) if axis else (((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1))
        if outline is not None and outline is not False:
            mark.outline = lit(darker(colour, 0.65) if outline is True else outline)
            mark.width = np.asarray(width if np.any(width) else 0.008) * scale
        if shade:
            mark.shade = mark.colour * (1 - shade) + mark.colour * np.array([0.45, 0.38, 0.60], np.float32) * shade
            d = np.asarray(shade_size) * scale
            mark.shade_offset = (self.light_dir[0] * d, self.light_dir[1] * d)
            mark.shade_soft = d * 0.6
        layer.marks.append(mark)
        return mark

    def ellipse(
        self, centre: Point, rx: Number, ry: Number | None = None, colour="#ffffff", *, angle: Number = 0.0, **paint
    ) -> Mark:
        return self.fill(self.ellipse_shape(centre, rx, ry, angle), colour, **paint)

    def capsule(self, a: Point, b: Point, ra: Number, rb: Number | None = None, colour="#ffffff", **paint) -> Mark:
        return self.fill(self.capsule_shape(a, b, ra, rb), colour, **paint)

    def polygon(self, points, colour="#ffffff", *, round: Number = 0.0, **paint) -> Mark:
        return self.fill(self.polygon_shape(points, round), colour, **paint)

    def box(
        self,
        centre: Point,
        w: Number,
        h: Number,
        colour="#ffffff",
        *,
        round: Number = 0.0,
        angle: Number = 0.0,
        **paint,
    ) -> Mark:
        """A rectangle `w` by `h` including its rounded corners."""
        half_w, half_h = np.asarray(w) / 2 - round, np.asarray(h) / 2 - round
        with self.at(centre[0], centre[1], angle=angle):
            shape = self.polygon_shape(
                [(-half_w, -half_h), (half_w, -half_h), (half_w, half_h), (-half_w, half_h)], round
            )
        return self.fill(shape, colour, **paint)

    def chain(
        self, points: Sequence[Point], radii: Sequence[Number], colour="#ffffff", *, blend: Number = 0.0, **paint
    ) -> Mark:
        """A limb, tail, stem or stroke: tapered capsules through points, one outline around them all."""
        pairs = range(len(points) - 1)
        shapes = [self.capsule_shape(points[i], points[i + 1], radii[i], radii[i + 1]) for i in pairs]
        return self.fill(self.union_shape(shapes, blend), colour, **paint)

    def union(self, shapes: Sequence[Shape], colour="#ffffff", *, blend: Number = 0.0, **paint) -> Mark:
        return self.fill(self.union_shape(shapes, blend), colour, **paint)

    def hills(self, y: Number, amplitudes, waves, phases, colour="#ffffff", **paint) -> Mark:
        """Everything below y + Σ amplitude · sin(2π (wave · x + phase)); world-wide, local units; arrays [..., K]."""
        a, w, p = (np.asarray(v, np.float32) for v in (amplitudes, waves, phases))
        a, w = a * np.asarray(self._frame.scale)[..., None], w / np.asarray(self._frame.scale)[..., None]
        _, top = self.world((0.0, y))
        table = np.stack(np.broadcast_arrays(a, w, p), -1)
        table = table.reshape((1,) * (4 - table.ndim) + table.shape).astype(np.float32)
        high = np.abs(a).sum(-1)
        return self.fill(Shape("hills", [top], (-9.0, top - high, 9.0, 9.0), extra=table), colour, **paint)

    def windows(
        self,
        centre: Point,
        w: Number,
        h: Number,
        colour="#ffd98a",
        *,
        cell: Point,
        pane: Point,
        lit: Number = 0.6,
        key: Number = 0.0,
        **paint,
    ) -> Mark:
        """A box of procedural windows: one pane of size `pane` in each `cell`, a share `lit` of them on, chosen by
        hash of `key` and the cell."""
        x, y = self.world(centre)
        s = self._frame.scale
        half_w, half_h = np.asarray(w) / 2 * s, np.asarray(h) / 2 * s
        params = [x, y, half_w, half_h, cell[0] * s, cell[1] * s, pane[0] / 2 * s, pane[1] / 2 * s, lit, key]
        return self.fill(Shape("windows", params, (x - half_w, y - half_h, x + half_w, y + half_h)), colour, **paint)

    def glow(self, centre: Point, radius: Number, colour="#fff3c4", alpha: Number = 0.6, **paint) -> Mark:
        """A soft light that brightens what is behind it, fading to nothing at `radius`."""
        return self.fill(
            self.ellipse_shape(centre, np.asarray(radius) * 0.5),
            colour,
            alpha=alpha,
            soft=np.asarray(radius),
            glow=True,
            emit=True,
            **paint,
        )

    def shadow(
        self, x: Number = 0.0, y: Number = 0.0, rx: Number = 0.3, ry: Number | None = None, alpha: Number = 0.28
    ) -> Mark:
        """A soft contact shadow on the ground."""
        ry = np.asarray(rx) * 0.22 if ry is None else ry
        return self.fill(
            self.ellipse_shape((x, y), rx, ry),
            "#20183a",
            alpha=alpha,
            soft=np.asarray(ry) * 1.1,
            emit=True,
            valid=False,
        )

    def splats(
        self,
        x,
        y,
        rx,
        ry=None,
        colour="#ffffff",
        *,
        angle=0.0,
        alpha=1.0,
        soft: float = 0.0,
        glow: bool = False,
        emit: bool = False,
        fine: bool = True,
    ) -> Splats | None:
        """Many small ellipses of one colour at world or local points; arrays broadcast to [B, F, n]. Never carry
        flow."""
        if self._skipping:
            return None
        frame = Frame(
            *(v[..., None] if isinstance(v, np.ndarray) and v.ndim else v for v in vars(self._frame).values())
        )
        wx, wy = frame.point((x, y))
        ry = rx if ry is None else ry
        layer = self.layers[-1]
        lit = colour_of(colour) if emit or glow else self._lit(colour, layer.parallax)
        splats = Splats(
            wx,
            wy,
            np.asarray(rx) * frame.scale,
            np.asarray(ry) * frame.scale,
            frame.turn(angle),
            np.asarray(alpha),
            lit,
            soft,
            glow,
            fine,
        )
        layer.marks.append(splats)
        return splats

    def _lit(self, colour, parallax: float) -> np.ndarray:
        """Ambient tint, then haze that grows with distance."""
        far = self.haze_amount * max(0.0, 1 - parallax) ** 1.2
        # who acts is spared half of the tint: their own colours must still be told apart by night
        ambient = self.ambient if self.layers[-1].subject < 0 else (1 + self.ambient) / 2
        return mix(np.clip(colour_of(colour) * ambient, 0, 1), self.haze, far)


def _is_convex(vertices: np.ndarray) -> bool:
    edge = np.roll(vertices, -1, -2) - vertices
    turn = edge[..., 0] * np.roll(edge, -1, -2)[..., 1] - edge[..., 1] * np.roll(edge, -1, -2)[..., 0]
    span = np.abs(vertices).max() ** 2 * 1e-7
    # each on its own: a batch holds mirrored figures beside plain ones
    return bool(((turn >= -span).all(-1) | (turn <= span).all(-1)).all())


def closed_curve(points: Sequence[Point], num: int = 4) -> list[Point]:
    """Catmull-Rom through a closed ring of points, `num` points per span: for smooth polygons."""
    out: list[Point] = []
    n = len(points)
    for i in range(n):
        p0, p1, p2, p3 = (points[(i + k - 1) % n] for k in range(4))
        for j in range(num):
            u = j / num
            w = (-u + 2 * u * u - u**3, 2 - 5 * u * u + 3 * u**3, u + 4 * u * u - 3 * u**3, u**3 - u * u)
            out.append(tuple(sum(np.asarray(p[k]) * c for p, c in zip((p0, p1, p2, p3), w)) / 2 for k in (0, 1)))
    return out


def limb(hip: Point, foot: Point, upper: float, lower: float, bend: float = 1.0) -> Point:
    """The knee between `hip` and `foot` of a two-bone limb; `bend` ±1 picks the side (+1: knee forward, +x)."""
    dx, dy = np.asarray(foot[0]) - hip[0], np.asarray(foot[1]) - hip[1]
    d = np.clip(np.sqrt(dx * dx + dy * dy), 1e-4, (upper + lower) * 0.999)
    along = (upper**2 - lower**2 + d * d) / (2 * d)
    up = np.sqrt(np.maximum(upper**2 - along**2, 0)) * bend
    ux, uy = dx / np.maximum(np.sqrt(dx * dx + dy * dy), 1e-6), dy / np.maximum(np.sqrt(dx * dx + dy * dy), 1e-6)
    return hip[0] + ux * along + uy * up, hip[1] + uy * along - ux * up
