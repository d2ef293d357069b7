"""Pay for everything that makes a process's first run slow before there is a run."""

import ctypes
import platform

from costlab.training.catalogue import speed

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
LARGEST = 1 << 25  # the most that glibc takes


def warm() -> None:
    """Import and run each part of a training step once. For a job process, before it says that it is ready."""
    keep_memory()
    speed("small_cnn", (1, 28, 28))


def keep_memory() -> None:
    """Let glibc keep freed memory instead of giving it back to the system after every step; elsewhere, do nothing."""
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(MMAP_THRESHOLD, LARGEST)
        libc.mallopt(TRIM_THRESHOLD, LARGEST)
