"""Whose predictions are looked at: a run's, or a bundled example's; with its costs and how it came about."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from costlab.costs import CostMatrix
from costlab.errors import NotFound
from costlab.examples import EXAMPLES, about, example
from costlab.home import run_folder
from costlab.predictions import Predictions
from costlab.specs import RunSpec
from costlab.store import Run


@dataclass(frozen=True)
class Source:
    """One model's results, however they came.

    key: "run:ID" or "example:NAME", as addresses name it. title: for people. predictions: valid and test part. cost:
    what its mistakes cost, as trained or suggested. spec: how it was trained, which also names the data set whose
    images the predictions' `index` counts. counts: (K,) training images a class. folder: where a run's files are.
    """

    key: str
    title: str
    predictions: Predictions
    cost: CostMatrix
    spec: RunSpec
    counts: tuple[int, ...]
    folder: Path | None = None


@lru_cache
def example_source(name: str) -> Source:
    """A bundled example. Raises UnknownName."""
    predictions, cost = example(name)
    told = about(name)
    title = f"Example: {told.title}"
    return Source(f"example:{name}", title, predictions, cost, told.spec, tuple(told.counts))


def run_source(run: Run) -> Source:
    """A finished run, from its files. Raises NotFound when it has not ended well, InvalidFile when they are damaged."""
    if run.test is None or run.prepared is None or run.prepared.spec.cost is None:
        raise NotFound(f"The run {run.id[:8]} has no result (it is {run.state}); choose one that has succeeded.")
    folder = run_folder(run.id)
    if not (folder / "predictions.npz").is_file():
        raise NotFound(f"The files of run {run.id[:8]} are not on this machine; train it again here.")
    predictions = Predictions.load(folder / "predictions.npz")
    title = f"{run.title} ({run.id[:4]})"
    return Source(
        f"run:{run.id}", title, predictions, run.prepared.spec.cost, run.prepared.spec, tuple(run.prepared.counts),
        folder,
    )  # fmt: skip


def example_names() -> tuple[str, ...]:
    """The bundled examples, the one to begin with first."""
    return tuple(sorted(EXAMPLES, key=lambda name: (name != "surface_defects", name)))
