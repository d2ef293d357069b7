"""The bundle: its program decides as the screen did, alone and without any package, and its test can fail."""

import ast
import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from costlab.agreement import Agreement
from costlab.bundle import make_bundle, model_files
from costlab.costs import CostMatrix
from costlab.fitted import Fitted
from costlab.predictions import Predictions
from costlab.scenario import Scenario, answer
from costlab.sources import Source, example_source
from tests.report.cases import made

AGREED = Agreement("Prices <agreed>", "Ada", "22 November 2026", notes={"1.0": "Recall of 2024"})
CASES = {
    "usual": {},
    "blind": {"rule": "argmax", "calibration": "none"},
    "affine": {"calibration": "affine", "scale": 2.5},
    "tuned": {"rule": "tuned_multipliers", "calibration": "vector"},
    "cell by cell": {"rule": "tuned_partition"},
    "referring": {"rule": "refer", "referral": 3.0},
    "shifted": {"shares": (5.0, 1.0, 2.0), "referral": 4.0},
    "shifted and blind": {"shares": (0.0, 1.0, 9.0), "rule": "argmax"},
}


def unpacked(source: Source, folder: Path, **scenario: object) -> Path:
    """The bundle of a scenario in a folder."""
    fitted = Fitted(source.predictions)
    said = Scenario(source.cost, **scenario)  # type: ignore[arg-type]
    zipped = make_bundle(source, fitted, said, AGREED, model_files(None, "digits"))
    with ZipFile(io.BytesIO(zipped)) as archive:
        archive.extractall(folder)
    return folder


def alone(folder: Path, program: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a program of the bundle without any package: no site-packages, no environment, from elsewhere."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(folder / program)], cwd="/", env={}, input=given, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("valid", [150, 6])
def test_its_own_test_passes_without_any_package(case: str, valid: int, tmp_path: Path) -> None:
    folder = unpacked(made(3, n=120, valid=valid), tmp_path, **CASES[case])  # type: ignore[arg-type]
    ran = alone(folder, "test_decide.py")
    assert ran.returncode == 0, ran.stderr
    assert "Ran 4 tests" in ran.stderr


@pytest.mark.parametrize("case", ["usual", "tuned", "shifted"])
def test_the_program_decides_as_the_screen(case: str, tmp_path: Path) -> None:
    source = made(3, n=120, valid=150)
    folder = unpacked(source, tmp_path, **CASES[case])  # type: ignore[arg-type]
    fitted = Fitted(source.predictions)
    screen = answer(fitted, Scenario(source.cost, **CASES[case]))  # type: ignore[arg-type]
    rows = "\n".join(",".join(map(repr, row)) for row in fitted.test.logits.astype(float).tolist())
    ran = alone(folder, "decide.py", rows + "\n")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [screen.cost.decisions[d] for d in screen.decided]


def test_the_test_fails_where_a_price_was_changed(tmp_path: Path) -> None:
    folder = unpacked(example_source("traffic_lights"), tmp_path)
    program = (folder / "decide.py").read_text()
    line = next(line for line in program.splitlines() if line.strip().startswith("'prices'"))
    (folder / "decide.py").write_text(program.replace(line, line.replace("100.0", "3.0")))
    ran = alone(folder, "test_decide.py")
    assert ran.returncode != 0
    assert "test_every_image_is_decided_as_on_the_screen" in ran.stderr


def test_the_programs_are_python_3_9_and_import_the_standard_library_only(tmp_path: Path) -> None:
    folder = unpacked(made(3), tmp_path)
    for name in ("decide.py", "test_decide.py"):
        tree = ast.parse((folder / name).read_text(), feature_version=(3, 9))
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        used = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        used |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        assert {name.split(".")[0] for name in used} <= sys.stdlib_module_names | {"decide"}


def test_a_cross_fitted_bundle_says_so_and_deploys_one_fit_to_all_images(tmp_path: Path) -> None:
    source = made(3, n=120, valid=6)
    folder = unpacked(source, tmp_path / "few", calibration="affine")
    assert "cross-fitted" in (folder / "README.md").read_text()
    screen = json.loads((folder / "screen.json").read_text())
    assert len(screen["folds"]) == 5
    # one fit to all: what a file with everything in its validation part leads to
    given = source.predictions
    again = Predictions(
        np.tile(given.logits, (2, 1)), np.tile(given.target, 2), given.classes,
        np.repeat(["valid", "test"], len(given.target)), np.arange(2 * len(given.target)),
    )  # fmt: skip
    other = unpacked(Source("run:y", "y", again, source.cost, source.spec, ()), tmp_path / "all", calibration="affine")
    assert (folder / "decide.py").read_text() == (other / "decide.py").read_text()
    assert json.loads((other / "screen.json").read_text())["folds"] == []
    assert "cross-fitted" not in (other / "README.md").read_text()


def test_files_are_what_they_are_called_and_the_same_bundle_has_the_same_bytes(tmp_path: Path) -> None:
    source = example_source("surface_defects")
    fitted, scenario = Fitted(source.predictions), Scenario(source.cost, referral=3.0)
    zipped = [make_bundle(source, fitted, scenario, AGREED, model_files(None, "digits")) for _ in range(2)]
    assert zipped[0] == zipped[1]
    folder = unpacked(source, tmp_path, referral=3.0)
    for cost in (
        CostMatrix.from_json((folder / "costs.json").read_text()),
        CostMatrix.from_csv((folder / "costs.csv").read_text()),
    ):
        assert cost.values.tolist() == scenario.matrix.values.tolist()
        assert cost.decisions == scenario.matrix.decisions
    assert Predictions.load(folder / "predictions.npz").logits.tolist() == source.predictions.logits.tolist()
    told = json.loads((folder / "scenario.json").read_text())
    assert told["referral"] == 3.0
    assert told["notes"] == {"1.0": "Recall of 2024"}
    with (folder / "predictions.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + len(fitted)
    exact = np.array([[float(cell) for cell in row[4:]] for row in rows[1:]])
    assert exact.tolist() == fitted.test.logits.astype(float).tolist()
    readme = (folder / "README.md").read_text()
    assert "Prices \\<agreed\\>" in readme
    assert "models are not part of costlab" in readme
    for name in folder.iterdir():
        assert name.name in readme or name.name == "README.md"


def test_names_that_look_like_programs_are_only_names(tmp_path: Path) -> None:
    names = ("a', os.system('x')) #", '"""', "# --- end of settings\n", "\\")
    folder = unpacked(made(4, n=40, valid=60, names=names), tmp_path)
    ran = alone(folder, "test_decide.py")
    assert ran.returncode == 0, ran.stderr
