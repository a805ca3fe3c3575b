"""A folder round-trips, refuses what does not fit and names what is broken."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from filmloom.checkpoints.folder import open_folder, save_model
from filmloom.checkpoints.quantised import dequantise, quantise
from filmloom.core.errors import CheckpointError


@dataclass(frozen=True)
class Inner:
    experts: int = 2


@dataclass(frozen=True)
class NetConfig:
    width: int = 80
    shape: tuple[int, ...] = (1, 2)
    inner: Inner | None = None


class Net(nn.Module):
    def __init__(self, config: NetConfig):
        super().__init__()
        self.config = config
        self.linear = nn.Linear(config.width, config.width)
        self.conv = nn.Conv2d(8, 64, 3)
        self.register_buffer("basis", torch.randn(80, 80))
        self.register_buffer("count", torch.tensor(7))


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Net(NetConfig(inner=Inner(4)))


@pytest.fixture
def folder(tmp_path, net):
    save_model(tmp_path, {"net": net}, {"name": "toy"})
    return tmp_path


def test_float32_round_trip_is_exact(folder, net):
    opened = open_folder(folder)
    again = opened.load("net", Net(opened.build_config("net", NetConfig)))
    assert again.config == net.config and opened.record["name"] == "toy"
    for name, tensor in net.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor)


@pytest.mark.parametrize(("dtype", "relative"), [("float16", 2**-11), ("bfloat16", 2**-8)])
def test_half_precision_rounds_to_nearest(tmp_path, net, dtype, relative):
    again = save_model(tmp_path, {"net": net}, {}, dtype=dtype).load("net", Net(net.config))
    for name, tensor in net.state_dict().items():
        assert ((again.state_dict()[name] - tensor).abs() <= relative * tensor.abs() + 1e-7).all()


def test_int8_weights_are_within_half_a_scale_and_the_rest_is_exact(tmp_path, net):
    saved = save_model(tmp_path, {"net": net}, {}, dtype={"net": "int8"})
    again = saved.load("net", Net(net.config)).state_dict()
    for name, tensor in net.state_dict().items():
        if name in ("linear.weight", "conv.weight"):
            half_scale = tensor.flatten(1).abs().amax(1) / 254
            assert ((again[name] - tensor).abs().flatten(1).amax(1) <= half_scale * 1.001).all()
        else:
            assert torch.equal(again[name], tensor)


@pytest.mark.parametrize("shape", [(64, 64), (4, 32, 96), (40, 8, 3, 3, 3), (3, 70)])
def test_quantising_again_changes_nothing(shape):
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    once = dequantise(*quantise(weight))
    codes, scale = quantise(once)
    torch.testing.assert_close(dequantise(codes, scale), once, rtol=1e-6, atol=0)
    assert codes.abs().amax() == 127


def test_a_row_of_zeros_stays_zero():
    assert torch.equal(dequantise(*quantise(torch.zeros(64, 64))), torch.zeros(64, 64))


def test_an_expert_has_a_scale_for_each_of_its_rows():
    assert quantise(torch.randn(4, 32, 96))[1].shape == (4, 32, 1)
    assert quantise(torch.randn(40, 8, 3, 3))[1].shape == (40, 1, 1, 1)


def test_equal_weights_give_equal_files_and_digests(tmp_path, net):
    a, b = (save_model(tmp_path / name, {"net": net}, {}, dtype="int8") for name in "ab")
    assert a.digest == b.digest
    assert (a.path / "net.safetensors").read_bytes() == (b.path / "net.safetensors").read_bytes()


def test_a_part_saved_later_joins_the_others(folder, net):
    save_model(folder, {"other": net}, {"name": "toy"})
    assert set(open_folder(folder).parts) == {"net", "other"}
    open_folder(folder).verify()
    assert not list(folder.glob(".*"))


def test_truncated_file_is_named_when_the_folder_is_opened(folder):
    file = folder / "net.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"net\.safetensors is truncated"):
        open_folder(folder)


def test_missing_file_is_named(folder):
    (folder / "net.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"net\.safetensors is missing"):
        open_folder(folder)


def test_one_flipped_bit_is_found(folder, net):
    file = folder / "net.safetensors"
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    for check in (lambda f: f.verify(), lambda f: f.load("net", Net(net.config))):
        with pytest.raises(CheckpointError, match=r"net\.safetensors is corrupt"):
            check(open_folder(folder))


def test_a_file_that_is_no_safetensors_is_named_even_when_its_digest_is_right(folder, net):
    import hashlib

    garbage = b"garbage" * 20
    (folder / "net.safetensors").write_bytes(garbage)
    record = json.loads((folder / "model.json").read_text())
    record["parts"]["net"] |= {"bytes": len(garbage), "sha256": hashlib.sha256(garbage).hexdigest()}
    (folder / "model.json").write_text(json.dumps(record))
    with pytest.raises(CheckpointError, match=r"net\.safetensors is not a readable safetensors"):
        open_folder(folder).load("net", Net(net.config))


def test_tensors_that_do_not_fit_are_listed(folder):
    class Grown(Net):
        def __init__(self, config):
            super().__init__(config)
            self.extra = nn.Linear(2, 2)
            del self.count

    with pytest.raises(
        CheckpointError, match=r"missing extra.weight.*unknown count.*linear.weight is \[80, 80\], should be \[64, 64\]"
    ):
        open_folder(folder).load("net", Grown(NetConfig(width=64)))


def test_unknown_config_fields_are_refused(folder):
    record = json.loads((folder / "model.json").read_text())
    record["parts"]["net"]["config"]["depth"] = 3
    (folder / "model.json").write_text(json.dumps(record))
    with pytest.raises(CheckpointError, match="NetConfig has no depth; it has inner, shape, width"):
        open_folder(folder).build_config("net", NetConfig)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "does not describe"),
        ('{"format": 9, "parts": {}}', "format 9"),
        ('{"format": 1, "parts": {"a": {}}}', "lacks file"),
    ],
)
def test_a_bad_record_is_refused(tmp_path, text, message):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(CheckpointError, match=message):
        open_folder(tmp_path)


def test_a_part_may_not_point_outside_the_folder(folder):
    record = json.loads((folder / "model.json").read_text())
    record["parts"]["net"]["file"] = "../net.safetensors"
    (folder / "model.json").write_text(json.dumps(record))
    with pytest.raises(CheckpointError, match=r"lies beside model\.json"):
        open_folder(folder)


def test_no_folder_and_no_part_are_said(tmp_path, folder):
    with pytest.raises(CheckpointError, match=r"model\.json does not exist"):
        open_folder(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="has no part 'vae'; it has net"):
        open_folder(folder).config("vae")


def test_a_failed_write_leaves_the_old_model(folder, net, monkeypatch):
    from pathlib import Path

    before = (folder / "model.json").read_bytes()
    write = Path.write_bytes

    def full(self, data):
        if "model.json" in self.name:
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        save_model(folder, {"net": net}, {"name": "new"})
    assert (folder / "model.json").read_bytes() == before and not list(folder.glob(".*"))
    open_folder(folder).verify()
