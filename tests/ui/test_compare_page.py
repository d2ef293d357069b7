"""The Compare page without a browser: its tables against scikit-learn and plain sums, groups, empty states."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from streamlit.testing.v1 import AppTest

from costlab.costs import CostMatrix
from costlab.examples import example
from costlab.predictions import Predictions
from costlab.specs import Choice, RunSpec
from costlab.store import Store
from costlab.ui import session
from tests.finished import given_run, made_up

CLASSES = ("ok", "crack", "<b>stain</b>")
COST = CostMatrix([[0, 1, 2], [40, 0, 5], [6, 3, 0]], CLASSES, unit="EUR", name="*parts*")


def main() -> None:
    """The app with this page first, as links between pages need all of them."""
    import streamlit as st

    from costlab.ui.places import COMPARE, COSTS, REPORT, ROBUSTNESS, RUN, RUNS, TRAIN, WHATIF

    pages = (COMPARE, COSTS, TRAIN, RUN, RUNS, WHATIF, ROBUSTNESS, REPORT)
    st.navigation([st.Page(path) for path in pages], position="hidden").run()


@pytest.fixture(autouse=True)
def store() -> Store:
    """A store in this test's own home."""
    session.get_store.clear()
    session.forget_snapshots()
    session.forget_snapshots()
    return session.get_store()


def spec(loss="cross_entropy", seed=0, **options):
    return RunSpec(dataset=Choice(name="surface_defects", options=options), loss=loss, seed=seed, cost=COST)


def noisy(number, n=300, sure=3.0):
    """A model of its own on the images that all models have."""
    base = made_up(n, CLASSES, seed=5, sure=sure)
    noise = np.random.default_rng(number).normal(size=base.logits.shape)
    return Predictions((base.logits + noise).astype(np.float32), base.target, CLASSES, base.split, base.index)


def page(**query):
    app = AppTest.from_function(main, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def said(app):
    """All Markdown as people read it: without the marks that make it inert."""
    return plain("\n".join(e.value for e in [*app.markdown, *app.caption, *app.info, *app.warning, *app.header]))


def plain(text):
    return re.sub(r"\\(.)", r"\1", text).replace("\u2060", "").replace("\u202f", "\u2009")


def rows(app, first, has=""):
    """The Markdown table whose head begins with `first` and has `has`, as cells by the name of the row."""
    tables = [each.value for each in app.markdown if each.value.startswith(f"| {first} |") and has in each.value]
    lines = [plain(line).replace("**", "").strip("| ").split(" | ") for line in tables[0].split("\n")]
    return {cells[0]: cells for cells in lines}


def address(app, key):
    value = app.query_params[key]
    return value[0] if isinstance(value, list) else value


def whole(cell):
    """The first number of a cell."""
    return float(re.sub("[^0-9.+\u2212]", "", cell.split("(")[0]).replace("\u2212", "-"))


def argmax_cost(predictions, cost):
    test = predictions.part("test")
    counts = confusion_matrix(test.target, test.logits.argmax(axis=1), labels=range(len(cost.classes)))
    return float((counts * cost.values).sum() / counts.sum())


def three(costlab_home):
    kinds = [("cross_entropy", 0, 3.0), ("cross_entropy", 1, 3.0), ("expected_cost", 0, 5.0)]
    given = [noisy(number, sure=sure) for number, (*_, sure) in enumerate(kinds)]
    specs = [spec(loss, seed) for loss, seed, _ in kinds]
    ids = [given_run(costlab_home, each, COST, how) for each, how in zip(given, specs, strict=True)]
    return ids, given


def test_without_any_run_the_rules_of_the_example_are_compared():
    app = page()
    predictions, cost = example("surface_defects")
    table = rows(app, "Rule")
    blind = argmax_cost(predictions, cost)
    assert whole(table["Most probable class"][1]) == round(1000 * blind)
    assert "the bar" in table["Temperature, then least expected cost"]
    assert "One model here" in said(app)
    constant = min((float(np.mean(cost.values[predictions.part("test").target, d])), d) for d in range(5))
    shown = f"{constant[0] * 1000:,.0f}".replace(",", "\u2009")
    assert f"{shown} (always '{cost.decisions[constant[1]]}')" in table["The best decision without looking"]


def test_runs_by_argmax_cost_what_scikit_learns_confusion_matrix_says(costlab_home: Path):
    ids, given = three(costlab_home)
    table = rows(page(run=",".join(ids), rule="argmax", calibration="none"), "Run")
    for title, each in zip(("cross_entropy, seed 0", "cross_entropy, seed 1", "expected_cost, seed 0"), given,
                           strict=True):  # fmt: skip
        assert whole(table[title][1]) == pytest.approx(1000 * argmax_cost(each, COST), abs=0.5)
        mistakes = np.mean(each.part("test").target != each.part("test").logits.argmax(axis=1))
        assert whole(table[title][2]) == pytest.approx(1000 * mistakes, abs=0.5)


def test_the_parts_add_up_and_the_bar_is_beaten(costlab_home: Path):
    ids, given = three(costlab_home)
    app = page(run=",".join(ids))
    assert "'expected_cost, seed 0' beats the bar." in said(app)
    table = rows(app, "Run", has="from the model")
    for number, title in enumerate(("cross_entropy, seed 0", "cross_entropy, seed 1", "expected_cost, seed 0")):
        own, more, model, rule = (whole(cell) for cell in table[title][1:])
        assert own == pytest.approx(1000 * argmax_cost(given[number], COST), abs=0.5)
        assert model + rule == pytest.approx(more, abs=2)  # each is rounded
    assert table["cross_entropy, seed 0"][3] == "0"


def test_seeds_are_one_row_with_their_mean_and_spread(costlab_home: Path):
    ids, given = three(costlab_home)
    table = rows(page(run=",".join(ids), rule="argmax", calibration="none"), "Loss")
    costs = [1000 * argmax_cost(each, COST) for each in given[:2]]
    assert table["cross_entropy"][1] == "0, 1"
    assert whole(table["cross_entropy"][2]) == pytest.approx(np.mean(costs), abs=0.5)
    assert whole(table["cross_entropy"][3]) == pytest.approx(np.std(costs, ddof=1), rel=0.01)
    assert table["expected_cost"][3] == "one seed"


def test_other_data_is_not_ranked_together_and_the_page_says_why(costlab_home: Path):
    ids, _ = three(costlab_home)
    other = given_run(costlab_home, noisy(9), COST, spec(noise=0.2))
    app = page(run=",".join([*ids, other]), example="digits")
    assert "These come in 3 groups that are not ranked together." in said(app)
    assert "'surface_defects' was made in two ways (noise 0.04 or 0.2)" in said(app)
    assert "different data sets, 'surface_defects' and 'digits'" in said(app)
    assert sum(each.value.startswith("| Rule |") for each in app.markdown) == 2  # each alone: its rules


def test_without_cross_entropy_the_page_says_that_the_bar_is_missing(costlab_home: Path):
    ids = [given_run(costlab_home, noisy(n), COST, spec("expected_cost", n)) for n in (0, 1)]
    assert "There is no cross-entropy run here, so the bar is missing" in said(page(run=",".join(ids)))


def test_saved_matrices_that_fit_are_offered_and_become_columns(store: Store, costlab_home: Path):
    ids, given = three(costlab_home)
    store.save_matrix("dear", COST.replaced(1, 0, 400.0))
    store.save_matrix("other classes", CostMatrix.zero_one("ab"))
    app = page(run=",".join(ids), against="dear,other classes,nowhere", rule="argmax", calibration="none")
    offered = next(each for each in app.multiselect if each.label == "Also at these costs")
    assert offered.options == ["every mistake costs 1", "dear"]
    assert offered.value == ["dear"]
    cost = argmax_cost(given[0], COST.replaced(1, 0, 400.0))
    assert whole(rows(app, "Run")["cross_entropy, seed 0"][2]) == pytest.approx(1000 * cost, abs=0.5)


def test_the_chosen_sources_and_costs_go_into_the_address(costlab_home: Path):
    ids, _ = three(costlab_home)
    app = page(run=ids[0])
    chooser = next(each for each in app.multiselect if each.label == "Runs and examples")
    chooser.select(chooser.options[-1]).run()  # an example
    assert address(app, "run") == ids[0]
    assert address(app, "example") == "traffic_lights"
    next(each for each in app.multiselect if each.label == "Also at these costs").set_value([]).run()
    assert address(app, "against") == ""
    assert not app.exception


def test_the_scenario_of_the_address_is_the_first_column(costlab_home: Path):
    ids, given = three(costlab_home)
    app = page(run=",".join(ids), edit="1.0:90", scale="2", rule="argmax", calibration="none")
    cost = argmax_cost(given[2], CostMatrix(2 * COST.replaced(1, 0, 90.0).values, CLASSES))
    assert whole(rows(app, "Run")["expected_cost, seed 0"][1]) == pytest.approx(1000 * cost, abs=0.5)
    assert "times 2" in said(app)


@pytest.mark.parametrize("query", [{"run": "nowhere"}, {"example": "none"}, {"own": "x", "move": "y", "cell": "9.9"}])
def test_nonsense_in_the_address_shows_the_example(query):
    app = page(**query)
    assert rows(app, "Rule")


def test_names_are_never_acted_on(costlab_home: Path):
    ids, _ = three(costlab_home)
    app = page(run=",".join(ids))
    texts = [each.value for each in [*app.markdown, *app.caption]]
    assert not any("<b>" in text.replace("\\<b\\>", "") for text in texts)
    assert any("\\*parts\\*" in text for text in texts)


def test_the_table_can_be_taken_away_in_full(costlab_home: Path):
    from costlab.comparable import together
    from costlab.scenario import Scenario
    from costlab.sources import run_source
    from costlab.ui.compare_sources import columns_of
    from costlab.ui.compare_tables import as_csv, measured

    ids, given = three(costlab_home)
    sources = [run_source(session.get_store().run(id)) for id in ids]
    (group,) = together(sources)
    scenario = Scenario(COST, rule="argmax", calibration="none")
    columns, _ = columns_of(group, {"=evil()": scenario})
    lines = list(csv.DictReader(io.StringIO(as_csv(columns, measured(group, columns["=evil()"], scenario)))))
    assert not any(name.startswith("=") for name in lines[0])
    assert {line["key"] for line in lines} == {f"run:{id}" for id in ids}
    for id, each in zip(ids, given, strict=True):
        (line,) = (line for line in lines if line["key"] == f"run:{id}")
        (column,) = (name for name in line if name.endswith("EUR): mean cost an image, estimate"))
        assert float(line[column]) == pytest.approx(argmax_cost(each, COST))
