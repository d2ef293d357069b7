"""Runs trained together: what becomes of each when one is cancelled, fails or costs all of them their process."""

import os
import signal
from pathlib import Path

import pytest

from costlab.limits import usable_cores
from costlab.store import Run
from tests.worker.lab import ONE_SLOT, Lab, alive, job_of, until, working
from tests.worker.program import VERDICT

pytestmark = pytest.mark.process


def in_training(lab: Lab, *what: str) -> list[Run]:
    """Runs that do `what` together, each of which has reported its first epoch."""
    ids = lab.submit_all(*what)
    until(lambda: all(lab.store.history(id) for id in ids))
    return [lab.store.run(id) for id in ids]


def test_runs_that_fit_together_have_one_process_and_each_its_own_history_files_and_verdict(lab: Lab) -> None:
    ids = lab.submit_all("quick", "quick", "quick", epochs=4)
    runs = [lab.ended(id) for id in ids]
    assert [(run.state, run.reason, run.attempt, run.test) for run in runs] == [("succeeded", "", 1, VERDICT)] * 3
    assert len({job_of(run) for run in runs}) == 1
    assert len({run.started for run in runs}) == 1
    for id in ids:
        assert [epoch.epoch for epoch in lab.store.history(id)] == [1, 2, 3, 4]
        assert (lab.home / "runs" / id / "saved.txt").read_text() == "4 epochs"


def test_a_run_that_does_not_fit_waits_for_its_turn(lab: Lab) -> None:
    lab.submit_all("endless", "endless")
    other = lab.submit_all("quick", epochs=7)  # as many epochs is a condition of training together
    first = [run for run in lab.store.runs() if run.id not in other][:2]
    until(lambda: all(lab.store.history(run.id) for run in first))
    assert lab.store.run(other[0]).state == "queued"
    for run in first:
        lab.store.cancel(run.id)
    assert lab.ended(other[0]).state == "succeeded"


def test_threads_that_are_left_open_are_one_where_places_share_the_cores(tmp_path: Path) -> None:
    with working(tmp_path, "--slots", "2") as lab:
        until(lambda: lab.idle() and len(lab.store.workers()[0].slots) == 2)
        first = lab.submit("endless")
        until(lambda: lab.store.history(first))
        second = lab.submit("endless")
        until(lambda: lab.store.history(second))
        runs = [lab.store.run(id) for id in (first, second)]
        told = [run.prepared.spec.threads for run in runs if run.prepared]  # as the process was told
        assert told == [1 if usable_cores() < 2 else None, 1 if usable_cores() < 4 else None]
        assert [run.spec.threads for run in runs] == [None, None]  # what was asked for stays


def test_a_member_that_is_cancelled_ends_and_the_others_go_on(lab: Lab) -> None:
    first, second, third = in_training(lab, "endless", "endless", "endless")
    lab.store.cancel(second.id)
    assert lab.ended(second.id).state == "cancelled"
    seen = [lab.store.run(run.id) for run in (first, third)]
    assert [(run.state, run.attempt) for run in seen] == [("running", 1)] * 2
    assert alive(job_of(first))
    until(lambda: [slot.runs for worker in lab.store.workers() for slot in worker.slots] == [[first.id, third.id]])
    for run in (first, third):
        lab.store.cancel(run.id)
        assert lab.ended(run.id).state == "cancelled"
    following = lab.ended(lab.submit("quick"))
    assert job_of(following) == job_of(first)  # who stops when asked stays warm


def test_a_member_that_fails_as_foreseen_ends_alone_with_its_own_log(lab: Lab) -> None:
    bad, good = lab.submit_all("refuse", "quick", epochs=3)
    failed, succeeded = lab.ended(bad), lab.ended(good)
    assert (failed.state, failed.reason, failed.attempt) == ("failed", "The data set is on holiday.", 1)
    assert "in refuse" in failed.log
    assert (succeeded.state, succeeded.attempt) == ("succeeded", 1)
    assert "refuse" not in succeeded.log
    assert job_of(failed) == job_of(succeeded)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("fault", "Training failed with ValueError: bad luck"),
        ("killed", "killed (SIGKILL), as the system does when memory runs out; its last words were: allocating a lot"),
    ],
)
def test_after_a_loss_of_all_each_trains_alone_and_only_who_caused_it_fails(lab: Lab, what: str, reason: str) -> None:
    bad, *good = lab.submit_all(what, "slow", "slow")
    failed = lab.ended(bad)
    assert failed.state == "failed"
    assert failed.reason.endswith(reason)
    assert failed.attempt == 2
    others = [lab.ended(id) for id in good]
    assert [(run.state, run.attempt, run.reason) for run in others] == [("succeeded", 2, "")] * 2
    assert len(lab.store.history(good[0])) == 3
    assert len({run.started for run in (failed, *others)}) == 3  # one after another


def test_whose_process_does_not_let_go_of_a_cancelled_run_begins_again(lab: Lab) -> None:
    held, other = in_training(lab, "stuck", "endless")  # "stuck" never lets "endless" have its turn either
    lab.store.cancel(held.id)
    assert lab.ended(held.id).state == "cancelled"
    until(lambda: not alive(job_of(held)))
    until(lambda: lab.store.run(other.id).attempt == 2)
    again = lab.reached(other.id, "running")
    assert job_of(again) != job_of(held)
    lab.store.cancel(other.id)
    assert lab.ended(other.id).state == "cancelled"


def test_runs_are_shared_out_over_the_slots_and_a_killed_process_costs_none_of_them_its_result(tmp_path: Path) -> None:
    with working(tmp_path, "--slots", "2") as lab:
        until(lambda: lab.idle() and len(lab.store.workers()[0].slots) == 2)
        runs = in_training(lab, *["patient"] * 6)
        jobs = {job_of(run) for run in runs}
        assert [[job_of(run) for run in runs].count(job) for job in jobs] == [3, 3]
        lost = job_of(runs[0])
        os.kill(lost, signal.SIGKILL)
        (lab.home / "go").touch()
        ended = [lab.ended(run.id) for run in runs]
        assert {run.state for run in ended} == {"succeeded"}
        assert [run.attempt for run in ended] == [2 if job_of(run) == lost else 1 for run in runs]
        assert len({job_of(run) for run in ended} & jobs) == 1


def test_runs_leave_their_share_to_a_place_that_is_nearly_free(tmp_path: Path) -> None:
    with working(tmp_path, "--slots", "2") as lab:
        until(lambda: lab.idle() and len(lab.store.workers()[0].slots) == 2)
        busy = lab.submit("nearly")
        until(lambda: lab.store.run(busy).fraction == 0.95)
        runs = [lab.ended(id) for id in lab.submit_all(*["quick"] * 4)]
        assert [run.prepared and run.prepared.together for run in runs] == [2, 2, 1, 1]
        lab.store.cancel(busy)
        assert lab.ended(busy).state == "cancelled"


def test_a_stop_gives_all_members_back(tmp_path: Path) -> None:
    with working(tmp_path, *ONE_SLOT) as lab:
        runs = in_training(lab, "endless", "endless")
        lab.service.stop()
        back = [lab.store.run(run.id) for run in runs]
        assert [(run.state, run.reason, run.prepared) for run in back] == [("queued", "", None)] * 2
        assert not alive(job_of(runs[0]))


def test_members_of_a_killed_dispatcher_are_trained_again(tmp_path: Path) -> None:
    with working(tmp_path, *ONE_SLOT) as lab:
        runs = in_training(lab, "endless", "endless")
        os.kill(lab.dispatcher, signal.SIGKILL)
        until(lambda: all(lab.store.run(run.id).attempt == 2 for run in runs))
        until(lambda: all(lab.store.run(run.id).state == "running" for run in runs))
        for run in runs:
            lab.store.cancel(run.id)
            assert lab.ended(run.id).state == "cancelled"
