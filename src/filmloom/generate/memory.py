"""How much memory a film of a public model will take, stage by stage, before anything is loaded; and how to fit.

    forecast    model, size, frames, Choice → Budget: one Stage for each part of the run, each with its peak
    choose      model, size, frames, what the machine has → the fastest Choice that fits, or what would fit

Pure arithmetic: moments.py has the transformer's and the text encoder's, models/wan_vae_memory.py the autoencoder's.

A prompt and its negative are encoded first, then the text encoder leaves; experts work in turn, then leave; the
autoencoder comes last. Bytes throughout; GB = 10^9.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import torch

from filmloom.core.errors import ResourceError
from filmloom.core.types import LatentShape, Size
from filmloom.generate.moments import (
    FLOAT,
    block_weights,
    outer_weights,
    prepared_bytes,
    text_encoder_weights,
    text_moments,
    transformer_moments,
    transformer_weights,
)
from filmloom.models.wan import WanModel
from filmloom.models.wan_vae import Tiling, WanVAE, WanVAEConfig
from filmloom.models.wan_vae_memory import peak_bytes

LATENTS = 8  # float32 latents of sampler and guidance: x, noise, three of history, two velocities, clean
LIBRARIES = 600_000_000  # a process that has imported torch, generously
CONTEXT = 600_000_000  # what CUDA takes of a GPU for itself
PARTS = (1, 2, 4, 8)  # of a feed-forward


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How a run uses memory; the defaults are the fastest. offload.py carries out the first four.

    weights: resident, swap or layerwise. ahead: the second expert is read while the first works. held: layerwise
    weights come from memory, not from disk. text_encoder: on the device, or in memory (the CPU runs it), or layerwise
    (likewise, from disk). autoencoder: whole, streamed (one latent frame at a time), or tiled (in space as well, which
    changes the result a little).
    """

    weights: str = "resident"
    ahead: bool = True
    held: bool = False
    feed_forward_parts: int = 1
    text_encoder: str = "device"
    autoencoder: str = "whole"

    def __str__(self) -> str:
        origin = (" from memory" if self.held else " from disk") if self.weights == "layerwise" else ""
        ahead = ", the second expert read while the first works" if self.ahead else ""
        parts = f", feed-forward in {self.feed_forward_parts} parts" if self.feed_forward_parts > 1 else ""
        return (
            f"weights {self.weights}{origin}{ahead}{parts}; text encoder: {self.text_encoder}; "
            f"autoencoder: {self.autoencoder}"
        )


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Memory on offer, in bytes. `vram` None: no GPU, all work is done on the CPU."""

    vram: int | None
    ram: int


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What one part of the run takes on the device, and in `host` memory besides (all of it there without a GPU).

    `caches`: prepared texts, latents, what causal convolutions remember, finished pictures. `moment`: where in its
    forward the activations peak.
    """

    name: str
    weights: int
    activations: int
    caches: int = 0
    host: int = 0
    moment: str = ""

    @property
    def device(self) -> int:
        return self.weights + self.activations + self.caches


@dataclass(frozen=True)
class Budget:
    """The stages in the order of the run; of one memory where the CPU is the device."""

    stages: tuple[Stage, ...]
    on_gpu: bool

    @property
    def vram(self) -> int:
        """Peak on the GPU with what CUDA takes for itself; 0 without one."""
        return CONTEXT + max(stage.device for stage in self.stages) if self.on_gpu else 0

    @property
    def ram(self) -> int:
        """Peak of the process in the computer's memory."""
        return LIBRARIES + max(self.in_ram(stage) for stage in self.stages)

    def in_ram(self, stage: Stage) -> int:
        return stage.host + (0 if self.on_gpu else stage.device)

    def fits(self, machine: Machine) -> bool:
        return self.missing(machine) == (0, 0)

    def missing(self, machine: Machine) -> tuple[int, int]:
        """Bytes lacking on the GPU and in the computer's memory."""
        return max(0, self.vram - (machine.vram or 0)), max(0, self.ram - machine.ram)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is to be made, and in which types. `prompts`: 2 with guidance, for the negative one; 1 without.

    `levels`: noise levels of a film, 1, or one per latent frame where the first is given.
    """

    model: WanModel
    size: Size
    frames: int
    on_gpu: bool = True
    dtype: torch.dtype = torch.bfloat16
    vae_dtype: torch.dtype = torch.float32
    stored: int = FLOAT  # bytes of a weight in the files; the public ones hold float32
    batch: int = 1
    levels: int = 1
    prompts: int = 2

    @property
    def latent(self) -> LatentShape:
        return self.model.video_vae.codec.latent(self.frames, self.size)


def forecast(run: Run, choice: Choice) -> Budget:
    """Every stage's needs. Of prepared texts only the working expert's are counted: let go of the other's."""
    stages = (*text_stages(run, choice), *transformer_stages(run, choice), *autoencoder_stages(run, choice))
    return Budget(stages, run.on_gpu)


def choose(run: Run, machine: Machine) -> tuple[Choice, Budget]:
    """The fastest Choice that fits, and its forecast; ResourceError, with what would fit, where none does.

    Only one part of the run is there at a time, so each is chosen for itself.
    """
    choice = Choice(ahead=False)
    for stages, options in (
        (transformer_stages, transformer_options(run)),
        (text_stages, text_options(run)),
        (autoencoder_stages, autoencoder_options()),
    ):
        choice = first_that_fits(run, machine, stages, [replace(choice, **option) for option in options])
    budget = forecast(run, choice)
    if not budget.fits(machine):
        raise ResourceError(refusal(run, machine, budget))
    return choice, budget


def first_that_fits(
    run: Run, machine: Machine, stages: Callable[[Run, Choice], tuple[Stage, ...]], choices: list[Choice]
) -> Choice:
    """Or the one that lacks least."""
    budgets = {choice: Budget(stages(run, choice), run.on_gpu) for choice in choices}
    fitting = (choice for choice, budget in budgets.items() if budget.fits(machine))
    return next(fitting, min(choices, key=lambda choice: sum(budgets[choice].missing(machine))))


def transformer_options(run: Run) -> Iterator[dict[str, object]]:
    """From the fastest on. Chunks cost little; a swap costs one copy of an expert; layers, a copy in every step."""
    both = len(run.model.transformers) > 1
    kept = [{"weights": "resident", "ahead": both}]
    if both:
        # On the CPU a waiting expert would take the room that leaving the first one gave.
        kept += [{"weights": "swap", "ahead": ahead} for ahead in ((True, False) if run.on_gpu else (False,))]
    brought = [
        {"weights": "layerwise", "held": True, "ahead": ahead} for ahead in ((True, False) if both else (False,))
    ]
    brought = [*(brought if run.on_gpu else ()), {"weights": "layerwise", "held": False, "ahead": False}]
    for weights, parts in product((*kept, *brought), PARTS):
        yield {**weights, "feed_forward_parts": parts}


def text_options(run: Run) -> Iterator[dict[str, object]]:
    for where in ("device", "memory", "layerwise") if run.on_gpu else ("device", "layerwise"):
        yield {"text_encoder": where}


def autoencoder_options() -> Iterator[dict[str, object]]:
    """`whole` is for who asks for it: at 1280x720x81 its tensors exceed 2^31 elements, which slows convolutions."""
    for way in ("streamed", "tiled"):
        yield {"autoencoder": way}


def text_stages(run: Run, choice: Choice) -> tuple[Stage, ...]:
    size, config = run.dtype.itemsize, run.model.text_encoder
    layer, rest = (count * size for count in text_encoder_weights(config))
    moments = text_moments(config, run.model.text_len, run.dtype)
    moment = max(moments, key=moments.__getitem__)
    weights = rest + (2 if choice.text_encoder == "layerwise" else config["num_layers"]) * layer
    texts = run.prompts * run.model.text_len * config["d_model"] * size
    transit = config["vocab_size"] * config["d_model"] * size  # the table of words, mapped while it is read
    stage = Stage(
        name="text encoder",
        weights=weights,
        activations=moments[moment],
        caches=texts,
        host=transit,
        moment=moment,
    )
    if choice.text_encoder == "device" or not run.on_gpu:
        return (stage,)
    return (replace(stage, weights=0, activations=0, host=transit + weights + moments[moment]),)


def transformer_stages(run: Run, choice: Choice) -> tuple[Stage, ...]:
    """One for each expert."""
    config, names = run.model.transformer, run.model.transformers
    moments = transformer_moments(
        config, run.latent, run.dtype, batch=run.batch, levels=run.levels, parts=choice.feed_forward_parts
    )
    moment = max(moments, key=moments.__getitem__)
    latents = LATENTS * run.batch * FLOAT * run.latent.channels * run.latent.tokens
    texts = run.prompts * run.batch * prepared_bytes(config, run.model.text_len, run.dtype)
    rows = []
    for name, last in zip(names, (len(names) == 1, True)):
        weights, host = expert_bytes(run, choice, coming=choice.ahead and not last, last=last)
        rows.append(
            Stage(
                name=name.replace("_", " "),
                weights=weights,
                activations=moments[moment],
                caches=latents + texts,
                host=host,
                moment=moment,
            )
        )
    return tuple(rows)


def expert_bytes(run: Run, choice: Choice, *, coming: bool, last: bool) -> tuple[int, int]:
    """Weights on the device and in host memory while an expert works. `coming`: another is read meanwhile."""
    size, config = run.dtype.itemsize, run.model.transformer
    whole, block = size * transformer_weights(config), size * block_weights(config)
    # Time's projection, the largest, is read before the blocks are there: beside whole weights there is one of theirs.
    widest = config.width * (max(config.mlp_width, 6 * config.width) if run.on_gpu else config.mlp_width)
    # A tensor of a file is mapped while it is read, and changes its type beside that on its way to a GPU.
    transit = widest * (run.stored + (size if run.on_gpu else 0))
    if choice.weights == "resident":
        return whole * (2 if coming or (last and len(run.model.transformers) > 1) else 1), transit
    if choice.weights == "swap":
        waiting = whole if choice.ahead else 0  # read while the first works; after that on its way to the device
        return (whole, transit + waiting) if run.on_gpu else (whole + (waiting if coming else 0), transit)
    working = size * outer_weights(config) + 2 * block
    pinned = block if run.on_gpu else 0
    read = whole if choice.held else 0
    return working * (2 if coming else 1), transit + pinned * (2 if coming else 1) + read * (2 if coming else 1)


def autoencoder_stages(run: Run, choice: Choice) -> tuple[Stage, ...]:
    """Decoding; before the transformers, where the model takes a picture, encoding."""
    config, size = run.model.video_vae, run.vae_dtype.itemsize
    tiling = Tiling() if choice.autoencoder == "tiled" else None
    chunk = run.latent.frames if choice.autoencoder == "whole" else 1
    prints = peak_bytes(config, run.size, chunk=chunk, dtype=run.vae_dtype, tiling=tiling)
    weights = size * autoencoder_weights(config)
    picture = 3 * size * run.size.width * run.size.height
    latent = FLOAT * run.latent.channels * run.latent.tokens
    seen = {"none": 0, "required": run.frames, "optional": 1}[run.model.image]  # the rest of the film is blank
    made = (1 if choice.autoencoder == "streamed" else 2) * run.frames * picture  # tiles and their union
    held = 4 * picture if choice.autoencoder == "streamed" else made
    encode = Stage(
        name="autoencoder, encode",
        weights=weights,
        activations=prints.encode.working,
        caches=prints.encode.cache + seen * picture + latent,
    )
    decode = Stage(
        name="autoencoder, decode",
        weights=weights,
        activations=prints.decode.working,
        caches=prints.decode.cache + held + latent,
    )
    return (encode, decode) if seen else (decode,)


@cache
def autoencoder_weights(config: WanVAEConfig) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in WanVAE(config).parameters())


def refusal(run: Run, machine: Machine, budget: Budget) -> str:
    """What the thriftiest choice needs, what is missing, and the nearest film that would fit."""
    vram, ram = budget.missing(machine)
    stage = max(budget.stages, key=lambda one: one.device if vram else budget.in_ram(one))
    needs = f"{budget.vram / 1e9:.1f} GB on the GPU and " if budget.on_gpu else ""
    lacks = [
        f"{math.ceil(lack / 1e8) / 10} GB {where}" for lack, where in ((vram, "on the GPU"), (ram, "of memory")) if lack
    ]
    return (
        f"{run.frames} frames of {run.size} by {run.model.name} need {needs}{budget.ram / 1e9:.1f} GB of memory even "
        f"with every offload, most in {stage.name}; {' and '.join(lacks)} are missing. {nearest(run, machine)}"
    )


def nearest(run: Run, machine: Machine) -> str:
    """Fewer frames of this size, and the largest smaller size of this length, that fit."""
    fewer = next((other for other in shorter(run) if fits(other, machine)), None)
    smaller = next((other for other in narrower(run) if fits(other, machine)), None)
    found = [f"{fewer.frames} frames of {run.size}"] if fewer else []
    found += [f"{run.frames} frames of {smaller.size}"] if smaller else []
    if found:
        return f"What fits: {', or '.join(found)}."
    least = replace(run, size=Size(run.model.multiple, run.model.multiple), frames=1)
    if fits(least, machine):
        return "What fits: a smaller size of fewer frames."
    return "No film of this model fits: its weights alone do not."


def shorter(run: Run) -> Iterator[Run]:
    step = run.model.video_vae.codec.time
    for frames in range(run.frames - step, 0, -step):
        yield replace(run, frames=frames)


def narrower(run: Run) -> Iterator[Run]:
    """The same aspect, as nearly as whole tokens allow, in steps of a sixteenth."""
    whole = run.model.multiple
    for share in range(15, 0, -1):
        sides = (max(whole, round(side * share / 16 / whole) * whole) for side in (run.size.width, run.size.height))
        yield replace(run, size=Size(*sides))


def fits(run: Run, machine: Machine) -> bool:
    return all(
        any(Budget(stages(run, replace(Choice(), **option)), run.on_gpu).fits(machine) for option in options)
        for stages, options in (
            (transformer_stages, transformer_options(run)),
            (text_stages, text_options(run)),
            (autoencoder_stages, autoencoder_options()),
        )
    )
