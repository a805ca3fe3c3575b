"""The light model's recipe: walks are what they say, a perfect student loses nothing, and the way to ship it."""

from __future__ import annotations

import copy
import dataclasses
from types import SimpleNamespace

import pytest
import torch

from filmloom.checkpoints.folder import open_folder
from filmloom.diffusion.samplers import unipc
from filmloom.diffusion.schedules import flow_sigmas
from filmloom.models.dit import DiT
from filmloom.models.light import Light, changed, mark
from filmloom.models.text_encoder import Text
from filmloom.recipes import light as recipe
from filmloom.recipes.assemble import assemble
from filmloom.recipes.light import STEPS, Walks, guided_walk, loss, trainable
from filmloom.recipes.registry import RECIPES
from filmloom.recipes.run import Run
from filmloom.recipes.sizes import Mini
from filmloom.recipes.transformer import GUIDANCE, from_text
from filmloom.training.trainer import Moment, run_record, trained_weights

MINI = Mini("toy")
SHAPE = (2, MINI.codec.channels, MINI.latent.frames, MINI.latent.height, MINI.latent.width)


def text_of(num: int) -> Text:
    return Text(torch.randn(num, 4, MINI.text_encoder.width), torch.randn(num, MINI.text_encoder.width))


@pytest.fixture(scope="module")
def teacher() -> DiT:
    torch.manual_seed(0)
    model = DiT(MINI.transformer).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter += 0.05 * torch.randn_like(parameter)  # a new one hears neither text nor time
    return model


def straight(clean: torch.Tensor, noise: torch.Tensor, given: torch.Tensor) -> Walks:
    """Walks along a straight line, that every number of steps can follow exactly."""
    shares = torch.linspace(1, 0, STEPS + 1).view(1, -1, 1, 1, 1, 1)
    start = torch.where(given.view(-1, 1, 1, 1, 1) & (torch.arange(clean.shape[2]) == 0)[:, None, None], clean, noise)
    states = clean[:, None] + shares * (start - clean)[:, None]
    text = text_of(len(clean))
    return Walks(states, torch.ones_like(clean[:, :1]), given, text.tokens, text.pooled)


def test_a_walk_is_the_guided_samplers(teacher):
    x, text, null = torch.randn(SHAPE), text_of(2), text_of(1)
    states, moved = guided_walk(teacher, x, text, null, torch.tensor([False, False]))
    library = SimpleNamespace(null=null)
    end = unipc(from_text(teacher, library, text, guidance=GUIDANCE), x, flow_sigmas(STEPS))
    assert torch.equal(states[:, 0], x) and states.shape == (2, STEPS + 1, *SHAPE[1:])
    assert (states[:, -1] - end).square().mean() < 1e-3 * end.square().mean()  # half precision on the way
    assert torch.allclose(moved.mean(dim=(1, 2, 3, 4)), torch.ones(2), atol=1e-4)


def test_a_frame_that_is_given_stays_and_the_others_move(teacher):
    x = torch.randn(SHAPE)
    states, _ = guided_walk(teacher, x, text_of(2), text_of(1), torch.tensor([True, False]))
    assert torch.allclose(states[0, :, :, 0], x[0, :, 0].expand_as(states[0, :, :, 0]), atol=1e-5)
    assert not torch.allclose(states[1, -1, :, 0], x[1, :, 0], atol=1e-2)


def test_between_two_states_lies_the_cubic_through_four():
    time = torch.arange(STEPS + 1.0)
    states = (0.01 * time**3 - 0.2 * time**2 + time).view(1, -1, 1, 1, 1, 1)
    walks = Walks(states, *(torch.zeros(1) for _ in range(4)))
    for place in (0, 3, 16, 0.4, 2 + 2 / 3, 15.9):
        found = walks.at(place).item()
        assert found == pytest.approx(0.01 * place**3 - 0.2 * place**2 + place, abs=1e-4)


@pytest.mark.parametrize("step", range(4))
def test_who_walks_a_straight_line_misses_nothing(step):
    clean, noise, given = torch.randn(SHAPE), torch.randn(SHAPE), torch.tensor([True, False])
    walks = straight(clean, noise, given)

    def perfect(x, sigma, tokens, *, pooled, step):
        return SimpleNamespace(velocity=noise - clean)

    def lazy(x, sigma, tokens, *, pooled, step):
        return SimpleNamespace(velocity=torch.zeros_like(x))

    moment = Moment(step, 1.0, 0)
    assert loss(perfect, walks, moment)["loss"].item() == pytest.approx(0, abs=1e-5)
    assert loss(lazy, walks, moment)["loss"].item() > 1


def test_only_what_ships_is_learnt(teacher):
    student = trainable(copy.deepcopy(teacher))
    learnt = {name for name, parameter in student.named_parameters() if parameter.requires_grad}
    assert learnt == {name for name, _ in changed(teacher)}


def test_it_runs_is_assembled_and_outlives_a_new_planner(diffused, tmp_path):
    """Walks → student → a part of the weights folder → kept with that transformer, left out with another."""
    told = []
    for name in ("film_set", "planner", "autoencoder", "interpolator", "upsampler", "recogniser", "transformer"):
        (tmp_path / name).symlink_to(diffused / name)
    (tmp_path / "latents").mkdir()
    share = {"clips": 4, "steps": 2, "report": told.append}
    RECIPES["light"]("toy", tmp_path / "light", num_workers=2, worker=1, **share)
    assert not (tmp_path / "light" / "run.json").exists()  # a worker makes walks only
    assert RECIPES["light"]("toy", tmp_path / "light-1", seed=1, **share).finished
    assert RECIPES["light"]("toy", tmp_path / "light", **share).finished
    made = run_record(tmp_path / "light")
    assert made["walks"] == 4 and made["recipe"] == "light" and made["command"].startswith("filmloom train light")

    assemble(Run(tmp_path / "weights", "toy"))
    folder = open_folder(tmp_path / "weights")
    config = folder.build_config("light", recipe.LightConfig)
    whole = folder.load("transformer", DiT(MINI.transformer))
    assert config.of == mark(whole) and folder.record["training"]["light"]["walks"] == 4
    light = folder.load("light", Light(config))
    first, name = light.state_dict(), "blocks.0.self_attn.q.bias"
    runs = [trained_weights(tmp_path / one, "light")[name] for one in ("light", "light-1")]
    found = light.difference(name) + whole.get_parameter(name)
    assert torch.allclose(found, (runs[0] + runs[1]) / 2, atol=1e-3) and not torch.equal(*runs)  # the mean of both

    begun = recipe.begun_student(Run(tmp_path / "later", "toy", start=folder.path), whole)
    assert torch.allclose(begun.get_parameter(name), found) and not torch.equal(found, whole.get_parameter(name))

    alone = tmp_path / "alone"
    assemble(Run(alone / "weights", "toy", start=folder.path, beside=alone))
    kept = open_folder(alone / "weights")
    assert all(torch.equal(first[n], v) for n, v in kept.load("light", Light(config)).state_dict().items())

    other = dataclasses.replace(Run(alone / "weights", "toy", start=folder.path), report=told.append)
    (alone / "transformer").mkdir()
    RECIPES["transformer"]("toy", alone / "transformer", steps=1, beside=diffused, start=folder.path)
    assemble(other)
    assert "light" not in open_folder(alone / "weights").parts and not (alone / "weights/light.safetensors").exists()
    assert any("made for another transformer" in line for line in told)
