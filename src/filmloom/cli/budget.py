"""`filmloom models budget`: what a film of a public model takes of memory, before anything is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from filmloom.cli.options import AsJson
from filmloom.core.errors import RequestError
from filmloom.core.machine import memory
from filmloom.core.types import Size

if TYPE_CHECKING:
    from filmloom.generate.memory import Budget, Choice, Machine, Run, Stage

BAR = 40  # characters of the longest bar
SIGNS = {"weights": "█", "activations": "▒", "caches": "░"}


def budget(
    model: Annotated[str, typer.Argument(help="wan2.2-t2v-a14b, wan2.2-i2v-a14b or wan2.2-ti2v-5b.")],
    size: Annotated[str | None, typer.Option(help="Width and height in pixels; default: the model's first.")] = None,
    frames: Annotated[int | None, typer.Option(help="1 + k x 4; default: the model's.")] = None,
    vram: Annotated[
        float | None, typer.Option(help="GB of GPU memory, 0 for none; default: what this machine has free.")
    ] = None,
    ram: Annotated[float | None, typer.Option(help="GB of memory; default: what this machine has free.")] = None,
    as_json: AsJson = False,
) -> None:
    """Forecast the memory of a film, stage by stage, and the choice the run would make.

    Weights in bfloat16, autoencoder in float32, with a negative prompt. Exits with 4 and says what would fit where
    nothing does.
    """
    from filmloom.generate.memory import choose

    run, machine = _asked(model, size, frames, vram, ram)
    choice, found = choose(run, machine)
    print(_json(run, choice, found) if as_json else _text(run, machine, choice, found))


def _asked(
    name: str, size: str | None, frames: int | None, vram: float | None, ram: float | None
) -> tuple[Run, Machine]:
    """The film and the machine that the options speak of."""
    from filmloom.generate.memory import Machine, Run
    from filmloom.models.wan import MODELS

    if name not in MODELS:
        raise RequestError("model", name, "only the public models are forecast", ", ".join(MODELS))
    model = MODELS[name]
    pixels = Size.parse(size) if size else model.preset.sizes[0]
    sides = [max(1, round(side / model.multiple)) * model.multiple for side in (pixels.width, pixels.height)]
    if Size(*sides) != pixels:
        raise RequestError("size", str(pixels), f"its sides are multiples of {model.multiple}", Size(*sides))
    on_gpu, offered = _gpu() if vram is None else round(vram * 1e9), memory()
    free = round(ram * 1e9) if ram is not None else offered.available if offered else 0
    run = Run(model=model, size=pixels, frames=model.preset.frames if frames is None else frames, on_gpu=bool(on_gpu))
    run.latent  # noqa: B018  refuses a number of frames that the codec does not take
    return run, Machine(vram=on_gpu or None, ram=free)


def _gpu() -> int:
    import torch

    return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else 0


def _text(run: Run, machine: Machine, choice: Choice, found: Budget) -> str:
    film = f"{run.frames} frames of {run.size} by {run.model.name}"
    shares = [(found.vram, machine.vram, "GPU memory")] if found.on_gpu else []
    shares.append((found.ram, machine.ram, "memory"))
    longest = max(stage.device for stage in found.stages)
    lines = [
        f"{film}: {run.latent.frames} latent frames, {_tokens(run):,} tokens",
        "",
        *_aligned([HEADS, *(_row(stage, found, longest) for stage in found.stages)]),
        "",
        *(f"{name}: {_gb(peak)} GB at the peak, of {_gb(has)} GB" for peak, has, name in shares),
        f"choice: {choice}",
    ]
    return "\n".join(lines)


HEADS = ("GB", "weights", "activations", "caches", "device", "memory", "█ weights ▒ activations ░ caches")


def _row(stage: Stage, found: Budget, longest: int) -> tuple[str, ...]:
    parts = (stage.weights, stage.activations, stage.caches)
    bar = "".join(sign * round(BAR * part / max(longest, 1)) for sign, part in zip(SIGNS.values(), parts))
    in_ram = found.in_ram(stage)
    return (stage.name, *(_gb(part) for part in (*parts, stage.device if found.on_gpu else 0, in_ram)), bar)


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Names to the left, numbers to the right of their columns."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for name, *numbers, bar in rows:
        cells = [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(numbers, widths[1:])), bar]
        yield "  ".join(cells).rstrip()


def _json(run: Run, choice: Choice, found: Budget) -> str:
    stages = [{**asdict(stage), "device": stage.device, "memory": found.in_ram(stage)} for stage in found.stages]
    facts = {"model": run.model.name, "size": str(run.size), "frames": run.frames, "tokens": _tokens(run)}
    totals = {"vram": found.vram, "ram": found.ram}
    return json.dumps({**facts, **totals, "choice": asdict(choice), "stages": stages}, indent=2)


def _tokens(run: Run) -> int:
    frames, rows, columns = run.model.transformer.patch
    return run.latent.tokens // (frames * rows * columns)


def _gb(num_bytes: int | None) -> str:
    return f"{(num_bytes or 0) / 1e9:.2f}"
