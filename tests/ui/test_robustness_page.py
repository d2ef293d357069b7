"""The Robustness page without a browser: its address, its sentence, what it refuses and how it is taken back."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from costlab.sources import example_source
from costlab.ui.session import forget_snapshots, get_store
from tests.ui.tables import tables


def main() -> None:
    """The app with this page first, as links between pages need all of them."""
    import streamlit as st

    from costlab.ui.places import COMPARE, REPORT, ROBUSTNESS, WHATIF

    st.navigation([st.Page(path) for path in (ROBUSTNESS, WHATIF, COMPARE, REPORT)], position="hidden").run()


@pytest.fixture(autouse=True)
def fresh_store() -> None:
    """A store in this test's own home."""
    get_store.clear()
    forget_snapshots()


def page(**address: str) -> AppTest:
    app = AppTest.from_function(main, default_timeout=60)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def sentences(app: AppTest) -> str:
    shown = [*app.warning, *app.error, *app.subheader, *app.caption, *app.markdown, *app.text]
    plain = "\n".join(element.value.replace("\\", "") for element in shown)
    return plain.replace("\u2060", "").replace("\u202f", "\u2009")


def table(app: AppTest) -> list[list[str]]:
    """The rows of the table to type into, as they are sent to the browser."""
    sent = [json.loads(each.proto.json)[0] for each in app.get("bidi_component")]
    shown = next(each for each in sent if each["key"] == "robustness-table")
    return [[*names, *texts] for names, texts in zip(shown["rows"], shown["texts"], strict=True)]


def asked(app: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def test_a_first_visit_weighs_the_rules_of_the_example() -> None:
    app = page()
    said = app.subheader[0].value.replace("\\", "")
    assert said.startswith("'Vector, then least expected cost' is cheapest in 99 % of the prices you called plausible")
    assert "At the likely prices 'Vector, then least expected cost' costs 584.2 EUR per 1\u2009000 images" in sentences(
        app
    )
    assert "1\u2009200 test images" in sentences(app)
    assert len(app.multiselect(key="robustness-rules").value) == 6


def test_the_cost_it_tells_is_that_of_a_loop_over_the_predictions() -> None:
    source = example_source("surface_defects")
    part = source.predictions.part("test")
    paid = [source.cost.values[t, int(np.argmax(z))] for t, z in zip(part.target, part.logits, strict=True)]
    app = page(rules="argmax,constant", range="3.0:1~1000")
    costs = tables(app)[0]
    row = list(costs["rule"]).index("Most probable class")
    cost = costs["at the likely prices, per 1\u2009000 images (EUR)"][row]
    assert cost == pytest.approx(1000 * sum(paid) / len(paid))


def test_another_factor_is_in_the_address_and_undo_takes_it_back() -> None:
    app = page()
    app.text_input(key="robustness-factor").set_value("10").run()
    assert asked(app)["ranges"] == "factor:10"
    assert "cheapest in 99 %" not in sentences(app)
    app.button[0].click().run()
    assert "ranges" not in asked(app)
    assert app.text_input(key="robustness-factor").value == "2"
    assert "is cheapest in 99 %" in sentences(app)


def test_a_factor_that_is_none_is_told_and_kept_on_screen_while_the_last_one_counts() -> None:
    app = page(ranges="factor:3")
    app.text_input(key="robustness-factor").set_value("half").run()
    assert "The factor must be a number from 1 to 1000; 'half' is not a number. The last valid one" in sentences(app)
    assert app.text_input(key="robustness-factor").value == "half"
    assert asked(app)["ranges"] == "factor:3"
    app.text_input(key="robustness-factor").set_value("4").run()
    assert not app.error
    assert asked(app)["ranges"] == "factor:4"


def test_ranges_of_the_address_are_in_the_table_and_go_back_to_the_factor() -> None:
    app = page(range="3.0:90~400")
    assert table(app)[0] == ["crack", "ok", "90", "100", "400"]
    app.button[1].click().run()
    assert "range" not in asked(app)
    assert table(app)[0] == ["crack", "ok", "50", "100", "200"]


def test_a_range_that_the_price_has_left_is_told() -> None:
    app = page(range="3.0:1~50")
    assert "must go from low over likely to high; got 1, 100 and 50. Its range is that of the factor" in sentences(app)


def test_with_a_factor_of_1_the_likely_prices_decide() -> None:
    app = page(ranges="factor:1")
    assert "No price has a range, so the likely prices decide" in sentences(app)


def test_how_it_is_drawn_is_in_the_address() -> None:
    app = page()
    app.segmented_control(key="robustness-moving").set_value("by_truth").run()
    app.checkbox(key="robustness-images").check().run()
    app.multiselect(key="robustness-rules").set_value(["argmax", "least_expected_cost"]).run()
    assert not app.exception
    assert {key: asked(app)[key] for key in ("moving", "images", "rules")} == {
        "moving": "by_truth", "images": "too", "rules": "argmax,least_expected_cost",
    }  # fmt: skip
    assert "of the prices and test images that are plausible" in sentences(app)
    app.segmented_control(key="robustness-anew").set_value("anew").run()
    assert asked(app)["decide"] == "anew"
    assert "deciding anew at each" in sentences(app)


def test_the_scenario_of_what_if_counts_here() -> None:
    app = page(example="digits", edit="0.9:500", scale="2", refer="1.5", shares="1,1,1,1,1,1,1,1,1,1")
    assert ["0", "9", "250", "500", "1000"] in table(app)
    assert ["any", "refer to a human", "0.75", "1.5", "3"] in table(app)
    assert "All but referring are multiplied by 2." in sentences(app)


def test_only_one_way_to_decide_is_said_to_be_that() -> None:
    app = page(rules="argmax")
    assert "is the only way to decide here" in sentences(app)


@pytest.mark.parametrize(
    "address", [{"example": "nothing"}, {"run": "nothing"}, {"matrix": "nothing"}, {"ranges": "x"}]
)
def test_nonsense_in_the_address_is_told_and_something_is_shown(address: dict[str, str]) -> None:
    app = page(**address)
    assert app.warning
    assert "plausible" in app.subheader[0].value


def test_results_on_other_images_are_left_out_and_told() -> None:
    app = page(example="surface_defects,digits")
    assert "come from different data sets" in sentences(app)


def test_the_tables_can_be_taken_along() -> None:
    app = page()
    costs, prices = tables(app)
    assert costs["cheapest in, %"][0] > 98
    assert prices["price"][0] == "'ok' called 'crack'"
    assert prices["switches at"][0] == pytest.approx(0.423, abs=0.001)
