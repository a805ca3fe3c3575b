"""What older weights know is carried over by name: the same logits for the same options, whatever stands between."""

import dataclasses

import numpy as np
import pytest
import torch

from filmloom.checkpoints.folder import save_model
from filmloom.data.film_set import Row
from filmloom.evaluate.recogniser import Recogniser
from filmloom.models.planner import STATED, Planner
from filmloom.models.text_encoder import Text
from filmloom.recipes.grown import carried, news
from filmloom.recipes.recogniser import PACED_WEIGHT, judge_of, mirrored, nearer, scores, weights
from filmloom.recipes.run import Run, begun
from filmloom.recipes.sizes import Mini
from filmloom.world.fields import DEFAULTS, agreeing, in_order, swapped

CLASSES = {"planner": Planner, "recogniser": Recogniser}


def older(part: str) -> object:
    """The toy config as it was: no second subject, every third option unknown, fields in another order."""
    config = getattr(Mini("toy"), part)
    known = {name: config.schema[name] for name in reversed(config.schema) if name not in ("kind2", "style")}
    schema = {n: tuple(o for i, o in enumerate(options) if i % 3 != 1)[::-1] for n, options in known.items()}
    return dataclasses.replace(config, schema=schema)


def answers(part: str, module) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    if part == "planner":
        return module(Text(torch.randn(2, 4, 32), torch.randn(2, 32)))
    return module.eval()(torch.randn(1, 3, 3, 24, 40)).logits


def assert_same_where_known(part: str, new, old) -> None:
    """To rounding: a smaller head multiplies in another order of blocks, so weights are compared to the bit as well."""
    mine, theirs = answers(part, new), answers(part, old)
    for field, options in old.config.schema.items():
        places = [new.config.schema[field].index(option) for option in options]
        torch.testing.assert_close(mine[field][:, places], theirs[field], rtol=1e-6, atol=1e-6)
    fields = [tuple(new.config.schema).index(field) for field in old.config.schema]
    if part == "planner":
        torch.testing.assert_close(mine[STATED][:, fields], theirs[STATED], rtol=1e-6, atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("part", CLASSES)
def test_old_options_keep_their_logits_and_new_ones_their_first_values(part):
    torch.manual_seed(0)
    old, new = CLASSES[part](older(part)), CLASSES[part](getattr(Mini("toy"), part))
    fresh = {name: value.clone() for name, value in new.state_dict().items()}
    told = carried(part, new, old)
    assert_same_where_known(part, new, old)
    heads = new.options if part == "planner" else [head[2] for head in new.heads]
    others = old.options if part == "planner" else [head[2] for head in old.heads]
    for at, (field, options) in enumerate(new.config.schema.items()):
        first = fresh[f"options.{at}.weight" if part == "planner" else f"heads.{at}.2.weight"]
        for row, option in enumerate(options):
            if option in old.config.schema.get(field, ()):
                head = others[tuple(old.config.schema).index(field)]
                assert torch.equal(heads[at].weight[row], head.weight[old.config.schema[field].index(option)])
            else:
                assert torch.equal(heads[at].weight[row], first[row])
                assert (field if field not in old.config.schema else f"{field}: {option}") in told


def test_equal_schemas_carry_everything():
    torch.manual_seed(0)
    old, new = (Planner(Mini("toy").planner) for _ in range(2))
    assert carried("planner", new, old) == ()
    assert all(torch.equal(a, b) for a, b in zip(new.state_dict().values(), old.state_dict().values()))
    assert news({"a": ("x", "y"), "b": ("z",)}, {"a": ("y",)}) == ("a: x", "b")


@torch.no_grad()
@pytest.mark.parametrize("part", CLASSES)
def test_training_goes_on_with_a_start_folder_that_knows_less_and_says_so(part, tmp_path):
    torch.manual_seed(0)
    old = CLASSES[part](older(part)).eval()
    save_model(tmp_path / "start", {part: old}, {}, dtype="float32")
    said = []
    run = Run(tmp_path / "run" / part, "toy", start=tmp_path / "start", report=said.append)
    new = begun(run, part, CLASSES[part], without=(part,))
    assert_same_where_known(part, new.eval(), old)
    assert len(said) == 1 and "style" in said[0] and "start" in said[0]


def test_a_judge_of_fewer_fields_still_judges_and_what_it_does_not_know_is_wrong(tmp_path):
    torch.manual_seed(0)
    old = Recogniser(older("recogniser")).eval()
    save_model(tmp_path / "start", {"recogniser": old}, {}, dtype="float32")
    model = judge_of(Run(tmp_path / "run" / "transformer", "toy", start=tmp_path / "start"))
    assert model.config.schema == old.config.schema and judge_of(Run(tmp_path / "other" / "x", "toy")) is None
    unknown = next(o for o in Mini("toy").recogniser.schema["kind"] if o not in model.config.schema["kind"])
    told = {name: options[0] for name, options in Mini("toy").recogniser.schema.items()} | {"kind": unknown}
    found = scores(model, lambda numbers: torch.zeros(len(numbers), 3, 1, 16, 16), [Row("", told, [])] * 3, "cpu")
    assert found["kind"] == 0 and set(model.config.schema) <= set(found) and np.isfinite(list(found.values())).all()


def test_a_window_weighs_what_it_can_show():
    whole, coarse, short = (weights(("kind", "camera", "action"), *window) for window in ((16, 1), (16, 4), (0, 1)))
    assert whole == dict.fromkeys(("kind", "camera", "action"), 1.0)
    assert coarse == {"kind": 1.0, "camera": 1.0, "action": PACED_WEIGHT}
    assert short == {"kind": 1.0, "camera": 0.0, "action": PACED_WEIGHT}


def test_a_mirrored_clip_pans_the_other_way_and_an_orbit_is_left_alone():
    fields = [{"camera": move, "kind": "cat"} for move in ("pan_left", "pan_right", "orbit", "still") * 8]
    video, mask = torch.rand(32, 3, 2, 8, 12), torch.randint(0, 2, (32, 2, 8, 12), dtype=torch.uint8)
    seen, shown, told = mirrored(video, mask, fields, np.random.default_rng(0))
    turned = [not torch.equal(before, after) for before, after in zip(video, seen)]
    assert 6 < sum(turned) < 20 and not any(turned[2::4])
    for i, turn in enumerate(turned):
        assert torch.equal(seen[i], video[i].flip(-1) if turn else video[i])
        assert torch.equal(shown[i], mask[i].flip(-1) if turn else mask[i])
        over = {"pan_left": "pan_right", "pan_right": "pan_left"} if turn else {}
        assert told[i] == fields[i] | {"camera": over.get(fields[i]["camera"], fields[i]["camera"])}


def test_a_clip_seen_from_nearer_keeps_its_size_and_its_mask_in_place():
    x = torch.linspace(-1, 1, 128).expand(2, 3, 3, 72, 128)
    mask = (x[:, 0] > 0).to(torch.uint8)
    seen, shown = nearer(x, mask, np.random.default_rng(1))
    assert seen.shape == x.shape and shown.shape == mask.shape and shown.dtype == mask.dtype
    assert seen.max() - seen.min() >= 0.75 * 2
    sure = seen[:, 0].abs() > 0.02
    assert torch.equal((seen[:, 0] > 0)[sure], (shown > 0)[sure])


# Two in one picture.
DOG = {"kind": "dog", "colour": "red", "action": "sit", "kind2": "cat", "colour2": "blue", "action2": "walk"}


@pytest.mark.parametrize("relation", ["none", "beside", "behind", "in_front", "faces"])
def test_both_tellings_of_a_picture_are_one_to_a_judge(relation):
    told = DEFAULTS | DOG | {"relation": relation}
    other = swapped(told)
    assert swapped(other) == told and other["kind"] == "cat" and in_order(other) == in_order(told)
    assert in_order(in_order(told)) == in_order(told) and in_order(told)["relation"] != "in_front"
    assert agreeing(other, told) == told and agreeing(told, told) == told


@pytest.mark.parametrize("relation", ["above", "follows"])
def test_who_is_lower_or_leads_is_the_first(relation):
    told = DEFAULTS | DOG | {"relation": relation}
    assert swapped(told) is None and in_order(told) == told


def test_one_alone_has_no_other_side():
    told = DEFAULTS | {"kind": "dog", "colour": "red", "action": "sit"}
    assert swapped(told) is None and in_order(told) == told
