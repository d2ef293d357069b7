"""All runs: their state, what their decisions cost; open, compare, cancel and delete them."""

import streamlit as st

from costlab.errors import CostlabError
from costlab.figures import runs_curves
from costlab.store import Run
from costlab.ui.empty import nothing
from costlab.ui.live import live
from costlab.ui.places import COMPARE, RUN, TRAIN, WHATIF
from costlab.ui.plot import plot
from costlab.ui.runs_table import MAX_COMPARED, chosen_runs
from costlab.ui.sentences import count, inert
from costlab.ui.session import forget_snapshots, get_store, history_now, runs_now


def each(runs: list[Run], deed: str) -> None:
    """Cancel or delete `runs`; one that has meanwhile gone its own way is left alone."""
    for run in runs:
        try:
            getattr(get_store(), deed)(run.id)
        except CostlabError as error:
            st.toast(inert(str(error)), icon=":material/info:")
    forget_snapshots()


def actions(chosen: list[Run]) -> None:
    """What can be done with the chosen runs."""
    active, ended = [run for run in chosen if run.active], [run for run in chosen if not run.active]
    with st.container(horizontal=True, vertical_alignment="center"):
        if not chosen:
            st.caption("Choose rows to open, compare, cancel or delete runs.")
        for run in chosen if len(chosen) == 1 else []:
            st.page_link(RUN, label="Open this run", icon=":material/monitoring:", query_params={"id": run.id})
        done = [run.id for run in chosen if run.state == "succeeded"]
        if len(done) == 1:
            st.page_link(WHATIF, label="What if", icon=":material/tune:", query_params={"run": done[0]})
        if done:
            label = "Compare what they cost" if len(done) > 1 else "Compare its rules"
            st.page_link(COMPARE, label=label, icon=":material/balance:", query_params={"run": ",".join(done)})
        if active:
            st.button(
                f"Cancel {count(len(active), 'run')}", icon=":material/close:", on_click=each, args=(active, "cancel")
            )
        if ended:
            with st.popover(f"Delete {count(len(ended), 'run')}", icon=":material/delete:"):
                st.markdown("This removes their results and files for good.")
                st.button("Delete for good", type="primary", on_click=each, args=(ended, "delete"))


def compare(chosen: list[Run]) -> None:
    """The curves of the chosen runs in one chart."""
    histories = [(run, history_now(run)) for run in chosen[:MAX_COMPARED]]
    drawn = [(f"{run.title} ({run.id[:4]})", history) for run, history in histories if history]
    if not drawn:
        return
    costs = [run.prepared.spec.cost for run, _ in histories if run.prepared and run.prepared.spec.cost]
    units = {cost.unit for cost in costs}
    st.subheader("Cost on validation images, by epoch", anchor=False)
    st.caption("Solid: deciding by least expected cost. Dotted: argmax.")
    if len({(cost.classes, cost.values.tobytes()) for cost in costs}) > 1:
        st.warning(
            "These runs paid by different cost matrices; their costs cannot be compared.", icon=":material/balance:"
        )
    if len(chosen) > MAX_COMPARED:
        st.caption(f"Only the first {MAX_COMPARED} runs are drawn.")
    figure = runs_curves.draw(drawn, units.pop() if len(units) == 1 else "")
    last = "; ".join(f"{title}: {history[-1].valid_least_expected_cost:.4g}" for title, history in drawn)
    plot(
        figure,
        key="compare",
        alt=f"Validation cost by epoch; at the last epoch, least expected cost: {last}.",
        height=420,
    )


def table() -> bool:
    """Paint everything; whether a run may still change."""
    runs = runs_now()
    chosen = chosen_runs(runs)
    actions(chosen)
    compare(chosen)
    return any(run.active for run in runs)


st.title("Runs", anchor=False)
if runs_now():
    live("runs", table, active=any(run.active for run in runs_now()))
else:
    nothing(
        "There are no runs yet",
        "Every training run is kept here with what its decisions cost, so that losses and seeds can be compared.",
        {"Train the first one": TRAIN},
    )
