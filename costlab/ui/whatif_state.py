"""Which desk is on the screen: the address says it, the session keeps it, and what happens on it goes back there."""

import streamlit as st

from costlab.errors import CostlabError
from costlab.fitted import Fitted
from costlab.judged_images import costliest_cell
from costlab.sources import Source, example_names, example_source
from costlab.store import Run
from costlab.ui import deciding
from costlab.ui.address import KEYS, complete, to_address
from costlab.ui.drafts import Cell
from costlab.ui.editing import saved_notes
from costlab.ui.session import runs_now
from costlab.ui.whatif_controls import follow
from costlab.ui.whatif_desk import Desk

CHOSEN = "whatif-source"
SCENARIO = ("matrix", *KEYS)


def desk_of(source: Source, fitted: Fitted) -> tuple[Desk, list[str]]:
    """The desk of a source, with what the address asks for on it; sentences for what means nothing.

    An address that says nothing of the scenario leaves the desk as it was left.
    """
    desks: dict[str, Desk] = st.session_state.setdefault("whatif-desks", {})
    desk, now = desks.get(source.key), _scenario_part()
    if desk is not None and (not now or now == desk.address):
        return desk, []
    scenario, base, told = deciding.scenario_asked(source)
    matrix = "" if deciding.base_of(source)[1] else now.get("matrix", "")
    fresh = desk is None
    if desk is None:
        desk = desks[source.key] = Desk.begin(scenario, base, matrix, saved_notes(matrix, base))
    else:
        desk.take(scenario, base, matrix, saved_notes(matrix, base))
    if (cell := _cell(st.query_params.get("cell", ""))) is not None:
        desk.select(cell)
    elif fresh:  # a first look at images is to find some
        desk.select(costliest_cell(desk.look(fitted).answer) or desk.cell)
    desk.address = now
    return desk, told


def write_address(source: Source, desk: Desk, mode: str) -> bool:
    """Let the address say what is on the screen; whether it can say all of it."""
    kind, _, name = source.key.partition(":")
    truth, decision = desk.cell
    wanted = {
        "matrix": desk.draft.sheet.matrix,
        "mode": "" if mode == "counts" else mode,
        "cell": f"{truth}.{decision}",
    }
    if not deciding.source_keys():
        wanted[kind] = name
    deciding.keep(desk.scenario, desk.base, **wanted)
    desk.address = _scenario_part()
    return complete(desk.scenario, desk.base)


def choose_source(source: Source, desk: Desk) -> None:
    """The menu of bundled examples and finished runs."""
    titles = {f"example:{name}": example_source(name).title for name in example_names()}
    titles |= {f"run:{run.id}": _title(run) for run in runs_now() if run.state == "succeeded" and run.test is not None}
    titles.setdefault(source.key, source.title)
    follow(CHOSEN, source.key)
    st.selectbox(
        "Whose decisions",
        list(titles),
        format_func=titles.__getitem__,
        key=CHOSEN,
        on_change=_go_to,
        args=(source, desk),
        width=420,
        help="A finished run, or results that came with costlab. Changing the prices trains nothing.",
    )


def _go_to(old: Source, desk: Desk) -> None:
    """Write the chosen source into the address; where its classes are the same, the scenario comes along."""
    key = str(st.session_state[CHOSEN])
    kind, _, name = key.partition(":")
    try:
        new = deciding.source_of(key)
    except CostlabError as error:
        st.session_state["whatif-told"] = [str(error)]
        return
    for each in deciding.ALL:
        st.query_params.pop(each, None)
    st.query_params[kind] = name
    known = st.session_state["whatif-desks"].get(key)
    if known is not None:
        st.query_params.update(known.address or {})
    elif new.predictions.classes == old.predictions.classes:
        if desk.draft.sheet.matrix:
            st.query_params["matrix"] = desk.draft.sheet.matrix
        st.query_params.update(to_address(desk.scenario, deciding.base_of(new)[0]))
    else:
        st.query_params.pop("cell", None)


def _title(run: Run) -> str:
    return f"{run.title} ({run.id[:4]})"


def _scenario_part() -> dict[str, str]:
    return {key: value for key, value in st.query_params.to_dict().items() if key in SCENARIO}


def _cell(text: str) -> Cell | None:
    truth, _, decision = text.partition(".")
    ok = all(part.isascii() and part.isdecimal() and len(part) < 6 for part in (truth, decision))
    return (int(truth), int(decision)) if ok else None
