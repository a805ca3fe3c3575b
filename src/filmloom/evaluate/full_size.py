"""Full-size films, each from a new process to a finished file: what a user waits for."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from filmloom.generate.pipeline import Film

FULL_FILMS = 2  # per mode


def full_films(film: Film, prompts: Sequence[str], modes: Sequence[str], folder: Path, **fields: object) -> list[dict]:
    """A few films per mode, 4 s at 1280x720 unless `fields` say otherwise, timed from new process to finished file."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for mode in modes:
        for number, prompt in enumerate(prompts[:FULL_FILMS], 1):
            path = folder / f"{mode}-{number}.mp4"
            asked = {"prompt": prompt, "mode": mode, "model": film.name, "device": str(film.device), **fields}
            found.append(_timed(asked, path))
    return found


_FILM = """
import json, sys
from filmloom.core.machine import peak_memory
from filmloom.generate.pipeline import load
from filmloom.generate.request import Request
asked, path = json.load(sys.stdin)
report = load(asked["model"], asked["device"]).write(Request(**asked), path, overwrite=True)
peak = peak_memory() // 2**20
print(json.dumps({"stages": report["seconds"], "peak_memory_mib": peak}))
"""


def _timed(asked: Mapping, path: Path) -> dict:
    """Seconds from the process's start to its end, its stages and its largest memory."""
    started = time.monotonic()
    told = json.dumps([asked, str(path)])
    done = subprocess.run([sys.executable, "-c", _FILM], input=told, capture_output=True, text=True, check=False)
    spent = time.monotonic() - started
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        return {"mode": asked["mode"], "prompt": asked["prompt"], "failed": "".join(last)}
    told = json.loads(done.stdout.splitlines()[-1])
    return {"mode": asked["mode"], "prompt": asked["prompt"], "file": path.name, "seconds": round(spent, 2), **told}
