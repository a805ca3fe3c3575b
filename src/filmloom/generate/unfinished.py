"""Where a film by mini waits when it is interrupted: a file per window, with its sampler's state after the last step.

The state of a finished window is its clean latent, from which its pictures are decoded once more. A film that finds its
own files goes on from them to the same bits; another film's are refused.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch

from filmloom.diffusion.samplers import OnState
from filmloom.diffusion.state import SolverState, load_state, save_state
from filmloom.finishing.mp4 import disk_errors

SECONDS = 1.0  # between two savings in a window: a machine that dies takes no more than that with it


@dataclass(frozen=True)
class Windows:
    """`facts`: all on which the film's bits depend. Without a `folder` nothing is kept."""

    folder: Path | None = None
    facts: dict[str, str] = field(default_factory=dict)
    seconds: float = SECONDS

    def found(self, window: int, device: torch.device) -> SolverState | None:
        if self.folder is None or not self._path(window).exists():
            return None
        return load_state(self._path(window), self._facts(window), device=device)

    @contextmanager
    def saving(self, window: int) -> Iterator[OnState | None]:
        """What a sampler tells its states to. The last one is saved however the block ends, unless the process dies."""
        if self.folder is None:
            yield None
            return
        last: SolverState | None = None
        saved = time.monotonic()

        def on_state(state: SolverState) -> None:
            nonlocal last, saved
            last = state
            if time.monotonic() - saved >= self.seconds:
                self._save(window, state)
                last, saved = None, time.monotonic()

        try:
            yield on_state
        finally:
            if last is not None:
                self._save(window, last)

    def done(self) -> None:
        """The film is safe."""
        for path in [] if self.folder is None else self.folder.glob("window-*.safetensors"):
            path.unlink(missing_ok=True)

    def _save(self, window: int, state: SolverState) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with disk_errors(self._path(window)):
            save_state(self._path(window), state, self._facts(window))

    def _facts(self, window: int) -> dict[str, str]:
        return {**self.facts, "window": str(window)}

    def _path(self, window: int) -> Path:
        return self.folder / f"window-{window:04d}.safetensors"


NOTHING_KEPT = Windows()
