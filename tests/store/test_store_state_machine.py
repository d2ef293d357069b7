"""The laws of the queue, under any order of what two workers and a visitor do.

A plain dictionary is the oracle: it knows who may say what, and the store must agree after every step.
"""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule
from sqlalchemy import text

from costlab.errors import RunActive
from costlab.records import Progress
from costlab.store import Store
from costlab.store.queue import MAX_LOSSES
from tests.store.conftest import URL, empty
from tests.store.examples import FINISHED, SPEC, epoch

WORKERS = st.sampled_from(["w1", "w2"])
LATE = ("record", "requeue", "succeeded", "failed", "cancelled")
HELD, ENDED = {"starting", "running"}, {"succeeded", "failed", "cancelled"}


@dataclass(frozen=True)
class Expected:
    """What the store must say about a run."""

    state: str = "queued"
    attempt: int = 0
    worker: str | None = None
    losses: int = 0
    asked: bool = False
    epochs: int = 0


class QueueMachine(RuleBasedStateMachine):
    """Two workers with a connection each, on one database."""

    runs = Bundle("runs")
    tokens = Bundle("tokens")  # (id, attempt) of every claim there ever was, most of them stale

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        url = URL or f"sqlite:///{self.folder / 'test.db'}"
        if URL:
            empty(URL)
        self.stores = {"w1": Store(url), "w2": Store(url)}
        self.expected: dict[str, Expected] = {}

    def teardown(self) -> None:
        for store in self.stores.values():
            store.close()
        shutil.rmtree(self.folder)

    def holds(self, token: tuple[str, int]) -> bool:
        known = self.expected.get(token[0])
        return known is not None and known.attempt == token[1] and known.state in HELD

    def change(self, id: str, **values: Any) -> None:
        self.expected[id] = replace(self.expected[id], **values)

    def give_back(self, id: str, lost: int) -> None:
        known = self.expected[id]
        losses = known.losses + lost
        state = "cancelled" if known.asked else "failed" if losses >= MAX_LOSSES else "queued"
        epochs = 0 if state == "queued" else known.epochs
        self.change(id, state=state, losses=losses, worker=None, epochs=epochs)

    @precondition(lambda self: sum(known.state == "queued" for known in self.expected.values()) < 2)
    @rule(target=runs)
    def add(self) -> str:
        id = self.stores["w1"].add(SPEC)
        self.expected[id] = Expected()
        return id

    @rule(target=tokens, worker=WORKERS)
    def claim(self, worker: str) -> tuple[str, int]:
        waiting = [id for id, known in self.expected.items() if known.state == "queued"]  # in the order of adding
        claim = self.stores[worker].claim(worker)
        if not waiting:
            assert claim is None
            return "nobody", 0
        assert claim is not None
        assert claim.id == waiting[0]
        assert claim.attempt > self.expected[claim.id].attempt
        self.change(claim.id, state="starting", attempt=claim.attempt, worker=worker)
        return claim.id, claim.attempt

    @precondition(lambda self: any(known.state == "queued" for known in self.expected.values()))
    @rule(target=tokens, first=WORKERS, second=WORKERS, lost=st.booleans(), late=st.sampled_from(LATE))
    def hand_over(self, first: str, second: str, lost: bool, late: str) -> Any:
        """Claimed, given back, claimed again, and then the first holder speaks once more."""
        stale = self.claim(first)
        self.requeue(stale, first, lost)
        fresh = self.claim(second)
        if late == "record":
            self.record(stale, first)
        elif late == "requeue":
            self.requeue(stale, first, lost)
        else:
            self.end(stale, first, late)
        return multiple(stale, fresh)

    @rule(token=tokens, worker=WORKERS)
    def record(self, token: tuple[str, int], worker: str) -> None:
        held = self.holds(token)
        number = self.expected[token[0]].epochs + 1 if held else 99
        kept = self.stores[worker].record(*token, [epoch(number), Progress(fraction=0.5, seconds=1.0)])
        assert kept == held
        if held:
            self.change(token[0], state="running", epochs=number)

    @rule(token=tokens, worker=WORKERS, end=st.sampled_from(["succeeded", "failed", "cancelled"]))
    def end(self, token: tuple[str, int], worker: str, end: str) -> None:
        store, held = self.stores[worker], self.holds(token)
        if end == "succeeded":
            assert store.finish(*token, FINISHED) == held
        elif end == "failed":
            assert store.fail(*token, "It broke.") == held
        else:
            assert store.cancelled(*token) == held
        if held:
            self.change(token[0], state=end)

    @rule(token=tokens, worker=WORKERS, lost=st.booleans())
    def requeue(self, token: tuple[str, int], worker: str, lost: bool) -> None:
        held = self.holds(token)
        assert self.stores[worker].requeue(*token, lost=lost) == held
        if held:
            self.give_back(token[0], int(lost))

    @rule(worker=WORKERS)
    def lose_the_other_worker(self, worker: str) -> None:
        lost = [id for id, known in self.expected.items() if known.state in HELD and known.worker != worker]
        assert self.stores[worker].recover(worker, "host", "home") == len(lost)
        for id in lost:
            self.give_back(id, 1)

    @rule(id=runs, worker=WORKERS)
    def cancel(self, id: str, worker: str) -> None:
        self.stores[worker].cancel(id)
        if self.expected[id].state == "queued":
            self.change(id, state="cancelled", asked=True)
        elif self.expected[id].state in HELD:
            self.change(id, asked=True)

    @precondition(lambda self: self.expected)
    @rule(id=consumes(runs))
    def delete(self, id: str) -> None:
        try:
            self.stores["w2"].delete(id)
        except RunActive:
            assert self.expected[id].state not in ENDED
            self.stores["w2"].cancel(id)
            if self.expected[id].state == "queued":
                self.change(id, state="cancelled", asked=True)
            else:
                self.change(id, asked=True)
        else:
            assert self.expected.pop(id).state in ENDED

    @invariant()
    def the_store_agrees(self) -> None:
        store = self.stores["w1"]
        shown = {run.id: (run.state, run.attempt, run.cancel_requested) for run in store.runs()}
        assert shown == {id: (known.state, known.attempt, known.asked) for id, known in self.expected.items()}
        with store.read() as connection:
            counted = connection.execute(text("SELECT run, attempt, count(*) FROM epochs GROUP BY run, attempt")).all()
        epochs = {(id, known.attempt, known.epochs) for id, known in self.expected.items() if known.epochs}
        assert {tuple(row) for row in counted} == epochs

    @invariant()
    def whoever_is_asked_to_cancel_is_the_holder(self) -> None:
        for worker, store in self.stores.items():
            mine = {
                (id, known.attempt)
                for id, known in self.expected.items()
                if known.worker == worker and known.asked and known.state in HELD
            }
            assert store.to_cancel(worker) == mine


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(
    max_examples=10, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
