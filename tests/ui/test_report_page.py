"""The Report page without a browser: never empty, its numbers are the report's, and typed words are kept."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from costlab.agreement import Agreement
from costlab.fitted import Fitted
from costlab.report import findings
from costlab.scenario import Scenario
from costlab.sources import example_source
from costlab.ui import session
from costlab.ui.sentences import number


def main() -> None:
    """The app with this page first, as links between pages need all of them."""
    import streamlit as st

    from costlab.ui.places import COMPARE, COSTS, REPORT, ROBUSTNESS, RUN, RUNS, TRAIN, WHATIF

    pages = (REPORT, WHATIF, COMPARE, ROBUSTNESS, COSTS, TRAIN, RUN, RUNS)
    st.navigation([st.Page(path) for path in pages], position="hidden").run()


@pytest.fixture(autouse=True)
def own_store() -> None:
    session.get_store.clear()
    session.forget_snapshots()
    session.forget_snapshots()


def page(**address: str) -> AppTest:
    app = AppTest.from_function(main, default_timeout=60)
    for key, value in address.items():
        app.query_params[key] = value
    return app.run()


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.warning, *app.error]
    return "\n".join(element.value.replace("\\", "").replace("\u2060", "") for element in shown)


def costs(name: str, **scenario: Any) -> list[str]:
    source = example_source(name)
    told = findings(source, Fitted(source.predictions), Scenario(source.cost, **scenario), Agreement()).facts
    return [number(row.cost).replace("\u2009", "\u202f") for row in told.decided]


def test_a_bare_address_shows_the_bundled_example_and_both_downloads() -> None:
    app = page()
    assert not app.exception
    for cost in costs("surface_defects"):
        assert cost in words(app)
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Download the report", "Download the bundle"]
    assert "their models are not part of costlab" in words(app)
    assert "What was not known" in words(app)


def test_the_address_says_the_scenario() -> None:
    app = page(example="traffic_lights", refer="2", rule="refer")
    assert not app.exception
    for cost in costs("traffic_lights", referral=2.0, rule="refer"):
        assert cost in words(app)


def test_a_name_and_a_comment_change_what_was_not_known() -> None:
    app = page()
    assert "Nobody is named" in words(app)
    app.text_input(key="report-by-").input("Ada").run()
    assert "Nobody is named" not in words(app)
    assert "None of the 20 prices" in words(app)
    note = next(field for field in app.text_input if "100 EUR" in field.label.replace("\\", ""))
    note.input("Recall of 2024").run()
    assert "None of the 20 prices" not in words(app)
    assert "19 of the 20 prices" in words(app)


def test_a_run_that_is_not_here_is_said_and_the_example_shown() -> None:
    app = page(run="nothing")
    assert not app.exception
    assert "nothing" in app.warning[0].value
    assert costs("surface_defects")[0] in words(app)


def test_comments_of_a_saved_matrix_come_along_and_can_be_changed() -> None:
    cost = example_source("surface_defects").cost
    notes = {"3.0": "Recall of 2024", "0.4": "A look"}
    session.get_store().save_matrix("agreed", cost, agreed_by="Ada, quality", notes=notes)
    app = page(matrix="agreed", refer="3")
    assert not app.exception
    assert "Nobody is named" not in words(app)
    assert "23 of the 25 prices" in words(app)
    shown = {field.value for field in app.text_input}
    assert {"Ada, quality", "Recall of 2024", "A look"} <= shown
    next(field for field in app.text_input if field.value == "A look").input("").run()
    assert "24 of the 25 prices" in words(app)
