"""What `filmloom models` prints of the public models, and how their conversion and download are shown."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filmloom.core.machine import bytes_text


@dataclass(frozen=True)
class Step:
    """What `cli/progress.py` shows; `done` and `total` in MiB."""

    stage: str
    done: int
    total: int
    seconds_left: float | None


def sheet(path: Path, *, verify: bool) -> tuple[str, list[list[str]], list[list[str]]]:
    """A heading, the rows of parts and the rows of the preset, from headers alone; files are read only to verify."""
    from filmloom.checkpoints.public import open_public
    from filmloom.models.names import TABLES

    folder = open_public(path, TABLES)
    if verify:
        folder.verify()
    heading = f"{folder.model}, layout {folder.layout}, {_digests(folder, verify)}.\n"
    return heading, [_part(folder, part) for part in folder.parts], _preset(folder.model)


def fetchable_lines() -> Iterator[str]:
    """One line per public model: name, size, where it lies."""
    from filmloom.checkpoints.fetch import FETCHABLE

    for name, found in FETCHABLE.items():
        yield f"{name}  {bytes_text(found.num_bytes)}  to fetch from {found.repo}"


@contextmanager
def showing(stage: str) -> Iterator:
    """A bar on a terminal while a conversion or download runs; yields its `on_progress`."""
    from filmloom.cli.progress import shower

    began = time.monotonic()
    with shower(as_json=False) as shown:

        def tell(file: str, done: int, total: int) -> None:
            left = (time.monotonic() - began) / done * (total - done) if done else None
            shown(Step(stage, done // 2**20, total // 2**20, left))

        yield tell


def _digests(folder, verify: bool) -> str:
    if folder.digests is None:
        return "no digests recorded"
    return "every file has its recorded digest" if verify else "digests recorded"


def _part(folder, part: str) -> list[str]:
    source = folder.source(part)
    stored: Counter[str] = Counter()
    for entry in source.entries.values():
        stored[entry.stored] += entry.num_bytes
    params = sum(entry.num_elements for entry in source.entries.values())
    held = " + ".join(f"{name}" for name, _ in stored.most_common())
    files = len(source.files)
    what = _architecture(folder.config(part))
    return [part, what, f"{params / 1e6:,.1f} M", held, bytes_text(stored.total()), f"{files} file{'s' * (files > 1)}"]


def _architecture(config: dict) -> str:
    if "mlp_width" in config:
        sizes = f"{config['num_layers']} layers, width {config['width']}, {config['num_heads']} heads"
        return f"{sizes}, {config['in_channels']} → {config['out_channels']} channels"
    if "d_model" in config:
        return f"UMT5 encoder, {config['num_layers']} layers, width {config['d_model']}, {config['vocab_size']} tokens"
    space, depth = config["patch"] * 2 ** len(config["halve_time"]), 2 ** sum(config["halve_time"])
    return f"autoencoder, {config['channels']} channels, 1/{depth} of the frames, 1/{space} of the sides"


def _preset(model: str) -> list[list[str]]:
    """How the model is sampled, and where there is one, its four-step form."""
    from filmloom.models.wan import MODELS

    if model not in MODELS:
        return []
    presets = {"preset": MODELS[model].preset, "distilled": MODELS[model].distilled}
    return [[name, *_sampling(preset)] for name, preset in presets.items() if preset is not None]


def _sampling(preset) -> list[str]:
    guidance = f"{preset.guidance_high} / {preset.guidance_low}" if preset.is_guided else "none"
    boundary = "one transformer" if preset.boundary is None else f"{preset.boundary}"
    sizes = ", ".join(f"{size.width}x{size.height}" for size in preset.sizes)
    film = f"{preset.frames} frames at {preset.fps} fps"
    return [f"{preset.sampler}, {preset.steps} steps", f"{preset.shift}", guidance, boundary, film, sizes]
