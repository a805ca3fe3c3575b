"""The codec starts as PCA, streams exactly, never looks ahead, and takes a sketch or none."""

import numpy as np
import pytest
import torch

from filmloom.core.errors import RequestError
from filmloom.models.video_vae import VideoVAE, VideoVAEConfig

CONFIG = VideoVAEConfig(channels=6, space=8, time=2, latent_width=16, latent_blocks=2, widths=(16, 8), encoder_width=8)


def films(num=24, num_frames=5):
    """Soft moving waves: films that a few components explain."""
    rng = torch.Generator().manual_seed(0)
    phase, speed, angle = (torch.rand(num, 3, 1, 1, 1, generator=rng) * scale for scale in (6.28, 1.5, 0.5))
    t, y, x = torch.meshgrid(torch.arange(num_frames), torch.arange(16), torch.arange(24), indexing="ij")
    return 0.8 * torch.sin(phase + speed * t + angle * x + (0.5 - angle) * y)


def vae(*, trained=False, config=CONFIG):
    """`trained` moves every branch away from its zero start."""
    torch.manual_seed(0)
    net = VideoVAE(config).eval()
    net.fit_pca([films()[:12], films()[12:]])
    for name, parameter in net.named_parameters():
        if trained and name.endswith(("out.weight", "out.bias")):
            torch.nn.init.normal_(parameter, std=0.1)
    return net


@torch.no_grad()
def test_decoding_starts_as_the_best_linear_reconstruction():
    net, video = vae(), films()
    groups = torch.cat([video[:, :, :1], video], dim=2)
    cells = (
        groups.reshape(24, 3, 3, 2, 2, 8, 3, 8).permute(0, 2, 4, 6, 1, 3, 5, 7).reshape(-1, 3 * 2 * 64).double().numpy()
    )
    mean = cells.mean(axis=0)
    components = np.linalg.svd(cells - mean, full_matrices=False)[2][:6]
    best = np.square((cells - mean) @ components.T @ components + mean - cells).mean()
    ours = (net._patches(net._pca_pictures(net.encode(video))).reshape(cells.shape).double().numpy() - cells) ** 2
    assert 10 * np.log10(ours.mean() / best) == pytest.approx(0, abs=0.01)
    assert (net.decode(net.encode(video)) - video).square().mean() <= best * 1.2


@torch.no_grad()
def test_untrained_decoder_equals_the_pca_inverse_exactly():
    net = vae()
    latent = net.encode(films())
    assert torch.equal(latent, net.pca_latent(films()))
    assert torch.equal(net.decode(latent), net.pca_decode(latent))
    assert torch.equal(net.decode(latent, films()), net.pca_decode(latent))


@torch.no_grad()
@pytest.mark.parametrize("whitening", [0.0, 0.5, 1.0])
def test_latents_have_mean_0_and_variance_1(whitening):
    net = vae(config=VideoVAEConfig(**{**vars(CONFIG), "whitening": whitening}))
    latent = net.encode(films()).movedim(1, -1).flatten(0, -2)
    torch.testing.assert_close(latent.mean(dim=0), torch.zeros(6), atol=1e-3, rtol=0)
    assert latent.var(dim=0).mean() == pytest.approx(1, rel=1e-2)
    if whitening == 1:
        torch.testing.assert_close(latent.var(dim=0), torch.ones(6), atol=1e-2, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("split", [[3], [1, 2], [2, 1], [1, 1, 1]])
def test_chunked_equals_whole(split):
    net, video = vae(trained=True), films(4)
    sketch = films(8)[4:]
    latent = net.encode(video)
    whole = net.decode(latent, sketch)
    encoding = decoding = None
    latents, videos, start = [], [], 0
    for num in split:
        stop = start + num * 2 - (start == 0)
        chunk, encoding = net.encode_chunk(video[:, :, start:stop], encoding)
        pictures, decoding = net.decode_chunk(chunk, decoding, sketch[:, :, start:stop])
        latents.append(chunk)
        videos.append(pictures)
        start = stop
    torch.testing.assert_close(torch.cat(latents, dim=2), latent, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(torch.cat(videos, dim=2), whole, atol=1e-5, rtol=1e-5)
    assert whole.shape == video.shape


@torch.no_grad()
def test_nothing_looks_ahead():
    net, video, sketch = vae(trained=True), films(2), films(2)
    latent, other = net.encode(video), video.clone()
    other[:, :, 3:] = -0.5
    torch.testing.assert_close(net.encode(other)[:, :, :2], latent[:, :, :2])
    later = latent.clone()
    later[:, :, 2:] += 1
    assert torch.equal(net.decode(later, sketch)[:, :, :3], net.decode(latent, sketch)[:, :, :3])
    assert not torch.equal(net.decode(later, sketch)[:, :, 3:], net.decode(latent, sketch)[:, :, 3:])


@torch.no_grad()
def test_a_latent_frame_reaches_the_next_ones():
    net = vae(trained=True)
    latent = net.encode(films(1))
    changed = latent.clone()
    changed[:, :, 0] += 1
    assert not torch.allclose(net.decode(changed)[:, :, 1:], net.decode(latent)[:, :, 1:])


@torch.no_grad()
def test_a_sketch_counts_and_a_grey_one_is_none():
    net = vae(trained=True)
    latent, sketch = net.encode(films(2)), films(2)
    assert torch.equal(net.decode(latent, torch.zeros_like(sketch)), net.decode(latent))
    assert not torch.allclose(net.decode(latent, sketch), net.decode(latent))


@torch.no_grad()
def test_pictures_of_several_sizes():
    net = vae(trained=True)
    assert net.encode(torch.zeros(1, 3, 1, 8, 40)).shape == (1, 6, 1, 1, 5)
    assert net.decode(torch.zeros(2, 6, 4, 3, 2)).shape == (2, 3, 7, 24, 16)


@pytest.mark.parametrize(
    ("shape", "message"), [((4, 16, 24), "1 \\+ k x 2"), ((5, 15, 24), "24x16"), ((5, 16, 20), "24x16")]
)
def test_a_wrong_size_names_the_nearest_good_one(shape, message):
    with pytest.raises(RequestError, match=message):
        vae().encode(torch.zeros(1, 3, *shape))


def test_training_lowers_the_error():
    net, video = vae(), films()
    latent = net.encode(video).detach()
    optimiser = torch.optim.AdamW(net.decoder.parameters(), lr=3e-3)
    losses = []
    for _ in range(25):
        loss = (net.decode(latent) - video).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
