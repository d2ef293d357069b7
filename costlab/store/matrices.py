"""Saved cost matrices: every revision is kept, with its comment and time."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, delete, func, insert, select

from costlab.costs import CostMatrix
from costlab.errors import CostlabError, InvalidCosts, NotFound
from costlab.notes import checked_notes, moved_notes
from costlab.store.engine import Database
from costlab.store.records import SavedMatrix
from costlab.store.schema import matrices as table


class Matrices(Database):
    """The matrices' part of the store."""

    def save_matrix(
        self,
        name: str,
        cost: CostMatrix,
        comment: str = "",
        agreed_by: str = "",
        notes: Mapping[str, str] | None = None,
    ) -> SavedMatrix:
        """Keep `cost` as the next revision of `name`; saving the same again keeps nothing new.

        The matrix is kept under `name` also in its own `name`. agreed_by: the names of those who agreed. notes: why a
        cell costs what it costs, by "truth.decision" in the positions of `cost`; None: as in the revision before, at
        the cells of the same names. Raises InvalidCosts for an empty or too long name, or a note about no cell.
        """
        name = name.strip()
        if not 1 <= len(name) <= 80:
            raise InvalidCosts(f"A saved matrix needs a name of 1 to 80 characters; got {len(name)}.")
        cost = replace(cost, name=name)
        with self.write() as connection:
            newest = select(table).where(table.c.name == name).order_by(table.c.revision.desc()).limit(1)
            latest = connection.execute(newest.with_for_update()).one_or_none()
            known = _as_saved(latest) if latest else None
            if notes is None:
                notes = moved_notes(known.notes, known.cost, cost) if known else {}
            kept = checked_notes(notes, cost)
            if known and _says_nothing_new(known, cost, comment, agreed_by, kept):
                return known
            saved = SavedMatrix(
                name=name,
                revision=latest.revision + 1 if latest else 1,
                cost=cost,
                comment=comment,
                agreed_by=agreed_by,
                notes=kept,
                saved=time.time(),
            )
            row = saved.model_dump(exclude={"cost", "notes"}) | {"cost": cost.to_json(), "notes": json.dumps(kept)}
            connection.execute(insert(table), row)
        return saved

    def matrices(self) -> list[SavedMatrix]:
        """The latest revision of each name, by name; what can no longer be read is left out."""
        latest = select(func.max(table.c.serial)).group_by(table.c.name)
        query = select(table).where(table.c.serial.in_(latest)).order_by(func.lower(table.c.name))
        with self.read() as connection:
            return [saved for row in connection.execute(query) if (saved := _as_saved(row))]

    def matrix(self, name: str, revision: int | None = None) -> SavedMatrix:
        """The latest revision of `name`, or the one of this number. Raises NotFound."""
        history = self.matrix_history(name)
        if revision is None:
            return history[0]
        for saved in history:
            if saved.revision == revision:
                return saved
        raise NotFound(f"The saved matrix '{name:.80}' has no revision {revision}, only 1 to {history[0].revision}.")

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


def _says_nothing_new(
    known: SavedMatrix, cost: CostMatrix, comment: str, agreed_by: str, notes: Mapping[str, str]
) -> bool:
    """Whether the latest revision says all that; to leave out the comment or the names is to say nothing of them."""
    return (
        known.cost == cost
        and known.notes == notes
        and comment in ("", known.comment)
        and agreed_by in ("", known.agreed_by)
    )


def _not_found(name: str) -> NotFound:
    return NotFound(f"There is no saved matrix '{name:.80}'; it may have been deleted.")


def _as_saved(row: Row[Any]) -> SavedMatrix | None:
    try:
        cost = CostMatrix.from_json(row.cost)
        notes = checked_notes(json.loads(row.notes), cost)
    except (CostlabError, ValueError):
        return None
    return SavedMatrix(
        name=row.name,
        revision=row.revision,
        cost=cost,
        comment=row.comment,
        agreed_by=row.agreed_by,
        notes=notes,
        saved=row.saved,
    )
