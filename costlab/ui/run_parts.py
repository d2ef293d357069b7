"""What a run's page shows beside its charts: its state, its result, its details, and what can be done with it."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from costlab.costs import CostMatrix
from costlab.home import run_folder
from costlab.specs import OPTIMISERS, Choice
from costlab.store import Run
from costlab.ui.places import RUN, RUNS, TRAIN, WHATIF
from costlab.ui.run_result import table
from costlab.ui.run_sentences import STATES, progress, waiting
from costlab.ui.sentences import duration, inert, number
from costlab.ui.session import forget_snapshots, get_store, runs_now, workers_now

LINES_SHOWN = 40  # of a failed run's log
DOWNLOAD = ":material/download:"
TABLE_UP_TO = 12  # classes of a cost matrix shown as a table


def state(run: Run, epoch: int) -> None:
    """What the run does right now, and what can be done about it; `epoch` epochs are done."""
    word, icon, colour = STATES[run.state]
    worker = any(each.alive for each in workers_now())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(word, icon=icon, color=colour)  # type: ignore[arg-type]
        if run.state == "queued":
            st.markdown(waiting(run, runs_now(), worker), width="content")
        elif run.active:
            st.markdown(progress(run, epoch, worker), width="content")
        elif run.prepared:
            words = f"{duration(run.seconds).capitalize()} of training on {inert(run.prepared.device_name)}"
            st.markdown(words, width="content")
        st.space("stretch")
        if run.active:
            label = "Cancelling…" if run.cancel_requested else "Cancel"
            st.button(label, on_click=_cancel, args=(run.id,), disabled=run.cancel_requested, icon=":material/close:")
        else:
            if run.state == "succeeded":
                _link(WHATIF, "Change the prices", ":material/price_change:", run=run.id)
            _link(RUNS, "Compare", ":material/compare_arrows:", compare=run.id)
            _link(TRAIN, "Train again with changes", ":material/tune:", dataset=run.spec.dataset.name)
    for note in run.prepared.notes if run.prepared else []:
        st.info(inert(note), icon=":material/info:")
    if run.state in ("starting", "running"):
        st.progress(run.fraction)


def _cancel(run_id: str) -> None:
    get_store().cancel(run_id)
    forget_snapshots()


def ending(run: Run) -> None:
    """Why a run did not end well, and how to try again."""
    if run.active or run.state == "succeeded":
        return
    if run.state == "failed":
        st.error(f"**This run failed.** {inert(run.reason) or 'No reason is known.'}", icon=":material/error:")
        if run.log.strip():
            with st.expander("The last lines it wrote", icon=":material/notes:"):
                st.code("\n".join(run.log.strip().splitlines()[-LINES_SHOWN:]), language=None, wrap_lines=True)
    else:
        st.info("This run was cancelled. What it had learned by then is shown below.", icon=":material/block:")
    if st.button("Run again", type="primary", icon=":material/replay:"):
        again = get_store().add(run.spec)
        forget_snapshots()
        st.switch_page(RUN, query_params={"id": again})


def _link(page: Path, label: str, icon: str, **query: str) -> None:
    st.page_link(page, label=label, icon=icon, query_params=query)


def details(run: Run) -> None:
    """The whole description of the run, its machine, its cost matrix, and its files."""
    with st.expander("Details and downloads", icon=":material/description:"):
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown(
                "\n".join(["| | |", "|---|---|", *(f"| {name} | {inert(text)} |" for name, text in _facts(run))])
            )
        with right:
            cost = run.prepared.spec.cost if run.prepared else run.spec.cost
            if cost is None:
                st.caption("The cost matrix is the data set's own suggestion.")
            else:
                _matrix(cost)
            _downloads(run, cost)


def _facts(run: Run) -> list[tuple[str, str]]:
    spec, made = (run.prepared.spec if run.prepared else run.spec), run.prepared
    facts = [
        ("Data set", _choice(spec.dataset)),
        ("Model", _choice(spec.model) + (f", {number(made.parameters)} parameters" if made else "")),
        ("Loss", _choice(spec.loss)),
        ("Epochs", f"{spec.epochs}, {spec.batch_size or 'suitably many'} images a step"),
        ("Optimiser", OPTIMISERS[spec.optimiser]),
        ("Learning rate, weight decay", f"{number(spec.learning_rate)}, {number(spec.weight_decay)}"),
        ("Images shifted and turned a little", "yes" if spec.augment else "no"),
        ("Seed", str(spec.seed)),
        ("Number format, CPU threads", f"{spec.precision}, {spec.threads or 'one or two'}"),
    ]
    if made:
        sizes = ", ".join(f"{number(size)} {part}" for part, size in made.sizes.items())
        facts += [("Images", sizes), ("Device", f"{made.device_name} ({made.device})"), ("PyTorch", made.torch)]
    return [*facts, ("Training time", duration(run.seconds))]


def _choice(choice: Choice) -> str:
    options = ", ".join(f"{name} {value}" for name, value in choice.options.items())
    return f"{choice.name} ({options})" if options else str(choice.name)


def _matrix(cost: CostMatrix) -> None:
    """A small matrix as a table of text; it needs none of the megabyte that a data frame makes the browser load."""
    unit = f" in {inert(cost.unit)}" if cost.unit else ""
    st.markdown(f"**Costs{unit}** {inert(cost.name)}")
    if len(cost.decisions) > TABLE_UP_TO:
        st.caption(f"{len(cost.classes)} classes: download the table to read it.")
        return
    table(
        ["truth \\\\ decision", *map(inert, cost.decisions)],
        [
            [inert(truth), *(inert(number(value)) for value in row)]
            for truth, row in zip(cost.classes, cost.values.tolist(), strict=True)
        ],
    )


def _downloads(run: Run, cost: CostMatrix | None) -> None:
    with st.container(horizontal=True):
        if cost is not None:
            table = replace(cost, name="").to_csv()
            st.download_button(
                "Costs (CSV)", table, f"costs-{run.id}.csv", "text/csv", on_click="ignore", icon=DOWNLOAD
            )
        for name, label in (
            ("run.json", "Run (JSON)"),
            ("predictions.npz", "Predictions (NPZ)"),
            ("model.safetensors", "Model (safetensors)"),
        ):
            path = run_folder(run.id) / name
            if path.is_file():
                stem, _, kind = name.partition(".")
                st.download_button(label, path.read_bytes, f"{stem}-{run.id}.{kind}", on_click="ignore", icon=DOWNLOAD)
    if run.state == "succeeded" and not (run_folder(run.id) / "run.json").is_file():
        st.caption("The files of this run lie on the machine that trained it.")
