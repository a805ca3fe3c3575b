"""Both public autoencoders equal diffusers', chunked equals whole, and their memory is what is predicted."""

import hashlib
import random
import weakref
from itertools import pairwise

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from filmloom.checkpoints.rename import rename_all
from filmloom.core.errors import RequestError
from filmloom.core.types import Size
from filmloom.models.names.wan_vae import TABLE_16, TABLE_48
from filmloom.models.wan_vae import WAN21, WAN22, Norm, Tiling, WanVAE, WanVAEConfig, decode_tiled, encode_tiled
from filmloom.models.wan_vae_memory import peak_bytes

KINDS = [16, 48]
PUBLIC = {16: WAN21, 48: WAN22}
TABLES = {16: TABLE_16, 48: TABLE_48}
SPACE = {16: 8, 48: 16}

# sha256 of the sorted lines "name AxBxC" of the published files: (original, diffusers).
PUBLISHED = {
    16: (
        "c9ff6f602a116974f2e5be0d25dce12f573d0a851df6464d47286e9e55f3926c",
        "e4846f12238ae66790654022a66e7383af12a6ea7e2ec084e39abd5feb5701fd",
    ),
    48: (
        "07d4bc4b3cc29acf285dfb30bdf36dc9974beee2cc13161bee3c4b4a4922cd6a",
        "36f2d7bfb62ea3e6c1f666f0589003f466dfd1edd29497398633a408d72b6a3d",
    ),
}


def config(kind: int, width: int = 4) -> WanVAEConfig:
    """Tiny, with all the real stages. The latents' normalisation is far from the identity."""
    channels = {16: 4, 48: 6}[kind]
    return WanVAEConfig(
        channels=channels,
        width=width,
        decoder_width=width if kind == 16 else 2 * width,
        patch=1 if kind == 16 else 2,
        stage_shortcuts=kind == 48,
        mean=[0.3 * i - 1 for i in range(channels)],
        std=[0.5 + 0.4 * i for i in range(channels)],
    )


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def vae(kind):
    """Gammas and biases away from 1 and 0, so that none can be left out unseen."""
    rng = torch.Generator().manual_seed(kind)
    torch.manual_seed(kind)
    net = WanVAE(config(kind)).eval()
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("gamma"):
                parameter.copy_(1 + 0.3 * torch.randn(parameter.shape, generator=rng))
            elif name.endswith("bias"):
                parameter.copy_(0.1 * torch.randn(parameter.shape, generator=rng))
        net.decoder.conv_out.weight.mul_(0.3)  # most pictures stay within [-1, 1], where clamping hides nothing
    return net


@pytest.fixture(scope="module")
def oracle(kind, vae):
    """diffusers' class with our weights, loaded strictly under its own names."""
    diffusers = pytest.importorskip("diffusers")
    ours = vae.config
    extra = {"is_residual": True, "in_channels": 12, "out_channels": 12, "patch_size": 2, "scale_factor_spatial": 16}
    theirs = diffusers.AutoencoderKLWan(
        base_dim=ours.width,
        decoder_base_dim=ours.decoder_width,
        z_dim=ours.channels,
        dim_mult=list(ours.multipliers),
        num_res_blocks=ours.num_blocks,
        temperal_downsample=list(ours.halve_time),
        latents_mean=list(ours.mean),
        latents_std=list(ours.std),
        **(extra if kind == 48 else {}),
    ).eval()
    theirs.load_state_dict(renamed(vae.state_dict(), kind, source="ours", target="diffusers"), strict=True)
    return theirs


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def renamed(weights, kind, *, source, target):
    found = rename_all(weights, TABLES[kind], source=source, target=target)
    assert not found.unknown and not found.repeated
    return {new: weights[old] for new, old in found.names.items()}


def film(kind, num_frames, rows=1, columns=2, batch=1):
    """A random film of `rows` x `columns` latent cells."""
    space, rng = SPACE[kind], torch.Generator().manual_seed(num_frames)
    return torch.rand(batch, 3, num_frames, rows * space, columns * space, generator=rng) * 2 - 1


def latents(kind, num_frames, rows=1, columns=2, batch=1):
    rng = torch.Generator().manual_seed(num_frames)
    return torch.randn(batch, config(kind).channels, num_frames, rows, columns, generator=rng)


def denormalised(kind, latent):
    mean, std = (torch.tensor(values).view(-1, 1, 1, 1) for values in (config(kind).mean, config(kind).std))
    return latent * std + mean


def assert_close(ours, theirs, tolerance=1e-5):
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() <= tolerance * theirs.abs().max()


# Equality with diffusers

SHAPES = [(1, 3, 2, 2), (5, 1, 3, 1), (9, 2, 3, 2), (17, 3, 2, 1), (81, 1, 1, 1)]  # frames, rows, columns, batch


@torch.no_grad()
@pytest.mark.parametrize(("num_frames", "rows", "columns", "batch"), SHAPES)
def test_encoding_equals_diffusers(kind, vae, oracle, num_frames, rows, columns, batch):
    video = film(kind, num_frames, rows, columns, batch)
    latent = vae.encode(video)
    assert latent.shape == (batch, vae.codec.channels, 1 + (num_frames - 1) // 4, rows, columns)
    assert_close(denormalised(kind, latent), oracle.encode(video).latent_dist.mode())


@torch.no_grad()
@pytest.mark.parametrize(("num_frames", "rows", "columns", "batch"), SHAPES)
def test_decoding_equals_diffusers(kind, vae, oracle, num_frames, rows, columns, batch):
    latent = latents(kind, 1 + (num_frames - 1) // 4, rows, columns, batch)
    video = vae.decode(latent)
    assert video.shape == (batch, 3, num_frames, rows * SPACE[kind], columns * SPACE[kind])
    assert (video.abs() < 1).float().mean() > 0.9
    assert_close(video, oracle.decode(denormalised(kind, latent)).sample)


@torch.no_grad()
@pytest.mark.parametrize(("tile", "stride", "rows", "columns"), [(48, 32, 5, 7), (64, 48, 2, 10)])
def test_tiling_equals_diffusers(kind, vae, oracle, tile, stride, rows, columns):
    """Last tiles of part of a stride and of the overlap alone, one row of tiles and several."""
    latent, video, tiling = (
        latents(kind, 2, rows, columns),
        film(kind, 1, rows, columns),
        Tiling(tile=tile, stride=stride),
    )
    oracle.enable_tiling(tile, tile, stride, stride)
    try:
        decoded = oracle.decode(denormalised(kind, latent)).sample
        encoded = oracle.encode(video).latent_dist.mode()
    finally:
        oracle.disable_tiling()
    assert_close(decode_tiled(vae, latent, tiling), decoded)
    assert_close(denormalised(kind, encode_tiled(vae, video, tiling)), encoded)
    assert not torch.allclose(decoded, vae.decode(latent), atol=1e-4)


@torch.no_grad()
def test_a_picture_within_one_tile_is_not_tiled(kind, vae):
    latent = latents(kind, 2)
    assert torch.equal(decode_tiled(vae, latent), vae.decode(latent))
    assert torch.equal(encode_tiled(vae, film(kind, 5)), vae.encode(film(kind, 5)))


# Names


def test_parameters_are_those_of_the_published_files(kind):
    with torch.device("meta"):
        net = WanVAE(PUBLIC[kind])
    count = {16: (126_892_531, 53_595_872, 73_295_331), 48: (704_688_668, 149_627_776, 555_049_228)}[kind]
    assert tuple(sum(p.numel() for p in part.parameters()) for part in (net, net.encoder, net.decoder)) == count
    for layout, digest in zip(("original", "diffusers"), PUBLISHED[kind]):
        weights = renamed(net.state_dict(), kind, source="ours", target=layout)
        lines = sorted(f"{name} {'x'.join(map(str, tensor.shape))}" for name, tensor in weights.items())
        assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == digest
        assert list(renamed(weights, kind, source=layout, target="ours")) == list(net.state_dict())


def test_a_table_does_not_know_the_other_kind():
    with torch.device("meta"):
        weights = renamed(WanVAE(WAN22).state_dict(), 48, source="ours", target="original")
    assert len(rename_all(weights, TABLE_16, source="original", target="ours").unknown) > 100


def test_strides(kind):
    assert PUBLIC[kind].codec == config(kind).codec.__class__(space=SPACE[kind], time=4, channels=kind)


# Chunks


def splits(num, seed):
    """`num` cut at random places."""
    rng = random.Random(seed)
    cuts = sorted(rng.sample(range(1, num), rng.randint(0, num - 1)))
    return [stop - start for start, stop in pairwise([0, *cuts, num])]


@torch.no_grad()
@pytest.mark.parametrize("seed", range(4))
def test_chunked_equals_whole(kind, vae, seed):
    video, encoding, decoding, start = film(kind, 21), None, None, 0
    latent = vae.encode(video, chunk=6)
    whole = vae.decode(latent, chunk=6)
    chunks, pieces = [], []
    for num in splits(6, seed):
        stop = start + 4 * num - 3 * (start == 0)
        chunk, encoding = vae.encode_chunk(video[:, :, start:stop], encoding)
        pictures, decoding = vae.decode_chunk(chunk, decoding)
        assert pictures.shape[2] == stop - start
        chunks.append(chunk)
        pieces.append(pictures)
        start = stop
    assert_close(torch.cat(chunks, dim=2), latent)
    assert_close(torch.cat(pieces, dim=2), whole)


@torch.no_grad()
@pytest.mark.parametrize("chunk", [1, 2, 3, 9])
def test_the_result_does_not_depend_on_the_chunk(kind, vae, chunk):
    video, latent = film(kind, 17), latents(kind, 5)
    assert_close(vae.encode(video, chunk=chunk), vae.encode(video, chunk=5))
    pieces = list(vae.decode_stream(latent, chunk=chunk))
    assert [piece.shape[2] for piece in pieces][:-1] == [4 * chunk - 3 * (i == 0) for i in range(len(pieces) - 1)]
    assert_close(torch.cat(pieces, dim=2), vae.decode(latent, chunk=5))


@torch.no_grad()
def test_a_beginning_is_coded_without_the_rest(kind, vae):
    video, latent = film(kind, 17), latents(kind, 5)
    assert torch.equal(vae.encode(video)[:, :, :3], vae.encode(video[:, :, :9]))
    assert torch.equal(vae.decode(latent)[:, :, :9], vae.decode(latent[:, :, :3]))
    # With the whole film in one call nothing looks ahead either.
    other = latent.clone()
    other[:, :, 3:] += 1
    ours, changed = vae.decode(latent, chunk=5), vae.decode(other, chunk=5)
    assert torch.equal(ours[:, :, :9], changed[:, :, :9]) and not torch.equal(ours[:, :, 9:], changed[:, :, 9:])


@torch.no_grad()
def test_every_frame_reaches_the_next_ones(kind, vae):
    """Also the first, which the temporal convolutions of the decoder do not see."""
    video, latent = film(kind, 9), latents(kind, 3)
    for i in (0, 1):
        other = latent.clone()
        other[:, :, i] += 1
        assert not torch.allclose(vae.decode(other)[:, :, 1 + 4 * i :], vae.decode(latent)[:, :, 1 + 4 * i :])
    other = video.clone()
    other[:, :, 0] *= -1
    assert not torch.allclose(vae.encode(other)[:, :, 1], vae.encode(video)[:, :, 1])


@torch.no_grad()
def test_a_state_can_be_gone_on_from_twice(kind, vae):
    latent, video = latents(kind, 4), film(kind, 13)
    _, decoding = vae.decode_chunk(latent[:, :, :2], None)
    _, encoding = vae.encode_chunk(video[:, :, :5], None)
    kept = [tensor.clone() for tensor in (*decoding.memory, *encoding.memory)]
    first = vae.decode_chunk(latent[:, :, 2:], decoding)[0], vae.encode_chunk(video[:, :, 5:], encoding)[0]
    again = vae.decode_chunk(latent[:, :, 2:], decoding)[0], vae.encode_chunk(video[:, :, 5:], encoding)[0]
    assert all(torch.equal(a, b) for a, b in zip(first, again))
    assert all(torch.equal(a, b) for a, b in zip(kept, (*decoding.memory, *encoding.memory)))
    assert (len(encoding.memory), len(decoding.memory)) == {16: (24, 32), 48: (24, 32)}[kind]


# Types, gradients, refusals


@torch.no_grad()
def test_inputs_are_left_as_they_are(kind, vae):
    video, latent = film(kind, 5), latents(kind, 2)
    before = video.clone(), latent.clone()
    vae.encode(video), vae.decode(latent)
    assert torch.equal(video, before[0]) and torch.equal(latent, before[1])


def test_gradients_reach_every_weight_and_leave_the_values_alone(kind, vae):
    video = film(kind, 9)
    latent = vae.encode(video, chunk=2)
    restored = vae.decode(latent, chunk=2)
    (restored - video).square().mean().backward()
    # The posterior's variance is not used: its half of the last convolution gets zeros.
    assert all(parameter.grad.abs().sum() > 0 for parameter in vae.parameters())
    vae.zero_grad()
    with torch.no_grad():
        assert_close(vae.encode(video), latent)
        assert_close(vae.decode(latent), restored)


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_near_float32(kind, vae, dtype):
    weights = {name: tensor.to(dtype) for name, tensor in vae.state_dict().items()}
    half, full = WanVAE(vae.config).to(dtype), WanVAE(vae.config)
    half.load_state_dict(weights)
    full.load_state_dict(weights)
    video, latent = film(kind, 5), latents(kind, 2)
    ours, decoded = half.encode(video), half.decode(latent)
    assert ours.dtype == torch.float32 and decoded.dtype == dtype
    for mine, exact in ((ours, full.encode(video)), (decoded.float(), full.decode(latent))):
        assert (mine - exact).norm() / exact.norm() < {torch.bfloat16: 0.05, torch.float16: 0.006}[dtype]


@torch.no_grad()
def test_norm_is_taken_in_float32():
    """300 squared overflows float16; and what is normalised in bfloat16 is rounded twice, by 2^-9 each time."""
    x = 300 * torch.randn(1, 64, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    norm = Norm(64)
    for dtype, rounding in ((torch.float16, 2**-10), (torch.bfloat16, 2**-8)):
        exact = norm(x.to(dtype).float())
        torch.testing.assert_close(norm.to(dtype)(x.to(dtype)).float(), exact, atol=0, rtol=rounding)
        norm.float()
    torch.testing.assert_close(exact.square().mean(dim=1), torch.ones(1, 2, 3, 3))
    assert torch.equal(norm(torch.zeros_like(x)), torch.zeros_like(x))


@pytest.mark.parametrize(("num_frames", "nearest"), [(16, 17), (2, 1), (6, 5), (82, 81)])
def test_other_frame_counts_are_refused(kind, vae, num_frames, nearest):
    with pytest.raises(RequestError, match=rf"{num_frames}; a latent window holds 1 \+ k x 4.*works: {nearest}\."):
        vae.encode(film(kind, num_frames, 1, 1))


def test_other_sizes_and_later_chunks_are_refused(kind, vae):
    space = SPACE[kind]
    with pytest.raises(RequestError, match=f"{space + 4}x{space}.*multiples of {space}.*{2 * space}x{space}"):
        vae.encode(torch.zeros(1, 3, 1, space, space + 4))
    with torch.no_grad():
        _, state = vae.encode_chunk(film(kind, 1, 1, 1), None)
    for num_frames, nearest in ((0, 4), (5, 4), (7, 8)):
        with pytest.raises(RequestError, match=rf"{num_frames}; a later chunk holds k x 4.*works: {nearest}\."):
            vae.encode_chunk(film(kind, num_frames, 1, 1), state)


# Memory


class LiveBytes(TorchDispatchMode):
    """Bytes of all storages that operations made and nobody has let go of."""

    def __init__(self, *known):
        super().__init__()
        self.live = self.peak = 0
        self.seen = {tensor.untyped_storage()._cdata for tensor in known}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in tree_iter(result):
            if isinstance(tensor, torch.Tensor):
                self.count(tensor.untyped_storage())
        return result

    def count(self, storage):
        key, size = storage._cdata, storage.nbytes()
        if key not in self.seen:
            self.seen.add(key)
            self.live += size
            self.peak = max(self.peak, self.live)
            weakref.finalize(storage, self.drop, key, size)

    def drop(self, key, size):
        self.seen.discard(key)
        self.live -= size


def measured(vae, run, given):
    live = LiveBytes(given, *vae.parameters())
    with live, torch.no_grad():
        run()
    assert live.live == 0
    return live.peak


def stream(vae, latent, chunk):
    for piece in vae.decode_stream(latent, chunk=chunk):
        del piece  # or the loop holds it while the next is made


@pytest.mark.parametrize("width", [4, 10])
@pytest.mark.parametrize("chunk", [1, 2])
def test_predicted_memory_is_the_measured_one(kind, width, chunk):
    net, space = WanVAE(config(kind, width)), SPACE[kind]
    predicted = peak_bytes(net.config, Size(3 * space, space), chunk=chunk)
    latent, video = latents(kind, 3 * chunk, 1, 3), film(kind, 12 * chunk - 3, 1, 3)
    assert measured(net, lambda: stream(net, latent, chunk), latent) == pytest.approx(predicted.decode.peak, rel=0.01)
    assert measured(net, lambda: net.encode(video, chunk=chunk), video) == pytest.approx(
        predicted.encode.peak, rel=0.01
    )


def test_a_longer_film_takes_no_more_memory_to_decode(kind):
    net = WanVAE(config(kind, 4))
    short, long = (latents(kind, num, 1, 2) for num in (3, 8))
    assert measured(net, lambda: stream(net, short, 1), short) == measured(net, lambda: stream(net, long, 1), long)


def test_a_state_holds_what_is_predicted(kind, vae):
    with torch.no_grad():
        _, decoding = vae.decode_chunk(latents(kind, 2), None)
        _, encoding = vae.encode_chunk(film(kind, 5), None)
    predicted = peak_bytes(vae.config, Size(2 * SPACE[kind], SPACE[kind]))
    for state, footprint in ((encoding, predicted.encode), (decoding, predicted.decode)):
        assert sum(tensor.untyped_storage().nbytes() for tensor in state.memory) == footprint.cache


def test_predicted_memory_at_real_size():
    """The caches are those of the public description: 24 and 32 tensors."""
    for size, encode, decode in ((Size(832, 480), 2.24, 3.78), (Size(1280, 720), 5.18, 8.72)):
        full, half = peak_bytes(WAN21, size), peak_bytes(WAN21, size, dtype=torch.bfloat16)
        assert full.encode.cache / 1e9 == pytest.approx(encode, abs=0.005)
        assert full.decode.cache / 1e9 == pytest.approx(decode, abs=0.005)
        assert half.decode.peak == full.decode.peak / 2
        assert full.decode.working < 0.27 * full.decode.cache
    tiled = peak_bytes(WAN21, Size(1280, 720), tiling=Tiling())
    assert tiled == peak_bytes(WAN21, Size(256, 256)) and tiled.decode.peak < 1e9
