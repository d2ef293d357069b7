"""Saved cost matrices: every revision is kept, with its comment and time."""

import time
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, delete, func, insert, select

from costlab.costs import CostMatrix
from costlab.errors import CostlabError, InvalidCosts, NotFound
from costlab.store.engine import Database
from costlab.store.records import SavedMatrix
from costlab.store.schema import matrices as table


class Matrices(Database):
    """The matrices' part of the store."""

    def save_matrix(self, name: str, cost: CostMatrix, comment: str = "") -> SavedMatrix:
        """Keep `cost` as the next revision of `name`; saving the same again keeps nothing new.

        The matrix is kept under `name` also in its own `name`. Raises InvalidCosts for an empty or too long name.
        """
        name = name.strip()
        if not 1 <= len(name) <= 80:
            raise InvalidCosts(f"A saved matrix needs a name of 1 to 80 characters; got {len(name)}.")
        cost = replace(cost, name=name)
        with self.write() as connection:
            newest = select(table).where(table.c.name == name).order_by(table.c.revision.desc()).limit(1)
            latest = connection.execute(newest.with_for_update()).one_or_none()
            if latest and (known := _as_saved(latest)) and known.cost == cost and comment in ("", known.comment):
                return known
            revision = latest.revision + 1 if latest else 1
            saved = SavedMatrix(name=name, revision=revision, cost=cost, comment=comment, saved=time.time())
            row = saved.model_dump(exclude={"cost"}) | {"cost": cost.to_json()}
            connection.execute(insert(table), row)
        return saved

    def matrices(self) -> list[SavedMatrix]:
        """The latest revision of each name, by name; what can no longer be read is left out."""
        latest = select(func.max(table.c.serial)).group_by(table.c.name)
        query = select(table).where(table.c.serial.in_(latest)).order_by(func.lower(table.c.name))
        with self.read() as connection:
            return [saved for row in connection.execute(query) if (saved := _as_saved(row))]

    def matrix(self, name: str) -> SavedMatrix:
        """The latest revision of `name`. Raises NotFound."""
        return self.matrix_history(name)[0]

    def matrix_history(self, name: str) -> list[SavedMatrix]:
        """All revisions of `name`, the latest first. Raises NotFound."""
        query = select(table).where(table.c.name == name).order_by(table.c.revision.desc())
        with self.read() as connection:
            found = [saved for row in connection.execute(query) if (saved := _as_saved(row))]
        if not found:
            raise _not_found(name)
        return found

    def delete_matrix(self, name: str) -> None:
        """Forget all revisions of `name`. Raises NotFound."""
        with self.write() as connection:
            if not connection.execute(delete(table).where(table.c.name == name)).rowcount:
                raise _not_found(name)


def _not_found(name: str) -> NotFound:
    return NotFound(f"There is no saved matrix '{name:.80}'; it may have been deleted.")


def _as_saved(row: Row[Any]) -> SavedMatrix | None:
    try:
        cost = CostMatrix.from_json(row.cost)
    except CostlabError:
        return None
    return SavedMatrix(name=row.name, revision=row.revision, cost=cost, comment=row.comment, saved=row.saved)
