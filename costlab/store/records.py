"""What the store hands out: plain frozen records."""

from typing import Literal

from pydantic import ConfigDict, Field

from costlab.costs import CostMatrix
from costlab.records import Prepared, Record, TestResult
from costlab.specs import Choice, RunSpec

State = Literal["queued", "starting", "running", "succeeded", "failed", "cancelled"]
ACTIVE: tuple[State, ...] = ("queued", "starting", "running")
HELD: tuple[State, ...] = ("starting", "running")  # a worker has it
LEASE = 10.0  # seconds without a heartbeat after which a worker counts as lost

UNREADABLE = RunSpec(dataset=Choice(name="unreadable"), model=Choice(name="unreadable"), loss=Choice(name="unreadable"))


class Run(Record):
    """One run as it stands. Times are seconds since 1970, None while they lie ahead."""

    id: str
    spec: RunSpec
    state: State
    attempt: int = Field(description="How often a worker has taken it up.")
    group: str = Field("", description="Runs that were added together share it.")
    created: float
    started: float | None = None
    ended: float | None = None
    reason: str = Field("", description="Why it failed, or went back to the queue.")
    fraction: float = Field(0.0, description="Of all training steps, 0 to 1.")
    seconds: float = Field(0.0, description="Training so far, without loading.")
    prepared: Prepared | None = None
    test: TestResult | None = None
    log: str = Field("", description="The last lines the process wrote; only when one run is asked for, not in lists.")
    cancel_requested: bool = False

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ACTIVE

    @property
    def title(self) -> str:
        """A few words that tell runs apart.

        >>> Run(id="a1", spec=RunSpec(loss="expected_cost"), state="queued", attempt=0, created=0).title
        'expected_cost on digits, seed 0'
        """
        return f"{self.spec.loss.name} on {self.spec.dataset.name}, seed {self.spec.seed}"


class Claim(Record):
    """A run that a worker has just taken up; `attempt` goes with everything it says about it."""

    id: str
    attempt: int
    spec: RunSpec


class Waiting(Record):
    """A run that waits for a worker."""

    id: str
    spec: RunSpec


class SavedMatrix(Record):
    """One revision of a named cost matrix; `cost.name` is the name it was saved under.

    notes: why a cell costs what it costs, by "truth.decision" in the positions of `cost`.
    """

    name: str
    revision: int = Field(description="1, 2, ... in the order of saving.")
    cost: CostMatrix
    comment: str = ""
    agreed_by: str = Field("", description="The names of those who agreed to these costs.")
    notes: dict[str, str] = Field(default_factory=dict)
    saved: float = Field(description="Seconds since 1970.")


class Slot(Record):
    """One place where a worker trains, and what it does there."""

    model_config = ConfigDict(frozen=True, extra="ignore")  # a newer worker may say more

    device: str = Field(description='"cpu", "cuda:0"; "auto" until the first process has looked.')
    state: Literal["starting", "idle", "busy", "broken"]
    runs: list[str] = Field(default_factory=list, description="What it trains, several as one program.")
    note: str = Field("", description="Why it is broken.")


class Worker(Record):
    """A dispatcher that has told the store that it lives."""

    id: str
    host: str
    pid: int
    started: float
    silent: float = Field(description="Seconds since its last heartbeat.")
    slots: list[Slot]

    @property
    def alive(self) -> bool:
        """Whether its last heartbeat is recent enough to count on it."""
        return self.silent < LEASE
