"""A worker's memory after hundreds of films of changing shapes is what it was.

    python bench/service_memory.py --jobs 200

One worker in one process makes film after film of mini, in modes draw and text, each in another size, length and rate
than the one before. Resident memory is read after the first films (models and words are loaded then) and at the end,
both times with nothing under way; what the C library keeps of freed memory is given back first (`malloc_trim`), since
how much that is depends on the order in which threads came and went, and it is no leak. Both figures are told.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
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
SIZES = [(16 * i, 9 * i) for i in range(8, 18, 2)]  # 128x72 to 256x144
SECONDS, RATES = (0.25, 0.375, 0.5, 0.75), (8, 12, 16)
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


def resident() -> int:
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def trimmed() -> int:
    """The same, after what is freed was given back to the system."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident()


def make(worker: Worker, table: JobTable, asked: list[dict]) -> None:
    jobs = [table.submit(request) for request in asked]
    worker.run(threading.Event(), until_idle=True)
    wrong = [one.failure for one in (table.get(job.id) for job in jobs) if one.state != "done"]
    assert not wrong, wrong


def run(num: int, *, warm_up: int, seed: int, folder: Path, told=lambda line: None) -> dict:
    """Bytes in memory after the warm-up, and after every tenth of the films that follow."""
    table, store = open_table(folder / "jobs.sqlite"), Store(folder / "store", spare=0)
    worker, asked = Worker(table, store, owner="one", models=Warm(threads=1)), requests(warm_up + num, seed)
    make(worker, table, asked[:warm_up])
    untrimmed, before, points = resident(), trimmed(), []
    for first in range(warm_up, len(asked), max(1, num // 10)):
        make(worker, table, asked[first : first + max(1, num // 10)])
        points.append({"films": min(first + max(1, num // 10), len(asked)) - warm_up, "untrimmed": resident()})
        points[-1]["bytes"] = trimmed()
        told(points[-1])
    table.close()
    return {
        "films": num, "warm_up": warm_up, "shapes": len({(r["size"], r["seconds"], r["fps"]) for r in asked}),
        "before": before, "after": points[-1]["bytes"], "untrimmed": [untrimmed, points[-1]["untrimmed"]],
        "growth": round(points[-1]["bytes"] / before - 1, 5), "bytes_per_film": _slope(points), "points": points,
    }  # fmt: skip


def _slope(points: list[dict]) -> float:
    """Of a straight line through all points: a leak is the same with every film."""
    films, sizes = ([point[name] for point in points] for name in ("films", "bytes"))
    return round(statistics.linear_regression(films, sizes).slope) if len(points) > 1 else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--warm-up", type=int, default=30)
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
    if abs(found["growth"]) > LIMIT:
        raise SystemExit(f"memory changed by {found['growth']:.1%}; at most {LIMIT:.0%} was to be")


if __name__ == "__main__":
    main()
