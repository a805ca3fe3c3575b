"""Stages: generators over chunks, chained in one thread or in a thread each; the results are the same bit for bit.

A stage is a function from an iterator of chunks to an iterator of chunks. `chained` composes them. With `overlap`, each
stage runs in its own thread and hands its chunks through a bounded queue, so that the slowest sets the pace and memory
stays bounded. Closing the result closes every stage; an error in one surfaces in the reader.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from filmloom.core.errors import Cancelled

Stage = Callable[[Iterator[Any]], Iterator[Any]]
DEPTH = 3  # chunks that may wait between two stages
_END = object()


class Stop:
    """Shared by the stages of one request: the first to fail, or the reader by leaving, stops all the others."""

    def __init__(self) -> None:
        self._event, self._error = threading.Event(), None

    def because(self, error: BaseException | None = None) -> None:
        """The first reason counts. A reader that leaves is no error."""
        if not self._event.is_set():
            self._error = None if isinstance(error, GeneratorExit) else error
            self._event.set()

    def check(self) -> None:
        """Raise what stopped the request, if something did."""
        if self._event.is_set():
            raise self._error or Cancelled("The film was stopped; nothing was kept.")


def chained(
    source: Iterator[Any], stages: Iterable[Stage], *, overlap: bool = True, stop: Stop | None = None
) -> Iterator[Any]:
    """`source` through every stage in turn. `stop` is told before a thread is awaited, so that long steps can look."""
    stop = stop or Stop()
    chunks = source
    for stage in stages:
        chunks = _guarded(stage, overlapped(chunks, stop) if overlap else chunks, stop)
    return overlapped(chunks, stop) if overlap else chunks


def overlapped(chunks: Iterator[Any], stop: Stop, *, depth: int = DEPTH) -> Iterator[Any]:
    """The same chunks, produced ahead in another thread. The thread ends before this generator does."""
    ready: queue.Queue = queue.Queue(depth)
    left = threading.Event()
    thread = threading.Thread(target=_produce, args=(chunks, ready, left, stop), daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item
    except BaseException as error:
        stop.because(error)
        raise
    finally:
        left.set()
        thread.join()


def _guarded(stage: Stage, chunks: Iterator[Any], stop: Stop) -> Iterator[Any]:
    """A stage that takes its source with it when it ends: an error's traceback would otherwise keep it running."""
    try:
        yield from stage(chunks)
    except BaseException as error:
        stop.because(error)
        raise
    finally:
        _close(chunks)


class _Failure:
    def __init__(self, error: BaseException):
        self.error = error


def _produce(chunks: Iterator[Any], ready: queue.Queue, left: threading.Event, stop: Stop) -> None:
    try:
        for chunk in chunks:
            if not _put(ready, chunk, left):
                break
        last: object = _END
    except BaseException as error:
        stop.because(error)
        last = _Failure(error)
    finally:
        _close(chunks)
    _put(ready, last, left)


def _put(ready: queue.Queue, item: object, left: threading.Event) -> bool:
    """False when the reader has gone."""
    while not left.is_set():
        try:
            ready.put(item, timeout=0.05)
            return True
        except queue.Full:
            continue
    return False


def _close(chunks: Iterator[Any]) -> None:
    """A generator left half-way ends here, before its reader goes on."""
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
