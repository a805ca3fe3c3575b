"""The worker: claims a job, makes its film, delivers it, and may die at any moment.

    claim ─▶ model kept warm ─▶ film.write(…, resume=checkpoint) ─▶ renamed to its digest ─▶ finish
                 │ each step: where the sampler stands goes to the checkpoint; cancel, pause, stop are obeyed
                 └ a second thread keeps the lease, tells the progress, shows previews

The table is the truth. A worker whose lease is lost drops what it has: the table hears nothing of it any more, and a
film that it had put into the store already is the film that the next worker makes, to the bit.

The making threads never wait for the table: they leave word in a `Task`, and find there what is wanted of them.
"""

from __future__ import annotations

import dataclasses
import errno
import io
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from filmloom.core.env import home
from filmloom.core.errors import Cancelled, CheckpointError, RefusedError, ResourceError, UserError
from filmloom.finishing.mp4 import estimated_bytes
from filmloom.generate.progress import Progress
from filmloom.generate.request import Request
from filmloom.serve.crew import TELL
from filmloom.serve.errors import LeaseLost, UnknownJob
from filmloom.serve.logs import log_lines
from filmloom.serve.messages import Claim, Failure, Job
from filmloom.serve.spans import PARENT, span, turn_on
from filmloom.serve.store import SPARE, Store
from filmloom.serve.submit import request_of
from filmloom.serve.table import JobTable, open_table
from filmloom.serve.uploads import find
from filmloom.serve.warm import Warm

LEASE = 30.0  # seconds
LOOK = 0.1  # between two looks at what is wanted of a running job
BEAT = 0.5  # between two heartbeats, which also tell the progress
SHOW = 0.5  # between two previews
POLL = 0.25  # between two looks for a job
JPEG_QUALITY = 85
LARGEST_PREVIEW = (640, 640)
# What a stage is of the whole, roughly; stages overlap, and those that a mode lacks are not counted.
DIFFUSION = {"plan": 2, "denoise": 60, "decode": 6, "interpolate": 7, "enlarge": 10, "draw": 5, "encode": 10}
DRAWING = {"plan": 5, "draw": 60, "encode": 35}
log = logging.getLogger(__name__)
Told = TypeVar("Told")


class Task:
    """A job in the making: what its threads know of its progress, and whether it is to stop. Called by every step.

    `why` it is to stop: cancel, pause, release (the worker must go) or lost (the lease)."""

    def __init__(self, claim: Claim, checkpoint: str):
        self.claim, self.checkpoint = claim, checkpoint
        self.why = ""
        self.began = self.beaten = time.monotonic()
        self.shown = 0.0
        self._done: dict[str, float] = {}
        self._lock, self._showing, self._is_over = threading.Lock(), threading.Lock(), False
        self._stage, self._progress, self._preview = "", 0.0, None

    def __call__(self, progress: Progress) -> None:
        self.check()
        with self._lock:
            self._stage = progress.stage
            self._done[progress.stage] = progress.done / max(1, progress.total)
            if progress.preview is not None:
                self._preview = progress

    def check(self) -> None:
        """Raise what stops the film, if something does."""
        if self.why:
            raise Cancelled(f"The film was stopped: {self.why}.")

    def stop(self, why: str) -> None:
        """The first reason counts, but a lost lease is above all."""
        if why and (not self.why or why == "lost"):
            self.why = why

    def told(self) -> dict[str, object]:
        """Stage, progress and seconds left, as the heartbeat tells them. Progress never falls. Stages overlap: the
        film waits for the first one that has not ended."""
        with self._lock:
            shares = DIFFUSION if "denoise" in self._done else DRAWING
            part = sum(share * self._done.get(stage, 0.0) for stage, share in shares.items()) / sum(shares.values())
            self._progress = max(self._progress, min(part, 0.999))
            spent, done = time.monotonic() - self.began, self._progress
            left = round(spent * (1 - done) / done, 1) if done > 0.02 else None
            unfinished = [stage for stage in shares if self._done.get(stage, 1.0) < 1]
            return {"stage": unfinished[0] if unfinished else self._stage, "progress": done, "seconds_left": left}

    def show(self, how: Callable[[Progress], None]) -> None:
        """The newest picture, if it was not shown yet and there is still something to show."""
        with self._showing:
            with self._lock:
                newest, self._preview = self._preview, None
            if newest is not None and not self._is_over:
                how(newest)

    def over(self) -> None:
        """Nothing is shown any more."""
        with self._showing:
            self._is_over = True


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A worker in plain values, so that another process can be told. Empty: as FILMLOOM_HOME has them."""

    table: str = ""
    store: str = ""
    name: str = ""
    device: str = "cpu"
    threads: int | None = None
    lease: float = LEASE
    budget: int | None = None
    spare: int = SPARE
    telemetry: bool = False


class Worker:
    """Makes one film at a time. `owner`: its name in the table. `models`: kept warm from film to film."""

    def __init__(
        self, table: JobTable, store: Store, *, owner: str, models: Warm, lease: float = LEASE, device: str = "cpu"
    ):
        self.table, self.store, self.owner, self.models = table, store, owner, models
        self.lease, self.device = lease, device
        self.task: Task | None = None

    def run(self, stop: threading.Event, *, until_idle: bool = False) -> int:
        """Work until `stop` is set: within a step the job at hand goes back to the queue. → jobs that were taken."""
        over, num = threading.Event(), 0
        beating = threading.Thread(target=self._beat, args=(stop, over), name="heartbeat", daemon=True)
        beating.start()
        try:
            while not stop.is_set():
                claim = self._claimed()
                if claim is not None:
                    num += 1
                    self.work(claim)
                elif until_idle:
                    break
                else:
                    stop.wait(POLL)
        finally:
            over.set()
            beating.join()
        return num

    def work(self, claim: Claim) -> None:
        """One job, whatever becomes of it."""
        job = claim.job
        facts = {"filmloom.job": job.id, "filmloom.attempt": job.attempts, "filmloom.worker": self.owner}
        with span("job", kind="CONSUMER", parent=job.extra.get(PARENT, ""), **facts):
            self._work(claim)

    def _work(self, claim: Claim) -> None:
        job = claim.job
        self.task = task = Task(claim, f"checkpoints/{job.id}")
        try:
            part = self._made(task)
            task.check()
            task.over()
            self._deliver(task, part)
        except Cancelled:
            self._put_down(task, task.why or "release")
        except (LeaseLost, UnknownJob):
            log.warning("lease lost", extra={"job": job.id})
        except Exception as error:  # whatever else a film can meet: the table decides what follows
            self._failed(task, error)
        except BaseException:  # the process must go at once
            self._put_down(task, "release")
            raise
        finally:
            self.task = None
            self.store.remove_part(claim.token, job.id)

    # --- Making

    def _made(self, task: Task) -> Path:
        """The job's film, marked and labelled as the house has it, with its sidecar, where only this lease writes."""
        job = task.claim.job
        fields = {"device": self.device, **job.request}
        request = request_of(fields, uploaded=partial(find, store=self.store))
        self.store.require_room(estimated_bytes(request.size, request.num_frames))
        part = self.store.part_path(task.claim.token, job.id)
        with self.models.model(str(request.model), request.device) as film:
            task.check()
            try:
                self._write(film, request, part, task)
            except CheckpointError:
                if not self.store.checkpoint_path(job.id).exists():
                    raise
                log.warning("checkpoint of another release dropped", extra={"job": job.id})
                self.store.remove_checkpoint(job.id)
                self._write(film, request, part, task)
        return part

    def _write(self, film, request: Request, part: Path, task: Task) -> None:
        checkpoint = self.store.checkpoint_path(task.claim.job.id)
        film.write(request, part, task, overwrite=True, resume=checkpoint)

    def _deliver(self, task: Task, part: Path) -> None:
        job = task.claim.job
        with self.store.locked():
            result, digest = self.store.keep(part)
            self._tell(task, lambda: self.table.finish(task.claim, result=result, digest=digest))
        self.store.remove_job(job.id)
        log.info("done", extra={"job": job.id, "seconds": round(time.monotonic() - task.began, 2)})

    # --- Ends without a film

    def _put_down(self, task: Task, why: str) -> None:
        task.over()
        tell = {"cancel": self.table.cancelled, "pause": self.table.paused, "release": self.table.release}.get(why)
        log.info(why, extra={"job": task.claim.job.id})
        if tell is not None:
            self._ended(task, lambda: tell(task.claim))

    def _failed(self, task: Task, error: Exception) -> None:
        task.over()
        failure = failure_of(error)
        log.warning("failed", exc_info=failure.retryable, extra={"job": task.claim.job.id, "code": failure.code})
        tell = self.table.refuse if failure.code == "refused" else self.table.fail
        self._ended(task, lambda: tell(task.claim, failure))

    def _ended(self, task: Task, tell: Callable[[], Job]) -> None:
        """Tell the table; what only served the making goes where there will be no more of it."""
        try:
            job = self._tell(task, tell)
        except (LeaseLost, UnknownJob):
            return
        if job.is_final:
            self.store.remove_job(job.id)

    def _tell(self, task: Task, tell: Callable[[], Told]) -> Told:
        """The table may be away for a while: it is told again as long as the lease is ours."""
        while True:
            try:
                return tell()
            except (LeaseLost, UnknownJob):
                raise
            except Exception:
                if task.why == "lost" or time.monotonic() - task.beaten > self.lease:
                    raise LeaseLost(f"Job {task.claim.job.id}: the table was away for longer than the lease.") from None
                log.warning("table away", exc_info=True, extra={"job": task.claim.job.id})
                time.sleep(BEAT)

    # --- Beside the making

    def _claimed(self) -> Claim | None:
        try:
            return self.table.claim(self.owner, lease=self.lease)
        except Exception:
            log.warning("table away", exc_info=True)
            time.sleep(BEAT)
            return None

    def _beat(self, stop: threading.Event, over: threading.Event) -> None:
        """One thread for all jobs, for each would open a connection of its own."""
        due = 0.0
        while not over.wait(LOOK):
            task = self.task
            if task is not None:
                if stop.is_set():
                    task.stop("release")
                self._look(task)
            if time.monotonic() >= due:
                due = time.monotonic() + TELL
                self._present()
        self._gone()

    def _present(self) -> None:
        """Tell the house that this worker lives, and what it keeps warm."""
        models = tuple(name for name, _ in self.models.names)
        try:
            self.table.crew.tell(self.owner, device=self.device, warm=self.models.counts(), models=models)
        except Exception:
            log.warning("table away", exc_info=True)

    def _gone(self) -> None:
        try:
            self.table.crew.leave(self.owner)
        except Exception:
            log.warning("table away", exc_info=True)

    def _look(self, task: Task) -> None:
        """Keep the lease, and hear what is wanted."""
        now, job = time.monotonic(), task.claim.job.id
        try:
            if now - task.beaten >= min(BEAT, self.lease / 4):
                told = task.told()
                kept = task.checkpoint if self.store.checkpoint_path(job).exists() else ""
                task.stop(self.table.heartbeat(task.claim, lease=self.lease, checkpoint=kept, **told))
                task.beaten = now
            else:
                task.stop(self.table.get(job).wants)
            if now - task.shown >= SHOW:
                task.shown = now
                task.show(partial(self._show, job))
        except (LeaseLost, UnknownJob):
            task.stop("lost")
        except Exception:  # the table's machine is away
            log.warning("table away", exc_info=True, extra={"job": job})
            if now - task.beaten > self.lease:
                task.stop("lost")

    def _show(self, job: str, newest: Progress) -> None:
        self.store.write(self.store.preview_path(job), jpeg(newest.preview))
        self.table.event(job, "preview", {"stage": newest.stage, "done": newest.done, "total": newest.total})


def failure_of(error: Exception) -> Failure:
    """What an error means to the client, and whether another attempt can help. The same memory is too small again."""
    text = str(error) or type(error).__name__
    if isinstance(error, RefusedError):
        return Failure("refused", text)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in text:
        return Failure("out_of_memory", "There is not enough memory. Ask for fewer seconds or a smaller size.")
    if isinstance(error, ResourceError):
        return Failure("disk_full" if "disk" in text or " free" in text else "out_of_memory", text)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Failure("disk_full", f"The disk is full ({error.strerror}).")
    if isinstance(error, UserError):
        return Failure("bad_request", text)
    return Failure("internal", f"{type(error).__name__}: {text}"[:500], retryable=True)


def jpeg(picture: np.ndarray) -> bytes:
    """uint8 [h, w, 3] RGB, made smaller where it is a film's own frame."""
    from PIL import Image

    written, image = io.BytesIO(), Image.fromarray(picture)
    image.thumbnail(LARGEST_PREVIEW)
    image.save(written, "JPEG", quality=JPEG_QUALITY)
    return written.getvalue()


def work(settings: Settings) -> None:
    """A worker as a process of its own: until SIGTERM or SIGINT, or until whoever started it is gone."""
    stop, parent = threading.Event(), os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_watch, args=(parent, stop), name="parent", daemon=True).start()
    make_films(settings, stop)


def make_films(settings: Settings, stop: threading.Event) -> None:
    """A worker as `settings` have it, in this thread, until `stop` is set."""
    log_lines()
    if settings.telemetry:
        turn_on()
    table = open_table(settings.table or home() / "jobs.sqlite")
    try:
        worker = Worker(
            table, Store(settings.store or home() / "store", spare=settings.spare), owner=named(settings),
            models=Warm(budget=settings.budget, threads=settings.threads), lease=settings.lease,
            device=settings.device,
        )  # fmt: skip
        worker.run(stop)
    finally:
        table.close()


def named(settings: Settings) -> str:
    """machine:process:device, unless it was given a name."""
    return settings.name or f"{os.uname().nodename}:{os.getpid()}:{settings.device}"


def with_name(settings: Settings, number: int) -> Settings:
    return dataclasses.replace(settings, name=f"{settings.name}-{number}") if settings.name else settings


def _watch(parent: int, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        if os.getppid() != parent:  # a parent that was killed hands its children on
            stop.set()
