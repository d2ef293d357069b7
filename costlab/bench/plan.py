"""What is compared with what: the plan, and the cells and runs that follow from it and from the survey. No torch."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from costlab.bench.families import FAMILIES, STANDARD, About
from costlab.costs import CostMatrix
from costlab.records import Record
from costlab.specs import Choice, Optimiser, RunSpec

VERSION = 2  # to be raised when results that are kept no longer mean the same
BAR_LOSS = "cross_entropy"
NARROW = Choice(name="small_cnn", options={"width": 0.5})


class Setting(Record):
    """A data set as it is used here: hard enough for mistakes, small enough for hundreds of trainings."""

    name: str = Field(description="As it is called in the report: one data set may be used in several ways.")
    dataset: Choice
    model: Choice = NARROW
    epochs: int = 10
    batch_size: int = 64


class Plan(Record):
    """Losses x families x seeds x data sets. The seed of a run also draws its split and, where random, its costs."""

    settings: list[Setting]
    losses: list[Choice]
    families: list[str] = Field(default_factory=lambda: list(STANDARD))
    seeds: int = Field(10, ge=2, le=1000)
    optimiser: Optimiser = Field("adamw", description="What plans that do not say it were trained by.")


class LossFacts(Record):
    """What was found out about a loss by trying it."""

    uses_costs: bool
    behaviour: str = Field(description="A digest of its values and slopes on made-up logits.")
    decides: str = Field(description="The rule that its own decision is made by.")


class SetFacts(Record):
    """A data set with one seed."""

    counts: list[int] = Field(description="Training images a class.")
    sizes: dict[str, int] = Field(description="Images in train, valid and test.")
    suggested: CostMatrix


class Survey(Record):
    """What a worker found out, by the loss's label and by the setting's name (one entry a seed)."""

    losses: dict[str, LossFacts]
    sets: dict[str, list[SetFacts]]
    device: str = Field("", description="The processor, as its maker names it.")
    versions: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One training. key: a digest of all that decides how it comes out, the name of its files."""

    key: str
    spec: RunSpec


@dataclass(frozen=True)
class Cell:
    """One loss on one data set at one family's costs with one seed. run: the training that it is judged by."""

    dataset: str
    loss: str
    family: str
    seed: int
    cost: CostMatrix
    run: Run


def label(loss: Choice) -> str:
    """How a loss is called in tables: its name, and the options that it was given.

    >>> label(Choice(name="weighted_cross_entropy", options={"weights": "cost rows"}))
    'weighted_cross_entropy (weights cost rows)'
    """
    options = ", ".join(f"{name} {value}" for name, value in sorted(loss.options.items()))
    return f"{loss.name} ({options})" if options else loss.name


def seeded(setting: Setting, seed: int) -> Choice:
    """The data set split by `seed`."""
    return Choice(name=setting.dataset.name, options=setting.dataset.options | {"split_seed": seed})


def cells(plan: Plan, survey: Survey) -> Iterator[Cell]:
    """Every cell of the answer. The first seeds come first, so that an early stop still leaves whole pairs."""
    for seed in range(plan.seeds):
        for setting in plan.settings:
            facts = survey.sets[setting.name][seed]
            about = About(np.array(facts.counts), facts.suggested, seed)
            costs = {family: FAMILIES[family].make(about) for family in plan.families}
            for loss in plan.losses:
                of_loss = survey.losses[label(loss)]
                blind = CostMatrix.zero_one(about.classes)
                for family, cost in costs.items():
                    seen = cost if of_loss.uses_costs else blind
                    run = _run(setting, loss, seen, seed, plan.optimiser, of_loss.behaviour)
                    yield Cell(setting.name, label(loss), family, seed, cost, run)


def runs(cells: Iterable[Cell]) -> dict[str, tuple[Run, list[CostMatrix]]]:
    """Each training once, with all costs that it is judged by, in the order of the cells."""
    found: dict[str, tuple[Run, list[CostMatrix]]] = {}
    for cell in cells:
        found.setdefault(cell.run.key, (cell.run, []))[1].append(cell.cost)
    return found


def cost_key(cost: CostMatrix) -> str:
    """A digest of the figures and the classes of a matrix; its name does not matter."""
    return _digest([(cost.values + 0.0).tolist(), list(cost.classes)])


def _run(setting: Setting, loss: Choice, cost: CostMatrix, seed: int, optimiser: Optimiser, behaviour: str) -> Run:
    spec = RunSpec(
        dataset=seeded(setting, seed), model=setting.model, loss=loss, cost=cost, epochs=setting.epochs,
        batch_size=setting.batch_size, seed=seed, optimiser=optimiser, device="cpu", precision="float32", threads=1,
    )  # fmt: skip
    record = spec.model_dump(mode="json") | {"cost": cost_key(cost)}
    return Run(_digest([VERSION, record, behaviour]), spec)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]
