"""A finished film in the form that a place asks for: web, social, broadcast, archive. Presets are data; one writer.

    extras = Extras(sounds=(Sound(audio, "en"),), chapters=(Chapter(Fraction(0), "Dawn"),))
    report = deliver("film.mp4", chunks, preset="hevc", size=size, rate=Fraction(24), extras=extras)

Chunks are uint8 [f, h, w, 3] RGB in full range. YUV is BT.709 in limited range and tagged so; RGB is tagged as RGB. The
file is written hidden beside its place and renamed when whole. `web` holds the coded pictures of finishing/mp4.py.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import shutil
import tempfile
import wave
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.core.types import Audio, Size
from filmloom.finishing import mp4
from filmloom.finishing.chapters import Chapter, container_chapters
from filmloom.finishing.label import MOVFLAGS
from filmloom.finishing.lines import TAG, isolated
from filmloom.finishing.mp4 import AAC_BITS, AAC_FRAME, AUDIO_RATE, BT709, FULL, LIMITED
from filmloom.finishing.presets import CLOCK, RGB_MATRIX, Preset, check_rate, check_size, find_preset, language_code
from filmloom.finishing.subtitles import ASS_HEAD, Cue, vtt_escaped, write_subtitles

GLOBAL_HEADER = 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
# GIF and WebP play for ever; Matroska's identities are random otherwise, and the same film would have other bytes.
MUXERS = {
    "gif": {"loop": "0"},
    "webp": {"loop": "0"},
    "matroska": {"fflags": "+bitexact"},
    "webm": {"fflags": "+bitexact", "avoid_negative_ts": "disabled"},
}
BATCH = {"aac": AAC_FRAME, "libopus": 960, "flac": 4608}  # samples per coded frame


@dataclass(frozen=True, eq=False)
class Sound:
    """A track of sound; `language` is a code of ISO 639 such as "en" or "deu"."""

    audio: Audio
    language: str = "und"
    title: str = ""


@dataclass(frozen=True)
class Subtitles:
    """A track of cues that a player can switch on."""

    cues: tuple[Cue, ...]
    language: str = "und"
    title: str = ""


@dataclass(frozen=True, eq=False)
class Extras:
    """What goes beside the pictures. `sidecars`: suffixes under which each language's cues are also written."""

    sounds: Sequence[Sound] = ()
    subtitles: Sequence[Subtitles] = ()
    chapters: Sequence[Chapter] = ()
    sidecars: Sequence[str] = ()


@dataclass
class Delivery:
    """What was delivered; `left_out` names what the container has no place for."""

    path: str
    preset: str
    size: str
    rate: str
    num_frames: int = 0
    duration: str = "0"
    left_out: tuple[str, ...] = ()
    sidecars: tuple[str, ...] = ()


def deliver(
    path: str | Path,
    chunks: Iterable[np.ndarray],
    *,
    preset: str | Preset = "web",
    size: Size,
    rate: Fraction,
    extras: Extras | None = None,
    metadata: dict | None = None,
    tags: dict[str, str] | None = None,
    last: Callable[[Path], None] | None = None,
    overwrite: bool = False,
) -> Delivery:
    """Write `chunks` to `path` as the preset says. What cannot be done is refused before the first frame is read."""
    options = {"extras": extras, "metadata": metadata, "tags": tags, "last": last, "overwrite": overwrite}
    with DeliveryWriter(path, preset=preset, size=size, rate=rate, **options) as writer:
        for chunk in chunks:
            writer.write(chunk)
    return writer.report


class DeliveryWriter:
    """`with DeliveryWriter(...) as writer: writer.write(chunk)`: the file appears only when the block ends well.

    `tags` are further entries of the container's metadata; `last` is called with the whole, still hidden file."""

    def __init__(
        self,
        path: str | Path,
        *,
        preset: str | Preset = "web",
        size: Size,
        rate: Fraction,
        extras: Extras | None = None,
        metadata: dict | None = None,
        tags: dict[str, str] | None = None,
        last: Callable[[Path], None] | None = None,
        overwrite: bool = False,
    ):
        self.path, self.size, self.rate, self.overwrite = Path(path), size, Fraction(rate), overwrite
        self.preset = find_preset(preset)
        self.extras, self.metadata, self.tags, self.last = extras or Extras(), metadata or {}, tags or {}, last
        check_delivery(self.preset, size=size, rate=self.rate, extras=self.extras)
        self.report = Delivery(str(path), self.preset.name, str(size), str(self.rate))
        self.report.left_out = tuple(left_out(self.preset, self.extras, self.metadata))

    def __enter__(self) -> DeliveryWriter:
        check_place(self.path, self.preset, overwrite=self.overwrite)
        for beside, _ in sidecar_paths(self.path, self.extras):
            _check_free(beside, overwrite=self.overwrite)
        self._hidden = self.path.with_name(f".{self.path.stem[:80]}.{secrets.token_hex(4)}{self.preset.suffix}")
        kinds = {"pictures": _Pictures, "gif": _Gif}
        with mp4.disk_errors(self.path), self._removed_on_failure():
            self._sink = kinds.get(self.preset.format, _Container)(self)
            self._sink.open(self._hidden)
        return self

    def write(self, chunk: np.ndarray) -> None:
        """Append frames, uint8 [f, height, width, 3], RGB in full range."""
        expected = (self.size.height, self.size.width, 3)
        assert chunk.dtype == np.uint8 and chunk.shape[1:] == expected, f"{chunk.dtype} {chunk.shape}, not {expected}"
        with mp4.disk_errors(self.path):
            for picture in chunk:
                self._sink.write(np.ascontiguousarray(picture), self.report.num_frames)
                self.report.num_frames += 1

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        with self._removed_on_failure():
            if kind is None:
                self._finish()
            else:
                self._sink.abandon()
                _remove(self._hidden)
        if isinstance(error, OSError):
            with mp4.disk_errors(self.path):
                raise error

    def _finish(self) -> None:
        if not self.report.num_frames:
            self._sink.abandon()
            raise RequestError("chunks", 0, "a film has at least one frame", 1)
        with mp4.disk_errors(self.path):
            self._sink.finish(self.report.num_frames)
            self.report.duration = str(self.report.num_frames / self.rate)
            if self.last is not None:
                self.last(self._hidden)
            _publish(self._hidden, self.path, overwrite=self.overwrite)
            self.report.sidecars = tuple(self._sidecars())

    def _sidecars(self) -> Iterable[str]:
        for beside, track in sidecar_paths(self.path, self.extras):
            yield str(write_subtitles(beside, track.cues, overwrite=self.overwrite))

    @contextmanager
    def _removed_on_failure(self):
        try:
            yield
        except BaseException:
            _remove(self._hidden)
            raise


class _Container:
    """Pictures, sound, cues and chapters through libavformat."""

    def __init__(self, film: DeliveryWriter):
        self.film, self.preset, self.rate = film, film.preset, film.rate
        self.tick = Fraction(1, CLOCK[self.preset.format]) if self.preset.format in CLOCK else 1 / self.rate

    def open(self, hidden: Path) -> None:
        import av

        if self.preset.codec == "libsvtav1":
            os.putenv("SVT_LOG", "1")  # errors alone: the library prints its settings on the terminal otherwise
        self.container = av.open(hidden, "w", format=self.preset.format, options=self._muxer_options())
        if self.preset.has_settings:
            comment = json.dumps(self.film.metadata, ensure_ascii=False, sort_keys=True)
            self.container.metadata.update({"comment": comment, **self.film.tags})
        self._add_pictures()
        self.speakers = [_Speaker(self.container, self.preset, sound) for sound in self.film.extras.sounds]
        if self.speakers:
            self.speakers[0].stream.disposition = av.stream.Disposition.default  # Matroska says so of none by itself
        self.texts = [_Text(self.container, self.preset, track) for track in self._soft()]

    def write(self, picture: np.ndarray, number: int) -> None:
        self.container.mux(self.stream.encode(self._frame(picture, number)))
        self._accompany((number + 1) / self.rate, is_end=False)

    def finish(self, num_frames: int) -> None:
        self.container.mux(self.stream.encode(None))
        self._accompany(num_frames / self.rate, is_end=True)
        for speaker in self.speakers:
            speaker.flush()
        if self.film.extras.chapters and self.preset.has_chapters:
            self._add_chapters(num_frames / self.rate)
        self.container.close()

    def _accompany(self, seconds: Fraction, *, is_end: bool) -> None:
        for speaker in self.speakers:
            speaker.heard(seconds, whole_frames=not is_end)
        for text in self.texts:
            text.shown(seconds, is_end=is_end)

    def _add_chapters(self, duration: Fraction) -> None:
        """Now that the end is known. What begins after it is left out, and the report says so."""
        within = [chapter for chapter in self.film.extras.chapters if chapter.start < duration]
        if len(within) < len(self.film.extras.chapters):
            self.film.report.left_out += ("chapters after the end",)
        self.container.set_chapters(container_chapters(within, duration))

    def abandon(self) -> None:
        with suppress(OSError):
            self.container.close()

    def _muxer_options(self) -> dict[str, str]:
        if self.preset.format not in ("mp4", "mov"):
            return MUXERS.get(self.preset.format, {})
        options = {"movflags": MOVFLAGS if self.film.tags else "+faststart"}
        ticks = math.lcm(AUDIO_RATE, self.rate.numerator)  # edit lists count in it: milliseconds would blur the end
        options["movie_timescale"] = str(ticks if ticks < 2**31 else AUDIO_RATE)
        return options

    def _add_pictures(self) -> None:
        self.stream = stream = self.container.add_stream(
            self.preset.codec, rate=self.rate, options=dict(self.preset.options)
        )
        stream.width, stream.height = self.film.size.width, self.film.size.height
        stream.pix_fmt = self.preset.pixels
        context = stream.codec_context
        context.time_base = self.tick
        context.color_primaries = context.color_trc = BT709
        context.colorspace = RGB_MATRIX if self.preset.is_rgb else BT709
        context.color_range = FULL if self.preset.is_rgb else LIMITED
        if self.preset.tag:
            context.codec_tag = self.preset.tag
        if "avcintra" in self.preset.options.get("x264-params", ""):
            context.flags &= ~GLOBAL_HEADER  # its decoders expect the parameter sets before every picture

    def _soft(self) -> Sequence[Subtitles]:
        return self.film.extras.subtitles if self.preset.subtitles else ()

    def _frame(self, picture: np.ndarray, number: int):
        import av

        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        if self.preset.is_rgb:
            frame = frame.reformat(format=self.preset.pixels)
        else:
            named = {"src_colorspace": BT709, "dst_colorspace": BT709, "src_color_range": FULL}
            frame = frame.reformat(format=self.preset.pixels, dst_color_range=LIMITED, **named)
            frame.color_primaries = frame.color_trc = BT709  # prores_ks believes the frame, not its own context
        frame.pts, frame.time_base = round(number / self.rate / self.tick), self.tick
        return frame


class _Speaker:
    """One track of sound, coded up to where the pictures are."""

    def __init__(self, container, preset: Preset, sound: Sound):
        self.container, self.audio, self.batch = container, sound.audio, BATCH.get(preset.sound, AAC_FRAME)
        layout = {1: "mono", 2: "stereo"}[sound.audio.channels]
        self.stream = container.add_stream(preset.sound, rate=AUDIO_RATE, layout=layout)
        if preset.sound in ("aac", "libopus"):
            self.stream.bit_rate = AAC_BITS
        if preset.sound == "flac":
            self.stream.codec_context.format = "s32"
            self.stream.codec_context.options = {"bits_per_raw_sample": "24"}
        if (sound.language, sound.title) != ("und", ""):
            _name(self.stream, preset, sound.language, sound.title)
        self.num = 0

    def heard(self, seconds: Fraction, *, whole_frames: bool) -> None:
        """Code what is heard in the first `seconds`; only whole frames of the coder while pictures still come."""
        import av

        until = int(seconds * AUDIO_RATE + Fraction(1, 2))
        until = until // self.batch * self.batch if whole_frames else until
        while self.num < until:
            num = min(self.batch, until - self.num)
            part = self.audio.samples[:, self.num : self.num + num]
            part = np.clip(np.pad(part, ((0, 0), (0, num - part.shape[1]))), -1, 1)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=self.stream.layout.name)
            frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, self.num, Fraction(1, AUDIO_RATE)
            self.container.mux(self.stream.encode(frame))
            self.num += num

    def flush(self) -> None:
        self.container.mux(self.stream.encode(None))


class _Text:
    """One track of cues, each written once the pictures are past it, so that none outlasts the film."""

    def __init__(self, container, preset: Preset, track: Subtitles):
        self.container, self.codec = container, preset.subtitles
        self.cues = sorted(track.cues, key=lambda cue: (cue.start, cue.end))
        self.stream = container.add_stream(preset.subtitles)
        self.stream.time_base = self.stream.codec_context.time_base = Fraction(1, 1000)
        self.stream.codec_context.subtitle_header = ASS_HEAD.encode()  # libavcodec's text coders do not open without
        _name(self.stream, preset, track.language, track.title)

    def shown(self, seconds: Fraction, *, is_end: bool) -> None:
        while self.cues and (self.cues[0].end <= seconds or is_end):
            cue = self.cues.pop(0)
            if cue.start < seconds:
                shown = replace(cue, end=min(cue.end, seconds))
                self.container.mux(_cue_packet(self.stream, shown, self.codec))


class _Gif(_Container):
    """GIF has 256 colours. All frames are counted for the palette while they wait on the disk, then drawn with it."""

    def open(self, hidden: Path) -> None:
        import av

        self._colours = graph = av.filter.Graph()
        self._counted = graph.add("buffer", _buffer_args(self.film.size, "rgb24", self.tick))
        palette = graph.add("palettegen", "stats_mode=full:reserve_transparent=0")
        self._palette = graph.add("buffersink")
        self._counted.link_to(palette)
        palette.link_to(self._palette)
        graph.configure()
        super().open(hidden)
        self._waiting = tempfile.TemporaryFile(dir=hidden.parent)  # noqa: SIM115 - open between calls

    def write(self, picture: np.ndarray, number: int) -> None:
        import av

        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = number, self.tick
        self._counted.push(frame)
        self._waiting.write(picture.tobytes())

    def finish(self, num_frames: int) -> None:
        import av

        self._counted.push(None)
        graph = av.filter.Graph()
        pictures = graph.add("buffer", _buffer_args(self.film.size, "rgb24", self.tick))
        colours = graph.add("buffer", _buffer_args(Size(16, 16), "bgra", self.tick))
        drawn, out = graph.add("paletteuse", "dither=sierra2_4a:diff_mode=rectangle"), graph.add("buffersink")
        pictures.link_to(drawn, 0, 0)
        colours.link_to(drawn, 0, 1)
        drawn.link_to(out)
        graph.configure()
        palette = self._palette.pull()
        palette.pts, palette.time_base = 0, self.tick
        colours.push(palette)
        colours.push(None)
        for number, picture in enumerate(self._pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(number / self.rate / self.tick), self.tick
            pictures.push(frame)
            self.container.mux(self.stream.encode(self._timed(out.pull(), frame.pts)))
        super().finish(num_frames)
        self._waiting.close()

    def abandon(self) -> None:
        self._waiting.close()
        super().abandon()

    def _pictures(self) -> Iterable[np.ndarray]:
        height, width = self.film.size.height, self.film.size.width
        self._waiting.seek(0)
        while data := self._waiting.read(height * width * 3):
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)

    def _timed(self, frame, pts: int):
        frame.pts, frame.time_base = pts, self.tick
        return frame


class _Pictures:
    """A folder: 000001.png or .exr and so on, WAV per sound track, SRT per subtitle track, delivery.json."""

    def __init__(self, film: DeliveryWriter):
        self.film, self.preset = film, film.preset

    def open(self, hidden: Path) -> None:
        self.folder = hidden
        hidden.mkdir()
        self._encode = _png if self.preset.codec == "png" else _exr_encoder(self.preset, self.film.size)

    def write(self, picture: np.ndarray, number: int) -> None:
        (self.folder / f"{number + 1:06d}.{self.preset.codec}").write_bytes(self._encode(picture))

    def finish(self, num_frames: int) -> None:
        extras, names = self.film.extras, _Names()
        for sound in extras.sounds:
            path = self.folder / names.free(f"sound-{sound.language}", ".wav")
            _write_wav(path, sound.audio, int(num_frames / self.film.rate * AUDIO_RATE + Fraction(1, 2)))
        for track in extras.subtitles:
            write_subtitles(self.folder / names.free(f"subtitles-{track.language}", ".srt"), track.cues)
        told = {
            "preset": self.preset.name, "rate": str(self.film.rate), "size": str(self.film.size),
            "num_frames": num_frames, "settings": self.film.metadata, "tags": self.film.tags,
            "chapters": [{"start": str(chapter.start), "title": chapter.title} for chapter in extras.chapters],
        }  # fmt: skip
        text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
        (self.folder / "delivery.json").write_text(text, encoding="utf-8")

    def abandon(self) -> None:
        """Nothing is open between frames."""


class _Names:
    """Names in a folder; the second of the same gets -2."""

    def __init__(self):
        self.taken: set[str] = set()

    def free(self, stem: str, suffix: str) -> str:
        number, name = 1, stem + suffix
        while name in self.taken:
            number += 1
            name = f"{stem}-{number}{suffix}"
        self.taken.add(name)
        return name


def check_delivery(preset: Preset, *, size: Size, rate: Fraction, extras: Extras) -> None:
    """Refuse what the preset cannot carry, with the nearest that it can."""
    check_size(preset, size)
    check_rate(preset, rate)
    if extras.sounds and not preset.sound:
        raise RequestError("sounds", len(extras.sounds), f"{preset.name} has no sound; leave it out or use web", 0)
    for sound in extras.sounds:
        mp4.checked_audio(sound.audio)
        language_code(sound.language)
    for track in extras.subtitles:
        language_code(track.language)
    for suffix in extras.sidecars:
        if suffix not in ("srt", "vtt", "ass"):
            raise RequestError("sidecars", suffix, "subtitles are written as srt, vtt or ass", "srt")
    starts = [chapter.start for chapter in extras.chapters]
    if starts and (starts[0] != 0 or sorted(set(starts)) != starts):
        good = sorted({Fraction(0), *(start for start in starts if start > 0)})
        raise RequestError("chapters", [str(s) for s in starts], "the first starts at 0, each next one later",
                           [str(start) for start in good])  # fmt: skip


def left_out(preset: Preset, extras: Extras, metadata: dict) -> Iterable[str]:
    """What the preset's container has no place for."""
    if extras.subtitles and not preset.subtitles:
        yield "subtitles"
    if extras.chapters and not preset.has_chapters:
        yield "chapters"
    if not preset.has_languages and any(sound.language != "und" for sound in extras.sounds):
        yield "languages"
    if metadata and not preset.has_settings:
        yield "settings"


def check_place(path: Path, preset: Preset, *, overwrite: bool = False) -> None:
    """Refuse, before any work, a place that could not be written in the end."""
    if path.suffix.lower() != preset.suffix:
        rule = f"{preset.name} is written as {preset.suffix}" if preset.suffix else f"{preset.name} is a folder"
        raise RequestError("output", str(path), rule, str(path.with_suffix(preset.suffix)))
    if preset.suffix and path.is_dir():
        raise RequestError("output", str(path), "it must be a file, not a folder", str(path / f"film{preset.suffix}"))
    if not path.parent.is_dir():
        near = mp4.nearest_folder(path.parent) / path.name
        raise RequestError("output", str(path), f"the folder {path.parent} must exist", str(near))
    _check_free(path, overwrite=overwrite, is_folder=not preset.suffix)
    mp4.try_writing(path.parent, path)


def sidecar_paths(path: Path, extras: Extras) -> list[tuple[Path, Subtitles]]:
    """film.mp4 with English cues: film.en.srt, where players look for it; the second English one film.en-2.srt."""
    names = _Names()
    pairs = [(track, suffix) for track in extras.subtitles for suffix in extras.sidecars]
    return [
        (path.with_name(names.free(f"{path.stem}.{track.language}", f".{suffix}")), track) for track, suffix in pairs
    ]


def linear_light(codes: np.ndarray) -> np.ndarray:
    """R'G'B' in 0..255 to linear light in 0..1 by the inverse of BT.709's curve (Rec. ITU-R BT.709-6, 1.2)."""
    value = np.asarray(codes, np.float64) / 255
    return np.where(value < 0.081, value / 4.5, ((value + 0.099) / 1.099) ** (1 / 0.45)).astype(np.float32)


def _exr_encoder(preset: Preset, size: Size) -> Callable[[np.ndarray], bytes]:
    import av

    table = linear_light(np.arange(256)).astype(np.float16).astype(np.float32)  # to the nearest: the coder cuts off

    def encode(picture: np.ndarray) -> bytes:
        context = av.CodecContext.create("exr", "w")
        context.width, context.height, context.pix_fmt = size.width, size.height, preset.pixels
        context.time_base, context.options = Fraction(1, 25), dict(preset.options)
        frame = av.VideoFrame.from_ndarray(table[picture], format=preset.pixels)
        return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))

    return encode


def _png(picture: np.ndarray) -> bytes:
    import cv2

    return cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 4])[1].tobytes()


def _write_wav(path: Path, audio: Audio, num_samples: int) -> None:
    samples = np.clip(audio.samples[:, :num_samples], -1, 1)
    samples = np.pad(samples, ((0, 0), (0, num_samples - samples.shape[1])))
    codes = np.rint(samples.T.astype(np.float64) * (2**23 - 1)).astype("<i4")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(audio.channels)
        file.setsampwidth(3)
        file.setframerate(AUDIO_RATE)
        file.writeframes(np.ascontiguousarray(codes).view(np.uint8).reshape(-1, 4)[:, :3].tobytes())


def _cue_packet(stream, cue: Cue, codec: str):
    """Coded here: libavcodec's own way goes through ASS, in which braces and backslashes have no lasting escape."""
    import av

    text = isolated("\n".join(cue.lines))
    if codec == "mov_text":
        text = TAG.sub("", text)  # its styles stand in a table of their own
    data = (vtt_escaped(text) if codec == "webvtt" else text).encode()
    packet = av.Packet(len(data).to_bytes(2, "big") + data if codec == "mov_text" else data)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = round(cue.start * 1000)
    packet.duration = round(cue.end * 1000) - packet.pts
    return packet


def _name(stream, preset: Preset, language: str, title: str) -> None:
    if preset.has_languages:
        stream.metadata["language"] = language_code(language, bibliographic=preset.format == "mov")
    if title:
        stream.metadata["handler_name" if preset.format in ("mp4", "mov") else "title"] = title


def _buffer_args(size: Size, pixels: str, tick: Fraction) -> str:
    return f"video_size={size}:pix_fmt={pixels}:time_base={tick.numerator}/{tick.denominator}:pixel_aspect=1/1"


def _check_free(path: Path, *, overwrite: bool, is_folder: bool = False) -> None:
    if path.exists() and not overwrite:
        mp4.refuse_existing(path)
    if is_folder and path.exists() and not (path / "delivery.json").is_file():
        raise RequestError("output", str(path), "only a folder that a delivery made is overwritten", f"{path}-2")


def _publish(hidden: Path, path: Path, *, overwrite: bool) -> None:
    _check_free(path, overwrite=overwrite, is_folder=hidden.is_dir())
    if not (hidden.is_dir() and path.exists()):
        os.replace(hidden, path)
        return
    old = path.with_name(f".{path.name}.{secrets.token_hex(4)}.old")  # a folder cannot replace a full one at once
    os.replace(path, old)
    os.replace(hidden, path)
    shutil.rmtree(old)


def _remove(hidden: Path) -> None:
    if hidden.is_dir():
        shutil.rmtree(hidden)
    else:
        hidden.unlink(missing_ok=True)
