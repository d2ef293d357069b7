"""The worker's side of the runs, transition by transition."""

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from costlab.records import Progress
from costlab.store import Claim, Run, Slot, Store
from costlab.store.queue import MAX_LOSSES
from tests.store.examples import FINISHED, SPEC, epoch, prepared, running


def test_the_run_that_has_waited_longest_is_claimed_first(store: Store) -> None:
    ids = [store.add(SPEC) for _ in range(3)]
    claims = [store.claim("w1") for _ in range(4)]
    assert [claim and claim.id for claim in claims] == [*ids, None]
    assert claims[0] == Claim(id=ids[0], attempt=1, spec=SPEC)
    assert {run.state for run in store.runs()} == {"starting"}


def test_a_run_goes_from_queued_to_succeeded(store: Store) -> None:
    assert not store.waiting()
    id = store.add(SPEC)
    assert store.waiting()
    claim = store.claim("w1")
    assert claim is not None
    assert not store.waiting()
    assert store.run(id).state == "starting"
    assert store.record(id, claim.attempt, [prepared()])
    assert store.run(id).state == "running"
    assert store.finish(id, claim.attempt, FINISHED, "a warning")
    run = store.run(id)
    assert (run.state, run.log, run.active) == ("succeeded", "a warning", False)
    assert run.created <= run.started <= run.ended  # type: ignore[operator]


def test_a_failed_run_says_why(store: Store) -> None:
    id, attempt = running(store)
    assert store.fail(id, attempt, "The disk is full.", "Traceback")
    run = store.run(id)
    assert (run.state, run.reason, run.log) == ("failed", "The disk is full.", "Traceback")
    assert run.ended is not None


def test_cancelling_a_waiting_run_ends_it_at_once(store: Store) -> None:
    id = store.add(SPEC)
    store.cancel(id)
    assert store.run(id).state == "cancelled"
    assert store.run(id).ended is not None
    assert store.claim("w1") is None


def test_cancelling_a_held_run_asks_its_worker_and_no_other(store: Store) -> None:
    id, attempt = running(store, "w1")
    assert store.to_cancel("w1") == set()
    store.cancel(id)
    assert store.run(id).cancel_requested
    assert store.run(id).state == "running"
    assert store.to_cancel("w1") == {(id, attempt)}
    assert store.to_cancel("w2") == set()
    assert store.cancelled(id, attempt)
    assert store.run(id).state == "cancelled"
    assert store.to_cancel("w1") == set()


def test_cancelling_a_run_that_has_ended_changes_nothing(store: Store) -> None:
    id, attempt = running(store)
    store.finish(id, attempt, FINISHED)
    before = store.run(id)
    store.cancel(id)
    assert store.run(id) == before


def test_a_run_given_back_begins_anew_and_its_former_holder_is_ignored(store: Store) -> None:
    id, first = running(store, "w1")
    store.record(id, first, [epoch(1), Progress(fraction=0.5, seconds=3.0)])
    assert store.requeue(id, first)
    run = store.run(id)
    assert (run.state, run.fraction, run.seconds, run.prepared, run.started) == ("queued", 0.0, 0.0, None, None)
    assert store.history(id) == []
    claim = store.claim("w2")
    assert claim is not None
    assert claim.id == id
    assert claim.attempt > first
    late: list[Callable[[], bool]] = [
        lambda: store.record(id, first, [epoch(2)]),
        lambda: store.finish(id, first, FINISHED),
        lambda: store.fail(id, first, "late"),
        lambda: store.cancelled(id, first),
        lambda: store.requeue(id, first),
    ]
    assert [act() for act in late] == [False] * 5
    assert store.run(id).state == "starting"
    assert store.history(id) == []


def test_stops_in_good_order_never_use_up_a_run(store: Store) -> None:
    id = store.add(SPEC)
    for _ in range(5 * MAX_LOSSES):
        claim = store.claim("w1")
        assert claim is not None
        assert store.requeue(id, claim.attempt)
    assert store.run(id).state == "queued"
    assert store.run(id).reason == ""


def test_a_run_that_loses_worker_after_worker_is_failed(store: Store) -> None:
    id = store.add(SPEC)
    for loss in range(1, MAX_LOSSES + 1):
        claim = store.claim("w1")
        assert claim is not None
        store.requeue(id, claim.attempt, lost=True)
        assert store.run(id).state == ("queued" if loss < MAX_LOSSES else "failed")
    assert f"lost {MAX_LOSSES} times" in store.run(id).reason
    assert store.run(id).ended is not None


def test_a_cancelled_run_that_is_given_back_is_not_begun_again(store: Store) -> None:
    id, attempt = running(store)
    store.cancel(id)
    store.requeue(id, attempt)
    assert store.run(id).state == "cancelled"
    assert store.claim("w1") is None


def beat(store: Store, worker: str, home: str, ago: float = 0.0) -> None:
    """A heartbeat of a worker on host "h", `ago` seconds back."""
    store.heartbeat(worker, "h", home, 1, [Slot(device="cpu", state="idle")])
    with store.write() as connection:
        connection.execute(
            text("UPDATE workers SET heartbeat = :then WHERE id = :id"), {"then": time.time() - ago, "id": worker}
        )


def held_by(store: Store, worker: str) -> Run:
    """A run that `worker` trains."""
    return store.run(running(store, worker)[0])


@pytest.mark.parametrize(
    ("case", "home", "ago", "lost"),
    [
        ("silent for longer than the lease", "elsewhere", 11.0, True),
        ("silent, but within the lease", "elsewhere", 8.0, False),
        ("had the lock that is ours now", "home", 0.0, True),
    ],
)
def test_the_runs_of_a_lost_worker_go_back_to_the_queue(
    store: Store, case: str, home: str, ago: float, lost: bool
) -> None:
    run = held_by(store, "other")
    beat(store, "other", home, ago)
    beat(store, "me", "home")
    assert store.recover("me", "h", "home") == int(lost), case
    assert store.run(run.id).state == ("queued" if lost else "running")
    assert {worker.id for worker in store.workers()} == ({"me"} if lost else {"me", "other"})
    assert store.recover("me", "h", "home") == 0


def test_a_worker_never_takes_its_own_runs_for_lost(store: Store) -> None:
    run = held_by(store, "me")
    assert store.recover("me", "h", "home") == 0
    assert store.run(run.id).state == "running"


def test_the_runs_of_a_worker_that_nobody_knows_go_back_to_the_queue(store: Store) -> None:
    run = held_by(store, "never heard of")
    assert store.recover("me", "h", "home") == 1
    assert "worker was lost" in store.run(run.id).reason


def test_workers_that_claim_at_once_never_get_the_same_run(open_store: Callable[[], Store]) -> None:
    ids = open_store().add_many([SPEC] * 60)
    got: dict[str, list[str]] = {"w1": [], "w2": [], "w3": []}
    gate = threading.Barrier(3)

    def work(name: str, store: Store) -> None:
        gate.wait(10)
        while claim := store.claim(name):
            got[name].append(claim.id)

    threads = [threading.Thread(target=work, args=(name, open_store())) for name in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    claimed = [id for ids in got.values() for id in ids]
    assert sorted(claimed) == sorted(ids)
