"""What is backed up from one kind of database is the same in the other, and work goes on from it."""

from __future__ import annotations

import re

import pytest

from filmloom.core.errors import UserError
from filmloom.serve.backup import ORDER, backup, restore
from filmloom.serve.keys import Quota
from filmloom.serve.messages import Failure
from filmloom.serve.migrations import MIGRATIONS
from filmloom.serve.table import open_table

FIRST = '{"migrations": 1}\n'


def filled(table, clock):
    """Some of everything."""
    key, secret = table.keys.create("studio", quota=Quota(weight=2.5, films_per_day=9))
    jobs = [table.submit({"prompt": f"Ein Käfer {i}", "seconds": 0.1 * i}, key=key.id, webhook="https://example.org")
            for i in range(4)]  # fmt: skip
    table.finish(table.claim("one"), result="results/a", digest="a")
    table.fail(table.claim("one"), Failure("bad_request", "no"))
    clock += 1.25
    table.heartbeat(table.claim("two", lease=10), progress=1 / 3, stage="draw")
    with table.database.write():
        table.database.run(
            "INSERT INTO votes (at, left_job, right_job, winner, blind) VALUES (1.5, 'a', 'b', 'left', 1)"
        )
    return jobs, secret


def everything(table):
    return {name: table.database.rows(f"SELECT * FROM {name} ORDER BY {order}") for name, order in ORDER.items()}


def test_every_table_is_in_a_backup():
    made = re.findall(r"CREATE TABLE (\w+)", "\n".join(step for steps in MIGRATIONS for step in steps))
    assert set(made) == set(ORDER) | {"crew"}, "who works there now is no part of it"


def test_a_round_trip_over_another_database(table, clock, tmp_path):
    jobs, secret = filled(table, clock)
    before = everything(table)
    counts = backup(table, tmp_path / "table.jsonl")
    assert counts == {name: len(rows) for name, rows in before.items() if rows} and counts["jobs"] == 4
    other = open_table(tmp_path / "other.sqlite", clock=clock)
    assert restore(other, tmp_path / "table.jsonl") == counts
    assert everything(other) == before
    backup(other, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text() == (tmp_path / "table.jsonl").read_text()

    with table.database.write():  # and back, into the first kind of database, emptied
        for name in ORDER:
            table.database.run(f"DELETE FROM {name}")
    restore(table, tmp_path / "again.jsonl")
    assert everything(table) == before
    assert table.keys.authenticate(secret).name == "studio"
    newest = table.last_event()
    clock += 60
    assert table.claim("three").job.id == jobs[2].id, "its lease ran out while the table was away"
    assert [event.number for event in table.events(after=newest)] == [newest + 1]
    other.close()


def test_what_is_no_backup_changes_nothing(tmp_path, clock):
    table = open_table(tmp_path / "jobs.sqlite", clock=clock)
    path = tmp_path / "table.jsonl"
    for text, message in (
        ("", "no backup"),
        ("[]\n", "no backup"),
        ('{"migrations": 99}\n', "newer"),
        (FIRST + '{"table": "jobs; DROP TABLE jobs", "row": {"id": "a"}}\n', "line 2"),
        (FIRST + '{"table": "flows", "row": {"flow": "f", "tag": 1}}\n' + '{"table": "flows", "row": {}}\n', "line 3"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(UserError, match=message):
            restore(table, path)
        assert table.database.rows("SELECT flow FROM flows") == [{"flow": "now"}]
    table.submit({"prompt": "a car"})
    backup(table, path)
    with pytest.raises(UserError, match="not empty"):
        restore(table, path)
    assert table.depth()["queued"] == 1
    table.close()
