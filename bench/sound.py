"""Is sound where the picture is, and as loud as it should be? Prints four tables and writes bench/results/sound.json.

    python bench/sound.py [--scenes 200] [--clips 60] [--seed 2026]

exact      effects of drawn scenes: the share heard (a tenth of the effect's peak) within one frame at 30 fps of the
           event
picture    moments found in the pictures alone of drawn clips with one subject, against the film set's exact times:
           mini's finder and the one that knows no weights, on combinations that training saw and on held-out ones.
           A found moment and an event belong together within a thirtieth of a second, one to one. A clip is right when
           four fifths of its events are found and four fifths of what is found are events; whole when all are.
loudness   soundtracks brought to -14 and -23 LUFS, measured again by ffmpeg's filter ebur128
time       seconds for one minute in stereo
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
from collections.abc import Iterable, Iterator
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
from filmloom.generate.onsets import onset_finder
from filmloom.world.draw import draw
from filmloom.world.events import events, visible
from filmloom.world.sample import Repertoire, sample_scene
from filmloom.world.scene import Scene

RESULTS = Path(__file__).parent / "results" / "sound.json"
FPS, SECONDS, SIZE = 30, 3.0, Size(256, 144)
EDGE = 0.1  # seconds at either end that are not judged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--clips", type=int, default=60)
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


def scenes(seed: int, split: str = "any") -> Iterator[Scene]:
    dice, repertoire = np.random.default_rng(seed), Repertoire.full()
    while True:
        yield sample_scene(dice, repertoire, split=split, seconds=SECONDS)


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
    finders = {"mini's finder": onset_finder(), "without weights": find_onsets}
    return {split: judged(clips(split, count, seed), finders) for split in ("seen", "unseen")}


def clips(split: str, count: int, seed: int) -> Iterator[tuple[Scene, np.ndarray, np.ndarray]]:
    """Scenes of one subject, their pictures uint8 [F, h, w, 3], and when something can be seen to happen."""
    for scene in scenes(seed, split):
        true = np.array([event.time for event in visible(scene, 0) if is_inside(event.time)])
        if len(scene.subjects) == 1 and len(true):
            drawn = draw([scene], np.arange(round(SECONDS * FPS)) / FPS, SIZE).video[0]
            yield scene, drawn.add(1).mul(127.5).round().byte().permute(1, 2, 3, 0).numpy(), true
            count -= 1
        if not count:
            return


def is_inside(time: float) -> bool:
    """Away from the clip's ends, where half of the movement is missing."""
    return EDGE < time < SECONDS - EDGE


def judged(drawn: Iterable, finders: dict) -> dict:
    rows: dict[str, list[dict]] = {name: [] for name in finders}
    for scene, pictures, true in drawn:
        for name, find in finders.items():
            found = np.array([onset.time for onset in find([pictures], FPS) if is_inside(onset.time)])
            rows[name].append(row(scene, true, found))
        print(*(one[-1] for one in rows.values()), sep="\n", flush=True)
    return {name: {**told(found), "by_action": by_action(found), "rows": found} for name, found in rows.items()}


def row(scene: Scene, true: np.ndarray, found: np.ndarray) -> dict:
    subject, matched = scene.subjects[0], pairs(true, found, 1 / FPS + 1e-9)
    return {
        "what": f"{subject.kind} {subject.action}, {scene.setting}, {scene.camera.move}", "action": subject.action,
        "events": len(true), "found": len(found), "matched": matched,
        "within_two_frames": pairs(true, found, 2 / FPS + 1e-9),
        "by_chance": round(1 - (1 - 2 / FPS / (SECONDS - 2 * EDGE)) ** len(found), 3),
    }  # fmt: skip


def pairs(true: np.ndarray, found: np.ndarray, apart: float) -> int:
    """How many moments can be paired off, each with one of the other list no further `apart`: in order is best."""
    i = j = matched = 0
    while i < len(true) and j < len(found):
        near = abs(true[i] - found[j]) <= apart
        matched += near
        i, j = i + (near or true[i] < found[j]), j + (near or found[j] <= true[i])
    return matched


def told(rows: list[dict]) -> dict:
    """Shares over all events (recall, precision), and of clips."""
    events, found, matched = (sum(row[name] for row in rows) for name in ("events", "found", "matched"))
    right = [min(row["matched"] / row["events"], row["matched"] / max(1, row["found"])) for row in rows]
    share = lambda value: round(float(value), 3)  # noqa: E731
    return {
        "clips": len(rows), "clips_right": share(np.mean([r >= 0.8 for r in right])),
        "clips_whole": share(np.mean([r == 1 for r in right])), "events": events, "recall": share(matched / events),
        "recall_by_chance": share(np.mean([row["by_chance"] for row in rows])),
        "precision": share(matched / max(1, found)),
        "recall_within_two_frames": share(sum(row["within_two_frames"] for row in rows) / events),
    }  # fmt: skip


def by_action(rows: list[dict]) -> dict:
    names = sorted({row["action"] for row in rows})
    groups = {name: told([row for row in rows if row["action"] == name]) for name in names}
    kept = ("clips", "clips_right", "events", "recall", "precision")
    return {name: {key: found[key] for key in kept} for name, found in groups.items()}


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
