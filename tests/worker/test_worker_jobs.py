"""What becomes of runs: good ones, cancelled ones, and those that end badly. One worker serves all of these tests."""

import os
import signal
import statistics
import time
from collections.abc import Callable

import pytest

from tests.worker.lab import Lab, alive, job_of, until
from tests.worker.program import VERDICT

Note = Callable[[str, object], None]
pytestmark = pytest.mark.process


def test_a_run_is_trained_and_everything_it_reported_is_kept(lab: Lab) -> None:
    run = lab.ended(lab.submit("quick", epochs=5))
    assert (run.state, run.reason, run.attempt, run.test, run.seconds) == ("succeeded", "", 1, VERDICT, 0.25)
    history = lab.store.history(run.id)
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4, 5]
    assert [epoch.valid_confusion[0][0] for epoch in history] == [1, 2, 3, 4, 5]
    assert (lab.home / "runs" / run.id / "saved.txt").read_text() == "5 epochs"
    assert not (lab.home / "runs" / run.id / "log.txt").exists()  # it wrote nothing


def test_a_thousand_epochs_in_a_burst_all_arrive(lab: Lab) -> None:
    run = lab.ended(lab.submit("quick", epochs=1000))
    assert [epoch.epoch for epoch in lab.store.history(run.id)] == list(range(1, 1001))


def test_a_run_begins_within_half_a_second_when_warm(lab: Lab, record_property: Note) -> None:
    times = []
    for _ in range(5):
        until(lab.idle)
        started = time.monotonic()
        id = lab.submit("endless")
        lab.reached(id, "running")
        times.append(time.monotonic() - started)
        lab.store.cancel(id)
        lab.ended(id)
    record_property("seconds", times)
    assert statistics.median(times) < 0.5


@pytest.mark.parametrize("what", ["endless", "stuck", "stuck_in_c"])
def test_a_cancelled_run_ends_within_one_and_a_half_seconds(lab: Lab, what: str, record_property: Note) -> None:
    run, waiting = lab.in_training(what), lab.submit("quick")
    started = time.monotonic()
    lab.store.cancel(run.id)
    assert lab.ended(run.id).state == "cancelled"
    record_property("seconds", time.monotonic() - started)
    assert time.monotonic() - started < 1.5
    if what != "endless":
        until(lambda: not alive(job_of(run)), 1.5)
    following = lab.ended(waiting)
    assert (following.state, following.attempt) == ("succeeded", 1)
    assert (job_of(following) == job_of(run)) == (what == "endless")  # who stops when asked stays warm


def test_a_cancelled_run_takes_the_processes_it_started_along(lab: Lab) -> None:
    run = lab.in_training("with_child")
    log = lab.home / "runs" / run.id / "log.txt"
    until(lambda: log.exists() and log.read_text().endswith("\n"))
    child = int(log.read_text().split()[1])
    assert alive(child)
    lab.store.cancel(run.id)
    lab.ended(run.id)
    until(lambda: not alive(child), 1.5)


def test_a_killed_process_fails_its_run_with_the_reason_and_the_next_run_begins(lab: Lab) -> None:
    run, waiting = lab.in_training("stuck"), lab.submit("quick")
    started = time.monotonic()
    os.kill(job_of(run), signal.SIGKILL)
    failed = lab.ended(run.id)
    assert time.monotonic() - started < 2.0
    assert failed.state == "failed"
    assert failed.reason == "The training process was killed (SIGKILL), as the system does when memory runs out."
    assert lab.ended(waiting).state == "succeeded"


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("killed", "killed (SIGKILL), as the system does when memory runs out; its last words were: allocating a lot"),
        ("crash", "crashed (SIGSEGV); the log says where."),
        ("leave", "ended by itself with exit status 3; its last words were: giving up"),
        ("sys_exit", "Training failed with SystemExit: no more"),
        ("refuse", "The data set is on holiday."),
        ("fault", "Training failed with ValueError: bad luck"),
        ("no_result", "Training ended without a result; this is a fault in the program, please report it."),
    ],
)
def test_a_run_that_ends_badly_says_why_and_where(lab: Lab, what: str, reason: str) -> None:
    run = lab.ended(lab.submit(what))
    assert run.state == "failed"
    assert run.reason.endswith(reason)
    if what in ("crash", "sys_exit", "refuse", "fault"):
        assert f"in {what}" in run.log  # the traceback names the function
        assert f"in {what}" in (lab.home / "runs" / run.id / "log.txt").read_text()
    assert len(lab.store.history(run.id)) == 1
    following = lab.ended(lab.submit("quick"))
    assert following.state == "succeeded"
    assert (job_of(following) == job_of(run)) == (what in ("refuse", "no_result"))  # else it gets a fresh process


def test_nothing_a_run_prints_is_taken_for_a_message(lab: Lab) -> None:
    run = lab.ended(lab.submit("noisy", epochs=3))
    assert run.state == "succeeded"
    assert len(lab.store.history(run.id)) == 3
    log = lab.home / "runs" / run.id / "log.txt"
    until(lambda: "from a child 3" in log.read_text())
    for words in ('python 1 {"kind": "ready"}', 'half a line {"kind": python 2', "from C 3"):
        assert words in log.read_text()


def test_a_log_is_bounded(lab: Lab) -> None:
    run = lab.ended(lab.submit("chatty"))
    log = lab.home / "runs" / run.id / "log.txt"
    assert 900_000 < log.stat().st_size < 1_100_000
    assert "The log ends here" in log.read_text()
    assert len(run.log) < 10_000
    assert "It said too much." in run.log


def test_a_fault_on_the_way_out_of_a_cancelled_run_is_no_failure(lab: Lab) -> None:
    run = lab.in_training("stubborn")
    lab.store.cancel(run.id)
    assert lab.ended(run.id).state == "cancelled"
    assert job_of(lab.ended(lab.submit("quick"))) != job_of(run)


def test_the_catalogue_is_published_and_a_data_set_that_was_trained_on_is_there(lab: Lab) -> None:
    lab.ended(lab.submit("quick"))
    catalogue = lab.store.catalogue()
    assert catalogue is not None
    assert [(entry.name, entry.missing) for entry in catalogue.datasets] == [("letters", "")]


def test_what_a_worker_does_can_be_seen(lab: Lab) -> None:
    run = lab.in_training("endless")
    until(lambda: [slot.runs for worker in lab.store.workers() for slot in worker.slots] == [[run.id]])
    (worker,) = lab.store.workers()
    assert (worker.pid, worker.alive, worker.slots[0].state) == (lab.dispatcher, True, "busy")
    lab.store.cancel(run.id)
    until(lab.idle)
