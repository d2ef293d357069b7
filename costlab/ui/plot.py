"""The one chart component: `plot(figure, key=..., alt=...)` updates a plotly figure in place and returns clicks.

The chart's node in the page is never replaced and a zoom is kept, however often the figure changes.
"""

from functools import partial
from typing import Any, NamedTuple

import plotly.graph_objects as go
import streamlit as st
from plotly.io.json import to_json_plotly

from costlab.ui.components import Component
from costlab.ui.server import version

DEFAULT_HEIGHT = 360  # pixels


class Click(NamedTuple):
    """A click on a chart: the point's x and y as its axes name them, which trace, and a number that only grows.

    Of a place picked on the x axis, which is on no trace, y is None and curve -1.
    """

    x: Any
    y: Any
    curve: int
    serial: int


_component = Component("plot.js", "plot.css")


def plot(figure: go.Figure, *, key: str, alt: str, height: int | None = None) -> Click | None:
    """Show `figure` and return a click on it, in the one script run that the click caused; else None.

    key: the chart's lasting identity; its node carries `data-testid="plot-{key}"`. alt: what the chart shows, in
    words, for those who do not see it. height: in pixels; else the figure's own, else 360. The zoom is kept while
    `figure.layout.uirevision` stays the same; it is the key unless the figure sets one.

    A figure with `layout.meta = {"pick": "x"}` is one to set a value on: a click anywhere in its drawing area is that
    place on its x axis, as is the end of dragging its mark, the first of its shapes that is an upright line. Dragging
    elsewhere zooms, as in every chart; a double click does not end the zoom there, the toolbar and the key 0 do.
    """
    pixels = int(height or figure.layout.height or DEFAULT_HEIGHT)
    state = f"plot-{key}"
    _component(
        key=state,
        data={"key": key, "alt": alt, "height": pixels, "figure": _as_json(figure, key), "version": version()},
        height=pixels,
        on_click_change=partial(_remember, state),
    )
    return take_click(key)


def take_click(key: str) -> Click | None:
    """The click on the chart `key` that this run is about, if `plot` is yet to be called: so the figure can show it."""
    return st.session_state.pop(f"plot-{key}-click", None)


def _as_json(figure: go.Figure, key: str) -> str:
    """The figure without plotly.py's default template (7 kB of colours that the browser takes from the theme)."""
    record = figure.to_plotly_json()
    layout = record["layout"]
    layout.pop("template", None)
    layout.pop("height", None)
    layout.setdefault("uirevision", key)
    return str(to_json_plotly({"data": record["data"], "layout": layout}))


def _remember(state: str) -> None:
    """Keep a click until `plot` hands it out: Streamlit may interrupt a run and deliver its trigger again."""
    sent = st.session_state[state].get("click")
    curve, serial = (sent.get("curve"), sent.get("serial")) if isinstance(sent, dict) else (None, None)
    if not isinstance(curve, int) or not isinstance(serial, int):
        return
    click = Click(sent.get("x"), sent.get("y"), curve, serial)
    if st.session_state.get(f"{state}-serial") != click.serial:
        st.session_state[f"{state}-serial"] = click.serial
        st.session_state[f"{state}-click"] = click
