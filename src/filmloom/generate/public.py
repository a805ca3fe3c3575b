"""Films by the public Wan2.2 models: text → latent → frames → the rate that was asked for.

    prompt → UMT5 ─┐                         picture → autoencoder ─┐ (image-to-video models)
    noise ─────────┴→ high-noise expert → low-noise expert → autoencoder, chunk by chunk → interpolated → frames
    film to start from → autoencoder → noise of a chosen strength on it ┘

One part is in memory at a time, where the budget (memory.py) says; every stage also runs alone. An interrupted walk
leaves its state in a file and goes on from there to the same bits.

B batch, C latent channels, G latent frames, h w latent cells, F frames, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from filmloom import __version__
from filmloom.checkpoints.lora import Lora, Strength, read_lora, shapes_of, stacked
from filmloom.checkpoints.lora_merge import merged_source
from filmloom.checkpoints.public import PublicFolder
from filmloom.checkpoints.source import Source
from filmloom.core.errors import RequestError
from filmloom.core.machine import memory
from filmloom.core.types import Size
from filmloom.diffusion.denoisers import Denoiser, pinned, switched, velocity_denoiser
from filmloom.diffusion.grids import published_grid
from filmloom.diffusion.guards import Guard
from filmloom.diffusion.guidance import guided
from filmloom.diffusion.previews import fitted, linear_preview
from filmloom.diffusion.samplers import OnStep, dpmpp, euler, unipc
from filmloom.diffusion.schedules import add_noise, entered
from filmloom.generate.maker import Maker
from filmloom.generate.memory import Budget, Choice, Machine, Run, choose, forecast
from filmloom.generate.offload import Place, opened, text_encoder
from filmloom.generate.progress import OnProgress, Reporter
from filmloom.generate.public_stream import PublicStream
from filmloom.generate.request import Request
from filmloom.generate.walk import Ears, Unfinished, Walk, digest, seeing, told
from filmloom.generate.window import Timetable
from filmloom.kernels.attention import PATH
from filmloom.models.dit import DiTConfig
from filmloom.models.names.transformer import TABLE
from filmloom.models.text_encoder import Text
from filmloom.models.umt5 import UMT5, open_tokenizer
from filmloom.models.wan import MODELS, WanModel
from filmloom.models.wan_vae import WanVAE, WanVAEConfig, decode_tiled
from filmloom.world.draw import draw
from filmloom.world.scene import Scene, Subject

SAMPLERS = {"unipc": unipc, "dpmpp": dpmpp, "euler": euler}
GRIDS = {"unipc": "unipc_diffusers", "dpmpp": "unipc_diffusers", "distilled": "distilled"}  # of the diffusers reference
LARGE = 2e9  # weights; beyond it even a CPU holds them in bfloat16
REFERENCES = ("original", "diffusers")


class PublicFilm(Maker):
    """A public model that makes films. Headers are read at once, weights when a stage needs them.

    `dtype`: of transformers and text encoder (None: bfloat16 on a GPU or beyond 2 billion weights, else float32).
    `reference`: whose rounding and noise levels, "original" or "diffusers". `choice`: how memory is used (None: the
    fastest that fits this machine). `text_len`: tokens of a prompt.
    """

    def __init__(
        self,
        folder: PublicFolder,
        name: str,
        device: torch.device,
        threads: int,
        *,
        dtype: torch.dtype | None = None,
        reference: str = "original",
        choice: Choice | None = None,
        text_len: int | None = None,
    ):
        if reference not in REFERENCES:
            raise RequestError("reference", reference, f"it must be one of {', '.join(REFERENCES)}", "original")
        self.folder, self.name, self.device, self.threads = folder, name, device, threads
        self.model = described(folder, reference, text_len)
        self.reference, self.choice = reference, choice
        self.sources: dict[str, Source] = {part: folder.source(part) for part in self.model.transformers}
        self.dtype = dtype or usual_dtype(device, next(iter(self.sources.values())))
        self.adapters: list[str] = []
        self._texts: dict[str, Text] = {}
        self._codec: WanVAE | None = None
        self._preview: tuple[Tensor, Tensor] | None = None

    def adapt(self, *loras: tuple[Path | str, Strength], allow_ignored: bool = False) -> None:
        """Films from now on with these adapters (LoRA and kin), in this order, in place of any before; () for none.

        Weights gain them as they are read, so it costs no memory and takes back nothing."""
        plain = {part: self.folder.source(part) for part in self.model.transformers}
        shapes = shapes_of(next(iter(plain.values())))
        read = [(read_lora(Path(p), shapes, TABLE, allow_ignored=allow_ignored), strength) for p, strength in loras]
        self.sources = {part: adapted(source, part, read) for part, source in plain.items()}
        self.adapters = [f"{Path(p).name} ({strength.high:g}, {strength.low:g})" for p, strength in loras]

    @property
    def num_bytes(self) -> int:
        texts = sum(text.tokens.nbytes + text.pooled.nbytes for text in self._texts.values())
        weights = [] if self._codec is None else [*self._codec.parameters(), *self._codec.buffers()]
        return texts + sum(tensor.nbytes for tensor in weights)

    # Stages, each alone.

    def encode_text(self, prompts: Sequence[str], *, where: str = "device") -> Text:
        """Prompts → Text with tokens [B, 512, D], zero beyond each prompt's own. The encoder is let go of afterwards.

        `where` the encoder works: device, memory (the CPU's) or layerwise (there too, read layer by layer)."""
        new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self._texts]
        if new:
            encoder = self._text_encoder(where)
            for prompt in new:
                self._texts[prompt] = encoder.encode([prompt]).to(self.device)
        return Text.stack([self._texts[prompt] for prompt in prompts])

    def noise(self, request: Request) -> Tensor:
        """The starting latent [1, C, G, h, w], float32, drawn on the CPU from the request's seed in one call."""
        shape = self.model.video_vae.codec.latent(self.num_frames(request), request.size)
        source = torch.Generator().manual_seed(request.seed)
        return torch.randn(1, shape.channels, shape.frames, shape.height, shape.width, generator=source).to(self.device)

    def denoise(
        self,
        text: Text,
        negative: Text | None,
        latent: Tensor,
        request: Request,
        *,
        start: Tensor | None = None,
        image: Tensor | None = None,
        choice: Choice | None = None,
        on_step: OnStep | None = None,
        state: Path | None = None,
    ) -> Tensor:
        """A starting latent to a clean one, [1, C, G, h, w], both normalised.

        `negative` is what guidance leads away from; None means the model's own. With a clean latent `start`, from it
        with `request.strength` of noise on it. `image` [1, 3, 1, H, W]: the first frame, for models that take one.
        `state`: a folder (or a file) that keeps the walk's state after every step until it is done; a walk that finds
        its own there goes on from it, to the same bits.
        """
        walk = self.walk(request, from_start=start is not None)
        if negative is None and walk.num_prompts == 2:
            negative = self.encode_text([walk.negative])
        noise = latent.to(self.device)
        begins_anew = start is None or request.strength >= 1  # a published walk begins a hair below pure noise
        x = noise if begins_anew else add_noise(start.to(self.device), noise, walk.sigmas[0])
        known, condition = self._given(image, x)
        facts = {} if state is None else self._facts(request, text, negative, x, known, condition)
        kept = Unfinished.of(state, facts)
        with self._transformers(request, choice) as experts, torch.no_grad():
            denoiser = self._denoiser(experts, walk, text, negative, condition)
            denoiser = denoiser if known is None else pinned(denoiser, known)
            made = SAMPLERS[walk.preset.sampler](
                denoiser,
                kept.found(self.device) or x,
                walk.sigmas,
                guard=self._guard(walk, 0 if known is None else known.shape[2]),
                on_state=kept.save,
                on_step=on_step,
            )
        kept.done()
        return made

    def decode(self, latent: Tensor) -> Tensor:
        """Latent [1, C, G, h, w] → video [1, 3, F, H, W] in [-1, 1]."""
        return torch.cat(list(self.decode_stream(latent)), dim=2)

    @torch.no_grad()
    def decode_stream(self, latent: Tensor, *, tiled: bool = False) -> Iterator[Tensor]:
        """The same, a few pictures at a time and in the memory of those few."""
        codec = self._autoencoder()
        if tiled:
            yield decode_tiled(codec, latent.to(self.device)).float().clamp(-1, 1)
            return
        for video in codec.decode_stream(latent.to(self.device)):
            yield video.float().clamp(-1, 1)

    @torch.no_grad()
    def encode(self, frames: Tensor) -> Tensor:
        """Video [1, 3, 1 + 4k, H, W] in [-1, 1] → latent, the posterior's mean, normalised."""
        return self._autoencoder().encode(frames.to(self.device))

    # Whole films.

    def stream(
        self,
        request: Request,
        on_progress: OnProgress | None = None,
        *,
        overlap: bool = True,
        resume: Path | None = None,
    ) -> PublicStream:
        """The film as uint8 chunks [f, h, w, 3], RGB, in order, in bounded memory. All checks happen here.

        The walk's state waits in the folder `resume`, else in FILMLOOM_HOME/unfinished."""
        self.check(request)
        choice, budget = self.budget(request)
        return PublicStream(self, request, choice, budget, Reporter(on_progress), overlap, resume)

    def check(self, request: Request) -> None:
        """What this model cannot do is refused before any weight is read."""
        super().check(request)
        if request.mode not in ("auto", "text"):
            raise RequestError("mode", request.mode, f"{self.model.name} films from the text alone", "text")
        _check_whole_cells(request.size, self.model)
        _check_length(request, self.model)
        _check_image(request, self.model)
        if request.fast and self.model.distilled is None:
            raise RequestError("fast", True, f"{self.model.name} has no published few-step form", False)
        if request.start is not None and request.image is not None:
            raise RequestError("start", str(request.start), "it has its own first frame", "image alone")

    def budget(self, request: Request) -> tuple[Choice, Budget]:
        """How this film's memory is used, and how much each stage takes; ResourceError where nothing fits."""
        run = self.run(request)
        if self.choice is not None:
            return self.choice, forecast(run, self.choice)
        return choose(run, this_machine(self.device))

    def run(self, request: Request) -> Run:
        """The request in the budget's terms."""
        return Run(
            model=self.model, size=request.size, frames=self.num_frames(request), on_gpu=self.device.type == "cuda",
            dtype=self.dtype, levels=self.num_levels(request), prompts=self.walk(request).num_prompts,
        )  # fmt: skip

    def walk(self, request: Request, *, from_start: bool = False) -> Walk:
        """Steps, levels, guidance: the request's wishes over the model's preset. Fast takes the few-step preset."""
        preset = self.model.distilled if request.fast and self.model.distilled else self.model.preset
        high = preset.guidance_high if request.guidance is None else request.guidance
        low = preset.guidance_low if request.guidance is None else request.guidance
        preset = replace(
            preset,
            steps=request.steps or preset.steps,
            shift=request.shift or preset.shift,
            guidance_high=float(high if request.guidance_high is None else request.guidance_high),
            guidance_low=float(low if request.guidance_low is None else request.guidance_low),
        )
        grid_name = preset.grid if self.reference == "original" else GRIDS[preset.grid]
        grid = published_grid(grid_name, preset.steps, shift=preset.shift)
        strength = float(request.strength) if from_start or request.start is not None else 1.0
        # diffusers takes an empty negative prompt as it is; the original replaces it by the published one.
        negative = request.negative or (preset.negative if self.reference == "original" else "")
        return Walk(preset=preset, grid=grid, sigmas=entered(grid.sigmas, strength), negative=negative)

    def num_frames(self, request: Request) -> int:
        """Pictures of the latent: as many as the film needs at the model's rate, rounded up to 1 + 4k."""
        time = self.model.video_vae.codec.time
        return 1 + time * math.ceil((self.timetable(request).num_keys - 1) / time)

    def num_levels(self, request: Request) -> int:
        """Noise levels in a forward: one per latent frame where the first is given."""
        pins = self.model.image == "optional" and request.image is not None
        return self.model.video_vae.codec.latent(self.num_frames(request), request.size).frames if pins else 1

    def timetable(self, request: Request) -> Timetable:
        return Timetable(request.num_frames, request.rate, self.model.preset.fps, self.model.preset.frames)

    def fit_preview(self) -> None:
        """Learn the linear map of `preview` from a drawn scene, once."""
        if self._preview is None:
            scene = Scene("meadow", (Subject("girl", "red", "dance", size=0.6),), seed=1)
            space = self.model.video_vae.codec.space
            drawn = draw([scene], np.zeros(1), Size(16 * space, 9 * space), unit=9 * space).video
            self._preview = fitted(self.encode(drawn), drawn)

    def preview(self, latent: Tensor) -> np.ndarray:
        """The middle picture of a latent by a linear map, one pixel per cell: uint8 [h, w, 3]."""
        self.fit_preview()
        middle = latent[:, :, latent.shape[2] // 2 :][:, :, :1]
        return linear_preview(middle, *self._preview)[0, 0].numpy()

    # Parts.

    def _text_encoder(self, where: str) -> UMT5:
        self.folder.verify("text_encoder")
        place = Place(device=self.device if where == "device" else torch.device("cpu"), dtype=self.dtype)
        with torch.device("meta"):
            encoder = UMT5(self.model.text_encoder, self._tokenizer(), text_len=self.model.text_len)
        layers = "layerwise" if where == "layerwise" else "resident"
        return text_encoder(encoder, self.folder.source("text_encoder"), place, layers=layers)

    def _tokenizer(self) -> object:
        return open_tokenizer(self.folder.tokenizer or self.folder.path / "tokenizer")

    @contextmanager
    def _transformers(self, request: Request, choice: Choice | None) -> Iterator[list[nn.Module]]:
        """The experts, in order of use, their weights where the budget has them; the autoencoder makes room."""
        self._codec = None
        self.folder.verify(*self.model.transformers)
        choice = choice or self.budget(request)[0]
        place = Place(device=self.device, dtype=self.dtype)
        with opened(self.model.transformer, self.sources, choice, place) as experts:
            yield list(experts.values())

    def _autoencoder(self) -> WanVAE:
        if self._codec is None:
            with torch.device("meta"):
                codec = WanVAE(self.model.video_vae)
            self.folder.load("video_vae", codec, torch.float32)
            self._codec = codec.to(self.device).eval().requires_grad_(False)
        return self._codec

    # The denoiser of a walk.

    def _denoiser(
        self, transformers: Sequence[nn.Module], walk: Walk, text: Text, negative: Text | None, condition: Tensor | None
    ) -> Denoiser:
        """Each expert's velocity, guided its own way; the expert by what the network hears of the noise level."""
        preset, ears = walk.preset, Ears()
        experts = [
            velocity_denoiser(
                guided(
                    seeing(ears.network(expert, text), condition),
                    seeing(ears.network(expert, negative), condition),
                    guidance,
                ),
                hears=walk.grid.hears,
            )
            for expert, guidance in zip(transformers, (preset.guidance_high, preset.guidance_low))
        ]
        return experts[0] if len(experts) == 1 else switched(*experts, walk.grid.boundary(preset.boundary))

    def _given(self, image: Tensor | None, x: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """A picture as latent frames that are held, or as channels beside the noise, as the model takes it."""
        if image is None:
            return None, None
        if self.model.image == "optional":
            return self.encode(image), None
        return None, self.condition(image, x.shape)

    def condition(self, image: Tensor, shape: Sequence[int]) -> Tensor:
        """What image-to-video models see beside a latent of `shape`: a mask of 4 channels, and the latent of the
        picture with blank frames behind it."""
        codec = self.model.video_vae.codec
        blank = image.new_zeros(1, 3, codec.frames(shape[2]) - 1, *image.shape[3:])
        latent = self.encode(torch.cat((image, blank), dim=2))
        mask = latent.new_zeros(1, codec.time, *shape[2:])
        mask[:, :, 0] = 1  # the first picture counts four times: it fills the first latent frame
        return torch.cat((mask, latent), dim=1)

    def _guard(self, walk: Walk, num_known: int) -> Guard:
        boundary = walk.preset.boundary
        return Guard(
            dtype=str(self.dtype).removeprefix("torch."),
            attention=PATH,
            boundary=None if boundary is None else walk.grid.boundary(boundary),
            num_known=num_known,
        )

    def _facts(self, request: Request, text: Text, *tensors: Text | Tensor | None) -> dict[str, str]:
        """All on which a walk's bits depend; a state is taken up again under the same facts only."""
        inputs = [one.tokens if isinstance(one, Text) else one for one in (text, *tensors) if one is not None]
        return {
            "model": self.folder.digest or str(self.folder.path.resolve()), "request": told(request),
            "inputs": digest(*inputs), "adapters": ", ".join(self.adapters), "reference": self.reference,
            "dtype": str(self.dtype), "device": str(self.device), "threads": str(torch.get_num_threads()),
            "attention": PATH, "torch": torch.__version__, "filmloom": __version__,
        }  # fmt: skip


def described(folder: PublicFolder, reference: str, text_len: int | None) -> WanModel:
    """The public model a folder holds, with the sizes that are really in it."""
    known = MODELS[folder.model]
    fields = folder.config(known.transformers[0])
    return replace(
        known,
        transformer=DiTConfig(**fields, reference=reference),
        video_vae=WanVAEConfig(**folder.config("video_vae")),
        text_encoder=folder.config("text_encoder"),
        text_len=text_len or known.text_len,
    )


def adapted(source: Source, part: str, loras: Sequence[tuple[Lora, Strength]]) -> Source:
    """A transformer's source with what the adapters have for its expert."""
    expert = part.removeprefix("transformer_") if part != "transformer" else None
    stack = stacked(loras, expert)
    return merged_source(source, stack) if stack else source


def usual_dtype(device: torch.device, source: Source) -> torch.dtype:
    """bfloat16 on a GPU and for large models, float32 else."""
    weights = sum(math.prod(source.shape(name)) for name in source.names())
    return torch.bfloat16 if device.type == "cuda" or weights > LARGE else torch.float32


def this_machine(device: torch.device) -> Machine:
    """Memory on offer here."""
    offered = memory()
    ram = offered.available if offered is not None else 2**63
    vram = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else None
    return Machine(vram=vram, ram=ram)


def _check_whole_cells(size: Size, model: WanModel) -> None:
    whole = model.multiple
    if size.width % whole or size.height % whole:
        near = Size(*(max(whole, round(side / whole) * whole) for side in (size.width, size.height)))
        raise RequestError("size", str(size), f"{model.name} makes whole multiples of {whole} pixels", near)


def _check_length(request: Request, model: WanModel) -> None:
    preset = model.preset
    table = Timetable(request.num_frames, request.rate, preset.fps, preset.frames)
    if table.num_keys > preset.frames:
        rule = f"{model.name} makes at most {preset.frames} frames at {preset.fps} fps"
        raise RequestError("seconds", request.seconds, rule, math.floor(10 * preset.frames / preset.fps) / 10)


def _check_image(request: Request, model: WanModel) -> None:
    if model.image == "required" and request.image is None:
        raise RequestError("image", None, f"{model.name} films on from a picture; give one", "--image FILE")
    if model.image == "none" and request.image is not None:
        raise RequestError("image", str(request.image), f"{model.name} takes no picture", "wan2.2-i2v-a14b")
