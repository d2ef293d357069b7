"""The Python side of the chart component: what it sends, and that each click is handed out once."""

import json

import numpy as np
import plotly.graph_objects as go
from streamlit.testing.v1 import AppTest

from costlab.ui import plot as component
from costlab.ui.plot import Click


def sent(figure, key="k"):
    return json.loads(component._as_json(figure, key))


def test_what_is_sent_is_the_figure_without_the_default_template():
    figure = go.Figure(go.Heatmap(z=np.eye(3)), layout={"height": 200, "xaxis": {"title": "x"}})
    assert len(figure.to_json()) > 3000  # the template alone
    assert len(component._as_json(figure, "k")) < 400
    assert sent(figure)["layout"] == {"xaxis": {"title": {"text": "x"}}, "uirevision": "k"}  # nor its height


def test_a_figure_may_say_for_how_long_a_zoom_is_kept():
    assert sent(go.Figure())["layout"]["uirevision"] == "k"
    assert sent(go.Figure(layout={"uirevision": "run 7"}))["layout"]["uirevision"] == "run 7"


def test_the_figure_itself_is_left_alone():
    figure = go.Figure(layout={"height": 200})
    before = figure.to_json()
    component._as_json(figure, "k")
    assert figure.to_json() == before


def test_numbers_that_are_none_are_sent_as_gaps():
    assert sent(go.Figure(go.Scatter(y=[1.0, float("nan"), float("inf")])))["data"][0]["y"] == [1.0, None, None]


def page() -> None:
    import plotly.graph_objects as go
    import streamlit as st

    from costlab.ui import plot as component

    for serial in st.session_state.get("told", []):  # as Streamlit's callback would, before the script runs
        st.session_state["plot-c"] = {"click": {"x": "a", "y": "b", "curve": 0, "serial": serial}}
        component._remember("plot-c")
        del st.session_state["plot-c"]
    taken = component.plot(go.Figure(), key="c", alt="empty")
    st.session_state["taken"] = [*st.session_state.get("taken", []), taken]


def taken(told: list[list[int]]) -> list[Click | None]:
    """What `plot` returned in runs of the script before which these serials were told."""
    test = AppTest.from_function(page, default_timeout=30)
    for serials in told:
        test.session_state["told"] = serials
        test.run()
        assert not test.exception
    return test.session_state["taken"]


def test_a_click_is_handed_out_in_one_run_only():
    assert taken([[], [5], [], []]) == [None, Click("a", "b", 0, 5), None, None]


def test_a_click_that_is_told_again_is_not_a_second_click():
    assert taken([[5], [5], [5, 5]]) == [Click("a", "b", 0, 5), None, None]


def test_of_two_clicks_before_one_run_the_later_counts():
    assert taken([[5, 6], [7]]) == [Click("a", "b", 0, 6), Click("a", "b", 0, 7)]


def test_nonsense_from_the_browser_is_no_click():
    def page() -> None:
        import streamlit as st

        from costlab.ui import plot as component

        for nonsense in (None, "x", 3, [], {"click": None}, {"click": "x"}, {"click": {"curve": "?", "serial": {}}}):
            st.session_state["plot-c"] = nonsense if isinstance(nonsense, dict) else {"click": nonsense}
            component._remember("plot-c")
        st.session_state["click"] = component.take_click("c")

    test = AppTest.from_function(page, default_timeout=30).run()
    assert not test.exception
    assert test.session_state["click"] is None
