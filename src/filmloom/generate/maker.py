"""What every loaded model does with a stream of frames: keep it, or write it. And that stream's common half."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from filmloom.finishing.mp4 import Mp4Writer, check_output, estimated_bytes
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

    @property
    def settings(self) -> dict:
        """All that is needed to make the film again, and what it is: plain values."""
        raise NotImplementedError

    @property
    def report(self) -> dict:
        """Seconds that each stage has been at work (they overlap), and the process's largest memory so far."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = {stage: round(spent, 2) for stage, spent in self.reporter.seconds.items()}
        return {"seconds": seconds, "peak_memory_mib": round(peak / 1024), "mode": self.mode}


class Maker:
    """A loaded model, `name` as `load` was given it. Subclasses say how a request becomes a stream."""

    name: str

    def check(self, request: Request) -> None:
        """The request within the rules of this model, whichever it names; nothing is loaded."""
        check(replace(request, model=self.name))

    def stream(self, request: Request, on_progress: OnProgress | None = None, *, overlap: bool = True) -> Chunks:
        """The film as uint8 chunks [f, h, w, 3], RGB, in order, in bounded memory. All checks happen here."""
        raise NotImplementedError

    def make(self, request: Request, on_progress: OnProgress | None = None, *, overlap: bool = True) -> Clip:
        """The whole film. Its frames wait in an unnamed temporary file, so a long one needs no more memory."""
        self.check(request)
        require_disk(request.size, request.num_frames)
        with self.stream(request, on_progress, overlap=overlap) as stream:
            frames = Frames(request.size)
            for chunk in stream:
                frames.append(chunk)
            return Clip(frames, request.rate, stream.settings, stream.report)

    def write(
        self, request: Request, path: str | Path, on_progress: OnProgress | None = None, *, overwrite: bool = False
    ) -> dict:
        """The film straight into an MP4, never whole in memory. Returns the report; the settings are in the file."""
        path = Path(path)
        self.check(request)
        needed = estimated_bytes(request.size, request.num_frames)
        check_output(path, overwrite=overwrite, expected_bytes=needed)
        stream = self.stream(request, on_progress)
        writer = Mp4Writer(path, size=request.size, fps=request.rate, metadata=stream.settings, overwrite=overwrite)
        with stream, writer:
            for chunk in stream:
                writer.write(chunk)
                stream.reporter("encode", writer.num_frames, request.num_frames)
        return stream.report
