"""Opening a database: modes, versions, and what is refused."""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect, text

from costlab.errors import StoreUnavailable
from costlab.home import home
from costlab.store import Store, engine
from costlab.store.migrations import migrate
from tests.store.examples import SPEC


def test_sqlite_writes_ahead_syncs_normally_and_checks_references() -> None:
    store = Store()
    for opening in (store.read, store.write):
        with opening() as connection:
            answers = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
            assert answers == ["wal", 1]
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    assert (home() / "costlab.db").exists()


def test_a_database_that_cannot_write_ahead_is_refused_in_one_sentence() -> None:
    with pytest.raises(StoreUnavailable, match=r"answered 'memory'.*local disk"):
        Store("sqlite://")


def test_the_environment_names_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COSTLAB_DATABASE", f"sqlite:///{tmp_path / 'deeper' / 'other.db'}")
    id = Store().add(SPEC)
    assert (tmp_path / "deeper" / "other.db").exists()
    monkeypatch.delenv("COSTLAB_DATABASE")
    assert Store(f"sqlite:///{tmp_path / 'deeper' / 'other.db'}").run(id).id == id
    assert Store().runs() == []


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "does not name a database"),
        ("nosuch://host/name", "needs a driver"),
        ("sqlite:////proc/nowhere/costlab.db", "cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_opened_is_refused_in_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StoreUnavailable, match=sentence):
        Store(url)


def test_a_password_is_not_shown() -> None:
    with pytest.raises(StoreUnavailable) as refusal:
        Store("nosuch://user:secret@host/name")
    assert "secret" not in str(refusal.value)


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        Store(f"sqlite:///{tmp_path / 'letter.db'}")


def test_a_database_of_a_newer_costlab_is_refused() -> None:
    store = Store()
    with store.write() as connection:
        connection.execute(text("UPDATE schema_version SET version = 99"))
    with pytest.raises(StoreUnavailable, match=r"newer costlab \(version 99 .*update costlab"):
        Store()


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE runs (distance REAL)")
    with pytest.raises(StoreUnavailable, match="table 'runs' that costlab did not make"):
        Store(f"sqlite:///{path}")
    assert sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall() == [("runs",)]


def test_steps_are_taken_in_order_once_and_all_or_none(tmp_path: Path) -> None:
    old, new = MetaData(), MetaData()
    Table("dogs", old, Column("age", Integer))
    Table("dogs", new, Column("age", Integer), Column("name", Integer), Column("colour", Integer))
    steps = (
        lambda connection: connection.execute(text("ALTER TABLE dogs ADD COLUMN name INTEGER")),
        lambda connection: connection.execute(text("ALTER TABLE dogs ADD COLUMN colour INTEGER")),
    )

    def columns() -> list[str]:
        return [column["name"] for column in inspect(database).get_columns("dogs")]

    def broken(connection: object) -> None:
        raise RuntimeError("power cut")

    database = create_engine(f"sqlite:///{tmp_path / 'dogs.db'}")
    engine.event.listen(database, "connect", engine._prepare)
    engine.event.listen(database, "begin", engine._begin)
    with database.begin() as connection:
        migrate(connection, old, steps=())
    assert columns() == ["age"]
    with pytest.raises(RuntimeError, match="power cut"), database.begin() as connection:
        migrate(connection, new, steps=(steps[0], broken))  # type: ignore[arg-type]
    assert columns() == ["age"]
    for _ in range(2):
        with database.begin() as connection:
            migrate(connection, new, steps=steps)  # type: ignore[arg-type]
        assert columns() == ["age", "name", "colour"]


def locked(path: Path) -> sqlite3.Connection:
    """Another program in the middle of writing."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_write_waits_for_another_writer_and_a_read_does_not() -> None:
    store = Store()
    first = store.add(SPEC)
    other = locked(home() / "costlab.db")
    added: list[str] = []
    writing = threading.Thread(target=lambda: added.append(store.add(SPEC)))
    writing.start()
    started = time.monotonic()
    assert [run.id for run in store.runs()] == [first]
    assert time.monotonic() - started < 1.0
    writing.join(0.3)
    assert not added
    other.execute("COMMIT")
    writing.join(10)
    assert [run.id for run in store.runs()] == [*added, first]


def test_opening_does_not_wait_for_a_writer() -> None:
    Store().add(SPEC)
    other = locked(home() / "costlab.db")
    started = time.monotonic()
    assert len(Store().runs()) == 1
    assert time.monotonic() - started < 2.0
    other.execute("COMMIT")


def test_a_writer_that_never_ends_is_reported_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    store = Store()
    other = locked(home() / "costlab.db")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.add(SPEC)
    other.execute("COMMIT")
    assert store.add(SPEC)


@pytest.mark.process
def test_processes_that_open_an_empty_home_at_once_all_get_in() -> None:
    code = "from costlab.store import Store; from costlab.specs import RunSpec; print(Store().add(RunSpec()))"
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    ids = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert {run.id for run in Store().runs()} == ids
    assert len(ids) == 4


@pytest.mark.process
def test_the_store_loads_neither_torch_nor_streamlit() -> None:
    code = "import sys, costlab.store; print({'torch', 'streamlit', 'plotly'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"
