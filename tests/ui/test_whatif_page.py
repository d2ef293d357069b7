"""What if without a browser: each assumption moves the figures to what plain numpy says, and the address holds them."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax
from streamlit.testing.v1 import AppTest

from costlab.costs import CostMatrix
from costlab.examples import FOLDER
from costlab.ui.session import forget_snapshots, get_store
from tests.finished import given_run, made_up

MAIN = str(Path(__file__).parents[2] / "costlab" / "ui" / "main.py")
COST = CostMatrix.from_json((FOLDER / "surface_defects.json").read_text())
RAW = dict(np.load(FOLDER / "surface_defects.npz"))
TESTED = RAW["split"] == "test"
TARGET = RAW["target"][TESTED]
PROBS = softmax(RAW["logits"][TESTED].astype(float), axis=1)  # as the network says: "calibration=none"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a store of this test's own."""
    monkeypatch.setenv("COSTLAB_HOME", str(tmp_path))
    get_store.clear()
    forget_snapshots()
    return tmp_path


def page(**address: str) -> AppTest:
    """The app at its bare address, with what follows the question mark."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def figures(app: AppTest) -> list[str]:
    """The four figures at the top."""
    return [value.replace("\u202f", "") for value in re.findall(r'data-testid="figure">(.*?)<', strip(app))]


def strip(app: AppTest) -> str:
    """The figures as they are sent to the browser."""
    return next(each.proto.body for each in app.get("html") if "costlab-figures" in each.proto.body)


def said(app: AppTest) -> str:
    shown = [*app.warning, *app.error, *app.subheader, *app.caption, *app.markdown]
    texts = [*(element.value for element in shown), unescape(strip(app))]
    return "\n".join(text.replace("\\", "").replace("\u2060", "").replace("\u202f", " ") for text in texts)


def told(value: float) -> str:
    """A mean cost of 1,000 images, to the digits that are shown."""
    thousand = value * 1000
    digits = max(0, 4 - len(str(int(abs(thousand)))))
    text = f"{thousand:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " EUR"


def paid_by(values: np.ndarray, probs: np.ndarray = PROBS, weights: Any = 1.0) -> tuple[float, np.ndarray]:
    """What least expected cost pays an image, and its decisions, in plain numpy."""
    decided = (probs @ values).argmin(axis=1)
    weight = np.ones(len(COST.classes)) * weights
    return float((values[TARGET, decided] * weight[TARGET]).mean()), decided


def test_the_first_visitor_sees_the_example_with_four_figures_and_what_can_be_done() -> None:
    app = page(calibration="none")
    mean, _ = paid_by(COST.values)
    constant = COST.values[TARGET].mean(axis=0)
    argmax = COST.values[TARGET, PROBS.argmax(axis=1)].mean()
    assert figures(app) == [told(mean), told(constant.min()), told(argmax), "none"]
    assert f"Always '{COST.classes[constant.argmin()]}'" in unescape(strip(app))
    assert app.query_params["example"] == "surface_defects"


def test_a_typed_price_moves_the_figures_and_stands_in_the_address() -> None:
    app = page(calibration="none", cell="3.0")
    app.text_input(key="cell-cost").set_value("400").run()
    values = COST.values.copy()
    values[3, 0] = 400
    assert figures(app)[0] == told(paid_by(values)[0])
    assert app.query_params["edit"] == "3.0:400"
    app.button(key="whatif-undo").click().run()
    assert figures(app)[0] == told(paid_by(COST.values)[0])
    assert "edit" not in app.query_params


def test_a_price_for_a_human_brings_a_share_that_is_referred() -> None:
    app = page(calibration="none")
    app.text_input(key="whatif-refer").set_value("0,5").run()
    values = np.hstack([COST.values, np.full((5, 1), 0.5)])
    mean, decided = paid_by(values)
    referred = decided == 5
    assert 0.1 < referred.mean() < 0.9
    assert figures(app)[0] == told(mean)
    assert figures(app)[3] == f"{100 * referred.mean():.0f} %"
    assert f"{referred.sum()} of 1 200 test images" in said(app)
    assert app.query_params["refer"] == "0.5"
    app.text_input(key="whatif-refer").set_value("").run()
    assert figures(app)[3] == "none"
    assert "refer" not in app.query_params


def test_a_price_that_is_none_is_told_in_one_sentence_and_the_last_valid_one_counts() -> None:
    app = page(calibration="none", refer="0.5")
    before = figures(app)
    app.text_input(key="whatif-refer").set_value("cheap").run()
    assert "The price of asking a human: 'cheap' is not a number." in said(app)
    assert app.text_input(key="whatif-refer").value == "cheap"
    assert figures(app) == before
    assert app.query_params["refer"] == "0.5"
    app.text_input(key="cell-cost").set_value("-").run()
    assert figures(app) == before
    assert "is not a number" in said(app)


def test_the_scale_multiplies_every_cost_but_not_the_price_of_a_human() -> None:
    app = page(calibration="none", refer="0.5")
    app.select_slider(key="whatif-scale").set_value(10.0).run()
    values = np.hstack([10 * COST.values, np.full((5, 1), 0.5)])
    assert figures(app)[0] == told(paid_by(values)[0])
    assert app.query_params["scale"] == "10"


def test_a_class_mix_weighs_the_images_and_moves_the_probabilities() -> None:
    shares = np.array([0.9, 0.04, 0.03, 0.01, 0.02])
    app = page(calibration="none", shares=",".join(map(str, shares)))
    learnt = np.bincount(RAW["target"][RAW["split"] == "valid"], minlength=5) / (RAW["split"] == "valid").sum()
    tested = np.bincount(TARGET, minlength=5) / len(TARGET)
    moved = PROBS * shares / learnt
    moved /= moved.sum(axis=1, keepdims=True)
    assert figures(app)[0] == told(paid_by(COST.values, moved, shares / tested)[0])
    app.session_state["whatif-mix"] = True
    app.run()
    app.button(key="whatif-mix-test").click().run()
    assert figures(app)[0] == told(paid_by(COST.values)[0])
    assert "shares" not in app.query_params


def test_a_slider_of_the_class_mix_keeps_the_others_proportions() -> None:
    app = page(calibration="none")
    app.session_state["whatif-mix"] = True
    app.run()
    app.slider(key="whatif-share-0").set_value(10.0).run()
    shares = [float(part) for part in app.query_params["shares"].split(",")]
    tested = np.bincount(TARGET, minlength=5) / len(TARGET)
    assert shares[0] == 0.1
    assert shares[1:] == pytest.approx(0.9 * tested[1:] / tested[1:].sum())
    assert sum(shares) == pytest.approx(1)


def test_another_rule_decides_and_referring_is_a_rule_only_where_somebody_can_be_asked() -> None:
    app = page(calibration="none")
    assert "Refer to a human" not in app.selectbox(key="whatif-rule").options
    app.selectbox(key="whatif-rule").select("argmax").run()
    assert figures(app)[0] == figures(app)[2] == told(COST.values[TARGET, PROBS.argmax(axis=1)].mean())
    app.text_input(key="whatif-refer").set_value("0.5").run()
    app.selectbox(key="whatif-rule").select("refer").run()
    assert app.query_params["rule"] == "refer"
    app.text_input(key="whatif-refer").set_value("").run()
    assert app.selectbox(key="whatif-rule").value == "least_expected_cost"


def test_too_small_a_number_of_dear_mistakes_is_said() -> None:
    assert "dear mistake" not in said(page())
    one = CostMatrix(np.zeros((5, 5)), COST.classes, unit="EUR").replaced(3, 0, 100.0)
    get_store().save_matrix("only this", one)
    missed = int(((TARGET == 3) & (PROBS.argmax(axis=1) == 0)).sum())
    assert 1 < missed < 12
    assert f"Rests on about {missed} dear mistakes" in said(page(matrix="only this", calibration="none", rule="argmax"))


def test_undoing_everything_at_once_goes_back_to_the_start() -> None:
    first = page()
    app = page(edit="3.0:400", refer="2", scale="5", rule="argmax", calibration="none", shares="1,1,1,1,1")
    assert figures(app) != figures(first)
    app.button(key="whatif-restart").click().run()
    assert figures(app) == figures(first)
    assert set(app.query_params) <= {"example", "cell"}


def test_the_other_pages_and_the_navigation_carry_the_scenario() -> None:
    app = page(refer="2", edit="3.0:400")
    before = figures(app)
    app.switch_page(str(Path(MAIN).parents[2] / "pages" / "costs.py"))
    app.query_params.clear()
    app.run()
    app.switch_page(str(Path(MAIN).parents[2] / "pages" / "whatif.py"))
    app.query_params.clear()
    app.run()
    assert not app.exception
    assert figures(app) == before
    assert app.query_params["refer"] == "2"
    assert app.query_params["edit"] == "3.0:400"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ({"run": "nowhere"}, "nowhere"),
        ({"example": "surface_defect"}, "did you mean 'surface_defects'?"),
        ({"matrix": "gone"}, "There is no saved matrix 'gone'"),
        ({"scale": "0"}, "scale=0, which means nothing here"),
        ({"rule": "refer"}, "needs a price for referring"),
        ({"shares": "0,0,0,0,0"}, "which means nothing here"),
        ({"scale": "1e300"}, "which means nothing here"),
        ({"scale": "1e14", "edit": "3.0:1e9"}, "left out"),
        ({"mode": "<b>", "cell": "99.99"}, ""),
    ],
)
def test_an_address_that_means_nothing_leaves_a_page_that_works(address: dict[str, str], sentence: str) -> None:
    app = page(**address)
    assert sentence in said(app)
    assert len(figures(app)) == 4


def test_what_costs_too_much_to_add_up_is_refused_and_the_figures_stay() -> None:
    app = page(calibration="none", cell="3.0")
    app.select_slider(key="whatif-scale").set_value(100.0).run()
    before = figures(app)
    app.text_input(key="cell-cost").set_value("9e14").run()
    assert figures(app) == before
    assert "The figures are those from before." in said(app)


def test_a_saved_matrix_is_what_the_address_then_names() -> None:
    app = page(calibration="none", cell="3.0")
    app.text_input(key="cell-cost").set_value("400").run()
    before = figures(app)
    app.session_state["menu-save"] = True
    app.run()
    app.text_input(key="save-name-").set_value("May").run()
    app.button(key="save-Save").click().run()
    assert app.query_params["matrix"] == "May"
    assert "edit" not in app.query_params
    assert figures(page(matrix="May", calibration="none")) == before


def test_another_run_with_the_same_classes_takes_the_scenario_along(home: Path) -> None:
    names = ("ok", "<b>scratch</b> and a very long name of a class that goes on", "crack")
    cost = CostMatrix([[0, 1, 2], [-3, 0, 1], [9, 4, 0]], names)  # no unit, and a gain
    one, two = (given_run(home, made_up(300, names, seed=seed), cost) for seed in (1, 2))
    app = page(run=one, refer="0.25", edit="2.0:50")
    app.selectbox(key="whatif-source").set_value(f"run:{two}").run()
    assert not app.exception
    assert app.query_params["run"] == two
    assert app.query_params["edit"] == "2.0:50"
    assert app.query_params["refer"] == "0.25"
    assert figures(app) == figures(page(run=two, refer="0.25", edit="2.0:50"))


def test_a_class_without_a_test_image_has_no_share(home: Path) -> None:
    names = ("ok", "dent", "crack")
    whole = made_up(300, names)
    there = ~((whole.split == "test") & (whole.target == 1))
    missing = type(whole)(whole.logits[there], whole.target[there], names, whole.split[there], whole.index[there])
    run = given_run(home, missing, CostMatrix.zero_one(names, unit="EUR"))
    app = page(run=run, shares="0.5,0.3,0.2")
    assert "There is no test image of 'dent'" in said(app)
    assert float(app.query_params["shares"].split(",")[1]) == 0
    app.session_state["whatif-mix"] = True
    app.run()
    assert app.slider(key="whatif-share-1").disabled


def test_a_thousand_classes_do_not_break_the_page(home: Path) -> None:
    names = tuple(f"class {k}" for k in range(1000))
    run = given_run(home, made_up(1500, names, sure=9.0), CostMatrix.zero_one(names, unit="EUR"))
    app = page(run=run, refer="0.5", calibration="none")
    assert "A heat map is drawn up to 150 classes" in said(app)
    app.session_state["whatif-mix"] = True
    app.run()
    assert not app.exception
    app.selectbox(key="whatif-mix-class").set_value(7).run()
    assert not app.exception


def test_further_runs_of_the_address_are_told_beside_at_the_same_prices(home: Path) -> None:
    names = ("ok", "dent", "crack")
    cost = CostMatrix([[0, 1, 2], [3, 0, 1], [9, 4, 0]], names, unit="EUR")
    one = made_up(300, names)
    noise = np.random.default_rng(5).normal(size=one.logits.shape).astype(np.float32)
    two = replace(one, logits=one.logits + 2 * noise)
    runs = [given_run(home, each, cost) for each in (one, two, made_up(300, names, seed=1))]
    shown = said(page(run=",".join(runs), edit="2.0:50", calibration="none"))
    test = two.split == "test"
    logits = two.logits[test].astype(float)
    probs = softmax(logits, axis=1)
    values = cost.replaced(2, 0, 50.0).values
    paid = values[two.target[test], (probs @ values).argmin(axis=1)].mean()
    together = re.sub(r"(?<=\d) (?=\d)", "", shown)
    assert f"decided in the same way: {told(float(paid))}" in together
    assert "Some test images carry another label here" in shown
