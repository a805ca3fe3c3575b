"""Conversion is bit for bit through every layout, loads elsewhere, resumes, and refuses what would not fit."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from filmloom.checkpoints import convert as module
from filmloom.checkpoints.architecture import LATENTS
from filmloom.checkpoints.convert import convert
from filmloom.checkpoints.folder import open_folder
from filmloom.checkpoints.layouts import UNFINISHED
from filmloom.checkpoints.public import is_public, open_public
from filmloom.checkpoints.source import open_safetensors
from filmloom.core.errors import CheckpointError, ResourceError
from filmloom.models.names import TABLES

SMALL = 30_000  # bytes a shard


def tensors(folder) -> dict:
    sources = {part: folder.source(part) for part in folder.parts}
    return {f"{part}.{name}": source.read(name) for part, source in sources.items() for name in source.names()}


def assert_equal(some: dict, others: dict) -> None:
    assert set(some) == set(others)
    for name, tensor in some.items():
        assert tensor.dtype == others[name].dtype and torch.equal(tensor, others[name]), name


@pytest.fixture(scope="module")
def tour(tmp_path_factory, original_folder):
    """original → ours → diffusers → original."""
    path, folders, before = tmp_path_factory.mktemp("tour"), {}, original_folder
    for step, layout in enumerate(("ours", "diffusers", "original")):
        folders[layout] = convert(before, path / layout, layout, TABLES, max_shard_bytes=SMALL)
        before = path / layout
        assert step < 3 and folders[layout].layout == layout
    return folders


def test_a_round_through_all_layouts_changes_no_bit(tour, original_folder):
    before = tensors(open_public(original_folder, TABLES))
    for folder in tour.values():
        assert_equal(before, tensors(folder))


def test_every_shard_is_small_and_every_file_has_its_digest(tour):
    for folder in tour.values():
        files = [file for file in folder.path.rglob("*") if file.is_file()]
        shards = [file for file in files if file.suffix == ".safetensors"]
        assert len(shards) >= 8 and not [file for file in files if ".part" in file.name or file.name == UNFINISHED]
        for shard in shards:
            sizes = [entry.num_bytes for entry in open_safetensors(shard).entries.values()]
            assert sum(sizes) <= SMALL or len(sizes) == 1
        open_public(folder.path, TABLES).verify()
    ours = {file.name for file in tour["ours"].path.iterdir()}
    assert {"model.json", "tokenizer", "transformer_high-00001-of-00004.safetensors"} <= ours


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_diffusers_and_transformers_load_what_we_write(tour, diffusers_folder):
    from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanTransformer3DModel
    from transformers import UMT5EncoderModel

    path = tour["diffusers"].path
    for cls, name in (
        (WanTransformer3DModel, "transformer"),
        (WanTransformer3DModel, "transformer_2"),
        (UMT5EncoderModel, "text_encoder"),
        (AutoencoderKLWan, "vae"),
    ):
        ours, theirs = cls.from_pretrained(path / name), cls.from_pretrained(diffusers_folder / name)
        assert_equal(ours.state_dict(), theirs.state_dict())
    scheduler = UniPCMultistepScheduler.from_pretrained(path / "scheduler")
    assert (scheduler.config.flow_shift, scheduler.config.prediction_type) == (3.0, "flow_prediction")
    index = json.loads((path / "model_index.json").read_text())
    assert (index["boundary_ratio"], index["expand_timesteps"]) == (0.875, False)
    assert index["transformer_2"] == ["diffusers", "WanTransformer3DModel"]


def test_our_folder_is_read_by_our_folder_reader(tour):
    folder = open_folder(tour["ours"].path)
    folder.verify()
    assert folder.record["format"] == 2 and is_public(folder.path)
    assert folder.record["parts"]["text_encoder"]["dtype"] == "BF16"
    assert set(folder.source("video_vae").names()) == set(tour["ours"].source("video_vae").names())


def test_a_stopped_conversion_goes_on_and_ends_the_same(tmp_path, diffusers_folder, monkeypatch, tour):
    done = []

    class Stopped(Exception):
        pass

    def stop(file, *_):
        done.append(file)
        if len(set(done)) == 4:
            raise Stopped

    with pytest.raises(Stopped):
        convert(diffusers_folder, tmp_path / "out", "ours", TABLES, max_shard_bytes=SMALL, on_progress=stop)
    with pytest.raises(CheckpointError, match="unfinished conversion"):
        open_public(tmp_path / "out", TABLES)
    finished = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "out").glob("*.safetensors")}
    assert len(finished) == 3
    broken = sorted(finished)[0]
    data = bytearray((tmp_path / "out" / broken).read_bytes())
    data[-1] ^= 1
    (tmp_path / "out" / broken).write_bytes(data)
    folder = convert(diffusers_folder, tmp_path / "out", "ours", TABLES, max_shard_bytes=SMALL)
    after = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "out").glob("*.safetensors")}
    kept = {name for name, time in finished.items() if after[name] == time}
    assert kept == set(finished) - {broken}, "whole shards are kept, the altered one is written anew"
    assert_equal(tensors(folder), tensors(open_public(diffusers_folder, TABLES)))
    folder.verify()


def test_progress_counts_every_byte(tmp_path, diffusers_folder):
    told = []
    convert(diffusers_folder, tmp_path / "out", "original", TABLES, on_progress=lambda *step: told.append(step))
    done = [step[1] for step in told]
    assert done == sorted(done) and told[-1][1] == told[-1][2]


def test_what_would_be_lost_or_not_fit_is_refused_before_writing(tmp_path, diffusers_folder, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/film.mp4").write_bytes(b"film")
    with pytest.raises(CheckpointError, match="exists and is not this conversion"):
        convert(diffusers_folder, tmp_path / "mine", "ours", TABLES)
    with pytest.raises(CheckpointError, match="it must be one of ours, original, diffusers"):
        convert(diffusers_folder, tmp_path / "out", "comfyui", TABLES)
    monkeypatch.setattr(module, "disk_free", lambda folder: 1000)
    with pytest.raises(ResourceError, match="of disk"):
        convert(diffusers_folder, tmp_path / "out", "ours", TABLES)
    assert not (tmp_path / "out").exists()


def test_a_source_that_fails_its_digests_is_not_converted(tmp_path, tour):
    path = shutil.copytree(tour["diffusers"].path, tmp_path / "theirs")
    file = sorted((path / "transformer_2").glob("*.safetensors"))[0]
    data = bytearray(file.read_bytes())
    data[-3] ^= 16
    file.write_bytes(data)
    with pytest.raises(CheckpointError, match=f"{file.name} is corrupt or swapped"):
        convert(path, tmp_path / "out", "ours", TABLES)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_48_channel_autoencoder_goes_to_diffusers_and_back(tmp_path, tiny):
    """Its original file has no config: what is written for diffusers is inferred from shapes."""
    from diffusers import AutoencoderKLWan

    mean, std = (list(values) for values in LATENTS[48])
    sizes = {"z_dim": 48, "decoder_base_dim": 8, "is_residual": True, "in_channels": 12, "out_channels": 12}
    sizes |= {"patch_size": 2, "scale_factor_spatial": 16, "latents_mean": mean, "latents_std": std}
    vae, channels = tiny.video_vae(**sizes), {"in_channels": 48, "out_channels": 48}
    theirs = tiny.save_diffusers(tmp_path / "theirs", experts=1, vae=vae, **channels)
    original = tiny.save_original(tmp_path / "original", theirs)
    convert(original, tmp_path / "ours", "ours", TABLES)
    folder = convert(tmp_path / "ours", tmp_path / "diffusers", "diffusers", TABLES)
    again = AutoencoderKLWan.from_pretrained(folder.path / "vae")
    assert_equal(again.state_dict(), vae.state_dict())
    assert {name: again.config[name] for name in sizes} == {name: vae.config[name] for name in sizes}
    index = json.loads((folder.path / "model_index.json").read_text())
    assert (index["expand_timesteps"], index["boundary_ratio"], index["transformer_2"]) == (True, None, [None, None])
