"""From a request to frames: plan, film, finish.

    prompt → planner → Scene ─┬─ draw: the film set's full drawing
                              ├─ plan: its sketch as control → key frames → change laid over the full-size sketch
             prompt ──────────┴─ text: key frames from the text alone → enlarged → warped to every frame

Stages stream and overlap; `overlap=False` runs the same generators one after the other and gives the same bits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from filmloom.checkpoints.folder import Folder, open_folder
from filmloom.checkpoints.public import open_public
from filmloom.core.errors import CheckpointError, RequestError
from filmloom.core.machine import cores
from filmloom.diffusion.samplers import OnStep
from filmloom.finishing.house import open_house
from filmloom.generate.beats import beats, unknown
from filmloom.generate.clip import Clip
from filmloom.generate.maker import Maker
from filmloom.generate.needs import require_memory, thread_count
from filmloom.generate.plan import Plan, plan_story
from filmloom.generate.progress import OnProgress, Reporter
from filmloom.generate.prompts import Prompts
from filmloom.generate.public import PublicFilm
from filmloom.generate.reel import Reel
from filmloom.generate.request import Request, check, is_public_model, model_folder
from filmloom.generate.stream import Choice, Stream
from filmloom.generate.window import Geometry, Sampling, Skeleton, Timetable, weights_for, window_noise
from filmloom.models.dit import DiTConfig, transformer
from filmloom.models.interpolator import Interpolator, InterpolatorConfig
from filmloom.models.light import Light, LightConfig, mark
from filmloom.models.names import TABLES
from filmloom.models.planner import Planner, PlannerConfig
from filmloom.models.text_encoder import Text, TextEncoder, TextEncoderConfig
from filmloom.models.upsampler import Upsampler, UpsamplerConfig
from filmloom.models.video_vae import VideoVAE, VideoVAEConfig
from filmloom.world.captions import names_somebody
from filmloom.world.scene import Scene

PARTS: dict[str, tuple[Callable[..., nn.Module], type]] = {
    "text_encoder": (TextEncoder, TextEncoderConfig),
    "planner": (Planner, PlannerConfig),
    "transformer": (transformer, DiTConfig),
    "light": (Light, LightConfig),
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


def load(
    model: str | Path = "mini", device: str = "cpu", *, threads: int | None = None, **options: object
) -> Film | PublicFilm:
    """A built-in model, or a folder of ours or of a public Wan2.2 layout. Weights are read when first needed.

    Ours is checked against its digests at once, a public one (`options`: see PublicFilm) as its parts are read."""
    folder, threads = model_folder(model), threads or min(torch.get_num_threads(), cores())
    if is_public_model(folder):
        return PublicFilm(open_public(folder, TABLES), str(model), _device(device), threads, **options)
    if options:
        name, value = next(iter(options.items()))
        raise RequestError(name, value, f"{model} has no such option; public models do")
    folder = open_folder(folder)
    folder.verify()
    return Film(folder, str(model), _device(device), threads)


def make(prompt: str = "", *, on_progress: OnProgress | None = None, **fields: object) -> Clip:
    """One film from a prompt and the fields of `Request`. To make several, `load` once and call `Film.make`."""
    request = Request(prompt=prompt, **fields)
    check(request)
    open_house().screened(request.prompt)  # before anything is read
    return load(request.model, request.device).make(request, on_progress)


class Film(Maker):
    """A loaded model that makes films. Parts are read when first needed and then kept."""

    def __init__(self, folder: Folder, name: str, device: torch.device, threads: int):
        self.folder, self.name, self.device, self.threads = folder, name, device, threads
        self.prompts = Prompts()
        self._parts: dict[str, nn.Module] = {}
        self._lock = threading.Lock()

    def plan(self, request: Request) -> Plan:
        """What the request's prompt means as a Scene. A request with a scene keeps it."""
        self.check(request)
        with thread_count.held(request.threads or self.threads):
            return self.planned(request)

    def choose(self, request: Request) -> Choice:
        """The mode asked for, or the first of text, plan, draw whose gate in `model.json` is passed."""
        if request.mode != "auto":
            return Choice(request.mode, "it was asked for")
        tried = ("text", "plan") if request.scene is None else ("plan",)
        passed = [mode for mode in tried if self.folder.record.get("modes", {}).get(mode, {}).get("passes")]
        if request.start is not None and not passed:
            return Choice(tried[-1], "a film to start from needs diffusion, though no gate is passed")
        mode = passed[0] if passed else "draw"
        failed = tried[: tried.index(mode)] if passed else tried
        gates = f"{' and '.join(failed)} did not pass the gate in model.json" if failed else "it passed the gate"
        return Choice(mode, f"auto takes the first of {', '.join((*tried, 'draw'))} that passes its gate: {gates}")

    def stream(
        self,
        request: Request,
        on_progress: OnProgress | None = None,
        *,
        overlap: bool = True,
        resume: Path | None = None,
    ) -> Stream:
        """The film as uint8 chunks [f, h, w, 3], RGB, in order, in bounded memory. All checks happen here.

        `resume`: a folder that keeps the sampler's state (see Maker.stream); `forget()` empties it."""
        self.check(request)
        choice = self.choose(request)
        for part in (*NEEDS[choice.mode], *(READERS if request.scene is None else ())):
            self.folder.config(part)
        require_memory(request.size)
        return Stream(self, request, choice, Reporter(on_progress), overlap, resume)

    def encode_text(self, prompts: Sequence[str]) -> Text:
        """Prompts as the transformer hears them; "" is the null that guidance leads away from."""
        with thread_count.held(self.threads):
            return self.part("text_encoder").encode(list(prompts))

    def noise(self, request: Request) -> Tensor:
        """The starting latent of the request's first window, [1, C, G, h, w], from its seed."""
        return window_noise(self.geometry, request.seed, 0).to(self.device)

    def denoise(
        self,
        text: Text,
        negative: Text | None,
        latent: Tensor,
        request: Request,
        *,
        scene: Scene | None = None,
        start: Tensor | None = None,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """A starting latent, such as `noise(request)`, to the clean latent of one window, [1, C, G, h, w].

        `negative` None is the null. With a `scene`, around its sketch (mode plan). With a clean latent `start`, such
        as `encode(frames)`, from it with `request.strength` of noise on it."""
        mode = "text" if scene is None else "plan"
        null = self.encode_text([""]) if negative is None else negative
        reel = None if scene is None else Reel((scene,), (range(request.num_frames),), request.rate)
        with thread_count.held(request.threads or self.threads), torch.no_grad():
            skeleton = Skeleton(
                transformer=self.part(weights_for(request, mode, self.folder.parts)),
                codec=self.part("video_vae"), geometry=self.geometry,
                sampling=Sampling.of(self.folder.record.get("preset", {}), mode, request, from_start=start is not None),
                timetable=Timetable(1, request.rate, self.geometry.fps, self.geometry.frames), texts=(text,), null=null,
                seed=request.seed, reel=reel, device=self.device,
            )  # fmt: skip
            sketch = skeleton.sketch(0)
            control = None if sketch is None else self.part("video_vae").encode(sketch)
            return skeleton.walked(latent.to(self.device), on_step, control=control, start=start)

    def decode(self, latent: Tensor) -> Tensor:
        """Latent [B, C, G, h, w] → key frames [B, 3, F, height, width] in [-1, 1], overscan cut off."""
        with thread_count.held(self.threads), torch.no_grad():
            return self.geometry.cropped(self.part("video_vae").decode(latent.to(self.device)).clamp(-1, 1))

    def encode(self, frames: Tensor) -> Tensor:
        """Key frames [B, 3, F, height, width] in [-1, 1], F = 1 + 4k → latent."""
        with thread_count.held(self.threads), torch.no_grad():
            return self.part("video_vae").encode(self.geometry.padded(frames.to(self.device)))

    @property
    def geometry(self) -> Geometry:
        return Geometry.of(self.folder.record)

    def part(self, name: str) -> nn.Module:
        """A part of the model with its weights, on the film's device, for use only."""
        with self._lock:
            if name not in self._parts:
                module = self._light() if name == "light" else self._read(name)
                self._parts[name] = module.to(self.device).eval().requires_grad_(False)
            return self._parts[name]

    def _read(self, name: str) -> nn.Module:
        build, config = PARTS[name]
        return self.folder.load(name, build(self.folder.build_config(name, config)))

    def _light(self) -> nn.Module:
        """The transformer that films in few steps: the one of many, with the light part's difference."""
        whole, light = self._read("transformer"), self._read("light")
        if mark(whole) != light.config.of:
            raise CheckpointError(f"{self.folder.path}: light was made for another transformer; train it again.")
        return light.on(whole)

    def text(self, prompt: str) -> Text:
        """A prompt encoded alone; what was encoded lately is kept."""
        return self.prompts.encoded(self.part("text_encoder"), prompt)

    @property
    def num_bytes(self) -> int:
        with self._lock:
            parts = [*self._parts.values()]
        weights = sum(tensor.nbytes for part in parts for tensor in (*part.parameters(), *part.buffers()))
        return weights + self.prompts.num_bytes

    def planned(self, request: Request) -> Plan:
        """`plan` for a request that has been checked."""
        parts, strange = beats(request.prompt), unknown(request.prompt)
        if request.scenes:
            scene, *then = _lasting(request.scenes, request.seconds)
            return Plan(scene, then=tuple(then), unknown_words=strange)
        planner = self.part("planner")
        told = [planner(self.text(part)) for part in parts]
        nameless = [number for number, part in enumerate(parts) if not names_somebody(part)]
        shape = {"seed": request.seed, "seconds": float(request.seconds), "nameless": nameless}
        plan = plan_story(told, planner.config.schema, **shape)
        return replace(plan, unknown_words=strange)


def _lasting(scenes: Sequence[Scene], seconds: float) -> list[Scene]:
    """The scenes in proportion, as long as the film together."""
    whole = sum(scene.seconds for scene in scenes)
    if whole == seconds:
        return list(scenes)
    return [replace(scene, seconds=float(seconds * scene.seconds / whole)) for scene in scenes]


def _device(name: str) -> torch.device:
    device = torch.device(name)
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(device.type, False):
        raise RequestError("device", name, "this machine has no such device for torch", "cpu")
    return device
