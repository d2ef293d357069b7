"""An empty store for each test: SQLite in the test's home, or the database that COSTLAB_TEST_DATABASE names."""

import os
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import MetaData, create_engine

from costlab.store import Store

URL = os.environ.get("COSTLAB_TEST_DATABASE")


def empty(url: str) -> None:
    """Drop all tables of a test database."""
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    tables.drop_all(engine)
    engine.dispose()


@pytest.fixture
def open_store() -> Iterator[Callable[[], Store]]:
    """Opens the test's database once more, as another process would."""
    if URL:
        empty(URL)
    opened: list[Store] = []

    def open_one() -> Store:
        opened.append(Store(URL))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """The test's store."""
    return open_store()
