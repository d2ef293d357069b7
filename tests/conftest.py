"""What every test gets: a `COSTLAB_HOME` of its own, so that no test sees another's runs or the developer's."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Before numpy and torch are imported: on threads of their own they would wait for each other, spinning, when tests run
# side by side. Tests whose subject is threads set their number themselves.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("costlab", deadline=None)  # a law holds on a busy machine, too
settings.load_profile("costlab")

ALONE = ("tests/browser/", "tests/worker/", "tests/commands/", "tests/bench/")


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Paths that nobody has used; pytest's own numbering reads the whole folder for each of thousands of tests."""
    root = tmp_path_factory.mktemp("homes")
    return (root / str(number) for number in count())


@pytest.fixture(autouse=True)
def costlab_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that costlab takes for its home during this test."""
    folder = next(homes)
    folder.mkdir()
    monkeypatch.setenv("COSTLAB_HOME", str(folder))
    monkeypatch.delenv("COSTLAB_DATABASE", raising=False)
    return folder


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Side by side, tests that start processes and look at the clock follow one another; the others fill the gaps."""
    from xdist.scheduler import LoadScopeScheduling  # only where xdist is at work

    class OneLaneForProcesses(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "processes" if nodeid.startswith(ALONE) else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # in the order of `pytest_collection_modifyitems`
    return OneLaneForProcesses(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where tests run side by side, the lane of processes begins first, for it is the longest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(ALONE))
