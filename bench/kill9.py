"""kill -9 at random moments: no job is lost, none is delivered twice, every film is what it would have been.

    python bench/kill9.py --jobs 200 --kills 500 --workers 2

Tiny films in modes draw and text, by a model of toy size with random weights (`--model` takes another). Workers are
processes of their own, killed with SIGKILL while they work, until so many have died and every job is done; where jobs
run out first, the same are asked for again. Then each film's bytes are compared with those of a process that nobody
killed, one film after the other.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path

import torch

from filmloom.checkpoints.folder import save_model
from filmloom.serve.executors import LocalExecutor
from filmloom.serve.store import Store
from filmloom.serve.table import JobTable, open_table
from filmloom.serve.warm import Warm
from filmloom.serve.worker import Worker

ROOT = Path(__file__).parent.parent
LEASE = 1.0
MAX_ATTEMPTS = 1000  # a worker is killed more often here than anybody would try again
LONGEST_PAUSE = 1.0  # between two kills


def toy(folder: Path) -> Path:
    """The model of toy size that the tests of `generate` use."""
    spec = importlib.util.spec_from_file_location("toy_model", ROOT / "tests/generate/conftest.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return save_model(folder, made.toy_parts(), made.RECORD, dtype="float32").path


def requests(num: int, model: str | Path, *, seconds: float, steps: int) -> list[dict]:
    """Three in four with a sampler's state to lose; all different, so that none is another's twin."""
    usual = {"size": "128x72", "seconds": seconds, "fps": 8, "model": str(model)}
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


def run(
    asked: list[dict],
    folder: Path,
    *,
    kills: int,
    workers: int,
    seed: int,
    start: str = "spawn",
    limit: float = 3600.0,
    pause: float = LONGEST_PAUSE,
) -> dict:
    """Make the films under fire, and some of them again while too few workers were killed. → figures."""
    url = f"sqlite:///{folder / 'jobs.sqlite'}"
    table, source, began, num = open_table(url), random.Random(seed), time.monotonic(), 0
    jobs = [table.submit(request, max_attempts=MAX_ATTEMPTS) for request in asked]
    options = {"store": str(folder / "store"), "lease": LEASE, "threads": 1, "spare": 0}
    executor = LocalExecutor(workers, table=url, start=start, longest_wait=0.1, **options)
    with executor:
        while (depth := table.depth())["queued"] + depth["running"] or num < kills:
            assert time.monotonic() - began < limit, f"{depth}, {num} kills after {limit} s"
            if num < kills and depth["queued"] < 2 * workers:
                jobs.append(table.submit(asked[len(jobs) % len(asked)], max_attempts=MAX_ATTEMPTS))
            time.sleep(source.uniform(0, pause) if num < kills else 0.1)
            if num < kills and (pids := at_work(table, executor)):
                num += _killed(source.choice(pids))
    done = [table.get(job.id) for job in jobs]
    found = {"jobs": len(jobs), "kills": num, "workers": workers,
             "seconds": round(time.monotonic() - began, 1), **_counted(table, done)}  # fmt: skip
    found["digests"] = [job.digest for job in done]
    table.close()
    return found


def at_work(table: JobTable, executor: LocalExecutor) -> list[int]:
    """Processes that hold a job: a worker's name is machine:process:device."""
    running, _ = table.list(states=("running",), limit=1000)
    return sorted({int(job.lease_owner.split(":")[1]) for job in running} & set(executor.pids))


def _killed(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _counted(table: JobTable, jobs: list) -> dict:
    kinds: dict[str, list[str]] = {job.id: [] for job in jobs}
    after = 0
    while events := table.events(after=after):
        for event in events:
            kinds[event.job].append(event.kind)
        after = events[-1].number
    return {
        "lost": sum(job.state != "done" for job in jobs),
        "delivered_twice": sum(heard.count("done") > 1 for heard in kinds.values()),
        "attempts": sum(heard.count("claimed") for heard in kinds.values()),
        "most_attempts_of_one_job": max(job.attempts for job in jobs),
    }


def judged(found: dict, digests: list[str], store: Store) -> dict:
    """The figures, with how many films are, byte for byte, what they would have been."""
    made = found.pop("digests")
    found["different"] = sum(one != digests[i % len(digests)] for i, one in enumerate(made))
    found["films_missing"] = sum(not store.result_path(f"results/{d[:2]}/{d}.mp4").exists() for d in made if d)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.25, help="of each film: two windows of the toy model")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--model", default="", help="default: a toy with random weights")
    parser.add_argument("--start", default="forkserver", choices=("spawn", "forkserver"))
    parser.add_argument("--limit", type=float, default=6 * 3600.0, help="seconds after which it is given up")
    parser.add_argument("--output", type=Path, default=ROOT / "bench/results/kill9.json")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="filmloom-kill9-"))
    model = options.model or toy(folder / "toy")
    asked = requests(options.jobs, model, seconds=options.seconds, steps=options.steps)
    (folder / "fire").mkdir()
    limits = {"kills": options.kills, "workers": options.workers, "seed": options.seed, "limit": options.limit}
    found = run(asked, folder / "fire", start=options.start, **limits)
    found = judged(found, undisturbed(asked, folder / "alone"), Store(folder / "fire/store", spare=0))
    found |= {"command": f"python bench/kill9.py --jobs {options.jobs} --kills {options.kills} --seed {options.seed}"}
    options.output.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    shutil.rmtree(folder)
    if found["lost"] or found["delivered_twice"] or found["different"] or found["films_missing"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
