"""Who floods the table only delays itself: 100 000 jobs through the real table, by a clock of our own.

    python bench/fairness.py --jobs 100000
    python bench/fairness.py --claims                    # claims per second on SQLite and PostgreSQL

One key keeps thousands of jobs waiting in all three bands, another asks now and then, for less than its share. The
table promises what start-time fair queueing does (Goyal, Vin and Cheng, "Start-time Fair Queueing", 1996): on a server
that does C of cost a second, a job of flow f starts no later than

    EAT + (the largest job of every other flow, summed) / C,      EAT = max(arrival, EAT of f's last job + its cost / r)

where r = C x f's weight / all weights. Every job of the quiet key is held against it. `submit` and `claim` are the
table's own; only transactions are joined, a few hundred calls to one commit.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filmloom.serve.table import SHARES, JobTable, open_table

ROOT = Path(__file__).parent.parent
BACKLOG = 4000  # jobs of the flood that wait, or half as many
LEAST, MOST = 1.0, 8.0  # cost of a job
CALLS = 400  # to one commit
LEASE = 1e9


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Flood:
    """One worker that does a cost of 1 a second, one key that floods it, and one that asks for `load` of its share."""

    def __init__(self, table: JobTable, clock: Clock, *, jobs: int, seed: int = 1, load: float = 0.8):
        self.table, self.clock, self.left, self.source = table, clock, jobs, random.Random(seed)
        self.backlog = min(BACKLOG, jobs // 10)
        self.flood, self.quiet = (table.keys.create(name)[0].id for name in ("flood", "quiet"))
        self.rate = SHARES["normal"] / (sum(SHARES.values()) + SHARES["normal"])  # the flood is in all three bands
        self.slack = len(SHARES) * MOST  # the largest job of each of its three flows
        self.pause = (LEAST + MOST) / 2 / (load * self.rate)
        self.arrival, self.expected, self.waiting, self.ahead = clock.now, 0.0, 0, 0.0
        self.asked: dict[str, tuple[float, float]] = {}  # job → arrival, cost
        self.waits: list[float] = []
        self.margins: list[float] = []  # the bound less the start
        self.alone: list[float] = []  # waits where the key's earlier jobs had had their share
        self.in_order: list[float] = []  # the wait, if whoever came first were served first

    def run(self) -> dict:
        began, done = self.clock.now, 0
        while self.left or self.asked:
            with self.table.database.write():
                for _ in range(CALLS):
                    done += self.step()
        return {
            "jobs": done, "of_the_quiet_key": len(self.waits),
            "simulated_hours": round((self.clock.now - began) / 3600, 1),
            "wait_mean": mean(self.waits), "wait_most": round(max(self.waits), 2),
            "first_come_first_served_wait_mean": mean(self.in_order),
            "where_none_of_its_own_waits": {"bound": self.slack, "wait_most": round(max(self.alone), 2)},
            "least_margin_to_the_bound": round(min(self.margins), 3),
            "beyond_the_bound": sum(one < -1e-6 for one in self.margins),
        }  # fmt: skip

    def step(self) -> int:
        """Who arrives meanwhile, arrives; then the job whose turn it is. → jobs done."""
        while self.arrival <= self.clock.now and self.left:
            self.in_order.append(self.ahead)
            self.ask(self.quiet, "normal", self.arrival)
            self.arrival += self.source.expovariate(1 / self.pause)
        if self.waiting < self.backlog // 2:
            for _ in range(min(self.backlog // 2, self.left)):
                self.waiting += 1
                self.ask(self.flood, self.source.choice(tuple(SHARES)), self.clock.now)
        claim = self.table.claim("worker", lease=LEASE)
        if claim is None:
            return 0
        arrival, cost = self.asked.pop(claim.job.id)
        if claim.job.key == self.quiet:
            self.judge(arrival, cost)
        else:
            self.waiting -= 1
        self.clock.now += cost
        self.ahead -= cost
        self.table.finish(claim, result="", digest="")
        return 1

    def ask(self, key: str, band: str, arrival: float) -> None:
        cost = self.source.uniform(LEAST, MOST)
        job = self.table.submit({"prompt": "x"}, key=key, band=band, cost=cost)
        self.asked[job.id] = (arrival, cost)
        self.ahead += cost
        self.left -= 1

    def judge(self, arrival: float, cost: float) -> None:
        """A job of the quiet key starts. What came while a job was being made is known after it, as in life."""
        expected = max(arrival, self.expected)
        if arrival >= self.expected:
            self.alone.append(self.clock.now - arrival)
        self.expected = expected + cost / self.rate
        self.waits.append(self.clock.now - arrival)
        self.margins.append(expected + self.slack - self.clock.now)


def mean(values: list[float]) -> float:
    return round(statistics.mean(values), 2)


# --- Claims


def claims(url: str, *, processes: int, jobs: int, waiting: int) -> dict:
    """So many jobs claimed by so many processes, with `waiting` more behind them; each once."""
    table = open_table(url, queue_cap=10**9)
    with table.database.write():
        for number in range(jobs + waiting):
            table.submit({"prompt": "x"}, cost=1.0 + number % 7)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["filmloom.serve.table"])
    gate, heard = context.Barrier(processes + 1), context.Queue()
    share = jobs // processes
    workers = [context.Process(target=claimer, args=(url, share, gate, heard)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    gate.wait(120)
    began = time.perf_counter()
    told = [heard.get(timeout=300) for _ in workers]
    spent = time.perf_counter() - began
    for worker in workers:
        worker.join()
    table.close()
    taken = [job for one, _ in told for job in one]
    assert len(set(taken)) == len(taken) == share * processes, "a job was claimed twice"
    times = sorted(each for _, one in told for each in one)
    return {"processes": processes, "waiting": jobs + waiting, "claims": len(taken),
            "claims_per_second": round(len(taken) / spent, 1), "median_ms": round(1000 * statistics.median(times), 2),
            "p99_ms": round(1000 * times[int(0.99 * len(times))], 2)}  # fmt: skip


def claimer(url: str, num: int, gate, heard) -> None:
    table, taken, times = open_table(url), [], []
    table.depth()  # the connection is there
    gate.wait(120)
    for _ in range(num):
        began = time.perf_counter()
        taken.append(table.claim("worker", lease=LEASE).job.id)
        times.append(time.perf_counter() - began)
    heard.put((taken, times))
    table.close()


@contextmanager
def postgres() -> Iterator[object | None]:
    """A server of our own, as the tests start it; None where PostgreSQL is not installed."""
    spec = importlib.util.spec_from_file_location("serve_conftest", ROOT / "tests/serve/conftest.py")
    tests = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tests)
    if not tests.PROGRAMS:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="filmloom-postgres-"))
    server = tests.Server(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def all_claims(folder: Path, *, jobs: int) -> dict:
    found = {
        "durability": "SQLite as it is used: every claim is on the disk before it is told; PostgreSQL with fsync off"
    }
    found |= {"sqlite": [], "postgresql": []}
    cases = [(processes, waiting) for processes in (1, 2, 4) for waiting in (0, 20_000)]
    for number, (processes, waiting) in enumerate(cases):
        url = f"sqlite:///{folder / f'{number}.sqlite'}"
        found["sqlite"].append(claims(url, processes=processes, jobs=jobs, waiting=waiting))
    with postgres() as server:
        for processes, waiting in cases if server else ():
            server.empty()
            found["postgresql"].append(claims(server.url, processes=processes, jobs=jobs, waiting=waiting))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--claims", action="store_true", help="measure claims per second, not fairness")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=None)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="filmloom-fairness-"))
    began, name = time.monotonic(), "claims" if options.claims else "fairness"
    if options.claims:
        found = all_claims(folder, jobs=2000) | {"command": "python bench/fairness.py --claims"}
    else:
        clock = Clock()
        table = open_table(folder / "jobs.sqlite", clock=clock, queue_cap=10**9)
        found = Flood(table, clock, jobs=options.jobs, seed=options.seed).run()
        table.close()
        found["command"] = f"python bench/fairness.py --jobs {options.jobs} --seed {options.seed}"
    found["seconds"] = round(time.monotonic() - began, 1)
    (options.output or ROOT / f"bench/results/{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    if found.get("beyond_the_bound"):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
