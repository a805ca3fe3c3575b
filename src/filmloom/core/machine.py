"""What this machine offers a run: cores, memory and disk, as the process may really use them."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

_CGROUP_LIMIT, _CGROUP_USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


@dataclass(frozen=True)
class Memory:
    """Bytes: all there are, and those a new process may take."""

    total: int
    available: int


def cores() -> int:
    """CPU cores this process may run on: its affinity, not the machine's count."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> Memory | None:
    """The smaller of the machine's and the container's memory; None where the system does not tell."""
    fields = _meminfo()
    if "MemTotal" not in fields:
        return None
    total, available = fields["MemTotal"], fields.get("MemAvailable", fields["MemTotal"])
    limit, used = _integer(_CGROUP_LIMIT), _integer(_CGROUP_USED)
    if limit is not None and limit < total:
        total, available = limit, min(available, max(0, limit - (used or 0)))
    return Memory(total, available)


def peak_memory() -> int:
    """Bytes this process has had resident at most.

    `ru_maxrss` would not do: across fork and exec Linux hands down the parent's, however large that was."""
    try:
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
        return 1024 * int(line.split()[1])
    except (OSError, StopIteration):
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def disk_free(folder: Path) -> int:
    """Free bytes where `folder` is, or will be once made."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def bytes_text(num_bytes: int) -> str:
    """`1536 MiB` below 4 GiB, `12.0 GiB` above."""
    return f"{num_bytes / 2**20:.0f} MiB" if num_bytes < 2**32 else f"{num_bytes / 2**30:.1f} GiB"


def _meminfo() -> dict[str, int]:
    """Bytes by name from /proc/meminfo, whose lines read `MemTotal:  24576 kB`; empty where there is none."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return {}
    fields = (line.replace(":", " ").split() for line in lines)
    return {field[0]: int(field[1]) * 1024 for field in fields if len(field) == 3}


def _integer(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
