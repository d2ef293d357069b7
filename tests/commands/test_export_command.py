"""`costlab export`: from a folder or the store to a zip file and a report, and refusals in a sentence."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from typer.testing import CliRunner

from costlab.__main__ import app
from costlab.costs import CostMatrix
from costlab.errors import CostlabError, InvalidFile, InvalidSpec, NotFound, UnknownName
from costlab.predictions import Predictions
from tests.finished import trained_run
from tests.report.cases import embedded
from tests.training.runs import short_spec


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with one short run, trained for real, and its id."""
    home = tmp_path_factory.mktemp("home")
    return home, trained_run(home, short_spec(epochs=1))


def export(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["export", *map(str, arguments)], catch_exceptions=True)
    if isinstance(result.exception, CostlabError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_run_of_the_store_becomes_a_bundle_whose_model_gives_its_decisions(
    kept: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    from costlab.datasets import DATASETS

    home, run = kept
    monkeypatch.setenv("COSTLAB_HOME", str(home))
    said = export(run, "--out", tmp_path / "b.zip", "--report", tmp_path / "r.html", "--refer", 2, "--agreed-by", "Ada")
    assert "no logit differs by more than" in said
    with ZipFile(tmp_path / "b.zip") as archive:
        archive.extractall(tmp_path / "b")
    ran = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "b" / "test_decide.py")], cwd="/", check=False)
    assert ran.returncode == 0
    # images through the ONNX model, logits through decide.py: the decisions of the screen
    made = DATASETS["digits"].make(train_size=200)
    images = made.images[made.split == "test"]
    logits = onnxruntime.InferenceSession(tmp_path / "b" / "model.onnx").run(["logits"], {"images": images})[0]
    rows = "\n".join(",".join(map(repr, row)) for row in logits.astype(float).tolist())
    decided = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / "b" / "decide.py")], input=rows, capture_output=True, text=True,
        check=True,
    ).stdout.splitlines()  # fmt: skip
    told = embedded((tmp_path / "r.html").read_text())
    counts = np.zeros((10, 11), int)
    for truth, decision in zip(made.target[made.split == "test"], decided, strict=True):
        counts[truth, told["cost"]["decisions"].index(decision)] += 1
    assert counts.tolist() == told["confusion"]
    assert told["agreed_by"] == "Ada"


def test_a_folder_with_other_costs_rule_and_no_model(kept: tuple[Path, str], tmp_path: Path) -> None:
    home, run = kept
    cost = CostMatrix.one_dear([str(digit) for digit in range(10)], "3", 20)
    (tmp_path / "c.json").write_text(cost.to_json())
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("run.json", "predictions.npz"):
        (folder / name).write_bytes((home / "runs" / run / name).read_bytes())
    options = ("--cost", tmp_path / "c.json", "--rule", "argmax", "--calibration", "none")
    said = export(folder, "--out", tmp_path / "b.zip", "--report", tmp_path / "r.html", *options)
    assert "weights of this run are not on this machine" in said
    test = Predictions.load(folder / "predictions.npz").part("test")
    mean = np.mean([cost.values[t, row.argmax()] for t, row in zip(test.target, test.logits, strict=True)])
    told = embedded((tmp_path / "r.html").read_text())
    assert next(way["cost"] for way in told["decided"] if way["name"] == "chosen") == pytest.approx(1000 * mean)
    assert "model.onnx" not in ZipFile(tmp_path / "b.zip").namelist()


def test_what_cannot_be_is_refused_in_a_sentence(
    kept: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COSTLAB_HOME", str(kept[0]))
    with pytest.raises(InvalidSpec, match="Say what to write"):
        export(kept[1])
    with pytest.raises(InvalidFile, match="no such folder"):
        export(kept[1], "--out", tmp_path / "nowhere" / "b.zip")
    with pytest.raises(NotFound):
        export("nothing", "--out", tmp_path / "b.zip")
    with pytest.raises(InvalidFile, match="holds no run"):
        export(tmp_path, "--out", tmp_path / "b.zip")
    with pytest.raises(UnknownName, match="did you mean 'affine'"):
        export(kept[1], "--out", tmp_path / "b.zip", "--calibration", "afine")
    assert not (tmp_path / "b.zip").exists()


def test_class_shares_and_scale_are_those_of_the_report(
    kept: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, run = kept
    monkeypatch.setenv("COSTLAB_HOME", str(home))
    export(run, "--report", tmp_path / "r.html", "--priors", "0=3,8=1", "--scale", 2, "--calibration", "none")
    told = embedded((tmp_path / "r.html").read_text())
    assert told["scale"] == 2
    assert told["shares"] == [0.75, 0, 0, 0, 0, 0, 0, 0, 0.25, 0]
    data = np.load(home / "runs" / run / "predictions.npz")
    test, valid = data["split"] == "test", data["split"] == "valid"
    logits, target = data["logits"][test].astype(float), data["target"][test]
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    was = np.bincount(data["target"][valid], minlength=10) / valid.sum()
    moved = probs * np.array(told["shares"]) / was
    decided = (moved @ np.array(told["cost"]["values"])).argmin(axis=1)
    paid = np.array(told["cost"]["values"])[target, decided]
    means = [paid[target == t].mean() for t in (0, 8)]
    assert told["decided"][0]["cost"] == pytest.approx(1000 * (0.75 * means[0] + 0.25 * means[1]))
    with pytest.raises(UnknownName):
        export(run, "--report", tmp_path / "r.html", "--priors", "zero=1")
