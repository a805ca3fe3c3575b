"""One forward of an A14B expert at its true size, eager and compiled, ours beside stock diffusers.

    PYTHONPATH=src python3 bench/gpu/forward.py --size 832x480
    PYTHONPATH=src python3 bench/gpu/forward.py --size 1280x720

Random bfloat16 weights drawn on the device, 28.6 GB, one set for all ways. `ours` rounds like the original (its
residual is float32), `ours, diffusers' rounding` like the package it is measured against. The text is prepared in
ours, as in every step of a film; its FLOPs (0.1 %) are counted only where they are done.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from job import Job, compiled, difference, forward_flops, inputs, optional, random_expert, sharing, tokens_of

from filmloom.checkpoints.rename import rename
from filmloom.models.dit import DiT
from filmloom.models.names.transformer import TABLE


@torch.no_grad()
def main() -> None:
    job = Job.parsed("forward", __doc__, size={"default": "832x480"}, no_compile={"action": "store_true"})
    job.name = f"forward_{job.options.size}"
    size = job.size(job.options.size)
    latent, config = job.latent(size), job.config
    model = random_expert(config, job.device)
    models = {"ours": model, "ours, diffusers' rounding": sharing(model, replace(config, reference="diffusers"))}
    x, sigma, text = inputs(latent, config, job.device)
    ways = {name: ours(one, x, sigma, text) for name, one in models.items()}
    about = {"size": str(size), "frames": job.frames, "tokens": tokens_of(latent)}
    theirs = stock(model)
    if theirs is None:
        job.skip("diffusers is not installed", **about, way="diffusers", mode="eager")
    else:
        steps = (1000 * sigma).long()
        ways["diffusers"] = lambda: theirs(x.bfloat16(), steps, text, return_dict=False)[0]
        compare(job, ways, about)
    for mode in ("eager",) if job.options.no_compile else ("eager", "compiled"):
        if mode == "compiled":
            for one in (*models.values(), *([theirs] if theirs else [])):
                compiled(one.blocks, job.device)
        for way, run in ways.items():
            flops = forward_flops(config, tokens_of(latent), prepared=way != "diffusers")
            job.measure(run, flops=flops, products=torch.bfloat16, **about, way=way, mode=mode)


def ours(model: DiT, x: torch.Tensor, sigma: torch.Tensor, text: torch.Tensor):
    prepared = model.prepared(text)
    return lambda: model(x, sigma, prepared).velocity


def compare(job: Job, ways: dict, about: dict) -> None:
    """The same mathematics: what is apart should be bfloat16's rounding. Recorded; GPU time is too rare to stop."""
    truth = ways["diffusers"]()
    for way in list(ways)[:-1]:
        job.add(**about, way=way, mode="beside diffusers", relative_difference=difference(ways[way](), truth))


def stock(model: DiT) -> torch.nn.Module | None:
    """diffusers' transformer with the very tensors of ours."""
    package, config = optional("diffusers"), model.config
    if package is None:
        return None
    with torch.device("meta"):
        theirs = package.WanTransformer3DModel(
            num_attention_heads=config.num_heads,
            attention_head_dim=config.width // config.num_heads,
            ffn_dim=config.mlp_width,
            num_layers=config.num_layers,
            text_dim=config.text_width,
            in_channels=config.in_channels,
            out_channels=config.out_channels,
        )
    state = {rename(ours, TABLE, source="ours", target="diffusers"): w for ours, w in model.state_dict().items()}
    theirs.load_state_dict(state, assign=True)
    # Its tables of angles are no part of the state.
    theirs.rope = type(theirs.rope)(config.width // config.num_heads, config.patch, 1024).to(
        model.head.linear.weight.device
    )
    return theirs.eval().requires_grad_(False)


if __name__ == "__main__":
    main()
