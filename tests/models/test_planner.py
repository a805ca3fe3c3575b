"""The planner samples what the text leaves open, keeps what it states, and learns."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from filmloom.models.planner import Planner, PlannerConfig, plan_fields, sample_option
from filmloom.models.text_encoder import Text, TextEncoder, TextEncoderConfig

SCHEMA = {
    "subject.kind": ("cat", "dog", "bird"),
    "setting": ("meadow", "beach"),
    "colour": ("red", "blue", "gold", "white"),
}


def planner(text_width=32):
    torch.manual_seed(0)
    return Planner(PlannerConfig(schema=SCHEMA, width=32, text_width=text_width))


def some_text(num, width=32):
    torch.manual_seed(1)
    return Text(torch.randn(num, 6, width), torch.randn(num, width))


def test_logits_per_field_and_for_stated():
    logits = planner()(some_text(5))
    assert {field: tuple(rows.shape) for field, rows in logits.items()} == {
        "subject.kind": (5, 3), "setting": (5, 2), "colour": (5, 4), "stated": (5, 3),
    }  # fmt: skip


def test_a_schema_from_json_builds_the_same_planner():
    listed = PlannerConfig(schema={field: list(options) for field, options in SCHEMA.items()}, width=32, text_width=32)
    assert listed == planner().config


def test_options_under_the_floor_are_never_drawn_and_the_rest_in_proportion():
    logits = torch.tensor([0.6, 0.3, 0.1]).log()  # 0.1 < 0.3 * 0.6 <= 0.3
    drawn = np.bincount(
        [sample_option(logits, chance) for chance in np.linspace(0, 1, 3000, endpoint=False)], minlength=3
    )
    assert drawn[2] == 0
    assert drawn[0] / drawn.sum() == pytest.approx(2 / 3, abs=1e-3)


@pytest.mark.parametrize("chance", [0.0, 0.5, np.nextafter(1.0, 0.0)])
def test_a_certain_field_ignores_the_seed(chance):
    assert sample_option(torch.tensor([[0.0, 9.0, 0.0]]), chance) == 1


def test_the_seed_decides_and_only_the_seed():
    logits = {field: torch.zeros(len(options)) for field, options in SCHEMA.items()}
    plans = [plan_fields(logits, np.random.default_rng(seed), schema=SCHEMA) for seed in range(40)]
    assert plans[3] == plan_fields(logits, np.random.default_rng(3), schema=SCHEMA)
    assert {plan["colour"] for plan in plans} == set(SCHEMA["colour"])


def test_one_field_becoming_certain_leaves_the_others_as_they_were():
    logits = {field: torch.zeros(1, len(options)) for field, options in SCHEMA.items()}
    free = plan_fields(logits, np.random.default_rng(5), schema=SCHEMA)
    logits["setting"] = torch.tensor([[-9.0, 9.0]])
    fixed = plan_fields(logits, np.random.default_rng(5), schema=SCHEMA)
    assert fixed["setting"] == "beach" and {**free, "setting": "beach"} == fixed


def test_learns_words_it_is_shown():
    torch.manual_seed(0)
    encoder = TextEncoder(TextEncoderConfig(
        width=32, num_layers=1, num_heads=2, mlp_width=48, num_tokens=4, num_buckets=512, num_ngram_buckets=512,
        hash_width=16,
    ))  # fmt: skip
    net = planner()
    triples = [(k, s, c) for k in range(3) for s in range(2) for c in range(4)]
    words = [[SCHEMA[field][i] for field, i in zip(SCHEMA, triple)] for triple in triples]
    prompts = [f"a {c} {k} on the {s}" for k, s, c in words]
    truth = dict(zip(SCHEMA, torch.tensor(triples).T))
    held_out = torch.arange(len(triples)) % 6 == 5
    optimiser = torch.optim.AdamW([*encoder.parameters(), *net.parameters()], lr=5e-3)
    for _ in range(60):
        logits = net(encoder.encode(prompts))
        loss = sum(F.cross_entropy(logits[field][~held_out], rows[~held_out]) for field, rows in truth.items())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    right = torch.stack([logits[field].argmax(1) == rows for field, rows in truth.items()])
    assert right[:, ~held_out].all() and right[:, held_out].float().mean() >= 0.75
