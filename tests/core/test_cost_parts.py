"""Savings, regret, and the parts of a mean cost, against plain loops and against data whose probabilities are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlab.calibration import CALIBRATIONS, cross_fitted, softmax
from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.metrics import confusion, cost_parts, normalised_cost, regret, savings
from tests.core.test_costs import matrices
from tests.core.test_metrics import drawn

DEAR = CostMatrix([[0, 1, 4], [20, 0, 2], [60, 30, 0]], "abc", unit="EUR")


@settings(deadline=None)
@given(matrices(), st.integers(0, 1000))
def test_regret_is_the_expected_cost_above_the_least(cost, seed):
    probs, _, decided = drawn(cost, seed, n=20)
    k, d = cost.values.shape
    for row, chosen, ours in zip(probs, decided, regret(probs, decided, cost), strict=True):
        expected = [sum(row[t] * cost.values[t][j] for t in range(k)) for j in range(d)]
        assert ours == pytest.approx(expected[chosen] - min(expected), rel=1e-9, abs=1e-5)
        assert ours >= 0


@settings(deadline=None)
@given(matrices(), st.integers(0, 1000))
def test_least_expected_cost_has_no_regret_and_hindsight_sums_to_what_was_overpaid(cost, seed):
    probs, target, decided = drawn(cost, seed, n=20)
    least = regret(probs, RULES["least_expected_cost"].make().decide(probs, cost), cost)
    assert (least >= 0).all()
    assert (least <= 1e-12 * np.abs(cost.values).max()).all()  # decisions that are equal up to rounding are equal
    overpaid = [cost.values[t][d] - min(cost.values[t]) for t, d in zip(target, decided, strict=True)]
    np.testing.assert_allclose(regret(np.eye(len(cost.classes))[target], decided, cost), overpaid, rtol=1e-9, atol=1e-5)


def test_savings_are_the_share_of_the_constant_decisions_cost():
    _, target, decided = drawn(DEAR, 3)
    counts = confusion(target, decided, DEAR)
    assert savings(counts, DEAR) == pytest.approx(1 - normalised_cost(counts, DEAR))
    assert savings(np.diag([3, 4, 5]), DEAR) == 1
    assert savings([[3, 0, 0], [4, 0, 0], [5, 0, 0]], DEAR) <= 0


def test_where_the_constant_decision_is_free_there_is_nothing_to_save():
    assert savings([[5, 0, 0], [0, 0, 0], [0, 0, 0]], DEAR) == 0
    assert savings([[4, 1, 0], [0, 0, 0], [0, 0, 0]], DEAR) == -np.inf


@settings(deadline=None)
@given(matrices(), st.integers(0, 1000))
def test_the_parts_sum_to_the_mean_cost(cost, seed):
    probs, target, decided = drawn(cost, seed)
    recalibrated, *_ = drawn(cost, seed + 1)
    parts = cost_parts(target, decided, probs, recalibrated, cost)
    total = np.mean([cost.values[t][d] for t, d in zip(target, decided, strict=True)])
    assert parts.total.estimate == pytest.approx(total, rel=1e-9, abs=1e-5)
    summed = parts.irreducible.estimate + parts.calibration.estimate + parts.decision.estimate
    assert summed == pytest.approx(total, rel=1e-9, abs=1e-5)


def test_right_probabilities_used_rightly_leave_only_what_cannot_be_reduced():
    probs, target, _ = drawn(DEAR, 5)
    parts = cost_parts(target, RULES["least_expected_cost"].make().decide(probs, DEAR), probs, probs, DEAR)
    assert parts.calibration == parts.decision == (0, 0, 0)
    assert parts.irreducible == parts.total


def known_parts(true, probs, decided):
    """The three parts as known probabilities `true` (N, K) expect them, by loops over the formula."""
    rows = range(len(true))
    truly = true @ DEAR.values
    on_raw = (probs @ DEAR.values).argmin(axis=1)
    least = np.mean([min(truly[n]) for n in rows])
    raw = np.mean([truly[n, on_raw[n]] for n in rows])
    return least, raw - least, np.mean([truly[n, decided[n]] for n in rows]) - raw


def test_the_parts_are_found_where_the_probabilities_are_known():
    rng = np.random.default_rng(0)
    logits = 2 * rng.normal(size=(40_000, 3))
    true = softmax(logits)
    target = (rng.random((len(true), 1)) > true.cumsum(axis=1)).sum(axis=1)
    shown = 2.5 * logits + np.array([1.0, 0.0, -0.5])  # too sure, and partial to the first class
    probs, decided = softmax(shown), shown.argmax(axis=1)
    best = softmax(cross_fitted(CALIBRATIONS["affine"], shown, target))
    parts = cost_parts(target, decided, probs, best, DEAR, level=0.99)
    for part, truth in zip(
        (parts.irreducible, parts.calibration, parts.decision), known_parts(true, probs, decided), strict=True
    ):
        assert truth > 0.3  # EUR an image: there is something to find
        assert part.low < truth < part.high
        assert part.high - part.low < truth  # and it is told from nothing
