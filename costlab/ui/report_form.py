"""What people add to a report in words: title, who agreed, when, remarks, and a comment on each price."""

from datetime import date
from zlib import crc32

import streamlit as st

from costlab.agreement import TITLE, Agreement, note_key, price_name, priced_cells
from costlab.costs import CostMatrix
from costlab.errors import CostlabError
from costlab.notes import moved_notes
from costlab.store import SavedMatrix
from costlab.ui.sentences import inert
from costlab.ui.session import get_store

ASKED = 6  # prices that are asked about at once, the dearest
LONGEST = 500  # characters of a comment


def saved_matrix() -> SavedMatrix | None:
    """The saved matrix that the address names, whose comments come along."""
    name = st.query_params.get("matrix")
    try:
        return get_store().matrix(name) if name else None
    except CostlabError:  # the page says that it is gone
        return None


def form(cost: CostMatrix) -> Agreement:
    """The fields, kept while one looks at other pages. cost: the prices in force."""
    saved = saved_matrix()
    by_default = saved.agreed_by if saved else ""
    known = moved_notes(saved.notes, saved.cost, cost) if saved else {}
    mark = f"{saved.name}-{saved.revision}" if saved else ""
    title = st.text_input("Title", TITLE, max_chars=120, key="report-title", persist_state="session")
    with st.container(horizontal=True, gap="small"):
        by = st.text_input(
            "Agreed by", by_default, max_chars=200, key=f"report-by-{mark}", placeholder="Names, and what they do",
            persist_state="session",
        )  # fmt: skip
        day = st.date_input("On", "today", format="YYYY-MM-DD", key="report-day", persist_state="session", width=150)
    remarks = st.text_area(
        "Remarks", max_chars=2000, height=80, key="report-remarks", persist_state="session",
        placeholder="What was discussed, what is to be looked at again",
    )  # fmt: skip
    notes = known | _notes(cost, known, mark)
    return Agreement(title, by, _day(day), remarks, {key: text for key, text in notes.items() if text.strip()})


def _notes(cost: CostMatrix, known: dict[str, str], mark: str) -> dict[str, str]:
    """Comments by cell: on the dearest prices, those commented on before, and others that are asked for."""
    cells = priced_cells(cost)
    names = {note_key(*cell): price_name(cost, *cell) for cell in cells}
    of = f"{crc32(repr(cost.classes).encode()):x}-{mark}"  # what was typed stays when referring gets a price
    shown = list(dict.fromkeys([*list(names)[:ASKED], *(key for key in known if key in names)]))
    rest = [key for key in names if key not in shown]
    st.markdown("**Where each price comes from**")
    above = st.container()  # what is chosen below joins those above
    if rest:
        shown += st.multiselect(
            "Also comment on", rest, format_func=names.__getitem__, key=f"report-more-{of}", persist_state="session",
            placeholder=f"{len(rest)} more prices",
        )  # fmt: skip
    with above:
        return {
            key: st.text_input(
                inert(names[key]), known.get(key, ""), max_chars=LONGEST, key=f"report-note-{of}-{key}",
                persist_state="session", placeholder="No comment",
            )
            for key in shown
        }  # fmt: skip


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""
