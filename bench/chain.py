"""A minute of film through every finisher: seconds of each stage, memory, and what plain FFmpeg takes for the same.

    python bench/chain.py [--seconds 60] [--size 1280x720] [--beside 2] [--output FILE]

The film: scenes of the film set at 24 frames a second, shaken, flickering and drifting in light, H.264, with sound.
Then `finish`: 24 to 30 frames a second, steadied, deflickered, levelled, graded, a LUT, subtitles burned in, loudness
-14 LUFS, watermark, visible label, H.264, AIGC label, C2PA signature, report. The whole film and a quarter of it, each
in a process of its own: memory that grows with the film would show. Seconds are processor time, so that a busy machine
does not count: of the chain's own thread per stage, and of all threads (x264, decoder) together.

FFmpeg's filters get the first `--beside` seconds of the same film, where ffmpeg is installed, on one thread; what
decoding alone takes is subtracted. Both columns are milliseconds for a frame of the result. Writes
bench/results/chain.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

from filmloom.core.machine import peak_memory
from filmloom.core.random import generator
from filmloom.core.types import Audio, Size
from filmloom.finishing.authority import Signer, create_authority
from filmloom.finishing.chain import Finish, finish
from filmloom.finishing.change import Move
from filmloom.finishing.flow import FlowBetween
from filmloom.finishing.house import House
from filmloom.finishing.mp4 import write_mp4
from filmloom.finishing.provenance import Trust
from filmloom.finishing.safety import load_policy
from filmloom.finishing.stopwatch import Stopwatch
from filmloom.world.film import film
from filmloom.world.sample import Repertoire, sample_scene

RESULTS = Path(__file__).parent / "results" / "chain.json"
FPS, DRAWN = Fraction(24), 48  # frames of the drawn part, shown forth and back
GRADE = "film"
# What FFmpeg has for a stage. Its stabiliser of one pass stands beside ours of one pass.
BESIDE = {
    "frame rate": "minterpolate=fps=30:mi_mode=mci",
    "steady": "deshake",
    "deflicker": "deflicker",
    "lut": "lut3d={folder}/look.cube",
    "subtitles": "subtitles={folder}/words.srt",
    "sound": "loudnorm=I=-14:TP=-1",
}


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seconds", type=float, default=60)
    made.add_argument("--size", default="1280x720")
    made.add_argument("--beside", type=float, default=2)
    made.add_argument("--output", default=RESULTS)
    made.add_argument("--film", type=Path, help=argparse.SUPPRESS)  # the inner process: finish this film
    made.add_argument("--part", type=float, default=1, help=argparse.SUPPRESS)
    chosen = made.parse_args()
    cv2.setNumThreads(1)
    if chosen.film:
        print(json.dumps(finished(chosen.film)))
        return
    with tempfile.TemporaryDirectory() as folder:
        record = measured(Path(folder), chosen)
    for name, row in record["milliseconds_per_frame"].items():
        print(f"{name:12} {row['filmloom']:8.1f} {row.get('ffmpeg', ''):>8}")
    print({name: record[name] for name in ("whole", "quarter", "slowest")})
    Path(chosen.output).parent.mkdir(exist_ok=True)
    Path(chosen.output).write_text(json.dumps(record, indent=1) + "\n")


def measured(folder: Path, chosen: argparse.Namespace) -> dict:
    size, seconds = Size.parse(chosen.size), chosen.seconds
    runs = {}
    for name, length in (("whole", seconds), ("quarter", seconds / 4)):
        place = folder / name
        place.mkdir()
        write_film(place, size, length)
        command = [sys.executable, __file__, "--film", place / "in.mp4"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        runs[name] = json.loads(done.stdout.splitlines()[-1])
    whole, beside = runs["whole"], by_ffmpeg(folder / "whole", min(chosen.beside, seconds))
    rows = {name: {"filmloom": round(1000 * spent / whole["frames"], 2)} for name, spent in whole["seconds"].items()}
    for name, spent in beside.items():
        rows[name]["ffmpeg"] = round(1000 * spent / (30 * min(chosen.beside, seconds)), 2)
    ours = {name: spent for name, spent in whole["seconds"].items() if name not in ("read", "encode")}
    return {
        "command": " ".join(sys.argv), "seconds": seconds, "size": str(size), "opencv": cv2.__version__,
        "ffmpeg": version(), "milliseconds_per_frame": rows, "slowest": max(ours, key=ours.get), **runs,
    }  # fmt: skip


def finished(source: Path) -> dict:
    """The whole chain; seconds by stage and in all, and the most memory the process held, in MiB."""
    folder, flow = source.parent, FlowBetween()
    certificates = create_authority(folder / "keys")
    trust = Trust(signer=Signer.from_files(certificates.certificates, certificates.key), visible="AI-generated")
    wished = Finish(
        fps=Fraction(30), steady="crop", deflicker=True, level=True, grade=GRADE, lut=folder / "look.cube",
        subtitles=folder / "words.srt", burn=True, loudness=-14.0,
    )  # fmt: skip
    before, began = peak_memory(), time.process_time()
    made = {"between": flow, "among": flow.among, "watch": Stopwatch(time.thread_time)}
    report = finish(source, folder / "out.mp4", wished, **made, house=House(trust, load_policy(None)))
    frames = report["measures"]["after"]["frames"]
    return {
        "frames": frames, "seconds": report["seconds"], "all_threads": round(time.process_time() - began, 2),
        "peak_mib": round(peak_memory() / 2**20), "before_mib": round(before / 2**20),
    }  # fmt: skip


def write_film(folder: Path, size: Size, seconds: float) -> None:
    """in.mp4, words.srt and look.cube."""
    num, rng = round(seconds * FPS), generator("chain bench", 0)
    scene = sample_scene(rng, Repertoire.full(), split="any", seconds=2)
    drawn = np.concatenate(list(film(scene, size, float(FPS), min(DRAWN, num), workers=1)))
    order = islice(cycle([*range(len(drawn)), *reversed(range(len(drawn)))]), num)
    tone = 0.1 * np.sin(2 * np.pi * 330 * np.arange(round(seconds * 48_000)) / 48_000).astype(np.float32)
    chunks = (faulty(drawn[i], n / num, rng)[None] for n, i in enumerate(order))
    write_mp4(folder / "in.mp4", chunks, size=size, fps=FPS, metadata={}, audio=Audio(np.stack([tone, tone])))
    cues = (
        f"{i + 1}\n{stamp(4 * i)} --> {stamp(4 * i + 3)}\nLine number {i + 1}\n" for i in range(int(seconds) // 4 + 1)
    )
    (folder / "words.srt").write_text("\n".join(cues))
    axis = np.linspace(0, 1, 33)
    table = np.stack(np.meshgrid(axis, axis, axis, indexing="ij")[::-1], -1).reshape(-1, 3) ** 1.1  # red runs fastest
    rows = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in table)
    (folder / "look.cube").write_text(f"LUT_3D_SIZE 33\n{rows}\n")


def faulty(picture: np.ndarray, at: float, rng: np.random.Generator) -> np.ndarray:
    """Shaken by about a hundredth of the width, flickering by 4 %, warmer as the film goes on."""
    size = picture.shape[1], picture.shape[0]
    move = Move(*rng.normal(0, 0.01 * size[0], 2), rng.normal(0, 0.004))
    shaken = cv2.warpAffine(picture, move.matrix(*size), size, borderMode=cv2.BORDER_REFLECT)
    gain = np.exp(rng.normal(0, 0.04) + at * np.array([0.1, 0.0, -0.1]))
    return np.clip(np.rint(shaken * gain), 0, 255).astype(np.uint8)


def stamp(seconds: int) -> str:
    return f"00:{seconds // 60:02d}:{seconds % 60:02d},000"


def by_ffmpeg(folder: Path, seconds: float) -> dict[str, float]:
    """Processor seconds of each filter over the first seconds of the film; none where ffmpeg is not installed."""
    if not shutil.which("ffmpeg"):
        return {}
    decoding = {"v": spent(folder, seconds, "null"), "a": spent(folder, seconds, "anull", "a")}
    found = {}
    for name, words in BESIDE.items():
        kind = "a" if name == "sound" else "v"
        found[name] = max(0.0, spent(folder, seconds, words.format(folder=folder), kind) - decoding[kind])
    return found


def spent(folder: Path, seconds: float, words: str, kind: str = "v") -> float:
    threads = ["-threads", "1", "-filter_threads", "1"]
    source = ["-t", str(seconds), "-i", str(folder / "in.mp4")]
    command = ["ffmpeg", "-v", "error", *threads, *source, "-map", f"0:{kind}:0", f"-{kind}f", words, "-f", "null", "-"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def version() -> str:
    if not shutil.which("ffmpeg"):
        return "not installed"
    return subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True).stdout.split(" Copyright")[0]


if __name__ == "__main__":
    main()
