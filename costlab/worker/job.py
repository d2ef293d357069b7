"""The job process: waits for one run or several that fit together, trains them, reports, waits for the next.

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
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Protocol

from costlab.catalogue import Catalogue
from costlab.errors import CostlabError
from costlab.home import run_folder
from costlab.records import Epoch, Event, Finished, Prepared, Progress, Record
from costlab.specs import RunSpec
from costlab.worker.messages import TO_JOB, Begin, Begun, Cancel, Ended, Events, Member, Offers, Ready
from costlab.worker.processes import die_with_parent, yield_to_others

IDLE_SECONDS = 0.5  # without a run, after which something more is measured for the catalogue
BATCH_SECONDS = 0.2  # events of this time travel together
NO_RESULT = "Training ended without a result; this is a fault in the program, please report it."
Key = tuple[str, int]  # id and attempt of a run


class Program(Protocol):
    """The module that says what a job does; `costlab.worker.program` is the real one."""

    def warm(self, device: str) -> None:
        """Pay for everything that makes the first run on `device` slow."""

    def catalogues(self) -> Iterator[Catalogue]:
        """What can be trained here; then, while no run waits, again with more of what has to be measured."""

    def train_stack(self, specs: Sequence[RunSpec], stop: Callable[[int], bool]) -> Iterator[tuple[int, Any]]:
        """Of each spec, by its place: Prepared, Progress, Epoch and at last something with `seconds` and `test`.

        Or else, as the last, a CostlabError: why this one ended, while the others go on. `stop` is asked by place.
        """

    def save(self, folder: Path, prepared: Prepared, history: list[Epoch], outcome: Any) -> None:
        """Keep the outcome's files."""


class Outbox:
    """Sends messages; events wait for each other up to `BATCH_SECONDS`, the first after a pause goes at once."""

    def __init__(self, stream: TextIOWrapper):
        self._stream = stream
        self._waiting: dict[Key, list[Event]] = {}
        self._some = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._keep_sending, name="outbox", daemon=True).start()

    def add(self, id: str, attempt: int, event: Event) -> None:
        """Send an event of a run soon."""
        with self._lock:
            waiting = self._waiting.setdefault((id, attempt), [])
            if isinstance(event, Progress) and waiting and isinstance(waiting[-1], Progress):
                waiting.pop()
            waiting.append(event)
        self._some.set()

    def send(self, message: Record) -> None:
        """Send a message now, after the events that wait."""
        with self._lock:
            self._write(*self._taken(), message)

    def _keep_sending(self) -> None:
        pause = threading.Event()
        while self._some.wait():
            self._some.clear()
            with self._lock:
                self._write(*self._taken())
            pause.wait(BATCH_SECONDS)

    def _taken(self) -> list[Events]:
        """The events that wait, run by run; they wait no more."""
        taken = [Events(id=id, attempt=attempt, events=events) for (id, attempt), events in self._waiting.items()]
        self._waiting = {}
        return taken

    def _write(self, *messages: Record) -> None:
        if messages:
            self._stream.write("".join(message.model_dump_json() + "\n" for message in messages))
            self._stream.flush()


class Inbox:
    """Receives messages: runs wait in a queue, a cancel is heard at once, the end of the stream ends the process."""

    def __init__(self, stream: TextIOWrapper):
        self._stream = stream
        self._groups: queue.SimpleQueue[Begin] = queue.SimpleQueue()
        self._cancelled: set[Key] = set()
        threading.Thread(target=self._keep_reading, name="inbox", daemon=True).start()

    def next_group(self, seconds: float | None = None) -> Begin | None:
        """Wait for runs; at most so long, if that is said."""
        try:
            return self._groups.get(timeout=seconds)
        except queue.Empty:
            return None

    def cancelled(self, member: Member) -> bool:
        """Whether this run shall stop."""
        return (member.id, member.attempt) in self._cancelled

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
            self._cancelled = set()
            self._groups.put(message)
        else:
            self._cancelled.add((message.id, message.attempt))


class Group:
    """The runs that a process trains together, and what each has reported so far."""

    def __init__(self, program: Program, members: Sequence[Member], outbox: Outbox, inbox: Inbox):
        self._program, self._outbox, self._inbox = program, outbox, inbox
        self._members = dict(enumerate(members))  # by place; those that have ended are taken out
        self._specs = [member.spec for member in members]
        self._prepared: dict[int, Prepared] = {}
        self._history: dict[int, list[Epoch]] = {place: [] for place in self._members}

    def train(self) -> bool:
        """Train all of them to their ends, whatever these are; whether the process can be trusted with more runs."""
        try:
            for place, event in self._program.train_stack(self._specs, self._cancelled):
                if place in self._members:
                    self._take(place, event)
        except BaseException as error:  # also SystemExit: whatever a run does, the dispatcher hears of it
            self._end_all(error)
            return isinstance(error, CostlabError)
        self._end_all(CostlabError(NO_RESULT))
        return True

    def _cancelled(self, place: int) -> bool:
        return place in self._members and self._inbox.cancelled(self._members[place])

    def _end_all(self, error: BaseException) -> None:
        for place in list(self._members):
            self._end(place, error)

    def _take(self, place: int, event: Any) -> None:
        """What the program said about one run."""
        member = self._members[place]
        if isinstance(event, Prepared | Progress | Epoch):
            if isinstance(event, Prepared):
                event = self._prepared[place] = event.model_copy(update={"together": len(self._specs)})
            elif isinstance(event, Epoch):
                self._history[place].append(event)
            self._outbox.add(member.id, member.attempt, event)
        elif isinstance(event, CostlabError):
            self._end(place, event)
        else:
            self._program.save(run_folder(member.id), self._prepared[place], self._history[place], event)
            finished = Finished(seconds=event.seconds, test=event.test)
            self._send(place, Ended(id=member.id, attempt=member.attempt, state="succeeded", finished=finished))

    def _end(self, place: int, error: BaseException) -> None:
        """One run ended with an error, or because it was asked to."""
        member = self._members[place]
        about = {"id": member.id, "attempt": member.attempt}
        foreseen = isinstance(error, CostlabError)
        if self._cancelled(place):
            self._send(place, Ended(state="cancelled", leaving=not foreseen, **about))
            return
        reason = str(error) if foreseen else f"Training failed with {type(error).__name__}: {error}"
        said = "".join(traceback.format_exception(error))
        # A process in which something unforeseen happened (a broken GPU context, say) gets no further run.
        self._send(place, Ended(state="failed", reason=reason, log=said, leaving=not foreseen, **about))

    def _send(self, place: int, ended: Ended) -> None:
        del self._members[place], self._history[place]
        sys.stderr.flush()
        self._outbox.send(ended)


def _offer(offers: Iterator[Catalogue], outbox: Outbox) -> bool:
    """Tell the next of the catalogues, each fuller than the one before; False when there is no other."""
    catalogue = next(offers, None)
    if catalogue is not None:
        outbox.send(Offers(catalogue=catalogue))
    return catalogue is not None


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
    yield_to_others()
    faulthandler.enable()
    incoming, outgoing = _take_streams()
    inbox, outbox = Inbox(incoming), Outbox(outgoing)
    program: Program = import_module(arguments.program)  # type: ignore[assignment]  # a module that has the functions
    program.warm(arguments.device)
    offers = program.catalogues() if arguments.offers else iter(())
    offered = _offer(offers, outbox)
    outbox.send(Ready())
    sound = True
    while sound:
        begin = inbox.next_group(IDLE_SECONDS if offered else None)
        if begin is None:
            offered = _offer(offers, outbox)
            continue
        outbox.send(Begun())
        sound = Group(program, begin.members, outbox, inbox).train()
    os._exit(1)


if __name__ == "__main__":
    main()
