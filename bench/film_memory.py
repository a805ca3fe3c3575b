"""Peak memory of a long film beside a short one, per mode, through `make` and through `stream`: each in a new process.

    python bench/film_memory.py [--seconds 4 20] [--size 1280x720] [--mode draw plan text]

Prints a table and writes bench/results/film_memory.json. A film is a stream: its length must not show in its memory.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path

PROMPT = "a girl in a red dress dancing under a cherry tree, petals in the breeze"
RESULTS = Path(__file__).parent / "results" / "film_memory.json"
WAYS = {
    "make": "filmloom.make(prompt, **fields)",
    "stream": "film = filmloom.load('mini')\nfor chunk in film.stream(filmloom.Request(prompt=prompt, **fields)): pass",
}
CODE = """
import json, sys, time
import filmloom
prompt, fields = json.loads(sys.argv[1])
started = time.monotonic()
{way}
from filmloom.core.machine import peak_memory
peak = peak_memory() / 2**20
print(json.dumps({{"peak_mib": round(peak), "seconds": round(time.monotonic() - started, 1)}}))
"""


def main() -> None:
    chosen = parsed()
    rows = [measured(mode, way, chosen) for mode in chosen.mode for way in WAYS]
    print(table(rows, chosen.seconds))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"command": " ".join(sys.argv), "machine": machine(), "rows": rows}, indent=1) + "\n")


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--seconds", type=float, nargs=2, default=[4.0, 20.0])
    made.add_argument("--size", default="1280x720")
    made.add_argument("--mode", nargs="+", default=["draw", "plan", "text"])
    return made.parse_args()


def measured(mode: str, way: str, chosen: argparse.Namespace) -> dict:
    films = [film(way, {"mode": mode, "seconds": s, "size": chosen.size, "seed": 7}) for s in chosen.seconds]
    short, long = (one["peak_mib"] for one in films)
    return {"mode": mode, "way": way, "films": films, "ratio": round(long / short, 3)}


def film(way: str, fields: dict) -> dict:
    """One film in a process of its own → peak resident memory and seconds."""
    code = CODE.format(way=WAYS[way])
    done = subprocess.run([sys.executable, "-c", code, json.dumps([PROMPT, fields])], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> dict:
    import torch

    return {"machine": platform.machine(), "python": platform.python_version(), "torch": torch.__version__}


def table(rows: list[dict], seconds: list[float]) -> str:
    heads = f"| mode | by | {seconds[0]:g} s | {seconds[1]:g} s | ratio |\n|---|---|---|---|---|\n"
    return heads + "".join(
        f"| {row['mode']} | {row['way']} | {row['films'][0]['peak_mib']} MiB | {row['films'][1]['peak_mib']} MiB"
        f" | {row['ratio']:.2f} |\n"
        for row in rows
    )


main()
