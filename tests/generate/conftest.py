"""A model folder of toy size with random weights: everything runs, nothing is any good."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from filmloom.checkpoints.folder import save_model
from filmloom.generate.pipeline import load
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.interpolator import Interpolator, InterpolatorConfig
from filmloom.models.moe import MoE
from filmloom.models.planner import Planner, PlannerConfig
from filmloom.models.text_encoder import TextEncoder, TextEncoderConfig
from filmloom.models.upsampler import Upsampler, UpsamplerConfig
from filmloom.models.video_vae import VideoVAE, VideoVAEConfig
from filmloom.world.cards import actions, places, subjects
from filmloom.world.scene import COLOURS, LIGHTS, MOODS, MOVES, TIMES, WEATHERS

SCHEMA = {
    "kind": subjects(), "colour": tuple(COLOURS), "action": actions(), "setting": places(), "time": TIMES,
    "weather": WEATHERS, "light": LIGHTS, "mood": MOODS, "camera": MOVES,
}  # fmt: skip
GEOMETRY = {"width": 64, "height": 36, "overscan": 6, "unit": 36, "frames": 17, "fps": 8, "latent": [16, 5, 3, 4]}
RECORD = {
    "geometry": GEOMETRY,
    "preset": {"steps": 2, "guidance": 2.0, "shift": 3.0, "few_steps": 1},
    "modes": {"text": {"passes": False}, "plan": {"passes": False}, "draw": {"passes": True}},
}


def toy_parts() -> dict[str, nn.Module]:
    """All parts at toy size, without a single parameter at zero."""
    text = TextEncoderConfig(
        width=16,
        num_layers=1,
        num_heads=2,
        mlp_width=16,
        num_tokens=3,
        num_buckets=64,
        num_ngram_buckets=64,
        hash_width=8,
    )
    dit = DiTConfig(
        in_channels=16, width=16, num_layers=2, num_heads=2, mlp_width=16, text_width=16, control_channels=16,
        pooled_text=True, step_embedding=True, sinusoid_width=16, moe=MoE(hidden=8, experts=2, top_k=1),
    )  # fmt: skip
    parts = {
        "text_encoder": TextEncoder(text),
        "planner": Planner(PlannerConfig(schema=SCHEMA, width=16, num_heads=2, text_width=16)),
        "transformer": DiT(dit),
        "video_vae": VideoVAE(VideoVAEConfig(channels=16, latent_width=8, latent_blocks=1, widths=(8, 8, 8))),
        "interpolator": Interpolator(
            InterpolatorConfig(widths=(8, 8), flow_widths=(8, 8), radii=(1, 1), carried=4, mend_widths=(8, 8))
        ),
        "upsampler": Upsampler(UpsamplerConfig(width=8, num_blocks=1, text_width=16)),
    }
    with torch.no_grad():
        for part in parts.values():
            for parameter in part.parameters():
                parameter += 0.02 * torch.randn_like(parameter)
        basis = torch.linalg.qr(torch.randn(3 * 4 * 16 * 16, 16)).Q.T
        parts["video_vae"].basis.copy_(basis)
    return parts


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return save_model(tmp_path_factory.mktemp("toy"), toy_parts(), RECORD, dtype="float32").path


@pytest.fixture(scope="session")
def film(toy_folder):
    return load(toy_folder)
