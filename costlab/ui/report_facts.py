"""The main facts of a report on the page, before it is downloaded: the same numbers as in the file."""

import streamlit as st

from costlab.report import Findings
from costlab.report.facts import PER
from costlab.report.words import share, verdict
from costlab.sources import Source, example_names, example_source
from costlab.ui import deciding
from costlab.ui.run_result import table
from costlab.ui.sentences import inert, number
from costlab.ui.session import runs_now


def choose_source(source: Source) -> None:
    """The menu of finished runs and bundled examples; the address follows."""
    titles = {source.key: source.title}
    for run in runs_now():
        if run.state == "succeeded":
            titles.setdefault(f"run:{run.id}", f"{run.title} ({run.id[:4]})")
    for name in example_names():
        titles.setdefault(f"example:{name}", example_source(name).title)
    st.session_state["report-source"] = source.key
    st.selectbox(
        "Run", list(titles), format_func=lambda key: titles.get(key, key), key="report-source", on_change=_go_to
    )


def _go_to() -> None:
    """Write the chosen source into the address; costs of other classes do not come along."""
    kind, _, name = str(st.session_state["report-source"]).partition(":")
    for key in deciding.ALL:
        st.query_params.pop(key, None)
    st.query_params[kind] = name


def facts(found: Findings) -> None:
    """The answer, what every way of deciding costs, and what was not known."""
    unit = found.answer.cost.unit
    st.markdown(inert(found.facts.sentence).join(("**", "**")))
    rows = []
    for row in found.facts.decided:
        low, high = row.interval
        title = inert(row.title)
        against = "" if row.name == "chosen" else inert(verdict(row, unit))
        cells = [title, inert(number(row.cost)), inert(f"{number(low)} to {number(high)}"), against]
        rows.append([f"**{cells[0]}**", *cells[1:]] if row.name == "chosen" else cells)
    of = f", {unit}" if unit else ""
    table(["Way of deciding", inert(f"Cost {PER}{of}"), "95 % interval", "As agreed, beside it"], rows, numbers=(1, 2))
    right = f"{share(found.facts.accuracy)} of {number(len(found.target))} test images are decided right"
    referred = f", {share(found.facts.referred)} go to a human" if found.facts.referral is not None else ""
    st.caption(inert(f"{right}{referred}."))


def unknown(found: Findings) -> None:
    """What the report will say was not known."""
    st.markdown("**What was not known**")
    st.markdown("\n".join(f"- {inert(text)}" for text in found.facts.not_known))
