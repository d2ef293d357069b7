"""The worker as a part of the app: started with it, started again when it dies, gone when the app is."""

import subprocess
import threading
import time

from costlab.worker.processes import kill, start_python

STOP_SECONDS = 4.0  # that the dispatcher has to give its runs back
FIRST_PAUSE, LAST_PAUSE = 0.05, 30.0  # seconds before starting it again
LONG_LIFE = 10.0  # seconds after which a death is not taken for a failure to start


class WorkerService:
    """Keeps a dispatcher running from `start` to `stop`; when this process ends in any way, so does the dispatcher.

    url: the database, see `Store`. arguments: further ones for `python -m costlab.worker`.
    """

    def __init__(self, url: str | None = None, arguments: tuple[str, ...] = ()):
        self._url = url
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once. Look at the store's `workers()` to see whether it works."""
        self._thread = threading.Thread(target=self._keep_running, name="worker service", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the dispatcher and its jobs; runs go back to the queue. Returns when they have ended."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            _close_input(process)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                kill(process)
        if self._thread is not None:
            self._thread.join(1.0)

    @property
    def pid(self) -> int | None:
        """The dispatcher's process id; None while there is none."""
        with self._lock:
            return self._process.pid if self._process and self._process.poll() is None else None

    def _keep_running(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            with self._lock:
                if self._stopping.is_set():
                    return
                process = self._process = self._start()
            born = time.monotonic()
            process.wait()
            _close_input(process)
            pause = FIRST_PAUSE if time.monotonic() - born > LONG_LIFE else min(LAST_PAUSE, pause * 2)
            self._stopping.wait(pause)

    def _start(self) -> "subprocess.Popen[bytes]":
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
        return start_python("costlab.worker", *self._arguments, database=self._url, **streams)


def _close_input(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.close()
