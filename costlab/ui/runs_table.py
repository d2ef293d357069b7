"""The table of all runs: what it holds, and which rows are chosen."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite

import streamlit as st

from costlab.store import Run
from costlab.ui.run_sentences import STATES
from costlab.ui.tables import Column, choose_rows

MAX_COMPARED = 7  # runs whose curves can still be told apart


def columns(runs: Sequence[Run]) -> dict[str, Column]:
    """One row a run; costs are numbers, so that they sort, with their unit beside them."""
    return {
        "State": Column([_state(run) for run in runs]),
        "Loss": Column([run.spec.loss.name for run in runs]),
        "Data set": Column([run.spec.dataset.name for run in runs]),
        "Seed": Column([run.spec.seed for run in runs], str),
        "Costs": Column([_cost_name(run) for run in runs]),
        "Argmax": Column(
            [run.test.argmax.mean_cost if run.test else None for run in runs],
            help="Mean cost of a test image when the most probable class is chosen.",
        ),
        "Least expected cost": Column(
            [run.test.least_expected_cost.mean_cost if run.test else None for run in runs],
            help="Mean cost of a test image when the decision of least expected cost is chosen.",
        ),
        "Unit": Column([_unit(run) for run in runs]),
        "Of best constant": Column(
            [_of_constant(run) for run in runs],
            "{:.0f}\u2009%".format,
            "Least expected cost over what the best decision without looking costs. Below 100 %, looking paid.",
        ),
        "Training": Column(
            [run.seconds or None for run in runs], "{:.1f}\u2009s".format, "Training time, without loading."
        ),
        "Started": Column([_started(run) for run in runs], _moment),
    }


def chosen_runs(runs: Sequence[Run]) -> list[Run]:
    """Show the table; the runs that are chosen in it. They stand in the URL as `compare`, so a reload keeps them."""
    asked = st.query_params.get("compare", "")
    chosen = choose_rows(
        "runs",
        f"Table of {len(runs)} runs with their state and what their decisions cost.",
        columns(runs),
        {run.id: run.title for run in runs},
        asked.split(","),
        "runs.csv",
    )
    if asked != ",".join(chosen):
        if chosen:
            st.query_params["compare"] = ",".join(chosen)
        else:
            st.query_params.pop("compare", None)
    return [run for run in runs if run.id in chosen]


def _state(run: Run) -> str:
    word = STATES[run.state][0]
    if run.cancel_requested and run.active:
        return "Cancelling"
    return f"{word}, {run.fraction:.0%}" if run.state == "running" else word


def _of_constant(run: Run) -> float | None:
    """Percent; nothing where the best constant decision is free."""
    if run.test is None or not isfinite(run.test.least_expected_cost.normalised_cost):
        return None
    return 100 * run.test.least_expected_cost.normalised_cost


def _cost_name(run: Run) -> str:
    cost = run.prepared.spec.cost if run.prepared else run.spec.cost
    return cost.name if cost else "suggested"


def _unit(run: Run) -> str:
    return run.prepared.spec.cost.unit if run.prepared and run.prepared.spec.cost else ""


def _started(run: Run) -> str | None:
    return datetime.fromtimestamp(run.started).isoformat(" ", "seconds") if run.started else None


def _moment(text: str) -> str:
    """A moment to be read.

    >>> _moment("2026-11-02 08:15:00")
    '2 Nov, 08:15:00'
    """
    at = datetime.fromisoformat(text)
    return f"{at.day} {at:%b, %H:%M:%S}"
