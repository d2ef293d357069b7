"""What a worker can run, published into the store so that the screens build their forms without torch."""

from typing import Any

from pydantic import Field

from costlab.costs import CostMatrix
from costlab.passports import Passport, passports
from costlab.records import Record
from costlab.registry import Plugin


class Entry(Record):
    """One loss or model: its texts and the JSON schema of its options."""

    name: str
    title: str
    description: str
    formula: str = ""
    source: str = ""
    options: dict[str, Any] = Field(description="JSON schema; a form is made from its properties.")
    passport: Passport | None = Field(None, description="What was measured of a loss; none: nothing was.")


class DatasetEntry(Entry):
    """One data set: also what it is about and whether it is on this machine."""

    classes: list[str]
    shape: tuple[int, int, int] = Field(description="Channels, height, width of an image.")
    cost: CostMatrix
    missing: str = Field("", description="Why it cannot be used right now; empty when it can.")
    train_images: int = Field(description="Training images before any options.")


class DeviceEntry(Record):
    """One place to train."""

    name: str = Field(description='As torch names it: "cpu", "cuda:0".')
    title: str


class Catalogue(Record):
    """Everything a worker offers."""

    losses: list[Entry]
    models: list[Entry]
    datasets: list[DatasetEntry]
    devices: list[DeviceEntry] = Field(description="The one that `auto` takes first.")
    seconds_per_image: dict[str, float] = Field(
        default_factory=dict, description="Measured training seconds an image and epoch, by 'model on CxHxW'."
    )
    by_halves: list[str] = Field(
        default_factory=list,
        description="Kinds of which a run alone is trained by two threads, half of each batch each: 'model on CxHxW'.",
    )
    stack_gain: dict[str, float] = Field(
        default_factory=dict,
        description="How many times faster 8 runs train as one program than one after another, by 'model on CxHxW'.",
    )
    stack_limit: dict[str, int] = Field(
        default_factory=dict, description="How many runs have room in one program, by 'model on CxHxW'."
    )


def entry(plugin: Plugin) -> Entry:
    """The catalogue's entry for a loss or a model."""
    return Entry(
        name=plugin.name,
        title=plugin.title,
        description=plugin.description,
        formula=plugin.formula,
        source=plugin.source,
        options=plugin.options.model_json_schema(),
        passport=passports().get(plugin.name) if plugin.kind == "loss" else None,
    )


def timed_kind(model: str, shape: tuple[int, int, int]) -> str:
    """What the catalogue's measured figures call a model on images of `shape` (C, H, W).

    >>> timed_kind("small_cnn", (1, 8, 8))
    'small_cnn on 1x8x8'
    """
    return f"{model} on {'x'.join(map(str, shape))}"
