"""What if: the same model, other prices. What that changes in decisions, costs and images follows at once."""

from contextlib import nullcontext

import numpy as np
import streamlit as st

from costlab.change_words import change_sentence
from costlab.costs import ORIENTATION
from costlab.fitted import Fitted
from costlab.miscalibration import miscalibration
from costlab.sources import Source
from costlab.ui import curve_panel, deciding, gallery, whatif_heat, whatif_strip
from costlab.ui.at_once import at_once
from costlab.ui.cell import cell_panel
from costlab.ui.grid import breadth, grid, say_refused
from costlab.ui.places import COMPARE, REPORT, ROBUSTNESS
from costlab.ui.sentences import inert
from costlab.ui.whatif_controls import controls, follow
from costlab.ui.whatif_desk import Desk, View
from costlab.ui.whatif_menus import menus
from costlab.ui.whatif_said import said
from costlab.ui.whatif_state import choose_source, desk_of, write_address
from costlab.ui.whatif_words import FIRST, badges

SEEN = "whatif-seen"  # session key: whose page is on the screen


def head(source: Source, desk: Desk, tested: int) -> None:
    """Whose decisions, and what they are about."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        choose_source(source, desk)
        for text in badges(source, tested):
            st.badge(inert(text), color="gray")


def changed(desk: Desk, view: View) -> None:
    """What the last change did, in a sentence, and what it is compared with."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="whatif-sentence"):
            said(change_sentence(view.change) if view.change else FIRST, key="whatif-said")
        follow("whatif-from-start", desk.from_start)
        st.toggle("Compare with the start", key="whatif-from-start", on_change=desk.turn)
        st.button("Back to the start", icon=":material/restart_alt:", on_click=desk.restart, key="whatif-restart")
    if view.refused:
        st.error(inert(f"{view.refused} The figures are those from before."), icon=":material/error:")


def honesty(desk: Desk, fitted: Fitted, view: View) -> None:
    """What it costs that the probabilities are not what they say, and the click that mends it."""
    said = miscalibration(fitted, view.answer)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(inert(said.sentence), width="stretch" if said.fix else "content")
        if said.fix:
            st.button(said.remedy, icon=":material/straighten:", on_click=desk.set, kwargs={"calibration": said.fix})


def prices(source: Source, desk: Desk) -> None:
    """The grid of costs with its menus, and the chosen cell."""
    menus(desk)
    st.caption(f"**{ORIENTATION}** Type a cost and press Enter, or paste a block from a spreadsheet.")
    grid(desk.draft, source.key, desk.select)
    say_refused(desk.draft)
    cell_panel(desk.draft)


def onwards(desk: Desk, shared: bool) -> None:
    """The other questions that can be asked of these decisions, with all of this carried along."""
    carried = deciding.carried(desk.scenario, desk.base)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(COMPARE, label="Compare with other runs", icon=":material/balance:", query_params=carried)
        st.page_link(ROBUSTNESS, label="How sure are the prices?", icon=":material/casino:", query_params=carried)
        st.page_link(REPORT, label="Hand over a report", icon=":material/description:", query_params=carried)
    if shared:
        st.caption("The address of this page holds all of this: copy it to show somebody the same view.")
    else:
        st.caption("So many costs differ that the address cannot hold them: save them to show somebody the same view.")


def page(source: Source, fitted: Fitted, desk: Desk, more: list[Source]) -> None:
    """Everything below the title; what matters most is sent first. more: further results, told beside."""
    tested = np.bincount(fitted.test.target, minlength=len(fitted.classes))
    above, results = st.container(), st.container(key=whatif_strip.KEY)
    sentence, assumptions, honest = (st.container() for _ in range(3))
    cost = desk.draft.sheet.cost
    tracks, left, right = (2, 1, 1) if breadth(cost) < 520 else (1, 1, 1)
    table = st.grid(tracks, min_column_width=440, gap="medium")
    costs, confusion = table.cell(column_span=left), table.cell(column_span=right)
    view = desk.look(fitted)
    others = deciding.answers(more, view.answer.scenario)
    with results:
        whatif_strip.strip(view.answer)
        whatif_strip.beside(others)
    with sentence:
        changed(desk, view)
    with confusion:
        mode = whatif_heat.mode_control()
        whatif_heat.heat(source.key, desk, view, mode)
    with costs:
        prices(source, desk)
    with assumptions:
        controls(source, desk, tested)
    with above:
        head(source, desk, len(fitted))
    shared = write_address(source, desk, mode)
    st.subheader("Cost curves", anchor=False)
    curve_panel.curves(fitted, view.answer.scenario, view.answer, desk.cell)
    st.subheader("Images", anchor=False)
    gallery.gallery(source, fitted, view.answer, desk.cell, desk.select)
    onwards(desk, shared)
    if len(fitted.classes) <= whatif_heat.DRAWN_UP_TO:  # beyond, the calibrations to compare with take minutes
        with honest:
            honesty(desk, fitted, view)


st.title("What if", anchor=False)
sources, told = deciding.asked()
fitted = deciding.fitted_of(sources[0])
desk, more = desk_of(sources[0], fitted)
others, apart = deciding.alike(sources)
for sentence in [*told, *more, *apart, *st.session_state.pop("whatif-told", [])]:
    st.warning(inert(sentence), icon=":material/info:")
whatif_heat.take_cell(desk)
if pick := curve_panel.picked(desk.scenario, desk.cell):
    desk.pick(pick.kind, pick.value)
seen = st.session_state.get(SEEN)  # a first look gets what is ready; after that, all changes at once
with at_once() if seen == sources[0].key else nullcontext():
    page(sources[0], fitted, desk, others)
st.session_state[SEEN] = sources[0].key
