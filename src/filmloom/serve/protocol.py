"""HTTP/1.1 as uvicorn speaks it, for clients that finish what they begin.

uvicorn waits for ever for the end of a request's head, and every connection counts against its limit: some hundreds of
them that say `GET /` and no more would shut everybody else out (a "slowloris").
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Hurried(H11Protocol):
    """Closes a connection whose request's head is not whole `head_seconds` after it was awaited."""

    head_seconds = 20.0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def handle_events(self) -> None:
        super().handle_events()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Between two requests uvicorn's own timer runs, until the first byte of the second comes."""
        if self.conn.their_state is not h11.IDLE or self.timeout_keep_alive_task is not None:
            self._stop()
        elif self._late is None:
            self._late = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
