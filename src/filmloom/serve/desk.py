"""What every route of the web process works with: the table, the store, the house's rules, and who is asking.

The table is asked in a few threads of our own that live as long as the process: each keeps its connection.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import FileResponse, Response

from filmloom.core.errors import RequestError
from filmloom.finishing.house import House
from filmloom.finishing.read import open_film
from filmloom.finishing.stills import poster, save_picture, sprite_sheet
from filmloom.generate.pipeline import load
from filmloom.serve import spans
from filmloom.serve.errors import Conflict, NoKey, ServiceError, UnknownJob
from filmloom.serve.fetching import checked_url
from filmloom.serve.keys import EVERYBODY, Key
from filmloom.serve.limits import Buckets
from filmloom.serve.messages import Job
from filmloom.serve.metrics import Metrics
from filmloom.serve.settings import Settings
from filmloom.serve.sse import Bell
from filmloom.serve.store import JOB, VARIANTS, Store
from filmloom.serve.submit import Rules, ordered, submit
from filmloom.serve.table import JobTable
from filmloom.serve.uploads import find
from filmloom.serve.views import has_film, job_view, video_view
from filmloom.world.captions import unknown_words

THREADS = 8
LARGEST_WHOLE = 2**63


class NotReady(ServiceError):
    status, code = 409, "not_ready"


class NotJson(ServiceError):
    status, code = 400, "invalid_json"


class WrongType(ServiceError):
    status, code = 415, "unsupported_media_type"


class Desk:
    def __init__(self, table: JobTable, store: Store, settings: Settings, house: House):
        self.table, self.store, self.settings, self.house = table, store, settings, house
        self.rules = Rules(house=house, models=settings.models, uploaded=lambda name: find(name, store))
        self.buckets, self.metrics = Buckets(), Metrics(table, store.folder)
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="desk")
        self.bell = Bell(self.do, table.last_event, most=settings.most_streams)
        self._drawing = threading.Lock()

    async def do(self, work: Callable, *args: Any, **named: Any) -> Any:
        """Work that waits for the table or the disk, without holding up everybody else."""
        here = contextvars.copy_context()  # so that the span of the request is the one above
        return await asyncio.get_running_loop().run_in_executor(self.pool, partial(here.run, work, *args, **named))

    @cached_property
    def film(self):
        """The default model, for plans; its planner is read when first used."""
        return load(next(iter(self.settings.models.values())))

    def warm(self) -> None:
        """What the first request would wait for: the policy's and the captions' words."""
        self.house.screened("a red car")
        unknown_words("a red car")

    # --- Who asks

    def caller(self, request: Request, scope: str) -> Key:
        """The key of a request, which may do `scope` and has not asked too often."""
        address = request.client.host if request.client else ""
        secret = secret_of(request)
        if secret:
            key = self._known(secret, address)
        elif self.needs_keys():
            raise NoKey("This service needs an API key: Authorization: Bearer KEY.")
        else:
            key = EVERYBODY
        request.state.key = key.id
        limit = key.quota.requests_per_minute
        self.buckets.take(key.id or address, self.settings.requests_per_minute if limit is None else limit)
        key.require(scope)
        return key

    def needs_keys(self) -> bool:
        return not self.settings.is_loopback or any(key.revoked is None for key in self.table.keys.list())

    def _known(self, secret: str, address: str) -> Key:
        """A key; whoever guesses is soon told to wait. Where the house uses no keys, any will do."""
        try:
            return self.table.keys.authenticate(secret)
        except NoKey:
            if not self.needs_keys():
                return EVERYBODY
            self.buckets.take(f"guess {address}", self.settings.wrong_keys_per_minute)
            raise

    # --- Jobs

    def job(self, job: str, key: Key) -> Job:
        """A job that this key may see: its own, or all for who has no key to have, or an admin."""
        if not JOB.fullmatch(job):
            raise UnknownJob(job[:60])
        found = self.table.get(job)
        if self.owner(key) not in (None, found.key):
            raise UnknownJob(job)
        return found

    def page(self, key: Key, *, after: str = "", **told: Any) -> tuple[list[Job], bool]:
        """Jobs that this key may see, as `JobTable.list` turns its pages."""
        if after and not JOB.fullmatch(after):
            raise RequestError("after", after, "it must be the id of a job")
        return self.table.list(key=self.owner(key), after=after, **told)

    def owner(self, key: Key) -> str | None:
        """Whose jobs a key sees; None: everybody's."""
        return None if not key.id or "admin" in key.scopes else key.id

    def view(self, job: Job) -> dict[str, Any]:
        """A job as clients see it; the address of a preview is told once there is one."""
        shown = job_view(job, position=self.table.position(job), models=self.settings.models)
        if not has_film(job) and not self.store.preview_path(job.id).is_file():
            shown["urls"]["preview"] = None
        return shown

    def video(self, job: Job) -> dict[str, Any]:
        return video_view(job, models=self.settings.models)

    def order(self, fields: dict[str, Any], *, warnings: list[str] | None = None, **told: Any) -> Callable[[], Job]:
        """Everything that can be wrong with a request is found now; the answer submits it."""
        webhook = fields.get("webhook")
        if webhook is not None:
            checked_url(webhook, field="webhook", allow_private=self.settings.allow_private)
        self.require_disk()
        apart = ("webhook", "band", "idempotency_key", "reuse")
        order = ordered({n: v for n, v in fields.items() if n not in apart}, rules=self.rules, warnings=warnings or ())
        told |= {"webhook": webhook or "", "band": _text(fields, "band") or "normal"}
        told["extra"] = told.get("extra", {}) | spans.here()
        told["idempotency"] = told.get("idempotency") or _text(fields, "idempotency_key")
        reuse = fields.get("reuse", True)
        if not isinstance(reuse, bool):
            raise RequestError("reuse", reuse, "it must be true or false", "true")
        return lambda: submit(self.table, order, reuse=reuse, **told)

    def require_disk(self) -> None:
        self.store.require_room(self.settings.least_free)

    def remixed(self, job: Job, fields: dict[str, Any]) -> dict[str, Any]:
        """A job's request with other fields; a new prompt throws away the scene of the old one."""
        names = {folder: name for name, folder in self.settings.models.items()}
        kept = job.request | {"model": names.get(job.request.get("model"))}
        if "prompt" in fields and "scene" not in fields:
            kept.pop("scene", None)
        return {name: value for name, value in kept.items() if value is not None} | fields

    def delete(self, job: Job) -> None:
        """A job that waits or runs is cancelled first; its film goes if nobody else has it."""
        if not job.is_final:
            job = self.table.cancel(job.id)
        if not job.is_final:
            raise Conflict(f"Job {job.id} is being cancelled; delete it in a moment.")
        gone = self.table.delete(job.id)
        self.store.remove_job(job.id)
        self.store.remove_unused(gone.result, self.table.is_used)

    # --- Files

    def file(self, request: Request, job: Job, variant: str) -> Response:
        """The film or a picture of it, with ranges and an ETag that never changes: the digest of the film."""
        if not has_film(job):
            raise NotReady(f"Job {job.id} is {job.state}; there is no film yet.")
        film = self.store.result_path(job.result)
        if not film.is_file():
            raise UnknownJob(f"{job.id}: its film is gone")
        tag = f'"{film.stem}-{variant}"'
        headers = {"ETag": tag, "Cache-Control": "private, max-age=0, must-revalidate"}
        if tag in [one.strip() for one in request.headers.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers=headers)
        if variant in VARIANTS:
            return FileResponse(self.picture(film, variant), media_type="image/jpeg", headers=headers)
        name = f"{job.id}.mp4"
        return FileResponse(
            film, media_type="video/mp4", headers=headers, filename=name, content_disposition_type="inline"
        )

    def picture(self, film, variant: str):
        """A poster or sprite sheet, made from the film when first asked for, one at a time."""
        path = self.store.variant_path(film.stem, variant)
        with self._drawing:
            if not path.is_file():
                with open_film(film) as shown:
                    made = drawn(shown, variant)
                save_picture(path, made, overwrite=True)
        return path


def drawn(film, variant: str):
    if variant == "thumbnail":
        return poster(film.chunks(8)).picture
    return sprite_sheet(film.chunks(8), num_frames=film.num_frames, rate=film.rate).picture


def secret_of(request: Request) -> str:
    """The key that a client shows: `Authorization: Bearer KEY`."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def desk_of(request: Request) -> Desk:
    return request.app.state.desk


def _may(scope: str):
    async def caller(request: Request) -> Key:
        desk = desk_of(request)
        return await desk.do(desk.caller, request, scope)

    return caller


Maker, Reader, Deleter = (Annotated[Key, Depends(_may(scope))] for scope in ("make", "read", "delete"))
AtDesk = Annotated[Desk, Depends(desk_of)]


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that a request brings; an empty body is an empty object."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    data = await request.body()
    if not data:
        return {}
    if kind != "application/json":
        raise WrongType("The body must be application/json.")
    return parsed(data)


def parsed(data: bytes) -> dict[str, Any]:
    """JSON as RFC 8259 has it, with numbers and texts that every part of the house can hold."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant, parse_int=_whole, parse_float=_real)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise NotJson(f"The body is not JSON in UTF-8 ({str(error)[:100]}).") from None
    if not isinstance(value, dict):
        raise NotJson("The body must be a JSON object.")
    if b"\\u0000" in data:
        raise NotJson("The body holds a NUL character.")
    return value


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")


def _whole(text: str) -> int:
    if len(text) > 20 or not -LARGEST_WHOLE <= int(text) < LARGEST_WHOLE:
        raise ValueError("a whole number is too large")
    return int(text)


def _real(text: str) -> float:
    if not math.isfinite(float(text)):
        raise ValueError("a number is too large")
    return float(text)


def _text(fields: dict[str, Any], name: str, *, limit: int = 255) -> str:
    value = fields.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > limit):
        raise RequestError(name, value, f"it must be a text of at most {limit} characters")
    return value or ""


def idempotency_of(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if len(key) > 255 or not key.isprintable():
        raise RequestError("Idempotency-Key", key, "it must have at most 255 plain characters")
    return key
