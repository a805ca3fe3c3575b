"""A worker's memory after hundreds of films of changing shapes is what it was.

    python bench/service_memory.py --jobs 200

One worker in one process makes film after film of mini, in modes draw and text, each in another size, length or rate
than the one before. Memory is read after the first films (models and words are loaded then), and after every tenth of
those that follow, with nothing under way. What counts is what the process itself has in memory (RssAnon): pages of
files, such as libraries, are the system's to take and to bring back. What the C library keeps of freed memory is given
back first (`malloc_trim`): how much that is depends on the order in which threads came and went. All are told.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from filmloom.serve.store import Store
from filmloom.serve.table import JobTable, open_table
from filmloom.serve.warm import Warm
from filmloom.serve.worker import Worker

ROOT = Path(__file__).parent.parent
SIZES = [(16 * i, 9 * i) for i in range(8, 14, 2)]  # 128x72 to 192x108
SECONDS, RATES = (0.25, 0.375, 0.5), (8, 12, 16)
WORDS = ["a red cat walks", "a blue car drives at night", "a dog runs on the beach", "a boat in rain", "a bird flies"]
LIMIT = 0.02


def requests(num: int, seed: int) -> list[dict]:
    """No two after one another have the same shape."""
    source, found = random.Random(seed), []
    while len(found) < num:
        width, height = source.choice(SIZES)
        one = {"size": f"{width}x{height}", "seconds": source.choice(SECONDS), "fps": source.choice(RATES)}
        if found and all(found[-1][name] == value for name, value in one.items()):
            continue
        mode = {"mode": "draw"} if source.random() < 0.5 else {"mode": "text", "steps": source.choice((2, 3))}
        found.append({"prompt": source.choice(WORDS), "seed": len(found), "model": "mini", **one, **mode})
    return found


def memory() -> dict[str, int]:
    """Bytes of this process that are in memory: `resident` all, `own` without pages of files."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    names = {"resident": "VmRSS", "own": "RssAnon"}
    return {name: 1024 * int(lines[field].split()[0]) for name, field in names.items()}


def trimmed() -> dict[str, int]:
    """The same, after what is freed was given back to the system; and what it was before."""
    gc.collect()
    untrimmed = memory()
    ctypes.CDLL(None).malloc_trim(0)
    return memory() | {f"{name}_untrimmed": value for name, value in untrimmed.items()}


def make(worker: Worker, table: JobTable, asked: list[dict]) -> None:
    jobs = [table.submit(request) for request in asked]
    worker.run(threading.Event(), until_idle=True)
    wrong = [one.failure for one in (table.get(job.id) for job in jobs) if one.state != "done"]
    assert not wrong, wrong


def run(num: int, *, warm_up: int, seed: int, folder: Path, told=lambda line: None) -> dict:
    """Memory after the warm-up, and after every tenth of the films that follow."""
    table, store = open_table(folder / "jobs.sqlite"), Store(folder / "store", spare=0)
    worker, asked = Worker(table, store, owner="one", models=Warm(threads=1)), requests(warm_up + num, seed)
    make(worker, table, asked[:warm_up])
    points, part = [{"films": 0, **trimmed()}], max(1, num // 10)
    for first in range(warm_up, len(asked), part):
        told(points[-1])
        make(worker, table, asked[first : first + part])
        points.append({"films": min(first + part, len(asked)) - warm_up, **trimmed()})
    table.close()
    before, after = points[0]["own"], points[-1]["own"]
    return {
        "films": num, "warm_up": warm_up, "shapes": len({(r["size"], r["seconds"], r["fps"]) for r in asked}),
        "before": before, "after": after, "growth": round(after / before - 1, 5), "bytes_per_film": _slope(points),
        "points": points,
    }  # fmt: skip


def _slope(points: list[dict]) -> int:
    """Of a straight line through all points: a leak is the same with every film."""
    films, sizes = ([point[name] for point in points] for name in ("films", "own"))
    return round(statistics.linear_regression(films, sizes).slope)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--warm-up", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=ROOT / "bench/results/service_memory.json")
    options = parser.parse_args()
    folder, began = Path(tempfile.mkdtemp(prefix="filmloom-memory-")), time.monotonic()
    limits = {"warm_up": options.warm_up, "seed": options.seed, "folder": folder}
    found = run(options.jobs, **limits, told=lambda point: print(json.dumps(point), file=sys.stderr, flush=True))
    command = f"python bench/service_memory.py --jobs {options.jobs} --seed {options.seed}"
    found = {"command": command, "seconds": round(time.monotonic() - began, 1), **found}
    options.output.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps({name: value for name, value in found.items() if name != "points"}, indent=1))
    shutil.rmtree(folder)
    if found["growth"] > LIMIT:
        raise SystemExit(f"memory grew by {found['growth']:.1%}; at most {LIMIT:.0%} was to be")


if __name__ == "__main__":
    main()
