"""Curves for other class shares: against the same curve of images that are really there more often, and plain loops."""

import numpy as np
import pytest

from costlab.costs import CostMatrix
from costlab.curves import (
    cost_reliability,
    decision_rates,
    drummond_holte,
    equal_costs,
    price_curve,
    referral_curve,
    remade_path,
    steady_prices,
)
from costlab.errors import InvalidPredictions
from costlab.intervals import mean_interval, paired_interval
from tests.core.test_cost_paths import A, B, paid_at
from tests.core.test_metrics import drawn

TIMES = np.array([1, 4, 2])  # how often an image of each class is there
N = 150
PROBS, TARGET, DECIDED = drawn(A.with_referral(3), 11, n=N)
AGAIN = np.repeat(np.arange(N), TIMES[TARGET])
WEIGHTS = TIMES * N / len(AGAIN)  # their mean over the images is 1


def test_prices_with_weights_are_those_of_images_that_come_more_often():
    cost = A.with_referral(3)
    prices = [0.5, 9.0, 70.0]
    one = price_curve(PROBS, TARGET, cost, 2, 0, prices, {"now": DECIDED}, weights=WEIGHTS)
    other = price_curve(PROBS[AGAIN], TARGET[AGAIN], cost, 2, 0, prices, {"now": DECIDED[AGAIN]})
    np.testing.assert_allclose(one.remade.mean, other.remade.mean)
    np.testing.assert_allclose(one.fixed["now"].mean, other.fixed["now"].mean)
    np.testing.assert_allclose(one.constants, other.constants)
    for g, price in enumerate(prices):
        paid = np.array(paid_at(cost.replaced(2, 0, price).values, PROBS, TARGET)) * WEIGHTS[TARGET]
        band = one.remade
        assert (band.mean[g], band.low[g], band.high[g]) == pytest.approx(mean_interval(paid))


def test_a_path_with_weights_is_that_of_images_that_come_more_often():
    t = np.array([0, 0.3, 1])
    one = remade_path(PROBS, TARGET, A, B, t, weights=WEIGHTS)
    np.testing.assert_allclose(one.mean, remade_path(PROBS[AGAIN], TARGET[AGAIN], A, B, t).mean)


def test_referral_with_weights_is_that_of_images_that_come_more_often():
    cost = A.with_referral(6)
    one = referral_curve(PROBS, TARGET, cost, weights=WEIGHTS)
    other = referral_curve(PROBS[AGAIN], TARGET[AGAIN], cost)
    assert one.chosen == pytest.approx(other.chosen)
    assert one.chosen_cost.estimate == pytest.approx(other.chosen_cost.estimate)
    assert (one.shares[0], one.shares[-1]) == (0, pytest.approx(1))
    # at the share of one's points, the other has referred the same images
    np.testing.assert_allclose(np.interp(one.shares, other.shares, other.cost), one.cost)
    assert one.cost.min() == pytest.approx(one.cost[np.argmin(np.abs(one.shares - one.best))])


def test_rates_with_weights_are_those_of_images_that_come_more_often():
    one = drummond_holte(PROBS, TARGET, 1, weights=WEIGHTS)
    other = drummond_holte(PROBS[AGAIN], TARGET[AGAIN], 1)
    np.testing.assert_allclose(one.thresholds, other.thresholds)
    np.testing.assert_allclose(one.false_positive_rate, other.false_positive_rate, atol=1e-12)
    np.testing.assert_allclose(one.false_negative_rate, other.false_negative_rate, atol=1e-12)
    says, is_one = DECIDED[AGAIN] == 1, TARGET[AGAIN] == 1
    expected = says[~is_one].mean(), (~says[is_one]).mean()
    assert decision_rates(TARGET, DECIDED, 1, WEIGHTS) == pytest.approx(expected)
    with pytest.raises(InvalidPredictions, match="share above 0"):
        drummond_holte(PROBS, TARGET, 1, weights=np.array([1, 0, 1]))


def test_bins_with_weights_hold_the_means_of_images_that_come_more_often():
    decided = DECIDED % 3
    one = cost_reliability(PROBS, TARGET, decided, A, bins=6, weights=WEIGHTS)
    believed = A.expected(PROBS)[np.arange(N), decided]
    order, begin = np.argsort(believed), 0
    for b, size in enumerate(one.number):
        rows = [n for n in AGAIN if n in set(order[begin : begin + size].tolist())]
        assert one.believed[b] == pytest.approx(np.mean([believed[n] for n in rows]))
        assert one.paid[b] == pytest.approx(np.mean([A.values[TARGET[n], decided[n]] for n in rows]))
        begin += size
    assert (one.low <= one.paid).all()
    assert (one.paid <= one.high).all()
    assert one.low.min() >= A.values.min()
    pairs = A.paid(TARGET, decided) * WEIGHTS[TARGET], believed * WEIGHTS[TARGET]
    assert one.bias == pytest.approx(paired_interval(*pairs))


def test_weights_of_one_change_nothing_and_a_class_without_weight_is_not_there():
    decided = DECIDED % 3
    plain = cost_reliability(PROBS, TARGET, decided, A)
    for name in ("believed", "paid", "low", "high", "number", "few", "bias", "binned_bias"):
        np.testing.assert_allclose(
            getattr(plain, name), getattr(cost_reliability(PROBS, TARGET, decided, A, weights=np.ones(3)), name)
        )
    rows = TARGET != 1
    without = cost_reliability(PROBS[rows], TARGET[rows], decided[rows], A)
    weighted = cost_reliability(PROBS, TARGET, decided, A, weights=np.array([1, 0, 1]))
    np.testing.assert_allclose(weighted.paid, without.paid)
    np.testing.assert_allclose(weighted.low, without.low)


def test_the_interval_of_a_weighted_bin_holds_the_truth_about_as_often_as_it_says():
    """The mean cost where classes have other shares, by the ratio of two means; 400 draws of 300 images."""
    rng = np.random.default_rng(0)
    weights, shares, held = np.array([0.4, 3.0]), np.array([0.8, 0.2]), 0
    cost, wrong = CostMatrix([[0, 1], [5, 0]], "ab"), np.array([0.2, 0.4])
    truth = (shares * weights * wrong * [1, 5]).sum() / (shares * weights).sum()
    for _ in range(400):
        target = rng.choice(2, 300, p=shares)
        decided = np.where(rng.random(300) < wrong[target], 1 - target, target)
        made = cost_reliability(
            np.full((300, 2), 0.5), target, np.where(decided >= 0, decided, 0), cost, 1, 0.95, weights
        )
        held += len(made.number) == 1 and made.low[0] <= truth <= made.high[0]
    assert 0.92 <= held / 400 <= 0.98


def test_one_price_whatever_the_truth_is_the_price_of_referring():
    prices = [1.0, 6.0, 20.0]
    curve = price_curve(PROBS, TARGET, A.with_referral(6), None, 3, prices)
    for g, price in enumerate(prices):
        paid = paid_at(A.with_referral(price).values, PROBS, TARGET)
        assert curve.remade.mean[g] == pytest.approx(np.mean(paid))
        assert curve.constants[3, g] == pytest.approx(price)
    assert (curve.present, curve.cell) == (6, ("", "refer to a human"))


@pytest.mark.parametrize("price", [0.02, 1.0, 30.0, 900.0])
def test_steady_prices_hold_the_present_one_and_stay_while_it_moves_among_the_other_costs(price):
    grid = steady_prices(A.replaced(2, 1, price), 2, 1)
    assert grid[0] <= price / 10 * (1 + 1e-9)
    assert grid[-1] >= price * 10 * (1 - 1e-9)
    np.testing.assert_allclose(np.diff(np.log10(grid)), 0.05)
    assert np.isclose(np.log10(grid[0]) % 1, 0)
    if 1 <= price <= 100:
        np.testing.assert_array_equal(grid, steady_prices(A, 2, 1))
    assert len(steady_prices(CostMatrix([[0, 0], [0, 0]], "ab"), 1, 0)) > 2
    assert len(steady_prices(A.replaced(2, 1, -4.0), 2, 1)) > 2


def test_a_share_of_the_referral_curve_names_the_price_that_leads_to_it():
    free = referral_curve(PROBS, TARGET, A.with_referral(0))
    for share in (0, 0.1, 0.31, 0.5, 0.98, 1):
        price = free.price(share)
        assert referral_curve(PROBS, TARGET, A.with_referral(price)).chosen == pytest.approx(share, abs=1 / N)


def test_equal_costs_decide_as_counting_mistakes_does():
    cost = A.with_referral(3)
    equal = equal_costs(cost)
    assert (equal.expected(PROBS)[:, :3].argmin(axis=1) == PROBS.argmax(axis=1)).all()
    off = [A.values[t, d] for t in range(3) for d in range(3) if t != d]
    assert equal.values[0, 1] == pytest.approx(np.mean(off))
    np.testing.assert_array_equal(equal.values[:, 3], 3)
    assert equal.unit == "EUR"
    assert equal_costs(CostMatrix([[0, -1], [-1, 0]], "ab")).values.tolist() == [[0, 1], [1, 0]]
