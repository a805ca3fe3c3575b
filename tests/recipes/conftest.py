"""One toy world for all recipes: each stage is trained for a few steps, once, in the order a real run has."""

from pathlib import Path

import pytest
import torch

from filmloom.recipes.registry import RECIPES


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> Path:
    """A folder of run folders: the film set, planner, recogniser, codec, interpolator, upsampler and onset finder."""
    torch.set_num_threads(1)
    where = tmp_path_factory.mktemp("runs")
    RECIPES["film_set"]("toy", where / "film_set", kinds=("test", "stills", "clips", "pairs", "joint"))
    steps = {"planner": 4, "recogniser": 2, "autoencoder": 3, "interpolator": 2, "upsampler": 2, "onsets": 2}
    for name, num in steps.items():
        assert RECIPES[name]("toy", where / name, steps=num).finished
    return where


@pytest.fixture(scope="session")
def diffused(runs) -> Path:
    """The same with a transformer."""
    assert RECIPES["transformer"]("toy", runs / "transformer", steps=4).finished
    return runs
