"""Compare: which run, and which rule, is cheaper, and whether that may be chance."""

import streamlit as st

from costlab.comparable import Group
from costlab.comparing_words import fitted_words
from costlab.costs import CostMatrix
from costlab.errors import CostlabError
from costlab.scenario import Scenario
from costlab.ui import compare_charts, compare_tables, deciding
from costlab.ui.compare_sources import (
    choose_matrices,
    choose_sources,
    columns_of,
    fitted_models,
    groups_of,
    scenarios_of,
)
from costlab.ui.places import REPORT, ROBUSTNESS, WHATIF
from costlab.ui.sentences import inert


def group_page(group: Group, scenario: Scenario, others: dict[str, CostMatrix], alone: bool) -> None:
    """Everything about one group of runs that may be ranked."""
    if not alone:
        st.header(inert(f"On '{group.sources[0].spec.dataset.name}': {compare_tables.sizes(group)}"), anchor=False)
    if group.apart:
        st.info(inert(f"These are not ranked with the first group. {group.apart}"), icon=":material/call_split:")
    scenarios, told = scenarios_of(group, scenario, others)
    columns, failed = columns_of(group, scenarios)
    for sentence in [told, *failed]:
        if sentence:
            st.warning(inert(sentence), icon=":material/info:")
    if len(columns) < 1 or next(iter(columns)) != next(iter(scenarios)):
        return
    first, within = next(iter(columns.values())), next(iter(scenarios.values()))
    saved = compare_tables.measured(group, first, within)
    if len(group.sources) == 1:
        compare_tables.lonely(group)
    st.caption(inert(f"{compare_tables.in_force(within)} {fitted_words(fitted_models(group)[0])}"))
    compare_tables.words(group, first, saved)
    compare_charts.intervals(group, first)
    compare_tables.costs(group, columns, saved)
    if len(group.sources) > 1:
        compare_tables.parts(group, first, within)
        compare_tables.seeds(first, saved)
    compare_charts.curve(group, first)
    compare_charts.difference(group, first, saved)


def onwards(scenario: Scenario, base: CostMatrix) -> None:
    """The other questions that can be asked of these, with all of this carried along."""
    carried = deciding.carried(scenario, base)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(WHATIF, label="Change prices and rule", icon=":material/tune:", query_params=carried)
        st.page_link(ROBUSTNESS, label="How sure are the prices?", icon=":material/casino:", query_params=carried)
        st.page_link(REPORT, label="Hand over a report", icon=":material/description:", query_params=carried)


st.title("Compare", anchor=False)
sources, told = deciding.asked()
scenario, base, more = deciding.scenario_asked(sources[0])
for sentence in [*told, *more]:
    st.warning(inert(sentence), icon=":material/info:")
try:
    groups = groups_of(sources)
except CostlabError as error:
    st.error(inert(str(error)), icon=":material/error:")
    st.stop()
choose_sources(sources)
others = choose_matrices(groups)
onwards(scenario, base)
if len(groups) > 1:
    said = "Their test images are not the same, so a difference in cost could be a difference of images."
    st.markdown(f"These come in {len(groups)} groups that are not ranked together. {said}")
for group in groups:
    group_page(group, scenario, others, alone=len(groups) == 1)
