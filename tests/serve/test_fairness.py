"""A key that floods the table delays another no longer than start-time fair queueing says. The large version is
`python bench/fairness.py --jobs 100000`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def fairness(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "bench")
    import fairness

    return fairness


def test_every_job_of_the_quiet_key_starts_within_the_bound(table, clock, fairness):
    found = fairness.Flood(table, clock, jobs=400, seed=2).run()
    assert found["jobs"] == 400 and found["of_the_quiet_key"] > 20
    assert found["beyond_the_bound"] == 0 and found["least_margin_to_the_bound"] >= 0
    alone = found["where_none_of_its_own_waits"]
    assert alone["wait_most"] <= alone["bound"]
    assert found["wait_mean"] < found["first_come_first_served_wait_mean"], "the flood is not waited for"


def test_the_bound_would_notice_a_queue_without_fairness(table, clock, fairness, monkeypatch):
    """All jobs in one flow: whoever came first is served first, and the quiet key waits for the flood."""
    tags = iter(range(10**6))
    monkeypatch.setattr(table, "_tag", lambda key, band, cost: float(next(tags)))
    found = fairness.Flood(table, clock, jobs=400, seed=2).run()
    assert found["beyond_the_bound"] > 10 and found["least_margin_to_the_bound"] < -100
