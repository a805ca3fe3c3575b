"""Motion of films by diffusion: what lies between key frames, and how much key frames boil; on the same films.

    python bench/motion.py [--mode text plan] [--clips 6] [--seed 0] [--model mini] [--sheet FOLDER]

Each film is one window. Its key frames are made once, and then calmed (`generate/calm.py`) or not; frames between them
are made by search (OpenCV) and by the model's interpolator, at three times the key frames' rate. `flow` and `flicker`
as `filmloom evaluate` measures them; of renders: of the same prompt's Scene. `held back`: PSNR of every second key
frame, made from its neighbours. `sharpness`: gradient energy beside that of the key frames as they came.
Writes bench/results/motion.json; with --sheet, one picture per film and way.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch

from filmloom.core.types import Size
from filmloom.evaluate.cases import cases
from filmloom.evaluate.metrics import dis_flow, flicker, flow_consistency, gradient_energy, motion
from filmloom.generate.calm import calmed
from filmloom.generate.enlarge import Interpolation, Large, blended, learnt, searched
from filmloom.generate.pipeline import load
from filmloom.generate.progress import Reporter
from filmloom.generate.request import Request
from filmloom.generate.window import Key, Timetable, to_uint8

RESULTS = Path(__file__).parent / "results" / "motion.json"
DENSER = 3  # frames to a key frame


def main() -> None:
    chosen = parsed()
    film, rows = load(chosen.model), []
    for mode in chosen.mode:
        world = "reduced" if mode == "text" else "full"
        seconds = film.geometry.frames / film.geometry.fps
        for number, case in enumerate(list(cases(world, chosen.clips, chosen.seed, seconds))[: chosen.clips]):
            rows += measured(film, case, mode, number, chosen)
            write(rows, film)
    print(table(rows))


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--mode", nargs="+", default=["text", "plan"])
    made.add_argument("--clips", type=int, default=6)
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--model", default="mini")
    made.add_argument("--sheet", type=Path)
    return made.parse_args()


def measured(film, case, mode: str, number: int, chosen) -> Iterator[dict]:
    seconds, fps = film.geometry.frames / film.geometry.fps, film.geometry.fps
    request = Request(prompt=case.told.text, mode=mode, seconds=seconds, fps=fps, seed=case.seed)
    stream = film.stream(request, overlap=False)
    raw = list(stream._skeleton(stream.reel if mode == "plan" else None).keys(stream.reporter))
    times = [Fraction(i, fps * DENSER) for i in range((len(raw) - 1) * DENSER + 1)]
    drawn = stream.reel.drawn(times, film.geometry.frame)[0]
    shared = {"mode": mode, "prompt": case.told.text}
    yield shared | {"way": "render", "keys": figures(drawn[:, ::DENSER]), "film": figures(drawn)}
    sharp = energy(pictures(raw))
    for name, keys in (("as they came", raw), ("calmed", list(calmed(key for key in raw)))):
        for label, ways in (("search", searched), ("interpolator", learnt(film.part("interpolator"), film.device))):
            began = time.process_time()
            frames = between(keys, ways, fps)
            spent = (time.process_time() - began) / len(frames)
            video = video_of(frames)
            row = {"way": label, "calm": name, "keys": figures(pictures(keys)), "film": figures(video)}
            row |= {"held_back": held_back(keys, ways), "milliseconds": round(1000 * spent, 1)}
            yield shared | row | {"sharpness": round(energy(pictures(keys)) / sharp, 4)}
            if chosen.sheet:
                sheet(frames, chosen.sheet / f"{mode}-{number}-{label}-{name.replace(' ', '-')}.png")


def between(keys: list[Key], ways, fps: int, denser: int = DENSER) -> list[np.ndarray]:
    size = Size(keys[0].picture.shape[3], keys[0].picture.shape[2])
    table = Timetable((len(keys) - 1) * denser + 1, Fraction(fps * denser), fps, len(keys))
    larges = (Large(Key(i, key.picture), to_uint8(key.picture)) for i, key in enumerate(keys))
    made = Interpolation(ways, table, Reporter(None))(larges)
    return [frame.picture if isinstance(frame, Large) else blended(frame, size) for frame in made]


def held_back(keys: list[Key], ways) -> float:
    """PSNR of key frames 1, 3, 5 ... from those beside them."""
    made = between(keys[::2], ways, 1, denser=2)[1::2]
    errors = [np.square(frame.astype(float) - to_uint8(key.picture)).mean() for frame, key in zip(made, keys[1::2])]
    return round(float(10 * np.log10(255**2 / np.mean(errors))), 2)


def figures(video: torch.Tensor) -> dict:
    moved = motion(video, dis_flow)
    return {"flow": round(flow_consistency(video, moved).error, 3), "flicker": round(flicker(video, moved), 3)}


def pictures(keys: list[Key]) -> torch.Tensor:
    return torch.cat([key.picture for key in keys]).transpose(0, 1)


def video_of(frames: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(frames)).permute(3, 0, 1, 2).float() / 127.5 - 1


def energy(video: torch.Tensor) -> float:
    return gradient_energy(video, torch.ones(video.shape[1:]))


def sheet(frames: list[np.ndarray], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [np.hstack(frames[i : i + DENSER + 1]) for i in range(0, len(frames) - DENSER, 2 * DENSER)][:6]
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])


def means(rows: list[dict], pick) -> float:
    found = [value for row in rows if (value := pick(row)) == value]
    return float(np.mean(found)) if found else float("nan")


def table(rows: list[dict]) -> str:
    lines = [
        "| mode | key frames | between | flicker: keys and film | flow error: keys and film | held back, dB | sharp |",
        "|---|---|---|---|---|---|---|",
    ]
    for mode in dict.fromkeys(row["mode"] for row in rows):
        for calm, way in dict.fromkeys((row.get("calm", ""), row["way"]) for row in rows if row["mode"] == mode):
            some = [r for r in rows if (r["mode"], r.get("calm", ""), r["way"]) == (mode, calm, way)]
            cells = [
                " and ".join(f"{means(some, lambda r, p=part, n=name: r[p][n]):.2f}" for part in ("keys", "film"))
                for name in ("flicker", "flow")
            ]
            tail = [f"{means(some, lambda r, n=n: r.get(n, float('nan'))):.3g}" for n in ("held_back", "sharpness")]
            lines.append(f"| {mode} | {calm} | {way} | {' | '.join(cells + tail)} |")
    return "\n".join(lines)


def write(rows: list[dict], film) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    record = {"command": " ".join(sys.argv), "model_digest": film.folder.digest, "rows": rows}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
