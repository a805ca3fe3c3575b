"""What the jobs here share: A14B's geometry and FLOPs, timing, and a record with machine and versions.

A job runs on one GPU, or with `--dry-run` on the CPU at toy size: the same code, other numbers. What a machine lacks
(diffusers, a backend, memory) becomes a row with its reason, never a gap.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

import filmloom
from filmloom.core.types import LatentShape, Size
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.wan import A14B, MODELS

RESULTS = Path(__file__).parent.parent / "results" / "gpu"
TEXT = 512  # tokens of a prompt
TOY = DiTConfig(
    in_channels=16, width=256, num_layers=2, num_heads=2, mlp_width=512, text_width=64, patch=(1, 2, 2)
)  # fmt: skip
# Dense TFLOP/s by the maker's data sheets; float32 products as TF32, which torch lets convolutions use by default.
PEAKS = {
    "H100 PCIe": {"bfloat16": 756.0, "float32": 378.0},
    "H100": {"bfloat16": 989.4, "float32": 494.7},
    "H200": {"bfloat16": 989.4, "float32": 494.7},
    "A100": {"bfloat16": 312.0, "float32": 156.0},
}


@dataclass
class Job:
    """One run of a script: where it runs, what it has found, when it must end."""

    name: str
    options: argparse.Namespace
    rows: list[dict]
    ends: float

    @classmethod
    def parsed(cls, name: str, about: str, **arguments: dict) -> Job:
        made = argparse.ArgumentParser(description=about.splitlines()[0])
        made.add_argument("--dry-run", action="store_true", help="on the CPU, at toy size, in seconds")
        made.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
        made.add_argument("--rounds", type=int, default=2)
        made.add_argument("--minutes", type=float, default=8.5, help="no measurement begins after these")
        for flag, fields in arguments.items():
            made.add_argument(f"--{flag.replace('_', '-')}", **fields)
        options = made.parse_args()
        if not options.dry_run and not torch.cuda.is_available():
            made.exit(2, "There is no GPU here; --dry-run rehearses on the CPU.\n")
        return cls(name, options, [], time.monotonic() + 60 * options.minutes)

    @property
    def device(self) -> torch.device:
        return torch.device("cpu" if self.options.dry_run else "cuda")

    @property
    def config(self) -> DiTConfig:
        return TOY if self.options.dry_run else A14B

    def size(self, text: str) -> Size:
        return Size(96, 64) if self.options.dry_run else Size.parse(text)

    @property
    def frames(self) -> int:
        return 5 if self.options.dry_run else 81

    def latent(self, size: Size) -> LatentShape:
        return MODELS["wan2.2-t2v-a14b"].video_vae.codec.latent(self.frames, size)

    def measure(self, run: Callable[[], object], *, flops: float, products: torch.dtype, **about: object) -> None:
        """A row: seconds of each round after one that warms up, TFLOP/s, share of the card's peak for products of this
        type, peak memory."""
        if time.monotonic() > self.ends:
            return self.skip("no minutes were left", **about)
        try:
            first = clocked(run, self.device)
            if self.device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
            seconds = [clocked(run, self.device) for _ in range(self.options.rounds)]
        except (torch.OutOfMemoryError, RuntimeError) as error:
            return self.skip(" ".join(str(error).split())[:200], **about)
        finally:
            free()
        self.add(**about, first_seconds=first, **speed(seconds, flops, products, self.device))

    def skip(self, reason: str, **about: object) -> None:
        self.add(**about, skipped=reason)

    def add(self, **row: object) -> None:
        self.rows.append(row)
        print("  ".join(f"{key}={shown(value)}" for key, value in row.items()), flush=True)
        self.write()  # what was measured stays, whatever happens to the rest

    def write(self) -> None:
        self.options.results.mkdir(parents=True, exist_ok=True)
        record = {"job": self.name, "dry_run": self.options.dry_run, "command": " ".join(["python3", *sys.argv])}
        record |= {"machine": machine(self.device), "rows": self.rows}
        (self.options.results / f"{self.name}.json").write_text(json.dumps(record, indent=1) + "\n")


def shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def clocked(run: Callable[[], object], device: torch.device) -> float:
    """Seconds until the device is done."""
    wait(device)
    start = time.perf_counter()
    run()
    wait(device)
    return time.perf_counter() - start


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def speed(seconds: list[float], flops: float, dtype: torch.dtype, device: torch.device) -> dict:
    least, kind = min(seconds), str(dtype).removeprefix("torch.")
    peak = peak_of(kind, device)
    row = {"seconds": least, "median_seconds": statistics.median(seconds), "rounds": len(seconds)}
    row |= {"tflop": flops / 1e12, "tflops": flops / 1e12 / least}
    row["share_of_peak"] = None if peak is None else flops / 1e12 / least / peak
    row["peak_gb"] = torch.cuda.max_memory_allocated() / 1e9 if device.type == "cuda" else None
    return row


def peak_of(kind: str, device: torch.device) -> float | None:
    """TFLOP/s a card of this name could do at most; None where its name is not in PEAKS."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return next((peaks[kind] for card, peaks in PEAKS.items() if card in name), None)


def free() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def machine(device: torch.device) -> dict:
    facts = {"device": device.type, "python": platform.python_version(), "filmloom": filmloom.__version__}
    facts |= {"torch": torch.__version__, "diffusers": getattr(optional("diffusers"), "__version__", None)}
    if device.type == "cuda":
        card = torch.cuda.get_device_properties(device)
        facts |= {"card": card.name, "card_gb": round(card.total_memory / 1e9, 1), "cuda": torch.version.cuda}
        facts |= {"cudnn": torch.backends.cudnn.version(), "tf32_convolutions": torch.backends.cudnn.allow_tf32}
    return facts


def optional(name: str) -> ModuleType | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            return None


# A14B.


def forward_flops(config: DiTConfig, tokens: int, *, text: int = TEXT, prepared: bool = False) -> int:
    """Of one forward, 2 per multiplication with addition. A prepared text saves its embedding, keys and values."""
    d, hidden, out = config.width, config.mlp_width, 4 * config.out_channels
    block = 8 * tokens * d * d + 4 * tokens * tokens * d  # self-attention: projections, products
    block += 4 * tokens * d * d + 4 * tokens * text * d  # cross-attention likewise, from the video
    block += 4 * tokens * d * hidden
    outer = 2 * tokens * 4 * config.in_channels * d + 2 * tokens * d * out
    outer += 2 * config.sinusoid_width * d + 2 * d * d + 12 * d * d
    heard = config.num_layers * 4 * text * d * d + 2 * text * config.text_width * d + 2 * text * d * d
    return config.num_layers * block + outer + (0 if prepared else heard)


def tokens_of(latent: LatentShape) -> int:
    return latent.frames * (latent.height // 2) * (latent.width // 2)


@torch.no_grad()
def random_expert(config: DiTConfig, device: torch.device, dtype: torch.dtype = torch.bfloat16) -> DiT:
    """Weights drawn on the device, of a size that keeps activations near one."""
    with torch.device("meta"):
        model = DiT(config).to(dtype)
    model = model.to_empty(device=device).eval().requires_grad_(False)
    torch.manual_seed(0)
    for name, tensor in model.named_parameters():
        if tensor.ndim > 1:
            tensor.normal_(0, (tensor[0].numel()) ** -0.5)
        else:
            tensor.fill_(1.0 if "norm" in name and name.endswith("weight") else 0.0)
    return model


def sharing(model: DiT, config: DiTConfig) -> DiT:
    """A transformer of another config with the same tensors."""
    with torch.device("meta"):
        other = DiT(config)
    other.load_state_dict(model.state_dict(), assign=True)
    return other.eval().requires_grad_(False)


def inputs(latent: LatentShape, config: DiTConfig, device: torch.device) -> tuple[torch.Tensor, ...]:
    """Latent, sigma, text."""
    generator = torch.Generator(device).manual_seed(1)
    shape = (1, config.in_channels, latent.frames, latent.height, latent.width)
    x = torch.randn(shape, generator=generator, device=device)
    text = torch.randn(1, TEXT, config.text_width, generator=generator, device=device).bfloat16()
    text[:, 60:] = 0
    return x, torch.tensor([0.9], dtype=torch.float64, device=device), text


def compiled(blocks: nn.ModuleList, device: torch.device) -> None:
    """In place, block by block: forty are alike, one is compiled. On the CPU only traced: it may have no compiler."""
    backend = "inductor" if device.type == "cuda" else "aot_eager"
    for block in blocks:
        block.compile(dynamic=False, backend=backend)


def difference(found: torch.Tensor, truth: torch.Tensor) -> float:
    """Greatest difference over the greatest magnitude."""
    return ((found.float() - truth.float()).abs().max() / truth.float().abs().max()).item()
