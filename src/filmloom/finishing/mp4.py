"""Frames into an MP4: H.264, yuv420p, BT.709 in limited range, exact rational frame rate, index before the data.

It is written hidden beside its place and renamed when whole, so that a partial film never has the final name.
The settings of a film travel inside it as JSON in the comment tag; `read_settings` gives them back.

Sound, where there is any, is AAC at 48 kHz, exactly as long as the pictures: cut, or followed by silence. AAC needs
1024 samples to start; an edit list tells players to skip them, so that sample n is heard at n / 48000 s.
"""

from __future__ import annotations

import errno
import json
import math
import os
import platform
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmloom.core.errors import RequestError, ResourceError, UserError
from filmloom.core.types import Audio, Size
from filmloom.finishing.chapters import Chapter, container_chapters
from filmloom.finishing.label import MOVFLAGS

# x264's AVX-512 code reads memory that nobody wrote (in mbtree, with B frames): a small film made twice differs in some
# frames. Without it, bits are the same each time and on every PC's processor, in the same time.
ASM = ":asm=MMX2,SSE2Fast,SSSE3,SSE4.2,AVX" if platform.machine().lower() in ("x86_64", "amd64") else ""
# x264's bits depend on how many threads cut the work, so the count is fixed. veryfast is the knee of size against time.
X264 = {
    "preset": "veryfast",
    "crf": "17",
    "threads": "2",
    "x264-params": f"colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv{ASM}",
}
BT709 = 1  # the code of BT.709 for primaries, transfer and matrix alike (ITU-T H.273)
LIMITED = 1  # AVCOL_RANGE_MPEG
FULL = 2  # AVCOL_RANGE_JPEG: what RGB is

AUDIO_RATE, AAC_BITS, AAC_FRAME = 48_000, 192_000, 1024


def write_mp4(
    path: Path,
    chunks: Iterable[np.ndarray],
    *,
    size: Size,
    fps: Fraction,
    metadata: dict,
    overwrite: bool = False,
    audio: Audio | Callable[[], Audio] | None = None,
    tags: dict[str, str] | None = None,
    last: Callable[[Path], None] | None = None,
) -> Path:
    """Write `chunks`, each uint8 [f, height, width, 3] RGB, in order to `path`. A chunk that fails leaves no file."""
    options = {"overwrite": overwrite, "audio": audio, "tags": tags, "last": last}
    with Mp4Writer(path, size=size, fps=fps, metadata=metadata, **options) as writer:
        for chunk in chunks:
            writer.write(chunk)
    return Path(path)


class Mp4Writer:
    """`with Mp4Writer(...) as writer: writer.write(chunk)`: the file appears only when the block ends well.

    `audio` may be a function, where sound follows from the pictures: it is asked once all of them are written."""

    def __init__(
        self,
        path: Path,
        *,
        size: Size,
        fps: Fraction,
        metadata: dict,
        overwrite: bool = False,
        audio: Audio | Callable[[], Audio] | None = None,
        tags: dict[str, str] | None = None,
        last: Callable[[Path], None] | None = None,
        chapters: Sequence[Chapter] = (),
    ):
        self.chapters = chapters
        self.path, self.size, self.overwrite = Path(path), size, overwrite
        self.fps = Fraction(fps)
        self.audio = None if callable(audio) else checked_audio(audio)
        self.late_audio = audio if callable(audio) else None
        self.metadata, self.tags, self.last = metadata, tags or {}, last
        self.num_frames = 0

    def __enter__(self) -> Mp4Writer:
        check_output(self.path, overwrite=self.overwrite)
        self._temporary = self.path.with_name(f".{self.path.stem[:80]}.{secrets.token_hex(4)}.mp4")
        with disk_errors(self.path), self._removed_on_failure():
            self._open()
        return self

    def write(self, chunk: np.ndarray) -> None:
        """Append frames, uint8 [f, height, width, 3], RGB in full range."""
        expected = (self.size.height, self.size.width, 3)
        assert chunk.dtype == np.uint8 and chunk.shape[1:] == expected, (
            f"{chunk.dtype} {chunk.shape} is not uint8 [f, {expected}]"
        )
        with disk_errors(self.path):
            for picture in chunk:
                self._container.mux(self._stream.encode(self._frame(picture)))
                self._sound(self._heard(whole_frames=True))

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        with self._removed_on_failure():
            if kind is not None:
                self._abandon()
            else:
                self._finish()
        if isinstance(error, OSError):
            with disk_errors(self.path):
                raise error

    def _open(self) -> None:
        import av

        options = {"movflags": MOVFLAGS if self.tags else "+faststart"}
        # Edit lists count in it: milliseconds would blur the end of sound, and of pictures at rates such as 30000/1001.
        options["movie_timescale"] = str(math.lcm(AUDIO_RATE, self.fps.numerator))
        self._container = av.open(self._temporary, "w", format="mp4", options=options)
        comment = json.dumps(self.metadata, ensure_ascii=False, sort_keys=True)
        self._container.metadata.update({"comment": comment, **self.tags})
        self._stream = stream = self._container.add_stream("libx264", rate=self.fps, options=X264)
        stream.width, stream.height, stream.pix_fmt = self.size.width, self.size.height, "yuv420p"
        stream.codec_context.time_base = 1 / self.fps
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
        if self.audio is not None or self.late_audio is not None:
            layout = {1: "mono", 2: "stereo"}[2 if self.audio is None else self.audio.channels]
            self._speaker = self._container.add_stream("aac", rate=AUDIO_RATE, layout=layout)
            self._speaker.bit_rate = AAC_BITS
            self._num_heard = 0

    def _heard(self, *, whole_frames: bool) -> int:
        """Samples that belong to the frames so far: all of them, or as many as fill the coder's frames."""
        exact = int(self.num_frames / self.fps * AUDIO_RATE + Fraction(1, 2))
        return exact // AAC_FRAME * AAC_FRAME if whole_frames else exact

    def _sound(self, until: int) -> None:
        """Encode the sound up to sample `until`."""
        import av

        while self.audio is not None and self._num_heard < until:
            part = self.audio.samples[:, self._num_heard : min(until, self._num_heard + AAC_FRAME)]
            num = min(AAC_FRAME, until - self._num_heard)
            part = np.clip(np.pad(part, ((0, 0), (0, num - part.shape[1]))), -1, 1)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=self._speaker.layout.name)
            frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, self._num_heard, Fraction(1, AUDIO_RATE)
            self._container.mux(self._speaker.encode(frame))
            self._num_heard += num

    def _frame(self, picture: np.ndarray):
        """RGB by BT.709's matrix: swscale would take BT.601 unless both sides are named."""
        import av

        rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame = rgb.reformat(
            format="yuv420p", src_colorspace=BT709, dst_colorspace=BT709, src_color_range=FULL, dst_color_range=LIMITED
        )
        frame.pts, frame.time_base = self.num_frames, 1 / self.fps
        self.num_frames += 1
        return frame

    def _finish(self) -> None:
        with disk_errors(self.path):
            self._container.mux(self._stream.encode(None))
            self.audio = self.audio if self.late_audio is None else checked_audio(self.late_audio())
            if self.audio is not None:
                self._sound(self._heard(whole_frames=False))
                self._container.mux(self._speaker.encode(None))
            if self.chapters:
                self._container.set_chapters(container_chapters(self.chapters, self.num_frames / self.fps))
            self._container.close()
            if self.path.exists() and not self.overwrite:
                refuse_existing(self.path)
            if self.last is not None:
                self.last(self._temporary)
            os.replace(self._temporary, self.path)

    def _abandon(self) -> None:
        with suppress(OSError):  # closing writes the index; on a full disk that fails again, and the file goes anyway
            self._container.close()
        self._temporary.unlink(missing_ok=True)

    @contextmanager
    def _removed_on_failure(self):
        try:
            yield
        except BaseException:
            self._temporary.unlink(missing_ok=True)
            raise


def checked_audio(audio: Audio | None) -> Audio | None:
    if audio is not None and audio.rate != AUDIO_RATE:
        raise RequestError("audio.rate", audio.rate, f"sound is written at {AUDIO_RATE} Hz; resample it", AUDIO_RATE)
    if audio is not None and audio.channels not in (1, 2):
        raise RequestError("audio.channels", audio.channels, "sound is written in mono or stereo", 2)
    return audio


def check_output(path: Path, *, overwrite: bool = False, expected_bytes: int = 0) -> None:
    """Refuse, before any work, an output that could not be written in the end."""
    path = Path(path)
    folder = path.parent
    if path.suffix.lower() != ".mp4":
        raise RequestError(
            "output", str(path), "films are written as .mp4", str(path.with_suffix(".mp4")) if path.name else "film.mp4"
        )
    if path.is_dir():
        raise RequestError("output", str(path), "it must be a file, not a folder", str(path / "film.mp4"))
    if not folder.is_dir():
        raise RequestError(
            "output", str(path), f"the folder {folder} must exist", str(nearest_folder(folder) / path.name)
        )
    if path.exists() and not overwrite:
        refuse_existing(path)
    try_writing(folder, path)
    if expected_bytes > (free := shutil.disk_usage(folder).free):
        raise ResourceError(
            f"{path} needs about {expected_bytes / 2**20:.0f} MiB and {folder} has {free / 2**20:.0f} MiB free; "
            "free some space or write to another disk."
        )


def estimated_bytes(size: Size, num_frames: int) -> int:
    """A generous estimate, 0.25 bytes per pixel, twice because moving the index to the front rewrites the file."""
    return 2 * (2**20 + size.width * size.height * num_frames // 4)


def read_settings(path: Path) -> dict:
    """The settings that `write_mp4` put into the file."""
    import av

    try:
        with av.open(Path(path)) as container:
            return json.loads(container.metadata["comment"])
    except (KeyError, json.JSONDecodeError):
        raise UserError(f"{path} carries no settings of filmloom.") from None
    except av.FFmpegError as error:
        raise UserError(f"{path} cannot be read as a film ({error}).") from None


def refuse_existing(path: Path) -> None:
    others = (path.with_stem(f"{path.stem}-{number}") for number in range(2, 10_000))
    free = next((str(other) for other in others if not other.exists()), None)
    raise RequestError(
        "output", str(path), "the file exists; choose another name or overwrite it with --overwrite", free
    )


def nearest_folder(folder: Path) -> Path:
    return next((parent for parent in folder.parents if parent.is_dir()), Path.cwd())


def try_writing(folder: Path, path: Path) -> None:
    """Rights, read-only disks and containers disagree with `os.access`; a hidden empty file does not."""
    probe = folder / f".{secrets.token_hex(4)}.part"
    try:
        with disk_errors(path):
            probe.touch(exist_ok=False)
            probe.unlink()
    except OSError as error:
        rule = f"the folder {folder} must be writable ({error.strerror})"
        raise RequestError("output", str(path), rule, str(Path.home() / path.name)) from None


@contextmanager
def disk_errors(path: Path):
    """A full disk, by whatever library it is met, becomes a ResourceError that says so."""
    try:
        yield
    except OSError as error:  # PyAV's errors of the operating system are OSErrors too
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResourceError(
                f"the disk is full while writing {path}; nothing was kept. Free some space and run again."
            ) from error
        raise
