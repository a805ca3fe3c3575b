"""Jobs as clients see them: our own view, and OpenAI's `video`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from filmloom.core.types import Size
from filmloom.generate.request import DEFAULT_SIZE
from filmloom.serve.errors import ServiceError
from filmloom.serve.messages import Job

STATUSES = {"queued": "queued", "paused": "queued", "running": "in_progress", "done": "completed"}  # others: failed
CODES = {"refused": "moderation_blocked"}


def job_view(job: Job, *, position: int | None = None, models: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A job in plain words. `models`: name → folder; a client sees the name."""
    names = {folder: name for name, folder in (models or {}).items()}
    request = dict(job.request)
    if request.get("model") in names:
        request["model"] = names[request["model"]]
    failure = job.failure and {"code": job.failure.code, "message": job.failure.message}
    return {
        "id": job.id, "state": job.state, "prompt": request.get("prompt", ""), "request": request,
        "created": job.created, "started": job.started, "finished": job.finished, "expires": job.expires,
        "band": job.band, "attempts": job.attempts, "wants": job.wants, "stage": job.stage,
        "progress": round(job.progress, 4), "seconds_left": job.seconds_left, "position": position,
        "failure": failure, "has_film": has_film(job), "remix_of": job.remix_of or None,
        "same_as": job.same_as or None, "mode": request.get("mode", "auto"),
        "unknown_words": job.extra.get("unknown_words", []), "warnings": job.extra.get("warnings", []),
        "urls": urls(job),
    }  # fmt: skip


def has_film(job: Job) -> bool:
    return job.state == "done" and bool(job.result)


def urls(job: Job) -> dict[str, str | None]:
    """Where a job's pictures are; None what is not there yet."""
    there = {name: has_film(job) for name in ("film", "thumbnail", "spritesheet", "report")}
    there["preview"] = job.state in ("running", "paused", "done")
    return {name: f"/api/jobs/{job.id}/{name}" if is_there else None for name, is_there in there.items()}


def video_view(job: Job, *, models: Mapping[str, str] | None = None) -> dict[str, Any]:
    """OpenAI's `video`, and two fields more: what was passed over, and words that mean nothing to the model."""
    names = {folder: name for name, folder in (models or {}).items()}
    model, status = job.request.get("model", "mini"), STATUSES.get(job.state, "failed")
    return {
        "id": job.id, "object": "video", "model": names.get(model, model), "status": status,
        "progress": 100 if status == "completed" else min(99, int(job.progress * 100)),
        "prompt": job.request.get("prompt", ""), "seconds": f"{float(job.request.get('seconds', 4)):g}",
        "size": str(Size.parse(job.request.get("size", str(DEFAULT_SIZE)))), "created_at": int(job.created),
        "completed_at": int(job.finished) if status == "completed" and job.finished else None,
        "expires_at": int(job.expires) if job.expires else None, "remixed_from_video_id": job.remix_of or None,
        "error": _error(job) if status == "failed" else None, "warnings": job.extra.get("warnings", []),
        "unknown_words": job.extra.get("unknown_words", []),
    }  # fmt: skip


def _error(job: Job) -> dict[str, str]:
    if job.failure is None:
        return {"code": job.state, "message": f"The job was {job.state}."}
    return {"code": CODES.get(job.state, job.failure.code), "message": job.failure.message}


def envelope(message: str, *, code: str | None, param: str | None = None, status: int = 400) -> dict[str, Any]:
    """OpenAI's error, which our own API speaks too."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def told(error: ServiceError) -> dict[str, Any]:
    return envelope(str(error), code=error.code, status=error.status)
