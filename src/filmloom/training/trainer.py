"""One loop for every stage of training: schedule, optimiser, average, samples, checkpoints, exact resumption.

A stage says what a batch is and what its loss is; this file does the rest. Everything random is drawn from the run's
seed and the step (`Moment`), never from a generator that runs on, so a run that was stopped and resumed is bit-equal to
one that was not (same machine, thread count and a budget in steps; a budget in minutes makes it follow the clock).
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from filmloom.core.errors import CheckpointError, NumericsError, RequestError
from filmloom.core.png import write_png
from filmloom.core.random import generator, seed_from
from filmloom.training.ema import Average


@dataclass(frozen=True)
class Moment:
    """Where a run stands: `step` from 0, `fraction` of its schedule in 0..1. A step's randomness comes from here."""

    step: int
    fraction: float
    seed: int

    def rng(self, purpose: str) -> np.random.Generator:
        return generator(self.seed, purpose, self.step)

    def generator(self, purpose: str, device: torch.device | str = "cpu") -> torch.Generator:
        return torch.Generator(device).manual_seed(seed_from(self.seed, purpose, self.step))


@dataclass(frozen=True)
class Stage:
    """What is trained, on what, towards what.

    `parts`: the trained modules by the name they are shipped under. `batch(moment)` must depend on the moment alone.
    `loss(parts, batch, moment)` gives scalars; the one named "loss" is minimised, the others are logged.
    `sheet(parts)` draws a uint8 `[H, W, 3]` picture of samples, `scores(parts)` measures; both see averaged weights.
    `record` is kept in `run.json`: it must hold `configs`, by part. `bf16` False keeps float32 products on a GPU.
    """

    name: str
    parts: nn.ModuleDict
    batch: Callable[[Moment], Any]
    loss: Callable[[nn.ModuleDict, Any, Moment], dict[str, Tensor]]
    sheet: Callable[[nn.ModuleDict], np.ndarray] | None = None
    scores: Callable[[nn.ModuleDict], dict[str, float]] | None = None
    batch_size: int = 1
    bf16: bool = True
    record: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Schedule:
    """Length, in `steps` or `minutes`, and step size: warm-up, constant until `decay_from`, then linear to zero."""

    steps: int | None = None
    minutes: float | None = None
    learning_rate: float = 1e-3
    warmup: int = 100
    decay_from: float = 0.5
    weight_decay: float = 0.01
    clip: float = 1.0
    ema_decay: float = 0.999
    seed: int = 0

    def __post_init__(self) -> None:
        budget = (self.steps, self.minutes)
        if (self.steps is None) == (self.minutes is None):
            raise RequestError("budget (steps, minutes)", budget, "it is either steps or minutes", "--minutes 10")
        if (self.steps if self.minutes is None else self.minutes) < 0:
            raise RequestError("budget (steps, minutes)", budget, "it cannot be negative", "--minutes 10")

    def fraction(self, step: int, seconds: float) -> float:
        """Part of the schedule that is done after `step` steps and `seconds`."""
        done = step / max(self.steps, 1) if self.minutes is None else seconds / max(60 * self.minutes, 1e-9)
        return min(1.0, done)

    def rate(self, step: int, fraction: float) -> float:
        """Learning rate of the step after `step` steps. Warm-up never takes more than a tenth of the schedule."""
        rising = min(1.0, max((step + 1) / max(1, self.warmup), fraction / 0.1))
        falling = min(1.0, (1 - fraction) / max(1e-9, 1 - self.decay_from))
        return self.learning_rate * rising * max(falling, 1e-3)


@dataclass(frozen=True)
class Habits:
    """How a run behaves on its machine; none of this changes what it learns in a given number of steps."""

    device: str = "cpu"
    threads: int | None = None
    save_minutes: float = 3.0
    sheet_minutes: float = 10.0
    log_seconds: float = 10.0
    compile: bool = False
    prefetch: int = 0
    report: Callable[[str], None] | None = None
    stop: Callable[[], bool] | None = None
    on_save: Callable[[], None] | None = None


@dataclass(frozen=True)
class Result:
    """How a run ended: `finished`, or stopped before its budget was used; `scores` are of the last measurement."""

    step: int
    seconds: float
    finished: bool
    losses: dict[str, float]
    scores: dict[str, float]


STATE, RECORD, METRICS = "state.safetensors", "run.json", "metrics.jsonl"
_CLOCK = ("step", "seconds", "fraction", "rate")


def train(stage: Stage, run_dir: Path, schedule: Schedule, habits: Habits | None = None) -> Result:
    """Train `stage` in `run_dir` until its budget is used, resuming what is there. `stage.parts` end averaged."""
    habits = habits or Habits()
    if habits.threads:
        torch.set_num_threads(habits.threads)
    loop = _Loop(stage, Path(run_dir), schedule, habits)
    with _interruptible() as interrupted:
        return loop.run(lambda: interrupted.is_set() or (habits.stop is not None and habits.stop()))


class _Loop:
    def __init__(self, stage: Stage, run_dir: Path, schedule: Schedule, habits: Habits):
        self.stage, self.run_dir, self.schedule, self.habits = stage, run_dir, schedule, habits
        self.device = torch.device(habits.device)
        self.parts = stage.parts.to(self.device).train()
        self.optimiser = _optimiser(self.parts, schedule, self.device)
        self.average = Average(self.parts, decay=schedule.ema_decay)
        self.step, self.seconds_before, self.skipped = 0, 0.0, 0
        self.scores: dict[str, float] = {}
        self.log = _Log(run_dir, stage, habits)
        run_dir.mkdir(parents=True, exist_ok=True)
        if (run_dir / STATE).exists():
            self._load()
        self.started = time.monotonic()
        if habits.compile:
            for part in self.parts.children():
                part.compile()

    @property
    def seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.started

    @property
    def fraction(self) -> float:
        return self.schedule.fraction(self.step, self.seconds)

    def run(self, should_stop: Callable[[], bool]) -> Result:
        self._write_record(finished=False)
        saved = shown = time.monotonic()
        batches = _batches(self.stage.batch, self._moment, self.habits.prefetch)
        while self.fraction < 1.0 and not should_stop():
            moment, batch = next(batches)
            self.log.add(self._learn(moment, batch), self.stage.batch_size)
            self.step += 1
            self.log.line(self, every=self.habits.log_seconds)
            if time.monotonic() - saved > 60 * self.habits.save_minutes:
                self._save()
                saved = time.monotonic()
            if time.monotonic() - shown > 60 * self.habits.sheet_minutes:
                self._show()
                shown = time.monotonic()
        batches.close()
        return self._finish()

    def _moment(self, ahead: int) -> Moment:
        step = self.step + ahead
        return Moment(step, self.schedule.fraction(step, self.seconds), self.schedule.seed)

    def _learn(self, moment: Moment, batch: Any) -> dict[str, Tensor]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate(moment.step, moment.fraction)
        torch.manual_seed(seed_from(self.schedule.seed, "module", moment.step))
        with self._precision():
            losses = self.stage.loss(self.parts, batch, moment)
        self.optimiser.zero_grad(set_to_none=True)
        losses["loss"].backward()
        norm = nn.utils.clip_grad_norm_(self.parts.parameters(), self.schedule.clip)
        fine = math.isfinite(norm)
        if fine:
            self.optimiser.step()
            self.average.update(self.parts)
        self._tolerate(fine, losses)
        return {name: value.detach() for name, value in losses.items()} | {"norm": norm.detach()}

    def _precision(self):
        """bf16 products on a GPU, unless the stage computes positions in pixels, which bf16 rounds to whole ones."""
        if self.stage.bf16 and self.device.type == "cuda":
            return torch.autocast("cuda", dtype=torch.bfloat16)
        return nullcontext()

    def _tolerate(self, fine: bool, losses: dict[str, Tensor]) -> None:
        """A single overflow is skipped; ten in a row mean that the run is lost, and say so."""
        self.skipped = 0 if fine else self.skipped + 1
        if self.skipped >= 10:
            values = {name: float(value.detach()) for name, value in losses.items()}
            raise NumericsError(f"{self.stage.name}: no finite gradients in ten steps up to step {self.step}: {values}")

    def _finish(self) -> Result:
        finished = self.fraction >= 1.0
        if finished:
            self._show()
        self.log.line(self, every=0.0)
        self._save()
        self.parts.load_state_dict(self.average.values)
        self.parts.eval()
        return Result(self.step, self.seconds, finished, self.log.last, self.scores)

    def _show(self) -> None:
        """Scores and a sheet of samples under the averaged weights."""
        with self.average.applied(self.parts) as parts, torch.no_grad():
            if self.stage.scores is not None:
                self.scores = self.stage.scores(parts)
                self.log.event({"step": self.step, "scores": self.scores})
            if self.stage.sheet is not None:
                write_png(self.run_dir / "sheets" / f"{self.step:07d}.png", self.stage.sheet(parts))
        self._write_record(finished=False)

    def _save(self) -> None:
        """One atomic file: weights, averages, both moments of Adam; step, seconds and schedule in its metadata."""
        tensors = {f"model/{name}": value for name, value in self.parts.state_dict().items()}
        tensors |= {f"ema/{name}": value for name, value in self.average.values.items()}
        for name, parameter in self.parts.named_parameters():
            for moment, value in self.optimiser.state.get(parameter, {}).items():
                tensors[f"adam/{moment}/{name}"] = value
        facts = {
            "step": self.step, "seconds": self.seconds, "updates": self.average.num_updates,
            "seed": self.schedule.seed, "stage": self.stage.name,
        }  # fmt: skip
        tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        part = self.run_dir / (STATE + ".part")
        save_file(tensors, part, {"facts": json.dumps(facts)})
        os.replace(part, self.run_dir / STATE)
        self._write_record(finished=self.fraction >= 1.0)
        if self.habits.on_save is not None:
            self.habits.on_save()

    def _load(self) -> None:
        with safe_open(self.run_dir / STATE, "pt") as file:
            facts = json.loads(file.metadata()["facts"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if facts["stage"] != self.stage.name or facts["seed"] != self.schedule.seed:
            theirs, mine = f"{facts['stage']}, seed {facts['seed']}", f"{self.stage.name}, seed {self.schedule.seed}"
            raise CheckpointError(f"{self.run_dir} holds a run of {theirs}, not of {mine}; choose another folder")
        self.parts.load_state_dict(_under("model/", tensors))
        self.average.load(_under("ema/", tensors), facts["updates"])
        self._load_moments(_under("adam/", tensors))
        self.step, self.seconds_before = facts["step"], facts["seconds"]
        self.scores = run_record(self.run_dir).get("scores", {})
        self.log.rewind(self.step)

    def _load_moments(self, tensors: dict[str, Tensor]) -> None:
        state: dict[nn.Parameter, dict[str, Tensor]] = {}
        parameters = dict(self.parts.named_parameters())
        for key, value in tensors.items():
            moment, name = key.split("/", 1)
            device = self.device if moment != "step" or self.device.type == "cuda" else "cpu"
            state.setdefault(parameters[name], {})[moment] = value.to(device)
        for parameter, values in state.items():
            self.optimiser.state[parameter] = values

    def _write_record(self, *, finished: bool) -> None:
        record = {
            "stage": self.stage.name, "finished": finished, "step": self.step, "minutes": round(self.seconds / 60, 2),
            "samples": self.step * self.stage.batch_size, "schedule": dataclasses.asdict(self.schedule),
            "losses": self.log.last, "scores": self.scores, "machine": _machine(self.device), **self.stage.record,
        }  # fmt: skip
        write_json(self.run_dir / RECORD, record)


class _Log:
    """`metrics.jsonl` and the progress line: means since the last line, summed on the device."""

    def __init__(self, run_dir: Path, stage: Stage, habits: Habits):
        self.path, self.stage, self.habits = run_dir / METRICS, stage, habits
        self.sums: dict[str, Tensor] = {}
        self.num_steps, self.num_samples, self.since = 0, 0, time.monotonic()
        self.last: dict[str, float] = {}

    def add(self, losses: dict[str, Tensor], samples: int) -> None:
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.float()
        self.num_steps, self.num_samples = self.num_steps + 1, self.num_samples + samples

    def line(self, loop: _Loop, *, every: float) -> None:
        passed = time.monotonic() - self.since
        if passed < every or not self.num_steps:
            return
        self.last = {name: round(float(value) / self.num_steps, 6) for name, value in self.sums.items()}
        rate = self.num_samples / max(passed, 1e-6)
        facts = {"step": loop.step, "seconds": round(loop.seconds, 2), "fraction": round(loop.fraction, 4)}
        self.event(facts | {"rate": round(rate, 3)} | self.last)
        if self.habits.report is not None:
            losses = "  ".join(f"{name} {value:.4g}" for name, value in self.last.items())
            where = f"{self.stage.name} {100 * loop.fraction:5.1f} %  step {loop.step}"
            self.habits.report(f"{where}  {losses}  {rate:.1f}/s")
        self.sums, self.num_steps, self.num_samples, self.since = {}, 0, 0, time.monotonic()

    def event(self, facts: dict) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(facts) + "\n")

    def rewind(self, step: int) -> None:
        """Forget lines written after the checkpoint that is resumed."""
        if self.path.exists():
            lines = [line for line in self.path.read_text().splitlines() if json.loads(line)["step"] <= step]
            self.path.write_text("".join(line + "\n" for line in lines))
            facts = [json.loads(line) for line in lines if '"rate"' in line][-1:]
            self.last = {name: value for fact in facts for name, value in fact.items() if name not in _CLOCK}


def write_json(path: Path, value: object) -> None:
    """Atomically write indented JSON."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=1, ensure_ascii=False))
    os.replace(part, path)


def trained_weights(run_dir: Path, part: str) -> dict[str, Tensor]:
    """Averaged weights of one part of the run in `run_dir`, by their own names."""
    prefix = f"ema/{part}."
    with safe_open(Path(run_dir) / STATE, "pt") as file:
        return {n.removeprefix(prefix): file.get_tensor(n) for n in file.keys() if n.startswith(prefix)}  # noqa: SIM118


def run_record(run_dir: Path) -> dict:
    """`run.json` of a run folder, or an empty dictionary where no run has saved its weights yet."""
    path = Path(run_dir) / RECORD
    return json.loads(path.read_text()) if path.exists() and (Path(run_dir) / STATE).exists() else {}


def _optimiser(parts: nn.Module, schedule: Schedule, device: torch.device) -> torch.optim.Optimizer:
    """AdamW (betas .9/.95); matrices and kernels decay, vectors (norms, biases, gains) do not."""
    matrices = [p for p in parts.parameters() if p.requires_grad and p.ndim >= 2]
    vectors = [p for p in parts.parameters() if p.requires_grad and p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": schedule.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=schedule.learning_rate, betas=(0.9, 0.95), fused=device.type == "cuda")


def _batches(
    batch: Callable[[Moment], Any], moment: Callable[[int], Moment], ahead: int
) -> Iterator[tuple[Moment, Any]]:
    """Batches in step order; with `ahead` > 0 a thread prepares that many beforehand: the same ones, by the step."""
    if ahead == 0:
        while True:
            now = moment(0)
            yield now, batch(now)
    with ThreadPoolExecutor(1) as pool:
        waiting: list[tuple[Moment, Future]] = []
        try:
            while True:
                while len(waiting) <= ahead:
                    then = moment(len(waiting))
                    waiting.append((then, pool.submit(batch, then)))
                then, future = waiting.pop(0)
                yield then, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; a handler that was there before is told too, and alone a second time."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore(*_: object) -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(number: int, frame: object) -> None:
        event.set()
        restore()
        if callable(before[number]) and before[number] is not signal.default_int_handler:
            before[number](number, frame)

    for number in before:
        signal.signal(number, handle)
    try:
        yield event
    finally:
        restore()


def _machine(device: torch.device) -> str:
    cpu = f"{platform.machine()} CPU, {torch.get_num_threads()} threads"
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else cpu
    return f"{name}, torch {torch.__version__}"


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
