"""From a request to frames: plan, film, finish.

    prompt → planner → Scene ─┬─ draw: the film set's full drawing
                              ├─ plan: its sketch as control → key frames → change laid over the full-size sketch
             prompt ──────────┴─ text: key frames from the text alone → enlarged → warped to every frame

Stages stream and overlap; `overlap=False` runs the same generators one after the other and gives the same bits.
"""

from __future__ import annotations

import dataclasses
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from filmloom import __version__
from filmloom.checkpoints.folder import Folder, open_folder
from filmloom.core.errors import RequestError
from filmloom.core.machine import cores
from filmloom.core.random import generator
from filmloom.finishing.mp4 import Mp4Writer, check_output, estimated_bytes
from filmloom.generate.clip import Clip, Frames
from filmloom.generate.enlarge import Enlarger, Interpolation, finished_sketch, pictures, residuals
from filmloom.generate.needs import require_disk, require_memory
from filmloom.generate.plan import Plan, plan_scene
from filmloom.generate.progress import OnProgress, Reporter
from filmloom.generate.request import Request, check, model_folder
from filmloom.generate.stages import chained
from filmloom.generate.window import Geometry, Sampling, Skeleton, Timetable
from filmloom.models.dit import DiTConfig, transformer
from filmloom.models.interpolator import Interpolator, InterpolatorConfig
from filmloom.models.planner import Planner, PlannerConfig
from filmloom.models.text_encoder import TextEncoder, TextEncoderConfig
from filmloom.models.upsampler import Upsampler, UpsamplerConfig
from filmloom.models.video_vae import VideoVAE, VideoVAEConfig
from filmloom.world.captions import caption, unknown_words
from filmloom.world.draw import draw
from filmloom.world.film import film as filmed
from filmloom.world.scene import Scene

PARTS: dict[str, tuple[Callable[..., nn.Module], type]] = {
    "text_encoder": (TextEncoder, TextEncoderConfig),
    "planner": (Planner, PlannerConfig),
    "transformer": (transformer, DiTConfig),
    "video_vae": (VideoVAE, VideoVAEConfig),
    "interpolator": (Interpolator, InterpolatorConfig),
    "upsampler": (Upsampler, UpsamplerConfig),
}
READERS = ("text_encoder", "planner")
NEEDS = {
    "text": ("text_encoder", "transformer", "video_vae", "interpolator", "upsampler"),
    "plan": ("text_encoder", "transformer", "video_vae", "interpolator"),
    "draw": (),
}
NO_DIFFUSION = "no diffusion: the film set's own drawing of the scene"


def load(model: str | Path = "mini", device: str = "cpu", *, threads: int | None = None) -> Film:
    """A built-in model or a model folder, every file checked against its digest. Weights are read when first needed."""
    folder = open_folder(model_folder(model))
    folder.verify()
    return Film(folder, str(model), _device(device), threads or min(torch.get_num_threads(), cores()))


def make(prompt: str = "", *, on_progress: OnProgress | None = None, **fields: object) -> Clip:
    """One film from a prompt and the fields of `Request`. To make several, `load` once and call `Film.make`."""
    request = Request(prompt=prompt, **fields)
    check(request)
    return load(request.model, request.device).make(request, on_progress)


@dataclass(frozen=True)
class Choice:
    """The mode of a film, and why."""

    mode: str
    because: str


class Film:
    """A loaded model that makes films. Parts are read when first needed and then kept."""

    def __init__(self, folder: Folder, name: str, device: torch.device, threads: int):
        self.folder, self.name, self.device, self.threads = folder, name, device, threads
        self._parts: dict[str, nn.Module] = {}
        self._lock = threading.Lock()

    def plan(self, request: Request) -> Plan:
        """What the request's prompt means as a Scene. A request with a scene keeps it."""
        check(request)
        with _thread_count.held(request.threads or self.threads):
            return self.planned(request)

    def choose(self, request: Request) -> Choice:
        """The mode asked for, or the first of text, plan, draw whose gate in `model.json` is passed."""
        if request.mode != "auto":
            return Choice(request.mode, "it was asked for")
        tried = ("text", "plan") if request.scene is None else ("plan",)
        passed = [mode for mode in tried if self.folder.record.get("modes", {}).get(mode, {}).get("passes")]
        mode = passed[0] if passed else "draw"
        failed = tried[: tried.index(mode)] if passed else tried
        gates = f"{' and '.join(failed)} did not pass the gate in model.json" if failed else "it passed the gate"
        return Choice(mode, f"auto takes the first of {', '.join((*tried, 'draw'))} that passes its gate: {gates}")

    def stream(self, request: Request, on_progress: OnProgress | None = None, *, overlap: bool = True) -> Stream:
        """The film as uint8 chunks [f, h, w, 3], RGB, in order, in bounded memory. All checks happen here."""
        check(request)
        choice = self.choose(request)
        for part in (*NEEDS[choice.mode], *(READERS if request.scene is None else ())):
            self.folder.config(part)
        require_memory(request.size)
        return Stream(self, request, choice, Reporter(on_progress), overlap)

    def make(self, request: Request, on_progress: OnProgress | None = None, *, overlap: bool = True) -> Clip:
        """The whole film. Its frames wait in an unnamed temporary file, so a long one needs no more memory."""
        check(request)
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
        check(request)
        needed = estimated_bytes(request.size, request.num_frames)
        check_output(path, overwrite=overwrite, expected_bytes=needed)
        stream = self.stream(request, on_progress)
        writer = Mp4Writer(path, size=request.size, fps=request.rate, metadata=stream.settings, overwrite=overwrite)
        with stream, writer:
            for chunk in stream:
                writer.write(chunk)
                stream.reporter("encode", writer.num_frames, request.num_frames)
        return stream.report

    def part(self, name: str) -> nn.Module:
        """A part of the model with its weights, on the film's device, for use only."""
        with self._lock:
            if name not in self._parts:
                build, config = PARTS[name]
                module = self.folder.load(name, build(self.folder.build_config(name, config)))
                self._parts[name] = module.to(self.device).eval().requires_grad_(False)
            return self._parts[name]

    def planned(self, request: Request) -> Plan:
        """`plan` for a request that has been checked."""
        unknown = tuple(unknown_words(request.prompt)) if request.prompt.strip() else ()
        if request.scene is not None:
            return Plan(*_lasting(request.scene, request.seconds), unknown_words=unknown)
        planner = self.part("planner")
        logits = planner(self.part("text_encoder").encode([request.prompt]))
        plan = plan_scene(logits, planner.config.schema, seed=request.seed, seconds=float(request.seconds))
        return replace(plan, unknown_words=unknown)


class Stream:
    """Chunks of one film being made. `plan`, `settings` and, once it has ended, `report` describe it.

    Leaving the `with` block, `close()`, or an error in the reader stops every stage.
    """

    def __init__(self, film: Film, request: Request, choice: Choice, reporter: Reporter, overlap: bool):
        self.film, self.request, self.choice, self.reporter = film, request, choice, reporter
        self.overlap = overlap
        self.threads = request.threads or film.threads
        self.sampling = self._sampling()
        reporter.begin("plan", 1)
        with _thread_count.held(self.threads):
            self.plan = film.planned(request)
        reporter("plan", 1, 1)
        self._chunks = self._run()

    def __iter__(self) -> Iterator[np.ndarray]:
        return self

    def __next__(self) -> np.ndarray:
        return next(self._chunks)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop, if it has not ended. Returns when every thread has."""
        self.reporter.stop.because()
        self._chunks.close()

    def skeleton(self) -> Tensor:
        """The film's key frames instead of its frames: neither interpolated nor enlarged, so cheap to judge it by.
        [3, num_keys, height, width] in [-1, 1]; mode draw draws them at that size."""
        with _thread_count.held(self.threads):
            if self.choice.mode == "draw":
                return self._drawn_keys()
            scene = self.plan.scene if self.choice.mode == "plan" else None
            return torch.cat([key.picture for key in self._keys(scene)]).transpose(0, 1)

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
            "seed": request.seed,
            "size": str(request.size),
            "fps": str(request.rate),
            "seconds": float(request.seconds),
            "num_frames": request.num_frames,
            "scene": dataclasses.asdict(self.plan.scene),
            "unknown_words": list(self.plan.unknown_words),
            "notes": list(self.plan.notes),
            "model": self.film.name,
            "model_digest": self.film.folder.digest,
            "device": str(self.film.device),
            "threads": self.threads,
            "versions": versions,
        }  # fmt: skip

    @property
    def report(self) -> dict:
        """Seconds that each stage has been at work (they overlap), and the process's largest memory so far."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = {stage: round(spent, 2) for stage, spent in self.reporter.seconds.items()}
        return {"seconds": seconds, "peak_memory_mib": round(peak / 1024), "mode": self.choice.mode}

    def _sampling(self) -> Sampling | None:
        if self.choice.mode == "draw":
            return None
        request, record = self.request, self.film.folder.record
        # Measured when the transformer is trained; a preset may overrule it.
        trained = record.get("training", {}).get("transformer", {})
        preset = {name: trained[name] for name in ("sigma_residual",) if name in trained} | record.get("preset", {})
        return Sampling.of(preset, self.choice.mode, steps=request.steps, guidance=request.guidance, fast=request.fast)

    def _run(self) -> Iterator[np.ndarray]:
        ways = {"draw": self._draw, "plan": self._finish_sketch, "text": self._enlarge}
        with _thread_count.held(self.threads), closing(ways[self.choice.mode]()) as chunks:
            yield from chunks

    def _draw(self) -> Iterator[np.ndarray]:
        request = self.request
        self.reporter.begin("draw", request.num_frames)
        drawn = filmed(self.plan.scene, request.size, float(request.rate), request.num_frames, style="full")
        return self._chained(drawn, self._counted)

    def _finish_sketch(self) -> Iterator[np.ndarray]:
        request = self.request
        sketches = filmed(self.plan.scene, request.size, float(request.rate), request.num_frames, style="sketch")
        finish = partial(finished_sketch, sketches=sketches, size=request.size)
        return self._chained(self._keys(self.plan.scene), residuals, self._interpolation(), finish, self._counted)

    def _enlarge(self) -> Iterator[np.ndarray]:
        text, part = self._text(self._prompt()), self.film.part
        size, num_keys = self.request.size, self._timetable().num_keys
        enlarger = Enlarger(part("upsampler"), text.pooled, size, num_keys, self.reporter)
        return self._chained(self._keys(None), enlarger, self._interpolation(), partial(pictures, size=size))

    def _chained(self, source: Iterator, *stages: Callable[[Iterator], Iterator]) -> Iterator[np.ndarray]:
        return chained(source, stages, overlap=self.overlap, stop=self.reporter.stop)

    def _keys(self, scene: Scene | None) -> Iterator:
        part, request = self.film.part, self.request
        skeleton = Skeleton(
            transformer=part("transformer"), codec=part("video_vae"), geometry=self._geometry(), sampling=self.sampling,
            timetable=self._timetable(), text=self._text(self._prompt()), null=self._text(request.negative),
            seed=request.seed, scene=scene, device=self.film.device,
        )  # fmt: skip
        return skeleton.keys(self.reporter)

    def _interpolation(self) -> Interpolation:
        return Interpolation(self.film.part("interpolator"), self._timetable(), self.film.device, self.reporter)

    def _drawn_keys(self) -> Tensor:
        geometry, num_keys = self._geometry(), self._timetable().num_keys
        self.reporter.begin("draw", num_keys)
        drawn = draw([self.plan.scene], np.arange(num_keys) / geometry.fps, geometry.frame).video[0]
        self.reporter("draw", num_keys, num_keys)
        return drawn

    def _counted(self, chunks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        done = 0
        for chunk in chunks:
            done += len(chunk)
            self.reporter("draw", done, self.request.num_frames)
            yield chunk

    def _geometry(self) -> Geometry:
        return Geometry.of(self.film.folder.record)

    def _timetable(self) -> Timetable:
        geometry, request = self._geometry(), self.request
        return Timetable(request.num_frames, request.rate, geometry.fps, geometry.frames)

    def _text(self, prompt: str):
        return self.film.part("text_encoder").encode([prompt])

    def _prompt(self) -> str:
        """What the transformer is told: the prompt, or, where only a scene was given, its caption."""
        if self.request.prompt.strip():
            return self.request.prompt
        return caption(self.plan.scene, "en", generator(self.request.seed, "caption"), split="any").text


class _ThreadCount:
    """Torch's thread count belongs to the whole process and decides the last bits of every sum: films made at the same
    time must agree on it."""

    def __init__(self) -> None:
        self.lock, self.num, self.users = threading.Lock(), 0, 0

    @contextmanager
    def held(self, num: int) -> Iterator[None]:
        with self.lock:
            if self.users and self.num != num:
                rule = "another film with another count is being made in this process"
                raise RequestError("threads", num, rule, self.num)
            self.num, self.users = num, self.users + 1
            torch.set_num_threads(num)
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1


_thread_count = _ThreadCount()


def _lasting(scene: Scene, seconds: float) -> tuple[Scene, ...]:
    return (scene if scene.seconds == seconds else replace(scene, seconds=float(seconds)),)


def _device(name: str) -> torch.device:
    device = torch.device(name)
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(device.type, False):
        raise RequestError("device", name, "this machine has no such device for torch", "cpu")
    return device
