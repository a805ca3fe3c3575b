"""What is asked of every request before any route sees it, and of every answer after: the doorman.

Names that are not ours (DNS rebinding), pages of other sites (their browsers would speak for the user), bodies that are
too large or too slow, and requests that come too often are turned away here. Every request gets an id, one line in the
log and a place in the metrics; every answer gets the headers that keep a page on our own files.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from filmloom.serve.errors import QuotaExceeded, ServiceError
from filmloom.serve.settings import Settings
from filmloom.serve.spans import PARENT, span, tell
from filmloom.serve.views import envelope, told

LOG = logging.getLogger("filmloom.serve")
OWN_NAMES = ("localhost", "127.0.0.1", "::1")
SAFE = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class TooLarge(ServiceError):
    status, code = 413, "body_too_large"


class TooSlow(ServiceError):
    status, code = 408, "body_too_slow"


class WrongHost(ServiceError):
    status, code = 421, "unknown_host"


class WrongOrigin(ServiceError):
    status, code = 403, "other_origin"


class BadPath(ServiceError):
    status, code = 400, "bad_path"


class RateExceeded(QuotaExceeded):
    status, code = 429, "rate_limit_exceeded"


class Buckets:
    """A token bucket per name: `per_minute` tokens at most, refilled evenly. The least recently used are forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, most: int = 10_000):
        self.clock, self.most = clock, most
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name → tokens, when

    def take(self, name: str, per_minute: int) -> None:
        """One token, or RateExceeded with the seconds until there is one."""
        now = self.clock()
        tokens, since = self._held.pop(name, (float(per_minute), now))
        tokens = min(float(per_minute), tokens + (now - since) * per_minute / 60)
        self._held[name] = (tokens - 1 if tokens >= 1 else tokens, now)
        while len(self._held) > self.most:
            self._held.popitem(last=False)
        if tokens < 1:
            wait = (1 - tokens) * 60 / per_minute if per_minute else 60.0
            raise RateExceeded(f"No more than {per_minute} requests a minute.", retry_after=wait)


@dataclass
class Doorman:
    """The ASGI application around the application."""

    app: ASGIApp
    settings: Settings
    seen: Callable[[str, str, int, float], None]  # method, route, status, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, answer = Headers(scope=scope), Answer(send, request_id(scope))
        scope["state"] = scope.get("state", {}) | {"request_id": answer.request_id}
        began = time.monotonic()
        with span("request", kind="SERVER", parent=headers.get(PARENT, "")) as traced:
            try:
                await self.answered(scope, headers, receive, answer)
            finally:
                tell(traced, self.noted(scope, answer, time.monotonic() - began))

    async def answered(self, scope: Scope, headers: Headers, receive: Receive, answer: Answer) -> None:
        try:
            self.check(scope, headers)
            await self.app(scope, Limited(receive, self.most_bytes(headers), self.settings.body_seconds), answer)
        except ServiceError as error:
            await answer.say(error, scope, receive)
        except Exception:
            LOG.exception("unexpected", extra={"facts": {"request_id": answer.request_id}})
            await answer.say(ServiceError(f"Something is broken here; its id is {answer.request_id}."), scope, receive)

    def check(self, scope: Scope, headers: Mapping[str, str]) -> None:
        if re.search(r"[\x00-\x1f\x7f]", scope["path"]):
            raise BadPath("The path holds control characters.")
        host = headers.get("host", "")
        if not self.is_ours(host):
            raise WrongHost(f"This service is not called {host[:80]!r}; `filmloom serve --allow-host` adds a name.")
        if scope["method"] not in SAFE and "authorization" not in headers and is_foreign(headers, host):
            raise WrongOrigin("A page of another site may not change anything here.")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.most_bytes(headers):
            raise TooLarge(f"A body may have {self.most_bytes(headers)} bytes.")

    def is_ours(self, host: str) -> bool:
        """On loopback only this machine's names: a name that merely resolves to it belongs to somebody else's page."""
        if not self.settings.is_loopback and not self.settings.hosts:
            return True
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in (*OWN_NAMES, self.settings.host, *self.settings.hosts)

    def most_bytes(self, headers: Mapping[str, str]) -> int:
        is_json = headers.get("content-type", "").startswith("application/json")
        return self.settings.largest_json if is_json else self.settings.largest_upload

    def noted(self, scope: Scope, answer: Answer, seconds: float) -> dict[str, object]:
        """In the metrics and the log. → the same for a span."""
        route = getattr(scope.get("route"), "path", "") or "other"
        self.seen(scope["method"], route, answer.status, seconds)
        facts = {
            "request_id": answer.request_id, "method": scope["method"], "path": scope["path"][:200],
            "status": answer.status, "ms": round(seconds * 1000, 1), "job": scope.get("path_params", {}).get("job"),
            "key": scope["state"].get("key"),
        }  # fmt: skip
        LOG.info("request", extra={"facts": {name: value for name, value in facts.items() if value is not None}})
        return {
            "http.request.method": scope["method"][:20], "http.route": route, "filmloom.job": facts["job"],
            "http.response.status_code": answer.status, "filmloom.request_id": answer.request_id,
        }  # fmt: skip


class Answer:
    """`send`, with our headers on the answer and its status kept."""

    def __init__(self, send: Send, request_id: str):
        self.send, self.request_id, self.status = send, request_id, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in (HEADERS | {"X-Request-Id": self.request_id}).items():
                headers.setdefault(name, value)
        await self.send(message)

    async def say(self, error: ServiceError, scope: Scope, receive: Receive) -> None:
        """An error as the answer; one that has begun cannot be taken back."""
        if not self.status:
            await failed(error)(scope, receive, self)


class Limited:
    """`receive`, until a body is too large or too slow."""

    def __init__(self, receive: Receive, most: int, seconds: float):
        self.receive, self.most, self.until = receive, most, time.monotonic() + seconds
        self.num_bytes, self.is_whole = 0, False

    async def __call__(self) -> Message:
        if self.is_whole:
            return await self.receive()
        try:
            message = await asyncio.wait_for(self.receive(), max(0.0, self.until - time.monotonic()))
        except TimeoutError:
            raise TooSlow("The body did not come in time.") from None
        self.num_bytes += len(message.get("body", b""))
        self.is_whole = not message.get("more_body", False)
        if self.num_bytes > self.most:
            raise TooLarge(f"A body may have {self.most} bytes.")
        return message


def failed(error: ServiceError) -> JSONResponse:
    headers = {} if error.retry_after is None else {"Retry-After": str(max(1, round(error.retry_after)))}
    headers |= {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return JSONResponse(told(error), error.status, headers)


def problem(message: str, status: int, *, code: str, param: str | None = None) -> JSONResponse:
    return JSONResponse(envelope(message, code=code, param=param, status=status), status)


def is_foreign(headers: Mapping[str, str], host: str) -> bool:
    """Whether a browser says that another site's page asks."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != host.lower()
    except ValueError:
        return True


def request_id(scope: Scope) -> str:
    """The client's own, where it is a plain word."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if re.fullmatch(r"[\w.-]{1,64}", given, re.ASCII) else f"req_{secrets.token_hex(12)}"
