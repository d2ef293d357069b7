"""Start the real app on 127.0.0.1 for a test, wait until it answers, and see that it is gone afterwards."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    """A running app: where it answers, where it keeps things, and its process."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether the app's health check says "ok"."""
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as reply:
            return bool(reply.read().strip() == b"ok")
    except OSError:
        return False


def start(
    home: Path, port: int | None = None, seconds: float = 120, app: str = "app.py", path: str = "", worker: bool = True
) -> Server:
    """The app on a free port with `home` as its COSTLAB_HOME; raises when it does not answer in time.

    app: another launcher than the real one. path: the path it is served under, "/lab". worker: whether it starts one.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}{path}"
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        app,
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    environment = {"COSTLAB_HOME": str(home), "STREAMLIT_SERVER_BASE_URL_PATH": path}
    environment |= {} if worker else {"COSTLAB_WORKER": "off"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + seconds
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"The app did not answer at {url}:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.05)
    return Server(url, home, process, log)


def stop(server: Server, with_signal: int = signal.SIGTERM, seconds: float = 10) -> None:
    """End the app; kills it when it does not end by itself in time."""
    if server.process.poll() is None:
        server.process.send_signal(with_signal)
    try:
        server.process.wait(seconds)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait(seconds)


@contextmanager
def running(home: Path, app: str = "app.py", path: str = "", worker: bool = True) -> Iterator[Server]:
    """The app for the length of a block; the options are those of `start`."""
    server = start(home, app=app, path=path, worker=worker)
    try:
        yield server
    finally:
        stop(server)
