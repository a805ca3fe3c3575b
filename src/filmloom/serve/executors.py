"""Worker processes on this machine: so many per device, started again when they die.

    with LocalExecutor(2, table="sqlite:///jobs.sqlite"):
        ...

Nothing is shared with them but table and store, so that one may be killed in the middle of anything.
"""

from __future__ import annotations

import dataclasses
import logging
import multiprocessing
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from filmloom.serve.worker import Settings, with_name, work

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # before a dead worker is started again; doubled each time it dies young
YOUNG = 60.0
GRACE = 30.0  # seconds in which a worker that was asked to go may finish its step
LOOK = 0.1
log = logging.getLogger(__name__)


class Executor(Protocol):
    """Keeps workers at work until it is stopped: on this machine, or on those of a Ray cluster."""

    def __enter__(self) -> Executor: ...

    def __exit__(self, *_: object) -> None: ...

    def start(self) -> None: ...

    def stop(self, grace: float = GRACE) -> None:
        """Ask all to put their jobs down; end who has not gone after `grace` seconds."""

    @property
    def deaths(self) -> int:
        """Workers that died and were, or will be, started again."""


@dataclass
class Place:
    """Where one worker belongs, and how often it has died there."""

    settings: Settings
    started: float = 0.0
    wait: float = FIRST_WAIT
    due: float = 0.0
    deaths: int = 0

    def died(self, longest_wait: float) -> None:
        """Its next one may start at `due`; the wait is doubled each time that one dies young."""
        now = time.monotonic()
        self.deaths += 1
        self.wait = FIRST_WAIT if now - self.started > YOUNG else min(2 * self.wait, longest_wait)
        self.due = now + self.wait


@dataclass
class ProcessPlace(Place):
    """A place on this machine, and the process that works there."""

    process: multiprocessing.Process | None = None


class LocalExecutor:
    """`num` workers, spread over `devices`; `options` are those of `worker.Settings`.

    `start`: "spawn", or "forkserver", which has torch imported once and starts a worker in a moment."""

    def __init__(
        self,
        num: int = 1,
        *,
        table: str = "",
        devices: Sequence[str] = ("cpu",),
        start: str = "spawn",
        longest_wait: float = LONGEST_WAIT,
        **options: object,
    ):
        settings = Settings(table=str(table), **options)
        self.longest_wait = longest_wait
        self.places = [
            ProcessPlace(dataclasses.replace(with_name(settings, i + 1), device=devices[i % len(devices)]))
            for i in range(num)
        ]
        self._context = multiprocessing.get_context(start)  # never a plain fork: it inherits torch's threads, locked
        if start == "forkserver":
            self._context.set_forkserver_preload(["filmloom.serve.worker"])
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="executor", daemon=True)

    def __enter__(self) -> LocalExecutor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        for place in self.places:
            self._launch(place)
        self._keeper.start()

    def stop(self, grace: float = GRACE) -> None:
        """Ask all to put their jobs down; kill who has not gone after `grace` seconds."""
        self._over.set()
        self._keeper.join()
        running = [place.process for place in self.places if place.process is not None]
        for process in running:
            process.terminate()  # SIGTERM: within a step its job is back in the queue
        until = time.monotonic() + grace
        for process in running:
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        for place in self.places:
            place.process = None

    @property
    def pids(self) -> list[int]:
        """Of the workers that live."""
        return [p.process.pid for p in self.places if p.process is not None and p.process.is_alive()]

    @property
    def deaths(self) -> int:
        return sum(place.deaths for place in self.places)

    def _launch(self, place: ProcessPlace) -> None:
        place.process = self._context.Process(target=work, args=(place.settings,), daemon=True)
        place.process.start()
        place.started = time.monotonic()

    def _keep(self) -> None:
        while not self._over.wait(LOOK):
            for place in self.places:
                self._look(place)

    def _look(self, place: ProcessPlace) -> None:
        if place.process is not None and not place.process.is_alive():
            place.died(self.longest_wait)
            code = place.process.exitcode
            place.process.close()
            place.process = None
            log.warning(
                "worker died", extra={"exit_code": code, "again_in": place.wait, "device": place.settings.device}
            )
        elif place.process is None and time.monotonic() >= place.due:
            self._launch(place)
