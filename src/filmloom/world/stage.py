"""What a drawing file is told: the Stage (hour, weather, light) for places, the Actor for subjects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from filmloom.world.cadence import CYCLES
from filmloom.world.light import Light
from filmloom.world.pen import Pen
from filmloom.world.scene import Scene, rgb

WIND = {
    "breeze": 1.0, "rain": 0.5, "snow": 0.4, "cloudy": 0.3, "clear": 0.2, "fog": 0.1, "storm": 1.3, "rainbow": 0.25,
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """Shared by all clips of a batch, but for the pen's random numbers."""

    setting: str
    time: str
    weather: str
    light: Light
    wind: np.ndarray  # [1, F], sway around its strength 0..1
    season: str = "usual"
    mood: str = "calm"

    @property
    def night(self) -> bool:
        return self.light.night > 0.5


@dataclass(frozen=True)
class Actor:
    """A subject in its local frame: origin where it stands (or its centre), 1 = its height, x forward. Arrays [B, F]
    unless said."""

    kind: str
    action: str
    index: int
    colour: np.ndarray  # [B, 1, 3]
    cycle: np.ndarray  # cycles since the start, phase included
    rate: np.ndarray  # cycles per second
    t: np.ndarray  # seconds of action so far
    progress: np.ndarray  # 0..1 through its action
    speed: np.ndarray  # own heights per second
    wind: np.ndarray  # > 0 blows backward (towards -x of the local frame)
    stage: Stage
    pen: Pen
    clothes: str = "usual"

    def rand(self, key: str, num: int = 1) -> np.ndarray:
        """Uniform 0..1, [B, 1, num], fixed per clip and subject."""
        return self.pen.rand(f"subject {self.index} {key}", num)


def stage_of(scene: Scene, light: Light, times: np.ndarray) -> Stage:
    strength = WIND[scene.weather]
    sway = strength * (1 + 0.35 * np.sin(2 * np.pi * 0.45 * times) + 0.2 * np.sin(2 * np.pi * 1.13 * times + 1.0))
    return Stage(scene.setting, scene.time, scene.weather, light, sway[None], scene.season, scene.mood)


def actor_of(scenes: list[Scene], index: int, stage: Stage, pen: Pen) -> tuple[Actor, dict[str, np.ndarray]]:
    """The Actor of subject `index` in every scene, and the local frame it is drawn in (arguments of `pen.at`)."""
    who = [scene.subjects[index] for scene in scenes]
    column = lambda name: np.array([[float(getattr(s, name))] for s in who])  # noqa: E731
    start = column("start")
    end = np.array([[s.end if s.end is not None else scene.seconds] for s, scene in zip(who, scenes)])
    acting = np.clip(pen.t, start, np.maximum(end, start + 1e-6)) - start
    length = np.maximum(end - start, 1e-6)
    facing = np.array([[1.0 if s.facing == "right" else -1.0] for s in who])
    size = column("size")
    rate = CYCLES[who[0].action] * column("tempo")
    actor = Actor(
        who[0].kind, who[0].action, index, np.array([[rgb(s.colour)] for s in who], np.float32),
        column("phase") + rate * acting, rate * np.ones_like(acting),
        acting, acting / length, column("speed") / size * np.ones_like(acting), stage.wind * facing, stage, pen,
        who[0].clothes,
    )  # fmt: skip
    x = column("x") + facing * column("speed") * (acting - length / 2)
    return actor, dict(
        x=x, y=column("y") * np.ones_like(x), scale=size * np.ones_like(x), flip=facing * np.ones_like(x)
    )
