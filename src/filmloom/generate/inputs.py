"""Films and pictures that a request brings along, as the models want them: [1, 3, F, H, W] RGB in [-1, 1]."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from filmloom.core.errors import RequestError
from filmloom.core.types import Size
from filmloom.finishing.read import open_film, read_picture


@dataclass(frozen=True)
class StartFilm:
    """The film a request starts from, at the size and the moments of its key frames."""

    pictures: np.ndarray  # uint8 [num_keys, h, w, 3]

    @classmethod
    def read(cls, path: str | Path, times: Sequence[Fraction], size: Size) -> StartFilm:
        """The picture shown at each of `times`, in seconds and rising. A film that is too short is refused."""
        with open_film(path) as film:
            end, shown = film.duration, film.timed()
            if times and times[-1] > end + 1 / film.rate:
                rule = f"it lasts {float(end):.2f} s, and the film that starts from it needs {float(times[-1]):.2f} s"
                raise RequestError("start", str(path), rule, f"--seconds {float(end):.2f}, or a longer film")
            pictures = [filled(picture, size) for picture in sampled(shown, times)]
        return cls(np.stack(pictures))

    def window(self, first: int, count: int) -> Tensor:
        """Pictures `first` and following; the last one again where the film has ended."""
        numbers = np.minimum(np.arange(first, first + count), len(self.pictures) - 1)
        return to_video(self.pictures[numbers])


def sampled(shown: Iterable[tuple[np.ndarray, Fraction]], times: Sequence[Fraction]) -> Iterable[np.ndarray]:
    """Of pictures with the second each is shown from, the one that is on the screen at each of the rising `times`."""
    wanted, on_screen = list(times), None
    for picture, since in shown:
        while wanted and on_screen is not None and since > wanted[0]:
            yield on_screen
            wanted.pop(0)
        if not wanted:
            return
        on_screen = picture
    for _ in wanted:
        yield on_screen


def first_frame(path: str | Path, size: Size) -> Tensor:
    """A picture as [1, 3, 1, h, w] of `size`."""
    return to_video(filled(read_picture(path), size)[None])


def filled(picture: np.ndarray, size: Size) -> np.ndarray:
    """Scaled to cover `size`, what hangs over cut off evenly: nothing is distorted, no border is left."""
    height, width = picture.shape[:2]
    scale = max(size.width / width, size.height / height)
    wide = (max(size.width, round(width * scale)), max(size.height, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    large = picture if wide == (width, height) else cv2.resize(picture, wide, interpolation=method)
    left, top = (wide[0] - size.width) // 2, (wide[1] - size.height) // 2
    return np.ascontiguousarray(large[top : top + size.height, left : left + size.width])


def to_video(pictures: np.ndarray) -> Tensor:
    """uint8 [F, h, w, 3] → [1, 3, F, h, w] in [-1, 1]."""
    return torch.from_numpy(pictures.copy()).permute(3, 0, 1, 2)[None].float().div_(127.5).sub_(1)
