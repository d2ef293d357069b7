"""The cost curves of a scenario: one at a time, chosen in the address (`curve=`), each with its words and its numbers.

A click on a curve, or its mark dragged, sets a price: `picked` says which, at the top of a page's run. Only the chosen
curve is worked out, and not again until something that it shows has changed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go
import streamlit as st

from costlab import scenario_curves
from costlab.curves import ReferralCurve
from costlab.decisions import RULES
from costlab.errors import CostlabError, InvalidCosts
from costlab.figures import cost_path_curve, cost_reliability, drummond_holte, price_curve, referral_curve, simplex
from costlab.fitted import Fitted
from costlab.scenario import Answer, Scenario
from costlab.scenario_curves import FOLLOWS, Pick
from costlab.ui.plot import plot, take_click
from costlab.ui.sentences import inert
from costlab.ui.tables import show_table
from costlab.wording import amount

Selected = tuple[int, int]
HEIGHT, TALL = 430, 560  # pixels
KEPT = "curve-drawn"  # in the session: what the curve was drawn of, and the drawing
MOVES = "Click in the chart, or drag the dashed line, to set the price."
ASKING = "Click in the chart to set the price of referring that leads to that share."


class Drawn(NamedTuple):
    """A chart with its sentences (the first is what it shows), its numbers, and what a click on it is about."""

    figure: go.Figure
    said: Sequence[str]
    table: Mapping[str, list[Any]]
    height: int = HEIGHT
    referral: ReferralCurve | None = None


def picked(scenario: Scenario, selected: Selected) -> Pick | None:
    """The price that a click on a curve has set, in the one run that it caused; ask before anything is painted."""
    if (click := take_click("curve-price")) and isinstance(click.x, int | float):
        return scenario_curves.price_pick(scenario, selected, float(click.x))
    _, drawn = st.session_state.get(KEPT, (None, None))
    if (click := take_click("curve-referral")) and isinstance(click.x, int | float) and drawn and drawn.referral:
        return scenario_curves.referral_pick(drawn.referral, float(click.x))
    return None


def curves(fitted: Fitted, scenario: Scenario, answer: Answer, selected: Selected) -> None:
    """The chosen curve. selected: the truth and the decision of the cell whose price is looked at."""
    names = answer.cost.classes
    name = _chosen([name for name, curve in CURVES.items() if len(names) >= curve.least])
    places = _classes(CURVES[name].boxes(names), answer, selected) or selected
    try:
        drawn = _drawn(name, fitted, scenario, answer, selected, places)
    except CostlabError as error:
        st.info(inert(str(error)))
        return
    plot(drawn.figure, key=f"curve-{name}", alt=drawn.said[0], height=drawn.height)
    st.caption(inert(" ".join(drawn.said)))
    numbers = st.expander("The numbers of this chart", key="curve-numbers", on_change="rerun")
    if numbers.open:  # a table is sent only to those who look at it
        with numbers:
            show_table("curve-table", drawn.said[0], drawn.table, f"{name}.csv")


# What is looked at, remembered in the address -----------------------------------------------------------------------


def _chosen(names: Sequence[str]) -> str:
    """The curve that the control names, else the address."""
    key = "curve-chosen"
    if st.session_state.get(key) not in names:
        asked = st.query_params.get("curve")
        st.session_state[key] = asked if asked in names else names[0]
    titles = {name: CURVES[name].title for name in names}
    name = str(st.segmented_control("Curve", titles, format_func=titles.__getitem__, key=key, required=True, wrap=True))
    _remember("curve", "" if name == names[0] else name)
    return name


def _classes(boxes: Sequence[str], answer: Answer, selected: Selected) -> tuple[int, ...]:
    """The classes that a curve is about, each chosen in a box: none, one, or three corners."""
    if not boxes:
        _remember("of", "")
        return ()
    usual = scenario_curves.corners(answer, selected) if len(boxes) == 3 else selected[:1]
    names = answer.cost.classes
    asked = st.query_params.get("of", "").split(",")
    known = [int(each) for each in asked if each.isascii() and each.isdigit() and int(each) < len(names)]
    first = known if len(known) == len(boxes) else usual
    chosen = []
    with st.container(horizontal=True):
        for box, place in zip(boxes, first, strict=False):
            key = f"curve-{box}"
            if st.session_state.get(key) not in range(len(names)):
                st.session_state[key] = place
            choices = range(len(names))
            chosen.append(int(st.selectbox(box, choices, format_func=names.__getitem__, key=key, width=200)))
    _remember("of", ",".join(map(str, chosen)) if tuple(chosen) != usual else "")
    return tuple(chosen)


def _remember(name: str, value: str) -> None:
    if not value:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


# The curves ---------------------------------------------------------------------------------------------------------


def _drawn(
    name: str, fitted: Fitted, scenario: Scenario, answer: Answer, selected: Selected, places: tuple[int, ...]
) -> Drawn:
    """The drawing; the one of the last run if it shows the same. Raises CostlabError where there is no such curve."""
    of = (name, fitted, scenario, selected, places)
    kept_of, kept = st.session_state.get(KEPT, (None, None))
    if kept_of == of:
        return kept  # type: ignore[no-any-return]
    drawn = CURVES[name].draw(fitted, scenario, answer, places)
    if scenario.rule not in FOLLOWS and CURVES[name].anew:
        rule = RULES[scenario.rule].title
        more = f"Decisions made anew are those of least expected cost; the page itself decides by '{rule}'."
        drawn = drawn._replace(said=[*drawn.said, more])
    st.session_state[KEPT] = of, drawn
    return drawn


def _price(fitted: Fitted, scenario: Scenario, answer: Answer, places: tuple[int, ...]) -> Drawn:
    curve = scenario_curves.price(fitted, scenario, answer, (places[0], places[1]))
    said = [price_curve.words(curve), MOVES if curve.present > 0 else "Click in the chart to set the price."]
    return Drawn(price_curve.draw(curve), said, price_curve.table(curve))


def _path(fitted: Fitted, scenario: Scenario, answer: Answer, places: tuple[int, ...]) -> Drawn:
    path, anew = scenario_curves.path(fitted, scenario, answer)
    bands = {"least expected cost": anew}
    figure, said = cost_path_curve.draw(path, bands, what="rule"), [cost_path_curve.words(path, bands, what="rule")]
    return Drawn(figure, said, cost_path_curve.table(path, "rule"))


def _referral(fitted: Fitted, scenario: Scenario, answer: Answer, places: tuple[int, ...]) -> Drawn:
    curve, tried = scenario_curves.referral(fitted, scenario, answer)
    said = [referral_curve.words(curve)]
    if tried is not None:
        said.append(
            f"Nobody can be asked at present: this is what asking would bring at {amount(tried, curve.unit)} an image. "
            "Click in the chart, or set a price of referring, to switch it on."
        )
    elif scenario.referral is not None:
        said.append(ASKING)
    picks = tried is not None or scenario.referral is not None  # not a column of the matrix, of several prices
    figure, table = referral_curve.draw(curve, pick=picks), referral_curve.table(curve)
    return Drawn(figure, said, table, referral=curve if picks else None)


def _one_class(fitted: Fitted, scenario: Scenario, answer: Answer, places: tuple[int, ...]) -> Drawn:
    one = scenario_curves.one_class(fitted, scenario, answer, places[0])
    figure = drummond_holte.draw(one.curve, one.operating, now=one.now)
    said = [drummond_holte.words(one.curve, one.operating, now=one.now)]
    if len(answer.cost.decisions) > len(answer.cost.classes):
        said.append(f"Referred images count as not called '{answer.cost.classes[places[0]]}'.")
    return Drawn(figure, said, drummond_holte.table(one.curve))


def _reliability(fitted: Fitted, scenario: Scenario, answer: Answer, places: tuple[int, ...]) -> Drawn:
    curve = scenario_curves.reliability(fitted, scenario, answer)
    return Drawn(cost_reliability.draw(curve), [cost_reliability.words(curve)], cost_reliability.table(curve))


def _triangle(fitted: Fitted, scenario: Scenario, answer: Answer, places: tuple[int, ...]) -> Drawn:
    three = places if len(answer.cost.classes) > 3 else (0, 1, 2)
    if len(set(three)) < 3:
        raise InvalidCosts("A triangle has three different classes at its corners; choose another one.")
    made = scenario_curves.triangle(fitted, scenario, answer, (three[0], three[1], three[2]))
    return Drawn(simplex.draw(made), [simplex.words(made)], simplex.table(made), TALL)


class Curve(NamedTuple):
    """A curve to choose. boxes: what to ask for classes; least: how many there must be; anew: it decides anew."""

    title: str
    draw: Callable[[Fitted, Scenario, Answer, tuple[int, ...]], Drawn]
    boxes: Callable[[Sequence[str]], Sequence[str]] = lambda names: ()
    least: int = 2
    anew: bool = True


CURVES = {
    "price": Curve("Price of this mistake", _price),
    "path": Curve("From equal costs to these", _path),
    "referral": Curve("Referring", _referral),
    "class": Curve("Drummond-Holte", _one_class, lambda names: ("Class",), anew=False),
    "reliability": Curve("Reliability in cost", _reliability, anew=False),
    "triangle": Curve(
        "Triangle",
        _triangle,
        lambda names: ("Left corner", "Right corner", "Top corner") if len(names) > 3 else (),
        least=3,
    ),
}
