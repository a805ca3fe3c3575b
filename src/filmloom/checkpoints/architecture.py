"""What a file's shapes say about the model in it. A config.json adds what shapes cannot tell, and must agree.

The transformer is read in our names and yields the fields of `DiTConfig`; the others are read in diffusers' names and
yield the fields of `WanVAEConfig` and, for the text encoder, of transformers' UMT5Config.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from filmloom.checkpoints.source import TensorSource, listed
from filmloom.core.errors import CheckpointError

HEAD_DIM = 128  # of every public transformer; tiny ones say theirs in config.json
# (channels in, channels out) of a transformer -> the public model
MODELS = {(16, 16): "wan2.2-t2v-a14b", (36, 16): "wan2.2-i2v-a14b", (48, 48): "wan2.2-ti2v-5b"}
MODEL_TYPES = {"t2v": "wan2.2-t2v-a14b", "i2v": "wan2.2-i2v-a14b", "ti2v": "wan2.2-ti2v-5b"}
PARTS_OF = {
    "wan2.2-t2v-a14b": ("transformer_high", "transformer_low"),
    "wan2.2-i2v-a14b": ("transformer_high", "transformer_low"),
    "wan2.2-ti2v-5b": ("transformer",),
}
# our field -> its name in the original config.json, and in diffusers'
TRANSFORMER_FIELDS = {
    "in_channels": ("in_dim", "in_channels"),
    "out_channels": ("out_dim", "out_channels"),
    "width": ("dim", None),
    "num_layers": ("num_layers", "num_layers"),
    "num_heads": ("num_heads", "num_attention_heads"),
    "mlp_width": ("ffn_dim", "ffn_dim"),
    "text_width": ("text_dim", "text_dim"),
    "patch": ("patch_size", "patch_size"),
    "sinusoid_width": ("freq_dim", "freq_dim"),
    "eps": ("eps", "eps"),
}
UMT5_DEFAULTS = {
    "relative_attention_max_distance": 128,
    "layer_norm_epsilon": 1e-6,
    "feed_forward_proj": "gated-gelu",
    "pad_token_id": 0,
    "eos_token_id": 1,
}
# Fields that no shape tells -> their names in a config.json
TOLD = {
    "transformer": {"num_heads": "num_heads", "eps": "eps"},
    "text_encoder": {name: name for name in UMT5_DEFAULTS},
    "video_vae": {"mean": "latents_mean", "std": "latents_std"},
}
# Latents' mean and deviation per channel, for files that carry no config (Wan2.1_VAE.pth, Wan2.2_VAE.pth).
LATENTS = {
    16: (
        """
        -0.7571 -0.7089 -0.9113 0.1075 -0.1745 0.9653 -0.1517 1.5508 0.4134 -0.0715 0.5517 -0.3632 -0.1922
        -0.9497 0.2503 -0.2921
        """,
        """
        2.8184 1.4541 2.3275 2.6558 1.2196 1.7708 2.6052 2.0743 3.2687 2.1526 2.8652 1.5579 1.6382 1.1253 2.8251
        1.9160
        """,
    ),
    48: (
        """
        -0.2289 -0.0052 -0.1323 -0.2339 -0.2799 0.0174 0.1838 0.1557 -0.1382 0.0542 0.2813 0.0891 0.1570 -0.0098
        0.0375 -0.1825 -0.2246 -0.1207 -0.0698 0.5109 0.2665 -0.2108 -0.2158 0.2502 -0.2055 -0.0322 0.1109
        0.1567 -0.0729 0.0899 -0.2799 -0.1230 -0.0313 -0.1649 0.0117 0.0723 -0.2839 -0.2083 -0.0520 0.3748
        0.0152 0.1957 0.1433 -0.2944 0.3573 -0.0548 -0.1681 -0.0667
        """,
        """
        0.4765 1.0364 0.4514 1.1677 0.5313 0.4990 0.4818 0.5013 0.8158 1.0344 0.5894 1.0901 0.6885 0.6165 0.8454
        0.4978 0.5759 0.3523 0.7135 0.6804 0.5833 1.4146 0.8986 0.5659 0.7069 0.5338 0.4889 0.4917 0.4069 0.4999
        0.6866 0.4093 0.5709 0.6065 0.6415 0.4944 0.5726 1.2042 0.5458 1.6887 0.3971 1.0600 0.3943 0.5537 0.5444
        0.4089 0.7468 0.7744
        """,
    ),
}
LATENTS = {channels: tuple([float(x) for x in text.split()] for text in both) for channels, both in LATENTS.items()}


def transformer_fields(source: TensorSource, config: Mapping[str, object], where: Path) -> dict[str, object]:
    """The fields of a DiTConfig. `config` is config.json in either public form, or empty."""
    shape = _shapes(source, where)
    width, in_channels, *patch = _axes(shape, "patch_embedding.weight", 5, where)
    fields = {
        "in_channels": in_channels,
        "out_channels": _axes(shape, "head.linear.weight", 2, where)[0] // max(1, math.prod(patch)),
        "width": width,
        "num_layers": _count(source, r"blocks\.(\d+)\."),
        "num_heads": width // HEAD_DIM,
        "mlp_width": _axes(shape, "blocks.0.ffn.0.weight", 2, where)[0],
        "text_width": _axes(shape, "text_embedding.0.weight", 2, where)[1],
        "patch": tuple(patch),
        "sinusoid_width": _axes(shape, "time_embedding.mlp.0.weight", 2, where)[1],
        "eps": 1e-6,
    }
    _agree(_translated(fields, config), config, where, told=("num_heads", "num_attention_heads", "eps"))
    fields["num_heads"] = config.get("num_heads", config.get("num_attention_heads", fields["num_heads"]))
    fields["eps"] = config.get("eps", fields["eps"])
    _check_heads(fields, config, where)
    return fields


def text_encoder_fields(source: TensorSource, config: Mapping[str, object], where: Path) -> dict[str, object]:
    """The fields of a UMT5Config."""
    shape = _shapes(source, where)
    attention = "encoder.block.0.layer.0.SelfAttention"
    vocab_size, d_model = _axes(shape, "shared.weight", 2, where)
    buckets, num_heads = _axes(shape, f"{attention}.relative_attention_bias.weight", 2, where)
    inner = _axes(shape, f"{attention}.q.weight", 2, where)[0]
    fields = {
        "vocab_size": vocab_size,
        "d_model": d_model,
        "d_kv": inner // max(1, num_heads),
        "d_ff": _axes(shape, "encoder.block.0.layer.1.DenseReluDense.wi_0.weight", 2, where)[0],
        "num_layers": _count(source, r"encoder\.block\.(\d+)\."),
        "num_heads": num_heads,
        "relative_attention_num_buckets": buckets,
    }
    _agree(fields, config, where)
    return fields | {name: config.get(name, value) for name, value in UMT5_DEFAULTS.items()}


def video_vae_fields(source: TensorSource, config: Mapping[str, object], where: Path) -> dict[str, object]:
    """The fields of a WanVAEConfig; latents' mean and deviation from config.json or the constants."""
    shape = _shapes(source, where)
    width, colours, *_ = _axes(shape, "encoder.conv_in.weight", 5, where)
    shortcuts = "encoder.down_blocks.0.resnets.0.conv1.weight" in shape
    stages = _residual_stages(shape) if shortcuts else _flat_stages(shape)
    if not stages:
        raise CheckpointError(f"{where}: encoder.down_blocks make no stages of an autoencoder that this release knows.")
    fields = {
        "channels": _axes(shape, "post_quant_conv.weight", 5, where)[0],
        "width": width,
        "decoder_width": _axes(shape, "decoder.conv_out.weight", 5, where)[1],
        "multipliers": tuple(stage_width // width for stage_width, *_ in stages),
        "num_blocks": stages[0][1],
        "halve_time": tuple(halves for *_, halves in stages[:-1]),
        "patch": math.isqrt(colours // 3),
        "stage_shortcuts": shortcuts,
    }
    _agree(diffusers_video_vae(fields), {name: value for name, value in config.items() if value is not None}, where)
    return fields | _latents(fields["channels"], config, where)


def diffusers_video_vae(fields: Mapping[str, object]) -> dict[str, object]:
    """Our fields as an AutoencoderKLWan's config spells them."""
    patch, colours = fields["patch"], 3 * fields["patch"] ** 2
    return {
        "base_dim": fields["width"],
        "decoder_base_dim": fields["decoder_width"] if fields["decoder_width"] != fields["width"] else None,
        "z_dim": fields["channels"],
        "dim_mult": list(fields["multipliers"]),
        "num_res_blocks": fields["num_blocks"],
        "temperal_downsample": list(fields["halve_time"]),
        "is_residual": fields["stage_shortcuts"],
        "in_channels": colours,
        "out_channels": colours,
        "patch_size": patch if patch > 1 else None,
        "scale_factor_temporal": 2 ** sum(fields["halve_time"]),
        "scale_factor_spatial": patch * 2 ** len(fields["halve_time"]),
    }


def _latents(channels: int, config: Mapping[str, object], where: Path) -> dict[str, object]:
    mean, std = (config.get(f"latents_{name}") for name in ("mean", "std"))
    if mean is None or std is None:
        if channels not in LATENTS:
            raise CheckpointError(f"{where} has {channels} latent channels; without a config.json it must be 16 or 48.")
        mean, std = LATENTS[channels]
    if not (isinstance(mean, list | tuple) and isinstance(std, list | tuple) and len(mean) == len(std) == channels):
        raise CheckpointError(f"{where}: config.json's latents_mean and latents_std should be lists of {channels}.")
    return {"mean": tuple(mean), "std": tuple(std)}


FIELDS = {
    "transformer": transformer_fields,
    "text_encoder": text_encoder_fields,
    "video_vae": video_vae_fields,
}


def model_named(fields: Mapping[str, object], config: Mapping[str, object], where: Path) -> str:
    """The public model whose channels a transformer has; config.json's model_type must say the same."""
    channels = (fields["in_channels"], fields["out_channels"])
    if channels not in MODELS:
        known = ", ".join(f"{a} and {b} ({name})" for (a, b), name in MODELS.items())
        raise CheckpointError(f"{where}: {channels[0]} channels in and {channels[1]} out; known are {known}.")
    told = config.get("model_type")
    if isinstance(told, str) and MODEL_TYPES.get(told, MODELS[channels]) != MODELS[channels]:
        raise CheckpointError(f"{where}: config.json says model_type {told}; shapes say {MODELS[channels]}.")
    return MODELS[channels]


def _shapes(source: TensorSource, where: Path) -> dict[str, tuple[int, ...]]:
    if not source.entries:
        raise CheckpointError(f"{where} holds no tensors.")
    return {name: entry.shape for name, entry in source.entries.items()}


def _axes(shape: Mapping[str, tuple[int, ...]], name: str, count: int, where: Path) -> tuple[int, ...]:
    if name not in shape:
        raise CheckpointError(f"{where} lacks {name}, without which its sizes cannot be read.")
    if len(shape[name]) != count or 0 in shape[name]:
        raise CheckpointError(f"{where}: {name} is {list(shape[name])}; it should have {count} axes, none empty.")
    return shape[name]


def _count(source: TensorSource, pattern: str) -> int:
    """One more than the highest number of a block."""
    return 1 + max((int(found[1]) for name in source.entries if (found := re.match(pattern, name))), default=-1)


def _translated(fields: Mapping[str, object], config: Mapping[str, object]) -> dict[str, object]:
    """Our fields under the names that this config.json uses; the original spells its width `dim`."""
    spelling = 0 if "dim" in config else 1
    return {names[spelling]: fields[ours] for ours, names in TRANSFORMER_FIELDS.items() if names[spelling]}


def _agree(fields: Mapping[str, object], config: Mapping[str, object], where: Path, *, told: tuple = ()) -> None:
    """Every field that config.json also gives is the same there; those `told` by it alone are not compared."""
    faults = [
        f"{name} is {_plain(value)} by its shapes and {_plain(config[name])} in config.json"
        for name, value in fields.items()
        if name in config and name not in told and value is not None and _plain(config[name]) != _plain(value)
    ]
    if faults:
        raise CheckpointError(f"{where} and its config.json disagree: {listed(faults)}.")


def _check_heads(fields: Mapping[str, object], config: Mapping[str, object], where: Path) -> None:
    heads, width = fields["num_heads"], fields["width"]
    if type(heads) is not int or heads < 1 or width % heads or width // heads % 2:
        raise CheckpointError(f"{where}: {heads!r} heads do not divide a width of {width} into even shares.")
    if config.get("attention_head_dim", width // heads) != width // heads:
        raise CheckpointError(
            f"{where}: attention_head_dim {config['attention_head_dim']} x {heads} heads is not its width {width}."
        )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _flat_stages(shape: Mapping[str, tuple[int, ...]]) -> list[tuple[int, int, bool]]:
    """(width, residual blocks, halves time) per stage of the 16-channel encoder, numbered straight on."""
    stages, width, blocks, i = [], 0, 0, 0
    while any(name.startswith(f"encoder.down_blocks.{i}.") for name in shape):
        block = f"encoder.down_blocks.{i}"
        if f"{block}.resample.1.weight" in shape:
            stages.append((width, blocks, f"{block}.time_conv.weight" in shape))
            blocks = 0
        elif f"{block}.conv2.weight" in shape:
            width, blocks = shape[f"{block}.conv2.weight"][0], blocks + 1
        i += 1
    return [*stages, (width, blocks, False)] if width else []


def _residual_stages(shape: Mapping[str, tuple[int, ...]]) -> list[tuple[int, int, bool]]:
    """The same of the 48-channel encoder, numbered within stages."""
    stages, i = [], 0
    while f"encoder.down_blocks.{i}.resnets.0.conv2.weight" in shape:
        block = f"encoder.down_blocks.{i}"
        blocks = sum(bool(re.fullmatch(rf"{re.escape(block)}\.resnets\.\d+\.conv2\.weight", name)) for name in shape)
        width = shape[f"{block}.resnets.0.conv2.weight"][0]
        stages.append((width, blocks, f"{block}.downsampler.time_conv.weight" in shape))
        i += 1
    return stages
