"""What was measured on what, and how measurements are summed up."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

PACKAGES = ("torch", "torchvision", "lightning", "skorch", "fastai", "keras", "jax", "numpy", "scikit-learn")


def versions() -> str:
    """Date, processor, load, and the packages that are installed."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    where = f"{os.cpu_count()} cores of {processor()}, load {os.getloadavg()[0]:.1f}"
    return f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC, {where}, Python {platform.python_version()}, {', '.join(found)}"


def processor() -> str:
    """As its maker names it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(errors="replace").splitlines() if cpuinfo.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def summary(values: Sequence[float]) -> str:
    """Median, least and most.

    >>> summary([3.0, 1.0, 2.0])
    '**2.00** (1.00 to 3.00)'
    """
    return f"**{median(values):.2f}** ({min(values):.2f} to {max(values):.2f})" if values else ""
