"""The JSON files that the public layouts carry beside their weights: what `convert` writes, as published.

Sampling values in them (`flow_shift`) are what the publishers wrote; our own presets do not read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from filmloom.checkpoints.architecture import diffusers_video_vae

Fields = Mapping[str, object]
BOUNDARY = {"wan2.2-t2v-a14b": 0.875, "wan2.2-i2v-a14b": 0.9, "wan2.2-ti2v-5b": None}
MODEL_TYPE = {"wan2.2-t2v-a14b": "t2v", "wan2.2-i2v-a14b": "i2v", "wan2.2-ti2v-5b": "ti2v"}
ORIGINAL_VERSION, DIFFUSERS_VERSION = "0.33.0", "0.35.0"


def original_transformer(fields: Fields, model: str) -> dict:
    """config.json of an expert. Patch, text width, norms are not in it: the original code has them as defaults."""
    return {
        "_class_name": "WanModel",
        "_diffusers_version": ORIGINAL_VERSION,
        "dim": fields["width"],
        "eps": fields["eps"],
        "ffn_dim": fields["mlp_width"],
        "freq_dim": fields["sinusoid_width"],
        "in_dim": fields["in_channels"],
        "model_type": MODEL_TYPE[model],
        "num_heads": fields["num_heads"],
        "num_layers": fields["num_layers"],
        "out_dim": fields["out_channels"],
        "text_len": 512,
    }


def diffusers_transformer(fields: Fields) -> dict:
    return {
        "_class_name": "WanTransformer3DModel",
        "_diffusers_version": DIFFUSERS_VERSION,
        "added_kv_proj_dim": None,
        "attention_head_dim": fields["width"] // fields["num_heads"],
        "cross_attn_norm": True,
        "eps": fields["eps"],
        "ffn_dim": fields["mlp_width"],
        "freq_dim": fields["sinusoid_width"],
        "image_dim": None,
        "in_channels": fields["in_channels"],
        "num_attention_heads": fields["num_heads"],
        "num_layers": fields["num_layers"],
        "out_channels": fields["out_channels"],
        "patch_size": list(fields["patch"]),
        "pos_embed_seq_len": None,
        "qk_norm": "rms_norm_across_heads",
        "rope_max_seq_len": 1024,
        "text_dim": fields["text_width"],
    }


def diffusers_vae(fields: Fields) -> dict:
    """The older fields alone for the 16-channel autoencoder, so that older readers take it too."""
    newer = ("decoder_base_dim", "is_residual", "in_channels", "out_channels", "patch_size")
    newer += ("scale_factor_temporal", "scale_factor_spatial")
    whole = {"_class_name": "AutoencoderKLWan", "_diffusers_version": DIFFUSERS_VERSION, **diffusers_video_vae(fields)}
    if not fields["stage_shortcuts"]:
        whole = {name: value for name, value in whole.items() if name not in newer}
    else:
        whole["clip_output"] = False
    latents = {"latents_mean": list(fields["mean"]), "latents_std": list(fields["std"])}
    return whole | latents | {"attn_scales": [], "dropout": 0.0}


def diffusers_text_encoder(fields: Fields, dtype: str) -> dict:
    return dict(fields) | {
        "architectures": ["UMT5EncoderModel"],
        "model_type": "umt5",
        "dense_act_fn": "gelu_new",
        "dropout_rate": 0.1,
        "is_encoder_decoder": True,
        "is_gated_act": True,
        "num_decoder_layers": fields["num_layers"],
        "tie_word_embeddings": False,
        "tokenizer_class": "T5Tokenizer",
        "torch_dtype": dtype,
    }


def diffusers_index(model: str, parts: Sequence[str], *, has_tokenizer: bool) -> dict:
    """model_index.json; a component that is not there is `[null, null]`."""

    def component(there: bool, library: str, name: str) -> list:
        return [library, name] if there else [None, None]

    images = {"image_encoder": [None, None], "image_processor": [None, None]} if model == "wan2.2-i2v-a14b" else {}
    return {
        "_class_name": "WanImageToVideoPipeline" if images else "WanPipeline",
        "_diffusers_version": DIFFUSERS_VERSION,
        "boundary_ratio": BOUNDARY[model],
        "expand_timesteps": model == "wan2.2-ti2v-5b",
        **images,
        "scheduler": ["diffusers", "UniPCMultistepScheduler"],
        "text_encoder": component("text_encoder" in parts, "transformers", "UMT5EncoderModel"),
        "tokenizer": component(has_tokenizer, "transformers", "T5TokenizerFast"),
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "transformer_2": component("transformer_low" in parts, "diffusers", "WanTransformer3DModel"),
        "vae": component("video_vae" in parts, "diffusers", "AutoencoderKLWan"),
    }


def diffusers_scheduler(model: str) -> dict:
    return {
        "_class_name": "UniPCMultistepScheduler",
        "_diffusers_version": DIFFUSERS_VERSION,
        "beta_end": 0.02,
        "beta_schedule": "linear",
        "beta_start": 0.0001,
        "disable_corrector": [],
        "final_sigmas_type": "zero",
        "flow_shift": 5.0 if model == "wan2.2-ti2v-5b" else 3.0,
        "lower_order_final": True,
        "num_train_timesteps": 1000,
        "predict_x0": True,
        "prediction_type": "flow_prediction",
        "solver_order": 2,
        "solver_type": "bh2",
        "thresholding": False,
        "use_flow_sigmas": True,
    }
