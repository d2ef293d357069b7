"""What training reports and what is kept of it. Plain data: no torch, no database.

`train(spec)` yields one `Prepared`, then `Progress` and `Epoch` in turn, and one `Outcome` (in `costlab.training`, for
it holds arrays and weights), of which `Finished` is the part that travels as JSON.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from costlab.specs import RunSpec

Confusion = list[list[int]]  # [truth][decision], counts


class Record(BaseModel):
    """Base of all records: frozen; a number that is not finite travels as text ("NaN"), never as broken JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


BY_HALVES = "single, in halves"  # the form of a run whose batches two threads share


class Prepared(Record):
    """Training is about to begin: everything that had to be resolved first."""

    kind: Literal["prepared"] = "prepared"
    spec: RunSpec = Field(description="With the cost matrix, batch size and precision that are used.")
    device: str = Field(description='As torch names it: "cpu", "cuda:0".')
    device_name: str = Field(description="As its maker names it.")
    torch: str
    parameters: int
    classes: list[str]
    counts: list[int] = Field(description="Training examples a class.")
    sizes: dict[str, int] = Field(description="Examples in train, valid and test.")
    notes: list[str] = Field(default_factory=list, description="What else the user should know, in sentences.")
    together: int = Field(1, ge=1, description="Runs that train as one program with this one, itself included.")
    form: str = Field(
        "single",
        description='How steps are taken: "single", "single, in halves", "stacked in 8", "in turn, 3", "graph".',
    )


class Progress(Record):
    """How far training is; sent a few times a second at most."""

    kind: Literal["progress"] = "progress"
    fraction: float = Field(ge=0, le=1, description="Of all steps.")
    seconds: float = Field(description="Since training began.")


class Epoch(Record):
    """One pass over the training part, judged on the validation part. `valid_confusion` is under argmax.

    Of a run of more than 20 epochs some may be missing: those that there was no time to judge.
    """

    kind: Literal["epoch"] = "epoch"
    epoch: int = Field(ge=1)
    seconds: float = Field(description="An epoch's time since the one before in the history, its evaluation included.")
    train_loss: float
    valid_loss: float
    valid_accuracy: float
    valid_cost: float = Field(description="Mean cost of argmax decisions, in the matrix's unit.")
    valid_least_expected_cost: float = Field(description="Mean cost of least-expected-cost decisions.")
    valid_confusion: Confusion


class RuleResult(Record):
    """What one decision rule paid."""

    accuracy: float
    mean_cost: float
    normalised_cost: float = Field(description="Mean cost divided by that of the best constant decision.")
    confusion: Confusion


class ConstantResult(Record):
    """The best that can be had without looking: one decision for everything."""

    decision: str
    mean_cost: float


class TestResult(Record):
    """The verdict on the test part."""

    __test__ = False  # pytest: not a test class

    argmax: RuleResult
    least_expected_cost: RuleResult
    best_constant: ConstantResult


class Finished(Record):
    """Training ended well."""

    kind: Literal["finished"] = "finished"
    seconds: float = Field(description="Training and its evaluations, without loading data or starting torch.")
    test: TestResult


Event = Annotated[Prepared | Progress | Epoch | Finished, Field(discriminator="kind")]
EVENTS: TypeAdapter[Event] = TypeAdapter(Event)


class RunReport(Record):
    """`run.json`: the whole run in one file."""

    spec: RunSpec
    device: str
    device_name: str
    torch: str
    parameters: int
    sizes: dict[str, int]
    counts: list[int] = Field(default_factory=list, description="Training examples a class; older files hold none.")
    notes: list[str] = Field(default_factory=list, description="What else the user should know, in sentences.")
    form: str = Field("single", description="As in Prepared; older files hold none.")
    seconds: float
    history: list[Epoch]
    test: TestResult
