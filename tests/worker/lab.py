"""A worker with a home of its own, for tests that train in real processes; and ways to wait and to look."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from costlab.specs import make_spec
from costlab.store import Run, Store
from costlab.worker.service import WorkerService
from tests.worker.program import STUCK

T = TypeVar("T")
PROGRAM = ("--program", "tests.worker.program")
ONE_SLOT = ("--slots", "1")
PATIENCE = 30.0  # seconds; an event that takes longer is not coming


def until(get: Callable[[], T], seconds: float = PATIENCE) -> T:
    """The first true answer of `get`, asked again and again; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := get()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain"
        time.sleep(0.005)
    return answer


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return not stat.parent.parent.joinpath("self").exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid: int) -> set[int]:
    """The processes that `pid` has started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    return {child for child, parent in pairs if parent == pid}


@dataclass(frozen=True)
class Lab:
    """A running worker and its store."""

    home: Path
    store: Store
    service: WorkerService

    def submit_all(self, *what: str, epochs: int = 3) -> list[str]:
        """Queue runs that may train as one program, all at once."""
        return self.store.add_many(
            make_spec(dataset="letters", model="stacked", loss=name, epochs=epochs) for name in what
        )

    def submit(self, what: str, epochs: int = 3, device: str = "auto") -> str:
        """Queue a run that does `what`, a function of the test program."""
        return self.store.add(make_spec(dataset="letters", loss=what, epochs=epochs, device=device))

    def idle(self) -> bool:
        """Whether a worker lives and all its slots wait for a run."""
        slots = [slot for worker in self.store.workers() if worker.alive for slot in worker.slots]
        return bool(slots) and all(slot.state == "idle" for slot in slots)

    def reached(self, id: str, *states: str, seconds: float = PATIENCE) -> Run:
        """The run, once it is in one of the states."""
        until(lambda: self.store.run(id).state in states, seconds)
        return self.store.run(id)

    def ended(self, id: str, seconds: float = PATIENCE) -> Run:
        """The run, once it has ended."""
        until(lambda: not self.store.run(id).active, seconds)
        return self.store.run(id)

    def in_training(self, what: str, device: str = "auto") -> Run:
        """A run that does `what`, has reported its first epoch, and is as stuck as it is going to be."""
        id = self.submit(what, device=device)
        until(lambda: self.store.history(id))
        if what == "stuck_in_c":
            until(lambda: STUCK in self.log(id))
        return self.store.run(id)

    def log(self, id: str) -> str:
        """What the run's process has written so far."""
        file = self.home / "runs" / id / "log.txt"
        return file.read_text() if file.exists() else ""

    @property
    def dispatcher(self) -> int:
        """The dispatcher's process id."""
        pid = self.service.pid
        assert pid is not None
        return pid


def job_of(run: Run) -> int:
    """The id of the process that trains the run."""
    assert run.prepared is not None
    return int(run.prepared.device_name)


@contextmanager
def working(home: Path, *arguments: str, program: tuple[str, ...] = PROGRAM, **environment: str) -> Iterator[Lab]:
    """A worker on `home` that carries out the test program (unless told otherwise) until the block ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSTLAB_HOME", str(home))
        for name, value in environment.items():
            patch.setenv(name, value)
        store = Store()
        lab = Lab(home, store, WorkerService(arguments=(*program, *arguments)))
        lab.service.start()
        try:
            yield lab
        finally:
            lab.service.stop()
            store.close()
