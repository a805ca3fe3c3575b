"""Any film through the finishers, in the order that helps: time, camera, light, colour, frame, words, marks, delivery.

    report = finish("in.mp4", "out.mp4", Finish(fps=Fraction(30), steady="crop", deflicker=True), between=between)

Each step is a function over a stream, so that a film of any length takes the memory of a few frames. What was measured
before and after, and what each step did, is the report; it goes into the file beside the film.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Audio, Size
from filmloom.finishing.chapters import read_chapters
from filmloom.finishing.colour import DriftReport, grade_named, graded, levelled, looked_up, read_cube
from filmloom.finishing.delivery import DeliveryWriter, Extras, Sound, Subtitles
from filmloom.finishing.frame import framed_size, reframed
from filmloom.finishing.frame_rate import Among, Between, RateReport, aligned, num_frames_at, retimed_by_stamps
from filmloom.finishing.house import House, open_house
from filmloom.finishing.mp4 import read_settings
from filmloom.finishing.presets import Preset, find_preset
from filmloom.finishing.provenance import Edit
from filmloom.finishing.read import FilmFile, open_film
from filmloom.finishing.report import GateError, Meter, gate
from filmloom.finishing.sound.loudness import normalised
from filmloom.finishing.sound.track import read_audio
from filmloom.finishing.steady import FlickerReport, SteadyReport, deflickered, steadied
from filmloom.finishing.stopwatch import Stopwatch
from filmloom.finishing.subtitles import burned, fitted, read_subtitles

Step = Callable[[Iterator[np.ndarray]], Iterator[np.ndarray]]
SIGNED = ("mp4", "mov")  # formats that can carry a signature


@dataclass(frozen=True, kw_only=True)
class Finish:
    """What is done to a film; a field left as it is leaves its step out.

    fps: new frame rate, same duration. steady: crop or fill. level: undo slow drifts of light and colour. grade: a
    preset's name. lut: a .cube file. frame: crop, pad or blur, where the delivery preset asks for another aspect.
    subtitles: a track of that file's cues; burn: drawn into the picture instead. audio: a file's sound in place of
    the film's own, or several as (language, file), of which players take the first. loudness: LUFS, None leaves the
    sound as loud as it is. chapters: a file that lists them, in place of the film's own. gate: a film whose measures
    afterwards do not pass report.Limits is not written.
    """

    fps: Fraction | None = None
    steady: str = ""
    deflicker: bool = False
    level: bool = False
    grade: str = ""
    lut: Path | None = None
    preset: str = "web"
    frame: str = "crop"
    subtitles: Path | None = None
    language: str = "und"
    burn: bool = False
    audio: Path | str | Sequence[tuple[str, Path | str]] | None = None
    loudness: float | None = None
    chapters: Path | None = None
    gate: bool = False

    @property
    def tracks(self) -> tuple[tuple[str, Path], ...]:
        """Language and file of each sound."""
        if isinstance(self.audio, Path | str):
            return ((self.language, Path(self.audio)),)
        return tuple((language, Path(path)) for language, path in self.audio or ())


@dataclass
class _Plan:
    """A film about to be finished: everything checked, nothing read yet."""

    film: FilmFile
    wished: Finish
    preset: Preset
    size: Size
    rate: Fraction
    between: Between
    among: Among | None = None
    is_learned: bool = False
    watch: Stopwatch = field(default_factory=Stopwatch)
    reports: dict[str, object] = field(default_factory=dict)

    def steps(self) -> Iterator[tuple[str, Step]]:
        """From the film's own frames to finished ones, in order: what each is called, and what it does."""
        wished, reports = self.wished, self.reports
        if wished.steady:
            reports["steady"] = SteadyReport()
            yield "steady", lambda chunks: steadied(chunks, border=wished.steady, report=reports["steady"])
        if wished.deflicker:
            reports["deflicker"] = FlickerReport()
            yield "deflicker", lambda chunks: deflickered(chunks, report=reports["deflicker"])
        if wished.level:
            reports["level"] = DriftReport()
            yield "level", lambda chunks: levelled(chunks, report=reports["level"])
        if wished.grade:
            grade = grade_named(wished.grade)
            yield "grade", lambda chunks: graded(chunks, grade)
        if wished.lut:
            cube = read_cube(wished.lut)
            yield "lut", lambda chunks: looked_up(chunks, cube)
        if self.size != self.film.size:
            yield "frame", lambda chunks: reframed(chunks, self.size, how=wished.frame)
        if wished.subtitles and wished.burn:
            cues = self.cues()
            yield "subtitles", lambda chunks: burned(chunks, cues, rate=self.rate, safe=self.preset.safe)

    def cues(self) -> tuple:
        return tuple(fitted(read_subtitles(self.wished.subtitles))[0])

    def frames(self, meter: Meter) -> Iterator[np.ndarray]:
        """Measured, and at the new rate; frames that a recorder lost or repeated are made anew, where that changes."""
        if self.wished.fps is None:
            return self.watch.timed("measure", meter(self.watch.timed("read", self.film.chunks(4))))
        self.reports["frame_rate"] = RateReport()
        own, between = self.film.rate, self.between
        made = {"between": between, "among": self.among, "report": self.reports["frame_rate"]}
        return self.watch.timed("frame rate", retimed_by_stamps(self.stamped(meter), own, self.rate, **made))

    def stamped(self, meter: Meter) -> Iterator[tuple[np.ndarray, Fraction]]:
        """Measured pictures with their times. The meter looks ahead, and hands on every picture in its turn."""
        times: deque[Fraction] = deque()

        def pictures() -> Iterator[np.ndarray]:
            for picture, time in self.watch.timed("read", self.film.timed()):
                times.append(time)
                yield picture[None]

        for chunk in self.watch.timed("measure", meter(pictures())):
            yield chunk[0], times.popleft()

    def extras(self, num_frames: int) -> Extras:
        wished, words = self.wished, ()
        tracks = self.sounds() if self.preset.sound else ()  # a GIF is silent, and nobody who asks for one minds
        sounds = tuple(Sound(self.heard(audio, num_frames), language) for language, audio in tracks)
        if wished.subtitles and not wished.burn:
            words = (Subtitles(self.cues(), wished.language),)
        chapters = read_chapters(wished.chapters) if wished.chapters else self.film.chapters
        return Extras(sounds=sounds, subtitles=words, chapters=chapters if self.preset.has_chapters else ())

    def sounds(self) -> Iterator[tuple[str, Audio]]:
        """Language and sound of each track: those that were given, or the film's own."""
        own = ((self.wished.language, self.film.path),) if self.film.has_audio else ()
        for language, path in self.wished.tracks or own:
            yield language, read_audio(path)

    def heard(self, audio: Audio, num_frames: int) -> Audio:
        """As long as the film, and as loud as asked for."""
        audio = aligned(audio, num_frames, self.rate)
        return audio if self.wished.loudness is None else normalised(audio, self.wished.loudness)[0]

    def edits(self) -> list[Edit]:
        """What the signature says was done."""
        wished = self.wished
        done = {
            f"frame rate {self.film.rate} to {self.rate}": ("c2pa.edited", bool(wished.fps)),
            "camera shake removed": ("c2pa.edited", bool(wished.steady)),
            "flicker removed": ("c2pa.color_adjustments", wished.deflicker),
            "drift of light removed": ("c2pa.color_adjustments", wished.level),
            f"graded: {wished.grade or wished.lut}": ("c2pa.color_adjustments", bool(wished.grade or wished.lut)),
            f"reframed to {self.size}": ("c2pa.cropped", self.size != self.film.size),
            "words drawn into the picture": ("c2pa.edited", bool(wished.subtitles and wished.burn)),
            f"delivered as {self.preset.name}": ("c2pa.transcoded", True),
        }
        return [
            Edit(action, text, is_learned=self.is_learned and "frame rate" in text)
            for text, (action, is_done) in done.items()
            if is_done
        ]


def finish(
    source: str | Path,
    target: str | Path,
    wished: Finish,
    *,
    between: Between,
    among: Among | None = None,
    is_learned: bool = False,
    house: House | None = None,
    on_frame: Callable[[int, int], None] | None = None,
    overwrite: bool = False,
    watch: Stopwatch | None = None,
) -> dict:
    """Finish `source` into `target`; → the report. Refused before the first frame is read, or written whole.

    `between(a, b, share)` makes frames between two, `among` those that were lost (flow.FlowBetween);
    `is_learned`: by a trained model (generate/motion.py), as the signature then says.
    `on_frame(done, of)` after every frame."""
    house, target = house or open_house(), Path(target)
    with open_film(source) as film:
        plan = dataclasses.replace(
            _planned(film, wished, between), among=among, is_learned=is_learned, watch=watch or Stopwatch()
        )
        timed = plan.watch.timed
        num_frames = num_frames_at(film.num_frames, film.rate, plan.rate)
        before, after = Meter(film.rate), Meter(plan.rate)
        settings = _settings(source, plan)
        chunks = plan.frames(before)
        for name, step in plan.steps():
            chunks = timed(name, step(chunks))
        marked = timed("mark", house.finished(chunks, settings, size=plan.size, fps=plan.rate))
        with _writer(plan, target, house, settings, num_frames, (before, after), overwrite) as writer:
            for done, chunk in enumerate(timed("measure", after(marked)), 1):
                with plan.watch.on("encode"):
                    writer.write(chunk)
                if on_frame is not None:
                    on_frame(done, num_frames)
        return _told(plan, before, after) | {"delivery": asdict(writer.report)}


def _planned(film: FilmFile, wished: Finish, between: Between) -> _Plan:
    preset = find_preset(wished.preset)
    rates = preset.rates or (wished.fps or film.rate,)
    if wished.fps is not None and wished.fps not in rates and preset.rates:
        raise RequestError("fps", wished.fps, f"preset {preset.name} is delivered at {rates[0]}", rates[0])
    rate = Fraction(rates[0])
    if rate != film.rate and wished.fps is None:
        wished = dataclasses.replace(wished, fps=rate)
    size = preset.sizes[0] if preset.sizes else film.size
    if preset.aspect and not preset.sizes:
        size = framed_size(film.size, preset.aspect, how=wished.frame)
    if wished.burn and not wished.subtitles:
        raise RequestError("burn", True, "there are no subtitles to burn in", "--subtitles FILE")
    return _Plan(film, wished, preset, size, rate, between)


def _settings(source: str | Path, plan: _Plan) -> dict:
    """The film's own settings, where it has any, and what was done to it now."""
    try:
        kept = read_settings(Path(source))
    except UserError:
        kept = {"made_by": "unknown: it carried no settings of filmloom", "film": Path(source).name}
    kept = {name: value for name, value in kept.items() if name not in ("trust", "watermark", "aigc")}
    done = {f.name: getattr(plan.wished, f.name) for f in dataclasses.fields(Finish)}
    told = {name: str(value) for name, value in done.items() if value not in (None, "", False, ())}
    if "audio" in told:
        told["audio"] = ", ".join(f"{language}={path}" for language, path in plan.wished.tracks)
    return {**kept, "finished": [*kept.get("finished", []), told]}


def _writer(
    plan: _Plan,
    target: Path,
    house: House,
    settings: dict,
    num_frames: int,
    meters: tuple[Meter, Meter],
    overwrite: bool,
) -> DeliveryWriter:
    """Writes as the preset says; gated, signed and told before the film gets its name."""
    papers = house.papers(
        target, settings, size=plan.size, report=lambda: _told(plan, *meters),
        can_sign=plan.preset.format in SIGNED, parent=plan.film.path, edits=plan.edits(),
    )  # fmt: skip
    seal = papers.pop("last")

    def last(part: Path) -> None:
        if plan.wished.gate and (reasons := gate(meters[1].measures()).reasons):
            raise GateError(f"{target.name} does not pass the gate and was not written: {'; '.join(reasons)}.")
        with plan.watch.on("seal"):
            seal(part)

    with plan.watch.on("sound"):
        extras = plan.extras(num_frames)
    return DeliveryWriter(
        target, preset=plan.preset, size=plan.size, rate=plan.rate, extras=extras, last=last,
        overwrite=overwrite, **papers,
    )  # fmt: skip


def _told(plan: _Plan, before: Meter, after: Meter) -> dict:
    """Measures before and after, and what each step did, as plain values."""
    steps = {name: {k: _plain(v) for k, v in asdict(report).items()} for name, report in plan.reports.items()}
    measures = {"before": before.measures().as_record(), "after": after.measures().as_record()}
    return {"measures": measures, "steps": steps, "seconds": plan.watch.seconds}


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Fraction) else value
