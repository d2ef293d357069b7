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

# Side by side, the tests of a lane follow one another. The first holds those that look at the clock: nothing else that
# does, and no second browser, is at work beside them. The second holds the others that start processes of their own.
LANES = {"clock": ("tests/browser/", "tests/worker/"), "processes": ("tests/commands/", "tests/bench/")}


def lane(nodeid: str) -> str | None:
    """The lane that a test belongs to, if any.

    >>> lane("tests/bench/test_bench_pool.py::test_a"), lane("tests/core/test_costs.py::test_a")
    ('processes', None)
    """
    return next((name for name, folders in LANES.items() if nodeid.startswith(folders)), None)


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
    """Side by side, the tests of a lane stay together, in one process; of the others, those of a file do."""
    from xdist.scheduler import LoadScopeScheduling  # only where xdist is at work

    class Lanes(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return lane(nodeid) or nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # in the order of `pytest_collection_modifyitems`
    return Lanes(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where tests run side by side, the lanes begin first, for they are the longest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: [*LANES, None].index(lane(item.nodeid)))
