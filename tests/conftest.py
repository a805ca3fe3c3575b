"""Tests run two at a time (`-n 2`) on two cores: one thread each, also in the programs they start.

Fixtures for all: tiny public models on disk, saved by diffusers and transformers, and renamed into the original
layout.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: it reads this once
os.environ["FILMLOOM_HOME"] = tempfile.mkdtemp(prefix="filmloom-home-")  # not the reader's own rules and keys

import safetensors.torch
import torch

from filmloom.checkpoints.rename import rename_all
from filmloom.models.names import TABLES

MEAN, STD = [0.1 * i for i in range(16)], [1 + 0.1 * i for i in range(16)]
VOCABULARY = [["<pad>", 0.0], ["</s>", 0.0], ["<s>", 0.0], ["<unk>", 0.0], ["▁", -2.0], ["a", -3.0], ["b", -3.0]]


def transformer(seed: int, **changes):
    from diffusers import WanTransformer3DModel

    torch.manual_seed(seed)
    sizes = {"num_attention_heads": 2, "attention_head_dim": 12, "ffn_dim": 32, "num_layers": 2, "text_dim": 32}
    sizes |= {"freq_dim": 32, "in_channels": 16, "out_channels": 16, "rope_max_seq_len": 32}
    return noisy(WanTransformer3DModel(**{**sizes, **changes}))


def video_vae(**changes):
    from diffusers import AutoencoderKLWan

    torch.manual_seed(3)
    sizes = {"base_dim": 4, "z_dim": 16, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 2, "attn_scales": []}
    sizes |= {"temperal_downsample": [False, True, True], "latents_mean": MEAN, "latents_std": STD}
    return noisy(AutoencoderKLWan(**{**sizes, **changes}))


def text_encoder():
    from transformers import UMT5Config, UMT5EncoderModel

    torch.manual_seed(4)
    sizes = {"vocab_size": 99, "d_model": 32, "d_kv": 8, "d_ff": 40, "num_layers": 3, "num_heads": 6}
    return noisy(UMT5EncoderModel(UMT5Config(**sizes, feed_forward_proj="gated-gelu")).bfloat16())


def noisy(module):
    """Weights that start at one or zero moved, lest a swapped norm goes unseen."""
    with torch.no_grad():
        for tensor in module.parameters():
            tensor.add_(0.1 * torch.randn(tensor.shape).to(tensor.dtype))
    return module.eval()


def tokenizer(folder: Path) -> None:
    """The files of a tokenizer; its vocabulary is nobody's."""
    folder.mkdir(parents=True)
    words = {"version": "1.0", "model": {"type": "Unigram", "unk_id": 3, "vocab": VOCABULARY}}
    (folder / "tokenizer.json").write_text(json.dumps(words))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "T5Tokenizer"}))


def save_diffusers(folder: Path, *, experts: int = 2, vae=None, **changes) -> Path:
    """A folder as `save_pretrained` writes it, sharded small."""
    small = {"safe_serialization": True, "max_shard_size": "20KB"}
    for seed, name in list(enumerate(("transformer", "transformer_2")))[:experts]:
        transformer(seed, **changes).save_pretrained(folder / name, **small)
    (vae or video_vae()).save_pretrained(folder / "vae", safe_serialization=True)
    text_encoder().save_pretrained(folder / "text_encoder", max_shard_size="20KB")
    tokenizer(folder / "tokenizer")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "WanPipeline", "boundary_ratio": 0.875}))
    return folder


def save_original(folder: Path, diffusers: Path) -> Path:
    """The same tensors in the original layout, written by libraries other than ours."""
    experts = {"transformer": "high_noise_model", "transformer_2": "low_noise_model"}
    for name, expert in experts.items() if (diffusers / "transformer_2").is_dir() else [("transformer", ".")]:
        tensors = renamed(read(diffusers / name), "transformer")
        (folder / expert).mkdir(parents=True, exist_ok=True)
        save_sharded(folder / expert, tensors)
        config = json.loads((diffusers / name / "config.json").read_text())
        (folder / expert / "config.json").write_text(json.dumps(original_config(config)))
    wide = read(diffusers / "vae")["post_quant_conv.bias"].numel() == 48
    vae = renamed(read(diffusers / "vae"), "video_vae", 1 if wide else 0)
    torch.save(vae, folder / ("Wan2.2_VAE.pth" if wide else "Wan2.1_VAE.pth"))
    torch.save(renamed(read(diffusers / "text_encoder"), "text_encoder"), folder / "models_t5_umt5-xxl-enc-bf16.pth")
    shutil.copytree(diffusers / "tokenizer", folder / "google/umt5-xxl")
    return folder


def original_config(config: dict) -> dict:
    width = config["attention_head_dim"] * config["num_attention_heads"]
    kept = {name: config[name] for name in ("eps", "ffn_dim", "freq_dim", "num_layers")}
    kinds = {(16, 16): "t2v", (36, 16): "i2v", (48, 48): "ti2v"}
    channels = config["in_channels"], config["out_channels"]
    renamed = {"dim": width, "num_heads": config["num_attention_heads"], "in_dim": channels[0], "out_dim": channels[1]}
    return {"_class_name": "WanModel", **kept, **renamed, "model_type": kinds[channels], "text_len": 512}


def read(folder: Path) -> dict[str, torch.Tensor]:
    """Every tensor of a folder's safetensors files, by their own library."""
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        found |= safetensors.torch.load_file(file)
    return found


def renamed(tensors: dict, kind: str, table: int = 0) -> dict:
    found = rename_all(tensors, TABLES[kind][table], source="diffusers", target="original")
    assert not found.unknown and not found.repeated
    return {new: tensors[old].clone() for new, old in found.names.items()}


def save_sharded(folder: Path, tensors: dict, count: int = 3) -> None:
    names, stem = list(tensors), "diffusion_pytorch_model"
    weight_map = {}
    for i in range(count):
        file = f"{stem}-{i + 1:05d}-of-{count:05d}.safetensors"
        safetensors.torch.save_file({name: tensors[name] for name in names[i::count]}, folder / file)
        weight_map |= dict.fromkeys(names[i::count], file)
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(index))


MAKERS = (transformer, video_vae, text_encoder)
SAVERS = (save_diffusers, save_original, save_sharded, read)


@pytest.fixture(scope="session")
def tiny() -> SimpleNamespace:
    """The makers above, for tests that want another model than the usual one."""
    return SimpleNamespace(**{maker.__name__: maker for maker in (*MAKERS, *SAVERS)})


@pytest.fixture(scope="session")
def diffusers_folder(tmp_path_factory) -> Path:
    with warnings.catch_warnings():  # diffusers' and transformers' own, at import
        warnings.simplefilter("ignore")
        return save_diffusers(tmp_path_factory.mktemp("diffusers"))


@pytest.fixture(scope="session")
def original_folder(tmp_path_factory, diffusers_folder) -> Path:
    return save_original(tmp_path_factory.mktemp("original"), diffusers_folder)
