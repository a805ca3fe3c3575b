"""Numbers for Prometheus. What the table knows is read when somebody asks, so any web process tells the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from filmloom.core.machine import disk_free
from filmloom.serve.crew import together
from filmloom.serve.messages import BANDS, STATES
from filmloom.serve.table import JobTable

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counters of this process and, through the table, gauges of the house."""

    def __init__(self, table: JobTable, folder: Path):
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "filmloom_requests_total", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "filmloom_request_seconds", "Until the answer was sent.", ["route"], buckets=BUCKETS, registry=self.registry
        )
        self.webhooks = Counter("filmloom_webhooks_total", "Webhooks sent.", ["ok"], registry=self.registry)
        self.registry.register(Gauges(table, folder))

    def seen(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS") else "other"
        self.requests.labels(known, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def heard(self, went_well: bool) -> None:
        self.webhooks.labels("yes" if went_well else "no").inc()

    def page(self) -> bytes:
        return generate_latest(self.registry)


class Gauges:
    """What the table and the disk say at this moment."""

    def __init__(self, table: JobTable, folder: Path):
        self.table, self.folder = table, folder

    def describe(self) -> list:
        return []  # so that registering asks nothing of the table

    def collect(self) -> Iterator[GaugeMetricFamily]:
        depth, recent = self.table.depth(), self.table.recent()
        jobs = GaugeMetricFamily("filmloom_jobs", "Jobs by state.", labels=["state"])
        for state in STATES:
            jobs.add_metric([state], depth[state])
        waiting = GaugeMetricFamily("filmloom_jobs_waiting", "Waiting jobs by band.", labels=["band"])
        for band in BANDS:
            waiting.add_metric([band], depth[f"queued/{band}"])
        yield from (jobs, waiting)
        yield from _crew(self.table)
        yield GaugeMetricFamily("filmloom_events", "The number of the newest event.", self.table.last_event())
        yield GaugeMetricFamily(
            "filmloom_seconds_per_second", "Seconds of work per second of film at 1280x720, lately.",
            sum(spent for _, spent in recent) / max(1e-9, sum(cost for cost, _ in recent)) if recent else 0.0,
        )  # fmt: skip
        yield GaugeMetricFamily("filmloom_disk_free_bytes", "Free where the films are.", disk_free(self.folder))


def _crew(table: JobTable) -> Iterator[GaugeMetricFamily]:
    """The workers that were heard lately, and how often what they wanted was there already."""
    crew, films = table.crew.present(), table.films()
    warm = together(crew)
    yield GaugeMetricFamily("filmloom_workers", "Workers that were heard lately.", len(crew))
    yield GaugeMetricFamily("filmloom_warm_bytes", "Held by models between films.", warm.get("bytes", 0))
    asked = CounterMetricFamily(
        "filmloom_warm", "Models and prompts that were in memory or not.", labels=["kind", "was"]
    )
    for kind, prefix in (("models", ""), ("prompts", "prompt_")):
        for was, name in (("there", "hits"), ("missing", "misses"), ("evicted", "evictions")):
            asked.add_metric([kind, was], warm.get(prefix + name, 0))
    kept = CounterMetricFamily("filmloom_films", "Films by how they came: made, or there already.", labels=["how"])
    for how, num in films.items():
        kept.add_metric([how], num)
    yield from (asked, kept)
