"""Names from outside never become paths; equal films are one file; only what nobody owns goes."""

from __future__ import annotations

import hashlib
import os
import time

import pytest

from filmloom.core.errors import RequestError, ResourceError
from filmloom.serve.store import KINDS, Store

JOB = "video_" + "0" * 23 + "a"
OTHER = "video_" + "0" * 23 + "b"
TOKEN = "c" * 32
DIGEST = hashlib.sha256(b"film").hexdigest()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", spare=0)


def kept(store, data=b"film", token=TOKEN):
    part = store.part_path(token, JOB)
    part.write_bytes(data)
    part.with_name(f"{part.name}.json").write_text("{}")
    return store.keep(part)


def aged(path, seconds=7200.0):
    for one in [path, *path.rglob("*")] if path.is_dir() else [path]:
        os.utime(one, (time.time() - seconds,) * 2)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "/etc/passwd", "video_", f"{JOB}/..", f"../{JOB}", JOB.upper(), f"{JOB}\n", f"{JOB}\0",
     "a" * 500, None, 7, f"results/aa/{DIGEST}.mp4", f"results/{DIGEST[:2]}/../{DIGEST}.mp4", f"uploads/{DIGEST}.exe"],
)  # fmt: skip
def test_no_name_from_outside_becomes_a_path(store, name):
    paths = (store.result_path, store.sidecar_path, store.checkpoint_path, store.preview_path, store.upload_path)
    for path in paths:
        with pytest.raises(RequestError):
            path(name)
    for path in (
        lambda: store.variant_path(name, "thumbnail"),
        lambda: store.variant_path(DIGEST, name),
        lambda: store.part_path(name, JOB),
        lambda: store.part_path(TOKEN, name),
        lambda: store.remove_part(name, JOB),
        lambda: store.remove_part(TOKEN, name),
        lambda: store.remove_job(name),
        lambda: store.upload(b"", name),
    ):
        with pytest.raises(RequestError):
            path()


def test_films_are_named_by_their_bytes_and_equal_films_are_one(store):
    result, digest = kept(store)
    assert digest == DIGEST and result == f"results/{DIGEST[:2]}/{DIGEST}.mp4"
    assert store.result_path(result).read_bytes() == b"film" and store.sidecar_path(result).read_text() == "{}"
    assert kept(store, token="d" * 32) == (result, digest)
    assert store.sizes()["results"] == len(b"film" + b"{}")


def test_a_film_goes_with_its_last_job(store):
    result, digest = kept(store)
    store.write(store.variant_path(digest, "thumbnail"), b"jpeg")
    assert not store.remove_unused(result, lambda name: True) and store.result_path(result).exists()
    assert not store.remove_unused("", lambda name: False)
    assert store.remove_unused(result, lambda name: False)
    assert store.sizes() | {"free": 0} == dict.fromkeys((*KINDS, "free"), 0)


def test_uploads_are_kept_once(store):
    name = store.upload(b"picture", ".png")
    assert store.upload(b"picture", ".png") == name and store.upload_path(name).read_bytes() == b"picture"
    assert store.upload(b"another", ".png") != name and len(list((store.folder / "uploads").iterdir())) == 2


def test_a_disk_that_is_nearly_full_is_told_before_the_work(tmp_path):
    store = Store(tmp_path, spare=2**60)
    with pytest.raises(ResourceError, match="must stay free"):
        store.require_room(1)
    with pytest.raises(ResourceError):
        store.upload(b"picture", ".png")
    assert store.sizes()["uploads"] == 0
    Store(tmp_path, spare=0).require_room(1)


def test_the_sweep_takes_old_orphans_and_nothing_else(store):
    used, _ = kept(store, b"used")
    orphan, orphan_digest = kept(store, b"orphan")
    young, _ = kept(store, b"young", token="e" * 32)
    store.write(store.variant_path(orphan_digest, "spritesheet"), b"jpeg")
    for job in (JOB, OTHER):
        store.part_path(TOKEN, job)
        store.checkpoint_path(job).mkdir()
        store.write(store.preview_path(job), b"jpeg")
    uploads = [store.upload(data, ".png") for data in (b"wanted", b"unwanted")]
    aged(store.folder)
    os.utime(store.result_path(young))
    (store.checkpoint_path(OTHER) / "state").write_bytes(b"just saved")

    rules = {"is_used": lambda r: r == used, "is_alive": lambda job: job == JOB, "is_wanted": lambda u: u == uploads[0]}
    gone = store.sweep(**rules)
    assert {orphan, f"previews/{OTHER}.jpg", uploads[1], f"parts/{OTHER}-{TOKEN}"} <= set(gone)
    assert store.result_path(used).exists() and store.result_path(young).exists()
    assert store.checkpoint_path(JOB).exists() and store.preview_path(JOB).exists()
    assert (store.folder / f"parts/{JOB}-{TOKEN}").is_dir(), "its worker may not have written yet"
    assert store.checkpoint_path(OTHER).exists(), "something in it is young"
    assert not store.result_path(orphan).exists() and not store.variant_path(orphan_digest, "spritesheet").exists()
    assert store.upload_path(uploads[0]).exists() and not store.upload_path(uploads[1]).exists()
    assert store.sweep(**rules) == []


def test_a_file_that_is_written_is_whole_or_not_there(store, monkeypatch):
    path = store.write(store.preview_path(JOB), b"first")

    def pulled(*_):
        raise OSError("the plug was pulled")

    monkeypatch.setattr(os, "replace", pulled)
    with pytest.raises(OSError, match="plug"):
        store.write(path, b"second")
    assert path.read_bytes() == b"first" and list(path.parent.iterdir()) == [path]
