"""What a job process writes while it has a run: a bounded file in the run's folder, and the last lines at hand."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 1_000_000  # of log.txt
TAIL = 8_000  # bytes at hand


class RunLog:
    """Takes bytes as they come, from any thread. Without a path nothing is written to disk."""

    def __init__(self, path: Path | None = None):
        self._path = path
        self._file: BinaryIO | None = None
        self._room = MAX_BYTES
        self._tail = b""
        self._lock = threading.Lock()

    def add(self, chunk: bytes) -> None:
        """Keep `chunk`; beyond `MAX_BYTES` only its end stays at hand."""
        with self._lock:
            self._tail = (self._tail + chunk)[-TAIL:]
            if not chunk or self._path is None or self._room <= 0:
                return
            try:
                self._write(chunk)
            except OSError:  # a full disk must not end the run
                self._room = 0

    def _write(self, chunk: bytes) -> None:
        assert self._path is not None
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb", buffering=0)
        self._file.write(chunk[: self._room])
        self._room -= len(chunk)
        if self._room <= 0:
            self._file.write(f"\n(The log ends here: it reached {MAX_BYTES:,} bytes.)\n".encode())

    def tail(self) -> str:
        """The last lines."""
        with self._lock:
            return self._tail.decode(errors="replace")

    def last_line(self) -> str:
        """The last line with something on it, shortened."""
        lines = [line.strip() for line in self.tail().splitlines() if line.strip()]
        return lines[-1][:200] if lines else ""

    def close(self) -> None:
        """Let go of the file; what still comes stays at hand only."""
        with self._lock:
            self._room = 0
            if self._file is not None:
                self._file.close()


class GroupLog:
    """What a job process writes while it has some runs, or none: each of them gets all of it, and what is its own."""

    def __init__(self, paths: Mapping[str, Path] | None = None):
        """paths: where the log of each run goes, by the run's id."""
        self._all = RunLog()
        self._own = {id: RunLog(path) for id, path in (paths or {}).items()}

    def add(self, chunk: bytes) -> None:
        """Keep `chunk` in every log that is not closed."""
        for log in (self._all, *self._own.values()):
            log.add(chunk)

    def of(self, id: str) -> RunLog:
        """The log of one run."""
        return self._own[id]

    def last_line(self) -> str:
        """The last line with something on it, shortened."""
        return self._all.last_line()

    def close(self) -> None:
        """Let go of the files."""
        for log in self._own.values():
            log.close()
