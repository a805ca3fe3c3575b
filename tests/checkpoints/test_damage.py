"""A hundred and more damaged checkpoints: each is refused with its file and key named, and none gets code executed."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from filmloom.checkpoints.convert import convert
from filmloom.checkpoints.digests import RECORD, digest_of, write_digests
from filmloom.checkpoints.gguf import open_gguf
from filmloom.checkpoints.public import open_public
from filmloom.core.errors import CheckpointError
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.names import TABLES
from filmloom.models.umt5 import UMT5
from filmloom.models.wan_vae import WanVAE, WanVAEConfig

# Where the damage is done: folder, file that holds the victim, the victim there and under our name.
TARGETS = {
    "diffusers": ("diffusers", "transformer_2", "blocks.1.ffn.net.2.weight", "blocks.1.ffn.2.weight"),
    "original": ("original", "high_noise_model", "blocks.1.ffn.2.weight", "blocks.1.ffn.2.weight"),
    "vae": ("diffusers", "vae", "decoder.up_blocks.1.resnets.0.conv1.weight", "decoder.stages.1.blocks.0.conv1.weight"),
}


def use(path: Path, sizes: dict) -> None:
    """Open, and load every part into the module that the undamaged model needs."""
    folder = open_public(path, TABLES)
    for part in sizes:
        with torch.device("meta"):
            module = MODULES[part.split("_")[0]](sizes[part])
        folder.load(part, module)


MODULES = {
    "transformer": lambda fields: DiT(DiTConfig(**fields)),
    "video": lambda fields: WanVAE(WanVAEConfig(**fields)),
    "text": lambda fields: UMT5(fields, None),
}


@pytest.fixture(scope="module")
def whole(diffusers_folder, original_folder, tmp_path_factory):
    """{layout: (path, sizes of its parts)}, all undamaged."""
    path = tmp_path_factory.mktemp("whole") / "ours"
    convert(original_folder, path, "ours", TABLES, max_shard_bytes=50_000)
    paths = {"diffusers": diffusers_folder, "original": original_folder, "ours": path}
    folders = {layout: open_public(path, TABLES) for layout, path in paths.items()}
    sizes = {layout: {part: folder.config(part) for part in folder.parts} for layout, folder in folders.items()}
    return {layout: (path, sizes[layout]) for layout, path in paths.items()}


@pytest.fixture
def copied(whole, tmp_path):
    def copy(layout: str) -> tuple[Path, dict]:
        path, sizes = whole[layout]
        return shutil.copytree(path, tmp_path / "model"), sizes

    return copy


def refused(path: Path, sizes: dict, *said: str) -> str:
    with pytest.raises(CheckpointError) as error:
        use(path, sizes)
    for word in said:
        assert word in str(error.value), str(error.value)
    return str(error.value)


@pytest.mark.parametrize("layout", ["diffusers", "original", "ours"])
def test_undamaged_models_are_taken(whole, layout):
    use(*whole[layout])


# --- safetensors -----------------------------------------------------------------------------------------------------


def parse(file: Path) -> tuple[dict, bytes]:
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def write(file: Path, header: object, data: bytes, *, length: int | None = None) -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    file.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)


def cut(size: Callable[[int], int], file: Path, _: str) -> None:
    os.truncate(file, size(file.stat().st_size))


def grow(file: Path, _: str) -> None:
    file.write_bytes(file.read_bytes() + b"\0")


def claim(length: int, file: Path, _: str) -> None:
    data = file.read_bytes()
    file.write_bytes(length.to_bytes(8, "little") + data[8:])


def longer(file: Path, key: str) -> None:
    claim(int.from_bytes(file.read_bytes()[:8], "little") + 8, file, key)


def say(header: bytes, file: Path, _: str) -> None:
    write(file, header, parse(file)[1])


def edit(changes: dict, file: Path, key: str) -> None:
    header, data = parse(file)
    header[key] |= changes
    write(file, header, data)


def shift(by: tuple[int, int], file: Path, key: str) -> None:
    header, data = parse(file)
    begin, end = header[key]["data_offsets"]
    header[key]["data_offsets"] = [begin + by[0], end + by[1]]
    write(file, header, data)


def repeat(file: Path, key: str) -> None:
    header, data = parse(file)
    text = json.dumps(header)
    write(file, (text[:-1] + f', "{key}": {json.dumps(header[key])}}}').encode(), data)


def reverse(file: Path, key: str) -> None:
    edit({"shape": parse(file)[0][key]["shape"][::-1]}, file, key)


def call_it(name: str, file: Path, key: str) -> None:
    header, data = parse(file)
    write(file, {name if one == key else one: facts for one, facts in header.items()}, data)


def drop(file: Path, key: str) -> None:
    header, data = parse(file)
    begin, end = header.pop(key)["data_offsets"]
    for facts in (facts for name, facts in header.items() if name != "__metadata__"):
        facts["data_offsets"] = [at - (end - begin) if at >= end else at for at in facts["data_offsets"]]
    write(file, header, data[:begin] + data[end:])


def add(name: str, file: Path, _: str) -> None:
    header, data = parse(file)
    header[name] = {"dtype": "F32", "shape": [1], "data_offsets": [len(data), len(data) + 4]}
    write(file, header, data + b"\0\0\0\0")


# damage -> (what does it, whether besides the file the key is named, or how)
TENSORS = {
    "one byte short": (partial(cut, lambda size: size - 1), False),
    "half of it": (partial(cut, lambda size: size // 2), False),
    "four bytes": (partial(cut, lambda size: 4), False),
    "empty": (partial(cut, lambda size: 0), False),
    "one byte more": (grow, False),
    "header of 2^63 bytes": (partial(claim, 2**63), False),
    "header of no bytes": (partial(claim, 0), False),
    "header of a gigabyte": (partial(claim, 2**30), False),
    "header eight bytes longer": (longer, False),
    "header not JSON": (partial(say, b'{"a": '), False),
    "header not text": (partial(say, b'{"a": "\xff\xfe"}'), False),
    "header a list": (partial(say, b"[1, 2]"), False),
    "header nested without end": (partial(say, b"[" * 200_000), False),
    "entry a number": (partial(say, b'{"blocks.0": 3}'), False),
    "no entries": (partial(say, b"{}"), False),
    "unknown dtype": (partial(edit, {"dtype": "F31"}), True),
    "dtype a list": (partial(edit, {"dtype": ["F32"]}), True),
    "wider dtype": (partial(edit, {"dtype": "F64"}), True),
    "whole numbers": (partial(edit, {"dtype": "I32"}), True),
    "negative shape": (partial(edit, {"shape": [-4, -8]}), True),
    "fractional shape": (partial(edit, {"shape": [1.5, 2]}), True),
    "endless shape": (partial(edit, {"shape": [2**40, 2**40]}), True),
    "no shape": (partial(edit, {"shape": None}), True),
    "axes reversed": (reverse, True),
    "overlapping": (partial(shift, (-4, -4)), True),
    "beyond the end": (partial(shift, (2**40, 2**40)), True),
    "begins after it ends": (partial(shift, (2**30, 0)), True),
    "ends early": (partial(shift, (0, -4)), True),
    "told twice": (repeat, False),
    "renamed": (partial(call_it, "blocks.9.stranger.weight"), "blocks.9.stranger.weight"),
    "missing": (drop, True),
    "one too many": (partial(add, "stranger.weight"), "stranger.weight"),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("damage", TENSORS)
def test_damaged_safetensors(copied, target, damage):
    layout, folder, key, ours = TARGETS[target]
    (path, sizes), (spoil, names_key) = copied(layout), TENSORS[damage]
    file = next(file for file in sorted((path / folder).glob("*.safetensors")) if key in parse(file)[0])
    spoil(file, key)
    said = refused(path, sizes, str(path / folder))
    assert file.name in said
    if names_key:
        assert names_key in said if isinstance(names_key, str) else key in said or ours in said, said


# --- indices, configs, folders ---------------------------------------------------------------------------------------


def index_of(folder: Path) -> Path:
    return next(folder.glob("*.index.json"))


def map_to(shard: object, folder: Path) -> None:
    index = json.loads(index_of(folder).read_text())
    index["weight_map"][next(iter(index["weight_map"]))] = shard
    index_of(folder).write_text(json.dumps(index))


def forget(folder: Path) -> None:
    index = json.loads(index_of(folder).read_text())
    index["weight_map"].popitem()
    index_of(folder).write_text(json.dumps(index))


def swap_shards(folder: Path) -> None:
    first, second, *_ = sorted(folder.glob("*.safetensors"))
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)


def set_config(folder: Path, **changes: object) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


FOLDERS = {
    "absent shard": (partial(map_to, "diffusion_pytorch_model-00009-of-00009.safetensors"), "00009-of-00009"),
    "shard of the folder above": (partial(map_to, "../config.json"), "'../config.json'"),
    "shard of the system": (partial(map_to, "/etc/passwd"), "'/etc/passwd'"),
    "shard that is the folder": (partial(map_to, ".."), "'..'"),
    "shard a number": (partial(map_to, 3), "is said to be in 3"),
    "no map": (lambda folder: index_of(folder).write_text("{}"), "weight_map"),
    "map a list": (lambda folder: index_of(folder).write_text('{"weight_map": []}'), "weight_map"),
    "index not JSON": (lambda folder: index_of(folder).write_text("{"), "is not JSON"),
    "index a list": (lambda folder: index_of(folder).write_text("[]"), "should hold an object"),
    "tensor forgotten": (forget, "holds "),
    "shards swapped": (swap_shards, "is not in"),
    "shard deleted": (lambda folder: sorted(folder.glob("*.safetensors"))[1].unlink(), "is missing"),
    "index deleted": (lambda folder: index_of(folder).unlink(), "no index"),
    "another FFN": (lambda folder: set_config(folder, ffn_dim=31), "ffn_dim is 32 by its shapes and 31 in config.json"),
    "more layers": (lambda folder: set_config(folder, num_layers=3), "num_layers is 2 by its shapes and 3"),
    "uneven heads": (lambda folder: set_config(folder, num_heads=5, num_attention_heads=5), "5 heads"),
    "another model": (lambda folder: set_config(folder, model_type="i2v"), "model_type i2v"),
    "config not JSON": (lambda folder: (folder / "config.json").write_text("]"), "config.json is not JSON"),
    "a Wan2.1 image branch": (lambda folder: add_image_branch(folder), "it is Wan2.1"),
}


def add_image_branch(folder: Path) -> None:
    index = json.loads(index_of(folder).read_text())
    shard = sorted(folder.glob("*.safetensors"))[0]
    add("img_emb.proj.0.weight", shard, "")
    index["weight_map"]["img_emb.proj.0.weight"] = shard.name
    index_of(folder).write_text(json.dumps(index))


@pytest.mark.parametrize(("layout", "name"), [("diffusers", "transformer"), ("original", "low_noise_model")])
@pytest.mark.parametrize("damage", FOLDERS)
def test_damaged_folders(copied, layout, name, damage):
    path, sizes = copied(layout)
    spoil, said = FOLDERS[damage]
    spoil(path / name)
    refused(path, sizes, said, name)


# --- pickles ---------------------------------------------------------------------------------------------------------


class Payload:
    """Unpickled, it would leave a file."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return (os.system, (f"touch {self.marker}",))


class Evaluated(Payload):
    def __reduce__(self):
        return (eval, (f"open({str(self.marker)!r}, 'w').close()",))


class Opened(Payload):
    def __reduce__(self):
        return (open, (str(self.marker), "w"))


def resave(change: Callable[[dict, Path], object], file: Path, marker: Path) -> None:
    torch.save(change(torch.load(file, weights_only=True), marker), file)


def plain_pickle(file: Path, marker: Path) -> None:
    file.write_bytes(pickle.dumps({"conv1.weight": Payload(marker)}))


def old_pickle(file: Path, marker: Path) -> None:
    torch.save({"conv1.weight": Payload(marker)}, file, _use_new_zipfile_serialization=False)


def without_storage(file: Path, _: Path) -> None:
    """The archive keeps its pickle and loses a tensor's bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            if not info.filename.endswith("/data/3"):
                new.writestr(info, old.read(info))
    file.write_bytes(out.getvalue())


def first(tensors: dict) -> str:
    return next(iter(tensors))


PICKLES = {
    "code in a value": (partial(resave, lambda t, m: t | {first(t): Payload(m)}), "pickled code is never run"),
    "code beside": (partial(resave, lambda t, m: {"a": Payload(m), **t}), "pickled code is never run"),
    "code as the whole": (partial(resave, lambda t, m: Payload(m)), "pickled code is never run"),
    "code by eval": (partial(resave, lambda t, m: t | {"a": Evaluated(m)}), "pickled code is never run"),
    "code by open": (partial(resave, lambda t, m: t | {"a": Opened(m)}), "pickled code is never run"),
    "code in a plain pickle": (plain_pickle, ""),
    "code in the old format": (old_pickle, ""),
    "one byte short": (lambda f, _: os.truncate(f, f.stat().st_size - 1), "truncated or damaged"),
    "half of it": (lambda f, _: os.truncate(f, f.stat().st_size // 2), "truncated or damaged"),
    "empty": (lambda f, _: os.truncate(f, 0), "truncated or damaged"),
    "a text": (lambda f, _: f.write_text("weights"), ""),
    "a tensor's bytes gone": (without_storage, "truncated or damaged"),
    "a list": (partial(resave, lambda t, m: list(t.values())), "list; a flat dictionary"),
    "an empty dictionary": (partial(resave, lambda t, m: {}), "a flat dictionary"),
    "nested": (partial(resave, lambda t, m: {"state_dict": t}), "'state_dict' is not a plain tensor"),
    "a number among them": (partial(resave, lambda t, m: {**t, "epoch": 3}), "'epoch' is not a plain tensor"),
    "a tensor named by a number": (partial(resave, lambda t, m: {**t, 7: torch.ones(1)}), "7 is not a plain tensor"),
    "a sparse tensor": (
        partial(resave, lambda t, m: {**t, "s": torch.eye(3).to_sparse()}),
        "'s' is not a plain tensor",
    ),
    "a tensor larger than its bytes": (partial(resave, lambda t, m: {**t, "e": torch.ones(1).expand(9)}), "'e' is not"),
    "renamed": (partial(resave, lambda t, m: {("zz" if k == first(t) else k): v for k, v in t.items()}), "unknown zz"),
    "missing": (partial(resave, lambda t, m: dict(list(t.items())[:-1])), "missing"),
    "misshapen": (partial(resave, lambda t, m: {k: v[None] for k, v in t.items()}), "it should have"),
}


@pytest.mark.parametrize("name", ["Wan2.1_VAE.pth", "models_t5_umt5-xxl-enc-bf16.pth"])
@pytest.mark.parametrize("damage", PICKLES)
def test_damaged_pickles_run_nothing(copied, tmp_path, name, damage):
    path, sizes = copied("original")
    spoil, said = PICKLES[damage]
    spoil(path / name, tmp_path / "marker")
    refused(path, sizes, said, name)
    assert not (tmp_path / "marker").exists()


def test_the_payload_would_have_run(tmp_path):
    """Else the test above could not fail."""
    for payload in (Payload, Evaluated, Opened):
        data = pickle.dumps(payload(tmp_path / payload.__name__))
        getattr(pickle.loads(data), "close", int)()
        assert (tmp_path / payload.__name__).exists()


# --- GGUF ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def gguf_file(tmp_path):
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(tmp_path / "some.gguf", "wan")
    writer.add_tensor("patch_embedding.bias", np.zeros(64, np.float32))
    writer.add_tensor("head.head.bias", np.zeros(64, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tmp_path / "some.gguf"


def put(at: int, number: int, width: int, data: bytes) -> bytes:
    return data[:at] + number.to_bytes(width, "little") + data[at + width :]


def after(name: bytes, at: int, number: int, width: int, data: bytes) -> bytes:
    return put(data.index(name) + len(name) + at, number, width, data)


GGUF = {
    "another magic": (lambda data: b"GGML" + data[4:], "does not begin with GGUF"),
    "another version": (partial(put, 4, 1, 4), "version 1"),
    "endless tensors": (partial(put, 8, 2**60, 8), "its header wants"),
    "endless facts": (partial(put, 16, 2**60, 8), "header"),
    "endless name": (partial(put, 24, 2**60, 8), "its header wants"),
    "unknown type of a fact": (partial(after, b"general.architecture", 0, 99, 4), "unknown type 99"),
    "endless axes": (partial(after, b"head.head.bias", 0, 2**31, 4), "its header wants"),
    "endless axis": (partial(after, b"head.head.bias", 4, 2**50, 8), "head.head.bias lies at"),
    "unknown type": (partial(after, b"head.head.bias", 12, 77, 4), "head.head.bias is stored as GGUF type 77"),
    "no whole blocks": (partial(after, b"patch_embedding.bias", 12, 12, 4), "patch_embedding.bias: [64] is no whole"),
    "beyond the end": (partial(after, b"head.head.bias", 16, 2**40, 8), "head.head.bias lies at"),
    "overlapping": (partial(after, b"head.head.bias", 16, 32, 8), "head.head.bias lies at"),
    "one name twice": (lambda data: data.replace(b"head.head.bias", b"patch_embedding.bias"[:14]), ""),
    "short": (lambda data: data[:-300], "lies at"),
    "a header's half": (lambda data: data[:60], "its header wants"),
    "ten bytes": (lambda data: data[:10], "it has no header"),
    "empty": (lambda data: b"", "it has no header"),
}


@pytest.mark.parametrize("damage", GGUF)
def test_damaged_gguf(gguf_file, damage):
    spoil, said = GGUF[damage]
    gguf_file.write_bytes(spoil(gguf_file.read_bytes()))
    with pytest.raises(CheckpointError) as error:
        open_gguf(gguf_file)
        open_public(gguf_file, TABLES)
    assert said in str(error.value) and gguf_file.name in str(error.value)


# --- what only digests tell ------------------------------------------------------------------------------------------


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)


def exchange(one: Path, other: Path) -> None:
    beside = one.with_name("beside")
    one.rename(beside)
    other.rename(one)
    beside.rename(other)


def some(folder: Path) -> Path:
    return sorted(folder.glob("*.safetensors"))[1]


DIGESTS = {
    "flipped bit of the high-noise expert": (lambda p: flip(some(p / "transformer")), "corrupt or swapped"),
    "flipped bit of the low-noise expert": (lambda p: flip(some(p / "transformer_2")), "corrupt or swapped"),
    "flipped bit of the autoencoder": (lambda p: flip(next((p / "vae").glob("*.safetensors"))), "corrupt or swapped"),
    "flipped bit of the text encoder": (lambda p: flip(some(p / "text_encoder")), "corrupt or swapped"),
    "swapped experts": (lambda p: exchange(p / "transformer", p / "transformer_2"), "corrupt or swapped"),
    "one swapped shard": (
        lambda p: exchange(some(p / "transformer"), some(p / "transformer_2")),
        "corrupt or swapped",
    ),
    "a shard cut": (lambda p: os.truncate(some(p / "transformer"), 99), "truncated or altered: 99 bytes"),
    "a shard gone": (lambda p: some(p / "transformer").unlink(), "is missing"),
    "a record that is no record": (lambda p: (p / RECORD).write_text('{"files": 3}'), "is not a record of digests"),
    "a record that leaves the folder": (
        lambda p: (p / RECORD).write_text(json.dumps({"files": {"../a": {"bytes": 1, "sha256": "0" * 64}}})),
        "is not a record of digests",
    ),
}


@pytest.mark.parametrize("damage", DIGESTS)
def test_damage_that_only_digests_tell(copied, damage):
    path, sizes = copied("diffusers")
    files = [file for file in path.rglob("*") if file.is_file()]
    write_digests(path, {file.relative_to(path).as_posix(): digest_of(file) for file in files})
    spoil, said = DIGESTS[damage]
    spoil(path)
    refused(path, sizes, said, str(path))


def record(path: Path, change: Callable[[dict], None]) -> None:
    found = json.loads((path / "model.json").read_text())
    change(found)
    (path / "model.json").write_text(json.dumps(found))


OURS = {
    "flipped bit": (lambda p: flip(some(p)), "corrupt or swapped"),
    "swapped experts": (
        lambda p: exchange(next(p.glob("transformer_high-00001*")), next(p.glob("transformer_low-00001*"))),
        "corrupt or swapped",
    ),
    "another width": (
        lambda p: record(p, lambda r: r["parts"]["transformer_high"]["config"].update(width=48)),
        "its shapes say",
    ),
    "a file outside": (
        lambda p: record(p, lambda r: r["parts"]["video_vae"]["files"][0].update(file="../a.safetensors")),
        "lies beside model.json",
    ),
    "another format": (lambda p: record(p, lambda r: r.update(format=9)), "has format 9"),
    "no files": (lambda p: record(p, lambda r: r["parts"]["video_vae"].pop("files")), "lacks files"),
    "a shard gone": (lambda p: some(p).unlink(), "is missing"),
}


@pytest.mark.parametrize("damage", OURS)
def test_damaged_folders_of_ours(copied, damage):
    path, sizes = copied("ours")
    spoil, said = OURS[damage]
    spoil(path)
    refused(path, sizes, said)
