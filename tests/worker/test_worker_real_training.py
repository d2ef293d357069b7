"""The worker with the real program: what it trains is what `costlab train` trains."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from costlab.predictions import Predictions
from costlab.specs import RunSpec
from tests.worker.lab import Lab, until, working

pytestmark = pytest.mark.process
SPEC = RunSpec(dataset="digits", loss="expected_cost", epochs=2, seed=3, device="cpu")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A worker that trains for real, warm."""
    with working(tmp_path_factory.mktemp("real"), program=()) as lab:
        until(lab.idle, 120)
        yield lab


def test_a_run_on_digits_gives_what_the_command_line_gives_bit_for_bit(lab: Lab, tmp_path: Path) -> None:
    id = lab.store.add(SPEC)
    run = lab.ended(id, 120)
    assert (run.state, run.reason) == ("succeeded", "")
    command = [sys.executable, "-m", "costlab", "train", "--loss", "expected_cost", "--epochs", "2", "--seed", "3"]
    subprocess.run([*command, "--device", "cpu", "--out", str(tmp_path / "out")], check=True, timeout=120)

    here, there = lab.home / "runs" / id, tmp_path / "out"
    assert {path.name for path in here.iterdir()} >= {"run.json", "predictions.npz", "model.safetensors"}
    ours, theirs = (Predictions.load(folder / "predictions.npz") for folder in (here, there))
    np.testing.assert_array_equal(ours.logits, theirs.logits)
    reports = [json.loads((folder / "run.json").read_text()) for folder in (here, there)]
    for report in reports:
        for epoch in report["history"]:
            del epoch["seconds"]
    assert reports[0]["history"] == reports[1]["history"]
    assert reports[0]["test"] == reports[1]["test"]
    assert run.test is not None
    assert run.test.model_dump(mode="json") == reports[0]["test"]
    kept = [epoch.model_dump(mode="json", exclude={"seconds"}) for epoch in lab.store.history(id)]
    assert kept == reports[0]["history"]
    catalogue = lab.store.catalogue()
    assert catalogue is not None
    assert {"digits", "surface_defects"} <= {entry.name for entry in catalogue.datasets}


def test_a_loss_that_does_not_exist_fails_with_the_sentence_that_names_the_nearest(lab: Lab) -> None:
    run = lab.ended(lab.store.add(SPEC.model_copy(update={"loss": SPEC.loss.model_copy(update={"name": "expected"})})))
    assert run.state == "failed"
    assert run.reason.startswith("There is no loss named 'expected'")
