"""`RunSpec`, the one description of a training run; JSON both ways with `model_dump_json` and `model_validate_json`."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from costlab.costs import CostMatrix
from costlab.errors import InvalidSpec
from costlab.registry import explain

DEVICE = r"^(auto|cpu|mps|cuda(:\d+)?)$"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Choice(_Frozen):
    """A plug-in by name, with its options; the plug-in itself checks them."""

    name: str = Field(min_length=1, max_length=80)
    options: dict[str, Any] = Field(default_factory=dict)


Optimiser = Literal["muon", "adamw"]
OPTIMISERS = {"muon": "Muon", "adamw": "AdamW"}


class RunSpec(_Frozen):
    """What to train, on what, for which costs, and how. The same spec, threads told, gives the same bits on one CPU.

    `dataset`, `model` and `loss` may be given as a plain name. `cost=None` takes the data set's own suggestion; a
    trained run's record always holds the matrix that was used.

    >>> RunSpec(dataset="digits", loss={"name": "soft_f_beta", "options": {"beta": 2.0}}).loss.options
    {'beta': 2.0}
    """

    dataset: Choice = Field(Choice(name="digits"), description="The data set and its options.")
    model: Choice = Field(Choice(name="small_cnn"), description="The model and its options.")
    loss: Choice = Field(Choice(name="cross_entropy"), description="The training loss and its options.")
    cost: CostMatrix | None = Field(None, description="What each mistake costs; none: the data set's suggestion.")
    epochs: int = Field(10, ge=1, le=1000, description="Passes over the training part.")
    batch_size: int | None = Field(None, ge=8, le=8192, description="Images a step; none: sized to the images.")
    learning_rate: float = Field(0.01, gt=0, le=10, description="The peak of the one-cycle schedule.")
    weight_decay: float = Field(0.01, ge=0, le=1, description="Decay of the weights, on matrices only.")
    optimiser: Optimiser = Field(
        "muon",
        description="What moves the weights: Muon for convolutions, which needs fewer epochs, each a tenth longer; "
        "or AdamW for all.",
    )
    averaging: float = Field(
        0.0, ge=0, le=0.9, description="Share of the steps, the last ones, whose weights are averaged; 0: none."
    )
    views: Literal[1, 5] = Field(
        1, description="Judge each image as it is, or by the mean logits of it and its shifts by a pixel to each side."
    )
    augment: bool = Field(True, description="Shift, turn and scale the training images a little, anew each epoch.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Initial weights and order of the images.")
    device: str = Field("auto", pattern=DEVICE, description="Where to train.")
    precision: Literal["auto", "float32", "bfloat16"] = Field("auto", description="Number format of the forward pass.")
    threads: int | None = Field(
        None, ge=1, le=256,
        description="CPU threads; with two, images of 20 pixels a side and more are trained on by half batches, whose "
        "results differ a little. None: two where that pays and cores are free, else one.",
    )  # fmt: skip

    @field_validator("device", mode="before")
    @classmethod
    def _known_device(cls, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(DEVICE, value):
            raise ValueError(f"choose auto, cpu, mps, cuda or cuda:N (N counts from 0); got {value[:40]!r}.")
        return value

    @field_validator("dataset", "model", "loss", mode="before")
    @classmethod
    def _plain_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


def stack_key(spec: RunSpec) -> str:
    """Runs with the same key may train as one program: they differ in loss, costs, seed and rates at most.

    >>> stack_key(RunSpec(seed=1)) == stack_key(RunSpec(loss="focal", learning_rate=0.1))
    True
    >>> stack_key(RunSpec(epochs=3)) == stack_key(RunSpec(epochs=4))
    False
    """
    return spec.model_dump_json(exclude={"loss", "cost", "seed", "learning_rate", "weight_decay"})


def read_spec(text: str | bytes) -> RunSpec:
    """The spec in a JSON text. Raises InvalidSpec with one sentence."""
    try:
        return RunSpec.model_validate_json(text)
    except ValidationError as error:
        raise InvalidSpec(explain(error, "run")) from error


def make_spec(**fields: Any) -> RunSpec:
    """`RunSpec(**fields)`, but raising InvalidSpec with one sentence."""
    try:
        return RunSpec(**fields)
    except ValidationError as error:
        raise InvalidSpec(explain(error, "run")) from error
