"""The light part: what it changes, what it leaves alone, and what of a difference a rank can hold."""

from __future__ import annotations

import copy
from dataclasses import asdict

import pytest
import torch

from filmloom.checkpoints.folder import config_from_dict
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.light import Light, LightConfig, changed, key, lightened, mark
from filmloom.models.moe import MoE

CONFIG = DiTConfig(
    in_channels=4, width=32, num_layers=2, num_heads=2, mlp_width=64, text_width=16, control_channels=4,
    pooled_text=True, step_embedding=True, sinusoid_width=16, moe=MoE(hidden=16, experts=2, top_k=1),
)  # fmt: skip


def moved(model: DiT, by: float = 0.1) -> DiT:
    torch.manual_seed(1)
    other = copy.deepcopy(model)
    with torch.no_grad():
        for _, parameter in changed(other):
            parameter += by * torch.randn_like(parameter)
    return other


def test_without_values_it_changes_nothing():
    model = DiT(CONFIG)
    before = copy.deepcopy(model.state_dict())
    after = Light(LightConfig(transformer=CONFIG, rank=4)).on(model).state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_full_rank_gives_the_student_back():
    teacher = DiT(CONFIG)
    student = moved(teacher)
    again = lightened(student, teacher, rank=32).on(copy.deepcopy(teacher))
    for name, value in student.state_dict().items():
        assert torch.allclose(again.state_dict()[name], value, atol=1e-5), name


def test_a_small_rank_keeps_the_largest_singular_values():
    """Eckart and Young: what is lost of a matrix is the sum of the squares of the values left out."""
    teacher = DiT(CONFIG)
    student, name = moved(teacher), "blocks.0.self_attn.q.weight"
    light = lightened(student, teacher, rank=5)
    difference = student.get_parameter(name) - teacher.get_parameter(name)
    lost = (difference - light.difference(name)).square().sum()
    values = torch.linalg.svdvals(difference)
    assert lost.item() == pytest.approx(values[5:].square().sum().item(), rel=1e-4)
    assert light.up[key(name)].shape == (32, 5) and key("blocks.0.self_attn.q.bias") in light.whole


def test_experts_and_what_a_sketch_drives_stay():
    names = {name for name, _ in changed(DiT(CONFIG))}
    left = {name for name, _ in DiT(CONFIG).named_parameters()} - names
    assert left == {
        "blocks.1.ffn.gate.weight", "blocks.1.ffn.experts.gate_up", "blocks.1.ffn.experts.down",
        "control_embedding.weight", "residual_head.modulation", "residual_head.linear.weight",
        "residual_head.linear.bias",
    }  # fmt: skip


def test_a_mark_stands_for_weights_as_shipped():
    model = DiT(CONFIG)
    rounded = copy.deepcopy(model).to(torch.bfloat16).float()
    assert mark(model) == mark(rounded) != mark(moved(model))


def test_its_config_survives_json():
    config = LightConfig(transformer=CONFIG, rank=4, of="0123456789abcdef")
    assert config_from_dict(LightConfig, asdict(config), where="here") == config
