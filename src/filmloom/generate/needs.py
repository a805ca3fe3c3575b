"""What a film needs of the machine: known before the work, or held while it lasts."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from filmloom.core.errors import RequestError, ResourceError
from filmloom.core.machine import bytes_text, disk_free, memory
from filmloom.core.types import Size


def require_memory(size: Size) -> None:
    """ResourceError where the machine's or container's whole memory is too small.

    Measured: 400 MiB of libraries and weights, and some forty float pictures between stages. What other programs and
    the page cache hold is not counted: the system gives much of that back, and a false refusal costs more than a swap.
    """
    needed, offered = 400 * 2**20 + 40 * size.width * size.height * 3 * 4, memory()
    if offered is not None and offered.total < needed:
        raise ResourceError(
            f"A film of {size} needs about {bytes_text(needed)} of memory; this machine or container has "
            f"{bytes_text(offered.total)}. Choose a smaller size."
        )


def require_disk(size: Size, num_frames: int) -> None:
    """ResourceError where the frames of a clip would not fit into the folder of temporary files."""
    folder, needed = Path(tempfile.gettempdir()), num_frames * size.width * size.height * 3
    if (free := disk_free(folder)) < needed:
        raise ResourceError(
            f"{num_frames} frames of {size} need {bytes_text(needed)} in {folder}, which has {bytes_text(free)} free. "
            "Free some space, set TMPDIR, or write the film to a file as it is made (Film.write)."
        )


class ThreadCount:
    """Torch's thread count belongs to the whole process and decides the last bits of every sum: films made at the same
    time must agree on it."""

    def __init__(self) -> None:
        self.lock, self.num, self.users = threading.Lock(), 0, 0

    @contextmanager
    def held(self, num: int) -> Iterator[None]:
        with self.lock:
            if self.users and self.num != num:
                rule = "another film with another count is being made in this process"
                raise RequestError("threads", num, rule, self.num)
            self.num, self.users = num, self.users + 1
            torch.set_num_threads(num)
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1


thread_count = ThreadCount()
