"""Report: what was agreed and what follows from it, as one file to hand over; and a bundle for engineers."""

import streamlit as st

from costlab.agreement import Agreement
from costlab.errors import CostlabError
from costlab.fitted import Fitted
from costlab.images import warm
from costlab.report import Findings, findings
from costlab.scenario import Scenario
from costlab.sources import Source
from costlab.ui import deciding
from costlab.ui.places import COMPARE, ROBUSTNESS, WHATIF
from costlab.ui.report_facts import choose_source, facts, unknown
from costlab.ui.report_files import bundle_download, report_download, report_text
from costlab.ui.report_form import form
from costlab.ui.sentences import inert


def files(source: Source, fitted: Fitted, scenario: Scenario, agreed: Agreement, found: Findings) -> None:
    """Both downloads."""
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        report_download(source, fitted, scenario, agreed, found)
        bundle_download(source, fitted, scenario, agreed)


def preview(source: Source, fitted: Fitted, scenario: Scenario, agreed: Agreement, found: Findings) -> None:
    """The file as it is, in a frame of its own."""
    if st.toggle("Show the report here", key="report-preview", persist_state="session"):
        st.iframe(report_text(source, fitted, scenario, agreed, found), height=900, alt="The report")


st.title("Report", anchor=False)
sources, told = deciding.asked()
source = sources[0]
fitted = deciding.fitted_of(source)
scenario, base, more = deciding.scenario_asked(source)
for sentence in [*told, *more]:
    st.warning(inert(sentence), icon=":material/info:")
if len(sources) > 1:
    st.caption("The address names several runs; a report is about one. Compare shows them side by side.")
warm(source.spec.dataset)
choose_source(source)
grid = st.grid(5, min_column_width=130, gap="large")
left, right = grid.cell(column_span=3), grid.cell(column_span=2)
with right:
    try:
        agreed = form(scenario.matrix)
        found = findings(source, fitted, scenario, agreed)
    except CostlabError as error:
        st.error(inert(str(error)), icon=":material/error:")
        st.stop()
with left:
    facts(found)
    files(source, fitted, scenario, agreed, found)
    unknown(found)
preview(source, fitted, scenario, agreed, found)
carried = deciding.carried(scenario, base)
with st.container(horizontal=True):
    st.page_link(WHATIF, label="Change prices and rule", icon=":material/tune:", query_params=carried)
    st.page_link(COMPARE, label="Compare with other runs", icon=":material/balance:", query_params=carried)
    st.page_link(ROBUSTNESS, label="How sure are the prices?", icon=":material/casino:", query_params=carried)
