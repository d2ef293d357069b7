"""The worker's side of the runs. Every transition is a compare-and-set on (id, attempt, state).

queued -> starting -> running -> succeeded | failed | cancelled, and back to queued when the worker stops or is lost.
`attempt` counts claims and never goes back, so what a former holder says about a run matches nothing and is ignored.
"""

import time
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Select, Update, and_, case, delete, insert, or_, select, update

from costlab.errors import CostlabError
from costlab.records import Epoch, Event, Finished, Prepared, Progress
from costlab.specs import RunSpec
from costlab.store.engine import Database
from costlab.store.records import HELD, LEASE, UNREADABLE, Claim, Waiting
from costlab.store.runs import NUMBERS, kept, packed, spec_from
from costlab.store.schema import confusions, epochs, workers
from costlab.store.schema import runs as table

MAX_LOSSES = 3  # a run that loses its worker this often is failed: it may be what kills them
Report = tuple[str, int, Sequence[Event]]  # id, attempt, what was reported
LOG_LENGTH = 8000  # characters of a run's last lines that are kept in the database


class Queue(Database):
    """The queue's part of the store."""

    def claim(self, worker: str) -> Claim | None:
        """Take the run that has waited longest, for `worker`; None when none waits. No two workers get the same."""
        oldest = select(table.c.id).where(table.c.state == "queued").order_by(table.c.serial).limit(1)
        while (taken := self._take(worker, oldest)) is not None:
            if taken:
                return taken[0]
        return None

    def claim_group(self, worker: str, ids: Sequence[str]) -> list[Claim]:
        """Take those of `ids` that still wait, all in one go, in the order of `ids`; the others went elsewhere."""
        these = select(table.c.id).where(table.c.id.in_(ids), table.c.state == "queued")
        claims = {claim.id: claim for claim in self._take(worker, these) or []}
        return [claims[id] for id in ids if id in claims]

    def _take(self, worker: str, which: Select[tuple[str]]) -> list[Claim] | None:
        """Claims of the runs in `which` that can be read, the others are failed; None when there is none at all."""
        chosen = which.with_for_update(skip_locked=True).scalar_subquery()
        values = {"state": "starting", "worker": worker, "attempt": table.c.attempt + 1, "reason": ""}
        claim = (
            update(table)
            .where(table.c.id.in_(chosen), table.c.state == "queued")
            .values(**values, started=time.time())
            .returning(table.c.id, table.c.attempt, table.c.spec)
        )
        with self.write() as connection:
            rows = connection.execute(claim).all()
        claims = []
        for row in rows:
            try:
                claims.append(Claim(id=row.id, attempt=row.attempt, spec=spec_from(row.spec)))
            except CostlabError as error:
                self.fail(row.id, row.attempt, f"The record of this run can no longer be read: {error}")
        return claims if rows else None

    def waiting(self, limit: int = 1000) -> list[Waiting]:
        """The runs that wait, the oldest first; far cheaper than a claim where there is none."""
        query = select(table.c.id, table.c.spec).where(table.c.state == "queued").order_by(table.c.serial).limit(limit)
        with self.read() as connection:
            rows = connection.execute(query).all()
        return [Waiting(id=row.id, spec=_readable(row.spec)) for row in rows]

    def to_cancel(self, worker: str) -> set[tuple[str, int]]:
        """The (id, attempt) of runs that `worker` holds and somebody wants cancelled."""
        query = select(table.c.id, table.c.attempt).where(
            table.c.state.in_(HELD), table.c.worker == worker, table.c.cancel_requested
        )
        with self.read() as connection:
            return {(row.id, row.attempt) for row in connection.execute(query)}

    def record(self, id: str, attempt: int, events: Sequence[Event]) -> bool:
        """Keep what training reported; False when this attempt no longer holds the run, and nothing is kept."""
        return not self.record_all([(id, attempt, events)])

    def record_all(self, reports: Sequence[Report]) -> set[tuple[str, int]]:
        """Keep what several runs reported, in one transaction; the (id, attempt) that no longer hold theirs."""
        lost = set()
        new: dict[tuple[str, int], list[Epoch]] = {}
        with self.write() as connection:
            for id, attempt, events in reports:
                if not connection.execute(_held(id, attempt).values(_state_after(events))).rowcount:
                    lost.add((id, attempt))
                elif epochs := [event for event in events if isinstance(event, Epoch)]:
                    new.setdefault((id, attempt), []).extend(epochs)
            _insert(connection, new)
        return lost

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

    def requeue(self, id: str, attempt: int, lost: bool = False, reason: str = "") -> bool:
        """Give a run back; False when this attempt no longer holds it.

        lost: its process was lost before it could say what was wrong, and such losses are counted; else the worker
        stops in good order. reason: a sentence that is shown while the run waits.
        """
        with self.write() as connection:
            this = and_(table.c.id == id, table.c.attempt == attempt)
            return _give_back(connection, this, lost=int(lost), why=reason) > 0

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


def _readable(spec: str) -> RunSpec:
    try:
        return spec_from(spec)
    except CostlabError:
        return UNREADABLE  # it is claimed like any other, and then failed


def _state_after(events: Sequence[Event]) -> dict[str, object]:
    """What the row of a run says once these were reported."""
    values: dict[str, object] = {"state": "running"}
    for event in events:
        if isinstance(event, Prepared):
            values["prepared"] = event.model_dump_json()
        elif isinstance(event, Progress):
            values |= {"fraction": event.fraction, "seconds": event.seconds}
    return values


def _give_back(connection: Connection, which: ColumnElement[bool], lost: int, why: str = "") -> int:
    """Held runs back to the queue; ended instead where that was asked for or too many workers were lost."""
    exhausted = table.c.losses + lost >= MAX_LOSSES
    state = case((table.c.cancel_requested, "cancelled"), (exhausted, "failed"), else_="queued")
    reason = case(
        (table.c.cancel_requested, ""),
        (
            exhausted,
            f"The worker was lost {MAX_LOSSES} times while it trained this run; start it again to try once more.",
        ),
        else_=why or ("The worker was lost; the run went back to the queue." if lost else ""),
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


def _insert(connection: Connection, reported: Mapping[tuple[str, int], Iterable[Epoch]]) -> None:
    """Keep the epochs that are not kept yet: the same events may come again when the database failed midway."""
    numbers, counts = [], []
    for (id, attempt), reports in reported.items():
        new = {epoch.epoch: epoch for epoch in reports}
        known = select(epochs.c.epoch).where(epochs.c.run == id, epochs.c.attempt == attempt)
        for number in connection.execute(known.where(epochs.c.epoch.in_(new))).scalars():
            del new[number]
        for epoch in new.values():
            key = {"run": id, "attempt": attempt, "epoch": epoch.epoch}
            numbers.append(key | {name: kept(getattr(epoch, name)) for name in NUMBERS})
            confusion = epoch.valid_confusion
            counts.append(key | {"columns": len(confusion[0]), "counts": packed(confusion)})
    if numbers:
        connection.execute(insert(epochs), numbers)
        connection.execute(insert(confusions), counts)
