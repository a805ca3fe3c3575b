"""Events as they happen: one watcher asks the table, many streams listen.

A stream is numbered by the table's events, so a client that was away says `Last-Event-ID` and misses nothing, even if
another web process answers now.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from filmloom.serve.errors import ServiceError
from filmloom.serve.messages import Event

LOOK, PING = 0.2, 15.0  # seconds between two looks at the table; until a silent stream says that it lives
Do = Callable[..., Awaitable]


class TooManyStreams(ServiceError):
    status, code = 503, "too_many_streams"


class Bell:
    """Rings when the table has a new event. It watches only while somebody listens."""

    def __init__(self, do: Do, last_event: Callable[[], int], *, most: int):
        self.do, self.last_event, self.most = do, last_event, most
        self.listeners, self.closing = 0, False
        self._changed = asyncio.Event()
        self._watcher: asyncio.Task | None = None

    def enter(self) -> None:
        if self.listeners >= self.most:
            raise TooManyStreams(f"{self.most} streams are open already.", retry_after=30)
        self.listeners += 1
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.get_running_loop().create_task(self._watch())

    def leave(self) -> None:
        self.listeners -= 1

    @property
    def ring(self) -> asyncio.Event:
        """The next one; take it before you look, so that nothing falls in between."""
        return self._changed

    def close(self) -> None:
        """Every stream ends now, so that the server can."""
        self.closing = True
        self._ring()

    def _ring(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _watch(self) -> None:
        last = -1
        while self.listeners and not self.closing:
            try:
                number = await self.do(self.last_event)
            except ServiceError:
                number = last  # the table is busy; look again
            if number != last:
                last = number
                self._ring()
            await asyncio.sleep(LOOK)


async def stream(bell: Bell, read: Callable[[int], list[Event]], after: int) -> AsyncIterator[bytes]:
    """Events after number `after`, for ever. `read` gives those after a number."""
    try:
        yield b"retry: 1000\n\n"
        while not bell.closing:
            ring = bell.ring
            events = await bell.do(read, after)
            for event in events:
                after = event.number
                yield line(event)
            if not events and not await _rung(ring):
                yield b": still here\n\n"
    finally:
        bell.leave()


async def _rung(ring: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(ring.wait(), PING)
    except TimeoutError:
        return False
    return True


def line(event: Event) -> bytes:
    data = {"job": event.job, "at": event.at, **event.data}
    told = json.dumps(data, ensure_ascii=False)  # JSON has no line breaks of its own
    return f"id: {event.number}\nevent: {event.kind}\ndata: {told}\n\n".encode()
