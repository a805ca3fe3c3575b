"""Workers as actors of a Ray cluster: each on a machine that has what its device needs, started elsewhere when it dies.

    with RayExecutor(4, table="postgresql://...", store="/films/store", devices=["cuda"]):
        ...

Ray is asked for places, and for nothing else. An actor runs the loop of `worker.Worker` on the same table and store as
every other worker. When its process or its whole machine dies, its lease runs out, and whoever is free takes the job
over from its checkpoint. So all machines need one table and one store; each actor looks whether it has them, and says
so in words when it has not.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filmloom.core.env import home
from filmloom.core.errors import RequestError, UserError
from filmloom.serve.executors import GRACE, LONGEST_WAIT, LOOK, Place
from filmloom.serve.store import Store
from filmloom.serve.worker import Settings, make_films, with_name

MARK = ".mark"  # a file in the store that tells it from any other
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What an actor must find as the executor has it; else its films would be others, or go where nobody looks."""

    home: str
    mark: str
    machine: str = ""  # the only one that may work, where the table is a file

    def check(self, settings: Settings) -> None:
        here = machine()
        if self.machine and here != self.machine:
            raise _file_table(settings.table, [here])
        if str(home()) != self.home:
            rule = f"it is {self.home} where the executor runs, and {home()} on {here}; house rules and keys are there"
            raise RequestError("FILMLOOM_HOME", str(home()), rule, self.home)
        mark = Path(settings.store) / MARK
        if not mark.is_file() or mark.read_text() != self.mark:
            rule = f"on {here} that is another folder than where the executor runs, or none"
            raise RequestError("store", settings.store, rule, "a folder that all machines of the cluster share")


class Actor:
    """What Ray starts on a machine. `stop` and `where` are called beside `run`, so it needs two threads."""

    def __init__(self, settings: Settings, ground: Ground):
        self.settings, self.ground, self.over = settings, ground, threading.Event()

    def run(self) -> None:
        """Make films until `stop`; then the job at hand goes back to the queue within a step."""
        self.ground.check(self.settings)
        make_films(self.settings, self.over)

    def stop(self) -> None:
        self.over.set()

    def where(self) -> tuple[str, int]:
        """(node, process)."""
        return ray().get_runtime_context().get_node_id(), os.getpid()


@dataclass
class ActorPlace(Place):
    """A place in the cluster: the actor that works there, what it is doing, and where it is, once Ray knows."""

    actor: Any = None
    running: Any = None
    where: Any = None


class RayExecutor:
    """`num` actors, spread over `devices`: "cpu" or "cuda", which of its GPUs being Ray's choice.

    `address`: HOST:PORT of the cluster that this machine belongs to; "auto": the one that it is found to belong to.
    `resources`: of Ray's custom ones, what each actor needs beside CPUs and a GPU. `options`: of `worker.Settings`;
    `threads` is also the number of CPUs that an actor takes, one if none is given."""

    def __init__(
        self,
        num: int = 1,
        *,
        table: str | Path = "",
        store: str | Path = "",
        address: str = "auto",
        devices: Sequence[str] = ("cpu",),
        resources: Mapping[str, float] | None = None,
        longest_wait: float = LONGEST_WAIT,
        **options: Any,
    ):
        threads = options.pop("threads", None) or 1
        table, store = str(table or home() / "jobs.sqlite"), str(Path(store or home() / "store").absolute())
        settings = Settings(table=located(table), store=store, threads=threads, **options)
        self.address, self.resources, self.longest_wait = checked(address), dict(resources or {}), longest_wait
        self.places = [
            ActorPlace(dataclasses.replace(with_name(settings, i + 1), device=devices[i % len(devices)]))
            for i in range(num)
        ]
        self.needs = [needs(place.settings, self.resources) for place in self.places]
        self._over, self._is_ours = threading.Event(), False
        self._keeper = threading.Thread(target=self._keep, name="executor", daemon=True)

    def __enter__(self) -> RayExecutor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._is_ours = not ray().is_initialized()
        if self._is_ours:
            join(self.address)
        try:
            self.ground = self._ground()
            for place in self.places:
                self._launch(place)
        except BaseException:
            self._leave()
            raise
        self._keeper.start()

    def stop(self, grace: float = GRACE) -> None:
        """Ask all to put their jobs down; kill who has not gone after `grace` seconds."""
        self._over.set()
        self._keeper.join()
        seated = [place for place in self.places if place.actor is not None]
        for place in seated:
            place.actor.stop.remote()
        working = [place.running for place in seated if ray().wait([place.where], timeout=0)[0]]
        if working:  # who still waits for a place has nothing to put down
            ray().wait(working, num_returns=len(working), timeout=grace)
        for place in seated:
            self._drop(place)
        self._leave()

    @property
    def deaths(self) -> int:
        return sum(place.deaths for place in self.places)

    @property
    def seats(self) -> list[tuple[str, int]]:
        """(node, process) of the actors that have begun."""
        asked = [place.where for place in self.places if place.where is not None]
        began, _ = ray().wait(asked, num_returns=len(asked), timeout=0) if asked else ([], [])
        found = []
        for where in began:
            with suppress(ray().exceptions.RayError):  # it has died since
                found.append(ray().get(where))
        return found

    def _ground(self) -> Ground:
        """Looked at once, before an actor is started: what is wrong for all of them is told to whoever starts them."""
        settings, nodes = self.places[0].settings, [node for node in ray().nodes() if node["Alive"]]
        for needed in self.needs:
            if not any(has(node["Resources"], needed) for node in nodes):
                log.warning("no machine of the cluster has room for a worker, yet", extra={"needs": str(needed)})
        is_file = "://" not in settings.table
        others = sorted({node["NodeManagerHostname"] for node in nodes if has_room(node, self.needs)} - {machine()})
        if is_file and others:
            raise _file_table(settings.table, others)
        return Ground(home=str(home()), mark=marked(Store(settings.store)), machine=machine() if is_file else "")

    def _launch(self, place: ActorPlace) -> None:
        needed = dict(needs(place.settings, self.resources))
        made = ray().remote(Actor).options(
            num_cpus=needed.pop("CPU"), num_gpus=needed.pop("GPU", 0), resources=needed, max_concurrency=2,
            max_restarts=0, scheduling_strategy="SPREAD",
        )  # fmt: skip
        place.actor = made.remote(place.settings, self.ground)
        place.running, place.where = place.actor.run.remote(), place.actor.where.remote()
        place.started = time.monotonic()

    def _keep(self) -> None:
        while not self._over.wait(LOOK):
            for place in self.places:
                self._look(place)

    def _look(self, place: ActorPlace) -> None:
        if place.actor is None:
            if time.monotonic() >= place.due:
                self._launch(place)
        elif ray().wait([place.running], timeout=0)[0]:
            why = self._why(place)
            self._drop(place)
            place.died(self.longest_wait)
            log.warning("worker died: %s", why, extra={"again_in": place.wait, "device": place.settings.device})

    def _why(self, place: ActorPlace) -> str:
        try:
            ray().get(place.running)
        except ray().exceptions.RayTaskError as error:  # the loop itself failed; its actor lives
            return str(error.cause)
        except ray().exceptions.RayError as error:
            return type(error).__name__
        return "it went of itself"

    def _drop(self, place: ActorPlace) -> None:
        ray().kill(place.actor)
        place.actor = place.running = place.where = None

    def _leave(self) -> None:
        if self._is_ours:
            ray().shutdown()


def ray() -> Any:
    """The package, an optional one."""
    try:
        import ray
    except ImportError:
        raise UserError(
            "ray is not installed; workers on several machines need it: pip install 'filmloom[ray]'."
        ) from None
    return ray


def machine() -> str:
    """As Ray names it."""
    return socket.gethostname()


def checked(address: str) -> str:
    """ "auto" or HOST:PORT."""
    host, _, port = address.rpartition(":")
    if address == "auto" or (host and port.isdigit() and "/" not in host):
        return address
    rule = "it must be HOST:PORT of the cluster that this machine is of (`ray start --address HOST:PORT --num-cpus 0`)"
    raise RequestError("ray-address", address, rule, "auto")


def join(address: str) -> None:
    """Be a driver of the cluster. Ray takes SIGTERM for itself; whoever had it gets it back."""
    with _signals_kept():
        try:
            if address != "auto":  # Ray itself would ask for minutes
                host, _, port = address.rpartition(":")
                socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
            ray().init(address=address, log_to_driver=False, logging_level=logging.WARNING)
        except (OSError, RuntimeError, ValueError) as error:
            rule = f"no Ray cluster was found there ({str(error).splitlines()[0]})"
            raise RequestError("ray-address", address, rule, "auto, after `ray start --head`") from error


def located(table: str) -> str:
    """A file's absolute path, for an actor works in another folder; a server's address as it is."""
    path = table.removeprefix("sqlite:///")
    return table if "://" in path else str(Path(path).absolute())


def needs(settings: Settings, resources: Mapping[str, float]) -> dict[str, float]:
    """What Ray must set aside for this worker."""
    if settings.device not in ("cpu", "cuda"):
        raise RequestError("devices", settings.device, "Ray itself chooses which GPU; it must be cpu or cuda", "cuda")
    gpu = {"GPU": 1.0} if settings.device == "cuda" else {}
    return {"CPU": float(settings.threads or 1), **gpu, **resources}


def has(offered: Mapping[str, float], needed: Mapping[str, float]) -> bool:
    return all(offered.get(name, 0.0) >= num for name, num in needed.items())


def has_room(node: Mapping[str, Any], wanted: Sequence[Mapping[str, float]]) -> bool:
    """Whether any of the workers may land on this machine."""
    return any(has(node["Resources"], needed) for needed in wanted)


def marked(store: Store) -> str:
    """What tells this store from any other: written into it once."""
    path = store.folder / MARK
    with store.locked():
        if not path.is_file():
            store.write(path, secrets.token_hex(16).encode())
    return path.read_text()


def _file_table(table: str, others: Sequence[str]) -> RequestError:
    """SQLite's write-ahead log is memory that its users share: https://sqlite.org/wal.html, "all on the same host"."""
    rule = f"workers would open it on {', '.join(others)} too; SQLite is safe on one machine only, shared folder or not"
    return RequestError("table", table, rule, "postgresql://USER@HOST/NAME")


@contextmanager
def _signals_kept():
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
