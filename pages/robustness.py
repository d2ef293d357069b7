"""Robustness: every price may be a range. Which way to decide is cheapest, how surely, and which price matters most."""

import streamlit as st

from costlab.candidates import comparable
from costlab.errors import CostlabError
from costlab.figures import cost_distribution, price_influence
from costlab.influence import MOST
from costlab.robustness_words import beside, headline
from costlab.ui import deciding
from costlab.ui.places import COMPARE, REPORT, WHATIF
from costlab.ui.plot import plot
from costlab.ui.robustness_desk import Desk, draws_panel, ranges_panel
from costlab.ui.robustness_parts import looked_at, twin
from costlab.ui.robustness_result import Weighed, weigh
from costlab.ui.sentences import inert, number


def answer(weighed: Weighed) -> None:
    """The answer in a sentence, and what must be known beside it."""
    st.subheader(inert(headline(weighed.result, weighed.influences)), anchor=False)
    for sentence in beside(weighed.result):
        st.markdown(inert(sentence))


def charts(weighed: Weighed) -> None:
    """What each candidate costs over the ranges, and which price could change the choice."""
    result, found = weighed.result, weighed.influences
    st.markdown("**What each way to decide costs, over the plausible prices**")
    alt = cost_distribution.words(result)
    plot(cost_distribution.draw(result), key="cost-distribution", alt=alt)
    st.caption(f"Thin bars: 90 of 100 of {inert(number(result.draws))} draws. Thick: the middle 50. White: the median.")
    twin("The costs as a table", alt, cost_distribution.table(result), "robustness-costs")
    if not found:
        return
    best = result.candidates[result.best].title
    st.markdown(inert(f"How far '{best}' leads while one price moves").join(("**", "**")))
    alt = price_influence.words(found, result)
    plot(price_influence.draw(found, result), key="price-influence", alt=alt)
    st.caption(
        "Left of 0 another way to decide is cheapest. The price at which that begins stands on the right, in bold "
        "where it lies in the range. The other prices are as likely, the decisions as made at the likely prices."
    )
    label = f"The {MOST} prices that matter most, as a table" if len(found) == MOST else "The prices as a table"
    twin(label, alt, price_influence.table(found, result), "robustness-prices")


st.title("Robustness", anchor=False)
sources, told = deciding.asked()
scenario, base, more = deciding.scenario_asked(sources[0])
desk, odd = Desk.opened(scenario, base)
models, left_out = comparable([(source, deciding.fitted_of(source)) for source in sources])
for sentence in [*told, *more, *odd, *left_out]:
    st.warning(inert(sentence), icon=":material/info:")
looked_at([source for source, _ in models], len(models[0][1]))
above = st.container()
table = st.grid(5, min_column_width=150, gap="medium")
with table.cell(column_span=2):
    ranges_panel(desk)
    draws_panel(desk, len(models))
with above, st.spinner("Weighing the prices", show_time=False) if desk.asked.anew else st.container():
    try:
        weighed = weigh(models, desk)
    except CostlabError as error:
        st.error(inert(str(error)), icon=":material/error:")
        st.stop()
    answer(weighed)
with table.cell(column_span=3):
    charts(weighed)
with st.container(horizontal=True):
    carried = deciding.carried(scenario, base)
    for label, place, icon in (
        ("Change prices and rule in What if", WHATIF, "tune"),
        ("Compare runs", COMPARE, "balance"),
        ("Report", REPORT, "description"),
    ):
        st.page_link(place, label=label, icon=f":material/{icon}:", query_params=carried)
