"""What is compared, and at which costs: chosen on the page, kept in the address, fitted and judged once for all."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from costlab.candidates import choices
from costlab.comparable import Group, on_common_images, together
from costlab.comparing import Entry, Standing, standing
from costlab.costs import CostMatrix
from costlab.errors import CostlabError
from costlab.fitted import Fitted
from costlab.scenario import Scenario
from costlab.sources import Source, example_names, example_source, short_titles
from costlab.ui import deciding
from costlab.ui.session import get_store, runs_now

EQUAL = "every mistake costs 1"  # offered beside saved matrices
MOST_MATRICES = 4  # columns that still fit
FEW = 2  # choices that stand side by side; beyond, they are a menu


def choose_sources(asked: Sequence[Source]) -> None:
    """The chooser of runs and examples; the address follows."""
    titles = {source.key: source.title for source in asked}
    for run in runs_now():
        if run.state == "succeeded":
            titles.setdefault(f"run:{run.id}", f"{run.title} ({run.id[:4]})")
    for name in example_names():
        titles.setdefault(f"example:{name}", example_source(name).title)
    key = "compare-sources"
    st.session_state[key] = [source.key for source in asked]
    st.multiselect(
        "Runs and examples",
        list(titles),
        format_func=lambda source: titles.get(source, source),
        key=key,
        max_selections=deciding.MOST,
        on_change=_keep_sources,
        placeholder="Choose what is compared",
        wrap=True,
    )


def _keep_sources() -> None:
    chosen = st.session_state["compare-sources"]
    for kind in deciding.SOURCES:
        names = [key.partition(":")[2] for key in chosen if key.startswith(f"{kind}:")]
        _keep(kind, ",".join(names))


def choose_matrices(groups: Sequence[Group]) -> dict[str, CostMatrix]:
    """The chooser of further costs; those chosen, by name. A name in the address that is not there is left out."""
    offered = {EQUAL: groups[0].sources[0].cost} | {
        saved.name: saved.cost for saved in get_store().matrices() if any(fits(saved.cost, group) for group in groups)
    }
    asked = st.query_params.get("against", EQUAL).split(",")
    key = "compare-matrices"
    st.session_state[key] = [name for name in dict.fromkeys(asked) if name in offered][:MOST_MATRICES]
    return {
        name: offered[name]
        for name in st.multiselect(
            "Also at these costs",
            list(offered),
            key=key,
            max_selections=MOST_MATRICES,
            on_change=lambda: _keep("against", ",".join(st.session_state[key]), empty=True),
            placeholder="Only at the costs of What if",
            help="Saved cost matrices about the same classes, taken as they are: neither scaled nor with another price "
            "of referring. Class mix, calibration and rule stay as they are.",
        )
    }


def fits(cost: CostMatrix, group: Group) -> bool:
    """Whether a matrix is about the classes of a group."""
    return sorted(cost.classes) == sorted(group.sources[0].predictions.classes)


def choice(
    label: str, options: Sequence[str], name: str, otherwise: str, titles: Callable[[str], str], place: str = ""
) -> str:
    """A menu whose choice the address keeps as `name`. place: tells apart menus about the same in several groups."""
    asked, key = st.query_params.get(name, otherwise), f"compare-{name}-{place}"
    st.session_state[key] = asked if asked in options else otherwise
    keep = partial(_keep_choice, name, key)
    if len(options) <= FEW:
        st.segmented_control(label, options, format_func=titles, key=key, on_change=keep, required=True, wrap=True)
    else:
        st.selectbox(label, options, format_func=titles, key=key, on_change=keep)
    return str(st.session_state[key])


def _keep_choice(name: str, key: str) -> None:
    _keep(name, st.session_state[key])


def _keep(name: str, value: str, empty: bool = False) -> None:
    """Write a value into the address; "" takes it out, unless nothing is a choice as well."""
    if value or empty:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def scenarios_of(group: Group, scenario: Scenario, others: dict[str, CostMatrix]) -> tuple[dict[str, Scenario], str]:
    """The scenarios that a group is judged in, by name, that of the address first; a sentence where it does not fit."""
    classes, told = group.sources[0].predictions.classes, ""
    if sorted(scenario.cost.classes) != sorted(classes):
        own = Scenario(group.sources[0].cost.for_classes(classes), scenario.rule, scenario.calibration)
        scenario, _ = deciding.possible(own, fitted_models(group)[0])
        told = (
            "The costs of What if are about other classes; the costs here are those that the first of these came with."
        )
    found = {"These costs": scenario}
    for name, cost in others.items():
        if name == EQUAL:
            cost = CostMatrix.zero_one(classes)
        if fits(cost, group):
            plain = Scenario(cost.for_classes(classes), scenario.rule, scenario.calibration, shares=scenario.shares)
            found[name], _ = deciding.possible(plain, fitted_models(group)[0])
    return found, told


def entries_of(group: Group, scenario: Scenario) -> list[Entry]:
    """One row a source; of a single source, one row a decision rule."""
    models = fitted_models(group)
    if len(models) == 1:
        source, fitted = group.sources[0], models[0]
        return [
            Entry(name, recipe.title or name, fitted, source.spec, recipe) for name, recipe in choices(scenario).items()
        ]
    return [
        Entry(source.key, title, fitted, source.spec, scenario.recipe)
        for source, title, fitted in zip(group.sources, short_titles(group.sources), models, strict=True)
    ]


def groups_of(sources: Sequence[Source]) -> list[Group]:
    """The sources in groups that may be ranked, worked out once for all visitors. Raises InvalidPredictions."""
    return _grouped(tuple(stamp(source) for source in sources), sources)


@st.cache_resource(show_spinner=False, max_entries=40)
def _grouped(key: tuple[str, ...], _sources: Sequence[Source]) -> list[Group]:
    return together(_sources)


def fitted_models(group: Group) -> list[Fitted]:
    """The models of a group on the test images that all have."""
    if group.complete:
        return [deciding.fitted_of(source) for source in group.sources]
    together = tuple(stamp(source) for source in group.sources)
    return [_cut_down(stamp(source), together, source, group) for source in group.sources]


@st.cache_resource(show_spinner=False, max_entries=40)
def _cut_down(key: str, together: tuple[str, ...], _source: Source, _group: Group) -> Fitted:
    return Fitted(on_common_images(_source, _group.index))


def stamp(source: Source) -> str:
    """A source's key, which changes when a run is trained again under its id."""
    file = source.folder and source.folder / "predictions.npz"
    return f"{source.key} {file.stat().st_mtime_ns if file and file.is_file() else ''}"


def judged(group: Group, scenario: Scenario) -> Standing:
    """The rows of a group in a scenario, judged once for all visitors. Raises CostlabError where that means nothing."""
    return _judged(said(group, scenario), group, scenario)


def said(group: Group, scenario: Scenario) -> tuple[str, ...]:
    """All that a group's standing in a scenario depends on."""
    rest = (scenario.rule, scenario.calibration, scenario.scale, scenario.referral, scenario.shares)
    return (*(stamp(source) for source in group.sources), scenario.cost.to_json(), repr(rest))


@st.cache_resource(show_spinner=False, max_entries=60)
def _judged(key: tuple[str, ...], _group: Group, _scenario: Scenario) -> Standing:
    return standing(entries_of(_group, _scenario), _scenario)


def columns_of(group: Group, scenarios: dict[str, Scenario]) -> tuple[dict[str, Standing], list[str]]:
    """The standings by the name of their costs, and a sentence for each that cannot be had."""
    found, told = {}, []
    for name, scenario in scenarios.items():
        try:
            found[name] = judged(group, scenario)
        except CostlabError as error:
            told.append(f"At '{name}': {error}")
    return found, told
