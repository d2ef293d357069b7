"""One slot of the dispatcher: a job process, kept alive, and the runs that it has."""

import signal
from collections.abc import Sequence
from pathlib import Path

from costlab.home import run_folder
from costlab.records import Event, Progress
from costlab.specs import RunSpec
from costlab.store import Claim, Slot
from costlab.worker.job_process import Inbox, JobProcess
from costlab.worker.messages import AboutRun, Begin, Cancel, Member
from costlab.worker.run_log import GroupLog

CANCEL_GRACE = 0.5  # seconds that a job has to stop by itself
SHARED_GRACE = 5.0  # seconds that it has while other runs would lose their work with it
WARMING = 120.0  # seconds that a process has at least to get ready: torch from a slow disk takes its time
PREPARING = 3600.0  # seconds that a run has at least until training begins: a first download says nothing for long
NEARLY = 0.9  # of all training steps: from here on a place counts as good as free
MAX_PAUSE = 30.0  # seconds between attempts to start a process that never gets ready
Key = tuple[str, int]  # id and attempt of a run


class JobSlot:
    """Keeps a process warm in one place (`device`) and knows what it does. All times are of time.monotonic()."""

    def __init__(self, program: str, inbox: Inbox, device: str, offers: bool):
        self.device = device
        self.claims: dict[Key, Claim] = {}  # the runs that it has, several as one program
        self.together = 0  # how many runs the process was given at once
        self.begun = False  # the process has said that it has the runs
        self.training = False  # it has reported something about one of them
        self.fraction = 0.0  # of all training steps that it has reported
        self.warm = False  # it has said that it is ready, at any time
        self.leaving = False  # it has said that it ends
        self.heard = 0.0  # when it last said something
        self.cancelled: dict[Key, float] = {}  # which runs it was asked to stop, and when
        self.start_at: float | None = 0.0
        self.job: JobProcess | None = None
        self.note = ""
        self._failures = 0
        self._program = program
        self._inbox = inbox
        self._offers = offers

    @property
    def idle(self) -> bool:
        """Whether it could take runs."""
        return self.warm and not self.leaving and not self.claims and self.start_at is None

    @property
    def nearly_idle(self) -> bool:
        """Whether it will soon be able to take runs."""
        return bool(self.claims) and not self.leaving and self.fraction >= NEARLY

    def heard_of(self, events: Sequence[Event], now: float) -> None:
        """Training reported something."""
        self.heard, self.training = now, True
        self.fraction = max([self.fraction, *(event.fraction for event in events if isinstance(event, Progress))])

    def patience(self, stall: float) -> float:
        """How many seconds without a word are no reason to worry; `stall` is for a run in training."""
        if not self.claims:
            return max(stall, WARMING)
        return stall if self.training else max(stall, PREPARING)

    def start(self, now: float) -> None:
        """Start a process."""
        self.job = JobProcess(self._program, self._inbox, self.device, self._offers)
        self.warm = self.leaving = False
        self.heard, self.start_at = now, None

    def ready(self) -> None:
        """The process is warm."""
        self.warm, self.note, self._failures = True, "", 0

    def begin(self, claims: Sequence[Claim], now: float, crowded: bool) -> None:
        """Give the process one run, or several to train as one program; `crowded`: each on one thread."""
        assert self.job is not None
        self.job.log.close()
        self.job.log = GroupLog({claim.id: log_file(claim.id) for claim in claims})
        self.claims = {(claim.id, claim.attempt): claim for claim in claims}
        self.together, self.heard, self.cancelled = len(claims), now, {}
        self.begun = self.training = False
        self.fraction = 0.0
        members = [
            Member(id=claim.id, attempt=claim.attempt, spec=self._placed(claim.spec, crowded)) for claim in claims
        ]
        self.job.send(Begin(members=members))

    def _placed(self, spec: RunSpec, crowded: bool) -> RunSpec:
        """With several GPUs "auto" means the slot's own; threads that are left open are one where cores are taken."""
        device = self.device if spec.device == "auto" and self.device.startswith("cuda") else spec.device
        threads = 1 if crowded and spec.threads is None else spec.threads
        return spec.model_copy(update={"device": device, "threads": threads})

    def holds(self, about: AboutRun) -> bool:
        """Whether a message is about a run that the slot has."""
        return (about.id, about.attempt) in self.claims

    def cancel(self, key: Key, now: float) -> None:
        """Ask the process to stop one of its runs; those beside it go on."""
        if key in self.claims and key not in self.cancelled and self.job:
            self.cancelled[key] = now
            self.job.send(Cancel(id=key[0], attempt=key[1]))

    def overdue(self, now: float) -> bool:
        """Whether the process did not stop a run when it was asked to, and is to be killed."""
        others = self.claims.keys() - self.cancelled.keys()
        return any(now >= asked + (SHARED_GRACE if others else CANCEL_GRACE) for asked in self.cancelled.values())

    def kill(self) -> None:
        """End the process at once; it gets no further run."""
        if self.job:
            self.leaving = True
            self.job.kill()

    def release(self, key: Key) -> None:
        """The slot does not have this run any more."""
        self.claims.pop(key, None)
        self.cancelled.pop(key, None)
        if self.claims and self.job:
            self.job.log.of(key[0]).close()  # what comes now is about the others; the last one's stays open

    def gone(self, now: float) -> None:
        """The process has ended: start another, at once if this one had been warm, else after a growing pause."""
        assert self.job is not None
        if not self.warm:
            self._failures += 1
            self.note = f"The training process does not start: {self.job.log.last_line() or 'it said nothing'}"
        self.job.log.close()
        pause = 0.0 if self.warm else min(MAX_PAUSE, 0.5 * 2.0**self._failures)
        self.job, self.start_at = None, now + pause
        self.warm = False

    def record(self) -> Slot:
        """What the store is told."""
        if self.claims:
            return Slot(device=self.device, state="busy", runs=[claim.id for claim in self.claims.values()])
        if self.idle:
            return Slot(device=self.device, state="idle")
        return Slot(device=self.device, state="broken" if self.note else "starting", note=self.note)


def log_file(run_id: str) -> Path:
    """Where a run's log is."""
    return run_folder(run_id) / "log.txt"


def why_gone(code: int, last_line: str) -> str:
    """The end of a process in words.

    >>> why_gone(3, "disk full")
    'The training process ended by itself with exit status 3; its last words were: disk full'
    """
    words = f"; its last words were: {last_line}" if last_line else "."
    if code >= 0:
        return f"The training process ended by itself with exit status {code}{words}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL":
        return f"The training process was killed (SIGKILL), as the system does when memory runs out{words}"
    if name in ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE"):
        return f"The training process crashed ({name}); the log says where."  # the last line would be in the middle
    return f"The training process was ended from outside ({name}){words}"
