"""Whose predictions are looked at: a run's files may be missing, damaged or another run's, and are then refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from costlab.costs import CostMatrix
from costlab.errors import CostlabError, InvalidFile, NotFound, UnknownName
from costlab.examples import EXAMPLES
from costlab.home import run_folder
from costlab.predictions import Predictions
from costlab.records import Prepared
from costlab.sources import example_names, example_source, run_source
from costlab.specs import RunSpec
from costlab.store import Run
from tests.store.examples import COST, FINISHED, prepared

LOGITS = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 0.0], [0.0, 1.0]])
PREDICTIONS = Predictions(
    LOGITS, np.array([0, 1, 0, 1]), ("ok", "crack"), np.array(["valid", "valid", "test", "test"]), np.arange(4)
)


def finished(predictions: Predictions | None = PREDICTIONS, begun: Prepared | None = None) -> Run:
    """A run that has succeeded, and its files, if any."""
    run = Run(
        id="abcdef0123456789", spec=RunSpec(), state="succeeded", attempt=1, created=0.0, prepared=begun or prepared(),
        test=FINISHED.test,
    )  # fmt: skip
    if predictions is not None:
        folder = run_folder(run.id)
        folder.mkdir(parents=True, exist_ok=True)
        predictions.save(folder / "predictions.npz")
    return run


def file_of(run: Run) -> Path:
    return run_folder(run.id) / "predictions.npz"


def test_a_finished_run_is_read_from_its_files() -> None:
    source = run_source(finished())
    assert source.key == "run:abcdef0123456789"
    assert source.predictions.logits.tolist() == LOGITS.tolist()
    assert source.cost == COST
    assert source.counts == (5, 5)
    assert source.folder == run_folder("abcdef0123456789")


def test_costs_and_counts_follow_the_classes_of_the_predictions() -> None:
    begun = prepared().model_copy(update={"classes": ["ok", "crack"], "counts": [7, 3]})
    source = run_source(finished(replace(PREDICTIONS, classes=("crack", "ok")), begun))
    assert source.cost.classes == ("crack", "ok")
    assert source.cost.values.tolist() == [[0, 100], [1, 0]]
    assert source.counts == (3, 7)


@pytest.mark.parametrize("state", ["queued", "running", "failed", "cancelled"])
def test_a_run_without_a_result_says_how_it_stands(state: str) -> None:
    run = finished().model_copy(update={"test": None, "state": state})
    with pytest.raises(NotFound, match=f"abcdef01 has no result .it is {state}.; choose one that has succeeded"):
        run_source(run)


def test_files_of_another_machine_are_not_here() -> None:
    with pytest.raises(NotFound, match="abcdef01 are not on this machine; train it again here"):
        run_source(finished(predictions=None))


def test_files_that_were_deleted_meanwhile_are_not_here() -> None:
    run = finished()
    run_source(run)
    shutil.rmtree(run_folder(run.id))
    with pytest.raises(NotFound, match="not on this machine"):
        run_source(run)


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "bytes in the middle"])
def test_damaged_files_are_refused_and_named(damage: str) -> None:
    run = finished()
    whole = file_of(run).read_bytes()
    middle = len(whole) // 8
    file_of(run).write_bytes(
        {
            "empty": b"",
            "cut": whole[: len(whole) // 2],
            "text": b"not an archive",
            "bytes in the middle": whole[:middle] + b"\xff" * 40 + whole[middle + 40 :],
        }[damage]
    )
    with pytest.raises(InvalidFile, match=r"^The files of run abcdef01 cannot be read; train it again") as caught:
        run_source(run)
    assert "\n" not in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_refused() -> None:
    run = finished(predictions=None)
    file_of(run).mkdir(parents=True)
    with pytest.raises(CostlabError, match="run abcdef01"):
        run_source(run)


def test_predictions_about_other_classes_are_not_the_runs_own() -> None:
    with pytest.raises(InvalidFile, match="run abcdef01 are not its own: The cost matrix is about"):
        run_source(finished(replace(PREDICTIONS, classes=("cat", "dog"))))


def test_predictions_without_a_test_part_are_refused() -> None:
    with pytest.raises(InvalidFile, match="hold no test images to judge"):
        run_source(finished(replace(PREDICTIONS, split=np.full(4, "valid"))))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_bundled_example_knows_how_it_came_about(name: str) -> None:
    source = example_source(name)
    assert source.key == f"example:{name}"
    assert source.title.startswith("Example: ")
    assert isinstance(source.cost, CostMatrix)
    assert source.cost.classes == source.predictions.classes
    assert len(source.counts) == len(source.cost.classes)
    assert source.folder is None
    assert example_source(name) is source


def test_an_unknown_example_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'digits'"):
        example_source("digit")


def test_the_first_example_is_the_one_to_begin_with() -> None:
    assert example_names()[0] == "surface_defects"
    assert sorted(example_names()) == sorted(EXAMPLES)
