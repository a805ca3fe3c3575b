"""The web process: OpenAI's API, our own, the studio's files, and what operators look at; one application.

    app = create_app(open_table(path), Store(folder), Settings())

It makes no films: workers do, and all that the two share is the table and the store.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from filmloom import __version__
from filmloom.core.errors import FilmloomError, RefusedError, RequestError, ResourceError, UserError
from filmloom.finishing.house import House, open_house
from filmloom.serve import routes_native, routes_openai, spans
from filmloom.serve.desk import AtDesk, Desk, Reader
from filmloom.serve.errors import ServiceError
from filmloom.serve.limits import Doorman, failed, problem
from filmloom.serve.schema import ERROR, ERRORS, THING, answer
from filmloom.serve.settings import Settings
from filmloom.serve.store import Store
from filmloom.serve.table import JobTable
from filmloom.serve.webhooks import Sender

WEB = Path(__file__).parent / "web"
CODES = {404: "not_found", 405: "method_not_allowed"}


def create_app(table: JobTable, store: Store, settings: Settings, house: House | None = None) -> FastAPI:
    """`app.state.desk` is what its routes work with; `app.state.desk.bell.close()` ends the streams before a stop."""
    app = FastAPI(
        title="filmloom", version=__version__, docs_url=None, redoc_url=None, lifespan=_life,
        generate_unique_id_function=lambda route: route.name,
    )  # fmt: skip
    desk = app.state.desk = Desk(table, store, settings, house or open_house())
    app.state.sender = _sender(desk)
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.include_router(routes_openai.router)
    app.include_router(routes_native.router)
    _add_operations(app)
    app.mount("/", StaticFiles(directory=WEB, html=True, check_dir=False), name="web")
    app.add_middleware(Doorman, settings=settings, seen=desk.metrics.seen)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    if settings.telemetry and not spans.is_on():
        spans.turn_on()
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    if app.state.sender:
        app.state.sender.start()
    warming = app.state.desk.pool.submit(app.state.desk.warm)
    yield
    warming.cancel()
    app.state.desk.bell.close()
    if app.state.sender:
        app.state.sender.stop()
    app.state.desk.pool.shutdown(wait=True)


def _sender(desk: Desk) -> Sender | None:
    """Nothing is sent unsigned."""
    if not desk.settings.webhook_secret:
        return None
    told = {"allow_private": desk.settings.allow_private, "heard": desk.metrics.heard}
    return Sender(desk.table, desk.settings.webhook_secret, **told)


def _add_operations(app: FastAPI) -> None:
    @app.get("/livez", tags=["operations"], responses={200: answer(THING)})
    async def alive() -> JSONResponse:
        """This process answers."""
        return JSONResponse({"alive": True})

    @app.get("/readyz", tags=["operations"], responses={200: answer(THING), 503: answer(THING)})
    async def ready(desk: AtDesk) -> JSONResponse:
        """The table answers, and there is room on the disk."""
        checks = await desk.do(_checks, desk)
        return JSONResponse({"ready": all(checks.values()), "checks": checks}, 200 if all(checks.values()) else 503)

    @app.get("/metrics", tags=["operations"], responses=ERRORS | {200: {"content": {"text/plain": {}}}})
    async def metrics(desk: AtDesk, key: Reader) -> Response:
        """Numbers for Prometheus."""
        return Response(await desk.do(desk.metrics.page), media_type=CONTENT_TYPE_LATEST)


def _checks(desk: Desk) -> dict[str, bool]:
    checks = {}
    for name, check in (("table", desk.table.depth), ("disk", desk.require_disk)):
        try:
            check()
            checks[name] = True
        except FilmloomError:
            checks[name] = False
    return checks


# --- Errors


async def _service(request: Request, error: ServiceError) -> JSONResponse:
    return failed(error)


async def _field(request: Request, error: RequestError) -> JSONResponse:
    return problem(str(error), 400, code="invalid_value", param=error.field)


async def _user(request: Request, error: UserError) -> JSONResponse:
    return problem(str(error), 400, code="invalid_request")


async def _refused(request: Request, error: RefusedError) -> JSONResponse:
    return problem(str(error), 400, code="moderation_blocked", param="prompt")


async def _resource(request: Request, error: ResourceError) -> JSONResponse:
    answered = problem(str(error), 503, code="insufficient_resources")
    answered.headers["Retry-After"] = "60"
    return answered


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    answered = problem(str(error.detail), error.status_code, code=CODES.get(error.status_code, "invalid_request"))
    answered.headers.update(error.headers or {})
    return answered


async def _unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    name = str(first["loc"][-1])
    return problem(f"{name}: {first['msg']}.", 400, code="invalid_value", param=name)


HANDLERS: dict[type[Exception], Any] = {
    ServiceError: _service, RequestError: _field, UserError: _user, RefusedError: _refused, ResourceError: _resource,
    HTTPException: _http, RequestValidationError: _unreadable,
}  # fmt: skip


# --- The page of the API


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's, without the 422 that this service never answers, and with the key."""
    if app.openapi_schema:
        return app.openapi_schema
    page = get_openapi(title=app.title, version=app.version, routes=app.routes, description=__doc__)
    for route in page["paths"].values():
        for operation in route.values():
            operation["responses"].pop("422", None)
    page.setdefault("components", {}).pop("schemas", None)
    page["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    page["components"]["schemas"] = {"Error": ERROR}
    page["security"] = [{}, {"key": []}]
    app.openapi_schema = page
    return page
