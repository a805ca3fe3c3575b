"""Every kind of file reads as its own library reads it, and writes so that they read it."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch

from filmloom.checkpoints.digests import digest_of
from filmloom.checkpoints.gguf import open_gguf
from filmloom.checkpoints.shards import split, write_pth, write_safetensors
from filmloom.checkpoints.source import DTYPES, descaled, open_pth, open_safetensors, read_header, without_prefix
from filmloom.core.errors import CheckpointError


@pytest.fixture
def tensors():
    torch.manual_seed(0)
    odd = {f"a.{name}": torch.randn(3, 5).mul(9).to(dtype) for name, dtype in DTYPES.items()}
    return {**odd, "empty": torch.empty(0, 4), "scalar": torch.tensor(3.5), "flat": torch.randn(7)}


def as_bytes(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def assert_same(source, tensors: dict) -> None:
    assert set(source.names()) == set(tensors)
    for name, tensor in tensors.items():
        read = source.read(name)
        assert (
            (source.shape(name), source.dtype(name)) == (tuple(tensor.shape), tensor.dtype) == (read.shape, read.dtype)
        )
        assert torch.equal(as_bytes(read), as_bytes(tensor)), name


def test_safetensors_read_as_written_by_their_library(tmp_path, tensors):
    file = tmp_path / "some.safetensors"
    safetensors.torch.save_file(tensors, file, metadata={"format": "pt"})
    assert_same(open_safetensors(file), tensors)


def test_our_safetensors_are_read_by_their_library_whatever_the_order(tmp_path, tensors):
    safetensors.torch.save_file(tensors, tmp_path / "theirs.safetensors")
    source = open_safetensors(tmp_path / "theirs.safetensors")
    told = []
    facts = write_safetensors(tmp_path / "ours.safetensors", source.entries, told.append)
    assert facts == digest_of(tmp_path / "ours.safetensors") and sum(told) == sum(
        as_bytes(t).numel() for t in tensors.values()
    )
    again = safetensors.torch.load_file(tmp_path / "ours.safetensors")
    assert all(torch.equal(as_bytes(again[name]), as_bytes(tensor)) for name, tensor in tensors.items())
    with safetensors.safe_open(tmp_path / "ours.safetensors", "pt") as opened:
        assert opened.metadata() == {"format": "pt"}


def test_unaligned_tensors_are_read_too(tmp_path):
    """The format allows a float at an odd byte; this library writes no such file."""
    header = (
        b'{"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"f":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}}'
    )
    file = tmp_path / "odd.safetensors"
    file.write_bytes(len(header).to_bytes(8, "little") + header + b"\1\2\3" + np.float32(2.5).tobytes())
    assert open_safetensors(file).read("f").tolist() == [2.5]


def test_pth_round_trips_without_holding_more_than_tensors(tmp_path, tensors):
    torch.save(tensors, tmp_path / "some.pth")
    source = open_pth(tmp_path / "some.pth")
    assert_same(source, tensors)
    write_pth(tmp_path / "again.pth", source.entries, lambda _: None)
    assert_same(open_pth(tmp_path / "again.pth"), tensors)


def test_a_header_is_read_without_the_weights(tmp_path):
    file = tmp_path / "some.safetensors"
    safetensors.torch.save_file({"w": torch.zeros(1000, 1000)}, file)
    with file.open("r+b") as opened:
        start, header = read_header(file)
        opened.truncate(start)
        opened.truncate(start + 4_000_000)  # sparse: the weights are gone, the length is right
    assert header["w"]["shape"] == [1000, 1000] and open_safetensors(file).shape("w") == (1000, 1000)


def test_shards_keep_order_and_size(tmp_path, tensors):
    safetensors.torch.save_file(tensors, tmp_path / "some.safetensors")
    entries = open_safetensors(tmp_path / "some.safetensors").entries
    shards = split(entries, 100)
    assert [name for shard in shards for name in shard] == list(entries)
    assert all(len(shard) == 1 or sum(entry.num_bytes for entry in shard.values()) <= 100 for shard in shards)
    assert len(split(entries, 10**9)) == 1


def test_scaled_floats_of_eight_bits_are_multiplied_out(tmp_path):
    torch.manual_seed(0)
    weight, scale = torch.randn(8, 4).to(torch.float8_e4m3fn), torch.tensor(0.03)
    stored = {"q.weight": weight, "q.scale_weight": scale, "q.bias": torch.ones(8), "scaled_fp8": torch.zeros(2)}
    prefix = "model.diffusion_model."
    file = tmp_path / "f8.safetensors"
    safetensors.torch.save_file({prefix + name: tensor for name, tensor in stored.items()}, file)
    source = descaled(without_prefix(open_safetensors(file)))
    assert source.names() == ["q.bias", "q.weight"] or set(source.names()) == {"q.bias", "q.weight"}
    assert source.dtype("q.weight") == torch.float32 and torch.equal(source.read("q.weight"), weight.float() * scale)
    assert source.entries["q.weight"].stored == "F8_E4M3"


def gguf_file(file, tensors: dict, **facts):
    """Written by the `gguf` package: {name: (values float32, type)}."""
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(file, "wan")
    writer.add_array("tokenizer.tokens", ["a", "bb", ""])
    for key, value in facts.items():
        writer.add_array(f"comfy.gguf.orig_shape.{key}", value)
    for name, (values, kind) in tensors.items():
        writer.add_tensor(name, values, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def random_blocks(kind, count: int) -> np.ndarray:
    """Any bytes are a block of a quantised type, so long as its half-precision scales are finite."""
    import gguf

    rng, size = np.random.default_rng(0), gguf.GGML_QUANT_SIZES[kind][1]
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for at in {"Q8_0": (0,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}[kind.name]:
        blocks[:, at : at + 2] = rng.normal(size=(count, 1)).astype(np.float16).view(np.uint8)
    return blocks


@pytest.mark.parametrize("name", ["Q8_0", "Q4_K", "Q5_K", "Q6_K"])
def test_gguf_is_restored_bit_for_bit_as_its_package_does(tmp_path, name):
    gguf = pytest.importorskip("gguf")
    kind = getattr(gguf.GGMLQuantizationType, name)
    blocks = random_blocks(kind, 24).reshape(12, -1)
    file = gguf_file(tmp_path / "some.gguf", {"blocks.0.q.weight": (blocks, kind)})
    source, expected = open_gguf(file), gguf.quants.dequantize(blocks, kind)
    assert source.entries["blocks.0.q.weight"].stored == name
    assert source.shape("blocks.0.q.weight") == expected.shape
    assert np.array_equal(source.read("blocks.0.q.weight").numpy(), expected)


def test_gguf_floats_and_shapes_of_five_axes(tmp_path):
    gguf = pytest.importorskip("gguf")
    kinds, rng = gguf.GGMLQuantizationType, np.random.default_rng(0)
    full, patch = rng.normal(size=(4, 6)).astype(np.float32), rng.normal(size=(8, 64)).astype(np.float32)
    brain = torch.from_numpy(full).bfloat16()
    tensors = {
        "full": (full, kinds.F32),
        "half": (full.astype(np.float16), kinds.F16),
        "brain": (brain.view(torch.uint16).numpy().view(np.uint8), kinds.BF16),
        "patch": (patch, kinds.F32),
    }
    source = open_gguf(gguf_file(tmp_path / "some.gguf", tensors, patch=[8, 16, 1, 2, 2]))
    assert source.shape("patch") == (8, 16, 1, 2, 2)
    assert np.array_equal(source.read("patch").numpy().ravel(), patch.ravel())
    assert np.array_equal(source.read("half").numpy(), full.astype(np.float16))
    assert torch.equal(source.read("full"), torch.from_numpy(full)) and torch.equal(source.read("brain"), brain)


def test_a_gguf_of_another_type_says_which_are_read(tmp_path):
    gguf = pytest.importorskip("gguf")
    blocks = np.zeros((2, 18), np.uint8)
    file = gguf_file(tmp_path / "some.gguf", {"w": (blocks, gguf.GGMLQuantizationType.Q4_0)})
    with pytest.raises(CheckpointError, match="w is stored as GGUF type 2; this release reads F32, F16, BF16, Q8_0"):
        open_gguf(file)
