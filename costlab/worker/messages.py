"""What the dispatcher and a job process say to each other: one JSON object a line, `kind` tells which."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from costlab.catalogue import Catalogue
from costlab.records import Event, Finished, Record
from costlab.specs import RunSpec


class AboutRun(Record):
    """Base of what concerns one attempt at one run."""

    id: str
    attempt: int


class Member(AboutRun):
    """One of the runs that are trained together."""

    spec: RunSpec


class Begin(Record):
    """To the job: train these, several of them as one program."""

    kind: Literal["begin"] = "begin"
    members: list[Member] = Field(min_length=1)


class Cancel(AboutRun):
    """To the job: stop this run soon, or be killed; those beside it go on."""

    kind: Literal["cancel"] = "cancel"


class Offers(Record):
    """From the job: what can be trained here."""

    kind: Literal["offers"] = "offers"
    catalogue: Catalogue


class Ready(Record):
    """From the job: warm, and waiting for a run."""

    kind: Literal["ready"] = "ready"


class Begun(Record):
    """From the job: the runs have arrived; from here on they count as tried."""

    kind: Literal["begun"] = "begun"


class Events(AboutRun):
    """From the job: what training reported since the last time."""

    kind: Literal["events"] = "events"
    events: list[Event]


class Ended(AboutRun):
    """From the job: this run is over; those beside it may go on."""

    kind: Literal["ended"] = "ended"
    state: Literal["succeeded", "failed", "cancelled"]
    finished: Finished | None = Field(None, description="With succeeded.")
    reason: str = Field("", description="With failed: one sentence.")
    log: str = Field("", description="With failed: the traceback.")
    leaving: bool = Field(False, description="The process ends now: something unforeseen happened in it.")


class Rung(Record):
    """From the thread that listens to the bell: a run was queued or cancelled."""

    kind: Literal["rung"] = "rung"


class Gone(Record):
    """From the thread that reads the job: its process has ended."""

    kind: Literal["gone"] = "gone"
    code: int = Field(description="Exit status, or the negative number of the signal that killed it.")


ToJob = Annotated[Begin | Cancel, Field(discriminator="kind")]
FromJob = Annotated[Offers | Ready | Begun | Events | Ended, Field(discriminator="kind")]
TO_JOB: TypeAdapter[ToJob] = TypeAdapter(ToJob)
FROM_JOB: TypeAdapter[FromJob] = TypeAdapter(FromJob)
