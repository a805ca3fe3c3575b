"""Weather in front of everything: rain, snow, fog, wind-borne leaves.

Each particle's place follows from the time alone, wrapping around, so that any frame can be drawn by itself."""

from __future__ import annotations

import numpy as np

from filmloom.world.light import drift, flashing
from filmloom.world.pen import Number, Pen, darker, lighter, smooth, wave
from filmloom.world.stage import Stage

WIDTH, HEIGHT = 2.9, 1.35  # the box that particles wrap around in, larger than the frame
LEAVES = {
    "autumn_park": "#f08a24",
    "bamboo_grove": "#a8cf62",
    "beach": "#7fb069",
    "snow_forest": "#ffffff",
    "desert": "#e2b777",
    "volcano": "#8c8394",
    "harbour": "#ffffff",
    "farm": "#e8c768",
    "arctic": "#ffffff",
    "lavender_field": "#b79be0",
}
# a gust as drawn by hand: a long wave that ends in a curl
CURL = [(-0.7 + 0.16 * i, 0.04 * np.sin(1.0 * i)) for i in range(7)]
CURL += [(0.30 + 0.11 * np.sin(a), -0.112 + 0.10 * np.cos(a)) for a in (0.7, 1.7, 2.7, 3.6, 4.4)]
WATER = ("sea", "mountain_lake", "reef")
DRY = ("reef", "moon", "desert", "bedroom", "stage_hall")  # where no mist lies
FLAGS = ("#ef5b5b", "#f9c846", "#4fb286", "#4a90d9", "#f48fb1", "#8e6bd0")


def weather(pen: Pen, stage: Stage) -> None:
    """Paint the stage's weather over the finished picture."""
    match stage.weather:
        case "rain":
            _rain(pen, stage)
        case "storm":
            _storm(pen, stage)
        case "snow":
            _snow(pen)
        case "fog":
            _fog(pen, stage)
        case "breeze":
            _breeze(pen, stage)
    if stage.time == "dawn" and stage.setting not in DRY:
        _mist(pen, stage.light.haze, 0.2)
    _season(pen, stage)
    match stage.mood:
        case "mysterious":
            _mist(pen, "#8fa3c4" if not stage.night else "#5a6a9c", 0.55)
        case "festive":
            _party(pen, stage)
        case "tender":
            _motes(pen)


def falling(
    pen: Pen,
    key: str,
    num: int,
    colour,
    *,
    size: float,
    fall: Number,
    wind: Number,
    flutter: float = 0.03,
    alpha: float = 1.0,
) -> None:
    """Petals, leaves: `num` flat ellipses that fall, drift and tumble. `fall`, `wind` in frame heights per second."""
    u = pen.rand(key, 6 * num).reshape(pen.batch, 1, num, 6)
    t = pen.t[..., None]
    pace = 0.7 + 0.6 * u[..., 2]
    turn = u[..., 3] + (0.4 + 0.5 * u[..., 4]) * t
    x = wrap(u[..., 0] * WIDTH + wind * pace * t + flutter * wave(turn * 0.7), WIDTH)
    y = wrap(u[..., 1] * HEIGHT + fall * pace * t + 0.5 * flutter * wave(turn * 0.9, 0.3), HEIGHT)
    big = size * (0.65 + 0.7 * u[..., 5])
    pen.splats(
        x,
        y,
        big,
        big * (0.25 + 0.4 * np.abs(wave(turn))),
        colour,
        angle=360 * turn * np.where(u[..., 4] > 0.5, 1, -1),
        alpha=alpha,
    )


def wrap(x: np.ndarray, span: float) -> np.ndarray:
    """Into -span/2..span/2."""
    return (x + span / 2) % span - span / 2


def _rain(pen: Pen, stage: Stage) -> None:
    colour = "#dfeaf7" if not stage.night else "#9fb4e0"
    for i, (num, speed, length, thick, alpha) in enumerate(
        ((150, 1.9, 0.026, 0.0009, 0.50), (80, 2.6, 0.042, 0.0015, 0.55))
    ):
        pen.moving(1.1 + 0.2 * i, depth=0.6 - 0.1 * i, valid=False)
        u = pen.rand(f"rain {i}", 3 * num).reshape(pen.batch, 1, num, 3)
        t, pace = pen.t[..., None], 0.85 + 0.3 * u[..., 2]
        x = wrap(u[..., 0] * WIDTH - 0.22 * speed * pace * t, WIDTH)
        y = wrap(u[..., 1] * HEIGHT + speed * pace * t, HEIGHT)
        pen.splats(x, y, length * pace, thick, colour, angle=90 - 12.4, alpha=alpha, emit=True)
    _splashes(pen, colour)


def _storm(pen: Pen, stage: Stage) -> None:
    """Heavy slanting rain in three depths, and the flash that lights the scene for an instant."""
    colour = "#c9d6e8" if not stage.night else "#93a6d6"
    for i, (num, speed, length, thick, alpha) in enumerate(
        ((190, 2.4, 0.034, 0.0009, 0.42), (150, 3.1, 0.056, 0.0014, 0.46), (46, 3.9, 0.085, 0.0022, 0.40))
    ):
        pen.moving(1.0 + 0.2 * i, depth=0.6 - 0.1 * i, valid=False)
        u = pen.rand(f"storm {i}", 3 * num).reshape(pen.batch, 1, num, 3)
        t, pace = pen.t[..., None], 0.85 + 0.3 * u[..., 2]
        gust = 0.06 * wave(0.23 * t)
        x = wrap(u[..., 0] * WIDTH - 0.52 * speed * pace * t + gust, WIDTH)
        y = wrap(u[..., 1] * HEIGHT + speed * pace * t, HEIGHT)
        pen.splats(x, y, length * pace, thick, colour, angle=90 - 27.5, alpha=alpha, emit=True)
    _splashes(pen, colour)
    light, _, _ = flashing(pen)
    pen.moving(0.0, depth=0.2, valid=False)
    pen.box((0, 0), 9, 3, "#aebcff", alpha=0.40 * light, glow=True, emit=True)


def _season(pen: Pen, stage: Stage) -> None:
    """What the season lets fall: petals, fluff, leaves, a few flakes."""
    wind = 0.04 + 0.16 * float(np.mean(stage.wind))
    pen.moving(1.1, depth=0.95, valid=False) if stage.season != "usual" else None
    match stage.season:
        case "spring":
            falling(pen, "spring", 16, "#fbc6d5", size=0.0085, fall=0.09, wind=wind)
            falling(pen, "spring pale", 12, "#fff4f6", size=0.0075, fall=0.08, wind=wind)
        case "summer":
            falling(pen, "fluff", 12, "#fffdf0", size=0.0052, fall=-0.015, wind=wind, flutter=0.06, alpha=0.85)
        case "autumn":
            for i, colour in enumerate(("#efb03a", "#dd6a2e", "#b8452e")):
                falling(pen, f"autumn {i}", 9, colour, size=0.0125, fall=0.13, wind=wind, flutter=0.06)
        case "winter" if stage.weather != "snow":
            falling(pen, "flakes", 34, "#ffffff", size=0.0042, fall=0.09, wind=0.5 * wind, alpha=0.9)


def _mist(pen: Pen, colour, alpha: float) -> None:
    """A low bank that hugs the ground before and behind who acts, thin at knee height and drifting."""
    for i, (y, ry, parallax, speed) in enumerate(((0.20, 0.045, 0.6, 0.02), (0.43, 0.075, 1.15, -0.032))):
        pen.still(parallax, depth=0.85 - 0.1 * i, motion=drift(pen, speed, 0.4))
        u = pen.rand(f"mist {i}", 21).reshape(pen.batch, 1, 7, 3)
        for k in range(7):
            x = (k + 0.6 * u[..., k, 0]) * 0.62 - 2.1
            pen.ellipse(
                (x, y + 0.05 * (u[..., k, 1] - 0.5) + 0.05 * i),
                0.40 + 0.25 * u[..., k, 2],
                ry,
                colour,
                alpha=alpha * (0.75 + 0.25 * i),
                soft=2.2 * ry,
                emit=True,
                valid=False,
                fine=True,
            )


def _party(pen: Pen, stage: Stage) -> None:
    """Two strings of little flags along the top, lanterns lit in the dark, and a handful of confetti."""
    if stage.setting == "reef":
        return
    pen.moving(1.0, depth=0.7, valid=False)
    dark = stage.light.night > 0.1
    for row, (y, sag, parts) in enumerate(((-0.475, 0.055, 13), (-0.49, 0.10, 9))):
        xs = np.linspace(-0.98, 0.98, parts * 2 + 1)
        swing = lambda x: 0.004 * stage.wind * wave(0.31 * pen.t, 0.8 * x + 0.4 * row)  # noqa: B023, E731
        rope = [(x, y + sag * (1 - (x / 0.98) ** 2) + swing(x)) for x in xs]
        pen.chain(rope, [0.0018] * len(rope), "#5b4a58", emit=True, valid=False)
        for k in range(parts):
            at = rope[2 * k + 1]
            colour = FLAGS[(k * (row + 1) + 2 * row) % len(FLAGS)]
            with pen.at(*at, angle=9 * stage.wind * wave(0.5 * pen.t, 0.37 * k + 0.2 * row)):
                if row:
                    _lantern(pen, colour, dark)
                else:
                    flag = [(-0.022, 0.0), (0.022, 0.0), (0.0, 0.052)]
                    pen.polygon(
                        flag, colour, to=darker(colour, 0.12), emit=True, outline=True, width=0.0016, valid=False
                    )
    for i, colour in enumerate(FLAGS[:4]):
        falling(pen, f"confetti {i}", 10, colour, size=0.0105, fall=0.11, wind=0.03, flutter=0.05)


def _lantern(pen: Pen, colour: str, dark: bool) -> None:
    """A round paper lantern on its cord."""
    pen.ellipse((0, 0.030), 0.021, 0.024, lighter(colour, 0.35 if dark else 0.1), to=colour, emit=True, valid=False,
                outline=darker(colour, 0.55), width=0.0016)  # fmt: skip
    pen.capsule((-0.009, 0.006), (0.009, 0.006), 0.0028, None, "#6a4a3c", emit=True, valid=False)
    if dark:
        pen.glow((0, 0.030), 0.13, colour, 0.55)


def _motes(pen: Pen) -> None:
    """A few warm, soft lights that hang in the air."""
    pen.moving(1.1, depth=0.7, valid=False)
    u = pen.rand("motes", 44).reshape(pen.batch, 1, 11, 4)
    t = pen.t[..., None]
    x = wrap(u[..., 0] * WIDTH + 0.012 * t + 0.02 * wave(0.13 * t + u[..., 3]), WIDTH)
    y = wrap(u[..., 1] * HEIGHT - 0.018 * t, HEIGHT)
    shine = 0.55 + 0.45 * wave(0.21 * t + u[..., 2])
    for r, alpha in ((0.034, 0.13), (0.013, 0.20)):
        size = r * (0.6 + 0.8 * u[..., 3])
        pen.splats(x, y, size, size, "#ffdcae", alpha=alpha * shine, soft=0.8 * r, glow=True, emit=True)


def _splashes(pen: Pen, colour: str) -> None:
    """Rings that open where drops meet the ground, each at a new place in every cycle."""
    num = 34
    u = pen.rand("splashes", 2 * num).reshape(pen.batch, 1, num, 2)
    cycle = u[..., 0] + 2.2 * pen.t[..., None]
    age, turn = cycle % 1, np.floor(cycle)
    place = lambda a, b: (u[..., 1] * 97.0 + turn * a + u[..., 0] * b) % 1  # noqa: E731
    y = 0.22 + 0.32 * place(0.618, 13.7)
    size = (0.004 + 0.018 * age) * (0.5 + 1.6 * (y - 0.2))
    pen.splats((place(0.377, 5.3) - 0.5) * 2.2, y, size, size * 0.28, colour, alpha=0.55 * (1 - age), emit=True)


def _snow(pen: Pen) -> None:
    for i, (num, speed, size, soft) in enumerate(
        ((150, 0.13, 0.0034, 0.0), (85, 0.2, 0.0060, 0.003), (26, 0.29, 0.0115, 0.010))
    ):
        pen.moving(0.8 + 0.3 * i, depth=0.8 - 0.1 * i, valid=False)
        u = pen.rand(f"snow {i}", 4 * num).reshape(pen.batch, 1, num, 4)
        t, pace = pen.t[..., None], 0.75 + 0.5 * u[..., 2]
        x = wrap(
            u[..., 0] * WIDTH + 0.3 * speed * t + 0.03 * wave(0.35 * pace * t, 0) + 0.02 * wave(u[..., 3] + 0.5 * t),
            WIDTH,
        )
        y = wrap(u[..., 1] * HEIGHT + speed * pace * t, HEIGHT)
        r = size * (0.7 + 0.6 * u[..., 3])
        pen.splats(x, y, r, r, "#ffffff", alpha=0.9 - 0.15 * i, soft=soft, emit=True)


def _fog(pen: Pen, stage: Stage) -> None:
    """Two banks of mist that pass at their own pace; thickest over the horizon, thin before the subjects' faces."""
    colour = stage.light.haze
    for i, (y, ry, alpha, speed) in enumerate(((0.06, 0.16, 0.34, 0.03), (0.36, 0.13, 0.40, -0.05))):
        pen.still(0.6 + 0.6 * i, depth=0.9 - 0.1 * i, motion=drift(pen, speed, 0.5))
        u = pen.rand(f"fog {i}", 24).reshape(pen.batch, 1, 8, 3)
        for k in range(8):
            x = (k + 0.5 * u[..., k, 0]) * 0.6 - 2.2
            pen.ellipse(
                (x, y + 0.16 * (u[..., k, 1] - 0.5)),
                0.34 + 0.2 * u[..., k, 2],
                ry,
                colour,
                alpha=alpha,
                soft=0.26,
                emit=True,
                valid=False,
                fine=True,
            )
    pen.box((0, 0), 9, 3, colour, alpha=0.12, emit=True, valid=False, fine=True)


def _breeze(pen: Pen, stage: Stage) -> None:
    """Curls of wind, and leaves where there are any."""
    pen.moving(1.15, depth=0.6, valid=False)
    if stage.setting not in WATER:
        colour = LEAVES.get(stage.setting, "#f7b7cb" if stage.setting == "cherry_garden" else "#a9c94e")
        falling(pen, "blown", 22, colour, size=0.0105, fall=0.10, wind=0.55, flutter=0.05)
    u = pen.rand("gusts", 12).reshape(pen.batch, 1, 4, 3)
    for k in range(4):
        cycle = u[..., k, 0] + 0.42 * pen.t
        age, turn = cycle % 1, np.floor(cycle)
        y = -0.36 + 0.6 * ((u[..., k, 1] + 0.618 * turn) % 1)
        x = -1.25 + 2.0 * age + 0.5 * ((u[..., k, 2] + 0.377 * turn) % 1)
        alpha = 0.5 * smooth(age * 4) * smooth((1 - age) * 3)
        paint = dict(blend=0.02, alpha=alpha, emit=True, valid=False, fine=True)
        with pen.at(x, y, scale=0.30):
            pen.chain(CURL, [0.002 + 0.011 * np.sin(np.pi * i / 11) for i in range(12)], "#ffffff", **paint)
