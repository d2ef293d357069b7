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
from collections.abc import Callable, Sequence

from costlab.catalogue import Catalogue
from costlab.errors import StoreUnavailable
from costlab.home import home
from costlab.records import Event, Prepared
from costlab.store import Store
from costlab.worker.job_process import Inbox, JobProcess, Message
from costlab.worker.messages import Begun, Ended, Events, Gone, Offers, Ready
from costlab.worker.places import places
from costlab.worker.slot import JobSlot, why_gone

POLL = 0.1  # seconds between looks into the store
HEARTBEAT = 1.0
RECOVER = 2.0  # seconds between looks for runs of lost workers
STALL = 600.0  # seconds without a word from training, which reports several times a second, after which it is hung
log = logging.getLogger("costlab.worker")


class Dispatcher:
    """To be run in the main thread of a process of its own, by whoever holds the lock of the home folder.

    program: the module that jobs carry out. slots: how many runs at once; None: one a GPU, else half the cores.
    stall: seconds of silence in training after which a job is killed.
    """

    def __init__(self, store: Store, program: str, slots: int | None = None, stall: float = STALL):
        self.store = store
        self.host, self.home = socket.gethostname(), str(home())
        self.id = f"{self.host}:{os.getpid()}:{secrets.token_hex(3)}"
        self._program, self._wanted, self._stall = program, slots, stall
        self._inbox: Inbox = queue.SimpleQueue()
        self._messages: deque[tuple[JobProcess, Message]] = deque()
        self._slots = [JobSlot(program, self._inbox, "auto", offers=True)]
        self._catalogue: Catalogue | None = None
        # The heartbeat comes first: who claims a run must be known to live.
        self._every = {self._beat: HEARTBEAT, self._recover: RECOVER, self._look: POLL}
        self._due = dict.fromkeys(self._every, 0.0)
        self._complained = False

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set; then runs go back to the queue, and no process is left."""
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
            self._handle(*self._messages[0])
            self._messages.popleft()
        now = time.monotonic()
        self._keep_time(now)
        for act, due in self._due.items():
            if now >= due:
                act()
                self._due[act] = now + self._every[act]

    # What comes from the jobs --------------------------------------------------------------------------------------

    def _handle(self, job: JobProcess, message: Message) -> None:
        slot = next((slot for slot in self._slots if slot.job is job), None)
        if slot is None:
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
            case Events() if slot.holds(message):
                self._learn(message.events)
                slot.training = True
                if not self.store.record(message.id, message.attempt, message.events):
                    slot.cancel(slot.heard)  # somebody else has the run now
            case Ended():
                self._conclude(slot, job, message)
            case Gone():
                self._bury(slot, job, message.code)

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
            job.log.add(ended.log.encode())
            said = job.log.tail()
            if ended.state == "succeeded" and ended.finished:
                self.store.finish(ended.id, ended.attempt, ended.finished, said)
            elif ended.state == "cancelled":
                self.store.cancelled(ended.id, ended.attempt, said)
            else:
                self.store.fail(ended.id, ended.attempt, ended.reason, said)
            slot.release()
        slot.leaving |= ended.leaving
        self._soon(self._look, self._beat)

    def _bury(self, slot: JobSlot, job: JobProcess, code: int) -> None:
        if claim := slot.claim:
            if slot.kill_at is not None:
                self.store.cancelled(claim.id, claim.attempt, job.log.tail())
            elif not slot.begun:
                self.store.requeue(claim.id, claim.attempt, lost=True)
            else:
                self.store.fail(claim.id, claim.attempt, why_gone(code, job.log.last_line()), job.log.tail())
        slot.gone(time.monotonic())
        if slot.note:
            log.warning("%s", slot.note)

    # What time brings ----------------------------------------------------------------------------------------------

    def _keep_time(self, now: float) -> None:
        for slot in self._slots:
            if slot.start_at is not None and now >= slot.start_at:
                slot.start(now)
            if slot.job is None:
                continue
            if slot.kill_at is not None and now >= slot.kill_at:
                self._stop_run(slot, slot.job)
            elif not slot.idle and now - slot.heard > slot.patience(self._stall):
                self._end_silence(slot, slot.job)

    def _stop_run(self, slot: JobSlot, job: JobProcess) -> None:
        """The run did not stop by itself when it was cancelled."""
        slot.kill()
        if slot.claim:
            self.store.cancelled(slot.claim.id, slot.claim.attempt, job.log.tail())
        slot.release()

    def _end_silence(self, slot: JobSlot, job: JobProcess) -> None:
        if slot.claim:
            silence = slot.patience(self._stall)
            reason = f"The training process was stopped: it had reported nothing for {silence:g} seconds."
            self.store.fail(slot.claim.id, slot.claim.attempt, reason, job.log.tail())
        slot.kill()
        slot.release()

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
        if any(slot.claim for slot in self._slots):
            wanted = self.store.to_cancel(self.id)
            for slot in self._slots:
                if slot.claim and (slot.claim.id, slot.claim.attempt) in wanted:
                    slot.cancel(now)
        idle = [slot for slot in self._slots if slot.idle]
        if idle and self.store.waiting():
            for slot in idle:
                if claim := self.store.claim(self.id):
                    slot.begin(claim, now)
                    self._soon(self._beat)

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
            if isinstance(message, Events | Ended):
                self._handle(job, message)
        for slot in self._slots:
            if slot.claim:
                self.store.requeue(slot.claim.id, slot.claim.attempt)
        self.store.retire(self.id)
