"""How many CPU cores this process may use."""

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "200000 100000": 2 cores' worth of time; "max 100000": no limit


def usable_cores() -> int:
    """Cores that this process may run on, no more than a container's quota gives it; at least 1."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota(_QUOTA) or cores))


def _quota(path: Path) -> int | None:
    try:
        time, period = path.read_text().split()
        return int(time) // int(period)
    except (OSError, ValueError):
        return None
