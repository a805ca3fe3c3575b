"""The commands say what the table says; a mistake has its exit code."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from filmloom.cli.jobs import app
from filmloom.core.errors import FilmloomError, RequestError
from filmloom.serve.errors import Conflict, UnknownJob
from filmloom.serve.messages import Failure
from filmloom.serve.store import Store
from filmloom.serve.table import open_table


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.setenv("FILMLOOM_HOME", str(tmp_path))
    opened = open_table(tmp_path / "jobs.sqlite")
    yield opened
    opened.close()


def said(*words: str) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(done.exception, FilmloomError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_list_shows_states_and_finds_words(table):
    jobs = [table.submit({"prompt": prompt}) for prompt in ("a red car", "a blue boat", "a red boat")]
    table.fail(table.claim("w"), Failure("bad_request", "no such colour"))
    assert [line.split()[0] for line in said("list").splitlines()] == [job.id for job in jobs[::-1]]
    assert "bad_request: no such colour" in said("list", "--state", "failed")
    assert [json.loads(line)["id"] for line in said("list", "--search", "boat", "--json").splitlines()] == [
        jobs[2].id, jobs[1].id,
    ]  # fmt: skip
    assert "--limit 2" in said("list", "--limit", 1)
    with pytest.raises(RequestError, match="queued"):
        said("list", "--state", "queue")


def test_a_job_is_stopped_and_goes_on(table):
    job = table.submit({"prompt": "a red car"}).id
    assert "paused" in said("pause", job) and table.get(job).state == "paused"
    assert "queued" in said("resume", job)
    table.claim("w")
    assert "running, asked to cancel" in said("cancel", job)
    with pytest.raises(Conflict):
        said("retry", job)
    with pytest.raises(UnknownJob):
        said("show", "video_nobody")


def test_show_and_watch_tell_the_whole_story(table, tmp_path):
    job = table.submit({"prompt": "ein roter Käfer"}).id
    claim, store = table.claim("w"), Store(tmp_path / "store", spare=0)
    table.heartbeat(claim, progress=0.5, stage="draw")
    part = store.part_path(claim.token, job)
    part.write_bytes(b"film")
    result, digest = store.keep(part)
    table.finish(claim, result=result, digest=digest)
    shown = json.loads(said("show", job))
    assert shown["state"] == "done" and shown["film"] == str(store.result_path(result))
    kinds = ["queued", "claimed", "progress", "done"]
    assert [event["kind"] for event in shown["events"]] == kinds
    assert [line.split()[0] for line in said("watch", job).splitlines()] == kinds
    assert [json.loads(line)["kind"] for line in said("watch", job, "--json").splitlines()] == kinds
    assert "50%" in said("watch", job)


def test_purge_takes_what_has_expired_and_what_nobody_has(table, tmp_path):
    store = Store(tmp_path / "store", spare=0)
    job = table.submit({"prompt": "a red car"}).id
    claim = table.claim("w")
    results = []
    for token, data in ((claim.token, b"film"), ("a" * 32, b"orphan")):
        part = store.part_path(token, job)
        part.write_bytes(data)
        results.append(store.keep(part)[0])
    table.finish(claim, result=results[0], digest="d")
    assert "0 jobs, 0 films and 0 orphans" in said("purge")
    assert "0 jobs, 0 films" in said("purge", "--older-than", 0)
    assert store.result_path(results[0]).exists() and not store.result_path(results[1]).exists()
    with table.database.write():
        table.database.run("UPDATE jobs SET expires = 1")
    assert said("purge").startswith("1 jobs, 1 films") and not store.result_path(results[0]).exists()


def test_backup_and_restore(table, tmp_path):
    job = table.submit({"prompt": "a red car"}).id
    assert "1 jobs" in said("backup", tmp_path / "all.jsonl")
    assert "1 jobs" in said("restore", tmp_path / "all.jsonl", "--table", tmp_path / "new.sqlite")
    assert job in said("list", "--table", tmp_path / "new.sqlite")
