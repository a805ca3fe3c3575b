"""Is sound where the picture is, and as loud as it should be? Prints four tables and writes bench/results/sound.json.

    python bench/sound.py [--scenes 200] [--clips 12] [--seed 2026]

exact      effects of drawn scenes: the share heard (a tenth of the effect's peak) within one frame at 30 fps of the
event
picture    moments found in rendered clips by `find_onsets`, against the film set's exact times, beside what as many
moments
           thrown in at random would hit
loudness   soundtracks brought to -14 and -23 LUFS, measured again by ffmpeg's filter ebur128
time       seconds for one minute in stereo
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from filmloom.core.types import Audio, Size
from filmloom.finishing.sound.effects import EFFECTS
from filmloom.finishing.sound.loudness import normalised
from filmloom.finishing.sound.match import Cue, ambience_of, cues
from filmloom.finishing.sound.mix import RATE, soundtrack
from filmloom.finishing.sound.onsets import find_onsets
from filmloom.world.events import events
from filmloom.world.film import film
from filmloom.world.sample import Repertoire, sample_scene
from filmloom.world.scene import Scene

RESULTS = Path(__file__).parent / "results" / "sound.json"
FPS, SECONDS, SIZE = 30, 3.0, Size(256, 144)
SEEN = ("step", "hop", "jump", "land", "flap", "splash", "whoosh")  # what a picture can show the moment of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--seed", type=int, default=2026)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    found = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}",
        "exact": exact(chosen.scenes, chosen.seed),
        "picture": picture(chosen.clips, chosen.seed),
        "loudness": loudness(chosen.seed),
        "time": minute(),
    }
    print(json.dumps(found, indent=1))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def scenes(seed: int) -> Iterator[Scene]:
    dice, repertoire = np.random.default_rng(seed), Repertoire.full()
    while True:
        yield sample_scene(dice, repertoire, split="any", seconds=SECONDS)


def cues_of(scene: Scene) -> list[Cue]:
    ends = {index: subject.end for index, subject in enumerate(scene.subjects) if subject.end is not None}
    kinds = [subject.kind for subject in scene.subjects]
    return cues(events(scene), subjects=kinds, setting=scene.setting, ends=ends)


def exact(count: int, seed: int) -> dict:
    late = []
    for scene, _ in zip(scenes(seed), range(count)):
        for cue in cues_of(scene):
            sound = np.abs(soundtrack([cue], {}, scene.seconds, seed=scene.seed).samples[0])
            loud = np.flatnonzero(sound > 0.1 * 10 ** (EFFECTS[cue.effect].level / 20) * cue.strength * 0.5**0.5)
            late.append(loud[0] / RATE - cue.time if len(loud) else math.inf)
    within = np.mean(np.abs(late) <= 1 / FPS)
    return {"scenes": count, "effects": len(late), "within_one_frame": round(float(within), 4)}


def picture(count: int, seed: int) -> dict:
    rows = []
    for scene in scenes(seed):
        true = np.array([e.time for e in events(scene) if e.kind in SEEN and 0.1 < e.time < SECONDS - 0.1])
        if len(scene.subjects) != 1 or not len(true):
            continue
        found = find_onsets(film(scene, SIZE, FPS, round(SECONDS * FPS), workers=1), FPS)
        rows.append(_row(scene, true, np.array([onset.time for onset in found])))
        print(rows[-1], flush=True)
        if len(rows) == count:
            break
    mean = lambda name: round(float(np.mean([row[name] for row in rows])), 3)  # noqa: E731
    names = ("within_one_frame", "within_two_frames", "one_frame_by_chance")
    good = round(float(np.mean([row["within_one_frame"] >= 0.8 for row in rows])), 3)
    return {"clips": len(rows), **{name: mean(name) for name in names}, "clips_with_four_fifths": good, "rows": rows}


def _row(scene: Scene, true: np.ndarray, found: np.ndarray) -> dict:
    apart = np.abs(true[:, None] - found).min(1) if len(found) else np.full(len(true), math.inf)
    share = lambda frames: round(float(np.mean(apart <= frames / FPS + 1e-9)), 3)  # noqa: E731
    return {
        "what": f"{scene.subjects[0].kind} {scene.subjects[0].action}, {scene.setting}, {scene.camera.move}",
        "events": len(true), "found": len(found), "within_one_frame": share(1), "within_two_frames": share(2),
        "one_frame_by_chance": round(1 - (1 - 2 / FPS / SECONDS) ** len(found), 3),
    }  # fmt: skip


def loudness(seed: int, count: int = 6) -> dict:
    worst = {}
    loud = (s for s in scenes(seed) if cues_of(s))
    films = [scene for scene, _ in zip(loud, range(count))]
    for target in (-14.0, -23.0):
        errors, tops = [], []
        for scene in films:
            beds = ambience_of(scene.setting, weather=scene.weather, time=scene.time)
            out, _, _ = normalised(soundtrack(cues_of(scene), beds, scene.seconds, seed=scene.seed), target)
            level, peak = foreign_meter(out)
            errors.append(abs(level - target))
            tops.append(peak)
        worst[f"{target:g} LUFS"] = {
            "films": count,
            "worst_error_lu": round(max(errors), 3),
            "highest_dbtp": round(max(tops), 2),
        }
    return worst


def foreign_meter(audio: Audio) -> tuple[float, float]:
    """Integrated LUFS and dBTP by ffmpeg's ebur128."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=audio.rate, format="fltp", layout="stereo", time_base=f"1/{audio.rate}")
    meter, sink = graph.add("ebur128", "peak=true:metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio.samples), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts = audio.rate, 0
    graph.push(frame)
    graph.push(None)
    peak, told = 0.0, {}
    while True:
        try:
            told = sink.pull().metadata
        except (av.EOFError, av.BlockingIOError):
            return float(told["lavfi.r128.I"]), 20 * math.log10(peak)
        peak = max(peak, float(told["lavfi.r128.true_peak"]))


def minute() -> dict:
    steps = [Cue(0.5 * k, "step_grass") for k in range(120)]
    start = time.process_time()
    made = soundtrack(steps, {"birds": 1.0, "breeze": 1.0}, 60)
    middle = time.process_time()
    normalised(made, -14)
    return {"soundtrack_cpu_s": round(middle - start, 2), "normalised_cpu_s": round(time.process_time() - middle, 2)}


if __name__ == "__main__":
    main()
