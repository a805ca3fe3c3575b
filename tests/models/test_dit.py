import json
from dataclasses import asdict, replace

import pytest
import torch
import torch.nn.functional as F

from filmloom.models.dit import (
    DiT,
    DiTConfig,
    NoiseExperts,
    PatchEmbedding,
    parameter_counts,
    patchify,
    transformer,
    unpatchify,
)
from filmloom.models.layers import sinusoid
from filmloom.models.moe import MoE

TINY = DiTConfig(
    in_channels=4,
    width=24,
    num_layers=3,
    num_heads=2,
    mlp_width=32,
    text_width=16,
    moe=MoE(experts=4, top_k=2, hidden=8),
    pooled_text=True,
    step_embedding=True,
    control_channels=4,
    sinusoid_width=32,
)
A14B = DiTConfig(
    in_channels=16,
    width=5120,
    num_layers=40,
    num_heads=40,
    mlp_width=13824,
    text_width=4096,
    patch=(1, 2, 2),
    noise_experts=2,
)


def awake(config=TINY, *, asleep=()):
    """A model whose every weight speaks, except those whose name starts with one of `asleep`."""
    torch.manual_seed(0)
    model = transformer(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not name.startswith(tuple(asleep)):
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model.eval()


def inputs(frames=3, rows=2, columns=4, *, batch=2):
    generator = torch.Generator().manual_seed(1)
    draw = lambda *shape: torch.randn(*shape, generator=generator)  # noqa: E731
    return {
        "latent": draw(batch, 4, frames, rows, columns),
        "sigma": torch.tensor([0.3, 0.9])[:batch],
        "text": draw(batch, 5, 16),
        "pooled": draw(batch, 16),
        "control": draw(batch, 4, frames, rows, columns),
    }


def without(values, *names):
    return {name: value for name, value in values.items() if name not in names}


@torch.no_grad()
def test_an_untrained_control_leaves_the_velocity_bit_equal():
    model = awake(asleep=("control_embedding",))
    with_control, alone = model(**inputs()), model(**without(inputs(), "control"))
    assert alone.velocity.abs().max() > 0.1
    assert torch.equal(with_control.velocity, alone.velocity)


@torch.no_grad()
def test_a_fresh_model_predicts_no_velocity_and_no_residual():
    output = DiT(TINY)(**inputs())
    assert torch.equal(output.velocity, torch.zeros_like(output.velocity))
    assert torch.equal(output.residual, torch.zeros_like(output.residual))
    assert DiT(replace(TINY, control_channels=0))(**without(inputs(), "control")).residual is None


@torch.no_grad()
def test_absent_control_equals_no_control_and_differs_from_a_control_of_zeros():
    model, values = awake(), inputs()
    alone = model(**without(values, "control")).velocity
    absent = model(**values, present=torch.tensor([False, True])).velocity
    torch.testing.assert_close(absent[0], alone[0])
    assert not torch.allclose(absent[1], alone[1], atol=1e-2)
    black = model(**{**values, "control": torch.zeros_like(values["control"])}).velocity
    assert not torch.allclose(black, alone, atol=1e-2)


@torch.no_grad()
def test_a_model_without_step_length_takes_none_and_step_zero_is_the_default():
    asleep, awakened, values = awake(asleep=("time_embedding.step.2",)), awake(), inputs()
    steps = torch.tensor([0.5, 0.25])
    assert torch.equal(asleep(**values, step=steps).velocity, asleep(**values).velocity)
    torch.testing.assert_close(awakened(**values, step=torch.zeros(2)).velocity, awakened(**values).velocity)
    assert not torch.allclose(awakened(**values, step=steps).velocity, awakened(**values).velocity, atol=1e-3)


@torch.no_grad()
def test_equal_sigmas_per_frame_equal_one_sigma():
    model, values = awake(), inputs()
    per_frame = model(**{**values, "sigma": values["sigma"][:, None].expand(2, 3)})
    torch.testing.assert_close(per_frame.velocity, model(**values).velocity, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_a_frames_own_sigma_is_heard():
    model, values = awake(), inputs()
    sigma = values["sigma"][:, None].repeat(1, 3)
    sigma[:, 0] = 0
    assert not torch.allclose(model(**{**values, "sigma": sigma}).velocity, model(**values).velocity, atol=1e-2)


@torch.no_grad()
def test_samples_of_a_batch_do_not_meet():
    model, values = awake(replace(TINY, moe=None)), inputs()
    alone = model(**{name: value[1:] for name, value in values.items()}).velocity
    torch.testing.assert_close(model(**values).velocity[1:], alone, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_every_frame_sees_every_frame():
    """Attention is over space and time at once: touch the last frame and the first one answers."""
    model, values = awake(), inputs()
    touched = {**values, "latent": values["latent"].clone()}
    touched["latent"][:, :, -1, -1, -1] += 1
    difference = (model(**touched).velocity - model(**values).velocity).abs()
    assert (difference.amax(dim=(0, 1)) > 1e-6).all()


@torch.no_grad()
def test_order_of_text_tokens_does_not_matter_but_their_content_does():
    """Cross-attention has no positions: those are the text encoder's business."""
    model, values = awake(), inputs()
    velocity = model(**values).velocity
    torch.testing.assert_close(
        model(**{**values, "text": values["text"].flip(1)}).velocity, velocity, rtol=1e-4, atol=1e-5
    )
    assert not torch.allclose(model(**{**values, "text": values["text"].roll(1, 0)}).velocity, velocity, atol=1e-2)
    assert not torch.allclose(model(**{**values, "pooled": values["pooled"].roll(1, 0)}).velocity, velocity, atol=1e-2)


def test_gradients_reach_every_parameter():
    output = (model := awake())(**inputs(), step=torch.tensor([0.1, 0.2]))
    (output.velocity.square().mean() + output.residual.square().mean() + output.balance).backward()
    silent = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    assert silent == []


def test_balance_and_load_come_from_the_routed_blocks():
    output = awake()(**inputs())
    assert output.load.shape == (1, 4)
    torch.testing.assert_close(output.load.sum(dim=1), torch.ones(1))
    dense = awake(replace(TINY, moe=None))(**inputs())
    assert dense.balance == 0
    assert dense.load.numel() == 0


def test_active_parameters_leave_out_the_experts_not_taken():
    total, active = parameter_counts(DiT(TINY))
    one_expert = 24 * 2 * 8 + 8 * 24
    assert total == sum(p.numel() for p in DiT(TINY).parameters())
    assert total - active == 2 * one_expert
    assert len(set(parameter_counts(DiT(replace(TINY, moe=None))))) == 1


@torch.no_grad()
def test_half_precision_weights_and_autocast_stay_near_float32():
    model, values = awake(), inputs()
    exact = model(**values).velocity
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert F.cosine_similarity(model(**values).velocity.flatten(), exact.flatten(), dim=0) > 0.99
    rounded = model.to(torch.bfloat16)(**values).velocity
    assert rounded.dtype == torch.float32
    assert F.cosine_similarity(rounded.flatten(), exact.flatten(), dim=0) > 0.99


@torch.no_grad()
def test_patch_embedding_is_a_convolution_whose_stride_is_its_kernel():
    embedding, video = PatchEmbedding(3, 8, (1, 2, 2)), torch.randn(2, 3, 2, 4, 6)
    embedding.weight.normal_()
    embedding.bias.normal_()
    tokens = F.conv3d(video, embedding.weight, embedding.bias, stride=(1, 2, 2)).flatten(2).transpose(1, 2)
    torch.testing.assert_close(embedding(video), tokens, rtol=1e-4, atol=1e-5)


def test_unpatchify_undoes_patchify_once_channels_are_moved_last():
    video, patch = torch.randn(2, 3, 4, 4, 6), (2, 1, 3)
    channels_last = patchify(video, patch).unflatten(2, (3, -1)).transpose(2, 3).flatten(2)
    assert torch.equal(unpatchify(channels_last, (2, 4, 2), patch), video)


def test_a_latent_that_does_not_divide_into_patches_is_named():
    model = DiT(replace(TINY, patch=(1, 2, 2)))
    with pytest.raises(AssertionError, match=r"\(3, 3, 4\).*\(1, 2, 2\)"):
        model(**inputs(rows=3))


@torch.no_grad()
def test_noise_experts_answer_for_their_own_levels():
    model = awake(replace(TINY, noise_experts=2, boundary=0.5))
    values = inputs()
    both = model(**values)
    low, high = model.low(**values), model.high(**values)
    torch.testing.assert_close(both.velocity, torch.stack((low.velocity[0], high.velocity[1])), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(both.residual, torch.stack((low.residual[0], high.residual[1])), rtol=1e-4, atol=1e-5)
    only_high = {**values, "sigma": torch.tensor([0.5, 1.0])}
    assert torch.equal(model(**only_high).velocity, model.high(**only_high).velocity)
    assert parameter_counts(model)[1] == parameter_counts(model.high)[1]


def test_config_survives_json():
    assert DiTConfig(**json.loads(json.dumps(asdict(TINY)))) == TINY


def test_wan_a14b_has_the_published_number_of_parameters_and_tensors():
    with torch.device("meta"):
        model = transformer(A14B)
    assert isinstance(model, NoiseExperts)
    assert parameter_counts(model) == (28_576_983_168, 14_288_491_584)
    assert len(list(model.high.parameters())) == 1095


def test_wan_block_is_a_pure_rename_away():
    """Shapes of one A14B block and of the outer tensors, as published; no transposes, no splits."""
    with torch.device("meta"):
        shapes = {n: tuple(p.shape) for n, p in DiT(replace(A14B, num_layers=1, noise_experts=1)).named_parameters()}
    square = {f"{a}.{p}" for a in ("self_attn", "cross_attn") for p in "qkvo"}
    expected = {f"blocks.0.{name}.weight": (5120, 5120) for name in square}
    expected |= {f"blocks.0.{name}.bias": (5120,) for name in square}
    expected |= {f"blocks.0.{a}.norm_{p}.weight": (5120,) for a in ("self_attn", "cross_attn") for p in "qk"}
    expected |= {"blocks.0.ffn.0.weight": (13824, 5120), "blocks.0.ffn.0.bias": (13824,)}
    expected |= {"blocks.0.ffn.2.weight": (5120, 13824), "blocks.0.ffn.2.bias": (5120,)}
    expected |= {"blocks.0.norm2.weight": (5120,), "blocks.0.norm2.bias": (5120,), "blocks.0.modulation": (1, 6, 5120)}
    expected |= {"patch_embedding.weight": (5120, 16, 1, 2, 2), "patch_embedding.bias": (5120,)}
    expected |= {"text_embedding.0.weight": (5120, 4096), "text_embedding.0.bias": (5120,)}
    expected |= {"text_embedding.2.weight": (5120, 5120), "text_embedding.2.bias": (5120,)}
    expected |= {"time_embedding.mlp.0.weight": (5120, 256), "time_embedding.mlp.0.bias": (5120,)}
    expected |= {"time_embedding.mlp.2.weight": (5120, 5120), "time_embedding.mlp.2.bias": (5120,)}
    expected |= {"time_projection.weight": (30720, 5120), "time_projection.bias": (30720,)}
    expected |= {"head.linear.weight": (64, 5120), "head.linear.bias": (64,), "head.modulation": (1, 2, 5120)}
    assert shapes == expected


def test_sinusoid_is_wans_at_t_999():
    """sigma 0.999 is t 999; cosines first."""
    values = sinusoid(torch.tensor(0.999, dtype=torch.float64), 256)
    places = [0, 1, 2, 3, 127, 128, 129, 130, 131, 255]
    published = [0.99964985, 0.96378248, -0.39899176, 0.70482050, 0.99424316]
    published += [-0.02646075, -0.26668958, -0.91695451, 0.70938570, 0.10714724]
    torch.testing.assert_close(values[places], torch.tensor(published), rtol=0, atol=1e-7)


@pytest.mark.parametrize("changes", [{}, {"width": 128}, {"moe": None, "qk_norm": False}], ids=str)
def test_without_gradients_activations_are_overwritten_and_no_bit_changes(changes):
    model, values = awake(replace(TINY, **changes)), inputs()
    kept = {name: value.clone() for name, value in values.items()}
    plain = model(**values)
    with torch.no_grad():
        fast = model(**values)
    assert torch.equal(fast.velocity, plain.velocity) and torch.equal(fast.residual, plain.residual)
    assert all(torch.equal(values[name], kept[name]) for name in kept)
