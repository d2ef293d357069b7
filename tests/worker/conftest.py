"""A worker that the tests of a file share."""

from collections.abc import Iterator

import pytest

from tests.worker.lab import ONE_SLOT, Lab, until, working


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with working(tmp_path_factory.mktemp("worker"), *ONE_SLOT) as lab:
        yield lab


@pytest.fixture
def lab(shared: Lab) -> Lab:
    """The worker, idle."""
    until(shared.idle)
    return shared
