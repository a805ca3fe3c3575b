"""Every stage at toy size: it runs, resumes, records, finds what came before it, and ends as a weights folder."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from filmloom.checkpoints.folder import open_folder
from filmloom.core.errors import CheckpointError, RequestError
from filmloom.core.png import decode_png
from filmloom.data.film_set import FilmSet
from filmloom.models.dit import DiT
from filmloom.models.planner import STATED
from filmloom.models.text_encoder import Text, TextEncoder
from filmloom.models.video_vae import VideoVAE
from filmloom.recipes import planner as planning
from filmloom.recipes.assemble import CLASSES, MAX_FILE, assemble, dtypes, preset
from filmloom.recipes.autoencoder import draw_batch as stretches
from filmloom.recipes.distill import LEVELS, follow, guided_velocity, velocity
from filmloom.recipes.interpolator import draw_batch as pair_batch
from filmloom.recipes.interpolator import mirrored, reversed_
from filmloom.recipes.registry import RECIPES, recipe
from filmloom.recipes.run import Run, frozen, has_part, load_part
from filmloom.recipes.sizes import SIZES, Mini
from filmloom.recipes.transformer import degraded, draw_batch, encoded_texts, loss, sampled, stocked
from filmloom.training.trainer import Moment, run_record


def at(runs, name, **options) -> Run:
    return Run(runs / name, "toy", steps=1, **options)


@pytest.mark.parametrize("name", ["planner", "recogniser", "autoencoder", "interpolator", "upsampler", "onsets"])
def test_a_stage_leaves_its_books(runs, name):
    record = run_record(runs / name)
    assert record["finished"] and record["recipe"] == name and record["size"] == "toy"
    assert record["command"].startswith(f"filmloom train {name} --size toy --steps")
    assert record["scores"] and all(np.isfinite(value) for value in record["scores"].values())
    for line in (runs / name / "metrics.jsonl").read_text().splitlines():
        assert json.loads(line)
    sheets = list((runs / name / "sheets").glob("*.png"))
    assert len(sheets) == (0 if name == "planner" else 1)
    for path in sheets:
        assert decode_png(path.read_bytes()).std() > 0


def test_an_interrupted_recipe_ends_as_one_that_was_not(runs, tmp_path):
    asked = iter(range(4))
    options = {"steps": 6, "beside": runs}
    RECIPES["upsampler"]("toy", tmp_path / "whole", **options)
    stopped = RECIPES["upsampler"]("toy", tmp_path / "pieces", **options, stop=lambda: next(asked) == 3)
    assert (stopped.finished, stopped.step) == (False, 3)
    assert RECIPES["upsampler"]("toy", tmp_path / "pieces", **options).finished
    whole, pieces = (load_file(tmp_path / name / "state.safetensors") for name in ("whole", "pieces"))
    assert all(torch.equal(whole[name], pieces[name]) for name in whole)


def test_unknown_recipes_and_sizes_are_refused():
    with pytest.raises(RequestError, match="planner"):
        recipe("plannner")
    with pytest.raises(RequestError, match="toy, cpu, gpu"):
        Mini("huge")


def test_a_missing_part_says_what_to_train(tmp_path):
    with pytest.raises(CheckpointError, match="train autoencoder first"):
        load_part(at(tmp_path, "transformer"), "video_vae", nn.Identity())


def test_weights_of_another_form_are_named(runs):
    with pytest.raises(CheckpointError, match="trained in another form"):
        load_part(at(runs, "x"), "upsampler", nn.Linear(2, 2))


@pytest.mark.parametrize("size", SIZES)
def test_sizes_fit_each_other(size):
    mini = Mini(size)
    assert mini.skeleton == mini.codec.padded(mini.skeleton)
    assert mini.skeleton.height == mini.unit + 2 * mini.overscan
    assert mini.transformer.in_channels == mini.latent.channels == mini.transformer.control_channels
    assert mini.still.height == mini.small_still.height * mini.upsampler.scale
    assert mini.latent.tokens == {"toy": 60, "cpu": 200, "gpu": 720}[size]


def test_shipped_parts_fit_their_files():
    for size in ("cpu", "gpu"):
        with torch.device("meta"):
            parts = {name: cls(getattr(Mini(size), name)) for name, (cls, _) in CLASSES.items() if name != "upsampler"}
        stored = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 1.04}
        chosen = dtypes(parts)
        sizes = {n: stored[chosen[n]] * sum(v.numel() for v in p.state_dict().values()) for n, p in parts.items()}
        assert max(sizes.values()) <= MAX_FILE and sum(sizes.values()) <= 40 * 2**20


# The planner.
def test_the_planner_learns_its_captions(tmp_path):
    first = RECIPES["planner"]("toy", tmp_path / "short", steps=5, clips=40)
    later = RECIPES["planner"]("toy", tmp_path / "long", steps=400, clips=40)
    assert later.losses["facts"] < first.losses["facts"] - 0.1


def test_the_planner_is_judged_on_what_is_stated():
    class Oracle(nn.Module):
        """Says option 0 of every field, and that all is stated."""

        def __init__(self, config):
            super().__init__()
            self.config, self.weight = config, nn.Parameter(torch.zeros(1))

        def forward(self, text):
            logits = {n: -torch.arange(len(o)).float().expand(len(text), -1) for n, o in self.config.schema.items()}
            return logits | {STATED: torch.ones(len(text), len(self.config.schema))}

    mini = Mini("toy")
    parts = nn.ModuleDict({"text_encoder": TextEncoder(mini.text_encoder), "planner": Oracle(mini.planner)})
    schema = mini.planner.schema
    first = {name: options[0] for name, options in schema.items()}
    other = first | {"colour": schema["colour"][1]}
    rows = [planning.Captioned("a", "en", ("kind",), first), planning.Captioned("b", "zh", ("kind", "colour"), other)]
    found = planning.scores(parts, {"x": rows})
    assert (found["x, en"], found["x, zh"], found["x: kind"], found["x: colour"]) == (1.0, 0.5, 1.0, 0.0)


# Data.
def test_batches_depend_on_the_moment_alone(runs):
    films, pairs = FilmSet.open(runs / "film_set" / "clips"), FilmSet.open(runs / "film_set" / "pairs")
    for moment in (Moment(3, 0.1, 0), Moment(4, 0.1, 0)):
        one, two = (stretches(films, Mini("toy"), moment, 2) for _ in range(2))
        assert all(torch.equal(a, b) for a, b in zip(one, two))
        assert one[0].shape[2] in (1, 5, 9) and one[2].shape[1] == one[0].shape[2]
        a, b = (pair_batch(pairs, moment, 2, first=2) for _ in range(2))
        assert all(torch.equal(a[name], b[name]) for name in a)


def test_mirroring_and_reversing_undo_themselves(runs):
    pairs = FilmSet.open(runs / "film_set" / "pairs")
    batch = {name: pairs.take(name, [0, 1]) for name in ("a", "m", "b", "t", "flow", "known", "valid")}
    for change in (mirrored, reversed_):
        twice = change(change(batch))
        assert all(torch.allclose(twice[name], batch[name]) for name in batch)


# The transformer.
def test_texts_are_encoded_in_their_own_order(runs):
    encoder = frozen(at(runs, "x"), "text_encoder", TextEncoder(Mini("toy").text_encoder))
    prompts = ["a long sentence about a cat on the beach", "猫", "dog", "a red balloon rises", ""]
    together = encoded_texts(encoder, prompts, size=2)
    for i, prompt in enumerate(prompts):
        assert torch.allclose(together.pooled[i].float(), encoder.encode([prompt]).pooled[0], atol=2e-3)


def test_degraded_controls_are_never_moved():
    control = torch.randn(64, 8, 2, 4, 6)
    changed = degraded(control, np.random.default_rng(0))
    gain = torch.where(changed == 0, torch.nan, changed / control).flatten(1)
    highest, lowest = gain.nan_to_num(-9.0).amax(dim=1), gain.nan_to_num(9.0).amin(dim=1)
    assert torch.allclose(highest, lowest, atol=1e-4)  # every value is its own, times one number per sketch, or gone
    assert 0.2 < (changed == control).flatten(1).all(dim=1).float().mean() < 0.8


def test_pictures_come_first_and_windows_after(runs):
    library = stocked(at(runs, "transformer"), "clips")
    early, late = draw_batch(library, Moment(0, 0.0, 0)), draw_batch(library, Moment(0, 0.9, 0))
    assert early.clean.shape[2] == 1 and len(early.clean) == 4 * len(late.clean) and not early.given.any()
    assert late.clean.shape[1:] == (16, 5, 3, 4) and late.text.tokens.shape[0] == len(late.clean)


def test_an_untrained_residual_is_the_control_and_its_spread_is_measured(runs):
    library = stocked(at(runs, "transformer"), "clips")
    model = DiT(library.mini.transformer)
    text, control = library.texts[:2].to(torch.float32), library.latents.take("control", np.arange(2))
    assert torch.allclose(sampled(model, library, text, control), control, atol=1e-5)
    every = np.arange(len(library.latents))
    error = library.latents.take("latent", every) - library.latents.take("control", every)
    assert torch.allclose(library.sigma_residual, error.square().mean(dim=(0, 2, 3, 4)).sqrt().clamp(min=1e-3))


def test_given_frames_cost_nothing(runs):
    """The loss does not depend on the target of a frame that is given: its velocity is nobody's concern."""
    library = stocked(at(runs, "transformer"), "clips")
    model = DiT(library.mini.transformer)
    moment = Moment(1, 0.9, 0)
    batch = draw_batch(library, moment)
    batch = dataclasses.replace(batch, given=torch.ones_like(batch.given), present=torch.zeros_like(batch.present))
    nn.init.normal_(model.head.linear.weight)
    losses = loss(model, batch, moment, library)
    losses["flow"].backward()
    assert torch.isfinite(losses["flow"]) and losses["residual"].item() == 0
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_the_transformer_trains_and_is_judged(diffused):
    record = run_record(diffused / "transformer")
    assert record["finished"] and len(record["sigma_residual"]) == 16
    assert {"text: mean", "plan: mean", "text: kind"} <= set(record["scores"])
    assert (diffused / "latents" / "clips").is_dir()


# Distillation.
def test_velocities_leave_given_frames_where_they_are(diffused):
    model = frozen(at(diffused, "x"), "transformer", DiT(Mini("toy").transformer))
    text = Text(torch.randn(2, 4, 32), torch.randn(2, 32))
    x, sigma = torch.randn(2, 16, 5, 3, 4), torch.tensor([0.5, 1.0])
    made = velocity(model, text, torch.tensor([True, False]))(x, sigma, torch.tensor([0.25, 0.5]))
    assert made[0, :, 0].abs().max() == 0 and made[0, :, 1:].abs().max() > 0 and made[1, :, 0].abs().max() > 0


def test_guidance_is_folded_in_as_sampling_applies_it(diffused):
    library = stocked(at(diffused, "distill"), "clips")
    model = frozen(at(diffused, "x"), "transformer", DiT(Mini("toy").transformer))
    batch = draw_batch(library, Moment(0, 0.9, 0))
    batch = dataclasses.replace(batch, given=torch.zeros_like(batch.given))
    x, sigma = torch.randn_like(batch.clean), torch.full((len(batch.clean),), 0.5)
    step = torch.zeros_like(sigma)
    null = Text(library.null.tokens.expand(len(sigma), -1, -1), library.null.pooled.expand(len(sigma), -1))
    with_, without = (velocity(model, text, batch.given)(x, sigma, step) for text in (batch.text, null))
    assert torch.allclose(guided_velocity(model, batch, library)(x, sigma, step), without + 3 * (with_ - without))


def test_the_target_follows_the_student():
    target, student = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.zeros_(target.weight), nn.init.ones_(student.weight)
    follow(target, student)
    assert target.weight.item() == pytest.approx(0.02) and LEVELS[0] == 1 / 16


def test_distillation_and_joint_tuning_run_and_everything_is_assembled(diffused):
    for name, steps in (("distill", 6), ("joint", 2)):
        assert RECIPES[name]("toy", diffused / name, steps=steps).finished
        assert run_record(diffused / name)["scores"]
    assert set(run_record(diffused / "distill")["configs"]) == {"transformer"}
    result = assemble(Run(diffused / "weights", "toy"))
    folder = open_folder(diffused / "weights")
    assert result.scores["parts"] == 8 and set(folder.parts) == set(CLASSES)
    folder.verify()
    assert folder.record["preset"]["sampler"] == "few_step" and len(folder.record["preset"]["sigma_residual"]) == 16
    assert set(folder.record["training"]) >= {"planner", "recogniser", "distill", "joint"}
    assert folder.record["modes"]["draw"]["passes"] and not folder.record["modes"]["text"]["passes"]
    assert folder.record["geometry"]["latent"] == [16, 5, 3, 4]
    kept = frozen(Run(diffused / "x", "toy"), "transformer", DiT(Mini("toy").transformer)).state_dict()
    shipped = folder.load(
        "transformer", DiT(folder.build_config("transformer", CLASSES["transformer"][1]))
    ).state_dict()
    assert all(torch.allclose(kept[name], shipped[name], atol=0.01, rtol=0.01) for name in kept)


def test_a_start_folder_stands_in_for_runs_of_its_own_size_only(diffused, tmp_path):
    assemble(Run(tmp_path / "weights", "toy", beside=diffused))
    new = Run(tmp_path / "new" / "transformer", "toy", start=tmp_path / "weights")
    assert has_part(new, "transformer") and load_part(new, "video_vae", VideoVAE(Mini("toy").video_vae))
    assert not has_part(dataclasses.replace(new, size="cpu"), "transformer")
    assert has_part(dataclasses.replace(new, size="cpu"), "recogniser")  # the same judge at every size


def test_presets_follow_the_weights():
    mini = Mini("toy")
    assert preset(mini, {}) == {}
    plain = preset(mini, {"transformer": {"recipe": "transformer", "sigma_residual": [0.5]}})
    assert plain["guidance"] == 3.0 and plain["sigma_residual"] == [0.5] and plain["plan"]["guidance"] == 1.0


def test_a_run_that_goes_on_remembers_the_runs_before_it(diffused, tmp_path):
    """Weights → run → weights → run: commands and minutes of both earlier runs are kept, oldest first."""
    assemble(Run(tmp_path / "first", "toy", beside=diffused))
    commands = [open_folder(tmp_path / "first").record["training"]["recogniser"]["command"]]
    for start, name in (("first", "second"), ("second", "third")):
        there = tmp_path / f"runs of {name}"
        (there / "film_set").parent.mkdir()
        (there / "film_set").symlink_to(diffused / "film_set")
        run = Run(there / "recogniser", "toy", steps=1, start=tmp_path / start)
        RECIPES["recogniser"]("toy", run.folder, steps=1, start=run.start)
        assemble(Run(tmp_path / name, "toy", beside=there, start=tmp_path / start))
        made = open_folder(tmp_path / name).record["training"]["recogniser"]
        assert made["command"] == f"filmloom train recogniser --size toy --steps 1 --start {start}"
        assert [one["command"] for one in made["earlier"]] == commands
        assert all(one["samples"] > 0 and one["minutes"] >= 0 for one in made["earlier"])
        commands.append(made["command"])
