"""OpenAI's Videos, on the wire as its clients speak it: create, retrieve, list, content, delete, remix."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse, Response

from filmloom.core.errors import RequestError
from filmloom.core.types import Size
from filmloom.generate.request import is_public_model, model_folder, nearest_size
from filmloom.serve.desk import AtDesk, Deleter, Desk, Maker, NotJson, Reader, body_of, idempotency_of, parsed
from filmloom.serve.fetching import fetched
from filmloom.serve.messages import Job
from filmloom.serve.schema import ERRORS, FILE, ORDER, VIDEO, VIDEO_DELETED, VIDEO_LIST, created_by, json_body
from filmloom.serve.uploads import is_picture, keep

router = APIRouter(prefix="/v1/videos", tags=["openai"], responses=ERRORS)
MOST_TEXT = 2**20  # bytes of one field of a form
THEIR_MODELS = ("sora-2", "sora-2-pro")
Limit = Annotated[int, Query(ge=1, le=100)]


@router.post("", responses={200: VIDEO}, openapi_extra=created_by)
async def create(request: Request, desk: AtDesk, key: Maker) -> JSONResponse:
    """A new video job. Fields of our own (seed, mode, fps, ...) go beside theirs."""
    fields = await _form(request) if _is_form(request) else await body_of(request)
    idempotency = idempotency_of(request)
    job = await desk.do(_created, desk, fields, key=key.id, idempotency=idempotency)
    return _answer(desk, job)


@router.get("", responses={200: VIDEO_LIST})
async def videos(
    desk: AtDesk, key: Reader, after: str = "", limit: Limit = 20, order: Annotated[str, Query()] = "desc"
) -> JSONResponse:
    """Videos by age, a page at a time: `after` is the last one of the page before."""
    if order not in ("asc", "desc"):
        raise RequestError("order", order, "it must be asc or desc", "desc")
    jobs, has_more = await desk.do(desk.page, key, limit=limit, after=after, order=order)
    data = [desk.video(job) for job in jobs]
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return JSONResponse({"object": "list", "data": data, "has_more": has_more, **ends})


@router.get("/{job}", responses={200: VIDEO})
async def retrieve(job: str, desk: AtDesk, key: Reader) -> JSONResponse:
    """How far a video is."""
    return _answer(desk, await desk.do(desk.job, job, key))


@router.get("/{job}/content", responses=FILE)
async def content(request: Request, job: str, desk: AtDesk, key: Reader, variant: str = "video") -> Response:
    """The film (video), a picture of it (thumbnail) or small pictures for a player's bar (spritesheet)."""
    if variant not in ("video", "thumbnail", "spritesheet"):
        raise RequestError("variant", variant, "it must be video, thumbnail or spritesheet", "video")
    found = await desk.do(desk.job, job, key)
    return await desk.do(desk.file, request, found, variant)


@router.delete("/{job}", responses={200: VIDEO_DELETED})
async def delete(job: str, desk: AtDesk, key: Deleter) -> JSONResponse:
    """Forget a video; one that is not finished is cancelled."""
    found = await desk.do(desk.job, job, key)
    await desk.do(desk.delete, found)
    return JSONResponse({"id": job, "object": "video.deleted", "deleted": True})


@router.post("/{job}/remix", responses={200: VIDEO}, openapi_extra=json_body("A new prompt.", ["prompt"]))
async def remix(request: Request, job: str, desk: AtDesk, key: Maker) -> JSONResponse:
    """The same video with another prompt."""
    fields, idempotency = await body_of(request), idempotency_of(request)
    if not isinstance(fields.get("prompt"), str):
        raise RequestError("prompt", fields.get("prompt"), "a remix needs a new prompt")
    found = await desk.do(desk.job, job, key)
    fields = desk.remixed(found, fields)
    made = await desk.do(_created, desk, fields, key=key.id, idempotency=idempotency, remix_of=found.id)
    return _answer(desk, made)


def _answer(desk: Desk, job: Job) -> JSONResponse:
    return JSONResponse(desk.video(job), headers={"openai-poll-after-ms": str(int(desk.settings.poll_after * 1000))})


def _created(desk: Desk, fields: dict[str, Any], **told: Any) -> Job:
    """Their fields said in ours."""
    fields, warnings = dict(fields), []
    if fields.get("model") in THEIR_MODELS:
        default = next(iter(desk.settings.models))
        warnings.append(f"{fields['model']} is not here; {default} makes the film.")
        fields["model"] = default
    if isinstance(fields.get("seconds"), str):
        fields["seconds"] = _seconds(fields["seconds"])
    model = desk.settings.models.get(str(fields.get("model")), next(iter(desk.settings.models.values())))
    if isinstance(fields.get("size"), str) and not is_public_model(model_folder(model)):
        fields["size"] = _wide(fields["size"], warnings)
    if (reference := fields.pop("input_reference", None)) is not None:
        fields |= _referred(desk, reference)
    return desk.order(fields, warnings=warnings, extra={"api": "openai"}, **told)()


def _seconds(text: str) -> float:
    try:
        return float(text[:20]) if text.isascii() else float("nan")
    except ValueError:
        raise RequestError("seconds", text, "it must be a number of seconds, as text", "4") from None


def _wide(text: str, warnings: list[str]) -> str:
    """mini films in 16:9: what is nearly that becomes it, anything else stays and is refused with the nearest."""
    size = Size.parse(text)
    is_near = size.height > 0 and 1.7 <= size.aspect <= 1.85
    if not is_near or abs(size.aspect / (16 / 9) - 1) <= 0.01:
        return text
    warnings.append(f"{size} became {nearest_size(size)}: the model films in 16:9.")
    return str(nearest_size(size))


def _referred(desk: Desk, reference: Any) -> dict[str, str]:
    """A picture for the first frame, or a film to begin from: uploaded, at an address, or in a data: address."""
    field = "input_reference"
    if isinstance(reference, bytes):
        data = reference
    elif isinstance(reference, dict) and isinstance(reference.get("image_url"), str):
        data = _at(reference["image_url"], desk)
    else:
        raise RequestError(field, str(reference), 'it must be a file, or {"image_url": "..."}')
    return {"image" if is_picture(data) else "start": keep(data, desk.store, field=field)}


def _at(url: str, desk: Desk) -> bytes:
    if not url.startswith("data:"):
        return fetched(url, limit=desk.settings.largest_upload, allow_private=desk.settings.allow_private)
    head, _, data = url.partition(",")
    try:
        data = base64.b64decode(data if head.endswith(";base64") else "?", validate=True)
    except (binascii.Error, ValueError):
        raise RequestError("input_reference", url[:40], "a data: address must be base64") from None
    return data


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("multipart/form-data", "application/x-www-form-urlencoded")


async def _form(request: Request) -> dict[str, Any]:
    """A form's fields; what is no text of ours is read as JSON, for a form only has texts."""
    fields: dict[str, Any] = {}
    try:
        async with request.form(max_files=1, max_fields=100, max_part_size=MOST_TEXT) as form:
            for name, value in form.multi_items():
                fields[name] = await value.read() if isinstance(value, UploadFile) else _read(name, value)
    except (MultiPartException, UnicodeError, ValueError, AssertionError, KeyError) as error:
        raise NotJson(f"The form cannot be read ({str(error)[:100] or type(error).__name__}).") from None
    return _nested(fields)


def _read(name: str, text: str) -> Any:
    if "\0" in text:
        raise NotJson(f"{name[:60]} holds a NUL character.")
    kind = ORDER.get(name, {"type": "string"}).get("type")
    if kind == "string" or name == "seconds":
        return text
    try:
        return parsed(f'{{"it": {text}}}'.encode())["it"]
    except (NotJson, KeyError):
        return text  # what checks it says what is wrong


def _nested(fields: dict[str, Any]) -> dict[str, Any]:
    """`input_reference[image_url]` is a field within a field."""
    url = fields.pop("input_reference[image_url]", None)
    return fields if url is None else fields | {"input_reference": {"image_url": url}}
