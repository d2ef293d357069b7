"""What was started and what waits, under the Start button: one line a run, live for as long as something happens."""

from collections.abc import Sequence

import streamlit as st

from costlab.errors import CostlabError
from costlab.store import Run
from costlab.ui.live import live
from costlab.ui.places import RUN, RUNS
from costlab.ui.run_sentences import STATES
from costlab.ui.sentences import amount, count, inert
from costlab.ui.session import forget_snapshots, get_store, runs_now

LISTED = 12  # runs shown at once


def queue(group: str) -> None:
    """The runs of `group` (those that this visitor started last) and all others that are still to do."""
    live("train-queue", lambda: _draw(group), active=any(run.active for run in _chosen(group)))


def _chosen(group: str) -> list[Run]:
    """The runs to show: this group's in the order they start, then others that are active."""
    runs = runs_now()[::-1]  # the store gives the newest first
    mine = [run for run in runs if group and run.group == group]
    return mine + [run for run in runs if run.active and run not in mine]


def _draw(group: str) -> bool:
    runs = _chosen(group)
    mine = [run for run in runs if group and run.group == group]
    others = [run for run in runs if run not in mine]
    if mine:
        _head(mine)
        _lines(mine)
    if others:
        st.markdown(f"**{'Other runs' if mine else 'Runs'} in the queue**")
        _lines(others)
    return any(run.active for run in runs)


def _head(mine: Sequence[Run]) -> None:
    active = [run for run in mine if run.active]
    done = len(mine) - len(active)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{done} of {count(len(mine), 'run')} ended**" if active else f"**{count(len(mine), 'run')} ended**"
        )
        if len(active) > 1:
            label = f"Cancel all {len(active)} of these"
            st.button(
                label, key="cancel-all", icon=":material/close:", on_click=_cancel, args=([r.id for r in active],)
            )
        if len(mine) > 1:
            st.page_link(RUNS, label="Compare them", icon=":material/table_rows:",
                         query_params={"compare": ",".join(run.id for run in mine[:7])})  # fmt: skip


def _lines(runs: Sequence[Run]) -> None:
    """One line a run: those at work first."""
    order = sorted(runs, key=lambda run: (run.state not in ("running", "starting"), not run.active))
    for run in order[:LISTED]:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            word, icon, colour = STATES[run.state]
            share = f" {run.fraction:.0%}" if run.state == "running" else ""
            st.badge("Cancelling" if run.active and run.cancel_requested else f"{word}{share}", icon=icon, color=colour)  # type: ignore[arg-type]
            st.page_link(RUN, label=inert(run.title), query_params={"id": run.id})
            if run.active:
                st.button("Cancel", key=f"cancel-{run.id}", type="tertiary", icon=":material/close:", on_click=_cancel,
                          args=([run.id],), disabled=run.cancel_requested)  # fmt: skip
            elif run.test is not None:
                unit = run.prepared.spec.cost.unit if run.prepared and run.prepared.spec.cost else ""
                st.caption(inert(f"{amount(run.test.least_expected_cost.mean_cost, unit)} an image"))
            elif run.reason:
                st.caption(inert(run.reason))
    if len(runs) > LISTED:
        st.caption(f"and {len(runs) - LISTED} more.")


def _cancel(ids: Sequence[str]) -> None:
    for id in ids:
        try:
            get_store().cancel(id)
        except CostlabError as error:  # it ended or was deleted meanwhile
            st.toast(inert(str(error)), icon=":material/info:")
    forget_snapshots()
