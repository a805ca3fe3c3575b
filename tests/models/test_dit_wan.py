"""The transformer is Wan2.2's: equal to diffusers' class in its own rounding, and to the original's closed forms."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import filmloom
from filmloom.checkpoints.folder import open_folder
from filmloom.checkpoints.rename import rename
from filmloom.kernels.rope import rotation
from filmloom.models.dit import DiT, DiTConfig, Prepared
from filmloom.models.layers import sinusoid, sinusoid32
from filmloom.models.moe import MoE
from filmloom.models.names.transformer import KEPT_IN_FLOAT32, TABLE

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
diffusers = pytest.importorskip("diffusers")

# heads, head width, feed-forward, text width, sinusoid, channels in
SHAPES = {
    "even rope": (2, 12, 32, 32, 256, 16),
    "uneven rope": (3, 16, 40, 20, 32, 16),
    "rope of A14B": (2, 128, 48, 24, 64, 16),
    "image to video": (2, 24, 32, 32, 256, 36),
}
LATENTS = [(1, 3, 4, 6), (2, 1, 2, 2), (3, 5, 2, 10)]  # batch, frames, rows, columns


def config_of(shape: str, **changes) -> DiTConfig:
    heads, head, mlp, text, sines, channels = SHAPES[shape]
    return DiTConfig(
        in_channels=channels,
        out_channels=16,
        width=heads * head,
        num_layers=2,
        num_heads=heads,
        mlp_width=mlp,
        text_width=text,
        patch=(1, 2, 2),
        sinusoid_width=sines,
        **changes,
    )


def theirs(config: DiTConfig) -> nn.Module:
    """diffusers' transformer of a config, with norms, biases and tables that speak."""
    torch.manual_seed(0)
    model = diffusers.WanTransformer3DModel(
        num_attention_heads=config.num_heads,
        attention_head_dim=config.width // config.num_heads,
        ffn_dim=config.mlp_width,
        num_layers=config.num_layers,
        text_dim=config.text_width,
        freq_dim=config.sinusoid_width,
        in_channels=config.in_channels,
        out_channels=config.out_channels,
        rope_max_seq_len=32,
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1 or "table" in name:
                parameter.add_(0.5 * torch.randn_like(parameter))
            elif "time_proj" in name:
                parameter.mul_(3)
    return model.eval()


def ours(config: DiTConfig, model: nn.Module, *, dtype: torch.dtype | None = None) -> DiT:
    """Our transformer with the weights of theirs."""
    state = {rename(old, TABLE, source="diffusers", target="ours"): w.clone() for old, w in model.state_dict().items()}
    with torch.device("meta"):
        mine = DiT(config)
    mine.load_state_dict(state, strict=True, assign=True)
    for name, parameter in mine.named_parameters():
        if dtype and not any(part in name.split(".") for part in KEPT_IN_FLOAT32):
            parameter.data = parameter.data.to(dtype)
    return mine.eval()


def inputs(config: DiTConfig, batch=2, frames=3, rows=4, columns=6, *, tokens=16):
    generator = torch.Generator().manual_seed(1)
    latent = torch.randn(batch, config.in_channels, frames, rows, columns, generator=generator)
    text = torch.randn(batch, tokens, config.text_width, generator=generator)
    text[:, (tokens + 1) // 2 :] = 0  # beyond a prompt
    steps = torch.tensor([999, 387, 12])[:batch]
    return latent, steps, text


def per_frame(steps, frames: int):
    """Timesteps [B, F] that differ between frames, the first frame clean (TI2V-5B with an image)."""
    return torch.cat([torch.zeros_like(steps)[:, None], *[(steps - 7 * f)[:, None] for f in range(1, frames)]], dim=1)


def relative(found, truth) -> float:
    return ((found.float() - truth.float()).abs().max() / truth.float().abs().max()).item()


class Sinusoid64(nn.Module):
    """The original's sinusoid, put in the place of diffusers'."""

    def __init__(self, width: int):
        super().__init__()
        self.width = width

    def forward(self, steps):
        powers = [10000 ** (-k / (self.width // 2)) for k in range(self.width // 2)]
        rows = [[f(step * p) for f in (math.cos, math.sin) for p in powers] for step in steps.tolist()]
        return torch.tensor(rows, dtype=torch.float64).float()


@torch.no_grad()
@pytest.mark.parametrize("reference", ["diffusers", "original"])
@pytest.mark.parametrize("size", LATENTS, ids=str)
@pytest.mark.parametrize("shape", SHAPES)
def test_velocity_equals_diffusers(shape, size, reference):
    config = config_of(shape, reference=reference)
    model = theirs(config)
    if reference == "original":
        model.condition_embedder.timesteps_proj = Sinusoid64(config.sinusoid_width)
    latent, steps, text = inputs(config, *size)
    truth = model(latent, steps, text, return_dict=False)[0]
    velocity = ours(config, model)(latent, steps.double() / 1000, text).velocity
    assert velocity.shape == truth.shape
    assert truth.abs().max() > 1
    assert relative(velocity, truth) < 1e-5


@torch.no_grad()
@pytest.mark.parametrize("reference", ["diffusers", "original"])
@pytest.mark.parametrize("size", LATENTS, ids=str)
def test_timesteps_per_frame_equal_diffusers_timesteps_per_token(size, reference):
    config = config_of("even rope", reference=reference)
    model = theirs(config)
    if reference == "original":
        model.condition_embedder.timesteps_proj = Sinusoid64(config.sinusoid_width)
    latent, steps, text = inputs(config, *size)
    _, frames, rows, columns = size
    each = per_frame(steps, frames)
    truth = model(latent, each.repeat_interleave(rows * columns // 4, dim=1), text, return_dict=False)[0]
    velocity = ours(config, model)(latent, each.double() / 1000, text).velocity
    assert relative(velocity, truth) < 1e-5
    if frames > 1:
        assert relative(model(latent, steps, text, return_dict=False)[0], truth) > 1e-3


@torch.no_grad()
def test_a_fractional_timestep_of_the_distilled_models_is_heard_as_it_is():
    config = config_of("even rope", reference="diffusers")
    model = theirs(config)
    latent, _, text = inputs(config, batch=1)
    sigma = torch.tensor([0.9375], dtype=torch.float64)
    truth = model(latent, 1000 * sigma.float(), text, return_dict=False)[0]
    assert relative(ours(config, model)(latent, sigma, text).velocity, truth) < 1e-5
    assert relative(model(latent, torch.tensor([937]), text, return_dict=False)[0], truth) > 1e-4


@torch.no_grad()
@pytest.mark.parametrize("tokens", [1, 20, 512])
def test_text_of_any_length_and_its_rows_of_zeros_are_attended_to(tokens):
    config = config_of("even rope", reference="diffusers")
    model = theirs(config)
    latent, steps, text = inputs(config, tokens=tokens)
    truth = model(latent, steps, text, return_dict=False)[0]
    mine = ours(config, model)
    assert relative(mine(latent, steps.double() / 1000, text).velocity, truth) < 1e-5
    longer = F.pad(text, (0, 0, 0, 9))
    assert relative(mine(latent, steps.double() / 1000, longer).velocity, truth) > 1e-4


def modulate(x, shift, scale):
    """`layers.modulate` in two roundings instead of one."""
    grouped = x.unflatten(1, (shift.shape[1], -1))
    return (grouped * (1 + scale.unsqueeze(2)) + shift.unsqueeze(2)).flatten(1, 2)


def add_gated(x, update, gate):
    """`layers.add_gated` in two roundings instead of one."""
    x, update = (part.float().unflatten(1, (gate.shape[1], -1)) for part in (x, update))
    return (x + update * gate.unsqueeze(2)).flatten(1, 2)


def halves(folder, config: DiTConfig) -> nn.Module:
    """Their transformer as it is loaded in half precision, with some parts kept in float32."""
    theirs(config).save_pretrained(folder)
    return diffusers.WanTransformer3DModel.from_pretrained(folder, torch_dtype=torch.bfloat16).eval()


@torch.no_grad()
@pytest.mark.parametrize("frames_differ", [False, True])
def test_in_half_precision_diffusers_reference_is_diffusers_bit_for_bit(tmp_path, monkeypatch, frames_differ):
    """But for the fused multiply-add, which rounds once where diffusers rounds twice."""
    config = config_of("rope of A14B", reference="diffusers")
    model = halves(tmp_path, config)
    latent, steps, text = (part.bfloat16() if part.is_floating_point() else part for part in inputs(config))
    steps = per_frame(steps, 3) if frames_differ else steps
    tokens = steps.repeat_interleave(6, dim=1) if frames_differ else steps
    truth = model(latent, tokens, text, return_dict=False)[0]
    mine = ours(config, model)
    assert {name: p.dtype for name, p in mine.named_parameters()} == {
        name: p.dtype for name, p in ours(config, theirs(config), dtype=torch.bfloat16).named_parameters()
    }
    fused = mine(latent, steps.double() / 1000, text).velocity
    monkeypatch.setattr("filmloom.models.dit.modulate", modulate)
    monkeypatch.setattr("filmloom.models.dit.add_gated", add_gated)
    apart = mine(latent, steps.double() / 1000, text).velocity
    assert apart.dtype == torch.bfloat16
    assert torch.equal(apart, truth)
    assert relative(fused, truth) < 0.02


@torch.no_grad()
def test_in_half_precision_the_originals_rounding_is_nearer_to_float32(tmp_path):
    config = config_of("rope of A14B")
    rounded = halves(tmp_path, config).float()
    latent, steps, text = (part.bfloat16() if part.is_floating_point() else part for part in inputs(config))
    truth = rounded(latent.float(), steps, text.float(), return_dict=False)[0]

    def error(reference: str) -> float:
        mine = ours(replace(config, reference=reference), rounded, dtype=torch.bfloat16)
        velocity = mine(latent, steps.double() / 1000, text).velocity
        assert velocity.dtype == {"original": torch.float32, "diffusers": torch.bfloat16}[reference]
        return ((velocity.float() - truth).norm() / truth.norm()).item()

    assert error("original") < 0.7 * error("diffusers") < 0.01


@torch.no_grad()
def test_the_affine_norm_stands_before_cross_attention():
    """Gates closed, one block: x + o(softmax(q kT) v) with q read from norm2's output, written out by hand."""
    config = replace(config_of("even rope"), num_layers=1)
    torch.manual_seed(0)
    model = DiT(config).eval()
    for parameter in model.parameters():
        parameter.add_(0.2 * torch.randn_like(parameter))
    block = model.blocks[0]
    block.modulation.zero_()
    x, text = torch.randn(1, 12, config.width), torch.randn(1, 5, config.width)
    found, _ = block(x, torch.zeros(1, 1, 6, config.width), rotation(3, 2, 2, 12), text)
    asked = F.layer_norm(x, (config.width,), block.norm2.weight, block.norm2.bias, 1e-6)
    cross, rms = block.cross_attn, lambda y, w: y / (y.square().mean(-1, keepdim=True) + 1e-6).sqrt() * w
    query, key, value = (
        part.unflatten(-1, (config.num_heads, -1))
        for part in (rms(cross.q(asked), cross.norm_q.weight), rms(cross.k(text), cross.norm_k.weight), cross.v(text))
    )
    weights = (torch.einsum("bnad,blad->banl", query, key) / math.sqrt(12)).softmax(-1)
    heard = torch.einsum("banl,blad->bnad", weights, value).flatten(2)
    torch.testing.assert_close(found, x + cross.o(heard), rtol=1e-5, atol=1e-5)
    assert [name for name, _ in block.named_parameters() if name.startswith("norm")] == ["norm2.weight", "norm2.bias"]


@torch.no_grad()
def test_a_tokens_outputs_are_laid_out_row_column_channel():
    config = config_of("uneven rope")
    model = DiT(config)
    model.head.linear.bias.copy_(torch.arange(64.0))
    velocity = model(*(part for part in (torch.randn(1, 16, 2, 4, 6), torch.ones(1), torch.randn(1, 3, 20)))).velocity
    channel, _, row, column = torch.meshgrid(*(torch.arange(n) for n in (16, 2, 4, 6)), indexing="ij")
    assert torch.equal(velocity[0], ((row % 2 * 2 + column % 2) * 16 + channel).float())


@pytest.mark.parametrize("head", [12, 16, 24, 64, 128])
def test_positions_equal_diffusers_on_all_axes(head):
    rope = diffusers.models.transformers.transformer_wan.WanRotaryPosEmbed(head, (1, 2, 2), 32)
    cosine, sine = (part[0, :, 0, 0::2] for part in rope(torch.empty(1, 1, 5, 6, 14)))
    torch.testing.assert_close(rotation(5, 3, 7, head), torch.stack((cosine, sine)), rtol=0, atol=1e-6)


@torch.no_grad()
def test_tokens_are_a_set_whose_positions_come_from_the_table_alone():
    config = config_of("uneven rope")
    model = ours(config, theirs(config))
    block, table = model.blocks[0], rotation(2, 3, 4, 16)
    x, time, text = torch.randn(1, 24, 48), torch.randn(1, 1, 6, 48), torch.randn(1, 5, 48)
    order = torch.randperm(24)
    shuffled, _ = block(x[:, order], time, table[:, order], text)
    torch.testing.assert_close(shuffled, block(x, time, table, text)[0][:, order], rtol=1e-5, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(("axis", "cells"), [(2, 1), (3, 2), (4, 2)], ids=["frames", "rows", "columns"])
def test_every_axis_has_a_direction(axis, cells):
    """Tokens in reverse along one axis are another film; a film of one token on that axis is its own reverse."""
    config = config_of("uneven rope")
    model = ours(config, theirs(config))
    latent, steps, text = inputs(config, 1, 4, 6, 8)
    reverse = lambda x: x.unflatten(axis, (-1, cells)).flip(axis).flatten(axis, axis + 1)  # noqa: E731
    answer = lambda x: model(x, steps.double() / 1000, text).velocity  # noqa: E731
    assert relative(reverse(answer(reverse(latent))), answer(latent)) > 1e-3
    alone = latent.narrow(axis, 0, cells)
    assert torch.equal(reverse(answer(reverse(alone))), answer(alone))


def test_a_float64_sigma_is_a_whole_timestep():
    steps = torch.arange(1001)
    assert torch.equal(1000.0 * (steps.double() / 1000), steps.double())


def test_float32_sinusoid_is_diffusers():
    from diffusers.models.embeddings import Timesteps

    steps = torch.tensor([0, 1, 387, 863, 999, 1000])
    truth = Timesteps(num_channels=256, flip_sin_to_cos=True, downscale_freq_shift=0)(steps)
    torch.testing.assert_close(sinusoid32(steps.double() / 1000, 256), truth, rtol=0, atol=1e-6)
    error = (sinusoid(steps.double() / 1000, 256) - truth).abs().max()
    assert 1e-6 < error < 1e-4


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("reference", ["diffusers", "original"])
def test_a_prepared_text_gives_the_same_bits(reference, dtype):
    config = config_of("even rope", reference=reference)
    model = ours(config, theirs(config), dtype=dtype)
    latent, steps, text = inputs(config)
    prepared = model.prepared(text)
    assert isinstance(prepared, Prepared)
    for sigma in (steps.double() / 1000, per_frame(steps, 3).double() / 1000):
        assert torch.equal(model(latent, sigma, prepared).velocity, model(latent, sigma, text).velocity)
    moved = prepared.to(torch.float64)
    assert {part.dtype for pair in moved.blocks for part in pair} == {torch.float64}


@torch.no_grad()
def test_a_prepared_text_serves_routed_models_too():
    config = replace(config_of("even rope"), moe=MoE(experts=4, top_k=2, hidden=8), pooled_text=True)
    torch.manual_seed(0)
    model = DiT(config).eval()
    for parameter in model.parameters():
        parameter.add_(0.2 * torch.randn_like(parameter))
    latent, steps, text = inputs(config)
    say = {"pooled": text[:, 0]}
    told, prepared = (model(latent, steps / 1000, words, **say) for words in (text, model.prepared(text)))
    assert torch.equal(told.velocity, prepared.velocity)
    assert told.velocity.abs().max() > 0.1


def test_reference_is_one_of_two_and_absent_in_older_folders():
    with pytest.raises(AssertionError, match=r"'hf'.*original.*diffusers"):
        config_of("even rope", reference="hf")
    config = config_of("even rope", reference="diffusers")
    assert DiTConfig(**json.loads(json.dumps(asdict(config)))) == config
    mini = open_folder(Path(filmloom.__file__).parent / "weights" / "mini")
    assert mini.build_config("transformer", DiTConfig).reference == "original"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("reference", ["diffusers", "original"])
@pytest.mark.parametrize("shape", SHAPES)
def test_without_gradients_activations_are_overwritten_and_no_bit_changes(shape, reference, dtype):
    config = config_of(shape, reference=reference)
    mine = ours(config, theirs(config), dtype=dtype)
    latent, steps, text = inputs(config)
    given = (latent, steps.double() / 1000, text)
    kept = [one.clone() for one in given]
    plain = mine(*given).velocity
    with torch.no_grad():
        prepared = mine.prepared(text)
        pairs = [pair for block in prepared.to(copy=True).blocks for pair in block]
        assert torch.equal(mine(*given).velocity, plain)
        assert torch.equal(mine(*given[:2], prepared).velocity, plain)
    assert all(map(torch.equal, given, kept))
    assert all(map(torch.equal, (pair for block in prepared.blocks for pair in block), pairs))
