"""Spans for OpenTelemetry: one for each request, and for each making of a job as a child of the request it came by.

Off unless `filmloom serve --telemetry` turns it on; where it is off, nothing is imported and nothing sent.

Where to, and under what name, is OpenTelemetry's own: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME` and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from filmloom.core.errors import UserError

PARENT = "traceparent"  # the W3C header, which a job keeps among its `extra`
_tracer: Any = None


def turn_on(provider: Any = None) -> None:
    """Send spans from now on, to `provider` or to where OTEL_EXPORTER_OTLP_ENDPOINT says."""
    global _tracer
    provider = provider or _usual()
    _tracer = provider.get_tracer("filmloom")


def turn_off() -> None:
    global _tracer
    _tracer = None


def is_on() -> bool:
    return _tracer is not None


@contextmanager
def span(name: str, *, kind: str = "INTERNAL", parent: str = "", **facts: object) -> Iterator[Any]:
    """What happens in the block. → the span, or None where nobody listens. `parent`: a W3C traceparent."""
    if _tracer is None:
        yield None
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    above = TraceContextTextMapPropagator().extract({PARENT: parent}) if parent else None
    known = {name: value for name, value in facts.items() if value is not None}
    with _tracer.start_as_current_span(name, context=above, kind=SpanKind[kind], attributes=known) as one:
        yield one


def here() -> dict[str, str]:
    """The span that we are in, to be kept: `{"traceparent": ...}`, or nothing."""
    if _tracer is None:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return {PARENT: carrier[PARENT]} if PARENT in carrier else {}


def tell(one: Any, facts: Mapping[str, object]) -> None:
    """What is known only at a span's end."""
    if one is not None:
        one.set_attributes({name: value for name, value in facts.items() if value is not None})


def _usual() -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise UserError("Telemetry needs `pip install filmloom[otel]`; or leave --telemetry away.") from None
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
