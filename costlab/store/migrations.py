"""The version of the tables, and the steps from each version to the next."""

from collections.abc import Callable, Sequence

from sqlalchemy import Column, Connection, Integer, MetaData, Table, inspect, select, text

from costlab.errors import StoreUnavailable

Step = Callable[[Connection], None]

_version = Table("schema_version", MetaData(), Column("version", Integer, nullable=False))


def _agreed_prices(connection: Connection) -> None:
    """Saved matrices say who agreed to them, and why each price is what it is."""
    connection.execute(text("ALTER TABLE matrices ADD COLUMN agreed_by TEXT NOT NULL DEFAULT ''"))
    connection.execute(text("ALTER TABLE matrices ADD COLUMN notes TEXT NOT NULL DEFAULT '{}'"))


# STEPS[i] turns version i + 1 into version i + 2, in the SQL of its day: the tables of costlab.store.schema move on.
STEPS: tuple[Step, ...] = (_agreed_prices,)


def is_current(connection: Connection, steps: Sequence[Step] = STEPS) -> bool:
    """Whether there is nothing to do; asks without waiting for anybody who writes."""
    if not inspect(connection).has_table(_version.name):
        return False
    return connection.execute(select(_version.c.version)).scalar_one() == len(steps) + 1


def migrate(connection: Connection, metadata: MetaData, steps: Sequence[Step] = STEPS) -> None:
    """Bring a database to the current version: make all tables in an empty one, else take the steps that are missing.

    Runs inside the caller's transaction, so that either everything happens or nothing. Raises StoreUnavailable when
    the database is newer than this program, or not costlab's.
    """
    newest = len(steps) + 1
    present = set(inspect(connection).get_table_names())
    if _version.name not in present:
        if taken := present & set(metadata.tables):
            raise StoreUnavailable(
                f"The database has a table '{min(taken)}' that costlab did not make; give costlab one of its own."
            )
        metadata.create_all(connection)
        _version.create(connection)
        connection.execute(_version.insert().values(version=newest))
        return
    version = connection.execute(select(_version.c.version)).scalar_one()
    if version > newest:
        raise StoreUnavailable(
            f"The database was written by a newer costlab (version {version} of its tables; this one knows {newest}); "
            "update costlab."
        )
    for step in steps[version - 1 :]:
        step(connection)
    connection.execute(_version.update().values(version=newest))
