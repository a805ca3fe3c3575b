"""Real workers make real films of mini while the machine fails under them: the table is locked, its server restarts,
the disk is full, the clock jumps. Nothing is lost, nothing comes twice, the film is the same, the worker goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from filmloom.serve import database
from filmloom.serve.store import Store
from filmloom.serve.table import open_table
from filmloom.serve.warm import Warm
from filmloom.serve.worker import Worker

ASKED = {"prompt": "a red cat walks", "size": "128x72", "seconds": 0.25, "fps": 8, "mode": "text", "silent": True}
STEPS = 3
HOLDING = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("COMMIT")
"""


@pytest.fixture(scope="module")
def warm():
    return Warm(threads=1)


@pytest.fixture(scope="module")
def film(warm, tmp_path_factory):
    """The film of `ASKED` where nothing fails: its digest."""
    folder = tmp_path_factory.mktemp("calm")
    table = open_table(folder / "jobs.sqlite")
    job = asked(table)
    run(Worker(table, Store(folder / "store", spare=0), owner="calm", models=warm))
    done = table.get(job.id)
    table.close()
    assert done.state == "done"
    return done.digest


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", spare=0)


@pytest.fixture
def opened(tmp_path):
    """Opens tables, and closes them in the end."""
    tables = []

    def one(url=tmp_path / "jobs.sqlite", **options):
        tables.append(open_table(url, **options))
        return tables[-1]

    yield one
    for table in tables:
        table.close()


def asked(table, **changes):
    return table.submit({**ASKED, "steps": STEPS, **changes})


def run(worker):
    return worker.run(threading.Event(), until_idle=True)


@contextmanager
def at_step(warm, number, fault):
    """`fault()` happens as the sampler's step `number`, counted from 1 over all films, begins. → steps so far."""
    with warm.model("mini") as film:
        transformer, begun = film.part("transformer"), []
        forward = type(transformer).forward

        def failing(*args, **named):
            begun.append(time.monotonic())
            if len(begun) == number:
                fault()
            return forward(transformer, *args, **named)

        transformer.forward = failing
        try:
            yield begun
        finally:
            del transformer.forward


def heard(table, job, kind):
    return [event.kind for event in table.events(job=job.id)].count(kind)


def is_whole(table, store, job, film):
    """Done once, and by the bytes what it would have been."""
    done = table.get(job.id)
    assert (done.state, done.digest) == ("done", film), done.failure
    assert heard(table, job, "done") == 1 and store.result_path(done.result).is_file()
    assert not any((store.folder / "parts").iterdir()) and not any((store.folder / "checkpoints").iterdir())
    return True


def is_going_on(table, worker, warm):
    """The same worker, with all its threads' connections, makes the next film."""
    job = asked(table, mode="draw")
    run(worker)
    return table.get(job.id).state == "done"


@contextmanager
def locked(path: Path, seconds: float):
    """Another process holds the table's write lock."""
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(path), str(seconds)], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        yield


# --- The table's file is locked by another program


@pytest.mark.parametrize("lease", [60.0, 0.5])
def test_a_locked_table_is_waited_for(lease, opened, store, tmp_path, warm, film, monkeypatch):
    """Within the lease, the film comes late; where the lock is held longer, it is taken up again where it was."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    table = opened()
    worker = Worker(table, store, owner="worker", models=warm, lease=lease)
    job, holders = asked(table), []

    def lock():
        holders.append(locked(tmp_path / "jobs.sqlite", 2.0))
        holders[0].__enter__()

    with at_step(warm, 2, lock):
        run(worker)
        holders[0].__exit__(None, None, None)
        run(worker)
    assert is_whole(table, store, job, film) and is_going_on(table, worker, warm)
    if lease == 60:
        assert table.get(job.id).attempts == 1


def test_a_locked_table_answers_that_it_is_busy(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    table = opened()
    with locked(tmp_path / "jobs.sqlite", 0.5), pytest.raises(database.TableBusy) as caught:
        asked(table)
    assert caught.value.status == 503 and caught.value.retry_after
    assert table.depth()["queued"] == 0 and asked(table).state == "queued"


# --- The disk is full


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MiB, where we may mount one; `fill()` leaves nothing free, and gives back what empties it."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(place)]
    if os.geteuid() or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """A file that takes up all that is free."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


def test_a_disk_that_fills_up_ends_the_job_and_not_the_worker(small_disk, opened, warm, film):
    table, store = opened(), Store(small_disk / "store", spare=0)
    worker, job = Worker(table, store, owner="worker", models=warm), asked(table)
    with at_step(warm, 2, lambda: fill(small_disk)):
        run(worker)
    failed = table.get(job.id)
    assert (failed.state, failed.failure.code, failed.attempts) == ("failed", "disk_full", 1)
    assert not any((store.folder / "results").rglob("*.mp4"))
    (small_disk / "ballast").unlink()
    table.retry(job.id)
    run(worker)
    assert is_whole(table, store, job, film) and is_going_on(table, worker, warm)


def test_a_table_on_a_full_disk_changes_nothing_and_goes_on(small_disk, opened, tmp_path, warm, film):
    """The films have room, the table has none: while the disk is full, what is asked is refused, and nothing is half
    done; the running film is told when there is room again."""
    table, store = opened(small_disk / "jobs.sqlite"), Store(tmp_path / "store", spare=0)
    worker, job = Worker(table, store, owner="worker", models=warm, lease=60), asked(table)
    refused = []

    def full():
        ballast = fill(small_disk)
        with pytest.raises(Exception, match="disk is full") as caught:
            for _ in range(200):  # what the log already has room for is still written
                asked(table, mode="draw", prompt="a cat " + "x" * 400)
        refused.append(caught)
        threading.Timer(1.0, ballast.unlink).start()

    with at_step(warm, 2, full):
        claim = table.claim("worker", lease=60)
        worker.work(claim)
    assert refused and is_whole(table, store, job, film)
    assert table.get(job.id).attempts == 1
    assert table.database.rows("PRAGMA integrity_check")[0]["integrity_check"] == "ok"


# --- The clock jumps


class Clock:
    """The machine's, and what somebody set it on or back by."""

    def __init__(self):
        self.by = 0.0

    def __call__(self) -> float:
        return time.time() + self.by


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_the_clock_jumps_between_claim_and_heartbeat(jump, opened, store, warm, film):
    """Nobody else is there: the worker keeps its job, and progress is told on."""
    clock = Clock()
    table = opened(clock=clock)
    worker, job = Worker(table, store, owner="worker", models=warm), asked(table)
    with at_step(warm, 2, lambda: setattr(clock, "by", jump)):
        run(worker)
    assert is_whole(table, store, job, film) and is_going_on(table, worker, warm)
    assert table.get(job.id).attempts == 1


def test_the_clock_jumps_on_and_another_worker_has_the_job(opened, store, warm, film):
    """It looks as if the first had been silent for an hour. Its film is not heard, and there is one film."""
    clock = Clock()
    table = opened(clock=clock)
    first, second = (Worker(table, store, owner=name, models=warm) for name in ("first", "second"))
    job, claims = asked(table), []

    def jump():
        clock.by = 3600.0
        claims.append(table.claim("second", lease=60))

    with at_step(warm, 2, jump):
        first.work(table.claim("first", lease=0.01))
        second.work(claims[0])
    assert is_whole(table, store, job, film) and is_going_on(table, first, warm)
    assert table.get(job.id).attempts == 2


# --- The database's server restarts


def test_postgres_restarts_in_mid_film(postgres, opened, store, warm, film):
    postgres.empty()
    table = opened(postgres.url)
    worker, job = Worker(table, store, owner="worker", models=warm, lease=60), asked(table)
    away = []

    def restart():
        postgres.stop()
        away.append(threading.Timer(1.5, postgres.start))
        away[0].start()

    with at_step(warm, 2, restart):
        run(worker)
    away[0].join()
    assert is_whole(table, store, job, film) and is_going_on(table, worker, warm)
    assert table.get(job.id).attempts == 1


def test_postgres_that_is_away_answers_that_it_is_busy(postgres, opened):
    """In the middle of a block, between two, and for a lone statement; then all goes on, with nothing half done."""
    postgres.empty()
    table = opened(postgres.url)
    asked(table)
    with pytest.raises(database.TableBusy), table.database.write():
        asked(table)
        postgres.stop()
        asked(table)
    with pytest.raises(database.TableBusy) as caught:
        asked(table)
    with pytest.raises(database.TableBusy):
        table.depth()
    assert caught.value.status == 503 and "filmloom@" not in str(caught.value)
    postgres.start()
    assert table.depth()["queued"] == 1 and asked(table).state == "queued"
    postgres.stop()
    postgres.start()
    assert asked(table).state == "queued", "a block that begins with a connection which was cut"
    postgres.stop()
    postgres.start()
    assert table.depth()["queued"] == 3, "a lone statement likewise"
    with pytest.raises(Exception, match="syntax"):
        table.database.rows("SELEKT")
    assert table.depth()["queued"] == 3, "a statement that failed is no open transaction"
