"""Each table is a bijection over every name of the public models, with the shapes of our own modules."""

from __future__ import annotations

import re
import warnings

import pytest
import torch

from filmloom.checkpoints.rename import LAYOUTS, gaps, rename, rename_all
from filmloom.models.dit import DiT
from filmloom.models.names import TABLES
from filmloom.models.umt5 import UMT5_XXL
from filmloom.models.wan import MODELS
from filmloom.models.wan_vae import WanVAE

HEADS = {"attention_head_dim": 128, "text_dim": 4096, "freq_dim": 256}
WIDE_VAE = {"base_dim": 160, "decoder_base_dim": 256, "z_dim": 48, "is_residual": True, "patch_size": 2}
WIDE_VAE |= {"in_channels": 12, "out_channels": 12, "latents_mean": [0.0] * 48, "latents_std": [1.0] * 48}


def published(name: str) -> dict[str, tuple]:
    """Names and shapes of a full-size model of diffusers' or transformers', without memory for it."""
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        from diffusers import AutoencoderKLWan, WanTransformer3DModel
        from transformers import UMT5Config, UMT5EncoderModel

        if name == "text_encoder":
            module = UMT5EncoderModel(UMT5Config(**UMT5_XXL))
        elif name.startswith("vae"):
            module = AutoencoderKLWan(**(WIDE_VAE if name == "vae48" else {}))
        else:
            config = MODELS[name].transformer
            sizes = {"num_attention_heads": config.num_heads, "num_layers": config.num_layers}
            sizes |= {"in_channels": config.in_channels, "out_channels": config.out_channels}
            module = WanTransformer3DModel(**sizes, **HEADS, ffn_dim=config.mlp_width)
    names = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
    names.pop("encoder.embed_tokens.weight", None)  # tied: saved files hold it once, as `shared`
    return names


def ours(name: str) -> dict[str, tuple]:
    with torch.device("meta"):
        if name.startswith("vae"):
            module = WanVAE(MODELS["wan2.2-ti2v-5b" if name == "vae48" else "wan2.2-t2v-a14b"].video_vae)
        else:
            module = DiT(MODELS[name].transformer)
    return {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}


CASES = [
    ("wan2.2-t2v-a14b", "transformer", 0, 1095),
    ("wan2.2-i2v-a14b", "transformer", 0, 1095),
    ("wan2.2-ti2v-5b", "transformer", 0, 825),
    ("vae16", "video_vae", 0, 194),
    ("vae48", "video_vae", 1, 196),
    ("text_encoder", "text_encoder", 0, 242),
]


@pytest.mark.parametrize(("name", "kind", "table", "count"), CASES, ids=[case[0] for case in CASES])
def test_every_public_name_goes_round_all_layouts(name, kind, table, count):
    shapes, table = published(name), TABLES[kind][table]
    assert len(shapes) == count
    names = {"diffusers": list(shapes)}
    for layout in ("ours", "original"):
        found = rename_all(shapes, table, source="diffusers", target=layout)
        assert len(found.names) == count and not found.unknown and not found.repeated
        names[layout] = list(found.names)
        if layout == "ours" and kind != "text_encoder":
            assert {new: shapes[old] for new, old in found.names.items()} == ours(name)
    for source in LAYOUTS:
        for target in LAYOUTS:
            there = [rename(one, table, source=source, target=target) for one in names[source]]
            assert there == names[target], (source, target)


def test_the_original_names_are_those_of_the_specification():
    table = TABLES["transformer"][0]
    assert rename("blocks.39.norm3.weight", table, source="original", target="diffusers") == "blocks.39.norm2.weight"
    assert rename("head.modulation", table, source="original", target="diffusers") == "scale_shift_table"
    assert rename("scale_shift_table", table, source="diffusers", target="ours") == "head.modulation"
    table = TABLES["video_vae"][0]
    assert rename("decoder.upsamples.7.time_conv.bias", table, source="original", target="diffusers") == (
        "decoder.up_blocks.1.upsamplers.0.time_conv.bias"
    )
    assert rename("conv1.weight", table, source="original", target="diffusers") == "quant_conv.weight"


def test_what_follows_a_name_is_kept_and_what_only_begins_alike_is_unknown():
    table = TABLES["transformer"][0]
    name = rename("blocks.3.attn1.to_q.lora_A.weight", table, source="diffusers", target="ours")
    assert name == "blocks.3.self_attn.q.lora_A.weight"
    for stranger in ("blocks.3.attn1.to_query.weight", "blocks.x.attn1.to_q.weight", "blocks", "img_emb.proj.0.weight"):
        assert rename(stranger, table, source="diffusers", target="ours") is None


def test_gaps_names_what_a_file_lacks():
    table = TABLES["transformer"][0]
    names = [key for key in ours("wan2.2-ti2v-5b") if not re.search(r"blocks\.7\.ffn\.2\.|head\.modulation", key)]
    assert gaps(names, table, source="ours") == ["blocks.7.ffn.2", "head.modulation"]


def test_a_tied_copy_is_repeated_and_alone_it_will_do():
    table = TABLES["text_encoder"][0]
    alias = "encoder.embed_tokens.weight"
    found = rename_all(["shared.weight", alias], table, source="diffusers", target="ours")
    assert (list(found.names), found.repeated) == (["shared.weight"], [alias])
    assert rename(alias, table, source="diffusers", target="original") == "token_embedding.weight"
