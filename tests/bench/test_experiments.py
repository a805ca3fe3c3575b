"""The experiments' own arithmetic, at toy size: what is called equal is equal, and what is measured is what it says."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from filmloom.models.dit import DiT, NoiseExperts, parameter_counts
from filmloom.recipes import joint as joint_recipe
from filmloom.recipes.run import Run
from filmloom.recipes.sizes import Mini
from filmloom.training.trainer import Moment

EXPERIMENTS = Path(__file__).parents[2] / "bench" / "experiments"
TOY = Mini("toy")


@pytest.fixture(scope="module")
def load():
    """The experiments import each other by name, as scripts of one folder do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXPERIMENTS))
        yield importlib.import_module


# The harness.
def test_an_arm_runs_once_a_seed_and_is_read_afterwards(load, tmp_path):
    harness, calls = load("harness"), []

    def arm(seed: int) -> dict[str, float]:
        calls.append(seed)
        return {"x": seed * 2.0}

    first = harness.measured({"a, b": arm}, (0, 3), tmp_path)
    assert harness.measured({"a, b": arm}, (0, 3), tmp_path) == first and calls == [0, 3]
    assert [row["x"] for row in first["a, b"]] == [0.0, 6.0] and {"cpu seconds", "wall seconds"} < set(first["a, b"][0])


def test_arms_of_one_seed_run_before_the_next_seed(load, tmp_path):
    harness, order = load("harness"), []
    arms = {name: lambda seed, name=name: order.append((seed, name)) or {"x": 0.0} for name in ("a", "b")}
    harness.measured(arms, (0, 1), tmp_path)
    assert order == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]


def test_mean_spread_and_paired_differences(load):
    harness = load("harness")
    found = {"base": [{"x": 1.0}, {"x": 5.0}, {"x": 9.0}], "arm": [{"x": 1.5}, {"x": 5.5}, {"x": 9.2}]}
    assert harness.summary(found)["base"]["x"] == {"mean": 5.0, "spread": 4.0}
    apart = harness.differences(found, "base")
    assert list(apart) == ["arm"] and apart["arm"]["x"]["agree"] == 3
    assert apart["arm"]["x"]["mean"] == pytest.approx(0.4) and apart["arm"]["x"]["spread"] == pytest.approx(0.17321)
    assert harness.table(found, ["x"], digits=1).splitlines()[2] == "| base | 5.0 ± 4.0 |"


def test_the_json_says_what_ran(load, tmp_path):
    load("harness").written(tmp_path / "new" / "x.json", steps=3)
    assert {"command", "machine", "steps"} == set(json.loads((tmp_path / "new" / "x.json").read_text()))


# Experts.
def test_dense_has_as_many_products_a_token_as_routed(load):
    experts, config = load("experts"), TOY.transformer
    routed, plain = DiT(config), experts.dense(DiT(config))
    gates = sum(b.ffn.gate.weight.numel() for b in routed.blocks if hasattr(b.ffn, "experts"))
    assert parameter_counts(plain)[1] == parameter_counts(routed)[1] - gates > 0
    assert parameter_counts(plain)[0] < parameter_counts(routed)[0]


def test_loads_are_seen_and_dead_experts_counted(load):
    experts, model = load("experts"), DiT(TOY.transformer)
    x, text = torch.randn(2, TOY.codec.channels, 5, 3, 4), torch.randn(2, 4, TOY.text_encoder.width)
    with experts.loads(model) as seen:
        model(x, torch.tensor([0.2, 0.9]), text, pooled=torch.randn(2, TOY.text_encoder.width))
    assert len(seen) == 1 and seen[0].sum().item() == pytest.approx(1)
    assert not model.blocks[1].ffn._forward_hooks  # nothing is left behind
    used = experts.used([torch.tensor([0.5, 0.495, 0.005, 0.0])])
    assert used["dead"].item() == 0.5 and used["least load"].item() == 0 and used["most load"].item() == 0.5
    assert experts.used([])["dead"].item() == 0


class Perfect(torch.nn.Module):
    """Knows the clean latent, and so the velocity."""

    def __init__(self, clean: torch.Tensor, off: float = 0.0):
        super().__init__()
        self.clean, self.off = clean, off

    def forward(self, x, sigma, text, pooled=None):
        velocity = (x - self.clean) / sigma.view(-1, 1, 1, 1, 1) + self.off
        return dataclasses.make_dataclass("Out", ["velocity"])(velocity)


def test_the_held_back_error_is_that_of_the_velocity(load):
    experts = load("experts")
    clean, subject = torch.randn(8, 4, 2, 3, 3), torch.ones(8, 1, 2, 3, 3)
    latents = dataclasses.make_dataclass("Latents", ["take"])(lambda name, _: clean if name == "latent" else subject)
    texts = load("filmloom.models.text_encoder").Text(torch.zeros(8, 2, 5), torch.zeros(8, 5))
    held = dataclasses.make_dataclass("Held", ["latents", "texts", "num_captions"])(latents, texts, 1)
    for off in (0.0, 0.5):
        error, inside, sigma = experts.errors_at(Perfect(clean, off), held, "window", np.arange(8))
        assert torch.allclose(error, torch.full((8,), off**2), atol=1e-4) and torch.allclose(inside, error, atol=1e-5)
    assert sigma.tolist() == [(i + 0.5) / 8 for i in range(8)]


def test_which_content_uses_which_expert(load):
    routes, half = load("routes"), np.array([[1.0, 1.0]])
    alike = {("kind", "cat"): half, ("kind", "dog"): 3 * half}
    apart = {("kind", "cat"): np.array([[1.0, 0.0]]), ("kind", "dog"): np.array([[0.0, 1.0]])}
    assert routes.explained(alike, "kind", 0) == pytest.approx(0) and routes.explained(
        apart, "kind", 0
    ) == pytest.approx(1)
    assert routes.leaning(apart, np.array([[0.5, 0.5]]), ("kind", "cat"))[0, 0] == pytest.approx(1)
    assert routes.strongest(apart, np.array([[0.5, 0.5]]), num=1) == [
        "kind dog: expert 2 of routed layer 1, 2.00 times its share"
    ]


def test_every_token_is_counted_with_its_experts(load):
    routes, model = load("routes"), DiT(TOY.transformer)
    x, text = torch.randn(2, TOY.codec.channels, 5, 3, 4), torch.randn(2, 4, TOY.text_encoder.width)
    with routes.chosen_experts(model) as chosen:
        model(x, torch.tensor([0.2, 0.9]), text, pooled=torch.randn(2, TOY.text_encoder.width))
    assert (chosen[0].sum(dim=1) == TOY.transformer.moe.top_k).all() and len(chosen[0]) == 2 * 5 * 3 * 4


# Motion.
def test_the_window_that_holds_most_is_found(load):
    mask = np.zeros((20, 30), bool)
    mask[11:14, 20:25] = True
    y, x = load("between").corner(mask, 8)
    assert mask[y : y + 8, x : x + 8].sum() == 15


def test_decibels_of_chosen_pixels(load):
    between, error = load("between"), np.zeros((4, 4, 3), np.float32)
    error[0, 0] = 255**2 / 100
    only = np.zeros((4, 4), bool)
    only[0, 0] = True
    assert between.decibels([error], [only]) == pytest.approx(20, abs=1e-3)
    assert between.decibels([error], None) == pytest.approx(20 + 10 * math.log10(16), abs=1e-3)


def test_every_spacing_asks_for_the_same_picture_and_a_wider_one_is_harder(load):
    between = load("between")
    found = between.cases(0, 2, between.Size(64, 36))
    assert set(found) == {2, 4, 8, 16} and all(len(clips) == 2 for clips in found.values())
    truths = [clips[0].truth for clips in found.values()]
    assert all((truth == truths[0]).all() for truth in truths)  # one picture, however far its key frames
    near, far = (between.scored({k: found[k]}, between.blended)[f"x{k} psnr"] for k in (2, 16))
    assert near > far


# Decoder, interpolator and upsampler.
@pytest.fixture(scope="module")
def material(load, tmp_path_factory):
    joint, where = load("joint"), tmp_path_factory.mktemp("joint")
    chosen = dataclasses.make_dataclass("Chosen", ["keep", "size", "start", "runs", "train", "test"])
    return joint.stocked(chosen(where / "keep", "toy", None, where, 2, 2))


@pytest.mark.parametrize("end_to_end", [True, False])
def test_gradients_pass_through_all_parts_only_end_to_end(load, material, end_to_end):
    joint = load("joint")
    parts, way = joint.started(material.run).train(), joint.Way(end_to_end=end_to_end, flow=end_to_end)
    torch.nn.init.normal_(parts["upsampler"].tail.weight, std=0.1)
    batch = joint_recipe.draw_batch(material.films, material.pooled, TOY, Moment(0, 0.0, 0), 1, first=0)
    joint.loss(parts, batch, Moment(0, 0.0, 0), TOY, way)["enlarged"].backward()
    heard = any(p.grad is not None and p.grad.abs().sum() > 0 for p in parts["video_vae"].parameters())
    assert heard == end_to_end
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in parts["upsampler"].parameters())


def test_without_the_flow_its_loss_is_left_out(load, material):
    joint, moment = load("joint"), Moment(0, 0.0, 0)
    parts = joint.started(material.run)
    batch = joint_recipe.draw_batch(material.films, material.pooled, TOY, moment, 1, first=0)
    with_, without = (joint.loss(parts, batch, moment, TOY, joint.Way(flow=flow)) for flow in (True, False))
    assert (with_["loss"] - without["loss"]).item() == pytest.approx(2 * with_["steadiness"].item(), rel=1e-3)


def test_key_frames_and_pictures_between_are_woven_in_order(load):
    keys, between = torch.zeros(1, 3, 3, 2, 2), torch.ones(1, 3, 2, 2, 2)
    assert load("joint").woven(keys, between)[0, 0, :, 0, 0].tolist() == [0, 1, 0, 1, 0]


# The light model.
def test_a_walk_of_short_steps_is_told_as_one_long_one(load):
    distilled, x = load("distilled"), torch.full((2, 1, 1, 1, 1), 3.0)
    sigma, step = torch.tensor([1.0, 0.5]), torch.tensor([0.25, 0.25])
    made = distilled.walked(lambda x, sigma, step: x, x, sigma, step, 2)  # dx/dsigma = x
    assert torch.allclose(x - step.view(-1, 1, 1, 1, 1) * made, x * (1 - 0.125) ** 2)
    assert sum(distilled.LENGTHS.values()) == pytest.approx(1) and set(distilled.INNER) == set(distilled.LENGTHS)


def test_calls_are_counted_twice_under_guidance(load):
    light = load("light")
    assert light.Walk("teacher", "euler", 12, 3.0).calls == 24 and light.Walk("student", "few_step", 4, 1.0).calls == 4


def test_what_a_rank_keeps_of_a_student_comes_nearer_with_the_rank(load, tmp_path, monkeypatch):
    light, teacher = load("light"), DiT(TOY.transformer).eval().requires_grad_(False)
    student = DiT(TOY.transformer)
    for parameter in student.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    monkeypatch.setattr(light, "run_record", lambda folder: {"configs": {"transformer": {}}})
    monkeypatch.setattr(light, "trained_weights", lambda folder, part: student.state_dict())
    monkeypatch.setattr(light, "RANKS", {"light": 8, "thin": 2})
    made, name = light.students(teacher, tmp_path), "blocks.0.self_attn.q.weight"
    off = {n: (m.get_parameter(name) - student.get_parameter(name)).square().sum().item() for n, m in made.items()}
    assert off["student"] == 0 < off["light"] < off["thin"]


def test_the_errors_of_each_level_make_up_the_whole(load):
    experts, sigma, errors = load("experts"), torch.tensor([0.25, 0.75, 0.25, 0.75]), torch.tensor([1.0, 2, 3, 6])
    assert experts.by_level(errors, sigma) == {"flow at 0.25": 2.0, "flow at 0.75": 4.0}


def test_arms_are_compared_in_what_both_measured(load):
    found = {"base": [{"x": 1.0}], "arm": [{"x": 2.0, "new": 5.0}]}
    assert set(load("harness").differences(found, "base")["arm"]) == {"x"}


def test_two_noise_experts_start_as_one(load, tmp_path):
    experts = load("experts")
    save = load("filmloom.checkpoints.folder").save_model
    model = DiT(TOY.transformer)
    torch.nn.init.normal_(model.head.linear.weight)
    save(tmp_path / "start", {"transformer": model.eval()}, {"name": "x", "licence": "Apache-2.0"})
    one, two = (make(TOY.transformer, tmp_path / "start").eval() for make in (experts.one, experts.two))
    assert isinstance(two, NoiseExperts) and Run(tmp_path, "toy").mini == TOY
    x, text = torch.randn(2, TOY.codec.channels, 5, 3, 4), torch.randn(2, 4, TOY.text_encoder.width)
    given = (x, torch.tensor([0.9, 0.1]), text)
    pooled = torch.randn(2, TOY.text_encoder.width)
    assert torch.allclose(one(*given, pooled=pooled).velocity, two(*given, pooled=pooled).velocity, atol=1e-5)
