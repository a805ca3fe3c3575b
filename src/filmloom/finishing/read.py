"""Films and pictures from files, as uint8 RGB in full range, in bounded memory.

    with open_film(path) as film:
        film.size, film.rate, film.duration, film.has_audio
        for chunk in film.chunks(8): ...        # [<= 8, h, w, 3]

The file's own matrix and range are honoured; untagged films are taken for BT.709 from 720 lines up and BT.601 below, in
limited range, as players do.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmloom.core.errors import UserError
from filmloom.core.types import Size
from filmloom.finishing.chapters import Chapter, film_chapters

BT709, BT601, LIMITED, FULL = 1, 6, 1, 2  # ITU-T H.273 matrices; libavutil's ranges
UNKNOWN = (0, 2)  # reserved (RGB) and unspecified
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


def open_film(path: str | Path) -> FilmFile:
    """The film at `path`, or UserError; close it, or use it as a context."""
    return FilmFile(path)


class FilmFile:
    """A film on disk. `rate` is its average frame rate, exact; `duration` in seconds, as its frames last."""

    def __init__(self, path: str | Path):
        import av

        self.path = Path(path)
        if not self.path.is_file():
            raise UserError(f"{self.path} does not exist; give the path of a film.")
        try:
            self._container = av.open(str(self.path))
        except (av.FFmpegError, ValueError) as error:
            raise UserError(f"{self.path} cannot be read as a film ({error}).") from None
        if not self._container.streams.video:
            self._container.close()
            raise UserError(f"{self.path} has no pictures; give a film with a video track.")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self.rate = Fraction(self._stream.average_rate or self._stream.guessed_rate or 25)
        self.has_audio = bool(self._container.streams.audio)

    def __enter__(self) -> FilmFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    @property
    def size(self) -> Size:
        """Of the pictures as they are shown."""
        context = self._stream.codec_context
        return Size(context.width, context.height)

    @property
    def num_frames(self) -> int:
        """As the container says, or as its duration implies; 0 where it says neither."""
        if self._stream.frames:
            return self._stream.frames
        return round(self.duration * self.rate)

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        return film_chapters(self._container)

    @property
    def duration(self) -> Fraction:
        """In seconds."""
        if self._stream.duration:
            return self._stream.duration * self._stream.time_base
        return Fraction(self._container.duration or 0, 1_000_000)

    def chunks(self, length: int = 8) -> Iterator[np.ndarray]:
        """All pictures in order, uint8 [<= length, h, w, 3] RGB."""
        held: list[np.ndarray] = []
        for picture, _ in self.timed():
            held.append(picture)
            if len(held) == length:
                yield np.stack(held)
                held = []
        if held:
            yield np.stack(held)

    def timed(self) -> Iterator[tuple[np.ndarray, Fraction]]:
        """Pictures [h, w, 3] and the second at which each is shown, counted from the first."""
        import av

        start = None
        self._container.seek(0)
        try:
            for number, frame in enumerate(self._container.decode(self._stream)):
                time = frame.pts * frame.time_base if frame.pts is not None else number / self.rate
                start = time if start is None else start
                yield rgb(frame), time - start
        except av.FFmpegError as error:
            raise UserError(f"{self.path} is damaged: it can be read only in part ({error}).") from None


def rgb(frame) -> np.ndarray:
    """A decoded frame as uint8 [h, w, 3], RGB in full range, by the matrix and range it is tagged with."""
    matrix = int(frame.colorspace)
    if matrix in UNKNOWN:
        matrix = BT709 if frame.height >= 720 else BT601
    full = int(frame.color_range) == FULL or frame.format.name.startswith(("yuvj", "rgb", "gbr", "bgr"))
    converted = frame.reformat(
        format="rgb24", src_colorspace=matrix, dst_colorspace=BT709,
        src_color_range=FULL if full else LIMITED, dst_color_range=FULL,
    )  # fmt: skip
    return converted.to_ndarray()


def read_picture(path: str | Path) -> np.ndarray:
    """A picture file as uint8 [h, w, 3] RGB, turned as its camera held it; transparency lies on black."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path} does not exist; give the path of a picture.")
    try:
        with Image.open(path) as image:
            turned = ImageOps.exif_transpose(image).convert("RGBA")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise UserError(f"{path} cannot be read as a picture ({error}).") from None
    ground = Image.new("RGBA", turned.size, (0, 0, 0, 255))
    return np.asarray(Image.alpha_composite(ground, turned).convert("RGB"))
