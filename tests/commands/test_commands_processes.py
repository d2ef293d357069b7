"""`up` and `worker` as processes: what they start ends with them, however that comes."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from costlab.commands.up import find_app
from costlab.errors import InvalidFile
from costlab.specs import RunSpec
from costlab.store import Store
from tests.browser.server import answers, free_port
from tests.known_machine import furnish
from tests.worker.lab import alive, children, until

pytestmark = pytest.mark.process
LONG = RunSpec(epochs=1000, device="cpu")


@contextmanager
def started(*words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`costlab words`, killed at the end of the block if it still runs."""
    process = subprocess.Popen([sys.executable, "-m", "costlab", *words], start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def descendants(pid: int) -> set[int]:
    """The processes below `pid`, at any depth."""
    found = children(pid)
    return found.union(*(descendants(child) for child in found))


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGKILL"])
def test_the_app_leaves_no_process_behind_in_the_middle_of_a_run(how: str, costlab_home: Path) -> None:
    furnish(costlab_home)  # the worker that stands alone, below, measures its machine
    port, store = free_port(), Store()
    with started("up", "--port", str(port)) as app:
        id = store.add(LONG)
        until(lambda: answers(f"http://127.0.0.1:{port}"), 60)
        until(lambda: store.history(id), 120)
        below = descendants(app.pid)
        assert len(below) >= 2  # the dispatcher and a job
        before = time.monotonic()
        app.send_signal(getattr(signal, how))
        app.wait(5)
        until(lambda: not any(map(alive, below)), 5)
        assert time.monotonic() - before < 5
    assert store.run(id).state == "queued"


def test_a_worker_standing_alone_ends_on_ctrl_c_and_gives_its_run_back() -> None:
    store = Store()
    with started("worker", "--slots", "1") as worker:
        id = store.add(LONG)
        until(lambda: store.history(id), 120)
        below = descendants(worker.pid)
        worker.send_signal(signal.SIGINT)
        assert worker.wait(5) == 0
        until(lambda: not any(map(alive, below)), 5)
    assert store.run(id).state == "queued"
    assert store.workers() == []


def test_the_screens_are_found_beside_the_package_or_where_one_stands(tmp_path: Path) -> None:
    assert find_app().samefile(Path(__file__).parents[2] / "app.py")
    code = "from costlab.commands.up import find_app; print(find_app())"
    site = tmp_path / "site"
    site.mkdir()
    (site / "costlab").symlink_to(Path(__file__).parents[2] / "costlab")  # a package with no app.py beside it
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {code}"]
    nowhere = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert InvalidFile.__name__ in nowhere.stderr
    assert "clone the project" in nowhere.stderr
    here = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60)
    assert Path(here.stdout.strip()).samefile(Path(__file__).parents[2] / "app.py")
