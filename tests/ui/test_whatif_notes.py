"""Saved matrices on the What-if page: their notes come along, stay on saving, and an older revision can be opened."""

import pytest
from streamlit.testing.v1 import AppTest

from costlab.sources import example_source
from costlab.store import Store
from costlab.ui.session import forget_snapshots, get_store

SCRIPT = """
import streamlit as st
from costlab.ui import places

linked = [st.Page(getattr(places, name)) for name in ("COMPARE", "ROBUSTNESS", "REPORT")]
st.navigation([st.Page(places.WHATIF, default=True), *linked]).run()
"""
COST = example_source("surface_defects").cost


@pytest.fixture(autouse=True)
def fresh_store() -> Store:
    """A store in this test's own home."""
    get_store.clear()
    forget_snapshots()
    return get_store()


def page(**address: str) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    for key, value in address.items():
        app.query_params[key] = value
    return app.run()


def test_notes_of_the_saved_matrix_are_there_and_stay_when_it_is_saved_again() -> None:
    get_store().save_matrix("May", COST, notes={"3.0": "a recall", "0.1": "a second look"})
    app = page(example="surface_defects", matrix="May", cell="3.0")
    assert not app.exception
    assert app.text_input(key="cell-note").value == "a recall"
    app.text_input(key="cell-cost").set_value("200").run()
    app.text_input(key="cell-note").set_value("two recalls").run()
    app.session_state["menu-save"] = True
    app.run()
    app.button(key="save-Save a new revision").click().run()
    saved = get_store().matrix("May")
    assert (saved.revision, saved.cost.values[3, 0]) == (2, 200)
    assert saved.notes == {"3.0": "two recalls", "0.1": "a second look"}


def test_an_older_revision_is_opened_as_a_change_that_the_address_says_and_undo_takes_back() -> None:
    get_store().save_matrix("May", COST)
    get_store().save_matrix("May", COST.replaced(3, 0, 200), notes={"3.0": "a recall"})
    app = page(example="surface_defects", matrix="May", cell="3.0")
    app.session_state["menu-whatif-saved"] = True
    app.run()
    app.button(key="whatif-saved-Open revision 1").click().run()
    assert not app.exception
    assert app.text_input(key="cell-cost").value == "100"
    assert app.text_input(key="cell-note").value == ""
    assert (app.query_params["matrix"], app.query_params["edit"]) == ("May", "3.0:100")
    app.button(key="whatif-undo").click().run()
    assert app.text_input(key="cell-cost").value == "200"
    assert app.text_input(key="cell-note").value == "a recall"
