"""The worker's side of the runs. Every transition is a compare-and-set on (id, attempt, state).

queued -> starting -> running -> succeeded | failed | cancelled, and back to queued when the worker stops or is lost.
`attempt` counts claims and never goes back, so what a former holder says about a run matches nothing and is ignored.
"""

import time
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Update, and_, case, delete, insert, or_, select, update

from costlab.errors import CostlabError
from costlab.records import Epoch, Event, Finished, Prepared, Progress
from costlab.store.engine import Database
from costlab.store.records import HELD, LEASE, Claim
from costlab.store.runs import NUMBERS, kept, packed, spec_from
from costlab.store.schema import confusions, epochs, workers
from costlab.store.schema import runs as table

MAX_LOSSES = 3  # a run that loses its worker this often is failed: it may be what kills them
LOG_LENGTH = 8000  # characters of a run's last lines that are kept in the database


class Queue(Database):
    """The queue's part of the store."""

    def claim(self, worker: str) -> Claim | None:
        """Take the run that has waited longest, for `worker`; None when none waits. No two workers get the same."""
        oldest = (
            select(table.c.id)
            .where(table.c.state == "queued")
            .order_by(table.c.serial)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        values = {
            "state": "starting",
            "worker": worker,
            "attempt": table.c.attempt + 1,
            "started": time.time(),
            "reason": "",
        }
        claim = (
            update(table)
            .where(table.c.id == oldest.scalar_subquery(), table.c.state == "queued")
            .values(values)
            .returning(table.c.id, table.c.attempt, table.c.spec)
        )
        while True:
            with self.write() as connection:
                row = connection.execute(claim).one_or_none()
            if row is None:
                return None
            try:
                return Claim(id=row.id, attempt=row.attempt, spec=spec_from(row.spec))
            except CostlabError as error:
                self.fail(row.id, row.attempt, f"The record of this run can no longer be read: {error}")

    def waiting(self) -> bool:
        """Whether a run waits; far cheaper than a claim."""
        with self.read() as connection:
            return connection.execute(select(table.c.id).where(table.c.state == "queued").limit(1)).first() is not None

    def to_cancel(self, worker: str) -> set[tuple[str, int]]:
        """The (id, attempt) of runs that `worker` holds and somebody wants cancelled."""
        query = select(table.c.id, table.c.attempt).where(
            table.c.state.in_(HELD), table.c.worker == worker, table.c.cancel_requested
        )
        with self.read() as connection:
            return {(row.id, row.attempt) for row in connection.execute(query)}

    def record(self, id: str, attempt: int, events: Sequence[Event]) -> bool:
        """Keep what training reported; False when this attempt no longer holds the run, and nothing is kept."""
        values: dict[str, object] = {"state": "running"}
        for event in events:
            if isinstance(event, Prepared):
                values["prepared"] = event.model_dump_json()
            elif isinstance(event, Progress):
                values |= {"fraction": event.fraction, "seconds": event.seconds}
        new = [event for event in events if isinstance(event, Epoch)]
        with self.write() as connection:
            if not connection.execute(_held(id, attempt).values(values)).rowcount:
                return False
            if new:
                _insert(connection, id, attempt, new)
        return True

    def finish(self, id: str, attempt: int, finished: Finished, log: str = "") -> bool:
        """The run ended well; False when this attempt no longer holds it."""
        result = {"fraction": 1.0, "seconds": finished.seconds, "test": finished.test.model_dump_json()}
        return self._end(id, attempt, "succeeded", log=log[-LOG_LENGTH:], **result)

    def fail(self, id: str, attempt: int, reason: str, log: str = "") -> bool:
        """The run failed, for `reason` (a sentence); False when this attempt no longer holds it."""
        return self._end(id, attempt, "failed", reason=reason, log=log[-LOG_LENGTH:])

    def cancelled(self, id: str, attempt: int, log: str = "") -> bool:
        """The run ended because it was asked to; False when this attempt no longer holds it."""
        return self._end(id, attempt, "cancelled", log=log[-LOG_LENGTH:])

    def _end(self, id: str, attempt: int, state: str, **values: object) -> bool:
        with self.write() as connection:
            ended = _held(id, attempt).values(state=state, ended=time.time(), **values)
            return bool(connection.execute(ended).rowcount)

    def requeue(self, id: str, attempt: int, lost: bool = False) -> bool:
        """Give a run back; False when this attempt no longer holds it.

        lost: it was lost on the way to its process, and such losses are counted; else the worker stops in good order.
        """
        with self.write() as connection:
            return _give_back(connection, and_(table.c.id == id, table.c.attempt == attempt), lost=int(lost)) > 0

    def recover(self, worker: str, host: str, home: str) -> int:
        """Put back the runs of lost workers, on behalf of `worker`, which holds the lock of `home` on `host`.

        Lost is who has been silent for `LEASE` seconds, and whoever worked for the same home before: only one can
        hold its lock. A run that has lost `MAX_LOSSES` workers is failed. Returns how many runs were put back or ended.
        """
        silent = workers.c.heartbeat < time.time() - LEASE
        replaced = and_(workers.c.host == host, workers.c.home == home)
        lost = and_(workers.c.id != worker, or_(silent, replaced))
        with self.read() as connection:  # nearly always nothing: do not take the write lock for that
            living = select(workers.c.id).where(~lost)
            orphans = and_(table.c.worker.not_in(living), table.c.worker != worker)
            held = select(table.c.id).where(table.c.state.in_(HELD), orphans).limit(1)
            if (
                not connection.execute(held).first()
                and not connection.execute(select(workers.c.id).where(lost)).first()
            ):
                return 0
        with self.write() as connection:
            moved = _give_back(connection, orphans, lost=1)
            connection.execute(delete(workers).where(lost))
        return moved


def _held(id: str, attempt: int) -> Update:
    return update(table).where(table.c.id == id, table.c.attempt == attempt, table.c.state.in_(HELD))


def _give_back(connection: Connection, which: ColumnElement[bool], lost: int) -> int:
    """Held runs back to the queue; ended instead where that was asked for or too many workers were lost."""
    exhausted = table.c.losses + lost >= MAX_LOSSES
    state = case((table.c.cancel_requested, "cancelled"), (exhausted, "failed"), else_="queued")
    reason = case(
        (table.c.cancel_requested, ""),
        (
            exhausted,
            f"The worker was lost {MAX_LOSSES} times while it trained this run; start it again to try once more.",
        ),
        else_="The worker was lost; the run went back to the queue." if lost else "",
    )
    ended = case((or_(table.c.cancel_requested, exhausted), time.time()), else_=None)
    values = {"state": state, "losses": table.c.losses + lost, "reason": reason, "ended": ended, "worker": None}
    fresh = {"started": case((or_(table.c.cancel_requested, exhausted), table.c.started), else_=None)}
    moved = connection.execute(
        update(table)
        .where(table.c.state.in_(HELD), which)
        .values(**values, **fresh)
        .returning(table.c.id, table.c.state)
    ).all()
    again = [row.id for row in moved if row.state == "queued"]
    for rows in (epochs, confusions):
        connection.execute(delete(rows).where(rows.c.run.in_(again)))
    begin = {"fraction": 0.0, "seconds": 0.0, "prepared": None}
    connection.execute(update(table).where(table.c.id.in_(again)).values(begin))
    return len(moved)


def _insert(connection: Connection, id: str, attempt: int, reported: Iterable[Epoch]) -> None:
    """Keep the epochs that are not kept yet: the same events may come again when the database failed midway."""
    key = {"run": id, "attempt": attempt}
    known = select(epochs.c.epoch).where(epochs.c.run == id, epochs.c.attempt == attempt)
    new = {epoch.epoch: epoch for epoch in reported}
    for number in connection.execute(known.where(epochs.c.epoch.in_(new))).scalars():
        del new[number]
    if not new:
        return
    numbers, counts = [], []
    for epoch in new.values():
        numbers.append(key | {"epoch": epoch.epoch} | {name: kept(getattr(epoch, name)) for name in NUMBERS})
        confusion = epoch.valid_confusion
        counts.append(key | {"epoch": epoch.epoch, "columns": len(confusion[0]), "counts": packed(confusion)})
    connection.execute(insert(epochs), numbers)
    connection.execute(insert(confusions), counts)
