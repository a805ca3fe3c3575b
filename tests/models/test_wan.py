"""The three public models have the published sizes, and their presets walk the published steps."""

import hashlib
import json
from dataclasses import asdict, replace

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from filmloom.core.types import Size
from filmloom.diffusion import samplers
from filmloom.diffusion.grids import published_grid
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.wan import A14B, I2V_A14B, MODELS, NEGATIVE, WanModel

NAMES = list(MODELS)
PRESETS = [(name, kind) for name in NAMES for kind in ("preset", "distilled") if getattr(MODELS[name], kind)]


def on_meta(config: DiTConfig) -> DiT:
    with torch.device("meta"):
        return DiT(config)


def flops(config: DiTConfig, frames: int, rows: int, columns: int, tokens: int = 512) -> int:
    """Of one forward, counted by torch on tensors without contents: two per multiplication with its addition."""
    with FakeTensorMode(), sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        latent = torch.empty(1, config.in_channels, frames, rows, columns)
        model, text = DiT(config), torch.empty(1, tokens, config.text_width)
        with FlopCounterMode(display=False) as counter:
            model(latent, torch.empty(1), text)
    return counter.get_total_flops()


def sizes_of(model: WanModel) -> list[tuple[int, int, int]]:
    """Latent frames, rows and columns at each trained size."""
    shapes = [model.video_vae.codec.latent(model.preset.frames, size) for size in model.preset.sizes]
    return [(shape.frames, shape.height, shape.width) for shape in shapes]


@pytest.mark.parametrize(
    ("name", "parameters", "tensors"),
    [
        ("wan2.2-t2v-a14b", 14_288_491_584, 1095),
        ("wan2.2-i2v-a14b", 14_288_901_184, 1095),
        ("wan2.2-ti2v-5b", 4_999_787_712, 825),
    ],
)
def test_transformers_have_the_published_number_of_parameters(name, parameters, tensors):
    model = on_meta(MODELS[name].transformer)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    assert len(model.state_dict()) == tensors


def test_work_of_one_block_with_everything_around_it_is_the_published_count():
    assert flops(replace(A14B, num_layers=1), 3, 8, 8) == 131_677_552_640


@pytest.mark.parametrize(
    ("name", "size", "tera"),
    [
        ("wan2.2-t2v-a14b", Size(832, 480), 1678.4),
        ("wan2.2-t2v-a14b", Size(1280, 720), 6523.4),
        ("wan2.2-ti2v-5b", Size(1280, 704), 517.0),
    ],
)
def test_work_of_one_forward_is_the_published_count(name, size, tera):
    """Outer layers and one block, from the count of one and of two blocks."""
    model = MODELS[name]
    shape = sizes_of(model)[model.preset.sizes.index(size)]
    one, two = (flops(replace(model.transformer, num_layers=layers), *shape) for layers in (1, 2))
    total = one + (model.transformer.num_layers - 1) * (two - one)
    assert total / 1e12 == pytest.approx(tera, abs=0.05)


@pytest.mark.parametrize(
    ("name", "size", "tokens"),
    [
        ("wan2.2-t2v-a14b", Size(832, 480), 32_760),
        ("wan2.2-i2v-a14b", Size(720, 1280), 75_600),
        ("wan2.2-ti2v-5b", Size(1280, 704), 27_280),
    ],
)
def test_tokens_at_trained_sizes(name, size, tokens):
    model = MODELS[name]
    frames, rows, columns = sizes_of(model)[model.preset.sizes.index(size)]
    assert frames * rows * columns == 4 * tokens


@pytest.mark.parametrize("name", NAMES)
def test_trained_sizes_and_lengths_are_whole_tokens(name):
    model = MODELS[name]
    assert model.multiple == {"wan2.2-ti2v-5b": 32}.get(name, 16)
    assert all(size.width % model.multiple == size.height % model.multiple == 0 for size in model.preset.sizes)
    assert all(frames == 1 + (model.preset.frames - 1) // 4 for frames, _, _ in sizes_of(model))


@pytest.mark.parametrize("name", NAMES)
def test_parts_and_channels_fit_together(name):
    model = MODELS[name]
    assert model.name == name
    assert model.transformer.out_channels == model.video_vae.channels
    assert model.transformer.text_width == model.text_encoder["d_model"]
    assert model.parts[0] == "text_encoder" and model.parts[-1] == "video_vae"
    assert len(model.transformers) == (1 if name.endswith("5b") else 2)
    noise, image = model.video_vae.channels, model.video_vae.channels + model.video_vae.codec.time
    assert model.transformer.in_channels == noise + (image if model.image == "required" else 0)


@pytest.mark.parametrize(("name", "kind"), PRESETS)
def test_a_preset_names_what_the_diffusion_wing_has(name, kind):
    preset = getattr(MODELS[name], kind)
    assert callable(getattr(samplers, preset.sampler))
    grid = published_grid(preset.grid, preset.steps, shift=preset.shift)
    assert grid.num_steps == preset.steps
    assert preset.is_guided == (kind == "preset") == bool(preset.negative)
    assert (preset.boundary is None) == (len(MODELS[name].transformers) == 1)


@pytest.mark.parametrize(
    ("name", "num_high", "first", "last"),
    [
        ("wan2.2-t2v-a14b", 26, [999, 997, 995, 993, 990], [571, 492, 386, 235]),
        ("wan2.2-i2v-a14b", 15, [999, 994, 989, 983, 978], [356, 288, 208, 113]),
    ],
)
def test_presets_walk_the_published_steps_and_switch_where_the_original_does(name, num_high, first, last):
    preset = MODELS[name].preset
    grid = published_grid(preset.grid, preset.steps, shift=preset.shift)
    steps = (1000 * grid.heard[:-1]).tolist()
    assert (steps[:5], steps[-4:]) == (first, last)
    assert grid.num_high(preset.boundary) == num_high


@pytest.mark.parametrize("name", ["wan2.2-t2v-a14b", "wan2.2-i2v-a14b"])
def test_distilled_presets_give_two_steps_to_each_expert(name):
    preset = MODELS[name].distilled
    grid = published_grid(preset.grid, preset.steps, shift=preset.shift)
    torch.testing.assert_close(1000 * grid.heard[:-1], torch.tensor([1000, 937.5, 2500 / 3, 625]).double())
    assert grid.num_high(preset.boundary) == grid.num_high(MODELS[name].preset.boundary) == 2


def test_the_experts_guidance_is_not_swapped():
    """The original writes (low, high) = (3, 4) for text to video."""
    preset = MODELS["wan2.2-t2v-a14b"].preset
    assert preset.guidance_high > preset.guidance_low


def test_image_to_video_differs_from_text_to_video_by_twenty_channels_only():
    assert replace(I2V_A14B, in_channels=16) == A14B


def test_the_negative_prompt_is_the_published_constant():
    assert hashlib.sha256(NEGATIVE.encode()).hexdigest().startswith("ce96e0324e4b54ce")
    assert len(set(NEGATIVE.split("，"))) == 28


@pytest.mark.parametrize("name", NAMES)
def test_transformer_configs_survive_json(name):
    config = MODELS[name].transformer
    assert DiTConfig(**json.loads(json.dumps(asdict(config)))) == config
