"""Frame rate, shake, flicker, drift and dropped frames: how much of a known fault is taken out, and what it costs.

    python bench/finishing.py [--clips 12] [--size 320x180] [--seconds 3] [--speed 1280x720]
    python bench/finishing.py --dropped --output bench/results/dropped.json     (dropped frames alone)

Clips of the film set at 16 frames a second, random scenes, coded once as H.264 (CRF 17) where the line says "coded".
Each fault is put in, its finisher run, and the energy of what is left divided by the energy of what was put in. For
shake, flicker and drift that is the energy of the path (camera, light), for frame rate and dropped frames that of the
difference from the exact picture. Frames are dropped at 16 frames a second and at 30, of which films are delivered:
what lies further apart is harder to make. "of all" adds up the energy of every clip. Prints a table and writes
bench/results/finishing.json.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from filmloom.core.random import generator
from filmloom.core.types import Size
from filmloom.finishing.change import Move, View, camera_step, light, seen, smooth, views
from filmloom.finishing.colour import GRADES, Cube, graded, levelled, looked_up
from filmloom.finishing.flow import FlowBetween
from filmloom.finishing.frame_rate import RateReport, blended, held, retimed
from filmloom.finishing.report import Meter
from filmloom.finishing.steady import SIGMA, deflickered, steadied
from filmloom.generate.motion import interpolator
from filmloom.world.film import film
from filmloom.world.sample import Repertoire, sample_scene

RESULTS = Path(__file__).parent / "results" / "finishing.json"
FPS = 16


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--clips", type=int, default=12)
    made.add_argument("--size", default="320x180")
    made.add_argument("--seconds", type=int, default=3)
    made.add_argument("--speed", default="1280x720")
    made.add_argument("--dropped", action="store_true")
    made.add_argument("--output", default=RESULTS)
    chosen = made.parse_args()
    cv2.setNumThreads(1)
    size = Size.parse(chosen.size)
    rows = [row(number, size, chosen.seconds, only_dropped=chosen.dropped) for number in range(chosen.clips)]
    record = {
        "command": " ".join(sys.argv), "clips": chosen.clips, "size": str(size), "seconds": chosen.seconds,
        "opencv": cv2.__version__, "summary": summary(rows), 
        "milliseconds_per_frame": {} if chosen.dropped else speed(Size.parse(chosen.speed)),
        "rows": rows,
    }  # fmt: skip
    for name, value in record["summary"].items():
        print(f"{name:28} {value}")
    print(record["milliseconds_per_frame"])
    RESULTS.parent.mkdir(exist_ok=True)
    Path(chosen.output).write_text(json.dumps(record, indent=1) + "\n")


def row(number: int, size: Size, seconds: int, *, only_dropped: bool = False) -> dict:
    """One scene under every fault."""
    rng = generator("finishing bench", number)
    scene = sample_scene(rng, Repertoire.full(), split="any", seconds=seconds)
    print(number, scene.setting, scene.subjects[0].kind, file=sys.stderr)
    draw = lambda fps: joined(film(scene, size, fps, fps * seconds, workers=1))  # noqa: E731
    clip, exact = draw(FPS), draw(30)
    found = {"kind": scene.subjects[0].kind, "action": scene.subjects[0].action, "move": scene.camera.move}
    found |= {f"{key}, 30 fps": value for key, value in dropped(exact, rng, 30).items()}
    if only_dropped:
        return found | dropped(clip, rng, FPS) | {f"coded {k}": v for k, v in dropped(coded(clip), rng, FPS).items()}
    for name, source in (("", clip), ("coded ", coded(clip))):
        found |= {f"{name}{key}": value for key, value in faults(source, rng).items()}
    found |= {f"16 to 30 {key}": value for key, value in between(clip, exact).items()}
    print(number, found, file=sys.stderr)
    return found


def faults(clip: np.ndarray, rng: np.random.Generator) -> dict:
    """Shares of energy that are left, and how many decibels a clip without the fault keeps."""
    found = {}
    moves = [Move(*rng.normal(0, 0.01 * clip.shape[2], 2), rng.normal(0, 0.006)) for _ in clip]
    for border in ("crop", "fill"):
        out = joined(steadied([shaken(clip, moves)], border=border))
        found[f"shake left, {border}"] = energy(offsets(clip, out)) / energy(offsets(clip, shaken(clip, moves)))
    gains = rng.normal(0, 0.06, (len(clip), 1)) + rng.normal(0, 0.01, (len(clip), 3))
    out = joined(deflickered([lit(clip, gains)]))
    found["flicker left"] = energy(path(out) - path(clip)) / energy(gains)
    gains = np.outer(np.arange(len(clip)) / FPS, rng.uniform(-0.15, 0.05, 3))
    out = path(joined(levelled([lit(clip, gains)]))) - path(clip)
    found["drift left"] = float(np.sum(out**2) / np.sum(gains**2))
    found |= dropped(clip, rng, FPS)
    for name, finisher in (("steadied", steadied), ("deflickered", deflickered), ("levelled", levelled)):
        found[f"clean {name} dB"] = psnr(clip, joined(finisher([clip])))
    found["clean retimed dB"] = psnr(clip, joined(retimed([clip], FPS, FPS, between=FlowBetween())))
    return found


def dropped(clip: np.ndarray, rng: np.random.Generator, fps: int) -> dict:
    """Every tenth frame or so replaced by the one before."""
    lost = [int(i) + int(rng.integers(-2, 3)) for i in range(6, len(clip) - 4, 10)]
    bad = clip.copy()
    for i in lost:
        bad[i] = bad[i - 1]
    if error(bad, clip) < 0.5:
        return {}  # nothing moves
    report, flow = RateReport(), FlowBetween()
    out = joined(retimed([bad], fps, fps, between=flow, among=flow.among, report=report))
    times = [round(i / fps, 6) for i in lost]
    return {
        "dropped left": error(out, clip) / error(bad, clip),
        "dropped energy": error(bad, clip),
        "dropped found": sum(t in report.faults for t in times) / len(lost),
        "dropped false": sum(t not in times for t in [*report.faults, *report.cadence]),
    }


def between(clip: np.ndarray, exact: np.ndarray) -> dict:
    """Squared difference from the exact film at 30, beside showing frames again."""
    ways = {"flow": FlowBetween(), "mini": interpolator(), "blend": blended, "repeat": held}
    made = {name: joined(retimed([clip], FPS, 30, between=way)) for name, way in ways.items()}
    errors = {name: error(frames[:-2], exact[:-2]) for name, frames in made.items()}
    if errors["repeat"] < 0.5:
        return {}
    return {name: errors[name] / errors["repeat"] for name in ("flow", "mini", "blend")}


def summary(rows: list[dict]) -> dict:
    """Median and worst of each figure."""
    names = list(dict.fromkeys(key for one in rows for key, value in one.items() if not isinstance(value, str)))
    found = {}
    for name in names:
        values = np.array([one[name] for one in rows if name in one])
        worst = values.min() if "dB" in name or "found" in name else values.max()
        found[name] = {"median": round(float(np.median(values)), 4), "worst": round(float(worst), 4), "of": len(values)}
    return found | {name: distribution(rows, name) for name in names if "dropped left" in name}


def distribution(rows: list[dict], name: str) -> dict:
    """Of the share that is left: quartiles, in how many clips it is a fifth at most, and of the energy of all clips."""
    left = np.array([one[name] for one in rows if name in one])
    put_in = np.array([one[name.replace("left", "energy")] for one in rows if name in one])
    parts = dict(
        zip(("best", "lower quartile", "median", "upper quartile", "worst"), np.quantile(left, np.arange(5) / 4))
    )
    parts |= {"of all": float((left * put_in).sum() / put_in.sum()), "a fifth at most": float(np.mean(left <= 0.2))}
    return {part: round(float(value), 4) for part, value in parts.items()} | {"of": len(left)}


def speed(size: Size, num: int = 24) -> dict:
    """On one thread, on a clip that is wanting in everything."""
    rng = generator("finishing bench", "speed")
    scene = sample_scene(rng, Repertoire.full(), split="any", seconds=2)
    clip = joined(film(scene, size, FPS, num, workers=1))
    moves = [Move(*rng.normal(0, 0.01 * size.width, 2), rng.normal(0, 0.006)) for _ in clip]
    bad = lit(shaken(clip, moves), rng.normal(0, 0.05, (num, 3)))
    axis = np.linspace(0, 1, 33)
    cube = Cube(np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).astype(np.float32) ** 1.1)
    cube.baked()
    stages = {
        "retimed 16 to 30, flow": lambda: retimed([bad], FPS, 30, between=FlowBetween()),
        "retimed 16 to 30, mini": lambda: retimed([bad], FPS, 30, between=interpolator()),
        "steadied": lambda: steadied([bad]), "deflickered": lambda: deflickered([bad]),
        "levelled": lambda: levelled([bad]), "graded": lambda: graded([bad], GRADES["film"]),
        "looked up": lambda: (cube.baked()[_index(frame)] for frame in bad),
        "looked up, first frames": lambda: looked_up([bad[:4]], cube),
        "measured": lambda: Meter(Fraction(FPS))([bad]),
    }  # fmt: skip
    return {"size": str(size)} | {name: milliseconds(stage, num) for name, stage in stages.items()}


def _index(frame: np.ndarray) -> np.ndarray:
    red, green, blue = (frame[..., i].astype(np.int32) for i in range(3))
    return red << 16 | green << 8 | blue


def milliseconds(stage, num: int) -> float:
    """Processor time of this thread for each frame that goes in."""
    started = time.thread_time()
    for _ in stage():
        pass
    return round(1000 * (time.thread_time() - started) / num, 1)


# --- Faults and what is left of them


def joined(chunks) -> np.ndarray:
    return np.concatenate(list(chunks))


def error(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean((a.astype(np.float32) - b) ** 2))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """99 stands for equality."""
    return round(min(99.0, 10 * np.log10(255**2 / max(error(a, b), 1e-9))), 2)


def shaken(clip: np.ndarray, moves: list[Move]) -> np.ndarray:
    size = clip.shape[2], clip.shape[1]
    move = lambda f, m: cv2.warpAffine(  # noqa: E731
        f, m.matrix(*size), size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    return np.stack([move(f, m) for f, m in zip(clip, moves)])


def lit(clip: np.ndarray, gains: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(clip * np.exp(gains)[:, None, None, :]), 0, 255).astype(np.uint8)


def path(frames: np.ndarray) -> np.ndarray:
    return np.array([one.path for one in light(seen(views([frames])), SIGMA)])


def offsets(clip: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(dx, dy, turn) of frames over the clip's, in pixels half-way to the corner."""
    reach = np.array([1, 1, np.hypot(*clip.shape[1:3]) / 4])
    return np.array([camera_step(View(a), View(b)).as_array()[:3] for a, b in zip(clip, frames)]) * reach


def energy(along: np.ndarray) -> float:
    """Of the fast part of a path."""
    return sum(float(np.sum((along[i] - smooth(along, i, SIGMA)) ** 2)) for i in range(len(along)))


def coded(clip: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "17", "preset": "veryfast", "threads": "1"})
        stream.height, stream.width, stream.pix_fmt = *clip.shape[1:3], "yuv420p"
        for frame in clip:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


if __name__ == "__main__":
    main()
