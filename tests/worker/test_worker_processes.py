"""Who lives, who dies, and who takes over."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from costlab.specs import make_spec
from costlab.worker.messages import Begin, Member
from costlab.worker.processes import start_python
from costlab.worker.service import WorkerService
from tests.worker.lab import ONE_SLOT, PROGRAM, Lab, alive, children, job_of, until, working
from tests.worker.program import STUCK

pytestmark = pytest.mark.process

# What the app does, without the screens: keep a worker while it lives, stop it when asked to end.
APP = """
import signal, sys, threading
from costlab.worker.service import WorkerService
ending = threading.Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: ending.set())
service = WorkerService(arguments=tuple(sys.argv[1:]))
service.start()
while not ending.wait(0.05):
    pass
service.stop()
"""


def test_a_killed_dispatcher_takes_its_jobs_along_and_its_run_is_resumed_within_ten_seconds(tmp_path: Path) -> None:
    # in C, only Linux can end the job; elsewhere its own thread must
    with working(tmp_path, *ONE_SLOT) as lab:
        run = lab.in_training("stuck_in_c" if sys.platform == "linux" else "stuck")
        dispatcher = lab.dispatcher
        started = time.monotonic()
        os.kill(dispatcher, signal.SIGKILL)
        until(lambda: not alive(job_of(run)), 5.0)
        until(lambda: lab.store.run(run.id).attempt == 2)
        again = lab.reached(run.id, "running", seconds=10.0)
        assert time.monotonic() - started < 10.0
        assert lab.dispatcher != dispatcher
        assert job_of(again) != job_of(run)
        assert len(lab.store.workers()) == 1


def test_a_job_ends_when_nobody_can_speak_to_it_any_more() -> None:
    arguments = (PROGRAM[1], str(os.getpid()), "cpu")
    job = start_python("costlab.worker.job", *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert job.stdin
    assert job.stdout
    assert json.loads(job.stdout.readline()) == {"kind": "ready"}
    begin = Begin(members=[Member(id="a1", attempt=1, spec=make_spec(loss="stuck"))])
    job.stdin.write(begin.model_dump_json().encode() + b"\n")
    job.stdin.flush()
    assert json.loads(job.stdout.readline())["kind"] == "begun"
    job.stdin.close()  # as the system does for a dispatcher that is gone
    assert job.wait(2.0) == 0


def test_a_stop_gives_the_run_back_and_the_next_worker_trains_it(tmp_path: Path) -> None:
    with working(tmp_path, *ONE_SLOT) as lab:
        run = lab.in_training("endless")
        waiting = lab.submit("quick")
        dispatcher = lab.dispatcher
        started = time.monotonic()
        lab.service.stop()
        assert time.monotonic() - started < 5.0
        assert not alive(dispatcher)
        assert not alive(job_of(run))
        given_back = lab.store.run(run.id)
        assert (given_back.state, given_back.reason, given_back.prepared) == ("queued", "", None)
        assert lab.store.history(run.id) == []
        assert lab.store.workers() == []
    lab.store.cancel(run.id)
    with working(tmp_path, *ONE_SLOT) as lab:
        assert lab.ended(waiting).state == "succeeded"
    assert [path.name for path in (tmp_path / "runs" / waiting).iterdir()] == ["saved.txt"]


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGKILL"])
def test_no_process_outlives_its_app_by_five_seconds(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTLAB_HOME", str(tmp_path))
    from costlab.store import Store

    store = Store()
    app = subprocess.Popen([sys.executable, "-c", APP, *PROGRAM], cwd=Path(__file__).parents[2])
    id = store.add(make_spec(loss="stuck_in_c"))
    until(lambda: STUCK in Lab(tmp_path, store, WorkerService()).log(id))
    (dispatcher,) = children(app.pid)
    jobs = children(dispatcher)
    assert job_of(store.run(id)) in jobs
    started = time.monotonic()
    app.send_signal(getattr(signal, how))
    app.wait(5.0)
    until(lambda: not any(map(alive, {dispatcher, *jobs})), 5.0)
    assert time.monotonic() - started < 5.0
    assert store.run(id).state == "queued"


def test_a_second_worker_on_the_same_home_waits_and_takes_over(tmp_path: Path) -> None:
    with working(tmp_path, *ONE_SLOT) as first:
        until(first.idle)
        with working(tmp_path, *ONE_SLOT) as second:
            run = first.in_training("endless")
            until(lambda: second.service.pid is not None)
            assert [worker.pid for worker in first.store.workers()] == [first.dispatcher]
            first.service.stop()
            until(lambda: [worker.pid for worker in second.store.workers()] == [second.dispatcher], 10.0)
            until(lambda: second.store.history(run.id), 10.0)
            assert second.store.run(run.id).attempt == 2
            second.store.cancel(run.id)


def test_a_database_that_somebody_keeps_locked_costs_time_and_nothing_else(tmp_path: Path) -> None:
    with working(tmp_path, *ONE_SLOT) as lab:
        until(lab.idle)
        dispatcher = lab.dispatcher
        id = lab.submit("quick", epochs=400)
        other = sqlite3.connect(tmp_path / "costlab.db", isolation_level=None, timeout=5)
        other.execute("BEGIN IMMEDIATE")
        held = time.monotonic()
        while time.monotonic() - held < 2.0:  # others read in the meantime
            assert lab.store.run(id).state != "succeeded"
        other.execute("COMMIT")
        assert lab.ended(id).state == "succeeded"
        assert len(lab.store.history(id)) == 400
        assert lab.dispatcher == dispatcher
        assert lab.store.run(id).attempt == 1


def test_a_job_that_reports_nothing_for_too_long_is_stopped(tmp_path: Path) -> None:
    with working(tmp_path, *ONE_SLOT, "--stall", "1") as lab:
        run, waiting = lab.in_training("stuck"), lab.submit("quick")
        failed = lab.ended(run.id)
        assert failed.state == "failed"
        assert failed.reason == "The training process was stopped: it had reported nothing for 1 seconds."
        until(lambda: not alive(job_of(run)), 2.0)
        assert lab.ended(waiting).state == "succeeded"


def test_a_process_that_does_not_start_is_reported_and_tried_again(tmp_path: Path) -> None:
    with working(tmp_path, *ONE_SLOT, COSTLAB_TEST_WARM="no driver found") as lab:
        slot = until(lambda: [slot for w in lab.store.workers() for slot in w.slots if slot.state == "broken"])[0]
        assert slot.note == "The training process does not start: no driver found"
        id = lab.submit("quick")
        dispatcher = lab.dispatcher
        (first,) = until(lambda: children(dispatcher))
        until(lambda: children(dispatcher) - {first})
        assert lab.store.run(id).state == "queued"
        assert lab.dispatcher == dispatcher


def test_several_runs_train_at_once_in_several_slots(tmp_path: Path) -> None:
    with working(tmp_path, "--slots", "2") as lab:
        runs = [lab.in_training("endless") for _ in range(2)]
        third = lab.submit("quick")
        assert len({job_of(lab.store.run(run.id)) for run in runs}) == 2
        assert lab.store.run(third).state == "queued"
        lab.store.cancel(runs[0].id)
        assert lab.ended(third).state == "succeeded"
        assert lab.store.run(runs[1].id).state == "running"


def test_each_gpu_is_a_slot_and_auto_means_the_slots_own(tmp_path: Path) -> None:
    with working(tmp_path, COSTLAB_TEST_DEVICES="cuda:0,cuda:1,cpu") as lab:
        until(lambda: len([slot for worker in lab.store.workers() for slot in worker.slots]) == 2)
        until(lab.idle)
        runs = [lab.in_training("endless") for _ in range(2)]
        used = {run.prepared.spec.device for run in runs if run.prepared}
        assert used == {"cuda:0", "cuda:1"}
        lab.store.cancel(runs[0].id)
        lab.ended(runs[0].id)
        chosen = lab.in_training("endless", device="cpu")
        assert chosen.prepared is not None
        assert chosen.prepared.spec.device == "cpu"


def test_a_worker_that_waits_costs_next_to_nothing(tmp_path: Path) -> None:
    with working(tmp_path, *ONE_SLOT) as lab:
        until(lab.idle)
        before, started = processor_seconds(lab), time.monotonic()
        until(lambda: time.monotonic() - started > 2.0)
        assert processor_seconds(lab) - before < 0.2  # under 10 % of a core; about 1 % was measured


def processor_seconds(lab: Lab) -> float:
    """CPU time of the dispatcher and its jobs so far."""
    pids = {lab.dispatcher, *children(lab.dispatcher)}
    listed = subprocess.run(["ps", "-o", "time=", "-p", ",".join(map(str, pids))], capture_output=True, text=True)
    if Path("/proc/self/stat").exists():  # finer than ps
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")
    times = [line.strip().split(":") for line in listed.stdout.splitlines()]
    return sum(60 * float(minutes) + float(seconds) for *_, minutes, seconds in times)


HEAVY = ("numpy", "torch", "pandas", "pyarrow", "scipy", "sklearn", "PIL", "streamlit", "plotly")


def test_the_worker_on_the_apps_side_passes_costs_on_without_loading_anything_heavy() -> None:
    code = """
        import sys, costlab.worker.__main__, costlab.worker.serve, costlab.worker.service
        from costlab.specs import read_spec
        text = '{"cost": {"classes": ["a", "b"], "values": [[0, 1.5], [2, 0]]}}'
        spec = read_spec(text)
        assert read_spec(spec.model_dump_json()) == spec and spec.cost.rows() == [[0, 1.5], [2, 0]]
        print(set(%r) & set(sys.modules))
    """
    program = textwrap.dedent(code) % (HEAVY,)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks for what a process has loaded in /proc")
def test_a_dispatcher_that_has_had_runs_trained_has_loaded_nothing_heavy(lab: Lab) -> None:
    assert lab.ended(lab.submit("quick")).state == "succeeded"
    loaded = Path(f"/proc/{lab.dispatcher}/maps").read_text()
    assert "_sqlite3" in loaded
    assert [name for name in HEAVY if f"/{name}/" in loaded] == []
