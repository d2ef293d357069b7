"""The cost curves of a scenario: one at a time, chosen in the address (`curve=`), each with its words and its numbers.

A click on a curve, or its mark dragged, sets a price: `picked` says which, at the top of a page's run.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from costlab import scenario_curves
from costlab.decisions import RULES
from costlab.errors import CostlabError
from costlab.figures import cost_path_curve, cost_reliability, drummond_holte, price_curve, referral_curve, simplex
from costlab.fitted import Fitted
from costlab.scenario import Answer, Scenario
from costlab.scenario_curves import FOLLOWS, Pick
from costlab.ui.plot import plot, take_click
from costlab.ui.sentences import inert
from costlab.wording import amount

Selected = tuple[int, int]
HEIGHT, TALL = 430, 560  # pixels
REFERRED = "curve-referral-drawn"  # in the session: the curve that a click is on
MOVES = "Click in the chart, or drag the dashed line, to set the price."


def picked(scenario: Scenario, selected: Selected) -> Pick | None:
    """The price that a click on a curve has set, in the one run that it caused; ask before anything is painted."""
    if (click := take_click("curve-price")) and isinstance(click.x, int | float):
        return scenario_curves.price_pick(scenario, selected, float(click.x))
    drawn = st.session_state.get(REFERRED)
    if (click := take_click("curve-referral")) and isinstance(click.x, int | float) and drawn is not None:
        return scenario_curves.referral_pick(drawn, float(click.x))
    return None


def curves(fitted: Fitted, scenario: Scenario, answer: Answer, selected: Selected) -> None:
    """The chosen curve. selected: the truth and the decision of the cell whose price is looked at."""
    few = len(answer.cost.classes) < 3
    name = _chosen({name: title for name, (title, _) in CURVES.items() if not (few and name == "triangle")})
    try:
        CURVES[name][1](fitted, scenario, answer, selected)
    except CostlabError as error:
        st.info(inert(str(error)))
        return
    if scenario.rule not in FOLLOWS and name not in ("reliability",):
        rule = RULES[scenario.rule].title.lower()
        st.caption(inert(f"Decisions made anew follow the least expected cost; the page decides by {rule}."))


def _chosen(titles: Mapping[str, str]) -> str:
    """The curve that the control names, else the address; the address follows."""
    key, first = "curve-chosen", next(iter(titles))
    if st.session_state.get(key) not in titles:
        asked = st.query_params.get("curve", first)
        st.session_state[key] = asked if asked in titles else first
    name = st.segmented_control(
        "Curve", list(titles), format_func=titles.__getitem__, key=key, required=True, wrap=True
    )
    if name == first:
        st.query_params.pop("curve", None)
    elif st.query_params.get("curve") != name:
        st.query_params["curve"] = str(name)
    return str(name)


def _price(fitted: Fitted, scenario: Scenario, answer: Answer, selected: Selected) -> None:
    curve = scenario_curves.price(fitted, scenario, answer, selected)
    said = [price_curve.words(curve), MOVES if curve.present > 0 else "Click in the chart to set the price."]
    _shown("price", price_curve.draw(curve), said, price_curve.table(curve))


def _path(fitted: Fitted, scenario: Scenario, answer: Answer, selected: Selected) -> None:
    path, anew = scenario_curves.path(fitted, scenario, answer)
    figure = cost_path_curve.draw(path, {"least expected cost": anew}, what="rule")
    said = [cost_path_curve.words(path, what="rule")]
    _shown("path", figure, said, cost_path_curve.table(path, what="rule"))


def _referral(fitted: Fitted, scenario: Scenario, answer: Answer, selected: Selected) -> None:
    curve, tried = scenario_curves.referral(fitted, scenario, answer)
    own = tried is None and scenario.referral is None  # a column of the matrix, which may have several prices
    st.session_state[REFERRED] = None if own else curve
    said = [referral_curve.words(curve)]
    if tried is not None:
        said.append(
            f"Nobody can be asked at present: this is what asking would bring at {amount(tried, curve.unit)} an image. "
            "Click in the chart, or set a price of referring, to switch it on."
        )
    elif not own:
        said.append("Click in the chart to set the price of referring that leads to that share.")
    _shown("referral", referral_curve.draw(curve, pick=not own), said, referral_curve.table(curve))


def _one_class(fitted: Fitted, scenario: Scenario, answer: Answer, selected: Selected) -> None:
    names = answer.cost.classes
    positive = _class("Class", "curve-class", names, selected[0])
    one = scenario_curves.one_class(fitted, scenario, answer, positive)
    figure = drummond_holte.draw(one.curve, one.operating, now=one.now)
    said = [drummond_holte.words(one.curve, one.operating, now=one.now)]
    if len(answer.cost.decisions) > len(names):
        said.append(f"Referred images count as not called '{names[positive]}'.")
    _shown("class", figure, said, drummond_holte.table(one.curve))


def _reliability(fitted: Fitted, scenario: Scenario, answer: Answer, selected: Selected) -> None:
    curve = scenario_curves.reliability(fitted, scenario, answer)
    _shown("reliability", cost_reliability.draw(curve), [cost_reliability.words(curve)], cost_reliability.table(curve))


def _triangle(fitted: Fitted, scenario: Scenario, answer: Answer, selected: Selected) -> None:
    names = answer.cost.classes
    three = scenario_curves.corners(answer, selected)
    if len(names) > 3:
        with st.container(horizontal=True):
            left, right, top = (
                _class(f"{side} corner", f"curve-{side.lower()}", names, place)
                for side, place in zip(("Left", "Right", "Top"), three, strict=True)
            )
        three = left, right, top
    if len(set(three)) < 3:
        st.info("Choose three different classes.")
        return
    made = scenario_curves.triangle(fitted, scenario, answer, three)
    _shown("triangle", simplex.draw(made), [simplex.words(made)], simplex.table(made), TALL)


def _class(label: str, key: str, names: Sequence[str], first: int) -> int:
    """A box to choose a class with; `first` until something is chosen."""
    if st.session_state.get(key) not in range(len(names)):
        st.session_state[key] = first
    return int(st.selectbox(label, range(len(names)), format_func=names.__getitem__, key=key, width=200))


def _shown(name: str, figure: go.Figure, said: list[str], table: Mapping[str, list[Any]], height: int = HEIGHT) -> None:
    """The chart, its words beneath, and its numbers to open."""
    plot(figure, key=f"curve-{name}", alt=said[0], height=height)
    st.caption(inert(" ".join(said)))
    with st.expander("The numbers of this chart"):
        st.dataframe(table, hide_index=True)


Painter = Callable[[Fitted, Scenario, Answer, Selected], None]
CURVES: dict[str, tuple[str, Painter]] = {
    "price": ("Price of this mistake", _price),
    "path": ("From equal costs to these", _path),
    "referral": ("Referring", _referral),
    "class": ("Drummond-Holte", _one_class),
    "reliability": ("Reliability in cost", _reliability),
    "triangle": ("Triangle", _triangle),
}
