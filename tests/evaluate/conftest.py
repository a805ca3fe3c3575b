"""A model folder of toy size with random weights and a recogniser: everything can be measured, nothing is any good."""

from __future__ import annotations

import pytest
import torch

from filmloom.checkpoints.folder import save_model
from filmloom.evaluate import bench
from filmloom.evaluate.recogniser import Recogniser, RecogniserConfig
from filmloom.generate.pipeline import load
from filmloom.models.dit import transformer
from filmloom.models.interpolator import Interpolator, InterpolatorConfig
from filmloom.models.planner import Planner
from filmloom.models.text_encoder import TextEncoder
from filmloom.models.upsampler import Upsampler
from filmloom.models.video_vae import VideoVAE
from filmloom.recipes.sizes import Mini

TOY = Mini("toy")
SMALL = InterpolatorConfig(widths=(8, 8), flow_widths=(8, 8), radii=(1, 1), carried=4, mend_widths=(8, 8))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """Shared by all tests: copy it before changing it."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        schema = TOY.recogniser.schema
        parts = {
            "text_encoder": TextEncoder(TOY.text_encoder),
            "planner": Planner(TOY.planner),
            "transformer": transformer(TOY.transformer),
            "video_vae": VideoVAE(TOY.video_vae),
            "interpolator": Interpolator(SMALL),
            "upsampler": Upsampler(TOY.upsampler),
            "recogniser": Recogniser(RecogniserConfig(schema=schema, widths=(8, 8, 8, 8), width=16)),
        }
        geometry = TOY.geometry() | {"frames": 9, "latent": [16, 3, 3, 4]}
        record = {"geometry": geometry, "preset": {"steps": 1}, "modes": {"plan": {"note": "kept"}}}
        return save_model(tmp_path_factory.mktemp("toy"), parts, record).path


@pytest.fixture(scope="session", autouse=True)
def few_plans():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "PLANS_PER_CLIP", 1)
        yield


@pytest.fixture(scope="session")
def film(model_folder):
    return load(model_folder)
