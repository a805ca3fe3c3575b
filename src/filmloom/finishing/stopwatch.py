"""Seconds that each stage of a chain of generators takes, without what it waits for its source."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


class Stopwatch:
    """`clock` counts in seconds: the wall's by default; `time.thread_time` leaves out what other programs take."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter):
        self._clock, self._stage = clock, ""
        self._seconds: dict[str, float] = defaultdict(float)
        self._since = clock()

    @property
    def seconds(self) -> dict[str, float]:
        """By stage, in the order in which they began."""
        self._turn(self._stage)
        return {stage: round(spent, 3) for stage, spent in self._seconds.items() if stage}

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        """What runs inside is the stage's; what another stage runs inside of it is that one's."""
        outer = self._turn(stage)
        try:
            yield
        finally:
            self._turn(outer)

    def timed(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """The same items; making them is the stage's."""
        source = iter(items)
        while True:
            with self.on(stage):
                try:
                    item = next(source)
                except StopIteration:
                    return
            yield item

    def _turn(self, stage: str) -> str:
        now, before = self._clock(), self._stage
        self._seconds[before] += now - self._since
        self._since, self._stage = now, stage
        return before
