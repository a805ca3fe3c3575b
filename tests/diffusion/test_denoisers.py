import torch

from filmloom.diffusion.denoisers import concatenated, control_denoiser, pinned, switched, velocity_denoiser
from filmloom.diffusion.samplers import euler, unipc
from filmloom.diffusion.schedules import add_noise, flow_sigmas

SHAPE = (2, 3, 4, 2, 2)


def test_the_true_velocity_gives_the_true_clean_latent():
    clean, noise = torch.randn(2, *SHAPE)
    for sigma in (torch.tensor(0.7), torch.tensor([0.2, 0.9]), torch.rand(2, 4)):
        denoise = velocity_denoiser(lambda x, sigma: noise - clean)
        torch.testing.assert_close(denoise(add_noise(clean, noise, sigma), sigma), clean, rtol=1e-4, atol=1e-5)


def test_a_silent_network_yields_the_control_for_any_number_of_steps():
    control = torch.randn(SHAPE)
    denoise = control_denoiser(lambda x, sigma: torch.zeros_like(x), control, torch.rand(3))
    for num_steps in (1, 3, 8):
        for sampler in (euler, unipc):
            assert torch.equal(sampler(denoise, torch.randn(SHAPE), flow_sigmas(num_steps)), control)


def test_the_residual_is_scaled_per_channel():
    control, spread = torch.randn(SHAPE), torch.tensor([0.5, 1.0, 2.0])
    clean = control_denoiser(lambda x, sigma: torch.ones_like(x), control, spread)(
        torch.randn(SHAPE), torch.tensor(1.0)
    )
    torch.testing.assert_close(clean - control, spread.view(1, 3, 1, 1, 1).expand(SHAPE))


def test_networks_are_given_one_sigma_per_sample_and_the_step():
    seen = []
    denoise = velocity_denoiser(lambda x, sigma, step: seen.append((sigma, step)) or x)
    denoise(torch.randn(SHAPE), torch.tensor(0.5), torch.tensor(0.25))
    assert torch.equal(seen[0][0], torch.tensor([0.5, 0.5]))
    assert torch.equal(seen[0][1], torch.tensor([0.25, 0.25]))


def test_the_network_alone_hears_another_level():
    seen, x = [], torch.randn(SHAPE)
    network = lambda x, sigma: seen.append(sigma) or torch.ones_like(x)  # noqa: E731
    denoise = velocity_denoiser(network, hears=lambda sigma: sigma / 4)
    assert torch.equal(denoise(x, torch.tensor(0.8)), x - torch.tensor(0.8))
    assert torch.equal(seen[0], torch.tensor([0.2, 0.2]))


def test_conditions_are_channels_behind_x_for_every_sample_of_the_batch_and_the_step_goes_through():
    x, condition, step = torch.randn(SHAPE), torch.randn(1, 5, 4, 2, 2), torch.tensor(0.25)
    network = concatenated(lambda x, sigma, step: x.mul(step.view(-1, 1, 1, 1, 1)), condition)
    out = network(x, torch.tensor([0.5, 0.5]), step.expand(2))
    assert torch.equal(out, torch.cat((x, condition.expand(2, -1, -1, -1, -1)), dim=1) * 0.25)
    assert concatenated(lambda x, sigma: x, condition)(x.bfloat16(), torch.tensor(0.5)).dtype == torch.bfloat16


def test_the_boundary_itself_belongs_to_the_high_expert():
    denoise = switched(lambda x, sigma: x + 1, lambda x, sigma: x - 1, boundary=0.875)
    levels = torch.tensor([1, 0.875, 0.874, 0])
    assert [denoise(torch.zeros(()), level).item() for level in levels] == [1, 1, -1, -1]


def test_pinned_frames_leave_as_they_came_and_enter_with_sigma_zero():
    known, seen = torch.randn(2, 3, 1, 2, 2), []

    def denoise(x, sigma):
        seen.append((x[:, :, :1].clone(), sigma))
        return 0.5 * x

    for sampler in (euler, unipc):
        film = sampler(pinned(denoise, known), torch.randn(SHAPE), flow_sigmas(5, 2.0))
        assert torch.equal(film[:, :, :1], known)
    assert all(torch.equal(frames, known) for frames, _ in seen)
    assert all(torch.equal(sigma[:, 0], torch.zeros(2)) and (sigma[:, 1:] > 0).all() for _, sigma in seen)
