"""Light: what the hour, the weather, the light and the mood make of a place, and the sky they paint."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from filmloom.world.pen import Frame, Pen, colour_of, darker, lighter, mix
from filmloom.world.scene import Scene


@dataclass(frozen=True)
class Grade:
    """The last touch on finished pictures.

    `saturation` and `contrast` around 1, `tint` multiplies RGB, `vignette` darkens corners by that share."""

    saturation: float = 1.0
    contrast: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignette: float = 0.16


@dataclass(frozen=True)
class Light:
    """Colours as `#rrggbb`. `sun`: x, y of sun or moon in the frame; `dir` points to the light; `night` in 0..1.
    `cloud`: a cloud's lit top and its underside; `cover`: share of the sky under clouds."""

    top: str
    middle: str
    low: str
    ambient: tuple[float, float, float]
    haze: str
    haze_amount: float
    sun: tuple[float, float]
    sun_colour: str
    glow: float
    night: float
    grade: Grade
    cloud: tuple[str, str] = ("#ffffff", "#d5e4f3")
    cover: float = 0.3

    @property
    def dir(self) -> tuple[float, float]:
        length = float(np.hypot(*self.sun)) or 1.0
        return self.sun[0] / length, self.sun[1] / length


HOURS = {
    "dawn": Light(
        "#7c8fce",
        "#f2b8c0",
        "#ffe0b0",
        (0.96, 0.90, 0.90),
        "#efcfcf",
        0.48,
        (-0.42, -0.02),
        "#fff0c0",
        0.55,
        0.1,
        Grade(1.06, 1.0, (1.02, 0.985, 0.985), 0.2),
        ("#ffdcd0", "#c79bb8"),
    ),
    "morning": Light(
        "#5fa9ea",
        "#aedcf6",
        "#ffe6cf",
        (1.0, 0.975, 0.94),
        "#efe9e8",
        0.42,
        (-0.55, -0.25),
        "#fff0bd",
        0.6,
        0.0,
        Grade(1.10, 1.02, (1.01, 1.0, 0.985)),
        ("#fff8f0", "#efd3cf"),
    ),
    "noon": Light(
        "#3f9be6",
        "#8fcdf6",
        "#e2f5fb",
        (1.0, 1.0, 1.0),
        "#dcebf7",
        0.38,
        (0.52, -0.35),
        "#fff8dc",
        0.5,
        0.0,
        Grade(1.08, 1.03),
    ),
    "sunset": Light(
        "#453a86",
        "#e26d8d",
        "#ffcb6b",
        (1.0, 0.80, 0.72),
        "#f29d86",
        0.5,
        (0.40, -0.03),
        "#fff1b4",
        0.6,
        0.15,
        Grade(1.10, 1.03, (1.03, 0.98, 0.95), 0.24),
        ("#ffc3a0", "#b85a94"),
    ),
    "dusk": Light(
        "#1d2a63",
        "#5a5aa6",
        "#d99aa8",
        (0.80, 0.76, 0.94),
        "#6f6aa8",
        0.5,
        (0.46, -0.30),
        "#f6efd6",
        0.35,
        0.6,
        Grade(1.08, 1.02, (0.99, 0.985, 1.05), 0.26),
        ("#8d86c4", "#4a4a8c"),
        0.25,
    ),
    "night": Light(
        "#090e2c",
        "#1b2458",
        "#473f80",
        (0.66, 0.66, 0.90),
        "#2a2f63",
        0.5,
        (0.44, -0.32),
        "#f3efcf",
        0.35,
        1.0,
        Grade(1.06, 1.03, (0.98, 0.99, 1.05), 0.28),
        ("#4d5590", "#2a2f62"),
        0.2,
    ),
}
COVER = {
    "clear": None, "breeze": None, "cloudy": 0.75, "rain": 1.0, "snow": 0.9, "fog": 0.5, "storm": 1.0, "rainbow": 0.45,
}  # fmt: skip
GREY = {"cloudy": 0.5, "rain": 0.72, "fog": 0.62, "snow": 0.72, "storm": 0.85, "rainbow": 0.2}

HAZE = {"cloudy": 0.1, "rain": 0.22, "fog": 0.5, "snow": 0.2, "storm": 0.25, "rainbow": 0.08}


def light_of(scene: Scene) -> Light:
    """The Light of a scene's hour, weather, light and mood."""
    light = HOURS[scene.time]
    grade = light.grade
    if scene.weather in GREY:
        grey = GREY[scene.weather]
        cover = {"sunset": "#a99bb0", "night": "#262b4a"}.get(scene.time, "#aab6c4")
        if scene.weather == "snow":
            cover = {"sunset": "#c3b3cc", "night": "#333a66"}.get(scene.time, "#c2d0e2")
        light = replace(
            light,
            top=_hex(mix(light.top, cover, grey)),
            middle=_hex(mix(light.middle, lighter(cover, 0.3 if light.night < 0.5 else 0.05), grey)),
            low=_hex(mix(light.low, lighter(cover, 0.5 if light.night < 0.5 else 0.12), grey)),
            ambient=tuple(np.asarray(light.ambient) * (1 - 0.12 * grey) + np.array([-0.04, 0.01, 0.07]) * grey),
            haze=_hex(mix(light.haze, cover, grey * 0.8)),
            haze_amount=light.haze_amount + HAZE[scene.weather],
            glow=light.glow * (1 - grey),
            cloud=(
                _hex(mix(light.cloud[0], lighter(cover, 0.35), grey)),
                _hex(mix(light.cloud[1], darker(cover, 0.2), grey)),
            ),
            cover=COVER[scene.weather],
        )
        grade = replace(grade, saturation=grade.saturation * (1 - 0.18 * grey))
    if scene.light == "golden":
        light = replace(light, ambient=tuple(np.asarray(light.ambient) * np.array([1.06, 0.96, 0.80])))
        grade = replace(grade, tint=tuple(np.asarray(grade.tint) * np.array([1.05, 1.0, 0.90])))
    elif scene.light == "sunbeams":
        light = replace(light, glow=light.glow + 0.2)
    grade = {
        "calm": grade,
        "joyful": replace(
            grade, saturation=grade.saturation * 1.16, contrast=grade.contrast * 1.03, vignette=grade.vignette * 0.6
        ),
        "dreamy": replace(
            grade,
            saturation=grade.saturation * 0.88,
            contrast=grade.contrast * 0.90,
            tint=tuple(np.asarray(grade.tint) * np.array([1.03, 0.99, 1.05])),
        ),
        "mysterious": replace(
            grade,
            saturation=grade.saturation * 0.78,
            tint=tuple(np.asarray(grade.tint) * np.array([0.90, 0.97, 1.06])),
            vignette=grade.vignette * 2.2,
        ),
        "festive": replace(
            grade,
            saturation=grade.saturation * 1.28,
            contrast=grade.contrast * 1.05,
            tint=tuple(np.asarray(grade.tint) * np.array([1.05, 1.0, 0.97])),
            vignette=grade.vignette * 0.5,
        ),
        "tender": replace(
            grade,
            saturation=grade.saturation * 0.94,
            contrast=grade.contrast * 0.94,
            tint=tuple(np.asarray(grade.tint) * np.array([1.05, 0.985, 0.96])),
        ),
        "tense": replace(
            grade,
            saturation=grade.saturation * 0.80,
            contrast=grade.contrast * 1.14,
            tint=tuple(np.asarray(grade.tint) * np.array([0.96, 0.98, 0.96])),
            vignette=grade.vignette * 1.9,
        ),
        "gloomy": replace(
            grade,
            saturation=grade.saturation * 0.62,
            contrast=grade.contrast * 0.96,
            tint=tuple(np.asarray(grade.tint) * np.array([0.86, 0.90, 0.98])),
            vignette=grade.vignette * 1.7,
        ),
    }[scene.mood]
    return replace(light, grade=grade)


def _hex(colour: np.ndarray) -> str:
    return "#" + "".join(f"{round(float(np.clip(c, 0, 1)) * 255):02x}" for c in colour)


def sky(pen: Pen, light: Light, horizon: float = 0.12) -> None:
    """Gradient, sun or moon with its glow, stars at night, drifting clouds. Opens the picture: call it first."""
    pen.still(0.0, depth=900)
    middle = horizon - 0.42
    pen.box((0, 0), 9, 4, light.top, to=light.middle, axis=((0, -0.55), (0, middle)), emit=True)
    pen.box((0, 1 + middle), 9, 2, light.middle, to=light.low, axis=((0, middle), (0, horizon)), emit=True)
    if light.night > 0.5:
        stars(pen, 1 - light.cover, low=horizon - 0.05)
        _moon(pen, light)
    elif light.glow > 0.05:
        _sun(pen, light, low=light.night > 0, horizon=horizon)
    clouds(pen, light, horizon)


def stars(pen: Pen, share: float = 1.0, *, low: float) -> None:
    """Stars down to y = `low`; most are faint, a few sparkle."""
    u = pen.rand("stars", 540).reshape(pen.batch, 1, 180, 3)
    x, y, bright = (u[..., 0] - 0.5) * 2.6, -0.6 + (low + 0.6) * u[..., 1], u[..., 2]
    faint = (0.25 + 0.75 * bright**2) * np.clip((low - y) * 5, 0, 1) * share
    size = 0.0009 + 0.0016 * bright**4
    pen.splats(x, y, size, size, "#fffbe8", alpha=faint, emit=True)
    few = slice(0, 9)
    for rx, ry in ((0.0075, 0.0006), (0.0006, 0.0075)):
        pen.splats(x[..., few], y[..., few], rx, ry, "#fffdf2", alpha=0.75 * faint[..., few], emit=True)


def _moon(pen: Pen, light: Light) -> None:
    x, y = light.sun
    clear = 1 - 0.8 * max(0.0, light.cover - 0.3)
    pen.glow((x, y), 0.55, "#8f9be0", 0.30 * clear)
    pen.glow((x, y), 0.24, light.sun_colour, 0.42 * clear)
    pen.ellipse(
        (x, y),
        0.064,
        None,
        "#fdf9de",
        to="#dccfa6",
        axis=((x - 0.03, y - 0.04), (x + 0.05, y + 0.06)),
        emit=True,
        alpha=clear,
    )
    for dx, dy, r in ((-0.02, -0.012, 0.013), (0.022, 0.014, 0.017), (0.008, -0.034, 0.008), (-0.014, 0.028, 0.009)):
        pen.ellipse((x + dx, y + dy), r, None, "#cfc39a", alpha=0.6 * clear, emit=True, fine=True)


def _sun(pen: Pen, light: Light, *, low: bool, horizon: float) -> None:
    x, y = light.sun
    clear = 1 - min(1.0, 1.3 * max(0.0, light.cover - 0.3))
    if low:  # a band of warm light along the horizon
        pen.ellipse((x, horizon), 1.1, 0.10, "#ffdf8a", alpha=0.25 + 0.3 * clear, soft=0.3, emit=True, fine=True)
    pen.glow((x, y), 0.85, light.sun_colour, light.glow * 0.75)
    pen.glow((x, y), 0.32, "#fff6d0", light.glow)
    r, core = (0.098 if low else 0.056), lighter(light.sun_colour, 0.5)
    pen.ellipse((x, y), r, None, core, to=light.sun_colour, emit=True, alpha=0.97 * clear)


def drift(pen: Pen, speed: float, reach: float = 0.7) -> Frame:
    """A slow sideways motion that starts at `speed` (frame heights per second) and never goes farther than `reach`."""
    return Frame(x=reach * np.sin(speed * pen.t / reach))


def clouds(pen: Pen, light: Light, horizon: float) -> None:
    """Soft clouds, higher ones larger, in two banks, each at its own pace; more of them when `light.cover` is high."""
    num = 3 + round(4 * light.cover)
    bank = 0.35 + 0.65 * light.cover
    for i, (parallax, pace) in enumerate(((0.03, 0.006), (0.06, 0.011))):
        pen.still(parallax, depth=800 - 50 * i, motion=drift(pen, pace))
        u = pen.rand(f"clouds {i}", 5 * num).reshape(pen.batch, 1, num, 5)
        for k in range(num):
            x = (k + 0.2 + 0.6 * u[..., k, 0] + 0.5 * i) / num * 3.2 - 1.7
            low = 0.10 + (0.38 + 0.2 * i) * ((k * 2 + i) % num) / num + 0.05 * u[..., k, 1]
            aside = 0.22 * np.exp(-(((x - light.sun[0]) / 0.24) ** 2)) * (light.cover < 0.5)  # do not hide the sun
            y = -0.47 + low * (horizon + 0.42) + aside * (1 if k % 2 else 0.8)
            size = (0.24 - 0.2 * low) * (0.75 + 0.5 * u[..., k, 2]) * (0.7 + 0.75 * light.cover)
            with pen.at(x, y, scale=size, flip=np.where(u[..., k, 3] > 0.5, 1.0, -1.0)):
                _cloud(pen, light, bank)


def _cloud(pen: Pen, light: Light, solid: float) -> None:
    """One cloud about 2 wide: an underside, then a lit top, each one soft body."""
    top, under = light.cloud
    puff = lambda x, y, rx, ry: pen.ellipse_shape((x, y), rx, ry)  # noqa: E731
    body = [
        puff(-0.55, 0.05, 0.42, 0.17),
        puff(-0.15, -0.08, 0.42, 0.30),
        puff(0.32, -0.02, 0.40, 0.24),
        puff(0.72, 0.07, 0.36, 0.13),
    ]
    pen.union(body, under, blend=0.15, soft=0.16, alpha=min(1.0, 0.55 + 0.4 * solid), emit=True, fine=True, valid=False)
    crest = [puff(-0.50, -0.02, 0.33, 0.12), puff(-0.13, -0.16, 0.34, 0.22), puff(0.30, -0.10, 0.32, 0.17)]
    pen.union(
        crest,
        top,
        blend=0.15,
        soft=0.16,
        alpha=0.9 - 0.25 * max(0.0, light.cover - 0.3),
        emit=True,
        fine=True,
        valid=False,
    )


def sunbeams(pen: Pen, light: Light) -> None:
    """Slanting shafts of light over everything."""
    pen.still(0.15, depth=0.1)
    x, y = light.sun
    colour = colour_of(light.sun_colour)
    side = 1.0 if x < 0 else -1.0
    for i, (spread, width, alpha) in enumerate(
        ((0.10, 0.05, 0.16), (0.34, 0.09, 0.13), (0.62, 0.06, 0.15), (0.95, 0.11, 0.10))
    ):
        # They begin above the frame, so that no shaft has a visible end.
        begin, end = (x - side * 0.12, -0.85), (x + side * (0.2 + spread), y + 1.25)
        pen.polygon(
            [
                (begin[0] - 0.03, begin[1]),
                (begin[0] + 0.03, begin[1]),
                (end[0] + width, end[1]),
                (end[0] - width, end[1]),
            ],
            colour,
            to="#000000",
            axis=(begin, end),
            alpha=alpha * (1.0 if light.night < 0.5 else 0.4),
            soft=0.05 + 0.01 * i,
            glow=True,
            emit=True,
        )
