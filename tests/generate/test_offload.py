"""Wherever weights are kept, the same bits come out; threads end; a failing read names its file and tensor."""

from __future__ import annotations

import threading
import time
import weakref
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from filmloom.checkpoints.source import open_safetensors
from filmloom.core.errors import Cancelled, CheckpointError
from filmloom.generate.memory import Choice
from filmloom.generate.offload import Place, Streamed, chunked, held, layerwise, opened, resident, text_encoder
from filmloom.models.dit import DiT, DiTConfig, NoiseExperts

HIGH, LOW = "transformer_high", "transformer_low"
CHOICES = {
    "resident": Choice(weights="resident"),
    "resident, not ahead": Choice(weights="resident", ahead=False),
    "swap": Choice(weights="swap"),
    "swap, not ahead": Choice(weights="swap", ahead=False),
    "layerwise": Choice(weights="layerwise", ahead=False),
    "layerwise, ahead": Choice(weights="layerwise"),
    "layerwise from memory": Choice(weights="layerwise", held=True),
}


def config_of(num_layers=3, **changes) -> DiTConfig:
    sizes = {"in_channels": 4, "width": 48, "num_heads": 2, "mlp_width": 64, "text_width": 20, "sinusoid_width": 32}
    return DiTConfig(**sizes, patch=(1, 2, 2), num_layers=num_layers, **changes)


def awake(config: DiTConfig, seed: int) -> DiT:
    torch.manual_seed(seed)
    model = DiT(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def source_of(folder: Path, config: DiTConfig, seed: int):
    file = folder / f"{seed}.safetensors"
    save_file(awake(config, seed).state_dict(), file)
    return open_safetensors(file)


@pytest.fixture
def sources(tmp_path):
    return {HIGH: source_of(tmp_path, config_of(), 1), LOW: source_of(tmp_path, config_of(), 2)}


def inputs(batch=2):
    generator = torch.Generator().manual_seed(3)
    latent = torch.randn(batch, 4, 3, 4, 6, generator=generator)
    return latent, torch.tensor([0.9, 0.3])[:batch], torch.randn(batch, 5, 20, generator=generator)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("filmloom")]


class Changed:
    """A source with something done before each read."""

    def __init__(self, origin, before):
        self.origin, self.before = origin, before
        self.names, self.shape, self.dtype, self.file = origin.names, origin.shape, origin.dtype, origin.file

    def read(self, name):
        self.before(name)
        return self.origin.read(name)


@torch.no_grad()
@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64], ids=str)
@pytest.mark.parametrize("reference", ["original", "diffusers"])
def test_every_choice_gives_the_bits_of_whole_models(sources, choice, dtype, reference):
    config = config_of(reference=reference)
    latent, sigma, text = inputs()
    with opened(config, sources, choice, Place(dtype=dtype)) as experts:
        for _ in range(2):  # a second film starts again with the first expert
            for seed, expert in ((1, experts[HIGH]), (2, experts[LOW])):
                whole = awake(config, seed).to(dtype)
                expected = whole(latent, sigma, text.to(dtype)).velocity
                assert torch.equal(expert(latent, sigma, text.to(dtype)).velocity, expected)
                assert torch.equal(expert(latent, sigma, expert.prepared(text.to(dtype))).velocity, expected)
                assert expected.abs().max() > 0.1
    assert not threads()


@torch.no_grad()
@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_they_serve_behind_noise_experts(sources, choice):
    """Also where one batch needs both: the forward is that of NoiseExperts."""
    config = config_of(noise_experts=2)
    both, whole = NoiseExperts(config), NoiseExperts(config)
    whole.high, whole.low = awake(config_of(), 1), awake(config_of(), 2)
    latent, sigma, text = inputs()
    with opened(config_of(), sources, choice, Place()) as experts:
        both.high, both.low = experts[HIGH], experts[LOW]
        for level in (sigma, torch.full_like(sigma, 0.95), torch.full_like(sigma, 0.05)):
            assert torch.equal(both(latent, level, text).velocity, whole(latent, level, text).velocity)


@torch.no_grad()
@pytest.mark.parametrize("num_layers", [1, 2, 5])
def test_any_number_of_blocks_shares_two_places(tmp_path, num_layers):
    config = config_of(num_layers)
    source = source_of(tmp_path, config, 1)
    model = layerwise(config, source, Place())
    expected = awake(config, 1)(*inputs()).velocity
    for _ in range(3):
        assert torch.equal(model(*inputs()).velocity, expected)
    places = {block.ffn[0].weight.data_ptr() for block in model.blocks}
    assert len(places) == min(2, num_layers)
    assert not any(name.startswith("blocks") for name in model.state_dict())


@torch.no_grad()
def test_fragments_of_names_stay_in_float32(sources):
    exact = ("modulation", "norm2")
    for place in (Place(dtype=torch.bfloat16, exact=exact), Place(dtype=torch.bfloat16)):
        whole = awake(config_of(), 1)
        for name, parameter in whole.named_parameters():
            parameter.data = parameter.to(place.dtype_of(name))
        expected = whole(*inputs()[:2], inputs()[2].bfloat16()).velocity
        for build in (resident, layerwise):
            model = build(config_of(), sources[HIGH], place)
            assert torch.equal(model(*inputs()[:2], inputs()[2].bfloat16()).velocity, expected)
            assert next(iter(model.blocks)).modulation.dtype is place.dtype_of("blocks.0.modulation")


@torch.no_grad()
@pytest.mark.parametrize("parts", [2, 3, 5, 18, 100])
@pytest.mark.parametrize("build", [resident, layerwise])
def test_a_chunked_feed_forward_is_the_whole_one(sources, parts, build):
    """18 tokens: also parts that do not divide them, and more parts than tokens. The names stay."""
    plain, parted = (build(config_of(), sources[HIGH], Place()) for _ in range(2))
    whole, names = plain(*inputs()).velocity, list(parted.state_dict())
    velocity = chunked(parted, parts)(*inputs()).velocity
    assert torch.allclose(velocity, whole, rtol=1e-5, atol=1e-5)
    assert list(parted.state_dict()) == names
    longest = []
    for block in parted.blocks:
        block.ffn[1].register_forward_hook(lambda _, args, __: longest.append(args[0].shape[1]))
    parted(*inputs())
    assert max(longest) == -(-18 // parts)


@torch.no_grad()
def test_a_choice_chunks_the_feed_forward(sources):
    with opened(config_of(), sources, Choice(weights="layerwise", feed_forward_parts=3), Place()) as experts:
        velocity = experts[HIGH](*inputs()).velocity
        blocks = list(experts[HIGH].experts.take(HIGH).blocks)
    assert torch.allclose(velocity, awake(config_of(), 1)(*inputs()).velocity, rtol=1e-5, atol=1e-5)
    assert {block.ffn.parts for block in blocks} == {3}


@torch.no_grad()
def test_the_next_block_is_read_while_one_works_and_no_further(tmp_path):
    """Block 1's first read waits for a sign that only the work on block 0 gives: alone in one thread it would hang."""
    working, seen = threading.Event(), []

    def before(name):
        seen.append(name)
        if name.startswith("blocks.1."):
            assert working.wait(20)

    blocks = layerwise(config_of(5), Changed(source_of(tmp_path, config_of(5), 1), before), Place()).blocks
    seen.clear()
    for index, _ in enumerate(blocks):
        working.set()
        time.sleep(0.02)
        assert {int(name.split(".")[1]) for name in seen} <= set(range(index + 2))
    assert {int(name.split(".")[1]) for name in seen} == set(range(5))


@torch.no_grad()
@pytest.mark.parametrize("choice", [choice for choice in CHOICES.values() if choice.ahead], ids=str)
def test_the_second_expert_is_read_while_the_first_works(sources, choice):
    begun, done = threading.Event(), threading.Event()
    last = sources[LOW].names()[-1] if choice.weights == "layerwise" else "head.linear.bias"
    marks = lambda name: (begun.set(), name == last and done.set())  # noqa: E731
    with opened(config_of(), {**sources, LOW: Changed(sources[LOW], marks)}, choice, Place()) as experts:
        assert not begun.wait(0.05)
        experts[HIGH](*inputs())
        assert begun.wait(20)  # though nobody has asked for the low-noise expert
        if choice.weights != "layerwise":
            assert done.wait(20)


@torch.no_grad()
@pytest.mark.parametrize("choice", [choice for choice in CHOICES.values() if not choice.ahead], ids=str)
def test_without_ahead_it_is_read_when_it_is_needed(sources, choice):
    begun = threading.Event()
    with opened(
        config_of(), {**sources, LOW: Changed(sources[LOW], lambda _: begun.set())}, choice, Place()
    ) as experts:
        experts[HIGH](*inputs())
        assert not begun.wait(0.1)
        experts[LOW](*inputs())
        assert begun.is_set()


@torch.no_grad()
@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_a_swap_lets_go_of_the_first_expert(sources, choice):
    with opened(config_of(), sources, choice, Place()) as experts:
        experts[HIGH](*inputs())
        first = weakref.ref(experts[HIGH].experts.present[HIGH])
        experts[LOW](*inputs())
        assert (first() is not None) == (choice.weights == "resident")
    assert first() is None


@torch.no_grad()
@pytest.mark.parametrize(
    "error", [OSError(5, "Input/output error"), CheckpointError("a digest differs"), ValueError("x")]
)
@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_a_failing_read_names_file_and_tensor(sources, choice, error):
    def fail(name):
        if name == "blocks.2.ffn.0.weight":
            raise error

    with opened(config_of(), {**sources, LOW: Changed(sources[LOW], fail)}, choice, Place()) as experts:
        experts[HIGH](*inputs())
        with pytest.raises(
            CheckpointError, match=r"2\.safetensors: blocks\.2\.ffn\.0\.weight cannot be read"
        ) as caught:
            experts[LOW](*inputs())
        assert caught.value.__cause__ is error
        experts[HIGH](*inputs())  # the other is as good as before
    del caught
    assert not threads()


@torch.no_grad()
def test_the_thread_ends_when_the_work_stops_early(sources):
    model = layerwise(config_of(), sources[HIGH], Place())
    for _ in model.blocks:
        assert threads()
        break
    assert not threads()
    with pytest.raises(RuntimeError):
        model(inputs()[0], inputs()[1], torch.zeros(2, 5, 19))  # a text of another width
    assert not threads()
    assert torch.equal(model(*inputs()).velocity, awake(config_of(), 1)(*inputs()).velocity)


@torch.no_grad()
def test_closing_stops_the_reading_of_the_next_expert(sources):
    reached, left = threading.Event(), threading.Event()
    seen = []

    def slow(name):
        seen.append(name)
        reached.set()
        left.wait(20)

    with opened(config_of(), {**sources, LOW: Changed(sources[LOW], slow)}, Choice(weights="swap"), Place()) as experts:
        experts[HIGH](*inputs())
        assert reached.wait(20)
        threading.Timer(0.1, left.set).start()
        owner = experts[HIGH].experts
    assert not threads()
    assert len(seen) <= 2
    with pytest.raises(Cancelled):
        owner.take(LOW)


def test_weights_of_another_shape_are_listed(sources):
    with pytest.raises(CheckpointError, match=r"missing blocks\.3\.modulation") as caught:
        layerwise(config_of(4), sources[HIGH], Place())
    assert "unknown" not in str(caught.value)
    with pytest.raises(CheckpointError, match=r"unknown blocks\.2\.modulation \(in .*1\.safetensors\)"):
        resident(config_of(2), sources[HIGH], Place())
    wide = DiTConfig(**{**vars(config_of()), "mlp_width": 65})
    with pytest.raises(CheckpointError, match=r"blocks\.0\.ffn\.0\.weight .* is \[64, 48\], should be \[65, 48\]"):
        layerwise(wide, sources[HIGH], Place())


def test_what_is_held_is_read_once(sources):
    seen = []
    found = held(Changed(sources[HIGH], seen.append), Place(dtype=torch.bfloat16))
    assert seen == found.names() == sources[HIGH].names()
    for name in found.names():
        assert torch.equal(found.read(name), sources[HIGH].read(name).bfloat16())
        assert (found.shape(name), found.dtype(name)) == (sources[HIGH].shape(name), torch.bfloat16)
        assert found.file(name) == sources[HIGH].file(name)


@torch.no_grad()
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_a_text_encoder_streams_its_layers(tmp_path, dtype):
    pytest.importorskip("transformers")
    from filmloom.models.umt5 import UMT5, UMT5_XXL

    config = {**UMT5_XXL, "vocab_size": 99, "d_model": 32, "d_kv": 8, "d_ff": 40, "num_layers": 3, "num_heads": 4}
    torch.manual_seed(0)
    whole = UMT5(config, None).eval()
    save_file(whole.state_dict(), tmp_path / "text.safetensors")
    source, ids = open_safetensors(tmp_path / "text.safetensors"), torch.arange(60)[None]
    for layers in ("resident", "layerwise"):
        with torch.device("meta"):
            empty = UMT5(config, None).eval()
        model = text_encoder(empty, source, Place(dtype=dtype), layers=layers)
        assert torch.equal(model(ids), whole.to(dtype)(ids))
        assert isinstance(model.encoder.block, Streamed) == (layers == "layerwise")


@torch.no_grad()
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_a_gpu_gives_the_same_bits_however_weights_arrive(sources, choice):
    latent, sigma, text = (value.cuda() for value in inputs())
    with opened(config_of(), sources, choice, Place(device="cuda")) as experts:
        for seed, name in ((1, HIGH), (2, LOW)):
            expected = awake(config_of(), seed).cuda()(latent, sigma, text).velocity
            for _ in range(5):
                assert torch.equal(experts[name](latent, sigma, text).velocity, expected)
