"""Train: choose data set, costs, model, losses and seeds, and queue one run for each loss and seed."""

from time import monotonic

import streamlit as st

from costlab.catalogue import Catalogue
from costlab.errors import CostlabError
from costlab.ui import train_form
from costlab.ui.cell import still_twin
from costlab.ui.empty import nothing
from costlab.ui.live import live
from costlab.ui.places import COSTS, RUN
from costlab.ui.plan import Plan
from costlab.ui.queue import queue
from costlab.ui.sentences import inert
from costlab.ui.session import forget_snapshots, get_store, runs_now, workers_now

DOUBLE_CLICK = 1.5  # seconds
ADDRESS = "train-address"  # session key: what this page last wrote into the address


def wait_for_catalogue() -> None:
    """What is shown before a worker has said what it can train."""

    def look() -> bool:
        return get_store().catalogue() is None

    if any(worker.alive for worker in workers_now()):
        with st.container(border=True):
            st.markdown("**The worker is warming up.** This takes some seconds after a start.")
            st.caption("It loads its training library and times this machine. The form appears by itself.")
            st.skeleton(height=220)
    else:
        nothing(
            "No worker has started yet",
            "A worker trains the runs and tells this page what it can train. It starts with the app; to start one by "
            "itself, type `costlab worker` where the app is installed. This page goes on by itself.",
            {"Look at the costs meanwhile": COSTS},
        )
    live("train-wait", look, active=True)


def follow_address(catalogue: Catalogue) -> list[str]:
    """Take data set and matrix from the address, unless this page wrote it there itself."""
    train_form.begin(catalogue)
    asked = {key: st.query_params[key] for key in ("dataset", "matrix") if key in st.query_params}
    if not asked or asked == st.session_state.get(ADDRESS):
        return []
    told = []
    known = {entry.name: entry for entry in catalogue.datasets}
    if "dataset" in asked and asked["dataset"] not in known:
        told.append(f"The worker knows no data set named '{asked['dataset'][:80]}'; choose one below.")
    elif "dataset" in asked:
        st.session_state[train_form.DATASET] = asked["dataset"]
        st.session_state.pop(train_form.COST, None)
    entry = known[st.session_state[train_form.DATASET]]
    wanted = train_form.SAVED + asked.get("matrix", "")
    if "matrix" in asked and wanted in train_form.cost_offers(entry):
        st.session_state[train_form.COST] = wanted
    elif "matrix" in asked:
        told.append(f"There is no saved matrix '{asked['matrix'][:80]}' for this data set; choose another below.")
    return told


def write_address(plan: Plan) -> None:
    """Let the address name the data set and the saved matrix, so that it can be shared."""
    chosen = st.session_state[train_form.COST]
    wanted = {"dataset": plan.dataset.name}
    if chosen.startswith(train_form.SAVED):
        wanted["matrix"] = chosen.removeprefix(train_form.SAVED)
    st.session_state[ADDRESS] = dict(wanted)
    if group := st.query_params.get("group"):
        wanted["group"] = group
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def start(plan: Plan) -> None:
    """Queue the runs of the plan; the second click of a double click adds nothing."""
    last, st.session_state["train-last"] = st.session_state.get("train-last"), (plan, monotonic())
    if last and last[0] == plan and monotonic() - last[1] < DOUBLE_CLICK:
        return
    try:
        ids = get_store().add_many(plan.specs())
        st.query_params["group"] = get_store().run(ids[0]).group
        st.session_state["train-first"] = ids[0]
    except CostlabError as error:
        st.session_state["train-refused"] = str(error)
    forget_snapshots()


def card(plan: Plan, told: list[str], catalogue: Catalogue) -> None:
    """What is about to start, the button that starts it, and what came of it."""
    alive = [worker for worker in workers_now() if worker.alive]
    slots = sum(len(worker.slots) for worker in alive)
    entry = next(entry for entry in catalogue.datasets if entry.name == plan.dataset.name)
    with st.container(border=True):
        still_twin(plan.cost or entry.cost)
        if plan.size:
            with st.container(key="train-plan"):
                st.subheader(inert(plan.sentence(catalogue, slots, runs_now())), anchor=False)
        refused = st.session_state.pop("train-refused", "")
        for sentence in [*told, refused] if refused else told:
            st.error(inert(sentence), icon=":material/error:")
        if not alive:
            st.warning(
                "No worker is running, so runs wait. Start one with `costlab worker`, or start the app again.",
                icon=":material/cloud_off:",
            )
        label = f"Start {plan.size} runs" if plan.size > 1 else "Start the run"
        st.button(label, key="train-start", type="primary", icon=":material/play_arrow:", on_click=start, args=(plan,),
                  disabled=bool(told), width="stretch")  # fmt: skip
        if first := st.session_state.get("train-first"):
            st.page_link(RUN, label="Watch the first run", icon=":material/monitoring:", query_params={"id": first})
    queue(st.query_params.get("group", ""))


st.title("Train", anchor=False)
st.markdown("One run for each loss and seed, on the same images, judged by the same costs.")
catalogue = get_store().catalogue()
if catalogue is None:
    wait_for_catalogue()
    st.stop()
for sentence in follow_address(catalogue):
    st.warning(inert(sentence), icon=":material/info:")
page = st.grid(5, min_column_width=150, gap="medium")
with page.cell(column_span=3):
    answers = train_form.ask(catalogue)
with page.cell(column_span=2):
    card(answers.plan, answers.told, catalogue)
write_address(answers.plan)
train_form.show_samples(answers.plan.dataset.name, answers.room)
