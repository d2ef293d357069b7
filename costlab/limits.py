"""What of the machine this process may use: cores and memory, no more than a container leaves it."""

import os
from pathlib import Path

UNKNOWN = 16 << 30  # bytes: the memory of a machine that does not tell
_MEMORY = Path("/sys/fs/cgroup/memory.max")  # bytes, or "max"
_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "200000 100000": 2 cores' worth of time; "max 100000": no limit


def usable_cores() -> int:
    """Cores that this process may run on, no more than a container's quota gives it; at least 1."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota(_QUOTA) or cores))


def usable_memory() -> int:
    """Bytes of memory that the machine has, or that a container may use of it."""
    try:
        here = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return UNKNOWN
    return min(here, _memory_limit(_MEMORY) or here)


def _memory_limit(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # "max": no limit
        return None


def _quota(path: Path) -> int | None:
    try:
        time, period = path.read_text().split()
        return int(time) // int(period)
    except (OSError, ValueError):
        return None
