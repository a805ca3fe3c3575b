"""The film set on disk: same shard every time, resumable, read back as written; captions and typing errors."""

import json

import numpy as np
import pytest
import torch

from filmloom.core.errors import CheckpointError
from filmloom.core.types import Size
from filmloom.data.captions import cached_captions, captioned_scenes, mistyped, slip
from filmloom.data.film_set import FilmSet, FilmSetSpec, cache, draw_shard, rows_of, shard_path, to_bytes, to_signed
from filmloom.data.latents import NAMES, cached_latents
from filmloom.data.schema import DEFAULTS, fields, indices, schema
from filmloom.kernels.warp import warp
from filmloom.world.captions import LANGUAGES
from filmloom.world.sample import Repertoire, held_out, is_held_out, sample_scene
from filmloom.world.scene import Scene

TINY = FilmSetSpec("clips", Size(32, 32), 24, num_frames=5, num_programs=2, per_program=2, num_captions=2, reduced=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("clips")
    assert cache(TINY, where, 5) == 2
    return where


def test_a_shard_is_the_same_each_time(folder):
    again = draw_shard(TINY, 1)
    films = FilmSet.open(folder)
    assert len(films) == 8
    for name in ("video", "sketch", "mask"):
        assert torch.equal(films.take(name, range(4, 8)), again.tensors[name])
    assert films.rows[4:] == again.rows


def test_pictures_are_bytes_and_rows_agree_with_their_scenes(folder):
    films = FilmSet.open(folder)
    assert films.take("video", [0]).shape == (1, 3, 5, 32, 32) and films.take("video", [0]).dtype == torch.uint8
    for row in films.rows:
        scene = Scene.from_json(row.scene)
        assert fields(scene) == row.fields and not is_held_out(scene)
        first = LANGUAGES.index(row.captions[0]["language"])
        assert [c["language"] for c in row.captions] == [LANGUAGES[(first + i) % len(LANGUAGES)] for i in range(2)]


def test_captions_are_made_anew_from_stored_scenes_once(folder):
    num = len(LANGUAGES)
    films = FilmSet.open(folder, num_captions=num)
    stamps = [path.stat().st_mtime_ns for path in sorted(folder.glob("*.captions.json"))]
    for row, before in zip(films.rows, FilmSet.open(folder).rows):
        assert {c["language"] for c in row.captions} == set(LANGUAGES)
        assert (row.scene, row.fields, row.start) == (before.scene, before.fields, before.start)
        assert all(set(c["stated"]) <= set(row.fields) for c in row.captions)
    assert FilmSet.open(folder, num_captions=num).rows == films.rows
    assert [path.stat().st_mtime_ns for path in sorted(folder.glob("*.captions.json"))] == stamps and stamps
    assert len(FilmSet.open(folder, num_captions=1).rows[0].captions) == 1


def test_rows_of_the_first_film_set_say_what_was_not_yet_asked(folder):
    row = FilmSet.open(folder).rows[0]
    old = {name: row.fields[name] for name in ("kind", "colour", "action", "setting", "time", "weather")}
    (read,) = rows_of(json.dumps([{"scene": row.scene, "fields": old, "captions": []}]))
    assert read.fields == DEFAULTS | old and set(read.fields) == set(schema())


def test_what_exists_is_left_alone_and_what_is_missing_is_drawn(folder):
    shard_path(folder, 0).unlink()
    before = shard_path(folder, 1).stat().st_mtime_ns
    said = []
    assert cache(TINY, folder, 8, report=said.append) == 2
    assert len(said) == 1 and shard_path(folder, 1).stat().st_mtime_ns == before


def test_workers_share_the_shards(tmp_path):
    cache(TINY, tmp_path, 8, worker=1, num_workers=2)
    assert [shard_path(tmp_path, n).exists() for n in (0, 1)] == [False, True]


def test_another_specification_is_refused(folder):
    with pytest.raises(CheckpointError, match="seed"):
        cache(FilmSetSpec(**{**vars(TINY), "seed": 1}), folder, 1)


def test_an_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(CheckpointError, match="draw them first"):
        FilmSet.open(tmp_path)


def test_rows_are_taken_in_the_order_asked_for_on_disk_and_in_memory(folder):
    films = FilmSet.open(folder)
    numbers = [5, 0, 5, 3]
    inside = films.resident("cpu", ("mask",))
    assert torch.equal(films.take("mask", numbers), inside.take("mask", np.array(numbers)))
    assert torch.equal(torch.cat(list(films.batches("mask", 3, limit=7))), films.take("mask", range(7)))


def test_bytes_and_signed_round_trip():
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_bytes(to_signed(every)), every)


def test_flows_of_pairs_lead_from_frame_to_frame():
    spec = FilmSetSpec("pairs", Size(64, 36), 36, num_programs=4, per_program=1, num_captions=0, reduced=True)
    shard = draw_shard(spec, 0).tensors
    assert (shard["t"] > 0).all() and (shard["t"] < 1).all()
    sources, targets = ("a", "b", "m", "m"), ("b", "a", "a", "b")
    for i, (here, there) in enumerate(zip(sources, targets)):
        flow, known = shard["flow"][:, i].float(), shard["known"][:, i : i + 1].bool()
        known = known & (flow.norm(dim=1, keepdim=True) > 1)
        if known.sum() < 20:
            continue
        first, second = to_signed(shard[here]), to_signed(shard[there])
        moved = ((warp(second, flow) - first).abs() * known).sum() / known.sum()
        stayed = ((second - first).abs() * known).sum() / known.sum()
        assert moved < stayed


def test_stills_and_joint_sets_have_their_shapes():
    still = FilmSetSpec("stills", Size(32, 32), 24, still=Size(80, 45), num_programs=1, per_program=2, num_captions=2)
    assert draw_shard(still, 0).tensors["picture"].shape == (2, 3, 45, 80)
    joint = FilmSetSpec(
        "joint", Size(32, 32), 24, num_frames=5, still=Size(80, 45), num_programs=1, per_program=1, num_captions=2
    )
    shapes = {name: tuple(value.shape[1:]) for name, value in draw_shard(joint, 0).tensors.items()}
    assert shapes["video"] == (3, 9, 32, 32) and shapes["flow"] == (2, 8, 32, 32) and shapes["known"] == (8, 32, 32)
    assert shapes["sketch"] == (3, 5, 32, 32) and shapes["picture"] == (3, 45, 80) and shapes["key"] == ()


def test_latents_are_encoded_once_per_codec(folder, tmp_path):
    calls = []

    def encode(video):
        calls.append(len(video))
        return video[:, :2, ::4, ::16, ::16]

    films = FilmSet.open(folder)
    first = cached_latents(films, tmp_path, encode, "one", size=8)
    assert {name: tuple(first.tensors[name].shape[1:]) for name in NAMES} == {
        "latent": (2, 2, 2, 2), "control": (2, 2, 2, 2), "image": (2, 2, 1, 2, 2), "image_control": (2, 2, 1, 2, 2),
        "subject": (1, 2, 2, 2), "image_subject": (2, 1, 1, 2, 2),
    }  # fmt: skip
    num = len(calls)
    second = cached_latents(films, tmp_path, encode, "one", size=8)
    assert len(calls) == num and all(torch.equal(first.tensors[n], second.tensors[n]) for n in NAMES)
    cached_latents(films, tmp_path, encode, "two", size=8)
    assert len(calls) == 2 * num


def test_fields_and_indices_agree():
    rng = np.random.default_rng(0)
    rows = [fields(sample_scene(rng, Repertoire.full())) for _ in range(5)]
    options = indices(rows, schema())
    for i, row in enumerate(rows):
        assert {name: schema()[name][int(options[name][i])] for name in schema()} == row


def test_captions_are_generated_once(tmp_path):
    first = cached_captions(tmp_path, 6, seed=1, repertoire=Repertoire.reduced())
    stamp = next(tmp_path.glob("*.jsonl")).stat().st_mtime_ns
    assert cached_captions(tmp_path, 6, seed=1, repertoire=Repertoire.reduced()) == first
    assert next(tmp_path.glob("*.jsonl")).stat().st_mtime_ns == stamp
    assert set(first[0].stated) <= set(schema()) and set(first[0].fields) == set(schema())


def test_captions_of_unseen_scenes_are_held_out():
    for row in captioned_scenes(20, seed=0, repertoire=Repertoire.full(), scenes="unseen"):
        f = row.fields
        assert held_out(f["kind"], f["colour"], f["action"], f["setting"])


def test_typing_errors_spare_short_words_and_chinese():
    rng = np.random.default_rng(0)
    assert slip("a red cat", rng) == "a red cat" and slip("红色的猫在跳", rng) == "红色的猫在跳"
    changed = {slip("a butterfly", rng) for _ in range(30)}
    assert len(changed) > 5 and all(abs(len(text) - len("a butterfly")) <= 1 for text in changed)
    assert mistyped("一只猫。", "zh", np.random.default_rng(1)).strip()
