"""Light: what the hour, the weather, the light and the mood make of a place, and the sky they paint."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from filmloom.core.random import generator
from filmloom.world.pen import Frame, Number, Pen, colour_of, darker, lighter, mix
from filmloom.world.scene import Scene


@dataclass(frozen=True)
class Grade:
    """The last touch on finished pictures.

    `saturation` and `contrast` around 1, `tint` multiplies RGB, `vignette` darkens corners by that share, which
    breathes slowly by the share `pulse`. `bloom`: how much bright parts shine over their surroundings. `paper`: the
    depth of a sheet's grain."""

    saturation: float = 1.0
    contrast: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignette: float = 0.16
    pulse: float = 0.0
    bloom: float = 0.0
    paper: float = 0.0


@dataclass(frozen=True)
class Light:
    """Colours as `#rrggbb`. `sun`: x, y of sun or moon in the frame; `dir` points to the light; `night` in 0..1.
    `cloud`: a cloud's lit top and its underside; `cover`: share of the sky under clouds. `arc`: strength of a rainbow.
    `lightning`: whether the sky flashes."""

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
    arc: float = 0.0
    lightning: bool = False

    @property
    def dir(self) -> tuple[float, float]:
        length = float(np.hypot(*self.sun)) or 1.0
        return self.sun[0] / length, self.sun[1] / length


HOURS = {
    "dawn": Light(
        "#8294d6",
        "#e3b6dc",
        "#ffdcb4",
        (0.98, 0.89, 0.95),
        "#eac9dc",
        0.55,
        (-0.40, 0.085),
        "#fff0b8",
        0.42,
        0.1,
        Grade(1.10, 1.0, (1.025, 0.985, 1.0), 0.13),
        ("#ffd9d6", "#b493c6"),
        0.22,
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
        "#16255f",
        "#4d55a8",
        "#f0a49b",
        (0.71, 0.69, 0.87),
        "#6c65ab",
        0.5,
        (0.46, -0.30),
        "#f9f1d8",
        0.35,
        0.6,
        Grade(1.06, 1.03, (0.99, 0.98, 1.05), 0.26),
        ("#a987bd", "#3f4288"),
        0.2,
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


# What covers the sky, by hour; None: any other.
OVERCAST = {"dawn": "#b3adc2", "sunset": "#a99bb0", "dusk": "#4a4f78", "night": "#262b4a", None: "#aab6c4"}
SNOW_CLOUD = {"dawn": "#cbbfd2", "sunset": "#c3b3cc", "dusk": "#5d6394", "night": "#333a66", None: "#c2d0e2"}
STORM_CLOUD = {"dawn": "#565a74", "sunset": "#54475f", "dusk": "#23284a", "night": "#121630", None: "#525e70"}
# The strength of the season's light: saturation, contrast, tint.


@dataclass(frozen=True)
class Tone:
    """What a season or a mood makes of a grade: factors of it, the darkest that corners may become, a glow, a pulse."""

    saturation: float = 1.0
    contrast: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignette: float = 1.0
    darkest: float = math.inf
    bloom: float = 0.0
    pulse: float = 0.0

    def over(self, grade: Grade) -> Grade:
        return replace(
            grade,
            saturation=grade.saturation * self.saturation,
            contrast=grade.contrast * self.contrast,
            tint=tuple(np.asarray(grade.tint) * np.array(self.tint)),
            vignette=min(self.darkest, grade.vignette * self.vignette),
            bloom=self.bloom or grade.bloom,
            pulse=self.pulse or grade.pulse,
        )


SEASON_TONES = {
    "spring": Tone(1.03, tint=(1.0, 1.01, 0.99)), "summer": Tone(1.10, 1.05, (1.025, 1.01, 0.97)),
    "autumn": Tone(1.02, tint=(1.03, 0.985, 0.94)), "winter": Tone(0.90, tint=(0.965, 0.99, 1.04)),
}  # fmt: skip
MOOD_TONES = {
    "calm": Tone(),
    "joyful": Tone(1.16, 1.03, vignette=0.6),
    "dreamy": Tone(0.88, 0.90, (1.03, 0.99, 1.05)),
    "mysterious": Tone(0.72, tint=(0.83, 0.94, 1.04), vignette=2.4, bloom=0.25),
    "festive": Tone(1.28, 1.05, (1.05, 1.0, 0.97), vignette=0.5),
    "tender": Tone(0.96, 0.90, (1.05, 0.975, 0.945), vignette=0.7, bloom=0.55),
    "tense": Tone(0.80, 1.14, (0.96, 0.98, 0.96), vignette=2.6, darkest=0.62, pulse=0.35),
    "gloomy": Tone(0.62, 0.96, (0.86, 0.90, 0.98), vignette=1.7),
}


def light_of(scene: Scene) -> Light:
    """The Light of a scene's hour, weather, season, light and mood."""
    light = HOURS[scene.time]
    grade = light.grade
    if scene.weather in GREY:
        grey = GREY[scene.weather]
        table = {"snow": SNOW_CLOUD, "storm": STORM_CLOUD}.get(scene.weather, OVERCAST)
        cover, paling = table.get(scene.time, table[None]), 0.4 if scene.weather == "storm" else 1.0
        light = replace(
            light,
            top=_hex(mix(light.top, cover, grey)),
            middle=_hex(mix(light.middle, lighter(cover, paling * (0.3 if light.night < 0.5 else 0.05)), grey)),
            low=_hex(mix(light.low, lighter(cover, paling * (0.5 if light.night < 0.5 else 0.12)), grey)),
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
    if scene.weather == "storm":
        dim = np.array([0.74, 0.78, 0.86])
        light = replace(light, ambient=tuple(np.asarray(light.ambient) * dim), lightning=True)
        grade = replace(grade, contrast=grade.contrast * 1.05, vignette=grade.vignette * 1.7)
    elif scene.weather == "rainbow":
        grade = replace(grade, saturation=grade.saturation * 1.12, contrast=grade.contrast * 1.02)
        light = replace(light, arc=1.0)
    if scene.season != "usual":
        grade = SEASON_TONES[scene.season].over(grade)
    if scene.light == "golden":
        light = replace(light, ambient=tuple(np.asarray(light.ambient) * np.array([1.06, 0.96, 0.80])))
        grade = replace(grade, tint=tuple(np.asarray(grade.tint) * np.array([1.05, 1.0, 0.90])))
    elif scene.light == "sunbeams":
        light = replace(light, glow=light.glow + 0.2)
    return replace(light, grade=MOOD_TONES[scene.mood].over(grade))


def _hex(colour: np.ndarray) -> str:
    return "#" + "".join(f"{round(float(np.clip(c, 0, 1)) * 255):02x}" for c in colour)


def sky(pen: Pen, light: Light, horizon: float = 0.12) -> None:
    """Gradient, sun or moon with its glow, stars at night, drifting clouds. Opens the picture: call it first."""
    pen.still(0.0, depth=900)
    middle = horizon - 0.42
    pen.box((0, 0), 9, 4, light.top, to=light.middle, axis=((0, -0.55), (0, middle)), emit=True)
    pen.box((0, 1 + middle), 9, 2, light.middle, to=light.low, axis=((0, middle), (0, horizon)), emit=True)
    if light.night > 0.5:
        if light.night < 1:
            _afterglow(pen, light, horizon)
        stars(pen, (1 - light.cover) * min(1.0, light.night**1.5), low=horizon - 0.05)
        (_moon if light.night == 1 else _crescent)(pen, light)
    elif light.glow > 0.05:
        if light.sun[1] > 0:
            _rising(pen, light, horizon)
        else:
            _sun(pen, light, low=light.night > 0, horizon=horizon)
    if light.arc:
        _rainbow(pen, light, horizon)
    clouds(pen, light, horizon)
    if light.lightning:
        _bolts(pen, horizon)


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


def _afterglow(pen: Pen, light: Light, horizon: float) -> None:
    """Dusk: where the sun went down a warm band lingers, rose above and amber at the rim."""
    clear = 1 - 0.8 * max(0.0, light.cover - 0.2)
    pen.ellipse((-0.45, horizon), 1.5, 0.15, "#e0709a", alpha=0.62 * clear, soft=0.36, emit=True, fine=True)
    pen.ellipse((-0.50, horizon + 0.01), 1.0, 0.06, "#ffb36b", alpha=0.85 * clear, soft=0.17, emit=True, fine=True)
    pen.ellipse((-0.52, horizon + 0.015), 0.55, 0.03, "#ffe09a", alpha=0.8 * clear, soft=0.09, emit=True, fine=True)


def _crescent(pen: Pen, light: Light) -> None:
    """Dusk's thin moon and the evening star."""
    (x, y), clear = light.sun, 1 - 0.8 * max(0.0, light.cover - 0.3)
    pen.glow((x, y), 0.30, "#a9a6ea", 0.38 * clear)
    disc = pen.ellipse_shape((x, y), 0.050)
    pen.fill(disc, "#5a64a8", alpha=0.45 * clear, emit=True)
    with pen.inside(disc):  # lit from where the sun went down
        pen.ellipse((x, y), 0.052, None, light.sun_colour, alpha=clear, emit=True)
        pen.ellipse((x + 0.024, y - 0.010), 0.046, None, light.top, to=light.middle, emit=True)
    star = (x - 0.30, y + 0.07)
    pen.glow(star, 0.07, "#fff3d8", 0.6 * clear)
    for rx, ry in ((0.013, 0.0012), (0.0012, 0.013), (0.0036, 0.0036)):
        pen.ellipse(star, rx, ry, "#fffbe8", alpha=clear, emit=True, fine=True)


def _rising(pen: Pen, light: Light, horizon: float) -> None:
    """Dawn: the sun's first edge over the horizon, a fan of pale rays, and a band of light."""
    (x, _), clear = light.sun, 1 - min(1.0, 1.3 * max(0.0, light.cover - 0.3))
    y = horizon - 0.035
    pen.ellipse((x, horizon), 1.3, 0.13, "#ffc9b0", alpha=0.30 + 0.4 * clear, soft=0.34, emit=True, fine=True)
    for k in range(7):
        angle = np.radians(168 - 26 * k)
        tip = [(x + 1.05 * np.cos(angle + d), y - 1.05 * np.sin(angle + d)) for d in (-0.055, 0.055)]
        pen.polygon(
            [(x, y), *tip],
            "#ffe9c0",
            to="#000000",
            axis=((x, y), (x + 0.8 * np.cos(angle), y - 0.8 * np.sin(angle))),
            alpha=0.30 * clear,
            soft=0.06,
            glow=True,
            emit=True,
        )
    pen.glow((x, y), 0.75, "#ffc79a", light.glow * 1.1 * clear)
    pen.glow((x, y), 0.30, "#fff0c8", light.glow * 1.3 * clear)
    pen.ellipse((x, y), 0.082, None, "#fff6cf", to="#ffc978", emit=True, alpha=0.97 * clear)


BOW = ("#e8505a", "#f59345", "#f9d75a", "#6cc86a", "#4aa8e0", "#6a6ad0", "#a86cc8")  # outside to inside


def _rainbow(pen: Pen, light: Light, horizon: float) -> None:
    """An arc opposite the sun, seven soft bands, the sky brighter within it and a faint second arc turned about."""
    side = -1.0 if light.sun[0] > 0 else 1.0
    centre, radius, wide = (0.16 * side, horizon + 0.06), 0.50, 0.013
    pen.still(0.02, depth=850)
    dim = 0.75 if light.night > 0.05 else 1.0
    pen.ellipse(centre, radius - 0.03, None, "#ffffff", alpha=0.13 * dim, soft=0.05, emit=True, fine=True, glow=True)
    for k, colour in enumerate(BOW):
        r = radius - wide * k
        pen.fill(pen.ring_shape(centre, r, wide * 0.55), colour, alpha=0.62 * dim, soft=wide * 1.5, emit=True)
        faint = pen.ring_shape(centre, radius + 0.10 + wide * k, wide * 0.5)
        pen.fill(faint, colour, alpha=0.13 * dim, soft=wide * 1.8, emit=True, fine=True)


def lightning(seed: int, until: float) -> list[tuple[float, float, float, float]]:
    """The flashes of a storm before `until` seconds: (time, x in frame heights, strength 0..1, seconds until its
    thunder). They follow from the seed alone."""
    rng = generator(seed, "lightning")
    flashes, time = [], rng.uniform(0.3, 1.3)
    while time < until:
        x, strength = rng.uniform(-0.75, 0.75), rng.uniform(0.6, 1.0)
        flashes.append((float(time), float(x), float(strength), float(0.25 + 1.3 * (1 - strength) / 0.4)))
        time += rng.uniform(1.4, 3.4)
    return flashes


def flash(since: Number) -> np.ndarray:
    """How bright the sky is `since` seconds after a stroke: a burst, a gap, a weaker second burst that dies away."""
    after = np.asarray(since)
    burst = lambda begin, fade: np.where(after >= begin, np.exp(-np.maximum(after - begin, 0) / fade), 0.0)  # noqa: E731
    return np.minimum(1.0, burst(0.0, 0.045) + 0.8 * burst(0.11, 0.10))


def flashing(pen: Pen) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each clip and frame, the brightest stroke: light in 0..1, its x, and a number of its own, each [B, F]."""
    light, x, key = (np.zeros((pen.batch, pen.frames)) for _ in range(3))
    for b, seed in enumerate(pen.seeds):
        for k, (time, at, strength, _) in enumerate(lightning(seed, float(pen.times.max()) + 0.01)):
            bright = strength * flash(pen.times - time)
            ahead = bright > light[b]
            light[b], x[b], key[b] = (np.where(ahead, v, old[b]) for v, old in ((bright, light), (at, x), (k, key)))
    return light, x, key


def _bolts(pen: Pen, horizon: float) -> None:
    """The forked stroke in the sky, and the clouds that light up around it."""
    light, x, key = flashing(pen)
    pen.moving(0.04, depth=700, valid=False)
    pen.ellipse((x, -0.35), 0.8, 0.35, "#c9d3ff", alpha=0.75 * light, soft=0.6, glow=True, emit=True)
    jag = lambda i: 0.11 * (np.mod(np.sin(12.9898 * (i + 1) + 78.233 * key) * 43758.5453, 1) - 0.5)  # noqa: E731
    tall = horizon + 0.56
    points = [(x + jag(i) * min(i, 3), -0.58 + tall * i / 6) for i in range(7)]
    fork = [points[3], (points[3][0] + 0.09, points[3][1] + 0.13), (points[3][0] + 0.13 + jag(9), points[3][1] + 0.24)]
    struck = np.clip(2.5 * light - 0.6, 0, 1)
    for line, r in ((points, 0.0052), (fork, 0.0034)):
        radii = [r * (1 - 0.75 * i / (len(line) - 1)) for i in range(len(line))]
        pen.chain(line, [4 * v for v in radii], "#8fa0ff", alpha=0.6 * struck, soft=0.035, glow=True, emit=True)
        pen.chain(line, radii, "#fdfdff", alpha=struck, emit=True, valid=False, fine=True)


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
