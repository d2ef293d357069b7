"""Workers and what they offer: heartbeats and the catalogue."""

import json
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, delete, insert, select, update

from costlab.catalogue import Catalogue
from costlab.store.engine import Database
from costlab.store.records import Slot, Worker
from costlab.store.schema import catalogue as offers
from costlab.store.schema import workers as table


class Workers(Database):
    """The workers' part of the store."""

    def heartbeat(self, id: str, host: str, home: str, pid: int, slots: Sequence[Slot]) -> None:
        """Say that the worker lives and what its slots do."""
        now = time.time()
        said = {"heartbeat": now, "slots": json.dumps([slot.model_dump() for slot in slots])}
        with self.write() as connection:
            if not connection.execute(update(table).where(table.c.id == id).values(said)).rowcount:
                row = {"id": id, "host": host, "home": home, "pid": pid, "started": now, **said}
                connection.execute(insert(table), row)

    def retire(self, id: str) -> None:
        """The worker stops in good order."""
        with self.write() as connection:
            connection.execute(delete(table).where(table.c.id == id))

    def workers(self) -> list[Worker]:
        """The workers that have not retired, the one heard of last first; look at `alive` and `silent`."""
        now = time.time()
        with self.read() as connection:
            return [
                _as_worker(row, now) for row in connection.execute(select(table).order_by(table.c.heartbeat.desc()))
            ]

    def publish(self, catalogue: Catalogue) -> None:
        """Make what a worker offers known to the screens; the latest replaces all before."""
        values = {"published": time.time(), "body": catalogue.model_dump_json()}
        with self.write() as connection:
            if not connection.execute(update(offers).where(offers.c.id == 1).values(values)).rowcount:
                connection.execute(insert(offers).values(id=1, **values))

    def catalogue(self) -> Catalogue | None:
        """What the worker offers; None before the first worker has said so, or when that can no longer be read."""
        with self.read() as connection:
            body = connection.execute(select(offers.c.body).where(offers.c.id == 1)).scalar_one_or_none()
        return _read(body) if body else None


@lru_cache(maxsize=4)
def _read(body: str) -> Catalogue | None:
    try:
        return Catalogue.model_validate_json(body)
    except ValidationError:
        return None


def _as_worker(row: Row[Any], now: float) -> Worker:
    return Worker(
        id=row.id,
        host=row.host,
        pid=row.pid,
        started=row.started,
        silent=max(0.0, now - row.heartbeat),
        slots=[Slot.model_validate(slot) for slot in json.loads(row.slots)],
    )
