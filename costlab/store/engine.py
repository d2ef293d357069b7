"""Opening the database: SQLite in WAL mode unless a URL names another one."""

import os
import sqlite3
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from costlab.errors import StoreUnavailable
from costlab.home import home
from costlab.store.migrations import is_current, migrate
from costlab.store.schema import metadata

BUSY_SECONDS = 10.0  # how long a write waits for another writer
_OLDEST_SQLITE = (3, 35)  # the first with UPDATE ... RETURNING


class Database:
    """An open database with the current tables in it.

    `read()` gives a connection whose every statement stands alone, `write()` one inside a transaction that is
    committed at the end of the block. In WAL mode reads never wait for a writer.
    """

    def __init__(self, url: str | None = None):
        self.url = _chosen(url)
        self._engine = _sqlite(self.url) if self.url.get_backend_name() == "sqlite" else _other(self.url)
        event.listen(self._engine, "handle_error", _in_one_sentence)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with self.read() as connection:
            if is_current(connection):
                return
        with self.write() as connection:
            if self.url.get_backend_name() == "postgresql":  # two programs may open an empty database at once
                connection.execute(text("SELECT pg_advisory_xact_lock(7305)"))
            migrate(connection, metadata)

    def read(self) -> AbstractContextManager[Connection]:
        """A connection for reading."""
        return self._reading.connect()

    def write(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction."""
        return self._engine.begin()

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def _chosen(url: str | None) -> URL:
    named = url or os.environ.get("COSTLAB_DATABASE")
    if not named:
        return URL.create("sqlite", database=str(home() / "costlab.db"))
    try:
        return make_url(named)
    except ArgumentError as error:
        raise StoreUnavailable(f"'{named}' does not name a database; write it as sqlite:////folder/file.db.") from error


def _other(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreUnavailable(f"The database {url.render_as_string()} needs a driver: {error}; install it.") from error


def _sqlite(url: URL) -> Engine:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreUnavailable(f"costlab needs SQLite 3.35 or newer; Python was built with {sqlite3.sqlite_version}.")
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            mode = _write_ahead(connection)
    except (DatabaseError, OSError) as error:
        reason = error.orig if isinstance(error, DatabaseError) else error.strerror
        raise StoreUnavailable(f"The database {url.database} cannot be opened: {reason}.") from error
    if mode != "wal":
        raise StoreUnavailable(
            f"The database {url.database} cannot use SQLite's write-ahead log (the disk answered '{mode}'); "
            "set COSTLAB_HOME to a folder on a local disk."
        )
    return engine


def _write_ahead(connection: Connection) -> str:
    """What SQLite answers when asked for WAL. Switching needs the file for itself and does not wait, so ask again."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return str(connection.execute(text("PRAGMA journal_mode=WAL")).scalar_one())
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _prepare(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # sqlite3 begins no transactions of its own: _begin does
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        # IMMEDIATE: wait for the write lock now; a transaction that reads first could not wait for it later
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _in_one_sentence(context: ExceptionContext) -> None:
    # OperationalError: locked, full, unreachable; DatabaseError itself: damaged; other kinds are our own mistakes
    if type(context.sqlalchemy_exception) in (OperationalError, DatabaseError):
        raise StoreUnavailable(f"The database cannot be used right now: {context.original_exception}.")
