"""Public models open from every layout with equal tensors and exact sizes, and fill our own modules strictly."""

from __future__ import annotations

import json
import shutil
import warnings

import pytest
import safetensors.torch
import torch

from filmloom.checkpoints import architecture
from filmloom.checkpoints.digests import digest_of, write_digests
from filmloom.checkpoints.public import open_public, spelt
from filmloom.core.errors import CheckpointError
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.names import TABLES
from filmloom.models.wan import MODELS
from filmloom.models.wan_vae import WanVAE, WanVAEConfig

PARTS = ("text_encoder", "transformer_high", "transformer_low", "video_vae")
WIDE_VAE = {
    "z_dim": 48,
    "decoder_base_dim": 8,
    "is_residual": True,
    "in_channels": 12,
    "out_channels": 12,
    "patch_size": 2,
    "scale_factor_spatial": 16,
    "latents_mean": MODELS["wan2.2-ti2v-5b"].video_vae.mean,
    "latents_std": MODELS["wan2.2-ti2v-5b"].video_vae.std,
}


def tensors(folder) -> dict:
    sources = {part: folder.source(part) for part in folder.parts}
    return {f"{part}.{name}": source.read(name) for part, source in sources.items() for name in source.names()}


def assert_equal(some: dict, others: dict) -> None:
    assert set(some) == set(others)
    for name, tensor in some.items():
        assert tensor.dtype == others[name].dtype and torch.equal(tensor, others[name]), name


def test_both_layouts_are_told_apart_and_hold_equal_tensors(diffusers_folder, original_folder):
    theirs, original = open_public(diffusers_folder, TABLES), open_public(original_folder, TABLES)
    assert (theirs.layout, original.layout) == ("diffusers", "original")
    assert theirs.model == original.model == "wan2.2-t2v-a14b"
    assert theirs.parts == original.parts == PARTS
    assert theirs.tokenizer.name == "tokenizer" and original.tokenizer.name == "umt5-xxl"
    assert_equal(tensors(theirs), tensors(original))


def test_diffusers_first_transformer_is_the_high_noise_expert(diffusers_folder, tiny):
    source = open_public(diffusers_folder, TABLES).source("transformer_high")
    expected = tiny.read(diffusers_folder / "transformer")
    assert torch.equal(source.read("head.modulation"), expected["scale_shift_table"])
    assert torch.equal(source.read("blocks.1.norm2.bias"), expected["blocks.1.norm2.bias"])


def test_sizes_are_read_from_shapes(original_folder):
    folder = open_public(original_folder, TABLES)
    config = DiTConfig(**folder.config("transformer_low"))
    expected = {"in_channels": 16, "width": 24, "num_layers": 2, "num_heads": 2, "mlp_width": 32, "text_width": 32}
    assert config == DiTConfig(**expected, patch=(1, 2, 2), sinusoid_width=32)
    vae = WanVAEConfig(**folder.config("video_vae"))  # a .pth has no config: mean and deviation are the published ones
    assert vae == WanVAEConfig(width=4, decoder_width=4)
    text = folder.config("text_encoder")
    assert (text["vocab_size"], text["d_model"], text["d_kv"], text["num_heads"]) == (99, 32, 8, 6)


def test_published_latent_statistics_are_those_of_our_models():
    for model in MODELS.values():
        mean, std = architecture.LATENTS[model.video_vae.channels]
        assert (tuple(mean), tuple(std)) == (model.video_vae.mean, model.video_vae.std)


@pytest.mark.parametrize("layout", ["diffusers_folder", "original_folder"])
def test_our_modules_take_every_tensor(layout, request):
    folder = open_public(request.getfixturevalue(layout), TABLES)
    for part, module in (
        ("transformer_high", DiT(DiTConfig(**folder.config("transformer_high")))),
        ("video_vae", WanVAE(WanVAEConfig(**folder.config("video_vae")))),
    ):
        state = folder.load(part, module).state_dict()
        source = folder.source(part)
        assert set(state) == set(source.names())
        assert all(torch.equal(state[name], source.read(name)) for name in state)


def test_a_module_on_meta_receives_the_tensors_in_the_type_asked_for(diffusers_folder):
    folder = open_public(diffusers_folder, TABLES)
    with torch.device("meta"):
        module = DiT(DiTConfig(**folder.config("transformer_low")))
    folder.load("transformer_low", module, torch.bfloat16)
    read = folder.source("transformer_low").read
    for name, tensor in module.state_dict().items():
        assert tensor.dtype == torch.bfloat16 and torch.equal(tensor, read(name).bfloat16())


def test_every_fault_of_a_misfit_is_listed_with_its_file(diffusers_folder):
    folder = open_public(diffusers_folder, TABLES)
    fields = folder.config("transformer_high")
    with pytest.raises(CheckpointError) as error:
        folder.load("transformer_high", DiT(DiTConfig(**{**fields, "mlp_width": 48, "num_layers": 1})))
    said = str(error.value)
    assert "transformer/diffusion_pytorch_model.safetensors.index.json" in said
    assert said.count("unknown blocks.1.") == 27
    assert (
        "blocks.0.ffn.0.weight (blocks.0.ffn.net.0.proj.weight in" in said and "is [32, 24], should be [48, 24]" in said
    )


@pytest.mark.parametrize(
    ("model", "experts", "channels", "wide"),
    [("wan2.2-i2v-a14b", 2, (36, 16), False), ("wan2.2-ti2v-5b", 1, (48, 48), True)],
)
def test_the_other_models_are_named_by_their_channels(tmp_path, tiny, model, experts, channels, wide):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vae = tiny.video_vae(**WIDE_VAE) if wide else None
        sizes = {"in_channels": channels[0], "out_channels": channels[1]}
        theirs = tiny.save_diffusers(tmp_path / "theirs", experts=experts, vae=vae, **sizes)
    original = tiny.save_original(tmp_path / "original", theirs)
    folders = [open_public(path, TABLES) for path in (theirs, original)]
    assert [folder.model for folder in folders] == [model, model]
    assert folders[0].parts == folders[1].parts and set(MODELS[model].parts) == set(folders[0].parts)
    assert_equal(*map(tensors, folders))
    if wide:
        assert folders[0].config("video_vae") == folders[1].config("video_vae")
        folders[1].load("video_vae", WanVAE(WanVAEConfig(**folders[1].config("video_vae"))))


def test_comfyui_files_are_known_by_their_keys(tmp_path, tiny):
    """Single files under prefixed original names; experts by file name, heads of 128 features as published."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sizes = {"num_attention_heads": 1, "attention_head_dim": 128, "num_layers": 1}
        theirs = tiny.save_diffusers(tmp_path / "theirs", **sizes)
    folder, comfyui = open_public(theirs, TABLES), tmp_path / "comfyui"
    prefix = "model.diffusion_model."
    high = comfy_file(
        folder, "transformer_high", comfyui / "diffusion_models/wan2.2_t2v_High_noise.safetensors", prefix
    )
    comfy_file(folder, "transformer_low", comfyui / "diffusion_models/wan2.2_t2v_low_noise.safetensors", prefix)
    comfy_file(folder, "video_vae", comfyui / "vae/wan_2.1_vae.safetensors")
    comfy_file(folder, "text_encoder", comfyui / "text_encoders/umt5_xxl.safetensors", layout="diffusers")
    opened = open_public(comfyui, TABLES)
    assert (opened.layout, opened.model, opened.parts) == ("comfyui", folder.model, folder.parts)
    assert opened.config("transformer_low") == folder.config("transformer_low")
    assert_equal(tensors(opened), tensors(folder))
    alone = open_public(high, TABLES)
    assert (alone.layout, alone.model, alone.parts) == ("comfyui", folder.model, ("transformer",))


def comfy_file(folder, part: str, file, prefix: str = "", *, layout: str = "original"):
    source = spelt(folder.source(part), folder.held[part].table, layout)
    file.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file({prefix + name: source.read(name).clone() for name in source.names()}, file)
    return file


def test_swapped_experts_and_flipped_bits_are_caught_where_digests_are_recorded(tmp_path, diffusers_folder):
    path = shutil.copytree(diffusers_folder, tmp_path / "model")
    files = [file for file in path.rglob("*") if file.is_file()]
    write_digests(path, {file.relative_to(path).as_posix(): digest_of(file) for file in files})
    folder = open_public(path, TABLES)
    folder.verify()
    assert len(folder.digest) == 64
    for name in ("transformer", "transformer_2"):
        (path / name).rename(path / f"{name}.old")
    (path / "transformer.old").rename(path / "transformer_2")
    (path / "transformer_2.old").rename(path / "transformer")
    swapped = open_public(path, TABLES)
    module = DiT(DiTConfig(**swapped.config("transformer_high")))
    with pytest.raises(CheckpointError, match=r"transformer/diffusion_pytorch_model-.* is corrupt or swapped"):
        swapped.load("transformer_high", module)


def test_what_is_no_model_is_said(tmp_path, diffusers_folder):
    with pytest.raises(CheckpointError, match="does not exist"):
        open_public(tmp_path / "nowhere", TABLES)
    with pytest.raises(CheckpointError, match="holds no model"):
        open_public(tmp_path, TABLES)
    with pytest.raises(CheckpointError, match=r"without transformer_low \(transformer_2/\)"):
        path = shutil.copytree(diffusers_folder, tmp_path / "half", ignore=lambda *_: ["transformer_2"])
        open_public(path, TABLES)
    (path / "transformer_2").symlink_to(diffusers_folder / "transformer_2")
    config = json.loads((path / "transformer/config.json").read_text())
    (path / "transformer/config.json").write_text(json.dumps(config | {"ffn_dim": 99, "num_layers": 7}))
    with pytest.raises(CheckpointError, match=r"num_layers is 2 by its shapes and 7 in config\.json; ffn_dim is 32"):
        open_public(path, TABLES)
