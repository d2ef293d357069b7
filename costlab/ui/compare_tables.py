"""The tables of a comparison: costs with groups, better model or better rule, seeds. Everything in them is inert."""

import csv
import io
from collections.abc import Mapping, Sequence

import streamlit as st

from costlab.against_bar import (
    Against,
    against,
    by_seed,
    is_cross_entropy,
    meant_recipe,
    reference_of,
)
from costlab.comparable import Group
from costlab.comparing import Standing
from costlab.comparing_words import (
    bar_cell,
    bar_words,
    change_cell,
    cost_cell,
    how_told,
    parts_words,
    ranking,
    saving,
    seeds_words,
)
from costlab.fitted import Recipe
from costlab.scenario import CASES, Scenario
from costlab.ui.compare_sources import choice, said
from costlab.ui.places import TRAIN
from costlab.ui.run_result import table
from costlab.ui.sentences import amount, count, inert, number

OWN = {"argmax": "argmax, the most probable class", "meant": "the rule its loss is meant for"}


def costs(group: Group, columns: Mapping[str, Standing], saved: Sequence[Against]) -> None:
    """What every row pays at each of the costs, with its interval and its letters; the cheapest first."""
    first, what = next(iter(columns.values())), noun(group)
    head = [what.capitalize(), *(_head(name, standing) for name, standing in columns.items()), "Against the bar"]
    rows = []
    for row in first.order:
        cells = [_bold(cost_cell(each.means[row]), row in each.best) + _letters(each, row) for each in columns.values()]
        rows.append([inert(first.entries[row].title), *cells, inert(bar_cell(saved[row]))])
    rows.append(["The best decision without looking", *(inert(_constant(each)) for each in columns.values()), ""])
    table(head, rows, numbers=range(1, 1 + len(columns)))
    bold = "Bold: the cheapest, and what cannot be told apart from it."
    st.caption(inert(f"{bold} {how_told(first)} {_bar(group, first, saved)}"))
    st.download_button(
        "Download this table (CSV)",
        as_csv(columns, saved),
        file_name="comparison.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"compare-csv-{group.sources[0].key}",
        on_click="ignore",
        type="tertiary",
    )


def noun(group: Group) -> str:
    """What a row is."""
    return "run" if len(group.sources) > 1 else "rule"


def _constant(standing: Standing) -> str:
    return f"{number(round(CASES * standing.constant.mean_cost))} (always '{standing.constant.decision}')"


def _head(name: str, standing: Standing) -> str:
    return inert(f"{name}{f', {standing.cost.unit}' if standing.cost.unit else ''}")


def _bold(text: str, best: bool) -> str:
    return f"**{inert(text)}**" if best else inert(text)


def _letters(standing: Standing, row: int) -> str:
    return f"&nbsp;&ensp;{inert(standing.letters[row])}" if len(standing.entries) > 1 else ""


def _bar(group: Group, standing: Standing, saved: Sequence[Against]) -> str:
    """What the bar is here."""
    names = sorted({standing.entries[each.reference].title for each in saved})
    how = "made honest by one number (temperature), then the decision of least expected cost"
    if len(group.sources) == 1:
        return f"The bar: this model's probabilities, {how}."
    if is_cross_entropy(standing.entries[saved[0].reference].spec.loss):
        of = f"'{names[0]}'" if len(names) == 1 else "the cross-entropy run of the same seed, else the first one"
        return (
            f"The bar: plain cross-entropy ({of}), its probabilities {how}. Its intervals hold together for all rows; "
            "as those are fewer comparisons, a row can be told apart from the bar and yet share its letter."
        )
    return (
        f"There is no cross-entropy run here, so the bar is missing: rows are measured by '{names[0]}', "
        f"its probabilities {how}."
    )


def as_csv(columns: Mapping[str, Standing], saved: Sequence[Against]) -> str:
    """The table as CSV, a row a run: costs an image with their intervals, in full."""
    first, found = next(iter(columns.values())), {}
    found["run"] = [entry.title for entry in first.entries]
    found["key"] = [entry.key for entry in first.entries]
    for name, each in columns.items():
        label = f"at '{name}' ({each.cost.unit})" if each.cost.unit else f"at '{name}'"
        for end in ("estimate", "low", "high"):
            found[f"{label}: mean cost an image, {end}"] = [getattr(mean, end) for mean in each.means]
        found[f"{label}: group"] = each.letters
    for end in ("estimate", "low", "high"):
        found[f"saved against the bar, {end}"] = [getattr(each.saved, end) for each in saved]
        found[f"of that the model, by the bar's rule, {end}"] = [getattr(each.model, end) for each in saved]
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(found)
    for row in first.order:
        cells = (column[row] for column in found.values())
        write("" if cell != cell else cell for cell in cells)  # NaN: there is none
    return out.getvalue()


def words(group: Group, standing: Standing, saved: Sequence[Against]) -> None:
    """What the comparison shows, in sentences."""
    what = noun(group)
    st.markdown(inert(ranking(standing, what)))
    if len(standing.entries) > 1:
        st.markdown(inert(bar_words(standing, saved, what)))


def measured(group: Group, standing: Standing, scenario: Scenario, own: str = "argmax") -> list[Against]:
    """Every row against the bar, worked out once for all visitors."""
    return _measured((*said(group, scenario), own), standing, scenario, own)


@st.cache_resource(show_spinner=False, max_entries=100)
def _measured(key: tuple[str, ...], _standing: Standing, _scenario: Scenario, _own: str) -> list[Against]:
    entries = _standing.entries
    one_model = all(entry.fitted is entries[0].fitted for entry in entries)
    references = [row if one_model else reference_of(entries, row) or 0 for row in range(len(entries))]
    own = [meant_recipe(entry) if _own == "meant" else Recipe("", "none", "argmax") for entry in entries]
    return against(_standing, _scenario, own, references)


def parts(group: Group, standing: Standing, scenario: Scenario) -> None:
    """How much is the model's doing, and how much the rule's."""
    st.subheader("Better model, or better rule?", anchor=False)
    own = choice("Each run's own rule", list(OWN), "own", "argmax", OWN.__getitem__, group.sources[0].key)
    saved = measured(group, standing, scenario, own)
    st.markdown(inert(parts_words(standing, saved, OWN[own].partition(",")[0])))
    unit = f", {standing.cost.unit}" if standing.cost.unit else ""
    head = ["Run", inert(f"By its own rule{unit}"), "More than the bar", "from the model", "from the rule"]
    rows = [
        [inert(standing.entries[row].title), inert(cost_cell(each.own)), *(
            _bold(change_cell(part), part.excludes_zero) for part in (each.own_saved, each.model, each.rule)
        )]
        for row in standing.order for each in [saved[row]]
    ]  # fmt: skip
    table(head, rows, numbers=range(1, 5))
    st.caption(
        "Below 0 is cheaper than the bar; bold is told apart from 0, the intervals of a column together. From the "
        "model: other probabilities, decided by the bar's rule. From the rule: the same probabilities, decided by the "
        "run's own rule instead of the bar's. The two parts add up to the whole."
    )


def seeds(standing: Standing, saved: Sequence[Against]) -> None:
    """Mean and spread of runs that differ in nothing but the seed."""
    found = by_seed(standing, saved)
    if all(each.mean is None for each in found):
        return
    st.subheader("Over seeds", anchor=False)
    unit = f", {standing.cost.unit}" if standing.cost.unit else ""
    rows = []
    for each in found:
        entry = standing.entries[each.rows[0]]
        rows.append(
            [
                inert(entry.spec.loss.name),
                inert(", ".join(str(seed) for seed in sorted(each.seeds))),
                inert(cost_cell(each.mean) if each.mean else number(round(CASES * each.cost))),
                inert(number(float(f"{CASES * each.spread:.3g}")) if each.spread is not None else "one seed"),
                inert(saving(each.saved) if each.saved else ""),
            ]
        )
    table(["Loss", "Seeds", inert(f"Mean cost{unit}"), "Spread", "Against the bars of the same seeds"], rows, (2, 3))
    st.caption(inert(seeds_words(found)))


def lonely(group: Group) -> None:
    """With one model: what the rows are, and how to compare models."""
    source = group.sources[0]
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"compare-lonely-{source.key}"):
        st.markdown(
            inert(
                f"One model here, '{source.title}': these are its decision rules. To compare models, train two losses "
                "on the same data, or choose more runs of it above."
            ),
            width="stretch",
        )
        st.page_link(
            TRAIN,
            label="Train two losses",
            icon=":material/play_circle:",
            query_params={"dataset": source.spec.dataset.name},
        )


def sizes(group: Group) -> str:
    """How many are compared, on how many images."""
    images = f"{number(len(group.index))} test images"
    return f"{count(len(group.sources), 'model')} on {images}" + ("" if group.complete else ", those that all have")


def in_force(scenario: Scenario) -> str:
    """Prices, class mix, calibration and rule, in a few words."""
    cost = scenario.matrix
    said = [f"the costs '{cost.name}'" if cost.name else "unnamed costs"]
    if scenario.scale != 1:
        said.append(f"times {number(scenario.scale)}")
    if scenario.referral is not None:
        said.append(f"asking a human for {amount(scenario.referral, cost.unit)}")
    if scenario.shares is not None:
        said.append("a class mix of your own")
    calibrated = "not calibrated" if scenario.calibration == "none" else f"calibrated by {scenario.calibration}"
    rule = scenario.rule.replace("_", " ")
    return f"These costs are {', '.join(said)}. Probabilities are {calibrated}, decided by {rule}."
