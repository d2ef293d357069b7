"""Cost matrices in and out: files, and the matrices that are saved under a name. The insides of four menus."""

import re
from dataclasses import replace
from functools import partial

import streamlit as st

from costlab.cost_files import MAX_BYTES, csv_table, json_table
from costlab.costs import CostMatrix
from costlab.errors import CostlabError, InvalidFile
from costlab.notes import Notes, moved_notes, to_json
from costlab.notes import from_json as notes_in
from costlab.ui import editing
from costlab.ui.cost_history import draw_history, told
from costlab.ui.drafts import Draft
from costlab.ui.menu import action
from costlab.ui.sentences import ago, count, inert
from costlab.ui.session import get_store


def draw_import(source: str, draft: Draft) -> None:
    """Take a matrix from a file; one about other classes is offered to be opened with its own."""
    file = st.file_uploader("A CSV or JSON file", ["csv", "tsv", "txt", "json"], key="import-file")
    st.caption(
        "CSV: the decisions' names in the first row, the truths' in the first column, a cost in every cell. "
        "Commas, semicolons or tabs between cells; 1,5 may be written with a comma where that is not the separator."
    )
    if file is None:
        return
    try:
        if file.size > MAX_BYTES:
            raise InvalidFile(f"A cost matrix file has up to {MAX_BYTES // 1_000_000} MB; use a smaller one.")
        cost, notes, doubt = _read(file.name, file.getvalue())
    except CostlabError as error:
        st.error(inert(str(error)), icon=":material/error:")
        return
    extras = len(cost.decisions) - len(cost.classes)
    st.text(
        f"{file.name}: {count(len(cost.classes), 'class', 'classes')}"
        + (f", {count(extras, 'extra decision')}" if extras else "")
        + (f", in {cost.unit}" if cost.unit else "")
    )
    if doubt:
        st.warning(inert(doubt), icon=":material/swap_horiz:")
    if editing.fits(cost, source):
        action("Use these costs", "import", partial(_take_over, source, draft, cost, notes), primary=True)
        return
    st.warning("The file is about other classes than the data set, so it cannot be used for training on it.")
    own = editing.draft_of(editing.OWN)
    action("Open it with its own classes", "import", partial(_take_over, editing.OWN, own, cost, notes), primary=True)


@st.cache_resource(show_spinner=False, max_entries=8)
def _read(name: str, content: bytes) -> tuple[CostMatrix, Notes, str]:
    """The matrix in a file, which is read once however often the page runs, its notes, and a doubt about its sides.

    Raises InvalidFile or InvalidCosts.
    """
    as_json = name.lower().endswith(".json")
    table = json_table(content) if as_json else csv_table(content)
    doubt = table.doubt()
    named = table if table.name else table._replace(name=name.rpartition(".")[0][:80])
    cost = named.matrix()
    return cost, notes_in(content, cost) if as_json else {}, doubt.sentence if doubt else ""


def _take_over(source: str, draft: Draft, cost: CostMatrix, notes: Notes) -> None:
    mine = editing.for_source(cost, source)
    sheet = draft.sheet.with_cost(mine)
    draft.change(replace(sheet, matrix="", revision=0, notes=moved_notes(notes, cost, mine)))
    st.session_state[editing.CHOSEN] = source


def draw_export(draft: Draft) -> None:
    """Give the matrix out as a file."""
    cost = draft.sheet.cost
    stem = re.sub(r"[^\w-]+", "-", cost.name).strip("-") or "costs"
    st.download_button(
        "CSV, for a spreadsheet", cost.to_csv, f"{stem}.csv", "text/csv", on_click="ignore", icon=":material/table:"
    )
    st.download_button(
        "JSON, exact",
        partial(to_json, cost, draft.sheet.notes),
        f"{stem}.json",
        "application/json",
        on_click="ignore",
        icon=":material/data_object:",
    )
    st.caption("Rows are the truth, columns the decision; the file says so too.")
    if draft.sheet.notes:
        st.caption("Why each price is what it is stands in the JSON file only.")
    if draft.sheet.refused():
        st.caption("A cell that is not a cost yet goes out with its last valid cost.")


def draw_save(draft: Draft) -> None:
    """Store the matrix under a name; a known name gets one more revision, and is told so."""
    sheet = draft.sheet
    name = st.text_input("Name", sheet.matrix, max_chars=80, key=f"save-name-{sheet.matrix}").strip()
    comment = st.text_input("Comment", max_chars=500, key="save-comment", help="Where the prices come from, say.")
    agreed = st.text_input("Agreed by", max_chars=500, key="save-agreed", placeholder="Names of those who agreed")
    known = {saved.name: saved for saved in get_store().matrices()}
    if name in known:
        st.caption(
            f"There is a matrix of this name, revision {known[name].revision}, saved {ago(known[name].saved)}. "
            "Saving adds a revision; the older ones are kept."
        )
    refused = sheet.refused()
    if refused:
        st.error(inert(f"{refused[0].sentence} Put it right, then save."))
    save = partial(editing.save, draft, name, comment, agreed.strip())
    action("Save a new revision" if name in known else "Save", "save", save, primary=True, disabled=bool(refused))


def draw_saved(source: str) -> None:
    """Open or delete a saved matrix; those that fit the classes on screen come first."""
    known = {saved.name: saved for saved in get_store().matrices()}
    if not known:
        st.caption("Nothing is saved yet. Give your costs a name with Save, and they are here for every visitor.")
        return
    fitting = [name for name, saved in known.items() if editing.fits(saved.cost, source)]
    names = fitting + [name for name in known if name not in fitting]
    dated = {name: f"{name} ({ago(saved.saved)})" for name, saved in known.items()}
    chosen = st.selectbox("Saved matrices", names, format_func=dated.__getitem__, key="saved-name")
    saved = known[chosen]
    about = count(len(saved.cost.classes), "class", "classes") + (f", in {saved.cost.unit}" if saved.cost.unit else "")
    st.text(f"{about}. {told(saved)}")
    if chosen not in fitting:
        st.caption("Its classes are not those on screen; it opens where they fit.")
    with st.container(horizontal=True):
        action("Open", "saved", partial(_open, chosen, source if chosen in fitting else ""), primary=True)
        st.button("Delete…", key="saved-delete", on_click=_ask_delete, args=(chosen,))
    draw_history(chosen, "saved", lambda older: _open(chosen, source if chosen in fitting else "", older))
    if st.session_state.get("saved-deleting") == chosen:
        st.warning(f"Delete this matrix with {count(saved.revision, 'revision')}? Runs that used it keep their copy.")
        with st.container(horizontal=True):
            action("Delete it for good", "saved", partial(_delete, chosen))
            st.button("Keep it", key="saved-keep", on_click=_ask_delete, args=("",))


def _open(name: str, source: str, revision: int | None = None) -> None:
    st.session_state["costs-told"] = editing.load(name, source, revision)


def _ask_delete(name: str) -> None:
    st.session_state["saved-deleting"] = name


def _delete(name: str) -> None:
    get_store().delete_matrix(name)
    for draft in st.session_state.get("editors", {}).values():
        draft.forget(name)
    _ask_delete("")
