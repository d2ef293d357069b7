"""Costs: say what each mistake costs, see what follows, keep the matrix under a name."""

import streamlit as st

from costlab.costs import ORIENTATION
from costlab.datasets import DATASETS
from costlab.errors import CostlabError
from costlab.ui import editing
from costlab.ui.cell import cell_panel, heat_twin
from costlab.ui.cost_menus import menus
from costlab.ui.drafts import Draft
from costlab.ui.grid import breadth, grid, say_refused
from costlab.ui.places import TRAIN
from costlab.ui.presets import with_classes
from costlab.ui.remarks import remarks, say_use
from costlab.ui.sentences import inert


def choose_source() -> str:
    """Where the classes come from: a data set, or names of one's own."""
    return str(
        st.selectbox(
            "Classes of",
            editing.sources(),
            format_func=editing.source_title,
            key=editing.CHOSEN,
            width=420,
            help="The classes that costs are about: those of a data set you can train on, or names of your own.",
        )
    )


def own_names(draft: Draft) -> None:
    """The names of own classes, one a line."""
    if "names-refused" not in st.session_state:
        st.session_state["names"] = "\n".join(draft.sheet.cost.classes)
    st.text_area(
        "Class names, one a line",
        key="names",
        height=120,
        max_chars=100_000,
        on_change=_rename,
        args=(draft,),
        width=420,
        help="Costs stay with their names. A new mistake costs 1.",
    )
    if refused := st.session_state.get("names-refused"):
        st.error(inert(f"{refused} The classes are as before."), icon=":material/error:")


def _rename(draft: Draft) -> None:
    names = [line.strip() for line in st.session_state["names"].splitlines() if line.strip()]
    st.session_state.pop("names-refused", None)
    try:
        draft.change(draft.sheet.with_cost(with_classes(draft.sheet.cost, names)))
    except CostlabError as error:
        st.session_state["names-refused"] = str(error)


def say_state(source: str, draft: Draft) -> None:
    """Whether the costs on screen are saved, and the cells that are not costs."""
    sheet = draft.sheet
    if sheet.unsaved:
        what = f" to '{sheet.matrix}'" if sheet.matrix else ""
        kept = "The address of this page holds them. Save gives them a name, for everybody."
        lost = kept if editing.in_address(source, sheet) else "Loading the page anew loses them. Save keeps them."
        st.badge(inert(f"Unsaved changes{what}"), icon=":material/edit:", color="orange", help=lost)
    elif sheet.revision:
        older = f"Revision {sheet.revision} of '{sheet.matrix}'"
        later = "There is a later one. Save adds this one anew."
        st.badge(inert(older), icon=":material/history:", color="gray", help=later)
    elif sheet.matrix:
        st.badge(inert(f"Saved as '{sheet.matrix}'"), icon=":material/check:", color="green")
    else:
        st.badge("Not changed yet", icon=":material/auto_awesome:", color="gray")


def onwards(source: str, draft: Draft) -> None:
    """The way to training with these costs."""
    if source == editing.OWN:
        st.caption("Own classes have no images. To train with costs, choose a data set above.")
        return
    if st.button("Train with these costs", icon=":material/play_circle:", type="primary", key="costs-train"):
        sheet = draft.sheet
        saved = sheet.matrix and not sheet.unsaved and not sheet.revision
        st.switch_page(TRAIN, query_params={"dataset": source} | ({"matrix": sheet.matrix} if saved else {}))


st.title("Costs")
st.markdown("Say what each mistake costs. Training and decisions follow from it.")
told = [*editing.follow_address(), *st.session_state.pop("costs-told", [])]
for sentence in told:
    st.warning(inert(sentence), icon=":material/info:")
with st.container(horizontal=True, vertical_alignment="bottom"):
    source = choose_source()
    draft = editing.draft_of(source)
    onwards(source, draft)
    say_state(source, draft)
if source == editing.OWN:
    own_names(draft)
else:
    st.caption(inert(DATASETS[source].description.split("\n\n")[0]))
menus(source, draft)
wide = breadth(draft.sheet.cost)
tracks, left, right = (2, 1, 1) if wide < 480 else (5, 3, 2) if wide < 600 else (1, 1, 1)
table = st.grid(tracks, min_column_width=150 if tracks == 5 else 440, gap="medium")
with table.cell(column_span=left):
    st.caption(
        f"**{ORIENTATION}** Type a cost and press Enter: .5, 1e-3, 1/3 and 1,5 mean what they say. "
        "Or paste a block from a spreadsheet with Ctrl+V."
    )
    grid(draft, source)
    say_refused(draft)
    below = st.container()
if tracks == 1:  # a wide grid has the page to itself, and what follows from it below
    table = st.grid(2, min_column_width=440, gap="medium")
    below = table.cell()
with table.cell(column_span=right):
    heat_twin(draft)  # first, for a click on it chooses the cell
with below:
    cell_panel(draft)
    say_use(draft)
    remarks(source, draft)  # last, for what stands above must not move while somebody types
editing.publish(source, draft)
