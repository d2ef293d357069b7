"""Runs as the screens see them."""

import time
from collections.abc import Callable
from math import inf, isnan, nan

import pytest
from sqlalchemy import text

from costlab.errors import NotFound, RunActive
from costlab.home import home, run_folder
from costlab.records import Progress
from costlab.specs import RunSpec
from costlab.store import Store
from tests.store.examples import FINISHED, SPEC, epoch, prepared, running


def execute(store: Store, statement: str, **values: object) -> int:
    """Plain SQL behind the store's back."""
    with store.write() as connection:
        result = connection.execute(text(statement), values)
        return int(result.scalar_one()) if result.returns_rows else 0


def test_a_new_run_waits_and_keeps_its_spec(store: Store) -> None:
    before = time.time()
    run = store.run(store.add(SPEC, group="lecture"))
    assert (run.state, run.attempt, run.group, run.spec) == ("queued", 0, "lecture", SPEC)
    assert before <= run.created <= time.time()
    assert run.active
    assert run.started is run.ended is run.prepared is run.test is None


def test_ids_are_short_and_safe_in_a_url_and_a_file_name(store: Store) -> None:
    ids = store.add_many([SPEC] * 50)
    assert len(set(ids)) == 50
    assert all(id.isascii() and id.isalnum() and id == id.lower() and len(id) <= 12 for id in ids)


def test_runs_come_newest_first_by_state_and_up_to_a_limit(store: Store) -> None:
    ids = [store.add(RunSpec(seed=seed)) for seed in range(4)]
    store.cancel(ids[1])
    assert [run.id for run in store.runs()] == ids[::-1]
    assert [run.id for run in store.runs(limit=2)] == [ids[3], ids[2]]
    assert [run.id for run in store.runs(states=["queued"])] == [ids[3], ids[2], ids[0]]
    assert [run.id for run in store.runs(states=["cancelled", "failed"])] == [ids[1]]


def test_runs_added_together_share_a_group_of_their_own(store: Store) -> None:
    first, second = store.add_many([SPEC, SPEC]), store.add_many([SPEC])
    groups = [store.run(id).group for id in first + second]
    assert groups[0] == groups[1] != groups[2]
    assert store.add_many([]) == []


def test_another_process_sees_a_run_at_once(open_store: Callable[[], Store]) -> None:
    one, other = open_store(), open_store()
    id = one.add(SPEC)
    assert other.run(id) == one.run(id)


def test_an_unknown_run_is_not_found(store: Store) -> None:
    for ask in (store.run, store.cancel, store.delete):
        with pytest.raises(NotFound, match="no run 'nobody'"):
            ask("nobody")
    assert store.history("nobody") == []


def test_only_the_run_alone_carries_its_log(store: Store) -> None:
    id, attempt = running(store)
    store.fail(id, attempt, "It broke.", "first line\nlast line\n")
    assert store.run(id).log == "first line\nlast line\n"
    assert [run.log for run in store.runs()] == [""]


def test_a_long_log_keeps_its_end(store: Store) -> None:
    id, attempt = running(store)
    store.fail(id, attempt, "It broke.", "x" * 100_000 + "the end")
    assert store.run(id).log.endswith("the end")
    assert len(store.run(id).log) < 10_000


def test_history_holds_every_epoch_as_it_was_reported(store: Store) -> None:
    id, attempt = running(store)
    reported = [epoch(number) for number in range(1, 6)]
    store.record(id, attempt, [*reported[:3], Progress(fraction=0.5, seconds=1.0)])
    store.record(id, attempt, reported[3:])
    assert store.history(id) == reported
    assert store.history(id, after=3) == reported[3:]
    assert store.history(id, after=5) == []
    assert (store.run(id).fraction, store.run(id).seconds) == (0.5, 1.0)


def test_an_epoch_that_comes_twice_is_kept_once(store: Store) -> None:
    id, attempt = running(store)
    store.record(id, attempt, [epoch(1), epoch(2), epoch(2)])
    store.record(id, attempt, [epoch(2), epoch(3)])
    assert store.history(id) == [epoch(1), epoch(2), epoch(3)]


def test_a_loss_that_is_not_a_number_is_read_back_as_such(store: Store) -> None:
    id, attempt = running(store)
    store.record(id, attempt, [epoch(1, train_loss=nan), epoch(2, train_loss=inf)])
    history = store.history(id)
    assert isnan(history[0].train_loss)
    assert not isnan(history[0].valid_loss)
    assert isnan(history[1].train_loss)


def test_the_verdict_is_kept_also_where_it_is_infinite(store: Store) -> None:
    id, attempt = running(store)
    store.finish(id, attempt, FINISHED)
    run = store.run(id)
    assert run.test == FINISHED.test
    assert run.test is not None
    assert run.test.argmax.normalised_cost == inf
    assert (run.state, run.fraction, run.seconds, run.prepared) == ("succeeded", 1.0, 1.5, prepared())


def test_deleting_takes_the_history_and_the_folder_along(store: Store) -> None:
    id, attempt = running(store)
    store.record(id, attempt, [epoch(1)])
    store.finish(id, attempt, FINISHED)
    run_folder(id).mkdir(parents=True)
    (run_folder(id) / "run.json").write_text("{}")
    store.delete(id)
    assert store.runs() == []
    assert not run_folder(id).exists()
    for table in ("epochs", "confusions"):
        assert execute(store, f"SELECT count(*) FROM {table}") == 0


def test_a_run_that_has_not_ended_is_not_deleted(store: Store) -> None:
    waiting = store.add(SPEC)
    held = store.claim("w1")
    assert held is not None
    for id in {waiting, held.id}:
        with pytest.raises(RunActive, match="cancel it first"):
            store.delete(id)
    assert len(store.runs()) == 1


def test_no_id_leads_a_delete_out_of_the_folder_of_runs(store: Store) -> None:
    precious = home() / "datasets"
    precious.mkdir()
    (home() / "runs").mkdir()
    for id in ("../datasets", "..", ".", ""):
        store.add(SPEC)
        execute(store, "UPDATE runs SET id = :id, state = 'failed' WHERE state = 'queued'", id=id)
        store.delete(id)
    assert precious.exists()
    assert store.runs() == []


@pytest.mark.parametrize(
    "spec",
    ["not json", "{}}", '{"epochs": -1}', '{"cost": {"values": [[1]]}}', '{"from": "a later version"}', "[]", "null"],
)
def test_a_run_that_can_no_longer_be_read_shows_as_failed_beside_the_others(store: Store, spec: str) -> None:
    good, bad = store.add(SPEC), store.add(SPEC)
    execute(store, "UPDATE runs SET spec = :spec WHERE id = :id", spec=spec, id=bad)
    shown = {run.id: run for run in store.runs()}
    assert shown[good].spec == SPEC
    assert shown[bad].state == "failed"
    assert "can no longer be read" in shown[bad].reason
    assert "\n" not in shown[bad].reason


def test_a_worker_passes_over_a_run_that_can_no_longer_be_read(store: Store) -> None:
    bad, good = store.add(SPEC), store.add(SPEC)
    execute(store, "UPDATE runs SET spec = 'not json' WHERE id = :id", id=bad)
    claim = store.claim("w1")
    assert claim is not None
    assert claim.id == good
    assert execute(store, "SELECT count(*) FROM runs WHERE state = 'failed' AND id = :id", id=bad) == 1
    store.delete(bad)


def test_a_verdict_that_can_no_longer_be_read_does_not_hide_the_list(store: Store) -> None:
    id, attempt = running(store)
    store.finish(id, attempt, FINISHED)
    execute(store, "UPDATE runs SET test = '{}'")
    assert [run.state for run in store.runs()] == ["failed"]


def test_a_list_of_500_finished_runs_is_read_in_milliseconds(store: Store) -> None:
    store.add_many(SPEC.model_copy(update={"seed": seed}) for seed in range(500))
    while claim := store.claim("w1"):
        store.record(claim.id, claim.attempt, [prepared(claim.spec)])
        store.finish(claim.id, claim.attempt, FINISHED)
    assert len(store.runs()) == 500  # the first time reads the texts, the next ones remember them
    times = []
    for _ in range(10):
        started = time.perf_counter()
        store.runs()
        times.append(time.perf_counter() - started)
    assert min(times) < 0.04  # 7 ms was measured on an idle machine
