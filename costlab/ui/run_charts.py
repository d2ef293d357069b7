"""The two charts of a run's page: its confusion matrix, at any epoch and in five modes, and its curves."""

from collections.abc import Collection, Iterable
from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from costlab.costs import ORIENTATION, CostMatrix
from costlab.figures import confusion_heatmap, learning_curves
from costlab.metrics import ShareMode, best_constant, confusion_share
from costlab.records import Confusion, ConstantResult, Epoch
from costlab.store import Run
from costlab.ui.epochs import epoch_slider
from costlab.ui.places import WHATIF
from costlab.ui.plot import plot, take_click
from costlab.ui.run_sentences import MODES, cell_words
from costlab.ui.sentences import amount, inert, number

PARTS = {
    "valid": "Validation, argmax",
    "test": "Test, argmax",
    "test-cost": "Test, least expected cost",
}
# What if begins with calibrated probabilities; these charts know none, so a link to the same images must say so.
RULES_OF = {"test": {"rule": "argmax", "calibration": "none"}, "test-cost": {"calibration": "none"}}


def charts(run: Run, history: list[Epoch]) -> None:
    """Both charts side by side; before the first epoch, a word on when they come."""
    if not history or run.prepared is None or run.prepared.spec.cost is None:
        if run.active:
            with st.container(border=True, height=320, vertical_alignment="center", horizontal_alignment="center"):
                st.markdown("The confusion matrix and the curves appear after the first epoch.", width="content")
        return
    cost = run.prepared.spec.cost.for_classes(run.prepared.classes)
    left, right = st.columns([11, 10], gap="medium")
    with left:
        epoch = _heatmap(run, history, cost)
    with right:
        _curves(run, history, cost, epoch)


def _height(cost: CostMatrix) -> int:
    return min(max(150 + 34 * len(cost.classes), 340), 560)


def _heatmap(run: Run, history: list[Epoch], cost: CostMatrix) -> int:
    """The matrix with its controls; returns the epoch that is looked at."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode, part = _mode(), _part(run)
    newest = history[-1].epoch
    with st.container():  # also without the slider, or the chart would change its place and lose its zoom
        total = run.spec.epochs if run.active else newest
        epoch = epoch_slider(run.id, newest, total, run.active) if part == "valid" else newest
    counts = np.array(_confusion(run, history, part, epoch))
    key = f"cell-{run.id}"
    if click := take_click("confusion"):
        st.session_state[key] = confusion_heatmap.cell(click.x, click.y, cost)
    selected = st.session_state.get(key)
    figure = _drawn_heatmap((run.id, run.attempt, part, epoch, mode, selected), counts, cost)
    where = f"{PARTS[part]}, epoch {epoch}" if part == "valid" else PARTS[part]
    right = int(np.trace(counts[:, : len(cost.classes)]))
    alt = f"Confusion matrix, {where}, {MODES[mode][1]}. {right} of {counts.sum()} images were decided right."
    plot(figure, key="confusion", alt=alt, height=_height(cost))
    st.caption(
        inert(cell_words(counts, cost, *selected))
        if selected
        else f"{ORIENTATION} {number(int(counts.sum()))} images. Click a cell to read what it cost."
    )
    if selected and run.state == "succeeded" and part in RULES_OF and counts[selected]:
        cell = {"run": run.id, "cell": f"{selected[0]}.{selected[1]}"}
        label, icon = "See these images under What if", ":material/image_search:"
        st.page_link(WHATIF, label=label, icon=icon, query_params=cell | RULES_OF[part])
    return epoch


def _mode() -> ShareMode:
    """How cells are read, remembered in the URL."""
    _settle("run-mode", "mode", MODES, "counts")
    mode = st.segmented_control(
        "Cells show",
        list(MODES),
        format_func=lambda name: MODES[name][0],
        key="run-mode",
        required=True,
        wrap=True,
        help="  \n".join(f"**{title}**: {meaning}." for title, meaning in MODES.values()),
    )
    _remember("mode", mode, "counts")
    return cast(ShareMode, mode)


def _part(run: Run) -> str:
    """Which images and rule: the test part is there once the run is done."""
    if run.test is None:
        return "valid"
    _settle("run-part", "part", PARTS, "valid")
    part = st.selectbox("Images and rule", list(PARTS), format_func=PARTS.__getitem__, key="run-part", width=230)
    _remember("part", part, "valid")
    return part


def _confusion(run: Run, history: list[Epoch], part: str, epoch: int) -> Confusion:
    if part != "valid" and run.test is not None:
        return (run.test.argmax if part == "test" else run.test.least_expected_cost).confusion
    return next((each for each in reversed(history) if each.epoch <= epoch), history[0]).valid_confusion


def _curves(run: Run, history: list[Epoch], cost: CostMatrix, epoch: int) -> None:
    decision, mean = best_constant(np.array(history[-1].valid_confusion).sum(axis=1), cost)
    constant = ConstantResult(decision=cost.decisions[decision], mean_cost=mean)
    total = run.spec.epochs if run.active else history[-1].epoch
    back = epoch if epoch < history[-1].epoch else None
    figure = _drawn_curves((run.id, run.attempt, len(history), total, back), history, cost, constant)
    last = history[-1]
    alt = (
        f"Validation cost and loss by epoch. At epoch {last.epoch}, argmax costs {amount(last.valid_cost, cost.unit)} "
        f"an image, least expected cost {number(last.valid_least_expected_cost)}, always '{constant.decision}' "
        f"{number(constant.mean_cost)}; the loss is {number(last.valid_loss)}."
    )
    plot(figure, key="curves", alt=alt, height=max(_height(cost) + 110, 520))


# Drawing takes longer than the rest of an update: once for all who see the same, not again until it changes.


@st.cache_resource(show_spinner=False, max_entries=200)
def _drawn_heatmap(view: tuple[Any, ...], _counts: np.ndarray, _cost: CostMatrix) -> go.Figure:
    run_id, _, _, _, mode, selected = view
    figure = confusion_heatmap.draw(_counts, confusion_share(_counts, _cost, mode), _cost, mode, selected)
    return figure.update_layout(uirevision=run_id)


@st.cache_resource(show_spinner=False, max_entries=200)
def _drawn_curves(
    view: tuple[Any, ...], _history: list[Epoch], _cost: CostMatrix, _constant: ConstantResult
) -> go.Figure:
    run_id, _, _, epochs, back = view
    return learning_curves.draw(_history, _cost.unit, epochs, _constant, back).update_layout(uirevision=run_id)


def _known(value: str | None, names: Iterable[str], default: str) -> str:
    """`value` if it is one of `names`: what stands in a URL may be anything."""
    return value if value is not None and value in names else default


def _settle(key: str, name: str, names: Collection[str], default: str) -> None:
    """Give a widget what was chosen, else what stands in the URL.

    A browser that was just turned to this page may report that nothing is chosen, and would report it for ever.
    """
    chosen = st.session_state.get(key)
    st.session_state[key] = chosen if chosen in names else _known(st.query_params.get(name), names, default)


def _remember(name: str, value: str | None, default: str) -> None:
    if value == default:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = str(value)
