"""What a film's length does to it: memory, drift of colour and sharpness, the largest seam; beside drawn films.

    python bench/length.py [--seconds 5 10 30 60] [--mode draw text] [--size 1280x720] [--prompt TEXT ...]

Each film is made in a process of its own and measured as it passes. Prints a table, writes bench/results/length.json.
Mode draw has no windows and no diffusion: it shows what the scene itself does over time. `sharpness drift` is the
trend of log gradient energy; `seam` the largest change that neither motion nor its neighbours explain.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "length.json"
PROMPTS = ("a girl in a red dress dancing under a cherry tree", "a red car driving through the city at night")
COLUMNS = {
    "peak_mib": "peak, MiB", "seconds_spent": "made in, s", "exposure_drift": "exposure, %/s",
    "colour_drift": "colour, %/s",
    "sharpness_drift": "sharpness, %/s", "flicker": "flicker, %", "seam": "seam, levels", "seam_at": "at, s",
}  # fmt: skip


def main() -> None:
    chosen = parsed()
    if chosen.one:
        print(json.dumps(measured(json.loads(chosen.one))))
        return
    rows = []
    for prompt in chosen.prompt:
        for mode in chosen.mode:
            for seconds in chosen.seconds:
                rows.append(alone({"prompt": prompt, "mode": mode, "seconds": seconds, "size": chosen.size, "seed": 7}))
                print(line(rows[-1]), flush=True)
    record = {"command": " ".join(sys.argv), "machine": platform.machine(), "rows": rows}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seconds", type=float, nargs="+", default=[5.0, 10.0, 30.0, 60.0])
    made.add_argument("--mode", nargs="+", default=["draw", "text"])
    made.add_argument("--size", default="1280x720")
    made.add_argument("--prompt", nargs="+", default=list(PROMPTS))
    made.add_argument("--one", help=argparse.SUPPRESS)
    return made.parse_args()


def alone(fields: dict) -> dict:
    """One film in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--one", json.dumps(fields)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measured(fields: dict) -> dict:
    import cv2
    import numpy as np

    import filmloom
    from filmloom.core.machine import peak_memory
    from filmloom.finishing.report import Meter

    began, sharp, rate = time.monotonic(), [], Fraction(30)
    meter = Meter(rate, camera=False)
    with filmloom.load("mini").stream(filmloom.Request(**fields)) as stream:
        for frame in meter(stream):
            grey = cv2.cvtColor(frame[0], cv2.COLOR_RGB2GRAY)
            sharp.append(float(np.log(cv2.Laplacian(grey, cv2.CV_32F).var() + 1e-6)))
    found = meter.measures()
    trend = np.polyfit(np.arange(len(sharp)) / float(rate), sharp, 1)[0]
    names = ("exposure_drift", "colour_drift", "flicker", "seam", "seam_at")
    return {
        **fields, "frames": found.frames, "peak_mib": round(peak_memory() / 2**20),
        "seconds_spent": round(time.monotonic() - began, 1), "sharpness_drift": round(100 * float(trend), 3),
        **{name: round(getattr(found, name), 3) for name in names},
    }  # fmt: skip


def line(row: dict) -> str:
    told = ", ".join(f"{title} {row[name]}" for name, title in COLUMNS.items())
    return f"{row['prompt'][:24]}…, {row['mode']}, {row['seconds']:g} s: {told}"


main()
