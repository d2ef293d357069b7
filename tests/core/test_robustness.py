"""Shares, regret, worth of knowing a price and switching prices, against plain loops over the same predictions."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from costlab import influence
from costlab.candidates import CONSTANT, OWN, Candidate, candidates, choices, comparable, usual
from costlab.costs import CostMatrix
from costlab.fitted import Fitted
from costlab.influence import influences
from costlab.price_ranges import MOVING, PriceRanges, ranges_of
from costlab.robustness import robustness
from costlab.robustness_words import beside, headline, nearest, switch_words
from costlab.scenario import Scenario, answer
from costlab.sources import example_names, example_source

SOURCE = example_source("surface_defects")
FITTED = Fitted(SOURCE.predictions)
SCENARIO = Scenario(SOURCE.cost)
USUAL = candidates([(SOURCE, FITTED)], SCENARIO, usual(SCENARIO))


def made(seed: int, models: int = 3, n: int = 60) -> tuple[list[Candidate], CostMatrix]:
    """Candidates that decide at random but not badly, and costs of three classes."""
    rng = np.random.default_rng(seed)
    cost = CostMatrix(rng.uniform(1, 20, (3, 3)) * (1 - np.eye(3)), "abc")
    target = rng.integers(0, 3, n)
    found = []
    for number in range(models):
        decided = np.where(rng.random(n) < 0.7, target, rng.integers(0, 3, n))
        counts = confusion_matrix(target, decided, labels=range(3)).astype(float)
        paid = cost.values[target, decided]
        stays = partial(_stays, decided)
        found.append(Candidate(f"rule {number}", "", False, target, np.ones(3), decided, paid, counts, stays))
    return found, cost


def _stays(decided: np.ndarray, cost: CostMatrix) -> np.ndarray:
    return decided


def paid_by_loop(candidate: Candidate, prices: np.ndarray) -> float:
    """Per 1,000 images, one image after the other."""
    total = 0.0
    for truth, decision in zip(candidate.target, candidate.decided, strict=True):
        total += candidate.weights[truth] * prices[truth, decision]
    return 1000 * total / len(candidate.target)


def triangles(ranges: PriceRanges, rng: np.random.Generator, number: int) -> np.ndarray:
    """(number, K, D) prices, each on its own, by numpy's own triangle of the logarithms."""
    drawn = np.repeat(ranges.likely.values[None], number, axis=0)
    for t, d in np.argwhere(ranges.high > ranges.low):
        logs = np.log([ranges.low[t, d], ranges.likely.values[t, d], ranges.high[t, d]])
        drawn[:, t, d] = np.exp(rng.triangular(*logs, number))
    return drawn


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_shares_quantiles_and_regret_are_those_of_a_loop_over_images_and_draws(seed):
    found, cost = made(seed)
    ranges = PriceRanges.by_factor(cost, 3)
    result = robustness(found, ranges)
    prices = triangles(ranges, np.random.default_rng(seed + 100), 3000)
    costs = np.array([[paid_by_loop(each, one) for each in found] for one in prices])
    shares = [np.mean([row[c] == min(row) for row in costs]) for c in range(len(found))]
    np.testing.assert_allclose(result.shares, shares, atol=0.035)  # 4 standard errors of the loop
    np.testing.assert_allclose(result.quantiles[:, 2], np.median(costs, axis=0), rtol=0.02)
    np.testing.assert_allclose(result.mean, costs.mean(axis=0), rtol=0.02)
    best = int(np.argmin([paid_by_loop(each, cost.values) for each in found]))
    assert result.best == best
    assert result.regret == pytest.approx(np.mean(costs[:, best] - costs.min(axis=1)), abs=0.1 * costs.std())


def test_the_likely_costs_are_those_of_what_if():
    result = robustness(USUAL, ranges_of(SCENARIO))
    for name, likely in zip(usual(SCENARIO), result.likely, strict=True):
        if name == CONSTANT:
            assert likely == pytest.approx(1000 * answer(FITTED, SCENARIO).constant.mean_cost)
        else:
            recipe = choices(SCENARIO)[name]
            scenario = Scenario(SOURCE.cost, rule=recipe.rule, calibration=recipe.calibration)
            assert likely == pytest.approx(1000 * answer(FITTED, scenario).mean.estimate)
    assert [each.own for each in USUAL] == [True, *[False] * (len(USUAL) - 1)]


def test_class_shares_weigh_as_in_what_if():
    scenario = Scenario(SOURCE.cost, shares=(1, 1, 1, 6, 1), referral=2.0)
    (own, *_) = candidates([(SOURCE, FITTED)], scenario, usual(scenario))
    result = robustness([own], ranges_of(scenario, 1))
    said = answer(FITTED, scenario)
    assert own.own
    assert result.quantiles[0].tolist() == pytest.approx([1000 * said.mean.estimate] * 5)
    assert paid_by_loop(own, said.cost.values) == pytest.approx(1000 * said.mean.estimate)


@given(seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_ranges_of_no_width_give_the_point_answer(seed):
    found, cost = made(seed)
    result = robustness(found, PriceRanges.by_factor(cost, 1), draws=50)
    exact = [paid_by_loop(each, cost.values) for each in found]
    np.testing.assert_allclose(result.quantiles, np.repeat([exact], 5, axis=0).T)
    assert result.shares[int(np.argmin(exact))] == 1
    assert result.regret == pytest.approx(0, abs=1e-9)
    assert influences(found, result.ranges) == []


@given(seed=st.integers(0, 1000), scale=st.floats(0.001, 1000), moving=st.sampled_from(MOVING))
@settings(deadline=None, max_examples=20)
def test_another_currency_changes_no_share(seed, scale, moving):
    found, cost = made(seed)
    there = CostMatrix(cost.values * scale, cost.classes)
    one, other = (robustness(found, PriceRanges.by_factor(each, 2, moving=moving), draws=200) for each in (cost, there))
    np.testing.assert_array_equal(one.shares, other.shares)
    np.testing.assert_allclose(other.quantiles, one.quantiles * scale)


@given(seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_one_factor_for_all_prices_changes_no_choice(seed):
    found, cost = made(seed)
    result = robustness(found, PriceRanges.by_factor(cost, 5, moving="together"), draws=200)
    assert result.shares[result.best] == 1
    (only,) = influences(found, result.ranges)
    assert only.worth == 0


def test_the_same_seed_draws_the_same_and_another_does_not():
    ranges = ranges_of(SCENARIO)
    first, again, other = (robustness(USUAL, ranges, seed=seed, draws=500) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.quantiles, again.quantiles)
    assert (first.quantiles != other.quantiles).any()


def test_candidates_that_decide_alike_are_equally_cheap_and_said_so():
    found, cost = made(3, models=2)
    result = robustness([found[0], found[0], found[1]], PriceRanges.by_factor(cost, 2), draws=500)
    assert result.shares[0] == result.shares[1] == result.tied[0] == result.tied[1]
    assert result.tied[2] == 0
    assert result.shares[0] + result.shares[2] == 1
    same = robustness([found[0], found[0]], PriceRanges.by_factor(cost, 2), draws=100)
    assert same.rival is None
    assert "'rule 0' and 'rule 0', which decide alike, are cheapest in all 100 draws" in headline(same, [])


def test_decisions_made_anew_are_those_of_deciding_at_each_price():
    ranges = ranges_of(SCENARIO)
    result = robustness(USUAL, ranges, anew=True, draws=400)
    probs, target = FITTED.probs("temperature"), FITTED.test.target
    costs = []
    for prices in triangles(ranges, np.random.default_rng(3), 400):
        own = prices[target, (probs @ prices).argmin(axis=1)].mean()
        constant = prices[target].mean(axis=0).min()
        costs.append([1000 * own, 1000 * constant])
    np.testing.assert_allclose(result.mean[[0, -1]], np.mean(costs, axis=0), rtol=0.05)  # 4 standard errors
    assert result.anew
    one_factor = ranges_of(SCENARIO, moving="together")
    np.testing.assert_allclose(
        robustness(USUAL, one_factor, anew=True, draws=30).shares, robustness(USUAL, one_factor, draws=30).shares
    )


def test_with_other_test_images_shares_are_those_of_a_bootstrap_by_loop():
    found, cost = made(5)
    ranges = PriceRanges.by_factor(cost, 2)
    result = robustness(found, ranges, images=True, draws=4000)
    rng, wins = np.random.default_rng(9), np.zeros(3)
    for prices in triangles(ranges, rng, 2000):
        rows = rng.integers(0, 60, 60)
        costs = [prices[each.target[rows], each.decided[rows]].sum() for each in found]
        wins[int(np.argmin(costs))] += 1
    np.testing.assert_allclose(result.shares - result.tied, wins / 2000, atol=0.05)
    assert result.quantiles[0, 4] - result.quantiles[0, 0] > np.ptp(robustness(found, ranges).quantiles[0])


@pytest.mark.parametrize("moving", ["apart", "by_truth"])
def test_the_worth_of_knowing_a_price_is_that_of_draws_within_draws(moving):
    found, cost = made(24)
    ranges = PriceRanges.by_factor(cost, 4, moving=moving)
    rng = np.random.default_rng(0)
    counts = np.array([each.counts for each in found]) * 1000 / 60

    def drawn(number: int) -> np.ndarray:
        prices = np.repeat(cost.values[None], number, axis=0)
        for cells in ranges.groups:
            u = rng.random((number, 1))
            prices[:, *np.array(cells).T] = ranges.quantiles(cells, u)
        return prices

    mean = np.einsum("ctd,std->sc", counts, drawn(200_000)).mean(axis=0)
    told = influences(found, ranges)
    assert told[0].worth > 0.08 * mean.min()
    for each in told[:3]:
        least = []
        for price in drawn(1500):
            inner = drawn(1500)
            for cell in each.cells:
                inner[:, cell[0], cell[1]] = price[cell]
            least.append(np.einsum("ctd,std->sc", counts, inner).mean(axis=0).min())
        nested = mean.min() - np.mean(least)
        assert each.worth == pytest.approx(nested, abs=0.01 * mean.min())


@given(seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=40)
def test_at_a_switching_price_two_are_equally_cheap_and_beyond_it_the_other_is_cheaper(seed):
    found, cost = made(seed)
    likely = [paid_by_loop(each, cost.values) for each in found]
    best = int(np.argmin(likely))
    for each in influences(found, PriceRanges.by_factor(cost, 2)):
        (cell,) = each.cells
        assert each.leads[1] == pytest.approx(min(c for i, c in enumerate(likely) if i != best) - likely[best])
        for switch in each.switches:
            at = [paid_by_loop(one, cost.replaced(*cell, switch.price).values) for one in found]
            assert at[best] == pytest.approx(min(at))
            assert at[switch.candidate] == pytest.approx(at[best])
            beyond = switch.price + 0.01 * np.sign(switch.price - each.likely)
            at = [paid_by_loop(one, cost.replaced(*cell, beyond).values) for one in found]
            assert at[switch.candidate] <= at[best]
            assert switch.inside == (each.low <= switch.price <= each.high)
        if not any(switch.inside for switch in each.switches):
            for end in np.linspace(each.low, each.high, 7):
                at = [paid_by_loop(one, cost.replaced(*cell, float(end)).values) for one in found]
                assert at[best] == pytest.approx(min(at))


@pytest.mark.parametrize("price", [0.1, 0.7, 3.0, 4.0, 9.0])
def test_who_would_be_as_cheap_only_if_a_mistake_cost_nothing_switches_at_exactly_0(price):
    cost = CostMatrix([[0, price], [1, 0]], "ab")
    target = np.repeat([0, 1], [200, 159])
    found = []
    for wrong in (4, 11):
        decided = np.where(np.arange(359) < wrong, 1 - target, target)
        counts = confusion_matrix(target, decided, labels=range(2)).astype(float)
        paid = cost.values[target, decided]
        found.append(
            Candidate(f"{wrong} wrong", "", False, target, np.ones(2), decided, paid, counts, partial(_stays, decided))
        )
    (told,) = influences(found, PriceRanges.by_factor(cost, 2))
    assert [switch.price for switch in told.switches] == [0.0]


def test_of_very_many_prices_those_that_matter_most_are_told(monkeypatch):
    found, cost = made(24)
    ranges = PriceRanges.by_factor(cost, 4)
    all_of_them = influences(found, ranges)
    monkeypatch.setattr(influence, "MOST", 2)
    assert influences(found, ranges) == all_of_them[:2]


def test_the_price_that_matters_most_is_told_with_its_switching_price():
    source = example_source("digits")
    fitted, scenario = Fitted(source.predictions), Scenario(source.cost)
    found = candidates([(source, fitted)], scenario, usual(scenario))
    ranges = ranges_of(scenario)
    result, prices = robustness(found, ranges), influences(found, ranges)
    said = headline(result, prices)
    assert said == (
        "'Affine, then least expected cost' is cheapest in 91 % of the prices you called plausible; the price that "
        "matters most is '8' called '1': below 4 EUR 'Vector, then least expected cost' would be cheapest "
        "(likely 7 EUR)."
    )
    switch = nearest(prices[0])
    assert switch is not None
    assert switch_words(switch, prices[0], result).startswith("below 4 ")
    assert "the two cannot be told apart on these 359 images" in " ".join(beside(result))


def test_without_ranges_and_without_others_the_sentence_says_so():
    point = robustness(USUAL, ranges_of(SCENARIO, 1), draws=10)
    assert headline(point, []).startswith("No price has a range, so the likely prices decide: at the likely prices")
    alone = robustness(USUAL[:1], ranges_of(SCENARIO), draws=10)
    assert "is the only way to decide here" in headline(alone, [])
    assert beside(alone) == []


def test_models_tested_on_other_images_are_left_out_and_told():
    models = [(example_source(name), Fitted(example_source(name).predictions)) for name in example_names()]
    kept, told = comparable([models[0], *models])
    assert [source.key for source, _ in kept] == ["example:surface_defects"] * 2
    assert len(told) == 2
    assert "come from different data sets" in told[0]


def test_two_models_are_weighed_by_rule_and_the_constant_decision_once():
    scenario = Scenario(SOURCE.cost, rule="tuned_multipliers", calibration="vector")
    found = candidates([(SOURCE, FITTED)] * 2, scenario, usual(scenario, 2))
    assert [(each.rule, each.own) for each in found][:1] == [("Vector, then tuned class multipliers", True)]
    assert len(found) == 2 * 3 + 1
    assert OWN in choices(scenario)
    assert found[-1].title == "Always 'crack'"
    assert found[0].title.startswith(f"Vector, then tuned class multipliers, {SOURCE.title}")
