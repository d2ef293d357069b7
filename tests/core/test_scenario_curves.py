"""The curves of a scenario meet its answer where they stand at its prices, and a click on one leads where it says."""

from dataclasses import replace

import numpy as np
import pytest

from costlab import scenario_curves
from costlab.calibration import with_priors
from costlab.costs import CostMatrix
from costlab.examples import EXAMPLES, example
from costlab.fitted import Fitted
from costlab.intervals import mean_interval
from costlab.scenario import Scenario, answer
from costlab.scenario_curves import NOW, Pick
from tests.core.test_scenario import COST, FITTED, PREDICTIONS

SHARES = (0.7, 0.1, 0.2)
SCENARIOS = {
    "usual": Scenario(COST),
    "scaled": Scenario(COST, scale=2.5, calibration="none"),
    "other shares": Scenario(COST, shares=SHARES),
    "others, asked": Scenario(COST, shares=SHARES, referral=3.0, calibration="vector"),
}


def judged(scenario: Scenario, cost: CostMatrix):
    """The mean and interval when decided at other costs under the scenario's shares and calibration, by loops."""
    probs = FITTED.probs(scenario.calibration)
    target = FITTED.test.target
    weights = np.ones(3)
    if scenario.shares is not None:
        learnt = PREDICTIONS.part("valid").target
        probs = with_priors(probs, np.bincount(learnt) / len(learnt), np.array(scenario.shares))
        weights = np.array(scenario.shares) * len(target) / np.bincount(target)
    paid = []
    for row, truth in zip(probs, target, strict=True):
        expected = [sum(row[t] * cost.values[t, d] for t in range(3)) for d in range(cost.values.shape[1])]
        paid.append(cost.values[truth, expected.index(min(expected))] * weights[truth])
    return mean_interval(np.array(paid))


@pytest.mark.parametrize("name", SCENARIOS)
def test_at_every_price_the_price_curve_is_what_deciding_at_it_would_cost(name):
    scenario = SCENARIOS[name]
    given = answer(FITTED, scenario)
    curve = scenario_curves.price(FITTED, scenario, given, (1, 0))
    for g in (0, len(curve.prices) // 2, len(curve.prices) - 1):
        interval = judged(scenario, scenario.matrix.replaced(1, 0, curve.prices[g]))
        assert (curve.remade.mean[g], curve.remade.low[g], curve.remade.high[g]) == pytest.approx(interval)
    now = np.interp(curve.present, curve.prices, curve.fixed[scenario_curves.NOW].mean)
    assert now == pytest.approx(given.mean.estimate)
    cheapest = np.interp(curve.present, curve.prices, curve.best_constant()[1])
    assert cheapest == pytest.approx(given.constant.mean_cost)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_price_curve_is_the_same_whatever_was_drawn_before_it(name):
    for scenario in (SCENARIOS[name], replace(SCENARIOS[name], cost=COST.replaced(2, 0, 33.0))):
        for cost in (scenario.cost, scenario.cost.replaced(1, 0, 7.0), scenario.cost.replaced(1, 0, 9.0)):
            moved = replace(scenario, cost=cost)
            after = scenario_curves.price(FITTED, moved, answer(FITTED, moved), (1, 0))
            alone = Fitted(PREDICTIONS)
            fresh = scenario_curves.price(alone, moved, answer(alone, moved), (1, 0))
            for one, other in ((after.remade, fresh.remade), (after.fixed[NOW], fresh.fixed[NOW])):
                np.testing.assert_array_equal([one.mean, one.low, one.high], [other.mean, other.low, other.high])


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_path_ends_at_the_answer(name):
    given = answer(FITTED, SCENARIOS[name])
    path, anew = scenario_curves.path(FITTED, SCENARIOS[name], given)
    assert (anew.mean[-1], anew.low[-1], anew.high[-1]) == pytest.approx(given.mean)
    assert path.fixed[0, -1] == pytest.approx(given.mean.estimate)
    assert path.fixed[1, -1] == pytest.approx(given.blind.estimate)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_referral_curve_begins_without_and_meets_the_answer_at_its_share(name):
    scenario = SCENARIOS[name]
    given = answer(FITTED, scenario)
    curve, tried = scenario_curves.referral(FITTED, scenario, given)
    without = answer(FITTED, replace(scenario, referral=None))
    assert curve.cost[0] == pytest.approx(without.mean.estimate)
    if scenario.referral is None:
        assert tried == pytest.approx(curve.cost[-1])
        given = answer(FITTED, replace(scenario, referral=tried))
        assert curve.chosen == pytest.approx(0.1, abs=0.1)
    else:
        assert tried is None
    assert curve.chosen == pytest.approx(given.referred)
    assert curve.chosen_cost == pytest.approx(given.mean)


def test_reliability_promises_what_the_probabilities_of_the_scenario_promise():
    scenario = SCENARIOS["other shares"]
    given = answer(FITTED, scenario)
    curve = scenario_curves.reliability(FITTED, scenario, given)
    probs = scenario_curves.seen(FITTED, scenario)
    promised = [sum(row[t] * COST.values[t, d] for t in range(3)) for row, d in zip(probs, given.decided, strict=True)]
    weights = given.weights[FITTED.test.target]
    assert curve.bias.estimate == pytest.approx(given.mean.estimate - np.mean(np.array(promised) * weights))


def test_one_class_stands_where_its_costs_and_its_share_put_it():
    predictions = replace(
        PREDICTIONS, logits=PREDICTIONS.logits[:, :2], target=np.minimum(PREDICTIONS.target, 1), classes=("ok", "bad")
    )
    fitted, cost = Fitted(predictions), CostMatrix([[0, 1], [6, 0]], ("ok", "bad"))
    scenario = Scenario(cost, shares=(0.9, 0.1))
    given = answer(fitted, scenario)
    one = scenario_curves.one_class(fitted, scenario, given, 1)
    assert one.operating == pytest.approx(0.1 * 6 / (0.1 * 6 + 0.9 * 1))
    height = one.now[0] * (1 - one.operating) + one.now[1] * one.operating
    assert height == pytest.approx(given.mean.estimate / (0.1 * 6 + 0.9 * 1))  # of the dearest possible
    assert (
        scenario_curves.one_class(FITTED, SCENARIOS["usual"], answer(FITTED, SCENARIOS["usual"]), 1).operating is None
    )
    odd = Scenario(CostMatrix([[0, -2], [6, 0]], ("ok", "bad")))
    assert scenario_curves.one_class(fitted, odd, answer(fitted, odd), 1).operating is None


def test_a_click_on_a_price_is_typed_as_that_price_whatever_the_scale():
    assert scenario_curves.price_pick(SCENARIOS["usual"], (1, 0), 203.7) == Pick("price", 200.0)
    assert scenario_curves.price_pick(SCENARIOS["scaled"], (1, 0), 500.0) == Pick("price", 200.0)
    asked = SCENARIOS["others, asked"]
    assert scenario_curves.price_pick(asked, (1, 3), 4.44) == Pick("referral", 4.4)
    for nothing in (0.0, -1.0, float("nan"), float("inf"), 1e300):
        assert scenario_curves.price_pick(SCENARIOS["usual"], (1, 0), nothing) is None


@pytest.mark.parametrize("share", [0.0, 0.05, 0.4, 0.8])
def test_a_click_on_a_share_sets_the_price_that_leads_to_it(share):
    for scenario in SCENARIOS.values():
        curve, _ = scenario_curves.referral(FITTED, scenario, answer(FITTED, scenario))
        kind, price = scenario_curves.referral_pick(curve, share)
        assert kind == "referral"
        then = answer(FITTED, replace(scenario, referral=price))
        assert then.referred == pytest.approx(share, abs=0.06)  # prices have three digits, images are 90
    assert scenario_curves.referral_pick(curve, float("nan")) is None


@pytest.mark.parametrize("name", EXAMPLES)
def test_three_corners_are_the_selected_cell_and_the_class_most_mistaken_for_it(name):
    predictions, cost = example(name)
    fitted = Fitted(predictions)
    given = answer(fitted, Scenario(cost))
    three = scenario_curves.corners(given, (2, 0))
    assert {0, 2} < set(three)
    assert list(three) == sorted(three)
    (third,) = set(three) - {0, 2}
    confused = [sum(given.counts[i, j] + given.counts[j, i] for j in (0, 2)) for i in range(len(cost.classes))]
    assert confused[third] == max(each for i, each in enumerate(confused) if i not in (0, 2))
    made = scenario_curves.triangle(fitted, Scenario(cost), given, three)
    np.testing.assert_array_equal(made.decided, given.decided[made.rows])
