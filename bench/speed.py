"""Where each second of a film goes, beside the floor that its arithmetic and its bytes set; and the whole command.

    python bench/speed.py [--mode draw text plan] [--seconds 4] [--size 1280x720] [--threads 2] [--runs 3]

The table is taken with the stages one after the other, each clocked without what it waits for. `floor` is what its
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
from collections.abc import Iterator
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "speed.json"
PROMPT = "a girl in a red dress dancing under a cherry tree"


def main() -> None:
    chosen = parsed()
    whole = {mode: [new_process(mode, chosen) for _ in range(chosen.runs)] for mode in chosen.mode}
    peak, copy = matmul_rate(chosen.threads), copy_rate()
    stages = {mode: clocked(mode, chosen) for mode in chosen.mode}
    record = {
        "command": " ".join(sys.argv), "machine": f"{platform.machine()}, {chosen.threads} threads", "whole": whole,
        "gflops_per_second": round(peak / 1e9, 1), "gigabytes_per_second": round(copy / 1e9, 2),
        "stages": {mode: floored(rows, peak, copy) for mode, rows in stages.items()},
        "int8": int8(chosen.threads) if "text" in chosen.mode else None,
    }  # fmt: skip
    print(table(record))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--mode", nargs="+", default=["draw", "text", "plan"])
    made.add_argument("--seconds", type=float, default=4.0)
    made.add_argument("--size", default="1280x720")
    made.add_argument("--threads", type=int, default=2)
    made.add_argument("--runs", type=int, default=3)
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
    """Seconds that each stage works itself: what other stages add to theirs meanwhile, they did inside it."""

    def __init__(self) -> None:
        self.own: dict[str, float] = defaultdict(float)

    def run(self, name: str, chunks: Iterator) -> Iterator:
        while True:
            chunk = self.timed(name, lambda: next(chunks, None))
            if chunk is None:
                return
            yield chunk

    def timed(self, name: str, work):
        began, others = time.perf_counter(), sum(self.own.values())
        result = work()
        self.own[name] += time.perf_counter() - began - (sum(self.own.values()) - others)
        return result


def clocked(mode: str, chosen: argparse.Namespace) -> dict[str, dict]:
    """Stage → seconds, multiplications, bytes moved, of one film in this process with nothing beside it."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    import filmloom
    from filmloom.finishing.house import open_house
    from filmloom.finishing.mp4 import Mp4Writer
    from filmloom.generate import stream as streams
    from filmloom.generate.progress import Reporter

    torch.set_num_threads(chosen.threads)
    began = time.perf_counter()
    film = filmloom.load("mini")
    request = filmloom.Request(prompt=PROMPT, mode=mode, seconds=chosen.seconds, size=chosen.size, seed=7)
    list(film.stream(filmloom.Request(prompt=PROMPT, mode=mode, seconds=0.2, size=chosen.size, seed=7)))
    loaded, clock, flops = time.perf_counter() - began, Clock(), {}

    def chained(source, stages, *, overlap, stop):
        chunks = clock.run("draw" if mode == "draw" else "key frames", source)
        for stage in stages:
            chunks = clock.run(named(stage), stage(chunks))
        return chunks

    usual, streams.chained = streams.chained, chained
    try:
        stream, shape = film.stream(request, overlap=False), {"size": request.size, "fps": request.rate}
        frames = clock.run("mark", iter(open_house().finished(iter(stream), stream.settings, **shape)))
        with tempfile.TemporaryDirectory() as folder, Mp4Writer(Path(folder) / "a.mp4", **shape, metadata={}) as writer:
            for chunk in frames:
                clock.timed("encode", lambda chunk=chunk: writer.write(chunk))
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
    passes = {
        "draw": 8,
        "warp and mix": 14,
        "lay over sketch": 6,
        "mark": 3,
        "encode": 2,
    }  # bytes a pixel, read and written
    rows = {"load, first run": {"seconds": loaded, "flops": 0, "bytes": 0}}
    for name, seconds in clock.own.items():
        rows[name] = {"seconds": seconds, "flops": flops.get(name, 0), "bytes": passes.get(name, 0) * pixels}
    return rows


NAMES = {
    "Enlarger": "enlarge", "Interpolation": "interpolate", "pictures": "warp and mix", "residuals": "change of sketch",
    "finished_sketch": "lay over sketch", "_counted": "count",
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
            "seconds": round(row["seconds"], 3), "gflop": round(row["flops"] / 1e9, 1),
            "gigabytes": round(row["bytes"] / 1e9, 2), "floor": round(floor, 3),
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
        seconds, peak = [run["seconds"] for run in runs], max(run["peak_mib"] for run in runs)
        lines.append(f"\n{mode}: new process to file in {min(seconds)} s, the best of {seconds}; {peak} MiB")
        lines.append("| stage | seconds | GFLOP | GB | floor |\n|---|---|---|---|---|")
        for name, row in record["stages"][mode].items():
            figures = (f"{row['seconds']:.2f}", row["gflop"], row["gigabytes"], f"{row['floor']:.2f}")
            lines.append(f"| {name} | {' | '.join(map(str, figures))} |")
    if record["int8"]:
        lines.append(f"\nint8 linears: {record['int8']}")
    return "\n".join(lines)


main()
