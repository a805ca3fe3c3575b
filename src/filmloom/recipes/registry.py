"""Every recipe by name: `RECIPES["planner"]("cpu", folder, minutes=30)`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filmloom.core.errors import RequestError
from filmloom.recipes.assemble import assemble
from filmloom.recipes.autoencoder import autoencoder
from filmloom.recipes.distill import distill
from filmloom.recipes.film_set import film_set
from filmloom.recipes.interpolator import interpolator
from filmloom.recipes.joint import joint
from filmloom.recipes.light import light
from filmloom.recipes.onsets import onsets
from filmloom.recipes.planner import planner
from filmloom.recipes.recogniser import recogniser
from filmloom.recipes.run import Run
from filmloom.recipes.transformer import transformer
from filmloom.recipes.upsampler import upsampler
from filmloom.training.trainer import Result


def named(recipe: Callable[[Run], Result]) -> Callable[..., Result]:
    """A recipe as a function of size, folder and `Run`'s other fields by name."""
    return lambda size, run_dir, **options: recipe(Run(Path(run_dir), size, **options))


STAGES = (
    film_set, planner, recogniser, autoencoder, interpolator, upsampler, onsets, transformer, distill, light,
    joint, assemble,
)  # fmt: skip
RECIPES: dict[str, Callable[..., Result]] = {stage.__name__: named(stage) for stage in STAGES}


def recipe(name: str) -> Callable[..., Result]:
    """The recipe called `name`; RequestError lists those there are."""
    if name not in RECIPES:
        raise RequestError("recipe", name, f"it must be one of {', '.join(RECIPES)}", "planner")
    return RECIPES[name]
