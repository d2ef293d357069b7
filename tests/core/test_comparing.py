"""Comparisons of models: every figure against plain loops; laws of letters, of the two parts, of the envelope."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn.metrics import confusion_matrix

from costlab.against_bar import (
    against,
    bar_recipe,
    but_seed,
    by_seed,
    is_cross_entropy,
    meant_recipe,
    reference_of,
    telling_pair,
)
from costlab.comparing import Entry, highest_price, path_from_equal, path_of_price, shared_letters, standing
from costlab.costs import CostMatrix
from costlab.fitted import Fitted, Recipe
from costlab.intervals import paired_interval
from costlab.scenario import Scenario
from costlab.specs import Choice, RunSpec
from tests.finished import made_up

CLASSES = ("ok", "crack", "stain")
COST = CostMatrix([[0, 1, 2], [40, 0, 5], [6, 3, 0]], CLASSES, unit="EUR", name="parts")
ARGMAX = Recipe("", "none", "argmax")


def entry(number, loss="cross_entropy", seed=0, sure=3.0, scenario=None, **more):
    # the same images for all, another model each
    predictions = made_up(400, CLASSES, seed=5, sure=sure)
    noise = np.random.default_rng(100 + number).normal(size=predictions.logits.shape).astype(np.float32)
    noisy = type(predictions)(predictions.logits + 1.5 * noise, predictions.target, CLASSES, predictions.split,
                              predictions.index)  # fmt: skip
    spec = RunSpec(dataset="surface_defects", loss=loss, seed=seed, cost=COST, **more)
    return Entry(f"run:{number}", f"run {number}", Fitted(noisy), spec, (scenario or Scenario(COST)).recipe)


ROWS = [
    entry(0, seed=0),
    entry(1, seed=1),
    entry(2, "expected_cost", 0, sure=5.0),
    entry(3, "expected_cost", 1, sure=4.8),
    entry(4, "focal", 0, sure=1.0),
]
SCENARIO = Scenario(COST)


def oracle_temperature(fitted):
    """By its definition (costlab/calibration.py), with scipy's minimiser, from validation logits."""
    rows = fitted.rounds[0].learnt
    logits = np.asarray(fitted._logits[rows], dtype=float)
    target = fitted._target[rows]
    logits -= logits.mean(axis=1, keepdims=True)

    def loss(log_t):
        z = logits / np.exp(log_t)
        losses = np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), target]
        return losses.mean() + (z**2).mean() / (18 * len(z))

    return float(np.exp(optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-10}).x))


def oracle_paid(fitted, cost, rule, temperature=1.0, weights=None):
    """(N,) by plain loops."""
    paid = []
    for logits, truth in zip(fitted.test.logits, fitted.test.target, strict=True):
        chances = np.exp(np.float64(logits) / temperature)
        chances /= chances.sum()
        if rule == "argmax":
            decision = int(chances.argmax())
        else:
            expected = [sum(chances[t] * cost.values[t, d] for t in range(3)) for d in range(cost.values.shape[1])]
            decision = min(range(len(expected)), key=expected.__getitem__)
        paid.append(cost.values[truth, decision] * (1 if weights is None else weights[truth]))
    return np.array(paid)


@pytest.fixture(scope="module")
def found():
    return standing(ROWS, SCENARIO)


@pytest.fixture(scope="module")
def loops():
    return [oracle_paid(row.fitted, COST, "least", oracle_temperature(row.fitted)) for row in ROWS]


def test_every_row_pays_what_plain_loops_say(found, loops):
    for row, paid in enumerate(loops):
        assert found.means[row].estimate == pytest.approx(paid.mean(), abs=1e-9)
        np.testing.assert_allclose(found.paid[row], paid)


def test_confusion_is_scikit_learns(found):
    for row, each in enumerate(ROWS):
        decided = each.fitted.decide(each.recipe, COST)
        np.testing.assert_array_equal(found.counts[row], confusion_matrix(each.fitted.test.target, decided))


def test_the_cheapest_is_first_and_the_best_are_those_not_told_apart_from_it(found, loops):
    means = [paid.mean() for paid in loops]
    assert [means[row] for row in found.order] == sorted(means)
    p = {(a, b): found.corrected[a, b] for a, b in combinations(range(5), 2)}
    first = found.order[0]
    assert found.best == [row for row in found.order if row == first or p[tuple(sorted((first, row)))] >= 0.05]
    assert found.order[-1] not in found.best  # the model that is least sure


def test_pairs_are_corrected_by_holm_and_agree_with_students_test_where_it_is_clear(found, loops):
    pairs = list(combinations(range(5), 2))
    student = {pair: stats.ttest_rel(loops[pair[0]], loops[pair[1]]).pvalue for pair in pairs}
    order = sorted(pairs, key=student.__getitem__)
    corrected, largest = {}, 0.0
    for place, pair in enumerate(order):
        largest = max(largest, min(1.0, (len(pairs) - place) * student[pair]))
        corrected[pair] = largest
    for pair, p in corrected.items():
        if p < 0.01 or p > 0.2:
            assert (found.corrected[pair] < 0.05) == (p < 0.05)
    np.testing.assert_array_equal(found.corrected, found.corrected.T)


def test_one_row_alone_is_told_apart_from_nothing():
    alone = standing(ROWS[:1], SCENARIO)
    assert (alone.best, alone.letters) == ([0], ["a"])


def test_class_shares_weigh_what_is_paid_in_every_row():
    shares = (0.9, 0.02, 0.08)
    scenario = Scenario(COST, calibration="none", rule="argmax", shares=shares)
    rows = [entry(0, scenario=scenario), entry(2, scenario=scenario)]
    found = standing(rows, scenario)
    target = rows[0].fitted.test.target
    weights = [share * len(target) / (target == k).sum() for k, share in enumerate(shares)]
    for row, each in enumerate(rows):
        priors = dict(enumerate(shares))
        learnt = np.bincount(each.fitted._target[each.fitted.rounds[0].learnt], minlength=3)
        moved = []
        for logits in each.fitted.test.logits:
            chances = np.exp(np.float64(logits))
            chances = [c * priors[k] / (learnt[k] / learnt.sum()) for k, c in enumerate(chances)]
            moved.append(int(np.argmax(chances)))
        paid = [COST.values[t, d] * weights[t] for t, d in zip(target, moved, strict=True)]
        assert found.means[row].estimate == pytest.approx(np.mean(paid))


# Letters -------------------------------------------------------------------------------------------------------------


@st.composite
def ties(draw):
    size = draw(st.integers(1, 7))
    alike = np.eye(size, dtype=bool)
    for a, b in combinations(range(size), 2):
        alike[a, b] = alike[b, a] = draw(st.booleans())
    return alike, draw(st.permutations(range(size)))


@given(ties())
def test_rows_share_a_letter_exactly_if_they_are_alike(case):
    alike, order = case
    letters = shared_letters(alike, order)
    for a, b in combinations(range(len(alike)), 2):
        assert bool(set(letters[a]) & set(letters[b])) == alike[a, b]
    assert all(letters)
    assert "a" in letters[order[0]]


@given(ties())
def test_no_letter_says_what_another_says_already(case):
    alike, order = case
    letters = shared_letters(alike, order)
    holders = [frozenset(row for row, held in enumerate(letters) if x in held) for x in sorted(set("".join(letters)))]
    assert not any(one <= other for one in holders for other in holders if one is not other)


# The bar -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(found):
    references = [reference_of(ROWS, row) for row in range(5)]
    return against(found, SCENARIO, [ARGMAX] * 5, references)


def test_a_row_is_measured_by_cross_entropy_of_its_own_seed():
    assert [reference_of(ROWS, row) for row in range(5)] == [0, 1, 0, 1, 0]
    assert reference_of(ROWS[2:], 0) is None
    assert reference_of([ROWS[2], entry(7, seed=9)], 0) == 1  # another seed rather than none


def test_the_two_parts_are_those_of_plain_loops_and_add_up(saved, loops):
    for row, each in enumerate(saved):
        reference = loops[each.reference].mean()
        own = oracle_paid(ROWS[row].fitted, COST, "argmax").mean()
        assert each.own.estimate == pytest.approx(own)
        assert each.model.estimate == pytest.approx(reference - loops[row].mean())
        assert each.rule.estimate == pytest.approx(loops[row].mean() - own)
        assert each.own_saved.estimate == pytest.approx(reference - own)
        assert each.model.estimate + each.rule.estimate == pytest.approx(each.own_saved.estimate, abs=1e-12)


def test_only_the_cross_entropy_rows_by_the_bars_rule_are_the_bar(saved):
    assert [each.outcome == "bar" for each in saved] == [True, True, False, False, False]
    assert saved[2].outcome == "cheaper"
    assert saved[4].outcome == "dearer"


def test_intervals_against_the_bar_are_as_wide_as_for_all_rows_together(saved, loops):
    for row in (2, 3, 4):  # three rows are judged; each may be wrong 5 / 3 times in 100
        expected = paired_interval(loops[saved[row].reference], loops[row], level=1 - 0.05 / 3)
        assert saved[row].saved == pytest.approx(expected)
        alone = paired_interval(loops[saved[row].reference], loops[row])
        assert saved[row].saved.low < alone.low < alone.high < saved[row].saved.high


def test_by_argmax_the_bars_own_model_is_no_longer_the_bar():
    scenario = Scenario(COST, rule="argmax", calibration="none")
    rows = [entry(0, scenario=scenario), entry(2, "expected_cost", scenario=scenario)]
    found = standing(rows, scenario)
    first, _ = against(found, scenario, [ARGMAX] * 2, [0, 0])
    assert not first.is_bar
    assert first.saved.estimate < 0  # blind to costs, it pays more than its own bar
    assert first.saved.estimate == pytest.approx(first.rule.estimate)


def test_a_loss_is_followed_as_it_is_meant_to_be():
    assert meant_recipe(ROWS[2]).rule == "argmax"
    assert meant_recipe(ROWS[0]).rule == "least_expected_cost"
    assert meant_recipe(entry(9, "my_own_loss")).rule == "argmax"


def test_plain_cross_entropy_is_known_by_its_options():
    assert is_cross_entropy(Choice(name="cross_entropy", options={"label_smoothing": 0.0}))
    assert not is_cross_entropy(Choice(name="cross_entropy", options={"label_smoothing": 0.1}))
    assert not is_cross_entropy(Choice(name="focal"))


def test_the_pair_to_look_at_leads_to_the_cheapest(found, saved):
    one, other = telling_pair(found, saved)
    assert other == found.order[0]
    assert one == saved[other].reference


def test_rules_of_one_model_are_looked_at_from_argmax():
    model = entry(0)
    rows = [Entry(name, name, model.fitted, model.spec, recipe)
            for name, recipe in {"blind": ARGMAX, "bar": bar_recipe(SCENARIO)}.items()]  # fmt: skip
    found = standing(rows, SCENARIO)
    assert telling_pair(found, against(found, SCENARIO, [ARGMAX] * 2, [0, 1])) == (0, 1)


# Seeds ---------------------------------------------------------------------------------------------------------------


def test_rows_that_differ_in_the_seed_only_are_one_group_with_students_interval(found, saved, loops):
    groups = {each.rows: each for each in by_seed(found, saved)}
    assert set(groups) == {(0, 1), (2, 3), (4,)}
    costs = [loops[2].mean(), loops[3].mean()]
    two = groups[2, 3]
    low, high = stats.t.interval(0.95, 1, loc=np.mean(costs), scale=np.std(costs, ddof=1) / 2**0.5)
    assert two.mean == pytest.approx((np.mean(costs), low, high))
    assert two.spread == pytest.approx(np.std(costs, ddof=1))
    assert two.seeds == (0, 1)
    differences = [loops[0].mean() - costs[0], loops[1].mean() - costs[1]]
    assert two.saved == pytest.approx(
        (np.mean(differences), *stats.t.interval(0.95, 1, np.mean(differences), stats.sem(differences)))
    )
    assert groups[4,].mean is None
    assert groups[4,].cost == pytest.approx(loops[4].mean())
    assert groups[0, 1].saved is None  # the bar itself


def test_costs_do_not_tell_cross_entropy_runs_apart_but_others():
    other = COST.replaced(1, 0, 7.0)
    for loss, same in (("cross_entropy", True), ("expected_cost", False)):
        one, two = (RunSpec(loss=loss, cost=cost, seed=seed) for cost, seed in ((COST, 1), (other, 2)))
        assert (but_seed(one) == but_seed(two)) == same


# Prices that move ----------------------------------------------------------------------------------------------------


def brute_force(found, first, last, steps=2001):
    """Which row is cheapest at each step, and how cheap, by plain sums."""
    for t in np.linspace(0, 1, steps):
        values = (1 - t) * first + t * last
        costs = [(counts * values).sum() / counts.sum() for counts in found.counts]
        yield t, costs


@pytest.mark.parametrize("way", ["equal", "price"])
def test_owners_of_the_envelope_are_the_cheapest_at_every_step(found, way):
    if way == "equal":
        path = path_from_equal(found)
        first = np.full((3, 3), COST.values.sum() / 6) * (1 - np.eye(3))
        last = COST.values
    else:
        path = path_of_price(found, 1, 0, 160.0)
        first, last = (np.where(np.eye(3)[[2, 0, 1]] * [1, 0, 0] > 0, price, COST.values) for price in (0.0, 160.0))
        assert (first[1, 0], last[1, 0]) == (0, 160)
    envelope = path.envelope
    for t, costs in brute_force(found, first, last):
        place = min(int(np.searchsorted(envelope.breaks, t, side="right")) - 1, len(envelope.owners) - 1)
        assert costs[envelope.owners[place]] == pytest.approx(min(costs), abs=1e-9)
        assert float(envelope.at(t)) == pytest.approx(min(costs), abs=1e-9)


@pytest.mark.parametrize(("price", "highest"), [(100, 400.0), (0, 200.0), (-3, 200.0)])
def test_a_price_is_moved_far_enough(price, highest):
    assert highest_price(CostMatrix([[0, 100], [price, 0]], "ab"), 1, 0) == highest
