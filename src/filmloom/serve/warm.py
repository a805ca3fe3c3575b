"""Models that stay loaded between films, within a budget of memory; the one not used for longest goes first.

    with warm.model("mini", "cpu") as film:
        film.write(request, path)

A film by a warm model is the film by a cold one, bit for bit: weights are only read, and an encoded prompt is kept
under all that its bits depend on.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from filmloom.core.machine import memory
from filmloom.generate.maker import Maker
from filmloom.generate.pipeline import load

SHARE = 0.5  # of the memory that was free at the start, where no budget is given
FALLBACK = 4 * 2**30


@dataclass
class Loaded:
    """A model in memory; while it has `users` it stays."""

    film: Maker
    num_bytes: int = 0
    users: int = 0


class Warm:
    """`budget` in bytes: of what loaded models hold between films. A model alone may be larger; then it stays alone.

    `threads`: of the nets, the same for all workers whose films are to be equal to the last bit."""

    def __init__(self, *, budget: int | None = None, threads: int | None = None, loading: Callable[..., Maker] = load):
        self.budget, self.threads, self.loading = budget or usual_budget(), threads, loading
        self.hits, self.misses, self.evictions, self.seconds = 0, 0, 0, 0.0
        self._loaded: OrderedDict[tuple[str, str], Loaded] = OrderedDict()
        self._lock, self._loads = threading.Lock(), threading.Lock()

    @contextmanager
    def model(self, name: str, device: str = "cpu") -> Iterator[Maker]:
        """The model, loaded if it is not; it is not evicted before the block ends."""
        one = self._taken((name, device))
        try:
            yield one.film
        finally:
            with self._lock:
                one.users -= 1
                one.num_bytes = one.film.num_bytes  # parts are read when they are first needed
                self._fit()

    def counts(self) -> dict[str, float]:
        """For the metrics: of models, and of the prompts that the loaded ones keep."""
        with self._lock:
            kept = [one.film.prompts for one in self._loaded.values() if hasattr(one.film, "prompts")]
            return {
                "models": len(self._loaded), "bytes": sum(one.num_bytes for one in self._loaded.values()),
                "budget": self.budget, "hits": self.hits, "misses": self.misses, "evictions": self.evictions,
                "loading_seconds": round(self.seconds, 3), "prompt_hits": sum(prompts.hits for prompts in kept),
                "prompt_misses": sum(prompts.misses for prompts in kept),
                "prompt_evictions": sum(prompts.evictions for prompts in kept),
            }  # fmt: skip

    @property
    def names(self) -> list[tuple[str, str]]:
        """(model, device) of what is loaded, the one that would go first in front."""
        with self._lock:
            return list(self._loaded)

    def _taken(self, key: tuple[str, str]) -> Loaded:
        with self._loads:  # two that want the same model load it once
            with self._lock:
                if key in self._loaded:
                    self.hits += 1
                    self._loaded.move_to_end(key)
                    self._loaded[key].users += 1
                    return self._loaded[key]
            began = time.monotonic()
            one = Loaded(self.loading(*key, threads=self.threads), users=1)
            with self._lock:
                self.misses += 1
                self.seconds += time.monotonic() - began
                self._loaded[key] = one
            return one

    def _fit(self) -> None:
        """Evict what is not in use, longest unused first, until the rest fits."""
        idle = [key for key, one in self._loaded.items() if not one.users]
        while len(self._loaded) > 1 and idle and sum(o.num_bytes for o in self._loaded.values()) > self.budget:
            key = idle.pop(0)
            del self._loaded[key]
            self.evictions += 1
            if torch.device(key[1]).type == "cuda":
                torch.cuda.empty_cache()


def usual_budget() -> int:
    offered = memory()
    return FALLBACK if offered is None else int(SHARE * offered.available)
