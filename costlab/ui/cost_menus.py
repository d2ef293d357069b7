"""The row of menus above the grid, and the insides of the two that change costs: start from, adjust."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from costlab.costs import CostMatrix
from costlab.doctor import within_bounds
from costlab.errors import InvalidCosts
from costlab.numbers import parse_number
from costlab.ui import cost_shelf, editing, forms
from costlab.ui.drafts import Draft, Sheet, edited_name
from costlab.ui.menu import action, menu
from costlab.ui.presets import PRESETS, scaled, start_from, swapped, without_decision
from costlab.ui.sentences import inert

PRESET_UNDONE = "The unit and extra decisions stay. Undo brings the old costs back."


def menus(source: str, draft: Draft) -> None:
    """Draw the row of menus for a draft."""
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Undo", icon=":material/undo:", on_click=draft.undo, disabled=not draft.past, key="costs-undo")
        st.button("Redo", icon=":material/redo:", on_click=draft.redo, disabled=not draft.future, key="costs-redo")
        menu("Start from", ":material/grid_view:", "start", partial(_start, source, draft))
        menu("Adjust", ":material/tune:", "adjust", partial(_adjust, draft))
        menu("Import", ":material/upload:", "import", partial(cost_shelf.draw_import, source, draft))
        menu("Export", ":material/download:", "export", partial(cost_shelf.draw_export, draft))
        menu("Save", ":material/save:", "save", partial(cost_shelf.draw_save, draft))
        menu("Saved", ":material/folder_open:", "saved", partial(cost_shelf.draw_saved, source))


def _start(source: str, draft: Draft) -> None:
    with preset_form(draft, "start", "preset"):
        if source != editing.OWN:
            back = partial(_back, source, draft)
            action("Back to the suggested costs", "start", back)
    st.caption(PRESET_UNDONE)


def preset_form(draft: Draft, menu: str, key: str) -> DeltaGenerator:
    """Choose a preset and put it into the draft, inside the menu `menu`; returns the row of its button, for more.

    key: of the chooser.
    """
    cost = draft.sheet.cost
    titles = {name: preset.title for name, preset in PRESETS.items()}
    chosen = st.selectbox("Start from", titles, format_func=titles.__getitem__, key=key, persist_state="session")
    st.caption(PRESETS[chosen].help)
    schema = PRESETS[chosen].options(cost.classes)
    answers = forms.draw(schema, f"preset-{chosen}-{'|'.join(cost.classes):.2000}")
    refused = forms.problems(schema, answers)
    for sentence in refused:
        st.error(inert(sentence))
    row = st.container(horizontal=True)
    with row:
        work = partial(_change, draft, lambda old: start_from(chosen, old, answers))
        action("Replace the costs", menu, work, primary=True, disabled=bool(refused))
    return row


def _back(source: str, draft: Draft) -> None:
    draft.change(Sheet.of(editing.suggested(source)))


def _change(draft: Draft, make: Callable[[CostMatrix], CostMatrix]) -> None:
    cost = make(draft.sheet.cost)
    draft.change(draft.sheet.with_cost(replace(cost, name=edited_name(cost.name))))


def _adjust(draft: Draft) -> None:
    cost = draft.sheet.cost
    unit = st.text_input("Unit", cost.unit, max_chars=80, placeholder="EUR, minutes, points", key=f"unit-{cost.unit}")
    action("Set the unit", "adjust", partial(_change, draft, lambda old: replace(old, unit=unit.strip())))
    factor = st.text_input(
        "Multiply every cost by", "10", max_chars=40, key="factor", help="Which decision is best stays."
    )
    action("Multiply", "adjust", partial(_change, draft, lambda old: scaled(old, _number("factor", factor))))
    action("Swap truth and decision", "adjust", partial(_change, draft, swapped))
    st.divider()
    name = st.text_input(
        "Extra decision",
        "refer to a human",
        max_chars=80,
        key="extra",
        help="One that is no class: asking a person, say.",
    )
    price = st.text_input("What it costs, whatever the truth", "1", max_chars=40, key="extra-cost")
    add = partial(_change, draft, lambda old: old.with_referral(_number("cost", price), name.strip()))
    action("Add the decision", "adjust", add)
    if extras := cost.decisions[len(cost.classes) :]:
        gone = st.selectbox("Remove an extra decision", extras, key="extra-gone")
        action("Remove it", "adjust", partial(_change, draft, lambda old: without_decision(old, gone)))


def _number(what: str, text: str) -> float:
    try:
        return within_bounds(parse_number(text))
    except ValueError as error:
        raise InvalidCosts(f"The {what}: {error}.") from error
