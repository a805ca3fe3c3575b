"""`filmloom make`: a sentence becomes an MP4."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.options import AsJson, Model, Prompt
from filmloom.cli.plan import remarks
from filmloom.cli.progress import Previews, shower
from filmloom.cli.world import read_scenes


def make(
    prompt: Prompt,
    output: Annotated[Path, typer.Option("--output", "-o", help="The MP4 to write.")],
    mode: Annotated[str, typer.Option(help="auto, text, plan or draw; auto: the first that passed its gate.")] = "auto",
    scene: Annotated[
        Path | None, typer.Option(help="Film the Scene in this file, or its list of Scenes, instead of planning one.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Length of the film.")] = 4.0,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels; mini: 16:9.")] = "1280x720",
    fps: Annotated[int, typer.Option(help="Frames per second.")] = 30,
    seed: Annotated[int, typer.Option(help="Same request and seed, same film.")] = 7,
    model: Model = "mini",
    steps: Annotated[int | None, typer.Option(help="Denoising steps; default: the model's own.")] = None,
    negative: Annotated[str, typer.Option(help="What the film must not show (modes text and plan).")] = "",
    fast: Annotated[bool, typer.Option("--fast", help="Few denoising steps, without guidance.")] = False,
    within: Annotated[
        float | None, typer.Option(help="Seconds it may take (mode text): 8, 6 or 4 steps, by the time of the first.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    start: Annotated[Path | None, typer.Option("--from", help="Begin from this film instead of from noise.")] = None,
    strength: Annotated[float, typer.Option(help="With --from: 1 keeps nothing of it, 0.01 nearly all.")] = 0.7,
    image: Annotated[Path | None, typer.Option(help="The first frame, for image-to-video models.")] = None,
    gate: Annotated[
        str, typer.Option(help="A film that flickers, jumps, drifts or freezes: retry with other seeds, fail, or off.")
    ] = "off",
    silent: Annotated[bool, typer.Option("--silent", help="No sound in the film.")] = False,
    lora: Annotated[list[str] | None, typer.Option(help="FILE or FILE:STRENGTH or FILE:HIGH:LOW; repeat it.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Public models: whose rounding and noise levels, original or diffusers.")
    ] = None,
    preview: Annotated[Path | None, typer.Option(help="Folder for one PNG per denoising step.")] = None,
    as_json: AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUTPUT if it exists.")] = False,
) -> None:
    """Make a film: plan it, generate or draw it, and write an H.264 MP4.

    On a terminal each stage shows a bar with the time left; piped, only the film's path is printed; with --json, one
    object per line: progress, then the result.
    """
    began = time.monotonic()
    with shower(as_json=as_json) as show:
        from filmloom.finishing.house import open_house
        from filmloom.finishing.mp4 import check_output, read_settings
        from filmloom.generate.request import Request, check

        request = Request(
            prompt=prompt, size=size, seconds=seconds, fps=fps, seed=seed, mode=mode, model=model, steps=steps,
            scene=read_scenes(scene) if scene else None, negative=negative, device=device, fast=fast, start=start,
            strength=strength, image=image, silent=silent, within=within, gate=gate,
        )  # fmt: skip
        check(request)
        check_output(output, overwrite=overwrite)
        open_house().screened(prompt, request.scene_words)  # before torch is imported

        from filmloom.generate.pipeline import load

        film = load(request.model, request.device, **({"reference": reference} if reference else {}))
        if lora:
            adapt(film, lora)
        if within is not None:  # counted from the command's start, however long that took
            request = replace(request, within=max(1.0, within - (time.monotonic() - began)))
        report = film.write(request, output, Previews(preview, show), overwrite=overwrite)
    _tell(output, read_settings(output), report, time.monotonic() - began, as_json=as_json)


def adapt(film, wished: list[str]) -> None:
    """Adapters by the words of --lora: a file, and how strongly it acts, on both experts or on each."""
    from filmloom.checkpoints.lora import Strength
    from filmloom.core.errors import RequestError

    if not hasattr(film, "adapt"):
        raise RequestError("lora", wished[0], f"adapters are for the public models; {film.name} takes none")
    found = []
    for word in wished:
        file, *numbers = word.split(":")
        try:
            high, *low = [float(number) for number in numbers] or [1.0]
        except ValueError:
            raise RequestError("lora", word, "strengths are numbers", f"{file}:0.8") from None
        found.append((Path(file), Strength(high, *(low or [high]))))
    film.adapt(*found)


def _tell(output: Path, settings: dict, report: dict, spent: float, *, as_json: bool) -> None:
    """The result, for a program, a person or a pipe."""
    if as_json:
        told = {"event": "done", "file": str(output), "spent_seconds": round(spent, 2), **settings, "report": report}
        print(json.dumps(told, ensure_ascii=False))
        return
    for line in remarks(settings["unknown_words"], settings["notes"], settings["model"]):
        print(line, file=sys.stderr)
    print(_line(output, settings, spent) if sys.stdout.isatty() else output)


def _line(output: Path, settings: dict, spent: float) -> str:
    what = f"{settings['seconds']:g} s, {settings['size']}, {settings['fps']} fps"
    how = f"mode {settings['mode']} ({settings['made_by']}; {settings['mode_chosen_because']})"
    return f"{output}: {what}; {how}; made in {spent:.1f} s"
