"""The menus above the grid of What if: undo and redo, start from a preset, save, and the saved matrices that fit."""

from dataclasses import replace
from functools import partial

import streamlit as st

from costlab.ui import cost_shelf
from costlab.ui.cost_history import draw_history, told
from costlab.ui.cost_menus import PRESET_UNDONE, preset_form
from costlab.ui.editing import saved_sheet
from costlab.ui.menu import action, menu
from costlab.ui.sentences import ago
from costlab.ui.session import get_store
from costlab.ui.whatif_desk import Desk


def menus(desk: Desk) -> None:
    """The row of menus that change or keep the costs of a desk."""
    draft = desk.draft
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Undo", icon=":material/undo:", on_click=desk.undo, disabled=not desk.can_undo, key="whatif-undo")
        st.button("Redo", icon=":material/redo:", on_click=desk.redo, disabled=not desk.can_redo, key="whatif-redo")
        menu("Start from", ":material/grid_view:", "whatif-start", partial(_start, desk))
        menu("Save", ":material/save:", "save", partial(cost_shelf.draw_save, draft))
        menu("Saved", ":material/folder_open:", "whatif-saved", partial(_saved, desk))


def _start(desk: Desk) -> None:
    preset_form(desk.draft, "whatif-start", "whatif-preset")
    st.caption(PRESET_UNDONE)


def _saved(desk: Desk) -> None:
    classes = desk.draft.sheet.cost.classes
    known = {each.name: each for each in get_store().matrices() if sorted(each.cost.classes) == sorted(classes)}
    if not known:
        st.caption("No saved matrix is about these classes. Give your costs a name with Save, and they are here.")
        return
    dated = {name: f"{name} ({ago(each.saved)})" for name, each in known.items()}
    chosen = st.selectbox("Saved matrices", list(known), format_func=dated.__getitem__, key="whatif-saved-name")
    st.text(told(known[chosen]))
    action("Open", "whatif-saved", partial(_open, desk, chosen), primary=True)
    st.caption("Undo brings the costs back that are on the screen now.")
    draw_history(chosen, "whatif-saved", partial(_open, desk, chosen))


def _open(desk: Desk, name: str, revision: int | None = None) -> None:
    """An older revision becomes a change to the latest, so that the address can say it."""
    classes = desk.draft.sheet.cost.classes
    latest, wanted = get_store().matrix(name), get_store().matrix(name, revision)
    sheet = saved_sheet(latest, latest.cost.for_classes(classes))
    older = saved_sheet(wanted, wanted.cost.for_classes(classes))
    desk.draft.change(replace(sheet, cost=older.cost, notes=older.notes))
