"""The dispatcher: takes runs from the store, has job processes train them, writes what becomes of them.

Only one works for a `COSTLAB_HOME` at a time; another one waits until it ends.
"""

import logging
import os
import queue
import secrets
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

from costlab.catalogue import Catalogue
from costlab.errors import StoreUnavailable
from costlab.home import home
from costlab.limits import usable_cores
from costlab.records import Event, Prepared
from costlab.sharing import most_together, shared_out
from costlab.specs import stack_key
from costlab.store import Store, Waiting
from costlab.store.bell import listen
from costlab.worker.job_process import Arrived, Inbox, JobProcess, Message
from costlab.worker.messages import Begun, Ended, Events, Gone, Offers, Ready, Rung
from costlab.worker.places import places
from costlab.worker.slot import JobSlot, why_gone

POLL = 0.1  # seconds between looks into the store when nobody rings
HEARTBEAT = 1.0
RECOVER = 2.0  # seconds between looks for runs of lost workers
TOGETHER = "The process that trained this run beside others ended; it is trained alone now, to see which one it was."
BESIDE = "A run beside this one did not stop when it was cancelled and took the process with it; this one begins again."
STALL = 600.0  # seconds without a word from training, which reports several times a second, after which it is hung
log = logging.getLogger("costlab.worker")


class Dispatcher:
    """To be run in the main thread of a process of its own, by whoever holds the lock of the home folder.

    program: the module that jobs carry out. slots: how many processes train; None: one a GPU, else see `places`.
    stall: seconds of silence in training after which a job is killed.
    """

    def __init__(self, store: Store, program: str, slots: int | None = None, stall: float = STALL):
        self.store = store
        self.host, self.home = socket.gethostname(), str(home())
        self.id = f"{self.host}:{os.getpid()}:{secrets.token_hex(3)}"
        self._program, self._wanted, self._stall = program, slots, stall
        self._inbox: Inbox = queue.SimpleQueue()
        self._messages: deque[Arrived] = deque()
        self._slots = [JobSlot(program, self._inbox, "auto", offers=True)]
        self._catalogue: Catalogue | None = None
        self._alone: set[str] = set()  # runs that were lost together with others: each by itself from now on
        # The heartbeat comes first: who claims a run must be known to live.
        self._every = {self._beat: HEARTBEAT, self._recover: RECOVER, self._look: POLL}
        self._due = dict.fromkeys(self._every, 0.0)
        self._complained = False

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set; then runs go back to the queue, and no process is left."""
        listen(lambda: self._inbox.put((None, Rung())))
        try:
            while not stopping.is_set():  # never wait() for it: a signal handler that sets it would find it locked
                self._wait()
                if not self._store_answers(self._step):
                    time.sleep(POLL)
        finally:
            self._end()

    def _store_answers(self, act: Callable[[], None]) -> bool:
        """Whether `act` got through; a store that is out of reach is asked again later."""
        try:
            act()
        except StoreUnavailable as error:
            if not self._complained:
                log.warning("%s Trying again until it works.", error)
            self._complained = True
            return False
        self._complained = False
        return True

    def _wait(self) -> None:
        """Until a message comes or it is time to look into the store; then take all that has come."""
        try:
            self._messages.append(self._inbox.get(timeout=POLL))
            while True:
                self._messages.append(self._inbox.get_nowait())
        except queue.Empty:
            pass

    def _step(self) -> None:
        """Everything that is due. Where the store fails midway nothing is lost: a message stays until it is handled."""
        while self._messages:
            reports = list(takewhile(_is_report, self._messages))
            if reports:
                self._record(reports)
            else:
                self._handle(*self._messages[0])
            for _ in range(max(1, len(reports))):
                self._messages.popleft()
        now = time.monotonic()
        self._keep_time(now)
        for act, due in self._due.items():
            if now >= due:
                act()
                self._due[act] = now + self._every[act]

    # What comes from the jobs --------------------------------------------------------------------------------------

    def _slot_of(self, job: JobProcess | None) -> JobSlot | None:
        return next((slot for slot in self._slots if job and slot.job is job), None)

    def _handle(self, job: JobProcess | None, message: Message) -> None:
        if isinstance(message, Rung):
            self._soon(self._look)
        slot = self._slot_of(job)
        if slot is None or job is None:
            return
        slot.heard = time.monotonic()
        match message:
            case Offers():
                self._offer(message.catalogue)
            case Ready():
                slot.ready()
                self._soon(self._look, self._beat)
            case Begun():
                slot.begun = True
            case Ended():
                self._conclude(slot, job, message)
            case Gone():
                self._bury(slot, job, message.code)

    def _record(self, reports: Iterable[Arrived]) -> None:
        """Keep what runs reported, in one transaction: the members of stacks report all at once."""
        held: list[tuple[JobSlot, Events]] = []
        for job, events in reports:
            slot = self._slot_of(job)
            if slot is not None and isinstance(events, Events) and slot.holds(events):
                slot.heard_of(events.events, time.monotonic())
                self._learn(events.events)
                held.append((slot, events))
        lost = self.store.record_all([(said.id, said.attempt, said.events) for _, said in held])
        for slot, said in held:
            if (said.id, said.attempt) in lost:
                slot.cancel((said.id, said.attempt), slot.heard)  # somebody else has the run now

    def _offer(self, catalogue: Catalogue) -> None:
        self.store.publish(catalogue)
        self._catalogue = catalogue
        devices = places([device.name for device in catalogue.devices], self._wanted)
        self._slots[0].device = devices[0]
        for device in devices[len(self._slots) :]:
            self._slots.append(JobSlot(self._program, self._inbox, device, offers=False))

    def _learn(self, events: Sequence[Event]) -> None:
        """A data set that was missing and is being trained on has been downloaded."""
        used = {event.spec.dataset.name for event in events if isinstance(event, Prepared)}
        if self._catalogue and any(entry.missing and entry.name in used for entry in self._catalogue.datasets):
            here = {"missing": ""}
            datasets = [e.model_copy(update=here) if e.name in used else e for e in self._catalogue.datasets]
            self._catalogue = self._catalogue.model_copy(update={"datasets": datasets})
            self.store.publish(self._catalogue)

    def _conclude(self, slot: JobSlot, job: JobProcess, ended: Ended) -> None:
        if slot.holds(ended):
            key = (ended.id, ended.attempt)
            own = job.log.of(ended.id)
            own.add(ended.log.encode())
            if ended.state == "succeeded" and ended.finished:
                self.store.finish(*key, ended.finished, own.tail())
            elif ended.state == "cancelled":
                self.store.cancelled(*key, own.tail())
            elif ended.leaving and slot.together > 1:
                self._train_alone(*key)
            else:
                self.store.fail(*key, ended.reason, own.tail())
            slot.release(key)
        slot.leaving |= ended.leaving
        self._soon(self._look, self._beat)

    def _bury(self, slot: JobSlot, job: JobProcess, code: int) -> None:
        self._lose(slot, job, why_gone(code, job.log.last_line()))
        slot.gone(time.monotonic())
        if slot.note:
            log.warning("%s", slot.note)

    def _lose(self, slot: JobSlot, job: JobProcess, reason: str) -> None:
        """The process is no more: say what becomes of each of its runs."""
        for key in list(slot.claims):
            said = job.log.of(key[0]).tail()
            if key in slot.cancelled:
                self.store.cancelled(*key, said)
            elif not slot.begun:
                self.store.requeue(*key, lost=True)
            elif slot.together > 1:
                self._train_alone(*key)
            else:
                self.store.fail(*key, reason, said)
            slot.release(key)

    def _train_alone(self, id: str, attempt: int) -> None:
        """One of several runs may have cost all of them their process: the next time each has one to itself."""
        self._alone.add(id)
        self.store.requeue(id, attempt, lost=True, reason=TOGETHER)

    # What time brings ----------------------------------------------------------------------------------------------

    def _keep_time(self, now: float) -> None:
        for slot in self._slots:
            if slot.start_at is not None and now >= slot.start_at:
                slot.start(now)
            if slot.job is None:
                continue
            if slot.overdue(now):
                self._stop_runs(slot, slot.job)
            elif not slot.idle and now - slot.heard > slot.patience(self._stall):
                self._end_silence(slot, slot.job)

    def _stop_runs(self, slot: JobSlot, job: JobProcess) -> None:
        """A run did not stop by itself when it was cancelled; those beside it cannot be helped."""
        slot.kill()
        for key in list(slot.claims):
            if key in slot.cancelled:
                self.store.cancelled(*key, job.log.of(key[0]).tail())
            else:
                self.store.requeue(*key, reason=BESIDE)
            slot.release(key)

    def _end_silence(self, slot: JobSlot, job: JobProcess) -> None:
        silence = slot.patience(self._stall)
        slot.kill()
        self._lose(slot, job, f"The training process was stopped: it had reported nothing for {silence:g} seconds.")

    def _soon(self, *acts: Callable[[], None]) -> None:
        self._due.update(dict.fromkeys(acts, 0.0))

    def _beat(self) -> None:
        slots = [slot.record() for slot in self._slots]
        self.store.heartbeat(self.id, self.host, self.home, os.getpid(), slots)

    def _recover(self) -> None:
        if number := self.store.recover(self.id, self.host, self.home):
            log.info("Took over %d run(s) of a worker that was lost.", number)

    def _look(self) -> None:
        """Into the store: what shall be cancelled, what can be begun."""
        now = time.monotonic()
        if any(slot.claims for slot in self._slots):
            wanted = self.store.to_cancel(self.id)
            for slot in self._slots:
                for key in wanted & slot.claims.keys():
                    slot.cancel(key, now)
        idle = [slot for slot in self._slots if slot.idle]
        waiting = self.store.waiting() if idle else []
        kinds = [(stack_key(run.spec), self._together(run)) for run in waiting]
        soon = sum(slot.nearly_idle for slot in self._slots)  # else whoever is free first would take all that is left
        groups = shared_out(kinds, len(idle) + soon)
        working = sum(bool(slot.claims) for slot in self._slots) + min(len(idle), len(groups))
        crowded = 2 * working > usable_cores()
        for slot, group in zip(idle, groups, strict=False):
            if claims := self.store.claim_group(self.id, [waiting[position].id for position in group]):
                slot.begin(claims, now, crowded)
                self._soon(self._beat)

    def _together(self, run: Waiting) -> int:
        return 1 if run.id in self._alone else most_together(self._catalogue, run.spec)

    def _end(self) -> None:
        """Kill first, so that nobody trains a run twice; then give the runs back."""
        jobs = [slot.job for slot in self._slots if slot.job]
        for job in jobs:
            job.kill()
        self._wait()
        self._store_answers(self._give_back)
        for job in jobs:
            try:
                job.wait(1.0)
            except subprocess.TimeoutExpired:  # stuck in the kernel: it ends when it comes out
                log.warning("Process %d does not end.", job.pid)

    def _give_back(self) -> None:
        while self._messages:
            job, message = self._messages.popleft()
            if isinstance(message, Events):
                self._record([(job, message)])
            elif isinstance(message, Ended):
                self._handle(job, message)
        for slot in self._slots:
            for key in slot.claims:
                self.store.requeue(*key)
        self.store.retire(self.id)


def _is_report(arrived: Arrived) -> bool:
    return isinstance(arrived[1], Events)
