"""A job becomes the film that `Film.write` makes, to the byte; whatever stops it stops it within a step."""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from filmloom.checkpoints.folder import save_model
from filmloom.core.errors import Cancelled, NumericsError, RefusedError, RequestError, ResourceError
from filmloom.generate.pipeline import load
from filmloom.generate.progress import Progress
from filmloom.generate.request import Request
from filmloom.serve.errors import LeaseLost
from filmloom.serve.messages import Claim, Job
from filmloom.serve.store import Store
from filmloom.serve.table import open_table
from filmloom.serve.warm import Warm
from filmloom.serve.worker import Task, Worker, failure_of, jpeg

ASKED = {"prompt": "a red cat walks", "size": "128x72", "seconds": 0.25, "fps": 8, "mode": "text", "guidance": 1.0}
STEP = 0.4  # seconds, where a step is made slow


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    path = Path(__file__).parents[1] / "generate/conftest.py"
    spec = importlib.util.spec_from_file_location("toy_model", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return str(save_model(tmp_path_factory.mktemp("toy"), made.toy_parts(), made.RECORD, dtype="float32").path)


@pytest.fixture
def table(tmp_path):
    opened = open_table(tmp_path / "jobs.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", spare=0)


@pytest.fixture(scope="module")
def warm():
    return Warm(threads=1)


@pytest.fixture
def worker(table, store, warm):
    return Worker(table, store, owner="worker", models=warm)


def run(worker):
    return worker.run(threading.Event(), until_idle=True)


def written(toy, folder, **changes):
    """The film's bytes as a lone program makes them."""
    path = folder / f"alone-{len(list(folder.iterdir()))}.mp4"
    load(toy, threads=1).write(Request(**ASKED | changes), path)
    return path.read_bytes(), json.loads(path.with_name(f"{path.name}.json").read_text())


@contextmanager
def running(worker):
    """A worker in a thread; `stop` lets it go."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()


@contextmanager
def stepped(warm, toy, step):
    """`step(begun)` happens as each step of the toy begins; `begun`: when they did."""
    with warm.model(toy) as film:
        transformer, begun = film.part("transformer"), []
        forward = type(transformer).forward

        def lasting(*args, **named):
            begun.append(time.monotonic())
            step(begun)
            return forward(transformer, *args, **named)

        transformer.forward = lasting
        try:
            yield begun
        finally:
            del transformer.forward


def slow(warm, toy):
    """Steps of the toy last long enough to be interrupted."""
    return stepped(warm, toy, lambda begun: time.sleep(STEP))


def until(truth, seconds=60.0):
    end = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.mark.parametrize("mode", ["text", "draw"])
def test_a_job_becomes_the_film_that_a_lone_program_makes(mode, table, store, worker, toy, tmp_path):
    job = table.submit({**ASKED, "model": toy, "mode": mode, "steps": 2})
    assert run(worker) == 1
    done = table.get(job.id)
    film, told = written(toy, tmp_path, mode=mode, steps=2)
    assert done.state == "done" and store.result_path(done.result).read_bytes() == film
    assert done.digest == hashlib.sha256(film).hexdigest()
    sidecar = json.loads(store.sidecar_path(done.result).read_text())
    assert sidecar.pop("film") == f"{job.id}.mp4" and told.pop("film")
    assert {**sidecar, "report": 0} == {**told, "report": 0}, "only the report, of seconds and memory, may differ"
    assert [event.kind for event in table.events(job=job.id) if event.kind != "progress"][:2] == ["queued", "claimed"]
    sizes = store.sizes()
    assert sizes["results"] and not sizes["checkpoints"] + sizes["previews"] + sizes["parts"]
    assert not list((store.folder / "parts").iterdir())


@pytest.mark.parametrize(("order", "state"), [("cancel", "cancelled"), ("pause", "paused")])
def test_stopped_within_one_step(order, state, table, store, worker, warm, toy):
    """The step in which the worker hears of it is the last. It looks ten times a second: within a step, or after one
    that is shorter. Who watches hears at once that it was asked, and then what came of it."""
    job = table.submit({**ASKED, "model": toy, "steps": 60})

    def third(begun):
        if len(begun) == 3:
            getattr(table, order)(job.id)
            until(lambda: worker.task.why == order)

    with stepped(warm, toy, third) as begun:
        run(worker)
    assert len(begun) == 3 and table.get(job.id).state == state and not table.get(job.id).result
    kinds = [event.kind for event in table.events(job=job.id) if event.kind in ("wants", state)]
    assert kinds == ["wants", state]
    sizes = store.sizes()
    assert bool(sizes["checkpoints"]) == (order == "pause") and not sizes["results"] + sizes["parts"]


def test_paused_and_resumed_it_goes_on_where_it_was(table, store, worker, warm, toy, tmp_path):
    """Every step is made once, the film is the same, and a picture was shown of where it was heading."""
    from PIL import Image

    steps = 8
    job = table.submit({**ASKED, "model": toy, "steps": steps})
    with slow(warm, toy) as begun, running(worker):
        until(lambda: len(begun) >= 4)
        table.pause(job.id)
        until(lambda: table.get(job.id).state == "paused")
        paused = table.get(job.id)
        assert paused.attempts == 0 and store.checkpoint_path(job.id).is_dir() and len(begun) < steps
        assert Image.open(io.BytesIO(store.preview_path(job.id).read_bytes())).size == (64, 36)
        table.resume(job.id)
        until(lambda: table.get(job.id).is_final)
    assert len(begun) == steps
    done = table.get(job.id)
    assert store.result_path(done.result).read_bytes() == written(toy, tmp_path, steps=steps)[0]
    kinds = [event.kind for event in table.events(job=job.id)]
    assert kinds.index("preview") < kinds.index("paused") < kinds.index("resumed") < kinds.index("done")
    shares = [event.data["progress"] for event in table.events(job=job.id) if event.kind == "progress"]
    assert shares and all(0 <= share < 1 for share in shares)


def test_a_worker_that_must_go_puts_its_job_back(table, store, worker, warm, toy):
    job = table.submit({**ASKED, "model": toy, "steps": 60})
    with slow(warm, toy) as begun, running(worker) as stop:
        until(lambda: len(begun) >= 2)
        stop.set()
        until(lambda: table.get(job.id).state == "queued")
    put = table.get(job.id)
    assert put.attempts == 0 and not put.lease_owner and store.checkpoint_path(job.id).is_dir()


def test_a_worker_whose_lease_is_lost_delivers_nothing(table, store, worker, toy):
    job = table.submit({**ASKED, "model": toy, "steps": 1})
    late = table.claim("late", lease=0.0)
    time.sleep(0.01)
    other = table.claim("other")
    worker.work(late)
    still = table.get(job.id)
    assert still.state == "running" and still.lease_owner == "other" and not still.result
    worker.work(other)
    done = table.get(job.id)
    kinds = [event.kind for event in table.events(job=job.id)]
    assert done.state == "done" and kinds.count("done") == 1 and store.result_path(done.result).exists()
    with pytest.raises(LeaseLost):
        table.finish(late, result="x", digest="x")


def test_another_film_s_checkpoint_is_dropped(table, store, worker, toy, tmp_path):
    with load(toy, threads=1).stream(Request(**ASKED, seed=9, steps=2), resume=tmp_path / "foreign") as stream:
        list(stream)
    job = table.submit({**ASKED, "model": toy, "steps": 2})
    shutil.copytree(tmp_path / "foreign", store.checkpoint_path(job.id))
    run(worker)
    done = table.get(job.id)
    assert done.digest == hashlib.sha256(written(toy, tmp_path, steps=2)[0]).hexdigest()


@pytest.mark.parametrize(
    ("error", "state", "code", "attempts"),
    [
        (OSError("the cable was pulled"), "failed", "internal", 3),
        (MemoryError(), "failed", "out_of_memory", 1),
        (ResourceError("the disk is full"), "failed", "disk_full", 1),
        (RefusedError("no"), "refused", "refused", 1),
        (RequestError("size", 1, "no"), "failed", "bad_request", 1),
    ],
)
def test_only_a_machine_s_fault_is_tried_again(error, state, code, attempts, table, store):
    def write(*_, **__):
        raise error

    film = SimpleNamespace(write=write, num_bytes=0)
    worker = Worker(table, store, owner="worker", models=Warm(loading=lambda *_, **__: film))
    job = table.submit({"prompt": "a car", "size": "128x72", "seconds": 0.5})
    run(worker)
    ended = table.get(job.id)
    assert (ended.state, ended.failure.code, ended.attempts) == (state, code, attempts)
    assert str(error) in ended.failure.message or code == "out_of_memory"


def test_a_request_that_is_wrong_or_refused_ends_at_once(table, worker, toy):
    wrong = table.submit({**ASKED, "model": toy, "size": "7x5"})
    lost = table.submit({**ASKED, "model": toy, "start": "../../etc/passwd"})
    run(worker)
    for job in (wrong, lost):
        assert (table.get(job.id).state, table.get(job.id).failure.code) == ("failed", "bad_request")
        assert table.get(job.id).attempts == 1


def test_a_full_disk_is_told_before_the_work(table, tmp_path, toy, warm):
    worker = Worker(table, Store(tmp_path / "store", spare=2**60), owner="worker", models=warm)
    job = table.submit({**ASKED, "model": toy})
    run(worker)
    assert table.get(job.id).failure.code == "disk_full" and table.get(job.id).attempts == 1


def test_a_table_that_is_away_for_a_while_is_told_later(table, store, worker, toy, monkeypatch):
    job, missed = table.submit({**ASKED, "model": toy, "steps": 1}), []
    finish = table.finish

    def away(*args, **named):
        if len(missed) < 2:
            missed.append(1)
            raise ConnectionError("the server is restarting")
        return finish(*args, **named)

    monkeypatch.setattr(table, "finish", away)
    run(worker)
    assert table.get(job.id).state == "done" and len(missed) == 2


def test_a_table_that_stays_away_ends_with_the_lease(table, store, warm, toy, monkeypatch):
    worker = Worker(table, store, owner="worker", models=warm, lease=0.2)
    job = table.submit({**ASKED, "model": toy, "steps": 1})
    claim = table.claim("worker", lease=60)

    def away(*_, **__):
        raise ConnectionError("the server is gone")

    monkeypatch.setattr(table, "finish", away)
    worker.work(claim)
    assert table.get(job.id).state == "running", "another worker will have it when the lease is over"


def test_progress_never_falls_and_the_first_reason_counts():
    task = Task(Claim(Job(id="j"), "t", 0.0), "")
    seen = []
    for stage, done in [("plan", 1), ("denoise", 1), ("denoise", 3), ("decode", 1), ("denoise", 4), ("encode", 4)]:
        task(Progress(stage, done, 4))
        seen.append(task.told()["progress"])
    assert seen == sorted(seen) and 0 < seen[0] < seen[-1] < 1
    task.stop("")
    task(Progress("encode", 4, 4))
    task.stop("pause")
    task.stop("cancel")
    with pytest.raises(Cancelled, match="pause"):
        task(Progress("encode", 4, 4))
    task.stop("lost")
    with pytest.raises(Cancelled, match="lost"):
        task.check()


def test_the_stage_told_is_the_one_the_film_waits_for():
    """Frames are written while others are still drawn: the film is being drawn."""
    task = Task(Claim(Job(id="j"), "t", 0.0), "")
    for stage, done in (("plan", 1), ("draw", 4), ("encode", 2)):
        task(Progress(stage, done, 1 if stage == "plan" else 8))
    assert task.told()["stage"] == "draw"
    task(Progress("draw", 8, 8))
    assert task.told()["stage"] == "encode"


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "out_of_memory", False),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out_of_memory", False),
        (ResourceError("A film of 1x1 needs about 9 GiB of memory; this machine has 1"), "out_of_memory", False),
        (OSError(28, "No space left on device"), "disk_full", False),
        (NumericsError("step 3 produced NaN"), "internal", True),
        (ConnectionError("reset"), "internal", True),
    ],
)
def test_what_errors_mean(error, code, retryable):
    assert (failure_of(error).code, failure_of(error).retryable) == (code, retryable)


def test_a_preview_is_the_picture():
    from PIL import Image

    picture = np.full((36, 64, 3), (200, 40, 40), np.uint8)
    shown = np.asarray(Image.open(io.BytesIO(jpeg(picture))))
    assert shown.shape == picture.shape and np.abs(shown.astype(int) - picture).max() < 8
    assert Image.open(io.BytesIO(jpeg(picture.repeat(30, 0).repeat(30, 1)))).size == (640, 360)


@contextmanager
def started(folder, *words):
    """`filmloom` as a process of its own; SIGTERM ends it in good order."""
    environment = {**os.environ, "FILMLOOM_HOME": str(folder), "OMP_NUM_THREADS": "1"}
    with (folder / f"{words[0]}.log").open("w") as log:
        process = Popen([sys.executable, "-m", "filmloom.cli.main", *words], env=environment, stdout=log, stderr=log)
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) in (0, 130), (folder / f"{words[0]}.log").read_text()
        finally:
            process.kill()
            process.wait()


def told(folder, *words):
    environment = {**os.environ, "FILMLOOM_HOME": str(folder)}
    command = [sys.executable, "-m", "filmloom.cli.main", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout


def posted(port, request):
    """The job of a request, once the server is up."""
    body, headers = json.dumps(request), {"Content-Type": "application/json"}
    for _ in range(3000):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("POST", "/api/jobs", body, headers)
            return json.loads(connection.getresponse().read())["id"]
        except ConnectionError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError("no server came up")


def test_a_worker_started_by_hand_makes_what_was_asked_over_http(toy, tmp_path):
    """Three programs: a server without workers, a worker, and `filmloom jobs watch`, which ends with the film."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    home = tmp_path / "home"
    home.mkdir()
    server = ("serve", "--port", str(port), "--no-worker", "--model", f"toy={toy}")
    with started(home, *server), started(home, "worker", "--threads", "1"):
        job = posted(port, {**ASKED, "steps": 3})
        events = [json.loads(line)["kind"] for line in told(home, "jobs", "watch", job, "--json").splitlines()]
        assert events[:2] == ["queued", "claimed"] and events[-1] == "done"
        shown = json.loads(told(home, "jobs", "show", job))
        assert Path(shown["film"]).read_bytes() == written(toy, tmp_path, steps=3)[0]
