"""The whole training in one command, for a machine that is lent for minutes and has only torch, numpy and safetensors.

    python -m filmloom.recipes.gpu_run --out /tmp/film --minutes 24 --start weights/

Phases follow each other, each with its share of the minutes that are left and a gate; a gate that fails extends its
phase once, then the run goes on and says so. `OUT/weights` is a usable weights folder, renewed every three minutes and
at SIGTERM; `OUT/status.json` and `OUT/log.txt` tell the story; `OUT/work` holds the runs and is not kept. A later run
takes these weights as `--start` and passes through a whole schedule again.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch

from filmloom.core.errors import FilmloomError, RequestError
from filmloom.core.random import seed_from
from filmloom.data.film_set import FilmSet, Shard, draw_shard, read_shard, to_signed
from filmloom.data.latents import LatentSet, encoded, joined
from filmloom.evaluate.recogniser import Recogniser
from filmloom.models.video_vae import VideoVAE
from filmloom.recipes.assemble import gathered, written
from filmloom.recipes.autoencoder import autoencoder
from filmloom.recipes.distill import distill
from filmloom.recipes.film_set import number, spec
from filmloom.recipes.interpolator import interpolator
from filmloom.recipes.joint import joint
from filmloom.recipes.onsets import onsets
from filmloom.recipes.planner import planner
from filmloom.recipes.recogniser import as_seen, recogniser, renders
from filmloom.recipes.recogniser import scores as accuracies
from filmloom.recipes.run import MAKERS, Run, frozen, has_part
from filmloom.recipes.transformer import transformer
from filmloom.recipes.upsampler import upsampler
from filmloom.training.trainer import Result, run_record, write_json

RESERVE = 0.05  # of the minutes, kept for the last scores and writes
EXTENSION = 0.5  # of a phase's minutes, when its gate fails
MAX_LATENTS = {"toy": 12, "cpu": 8192, "gpu": 48_000}


@dataclass(frozen=True)
class Gates:
    """What a phase must reach. Accuracies are means over the recogniser's fields."""

    planner: float = 0.97
    recogniser: float = 0.90
    autoencoder: float = 0.95  # of the recogniser's accuracy on renders
    transformer: float = 0.75  # likewise
    distill: float = 0.95  # of the transformer's accuracy


@dataclass(frozen=True)
class Job:
    """One command's wishes. `workers`: processes that draw; 1 draws here. `longest`: minutes of a phase at most."""

    out: Path
    minutes: float = 24.0
    size: str = "gpu"
    start: Path | None = None
    device: str = "cpu"
    seed: int = 0
    threads: int | None = None
    compile: bool = False
    save_minutes: float = 3.0
    workers: int = 1
    longest: float | None = None
    gates: Gates = field(default_factory=Gates)


@dataclass(frozen=True)
class Verdict:
    """A gate's answer: what was measured, what was wanted."""

    value: float
    wanted: float

    @property
    def passed(self) -> bool:
        return self.value >= self.wanted


@dataclass(frozen=True)
class Phase:
    """`share` of the time that is left, relative to the phases still to come. `needed` is asked when its turn comes."""

    name: str
    share: float
    work: Callable[[Conductor, float], Result | None]
    gate: Callable[[Conductor, Result], Verdict] | None = None
    needed: Callable[[Conductor], bool] = lambda conductor: True


class Conductor:
    """Walks the phases, keeps the time, writes weights and status."""

    def __init__(self, job: Job, report: Callable[[str], None]):
        self.job, self.report = job, report
        self.began = time.monotonic()
        self.films: dict[str, FilmSet] = {}
        self.latents: dict[str, LatentSet] = {}
        self.phases: dict[str, dict] = {}
        self.now = "start"
        self.stopped = False
        self.work = job.out / "work"
        self.wrote = -1e9

    # The clock.
    @property
    def elapsed(self) -> float:
        """Minutes since the start."""
        return (time.monotonic() - self.began) / 60

    @property
    def left(self) -> float:
        """Minutes that phases may still use."""
        return max(0.0, (1 - RESERVE) * self.job.minutes - self.elapsed)

    def is_over(self) -> bool:
        return self.stopped or self.left <= 0

    def stop(self, *_: object) -> None:
        self.stopped = True

    # The walk.
    def conduct(self, phases: tuple[Phase, ...]) -> bool:
        """All phases in turn; → whether each of them came to its end."""
        coming = list(phases)
        while coming and not self.is_over():
            phase = coming[0]
            if phase.needed(self):
                minutes = self.left * phase.share / sum(p.share for p in coming if p is phase or p.needed(self))
                self.perform(phase, min(minutes, self.job.longest or minutes))
            else:
                self.phases[phase.name] = {"skipped": "the start folder has it"}
            coming.pop(0)
        for phase in coming:
            self.phases[phase.name] = {"skipped": "stopped" if self.stopped else "no time left"}
        self.now = "done"
        self.write_weights(force=True)
        fine = not any("error" in facts for facts in self.phases.values())
        self.tell(f"done after {self.elapsed:.1f} minutes" + ("" if fine else ", with errors"))
        return fine

    def perform(self, phase: Phase, minutes: float) -> None:
        """One phase, its gate, and at most one extension. A phase that breaks is reported and does not end the run."""
        self.now, facts, began = phase.name, {"granted": round(minutes, 2)}, self.elapsed
        self.phases[phase.name] = facts
        self.tell(f"{phase.name}: {minutes:.1f} minutes")
        try:
            self.attempt(phase, minutes, facts)
        except Exception as error:  # minutes of a lent machine are worth more than a clean stop
            facts["error"] = f"{type(error).__name__}: {error}"
            self.tell(f"{phase.name} broke: {traceback.format_exc()}")
        release()
        facts["minutes"] = round(self.elapsed - began, 2)
        self.write_weights(force=True)

    def attempt(self, phase: Phase, minutes: float, facts: dict) -> None:
        result = phase.work(self, minutes)
        if result is not None:
            facts |= {"step": result.step, "losses": result.losses, "scores": result.scores}
        if phase.gate is None or self.stopped:
            return
        verdict = phase.gate(self, result)
        if not verdict.passed and not self.is_over():
            longer = min(EXTENSION * minutes, 0.25 * self.left)
            self.tell(f"{phase.name}: gate {verdict.value:.3f} below {verdict.wanted}; {longer:.1f} minutes more")
            facts["extended"] = round(longer, 2)
            result = phase.work(self, minutes + longer)
            facts |= {"step": result.step, "losses": result.losses, "scores": result.scores}
            verdict = phase.gate(self, result)
        facts["gate"] = {**dataclasses.asdict(verdict), "passed": verdict.passed}
        answer = "passed" if verdict.passed else "failed, the run goes on"
        self.tell(f"{phase.name}: gate {answer} ({verdict.value:.3f}, wanted {verdict.wanted})")

    # What recipes are given.
    def run(self, name: str, minutes: float) -> Run:
        job = self.job
        return Run(
            self.work / name, job.size, minutes=minutes, device=job.device, threads=job.threads, start=job.start,
            seed=seed_from(job.seed, name) % 2**31, compile=job.compile, save_minutes=job.save_minutes,
            sheet_minutes=1e9, report=self.tell, stop=self.is_over_or_stopped, on_save=self.write_weights,
            films=self.films, latents=self.latents,
        )  # fmt: skip

    def is_over_or_stopped(self) -> bool:
        """A recipe ends by its own minutes; this ends it when the whole run must end."""
        return self.stopped or self.elapsed > (1 - 0.5 * RESERVE) * self.job.minutes

    # What is kept.
    def write_weights(self, *, force: bool = False) -> None:
        """Renew `OUT/weights`, at most every `save_minutes` unless forced, and the status."""
        self.write_status()
        if not force and (time.monotonic() - self.wrote) / 60 < 0.9 * self.job.save_minutes:
            return
        self.wrote = time.monotonic()
        run = dataclasses.replace(self.run("weights", 0.0), folder=self.job.out / "weights", beside=self.work)
        parts, makers = gathered(run)
        if parts or run.start is not None:
            written(run, parts, makers)

    def write_status(self) -> None:
        facts = {
            "phase": self.now, "elapsed_minutes": round(self.elapsed, 2), "minutes": self.job.minutes,
            "size": self.job.size, "device": self.job.device, "stopped": self.stopped, "phases": self.phases,
        }  # fmt: skip
        write_json(self.job.out / "status.json", facts)

    def tell(self, line: str) -> None:
        line = f"[{self.elapsed:6.2f}] {line}"
        with (self.job.out / "log.txt").open("a") as file:
            file.write(line + "\n")
        self.report(line)


def release() -> None:
    """Give unused device memory back, since the processes that draw next need some."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


# Phases.
def draw_films(conductor: Conductor, minutes: float) -> None:
    """Test clips, then clips to learn from, into the device's memory until the number or the minutes are reached."""
    end = conductor.elapsed + minutes
    run = conductor.run("film_set", minutes)
    for kind in ("test", "clips"):
        conductor.films[kind] = drawn(conductor, run, kind, end)


def drawn(conductor: Conductor, run: Run, kind: str, end: float) -> FilmSet:
    """Shards of a kind, at least one, until there are enough of them or time is up."""
    films = FilmSet.of(list(shards(conductor, run, kind, number(run, kind), end)))
    conductor.tell(f"film set: {len(films)} of {number(run, kind)} {kind}")
    return films


def shards(conductor: Conductor, run: Run, kind: str, wanted: int, end: float) -> Iterator[Shard]:
    """Shards of a kind, at least one, on the device, until `wanted` clips or minute `end`."""
    what, num = spec(run, kind), 0
    if conductor.job.workers > 1:
        for shard in delivered(conductor, run, kind, wanted, end):
            num += len(shard)
            yield shard
    for index in range(-(-(wanted - num) // what.clips_per_shard)):
        if num and (conductor.elapsed >= end or conductor.stopped):
            return
        shard = draw_shard(what, num // what.clips_per_shard + index, conductor.job.device)
        num += len(shard)
        yield shard


def delivered(conductor: Conductor, run: Run, kind: str, wanted: int, end: float) -> Iterator[Shard]:
    """What several processes draw, as it comes. One process alone spends its time in Python and leaves a GPU idle."""
    folder, num, job = run.folder / kind, 0, conductor.job
    command = [
        sys.executable, "-m", "filmloom.recipes", "film_set", "--size", job.size, "--run", str(run.folder),
        "--kinds", kind, "--seed", str(run.seed), "--clips", str(wanted), "--device", job.device, "--threads", "1",
        "--minutes", str(max(0.01, end - conductor.elapsed)),
    ]  # fmt: skip
    workers = [
        subprocess.Popen([*command, "--worker", f"{i}/{job.workers}"], stdout=subprocess.DEVNULL)
        for i in range(job.workers)
    ]
    try:
        while num < wanted:
            alive = any(worker.poll() is None for worker in workers)
            ready = [path for path in sorted(folder.glob("shard_*.safetensors")) if path.stat().st_size]
            for path in ready:
                shard = read_shard(path, job.device)
                # An empty file in its place keeps its worker from drawing it again; emptying this one would pull the
                # ground from under tensors that are mapped from it.
                (folder / "taken").write_bytes(b"")
                (folder / "taken").replace(path)
                num += len(shard)
                yield shard
            if not ready and (not alive or conductor.stopped or conductor.elapsed >= end):
                return
            time.sleep(0 if ready else 0.05)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()


def encode_films(conductor: Conductor, minutes: float) -> None:
    """Latents of the clips there are and of fresh ones, drawn and encoded without being kept."""
    end = conductor.elapsed + minutes
    run = conductor.run("latents", minutes)
    codec = frozen(run, "video_vae", VideoVAE(run.mini.video_vae))
    films = conductor.films.pop("clips")
    pieces, total = [], 0
    with torch.no_grad():
        for first in range(0, len(films), 64):
            rows = films.rows[first : first + 64]
            taken = {name: films.take(name, range(first, first + len(rows))) for name in ("video", "sketch", "mask")}
            pieces.append((encoded(Shard(taken, rows), codec.encode), rows))
            total += len(rows)
        del films, taken  # tens of gigabytes at gpu size
        missing = MAX_LATENTS[run.size] - total
        for shard in shards(conductor, run, "clips", missing, end) if missing > 0 else ():
            pieces.append((encoded(shard, codec.encode), shard.rows))
            total += len(shard)
    conductor.latents["clips"] = joined(pieces)
    conductor.tell(f"latents: {total} clips")


def trained(name: str, recipe: Callable[[Run], Result], *kinds: str) -> Callable[[Conductor, float], Result]:
    """A phase that draws what its recipe needs, in at most a third of its time, and trains with the rest."""

    def work(conductor: Conductor, minutes: float) -> Result:
        began = conductor.elapsed
        run = conductor.run(name, minutes)
        for kind in kinds:
            if kind not in conductor.films:
                conductor.films[kind] = drawn(conductor, run, kind, began + minutes / 3)
        spent = conductor.elapsed - began
        return recipe(dataclasses.replace(run, minutes=max(0.01, minutes - spent)))

    return work


def lacks(part: str) -> Callable[[Conductor], bool]:
    """Whether the start folder has no such part of this size."""
    return lambda conductor: not has_part(conductor.run("ask", 0.0), part)


def planner_gate(conductor: Conductor, result: Result) -> Verdict:
    """Stated fields right on unseen wordings and combinations, in the worse language."""
    values = [v for name, v in result.scores.items() if name.endswith((", en", ", zh")) and "both" not in name]
    return Verdict(min(values), conductor.job.gates.planner)


def recogniser_gate(conductor: Conductor, result: Result) -> Verdict:
    return Verdict(result.scores["mean"], conductor.job.gates.recogniser)


def ceiling(conductor: Conductor) -> float:
    """The recogniser's accuracy on fresh renders."""
    run, films = conductor.run("ask", 0.0), conductor.films["test"]
    judge = frozen(run, "recogniser", Recogniser(run.mini.recogniser))
    return max(1e-6, accuracies(judge, renders(films, run.mini), films.rows, run.device)["mean"])


def autoencoder_gate(conductor: Conductor, result: Result) -> Verdict:
    """What the recogniser still names after the codec, against renders."""
    run, films = conductor.run("ask", 0.0), conductor.films["test"]
    judge = frozen(run, "recogniser", Recogniser(run.mini.recogniser))
    codec = frozen(run, "video_vae", VideoVAE(run.mini.video_vae))

    def through(numbers: range) -> torch.Tensor:
        video = to_signed(films.take("video", numbers)).to(run.device)
        with torch.no_grad():
            return as_seen(codec.decode(codec.encode(video)).clamp(-1, 1), run.mini)

    found = accuracies(judge, through, films.rows, run.device)["mean"]
    return Verdict(found / ceiling(conductor), conductor.job.gates.autoencoder)


def transformer_gate(conductor: Conductor, result: Result) -> Verdict:
    """What the recogniser names in films from text alone, against renders."""
    return Verdict(result.scores.get("text: mean", 0.0) / ceiling(conductor), conductor.job.gates.transformer)


def distill_gate(conductor: Conductor, result: Result) -> Verdict:
    """Four calls without guidance, against the many guided ones before."""
    before = run_record(conductor.work / "transformer").get("scores", {}).get("text: mean", 0.0)
    return Verdict(result.scores.get("text: mean", 0.0) / max(before, 1e-6), conductor.job.gates.distill)


# What a film cannot be made without comes before what takes longest.
PHASES = (
    Phase("film_set", 3.0, draw_films),
    Phase("planner", 2.0, trained("planner", planner), planner_gate, lacks("planner")),
    Phase("recogniser", 2.0, trained("recogniser", recogniser), recogniser_gate, lacks("recogniser")),
    Phase("onsets", 1.0, trained("onsets", onsets), None, lacks("onsets")),
    Phase("autoencoder", 3.5, trained("autoencoder", autoencoder), autoencoder_gate),
    Phase("interpolator", 1.0, trained("interpolator", interpolator, "pairs"), None, lacks("interpolator")),
    Phase("upsampler", 1.0, trained("upsampler", upsampler, "stills"), None, lacks("upsampler")),
    Phase("latents", 3.0, encode_films),
    Phase("transformer", 7.0, trained("transformer", transformer), transformer_gate),
    Phase("distill", 2.0, trained("distill", distill), distill_gate),
    Phase("joint", 1.5, trained("joint", joint, "joint")),
)


def gpu_run(job: Job, *, phases: tuple[Phase, ...] = PHASES, report: Callable[[str], None] = lambda line: None) -> bool:
    """Everything; → whether no phase broke. Weights, status and log are in `job.out` whatever happens."""
    if (job.out / "work").exists():
        raise RequestError("out", str(job.out), "it must not hold an earlier run", f"{job.out}-2")
    (job.out / "work").mkdir(parents=True)
    if job.threads:
        torch.set_num_threads(job.threads)
    conductor = Conductor(job, report)
    with heeding(conductor.stop):
        conductor.write_weights(force=True)
        return conductor.conduct(phases)


@contextmanager
def heeding(stop: Callable[..., None]) -> Iterator[None]:
    """SIGTERM and SIGINT ask for an early, orderly end."""
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: list[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    device = chosen.device or ("cuda" if torch.cuda.is_available() else "cpu")
    workers = chosen.workers or (max(1, min(8, (os.cpu_count() or 1) - 2)) if device == "cuda" else 1)
    job = Job(**{**vars(chosen), "device": device, "workers": workers})
    try:
        return 0 if gpu_run(job, report=lambda line: print(line, flush=True)) else 1
    except FilmloomError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m filmloom.recipes.gpu_run", description="Train all of mini in one run."
    )
    made.add_argument("--out", type=Path, required=True, help="folder of weights/, status.json, log.txt and work/")
    made.add_argument("--minutes", type=float, default=24.0, help="wall time of everything")
    made.add_argument("--size", default="gpu", help="gpu, or toy for a rehearsal")
    made.add_argument("--start", type=Path, help="weights folder to go on from")
    made.add_argument("--device", help="default: cuda where there is one")
    made.add_argument("--seed", type=int, default=0, help="another one for each later run")
    made.add_argument("--threads", type=int)
    made.add_argument(
        "--workers", type=int, help="processes that draw; default: up to 8 with a GPU, else this one alone"
    )
    made.add_argument("--compile", action="store_true", help="torch.compile each part: a minute or two per phase")
    return made


assert {maker for makers in MAKERS.values() for maker in makers} <= {phase.name for phase in PHASES}

if __name__ == "__main__":
    sys.exit(main())
