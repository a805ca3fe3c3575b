"""Files that clients bring: judged by what is in them, never by their names.

A picture is decoded and written anew as PNG, so that nothing else that was in the file stays. A film is opened as the
one container that its first bytes say, which keeps FFmpeg from reading it as a playlist of other files.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from filmloom.core.errors import RequestError
from filmloom.serve.store import Store

MOST_PIXELS, MOST_SIDE, MOST_SECONDS = 40_000_000, 4096, 120
PICTURES = ("PNG", "JPEG", "WEBP")
PICTURE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
RULE = "it must be a PNG, JPEG or WebP picture, or an MP4 or MOV film"


def keep(data: bytes, store: Store, *, field: str = "file") -> str:
    """The name under which the store keeps an upload, once it is known to be what is taken."""
    if is_picture(data):
        return store.upload(as_png(data, field=field), ".png")
    if data[4:8] == b"ftyp":
        check_film(data, field=field)
        return store.upload(data, ".mp4")
    raise RequestError(field, f"{len(data)} bytes", RULE)


def find(name: str, store: Store, *, field: str = "start") -> Path:
    """The file of a name that `keep` gave; nothing else can be named."""
    path = store.upload_path(name)
    if not path.is_file():
        raise RequestError(field, name, "there is no such upload; POST /api/uploads makes one")
    return path


def is_picture(data: bytes) -> bool:
    return data.startswith(PICTURE_STARTS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def as_png(data: bytes, *, field: str = "file") -> bytes:
    """A picture's pixels and nothing else, upright, RGB."""
    from PIL import Image, ImageOps

    wrong = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=PICTURES) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise RequestError(field, f"{picture.width}x{picture.height}", f"at most {MOST_PIXELS} pixels")
                upright = ImageOps.exif_transpose(picture).convert("RGB")
    except wrong as error:
        raise RequestError(field, f"{len(data)} bytes", f"no picture can be read ({type(error).__name__})") from None
    written = io.BytesIO()
    upright.save(written, "PNG", compress_level=1)
    return written.getvalue()


def check_film(data: bytes, *, field: str = "file") -> None:
    """A film's first picture can be read, and its sides and length are within the limits."""
    import av

    try:
        with av.open(io.BytesIO(data), format="mp4") as film:
            stream = film.streams.video[0]
            seconds = (film.duration or 0) / 1_000_000
            if max(stream.width, stream.height) > MOST_SIDE or not 0 <= seconds <= MOST_SECONDS:
                shown = f"{stream.width}x{stream.height}, {seconds:g} s"
                raise RequestError(field, shown, f"at most {MOST_SIDE} pixels a side and {MOST_SECONDS} s")
            next(film.decode(stream))
    except (av.FFmpegError, ValueError, IndexError, StopIteration) as error:
        raise RequestError(field, f"{len(data)} bytes", f"no film can be read ({type(error).__name__})") from None
