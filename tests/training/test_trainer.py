"""The loop's truths: resumed equals uninterrupted, the schedule's shape, signals, averages, records."""

import json
import os
import signal

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from filmloom.core.errors import CheckpointError, NumericsError, RequestError
from filmloom.training.ema import Average
from filmloom.training.trainer import (
    Habits,
    Moment,
    Schedule,
    Stage,
    run_record,
    train,
    trained_weights,
)  # fmt: skip


def line_stage(*, after_step=None) -> Stage:
    """Fit y = 3x with a tiny net that also uses dropout, so that module randomness is covered."""
    torch.manual_seed(5)
    net = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.1), nn.Tanh(), nn.Linear(8, 1))

    def batch(moment: Moment):
        x = torch.randn(16, 1, generator=moment.generator("x"))
        return x, 3 * x

    def loss(parts, batch, moment):
        if after_step:
            after_step(moment.step)
        x, y = batch
        error = (parts["net"](x) - y).square().mean()
        return {"loss": error, "half": error / 2}

    return Stage(
        "line", nn.ModuleDict({"net": net}), batch, loss,
        sheet=lambda parts: np.zeros((2, 2, 3), np.uint8), scores=lambda parts: {"bias": float(parts["net"][3].bias)},
        batch_size=16, record={"configs": {"net": {}}},
    )  # fmt: skip


def after(num_steps):
    """A `stop` that lets `num_steps` steps pass."""
    asked = iter(range(num_steps + 1))
    return lambda: next(asked) == num_steps


def tensors_of(run_dir):
    return load_file(run_dir / "state.safetensors")


def same(a, b) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_resumed_run_is_bit_equal_to_an_uninterrupted_one(tmp_path, prefetch):
    schedule = Schedule(steps=30, warmup=5)
    train(line_stage(), tmp_path / "whole", schedule, Habits(prefetch=prefetch))
    count = []
    stopped = train(
        line_stage(), tmp_path / "pieces", schedule, Habits(stop=lambda: len(count.append(1) or count) > 11)
    )
    assert not stopped.finished and stopped.step == 11
    result = train(line_stage(), tmp_path / "pieces", schedule, Habits(prefetch=prefetch))
    assert result.finished and result.step == 30
    assert same(tensors_of(tmp_path / "whole"), tensors_of(tmp_path / "pieces"))


def test_sigterm_saves_and_ends_the_run_and_another_run_goes_on(tmp_path):
    def strike(step):
        if step == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    result = train(line_stage(after_step=strike), tmp_path, Schedule(steps=9))
    assert (result.step, result.finished) == (5, False)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert train(line_stage(), tmp_path, Schedule(steps=9)).finished


def test_training_learns_and_keeps_its_books(tmp_path):
    said = []
    result = train(
        line_stage(),
        tmp_path,
        Schedule(steps=300, learning_rate=1e-2, ema_decay=0.9),
        Habits(log_seconds=0.01, report=said.append),
    )
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < 0.3 * losses[0]
    assert said and "line" in said[0] and "loss" in said[0]
    assert list((tmp_path / "sheets").glob("*.png")) == [tmp_path / "sheets" / "0000300.png"]
    record = run_record(tmp_path)
    assert record["finished"] and record["samples"] == 300 * 16 and record["scores"] == result.scores
    assert result.losses["half"] == pytest.approx(result.losses["loss"] / 2, rel=1e-3)


def test_the_run_ends_with_averaged_weights(tmp_path):
    stage = line_stage()
    train(stage, tmp_path, Schedule(steps=20))
    kept = trained_weights(tmp_path, "net")
    assert same(kept, stage.parts["net"].state_dict())
    own = {n.removeprefix("model/net."): v for n, v in tensors_of(tmp_path).items() if n.startswith("model/")}
    assert not same(kept, own)


def test_a_finished_run_is_left_as_it_is(tmp_path):
    train(line_stage(), tmp_path, Schedule(steps=5))
    before, record = tensors_of(tmp_path), run_record(tmp_path)
    assert train(line_stage(), tmp_path, Schedule(steps=5)).finished
    assert same(before, tensors_of(tmp_path)) and run_record(tmp_path)["losses"] == record["losses"]


def test_minutes_follow_the_clock_and_survive_a_stop(tmp_path):
    schedule = Schedule(minutes=1 / 60)
    first = train(line_stage(), tmp_path, schedule, Habits(stop=after(20)))
    second = train(line_stage(), tmp_path, schedule)
    assert not first.finished and second.finished
    assert 1.0 <= second.seconds < 3.0 and second.step > first.step


def test_the_schedule_rises_holds_and_falls():
    schedule = Schedule(steps=100, learning_rate=1.0, warmup=10, decay_from=0.5)
    rates = [schedule.rate(step, schedule.fraction(step, 0.0)) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert set(rates[10:50]) == {1.0}
    assert rates[75] == pytest.approx(0.5) and rates[99] == pytest.approx(0.02)


@pytest.mark.parametrize("budget", [{}, {"steps": 1, "minutes": 1.0}, {"steps": -1}])
def test_impossible_budgets_are_refused(budget):
    with pytest.raises(RequestError, match="budget"):
        Schedule(**budget)


def test_a_folder_of_another_run_is_refused(tmp_path):
    train(line_stage(), tmp_path, Schedule(steps=1))
    with pytest.raises(CheckpointError, match="seed 0, not of line, seed 1"):
        train(line_stage(), tmp_path, Schedule(steps=1, seed=1))


def test_lost_numbers_end_the_run(tmp_path):
    stage = line_stage()

    def loss(parts, batch, moment):
        return {"loss": stage.loss(parts, batch, moment)["loss"] * float("nan")}

    broken = Stage("line", stage.parts, stage.batch, loss)
    with pytest.raises(NumericsError, match="up to step 9"):
        train(broken, tmp_path, Schedule(steps=50))


def test_the_average_follows_its_formula_and_is_taken_off_again():
    module = nn.Linear(1, 1, bias=False)
    nn.init.constant_(module.weight, 1.0)
    average = Average(module, decay=0.5)
    nn.init.constant_(module.weight, 2.0)
    average.update(module)  # decay (1 + 1) / (10 + 1)
    expected = 2 / 11 * 1.0 + 9 / 11 * 2.0
    with average.applied(module) as averaged:
        assert averaged.weight.item() == pytest.approx(expected) and not averaged.training
    assert module.weight.item() == 2.0 and module.training
