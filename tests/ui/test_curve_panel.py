"""The panel of curves without a browser: one curve at a time, remembered in the address, with words and numbers."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from costlab.scenario import Scenario, answer
from costlab.sources import example_source
from costlab.ui.curve_panel import CURVES, Drawn, picked
from costlab.ui.plot import Click
from tests.core.test_scenario import COST, FITTED
from tests.ui.tables import tables


def page():
    import streamlit as st

    from costlab.costs import CostMatrix
    from costlab.fitted import Fitted
    from costlab.predictions import Predictions
    from costlab.scenario import Scenario, answer
    from costlab.sources import example_source
    from costlab.ui import curve_panel

    state = st.session_state
    source = example_source(state.get("example", "surface_defects"))
    predictions, cost = source.predictions, source.cost
    if state.get("classes") == 2:
        predictions = Predictions(
            predictions.logits[:, :2],
            predictions.target.clip(max=1),
            ("ok", "bad"),
            predictions.split,
            predictions.index,
        )
        cost = CostMatrix([[0, 1], [9, 0]], ("ok", "bad"), unit="EUR")
    fitted = state.setdefault("fitted", Fitted(predictions))
    scenario = Scenario(cost, **state.get("assumed", {}))
    curve_panel.curves(fitted, scenario, answer(fitted, scenario), state.get("cell", (1, 0)))


NUMBERS = "curve-numbers"  # whether the chart's table is open


def shown(address: dict[str, str] | None = None, **state: object) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    for key, value in (address or {}).items():
        app.query_params[key] = value
    for key, value in ({NUMBERS: True} | state).items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    plain = " ".join(each.value for each in [*app.caption, *app.info])
    return re.sub(r"[\\\u2060]", "", plain).replace("\u202f", "\u2009")


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize(
    "assumed", [{}, {"shares": (0.6, 0.1, 0.1, 0.1, 0.1), "referral": 0.9, "calibration": "vector"}]
)
def test_each_curve_can_be_opened_by_address_with_words_and_a_table(name, assumed):
    app = shown({"curve": name}, assumed=assumed)
    assert app.session_state["curve-chosen"] == name
    assert len(app.caption[0].value) > 60
    (table,) = tables(app)
    assert 0 < len(next(iter(table.values()))) <= 20
    assert not app.info


def test_a_table_that_nobody_looks_at_is_not_sent():
    assert not tables(shown(**{NUMBERS: False}))


def test_only_known_curves_are_asked_for_and_the_first_needs_no_word_in_the_address():
    app = shown({"curve": "nonsense"})
    assert app.session_state["curve-chosen"] == "price"
    assert "curve" not in app.query_params
    app.session_state["curve-chosen"] = "reliability"
    app.run()
    assert app.query_params["curve"] in ("reliability", ["reliability"])
    assert "Expected and paid cost" in words(app)


def test_the_caption_tells_the_costs_of_a_thousand_images_as_the_answer_does():
    source = example_source("surface_defects")
    app = shown({"curve": "path"})
    from costlab.fitted import Fitted

    given = answer(Fitted(source.predictions), Scenario(source.cost))
    (table,) = tables(app)
    assert table["cost per 1\u2009000 images (EUR) at the last"][-1] == pytest.approx(1000 * given.mean.estimate)


def test_where_nobody_can_be_asked_a_sentence_says_how_to_switch_it_on():
    assert "Nobody can be asked at present" in words(shown({"curve": "referral"}))
    assert "Nobody can be asked" not in words(shown({"curve": "referral"}, assumed={"referral": 1.0}))


def test_where_the_page_decides_by_another_rule_a_sentence_says_so():
    assert "the page itself decides by" not in words(shown())
    assert "the page itself decides by" in words(shown(assumed={"rule": "argmax"}))


def test_two_classes_have_no_triangle_and_a_place_for_their_costs():
    app = shown({"curve": "triangle"}, classes=2)
    assert app.session_state["curve-chosen"] == "price"
    assert "costs now" not in words(app)
    assert "Where missing one makes up" in words(shown({"curve": "class"}, classes=2))


def test_the_class_that_is_looked_at_stands_in_the_address_and_comes_from_there():
    app = shown({"curve": "class", "of": "3"})
    assert "Cost of calling images 'crack'" in words(app)
    app.selectbox[0].set_value(2).run()
    assert "Cost of calling images 'dent'" in words(app)
    assert app.query_params["of"] in ("2", ["2"])
    app.selectbox[0].set_value(1).run()  # the one of the selected cell
    assert "of" not in app.query_params
    corners = shown({"curve": "triangle", "of": "0,2,4"})
    assert "Triangle of 'ok', 'dent' and 'stain'" in words(corners)
    assert "Triangle of 'ok'" in words(shown({"curve": "triangle", "of": "0,x,99"}))


def test_nothing_is_worked_out_again_until_something_it_shows_has_changed():
    app = shown()
    first = app.session_state["curve-drawn"][1]
    app.run()
    assert app.session_state["curve-drawn"][1] is first
    app.session_state["cell"] = (2, 0)
    app.run()
    assert app.session_state["curve-drawn"][1] is not first
    assert "'dent' called 'ok'" in words(app)


def test_three_different_corners_are_asked_for():
    app = shown({"curve": "triangle"})
    left, right, _ = app.selectbox
    left.set_value(right.value).run()
    assert "three different classes at its corners" in words(app)
    assert app.query_params["of"] not in ([], "")


def test_a_curve_that_means_nothing_says_so_and_leaves_the_choice():
    app = shown({"curve": "class"}, assumed={"shares": (1.0, 0.0, 0.0, 0.0, 0.0)})
    assert "needs a share above 0" in words(app)
    assert app.session_state["curve-chosen"] == "class"


def test_a_click_is_handed_out_once_and_only_as_a_price_that_can_be_typed(monkeypatch):
    import streamlit as st

    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    scenario = Scenario(COST)
    assert picked(scenario, (1, 0)) is None
    for x, wanted in ((203.7, ("price", 200.0)), ("<b>", None), (None, None), (float("nan"), None)):
        state["plot-curve-price-click"] = Click(x, None, -1, 1)
        assert picked(scenario, (1, 0)) == wanted
        assert picked(scenario, (1, 0)) is None
    state["plot-curve-referral-click"] = Click(0.5, None, -1, 2)
    assert picked(scenario, (1, 0)) is None  # no such curve has been drawn
    from costlab import scenario_curves

    curve, _ = scenario_curves.referral(FITTED, scenario, answer(FITTED, scenario))
    state["curve-drawn"] = None, Drawn(None, [], {}, referral=curve)
    state["plot-curve-referral-click"] = Click(0.5, None, -1, 3)
    kind, price = picked(scenario, (1, 0))
    assert kind == "referral"
    assert np.isfinite(price)
