"""The worker's small parts."""

import io
import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from costlab.limits import _memory_limit, _quota, usable_cores, usable_memory
from costlab.records import Progress
from costlab.store import Claim
from costlab.worker import run_log
from costlab.worker.job import BATCH_SECONDS, Outbox
from costlab.worker.messages import FROM_JOB, Begun, Events
from costlab.worker.places import places
from costlab.worker.processes import kill, start_python, when_closed
from costlab.worker.run_log import RunLog
from costlab.worker.slot import JobSlot, why_gone
from tests.store.examples import SPEC, epoch
from tests.worker.lab import alive, until


def test_a_log_holds_its_first_megabyte_on_disk_and_its_last_lines_at_hand(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "log.txt"
    log = RunLog(path)
    assert not path.exists()  # nothing was written yet
    log.add(b"")
    assert not path.exists()
    log.add(b"first\n")
    assert path.read_bytes() == b"first\n"
    for _ in range(30):
        log.add(b"x" * 99_999 + b"\n")
    log.add("the end: gr\u00fcn\n\n".encode())
    assert run_log.MAX_BYTES < path.stat().st_size < run_log.MAX_BYTES + 200
    assert log.last_line() == "the end: gr\u00fcn"
    assert len(log.tail()) <= run_log.TAIL
    log.close()
    log.add(b"late\n")
    assert log.last_line() == "late"
    assert b"late" not in path.read_bytes()


def test_a_log_that_cannot_be_written_is_still_at_hand(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    log = RunLog(tmp_path / "file" / "log.txt")
    log.add(b"words\n")
    assert log.tail() == "words\n"


@pytest.mark.parametrize(
    ("code", "last", "sentence"),
    [
        (-9, "", "The training process was killed (SIGKILL), as the system does when memory runs out."),
        (-15, "bye", "The training process was ended from outside (SIGTERM); its last words were: bye"),
        (-11, "0x00", "The training process crashed (SIGSEGV); the log says where."),
        (0, "", "The training process ended by itself with exit status 0."),
        (-250, "", "The training process was ended from outside (signal 250)."),
    ],
)
def test_the_end_of_a_process_is_told_in_words(code: int, last: str, sentence: str) -> None:
    assert why_gone(code, last) == sentence


@pytest.mark.parametrize(
    ("text", "cores"), [("200000 100000", 2), ("150000 100000", 1), ("max 100000", None), ("", None), ("a b c", None)]
)
def test_a_containers_share_of_the_processor_is_read(tmp_path: Path, text: str, cores: int | None) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert _quota(tmp_path / "cpu.max") == cores
    assert _quota(tmp_path / "missing") is None
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(("text", "limit"), [("536870912\n", 536_870_912), ("max\n", None), ("", None)])
def test_a_containers_share_of_the_memory_is_read(tmp_path: Path, text: str, limit: int | None) -> None:
    (tmp_path / "memory.max").write_text(text)
    assert _memory_limit(tmp_path / "memory.max") == limit
    assert _memory_limit(tmp_path / "missing") is None
    assert usable_memory() > 1 << 28


@pytest.mark.parametrize(
    ("devices", "wanted", "slots"),
    [
        (["cuda:0", "cuda:1", "cpu"], None, ["cuda:0", "cuda:1"]),
        (["cuda:0", "cpu"], 3, ["cuda:0", "cuda:0", "cuda:0"]),
        (["mps", "cpu"], None, ["mps"]),
        (["cpu"], None, ["cpu"] * max(min(2, usable_cores()), usable_cores() // 2)),
        (["cpu"], 3, ["cpu"] * 3),
    ],
)
def test_there_is_a_slot_a_gpu_and_on_the_cpu_one_for_two_cores_or_two(
    devices: list[str], wanted: int | None, slots: list[str]
) -> None:
    assert places(devices, wanted) == slots


def test_training_is_expected_to_report_often_and_preparing_is_not() -> None:
    slot = JobSlot("nothing is started", queue.SimpleQueue(), "cpu", offers=False)
    assert slot.patience(600) == 600  # warming
    assert slot.patience(1) == 120
    slot.claims = {("a1", 1): Claim(id="a1", attempt=1, spec=SPEC)}
    assert slot.patience(600) == 3600  # perhaps a download
    slot.training = True
    assert slot.patience(600) == 600


class Recorder(io.TextIOWrapper):
    """A stream that remembers when each line was written."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO())
        self.lines: list[tuple[float, str]] = []

    def write(self, text: str) -> int:
        self.lines.append((time.monotonic(), text))
        return len(text)


def test_events_travel_in_batches_and_the_first_after_a_pause_at_once() -> None:
    stream = Recorder()
    outbox = Outbox(stream)
    outbox.send(Begun())
    started = time.monotonic()
    numbers = 0
    while time.monotonic() - started < 3.5 * BATCH_SECONDS:
        numbers += 1
        outbox.add("a1", 1, epoch(numbers))
        outbox.add("a1", 1, Progress(fraction=0.1, seconds=float(numbers)))
        outbox.add("a1", 1, Progress(fraction=0.2, seconds=float(numbers)))
    until(lambda: f'"epoch":{numbers},' in stream.lines[-1][1])
    took = time.monotonic() - started
    batches = [FROM_JOB.validate_json(line) for _, line in stream.lines[1:]]
    assert all(isinstance(batch, Events) for batch in batches)
    said = [event for batch in batches if isinstance(batch, Events) for event in batch.events]
    assert [event.epoch for event in said if not isinstance(event, Progress)] == list(range(1, numbers + 1))  # type: ignore[union-attr]
    assert 2 <= len(batches) <= 2 + took / BATCH_SECONDS  # fewer where the sending thread seldom gets the processor
    assert stream.lines[1][0] - started < BATCH_SECONDS
    # of what only says how far it is, the latest is enough
    assert sum(isinstance(event, Progress) for event in said) <= numbers + len(batches)


def test_every_message_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    stream = Recorder()
    outbox = Outbox(stream)
    outbox.send(Begun())
    outbox.add("a1", 1, epoch(1, train_loss=float("nan")))
    until(lambda: len(stream.lines) == 2)
    for _, line in stream.lines:
        assert line.endswith("\n")
        assert line.count("\n") == 1
        json.loads(line)


@pytest.mark.process
def test_killing_takes_the_whole_group_and_killing_twice_does_no_harm() -> None:
    code = "import subprocess, sys; print(subprocess.Popen(['sleep', '1000']).pid, flush=True); sys.stdin.read()"
    process = start_python("costlab.worker.processes")
    process.wait(30)
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout
    child = int(process.stdout.readline())
    kill(process)
    assert process.wait(5) == -9
    until(lambda: not alive(child), 5)
    kill(process)


def test_the_end_of_a_pipe_is_noticed() -> None:
    noticed = threading.Event()
    reading, writing = os.pipe()
    when_closed(reading, noticed.set)
    os.write(writing, b"something to ignore")
    assert not noticed.wait(0.1)
    os.close(writing)
    assert noticed.wait(5)
    os.close(reading)
