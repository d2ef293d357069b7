"""The job process: waits for a run, trains it, reports, waits for the next.

    python -m costlab.worker.job PROGRAM PARENT DEVICE [--offers]

Standard input and output carry the messages of `costlab.worker.messages`. Whatever else in the process writes to
standard output, Python or C, goes to standard error instead, which is the run's log.
"""

import argparse
import faulthandler
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Protocol

from costlab.catalogue import Catalogue
from costlab.errors import CostlabError
from costlab.home import run_folder
from costlab.records import Epoch, Event, Finished, Prepared, Progress, Record
from costlab.specs import RunSpec
from costlab.worker.messages import TO_JOB, Begin, Begun, Cancel, Ended, Events, Offers, Ready
from costlab.worker.processes import die_with_parent

BATCH_SECONDS = 0.2  # events of this time travel together


class Program(Protocol):
    """The module that says what a job does; `costlab.worker.program` is the real one."""

    def warm(self, device: str) -> None:
        """Pay for everything that makes the first run on `device` slow."""

    def catalogue(self) -> Catalogue:
        """What can be trained here."""

    def train(self, spec: RunSpec, stop: Callable[[], bool]) -> Iterator[Any]:
        """Prepared, Progress, Epoch and at last something with `seconds` and `test`."""

    def save(self, folder: Path, prepared: Prepared, history: list[Epoch], outcome: Any) -> None:
        """Keep the outcome's files."""


class Outbox:
    """Sends messages; events wait for each other up to `BATCH_SECONDS`, the first after a pause goes at once."""

    def __init__(self, stream: TextIOWrapper):
        self._stream = stream
        self._run = ("", 0)
        self._waiting: list[Event] = []
        self._some = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._keep_sending, name="outbox", daemon=True).start()

    def begin(self, begin: Begin) -> None:
        """From now on events are about this run."""
        self._run = (begin.id, begin.attempt)
        self.send(Begun(id=begin.id, attempt=begin.attempt))

    def add(self, event: Event) -> None:
        """Send an event soon."""
        with self._lock:
            if isinstance(event, Progress) and self._waiting and isinstance(self._waiting[-1], Progress):
                self._waiting.pop()
            self._waiting.append(event)
        self._some.set()

    def send(self, message: Record) -> None:
        """Send a message now, after the events that wait."""
        with self._lock:
            self._send_waiting()
            self._write(message)

    def _keep_sending(self) -> None:
        pause = threading.Event()
        while self._some.wait():
            self._some.clear()
            with self._lock:
                self._send_waiting()
            pause.wait(BATCH_SECONDS)

    def _send_waiting(self) -> None:
        if self._waiting:
            self._write(Events(id=self._run[0], attempt=self._run[1], events=self._waiting))
            self._waiting = []

    def _write(self, message: Record) -> None:
        self._stream.write(message.model_dump_json() + "\n")
        self._stream.flush()


class Inbox:
    """Receives messages: runs wait in a queue, a cancel is heard at once, the end of the stream ends the process."""

    def __init__(self, stream: TextIOWrapper):
        self._stream = stream
        self._runs: queue.SimpleQueue[Begin] = queue.SimpleQueue()
        self._latest = ("", 0)
        self._cancelled = threading.Event()
        threading.Thread(target=self._keep_reading, name="inbox", daemon=True).start()

    def next_run(self) -> Begin:
        """Wait for a run."""
        return self._runs.get()

    def cancelled(self) -> bool:
        """Whether the latest run shall stop."""
        return self._cancelled.is_set()

    def _keep_reading(self) -> None:
        try:
            for line in self._stream:
                self._take(TO_JOB.validate_json(line))
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)  # nobody is left to train for

    def _take(self, message: Begin | Cancel) -> None:
        if isinstance(message, Begin):
            self._latest = (message.id, message.attempt)
            self._cancelled.clear()
            self._runs.put(message)
        elif self._latest == (message.id, message.attempt):
            self._cancelled.set()


def carry_out(program: Program, begin: Begin, report: Callable[[Event], None], stop: Callable[[], bool]) -> Ended:
    """Train one run to its end, whatever that is."""
    about = {"id": begin.id, "attempt": begin.attempt}
    try:
        finished = _trained(program, begin, report, stop)
        return Ended(state="succeeded", finished=finished, **about)
    except BaseException as error:  # also SystemExit: whatever a run does, the dispatcher hears of it
        foreseen = isinstance(error, CostlabError)
        if stop():
            return Ended(state="cancelled", leaving=not foreseen, **about)
        reason = str(error) if foreseen else f"Training failed with {type(error).__name__}: {error}"
        # A process in which something unforeseen happened (a broken GPU context, say) gets no further run.
        return Ended(state="failed", reason=reason, log=traceback.format_exc(), leaving=not foreseen, **about)


def _trained(program: Program, begin: Begin, report: Callable[[Event], None], stop: Callable[[], bool]) -> Finished:
    prepared, history = None, []
    for event in program.train(begin.spec, stop):
        if not isinstance(event, Prepared | Progress | Epoch):
            if prepared is None:
                break
            program.save(run_folder(begin.id), prepared, history, event)
            return Finished(seconds=event.seconds, test=event.test)
        if isinstance(event, Prepared):
            prepared = event
        elif isinstance(event, Epoch):
            history.append(event)
        report(event)
    raise CostlabError("Training ended without a result; this is a fault in the program, please report it.")


def _take_streams() -> tuple[TextIOWrapper, TextIOWrapper]:
    """The protocol's own copies of standard input and output, which then lead to nothing and to standard error."""
    incoming = os.fdopen(os.dup(0), "r", encoding="utf-8")
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return incoming, outgoing


def main() -> None:
    """Be a job process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("parent", type=int)
    parser.add_argument("device")
    parser.add_argument("--offers", action="store_true")
    arguments = parser.parse_args()
    die_with_parent(arguments.parent)
    faulthandler.enable()
    incoming, outgoing = _take_streams()
    inbox, outbox = Inbox(incoming), Outbox(outgoing)
    program: Program = import_module(arguments.program)  # type: ignore[assignment]  # a module that has the functions
    program.warm(arguments.device)
    if arguments.offers:
        outbox.send(Offers(catalogue=program.catalogue()))
    outbox.send(Ready())
    leaving = False
    while not leaving:
        begin = inbox.next_run()
        outbox.begin(begin)
        ended = carry_out(program, begin, outbox.add, inbox.cancelled)
        leaving = ended.leaving
        sys.stderr.flush()
        outbox.send(ended)
    os._exit(1)


if __name__ == "__main__":
    main()
