"""The bodies of the OpenAPI page. Requests are read by hand, so that a wrong field is answered with what would work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from filmloom.serve.messages import BANDS, STATES
from filmloom.serve.submit import FIELDS

TEXT, NUMBER, WHOLE, YES, THING = ({"type": kind} for kind in ("string", "number", "integer", "boolean", "object"))


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def an_object(properties: dict[str, Any], *, required: Sequence[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties if required is None else required)}


def a_list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def answer(schema: dict[str, Any], description: str = "As asked.") -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


FAILURE = an_object({"code": TEXT, "message": TEXT})
ERROR = an_object({"error": an_object({"message": TEXT, "type": TEXT, "param": maybe(TEXT), "code": maybe(TEXT)})})
STATUSES = {
    400: "The request is wrong, or may not be filmed.", 401: "No key, or a wrong one.", 403: "The key may not do that.",
    404: "There is no such job.", 408: "The body came too slowly.", 409: "The job's state does not allow that.",
    413: "The body is too large.", 415: "The body is not JSON.", 421: "This service has another name.",
    429: "Too many requests, or the key's quota is used up.", 503: "The house is full; see Retry-After.",
}  # fmt: skip
ERRORS: dict[int | str, dict[str, Any]] = {status: answer(ERROR, told) for status, told in STATUSES.items()}

JOB = an_object({
    "id": TEXT, "state": TEXT | {"enum": list(STATES)}, "prompt": TEXT, "request": THING, "created": NUMBER,
    "started": maybe(NUMBER), "finished": maybe(NUMBER), "expires": maybe(NUMBER), "band": TEXT, "attempts": WHOLE,
    "wants": TEXT, "stage": TEXT, "progress": NUMBER, "seconds_left": maybe(NUMBER), "position": maybe(WHOLE),
    "failure": maybe(FAILURE), "has_film": YES, "remix_of": maybe(TEXT), "same_as": maybe(TEXT), "mode": TEXT,
    "unknown_words": a_list(TEXT), "warnings": a_list(TEXT), "urls": THING,
})  # fmt: skip
JOBS = an_object({"data": a_list(JOB), "has_more": YES, "last_id": maybe(TEXT)})

_VIDEO = an_object({
    "id": TEXT, "object": TEXT | {"const": "video"}, "model": TEXT,
    "status": TEXT | {"enum": ["queued", "in_progress", "completed", "failed"]},
    "progress": WHOLE | {"minimum": 0, "maximum": 100}, "prompt": TEXT, "seconds": TEXT, "size": TEXT,
    "created_at": WHOLE, "completed_at": maybe(WHOLE), "expires_at": maybe(WHOLE),
    "remixed_from_video_id": maybe(TEXT), "error": maybe(FAILURE), "warnings": a_list(TEXT),
    "unknown_words": a_list(TEXT),
})  # fmt: skip


def links(operations: Sequence[str], *, at: str) -> dict[str, Any]:
    """What may be asked next of the job that an answer names: OpenAPI's links, which clients and testers follow."""
    given = {"parameters": {"job": f"$response.body#/{at}"}}
    return {"links": {name: {"operationId": name} | given for name in operations}}


_ORDERS = ("job", "cancel", "pause", "resume", "retry", "remix_job", "delete_job")
_FILES = ("film", "thumbnail", "spritesheet", "preview", "report")
ONE = {200: answer(JOB) | links((*_ORDERS, *_FILES, "retrieve"), at="id")}
MANY = {200: answer(an_object({"data": a_list(JOB)})) | links(("job", "cancel", "film", "delete_job"), at="data/0/id")}
PAGE = {200: answer(JOBS) | links((*_ORDERS, *_FILES), at="data/0/id")}
PAGE[200]["links"] |= {"next": {"operationId": "jobs", "parameters": {"after": "$response.body#/last_id"}}}
_STARTED = {"prompt": "a red car", "start": "$response.body#/name"}
UPLOADED = {
    200: answer(an_object({"name": TEXT, "bytes": NUMBER}))
    | {"links": {"start": {"operationId": "submit_job", "requestBody": _STARTED}}}
}

_THEIR_OWN = ("retrieve", "content", "remix", "delete")
VIDEO = answer(_VIDEO, "The video.") | links((*_THEIR_OWN, "job"), at="id")
VIDEO_LIST = answer(an_object({"object": TEXT, "data": a_list(_VIDEO), "has_more": YES}), "A page.")
VIDEO_LIST |= links(_THEIR_OWN, at="data/0/id")
VIDEO_LIST["links"] |= {"next": {"operationId": "videos", "parameters": {"after": "$response.body#/last_id"}}}
VIDEO_DELETED = answer(an_object({"id": TEXT, "object": TEXT, "deleted": YES}), "It is gone.")
_BYTES = {"schema": {"type": "string", "format": "binary"}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The whole file.", "content": {"video/mp4": _BYTES, "image/jpeg": _BYTES}},
    206: {"description": "The part that was asked for.", "content": {"video/mp4": _BYTES, "image/jpeg": _BYTES,
                                                                     "multipart/byteranges": _BYTES}},
    304: {"description": "It is what you have."},
    400: {"description": STATUSES[400], "content": {"application/json": {"schema": ERROR}, "text/plain": _BYTES}},
    416: {"description": "The file has no such part.", "content": {"text/plain": _BYTES}},
}  # fmt: skip

ORDER = FIELDS | {
    "band": TEXT | {"enum": list(BANDS)},
    "webhook": TEXT | {"description": "Told when the job ends."},
    "idempotency_key": TEXT | {"maxLength": 255},
    "reuse": YES | {"description": "Whether a film that is there may be this one."},
}


def body(properties: dict[str, Any], required: Sequence[str], **more: Any) -> dict[str, Any]:
    """A JSON body, for `openapi_extra`."""
    schema = an_object(properties, required=required) | more
    return {"requestBody": {"required": bool(required), "content": {"application/json": {"schema": schema}}}}


def json_body(description: str, required: Sequence[str]) -> dict[str, Any]:
    """A body with the fields of a request, in JSON."""
    return body(ORDER, required, description=description)


_THEIRS = ORDER | {"seconds": {"oneOf": [TEXT | {"example": "4"}, NUMBER]}}
_REFERENCE = an_object({"image_url": TEXT})
created_by = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": an_object(_THEIRS | {"input_reference": _REFERENCE}, required=["prompt"])},
            "multipart/form-data": {
                "schema": an_object(
                    {name: TEXT for name in ("prompt", "model", "seconds", "size")}
                    | {"input_reference": {"type": "string", "format": "binary"}},
                    required=["prompt"],
                )
            },
        },
    }
}
