"""Ranges of prices: what is refused, what moves together, and draws against scipy's triangle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from costlab.costs import CostMatrix
from costlab.errors import InvalidCosts
from costlab.price_ranges import MOVING, PriceRanges, price_name, ranges_of, referral_column
from costlab.scenario import Scenario

COST = CostMatrix([[0, 1, 4], [20, 0, 2], [60, 30, 0]], ["ok", "dent", "crack"], unit="EUR")
U = np.linspace(0, 1, 101)[:, None]


def one(low, likely, high):
    """The ranges of two prices: this one, and one that is known."""
    cost = CostMatrix([[0, likely], [1, 0]], "ab")
    return PriceRanges(cost, [[0, low], [1, 0]], [[0, high], [1, 0]])


def test_a_range_across_0_is_a_triangle_as_scipy_knows_it():
    drawn = one(-2, 1, 6).quantiles(((0, 1),), U)[:, 0]
    np.testing.assert_allclose(drawn, stats.triang(3 / 8, loc=-2, scale=8).ppf(U[:, 0]), atol=1e-12)


def test_a_range_of_prices_is_a_triangle_of_their_logarithms():
    drawn = one(50, 100, 400).quantiles(((0, 1),), U)[:, 0]
    logs = stats.triang(np.log(2) / np.log(8), loc=np.log(50), scale=np.log(8)).ppf(U[:, 0])
    np.testing.assert_allclose(drawn, np.exp(logs), rtol=1e-12)


def test_a_gain_is_drawn_as_a_price_with_its_sign_turned():
    gains, prices = one(-400, -100, -50), one(50, 100, 400)
    np.testing.assert_allclose(gains.quantiles(((0, 1),), U), -prices.quantiles(((0, 1),), 1 - U), rtol=1e-12)
    assert (np.diff(gains.quantiles(((0, 1),), U)[:, 0]) > 0).all()


@given(st.floats(0.01, 1e6), st.floats(1, 50), st.floats(1, 50))
def test_draws_stay_in_the_range_reach_both_ends_and_grow_with_the_quantile(likely, down, up):
    drawn = one(likely / down, likely, likely * up).quantiles(((0, 1),), U)[:, 0]
    assert drawn[0] == pytest.approx(likely / down)
    assert drawn[-1] == pytest.approx(likely * up)
    assert (np.diff(drawn) >= -1e-12 * likely * up).all()


def test_half_to_twice_as_much_has_the_likely_price_as_its_median():
    ranges = PriceRanges.by_factor(COST, 2)
    assert ranges.quantiles(((2, 0),), np.array([[0.5]]))[0, 0] == pytest.approx(60)


@pytest.mark.parametrize(
    ("low", "likely", "high", "told"),
    [
        (2, 1, 3, "The price of 'a' called 'b' must go from low over likely to high; got 2, 1 and 3."),
        (0, 4, 3, "The price of 'a' called 'b' must go from low over likely to high; got 0, 4 and 3."),
        (0, 1, np.inf, "The ends of the price of 'a' called 'b' must be numbers up to 1e+15; got 0 and inf."),
        (np.nan, 1, 2, "The ends of the price of 'a' called 'b' must be numbers up to 1e+15; got nan and 2."),
    ],
)
def test_ends_that_mean_nothing_are_refused_with_the_cell_named(low, likely, high, told):
    with pytest.raises(InvalidCosts) as refusal:
        one(low, likely, high)
    assert str(refusal.value) == told


@pytest.mark.parametrize("factor", [0.5, 0, -1, np.nan, np.inf, 1001])
def test_a_factor_that_means_nothing_is_refused(factor):
    with pytest.raises(InvalidCosts, match="The factor must be from 1"):
        PriceRanges.by_factor(COST, factor)


def test_ends_of_another_shape_and_another_way_of_moving_are_refused():
    with pytest.raises(InvalidCosts, match="Expected a low end for each"):
        PriceRanges(COST, np.zeros((2, 2)), COST.values)
    with pytest.raises(InvalidCosts, match="no way of moving 'sideways'"):
        PriceRanges.by_factor(COST, 2, moving="sideways")


def test_what_moves_together_is_a_price_a_true_class_or_all_and_referring_is_one_price():
    cost = COST.with_referral(3)
    groups = {moving: PriceRanges.by_factor(cost, 2, moving=moving).groups for moving in MOVING}
    asking = ((0, 3), (1, 3), (2, 3))
    assert set(groups["apart"]) == {((t, d),) for t in range(3) for d in range(3) if t != d} | {asking}
    assert set(groups["by_truth"]) == {((0, 1), (0, 2)), ((1, 0), (1, 2)), ((2, 0), (2, 1)), asking}
    (all_of_them,) = groups["together"]
    assert len(all_of_them) == 9
    names = [price_name(cost, cells) for cells in (((2, 0),), asking, ((2, 0), (2, 1)), all_of_them)]
    assert names == [
        "'crack' called 'ok'", "the decision 'refer to a human'", "every mistake on 'crack'", "all prices together",
    ]  # fmt: skip


def test_prices_without_a_range_move_nothing():
    assert PriceRanges.by_factor(COST, 1).groups == ()


def test_typed_ends_are_scaled_with_the_costs_but_not_those_of_referring():
    scenario = Scenario(COST, scale=10, referral=3)
    ranges = ranges_of(scenario, 2, {(2, 0): (50, 90), (0, 3): (1, 4)})
    assert (ranges.low[2, 0], ranges.likely.values[2, 0], ranges.high[2, 0]) == (500, 600, 900)
    assert ranges.low[:, 3].tolist() == [1, 1, 1]
    assert ranges.high[:, 3].tolist() == [4, 4, 4]
    assert (ranges.low[1, 0], ranges.high[1, 0]) == (100, 400)
    assert referral_column(Scenario(COST)) is None
