"""Spans: the making of a job is the child of the request that asked for it; where nobody listens there are none."""

from __future__ import annotations

import threading

import pytest

from filmloom.core.errors import UserError
from filmloom.serve import spans
from filmloom.serve.warm import Warm
from filmloom.serve.worker import Worker


@pytest.fixture
def heard():
    pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed (filmloom[otel])")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans.turn_on(provider)
    yield exporter
    spans.turn_off()


def test_a_job_s_span_is_the_child_of_its_request_s(live, heard):
    above = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"  # a client that traces, too
    asked = {"prompt": "a red car", "size": "128x72", "seconds": 0.5, "fps": 8, "mode": "draw", "silent": True}
    job = live.web.post("/api/jobs", json=asked, headers={"traceparent": above}).json()["id"]
    Worker(live.table, live.store, owner="test", models=Warm(threads=1)).run(threading.Event(), until_idle=True)
    assert live.table.get(job).state == "done"
    request, made = (next(one for one in heard.get_finished_spans() if one.name == name) for name in ("request", "job"))
    assert request.attributes["http.route"] == "/api/jobs" and request.attributes["http.response.status_code"] == 200
    assert request.parent.span_id == int("b" * 16, 16) and request.context.trace_id == int("a" * 32, 16)
    assert made.parent.span_id == request.context.span_id and made.context.trace_id == request.context.trace_id
    assert made.attributes["filmloom.job"] == job and made.attributes["filmloom.attempt"] == 1
    told = str([dict(one.attributes) for one in heard.get_finished_spans()])
    assert "red car" not in told, "a prompt is nobody's to read"


def test_where_nobody_listens_nothing_is_kept(live):
    job = live.web.post("/api/jobs", json={"prompt": "a red car"}, headers={"traceparent": "00-x"}).json()["id"]
    assert spans.PARENT not in live.table.get(job).extra and spans.here() == {}
    with spans.span("anything") as nothing:
        assert nothing is None


def test_without_the_extra_the_operator_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(UserError, match=r"filmloom\[otel\]"):
        spans.turn_on()
    assert not spans.is_on()
