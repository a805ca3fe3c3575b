"""The GPU run rehearsed at toy size on one core: every phase, both ends of a gate, an early end, a continuation."""

import dataclasses
import json
import os
import signal
import time

import pytest
import torch

from filmloom.checkpoints.folder import open_folder
from filmloom.core.errors import RequestError
from filmloom.recipes.assemble import CLASSES
from filmloom.recipes.gpu_run import PHASES, Gates, Job, Phase, Verdict, gpu_run, main, parser
from filmloom.training.trainer import Result

EASY = Gates(planner=0.0, recogniser=0.0, autoencoder=1e-6, transformer=0.0, distill=0.0)


def job(out, **changes) -> Job:
    """Phases of about a second; the total is a bound that nothing comes near."""
    return Job(out, **{"minutes": 30.0, "size": "toy", "longest": 0.015, "save_minutes": 0.02, "gates": EASY} | changes)


def status(out) -> dict:
    return json.loads((out / "status.json").read_text())


def usable(out):
    """The weights folder, every part of which loads."""
    files = list((out / "weights").iterdir())
    assert len(files) <= 9 and max(file.stat().st_size for file in files) <= 16 * 2**20
    folder = open_folder(out / "weights")
    folder.verify()
    for name in folder.parts:
        cls, config = CLASSES[name]
        folder.load(name, cls(folder.build_config(name, config)))
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A whole run from nothing. The codec's gate cannot be passed, the others are."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("gpu") / "first"
    assert gpu_run(job(out, gates=dataclasses.replace(EASY, autoencoder=9.0)))
    return out


@pytest.mark.rehearsal
def test_every_phase_is_passed_through_and_everything_is_shipped(finished):
    facts = status(finished)
    assert facts["phase"] == "done" and set(facts["phases"]) == {phase.name for phase in PHASES}
    assert not any("error" in phase or "skipped" in phase for phase in facts["phases"].values())
    folder = usable(finished)
    assert set(folder.parts) == set(CLASSES) and folder.record["preset"]["sampler"] == "few_step"
    log = (finished / "log.txt").read_text()
    assert all(f"{phase.name}: " in log for phase in PHASES[1:]) and "done after" in log


@pytest.mark.rehearsal
def test_a_gate_that_fails_extends_its_phase_once_and_says_so(finished):
    phases = status(finished)["phases"]
    assert phases["autoencoder"]["gate"]["passed"] is False and phases["autoencoder"]["extended"] > 0
    assert "the run goes on" in (finished / "log.txt").read_text()
    for name in ("planner", "recogniser", "transformer", "distill"):
        assert phases[name]["gate"]["passed"] is True and "extended" not in phases[name]


@pytest.mark.rehearsal
def test_a_later_run_goes_on_from_the_weights_of_an_earlier_one(finished, tmp_path):
    out = tmp_path / "second"
    assert gpu_run(job(out, start=finished / "weights", seed=1, workers=2))
    phases = status(out)["phases"]
    for name in ("planner", "recogniser", "interpolator", "upsampler"):
        assert "start folder has it" in phases[name]["skipped"]
    for name in ("autoencoder", "transformer", "distill", "joint"):
        assert phases[name]["step"] > 0 and "error" not in phases[name]
    assert set(usable(out).parts) == set(CLASSES)
    made = open_folder(out / "weights").record["training"]
    assert set(made) >= {"planner", "recogniser", "distill", "joint"}


@pytest.mark.rehearsal
def test_sigterm_ends_the_run_in_order_with_usable_weights(finished, tmp_path):
    out = tmp_path / "struck"

    def strike(conductor, minutes):
        os.kill(os.getpid(), signal.SIGTERM)
        return next(phase for phase in PHASES if phase.name == "autoencoder").work(conductor, minutes)

    phases = (PHASES[0], Phase("struck", 1.0, strike), *PHASES[6:])
    before = signal.getsignal(signal.SIGTERM)
    assert gpu_run(job(out, start=finished / "weights"), phases=phases)
    assert signal.getsignal(signal.SIGTERM) is before
    facts = status(out)
    assert facts["stopped"] and facts["phases"]["transformer"] == {"skipped": "stopped"}
    assert set(usable(out).parts) == set(CLASSES)


# Without training: the walk itself.
def steps(name, log, **results):
    def work(conductor, minutes):
        log.append((name, minutes))
        return Result(1, 0.0, True, {}, results)

    return work


def test_minutes_are_shared_among_the_phases_still_to_come(tmp_path):
    log = []
    phases = (Phase("a", 1.0, steps("a", log)), Phase("b", 3.0, steps("b", log)),
              Phase("c", 9.0, steps("c", log), None, lambda conductor: False))  # fmt: skip
    assert gpu_run(Job(tmp_path / "out", minutes=10.0, size="toy"), phases=phases)
    assert [name for name, _ in log] == ["a", "b"]
    assert log[0][1] == pytest.approx(9.5 / 4, rel=0.02) and log[1][1] == pytest.approx(9.5, rel=0.02)
    assert "skipped" in status(tmp_path / "out")["phases"]["c"]


def test_an_extended_phase_gets_half_as_much_again_and_no_third_time(tmp_path):
    log, answers = [], iter([0.1, 0.2])
    gate = lambda conductor, result: Verdict(next(answers), 0.5)  # noqa: E731
    phases = (Phase("a", 1.0, steps("a", log), gate), Phase("b", 9.0, steps("b", log)))
    assert gpu_run(Job(tmp_path / "out", minutes=10.0, size="toy"), phases=phases)
    (_, first), (_, second), (name, _) = log
    assert second == pytest.approx(1.5 * first) and name == "b"
    assert status(tmp_path / "out")["phases"]["a"]["gate"] == {"value": 0.2, "wanted": 0.5, "passed": False}


def test_a_phase_that_breaks_is_reported_and_the_run_goes_on(tmp_path):
    log = []

    def broken(conductor, minutes):
        raise ValueError("no such luck")

    phases = (Phase("a", 1.0, broken), Phase("b", 1.0, steps("b", log)))
    assert not gpu_run(Job(tmp_path / "out", minutes=1.0, size="toy"), phases=phases)
    assert log and status(tmp_path / "out")["phases"]["a"]["error"] == "ValueError: no such luck"
    assert "Traceback" in (tmp_path / "out" / "log.txt").read_text()


def test_the_run_ends_when_its_minutes_are_over(tmp_path):
    log = []
    phases = (Phase("a", 1.0, lambda conductor, minutes: time.sleep(0.7)), Phase("b", 1.0, steps("b", log)))
    gpu_run(Job(tmp_path / "out", minutes=0.01, size="toy"), phases=phases)
    assert not log and status(tmp_path / "out")["phases"]["b"] == {"skipped": "no time left"}


def test_a_folder_with_an_earlier_run_is_refused(tmp_path, capsys):
    (tmp_path / "work").mkdir()
    with pytest.raises(RequestError, match="earlier run"):
        gpu_run(Job(tmp_path))
    assert main(["--out", str(tmp_path)]) == 2 and "earlier run" in capsys.readouterr().err


def test_the_command_has_few_options():
    options = {action.dest for action in parser()._actions} - {"help"}
    assert options == {"out", "minutes", "size", "start", "device", "seed", "threads", "workers", "compile"}
