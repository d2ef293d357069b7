"""Which matrix the visitor is editing: one draft for each data set and one for own classes, kept for the session.

`st.session_state["drafts"]` holds the valid matrix of each for the other pages; the address names the one on screen.
"""

from dataclasses import replace

import streamlit as st

from costlab.costs import CostMatrix
from costlab.datasets import DATASETS
from costlab.errors import CostlabError, InvalidCosts
from costlab.ui.drafts import Draft, Sheet, dearest
from costlab.ui.session import get_store

OWN = "own-classes"  # a hyphen, so that no data set can be called the same
CHOSEN = "costs-dataset"  # session key: the source whose matrix is on screen


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
    wanted = {"dataset": name}
    if draft.sheet.matrix and not draft.sheet.unsaved:
        wanted["matrix"] = draft.sheet.matrix
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    st.session_state["costs-address"] = wanted


def follow_address() -> list[str]:
    """Choose what the address asks for, unless this page wrote it there itself; sentences where it cannot be."""
    asked = {key: st.query_params[key] for key in ("dataset", "matrix") if key in st.query_params}
    if CHOSEN not in st.session_state:
        st.session_state[CHOSEN] = "surface_defects" if "surface_defects" in DATASETS else sources()[0]
    if not asked or asked == st.session_state.get("costs-address"):
        return []
    try:
        dataset = asked.get("dataset", "")
        if dataset:
            st.session_state[CHOSEN] = dataset if dataset == OWN else DATASETS[dataset].name
        return load(asked["matrix"], dataset) if "matrix" in asked else []
    except CostlabError as error:
        return [str(error)]


def load(matrix: str, dataset: str = "") -> list[str]:
    """Put the saved matrix `matrix` on screen, for `dataset`, for a data set that it fits, or else as own classes.

    Undo takes it back. Returns a sentence where it does not fit the data set that was asked for. Raises NotFound.
    """
    cost = get_store().matrix(matrix).cost
    home = dataset or next((name for name in [st.session_state[CHOSEN], *DATASETS] if fits(cost, name)), OWN)
    told = []
    if not fits(cost, home):
        told = [f"The classes of '{matrix}' are not those of '{home}', so it is shown with its own classes."]
        home = OWN
    st.session_state[CHOSEN] = home
    draft = draft_of(home)
    if draft.sheet.matrix != matrix:  # else it is here already, perhaps with changes that are not saved
        draft.change(Sheet.of(for_source(cost, home), matrix))
    return told


def fits(cost: CostMatrix, name: str) -> bool:
    """Whether a matrix is about the classes of a source; own classes take any."""
    return name == OWN or (name in DATASETS and sorted(cost.classes) == sorted(DATASETS[name].module.CLASSES))


def for_source(cost: CostMatrix, name: str) -> CostMatrix:
    """The matrix with its classes in the order of a source. Raises InvalidCosts when they are others."""
    return cost if name == OWN else cost.for_classes(DATASETS[name].module.CLASSES)


def save(draft: Draft, name: str, comment: str) -> None:
    """Store the matrix of a draft. Raises InvalidCosts."""
    if draft.sheet.refused():
        raise InvalidCosts("A cell is not a cost yet; put it right, then save.")
    saved = get_store().save_matrix(name, draft.sheet.cost, comment)
    draft.saved(replace(draft.sheet.cost, name=saved.name), saved.name)
