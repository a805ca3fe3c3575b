"""Pictures between key frames: mini's interpolator, OpenCV's flow, blending and repetition against exact renders.

    python bench/experiments/between.py [--clips 96] [--picture 256x144]

Random scenes of the full world at 32 frames a second. One picture of each clip is made from two key frames on either
side of it, 2, 4, 8 or 16 frames apart (at 32 frames a second: 16, 8, 4 or 2 key frames a second): the middle one, which
is the hardest. PSNR over the whole picture, where it moves (more than half a pixel a frame at x4, from exact flow),
and where what is seen is hidden in one of the key frames: there ghosts live. Seeds are disjoint sets of clips.
Writes bench/results/experiment_between.json and docs/images/experiments/between.jpg.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from harness import PICTURES, Figures, arguments, differences, measured, seconds, sheet, table, written

from filmloom.core.random import generator
from filmloom.core.types import Size
from filmloom.data.film_set import to_bytes
from filmloom.finishing.flow import FlowBetween
from filmloom.finishing.frame_rate import blended
from filmloom.generate.motion import interpolator
from filmloom.world.draw import draw
from filmloom.world.sample import Repertoire, sample_batch

FPS = 32
SPACINGS = (2, 4, 8, 16)
Between = Callable[[np.ndarray, np.ndarray, float], np.ndarray]  # uint8 [h, w, 3] twice, share → uint8 [h, w, 3]


@dataclass(frozen=True)
class Case:
    """`truth` and the key frames `a`, `b` around it at one spacing, uint8 [h, w, 3]; where it moves; what is hidden in
    a, and in b."""

    truth: np.ndarray
    a: np.ndarray
    b: np.ndarray
    moving: np.ndarray
    hidden: np.ndarray
    title: str


def main() -> None:
    made = arguments(__doc__, "between")
    made.add_argument("--clips", type=int, default=96)
    made.add_argument("--picture", default="256x144")
    chosen = made.parse_args()
    torch.set_num_threads(chosen.threads)
    cv2.setNumThreads(chosen.threads)
    size, num = Size.parse(chosen.picture), chosen.clips // len(chosen.seeds)
    films = {seed: cases(seed, num, size) for seed in chosen.seeds}
    ways = {
        "repeat": repeated, "blend": blended, "opencv": FlowBetween(), "opencv, sided": sided,
        "mini": interpolator(chosen.start), "mini at 128": interpolator(chosen.start, width=128),
    }  # fmt: skip
    arms = {name: lambda seed, way=way: scored(films[seed], way) for name, way in ways.items()}
    found = measured(arms, chosen.seeds, chosen.keep)
    for what in ("psnr", "moving psnr", "hidden psnr"):
        print(what, table(found, [f"x{k} {what}" for k in SPACINGS], digits=2), sep="\n")
    sheet(PICTURES / "between.jpg", ghosts([c for seed in films for c in films[seed][8]], ways))
    first = films[chosen.seeds[0]][8][0]
    cost = {name: 1000 * seconds(lambda way=way: way(first.a, first.b.copy(), 0.5)) for name, way in ways.items()}
    written(
        chosen.output, clips=num * len(chosen.seeds), size=str(size), fps=FPS, found=found,
        differences=differences(found, "blend"), beside_opencv=differences(found, "opencv"),
        milliseconds_of_one_picture=cost,
    )  # fmt: skip


def repeated(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    return a if share < 0.5 else b


def sided(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """OpenCV's flow as in `FlowBetween`; what only one key frame shows is taken from that one.

    Where the motion there and back does not return, a pixel of a is hidden in b (Sundaram et al., ECCV 2010, eq. 5)."""
    forth, back = FlowBetween()._flows(a, b)
    to_a = -(1 - share) * share * forth + share * share * back
    to_b = (1 - share) ** 2 * forth - share * (1 - share) * back
    only_a, only_b = fetched(alone(forth, back), to_a), fetched(alone(back, forth), to_b)
    from_a = (1 - share) * (1 - only_b) * (1 + 9 * only_a)
    from_b = share * (1 - only_a) * (1 + 9 * only_b)
    weight = (from_a + 1e-3 * (1 - share)) / (from_a + from_b + 1e-3)
    return cv2.blendLinear(fetched(a, to_a), fetched(b, to_b), weight, 1 - weight)


def alone(there: np.ndarray, back: np.ndarray) -> np.ndarray:
    """1 where a pixel has no counterpart, softly."""
    returned = there + fetched(back, there)
    strength = 0.01 * ((there**2).sum(-1) + (back**2).sum(-1)) + 0.5
    return cv2.GaussianBlur(np.clip((returned**2).sum(-1) / strength - 0.5, 0, 1), (0, 0), 1.0)


def fetched(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


# --- Clips


def cases(seed: int, num: int, size: Size) -> dict[int, list[Case]]:
    """Of `num` clips, by spacing."""
    found: dict[int, list[Case]] = {spacing: [] for spacing in SPACINGS}
    for number in range(0, num, 2):
        rng = generator("between", seed, number)
        scenes = sample_batch(rng, Repertoire.full(), 2, split="any")
        middle = float(rng.uniform(0.6, 3.4))
        for spacing, pair in walked(scenes, middle, size).items():
            found[spacing] += pair
    return found


def walked(scenes: list, middle: float, size: Size) -> dict[int, list[Case]]:
    """Times run middle, a, middle, b for each spacing: exact flow and occlusion from the picture to its key frames."""
    steps = np.array([[0, -k / 2, 0, k / 2] for k in SPACINGS]).ravel()
    drawing = draw(scenes, middle + steps / FPS, size, labels=True)
    frames = to_bytes(drawing.video).permute(0, 2, 3, 4, 1).numpy()
    valid, hidden = drawing.valid[:, 0].numpy(), drawing.occluded[:, 0].numpy()
    pace = drawing.flow.norm(dim=1).numpy()
    found = {}
    for i, spacing in enumerate(SPACINGS):
        to_a, to_b = 4 * i, 4 * i + 2
        found[spacing] = [
            Case(
                frames[n, to_a], frames[n, to_a + 1], frames[n, to_b + 1],
                # Half a pixel a frame is 1 pixel over two frames: one set of pixels for every spacing.
                (np.maximum(pace[n, 4], pace[n, 6]) > 1.0),
                (hidden[n, to_a] & valid[n, to_a]) | (hidden[n, to_b] & valid[n, to_b]),
                f"{scenes[n].subjects[0].kind} {scenes[n].subjects[0].action}, {scenes[n].camera.move}",
            )
            for n in range(len(scenes))
        ]  # fmt: skip
    return found


# --- What is measured


def scored(films: dict[int, list[Case]], way: Between) -> Figures:
    """PSNR of all clips' pixels together, at every spacing."""
    figures = {}
    for spacing, clips in films.items():
        made = [way(clip.a, clip.b, 0.5) for clip in clips]
        errors = [(one.astype(np.float32) - clip.truth) ** 2 for one, clip in zip(made, clips)]
        masks = {"": None, "moving ": [c.moving for c in clips], "hidden ": [c.hidden for c in clips]}
        figures |= {f"x{spacing} {name}psnr": decibels(errors, mask) for name, mask in masks.items()}
        figures[f"x{spacing} worst clip psnr"] = min(decibels([error], None) for error in errors)
        figures[f"x{spacing} hidden share"] = float(np.mean([clip.hidden.mean() for clip in clips]))
    return figures


def decibels(errors: list[np.ndarray], masks: list[np.ndarray] | None) -> float:
    pixels = [error.mean(axis=-1) for error in errors]
    chosen = pixels if masks is None else [error[mask] for error, mask in zip(pixels, masks)]
    every = np.concatenate([one.ravel() for one in chosen])
    return float(10 * np.log10(255**2 / max(every.mean(), 1e-9))) if len(every) else float("nan")


def ghosts(clips: list[Case], ways: dict[str, Between], *, num: int = 6, side: int = 96) -> list[dict[str, np.ndarray]]:
    """Crops around the largest hidden regions at x8, one clip in three: key frames, each way, the render."""
    order = sorted(clips, key=lambda clip: -clip.hidden.sum())
    lines = []
    for clip in order[: 3 * num : 3]:
        y, x = corner(clip.hidden, side)
        cut = (slice(y, y + side), slice(x, x + side))
        shown = {"first key": clip.a, "last key": clip.b} | {
            name: way(clip.a, clip.b, 0.5) for name, way in ways.items() if name != "repeat"
        }
        lines.append({name: doubled(one[cut]) for name, one in (shown | {"render": clip.truth}).items()})
    return lines


def corner(mask: np.ndarray, side: int) -> tuple[int, int]:
    """The window that holds most of a mask."""
    whole = cv2.boxFilter(mask.astype(np.float32), -1, (side, side), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    rows, columns = whole.shape[0] - side + 1, whole.shape[1] - side + 1
    return tuple(int(i) for i in np.unravel_index(whole[:rows, :columns].argmax(), (rows, columns)))


def doubled(image: np.ndarray) -> np.ndarray:
    return image.repeat(2, axis=0).repeat(2, axis=1)


if __name__ == "__main__":
    main()
