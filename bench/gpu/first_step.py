"""From files in the page cache to the end of the first step: one expert of A14B, ours beside diffusers.

    PYTHONPATH=src python3 bench/gpu/first_step.py --work /tmp/expert

Writes an expert of random bfloat16 weights in diffusers' layout, sharded (28.6 GB of disk), and removes it afterwards
unless `--keep`. Just written, the shards are in the page cache where memory holds them; a read of all bytes beforehand
makes sure and says how fast that is. The published files hold float32: twice the bytes.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from job import Job, clocked, free, inputs, optional, random_expert, tokens_of
from safetensors.torch import save_file

from filmloom.checkpoints.rename import rename, rename_all
from filmloom.checkpoints.source import TensorSource, open_sharded
from filmloom.generate.offload import Place, resident
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.names.transformer import TABLE

STEM = "diffusion_pytorch_model"
INDEX = f"{STEM}.safetensors.index.json"
SHARDS = 12  # as many as the published expert has


@torch.no_grad()
def main() -> None:
    work = {"type": Path, "default": Path("/tmp/filmloom-expert")}
    job = Job.parsed("first_step", __doc__, work=work, keep={"action": "store_true"}, size={"default": "832x480"})
    folder, config, latent = job.options.work / "transformer", job.config, job.latent(job.size(job.options.size))
    try:
        num_bytes = drawn(job, folder)
        free()
        written(job, "read every byte", num_bytes, lambda: [read(file) for file in folder.glob("*.safetensors")])
        given = inputs(latent, config, job.device)
        about = {"size": job.options.size, "tokens": tokens_of(latent)}
        ours(job, folder, given, num_bytes, about)
        free()
        theirs(job, folder, given, num_bytes, about)
    finally:
        if not job.options.keep:
            shutil.rmtree(job.options.work, ignore_errors=True)


def drawn(job: Job, folder: Path) -> int:
    """An expert on disk, and no longer on the device; its bytes."""
    model = random_expert(job.config, job.device)
    num_bytes = sum(tensor.nbytes for tensor in model.state_dict().values())
    written(job, "write the shards", num_bytes, lambda: save(model, folder))
    return num_bytes


def written(job: Job, what: str, num_bytes: int, run) -> None:
    seconds = clocked(run, job.device)
    job.add(way=what, seconds=seconds, gb=num_bytes / 1e9, gb_per_second=num_bytes / 1e9 / seconds)


def ours(job: Job, folder: Path, given: tuple, num_bytes: int, about: dict) -> None:
    x, sigma, text = given
    place, made = Place(device=job.device, dtype=torch.bfloat16), []

    def load() -> None:
        files = open_sharded(folder / INDEX)
        names = rename_all(files.entries, TABLE, source="diffusers", target="ours").names
        made.append(resident(job.config, TensorSource({new: files.entries[old] for new, old in names.items()}), place))

    timed(job, "ours", load, lambda: made[0](x, sigma, made[0].prepared(text)).velocity, num_bytes, about)


def theirs(job: Job, folder: Path, given: tuple, num_bytes: int, about: dict) -> None:
    package, made = optional("diffusers"), []
    if package is None:
        return job.skip("diffusers is not installed", **about, way="diffusers")
    x, sigma, text = given

    def load() -> None:
        model = package.WanTransformer3DModel.from_pretrained(folder, torch_dtype=torch.bfloat16)
        made.append(model.to(job.device).eval().requires_grad_(False))

    steps = (1000 * sigma).long()
    run = lambda: made[0](x.bfloat16(), steps, text, return_dict=False)[0]  # noqa: E731
    timed(job, "diffusers", load, run, num_bytes, about)


def timed(job: Job, way: str, load, run, num_bytes: int, about: dict) -> None:
    loading, first, second = (clocked(one, job.device) for one in (load, run, run))
    job.add(
        **about,
        way=way,
        load_seconds=loading,
        gb_per_second=num_bytes / 1e9 / loading,
        first_forward_seconds=first,
        second_forward_seconds=second,
        to_end_of_first_forward=loading + first,
    )


def save(model: DiT, folder: Path) -> None:
    """In diffusers' names and shards, with its index and config."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {rename(ours, TABLE, source="ours", target="diffusers"): w for ours, w in model.state_dict().items()}
    names, places = list(tensors), {}
    for i in range(SHARDS):
        file = f"{STEM}-{i + 1:05d}-of-{SHARDS:05d}.safetensors"
        part = names[i * len(names) // SHARDS : (i + 1) * len(names) // SHARDS]
        save_file({name: tensors[name].cpu() for name in part}, folder / file, metadata={"format": "pt"})
        places |= dict.fromkeys(part, file)
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": places}))
    (folder / "config.json").write_text(json.dumps(their_config(model.config)))


def their_config(config: DiTConfig) -> dict:
    return {
        "_class_name": "WanTransformer3DModel",
        "num_attention_heads": config.num_heads,
        "attention_head_dim": config.width // config.num_heads,
        "num_layers": config.num_layers,
        "ffn_dim": config.mlp_width,
        "text_dim": config.text_width,
        "in_channels": config.in_channels,
        "out_channels": config.out_channels,
    }


def read(file: Path) -> None:
    with file.open("rb", buffering=0) as opened:
        while opened.read(1 << 24):
            pass


if __name__ == "__main__":
    main()
