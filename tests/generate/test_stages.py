"""Chaining in threads changes nothing but the time; errors and closing reach every stage."""

from __future__ import annotations

import threading

import pytest

from filmloom.core.errors import Cancelled
from filmloom.generate.progress import Progress, Reporter
from filmloom.generate.stages import DEPTH, Stop, chained, overlapped


def doubled(chunks):
    for chunk in chunks:
        yield 2 * chunk


def paired(chunks):
    """Two in, one out, the odd one dropped."""
    for first in chunks:
        second = next(chunks, None)
        if second is not None:
            yield first, second


@pytest.mark.parametrize("overlap", [True, False])
def test_stages_compose_like_functions(overlap):
    wanted = [(4 * i, 4 * i + 2) for i in range(50)]
    assert list(chained(iter(range(101)), [doubled, paired], overlap=overlap)) == wanted


def test_a_stage_runs_ahead_but_not_far():
    made = []

    def source():
        for number in range(1000):
            made.append(number)
            yield number

    chunks = overlapped(source(), Stop())
    assert next(chunks) == 0
    chunks.close()
    assert len(made) <= DEPTH + 3


@pytest.mark.parametrize("overlap", [True, False])
def test_an_error_in_any_stage_surfaces_in_the_reader_and_ends_all_threads(overlap):
    ended = []

    def source():
        try:
            yield from range(1000)
        finally:
            ended.append("source")

    def failing(chunks):
        for chunk in chunks:
            if chunk == 4:
                raise ZeroDivisionError
            yield chunk

    before = threading.active_count()
    read = []
    with pytest.raises(ZeroDivisionError):
        for chunk in chained(source(), [failing, doubled], overlap=overlap):
            read.append(chunk)
    assert read == [0, 2, 4, 6] and ended == ["source"]
    assert threading.active_count() == before


def test_leaving_early_ends_all_threads():
    before = threading.active_count()
    chunks = chained(iter(range(10**9)), [doubled, doubled, doubled])
    assert next(chunks) == 0
    chunks.close()
    assert threading.active_count() == before


def test_time_left_is_spent_time_scaled_to_what_is_left(monkeypatch):
    clock = iter([10.0, 10.0, 10.0, 13.0, 13.0])
    monkeypatch.setattr("filmloom.generate.progress.time.monotonic", lambda: next(clock))
    heard = []
    reporter = Reporter(heard.append)
    reporter.begin("denoise", 4)
    reporter("denoise", 1, 4)
    assert heard == [Progress("denoise", 0, 4, None), Progress("denoise", 1, 4, 9.0)]
    assert reporter.seconds == {"denoise": 3.0}


def test_a_stopped_request_says_so_at_its_next_step():
    reporter = Reporter()
    reporter("draw", 1, 2)
    reporter.stop.because()
    with pytest.raises(Cancelled):
        reporter("draw", 2, 2)
