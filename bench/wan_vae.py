"""Seconds of the public autoencoder (Wan2.1 or Wan2.2), ours beside diffusers', same weights, same run.

    python bench/wan_vae.py --kind 16 --width 32 --size 64x64 --frames 17

Each round times every way once, in turn, so that what else the machine does falls on all of them; the least of the
rounds counts. On a CPU processor seconds are counted, all threads together. `ratio` is diffusers' seconds over ours.
"""

from __future__ import annotations

import argparse
import time
import warnings

import torch

from filmloom.checkpoints.rename import rename_all
from filmloom.core.types import Size
from filmloom.models.names.wan_vae import TABLE_16, TABLE_48
from filmloom.models.wan_vae import MEAN_48, STD_48, WanVAE, WanVAEConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", type=int, choices=(16, 48), default=16)
    parser.add_argument("--width", type=int, default=32, help="of the encoder's first stage; 96 or 160 is real")
    parser.add_argument("--size", default="64x64")
    parser.add_argument("--frames", type=int, default=17)
    parser.add_argument("--chunks", type=int, nargs="*", default=[1, 2, 5], help="latent frames at a time")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    options = parser.parse_args()
    with torch.no_grad():
        report(options, *models(options))


def models(options: argparse.Namespace) -> tuple[WanVAE, torch.nn.Module]:
    """Ours with random weights, and diffusers' class with the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from diffusers import AutoencoderKLWan
    staged = options.kind == 48
    extra = {"channels": 48, "patch": 2, "stage_shortcuts": True, "mean": MEAN_48, "std": STD_48} if staged else {}
    decoder_width = options.width * 8 // 5 if staged else options.width  # 160 and 256 in the published one
    ours = WanVAE(WanVAEConfig(width=options.width, decoder_width=decoder_width, **extra))
    extra = {"is_residual": True, "in_channels": 12, "out_channels": 12, "patch_size": 2, "scale_factor_spatial": 16}
    theirs = AutoencoderKLWan(
        base_dim=options.width,
        decoder_base_dim=decoder_width,
        z_dim=options.kind,
        latents_mean=list(ours.config.mean),
        latents_std=list(ours.config.std),
        **(extra if staged else {}),
    )
    weights = ours.state_dict()
    names = rename_all(weights, TABLE_48 if staged else TABLE_16, source="ours", target="diffusers").names
    theirs.load_state_dict({new: weights[old] for new, old in names.items()})
    return tuple(net.eval().to(options.device, getattr(torch, options.dtype)) for net in (ours, theirs))


def report(options: argparse.Namespace, ours: WanVAE, theirs: torch.nn.Module) -> None:
    size = Size.parse(options.size)
    video = torch.rand(1, 3, options.frames, size.height, size.width, device=options.device) * 2 - 1
    latent = ours.encode(video)
    typed = {"device": options.device, "dtype": getattr(torch, options.dtype)}
    ways = {"encode diffusers": lambda: theirs.encode(video.to(**typed)).latent_dist.mode()}
    ways |= {f"encode chunk {chunk}": lambda chunk=chunk: ours.encode(video, chunk=chunk) for chunk in options.chunks}
    ways |= {"decode diffusers": lambda: theirs.decode(latent.to(**typed)).sample}
    ways |= {f"decode chunk {chunk}": lambda chunk=chunk: ours.decode(latent, chunk=chunk) for chunk in options.chunks}
    seconds = {way: float("inf") for way in ways}
    for _ in range(options.rounds):
        for way, run in ways.items():
            seconds[way] = min(seconds[way], timed(run, options.device))
    print(f"{options.kind} channels, width {options.width}, {options.frames} frames of {size}, {options.dtype}")
    print(f"{options.device}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    for way, least in seconds.items():
        print(f"{way:<18} {least:8.3f} s   ratio {seconds[way.split()[0] + ' diffusers'] / least:5.2f}")


def timed(run, device: str) -> float:
    if device == "cpu":
        start = time.process_time()
        run()
        return time.process_time() - start
    torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    torch.cuda.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
