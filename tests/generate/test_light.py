"""Fast films use the light part; slow ones do not know of it; without one, they are warned."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from filmloom.checkpoints.folder import open_folder, save_model
from filmloom.core.errors import CheckpointError
from filmloom.generate.pipeline import load
from filmloom.generate.request import Request
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.light import Light, LightConfig, mark


def asked(mode: str = "text", **fields: object) -> Request:
    return Request(prompt="a red fox walks", mode=mode, **{"seconds": 0.2, "fps": 10, "size": (128, 72), **fields})


@pytest.fixture(scope="module")
def whole(toy_folder) -> DiT:
    folder = open_folder(toy_folder)
    return folder.load("transformer", DiT(folder.build_config("transformer", DiTConfig)))


def with_light(toy_folder, folder, light: Light):
    """The toy folder, and a light part beside its own."""
    folder.mkdir()
    for file in toy_folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    record = {name: value for name, value in open_folder(folder).record.items() if name not in ("format", "parts")}
    return load(save_model(folder, {"light": light}, record).path)


@pytest.fixture(scope="module")
def lighter(toy_folder, whole, tmp_path_factory):
    torch.manual_seed(0)
    light = Light(LightConfig(transformer=whole.config, rank=2, of=mark(whole)))
    with torch.no_grad():
        for parameter in light.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    return with_light(toy_folder, tmp_path_factory.mktemp("light") / "model", light)


@pytest.mark.parametrize("mode", ["text", "plan", "draw"])
def test_slow_films_are_the_same_to_the_last_bit(film, lighter, mode):
    assert np.array_equal(film.make(asked(mode)).frames, lighter.make(asked(mode)).frames)


@pytest.mark.parametrize("how", [{"fast": True}, {"within": 3600.0}])
def test_few_steps_from_text_are_the_light_parts(film, lighter, how):
    with_it, without = lighter.make(asked(**how)), film.make(asked(**how))
    assert not np.array_equal(with_it.frames, without.frames)
    assert np.array_equal(lighter.make(asked("plan", **how)).frames, film.make(asked("plan", **how)).frames)


def test_the_light_transformer_is_the_whole_one_and_the_difference(lighter, whole):
    light = lighter.folder.load("light", Light(lighter.folder.build_config("light", LightConfig)))
    name = "blocks.0.self_attn.q.weight"
    made = lighter.part("light").get_parameter(name)
    assert torch.allclose(made, whole.get_parameter(name) + light.difference(name))
    assert torch.equal(lighter.part("transformer").get_parameter(name), whole.get_parameter(name))


def test_one_window_by_hand_uses_it_too(film, lighter):
    text = film.encode_text(["a red fox"])
    latents = [one.denoise(text, None, one.noise(asked()), asked(fast=True)) for one in (film, lighter)]
    assert not torch.equal(*latents)


def warned(stream) -> bool:
    return any("no light part" in note for note in stream.settings["notes"])


def test_without_it_fast_and_within_warn(film, lighter):
    assert warned(film.stream(asked(fast=True))) and warned(film.stream(asked(within=3600.0)))
    assert not warned(lighter.stream(asked(fast=True)))
    assert not warned(film.stream(asked())) and not warned(film.stream(asked("plan", fast=True)))


def test_one_of_another_transformer_is_refused(toy_folder, whole, tmp_path):
    stranger = Light(LightConfig(transformer=whole.config, rank=2, of="0" * 16))
    film = with_light(toy_folder, tmp_path / "model", stranger)
    assert film.make(asked()).frames.shape == (2, 72, 128, 3)
    with pytest.raises(CheckpointError, match="made for another transformer"):
        film.make(asked(fast=True))


def test_the_plain_preset_of_few_steps_is_not_warned(toy_folder):
    """A transformer that was itself distilled films in few steps always."""
    film = load(toy_folder)
    record = {**film.folder.record, "preset": {**film.folder.record["preset"], "sampler": "few_step"}}
    film.folder = dataclasses.replace(film.folder, record=record)
    assert not warned(film.stream(asked(fast=True)))
