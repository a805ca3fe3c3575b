import pytest
import torch

from filmloom.core.errors import RequestError
from filmloom.diffusion.previews import fitted, linear_preview


def decoder(channels, *, time=1, space=1):
    """A linear decoder: its map, and a function that paints each cell evenly over its pixels and pictures."""
    matrix, bias = 0.2 * torch.randn(3, channels), 0.1 * torch.randn(3)

    def decode(latents):
        video = torch.einsum("kc,bcfhw->bkfhw", matrix, latents) + bias.view(3, 1, 1, 1)
        video = video.repeat_interleave(space, dim=3).repeat_interleave(space, dim=4)
        return torch.cat((video[:, :, :1], video[:, :, 1:].repeat_interleave(time, dim=2)), dim=2)

    return matrix, bias, decode


@pytest.mark.parametrize(("channels", "time", "space"), [(4, 1, 1), (16, 4, 8), (48, 4, 16)])
def test_a_linear_decoder_is_recovered(channels, time, space):
    matrix, bias, decode = decoder(channels, time=time, space=space)
    latents = torch.randn(2, channels, 3, 4, 5) + 0.5
    found = fitted(latents, decode(latents))
    torch.testing.assert_close(found, (matrix, bias), rtol=1e-4, atol=1e-5)


def test_detail_within_a_cell_is_averaged_away():
    matrix, bias, decode = decoder(4, time=4, space=8)
    latents = torch.randn(1, 4, 3, 4, 5)
    checks = (torch.arange(32)[:, None] + torch.arange(40)) % 2 - 0.5
    found = fitted(latents, decode(latents) + checks)
    torch.testing.assert_close(found, (matrix, bias), rtol=1e-4, atol=1e-5)


def test_no_other_map_fits_better():
    """The gradient of the squared error vanishes: residuals are orthogonal to every channel and sum to zero."""
    latents, pictures = torch.randn(2, 6, 2, 5, 5), torch.randn(2, 3, 2, 5, 5)
    matrix, bias = fitted(latents, pictures)
    left = pictures - torch.einsum("kc,bcfhw->bkfhw", matrix, latents) - bias.view(3, 1, 1, 1)
    torch.testing.assert_close(torch.einsum("bkfhw,bcfhw->kc", left, latents), torch.zeros(3, 6), atol=1e-4, rtol=0)
    torch.testing.assert_close(left.sum(dim=(0, 2, 3, 4)), torch.zeros(3), atol=1e-4, rtol=0)


def test_channels_that_cannot_be_told_apart_share_and_silent_ones_get_nothing():
    one = torch.randn(1, 1, 2, 4, 4)
    latents = torch.cat((one, one, torch.full_like(one, 7.0)), dim=1)
    matrix, bias = fitted(latents, one.expand(-1, 3, -1, -1, -1) + 0.25)
    torch.testing.assert_close(matrix, torch.tensor([[0.5, 0.5, 0.0]]).expand(3, -1), atol=1e-5, rtol=0)
    torch.testing.assert_close(bias, torch.full((3,), 0.25), atol=1e-5, rtol=0)


def test_fewer_cells_than_channels_still_show_those_cells():
    _, _, decode = decoder(48)
    latents = torch.randn(1, 48, 1, 4, 5)
    shown, wanted = linear_preview(latents, *fitted(latents, decode(latents))), to_bytes(decode(latents))
    assert (shown.int() - wanted.int()).abs().max() <= 1


def to_bytes(pictures):
    return (pictures.clamp(-1, 1) + 1).mul(127.5).round().to(torch.uint8).movedim(1, -1)


def test_a_preview_is_the_linear_picture_in_bytes_clamped():
    matrix, bias, decode = decoder(16)
    latents = 4 * torch.randn(2, 16, 3, 4, 5)
    shown = linear_preview(latents, matrix, bias)
    assert (shown.shape, shown.dtype) == ((2, 3, 4, 5, 3), torch.uint8)
    assert (shown.int() - to_bytes(decode(latents)).int()).abs().max() <= 1
    assert {0, 255} <= set(shown.flatten().tolist())


def test_black_grey_and_white_are_0_128_and_255():
    matrix = torch.eye(3)
    latent = torch.tensor([-1.0, 0.0, 1.0]).view(1, 1, 1, 1, 3).expand(1, 3, 1, 1, 3)
    assert linear_preview(latent.bfloat16(), matrix, torch.zeros(3))[0, 0, 0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("size", [(3, 6, 8, 8), (3, 2, 8, 8), (1, 3, 8, 8), (2, 4, 9, 8)])
def test_pictures_that_do_not_fill_the_cells_are_refused(size):
    frames, *pictures = size
    with pytest.raises(RequestError, match=r"fill the .* cells"):
        fitted(torch.randn(1, 4, frames, 4, 4), torch.randn(1, 3, *pictures))
