"""What a running film tells about itself, and how it is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from filmloom.generate.stages import Stop

STAGES = ("plan", "denoise", "decode", "interpolate", "enlarge", "draw", "encode")


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps of a stage, `seconds_left` in it; `preview` uint8 [h, w, 3] RGB where there is one."""

    stage: str
    done: int
    total: int
    seconds_left: float | None = None
    preview: np.ndarray | None = field(default=None, repr=False)


OnProgress = Callable[[Progress], None]


@dataclass
class Reporter:
    """One request's voice and its stop sign, shared by the threads of its stages.

    Calls are serialised, so that a listener need not be thread-safe. A listener may raise, for instance Cancelled: that
    stops every stage at its next step. `seconds` collects how long each stage has been seen at work.
    """

    listener: OnProgress | None = None
    stop: Stop = field(default_factory=Stop)
    seconds: dict[str, float] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, stage: str, total: int) -> None:
        """The stage's first step starts now."""
        with self._lock:
            self._started.setdefault(stage, time.monotonic())
        self(stage, 0, total)

    def __call__(self, stage: str, done: int, total: int, preview: np.ndarray | None = None) -> None:
        """Report, or raise what has stopped the request."""
        self.stop.check()
        with self._lock:
            spent = time.monotonic() - self._started.setdefault(stage, time.monotonic())
            self.seconds[stage] = spent
            left = spent / done * (total - done) if done else None
            if self.listener is not None:
                self.listener(Progress(stage, done, total, left, preview))
