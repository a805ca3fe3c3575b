from pathlib import Path

import pytest
import torch

import filmloom
from filmloom.checkpoints.folder import open_folder
from filmloom.core.errors import NumericsError
from filmloom.diffusion.denoisers import pinned, velocity_denoiser
from filmloom.diffusion.grids import published_grid
from filmloom.diffusion.guards import FLAT, Guard, checked, verdict
from filmloom.diffusion.samplers import dpmpp, euler, few_step, unipc
from filmloom.diffusion.schedules import flow_sigmas
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.video_vae import VideoVAE, VideoVAEConfig

SAMPLERS = (euler, few_step, unipc, dpmpp)
SHAPE = (1, 4, 3, 4, 6)
GUARD = Guard(dtype="bfloat16", attention="flash", boundary=0.5)
SIGMAS = flow_sigmas(5)


def is_flat(latent, guard=GUARD):
    is_finite, is_flat = verdict(latent, guard).tolist()
    assert is_finite
    return is_flat


def flat_latent(spread=0.0):
    """One value per channel and frame, and cells up to `spread` of it apart."""
    return torch.randn(1, 4, 3, 1, 1) * (1 + spread * torch.rand(SHAPE))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("place", [0, 100, -1])
@pytest.mark.parametrize("shape", [SHAPE, (2, 3, 4), (288,)])
def test_one_bad_value_anywhere_is_found(bad, place, shape):
    latent = torch.randn(shape).repeat_interleave(12, dim=0)
    assert torch.equal(checked(latent, 0, SIGMAS, GUARD), latent)
    latent.view(-1)[place] = bad
    for guard in (None, GUARD):
        with pytest.raises(NumericsError, match=r"NaN or infinite values; every value must be finite"):
            checked(latent, 0, SIGMAS, guard)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_message_tells_step_level_expert_type_and_attention(sampler):
    broken = lambda x, sigma, *step: x * float("nan") if sigma < 0.7 else x  # noqa: E731
    expected = r"step 3 of 5 \(sigma 0\.6000, high-noise expert, bfloat16, attention flash\) produced 100\.0% NaN"
    with pytest.raises(NumericsError, match=expected):
        sampler(broken, torch.randn(SHAPE), SIGMAS, guard=GUARD)
    dead = lambda x, sigma, *step: torch.zeros_like(x) if sigma < 0.3 else x  # noqa: E731
    expected = r"step 5 of 5 \(sigma 0\.2000, low-noise expert, bfloat16, attention flash\) produced a flat latent"
    with pytest.raises(NumericsError, match=expected):
        sampler(dead, torch.randn(SHAPE), SIGMAS, guard=GUARD)
    sampler(dead, torch.randn(SHAPE), SIGMAS)  # without a guard only numbers are looked at


def test_a_model_of_one_expert_names_none():
    with pytest.raises(NumericsError, match=r"\(sigma 1\.0000, float32, attention plain\)"):
        checked(torch.zeros(SHAPE), 0, SIGMAS, Guard(dtype="float32", attention="plain"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_flat_is_one_value_per_plane_whatever_the_type(dtype):
    assert is_flat(torch.zeros(SHAPE, dtype=dtype))
    assert is_flat(flat_latent().to(dtype))
    assert is_flat(torch.cat((flat_latent(), torch.randn(SHAPE))).to(dtype))  # one sample of two
    assert not is_flat(torch.randn(SHAPE).to(dtype))
    assert is_flat(flat_latent(FLAT / 2)) and not is_flat(flat_latent(FLAT * 3))


def test_one_living_plane_is_enough_and_given_frames_do_not_count():
    latent = flat_latent()
    latent[:, 2, 1] += 0.01 * torch.randn(4, 6)
    assert not is_flat(latent)
    latent = torch.cat((torch.randn(1, 4, 1, 4, 6), flat_latent()[:, :, 1:]), dim=2)
    guard = Guard(dtype="float32", attention="plain", num_known=1)
    assert is_flat(latent, guard) and not is_flat(latent)
    assert not is_flat(torch.zeros(1, 4, 1, 4, 6), guard)  # nothing but what was given


@pytest.mark.parametrize("shape", [(1, 4, 3, 1, 1), (4, 6), (3,)])
def test_where_no_cell_has_a_neighbour_nothing_is_flat(shape):
    assert not is_flat(torch.zeros(shape))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("sampler", [euler, unipc, dpmpp])
@pytest.mark.parametrize("name", ["unipc", "dpmpp", "distilled"])
def test_a_random_transformer_never_looks_dead(name, sampler, dtype):
    """Fresh, with a head that says nothing, and with one that says something; with and without a given frame."""
    torch.manual_seed(0)
    model = DiT(DiTConfig(in_channels=4, width=24, num_layers=1, num_heads=2, mlp_width=32, text_width=8)).to(dtype)
    grid, text = published_grid(name, 4, shift=5), torch.randn(1, 5, 8, dtype=dtype)
    guard = Guard(dtype=str(dtype), attention="plain", num_known=1)
    for scale in (0.0, 0.3, 3.0):
        torch.nn.init.normal_(model.head.linear.weight, std=scale)
        network = lambda x, sigma: model(x.to(dtype), sigma, text).velocity.float()  # noqa: E731
        denoiser = velocity_denoiser(network, hears=grid.hears)
        with torch.no_grad():
            for walk in (denoiser, pinned(denoiser, torch.zeros(1, 4, 1, 4, 6))):
                assert sampler(walk, torch.randn(SHAPE), grid.sigmas, guard=guard).isfinite().all()


def test_a_faint_picture_of_minis_codec_is_not_flat():
    """One step of 8 bits from left to right is enough."""
    mini = open_folder(Path(filmloom.__file__).parent / "weights" / "mini")
    codec = mini.load("video_vae", VideoVAE(mini.build_config("video_vae", VideoVAEConfig))).eval()
    faint = torch.linspace(0, 1 / 127.5, 128).expand(1, 3, 17, 80, -1)
    with torch.no_grad():
        assert not is_flat(codec.encode(faint))
        assert is_flat(codec.encode(torch.zeros_like(faint)))  # why mini, whose codec has no rim, gives no guard


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_an_even_picture_of_a_public_autoencoder_has_a_rim():
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    sizes = {"base_dim": 8, "z_dim": 4, "latents_mean": [0.0] * 4, "latents_std": [1.0] * 4}
    codec = diffusers.AutoencoderKLWan(**sizes).eval()
    with torch.no_grad():
        for brightness in (-1.0, 0.0, 0.7):
            video = torch.full((1, 3, 5, 32, 32), brightness)
            assert not is_flat(codec.encode(video).latent_dist.mode())


def test_a_checked_latent_is_the_latent_itself():
    latent = torch.randn(SHAPE)
    assert checked(latent, 0, SIGMAS, GUARD) is latent
