"""Where each second of a film goes, beside the floor that its arithmetic and its bytes set; and the whole command.

    python bench/speed.py [--mode draw text plan] [--seconds 4] [--size 1280x720] [--threads 2] [--runs 3]

The table is taken with the stages one after the other, each made whole before the next begins; `CPU`: seconds of all
threads together, which say more than the clock on a machine that others use. `floor` is what its
multiplications would take at the rate of a large matrix product measured in the same run, and its bytes (each frame
read and written once by every pass that must) at the rate of a large copy. `int8` tells what dynamic 8-bit linears
would gain in the transformer, and their error. Writes bench/results/speed.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "speed.json"
KEY_RATE = 8  # key frames a second, mini's
PROMPT = "a girl in a red dress dancing under a cherry tree"


def main() -> None:
    chosen = parsed()
    whole = {mode: [new_process(mode, chosen) for _ in range(chosen.runs)] for mode in chosen.mode}
    peak, copy = matmul_rate(chosen.threads), copy_rate()
    stages = {mode: clocked(mode, chosen) for mode in chosen.mode}
    num_keys = round(chosen.seconds * KEY_RATE) + 1
    record = {
        "command": " ".join(sys.argv), "machine": f"{platform.machine()}, {chosen.threads} threads", "whole": whole,
        "gflops_per_second": round(peak / 1e9, 1), "gigabytes_per_second": round(copy / 1e9, 2),
        "stages": {mode: floored(rows, peak, copy) for mode, rows in stages.items()},
        "int8": int8(chosen.threads) if "text" in chosen.mode else None,
        "governor": governed(chosen, stages["text"], num_keys) if "text" in chosen.mode else None,
    }  # fmt: skip
    print(table(record))
    chosen.out.parent.mkdir(exist_ok=True)
    chosen.out.write_text(json.dumps(record, indent=1) + "\n")


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--mode", nargs="+", default=["draw", "text", "plan"])
    made.add_argument("--seconds", type=float, default=4.0)
    made.add_argument("--size", default="1280x720")
    made.add_argument("--threads", type=int, default=2)
    made.add_argument("--runs", type=int, default=3, help="of the whole command; 0: stages only")
    made.add_argument("--out", type=Path, default=RESULTS)
    return made.parse_args()


def new_process(mode: str, chosen: argparse.Namespace) -> dict:
    """The command as a user gives it: seconds and peak MiB from start to finished file."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["filmloom", "make", PROMPT, "--mode", mode, "--seconds", str(chosen.seconds), "--size", chosen.size]
        command = [str(Path(sys.executable).parent / command[0]), *command[1:], "-o", f"{folder}/film.mp4"]
        began = time.monotonic()
        done = subprocess.run(["/usr/bin/time", "-f", "%M KB", *command], capture_output=True, text=True)
        spent = time.monotonic() - began
    if done.returncode:
        sys.exit(done.stderr)
    return {"seconds": round(spent, 2), "peak_mib": int(re.search(r"(\d+) KB", done.stderr)[1]) // 1024}


class Clock:
    """Seconds of each stage alone: what it makes is made whole before the next begins, so that nothing runs beside it.

    `wall` and `cpu` (all threads of this process), which do not depend alike on who else uses the machine."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)

    def run(self, name: str, chunks: Iterable) -> Iterator:
        return iter(self.timed(name, lambda: list(chunks)))

    def timed(self, name: str, work):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.wall[name] += time.perf_counter() - wall
        self.cpu[name] += time.process_time() - cpu
        return result


def clocked(mode: str, chosen: argparse.Namespace) -> dict[str, dict]:
    """Stage → wall and CPU seconds, multiplications and bytes moved, of one film in this process."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    import filmloom
    from filmloom.finishing.house import open_house
    from filmloom.generate import stream as streams
    from filmloom.generate.progress import Reporter

    torch.set_num_threads(chosen.threads)
    clock, flops = Clock(), {}
    film = clock.timed("load and check weights", lambda: filmloom.load("mini"))
    request = filmloom.Request(prompt=PROMPT, mode=mode, seconds=chosen.seconds, size=chosen.size, seed=7)
    warm = filmloom.Request(prompt=PROMPT, mode=mode, seconds=0.2, size=chosen.size, seed=7)
    clock.timed("first run of every part", lambda: list(film.stream(warm)))

    def chained(source, stages, *, overlap, stop):
        chunks = clock.run("draw" if mode == "draw" else "key frames", source)
        for stage in stages:
            chunks = clock.run(named(stage), stage(chunk for chunk in chunks))
        return (chunk for chunk in chunks)

    usual, streams.chained = streams.chained, chained
    try:
        stream = clock.timed("plan", lambda: film.stream(request, overlap=False))
        shape = {"size": request.size, "fps": request.rate}
        clock.timed("safety: prompt screened", lambda: open_house().screened(PROMPT))
        frames = list(stream)
        audio = clock.timed("sound", stream.sound)
        frames = clock.run("mark", open_house().finished(iter(frames), stream.settings, **shape))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.mp4"
            writer = open_house().writer(path, stream.settings, **shape, report=lambda: {}, audio=audio)
            clock.timed("encode, label, close", lambda: encoded(writer, frames))
    finally:
        streams.chained = usual
    if mode != "draw":
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            film.stream(request, overlap=False).skeleton()
        flops["key frames"] = counter.get_total_flops()
    if mode == "text":
        from filmloom.generate.enlarge import Enlarger

        text = film.encode_text([PROMPT])
        with FlopCounterMode(display=False) as counter:
            Enlarger(film.part("upsampler"), text.pooled, request.size, 1, Reporter()).picture(
                torch.zeros(1, 3, 72, 128)
            )
        keys = round(chosen.seconds * film.geometry.fps) + 1
        flops["enlarge"] = counter.get_total_flops() * keys
    pixels = request.size.width * request.size.height * request.num_frames * 3
    rows = {"interpreter, imports": {"seconds": imported(), "flops": 0, "bytes": 0}}
    for name, seconds in clock.wall.items():
        moved = PASSES.get(name, 0) * pixels
        rows[name] = {"seconds": seconds, "cpu": clock.cpu[name], "flops": flops.get(name, 0), "bytes": moved}
    return rows


# Bytes a colour value, read and written, of a film's frames in a stage.
PASSES = {"draw": 8, "warp and mix": 14, "lay over sketch": 6, "mark": 3, "encode, label, close": 2}


def encoded(writer, frames: Iterable) -> None:
    with writer:
        for chunk in frames:
            writer.write(chunk)


def imported() -> float:
    """Seconds of a new process that imports what a film needs and ends."""
    needed = "import av, cv2, filmloom.generate.pipeline, filmloom.finishing.house, filmloom.cli.make"
    return timed(lambda: subprocess.run([sys.executable, "-c", needed], check=True))


def governed(chosen: argparse.Namespace, stages: dict[str, dict], film_keys: int) -> dict:
    """The governor's counts by this run: everything but the network's steps, in forwards."""
    import torch

    import filmloom
    from filmloom.generate.governor import calibrated
    from filmloom.generate.governor import timed as second_call

    film = filmloom.load("mini")
    stream = film.stream(filmloom.Request(prompt=PROMPT, mode="text", seconds=chosen.seconds, size=chosen.size, seed=7))
    skeleton = stream._skeleton(None)
    forward = second_call(skeleton.forward, clock=time.process_time)
    latent = torch.zeros_like(skeleton.noise(0))
    decode = second_call(lambda: list(skeleton.pictures(0, latent, None)), clock=time.process_time)
    spent = {name: row.get("cpu", row["seconds"]) for name, row in stages.items()}
    per_key = decode / min(film.geometry.frames, film_keys) + (spent["enlarge"] + spent["interpolate"]) / film_keys
    width, height = map(int, chosen.size.split("x"))
    frames = spent["warp and mix"] + spent["mark"] + spent["encode, label, close"]
    megapixels = width * height * round(30 * chosen.seconds) / 1e6
    keys, pixels = calibrated(forward, per_key=per_key, per_megapixel=frames / megapixels)
    return {"forward": round(forward, 4), "forwards_per_key": keys, "forwards_per_megapixel": pixels}


NAMES = {
    "Enlarger": "enlarge", "Interpolation": "interpolate", "pictures": "warp and mix", "residuals": "change of sketch",
    "finished_sketch": "lay over sketch", "_counted": "count", "_pictures": "warp and mix",
}  # fmt: skip


def named(stage) -> str:
    function = getattr(stage, "func", stage)
    name = getattr(function, "__name__", type(stage).__name__)
    return NAMES.get(name, name)


def floored(rows: dict[str, dict], peak: float, copy: float) -> dict[str, dict]:
    found = {}
    for name, row in rows.items():
        floor = max(row["flops"] / peak, row["bytes"] / copy)
        found[name] = {
            "seconds": round(row["seconds"], 3), "cpu": round(row.get("cpu", row["seconds"]), 3),
            "gflop": round(row["flops"] / 1e9, 1), "gigabytes": round(row["bytes"] / 1e9, 2), "floor": round(floor, 3),
        }  # fmt: skip
    return found


def matmul_rate(threads: int) -> float:
    """Operations per second of a product of 1,440 tokens with a wide layer, float32: what this machine can at best."""
    import torch

    torch.set_num_threads(threads)
    a, b = torch.randn(1440, 1024), torch.randn(1024, 1024)
    best = min(timed(lambda: a @ b) for _ in range(20))
    return 2 * 1440 * 1024 * 1024 / best


def copy_rate() -> float:
    """Bytes per second, read and written, of a copy that no cache holds."""
    import numpy as np

    one = np.ones(64 << 20, np.uint8)
    other = np.empty_like(one)
    return 2 * one.nbytes / min(timed(lambda: np.copyto(other, one)) for _ in range(10))


def int8(threads: int) -> dict:
    """One forward of the transformer with float32 and with dynamic 8-bit linears: seconds and the error of velocity."""
    import copy
    import warnings

    import torch

    import filmloom

    torch.set_num_threads(threads)
    film = filmloom.load("mini")
    net, text = film.part("transformer"), film.encode_text([PROMPT])
    noise = film.noise(filmloom.Request(prompt=PROMPT))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The router's gate stays exact: it chooses experts, and it is small.
        linears = [n for n, m in net.named_modules() if type(m) is torch.nn.Linear and not n.endswith("gate")]
        plan = dict.fromkeys(linears, torch.ao.quantization.default_dynamic_qconfig)
        small = torch.ao.quantization.quantize_dynamic(copy.deepcopy(net), plan, dtype=torch.qint8)

    def forward(one):
        with torch.no_grad():
            return one(noise, torch.tensor([0.7]), text.tokens, pooled=text.pooled).velocity

    exact, rough = forward(net), forward(small)
    spent = [min(timed(lambda one=one: forward(one)) for _ in range(10)) for one in (net, small)]
    error = ((rough - exact).norm() / exact.norm()).item()
    gain = round(spent[0] / spent[1], 2)
    return {"float32": round(spent[0], 4), "int8": round(spent[1], 4), "gain": gain, "relative_error": round(error, 4)}


def timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(record: dict) -> str:
    lines = [f"{record['gflops_per_second']} GFLOP/s, {record['gigabytes_per_second']} GB/s"]
    for mode, runs in record["whole"].items():
        seconds = sorted(run["seconds"] for run in runs)
        if runs:
            peak = max(run["peak_mib"] for run in runs)
            lines.append(f"\n{mode}: new process to file in {seconds[0]} s, the best of {seconds}; {peak} MiB")
        lines.append(f"\n| {mode} | seconds | CPU | GFLOP | GB | floor |\n|---|---|---|---|---|---|")
        for name, row in record["stages"][mode].items():
            seconds = [f"{row[key]:.2f}" for key in ("seconds", "cpu", "floor")]
            figures = (*seconds[:2], row["gflop"], row["gigabytes"], seconds[2])
            lines.append(f"| {name} | {' | '.join(map(str, figures))} |")
    if record["governor"]:
        lines.append(f"\nfor generate/governor.py: {record['governor']}")
    if record["int8"]:
        lines.append(f"\nint8 linears: {record['int8']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
