"""The table of all runs: what it holds, and which rows are chosen."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite

import pandas as pd
import streamlit as st

from costlab.store import Run
from costlab.ui.run_sentences import STATES

MAX_COMPARED = 7  # runs whose curves can still be told apart


def frame(runs: Sequence[Run]) -> pd.DataFrame:
    """One row a run; costs are numbers, so that they sort, with their unit beside them."""
    return pd.DataFrame(
        {
            "State": [_state(run) for run in runs],
            "Loss": [run.spec.loss.name for run in runs],
            "Data set": [run.spec.dataset.name for run in runs],
            "Seed": [run.spec.seed for run in runs],
            "Costs": [_cost_name(run) for run in runs],
            "Argmax": [run.test.argmax.mean_cost if run.test else None for run in runs],
            "Least expected cost": [run.test.least_expected_cost.mean_cost if run.test else None for run in runs],
            "Unit": [_unit(run) for run in runs],
            "Of best constant": [_of_constant(run) for run in runs],
            "Training": [run.seconds or None for run in runs],
            "Started": [datetime.fromtimestamp(run.started) if run.started else None for run in runs],
        }
    )


COLUMNS = {
    "Argmax": st.column_config.NumberColumn(
        format="%.4g", help="Mean cost of a test image when the most probable class is chosen."
    ),
    "Least expected cost": st.column_config.NumberColumn(
        format="%.4g", help="Mean cost of a test image when the decision of least expected cost is chosen."
    ),
    "Of best constant": st.column_config.NumberColumn(
        format="%.0f %%",
        help="Least expected cost over what the best decision without looking costs. Below 100 %, looking paid.",
    ),
    "Training": st.column_config.NumberColumn(format="%.1f s", help="Training time, without loading."),
    "Started": st.column_config.DatetimeColumn(format="D MMM, HH:mm:ss"),
}


def chosen_runs(runs: Sequence[Run]) -> list[Run]:
    """Show the table; the runs that are chosen in it. They stand in the URL as `compare`, so a reload keeps them."""
    wanted = st.query_params.get("compare", "").split(",")
    ids = [run.id for run in runs]
    marked = [row for row, id in enumerate(ids) if id in wanted]
    # Rows are chosen by position: another list of runs is another table, which begins with the same runs chosen.
    event = st.dataframe(
        frame(runs),
        column_config=COLUMNS,
        hide_index=True,
        key=f"runs-{hash(tuple(ids))}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": marked}},
        placeholder="",
        height="content" if len(runs) <= 12 else 460,
        alt=f"Table of {len(runs)} runs with their state and what their decisions cost.",
    )
    rows = [row for row in event.selection.rows if row < len(runs)]
    chosen = ",".join(ids[row] for row in rows)
    if chosen != st.query_params.get("compare", ""):
        if chosen:
            st.query_params["compare"] = chosen
        else:
            st.query_params.pop("compare", None)
    return [runs[row] for row in rows]


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
