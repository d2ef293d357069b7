"""What is measured once on a machine and then remembered, so that all of its processes decide alike.

Time is never the same twice: a choice made by timing would make two runs of one spec differ. So the first process that
asks measures, and every other one reads what it found in `measured.json` in the home folder. Remove the file to have
everything measured again.
"""

import inspect
import json
import os
import platform
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import torch
from filelock import FileLock

from costlab.home import home
from costlab.models import MODELS
from costlab.specs import Choice

FILE = "measured.json"
PATIENCE = 60.0  # seconds to wait for another process that measures

Value = TypeVar("Value")
_unwritten: dict[str, Any] = {}  # what this process alone knows, where the home folder cannot be written


def remembered(key: str, measure: Callable[[], Value]) -> Value:
    """What `measure()` gave when `key` was first asked for, on this processor and with this version of torch.

    The value is kept as JSON: numbers, texts, lists, dictionaries with texts for keys. `key` says what was measured,
    on which device, model and shape. One process measures at a time; a file that cannot be read counts as empty.
    """
    with _locked() as path:
        known = _unwritten if path is None else _read(path).get(machine(), {})
        if key in known:
            value: Value = known[key]
            return value
        value = measure()
        if path is None or not _written(path, key, value):
            _unwritten[key] = value
        return value


def named(model: Choice) -> str:
    """A model in a key: its name, its options, and a number of its file, so that another network is measured anew."""
    options = "".join(f" {name}={value!r}" for name, value in sorted(model.options.items()))
    return f"{model.name}{options} ({_file_number(model.name)})"


@cache
def _file_number(name: str) -> str:
    return f"{zlib.crc32(inspect.getsource(MODELS[name].module).encode()):08x}"


@cache
def machine() -> str:
    """What a measurement holds for: the processor and the version of torch."""
    return f"torch {torch.__version__} on {processor()}"


@cache
def processor() -> str:
    """The processor as its maker names it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@contextmanager
def _locked() -> Iterator[Path | None]:
    """The file, which no other process reads or writes meanwhile; None where it cannot be had."""
    try:
        path = home() / FILE
        lock = FileLock(f"{path}.lock", is_singleton=True)  # one a path: a measurement may ask for another
        lock.acquire(timeout=PATIENCE)
    except OSError:  # Timeout is one, too
        yield None
        return
    try:
        yield path
    finally:
        lock.release()


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {name: values for name, values in read.items() if isinstance(values, dict)}


def _written(path: Path, key: str, value: Any) -> bool:
    """Add one value, in one piece, to what is in the file by now; False where it cannot be written."""
    everything = _read(path)
    everything.setdefault(machine(), {})[key] = value
    part = path.with_name(f".{FILE}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps(everything, indent=1), encoding="utf-8")
        part.replace(path)
    except OSError:
        return False
    return True
