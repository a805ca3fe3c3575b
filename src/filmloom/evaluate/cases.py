"""What is asked of a model: scenes, sentences about them, and renders of them to compare with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from filmloom.core.random import generator
from filmloom.generate.window import Geometry
from filmloom.models.video_vae import VideoVAE
from filmloom.world.captions import LANGUAGES, Caption, caption
from filmloom.world.draw import draw
from filmloom.world.fields import fields
from filmloom.world.pairs import place_pair
from filmloom.world.sample import Air, Repertoire, airs, combinations, makes_sense, place_subject, sample_scene
from filmloom.world.scene import Camera, Scene, Subject

# Split → which combinations its scenes take, and which sentence frames its captions.
SPLITS = {
    "seen combinations": ("seen", "seen"),
    "unseen combinations": ("unseen", "seen"),
    "unseen wordings": ("seen", "unseen"),
}
__all__ = ["REPERTOIRES", "SPLITS", "Case", "cases", "fields", "recoded", "redrawn", "rendered"]
REPERTOIRES = {"full": Repertoire.full, "reduced": Repertoire.reduced}


@dataclass(frozen=True)
class Case:
    """One prompt with its answer. `another` is a second scene that the prompt allows: same where it speaks, drawn anew
    where it is silent. `twice` marks the cases that are filmed with two seeds."""

    split: str
    number: int
    scene: Scene
    another: Scene
    told: Caption
    seed: int
    twice: bool

    @property
    def fields(self) -> dict[str, str]:
        """What the prompt states, by the names of a recogniser's and a planner's fields."""
        return {name: value for name, value in fields(self.scene).items() if name in self.told.stated}


def cases(repertoire: str, num: int, seed: int, seconds: float) -> Iterator[Case]:
    """`num` cases per split, languages in turn; the same for every model."""
    world = REPERTOIRES[repertoire]()
    for split, (scenes, wordings) in SPLITS.items():
        for number in range(num):
            rng = generator(seed, "evaluate", repertoire, split, number)
            scene = sample_scene(rng, world, split=scenes, seconds=seconds)
            told = caption(scene, LANGUAGES[number % len(LANGUAGES)], rng, split=wordings)
            another = redrawn(rng, scene, told.stated, world)
            yield Case(split, number, scene, another, told, int(rng.integers(2**31)), number % 3 == 0)


def redrawn(rng: np.random.Generator, scene: Scene, stated: frozenset[str], world: Repertoire) -> Scene:
    """Another scene of the same who, what, where and style, and the same in all that is stated."""
    air = Air(scene.time, scene.weather, scene.light, scene.mood, scene.season)
    kept = [name for name in vars(air) if name in stated]
    fits = [
        other
        for other in airs(world, scene.setting)
        if all(getattr(other, n) == getattr(air, n) for n in kept)
        and makes_sense(scene.setting, **vars(other), style=scene.style)
    ]
    air = fits[int(rng.integers(len(fits)))]
    move = scene.camera.move if "camera" in stated else world.moves[int(rng.integers(len(world.moves)))]
    cast = tuple(
        (s.kind, _recoloured(rng, world, s, scene.setting, name in stated), s.action)
        for s, name in zip(scene.subjects, ("colour", "colour2"))
    )
    if len(cast) == 1:
        placed = (place_subject(rng, world, *cast[0], scene.setting, scene.seconds),)
    else:
        placed = place_pair(rng, world, cast, scene.relation, scene.setting, scene.seconds)
    placed = tuple(replace(new, clothes=old.clothes) for new, old in zip(placed, scene.subjects))
    camera = Camera(move, round(float(1 + world.camera_spread * rng.uniform(-1, 1)), 4))
    return replace(scene, subjects=placed, **vars(air), camera=camera, seed=int(rng.integers(2**31)))


def _recoloured(rng: np.random.Generator, world: Repertoire, subject: Subject, setting: str, is_stated: bool) -> str:
    if is_stated:
        return subject.colour
    colours = combinations(world)[subject.kind, subject.action, setting]
    return colours[int(rng.integers(len(colours)))]


def rendered(scene: Scene, geometry: Geometry, *, style: str = "full") -> Tensor:
    """A window of the scene with its overscan, [1, 3, F, H, W] in [-1, 1]."""
    times = np.arange(geometry.frames) / geometry.fps
    return draw([scene], times, geometry.skeleton, unit=geometry.unit, style=style).video


@torch.no_grad()
def recoded(codec: VideoVAE, video: Tensor, device: torch.device, sketch: Tensor | None = None) -> Tensor:
    """What is left of a window after encoding and decoding, [1, 3, F, H, W]."""
    sketch = None if sketch is None else sketch.to(device)
    return codec.decode(codec.encode(video.to(device)), sketch).clamp(-1, 1).cpu()
