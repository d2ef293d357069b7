"""Which matrix the visitor is editing: one draft for each data set and one for own classes, kept for the session.

`st.session_state["drafts"]` holds the valid matrix of each for the other pages. The address names the one on screen,
and the costs that differ from what is saved, so that a reload and a copied link keep them.
"""

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from costlab.costs import CostMatrix
from costlab.datasets import DATASETS
from costlab.errors import CostlabError, InvalidCosts, NotFound
from costlab.notes import Notes, moved_notes
from costlab.scenario import Scenario
from costlab.store import SavedMatrix
from costlab.ui.address import complete, from_address, to_address
from costlab.ui.drafts import Draft, Sheet, dearest
from costlab.ui.session import get_store

OWN = "own-classes"  # a hyphen, so that no data set can be called the same
CHOSEN = "costs-dataset"  # session key: the source whose matrix is on screen
EDITS = ("costs", "edit")  # in the address: costs that differ from what is saved
WRITTEN = "costs-written"  # session key: when this page wrote which addresses, the latest last
STALE = 3.0  # seconds
ADDRESS = ("dataset", "matrix", "revision", *EDITS)


def sources() -> list[str]:
    """What the classes can come from: every data set, and names of one's own."""
    return [*DATASETS, OWN]


def source_title(name: str) -> str:
    """How a source is called in the menu."""
    return "Own classes" if name == OWN else DATASETS[name].title


def draft_of(name: str) -> Draft:
    """The draft about a source, begun with its suggested costs."""
    drafts: dict[str, Draft] = st.session_state.setdefault("editors", {})
    if name not in drafts:
        cost = suggested(name)
        drafts[name] = Draft(Sheet.of(cost), selected=dearest(cost))
    return drafts[name]


def suggested(name: str) -> CostMatrix:
    """The costs that a source begins with."""
    if name == OWN:
        return CostMatrix.zero_one(("class A", "class B", "class C"))
    cost: CostMatrix = DATASETS[name].module.cost()
    return cost


def publish(name: str, draft: Draft) -> None:
    """Let the other pages see the valid matrix of a draft, and the address name it."""
    st.session_state.setdefault("drafts", {})[name] = draft.sheet.cost
    wanted = {"dataset": name} | (_said(name, draft.sheet) or {})
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    now = time.monotonic()
    written = [
        (when, said) for when, said in st.session_state.get(WRITTEN, []) if now - when < STALE and said != wanted
    ]
    st.session_state[WRITTEN] = [*written, (now, wanted)]


def _own(asked: dict[str, str]) -> bool:
    """Whether this page wrote that address, last or a moment ago: who types fast sends one that is already outdated."""
    written, now = st.session_state.get(WRITTEN, []), time.monotonic()
    return any(said == asked and (now - when < STALE or said is written[-1][1]) for when, said in written)


def in_address(name: str, sheet: Sheet) -> bool:
    """Whether the address can say all of a sheet; else what is not saved is lost when the page is loaded anew."""
    return _said(name, sheet) is not None and sheet.notes == sheet.stored_notes and not sheet.refused()


def _said(name: str, sheet: Sheet) -> dict[str, str] | None:
    """The saved matrix that a sheet began as, and the costs that differ; None where an address cannot say it."""
    base, cost = sheet.stored if sheet.matrix else suggested(name), sheet.cost
    if (base.classes, base.decisions, base.unit) != (cost.classes, cost.decisions, cost.unit):
        return None
    scenario = Scenario(cost)
    if not complete(scenario, base):
        return None
    matrix = {"matrix": sheet.matrix} if sheet.matrix else {}
    revision = {"revision": str(sheet.revision)} if sheet.matrix and sheet.revision else {}
    return matrix | revision | to_address(scenario, base)


def follow_address() -> list[str]:
    """Choose what the address asks for, unless this page wrote it there itself; sentences where it cannot be."""
    asked = {key: st.query_params[key] for key in ADDRESS if key in st.query_params}
    if CHOSEN not in st.session_state:
        st.session_state[CHOSEN] = "surface_defects" if "surface_defects" in DATASETS else sources()[0]
    if not asked or _own(asked):
        return []
    try:
        dataset = asked.get("dataset", "")
        if dataset:
            st.session_state[CHOSEN] = dataset if dataset == OWN else DATASETS[dataset].name
        told = load(asked["matrix"], dataset, _revision(asked)) if "matrix" in asked else []
        return [*told, *_edit(asked)]
    except CostlabError as error:
        return [str(error)]


def _revision(asked: Mapping[str, str]) -> int | None:
    text = asked.get("revision", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise NotFound(f"The saved matrix '{asked['matrix']:.80}' has no revision '{text:.20}'.")
    return int(text) if text else None


def _edit(asked: Mapping[str, str]) -> list[str]:
    """Make the changes that the address names, to the matrix on screen as it is saved; undo takes them back."""
    edits = {key: asked[key] for key in EDITS if key in asked}
    if not edits:
        return []
    name = st.session_state[CHOSEN]
    draft = draft_of(name)
    base = draft.sheet.stored if "matrix" in asked else suggested(name)
    scenario, told = from_address(edits, base)
    if not np.array_equal(scenario.cost.values, draft.sheet.cost.values):
        sheet = draft.sheet if draft.sheet.stored == base else Sheet.of(base)
        draft.change(sheet.with_cost(scenario.cost))
    return told


def load(matrix: str, dataset: str = "", revision: int | None = None) -> list[str]:
    """Put the saved matrix `matrix` on screen, for `dataset`, for a data set that it fits, or else as own classes.

    revision: an older one; none: the latest. Undo takes it back. Returns a sentence where it does not fit the data set
    that was asked for. Raises NotFound.
    """
    saved = get_store().matrix(matrix, revision)
    latest = get_store().matrix(matrix).revision == saved.revision
    cost, revision = saved.cost, 0 if latest else saved.revision
    home = dataset or next((name for name in [st.session_state[CHOSEN], *DATASETS] if fits(cost, name)), OWN)
    told = []
    if not fits(cost, home):
        told = [f"The classes of '{matrix}' are not those of '{home}', so it is shown with its own classes."]
        home = OWN
    st.session_state[CHOSEN] = home
    draft = draft_of(home)
    if (draft.sheet.matrix, draft.sheet.revision) != (matrix, revision):  # else it is here, perhaps with changes
        draft.change(saved_sheet(saved, for_source(cost, home), revision))
    return told


def saved_sheet(saved: SavedMatrix, cost: CostMatrix, revision: int = 0) -> Sheet:
    """The sheet of a saved matrix whose classes may now stand in the order of `cost`; its notes follow them.

    revision: its number where it is not the latest.
    """
    return Sheet.of(cost, saved.name, moved_notes(saved.notes, saved.cost, cost), revision)


def fits(cost: CostMatrix, name: str) -> bool:
    """Whether a matrix is about the classes of a source; own classes take any."""
    return name == OWN or (name in DATASETS and sorted(cost.classes) == sorted(DATASETS[name].module.CLASSES))


def for_source(cost: CostMatrix, name: str) -> CostMatrix:
    """The matrix with its classes in the order of a source. Raises InvalidCosts when they are others."""
    return cost if name == OWN else cost.for_classes(DATASETS[name].module.CLASSES)


def saved_notes(matrix: str, cost: CostMatrix) -> Notes:
    """The notes of the saved matrix of this name at the cells of `cost`; none where there is no such matrix."""
    try:
        saved = get_store().matrix(matrix) if matrix else None
    except NotFound:
        saved = None
    return moved_notes(saved.notes, saved.cost, cost) if saved else {}


def save(draft: Draft, name: str, comment: str, agreed_by: str = "") -> None:
    """Store the matrix of a draft with its notes. Raises InvalidCosts."""
    if draft.sheet.refused():
        raise InvalidCosts("A cell is not a cost yet; put it right, then save.")
    saved = get_store().save_matrix(name, draft.sheet.cost, comment, agreed_by, draft.sheet.notes)
    draft.saved(replace(draft.sheet.cost, name=saved.name), saved.name)
