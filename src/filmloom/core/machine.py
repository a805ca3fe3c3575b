"""What this machine offers a run: cores, memory and disk, as the process may really use them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from filmloom.core.errors import ResourceError

GIB = 2**30
_CGROUP_LIMIT, _CGROUP_USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


@dataclass(frozen=True)
class Memory:
    """Bytes: all there are, and those a new process may take."""

    total: int
    available: int


def cores() -> int:
    """CPU cores this process may run on (its affinity, not the machine's count)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> Memory | None:
    """The smaller of the machine's and the container's memory; None where the system does not tell."""
    fields = _number_lines(Path("/proc/meminfo"))
    if "MemTotal" not in fields:
        return None
    total, available = fields["MemTotal"] * 1024, fields.get("MemAvailable", fields["MemTotal"]) * 1024
    limit, used = _integer(_CGROUP_LIMIT), _integer(_CGROUP_USED)
    if limit is not None and limit < total:
        total, available = limit, min(available, max(0, limit - (used or 0)))
    return Memory(total, available)


def disk_free(folder: Path) -> int:
    """Free bytes where `folder` is, or will be once made."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def require_disk(folder: Path, num_bytes: int) -> None:
    """ResourceError, before any work is done, when `folder` has less than `num_bytes` left."""
    free = disk_free(folder)
    if free < num_bytes:
        raise ResourceError(
            f"{folder} has {shown(free)} free; this run needs {shown(num_bytes)}. Free some, or write elsewhere."
        )


def require_memory(num_bytes: int) -> None:
    """ResourceError, before any work is done, when less than `num_bytes` of memory is available."""
    offered = memory()
    if offered is not None and offered.available < num_bytes:
        raise ResourceError(f"{shown(offered.available)} of memory is available; this run needs {shown(num_bytes)}.")


def shown(num_bytes: int) -> str:
    """`1536 MiB` below 4 GiB, `12.0 GiB` above."""
    return f"{num_bytes / 2**20:.0f} MiB" if num_bytes < 4 * GIB else f"{num_bytes / GIB:.1f} GiB"


def _number_lines(path: Path) -> dict[str, int]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.replace(":", " ").split()[:2] for line in lines)
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _integer(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
