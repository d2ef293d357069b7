"""Whose predictions are looked at: a run's, or a bundled example's; with its costs and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from costlab.costs import CostMatrix
from costlab.errors import InvalidCosts, InvalidFile, NotFound
from costlab.examples import EXAMPLES, about, example
from costlab.home import run_folder
from costlab.predictions import Predictions
from costlab.records import RunReport
from costlab.specs import RunSpec
from costlab.store import Run


@dataclass(frozen=True)
class Source:
    """One model's results, however they came.

    key: "run:ID" or "example:NAME", as addresses name it, or "folder:NAME". title: for people. predictions: valid and
    test part. cost: what its mistakes cost, as trained or suggested. spec: how it was trained, which also names the
    data set whose images the predictions' `index` counts. counts: (K,) training images a class. folder: where a run's
    files are.
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


def folder_source(folder: Path) -> Source:
    """The run that `costlab train --out` has written. Raises InvalidFile."""
    try:
        report = RunReport.model_validate_json((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidFile(f"{folder} holds no run; give a folder that `costlab train --out` has written.") from error
    spec, predictions = report.spec, Predictions.load(folder / "predictions.npz")
    if spec.cost is None:
        raise InvalidFile(f"The run.json in {folder} names no costs; train again.")
    title = f"{spec.loss.name} on {spec.dataset.name}, seed {spec.seed}"
    return Source(f"folder:{folder.name}", title, predictions, spec.cost, spec, tuple(report.counts), folder)


def run_source(run: Run) -> Source:
    """A finished run, from its files.

    Raises NotFound when it has not ended well or its files are not here (any more), InvalidFile when they are damaged
    or are not about the classes of its costs.
    """
    prepared = run.prepared
    if run.test is None or prepared is None or prepared.spec.cost is None:
        raise NotFound(f"The run {run.id[:8]} has no result (it is {run.state}); choose one that has succeeded.")
    folder = run_folder(run.id)
    predictions = _predictions(run, folder / "predictions.npz")
    try:
        cost = prepared.spec.cost.for_classes(predictions.classes)
    except InvalidCosts as error:
        raise InvalidFile(f"The files of run {run.id[:8]} are not its own: {error} Train it again.") from error
    return Source(
        key=f"run:{run.id}",
        title=f"{run.title} ({run.id[:4]})",
        predictions=predictions,
        cost=cost,
        spec=prepared.spec,
        counts=tuple(prepared.counts[prepared.classes.index(name)] for name in predictions.classes),
        folder=folder,
    )


def _predictions(run: Run, file: Path) -> Predictions:
    """What the run's network said of each image; some of it on a test part."""
    try:
        predictions = Predictions.load(file)
    except InvalidFile as error:
        if not file.is_file():  # deleted, perhaps just now, or trained on another machine
            raise NotFound(f"The files of run {run.id[:8]} are not on this machine; train it again here.") from error
        raise InvalidFile(f"The files of run {run.id[:8]} cannot be read; train it again. {error}") from error
    if not (predictions.split == "test").any():
        raise InvalidFile(f"The files of run {run.id[:8]} hold no test images to judge; train it again.")
    return predictions


def example_names() -> tuple[str, ...]:
    """The bundled examples, the one to begin with first."""
    return tuple(sorted(EXAMPLES, key=lambda name: (name != "surface_defects", name)))


def short_titles(sources: Sequence[Source]) -> list[str]:
    """What to call several sources of the same data beside each other: loss and seed, and an id where these agree.

    >>> short_titles([example_source("digits")])
    ['Example: Handwritten digits, 8x8 (real)']
    """
    short = [each.title if each.folder is None else f"{each.spec.loss.name}, seed {each.spec.seed}" for each in sources]
    ids = [each.key.partition(":")[2][:4] for each in sources]
    return [title if short.count(title) == 1 else f"{title} ({id})" for title, id in zip(short, ids, strict=True)]
