"""Keeps the full data sets that were drawn or decoded: in memory for the next run, on disk for the next process.

In memory the least recently used go once there are more than `IN_MEMORY` bytes. On disk, in `COSTLAB_HOME/decoded`,
are those that took longer to make than to read; their name changes with the options, with numpy, and with the programs
that make data sets. The arrays are the same, bit for bit, wherever they come from, and cannot be written to.
"""

import hashlib
import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from zipfile import BadZipFile

import numpy as np

from costlab.home import home

IN_MEMORY, ON_DISK = 1 << 29, 1 << 30  # bytes
LONG = 0.3  # seconds of making; to read such a set takes a few milliseconds
Arrays = tuple[np.ndarray, ...]

_kept: OrderedDict[str, Arrays] = OrderedDict()
_lock = Lock()


def decoded(name: str, options: Mapping[str, object], make: Callable[[], Arrays]) -> Arrays:
    """What `make()` gives, or gave before for the same data set `name` and `options`."""
    text = json.dumps([name, dict(options), np.__version__], sort_keys=True).encode()
    mark = f"{name}-{hashlib.sha256(text + _programs()).hexdigest()[:16]}"
    with _lock:
        if mark not in _kept:
            _kept[mark] = _read_or_made(mark, make)
            for array in _kept[mark]:
                array.flags.writeable = False
        _kept.move_to_end(mark)
        found = _kept[mark]
        while len(_kept) > 1 and sum(array.nbytes for arrays in _kept.values() for array in arrays) > IN_MEMORY:
            _kept.popitem(last=False)
        return found


def _read_or_made(mark: str, make: Callable[[], Arrays]) -> Arrays:
    file = home() / "decoded" / f"{mark}.npz"
    with suppress(OSError, ValueError, EOFError, KeyError, BadZipFile), np.load(file, allow_pickle=False) as arrays:
        return tuple(arrays[f"arr_{place}"] for place in range(len(arrays.files)))
    began = time.perf_counter()
    made = make()
    if time.perf_counter() - began > LONG:
        with suppress(OSError):  # a full or read-only disk: it is made again next time
            _write(file, made)
    return made


def _write(file: Path, arrays: Arrays) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for left in sorted(file.parent.glob("*"), key=lambda path: path.stat().st_mtime):
        if sum(path.stat().st_size for path in file.parent.glob("*")) > ON_DISK:
            left.unlink(missing_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as out:
        np.savez(out, *arrays)
    part.replace(file)  # in one step, whole


@cache
def _programs() -> bytes:
    """What the programs that make data sets say, in short."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).digest()
