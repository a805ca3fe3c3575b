"""What a film's length does to it: memory, drift of colour and sharpness, the largest seam; beside drawn films.

    python bench/length.py [--seconds 5 10 30 60] [--mode draw text] [--size 1280x720] [--prompt TEXT ...]

Each film is made in a process of its own at 30 frames a second and measured as it passes; what is measured already, by
the same weights, is kept, so a run that was stopped goes on. Prints tables, writes bench/results/length.json. Mode
draw has no windows and no diffusion: it shows what the scene itself does over time. `sharpness`: the trend of log
gradient energy. `seam`: the largest change that neither motion nor its neighbours explain. Memory is the process's
peak; asked: that of the longest film at most 1.1 times that of the shortest. The second table sets every mode beside
drawn films of the same prompts and lengths.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from fractions import Fraction
from itertools import product
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
    rows = kept(chosen.out)
    for prompt, mode, seconds in product(chosen.prompt, chosen.mode, chosen.seconds):
        fields = {"prompt": prompt, "mode": mode, "seconds": seconds, "size": chosen.size, "seed": 7}
        key = told(fields)
        if key not in rows:
            rows[key] = alone(fields)
            record = {"command": " ".join(sys.argv), "machine": platform.machine(), "rows": list(rows.values())}
            chosen.out.parent.mkdir(exist_ok=True)
            chosen.out.write_text(json.dumps(record, indent=1) + "\n")
        print(line(rows[key]), flush=True)
    print("\n".join(beside(list(rows.values()))))


def kept(path: Path) -> dict[str, dict]:
    """Rows measured before, by the weights that are there now."""
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    return {told(row): row for row in rows if row.get("model_digest") == digest()}


def told(fields: dict) -> str:
    return json.dumps([fields[name] for name in ("prompt", "mode", "seconds", "size", "seed")])


def digest() -> str:
    from filmloom.checkpoints.folder import open_folder
    from filmloom.generate.request import model_folder

    return open_folder(model_folder("mini")).digest


def beside(rows: list[dict]) -> list[str]:
    """Per mode: how far memory grows, and the worst of every drift beside drawn films'."""
    heads = "| mode | memory, longest to shortest | exposure | colour | sharpness | seam |"
    lines = ["", heads, "|---|---|---|---|---|---|"]
    for mode in dict.fromkeys(row["mode"] for row in rows):
        some, drawn = ([row for row in rows if row["mode"] == one] for one in (mode, "draw"))
        names = ("exposure_drift", "colour_drift", "sharpness_drift", "seam")
        drift = [f"{worst(some, name):.2f} ({worst(drawn, name):.2f} drawn)" for name in names]
        lines.append(f"| {mode} | {grown(some):.2f} | {' | '.join(drift)} |")
    return lines


def worst(rows: list[dict], name: str) -> float:
    return max((abs(row[name]) for row in rows), default=float("nan"))


def grown(rows: list[dict]) -> float:
    """The largest ratio, over prompts, of the longest film's peak memory to the shortest's."""
    ratios = []
    for prompt in dict.fromkeys(row["prompt"] for row in rows):
        lengths = sorted((row["seconds"], row["peak_mib"]) for row in rows if row["prompt"] == prompt)
        ratios.append(lengths[-1][1] / lengths[0][1])
    return max(ratios)


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seconds", type=float, nargs="+", default=[5.0, 10.0, 30.0, 60.0])
    made.add_argument("--mode", nargs="+", default=["draw", "text"])
    made.add_argument("--size", default="1280x720")
    made.add_argument("--prompt", nargs="+", default=list(PROMPTS))
    made.add_argument("--out", type=Path, default=RESULTS)
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
    with filmloom.load("mini").stream(filmloom.Request(**fields, fps=30)) as stream:
        for frame in meter(stream):
            grey = cv2.cvtColor(frame[0], cv2.COLOR_RGB2GRAY)
            sharp.append(float(np.log(cv2.Laplacian(grey, cv2.CV_32F).var() + 1e-6)))
    found = meter.measures()
    trend = np.polyfit(np.arange(len(sharp)) / float(rate), sharp, 1)[0]
    names = ("exposure_drift", "colour_drift", "flicker", "seam", "seam_at")
    return {
        **fields, "model_digest": digest(), "frames": found.frames, "peak_mib": round(peak_memory() / 2**20),
        "seconds_spent": round(time.monotonic() - began, 1), "sharpness_drift": round(100 * float(trend), 3),
        **{name: round(getattr(found, name), 3) for name in names},
    }  # fmt: skip


def line(row: dict) -> str:
    told = ", ".join(f"{title} {row[name]}" for name, title in COLUMNS.items())
    return f"{row['prompt'][:24]}…, {row['mode']}, {row['seconds']:g} s: {told}"


if __name__ == "__main__":
    main()
