"""Runs as the screens see them: add, list, read, cancel, delete."""

import re
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from math import isfinite, nan
from typing import Any, TypeVar
from zlib import compress, decompress

from pydantic import ValidationError
from sqlalchemy import Row, and_, delete, insert, literal_column, select, update

from costlab.errors import CostlabError, NotFound, RunActive
from costlab.home import run_folder
from costlab.records import Confusion, Epoch, Prepared, TestResult
from costlab.specs import RunSpec, read_spec
from costlab.store.bell import ring
from costlab.store.engine import Database
from costlab.store.records import ACTIVE, HELD, UNREADABLE, Run, State
from costlab.store.schema import confusions, epochs
from costlab.store.schema import runs as table

T = TypeVar("T")
NUMBERS = ("seconds", "train_loss", "valid_loss", "valid_accuracy", "valid_cost", "valid_least_expected_cost")
_ID = re.compile(r"[a-z0-9]{1,32}")
_ALL = [column for column in table.c if column.name not in ("serial", "losses", "worker")]
_LISTED = [column if column.name != "log" else literal_column("''").label("log") for column in _ALL]


class Runs(Database):
    """The runs' part of the store."""

    def add(self, spec: RunSpec, group: str = "") -> str:
        """Queue a run; returns its id, which is short and safe in a URL and a file name."""
        return self._add([spec], group)[0]

    def add_many(self, specs: Iterable[RunSpec]) -> list[str]:
        """Queue several runs at once, as one group: all of them or none."""
        return self._add(list(specs), secrets.token_hex(4))

    def _add(self, specs: Sequence[RunSpec], group: str) -> list[str]:
        ids = [secrets.token_hex(5) for _ in specs]
        new = {"run_group": group, "state": "queued", "created": time.time()}
        rows = [{"id": id, "spec": spec.model_dump_json(), **new} for id, spec in zip(ids, specs, strict=True)]
        if rows:
            with self.write() as connection:
                connection.execute(insert(table), rows)
            ring()
        return ids

    def run(self, id: str) -> Run:
        """The run as it stands, its log included. Raises NotFound."""
        with self.read() as connection:
            row = connection.execute(select(*_ALL).where(table.c.id == id)).one_or_none()
        if row is None:
            raise _not_found(id)
        return _as_run(row)

    def runs(self, states: Iterable[State] | None = None, limit: int = 500) -> list[Run]:
        """The newest runs first, all of them or those in some states; their logs are left out."""
        query = select(*_LISTED).order_by(table.c.serial.desc()).limit(limit)
        if states is not None:
            query = query.where(table.c.state.in_(list(states)))
        with self.read() as connection:
            return [_as_run(row) for row in connection.execute(query)]

    def history(self, id: str, after: int = 0) -> list[Epoch]:
        """The epochs of the run's current attempt with numbers above `after`, in order."""
        both = and_(*(confusions.c[name] == epochs.c[name] for name in ("run", "attempt", "epoch")))
        query = (
            select(epochs.c.epoch, *(epochs.c[name] for name in NUMBERS), confusions.c.columns, confusions.c.counts)
            .join(table, and_(table.c.id == epochs.c.run, table.c.attempt == epochs.c.attempt))
            .join(confusions, both)
            .where(epochs.c.run == id, epochs.c.epoch > after)
            .order_by(epochs.c.epoch)
        )
        with self.read() as connection:
            return [_as_epoch(row) for row in connection.execute(query)]

    def cancel(self, id: str) -> None:
        """End a waiting run now, ask a held one to end; one that has ended stays as it is. Raises NotFound."""
        this = update(table).where(table.c.id == id)
        with self.write() as connection:
            asked = connection.execute(this.where(table.c.state.in_(HELD)).values(cancel_requested=True)).rowcount
            ended = {"state": "cancelled", "cancel_requested": True, "ended": time.time()}
            if not asked and not connection.execute(this.where(table.c.state == "queued").values(**ended)).rowcount:
                self._known(connection, id)
        ring()

    def delete(self, id: str) -> None:
        """Forget a run that has ended, and remove its folder. Raises NotFound, and RunActive while it waits or runs."""
        with self.write() as connection:
            gone = delete(table).where(table.c.id == id, table.c.state.not_in(ACTIVE))
            if not connection.execute(gone).rowcount:
                self._known(connection, id)
                raise RunActive("This run has not ended; cancel it first, then delete it.")
        if _ID.fullmatch(id):  # else it never had a folder, and its name must not lead anywhere
            shutil.rmtree(run_folder(id), ignore_errors=True)

    @staticmethod
    def _known(connection: Any, id: str) -> None:
        if connection.execute(select(table.c.id).where(table.c.id == id)).one_or_none() is None:
            raise _not_found(id)


def _not_found(id: str) -> NotFound:
    return NotFound(f"There is no run '{id:.40}'; it may have been deleted.")


def _as_run(row: Row[*tuple[Any, ...]]) -> Run:
    """The row as a record; what can no longer be read shows as a failed run, so that it never hides the others."""
    fields = dict(row._mapping)
    fields["group"] = fields.pop("run_group")
    try:
        fields["spec"] = spec_from(fields["spec"])
        fields["prepared"] = fields["prepared"] and _prepared_from(fields["prepared"])
        fields["test"] = fields["test"] and _test_from(fields["test"])
    except (ValidationError, CostlabError) as error:
        reason = f"The record of this run can no longer be read ({_first_line(error)}); delete it and start it again."
        fields |= {"spec": UNREADABLE, "prepared": None, "test": None, "state": "failed", "reason": reason}
    return Run(**fields)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")


# Reading JSON costs far more than reading rows, and the same texts are read every second: remember the latest.


def _remembered(read: Callable[[str], T]) -> Callable[[str], T]:
    return lru_cache(maxsize=2048)(read)


spec_from = _remembered(read_spec)
_prepared_from = _remembered(Prepared.model_validate_json)
_test_from = _remembered(TestResult.model_validate_json)


def _as_epoch(row: Row[*tuple[Any, ...]]) -> Epoch:
    numbers = {name: nan if row._mapping[name] is None else row._mapping[name] for name in NUMBERS}
    return Epoch(epoch=row.epoch, valid_confusion=unpacked(row.counts, row.columns), **numbers)


def kept(number: float) -> float | None:
    """`number` as a column holds it: None where it is not finite."""
    return number if isfinite(number) else None


def packed(confusion: Confusion) -> bytes:
    """The counts of a confusion matrix in few bytes.

    >>> unpacked(packed([[5, 1], [0, 7]]), 2)
    [[5, 1], [0, 7]]
    """
    numbers = list(chain.from_iterable(confusion))
    return compress(struct.pack(f"<{len(numbers)}I", *numbers), level=1)


def unpacked(counts: bytes, columns: int) -> Confusion:
    """What `packed` was given: rows of `columns` counts."""
    return [list(row) for row in struct.iter_unpack(f"<{columns}I", decompress(counts))]
