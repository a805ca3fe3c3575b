"""Key frames: windows of noise become windows of pictures, each begun where the last one ended.

A window holds `frames` key frames at `fps`. The first latent frame of every later window is given clean: the encoding
of the last key frame. Noise is drawn on the CPU in float32, per window, from the request's seed.

C latent channels, G latent frames, h w latent cells, H W pixels of the skeleton.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Container, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.core.errors import CheckpointError
from filmloom.core.random import seed_from
from filmloom.core.types import Size
from filmloom.diffusion.denoisers import Denoiser, Network, control_denoiser, pinned, velocity_denoiser
from filmloom.diffusion.guidance import guided
from filmloom.diffusion.samplers import OnState, OnStep, euler, few_step, unipc
from filmloom.diffusion.schedules import add_noise, entered, flow_sigmas
from filmloom.diffusion.state import SolverState
from filmloom.generate.inputs import StartFilm
from filmloom.generate.progress import Reporter
from filmloom.generate.reel import Reel
from filmloom.generate.request import Request
from filmloom.generate.unfinished import NOTHING_KEPT, Windows
from filmloom.models.text_encoder import Text
from filmloom.models.video_vae import CodecState, VideoVAE

SAMPLERS = {"euler": euler, "unipc": unipc, "few_step": few_step}


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Pixels and time of a model's windows, from `model.json`: key frames of `width` x `height`, drawn with `overscan`
    rows above and as many below, `unit` pixels to the frame height; `latent` is [C, G, h, w]."""

    width: int
    height: int
    overscan: int
    unit: int
    frames: int
    fps: int
    latent: tuple[int, ...]

    @classmethod
    def of(cls, record: dict) -> Geometry:
        known = record.get("geometry", {})
        names = [field.name for field in dataclasses.fields(cls)]
        if missing := [name for name in names if name not in known]:
            raise CheckpointError(f"model.json: geometry lacks {', '.join(missing)}.")
        return cls(**{name: tuple(known[name]) if name == "latent" else known[name] for name in names})

    @property
    def skeleton(self) -> Size:
        return Size(self.width, self.height + 2 * self.overscan)

    @property
    def frame(self) -> Size:
        return Size(self.width, self.height)

    def cropped(self, pictures: Tensor) -> Tensor:
        """Without the overscan: [..., H, W] → [..., height, width]."""
        return pictures[..., self.overscan : self.overscan + self.height, :]

    def padded(self, video: Tensor) -> Tensor:
        """[B, 3, F, height, width] → [B, 3, F, H, W]: the border rows repeated into the overscan."""
        edge = self.overscan
        return F.pad(video.flatten(0, 1), (0, 0, edge, edge), mode="replicate").unflatten(0, video.shape[:2])


@dataclass(frozen=True)
class Timetable:
    """Which key frames a film needs, and where its frames lie between them. Frame i is shown at i / rate seconds."""

    num_frames: int
    rate: Fraction
    key_rate: int
    window: int  # key frames per window

    def position(self, frame: int) -> Fraction:
        """Of a frame, counted in key frames."""
        return frame * self.key_rate / self.rate

    @property
    def num_keys(self) -> int:
        """Enough that every frame lies on a key frame or between two."""
        return math.ceil(self.position(self.num_frames - 1)) + 1

    @property
    def num_windows(self) -> int:
        """The last key frame of a window is the first of the next."""
        return max(1, math.ceil((self.num_keys - 1) / (self.window - 1)))

    def shares(self, key: int) -> list[float]:
        """How far between `key` and the next the frames of that interval lie, in [0, 1), in order."""
        first = math.ceil(key * self.rate / self.key_rate)
        after = math.ceil((key + 1) * self.rate / self.key_rate)
        return [float(self.position(frame) - key) for frame in range(first, min(after, self.num_frames))]


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How to walk from noise to a latent. `residual`: spread of clean - control, one number or one per channel."""

    steps: int
    guidance: float = 1.0
    shift: float = 1.0
    sampler: str = "unipc"
    interval: tuple[float, float] = (0.0, 1.0)
    residual: tuple[float, ...] = (0.7,)
    strength: float = 1.0

    @classmethod
    def of(cls, preset: dict, mode: str, request: Request, *, from_start: bool = False) -> Sampling:
        """The model's preset, `preset[mode]` over it, the request's wishes over both. Fast: few steps, no guidance."""
        from_start = from_start or request.start is not None
        steps, guidance = request.steps, request.guidance
        fast = is_fast(request, mode)
        known = {**preset, **preset.get(mode, {})}
        residual = known.get("sigma_residual", 0.7)
        usual = known.get("steps", 24)
        usual = min(usual, known.get("few_steps", 4)) if fast else usual
        return cls(
            steps=usual if steps is None else steps,
            guidance=(1.0 if fast else float(known.get("guidance", 1.0))) if guidance is None else float(guidance),
            shift=float(known.get("shift", 1.0) if request.shift is None else request.shift),
            strength=float(request.strength) if from_start else 1.0,
            sampler="few_step" if fast else known.get("sampler", "unipc"),
            interval=tuple(known.get("interval", (0.0, 1.0))),
            residual=tuple(residual) if isinstance(residual, list) else (float(residual),),
        )

    def run(
        self,
        denoiser: Denoiser,
        noise: Tensor | SolverState,
        on_step: OnStep | None,
        *,
        start: Tensor | None = None,
        on_state: OnState | None = None,
    ) -> Tensor:
        """From noise to a clean latent; with a `start`, a clean latent, from where `strength` puts noise on it; from
        the state of a walk that was interrupted, the rest of it."""
        if start is not None and not isinstance(noise, SolverState):
            noise = add_noise(start, noise, self.sigmas[0])
        return SAMPLERS[self.sampler](denoiser, noise, self.sigmas, on_state=on_state, on_step=on_step)

    @property
    def sigmas(self) -> Tensor:
        """The levels to walk."""
        return entered(flow_sigmas(self.steps, self.shift), self.strength)

    @property
    def num_steps(self) -> int:
        return len(self.sigmas) - 1


def is_fast(request: Request, mode: str) -> bool:
    """Whether few steps were asked for; the clock chooses among few, where there are steps to choose."""
    return request.fast or (request.within is not None and mode == "text")


def weights_for(request: Request, mode: str, parts: Container[str]) -> str:
    """The part that denoises: from text in few steps the light one, where the model has one."""
    return "light" if mode == "text" and is_fast(request, mode) and "light" in parts else "transformer"


@dataclass(frozen=True)
class Key:
    """One key frame: `picture` [1, 3, height, width] in [-1, 1], and the `sketch` it was made from, if any."""

    index: int
    picture: Tensor
    sketch: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """All that makes the key frames of one film; `keys()` makes them. `texts`: what is told of each beat, in order;
    `told[window]` says which a window hears. With a `reel`, its sketch is the control; with a `start`, each window
    begins from that film's. `kept`: where its windows wait when it is interrupted."""

    transformer: nn.Module
    codec: VideoVAE
    geometry: Geometry
    sampling: Sampling
    timetable: Timetable
    texts: tuple[Text, ...]
    null: Text
    seed: int
    device: torch.device
    told: tuple[int, ...] = ()
    reel: Reel | None = None
    start_film: StartFilm | None = None
    kept: Windows = NOTHING_KEPT

    def keys(self, report: Reporter) -> Iterator[Key]:
        """Key frames in order, as soon as each is decoded."""
        report.begin("denoise", self.timetable.num_windows * self.sampling.num_steps)
        last = None
        for window in range(self.timetable.num_windows):
            sketch = self.sketch(window)
            latent = self.latent(window, sketch=sketch, last=last, report=report)
            for index, picture in self.pictures(window, latent, sketch):
                report("decode", index + 1, self.timetable.num_keys)
                last = picture
                seen = None if sketch is None else sketch[:, :, index - self.start(window)]
                yield Key(index, *(None if p is None else self.geometry.cropped(p).cpu() for p in (picture, seen)))

    def start(self, window: int) -> int:
        """Index of the window's first key frame."""
        return window * (self.geometry.frames - 1)

    def sketch(self, window: int) -> Tensor | None:
        """The Scene's flat drawing at the window's key frames, [1, 3, frames, H, W]."""
        if self.reel is None:
            return None
        times = [Fraction(self.start(window) + i, self.geometry.fps) for i in range(self.geometry.frames)]
        return self.reel.drawn(times, self.geometry.skeleton, unit=self.geometry.unit, style="sketch").to(self.device)

    @torch.no_grad()
    def latent(self, window: int, *, sketch: Tensor | None, last: Tensor | None, report: Reporter) -> Tensor:
        """The window's clean latent [1, C, G, h, w]; its first frame is that of the picture `last`, if given."""
        found = self.kept.found(window, self.device)
        if found is not None and found.is_done:
            return found.x
        control = None if sketch is None else self.codec.encode(sketch)
        known = None if last is None else self.codec.encode(last[:, :, None])
        start = None if self.start_film is None else self.begun(self.start_film, window)
        text = self.texts[self.told[window] if self.told else 0]
        on_step = self.steps(window, report)
        given = {"text": text, "control": control, "known": known, "start": start}
        with self.kept.saving(window) as on_state:
            return self.walked(found or self.noise(window), on_step, on_state=on_state, **given)

    def walked(
        self,
        noise: Tensor | SolverState,
        on_step: OnStep | None,
        *,
        text: Text | None = None,
        control: Tensor | None = None,
        known: Tensor | None = None,
        start: Tensor | None = None,
        on_state: OnState | None = None,
    ) -> Tensor:
        """Noise to a clean latent: around the latent `control`, its first frames `known`, from the latent `start`."""
        denoiser = guided(
            self.denoiser(self.texts[0] if text is None else text, control),
            self.denoiser(self.null, control),
            self.sampling.guidance,
            self.sampling.interval,
        )
        if known is not None:
            denoiser = pinned(denoiser, known)
        return self.sampling.run(denoiser, noise, on_step, start=start, on_state=on_state)

    def begun(self, film: StartFilm, window: int) -> Tensor:
        """The latent of the window's part of the film to start from."""
        video = film.window(self.start(window), self.geometry.frames).to(self.device)
        return self.codec.encode(self.geometry.padded(video))

    def denoiser(self, text: Text, control: Tensor | None) -> Denoiser:
        network = _network(self.transformer, text, control)
        if control is None:
            return velocity_denoiser(network)
        return control_denoiser(network, control, torch.tensor(self.sampling.residual, device=self.device))

    def noise(self, window: int) -> Tensor:
        return window_noise(self.geometry, self.seed, window).to(self.device)

    @torch.no_grad()
    def forward(self) -> Tensor:
        """One evaluation of the network as the first step makes it, for timing."""
        sketch = self.sketch(0)
        control = None if sketch is None else self.codec.encode(sketch)
        return self.denoiser(self.texts[0], control)(self.noise(0), self.sampling.sigmas[0])

    def steps(self, window: int, report: Reporter) -> OnStep:
        """Reports each step with a picture of where it is heading."""
        total = self.timetable.num_windows * self.sampling.num_steps

        def on_step(step: int, num_steps: int, x: Tensor, clean: Tensor) -> None:
            report("denoise", window * num_steps + step + 1, total, self.preview(clean) if report.listener else None)

        return on_step

    def preview(self, clean: Tensor) -> np.ndarray:
        """The middle picture of a latent by the linear part of the decoder, uint8 [height, width, 3]."""
        middle = clean[:, :, clean.shape[2] // 2 :][:, :, :1]
        return to_uint8(self.geometry.cropped(self.codec.pca_decode(middle, begun=True)[:, :, 0]))

    @torch.no_grad()
    def pictures(self, window: int, latent: Tensor, sketch: Tensor | None) -> Iterator[tuple[int, Tensor]]:
        """Decode one latent frame after the other, as far as the film needs: (index, [1, 3, H, W] in [-1, 1])."""
        state: CodecState | None = None
        index, end = self.start(window), self.timetable.num_keys
        for group in latent.split(1, dim=2):
            if index >= end:
                return
            num = 1 if state is None else self.codec.config.time
            first = index - self.start(window)
            marks = None if sketch is None else sketch[:, :, first : first + num]
            video, state = _decoded(self.codec, group, state, marks)
            for picture in video.clamp(-1, 1).unbind(dim=2):
                # The first picture of a later window is the last of the one before, already shown.
                if index < end and (window == 0 or index > self.start(window)):
                    yield index, picture
                index += 1


def window_noise(geometry: Geometry, seed: int, window: int) -> Tensor:
    """[1, C, G, h, w] float32 on the CPU: the same on every machine."""
    source = torch.Generator().manual_seed(seed_from(seed, "noise", window))
    return torch.randn(1, *geometry.latent, generator=source)


def _network(transformer: nn.Module, text: Text, control: Tensor | None) -> Network:
    def predict(x: Tensor, sigma: Tensor, step: Tensor | None = None) -> Tensor:
        made = transformer(x, sigma, text.tokens, pooled=text.pooled, control=control, step=step)
        return made.velocity if control is None else made.residual

    return predict


@torch.no_grad()
def _decoded(codec: VideoVAE, group: Tensor, state: CodecState | None, marks: Tensor | None):
    return codec.decode_chunk(group, state, marks)


def to_uint8(picture: Tensor) -> np.ndarray:
    """[1, 3, h, w] or [3, h, w] in [-1, 1] → uint8 [h, w, 3]."""
    bytes_ = picture.detach().clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    return np.ascontiguousarray(bytes_.reshape(3, *picture.shape[-2:]).permute(1, 2, 0).cpu().numpy())
