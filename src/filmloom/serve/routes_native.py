"""Our own API: every field of a request, batches and matrices, live events and previews, pause and resume, plans."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from filmloom.checkpoints.public import open_public
from filmloom.core.errors import RequestError
from filmloom.generate.request import Request as FilmRequest
from filmloom.generate.request import check, is_public_model, model_folder
from filmloom.models.names import TABLES
from filmloom.models.wan import MODELS as WAN_MODELS
from filmloom.serve import ahead
from filmloom.serve.capacity import capacity_of
from filmloom.serve.desk import AtDesk, Deleter, Desk, Maker, NotJson, NotReady, Reader, body_of, idempotency_of
from filmloom.serve.keys import Key
from filmloom.serve.messages import STATES, Event, Job
from filmloom.serve.schema import (
    ERRORS,
    FILE,
    MANY,
    NUMBER,
    ONE,
    PAGE,
    TEXT,
    THING,
    UPLOADED,
    WHOLE,
    YES,
    a_list,
    an_object,
    answer,
    body,
    json_body,
    maybe,
)
from filmloom.serve.sse import stream
from filmloom.serve.templates import STYLES, TEMPLATES
from filmloom.serve.uploads import keep
from filmloom.world.captions import suggest
from filmloom.world.scene import nearest_word

router = APIRouter(prefix="/api", tags=["filmloom"], responses=ERRORS)
Limit = Annotated[int, Query(ge=1, le=100)]
WINNERS = ("left", "right", "equal")


# --- Jobs


@router.post("/jobs", responses=ONE, openapi_extra=json_body("A film.", ["prompt"]))
async def submit_job(request: Request, desk: AtDesk, key: Maker) -> JSONResponse:
    """A new job. What nobody knows is named in `warnings`."""
    fields, idempotency = await body_of(request), idempotency_of(request)
    return JSONResponse(await desk.do(lambda: desk.view(desk.order(fields, key=key.id, idempotency=idempotency)())))


@router.get("/jobs", responses=PAGE)
async def jobs(
    desk: AtDesk,
    key: Reader,
    state: str = "",
    search: str = "",
    limit: Limit = 20,
    after: str = "",
    order: str = "desc",
) -> JSONResponse:
    """Jobs by age. `state`: one or several, with commas between; `search`: words of the prompt."""
    states = tuple(state.split(",")) if state else STATES
    for one in states:
        if one not in STATES:
            raise RequestError("state", one, f"it must be one of {', '.join(STATES)}", "done")
    if order not in ("asc", "desc"):
        raise RequestError("order", order, "it must be asc or desc", "desc")
    if "\0" in search or len(search) > 500:
        raise RequestError("search", search, "it must be a text of at most 500 characters")

    def page() -> dict[str, Any]:
        found, more = desk.page(key, states=states, search=search, limit=limit, after=after, order=order)
        return {"data": [desk.view(job) for job in found], "has_more": more, "last_id": found[-1].id if found else None}

    return JSONResponse(await desk.do(page))


@router.get("/jobs/{job}", responses=ONE)
async def job(job: str, desk: AtDesk, key: Reader) -> JSONResponse:
    return JSONResponse(await desk.do(lambda: desk.view(desk.job(job, key))))


@router.delete("/jobs/{job}", responses={200: answer(an_object({"id": TEXT, "deleted": YES}))})
async def delete_job(job: str, desk: AtDesk, key: Deleter) -> JSONResponse:
    await desk.do(lambda: desk.delete(desk.job(job, key)))
    return JSONResponse({"id": job, "deleted": True})


async def _changed(desk: Desk, job: str, key: Key, change: Callable[[str], Job]) -> JSONResponse:
    return JSONResponse(await desk.do(lambda: desk.view(change(desk.job(job, key).id))))


@router.post("/jobs/{job}/cancel", responses=ONE)
async def cancel(job: str, desk: AtDesk, key: Maker) -> JSONResponse:
    return await _changed(desk, job, key, desk.table.cancel)


@router.post("/jobs/{job}/pause", responses=ONE)
async def pause(job: str, desk: AtDesk, key: Maker) -> JSONResponse:
    return await _changed(desk, job, key, desk.table.pause)


@router.post("/jobs/{job}/resume", responses=ONE)
async def resume(job: str, desk: AtDesk, key: Maker) -> JSONResponse:
    return await _changed(desk, job, key, desk.table.resume)


@router.post("/jobs/{job}/retry", responses=ONE)
async def retry(job: str, desk: AtDesk, key: Maker) -> JSONResponse:
    return await _changed(desk, job, key, desk.table.retry)


@router.post("/jobs/{job}/remix", responses=ONE, openapi_extra=json_body("What is to be different.", []))
async def remix_job(request: Request, job: str, desk: AtDesk, key: Maker) -> JSONResponse:
    """The same request with other fields."""
    fields, idempotency = await body_of(request), idempotency_of(request)

    def remixed() -> dict[str, Any]:
        found = desk.job(job, key)
        told = {"key": key.id, "idempotency": idempotency, "remix_of": found.id}
        return desk.view(desk.order(desk.remixed(found, fields), **told)())

    return JSONResponse(await desk.do(remixed))


# --- Several at once


@router.post("/batch", responses=MANY, openapi_extra=body({"requests": a_list(THING)}, ["requests"]))
async def batch(request: Request, desk: AtDesk, key: Maker) -> JSONResponse:
    """All of them or, where one is wrong, none; the error says which."""
    requests = (await body_of(request)).get("requests")
    if not isinstance(requests, list) or not requests or not all(isinstance(one, dict) for one in requests):
        raise RequestError("requests", requests, "it must be a list of requests")
    return await _many(desk, key, requests)


@router.post("/matrix", responses=MANY, openapi_extra=body({"base": THING, "vary": THING}, ["base", "vary"]))
async def matrix(request: Request, desk: AtDesk, key: Maker) -> JSONResponse:
    """One request for each combination: `{"base": {...}, "vary": {"seed": [1, 2], "mode": ["plan", "draw"]}}`."""
    fields = await body_of(request)
    base, vary = fields.get("base"), fields.get("vary")
    if not isinstance(base, dict):
        raise RequestError("base", base, "it must be a request")
    if not isinstance(vary, dict) or not vary or not all(isinstance(v, list) and v for v in vary.values()):
        raise RequestError("vary", vary, "it must name fields, each with a list of values", '{"seed": [1, 2, 3]}')
    num = 1
    for values in vary.values():
        num *= len(values)
    _check_num(desk, num, "vary")
    return await _many(desk, key, [base | dict(zip(vary, one)) for one in itertools.product(*vary.values())])


def _check_num(desk: Desk, num: int, field: str) -> None:
    most = desk.settings.most_in_batch
    if num > most:
        raise RequestError(field, f"{num} films", f"at most {most} may be asked for at once", most)


async def _many(desk: Desk, key: Key, requests: list[dict[str, Any]]) -> JSONResponse:
    _check_num(desk, len(requests), "requests")

    def all_or_none() -> list[dict[str, Any]]:
        orders = [_ordered(desk, key, one, number) for number, one in enumerate(requests)]
        with desk.table.database.write():
            made = [order() for order in orders]
        return [desk.view(desk.table.get(job.id)) for job in made]

    return JSONResponse({"data": await desk.do(all_or_none)})


def _ordered(desk: Desk, key: Key, fields: dict[str, Any], number: int) -> Callable[[], Job]:
    try:
        return desk.order(fields, key=key.id)
    except RequestError as error:
        raise RequestError(f"requests[{number}].{error.field}", error.value, error.rule, error.nearest) from None


# --- Films and pictures


@router.get("/jobs/{job}/film", responses=FILE)
async def film(request: Request, job: str, desk: AtDesk, key: Reader) -> Response:
    return await desk.do(lambda: desk.file(request, desk.job(job, key), "video"))


@router.get("/jobs/{job}/thumbnail", responses=FILE)
async def thumbnail(request: Request, job: str, desk: AtDesk, key: Reader) -> Response:
    return await desk.do(lambda: desk.file(request, desk.job(job, key), "thumbnail"))


@router.get("/jobs/{job}/spritesheet", responses=FILE)
async def spritesheet(request: Request, job: str, desk: AtDesk, key: Reader) -> Response:
    return await desk.do(lambda: desk.file(request, desk.job(job, key), "spritesheet"))


@router.get("/jobs/{job}/preview", responses=FILE)
async def preview(request: Request, job: str, desk: AtDesk, key: Reader) -> Response:
    """The newest picture of what is being made; of a film that is there, its thumbnail."""
    found = await desk.do(desk.job, job, key)
    if found.state == "done":
        return await desk.do(desk.file, request, found, "thumbnail")
    path = desk.store.preview_path(found.id)
    if not path.is_file():
        raise NotReady(f"Job {job} is {found.state}; there is no picture yet.")
    known = path.stat()
    tag = f'"{known.st_mtime_ns:x}-{known.st_size:x}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(path.read_bytes(), media_type="image/jpeg", headers=headers)


@router.get("/jobs/{job}/report", responses={200: answer(THING)})
async def report(job: str, desk: AtDesk, key: Reader) -> Response:
    """What is told beside the film: its settings, what was checked, and what making it took."""
    found = await desk.do(desk.job, job, key)
    path = desk.store.sidecar_path(found.result) if found.result else None
    if path is None or not path.is_file():
        raise NotReady(f"Job {job} is {found.state}; there is no report.")
    return FileResponse(path, media_type="application/json")


@router.post("/uploads", responses=UPLOADED)
async def upload(request: Request, desk: AtDesk, key: Maker) -> JSONResponse:
    """A picture or film to begin from, as a form's `file` or the whole body. → the name to give as start or image."""
    data = await _uploaded(request)
    desk.require_disk()
    return JSONResponse({"name": await desk.do(keep, data, desk.store), "bytes": len(data)})


async def _uploaded(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise RequestError("file", file, "the form must hold a file of that name")
            return await file.read()
    except (MultiPartException, ValueError, AssertionError, KeyError) as error:
        raise NotJson(f"The form cannot be read ({str(error)[:100]}).") from None


# --- Events


@router.get("/events", responses={200: {"description": "Events.", "content": {"text/event-stream": {}}}})
async def events(request: Request, desk: AtDesk, key: Reader, job: str = "", after: str = "") -> StreamingResponse:
    """What happens, as server-sent events: of one job from its beginning, of all from now on, or after the event number
    `after` or `Last-Event-ID`."""
    given = request.headers.get("last-event-id") or after
    if given and not (given.isascii() and given.isdigit() and len(given) < 19):
        raise RequestError("after", given, "it must be the number of an event")
    if job:
        await desk.do(desk.job, job, key)
    last = await desk.do(desk.table.last_event)
    start = min(int(given), last) if given else (0 if job else last)
    chosen = {"job": job or None, "key": desk.owner(key)}

    def read(number: int) -> list[Event]:
        return desk.table.events(after=number, limit=200, **chosen)

    desk.bell.enter()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(desk.bell, read, start), media_type="text/event-stream", headers=headers)


# --- Before a film


@router.post("/plan", responses={200: answer(THING)}, openapi_extra=json_body("Prompt, seed, seconds.", ["prompt"]))
async def plan(request: Request, desk: AtDesk, key: Reader) -> JSONResponse:
    """What a prompt means: its Scene, the words that mean nothing with the nearest that do, and what was changed."""
    fields = await body_of(request)
    given = {name: fields[name] for name in ("prompt", "seed", "seconds") if fields.get(name) is not None}
    return JSONResponse(await desk.do(_planned, desk, FilmRequest(**given)))


def _planned(desk: Desk, request: FilmRequest) -> dict[str, Any]:
    check(request)
    desk.house.screened(request.prompt)
    planned = desk.film.plan(request)
    scenes = [json.loads(scene.to_json()) for scene in (planned.scene, *planned.then)]
    return {
        "scene": scenes if len(scenes) > 1 else scenes[0],
        "unknown_words": [{"word": word, "nearest": suggest(word)} for word in planned.unknown_words],
        "notes": list(planned.notes),
    }


@router.get("/models", responses={200: answer(an_object({"data": a_list(THING)}))})
async def models(desk: AtDesk, key: Reader) -> JSONResponse:
    """What may be asked for as `model`; the first is the usual one. `warm`: some worker has it in memory."""
    crew = await desk.do(desk.table.crew.present)
    warm = {model for member in crew for model in member.models}
    data = [_model(name, where) | {"warm": where in warm} for name, where in desk.settings.models.items()]
    return JSONResponse({"data": data})


def _model(name: str, where: str) -> dict[str, Any]:
    record = model_folder(where) / "model.json"
    told = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    parts = told.get("parts", {}).values()
    modes = {mode: facts.get("passes") for mode, facts in told.get("modes", {}).items()}
    num_params = sum(part.get("params", 0) for part in parts)
    family, image = _family(model_folder(where))
    known = {"id": name, "family": family, "image": image, "licence": told.get("licence")}
    return known | {"parameters": num_params, "modes": modes}


@cache
def _family(folder: Path) -> tuple[str, str]:
    """mini or wan, and whether its first frame may be a client's picture: none, optional or required."""
    return ("wan", WAN_MODELS[open_public(folder, TABLES).model].image) if is_public_model(folder) else ("mini", "none")


@router.get("/styles", responses={200: answer(an_object({"data": a_list(THING)}))})
async def styles(key: Reader) -> JSONResponse:
    return JSONResponse({"data": list(STYLES)})


@router.get("/templates", responses={200: answer(an_object({"data": a_list(THING)}))})
async def templates(desk: AtDesk, key: Reader) -> JSONResponse:
    """Films to begin with. Where the house has made one ahead, `urls` are its film and thumbnail, and whoever asks for
    its `request` has it at once."""
    return JSONResponse({"data": await desk.do(lambda: [ahead.view(desk, one) for one in TEMPLATES])})


@router.post("/templates/render", responses=MANY)
async def render_templates(desk: AtDesk, key: Maker) -> JSONResponse:
    """Make the films of all templates ahead, in the band of those that wait for everybody else."""
    return JSONResponse({"data": await desk.do(lambda: [desk.view(ahead.render(desk, one)) for one in TEMPLATES])})


@router.post("/templates/{name}/render", responses=ONE)
async def render_template(name: str, desk: AtDesk, key: Maker) -> JSONResponse:
    """Make one template's film ahead; it is the house's own and counts against nobody's quota."""
    return JSONResponse(await desk.do(lambda: desk.view(ahead.render(desk, _template(name)))))


@router.get("/templates/{name}/film", responses=FILE)
async def template_film(request: Request, name: str, desk: AtDesk, key: Reader) -> Response:
    return await desk.do(lambda: desk.file(request, ahead.made(desk, _template(name)), "video"))


@router.get("/templates/{name}/thumbnail", responses=FILE)
async def template_thumbnail(request: Request, name: str, desk: AtDesk, key: Reader) -> Response:
    return await desk.do(lambda: desk.file(request, ahead.made(desk, _template(name)), "thumbnail"))


def _template(name: str) -> dict[str, str]:
    known = {one["id"]: one for one in TEMPLATES}
    if name not in known:
        raise RequestError("name", name, f"it must be one of {', '.join(known)}", nearest_word(name, list(known)))
    return known[name]


WARM = an_object({"hits": NUMBER, "misses": NUMBER, "prompt_hits": NUMBER, "prompt_misses": NUMBER}, required=[])
CAPACITY = an_object({
    "queued": NUMBER, "running": NUMBER, "workers": NUMBER, "seconds_estimate": maybe(NUMBER), "based_on": WHOLE,
    "free_bytes": NUMBER, "warm": WARM, "films": an_object({"made": WHOLE, "reused": WHOLE}),
})  # fmt: skip


@router.get("/capacity", responses={200: answer(CAPACITY)})
async def capacity(
    desk: AtDesk, key: Reader, seconds: float = 4.0, size: str = "1280x720", mode: str = "auto", model: str = ""
) -> JSONResponse:
    """How busy the house is, and how long such a film would take from now, waiting included; null: nobody knows yet.

    `based_on`: the films of that model and mode that the estimate rests on. `warm`: how often models and prompts were
    in memory already; `films`: how many were made, and how many were there already."""
    default = next(iter(desk.settings.models))
    if (model or default) not in desk.settings.models:
        raise RequestError("model", model, f"it must be one of {', '.join(desk.settings.models)}", default)
    request = FilmRequest(
        prompt="-", seconds=seconds, size=size, mode=mode, model=desk.settings.models[model or default]
    )
    check(request)
    return JSONResponse(await desk.do(capacity_of, desk, request))


# --- Votes


VOTE = {"left": TEXT, "right": TEXT, "winner": TEXT | {"enum": list(WINNERS)}, "blind": YES}


@router.post("/vote", responses={200: answer(THING)}, openapi_extra=body(VOTE, ["left", "right", "winner"]))
async def vote(request: Request, desk: AtDesk, key: Maker) -> JSONResponse:
    """Which of two films is the better one."""
    fields = await body_of(request)
    winner, blind = fields.get("winner"), fields.get("blind", False)
    if winner not in WINNERS:
        raise RequestError("winner", winner, f"it must be one of {', '.join(WINNERS)}", "equal")
    if not isinstance(blind, bool):
        raise RequestError("blind", blind, "it must be true or false", "true")

    def counted() -> None:
        left, right = (desk.job(str(fields.get(side, "")), key) for side in ("left", "right"))
        sql = "INSERT INTO votes (at, left_job, right_job, winner, blind) VALUES (?, ?, ?, ?, ?)"
        desk.table.database.run(sql, desk.table.clock(), left.id, right.id, winner, int(blind))

    await desk.do(counted)
    return JSONResponse({"counted": True})


@router.get("/votes", responses={200: answer(an_object({"data": a_list(THING)}))})
async def votes(desk: AtDesk, key: Reader) -> JSONResponse:
    """The newest thousand votes."""
    sql = "SELECT * FROM votes ORDER BY number DESC LIMIT 1000"
    rows = await desk.do(desk.table.database.rows, sql)
    return JSONResponse({"data": [_vote(row) for row in rows]})


def _vote(row: dict[str, Any]) -> dict[str, Any]:
    kept = {"at": row["at"], "left": row["left_job"], "right": row["right_job"], "winner": row["winner"]}
    return kept | {"blind": bool(row["blind"])}
