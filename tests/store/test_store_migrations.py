"""A database that an older costlab wrote is brought up to date, with everything that was in it."""

import json

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from costlab.errors import StoreUnavailable
from costlab.home import home
from costlab.store import Store
from costlab.store.schema import metadata
from tests.store.conftest import URL, empty
from tests.store.examples import COST, SPEC

# The tables as costlab made them before saved matrices had notes: what SQLite's sqlite_master said then.
VERSION_1 = """
CREATE TABLE runs (serial INTEGER NOT NULL, id VARCHAR(32) NOT NULL, run_group VARCHAR(80) NOT NULL,
  state VARCHAR(16) NOT NULL, attempt INTEGER NOT NULL, losses INTEGER NOT NULL, worker VARCHAR(120),
  cancel_requested BOOLEAN NOT NULL, created FLOAT NOT NULL, started FLOAT, ended FLOAT, fraction FLOAT NOT NULL,
  seconds FLOAT NOT NULL, reason TEXT NOT NULL, spec TEXT NOT NULL, prepared TEXT, test TEXT, log TEXT NOT NULL,
  PRIMARY KEY (serial), UNIQUE (id));
CREATE INDEX runs_by_state ON runs (state, serial);
CREATE TABLE matrices (serial INTEGER NOT NULL, name VARCHAR(80) NOT NULL, revision INTEGER NOT NULL,
  saved FLOAT NOT NULL, comment TEXT NOT NULL, cost TEXT NOT NULL, PRIMARY KEY (serial), UNIQUE (name, revision));
CREATE TABLE catalogue (id INTEGER NOT NULL, published FLOAT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id));
CREATE TABLE workers (id VARCHAR(120) NOT NULL, host VARCHAR(255) NOT NULL, home TEXT NOT NULL, pid INTEGER NOT NULL,
  started FLOAT NOT NULL, heartbeat FLOAT NOT NULL, slots TEXT NOT NULL, PRIMARY KEY (id));
CREATE TABLE epochs (run VARCHAR(32) NOT NULL, attempt INTEGER NOT NULL, epoch INTEGER NOT NULL, seconds FLOAT,
  train_loss FLOAT, valid_loss FLOAT, valid_accuracy FLOAT, valid_cost FLOAT, valid_least_expected_cost FLOAT,
  PRIMARY KEY (run, attempt, epoch), FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE);
CREATE TABLE confusions (run VARCHAR(32) NOT NULL, attempt INTEGER NOT NULL, epoch INTEGER NOT NULL,
  columns INTEGER NOT NULL, counts BLOB NOT NULL, PRIMARY KEY (run, attempt, epoch),
  FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE);
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1)
"""


def old_database() -> Engine:
    """A database of version 1, on SQLite or the PostgreSQL that the tests are given."""
    url = URL or f"sqlite:///{home() / 'costlab.db'}"
    if URL:
        empty(URL)
    engine = create_engine(url)
    made = VERSION_1
    if engine.dialect.name == "postgresql":  # what SQLAlchemy writes there for the same columns
        made = made.replace("serial INTEGER NOT NULL", "serial SERIAL NOT NULL").replace("BLOB", "BYTEA")
    with engine.begin() as connection:
        for statement in made.split(";"):
            connection.execute(text(statement))
    return engine


def insert_matrix(engine: Engine, name: str, revision: int, cost: str) -> None:
    row = {"name": name, "revision": revision, "saved": 1.7e9 + revision, "comment": f"why {revision}", "cost": cost}
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO matrices (name, revision, saved, comment, cost) "
                "VALUES (:name, :revision, :saved, :comment, :cost)"
            ),
            row,
        )


def columns(engine: Engine) -> dict[str, set[str]]:
    inspector = inspect(engine)
    return {table: {each["name"] for each in inspector.get_columns(table)} for table in inspector.get_table_names()}


def test_a_database_of_the_version_before_keeps_its_matrices_and_takes_new_ones() -> None:
    engine = old_database()
    insert_matrix(engine, "shop", 1, COST.to_json())
    insert_matrix(engine, "shop", 2, COST.replaced(1, 0, 200.0).to_json())
    store = Store(URL)
    second, first = store.matrix_history("shop")
    assert [first.cost.values.tolist(), second.cost.values.tolist()] == [[[0, 1], [100, 0]], [[0, 1], [200, 0]]]
    assert [first.comment, second.comment, first.saved] == ["why 1", "why 2", 1.7e9 + 1]
    assert [(each.agreed_by, each.notes) for each in (first, second)] == [("", {}), ("", {})]
    third = store.save_matrix("shop", first.cost, "back", "Kim", {"1.0": "a recall"})
    assert store.matrix("shop") == third
    assert third.revision == 3
    assert store.run(store.add(SPEC)).spec.cost == COST
    store.close()
    again = Store(URL)
    assert len(again.matrix_history("shop")) == 3
    again.close()
    engine.dispose()


def test_a_database_that_was_brought_up_has_the_columns_of_a_new_one() -> None:
    engine = old_database()
    Store(URL).close()
    wanted = {table.name: {column.name for column in table.columns} for table in metadata.sorted_tables}
    found = columns(engine)
    assert {name: found[name] for name in wanted} == wanted
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM schema_version")).scalar_one() == 2
    engine.dispose()


def test_a_database_from_beyond_this_version_is_refused_and_left_as_it_is() -> None:
    engine = old_database()
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_version SET version = 3"))
    before = columns(engine)
    with pytest.raises(StoreUnavailable, match=r"newer costlab \(version 3 of its tables; this one knows 2\)"):
        Store(URL)
    assert columns(engine) == before
    engine.dispose()


def test_notes_that_can_no_longer_be_read_do_not_hide_other_matrices(store: Store) -> None:
    store.save_matrix("bad", COST, notes={"1.0": "why"})
    good = store.save_matrix("good", COST)
    for broken in ("{", json.dumps({"9.9": "no such cell"}), "[1]"):
        with store.write() as connection:
            connection.execute(text("UPDATE matrices SET notes = :notes WHERE name = 'bad'"), {"notes": broken})
        assert store.matrices() == [good]
