"""One film being made by a public model: the stages chained, its settings, its frames."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from filmloom import __version__
from filmloom.core.env import home
from filmloom.generate.inputs import StartFilm, first_frame
from filmloom.generate.maker import Chunks
from filmloom.generate.memory import Budget, Choice
from filmloom.generate.motion import interpolator
from filmloom.generate.needs import thread_count
from filmloom.generate.progress import Reporter
from filmloom.generate.request import Request
from filmloom.generate.stages import chained
from filmloom.generate.stream import told_start
from filmloom.generate.window import to_uint8
from filmloom.kernels.attention import PATH

if TYPE_CHECKING:
    from filmloom.generate.public import PublicFilm


class PublicStream(Chunks):
    """One film being made by a public model."""

    def __init__(
        self,
        film: PublicFilm,
        request: Request,
        choice: Choice,
        budget: Budget,
        reporter: Reporter,
        overlap: bool,
        resume: Path | None = None,
    ):
        self.unfinished = resume or home() / "unfinished"
        self.film, self.choice, self.budget, self.overlap = film, choice, budget, overlap
        self.walk = film.walk(request)
        self.threads = request.threads or film.threads
        table = film.timetable(request)
        self.interpolated = any(share for key in range(table.num_keys) for share in table.shares(key))
        super().__init__(request, reporter, self._run())

    @property
    def settings(self) -> dict:
        request, film, preset = self.request, self.film, self.walk.preset
        return {
            "prompt": request.prompt,
            "negative": self.walk.negative if preset.is_guided else "",
            "mode": "text",
            "mode_chosen_because": "it is the one mode of this model",
            "made_by": f"latent diffusion by {film.model.name}",
            "sampling": {
                "sampler": preset.sampler, "steps": preset.steps, "shift": preset.shift, "walked": self.walk.num_steps,
                "guidance_high": preset.guidance_high, "guidance_low": preset.guidance_low, "boundary": preset.boundary,
                "reference": film.reference, "dtype": str(film.dtype).removeprefix("torch."), "attention": PATH,
            },
            "fast": request.fast,
            "start": told_start(request),
            "image": None if request.image is None else Path(request.image).name,
            "seed": request.seed,
            "size": str(request.size),
            "fps": str(request.rate),
            "seconds": float(request.seconds),
            "num_frames": request.num_frames,
            "filmed": f"{film.num_frames(request)} frames at {preset.fps} fps",
            "interpolated": self.interpolated,
            "adapters": film.adapters,
            "memory": str(self.choice),
            "unknown_words": [],
            "notes": list(self._notes()),
            "model": film.model.name,
            "model_digest": film.folder.digest,
            "device": str(film.device),
            "threads": self.threads,
            "versions": {"filmloom": __version__, "torch": torch.__version__, "numpy": np.__version__},
        }  # fmt: skip

    def _notes(self) -> Iterator[str]:
        if self.film.folder.digest is None:
            yield "no digests are recorded beside the weights; `filmloom models convert` writes them"

    def _run(self) -> Iterator[np.ndarray]:
        with thread_count.held(self.threads):
            yield from chained(self._keys(), [self._timed], overlap=self.overlap, stop=self.reporter.stop)

    def _timed(self, keys: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """Key frames to the film's frames, uint8 [1, h, w, 3]: those that lie between two are made from both."""
        timetable = self.film.timetable(self.request)
        between = interpolator(device=str(self.film.device)) if self.interpolated else None
        a, index = next(keys), 0
        for b in chain(keys, [None]):
            for share in timetable.shares(index):
                yield (a if share == 0 else between(a, b, share))[None]
            a, index = b, index + 1
            if self.interpolated and b is not None:
                self.reporter("interpolate", index, timetable.num_keys - 1)

    def _keys(self) -> Iterator[np.ndarray]:
        """As many pictures as the film needs, uint8 [h, w, 3], at the model's rate."""
        film, num_keys = self.film, self.film.timetable(self.request).num_keys
        latent, index = self._latent(), 0
        for video in film.decode_stream(latent, tiled=self.choice.autoencoder == "tiled"):
            for picture in video.unbind(dim=2):
                if index < num_keys:
                    index += 1
                    self.reporter("decode", index, num_keys)
                    yield to_uint8(picture)

    def _latent(self) -> Tensor:
        film, request, walk = self.film, self.request, self.walk
        self.reporter.begin("plan", walk.num_prompts)
        where = self.choice.text_encoder
        text = film.encode_text([request.prompt], where=where)
        negative = film.encode_text([walk.negative], where=where) if walk.num_prompts == 2 else None
        if self.reporter.listener:
            film.fit_preview()  # before the transformer needs the room
        self.reporter("plan", walk.num_prompts, walk.num_prompts)
        self.reporter.begin("denoise", walk.num_steps)
        return film.denoise(
            text, negative, film.noise(request), request, start=self._start(), image=self._image(),
            choice=self.choice, on_step=self._on_step, state=self.unfinished,
        )  # fmt: skip

    def _on_step(self, step: int, num_steps: int, x: Tensor, clean: Tensor) -> None:
        picture = self.film.preview(clean) if self.reporter.listener else None
        self.reporter("denoise", step + 1, num_steps, picture)

    def _start(self) -> Tensor | None:
        film, request = self.film, self.request
        if request.start is None:
            return None
        fps, count = film.model.preset.fps, film.num_frames(request)
        times = [Fraction(key, fps) for key in range(film.timetable(request).num_keys)]
        return film.encode(StartFilm.read(request.start, times, request.size).window(0, count))

    def _image(self) -> Tensor | None:
        request = self.request
        return None if request.image is None else first_frame(request.image, request.size).to(self.film.device)
