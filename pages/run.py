"""One run: live while it is trained, and what its decisions cost in the end."""

import streamlit as st

from costlab.errors import NotFound
from costlab.ui import run_charts, run_parts, run_result
from costlab.ui.empty import nothing
from costlab.ui.live import live
from costlab.ui.places import RUNS, TRAIN
from costlab.ui.sentences import inert
from costlab.ui.session import history_now, run_now, runs_now


def watch(run_id: str, timed: bool) -> bool:
    """Paint the run as it stands; whether there is more to come. timed: whether it will be painted again by itself."""
    try:
        run = run_now(run_id)
    except NotFound:  # deleted while somebody watched
        return False
    history = history_now(run)
    above, below = st.container(), st.container()  # always both: a chart that changes its place loses its zoom
    with above:
        run_parts.state(run, history[-1].epoch if history else 0)
        waits = run_result.result(run, runs_now())
        run_parts.ending(run)
    with below:
        run_charts.charts(run, history)
    if waits and not timed:
        st.rerun()  # with the timer
    return run.active or waits


newest = runs_now()
if "id" not in st.query_params and newest:
    st.query_params["id"] = next((run.id for run in newest if run.active), newest[0].id)
run_id = st.query_params.get("id", "")
if not run_id:
    st.title("Run")
    nothing(
        "There is no run yet",
        "A run trains a small network on a data set and shows what its mistakes cost.",
        {"Train a run": TRAIN},
    )
    st.stop()
try:
    run = run_now(run_id)
except NotFound as error:
    st.title("Run")
    nothing("This run is not here", inert(str(error)), {"See all runs": RUNS, "Train a run": TRAIN})
    st.stop()
st.title(inert(run.title), anchor=False)
timed = run.active or run_result.comes(run, newest)
live("run", lambda: watch(run_id, timed), active=timed)
run_parts.details(run)
