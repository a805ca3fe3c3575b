"""What is forecast is what is measured: tensors alive at tiny and (without memory) at full size, a process at 1 GB."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from filmloom.core.errors import ResourceError
from filmloom.core.types import LatentShape, Size
from filmloom.generate.memory import (
    LIBRARIES,
    Budget,
    Choice,
    Machine,
    Run,
    autoencoder_options,
    choose,
    forecast,
    text_options,
    transformer_options,
    transformer_stages,
)
from filmloom.generate.moments import (
    Live,
    block_weights,
    outer_weights,
    prepared_bytes,
    text_encoder_weights,
    text_moments,
    transformer_moments,
    transformer_weights,
)
from filmloom.generate.offload import Place, chunked, opened
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.umt5 import UMT5, UMT5_XXL
from filmloom.models.wan import MODELS
from filmloom.models.wan_vae import WanVAEConfig

GB = 10**9
T2V, I2V, TI2V = MODELS.values()
FULL = Size(1280, 720)
TINY = DiTConfig(
    in_channels=16,
    width=96,
    num_layers=2,
    num_heads=4,
    mlp_width=256,
    text_width=32,
    sinusoid_width=64,
    patch=(1, 2, 2),
)
WIDE, NARROW = replace(TINY, mlp_width=512), replace(TINY, mlp_width=96)
HALF, WHOLE = torch.bfloat16, torch.float32


def measured(config: DiTConfig, latent: LatentShape, dtype: torch.dtype, *, batch=1, levels=1, parts=1) -> Live:
    """One forward on a prepared text; only what is made within it counts."""
    model = DiT(config).requires_grad_(False)
    for module in model.modules():
        for name, parameter in list(module._parameters.items()):
            if parameter is not None:
                module._parameters[name] = nn.Parameter(parameter.to(dtype), requires_grad=False)
    chunked(model, parts)
    x = torch.zeros(batch, latent.channels, latent.frames, latent.height, latent.width)
    sigma = torch.full((batch,) if levels == 1 else (batch, levels), 0.5)
    text = model.prepared(torch.zeros(batch, 20, config.text_width, dtype=dtype))
    with Live() as live:
        model(x, sigma, text)
    return live


CASES = [
    (TINY, (5, 16, 16), WHOLE, {}),
    (TINY, (5, 16, 16), HALF, {}),
    (TINY, (1, 8, 8), WHOLE, {}),
    (TINY, (1, 8, 8), HALF, {}),
    (WIDE, (5, 16, 24), WHOLE, {}),
    (WIDE, (5, 16, 24), HALF, {}),
    (WIDE, (5, 16, 24), WHOLE, {"parts": 4}),
    (WIDE, (5, 16, 24), HALF, {"parts": 2}),
    (WIDE, (3, 10, 14), HALF, {"parts": 8}),
    (NARROW, (5, 16, 24), WHOLE, {}),
    (NARROW, (9, 16, 24), HALF, {}),
    (TINY, (5, 16, 16), WHOLE, {"batch": 2}),
    (TINY, (5, 16, 16), HALF, {"batch": 2, "levels": 5}),
    (replace(TINY, num_heads=1, num_layers=1), (4, 8, 12), HALF, {}),
    (replace(TINY, num_heads=1, width=32, mlp_width=32), (4, 16, 12), HALF, {}),
]


@torch.no_grad()
@pytest.mark.parametrize("reference", ["original", "diffusers"])
@pytest.mark.parametrize("config, shape, dtype, more", CASES)
def test_the_forecast_of_a_forward_is_what_lives_in_it(config, shape, dtype, more, reference):
    config, latent = replace(config, reference=reference), LatentShape(16, *shape)
    predicted = max(transformer_moments(config, latent, dtype, **more).values())
    assert predicted == pytest.approx(measured(config, latent, dtype, **more).peak, rel=0.05)


@torch.no_grad()
@pytest.mark.parametrize("dtype", [HALF, WHOLE], ids=str)
@pytest.mark.parametrize(
    "model, size, frames, levels",
    [(T2V, FULL, 81, 1), (T2V, Size(832, 480), 81, 1), (T2V, FULL, 1, 1), (TI2V, Size(1280, 704), 121, 31)],
)
def test_so_it_is_at_full_size(model, size, frames, levels, dtype):
    """Real widths, two of the layers; fake tensors have sizes and no memory."""
    config, latent = replace(model.transformer, num_layers=2), model.video_vae.codec.latent(frames, size)
    predicted = max(transformer_moments(config, latent, dtype, levels=levels).values())
    with FakeTensorMode():
        assert predicted == pytest.approx(measured(config, latent, dtype, levels=levels).peak, rel=0.02)


def test_weights_are_those_of_the_public_models():
    assert transformer_weights(T2V.transformer) == 14_288_491_584
    assert transformer_weights(I2V.transformer) == 14_288_901_184
    assert transformer_weights(TI2V.transformer) == 4_999_787_712
    assert block_weights(T2V.transformer) == 351_394_304
    assert outer_weights(T2V.transformer) == 232_719_424
    layer, rest = text_encoder_weights(UMT5_XXL)
    assert 24 * layer + rest == 5_680_910_336


@pytest.mark.parametrize("config", [TINY, replace(TINY, qk_norm=False), replace(WIDE, patch=(2, 1, 4), out_channels=3)])
def test_weights_are_those_of_the_module(config):
    assert transformer_weights(config) == sum(parameter.numel() for parameter in DiT(config).parameters())


def test_the_budget_of_full_size_agrees_with_the_estimates_of_the_specification():
    """One expert and a forward at 720p: about 37 GB; both: 66 GB; a prompt's keys and values: 0.42 GB."""
    run = Run(model=T2V, size=FULL, frames=81, prompts=1)
    high, low = transformer_stages(run, Choice(weights="swap"))
    assert high.device == low.device == pytest.approx(37 * GB, rel=0.1)
    assert high.weights == pytest.approx(28.58 * GB, rel=0.001)
    assert high.activations == pytest.approx(8.55 * GB, rel=0.001)
    assert transformer_stages(run, Choice(weights="resident"))[0].device == pytest.approx(66 * GB, rel=0.1)
    assert prepared_bytes(T2V.transformer, 512, HALF) == pytest.approx(0.42 * GB, rel=0.01)
    text = forecast(run, Choice()).stages[0]
    assert text.weights == pytest.approx(11.36 * GB, rel=0.001)
    decode = forecast(replace(run, size=Size(832, 480)), Choice(autoencoder="streamed")).stages[-1]
    assert decode.caches == pytest.approx(3.78 * GB, rel=0.05)


class Zeros:
    """A source of weights that exist only while they are read."""

    def __init__(self, config: DiTConfig):
        with torch.device("meta"):
            self.tensors = DiT(config).state_dict()

    def names(self):
        return list(self.tensors)

    def shape(self, name):
        return tuple(self.tensors[name].shape)

    def dtype(self, name):
        return torch.float32

    def read(self, name):
        return torch.zeros(self.shape(name))

    def file(self, name):
        return Path("zeros")


def tiny_model(experts: int, **changes):
    model = T2V if experts == 2 else TI2V
    vae = WanVAEConfig(width=8, decoder_width=8)
    return replace(model, transformer=replace(WIDE, **changes), video_vae=vae, text_len=20)


@torch.no_grad()
@pytest.mark.parametrize("dtype", [WHOLE, HALF], ids=str)
@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize("weights", ["resident", "swap", "layerwise"])
@pytest.mark.parametrize("experts", [1, 2])
def test_the_peak_of_a_run_is_that_of_its_choice(experts, weights, parts, dtype):
    """Everything the run makes in its own thread: loading, two prompts, latents, forwards of each expert."""
    model = tiny_model(experts, num_layers=6)
    run = Run(model=model, size=Size(128, 96), frames=17, on_gpu=False, dtype=dtype)
    choice = Choice(weights=weights, ahead=False, feed_forward_parts=parts)
    sources = {name: Zeros(model.transformer) for name in model.transformers}
    texts = torch.zeros(2, 1, 20, 32, dtype=dtype)
    with Live() as live, opened(model.transformer, sources, choice, Place(dtype=dtype)) as found:
        latents = [torch.zeros(1, 16, 5, 12, 16) for _ in range(8)]
        for expert in found.values():
            for prepared in [expert.prepared(text) for text in texts]:
                expert(latents[0], torch.tensor([0.5]), prepared)
            del prepared, expert
    predicted = max(stage.device for stage in transformer_stages(run, choice))
    assert predicted == pytest.approx(live.peak, rel=0.1)


@torch.no_grad()
@pytest.mark.parametrize("length, heads, hidden", [(128, 16, 80), (64, 2, 4000), (96, 32, 64), (200, 2, 64)])
@pytest.mark.parametrize("dtype", [WHOLE, HALF], ids=str)
def test_the_text_encoder_takes_what_is_forecast(length, heads, hidden, dtype):
    """Within 5 %: at full size it is a hundredth of the weights."""
    sizes = {"vocab_size": 50, "d_model": 32, "d_kv": 8, "num_layers": 2, "num_heads": heads, "d_ff": hidden}
    model = UMT5({**UMT5_XXL, **sizes}, None).eval().to(dtype)
    with Live() as live:
        model(torch.ones(1, length, dtype=torch.int64))
    predicted = max(text_moments(model.config, length, dtype).values())
    assert predicted == pytest.approx(live.peak, rel=0.05)


PROCESS = """
import sys, torch
from filmloom.core.machine import peak_memory
from dataclasses import replace
sys.path.insert(0, {tests!r})
from test_memory import Choice, Place, Run, Size, T2V, Zeros, opened, tiny_model, transformer_stages

torch.set_num_threads(1)
used = peak_memory

@torch.no_grad()
def film(model, choice):
    run = Run(model=model, size=Size(192, 128), frames=5, on_gpu=False, dtype=torch.float32)
    sources = {{name: Zeros(model.transformer) for name in model.transformers}}
    with opened(model.transformer, sources, choice, Place()) as experts:
        for expert in experts.values():
            latents = [torch.zeros(1, 16, 2, 16, 24) for _ in range(8)]
            for text in [expert.prepared(torch.zeros(1, 20, 32)) for _ in range(2)]:
                expert(latents[0], torch.tensor([0.5]), text)
    return max(stage.device + stage.host for stage in transformer_stages(run, choice))

choice = Choice(weights={weights!r}, ahead=False)
film(tiny_model(1), choice)  # what libraries take for themselves when they first compute
before = used()
big = replace(tiny_model({experts}), transformer=replace(T2V.transformer, width=3072, num_heads=24, mlp_width=4096,
              num_layers={layers}, text_width=32))
predicted = film(big, choice)
print(predicted, used() - before)
"""


@pytest.mark.parametrize("weights, experts, layers", [("resident", 1, 2), ("swap", 2, 2), ("layerwise", 1, 3)])
def test_a_process_grows_by_what_is_forecast(weights, experts, layers):
    """1.2 GB of float32. Matrices are of more than 32 MB, as real ones are: smaller ones glibc keeps for a while."""
    code = PROCESS.format(tests=str(Path(__file__).parent), weights=weights, experts=experts, layers=layers)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    predicted, grown = map(int, done.stdout.split())
    print(f"{weights}: forecast {predicted / 1e9:.3f} GB, measured {grown / 1e9:.3f} GB")
    assert predicted == pytest.approx(grown, rel=0.1)


OFFERS = [(80, 256), (48, 128), (24, 128), (24, 32), (16, 32), (10, 16), (None, 128), (None, 48), (None, 24)]


@pytest.mark.parametrize("vram, ram", OFFERS)
@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_a_choice_fits_and_no_faster_one_would(model, vram, ram):
    machine = Machine(vram=vram and vram * GB, ram=ram * GB)
    run = Run(model=model, size=Size(832, 480), frames=model.preset.frames, on_gpu=vram is not None)
    choice, budget = choose(run, machine)
    assert budget == forecast(run, choice) and budget.fits(machine)
    assert (budget.vram <= (vram or 0) * GB) and budget.ram <= ram * GB
    for options in (transformer_options(run), text_options(run), autoencoder_options()):
        for option in options:
            faster = replace(choice, **option)
            if faster == choice:
                break
            assert not forecast(run, faster).fits(machine), faster


def test_what_is_chosen_on_well_known_machines():
    def weights(vram, ram, model=T2V):
        run = Run(model=model, size=FULL, frames=81, on_gpu=vram is not None)
        choice, _ = choose(run, Machine(vram=vram and vram * GB, ram=ram * GB))
        return choice.weights, choice.held, choice.ahead

    assert weights(80, 64) == ("resident", False, True)
    assert weights(48, 64) == ("swap", False, True)
    assert weights(48, 16) == ("swap", False, False)
    assert weights(24, 64) == ("layerwise", True, True)
    assert weights(24, 36) == ("layerwise", True, False)
    assert weights(24, 16) == ("layerwise", False, False)
    assert weights(None, 24) == ("layerwise", False, False)
    assert weights(24, 16, replace(TI2V)) == ("resident", False, False)


def test_chunks_are_chosen_where_they_alone_make_it_fit():
    """The 5B model's feed-forward is 4.7 times as wide as its tokens: its hidden layer is the peak."""
    run = Run(model=TI2V, size=Size(1280, 704), frames=121)
    one, two = (transformer_stages(run, Choice(ahead=False, feed_forward_parts=parts))[0] for parts in (1, 2))
    assert two.device < one.device and one.moment == "feed-forward" != two.moment
    assert Budget((one,), True).vram - Budget((two,), True).vram == one.activations - two.activations
    machine = Machine(vram=Budget((two,), True).vram, ram=64 * GB)
    options = [replace(Choice(), **option) for option in transformer_options(run)]
    chosen = next(c for c in options if Budget(transformer_stages(run, c), True).fits(machine))
    assert (chosen.weights, chosen.feed_forward_parts) == ("resident", 2)


@pytest.mark.parametrize("vram, ram", [(8, 16), (8, 256), (None, 8)])
def test_a_refusal_says_what_would_fit(vram, ram):
    """And what it says is true: both of its films are accepted, and the next longer one is not."""
    machine = Machine(vram=vram and vram * GB, ram=ram * GB)
    run = Run(model=T2V, size=FULL, frames=81, on_gpu=vram is not None)
    with pytest.raises(ResourceError, match=r"GB (on the GPU|of memory) are missing") as caught:
        choose(run, machine)
    text = str(caught.value)
    assert "81 frames of 1280x720 by wan2.2-t2v-a14b" in text
    words = text.split("What fits: ")[1].rstrip(".").split(", or ")
    for offer in words:
        frames, size = int(offer.split()[0]), Size.parse(offer.split()[-1])
        choose(replace(run, frames=frames, size=size), machine)
        if size == run.size:
            with pytest.raises(ResourceError):
                choose(replace(run, frames=frames + 4), machine)
    assert any(offer.endswith("1280x720") for offer in words) and any(offer.startswith("81 ") for offer in words)


def test_nothing_fits_where_weights_alone_do_not():
    with pytest.raises(ResourceError, match="No film of this model fits"):
        choose(Run(model=T2V, size=FULL, frames=81, on_gpu=False), Machine(vram=None, ram=2 * GB))


def test_memory_in_use_is_never_forecast_below_libraries():
    budget = forecast(Run(model=T2V, size=FULL, frames=81), Choice())
    assert budget.ram > LIBRARIES and budget.on_gpu
    alone = forecast(Run(model=T2V, size=FULL, frames=81, on_gpu=False), Choice())
    assert alone.vram == 0 and alone.ram > max(stage.device for stage in alone.stages)
