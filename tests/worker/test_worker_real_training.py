"""The worker with the real program: what it trains is what `costlab train` trains."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from costlab.predictions import Predictions
from costlab.specs import Choice, RunSpec
from costlab.store import Run
from tests.known_machine import furnish
from tests.worker.lab import Lab, children, until, working

pytestmark = pytest.mark.process
SPEC = RunSpec(dataset="digits", loss="expected_cost", epochs=2, seed=3, device="cpu")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A worker that trains for real, warm."""
    home = tmp_path_factory.mktemp("real")
    furnish(home)
    with working(home, "--slots", "2", program=("--program", "tests.worker.stacking")) as lab:
        until(lambda: both_idle(lab), 120)
        yield lab


def both_idle(lab: Lab) -> bool:
    """Whether both of its processes wait for runs."""
    return lab.idle() and len(lab.store.workers()[0].slots) == 2


def test_a_run_on_digits_gives_what_the_command_line_gives_bit_for_bit(lab: Lab, tmp_path: Path) -> None:
    id = lab.store.add(SPEC)
    run = lab.ended(id, 120)
    assert (run.state, run.reason) == ("succeeded", "")
    command = [sys.executable, "-m", "costlab", "train", "--loss", "expected_cost", "--epochs", "2", "--seed", "3"]
    same = os.environ | {"COSTLAB_HOME": str(lab.home)}  # where it is kept which number format is the quickest here
    subprocess.run([*command, "--device", "cpu", "--out", str(tmp_path / "out")], check=True, timeout=120, env=same)

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


def sweep(epochs: int) -> list[RunSpec]:
    """Three losses and two seeds on a few digits, at rates of their own."""
    few = Choice(name="digits", options={"train_size": 100})
    like = RunSpec(dataset=few, epochs=epochs, precision="float32", device="cpu")
    losses = {"cross_entropy": 0.01, "expected_cost": 0.003, "soft_f_beta": 0.02}
    return [
        like.model_copy(update={"loss": Choice(name=name), "learning_rate": rate, "seed": seed})
        for seed in (1, 2)
        for name, rate in losses.items()
    ]


def learnt(lab: Lab, run: Run) -> tuple[np.ndarray, dict[str, np.ndarray], list[float]]:
    """What a run left: logits, weights, and the numbers of its epochs."""
    folder = lab.home / "runs" / run.id
    epochs = lab.store.history(run.id)
    told = [number for epoch in epochs for number in (epoch.train_loss, epoch.valid_loss, epoch.valid_accuracy)]
    return Predictions.load(folder / "predictions.npz").logits, load_file(folder / "model.safetensors"), told


def test_runs_trained_side_by_side_leave_what_each_leaves_when_trained_alone(lab: Lab) -> None:
    until(lambda: both_idle(lab))
    specs = sweep(epochs=3)
    together = [lab.ended(id, 120) for id in lab.store.add_many(specs)]
    assert [run.prepared and run.prepared.together for run in together] == [3] * 6
    alone = [lab.ended(lab.store.add(spec), 120) for spec in (specs[1], specs[5])]
    assert [run.prepared and run.prepared.together for run in alone] == [1, 1]
    for ours, theirs in zip((together[1], together[5]), alone, strict=True):
        assert ours.spec == theirs.spec
        assert ours.prepared is not None
        assert theirs.prepared is not None
        assert ours.prepared.spec == theirs.prepared.spec
        (logits, weights, told), (other_logits, other_weights, other_told) = learnt(lab, ours), learnt(lab, theirs)
        np.testing.assert_allclose(logits, other_logits, rtol=1e-3, atol=1e-3)
        assert weights.keys() == other_weights.keys()
        for name, values in weights.items():
            np.testing.assert_allclose(values, other_weights[name], rtol=1e-3, atol=1e-3)
        assert told == pytest.approx(other_told, rel=1e-3, abs=1e-3)


def test_a_cancelled_member_and_a_killed_process_cost_no_other_run_its_results(lab: Lab) -> None:
    until(lambda: both_idle(lab))
    ids = lab.store.add_many(sweep(epochs=100))
    until(lambda: all(lab.store.history(id) for id in ids))
    lab.store.cancel(ids[1])
    assert lab.ended(ids[1]).state == "cancelled"
    os.kill(min(children(lab.dispatcher)), signal.SIGKILL)
    runs = [lab.ended(id, 120) for id in ids if id != ids[1]]
    assert {(run.state, run.reason) for run in runs} == {("succeeded", "")}
    assert sorted({(run.attempt, run.prepared.together) for run in runs if run.prepared}) == [(1, 3), (2, 1)]
    for run in runs:
        logits, weights, _ = learnt(lab, run)
        assert logits.shape == (359 + 359, 10)
        assert all(np.isfinite(values).all() for values in weights.values())
        shown = [epoch.epoch for epoch in lab.store.history(run.id)]
        assert shown[0] == 1
        assert shown[-1] == 100
        assert shown == sorted(set(shown))


def test_a_loss_that_does_not_exist_fails_with_the_sentence_that_names_the_nearest(lab: Lab) -> None:
    run = lab.ended(lab.store.add(SPEC.model_copy(update={"loss": SPEC.loss.model_copy(update={"name": "expected"})})))
    assert run.state == "failed"
    assert run.reason.startswith("There is no loss named 'expected'")
