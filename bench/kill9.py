"""kill -9 at random moments: no job is lost, none is delivered twice, every film is what it would have been.

    python bench/kill9.py --jobs 200 --kills 500 --workers 2

A whole house under fire: `filmloom serve` on a loopback port, worker processes, a table and a store. Clients ask over
HTTP for small films of mini, in modes draw and text; whoever is not answered asks again, under the same idempotency
key. Workers, the server, or both are killed with SIGKILL at random moments until so many have died and every client
has all its films; where films run out first, the same are asked for again. Then the films' bytes are compared with
those of a process that nobody killed. A receiver counts the webhooks: one for each film, and under one id where it
comes again because the server died between the receiver's answer and its own note of it.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import http.server
import json
import multiprocessing
import os
import random
import runpy
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filmloom.serve.executors import LocalExecutor
from filmloom.serve.store import Store
from filmloom.serve.table import JobTable, open_table
from filmloom.serve.warm import Warm
from filmloom.serve.worker import Worker

ROOT = Path(__file__).parent.parent
PRELOADED = ["filmloom.serve.worker", "filmloom.serve.app", "filmloom.cli.main", "filmloom.cli.serve", "uvicorn", "av"]
WORLD = ROOT / "src/filmloom/world"
PRELOADED += [f"filmloom.world.{wing}.{one.stem}" for wing in ("cast", "places") for one in (WORLD / wing).glob("*.py")]
LEASE = 2.0
ATTEMPTS = 1000  # a worker is killed more often here than anybody would try again
TARGETS = {"worker": 2, "server": 1, "both": 1}  # how often each
IDLE = 0.25  # of the workers that are killed, those that may just be starting or between two jobs
CLIENTS = 2
LOOK = 0.5  # seconds between two looks of a client
PATIENCE = 200.0  # seconds that the last webhooks have: one that was put off is due after a minute
LONGEST_PAUSE = 2.4  # seconds between two kills, until it is known how fast films are made
AHEAD = 20  # kills that may come earlier than the films that are done have earned, so that all films are under fire


def requests(num: int, *, model: str = "mini", seconds: float = 0.25, steps: int = 4) -> list[dict]:
    """Three in four with a sampler's state to lose; all different, so that none is another's twin."""
    usual = {"size": "128x72", "seconds": seconds, "fps": 8, "model": model}
    modes = [{"mode": "draw"} if i % 4 == 0 else {"mode": "text", "steps": steps} for i in range(num)]
    return [{"prompt": "a red cat walks", "seed": i, **usual, **mode} for i, mode in enumerate(modes)]


def undisturbed(asked: list[dict], folder: Path) -> list[str]:
    """Digests of the films as one worker makes them that nobody kills."""
    table, store = open_table(folder / "jobs.sqlite"), Store(folder / "store", spare=0)
    jobs = [table.submit(request) for request in asked]
    Worker(table, store, owner="alone", models=Warm(threads=1)).run(threading.Event(), until_idle=True)
    digests = [table.get(job.id).digest for job in jobs]
    table.close()
    assert all(digests), "an undisturbed film failed"
    return digests


# --- The house: what is killed


class Server:
    """`filmloom serve`, in a process of its own that a fork server starts in a moment; started again when it died."""

    def __init__(self, folder: Path):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        words = ["serve", "--port", self.port, "--no-worker", "--attempts", ATTEMPTS, "--allow-private"]
        told = {"WORDS": [str(word) for word in words], "FOLDER": str(folder)}
        self.task = {"target": runpy.run_path, "args": (__file__, told, "a server")}
        self.starts, self.process = 0, None
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(PRELOADED)

    def start(self) -> None:
        self.process = self.context.Process(**self.task, daemon=True)
        self.process.start()
        self.starts += 1

    def kill(self) -> bool:
        return _killed(self.process.pid)

    def keep(self) -> None:
        """Start it again if it is gone."""
        if not self.process.is_alive():
            self.process.close()
            self.start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.join(30)
        self.process.kill()
        self.process.join()


def serve(words: list[str], folder: str) -> None:
    """What the server's process does: the command, with its home and its log in `folder`."""
    from filmloom.cli.main import main

    os.environ["FILMLOOM_HOME"] = folder
    os.setsid()
    log = os.open(Path(folder) / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    main(words)


def _killed(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


# --- The clients: who must notice nothing


@dataclass
class Client(threading.Thread):
    """Asks for films number `first`, `first + step`, ... of `asked`, `ahead` at once, and goes when it has `end`."""

    port: int
    asked: list[dict]
    first: int
    step: int
    webhook: str
    ahead: int = 3
    end: int | None = None
    jobs: dict[int, str] = field(default_factory=dict)  # number → job
    films: dict[int, str] = field(default_factory=dict)  # number → digest of what was downloaded
    counts: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self):
        super().__init__(daemon=True)
        self.source = random.Random(self.first)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        number = self.first
        while self.end is None or number < self.end or len(self.films) < len(self.jobs):
            if (self.end is None or number < self.end) and len(self.jobs) - len(self.films) < self.ahead:
                self.jobs[number] = self.submitted(number)
                number += self.step
            for one in [n for n in self.jobs if n not in self.films]:
                self.look(one)
            time.sleep(LOOK)

    def submitted(self, number: int) -> str:
        """The job's id; now and then it is asked for again, as by somebody who forgot, and must be the same."""
        request = {**self.asked[number % len(self.asked)], "reuse": False, "webhook": self.webhook}
        key = {"Idempotency-Key": f"film-{number}"}
        answers = [self.answer("POST", "/api/jobs", request, key) for _ in range(self.source.choice((1, 1, 2)))]
        ids = {json.loads(answer)["id"] for answer in answers}
        if len(ids) > 1:
            self.wrong.append(f"film {number} became {sorted(ids)}")
        return ids.pop()

    def look(self, number: int) -> None:
        job = self.jobs[number]
        view = json.loads(self.answer("GET", f"/api/jobs/{job}"))
        if view["state"] == "done":
            self.films[number] = hashlib.sha256(self.answer("GET", f"/api/jobs/{job}/film")).hexdigest()
        elif view["state"] not in ("queued", "running"):
            self.wrong.append(f"film {number} is {view['state']}: {view['failure']}")
            self.films[number] = ""

    def answer(self, method: str, path: str, sent: dict | None = None, headers: dict | None = None) -> bytes:
        """Asked until it is answered: a server that is gone or dies in mid-answer is asked again."""
        while True:
            self.counts["requests"] += 1
            try:
                status, body = self.once(method, path, sent, headers or {})
            except (OSError, http.client.HTTPException):
                self.counts["unanswered"] += 1
                time.sleep(0.15)
                continue
            if status == 200:
                return body
            assert status in (429, 503), f"{method} {path}: {status} {body[:500]}"
            self.counts["put_off"] += 1
            time.sleep(0.5)

    def once(self, method: str, path: str, sent: dict | None, headers: dict) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            body = None if sent is None else json.dumps(sent)
            connection.request(method, path, body, headers | {"Content-Type": "application/json"})
            answered = connection.getresponse()
            return answered.status, answered.read()
        finally:
            connection.close()


@contextmanager
def receiver() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """A client's own server: its address, and what it heard, as (job, event, id)."""
    heard = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append((event["data"]["id"], event["type"], self.headers["webhook-id"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        server.server_close()


# --- The fire


def run(
    asked: list[dict],
    folder: Path,
    *,
    kills: int,
    workers: int,
    seed: int,
    limit: float = 3600.0,
    pause: float = LONGEST_PAUSE,
    patience: float = 0.0,
    told=lambda found: None,
) -> dict:
    """Have the films made under fire, and some of them again while too few were killed. → figures, and `digests`."""
    table, source, began, counts = open_table(folder / "jobs.sqlite"), random.Random(seed), time.monotonic(), Counter()
    server, store = Server(folder), Store(folder / "store", spare=0)
    server.start()
    executor = LocalExecutor(
        workers, table=str(folder / "jobs.sqlite"), store=str(folder / "store"), start="forkserver", longest_wait=0.1,
        lease=LEASE, threads=1, spare=0,
    )  # fmt: skip
    with receiver() as (webhook, heard), executor:
        clients = [Client(server.port, asked, first, CLIENTS, webhook) for first in range(CLIENTS)]
        for client in clients:
            client.start()
        while any(client.is_alive() for client in clients):
            films = sum(len(client.films) for client in clients)
            assert time.monotonic() - began < limit, f"{films} films, {counts}, after {limit} s"
            time.sleep(_pause(source, pause, began, films, kills / len(asked)) if counts["all"] < kills else 0.2)
            if counts["all"] >= kills:
                for client in clients:
                    client.end = client.end or max(len(asked), *(max(c.jobs, default=0) + 1 for c in clients))
            elif counts["all"] < kills * films / len(asked) + AHEAD:
                _fire(source, server, executor, _at_work(table, store, executor), counts)
                told({"complete": False, "films": films, "kills": dict(counts), "seconds": time.monotonic() - began})
            server.keep()
        spent = time.monotonic() - began
        _wait_for_webhooks(table, server, patience)
        server.stop()
    found = {"kills": dict(counts), "server_starts": server.starts, "workers": workers, "seconds": round(spent, 1)}
    found |= _of_clients(clients) | _of_table(table, clients) | _of_webhooks(heard, clients, patience > 0)
    found["digests"] = {number: digest for client in clients for number, digest in client.films.items()}
    table.close()
    return found


def _pause(source: random.Random, usual: float, began: float, films: int, kills_per_film: float) -> float:
    """Random, and on average what spreads the kills over the films as fast as this machine makes them; else they would
    all hit the first moments of a film on a slow one."""
    mean = (time.monotonic() - began) / films / kills_per_film if films > 2 else usual / 2
    return source.uniform(0, 2 * mean)


def _fire(
    source: random.Random, server: Server, executor: LocalExecutor, busy: dict[int, bool], counts: Counter
) -> None:
    """One or two processes die."""
    (target,) = source.choices(list(TARGETS), TARGETS.values())
    pids = executor.pids if source.random() < IDLE or not busy else list(busy)
    if target != "server" and pids:
        pid = source.choice(pids)
        counts["worker_with_checkpoint"] += busy.get(pid, False)
        _count(counts, "worker", _killed(pid))
    if target != "worker":
        _count(counts, "server", server.kill())
        server.process.join()
    counts["both_at_once"] += target == "both"


def _count(counts: Counter, who: str, died: bool) -> None:
    counts[who] += died
    counts["all"] += died


def _at_work(table: JobTable, store: Store, executor: LocalExecutor) -> dict[int, bool]:
    """Processes that hold a job, and whether its sampler's state is on the disk. Names are machine:process:device."""
    running, _ = table.list(states=("running",), limit=1000)
    held = {int(job.lease_owner.split(":")[1]): store.checkpoint_path(job.id).exists() for job in running}
    return {pid: held[pid] for pid in executor.pids if pid in held}


def _wait_for_webhooks(table: JobTable, server: Server, patience: float) -> None:
    until = time.monotonic() + patience
    owed = "SELECT COUNT(*) AS num FROM deliveries WHERE done IS NULL AND due IS NOT NULL"
    while time.monotonic() < until and table.database.rows(owed)[0]["num"]:
        server.keep()
        time.sleep(0.5)


# --- What became of it


def _of_clients(clients: list[Client]) -> dict:
    counts = sum((client.counts for client in clients), Counter())
    wrong = [line for client in clients for line in client.wrong]
    return {"clients": dict(counts), "wrong": wrong, "jobs": sum(len(client.jobs) for client in clients)}


def _of_table(table: JobTable, clients: list[Client]) -> dict:
    jobs = [table.get(job) for client in clients for job in client.jobs.values()]
    kinds: dict[str, Counter] = {job.id: Counter() for job in jobs}
    strays, after = set(), 0
    while events := table.events(after=after):
        for event in events:
            kinds.setdefault(event.job, Counter())[event.kind] += 1
        after = events[-1].number
    strays = kinds.keys() - {job.id for job in jobs}
    return {
        "lost": sum(job.state != "done" for job in jobs),
        "jobs_nobody_asked_for": len(strays),
        "delivered_twice": sum(heard["done"] > 1 for heard in kinds.values()),
        "attempts": sum(heard["claimed"] for heard in kinds.values()),
        "most_attempts_of_one_job": max(job.attempts for job in jobs),
    }


def _of_webhooks(heard: list[tuple[str, str, str]], clients: list[Client], is_complete: bool) -> dict:
    """One id for each job. Those that came again under theirs are counted apart: a receiver knows them by it."""
    ids: dict[str, set[str]] = {}
    for job, kind, name in heard:
        ids.setdefault(job, set()).add(f"{kind} {name}")
    jobs = {job for client in clients for job in client.jobs.values()}
    again = len(heard) - sum(len(names) for names in ids.values())
    missing = len(jobs - ids.keys()) if is_complete else None
    twice = sum(len(names) > 1 for names in ids.values())
    return {"webhooks": {"heard": len(heard), "missing": missing, "twice": twice, "again_under_their_id": again}}


def judged(found: dict, digests: list[str]) -> dict:
    """The figures, with how many films are not, byte for byte, what they would have been."""
    made = found.pop("digests")
    found["different"] = sum(digest != digests[number % len(digests)] for number, digest in made.items())
    return found


def failings(found: dict) -> dict:
    """All that must be nothing."""
    names = ("lost", "delivered_twice", "different", "jobs_nobody_asked_for")
    webhooks = found["webhooks"]
    return {name: found[name] for name in names} | {
        "wrong": len(found["wrong"]), "webhooks_twice": webhooks["twice"], "webhooks_missing": webhooks["missing"] or 0,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.25, help="of each film")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument(
        "--pause", type=float, default=LONGEST_PAUSE, help="seconds, the longest between the first kills"
    )
    parser.add_argument("--limit", type=float, default=6 * 3600.0, help="seconds after which it is given up")
    parser.add_argument("--output", type=Path, default=ROOT / "bench/results/kill9.json")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="filmloom-kill9-"))
    command = f"python bench/kill9.py --jobs {options.jobs} --kills {options.kills} --workers {options.workers}"
    head = {"command": f"{command} --seed {options.seed}", "cores": os.cpu_count(), "load": os.getloadavg()[0]}

    def told(found: dict) -> None:
        if found["kills"]["all"] % 5 == 0:
            print(json.dumps(found), file=sys.stderr, flush=True)
            options.output.write_text(json.dumps(head | found, indent=1) + "\n")

    asked = requests(options.jobs, seconds=options.seconds, steps=options.steps)
    for name in ("fire", "alone"):
        (folder / name).mkdir()
    limits = {"kills": options.kills, "workers": options.workers, "seed": options.seed, "limit": options.limit}
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        calm = pool.submit(undisturbed, asked, folder / "alone")
        found = run(asked, folder / "fire", **limits, pause=options.pause, patience=PATIENCE, told=told)
        found = {**head, "complete": True, **judged(found, calm.result())}
    options.output.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    if any(failings(found).values()):
        raise SystemExit(f"{failings(found)}; everything is left in {folder}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
elif __name__ == "a server":
    serve(WORDS, FOLDER)  # noqa: F821 (told by `Server`)
