"""The menus above the grid: start from a preset, adjust, import, export, save, and the saved matrices.

Each is drawn only while it is open, and closes when it has done its work. What a menu refuses is said inside it.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

import streamlit as st

from costlab.cost_files import MAX_BYTES
from costlab.costs import CostMatrix
from costlab.doctor import within_bounds
from costlab.errors import CostlabError, InvalidCosts, InvalidFile
from costlab.numbers import parse_number
from costlab.ui import editing, forms
from costlab.ui.drafts import Draft, Sheet, edited_name
from costlab.ui.presets import PRESETS, scaled, start_from, without_decision
from costlab.ui.sentences import ago, count, inert
from costlab.ui.session import get_store

MENU_WIDTH = 360  # pixels


def menus(source: str, draft: Draft) -> None:
    """Draw the row of menus for a draft."""
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Undo", icon=":material/undo:", on_click=draft.undo, disabled=not draft.past, key="costs-undo")
        st.button("Redo", icon=":material/redo:", on_click=draft.redo, disabled=not draft.future, key="costs-redo")
        _menu("Start from", ":material/grid_view:", "start", partial(_start, source, draft))
        _menu("Adjust", ":material/tune:", "adjust", partial(_adjust, draft))
        _menu("Import", ":material/upload:", "import", partial(_import, source, draft))
        _menu("Export", ":material/download:", "export", partial(_export, draft))
        _menu("Save", ":material/save:", "save", partial(_save, draft))
        _menu("Saved", ":material/folder_open:", "saved", partial(_saved, source))


def _menu(label: str, icon: str, name: str, draw: Callable[[], None]) -> None:
    key = f"menu-{name}"
    menu = st.popover(label, icon=icon, key=key, on_change=partial(_forget, name))
    if menu.open:
        with menu, st.container(width=MENU_WIDTH):
            draw()
            if refused := st.session_state.get(f"refused-{name}"):
                st.error(inert(refused), icon=":material/error:")


def _forget(name: str) -> None:
    st.session_state.pop(f"refused-{name}", None)


def _do(name: str, work: Callable[[], object]) -> None:
    """Do the work of a menu and close it, or keep it open with the sentence that says why not."""
    _forget(name)
    try:
        work()
        st.session_state[f"menu-{name}"] = False
    except CostlabError as error:
        st.session_state[f"refused-{name}"] = str(error)


def _button(label: str, menu: str, work: Callable[[], object], primary: bool = False, disabled: bool = False) -> None:
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    st.button(label, key=f"{menu}-{label}", on_click=_do, args=(menu, work), type=kind, disabled=disabled)


def _start(source: str, draft: Draft) -> None:
    cost = draft.sheet.cost
    titles = {name: preset.title for name, preset in PRESETS.items()}
    chosen = st.selectbox("Start from", titles, format_func=titles.__getitem__, key="preset", persist_state="session")
    st.caption(PRESETS[chosen].help)
    schema = PRESETS[chosen].options(cost.classes)
    answers = forms.draw(schema, f"preset-{chosen}-{'|'.join(cost.classes):.2000}")
    refused = forms.problems(schema, answers)
    for sentence in refused:
        st.error(inert(sentence))
    with st.container(horizontal=True):
        work = partial(_change, draft, lambda old: start_from(chosen, old, answers))
        _button("Replace the costs", "start", work, primary=True, disabled=bool(refused))
        if source != editing.OWN:
            back = partial(_back, source, draft)
            _button("Back to the suggested costs", "start", back)
    st.caption("The unit and extra decisions stay. Undo brings the old costs back.")


def _back(source: str, draft: Draft) -> None:
    draft.change(Sheet.of(editing.suggested(source)))


def _change(draft: Draft, make: Callable[[CostMatrix], CostMatrix]) -> None:
    cost = make(draft.sheet.cost)
    draft.change(draft.sheet.with_cost(replace(cost, name=edited_name(cost.name))))


def _adjust(draft: Draft) -> None:
    cost = draft.sheet.cost
    unit = st.text_input("Unit", cost.unit, max_chars=80, placeholder="EUR, minutes, points", key=f"unit-{cost.unit}")
    _button("Set the unit", "adjust", partial(_change, draft, lambda old: replace(old, unit=unit.strip())))
    factor = st.text_input(
        "Multiply every cost by", "10", max_chars=40, key="factor", help="Which decision is best stays."
    )
    _button("Multiply", "adjust", partial(_change, draft, lambda old: scaled(old, _number("factor", factor))))
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
    _button("Add the decision", "adjust", add)
    if extras := cost.decisions[len(cost.classes) :]:
        gone = st.selectbox("Remove an extra decision", extras, key="extra-gone")
        _button("Remove it", "adjust", partial(_change, draft, lambda old: without_decision(old, gone)))


def _number(what: str, text: str) -> float:
    try:
        return within_bounds(parse_number(text))
    except ValueError as error:
        raise InvalidCosts(f"The {what}: {error}.") from error


def _import(source: str, draft: Draft) -> None:
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
        cost = _read(file.name, file.getvalue())
    except CostlabError as error:
        st.error(inert(str(error)), icon=":material/error:")
        return
    extras = len(cost.decisions) - len(cost.classes)
    st.text(
        f"{file.name}: {count(len(cost.classes), 'class', 'classes')}"
        + (f", {count(extras, 'extra decision')}" if extras else "")
        + (f", in {cost.unit}" if cost.unit else "")
    )
    if editing.fits(cost, source):
        _button("Use these costs", "import", partial(_take_over, source, draft, cost), primary=True)
        return
    st.warning("The file is about other classes than the data set, so it cannot be used for training on it.")
    own = editing.draft_of(editing.OWN)
    _button("Open it with its own classes", "import", partial(_take_over, editing.OWN, own, cost), primary=True)


@st.cache_resource(show_spinner=False, max_entries=8)
def _read(name: str, content: bytes) -> CostMatrix:
    """The matrix in a file, which is read once however often the page runs. Raises InvalidFile or InvalidCosts."""
    stem = name.rpartition(".")[0][:80]
    if name.lower().endswith(".json"):
        cost = CostMatrix.from_json(content)
        return cost if cost.name else replace(cost, name=stem)
    return CostMatrix.from_csv(content, name=stem)


def _take_over(source: str, draft: Draft, cost: CostMatrix) -> None:
    draft.change(replace(draft.sheet.with_cost(editing.for_source(cost, source)), matrix=""))
    st.session_state[editing.CHOSEN] = source


def _export(draft: Draft) -> None:
    cost = draft.sheet.cost
    stem = re.sub(r"[^\w-]+", "-", cost.name).strip("-") or "costs"
    st.download_button(
        "CSV, for a spreadsheet", cost.to_csv, f"{stem}.csv", "text/csv", on_click="ignore", icon=":material/table:"
    )
    st.download_button(
        "JSON, exact",
        cost.to_json,
        f"{stem}.json",
        "application/json",
        on_click="ignore",
        icon=":material/data_object:",
    )
    st.caption("Rows are the truth, columns the decision; the file says so too.")
    if draft.sheet.refused():
        st.caption("A cell that is not a cost yet goes out with its last valid cost.")


def _save(draft: Draft) -> None:
    sheet = draft.sheet
    name = st.text_input("Name", sheet.matrix, max_chars=80, key=f"save-name-{sheet.matrix}").strip()
    comment = st.text_input("Comment", max_chars=500, key="save-comment", help="Where the prices come from, say.")
    known = {saved.name: saved for saved in get_store().matrices()}
    if name in known:
        st.caption(
            f"There is a matrix of this name, revision {known[name].revision}, saved {ago(known[name].saved)}. "
            "Saving adds a revision; the older ones are kept."
        )
    refused = sheet.refused()
    if refused:
        st.error(inert(f"{refused[0].sentence} Put it right, then save."))
    save = partial(editing.save, draft, name, comment)
    _button("Save a new revision" if name in known else "Save", "save", save, primary=True, disabled=bool(refused))


def _saved(source: str) -> None:
    known = {saved.name: saved for saved in get_store().matrices()}
    if not known:
        st.caption("Nothing is saved yet. Give your costs a name with Save, and they are here for every visitor.")
        return
    fitting = [name for name, saved in known.items() if editing.fits(saved.cost, source)]
    names = fitting + [name for name in known if name not in fitting]
    chosen = st.selectbox("Saved matrices", names, key="saved-name")
    saved = known[chosen]
    about = count(len(saved.cost.classes), "class", "classes") + (f", in {saved.cost.unit}" if saved.cost.unit else "")
    st.text(
        f"{about}. Revision {saved.revision}, saved {ago(saved.saved)}."
        + (f"\n{saved.comment}" if saved.comment else "")
    )
    if chosen not in fitting:
        st.caption("Its classes are not those on screen; it opens where they fit.")
    with st.container(horizontal=True):
        _button("Open", "saved", partial(_open, chosen, source if chosen in fitting else ""), primary=True)
        st.button("Delete…", key="saved-delete", on_click=_ask_delete, args=(chosen,))
    if st.session_state.get("saved-deleting") == chosen:
        st.warning(f"Delete this matrix with {count(saved.revision, 'revision')}? Runs that used it keep their copy.")
        with st.container(horizontal=True):
            _button("Delete it for good", "saved", partial(_delete, chosen))
            st.button("Keep it", key="saved-keep", on_click=_ask_delete, args=("",))


def _open(name: str, source: str) -> None:
    st.session_state["costs-told"] = editing.load(name, source)


def _ask_delete(name: str) -> None:
    st.session_state["saved-deleting"] = name


def _delete(name: str) -> None:
    get_store().delete_matrix(name)
    for draft in st.session_state.get("editors", {}).values():
        draft.forget(name)
    _ask_delete("")
