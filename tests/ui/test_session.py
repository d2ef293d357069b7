"""Snapshots are read once for all visitors, and epochs once each."""

import pytest
import streamlit as st

from costlab.records import Epoch, Finished, Prepared
from costlab.specs import RunSpec
from costlab.store import Store
from costlab.ui import session


@pytest.fixture
def store():
    """The store that the screens use in this test."""
    st.cache_resource.clear()
    yield session.get_store()
    st.cache_resource.clear()


def epoch(number):
    return Epoch(
        epoch=number,
        seconds=0.1,
        train_loss=1.0,
        valid_loss=1.0,
        valid_accuracy=1.0,
        valid_cost=0.0,
        valid_least_expected_cost=0.0,
        valid_confusion=[[1, 0], [0, 1]],
    )


def started(store: Store):
    store.add(RunSpec())
    claim = store.claim("w")
    spec = claim.spec
    prepared = Prepared(
        spec=spec, device="cpu", device_name="CPU", torch="2", parameters=1, classes=["a", "b"], counts=[1, 1], sizes={}
    )
    store.record(claim.id, claim.attempt, [prepared])
    return claim


def asked(store, monkeypatch):
    """The `after` of every time that epochs are read."""
    calls = []
    original = type(store).history

    def history(self, id, after=0):
        calls.append(after)
        return original(self, id, after)

    monkeypatch.setattr(type(store), "history", history)
    return calls


def test_every_visitor_gets_the_same_store_in_this_home(store, costlab_home):
    assert session.get_store() is store
    assert (costlab_home / "costlab.db").is_file()


def test_only_new_epochs_are_read_and_none_after_the_end(store, monkeypatch):
    claim = started(store)
    calls = asked(store, monkeypatch)
    for last in (1, 2, 3):
        store.record(claim.id, claim.attempt, [epoch(last)])
        assert [e.epoch for e in session.history_now(store.run(claim.id))] == list(range(1, last + 1))
    assert calls == [0, 1, 2]
    store.cancelled(claim.id, claim.attempt)
    ended = store.run(claim.id)
    for _ in range(3):
        assert len(session.history_now(ended)) == 3
    assert calls == [0, 1, 2, 3]  # once more after the end, then never


def test_an_epoch_that_came_with_the_end_is_not_missed(store):
    claim = started(store)
    while_active = store.run(claim.id)
    assert session.history_now(while_active) == []
    store.record(claim.id, claim.attempt, [epoch(1)])
    store.cancelled(claim.id, claim.attempt)
    assert len(session.history_now(store.run(claim.id))) == 1


def test_another_attempt_begins_anew(store):
    claim = started(store)
    store.record(claim.id, claim.attempt, [epoch(1), epoch(2)])
    assert len(session.history_now(store.run(claim.id))) == 2
    store.requeue(claim.id, claim.attempt)
    again = store.claim("w")
    store.record(again.id, again.attempt, [epoch(1)])
    assert [e.epoch for e in session.history_now(store.run(claim.id))] == [1]


def test_what_was_handed_out_does_not_grow_in_the_hands_of_others(store):
    claim = started(store)
    store.record(claim.id, claim.attempt, [epoch(1)])
    early = session.history_now(store.run(claim.id))
    store.record(claim.id, claim.attempt, [epoch(2)])
    session.history_now(store.run(claim.id))
    assert [e.epoch for e in early] == [1]


def test_a_change_of_ones_own_shows_at_once(store):
    run_id = store.add(RunSpec())
    assert session.run_now(run_id).state == "queued"
    assert [run.state for run in session.runs_now()] == ["queued"]
    store.cancel(run_id)
    session.forget_snapshots()
    assert session.run_now(run_id).state == "cancelled"
    assert [run.state for run in session.runs_now()] == ["cancelled"]


def test_the_end_of_a_run_is_final_for_its_test(store):
    import numpy as np

    from costlab.costs import CostMatrix
    from costlab.metrics import judge

    claim = started(store)
    store.finish(
        claim.id, claim.attempt, Finished(seconds=1, test=judge(np.eye(2), np.array([0, 1]), CostMatrix.zero_one("ab")))
    )
    assert session.run_now(claim.id).test.argmax.mean_cost == 0
