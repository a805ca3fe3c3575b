"""One film in the making: the stages of its mode, chained; its plan, settings and report."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from filmloom import __version__
from filmloom.checkpoints.folder import Folder
from filmloom.core.random import generator
from filmloom.core.types import Audio, Size
from filmloom.finishing.sound.onsets import lowered, lowered_size
from filmloom.generate.beats import beats
from filmloom.generate.calm import calmed
from filmloom.generate.clip import Frames
from filmloom.generate.enlarge import Enlarger, Interpolation, finished_sketch, pictures, residuals, searched
from filmloom.generate.governor import Afforded, afforded, timed
from filmloom.generate.inputs import StartFilm
from filmloom.generate.maker import Chunks
from filmloom.generate.needs import thread_count
from filmloom.generate.onsets import SEEN_ROWS, listener
from filmloom.generate.plan import Plan
from filmloom.generate.progress import Reporter
from filmloom.generate.reel import Reel
from filmloom.generate.request import Request
from filmloom.generate.sound import sound_of
from filmloom.generate.stages import chained
from filmloom.generate.unfinished import NOTHING_KEPT, Windows
from filmloom.generate.walk import told
from filmloom.generate.window import Geometry, Sampling, Skeleton, Timetable, is_fast, to_uint8, weights_for
from filmloom.kernels.attention import PATH
from filmloom.models.text_encoder import Text
from filmloom.world.captions import caption
from filmloom.world.scene import Scene

NO_LIGHT = (
    "these weights have no light part: in few steps without guidance their transformer shows little of what was asked; "
    "leave fast and within away for a better film"
)
NO_DIFFUSION = "no diffusion: the film set's own drawing of the scene"


class Model(Protocol):
    """What a film in the making asks of its model."""

    folder: Folder
    name: str
    device: torch.device
    threads: int

    def part(self, name: str) -> nn.Module: ...

    def text(self, prompt: str) -> Text: ...

    def planned(self, request: Request) -> Plan: ...


@dataclass(frozen=True)
class Choice:
    """The mode of a film, and why."""

    mode: str
    because: str


def told_start(request: Request) -> dict | None:
    """What settings say of the film a request starts from: its name, not where it lay on this machine."""
    return None if request.start is None else {"film": Path(request.start).name, "strength": float(request.strength)}


class Stream(Chunks):
    """One film being made by mini. `plan` is the Scene it films."""

    def __init__(
        self,
        film: Model,
        request: Request,
        choice: Choice,
        reporter: Reporter,
        overlap: bool,
        resume: Path | None = None,
    ):
        self.film, self.request, self.choice, self.reporter = film, request, choice, reporter
        self.overlap = overlap
        self.threads = request.threads or film.threads
        self.sampling, began = self._sampling(), time.monotonic()
        reporter.begin("plan", 1)
        with thread_count.held(self.threads):
            self.plan = film.planned(request)
        reporter("plan", 1, 1)
        self.reel = Reel.of((self.plan.scene, *self.plan.then), request.num_frames, request.rate)
        self.small = Frames(lowered_size(request.size, SEEN_ROWS))
        self.kept = NOTHING_KEPT if resume is None else Windows(Path(resume), self._facts())
        self.afforded = self._afforded(began)
        if self.afforded:
            self.sampling = dataclasses.replace(self.sampling, steps=self.afforded.steps)
        super().__init__(request, reporter, self._run())

    @property
    def mode(self) -> str:
        return self.choice.mode

    @property
    def hears_itself(self) -> bool:
        """A film from text, whose subjects go their own way, is listened to as it is seen."""
        return self.choice.mode == "text" and "onsets" in self.film.folder.parts

    def sound(self) -> Audio:
        """The scene's sound; of a film from text that of the place, and what is seen to happen in its pictures."""
        found = ()
        if self.hears_itself:
            with thread_count.held(self.threads):
                found = listener(self.film.folder, self.film.device)(self.small.chunks(), self.request.rate)
        return sound_of(self.reel, follows_plan=self.choice.mode != "text", found=found)

    def forget(self) -> None:
        self.kept.done()

    def skeleton(self) -> Tensor:
        """The film's key frames instead of its frames: neither interpolated nor enlarged, so cheap to judge it by.
        [3, num_keys, height, width] in [-1, 1]; mode draw draws them at that size."""
        with thread_count.held(self.threads):
            if self.choice.mode == "draw":
                return self._drawn_keys()
            reel = self.reel if self.choice.mode == "plan" else None
            return torch.cat([key.picture for key in self._keys(reel)]).transpose(0, 1)

    @property
    def settings(self) -> dict:
        """All that is needed to make the film again, and what it is: plain values."""
        request, sampling = self.request, self.sampling
        versions = {"filmloom": __version__, "torch": torch.__version__, "numpy": np.__version__}
        return {
            "prompt": request.prompt,
            "negative": request.negative,
            "mode": self.choice.mode,
            "mode_chosen_because": self.choice.because,
            "made_by": NO_DIFFUSION if sampling is None else f"latent diffusion, mode {self.choice.mode}",
            "sampling": None if sampling is None else dataclasses.asdict(sampling),
            "fast": request.fast,
            "within": self._told_within(),
            "sound": "none" if request.silent else "synthesised from the scene",
            "start": told_start(request),
            "seed": request.seed,
            "size": str(request.size),
            "fps": str(request.rate),
            "seconds": float(request.seconds),
            "num_frames": request.num_frames,
            "scene": dataclasses.asdict(self.reel.scenes[0]),
            "then": [dataclasses.asdict(scene) for scene in self.reel.scenes[1:]],
            "unknown_words": list(self.plan.unknown_words),
            "notes": [*self.plan.notes, *self._notes()],
            "model": self.film.name,
            "model_digest": self.film.folder.digest,
            "device": str(self.film.device),
            "threads": self.threads,
            "versions": versions,
        }  # fmt: skip

    def _afforded(self, began: float) -> Afforded | None:
        """Steps by the clock, where they were asked for and there are steps to choose."""
        request = self.request
        if request.within is None or self.choice.mode != "text":
            return None
        table, pixels = self._timetable(), request.size.width * request.size.height
        with thread_count.held(self.threads):
            forward = timed(self._skeleton(None).forward)
        shape = {"num_windows": table.num_windows, "num_keys": table.num_keys, "num_frames": request.num_frames}
        found = afforded(request.within - (time.monotonic() - began), forward, pixels=pixels, **shape)
        begun = self.kept.found(0, self.film.device)  # a walk that was interrupted keeps the steps it began with
        return found if begun is None else dataclasses.replace(found, steps=begun.num_steps)

    def _told_within(self) -> dict | None:
        """What settings say of a choice by the clock: `steps` makes the same film again, without a clock."""
        if self.request.within is None:
            return None
        told = {"seconds": float(self.request.within), "steps": None}
        if self.afforded:
            told |= {"steps": self.afforded.steps, "seconds_per_forward": round(self.afforded.forward, 4)}
        return told

    def _notes(self) -> list[str]:
        notes = [NO_LIGHT] if self._is_hasty() else []
        if self.request.within is None:
            return notes
        if self.afforded is None:
            return [*notes, f"mode {self.choice.mode} has no steps to choose: within was not needed"]
        return [*notes, note] if (note := self.afforded.note()) else notes

    def _weights(self) -> str:
        return weights_for(self.request, self.choice.mode, self.film.folder.parts)

    def _is_hasty(self) -> bool:
        """Few steps by weights that were made for many."""
        few = self.choice.mode == "text" and is_fast(self.request, "text")
        usual = self.film.folder.record.get("preset", {}).get("sampler")
        return few and self._weights() == "transformer" and usual != "few_step"

    def _sampling(self) -> Sampling | None:
        if self.choice.mode == "draw":
            return None
        return Sampling.of(self.film.folder.record.get("preset", {}), self.choice.mode, self.request)

    def _run(self) -> Iterator[np.ndarray]:
        ways = {"draw": self._draw, "plan": self._finish_sketch, "text": self._enlarge}
        with thread_count.held(self.threads), closing(ways[self.choice.mode]()) as chunks:
            yield from chunks

    def _draw(self) -> Iterator[np.ndarray]:
        request = self.request
        self.reporter.begin("draw", request.num_frames)
        if self.reporter.listener:
            self.reporter("draw", 0, request.num_frames, self._glimpse())
        return self._chained(self.reel.film(request.size), partial(self._counted, shown=True))

    def _glimpse(self) -> np.ndarray:
        """The film's middle, drawn small: there is something to see before the first frame is drawn at full size."""
        middle = Fraction(self.request.num_frames // 2) / self.request.rate
        return to_uint8(self.reel.drawn([middle], self._geometry().frame)[0])

    def _finish_sketch(self) -> Iterator[np.ndarray]:
        size = self.request.size
        finish = partial(finished_sketch, sketches=self.reel.film(size, style="sketch"), size=size)
        return self._chained(self._keys(self.reel), residuals, self._interpolation(), finish, self._counted)

    def _enlarge(self) -> Iterator[np.ndarray]:
        text, part = self._text(self._told()[0]), self.film.part
        size, num_keys = self.request.size, self._timetable().num_keys
        enlarger = Enlarger(part("upsampler"), text.pooled, size, num_keys, self.reporter)
        return self._chained(self._keys(None), enlarger, self._interpolation(), partial(self._pictures, size=size))

    def _pictures(self, frames: Iterator, size: Size) -> Iterator[np.ndarray]:
        """Chunks; where sound is wanted, small copies wait in a file until it is made."""
        is_wanted = self.hears_itself and not self.request.silent
        for chunk in pictures(frames, size=size):
            if is_wanted:
                self.small.append(np.stack([lowered(picture, SEEN_ROWS) for picture in chunk]))
            yield chunk

    def _chained(self, source: Iterator, *stages: Callable[[Iterator], Iterator]) -> Iterator[np.ndarray]:
        return chained(source, stages, overlap=self.overlap, stop=self.reporter.stop)

    def _keys(self, reel: Reel | None) -> Iterator:
        return calmed(self._skeleton(reel).keys(self.reporter))

    def _skeleton(self, reel: Reel | None) -> Skeleton:
        part, request, told = self.film.part, self.request, self._told()
        return Skeleton(
            transformer=part(self._weights()), codec=part("video_vae"), geometry=self._geometry(),
            sampling=self.sampling, timetable=self._timetable(), texts=tuple(map(self._text, told)),
            null=self._text(request.negative), told=self._windows(len(told)), seed=request.seed, reel=reel,
            device=self.film.device, start_film=self._start_film(), kept=self.kept,
        )  # fmt: skip

    def _start_film(self) -> StartFilm | None:
        if self.request.start is None:
            return None
        times = [Fraction(key, self._geometry().fps) for key in range(self._timetable().num_keys)]
        return StartFilm.read(self.request.start, times, self._geometry().frame)

    def _facts(self) -> dict[str, str]:
        """All on which a window's bits depend; a state is taken up again under the same facts only."""
        start = self.request.start
        return {
            "model": self.film.folder.digest, "request": told(self.request), "mode": self.choice.mode,
            "start": "" if start is None else hashlib.sha256(Path(start).read_bytes()).hexdigest(),
            "device": str(self.film.device), "threads": str(self.threads), "attention": PATH,
            "torch": torch.__version__, "filmloom": __version__,
        }  # fmt: skip

    def _interpolation(self) -> Interpolation:
        return Interpolation(searched, self._timetable(), self.reporter)

    def _drawn_keys(self) -> Tensor:
        geometry, num_keys = self._geometry(), self._timetable().num_keys
        self.reporter.begin("draw", num_keys)
        drawn = self.reel.drawn([Fraction(key, geometry.fps) for key in range(num_keys)], geometry.frame)[0]
        self.reporter("draw", num_keys, num_keys)
        return drawn

    def _counted(self, chunks: Iterator[np.ndarray], *, shown: bool = False) -> Iterator[np.ndarray]:
        """`shown`: each report comes with the newest frame, as it is; whoever shows it makes it smaller."""
        done = 0
        for chunk in chunks:
            done += len(chunk)
            self.reporter("draw", done, self.request.num_frames, chunk[-1] if shown else None)
            yield chunk

    def _geometry(self) -> Geometry:
        return Geometry.of(self.film.folder.record)

    def _timetable(self) -> Timetable:
        geometry, request = self._geometry(), self.request
        return Timetable(request.num_frames, request.rate, geometry.fps, geometry.frames)

    def _text(self, prompt: str) -> Text:
        return self.film.text(prompt)

    def _told(self) -> list[str]:
        """What the transformer is told of each beat: the prompt's own words for the first; the scene's caption for a
        later one, which leaves unsaid what stays the same, and where only scenes were given."""
        first, *later = self.reel.scenes
        prompt = self.request.prompt
        return [beats(prompt)[0] if prompt.strip() else self._caption(first), *map(self._caption, later)]

    def _caption(self, scene: Scene) -> str:
        return caption(scene, "en", generator(self.request.seed, "caption"), split="any").text

    def _windows(self, num_beats: int) -> tuple[int, ...]:
        """The beat that each window hears: the one shown at its middle."""
        table = self._timetable()
        middles = [Fraction((2 * i + 1) * (table.window - 1), 2 * table.key_rate) for i in range(table.num_windows)]
        return tuple(min(self.reel.index(middle), num_beats - 1) for middle in middles)
