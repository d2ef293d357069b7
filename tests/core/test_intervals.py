"""Intervals hold the truth as often as they say: simulated; their arithmetic against scipy and plain loops."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from costlab.intervals import (
    DISTINCT,
    FEW_EVENTS,
    bootstrap_interval,
    bootstrap_means,
    counted_intervals,
    holm,
    mean_interval,
    paid_events,
    paired_interval,
    paired_p_values,
    seed_interval,
)

# What one example may cost (when paired: the difference of two rules), how often, and how many examples
SETTINGS = {
    "mistakes of equal cost": ([0, 1], [0.9, 0.1], 500),
    "30 images": ([0, 1], [0.7, 0.3], 30),
    "ordinal costs": ([0, 1, 4, 9, 16], [0.8, 0.12, 0.05, 0.02, 0.01], 500),
    "1 % cost 100": ([0, 1, 100], [0.89, 0.1, 0.01], 1500),
    "0.5 % cost 50": ([0, 1, 50], [0.945, 0.05, 0.005], 3000),
    "dear mistakes of four sizes": ([0, 5, 20, 50, 100], [0.9925, 0.003, 0.00225, 0.0015, 0.00075], 2000),
}
PAIRED = {
    "rules that differ on a tenth": ([-1, 0, 1], [0.04, 0.9, 0.06], 1000),
    "nearly identical rules": ([-1, 0, 1], [0.008, 0.98, 0.012], 1000),
    "identical on average": ([-1, 0, 1], [0.01, 0.98, 0.01], 1000),
    "cheap gains against rare losses": ([-100, 0, 1], [0.01, 0.79, 0.2], 1500),
    "rare gains of both signs": ([-100, -1, 0, 1, 100], [0.006, 0.06, 0.86, 0.064, 0.01], 1500),
}


SETTINGS = SETTINGS | PAIRED


def simulated(setting: str, number: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, float]:
    """Values (V,), how often each came in `number` data sets (number, V), and the true mean."""
    values, probs, n = SETTINGS[setting]
    counts = np.random.default_rng(seed).multinomial(n, probs, size=number)
    return np.array(values, dtype=float), counts, float(np.dot(values, probs))


def is_honest(low: np.ndarray, high: np.ndarray, truth: float) -> bool:
    """Whether an interval of 95 % holds the truth 93 to 97 times in 100, without nearly all misses on one side."""
    return bool(
        0.93 <= np.mean((low <= truth) & (truth <= high)) <= 0.97
        and max(np.mean(truth < low), np.mean(truth > high)) < 0.05
    )


@pytest.mark.parametrize("setting", SETTINGS)
def test_an_interval_holds_the_truth_as_often_as_it_says(setting):
    values, counts, truth = simulated(setting, 20_000)  # a standard error of 0.16 points
    differences = setting in PAIRED
    assert is_honest(*counted_intervals(values, counts, differences=differences), truth)


@pytest.mark.parametrize("setting", ["1 % cost 100", "dear mistakes of four sizes", "cheap gains against rare losses"])
def test_students_interval_fails_the_same_test_where_costs_are_skewed(setting):
    values, counts, truth = simulated(setting, 20_000)
    n = counts[0].sum()
    mean = counts @ values / n
    half = stats.t.ppf(0.975, n - 1) * np.sqrt((counts @ values**2 / n - mean**2) / (n - 1))
    assert not is_honest(mean - half, mean + half, truth)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_the_usual_bootstraps_fail_the_same_test_where_costs_are_skewed(method):
    values, counts, truth = simulated("dear mistakes of four sizes", 1000)
    ends = [
        bootstrap_interval(np.repeat(values, row), seed=seed, method=method, number=999)[1:]
        for seed, row in enumerate(counts)
    ]
    assert not is_honest(*np.transpose(ends), truth)


def test_an_interval_that_ignores_the_pairing_fails_the_same_test():
    pairs, probs = np.array([[0, 0], [1, 1], [1, 0], [0, 1]]), [0.78, 0.18, 0.024, 0.016]
    counts = np.random.default_rng(0).multinomial(1000, probs, size=20_000)
    means = counts @ pairs / 1000
    half = 1.96 * np.sqrt((means * (1 - means)).sum(axis=1) / 1000)
    difference = means[:, 0] - means[:, 1]
    assert not is_honest(difference - half, difference + half, 0.008)
    assert is_honest(*counted_intervals(pairs[:, 0] - pairs[:, 1], counts, differences=True), 0.008)


def test_below_the_promised_number_of_events_the_promise_may_be_broken_and_is_not_made():
    counts = np.random.default_rng(0).multinomial(1000, [0.0025, 0.995, 0.0025], size=5000)
    values = np.array([-1.0, 0.0, 1.0])
    assert not is_honest(*counted_intervals(values, counts, differences=True), 0.0)
    events = [paid_events(np.repeat(values, row)) for row in counts[:200]]
    assert np.mean(np.array(events) < FEW_EVENTS) > 0.98


def test_a_mean_of_many_examples_has_students_interval():
    paid = np.random.default_rng(0).normal(3, 2, 20_000)
    usual = stats.ttest_1samp(paid, 0).confidence_interval(0.9)
    np.testing.assert_allclose(mean_interval(paid, level=0.9)[1:], usual, rtol=1e-4)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, 100.0]), min_size=3, max_size=60), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_interval_is_the_formula_of_its_description(paid, level):
    n, m, s = len(paid), np.mean(paid), np.std(paid)
    estimate, low, high = mean_interval(np.array(paid), level)
    assert estimate == pytest.approx(m)
    if s == 0:
        assert low == high == estimate
        return
    g, k, z = stats.skew(paid), stats.kurtosis(paid), stats.norm.ppf((1 + level) / 2)
    h = s * g * (1 + 2 * z**2) / (6 * n)
    more = z * ((3 * z**2 + 5) * k / 12 - (16 * z**2 + 23) * g**2 / 72) / n
    w = stats.t.ppf((1 + level) / 2, n - 1) * (n / (n - 1)) ** 0.5 + min(max(more, -z / 10), z)
    half = (w**2 * s**2 / n + h**2) ** 0.5
    assert high == pytest.approx(m + h + half)
    assert paired_interval(np.array(paid), np.zeros(n), level).low == pytest.approx(m + h - half)
    floor = min(paid) if paid.count(min(paid)) >= n / 2 else -np.inf
    assert low == pytest.approx(max(m + h - half, floor))


costs = st.lists(st.sampled_from([-3.0, 0.0, 1.0, 7.0, 50.0]), min_size=2, max_size=80)


@settings(deadline=None)
@given(costs, st.floats(0.01, 100), st.floats(-100, 100))
def test_another_unit_or_a_fixed_fee_moves_the_interval_with_the_costs(paid, factor, fee):
    before = np.array(mean_interval(np.array(paid)))
    after = mean_interval(np.array(paid) * factor + fee)
    np.testing.assert_allclose(after, before * factor + fee, rtol=1e-7, atol=1e-7)
    events = paid_events(np.array(paid))
    assert paid_events(np.array(paid) * factor + fee) == pytest.approx(events, rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(costs, costs)
def test_comparing_the_other_way_round_turns_the_interval_round(a, b):
    n = min(len(a), len(b))
    a, b = np.array(a[:n]), np.array(b[:n])
    there, back = paired_interval(a, b), paired_interval(b, a)
    np.testing.assert_allclose(there, [-back.estimate, -back.high, -back.low], rtol=1e-9, atol=1e-9)
    assert there.estimate == pytest.approx(np.mean(a) - np.mean(b))
    assert there.excludes_zero == back.excludes_zero


@settings(deadline=None)
@given(costs)
def test_more_confidence_needs_a_wider_interval(paid):
    widths = [np.diff(mean_interval(np.array(paid), level)[1:])[0] for level in (0.5, 0.8, 0.95, 0.99)]
    assert widths == sorted(widths)


def test_counts_are_as_good_as_the_examples_themselves():
    rng = np.random.default_rng(0)
    values, counts = rng.normal(size=(4, 6)), rng.integers(1, 30, (4, 6))
    low, high = counted_intervals(values, counts)
    for i in range(4):
        every = mean_interval(np.repeat(values[i], counts[i]))
        assert (low[i], high[i]) == (pytest.approx(every.low), pytest.approx(every.high))


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("distinct", [True, False])
def test_bootstrap_intervals_are_scipys(method, distinct):
    rng = np.random.default_rng(0)
    paid = np.repeat([0.0, 1.0, 10.0], [80, 15, 5]) if distinct else rng.lognormal(sigma=1.5, size=DISTINCT + 1)
    ours = bootstrap_interval(paid, method=method, number=20_000)
    name = "BCa" if method == "bca" else method
    theirs = stats.bootstrap(
        (paid,), np.mean, n_resamples=20_000, batch=1000, method=name, random_state=1
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.estimate == paid.mean()
    assert abs(ours.low - theirs.low) < 0.02 * width  # of 20,000 draws: a standard error of 0.6 % of the width
    assert abs(ours.high - theirs.high) < 0.02 * width


@pytest.mark.parametrize("n", [DISTINCT, 5 * DISTINCT])  # the second is drawn example by example
def test_resampled_means_spread_as_theory_says(n):
    paid = np.random.default_rng(0).exponential(size=n)
    means = bootstrap_means(paid, number=2000)
    assert len(means) == 2000
    assert means.mean() == pytest.approx(paid.mean(), abs=4 * paid.std() / (n * 2000) ** 0.5)
    assert means.std() == pytest.approx(paid.std() / n**0.5, rel=4 / (2 * 2000) ** 0.5)


def test_the_same_seed_draws_the_same_and_another_one_others():
    paid = np.array([0.0, 1.0, 5.0] * 20)
    assert bootstrap_interval(paid, seed=3) == bootstrap_interval(paid, seed=3)
    assert (bootstrap_means(paid, seed=3) != bootstrap_means(paid, seed=4)).any()


def test_examples_that_all_paid_the_same_leave_nothing_open_and_rest_on_no_event():
    for paid in (np.zeros(9), np.full(7, 0.1), np.array([4.0])):
        np.testing.assert_allclose([mean_interval(paid), bootstrap_interval(paid)], paid[0], rtol=1e-12)
        assert paid_events(paid) == 0


def test_a_mean_cost_does_not_go_below_what_being_right_costs_but_a_difference_may():
    paid = np.repeat([2.0, 50.0], [199, 1])
    assert mean_interval(paid).low == 2
    assert paired_interval(paid, np.full(200, 2.0)).low < 0


def test_costs_of_other_examples_are_refused():
    with pytest.raises(ValueError, match="same examples; got 2 and 3"):
        paired_interval(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="at least one example"):
        mean_interval(np.zeros(0))


@settings(deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=20), st.sampled_from([0.9, 0.95]))
def test_the_interval_over_seeds_is_students(values, level):
    ours = seed_interval(values, level)
    if np.std(values) > 1e-6:
        theirs = stats.ttest_1samp(values, 0).confidence_interval(level)
        np.testing.assert_allclose(ours[1:], theirs, rtol=1e-6, atol=1e-6)


def test_one_seed_says_nothing_of_seeds():
    with pytest.raises(ValueError, match="at least two; got 1"):
        seed_interval([1.0])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holms_correction_is_the_closed_test_of_bonferroni(p_values):
    places = range(len(p_values))
    sets = [chosen for size in range(1, len(p_values) + 1) for chosen in combinations(places, size)]
    for i, corrected in enumerate(holm(p_values)):
        worst = max(min(1.0, len(s) * min(p_values[j] for j in s)) for s in sets if i in s)
        assert corrected == pytest.approx(worst)


@pytest.mark.parametrize("seed", range(12))
def test_a_p_value_is_where_the_paired_interval_begins_to_leave_out_zero(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.choice([0, 1, 100], (2, 400), p=[0.9, 0.07, 0.03])
    (p,) = paired_p_values([(a, b)])
    assert not paired_interval(a, b, level=1 - 0.999 * p).excludes_zero
    assert paired_interval(a, b, level=1 - 1.001 * p).excludes_zero or p == 1


def test_p_values_agree_with_students_test_where_costs_are_plain():
    a, b = np.random.default_rng(1).normal([[0.12], [0.0]], 1, (2, 2000))
    (p,) = paired_p_values([(a, b)])
    assert p == pytest.approx(stats.ttest_rel(a, b).pvalue, rel=0.05)


def test_without_pairs_there_are_no_p_values():
    assert paired_p_values([]).shape == (0,)
