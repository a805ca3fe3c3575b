"""What web process, table and workers say to one another: plain values, nothing else is shared.

A job's life:

    queued ──claim──▶ running ──▶ done
      ▲  │               │  ├───▶ failed     a machine's fault, after the last attempt; or a mistake found only now
      │  │               │  ├───▶ refused    by safety
      │  └──cancel──▶ cancelled ◀──┘
      ├──resume── paused ◀─pause──┤
      └───────── lease ran out, or a machine's fault with attempts left: from its checkpoint
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

STATES = ("queued", "running", "paused", "done", "failed", "cancelled", "refused")
FINAL = ("done", "failed", "cancelled", "refused")
BANDS = ("high", "normal", "low")  # priority, best first
EVENTS = ("queued", "claimed", "progress", "preview", "paused", "resumed", "retrying", "wants", "done", "failed",
          "cancelled", "refused")  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """Why a job ended without a film. `code` is for programs: refused, out_of_memory, disk_full, bad_request,
    lease_lost, internal ...; `retryable` only for a machine's fault."""

    code: str
    message: str
    retryable: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """One row of the table. Times are seconds since 1970 (UTC), by the table's own clock.

    `request`: the fields of `generate.Request` as JSON values. `extra`: what a client asked that is no part of the
    film (its own metadata, the API it came by). `key`: who asked, "" where no keys are used. `result`: the film's
    path below the store's folder. `same_as`: the job whose finished film serves this one too.
    """

    id: str
    state: str = "queued"
    request: dict[str, Any] = field(default_factory=dict)
    content: str = ""  # hash of request and model: equal jobs share a result
    key: str = ""
    band: str = "normal"
    created: float = 0.0
    started: float | None = None
    finished: float | None = None
    expires: float | None = None
    attempts: int = 0
    max_attempts: int = 3
    lease_owner: str = ""
    lease_until: float | None = None
    wants: str = ""  # "", "cancel" or "pause": the worker obeys within one step
    stage: str = ""
    progress: float = 0.0  # 0..1 of the whole job
    seconds_left: float | None = None
    checkpoint: str = ""
    result: str = ""
    digest: str = ""
    failure: Failure | None = None
    same_as: str = ""
    remix_of: str = ""
    idempotency: str = ""
    webhook: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


@dataclass(frozen=True)
class Event:
    """Something that happened to a job. `number` grows by one per table: the `Last-Event-ID` of a stream."""

    number: int
    job: str
    at: float
    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """A job leased to a worker until `until`; `token` proves the lease, and every later word about the job needs it."""

    job: Job
    token: str
    until: float


def to_json(value: object) -> str:
    """A message as one line."""
    return json.dumps(dataclasses.asdict(value), ensure_ascii=False, sort_keys=True)
