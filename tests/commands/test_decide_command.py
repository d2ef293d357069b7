"""`costlab decide`: any model's predictions and a cost file in; table, sentence, JSON and list of decisions out."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import confusion_matrix
from typer.testing import CliRunner, Result

from costlab.__main__ import app
from costlab.costs import CostMatrix
from costlab.errors import CostlabError
from costlab.examples import FOLDER, example
from costlab.specs import RunSpec

PREDICTIONS, COST_FILE = FOLDER / "surface_defects.npz", FOLDER / "surface_defects.json"
BLIND, AWARE = "argmax", "least_expected_cost"


def decide(*words: object) -> Result:
    """What the command does in this process."""
    return CliRunner().invoke(app, ["decide", *map(str, words)])


def refused(*words: object) -> str:
    """The sentence with which the command refuses; nothing else was printed."""
    result = decide(*words)
    assert isinstance(result.exception, CostlabError), result.output
    assert result.stdout == ""
    return str(result.exception)


def own_model(path: Path, **change: object) -> Path:
    """A small file as another program writes it."""
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1], [60, 20])
    logits = rng.normal(size=(80, 2)) + 2 * np.eye(2)[target]
    arrays = {"logits": logits, "target": target} | change
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})  # type: ignore[arg-type]
    return path


@pytest.fixture
def cost_file(tmp_path: Path) -> Path:
    path = tmp_path / "cost.csv"
    path.write_text("truth \\ decision (EUR),ok,crack\nok,0,1\ncrack,20,0\n")
    return path


def test_the_json_holds_what_was_promised_and_the_figures_are_numpys(tmp_path: Path) -> None:
    out = tmp_path / "verdict.json"
    result = decide(PREDICTIONS, COST_FILE, "--json", out)
    assert result.exit_code == 0, result.output
    said = json.loads(out.read_text())
    predictions, cost = example("surface_defects")
    test = predictions.part("test")
    assert (said["n"], said["classes"], said["unit"]) == (1200, list(cost.classes), "EUR")
    constants = cost.values[test.target].mean(axis=0)
    assert said["best_constant"]["decision"] == cost.classes[constants.argmin()]
    assert said["best_constant"]["mean_cost"] == pytest.approx(constants.min())
    assert said["best_constant"]["normalised_cost"] == 1
    probs = softmax(test.logits.astype(float), axis=1)
    for name, decided in ((BLIND, probs.argmax(axis=1)), (AWARE, np.argmin(probs @ cost.values, axis=1))):
        rule, paid = said["rules"][name], cost.values[test.target, decided]
        assert {"mean_cost", "normalised_cost", "accuracy", "confusion", "interval"} <= set(rule)
        assert rule["mean_cost"] == pytest.approx(paid.mean())
        assert rule["normalised_cost"] == pytest.approx(paid.mean() / constants.min())
        assert rule["accuracy"] == pytest.approx(np.mean(decided == test.target))
        assert rule["confusion"] == confusion_matrix(test.target, decided).tolist()
        low, high = rule["interval"]
        assert low < rule["mean_cost"] < high
    for name in ("temperature", "vector", "affine"):
        assert said["rules"][name]["fitted"] == "fitted on 1\u2009200 validation images"


def test_the_table_says_rule_cost_with_unit_interval_share_and_the_sentence() -> None:
    lines = decide(PREDICTIONS, COST_FILE).stdout.splitlines()
    assert lines[0].startswith("1\u2009200 test images of 5 classes, costs in EUR.")
    head = next(line for line in lines if line.startswith("rule"))
    for words in ("accuracy", "mean cost (EUR)", "95 % interval", "of constant", "against the bar"):
        assert words in head
    rows = {line.split()[0]: line for line in lines[lines.index(head) + 1 :] if line}
    assert rows["temperature"].endswith("the bar")
    assert "100.0 %" in rows["always"]
    assert "dearer" in rows[BLIND]
    assert {BLIND, AWARE, "temperature", "affine", "vector"} <= set(rows)
    assert "on 1 200 test images" in lines[-1]
    assert len({line.index("to") for line in (rows[BLIND], rows["affine"], rows["vector"])}) <= 3


def test_the_cost_file_may_be_named_either_way_but_once(cost_file: Path, tmp_path: Path) -> None:
    path = own_model(tmp_path / "p.npz")
    assert decide(path, cost_file).stdout == decide(path, "--cost", cost_file).stdout != ""
    assert refused(path) == "Expected a cost file: costlab decide PREDICTIONS COST; got none."
    assert refused(path, cost_file, "--cost", cost_file).endswith("got two.")


def test_a_runs_own_predictions_are_judged_by_its_own_costs(tmp_path: Path) -> None:
    predictions, cost = example("traffic_lights")
    predictions.save(tmp_path / "predictions.npz")
    spec = RunSpec(dataset="traffic_lights", cost=cost.replaced(0, 1, 77))
    (tmp_path / "run.json").write_text(f'{{"spec": {spec.model_dump_json()}}}')
    (tmp_path / "same.json").write_text(cost.replaced(0, 1, 77).to_json())
    path = tmp_path / "predictions.npz"
    assert decide(path).stdout == decide(path, tmp_path / "same.json").stdout != ""


def test_logits_and_labels_of_any_model_are_enough_and_what_was_assumed_is_said(
    tmp_path: Path, cost_file: Path
) -> None:
    out = decide(own_model(tmp_path / "p.npz"), cost_file).stdout
    assert "Rules that learn were cross-fitted in 5 folds" in out
    assert "The file names no classes: its columns are taken to be ok, crack." in out
    assert "The file has no validation part" in out
    assert "The file has no index" in out
    full = {"classes": np.array(["ok", "crack"]), "split": np.array(["test"] * 80), "index": np.arange(80)}
    assert "The file" not in decide(own_model(tmp_path / "full.npz", **full), cost_file).stdout


def test_probabilities_give_what_their_logits_give(tmp_path: Path, cost_file: Path) -> None:
    logits = np.load(own_model(tmp_path / "p.npz"))["logits"]
    own_model(tmp_path / "q.npz", logits=None, probs=softmax(logits, axis=1))
    plain, other = (decide(tmp_path / name, cost_file).stdout for name in ("p.npz", "q.npz"))
    assert plain == other


def test_the_list_of_decisions_adds_up_to_the_table(tmp_path: Path, cost_file: Path) -> None:
    out, said = tmp_path / "d.csv", tmp_path / "v.json"
    own_model(tmp_path / "p.npz", index=np.arange(80) * 7)
    decide(tmp_path / "p.npz", cost_file, "--decisions", out, "--json", said, "--referral", 0.5)
    rows = list(csv.DictReader(out.open()))
    rules = json.loads(said.read_text())["rules"]
    assert [int(row["index"]) for row in rows] == [7 * n for n in range(80)]
    assert [row["truth"] for row in rows] == ["ok"] * 60 + ["crack"] * 20
    cost = CostMatrix([[0, 1, 0.5], [20, 0, 0.5]], ("ok", "crack"), ("ok", "crack", "refer to a human"))
    assert set(rows[0]) == {"index", "truth", *rules, *(f"{name}_cost" for name in rules)}
    for name, rule in rules.items():
        paid = [float(row[f"{name}_cost"]) for row in rows]
        assert np.mean(paid) == pytest.approx(rule["mean_cost"])
        for row in rows:
            truth, decision = cost.classes.index(row["truth"]), cost.decisions.index(row[name])
            assert float(row[f"{name}_cost"]) == cost.values[truth, decision]
    assert any(row[AWARE] == "refer to a human" for row in rows)


def test_only_the_rules_that_are_asked_for_are_judged(tmp_path: Path) -> None:
    out = tmp_path / "v.json"
    decide(PREDICTIONS, COST_FILE, "--rule", "vector", "--rule", BLIND, "--json", out)
    assert list(json.loads(out.read_text())["rules"]) == [BLIND, "vector"]
    assert "did you mean 'vector'" in refused(PREDICTIONS, COST_FILE, "--rule", "vectr")


def test_where_it_takes_long_it_says_which_rule_it_is_at(tmp_path: Path, cost_file: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    path, words = own_model(tmp_path / "p.npz"), ["--rule", "vector", "--rule", BLIND]
    assert decide(path, cost_file, *words).stderr == ""
    monkeypatch.setattr("costlab.commands.decide.LARGE", 100)
    said = decide(path, cost_file, *words)
    assert said.stderr.splitlines() == [f"costlab: deciding by {name}" for name in (BLIND, "vector")]


def test_a_baseline_is_the_bar_to_beat(tmp_path: Path) -> None:
    predictions, _ = example("surface_defects")
    worse = tmp_path / "worse.npz"
    noise = np.random.default_rng(0).normal(0, 3, predictions.logits.shape).astype(np.float32)
    order = np.random.default_rng(1).permutation(len(noise))
    np.savez(
        worse,
        logits=(predictions.logits + noise)[order],
        target=predictions.target[order],
        classes=np.array(predictions.classes),
        split=predictions.split[order],
        index=predictions.index[order],
    )
    out = tmp_path / "v.json"
    said = decide(PREDICTIONS, COST_FILE, "--baseline", worse, "--json", out)
    assert "Cheaper than the bar of worse.npz on 1 200 test images: " in said.stdout
    assert "bar of worse.npz" in said.stdout
    rules = json.loads(out.read_text())["rules"]
    assert rules["temperature"]["told_apart"]
    assert rules["temperature"]["difference"] < 0
    assert "no test example in common" in refused(
        PREDICTIONS, COST_FILE, "--baseline", own_model_of(predictions, tmp_path)
    )


def own_model_of(predictions: object, folder: Path) -> Path:
    arrays = {name: getattr(predictions, name) for name in ("logits", "target", "split")}
    np.savez(folder / "other.npz", index=predictions.index + 10**6, **arrays)  # type: ignore[attr-defined]
    return folder / "other.npz"


def test_class_shares_are_given_or_estimated_and_said(tmp_path: Path, cost_file: Path) -> None:
    path, out = own_model(tmp_path / "p.npz"), tmp_path / "v.json"
    given = decide(path, cost_file, "--priors", "ok=0.9, crack=0.1", "--json", out)
    assert "Class shares where it will decide, given: ok 0.9, crack 0.1; costs are for these." in given.stdout
    assert json.loads(out.read_text())["best_constant"]["mean_cost"] == pytest.approx(min(0.1 * 20, 0.9))
    estimated = decide(path, cost_file, "--estimate-priors")
    assert "Class shares where it will decide, estimated: ok 0." in estimated.stdout
    assert "temperature_with_new_shares" in estimated.stdout
    assert "not both" in refused(path, cost_file, "--priors", "ok=1", "--estimate-priors")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ok", "Expected class shares such as ok=0.9,crack=0.1"),
        ("ok=much", "in 'ok=much', 'much' is not a number."),
        ("ok=", "in 'ok=', the cell is empty."),
        ("", "Expected class shares"),
        ("fine=1", "There is no class named 'fine'"),
        ("ok=0,crack=0", "The class shares are all 0"),
        ("ok=-1", "The share of 'ok' must be 0 or above"),
    ],
)
def test_class_shares_that_mean_nothing_are_refused(tmp_path: Path, cost_file: Path, text: str, sentence: str) -> None:
    assert sentence in refused(own_model(tmp_path / "p.npz"), cost_file, "--priors", text)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"logits": None}, "p.npz: The arrays 'logits' and 'target' are needed; 'logits' is missing."),
        ({"target": None}, "'target' is missing."),
        ({"logits": np.full((80, 2), np.nan)}, "p.npz: The logits of example 0 are not finite"),
        ({"target": np.full(80, 2)}, "The targets must lie between 0 and 1; got 2 to 2."),
        ({"target": np.zeros(80)}, "Expected 'target' as whole numbers (integers)"),
        ({"logits": np.array([["x", "y"]] * 80)}, "Expected 'logits' as numbers"),
        (
            {"logits": np.zeros((80, 3))},
            "The logits have 3 columns, one a class, but the names of the cost matrix are 2.",
        ),
        ({"classes": np.array(["ok", "dent"])}, "The cost matrix is about 'ok', 'crack', the data about 'ok', 'dent'"),
        ({"classes": np.array([{}, {}], dtype=object)}, "'classes' holds Python objects"),
        ({"split": np.array(["valid"] * 80)}, "None of the 80 examples is marked 'test'"),
    ],
)
def test_a_file_that_is_not_what_it_says_gets_one_sentence(
    tmp_path: Path, cost_file: Path, change: dict[str, object], sentence: str
) -> None:
    said = refused(own_model(tmp_path / "p.npz", **change), cost_file)
    assert sentence in said
    assert "\n" not in said


def test_places_that_hold_no_file_get_one_sentence(tmp_path: Path, cost_file: Path) -> None:
    assert "is a folder" in refused(tmp_path, cost_file)
    assert "There is no file" in refused(tmp_path / "none.npz", cost_file)
    path = own_model(tmp_path / "p.npz")
    assert "There is no file" in refused(path, tmp_path / "none.csv")
    assert "a .csv or .json file" in refused(path, path)
    assert "This is not a .npz file" in refused(cost_file, cost_file)
    (tmp_path / "cut.npz").write_bytes(path.read_bytes()[:-100])
    assert "This is not a .npz file" in refused(tmp_path / "cut.npz", cost_file)
    for option in ("--json", "--decisions"):
        result = decide(path, cost_file, option, tmp_path / "none" / "file")
        assert "cannot be written: No such file or directory" in str(result.exception)


def test_refusals_are_one_line_on_standard_error_and_status_2(tmp_path: Path, cost_file: Path) -> None:
    command = [sys.executable, "-m", "costlab", "decide", str(tmp_path), str(cost_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"costlab: {tmp_path} is a folder; give the .npz file with the predictions.\n"


def test_it_needs_neither_torch_nor_streamlit_nor_a_database(tmp_path: Path) -> None:
    script = (
        "import sys; from costlab.__main__ import app\n"
        f"try: app(['decide', {str(PREDICTIONS)!r}, {str(COST_FILE)!r}])\n"
        "except SystemExit as end: print(end.code, {'torch', 'streamlit', 'sqlalchemy', 'plotly'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "0 set()"
