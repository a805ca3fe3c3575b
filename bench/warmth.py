"""What is kept warm and what it saves: the first and the second film of a process, prompts, and films that are there.

    python bench/warmth.py --size 320x180 --steps 4

A worker makes the same few films twice over: once with everything kept from film to film (models, encoded prompts), and
once with nothing kept, a new model for each. Every film must be the same to the byte. Then the same requests are asked
for again, which makes no film at all.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from filmloom.core.types import Size
from filmloom.finishing.house import open_house
from filmloom.generate.pipeline import load
from filmloom.serve.desk import Desk
from filmloom.serve.settings import Settings
from filmloom.serve.store import Store
from filmloom.serve.table import open_table
from filmloom.serve.warm import Warm
from filmloom.serve.worker import Worker

ROOT = Path(__file__).parent.parent
PROMPTS = (
    "a red car driving in the rain",
    "a red car driving in the rain",
    "a brown dog running",
    "a brown dog running",
)


def made(folder: Path, asked: list[dict], *, keep: bool) -> tuple[list[str], list[float], dict]:
    """Digests, seconds of each film from claim to end, and what the models counted."""
    table, store = open_table(folder / "jobs.sqlite"), Store(folder / "store", spare=0)
    desk = Desk(table, store, Settings(least_free=0), open_house())
    digests, spent, warm = [], [], Warm(threads=1)
    for request in asked:
        warm = warm if keep else Warm(threads=1)
        job = desk.order(request, key="")()
        began = time.perf_counter()
        Worker(table, store, owner="bench", models=warm).run(threading.Event(), until_idle=True)
        spent.append(time.perf_counter() - began)
        done = table.get(job.id)
        assert done.state == "done", done.failure
        digests.append(done.digest)
    counts = warm.counts() | {"films": table.films()}
    table.close()
    return digests, spent, counts


def again(folder: Path, asked: list[dict]) -> tuple[list[float], dict]:
    """Seconds until a film that is there is answered, and how many were made and how many were there."""
    table, store = open_table(folder / "jobs.sqlite"), Store(folder / "store", spare=0)
    desk, times = Desk(table, store, Settings(least_free=0), open_house()), []
    for request in asked:
        began = time.perf_counter()
        job = desk.order(request, key="")()
        times.append(time.perf_counter() - began)
        assert job.state == "done", "a film that is there is answered at once"
    films = table.films()
    table.close()
    return times, films


def encoding(model: str, prompt: str) -> dict[str, float]:
    """Milliseconds of one prompt through the text encoder, and of the one that is kept."""
    film = load(model, threads=1)
    encoder = film.part("text_encoder")
    film.prompts.encoded(encoder, "warm up")
    times = []
    for _ in range(2):
        began = time.perf_counter()
        text = film.prompts.encoded(encoder, prompt)
        times.append(1000 * (time.perf_counter() - began))
    fresh = encoder.encode([prompt])
    assert bool((text.tokens == fresh.tokens).all()) and bool((text.pooled == fresh.pooled).all()), "bit for bit"
    return {"first_ms": round(times[0], 3), "kept_ms": round(times[1], 3)}


def run(folder: Path, *, size: str, steps: int, model: str = "mini") -> dict:
    os.environ["FILMLOOM_HOME"] = str(folder)
    told = {"size": str(Size.parse(size)), "seconds": 1.0, "mode": "text", "steps": steps, "silent": True}
    asked = [told | {"prompt": prompt, "seed": seed} for seed, prompt in enumerate(PROMPTS)]
    for name in ("warm", "cold"):
        (folder / name).mkdir()
    digests, warm, counts = made(folder / "warm", asked, keep=True)
    plain, cold, _ = made(folder / "cold", asked, keep=False)
    times, films = again(folder / "warm", asked)
    return {
        "size": size, "steps": steps, "films": len(asked),
        "different_films": sum(a != b for a, b in zip(digests, plain)),
        "first_seconds": round(warm[0], 2), "second_seconds": round(warm[1], 2),
        "second_of_first": round(warm[1] / warm[0], 3), "warm_seconds_mean": round(statistics.mean(warm[1:]), 2),
        "cold_seconds_mean": round(statistics.mean(cold[1:]), 2), "counts": counts,
        "asked_again_ms": round(1000 * statistics.median(times), 1), "films_after": films,
        "prompt": encoding(model, PROMPTS[0]),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--output", type=Path, default=ROOT / "bench/results/warmth.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="filmloom-warmth-") as folder:
        found = run(Path(folder), size=options.size, steps=options.steps)
    found["command"] = f"python bench/warmth.py --size {options.size} --steps {options.steps}"
    options.output.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    if found["different_films"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
