"""Being the worker of a home folder: the lock, the store, the dispatcher."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from costlab.home import home
from costlab.store import Store
from costlab.worker.dispatcher import STALL, Dispatcher

PROGRAM = "costlab.worker.program"
LOCK_POLL = 0.25  # seconds between attempts to get the lock

log = logging.getLogger("costlab.worker")


def serve(
    stopping: threading.Event,
    url: str | None = None,
    program: str = PROGRAM,
    slots: int | None = None,
    stall: float = STALL,
) -> None:
    """Work until `stopping` is set, in the main thread. While another worker has the home folder, wait for its end.

    url: the database, see `Store`. program, slots, stall: see `Dispatcher`. Raises StoreUnavailable.
    """
    with _sole(stopping) as alone:
        if alone:
            Dispatcher(Store(url), program, slots, stall).run(stopping)


@contextmanager
def _sole(stopping: threading.Event) -> Iterator[bool]:
    """Hold the lock of the home folder; gives False when `stopping` came first. A dead holder's lock is free."""
    lock = FileLock(home() / "worker.lock")
    told = False
    while not stopping.is_set():
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            if not told:
                log.info("Another worker serves %s; this one takes over when it ends.", home())
            told = True
            time.sleep(LOCK_POLL)
    try:
        yield lock.is_locked
    finally:
        lock.release()


def stop_on_signals(stopping: threading.Event) -> None:
    """Let the signals that ask a process to end set `stopping`."""
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: stopping.set())
