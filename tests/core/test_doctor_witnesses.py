"""The linear programme's witnesses, against what is not it: a fine grid, a random search, its own dual."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from costlab.costs import CostMatrix
from costlab.diagnosis.decisions import best_when
from costlab.diagnosis.when_best import Witness, never_best, when_best
from costlab.doctor import doctor

STEPS = 60
GRID = np.array([(i, j, STEPS - i - j) for i in range(STEPS + 1) for j in range(STEPS + 1 - i)]) / STEPS


def margins(values: np.ndarray, decision: int, chances: np.ndarray) -> np.ndarray:
    """(N,): by how much `decision` is cheaper than the best other one, at each of (N, K) chances."""
    expected = np.einsum("nt,td->nd", chances, values)
    return np.delete(expected, decision, axis=1).min(axis=1) - expected[:, decision]


def holds_by_itself(values: np.ndarray, witness: Witness) -> None:
    """Chances are chances, weights are weights, and both prove the same margin from either side: so it is the best."""
    chances, weights = np.array(witness.chances), np.array(witness.instead)
    assert chances.min() >= 0
    assert weights.min() >= 0
    assert (chances.sum(), weights.sum()) == pytest.approx((1, 1))
    assert weights[witness.decision] == 0
    size = np.ptp(values)
    assert margins(values, witness.decision, chances[None])[0] == pytest.approx(witness.margin, abs=1e-9 * size)
    if not witness.can_be_best:
        assert ((values @ weights) - values[:, witness.decision]).max() <= 1e-9 * size


costs_of_three = st.integers(2, 5).flatmap(lambda d: arrays(np.float64, (3, d), elements=st.integers(-20, 20)))


@settings(max_examples=80, deadline=None)
@given(costs_of_three, st.data())
def test_of_three_classes_the_witness_is_what_a_fine_grid_finds(values: np.ndarray, data: st.DataObject) -> None:
    decision = data.draw(st.integers(0, values.shape[1] - 1))
    witness = when_best(values, decision)
    holds_by_itself(values, witness)
    on_grid = margins(values, decision, GRID).max()
    step = 2 * np.abs(values - values[:, [decision]]).max() / STEPS  # how far a margin moves between grid points
    assert on_grid - 1e-9 <= witness.margin <= on_grid + step


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 12), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_of_more_classes_no_random_search_does_better_and_the_dual_proves_it(size: int, extra: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    values = draws.random((size, size + extra)) * draws.choice([1, 10, 100], (size, 1))
    chances = draws.dirichlet(np.full(size, 0.3), 300)
    for decision in range(0, size + extra, 3):
        witness = when_best(values, decision)
        holds_by_itself(values, witness)
        assert margins(values, decision, chances).max() <= witness.margin + 1e-9
        if witness.can_be_best:  # strong duality: the weights allow no larger margin at any chances
            allowed = (values @ np.array(witness.instead) - values[:, decision]).max()
            assert allowed == pytest.approx(witness.margin, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(costs_of_three)
def test_the_decisions_that_are_never_best_are_those_that_win_nowhere_on_the_grid(values: np.ndarray) -> None:
    never = {witness.decision for witness in never_best(values)}
    on_grid = [margins(values, decision, GRID).max() for decision in range(values.shape[1])]
    for decision, best in enumerate(on_grid):
        if best > 1e-9:
            assert decision not in never
        else:  # between the points of the grid it might still win, but then the programme says where
            assert decision in never or when_best(values, decision).can_be_best


@given(st.integers(2, 9), st.integers(1, 3), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_decision_that_costs_more_than_a_mixture_is_found_with_a_mixture(size: int, extra: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    values = draws.random((size, size))
    values[np.diag_indices(size)] = -1
    mixed = values @ draws.dirichlet(np.ones(size), extra).T + 0.05
    never = never_best(np.hstack([values, mixed]))
    assert [witness.decision for witness in never] == list(range(size, size + extra))
    for witness in never:
        assert witness.margin <= -0.05 + 1e-9
        holds_by_itself(np.hstack([values, mixed]), witness)


@pytest.mark.parametrize("scale", [1e-6, 1, 1e9])
def test_costs_of_very_different_sizes_are_told_apart(scale: float) -> None:
    values = scale * np.array([[0, 1e9, 1e8], [1, 0, 0.4], [1, 1, 0.4]])
    refer = when_best(values, 2)
    assert refer.can_be_best
    holds_by_itself(values, refer)
    crack = when_best(np.hstack([values, values[:, [1]] + scale * 1e-3]), 3)
    assert not crack.can_be_best
    assert crack.instead == (0, 1, 0, 0)


@pytest.mark.parametrize("dear", [1e3, 1e6, 1e9, 1e12, 1e14])
def test_a_decision_that_is_best_at_the_tiniest_chance_is_found_to_be(dear: float) -> None:
    values = np.array([[0, dear, dear / 10], [1, 0, 0.4]])
    witness = when_best(values, 2)  # 'ask' at even stakes: 0.1 + 0.4 beside 1
    assert witness.chances[0] == pytest.approx(1 / dear, rel=0.01)
    assert witness.margin == pytest.approx(0.5, rel=0.01)
    assert margins(values, 2, np.array([witness.chances]))[0] == pytest.approx(0.5, rel=0.01)
    assert never_best(values) == []


def test_equal_decisions_are_never_the_only_best_one() -> None:
    values = np.array([[0.0, 1, 1], [1, 0, 0]])
    assert [witness.decision for witness in never_best(values)] == [1, 2]
    assert when_best(values, 1).margin == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_the_chances_that_are_said_are_such_that_the_decision_is_best(size: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    values = draws.integers(0, 50, (size, size + 1)) * draws.choice([1, 1, 1000], (size, 1))
    names = tuple(f"c{i}" for i in range(size + 1))
    cost = CostMatrix(values, names[:size], names)
    for decision in range(size + 1):
        witness = when_best(cost.values, decision)
        if witness.can_be_best:
            said = best_when(cost, witness)
            chances = np.zeros(size)
            for name, share in re.findall(r"'c(\d)' ([\d.]+) %", said) or [(said[-2], "100")]:
                chances[int(name)] = float(share) / 100
            assert chances.sum() == pytest.approx(1, abs=1e-4)  # each is rounded
            assert margins(values, decision, chances[None])[0] > 0


@given(st.integers(2, 7), st.floats(0.01, 3))
@settings(max_examples=60, deadline=None)
def test_a_referral_is_of_use_exactly_below_the_cost_of_guessing(size: int, price: float) -> None:
    cost = CostMatrix.zero_one([f"c{i}" for i in range(size)]).with_referral(price, "ask")
    guess = 1 - 1 / size  # where all classes are equally likely
    found = {finding.name: finding for finding in doctor(cost)}
    if abs(price - guess) < 1e-6:
        return
    assert ("never_best" in found) == (price > guess)
    if price > guess:
        said = float(re.search(r"costs less than ([\d.]+)\.$", found["never_best"].sentence)[1])  # type: ignore[index]
        assert said == pytest.approx(guess, rel=1e-3)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_the_lots_that_are_said_cost_no_more_whatever_the_truth(seed: int) -> None:
    draws = np.random.default_rng(seed)
    values = draws.integers(1, 40, (4, 4)) * (1.0 - np.eye(4))
    lots = draws.dirichlet(np.ones(4))
    cost = CostMatrix(np.c_[values, values @ lots + 0.5], tuple("abcd"), (*"abcd", "ask"))
    (finding,) = [finding for finding in doctor(cost) if finding.name == "never_best"]
    shares = {name: float(share) / 100 for name, share in re.findall(r"'(\w)' \(([\d.]+) %\)", finding.sentence)}
    if not shares:  # a single decision, or a fair coin
        named = re.findall(r"'(\w)'", finding.sentence)
        shares = dict.fromkeys(named, 1 / len(named))
    assert sum(shares.values()) == pytest.approx(1)
    mixed = sum(share * values[:, "abcd".index(name)] for name, share in shares.items())
    assert (mixed <= cost.values[:, 4] + 1e-9).all()


def test_a_witness_travels_with_its_finding() -> None:
    cost = CostMatrix([[9, 0, 8], [1, 5, 9], [9, 8, 0]], ("ok", "crack", "dent"))
    found = [finding.witness for finding in doctor(cost) if finding.cell == (0, 1)]
    assert found == [when_best(cost.values, 0)]
    (never,) = [finding.witness for finding in doctor(CostMatrix.zero_one("ab").with_referral(2)) if finding.witness]
    assert (never.decision, never.instead) == (2, (1, 0, 0))
