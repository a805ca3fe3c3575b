"""Light: what the hour, the weather, the light and the mood make of a place, and the sky they paint."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from filmloom.world.pen import Pen, colour_of, lighter, mix
from filmloom.world.scene import Scene


@dataclass(frozen=True)
class Grade:
    """The last touch on finished pictures: `saturation` and `contrast` around 1, `tint` multiplies RGB, `vignette` darkens corners by that share."""

    saturation: float = 1.0
    contrast: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignette: float = 0.16


@dataclass(frozen=True)
class Light:
    """Colours as `#rrggbb`. `sun`: x, y of sun or moon in the frame; `dir` points to the light; `night` in 0..1."""

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

    @property
    def dir(self) -> tuple[float, float]:
        length = float(np.hypot(*self.sun)) or 1.0
        return self.sun[0] / length, self.sun[1] / length


HOURS = {
    "morning": Light("#6fb7ea", "#bfe0f5", "#fdeedd", (1.0, 0.98, 0.94), "#eaf0f4", 0.45, (-0.55, -0.28), "#fff3cf", 0.55, 0.0, Grade(1.04, 1.0)),
    "noon": Light("#4da3e8", "#9bd0f5", "#e6f5fb", (1.0, 1.0, 1.0), "#dcebf7", 0.40, (0.52, -0.36), "#fff8dc", 0.5, 0.0, Grade(1.08, 1.02)),
    "sunset": Light("#4a3b86", "#e0708f", "#ffc46b", (1.0, 0.80, 0.74), "#f2a08a", 0.5, (0.42, -0.05), "#fff0b0", 0.6, 0.15, Grade(1.08, 1.02, (1.03, 0.98, 0.95), 0.24)),
    "night": Light("#0b1030", "#1d2558", "#4a3f7d", (0.50, 0.55, 0.82), "#2a2f63", 0.5, (0.44, -0.33), "#f3efcf", 0.35, 1.0, Grade(1.05, 1.03, (0.98, 0.99, 1.05), 0.28)),
}  # fmt: skip


def light_of(scene: Scene) -> Light:
    """The Light of a scene's hour, weather, light and mood."""
    light = HOURS[scene.time]
    grade = light.grade
    if scene.weather in ("cloudy", "rain", "fog", "snow"):
        grey = {"cloudy": 0.5, "rain": 0.68, "fog": 0.62, "snow": 0.5}[scene.weather]
        cover = "#aab6c4" if not light.night else "#2b3050"
        light = replace(
            light,
            top=_hex(mix(light.top, cover, grey)),
            middle=_hex(mix(light.middle, lighter(cover, 0.3), grey)),
            low=_hex(mix(light.low, lighter(cover, 0.5 if not light.night else 0.12), grey)),
            ambient=tuple(np.asarray(light.ambient) * (1 - 0.12 * grey) + np.array([-0.03, 0.0, 0.03]) * grey),
            haze=_hex(mix(light.haze, cover, grey * 0.8)),
            haze_amount=light.haze_amount + {"cloudy": 0.1, "rain": 0.22, "fog": 0.5, "snow": 0.2}[scene.weather],
            glow=light.glow * (1 - grey),
        )
        grade = replace(grade, saturation=grade.saturation * (1 - 0.18 * grey))
    if scene.light == "golden":
        light = replace(light, ambient=tuple(np.asarray(light.ambient) * np.array([1.06, 0.96, 0.80])))
        grade = replace(grade, tint=tuple(np.asarray(grade.tint) * np.array([1.05, 1.0, 0.90])))
    elif scene.light == "sunbeams":
        light = replace(light, glow=light.glow + 0.2)
    grade = {
        "calm": grade,
        "joyful": replace(grade, saturation=grade.saturation * 1.16, contrast=grade.contrast * 1.03, vignette=grade.vignette * 0.6),
        "dreamy": replace(grade, saturation=grade.saturation * 0.88, contrast=grade.contrast * 0.90, tint=tuple(np.asarray(grade.tint) * np.array([1.03, 0.99, 1.05]))),
        "gloomy": replace(grade, saturation=grade.saturation * 0.62, contrast=grade.contrast * 0.96, tint=tuple(np.asarray(grade.tint) * np.array([0.86, 0.90, 0.98])), vignette=grade.vignette * 1.7),
    }[scene.mood]  # fmt: skip
    return replace(light, grade=grade)


def _hex(colour: np.ndarray) -> str:
    return "#" + "".join(f"{round(float(np.clip(c, 0, 1)) * 255):02x}" for c in colour)


def sky(pen: Pen, light: Light, horizon: float = 0.12) -> None:
    """Gradient, sun or moon with its glow, stars at night. Opens the picture: call it first."""
    pen.still(0.0, depth=900)
    pen.box((0, -1), 9, 2 + 2 * horizon, light.top, to=light.middle, axis=((0, -0.5), (0, (horizon - 0.5) / 2)), emit=True)
    pen.box((0, 1 + (horizon - 0.5) / 2), 9, 2, light.middle, to=light.low, axis=((0, (horizon - 0.5) / 2), (0, horizon)), emit=True)
    x, y = light.sun
    if light.night > 0.5:
        spot = pen.rand("stars", 420).reshape(pen.batch, 1, 140, 3)
        size = 0.0008 + 0.0016 * spot[..., 2] ** 3
        pen.splats((spot[..., 0] - 0.5) * 1.9, spot[..., 1] * (horizon + 0.5) - 0.5, size, size, "#fffbe8", alpha=0.35 + 0.6 * spot[..., 2], emit=True)
        pen.glow((x, y), 0.42, light.sun_colour, 0.4)
        pen.ellipse((x, y), 0.062, None, light.sun_colour, to="#d9cfa8", axis=((x - 0.03, y - 0.04), (x + 0.05, y + 0.06)), emit=True)
        for dx, dy, r in ((-0.02, -0.012, 0.013), (0.022, 0.014, 0.017), (0.008, -0.03, 0.008)):
            pen.ellipse((x + dx, y + dy), r, None, "#cfc69e", alpha=0.7, emit=True, fine=True)
    elif light.glow > 0.05:
        pen.glow((x, y), 0.75, light.sun_colour, light.glow * 0.8)
        pen.glow((x, y), 0.26, "#fffbe6", light.glow)
        pen.ellipse((x, y), 0.058, None, light.sun_colour, to=lighter(light.sun_colour, 0.4), emit=True, alpha=0.95)


def sunbeams(pen: Pen, light: Light) -> None:
    """Slanting shafts of light over everything: subtle, slowly breathing."""
    pen.still(0.15, depth=0.1)
    x, y = light.sun
    colour = colour_of(light.sun_colour)
    side = 1.0 if x < 0 else -1.0
    for i, (spread, width, alpha) in enumerate(((0.10, 0.05, 0.20), (0.34, 0.09, 0.16), (0.62, 0.06, 0.18), (0.95, 0.11, 0.12))):
        end = (x + side * (0.2 + spread), y + 1.25)
        pen.polygon(
            [(x - 0.015, y - 0.1), (x + 0.015, y - 0.1), (end[0] + width, end[1]), (end[0] - width, end[1])],
            colour, to="#000000", axis=((x, y), end), alpha=alpha * (1.0 if light.night < 0.5 else 0.4), soft=0.05 + 0.01 * i, glow=True, emit=True,
        )  # fmt: skip
