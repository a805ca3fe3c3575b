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

from filmloom.serve.worker import Settings, with_name, work

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # before a dead worker is started again; doubled each time it dies young
YOUNG = 60.0
GRACE = 30.0  # seconds in which a worker that was asked to go may finish its step
LOOK = 0.1
log = logging.getLogger(__name__)


@dataclass
class Place:
    """Where one worker runs; who runs there now, and how often it has died."""

    settings: Settings
    process: multiprocessing.Process | None = None
    started: float = 0.0
    wait: float = FIRST_WAIT
    due: float = 0.0
    deaths: int = 0


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
            Place(dataclasses.replace(with_name(settings, i + 1), device=devices[i % len(devices)])) for i in range(num)
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

    def _launch(self, place: Place) -> None:
        place.process = self._context.Process(target=work, args=(place.settings,), daemon=True)
        place.process.start()
        place.started = time.monotonic()

    def _keep(self) -> None:
        while not self._over.wait(LOOK):
            for place in self.places:
                self._look(place)

    def _look(self, place: Place) -> None:
        now = time.monotonic()
        if place.process is not None and not place.process.is_alive():
            place.deaths += 1
            code = place.process.exitcode
            place.wait = FIRST_WAIT if now - place.started > YOUNG else min(2 * place.wait, self.longest_wait)
            place.process.close()
            place.process, place.due = None, now + place.wait
            log.warning(
                "worker died", extra={"exit_code": code, "again_in": place.wait, "device": place.settings.device}
            )
        elif place.process is None and now >= place.due:
            self._launch(place)
