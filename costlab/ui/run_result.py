"""What a run's decisions cost in the end: three figures, a sentence, every rule beside the bar, and cross-entropy's."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import streamlit as st

from costlab.errors import CostlabError
from costlab.fitted import Fitted
from costlab.home import run_folder
from costlab.intervals import Interval, paired_interval
from costlab.predictions import Predictions
from costlab.records import RuleResult
from costlab.specs import Choice, RunSpec
from costlab.store import Run
from costlab.ui.places import RUN
from costlab.ui.run_sentences import against_bar, against_cross_entropy, percent, verdict
from costlab.ui.sentences import inert, number
from costlab.ui.session import forget_snapshots, get_store
from costlab.verdict import Case, Verdict
from costlab.verdict import verdict as judge_all

BAR_LOSS = Choice(name="cross_entropy")
HELP = {
    "Argmax": "Takes the most probable class, whatever mistakes cost.",
    "Least expected cost": "Decides by the network's probabilities as they are. What if corrects them first, so it "
    "tells another cost; its setting 'None: as the network says' tells this one.",
}


class Judged(NamedTuple):
    """What a run's predictions show. saved: what argmax pays more an image than least expected cost."""

    verdict: Verdict
    saved: Interval


def result(run: Run, runs: Sequence[Run]) -> bool:
    """The test cost under every rule and what that shows; whether cross-entropy's, to compare, is still to come."""
    if run.test is None or run.prepared is None or run.prepared.spec.cost is None:
        return False
    unit, images = run.prepared.spec.cost.unit, run.prepared.sizes["test"]
    _figures(run, unit, images)
    judged = _judged(run)
    st.markdown(inert(verdict(run.test, images, unit, judged and judged.saved)))
    if judged is None:
        return False
    waits = _beside_cross_entropy(run, runs)
    _rules(judged.verdict)
    return waits


def _figures(run: Run, unit: str, images: int) -> None:
    assert run.test is not None
    test, constant = run.test, run.test.best_constant
    st.markdown(f"**What {number(images)} test images cost, each on average**")
    for column, title, value, about in zip(
        st.columns(3),
        (f"Always '{inert(constant.decision)}'", "Argmax", "Least expected cost"),
        (constant.mean_cost, test.argmax.mean_cost, test.least_expected_cost.mean_cost),
        ("The best decision without looking", _share(test.argmax), _share(test.least_expected_cost)),
        strict=True,
    ):
        with column.container(border=True, height="stretch", gap="xxsmall"):
            st.metric(title, inert(f"{value:.3g} {unit}"), help=HELP.get(title))
            st.caption(about)


def _share(rule: RuleResult) -> str:
    if 0 <= rule.normalised_cost < 10:
        beside = f"{percent(rule.normalised_cost)} of that"
    else:  # the best constant decision is (nearly) free, or earns
        beside = "Not comparable as a share"
    return f"{beside}; {percent(rule.accuracy)} decided right"


def _rules(said: Verdict) -> None:
    """Every rule in a table, the bar in bold, the best constant decision last."""
    unit = f", {inert(said.unit)}" if said.unit else ""
    rows = []
    for name, rule in said.rules.items():
        title = inert(rule.title + (" (argmax)" if name == "argmax" else ""))
        low, high = (f"{end:.3g}" for end in rule.interval)
        against = "**the bar**" if name == said.bar.rule else inert(against_bar(rule, said.unit))
        cells = [title, inert(f"{rule.mean_cost:.3g}"), inert(f"{low} to {high}"), against]
        rows.append([f"**{cells[0]}**", *cells[1:]] if name == said.bar.rule else cells)
    constant = said.best_constant
    rows.append([f"Always '{inert(constant.decision)}'", inert(f"{constant.mean_cost:.3g}"), "", ""])
    with st.expander("Every decision rule, against the bar", icon=":material/balance:"):
        table(["Rule", f"Mean cost{unit}", "95 % interval", "Against the bar"], rows, numbers=(1, 2))
        learnt = said.rules[said.bar.rule].fitted
        st.caption(
            "The bar: this model's probabilities, made honest by one number (its temperature), then the decision of "
            "least expected cost. Affine and vector scaling also correct them class by class. Rules that "
            f"learn were {inert(learnt)}. The comparisons with the bar hold together with 95 % confidence."
        )


def table(head: list[str], rows: list[list[str]], numbers: Collection[int] = ()) -> None:
    """A table in Markdown; every text in it must be inert. numbers: columns to be set flush right."""
    lines = [head, ["---:" if column in numbers else "---" for column in range(len(head))], *rows]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _beside_cross_entropy(run: Run, runs: Sequence[Run]) -> bool:
    """How this loss compares with plain cross-entropy; one click trains it. Whether it is being trained now."""
    if _is_bar(run.spec.loss):
        return False
    other = twin(run, runs)
    said = _against(run, other) if other is not None and other.state == "succeeded" else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if other is not None and said is not None:
            st.markdown(inert(against_cross_entropy(said)))
            _visit(other, "See that run")
        elif other is not None and other.active:
            now = (
                "waits in the queue" if other.state == "queued" else f"is being trained, {percent(other.fraction)} done"
            )
            st.markdown(
                f"Cross-entropy with the same data and seed {now}; the comparison appears here.", width="content"
            )
            _visit(other, "Watch it")
        else:
            st.markdown("Whether this loss beats plain cross-entropy is not known yet.", width="content")
            label = "Train cross-entropy with the same data and seed"
            st.button(label, icon=":material/balance:", on_click=_train_cross_entropy, args=(run,))
    return other is not None and other.active


def _visit(run: Run, label: str) -> None:
    if st.button(label, icon=":material/arrow_forward:"):  # a link to the page one is on, with another id, does nothing
        st.switch_page(RUN, query_params={"id": run.id})


def comes(run: Run, runs: Sequence[Run]) -> bool:
    """Whether cross-entropy's result, to compare this run with, is still to come."""
    other = None if run.active or run.test is None or _is_bar(run.spec.loss) else twin(run, runs)
    return other is not None and other.active


def _train_cross_entropy(run: Run) -> None:
    get_store().add(run.spec.model_copy(update={"loss": BAR_LOSS}))
    forget_snapshots()


def twin(run: Run, runs: Sequence[Run]) -> Run | None:
    """The run among `runs` that differs from this one in its loss only, which is plain cross-entropy; or one to come.

    Costs may differ, for cross-entropy does not see them; so may the device. A finished one is preferred.
    """
    alike = [each for each in runs if _is_bar(each.spec.loss) and _but_loss(each.spec) == _but_loss(run.spec)]
    return next((each for each in alike if each.state == "succeeded"), next((e for e in alike if e.active), None))


def _is_bar(loss: Choice) -> bool:
    return loss.name == BAR_LOSS.name and not any(loss.options.values())  # options at 0 are plain cross-entropy


def _but_loss(spec: RunSpec) -> RunSpec:
    same = {"loss": BAR_LOSS, "cost": None, "device": "auto", "precision": "auto", "threads": None}
    return spec.model_copy(update=same)


def _judged(run: Run) -> Judged | None:
    try:
        return _judged_once(run.id, run.attempt, run)
    except CostlabError:  # the files lie on another machine, or are not what they were
        return None


def _against(run: Run, other: Run) -> Verdict | None:
    try:
        return _against_once((run.id, run.attempt), (other.id, other.attempt), run, other)
    except CostlabError:
        return None


# Judging takes a tenth of a second: once for all who look. An error is not kept, for files may yet come.


@st.cache_resource(show_spinner=False, max_entries=200)
def _judged_once(run_id: str, attempt: int, _run: Run) -> Judged:
    case = _case(_run)
    decided = case.decisions()
    blind, aware = (case.paid(decided[name]) for name in ("argmax", "least_expected_cost"))
    return Judged(judge_all(case, decided), paired_interval(blind, aware))


@st.cache_resource(show_spinner=False, max_entries=200)
def _against_once(run_key: tuple[str, int], other_key: tuple[str, int], _run: Run, _other: Run) -> Verdict:
    case = _case(_run)
    other = Case(Fitted(Predictions.load(run_folder(_other.id) / "predictions.npz")), case.cost)
    return judge_all(case, case.decisions(["argmax", "temperature"]), other, "cross-entropy")


def _case(run: Run) -> Case:
    assert run.prepared is not None and run.prepared.spec.cost is not None  # noqa: PT018  # a run with a result has both
    return Case(Fitted(Predictions.load(run_folder(run.id) / "predictions.npz")), run.prepared.spec.cost)
