"""One slot of the dispatcher: a job process, kept alive, and the run that it has."""

import signal
from pathlib import Path

from costlab.home import run_folder
from costlab.specs import RunSpec
from costlab.store import Claim, Slot
from costlab.worker.job_process import Inbox, JobProcess
from costlab.worker.messages import AboutRun, Begin, Cancel
from costlab.worker.run_log import RunLog

CANCEL_GRACE = 0.5  # seconds that a job has to stop by itself
WARMING = 120.0  # seconds that a process has at least to get ready: torch from a slow disk takes its time
PREPARING = 3600.0  # seconds that a run has at least until training begins: a first download says nothing for long
MAX_PAUSE = 30.0  # seconds between attempts to start a process that never gets ready


class JobSlot:
    """Keeps a process warm in one place (`device`) and knows what it does. All times are of time.monotonic()."""

    def __init__(self, program: str, inbox: Inbox, device: str, offers: bool):
        self.device = device
        self.claim: Claim | None = None
        self.begun = False  # the process has said that it has the run
        self.training = False  # it has reported something about the run
        self.warm = False  # it has said that it is ready, at any time
        self.leaving = False  # it has said that it ends
        self.heard = 0.0  # when it last said something
        self.kill_at: float | None = None
        self.start_at: float | None = 0.0
        self.job: JobProcess | None = None
        self.note = ""
        self._failures = 0
        self._program = program
        self._inbox = inbox
        self._offers = offers

    @property
    def idle(self) -> bool:
        """Whether it could take a run."""
        return self.warm and not self.leaving and self.claim is None and self.start_at is None

    def patience(self, stall: float) -> float:
        """How many seconds without a word are no reason to worry; `stall` is for a run in training."""
        if self.claim is None:
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

    def begin(self, claim: Claim, now: float) -> None:
        """Give the process a run."""
        assert self.job is not None
        self.job.log.close()
        self.job.log = RunLog(log_file(claim.id))
        self.claim, self.heard = claim, now
        self.begun = self.training = False
        self.job.send(Begin(id=claim.id, attempt=claim.attempt, spec=self._placed(claim.spec)))

    def _placed(self, spec: RunSpec) -> RunSpec:
        """With several GPUs "auto" means the slot's own."""
        if spec.device == "auto" and self.device.startswith("cuda"):
            return spec.model_copy(update={"device": self.device})
        return spec

    def holds(self, about: AboutRun) -> bool:
        """Whether a message is about the run that the slot has."""
        return self.claim is not None and (about.id, about.attempt) == (self.claim.id, self.claim.attempt)

    def cancel(self, now: float) -> None:
        """Ask the process to stop its run; after `CANCEL_GRACE` it is due to be killed."""
        if self.claim and self.job and self.kill_at is None:
            self.kill_at = now + CANCEL_GRACE
            self.job.send(Cancel(id=self.claim.id, attempt=self.claim.attempt))

    def kill(self) -> None:
        """End the process at once; it gets no further run."""
        if self.job:
            self.leaving = True
            self.job.kill()

    def release(self) -> None:
        """The slot has no run any more."""
        self.claim, self.kill_at = None, None

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
        self.release()

    def record(self) -> Slot:
        """What the store is told."""
        if self.claim:
            return Slot(device=self.device, state="busy", run=self.claim.id)
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
