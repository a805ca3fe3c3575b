"""What every loaded model does with a stream of frames: keep it, or write it. And that stream's common half."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

import numpy as np

from filmloom.core.machine import peak_memory
from filmloom.core.types import Audio
from filmloom.finishing.chapters import Chapter
from filmloom.finishing.house import open_house
from filmloom.finishing.mp4 import check_output, estimated_bytes
from filmloom.finishing.report import GateError, Meter, gate
from filmloom.generate.clip import Clip, Frames
from filmloom.generate.needs import require_disk
from filmloom.generate.progress import OnProgress, Reporter
from filmloom.generate.request import Request, check

Made = TypeVar("Made")


class Chunks:
    """Chunks of one film being made, uint8 [f, h, w, 3] RGB in order. `settings` and, once it has ended, `report` tell
    of it. Leaving the `with` block, `close()`, or an error in the reader stops every stage."""

    mode = "text"
    hears_itself = False  # whether its sound is known only once its pictures are there

    def __init__(self, request: Request, reporter: Reporter, chunks: Iterator[np.ndarray]):
        self.request, self.reporter, self._chunks = request, reporter, chunks

    def __iter__(self) -> Iterator[np.ndarray]:
        return self

    def __next__(self) -> np.ndarray:
        return next(self._chunks)

    def __enter__(self) -> Chunks:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop, if it has not ended. Returns when every thread has."""
        self.reporter.stop.because()
        self._chunks.close()

    def forget(self) -> None:
        """The film is safe: what was kept to go on from may go."""

    @property
    def settings(self) -> dict:
        """All that is needed to make the film again, and what it is: plain values."""
        raise NotImplementedError

    def sound(self) -> Audio | None:
        """What is heard, as long as the film to the sample; None where nothing is known of it."""
        return None

    @property
    def report(self) -> dict:
        """Seconds that each stage has been at work (they overlap), and the process's largest memory so far."""
        seconds = {stage: round(spent, 2) for stage, spent in self.reporter.seconds.items()}
        return {"seconds": seconds, "peak_memory_mib": round(peak_memory() / 2**20), "mode": self.mode}


def heard(stream: Chunks) -> Audio | None:
    """The film's sound, unless the request wants none."""
    return None if stream.request.silent else stream.sound()


def heard_in_time(stream: Chunks) -> Audio | Callable[[], Audio] | None:
    """The film's sound, or how to have it once the last picture is there."""
    return stream.sound if stream.hears_itself and not stream.request.silent else heard(stream)


@dataclass
class Attempts:
    """What came to the gate: each attempt's seed, whether it passed and why not; measures of the last. Empty where
    there is no gate."""

    gate: str
    tried: list[dict] = field(default_factory=list)
    measures: dict = field(default_factory=dict)

    def watched(self, stream: Chunks) -> Iterator[np.ndarray]:
        """The film, and its verdict at its end: GateError where it does not pass."""
        if self.gate == "off":
            yield from stream
            return
        meter = Meter(stream.request.rate)
        yield from meter(stream)
        measures = meter.measures()
        reasons = gate(measures).reasons
        self.measures = measures.as_record()
        self.tried.append({"seed": stream.request.seed, "passed": not reasons, "reasons": list(reasons)})
        if reasons:
            raise GateError(f"The film does not pass the gate: {'; '.join(reasons)} (tried: {self._seeds()}).")

    def told(self, report: dict) -> dict:
        return report if self.gate == "off" else {**report, "gate": asdict(self)}

    def _seeds(self) -> str:
        return ", ".join(f"seed {one['seed']}" for one in self.tried)


def chapters(settings: dict) -> Sequence[Chapter]:
    """Of a film of several scenes: each begins one, named after who does what where."""
    scenes = [scene for scene in (settings.get("scene"), *settings.get("then", ())) if scene]
    starts = accumulate((Fraction(str(scene["seconds"])) for scene in scenes), initial=Fraction(0))
    return tuple(map(Chapter, starts, map(_title, scenes))) if len(scenes) > 1 else ()


def _title(scene: dict) -> str:
    acts = [f"{one['kind']}, {one['action']}" for one in scene["subjects"]]
    return "; ".join([*acts, scene["setting"]]).replace("_", " ")


class Maker:
    """A loaded model, `name` as `load` was given it. Subclasses say how a request becomes a stream."""

    name: str
    num_bytes: int  # of what it holds in memory between films

    def check(self, request: Request) -> None:
        """The request within the rules of this model, whichever it names, and of the house; nothing is loaded."""
        check(replace(request, model=self.name))
        open_house().screened(request.prompt, request.scene_words)

    def stream(
        self,
        request: Request,
        on_progress: OnProgress | None = None,
        *,
        overlap: bool = True,
        resume: Path | None = None,
    ) -> Chunks:
        """The film as uint8 chunks [f, h, w, 3], RGB, in order, in bounded memory. All checks happen here.

        `resume`: a folder that keeps the sampler's state as it walks. The same request finds it there when it was
        interrupted and goes on from it, to the same bits; another one's state is refused."""
        raise NotImplementedError

    def make(self, request: Request, on_progress: OnProgress | None = None, *, overlap: bool = True) -> Clip:
        """The whole film. Its frames wait in an unnamed temporary file, so a long one needs no more memory."""
        self.check(request)
        require_disk(request.size, request.num_frames)
        attempts = Attempts(request.gate)
        return _first_passed(request, lambda one: self._clip(one, on_progress, overlap, attempts))

    def _clip(self, request: Request, on_progress: OnProgress | None, overlap: bool, attempts: Attempts) -> Clip:
        with self.stream(request, on_progress, overlap=overlap) as stream:
            frames = Frames(request.size)
            for chunk in attempts.watched(stream):
                frames.append(chunk)
            return Clip(frames, request.rate, self.told(stream), attempts.told(stream.report), heard(stream))

    def told(self, stream: Chunks) -> dict:
        """The settings of a film, with what the house's policy said of its prompt."""
        request = stream.request
        return {**stream.settings, "safety": open_house().screened(request.prompt, request.scene_words)}

    def write(
        self,
        request: Request,
        path: str | Path,
        on_progress: OnProgress | None = None,
        *,
        overwrite: bool = False,
        resume: Path | None = None,
    ) -> dict:
        """The film straight into an MP4, never whole in memory. Returns the report; the settings are in the file.

        `resume`: see `stream`; what it kept goes when the film is there."""
        path = Path(path)
        self.check(request)
        needed = estimated_bytes(request.size, request.num_frames)
        check_output(path, overwrite=overwrite, expected_bytes=needed)
        attempts = Attempts(request.gate)

        def written(one: Request) -> dict:
            return self._written(self.stream(one, on_progress, resume=resume), path, attempts, overwrite)

        return _first_passed(request, written)

    def _written(self, stream: Chunks, path: Path, attempts: Attempts, overwrite: bool) -> dict:
        request, house, settings = stream.request, open_house(), self.told(stream)
        shape = {"size": request.size, "fps": request.rate}
        writer = house.writer(
            path, settings, **shape, report=lambda: attempts.told(stream.report), overwrite=overwrite,
            audio=heard_in_time(stream), chapters=chapters(settings),
        )  # fmt: skip
        try:
            with stream, writer:
                for chunk in house.finished(attempts.watched(stream), settings, **shape):
                    writer.write(chunk)
                    stream.reporter("encode", writer.num_frames, request.num_frames)
        except GateError:
            stream.forget()  # the same seed would only make the same film again
            raise
        stream.forget()
        return attempts.told(stream.report)


def _first_passed(request: Request, make: Callable[[Request], Made]) -> Made:
    """What the first attempt makes that passes the gate; GateError of the last where none does."""
    *earlier, last = request.attempts
    for attempt in earlier:
        with suppress(GateError):
            return make(attempt)
    return make(last)
