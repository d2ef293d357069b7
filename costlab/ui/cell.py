"""The costs as a heat map beside the grid, and one of its cells in words.

A cell is chosen by a click on the map, by an edit in the grid, or with two boxes, and can be set here too.
"""

import streamlit as st

from costlab.costs import CostMatrix
from costlab.figures.cost_heatmap import draw
from costlab.notes import MAX_NOTE
from costlab.ui.drafts import Draft
from costlab.ui.plot import plot, take_click
from costlab.ui.sentences import cell_sentence, inert, overview

DRAWN_UP_TO = 150  # classes or decisions: beyond, the heat map takes seconds to send
PIXELS_A_ROW = {6: 58, 12: 34, 30: 18}  # up to so many rows
TALLEST = 640  # pixels


def heat_twin(draft: Draft) -> None:
    """The valid costs as a heat map; a click on it chooses a cell."""
    cost = draft.sheet.cost
    if max(cost.values.shape) > DRAWN_UP_TO:
        st.caption(f"A heat map is drawn up to {DRAWN_UP_TO} classes.")
        return
    if click := take_click("costs-twin"):
        draft.selected = _place(click.y, cost.values.shape[0]), _place(click.x, cost.values.shape[1])
    about = overview(cost)
    figure = draw(cost, draft.selected)
    plot(figure, key="costs-twin", height=_height(cost), alt=f"The costs as a heat map. {about}")
    st.caption(inert(about))


def still_twin(cost: CostMatrix) -> None:
    """A small heat map of costs to look at, and what they say."""
    about = overview(cost)
    if max(cost.values.shape) <= DRAWN_UP_TO:
        height = min(_height(cost), 320)
        plot(draw(cost), key="costs-still", height=height, alt=f"The chosen costs as a heat map. {about}")
    st.caption(inert(about))


def cell_panel(draft: Draft) -> None:
    """The sentence of the chosen cell, two boxes to choose another, its cost to type, and why it is that."""
    cost = draft.sheet.cost
    truth, decision = draft.selected
    with st.container(key="cell-sentence"):
        st.subheader(inert(cell_sentence(cost, truth, decision)), anchor=False)
    # The boxes follow the draft, which the heat map and the grid change too.
    st.session_state["cell-truth"], st.session_state["cell-decision"] = truth, decision
    st.session_state["cell-cost"] = draft.sheet.text(draft.selected)
    st.session_state["cell-note"] = draft.sheet.note(draft.selected)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="bottom"):
        for name, label, names in (
            ("cell-truth", "Truth", cost.classes),
            ("cell-decision", "Decision", cost.decisions),
        ):
            places = range(len(names))
            st.selectbox(
                label, places, format_func=names.__getitem__, key=name, on_change=_choose, args=(draft,), width=150
            )
        st.text_input("Cost", key="cell-cost", max_chars=40, on_change=_set, args=(draft,), width=110)
    st.text_input(
        "Why this price",
        key="cell-note",
        max_chars=MAX_NOTE,
        placeholder="What it consists of, or where it comes from",
        help="Saved with the costs, and printed in the report.",
        on_change=_explain,
        args=(draft,),
    )


def _choose(draft: Draft) -> None:
    rows, columns = draft.sheet.cost.values.shape
    chosen = st.session_state["cell-truth"], st.session_state["cell-decision"]
    draft.selected = _place(chosen[0], rows), _place(chosen[1], columns)


def _set(draft: Draft) -> None:
    draft.type({draft.selected: st.session_state["cell-cost"]})


def _explain(draft: Draft) -> None:
    draft.explain(draft.selected, st.session_state["cell-note"])


def _place(value: object, size: int) -> int:
    """A position that the browser sent, inside 0..size-1 whatever it sent."""
    return int(min(max(value, 0), size - 1)) if isinstance(value, int | float) and value == value else 0


def _height(cost: CostMatrix) -> int:
    rows = len(cost.classes)
    pixels = next((pixels for most, pixels in PIXELS_A_ROW.items() if rows <= most), 0)
    return 100 + rows * pixels if pixels else TALLEST
