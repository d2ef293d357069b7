"""Figures of cost curves draw their records as they are, with units on their axes, words and a table beside them."""

import json

import numpy as np
import pytest

from costlab.costs import CostMatrix
from costlab.curves import brier_curve as make_brier
from costlab.curves import cost_path, cost_reliability, remade_path
from costlab.curves import drummond_holte as make_drummond
from costlab.curves import price_curve as make_price
from costlab.curves import referral_curve as make_referral
from costlab.figures import (
    FIGURES,
    brier_curve,
    cost_path_curve,
    drummond_holte,
    price_curve,
    referral_curve,
)
from costlab.figures import cost_reliability as reliability
from costlab.metrics import confusion
from costlab.wording import amount

NAMES = ("<b>ok</b>", "crack", "$stain$")
A = CostMatrix([[0, 1, 4], [20, 0, 2], [60, 30, 0]], NAMES, unit="EUR", name="today")
B = CostMatrix([[0, 30, 40], [2, 0, 8], [5, 3, 0]], NAMES, unit="EUR", name="tomorrow")
RNG = np.random.default_rng(0)
TARGET = RNG.integers(0, 3, 900)
PROBS = RNG.dirichlet(np.ones(3), 900) * 0.5 + 0.5 * np.eye(3)[TARGET]
DECIDED = PROBS.argmax(axis=1)
RANDOM = [confusion(TARGET, np.where(RNG.random(900) < 0.5, TARGET, RNG.integers(0, 3, 900)), A) for _ in range(9)]

PATH = cost_path(
    [*(confusion(TARGET, cost.expected(PROBS).argmin(axis=1), A) for cost in (A, B)), *RANDOM],
    A,
    B,
    names=["<i>a</i>", *"bcdefghijk"],
)
RECORDS = {
    "cost_path_curve": PATH,
    "price_curve": make_price(PROBS, TARGET, A, 2, 0, fixed={"argmax": DECIDED}),
    "drummond_holte": make_drummond(PROBS, TARGET, 1, "crack"),
    "brier_curve": make_brier(PROBS, TARGET, 1, "crack"),
    "referral_curve": make_referral(PROBS, TARGET, A.with_referral(2)),
    "cost_reliability": cost_reliability(PROBS, TARGET, DECIDED, A),
}


def by_name(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


@pytest.mark.parametrize("name", RECORDS)
def test_a_figure_has_axis_titles_words_and_a_table_of_equal_columns(name):
    module = FIGURES[name].module
    figure = module.draw(RECORDS[name])
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
    assert module.words(RECORDS[name]).endswith(".")
    lengths = {len(column) for column in module.table(RECORDS[name]).values()}
    assert len(lengths) == 1
    assert 0 < lengths.pop() <= 15
    text = figure.to_json()
    assert "NaN" not in text
    assert "<b>ok" not in text.replace("\\u003c", "<")  # names are shown letter by letter
    assert len(text) < 200_000


@pytest.mark.parametrize("name", ["cost_path_curve", "price_curve", "referral_curve", "cost_reliability"])
def test_costs_have_their_unit_on_the_axis_in_the_words_and_in_the_table(name):
    module = FIGURES[name].module
    assert module.draw(RECORDS[name]).layout.yaxis.title.text.endswith("(EUR)")
    assert " EUR" in module.words(RECORDS[name])
    assert any("(EUR)" in column for column in module.table(RECORDS[name]))


def test_the_path_highlights_the_cheapest_runs_and_greys_the_others():
    figure = cost_path_curve.draw(PATH, {"<i>a</i>": remade_path(PROBS, TARGET, A, B)})
    traces = by_name(figure)
    np.testing.assert_allclose(traces["cheapest run"].x, PATH.envelope.breaks)
    np.testing.assert_allclose(traces["cheapest run"].y, 1000 * PATH.envelope.values)
    owners = PATH.envelope.owners
    assert 1 < len(owners) < 9
    looks = set()
    for owner in owners:
        trace = traces[PATH.names[owner].replace("<", "&lt;").replace(">", "&gt;")]
        np.testing.assert_allclose(trace.y, 1000 * PATH.fixed[owner])
        looks.add((trace.line.color, trace.line.dash))
    assert len({colour for colour, _ in looks}) == len({dash for _, dash in looks}) == len(owners)
    others = [trace for trace in figure.data if trace.name == "other runs"]
    assert len(others) == 11 - len(owners)
    assert sum(trace.showlegend for trace in others) == 1
    assert cost_path_curve.table(PATH)["cheapest run"] == [PATH.names[owner] for owner in owners]
    band = remade_path(PROBS, TARGET, A, B)
    said = cost_path_curve.words(PATH, {"it": band})
    assert (
        f"by 'it', it goes from {amount(1000 * band.mean[0], 'EUR')} to {amount(1000 * band.mean[-1], 'EUR')}." in said
    )
    anew = traces["&lt;i&gt;a&lt;/i&gt;, decided anew"]
    np.testing.assert_allclose(anew.y, 1000 * remade_path(PROBS, TARGET, A, B).mean)


def test_the_price_axis_goes_in_tenfold_steps_and_marks_the_present_price():
    curve = RECORDS["price_curve"]
    figure = price_curve.draw(curve)
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.xaxis.title.text == "price of '&#36;stain&#36;' called '&lt;b&gt;ok&lt;/b&gt;' (EUR)"
    (mark,) = figure.layout.shapes
    assert mark.x0 == mark.x1 == 60
    traces = by_name(figure)
    np.testing.assert_allclose(traces["decided anew at each price"].y, 1000 * curve.remade.mean)
    np.testing.assert_allclose(traces["argmax"].y, 1000 * curve.fixed["argmax"].mean)
    np.testing.assert_allclose(traces["best constant decision"].y, 1000 * curve.constants.min(axis=0))
    each = [trace for trace in figure.data if trace.name == "each constant decision"]
    assert [trace.y.tolist() for trace in each] == [pytest.approx(1000 * paid) for paid in curve.constants]
    assert [trace.showlegend for trace in each] == [True] + [False] * (len(each) - 1)
    shade = figure.data[0]
    np.testing.assert_allclose(shade.y, [1000 * end for end in (*curve.remade.high, *curve.remade.low[::-1])])
    table = price_curve.table(curve)
    assert table["price (EUR)"][4] == pytest.approx(60)
    assert table[f"always '{curve.decisions[0]}'"][4] == pytest.approx(1000 * curve.constants[0, 40])
    assert table["decided anew, to"][4] == pytest.approx(1000 * curve.remade.high[40])


def test_a_click_on_the_price_axis_is_a_price_and_on_a_share_only_where_it_sets_one():
    assert price_curve.draw(RECORDS["price_curve"]).layout.meta == {"pick": "x"}
    curve = RECORDS["referral_curve"]
    assert referral_curve.draw(curve).layout.meta is None
    figure = referral_curve.draw(curve, pick=True)
    assert figure.layout.meta == {"pick": "x"}
    (mark,) = figure.layout.shapes
    assert mark.x0 == mark.x1 == curve.chosen


def test_one_price_whatever_the_truth_is_named_as_that_of_a_decision():
    curve = make_price(PROBS, TARGET, A.with_referral(2, "ask"), None, 3)
    assert price_curve.draw(curve).layout.xaxis.title.text == "price of the decision 'ask' (EUR)"
    assert "the price of the decision 'ask', now 2 EUR" in price_curve.words(curve)


def test_the_decisions_as_they_are_stand_in_for_a_threshold():
    curve = RECORDS["drummond_holte"]
    traces = by_name(drummond_holte.draw(curve, 0.25, now=(0.1, 0.3)))
    assert traces["decisions as they are"].y == (0.1, 0.3)
    assert "threshold 0.5" not in traces
    assert "the decisions as they are cost 15.0%" in drummond_holte.words(curve, 0.25, now=(0.1, 0.3))


def test_cost_curves_show_the_best_threshold_and_where_the_costs_stand():
    curve = RECORDS["drummond_holte"]
    figure = drummond_holte.draw(curve, operating=0.8)
    traces = by_name(figure)
    np.testing.assert_allclose(traces["best threshold"].y, curve.envelope.values)
    assert traces["threshold 0.5"].y == curve.line(0.5)
    assert (traces["never 'crack'"].y, traces["always 'crack'"].y) == ((0, 1), (1, 0))
    assert figure.layout.shapes[0].x0 == 0.8
    assert not drummond_holte.draw(curve).layout.shapes
    table = drummond_holte.table(curve)
    for x, threshold, its_cost in zip(table["PC(+)"], table["best threshold"], table["its cost"], strict=True):
        start, end = curve.line(threshold)
        assert start * (1 - x) + end * x == pytest.approx(its_cost)


def test_the_drawn_brier_curve_has_the_area_of_its_record():
    curve = RECORDS["brier_curve"]
    traces = by_name(brier_curve.draw(curve))
    best, shown = (traces[name] for name in sorted(traces))
    assert f"{curve.area:.4f}" in shown.name
    assert np.trapezoid(shown.y, shown.x) == pytest.approx(curve.area, abs=2e-4)  # of 900 jumps 600 are drawn
    assert np.trapezoid(best.y, best.x) == pytest.approx(curve.best.area())
    table = brier_curve.table(curve)
    for c, loss in zip(table["cost proportion"][1:-1], table["loss"][1:-1], strict=True):
        says = PROBS[:, 1] > c
        assert loss == pytest.approx(2 * np.mean(np.where(TARGET == 1, (1 - c) * ~says, c * says)))


def test_the_referral_figure_marks_the_share_by_the_price_with_its_interval():
    curve = RECORDS["referral_curve"]
    traces = by_name(referral_curve.draw(curve))
    mark, best = traces["share by the price"], traces["best in hindsight"]
    assert (mark.x[0], mark.y[0]) == (curve.chosen, 1000 * curve.chosen_cost.estimate)
    assert mark.y[0] + mark.error_y.array[0] == pytest.approx(1000 * curve.chosen_cost.high)
    assert mark.y[0] - mark.error_y.arrayminus[0] == pytest.approx(1000 * curve.chosen_cost.low)
    assert (best.x[0], best.y[0]) == (curve.best, 1000 * curve.cost.min())
    assert traces["worth"].yaxis == "y2"
    assert referral_curve.table(curve)["worth of one more (EUR)"][-1] is None


def test_groups_with_few_paid_events_look_different_and_the_words_say_who_promises_too_much():
    curve = RECORDS["cost_reliability"]
    traces = by_name(reliability.draw(curve))
    shown = [trace for trace in traces.values() if trace.mode == "markers"]
    assert sorted(np.concatenate([trace.x for trace in shown])) == pytest.approx(sorted(1000 * curve.believed))
    assert curve.few.any() == any("few" in trace.name for trace in shown)
    for trace in shown:
        np.testing.assert_allclose(trace.y + np.array(trace.error_y.array), trace.customdata[:, 2])
    assert "less than expected" in reliability.words(curve)  # these probabilities are too unsure
    even = cost_reliability(np.full((30, 3), 1 / 3), np.repeat([0, 1, 2], 10), np.zeros(30, dtype=int), A)
    assert "cannot be told apart" in reliability.words(even)


def test_fifty_thousand_images_make_no_larger_figure():
    rng = np.random.default_rng(1)
    target, probs = rng.integers(0, 2, 50_000), rng.dirichlet([1, 1], 50_000)
    cost = CostMatrix([[0, 1], [9, 0]], "ab").with_referral(0.3)
    for figure in (
        brier_curve.draw(make_brier(probs, target)),
        drummond_holte.draw(make_drummond(probs, target)),
        referral_curve.draw(make_referral(probs, target, cost)),
    ):
        assert len(json.dumps(json.loads(figure.to_json()))) < 100_000
