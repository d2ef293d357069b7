"""The confusion matrix of What if: six readings of it, one of them what has changed; a click chooses the cell."""

from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from costlab.figures import confusion_difference, confusion_heatmap
from costlab.metrics import ShareMode, confusion_share
from costlab.ui.cell import DRAWN_UP_TO
from costlab.ui.plot import plot, take_click
from costlab.ui.run_sentences import MODES, cell_words
from costlab.ui.sentences import inert
from costlab.ui.tables import show_table
from costlab.ui.whatif_controls import follow
from costlab.ui.whatif_desk import Desk, View

KEY = "whatif-confusion"
CHANGE = "change"
READINGS = MODES | {CHANGE: ("Change", "how many more or fewer images than with the decisions before")}


def take_cell(desk: Desk) -> None:
    """Look at the cell that was clicked, if one was; its names are those of the scenario before this run."""
    if click := take_click(KEY):
        cell = confusion_heatmap.cell(click.x, click.y, desk.scenario.matrix)
        if cell is not None:
            desk.select(cell)


def mode_control() -> str:
    """How the cells are read; it stands in the address."""
    chosen = st.session_state.get("whatif-mode") or st.query_params.get("mode", "counts")
    follow("whatif-mode", chosen if chosen in READINGS else "counts")
    return str(
        st.segmented_control(
            "Cells show",
            list(READINGS),
            format_func=lambda name: READINGS[name][0],
            key="whatif-mode",
            required=True,
            wrap=True,
            help="  \n".join(f"**{title}**: {meaning}." for title, meaning in READINGS.values()),
        )
    )


def heat(source_key: str, desk: Desk, view: View, mode: str) -> None:
    """The heat map, the chosen cell in words, and a table of the numbers."""
    cost, cell = view.answer.cost, desk.cell
    if max(cost.values.shape) > DRAWN_UP_TO:
        st.caption(f"A heat map is drawn up to {DRAWN_UP_TO} classes; choose a cell with the boxes beside.")
    else:
        figure, alt = (_change if mode == CHANGE else _reading)(desk, view, mode)
        figure.layout.uirevision = f"{source_key}-{len(cost.decisions)}"
        plot(figure, key=KEY, alt=alt, height=_height(len(cost.classes)))
    st.caption(inert(cell_words(view.answer.counts, cost, *cell)))
    numbers = st.expander("The numbers of this chart", key="whatif-numbers", on_change="rerun")
    if numbers.open:
        with numbers:
            show_table("whatif-table", f"{READINGS[mode][1].capitalize()}.", _numbers(view, mode), "confusion.csv")


def _numbers(view: View, mode: str) -> dict[str, list[Any]]:
    answer = view.answer
    if mode == CHANGE:
        counts = view.change.counts if view.change else np.zeros(answer.cost.values.shape)
        return confusion_difference.table(counts, answer.cost)
    return confusion_heatmap.table(answer.counts, _shares(view, mode), answer.cost, mode)


def _shares(view: View, mode: str) -> np.ndarray:
    """(K, D): what the cells show; shares of what is to be expected at the class mix."""
    counts = view.answer.counts if mode == "counts" else view.answer.expected
    return confusion_share(counts, view.answer.cost, cast(ShareMode, mode))


def _reading(desk: Desk, view: View, mode: str) -> tuple[go.Figure, str]:
    answer = view.answer
    figure = confusion_heatmap.draw(answer.counts, _shares(view, mode), answer.cost, mode, desk.cell)
    return figure, f"{READINGS[mode][1].capitalize()}. {confusion_heatmap.words(answer.counts, answer.cost)}"


def _change(desk: Desk, view: View, mode: str) -> tuple[go.Figure, str]:
    cost = view.answer.cost
    counts = view.change.counts if view.change else np.zeros(cost.values.shape)
    return confusion_difference.draw(counts, cost, desk.cell), confusion_difference.words(counts, cost)


def _height(classes: int) -> int:
    return min(max(150 + 34 * classes, 340), 560)
