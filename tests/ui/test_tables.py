"""What the tables send to the browser, and what they take from it."""

import json
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from costlab.specs import RunSpec
from costlab.store import Run
from costlab.ui.runs_table import columns
from costlab.ui.tables import Column
from tests.ui.tables import tables


def shown(script: Any, **given: Any) -> tuple[AppTest, dict[str, Any]]:
    app = AppTest.from_function(script, kwargs=given).run()
    assert not app.exception
    return app, json.loads(app.get("bidi_component")[0].proto.json)[0]


def script(columns: dict[str, list[object]]) -> None:
    from costlab.ui.tables import show_table

    show_table("t", "a table", columns)


def choosing(chosen: list[str]) -> None:
    import streamlit as st

    from costlab.ui.tables import choose_rows

    st.text(",".join(choose_rows("t", "a table", {"n": [1, 2, 3]}, {"x": "X", "y": "Y", "z": "Z"}, chosen)))


def test_numbers_go_in_full_and_are_written_short_and_what_is_none_is_empty():
    given = {"cost": [1 / 3, None, nan, inf, np.float64(12345.6)], "name": ["a", "b", None, "", "e"]}
    app, sent = shown(script, columns=given)
    assert tables(app) == [{"cost": [1 / 3, None, None, None, 12345.6], "name": ["a", "b", None, "", "e"]}]
    assert sent["texts"] == [["0.3333", "", "", "", "12\u2009346"], ["a", "b", "", "", "e"]]
    assert [head["numeric"] for head in sent["heads"]] == [True, False]


def test_a_column_says_how_its_cells_are_written_and_what_it_is():
    _, sent = shown(script, columns={"share": Column([50, 7.6], "{:.0f} %".format, "of all")})
    assert sent["texts"] == [["50 %", "8 %"]]
    assert sent["heads"] == [{"name": "share", "help": "of all", "numeric": True}]


@pytest.mark.parametrize(("asked", "told"), [(["z", "x"], "x,z"), ([], ""), (["nowhere", "", "y"], "y")])
def test_rows_that_are_asked_for_are_chosen_at_first_in_their_order(asked: list[str], told: str):
    app, sent = shown(choosing, chosen=asked)
    assert app.text[0].value == told
    assert ",".join(sent["chosen"]) == told
    assert sent["names"] == [["x", "X"], ["y", "Y"], ["z", "Z"]]


def test_a_run_that_waits_has_empty_cells_and_every_column_has_a_cell_a_run():
    run = Run(id="a1", spec=RunSpec(loss="focal", seed=7), state="queued", attempt=0, created=0)
    cells = {name: list(column.cells) for name, column in columns([run, run]).items()}
    assert {len(each) for each in cells.values()} == {2}
    assert {name: each[0] for name, each in cells.items() if each[0] not in (None, "")} == {
        "State": "Waiting",
        "Loss": "focal",
        "Data set": "digits",
        "Seed": 7,
        "Costs": "suggested",
    }
