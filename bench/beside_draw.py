"""What diffusion adds over drawing, and what it costs: modes plan and text beside draw, film by film of the same scene.

    python bench/beside_draw.py [--prompts 4] [--size 1280x720]

Mode draw films a scene at full size, so it is the render that the others are measured by. Of every prompt's scene:
`sharpness`, squared gradient of luma over draw's; `detail`, energy finer than a Gaussian of two pixels, over draw's;
`seeds`, the difference of two seeds of one scene in 8-bit levels (a drawn scene has one form); `moving`, the share of
pixels that flow by more than half a pixel a frame; `words`, how much a phrase that no field of a Scene holds changes
the film, over what "a video of" before it does. Prints a table, writes bench/results/beside_draw.json and a sheet.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import filmloom

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "beside_draw.json"
SHEET = HERE.parent / "docs" / "images" / "beside_draw.jpg"
MODES = ("draw", "plan", "text")
PROMPTS = (
    "a white cat walking on the beach", "a girl in a red dress dancing under a cherry tree",
    "a yellow car driving through the city at night", "a blue bird flying over a meadow",
    "a brown horse running on a farm", "a green robot waving in a snowy forest",
)  # fmt: skip
PHRASES = ("enormous, ", "with a hundred paper lanterns, ", "seen from far above, ", "in slow motion, ", "grainy, ")


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--prompts", type=int, default=4, help=f"how many of the {len(PROMPTS)}")
    made.add_argument("--size", default="1280x720")
    chosen = made.parse_args()
    film, rows, strips = filmloom.load("mini"), [], []
    for prompt in PROMPTS[: chosen.prompts]:
        scene = film.plan(filmloom.Request(prompt=prompt, seed=7, seconds=1)).scene
        films = {mode: [filmed(film, prompt, mode, scene, seed, chosen.size) for seed in (7, 8)] for mode in MODES}
        for mode in MODES:
            rows.append({"prompt": prompt, "mode": mode, **beside(films[mode], films["draw"][0])})
            rows[-1]["words"] = worded(film, prompt, mode, scene)
            print(line(rows[-1]), flush=True)
        strips.append([small(one[15]) for mode in MODES for one in films[mode][: 1 if mode == "draw" else 2]])
    means = {
        mode: {name: mean(row[name] for row in rows if row["mode"] == mode) for name in names(rows)} for mode in MODES
    }
    for mode in MODES:
        print(line({"prompt": "all", "mode": mode, **means[mode]}))
    Image.fromarray(np.vstack([np.hstack(strip) for strip in strips])).save(SHEET, quality=82)
    record = {
        "command": f"python {' '.join(sys.argv)}",
        "model_digest": film.folder.digest,
        "rows": rows,
        "mean": means,
    }
    RESULTS.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def filmed(film, prompt: str, mode: str, scene, seed: int, size: str) -> np.ndarray:
    """One second of a scene in frames [30, h, w, 3]."""
    request = filmloom.Request(prompt=prompt, mode=mode, scene=scene, seed=seed, seconds=1, size=size)
    with film.stream(request) as stream:
        return np.concatenate(list(stream))


def beside(films: list[np.ndarray], drawn: np.ndarray) -> dict[str, float]:
    """A film and its twin of another seed, beside the drawn one."""
    one, twin = films
    sharpness, detail = fine(one), fine(drawn)
    return {
        "sharpness": sharpness[0] / detail[0], "detail": sharpness[1] / detail[1],
        "seeds": float(np.sqrt(np.mean((one[::5].astype(np.float32) - twin[::5]) ** 2))), "moving": moving(one),
    }  # fmt: skip


def fine(frames: np.ndarray) -> tuple[float, float]:
    """Mean squared gradient, and energy finer than a Gaussian of two pixels."""
    gradients, details = [], []
    for frame in frames[::5]:
        luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        gradients.append(sum(float(np.mean(np.diff(luma, axis=axis) ** 2)) for axis in (0, 1)))
        details.append(float(np.mean((luma - cv2.GaussianBlur(luma, (0, 0), 2)) ** 2)))
    return mean(gradients), mean(details)


def moving(frames: np.ndarray) -> float:
    """Share of pixels that flow by more than half a pixel per frame, at 320x180."""
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    greys = [cv2.cvtColor(small(frame), cv2.COLOR_RGB2GRAY) for frame in frames[::3]]
    flows = (flow.calc(before, after, None) / 3 for before, after in pairwise(greys))
    return mean((np.linalg.norm(one, axis=-1) > 0.125).mean() for one in flows)


def worded(film, prompt: str, mode: str, scene) -> float:
    """Change by phrases that no field holds, over the change by a paraphrase; 1 where words say nothing more."""
    plain, same = (keys(film, text, mode, scene) for text in (prompt, f"a video of {prompt}"))
    by_phrases = mean(float((keys(film, phrase + prompt, mode, scene) - plain).square().mean()) for phrase in PHRASES)
    by_paraphrase = float((same - plain).square().mean())
    return (by_phrases / by_paraphrase) ** 0.5 if by_paraphrase else 1.0


def keys(film, prompt: str, mode: str, scene):
    """Key frames [3, F, H, W] of a prompt."""
    with film.stream(filmloom.Request(prompt=prompt, mode=mode, scene=scene, seed=7, seconds=1)) as stream:
        return stream.skeleton()


def small(frame: np.ndarray) -> np.ndarray:
    return cv2.resize(frame, (320, 180), interpolation=cv2.INTER_AREA)


def mean(values) -> float:
    return float(np.mean(list(values)))


def names(rows: list[dict]) -> list[str]:
    return [name for name in rows[0] if name not in ("prompt", "mode")]


def line(row: dict) -> str:
    return f"{row['prompt'][:40]:42}{row['mode']:6}" + "  ".join(f"{name} {row[name]:.2f}" for name in names([row]))


if __name__ == "__main__":
    main()
