"""The autoencoder of A14B decoding 81 frames: float32 and bfloat16, by latent frames at a time, beside diffusers.

    PYTHONPATH=src python3 bench/gpu/autoencoder.py --sizes 832x480
    PYTHONPATH=src python3 bench/gpu/autoencoder.py --sizes 1280x720

Random weights. More frames at a time are faster and want more memory; diffusers has one way, one frame at a time.
float32 convolutions run as TF32 where torch's default lets them (the record says so).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch
from job import Job, difference, optional
from torch.utils.flop_counter import FlopCounterMode

from filmloom.checkpoints.rename import rename_all
from filmloom.models.names.wan_vae import TABLE_16
from filmloom.models.wan_vae import WAN21, WanVAE, WanVAEConfig


@torch.no_grad()
def main() -> None:
    job = Job.parsed("autoencoder", __doc__, sizes={"nargs": "+", "default": ["832x480", "1280x720"]})
    job.name = f"autoencoder_{'_'.join(job.options.sizes)}"
    config = replace(WAN21, width=8, decoder_width=8) if job.options.dry_run else WAN21
    for text in job.options.sizes:
        size = job.size(text)
        shape = job.latent(size)
        latent = torch.randn(1, shape.channels, shape.frames, shape.height, shape.width, device=job.device)
        flops = decode_flops(config, latent.shape)
        for dtype in (torch.float32, torch.bfloat16):
            about = {"size": str(size), "frames": job.frames, "dtype": str(dtype).removeprefix("torch.")}
            measured(job, random_codec(config, job.device, dtype), latent, flops, about)


def measured(job: Job, codec: WanVAE, latent: torch.Tensor, flops: int, about: dict) -> None:
    dtype, theirs = codec.from_latent.weight.dtype, stock(codec)
    if theirs is None:
        job.skip("diffusers is not installed", **about, way="diffusers")
    else:
        small = latent[:, :, :2, :8, :8]
        apart = difference(codec.decode(small), theirs.decode(raw(codec, small)).sample)
        run = lambda: theirs.decode(raw(codec, latent)).sample  # noqa: E731
        job.measure(run, flops=flops, products=dtype, **about, way="diffusers", relative_difference=apart)
    for chunk in (1, 2, 4):
        run = partial(codec.decode, latent, chunk=chunk)
        job.measure(run, flops=flops, products=dtype, **about, way="ours", chunk=chunk)


def random_codec(config: WanVAEConfig, device: torch.device, dtype: torch.dtype) -> WanVAE:
    """As torch starts convolutions; drawn on the CPU: it is small."""
    torch.manual_seed(0)
    return WanVAE(config).eval().requires_grad_(False).to(device, dtype)


def decode_flops(config: WanVAEConfig, shape: torch.Size) -> int:
    """Counted on tensors without memory: 275.4 TFLOP at 832x480, 639.2 at 1280x720."""
    with torch.device("meta"):
        codec = WanVAE(config)
        latent = torch.empty(shape)
        with FlopCounterMode(display=False) as counter:
            codec.decode(latent)
    return counter.get_total_flops()


def stock(codec: WanVAE) -> torch.nn.Module | None:
    """diffusers' autoencoder with the very tensors of ours."""
    package, config = optional("diffusers"), codec.config
    if package is None:
        return None
    theirs = package.AutoencoderKLWan(base_dim=config.width, z_dim=config.channels)
    weights = codec.state_dict()
    names = rename_all(weights, TABLE_16, source="ours", target="diffusers").names
    theirs.load_state_dict({new: weights[old] for new, old in names.items()}, assign=True)
    return theirs.eval().requires_grad_(False)


def raw(codec: WanVAE, latent: torch.Tensor) -> torch.Tensor:
    """What diffusers' decoder takes: its pipeline undoes the normalisation."""
    numbers = codec.config.mean, codec.config.std
    mean, std = (torch.tensor(one, device=latent.device).view(1, -1, 1, 1, 1) for one in numbers)
    return (latent * std + mean).to(codec.from_latent.weight.dtype)


if __name__ == "__main__":
    main()
