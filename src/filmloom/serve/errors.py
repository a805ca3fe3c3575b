"""What the service refuses, each with a word for programs and its HTTP status.

FilmloomError
└── ServiceError
    ├── UnknownJob       404  no such job, or not this key's
    ├── Conflict         409  the job's state, or an idempotency key that was used for something else
    ├── LeaseLost        409  a worker speaks of a job that is no longer its own
    ├── NotAllowed       401 / 403  no key, or a key without this scope
    ├── QuotaExceeded    429  the key's own limits
    ├── QueueFull        503  the house's limits
    └── TableBusy        503  another program holds the table
"""

from __future__ import annotations

from filmloom.core.errors import FilmloomError


class ServiceError(FilmloomError):
    """`code` for programs; `retry_after` in seconds where waiting helps."""

    status, code = 500, "internal"

    def __init__(self, message: str, *, retry_after: float | None = None):
        super().__init__(message)
        self.retry_after = retry_after


class UnknownJob(ServiceError):
    status, code = 404, "not_found"

    def __init__(self, job: str):
        super().__init__(f"There is no job {job!r}.")


class Conflict(ServiceError):
    status, code = 409, "conflict"


class LeaseLost(ServiceError):
    status, code = 409, "lease_lost"


class NotAllowed(ServiceError):
    status, code = 403, "not_allowed"


class NoKey(NotAllowed):
    status, code = 401, "invalid_api_key"


class QuotaExceeded(ServiceError):
    status, code = 429, "quota_exceeded"


class QueueFull(ServiceError):
    status, code = 503, "queue_full"


class TableBusy(ServiceError):
    status, code = 503, "table_busy"
