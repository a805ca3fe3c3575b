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

Stage = Callable[[Iterator[Any]], Iterator[Any]]
DEPTH = 3  # chunks that may wait between two stages
_END = object()


def chained(source: Iterable[Any], stages: Iterable[Stage], *, overlap: bool = True) -> Iterator[Any]:
    """`source` through every stage in turn."""
    chunks: Iterator[Any] = iter(source)
    for stage in stages:
        chunks = stage(overlapped(chunks) if overlap else chunks)
    return overlapped(chunks) if overlap else chunks


def overlapped(chunks: Iterator[Any], *, depth: int = DEPTH) -> Iterator[Any]:
    """The same chunks, produced ahead in another thread. The thread ends before this generator does."""
    ready: queue.Queue = queue.Queue(depth)
    stopped = threading.Event()
    thread = threading.Thread(target=_produce, args=(chunks, ready, stopped), daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item
    finally:
        stopped.set()
        thread.join()


class _Failure:
    def __init__(self, error: BaseException):
        self.error = error


def _produce(chunks: Iterator[Any], ready: queue.Queue, stopped: threading.Event) -> None:
    try:
        for chunk in chunks:
            if not _put(ready, chunk, stopped):
                break
        last: object = _END
    except BaseException as error:
        last = _Failure(error)
    finally:
        _close(chunks)
    _put(ready, last, stopped)


def _put(ready: queue.Queue, item: object, stopped: threading.Event) -> bool:
    """False when the reader has gone."""
    while not stopped.is_set():
        try:
            ready.put(item, timeout=0.05)
            return True
        except queue.Full:
            continue
    return False


def _close(chunks: Iterator[Any]) -> None:
    """A generator left half-way must end here, in its own thread, before its reader goes on."""
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
