"""What every loaded model does with a stream of frames: keep it, or write it. And that stream's common half."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from filmloom.core.machine import peak_memory
from filmloom.core.types import Audio
from filmloom.finishing.house import open_house
from filmloom.finishing.mp4 import check_output, estimated_bytes
from filmloom.generate.clip import Clip, Frames
from filmloom.generate.needs import require_disk
from filmloom.generate.progress import OnProgress, Reporter
from filmloom.generate.request import Request, check


class Chunks:
    """Chunks of one film being made, uint8 [f, h, w, 3] RGB in order. `settings` and, once it has ended, `report` tell
    of it. Leaving the `with` block, `close()`, or an error in the reader stops every stage."""

    mode = "text"

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


class Maker:
    """A loaded model, `name` as `load` was given it. Subclasses say how a request becomes a stream."""

    name: str
    num_bytes: int  # of what it holds in memory between films

    def check(self, request: Request) -> None:
        """The request within the rules of this model, whichever it names, and of the house; nothing is loaded."""
        check(replace(request, model=self.name))
        open_house().screened(request.prompt)

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
        with self.stream(request, on_progress, overlap=overlap) as stream:
            frames = Frames(request.size)
            for chunk in stream:
                frames.append(chunk)
            return Clip(frames, request.rate, self.told(stream), stream.report, heard(stream))

    def told(self, stream: Chunks) -> dict:
        """The settings of a film, with what the house's policy said of its prompt."""
        return {**stream.settings, "safety": open_house().screened(stream.request.prompt)}

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
        stream, house = self.stream(request, on_progress, resume=resume), open_house()
        settings, shape = self.told(stream), {"size": request.size, "fps": request.rate}
        writer = house.writer(
            path, settings, **shape, report=lambda: stream.report, overwrite=overwrite, audio=heard(stream)
        )
        with stream, writer:
            for chunk in house.finished(stream, settings, **shape):
                writer.write(chunk)
                stream.reporter("encode", writer.num_frames, request.num_frames)
        stream.forget()
        return stream.report
