"""Decision rules: laws that each is held to, and planted mistakes that show that the laws can fail."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from costlab.costs import CostMatrix
from costlab.decisions import RULES, DecisionRule, decide_all
from costlab.decisions._cheapest import _Products, above_least, cheapest
from costlab.decisions._factors import _Search
from costlab.errors import InvalidCosts, InvalidPredictions, InvalidSpec, NotFitted

LEARNING = ("tuned_multipliers", "tuned_partition")
PLAIN = ("argmax", "least_expected_cost")


@st.composite
def exact_costs(draw: st.DrawFn, extra: int | None = None) -> CostMatrix:
    """Whole numbers, so that adding to a row and doubling are exact."""
    k = draw(st.integers(2, 5))
    extra = draw(st.integers(0, 1)) if extra is None else extra
    values = draw(arrays(np.int64, (k, k + extra), elements=st.integers(-20, 50))).astype(float)
    names = [f"class {i}" for i in range(k + extra)]
    return CostMatrix(values, tuple(names[:k]), tuple(names))


def examples(cost: CostMatrix, seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n, K), some rows certain or even, and targets drawn from them."""
    rng = np.random.default_rng(seed)
    k = len(cost.classes)
    probs = rng.dirichlet(np.full(k, 0.5), n)
    probs[0], probs[1] = 1 / k, np.eye(k)[seed % k]
    return probs, (probs.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(0, k - 1)


def expected(probs: np.ndarray, cost: CostMatrix) -> list[list[Fraction]]:
    """Exact expected costs."""
    values = [[Fraction(c) for c in row] for row in cost.values.tolist()]
    return [
        [sum(Fraction(p) * values[t][d] for t, p in enumerate(row)) for d in range(len(cost.decisions))]
        for row in probs.tolist()
    ]


def fitted(name: str, probs: np.ndarray, target: np.ndarray, cost: CostMatrix, **options: float) -> DecisionRule:
    rule: DecisionRule = RULES[name].make(**options)
    return rule.fit(probs, target, cost)


def applicable(name: str, cost: CostMatrix) -> bool:
    return len(cost.decisions) > len(cost.classes) or not getattr(RULES[name].module, "NEEDS_EXTRA_DECISIONS", False)


# Laws: each takes a rule, fitted where it learns, and raises AssertionError -----------------------------------------


def least_on_true_probabilities(rule: DecisionRule, cost: CostMatrix, probs: np.ndarray) -> None:
    """No decision is expected to cost less, where the probabilities are the truth."""
    for row, chosen in zip(expected(probs, cost), rule.decide(probs, cost), strict=True):
        assert row[chosen] - min(row) <= 1e-11 * (max(row) - min(row))


def scale_and_row_shift_change_nothing(rule: DecisionRule, cost: CostMatrix, probs: np.ndarray) -> None:
    shift = np.arange(len(cost.classes))[:, None] * 7.0 - 5
    moved = CostMatrix(4 * cost.values + shift, cost.classes, cost.decisions)
    assert rule.decide(probs, moved).tolist() == rule.decide(probs, cost).tolist()


def zero_one_costs_give_argmax(rule: DecisionRule, cost: CostMatrix, probs: np.ndarray) -> None:
    decided = rule.decide(probs, CostMatrix.zero_one(cost.classes))
    assert decided.tolist() == [row.index(max(row)) for row in probs.tolist()]


def ties_go_to_the_first(rule: DecisionRule, cost: CostMatrix, probs: np.ndarray) -> None:
    nothing = CostMatrix(np.zeros_like(cost.values), cost.classes, cost.decisions)
    assert rule.decide(np.full((1, len(cost.classes)), 1 / len(cost.classes)), nothing).tolist() == [0]


def refers_exactly_where_that_is_cheaper(rule: DecisionRule, cost: CostMatrix, probs: np.ndarray) -> None:
    """Only where there is one extra decision."""
    k = len(cost.classes)
    for row, chosen in zip(expected(probs, cost), rule.decide(probs, cost), strict=True):
        if abs(row[k] - min(row[:k])) > 1e-11 * (max(row) - min(row)):
            assert (chosen == k) == (row[k] < min(row[:k]))


Law = Callable[[DecisionRule, CostMatrix, np.ndarray], None]
HELD: dict[Law, tuple[str, ...]] = {
    least_on_true_probabilities: ("least_expected_cost", "refer"),
    scale_and_row_shift_change_nothing: tuple(RULES),
    zero_one_costs_give_argmax: PLAIN,
    ties_go_to_the_first: tuple(RULES),
    refers_exactly_where_that_is_cheaper: ("least_expected_cost", "refer"),
}


@pytest.mark.parametrize(("law", "name"), [(law, name) for law, names in HELD.items() for name in names])
def test_rules_keep_the_laws(law: Law, name: str) -> None:
    extra = 1 if law is refers_exactly_where_that_is_cheaper or name == "refer" else None

    @given(exact_costs(extra), st.integers(0, 1000))
    def check(cost: CostMatrix, seed: int) -> None:
        probs, target = examples(cost, seed)
        law(fitted(name, probs, target, cost), cost, probs)

    check()


@given(exact_costs(), st.integers(0, 1000), st.sampled_from(sorted(RULES)))
def test_no_rule_beats_least_expected_cost_on_true_probabilities(cost: CostMatrix, seed: int, name: str) -> None:
    if not applicable(name, cost):
        return
    probs, target = examples(cost, seed)
    decided = fitted(name, probs, target, cost).decide(probs, cost)
    least = RULES["least_expected_cost"].make().decide(probs, cost)
    for row, theirs, ours in zip(expected(probs, cost), decided, least, strict=True):
        assert row[ours] - row[theirs] <= 1e-11 * (max(row) - min(row))


class Transposed:
    """Takes the columns for the truth."""

    def fit(self, probs: np.ndarray, target: np.ndarray, cost: CostMatrix) -> "Transposed":
        return self

    def decide(self, probs: np.ndarray, cost: CostMatrix) -> np.ndarray:
        return (probs @ cost.square.T).argmin(axis=1)


class TiesToTheLast(Transposed):
    def decide(self, probs: np.ndarray, cost: CostMatrix) -> np.ndarray:
        return len(cost.decisions) - 1 - (probs @ cost.values)[:, ::-1].argmin(axis=1)


class RowsByTheirMean(Transposed):
    """Divides each truth's costs by their mean, as if only their proportions counted."""

    def decide(self, probs: np.ndarray, cost: CostMatrix) -> np.ndarray:
        return (probs @ (cost.values / (1 + np.abs(cost.values).mean(axis=1, keepdims=True)))).argmin(axis=1)


class BlindToExtraDecisions(Transposed):
    def decide(self, probs: np.ndarray, cost: CostMatrix) -> np.ndarray:
        return (probs @ cost.square).argmin(axis=1)


class RefersWhenUnsure(Transposed):
    """Refers below a fixed probability, whatever that costs."""

    def decide(self, probs: np.ndarray, cost: CostMatrix) -> np.ndarray:
        best = (probs @ cost.square).argmin(axis=1)
        return np.where(probs.max(axis=1) < 0.6, len(cost.classes), best)


PLANTED = [
    (Transposed, least_on_true_probabilities),
    (TiesToTheLast, ties_go_to_the_first),
    (TiesToTheLast, zero_one_costs_give_argmax),
    (RowsByTheirMean, least_on_true_probabilities),
    (RowsByTheirMean, scale_and_row_shift_change_nothing),
    (BlindToExtraDecisions, refers_exactly_where_that_is_cheaper),
    (RefersWhenUnsure, refers_exactly_where_that_is_cheaper),
]


@pytest.mark.parametrize(("mistake", "law"), PLANTED, ids=lambda each: each.__name__)
def test_planted_mistakes_break_a_law(mistake: type[Transposed], law: Law) -> None:
    values = [[0, 1, 2], [30, 0, 4], [100, 50, 0]]
    cost = CostMatrix(values, ("ok", "scratch", "crack")).with_referral(1.5)
    if mistake is Transposed:
        cost = CostMatrix(values, ("ok", "scratch", "crack"))
    with pytest.raises(AssertionError):
        law(mistake(), cost, examples(cost, 3)[0])


# The arithmetic -----------------------------------------------------------------------------------------------------


def first_of_the_least(probs: np.ndarray, values: np.ndarray) -> list[int]:
    """Exact, in fractions: no rounding, no ties but true ones."""
    rows = expected(
        probs, CostMatrix(values, [str(i) for i in range(len(values))], list(map(str, range(values.shape[1]))))
    )
    return [row.index(min(row)) for row in rows]


@given(st.integers(0, 10_000), st.floats(-14, -4))
def test_decisions_between_near_ties_are_those_of_exact_arithmetic(seed: int, closeness: float) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 6))
    values = rng.integers(0, 9, (k, k)).astype(float)
    probs = rng.dirichlet(np.ones(k), 8)
    values[:, -1] = values[:, 0] + 10.0**closeness * rng.choice([-1, 1])  # hardly cheaper, or hardly dearer
    exact = expected(probs, CostMatrix(values, [str(i) for i in range(k)]))
    least = [sum(Fraction(p) * Fraction(c) for p, c in zip(row, values.min(axis=1), strict=True)) for row in probs]
    for row, base, chosen in zip(exact, least, cheapest(probs, values), strict=True):
        best = min(row)
        tied = [d for d, each in enumerate(row) if each - best <= (best - base) * Fraction(2, 10**12)]
        surely = [d for d, each in enumerate(row) if each - best <= (best - base) * Fraction(5, 10**13)]
        assert chosen in tied
        assert chosen <= surely[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "k", "d"), [(300, 10, 10), (200, 40, 41), (120, 300, 300)])
def test_decisions_in_float32_are_those_of_float64(n: int, k: int, d: int, dtype: type) -> None:
    rng = np.random.default_rng(k)
    probs = rng.dirichlet(np.full(k, 0.1), n).astype(dtype)
    probs[: n // 2] = (1 / k) * (1 + 1e-6 * rng.standard_normal((n // 2, k)))  # float32 cannot tell these apart
    for values in (
        rng.random((k, d)),
        1.0 - np.eye(k, d),
        np.abs(np.subtract.outer(np.arange(k), np.arange(d))) ** 2.0,
    ):
        assert cheapest(probs, values).tolist() == (probs.astype(np.float64) @ values).argmin(axis=1).tolist()


@pytest.mark.parametrize("largest", [1.0, 1e9, 1e15])
def test_a_very_dear_cell_does_not_blur_the_others(largest: float) -> None:
    values = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [largest, 3.0, 0.0]])
    probs = np.array([[0.4, 0.6, 0.0], [0.6, 0.4, 0.0], [0.5, 0.5 - 1e-12, 1e-12], [0.0, 0.0, 1.0]])
    assert cheapest(probs, values).tolist() == first_of_the_least(probs, values)


@given(st.integers(0, 10_000))
def test_matrices_whose_columns_repeat_are_decided_as_any_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k, extra = int(rng.integers(5, 13)), int(rng.integers(0, 2))
    group = rng.integers(0, 2, k)
    values = np.where(group[:, None] == group, 1.0, 10.0) * rng.integers(1, 5, (k, 1))
    np.fill_diagonal(values, rng.integers(0, 3, k))  # a right answer may cost, and more than a mistake
    values = np.hstack([values, np.full((k, extra), 2.0)])
    probs = rng.dirichlet(np.full(k, 0.3), 5)
    assert cheapest(probs, values).tolist() == first_of_the_least(probs, values)


@pytest.mark.parametrize("extra", [0, 1])
def test_columns_that_repeat_are_multiplied_once(extra: int) -> None:
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], 8)
    values = np.where(group[:, None] == group, 1.0, 10.0) * rng.integers(1, 5, (24, 1))
    np.fill_diagonal(values, 0.25)
    values = above_least(np.hstack([values, np.full((24, extra), 40.0)]))
    products, probs = _Products.of(values), rng.dirichlet(np.ones(24), 50)
    assert products.columns.shape == (24, 3 + extra)
    np.testing.assert_allclose(products.expected(probs.astype(np.float32))[0], probs @ values, rtol=1e-5)


def test_thirds_tie_whatever_the_scale_of_costs() -> None:
    even = np.full((1, 3), 1 / 3)
    for scale in (1.0, 3.0, 0.1, 7e-5):
        assert cheapest(even, scale * (1 - np.eye(3))).tolist() == [0]


def test_deciding_takes_little_memory_beside_its_arguments() -> None:
    import tracemalloc

    probs = np.random.default_rng(0).random((20_000, 1000))  # 160 MB
    values = np.random.default_rng(1).random((1000, 1000))  # 8 MB
    cheapest(probs[:300], values)
    tracemalloc.start()
    cheapest(probs, values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64e6


def test_many_rules_at_once_decide_as_each_alone() -> None:
    cost = CostMatrix([[0, 1, 2], [30, 0, 4], [100, 50, 0]], ("ok", "scratch", "crack")).with_referral(1.5)
    probs, target = examples(cost, 5)
    other = probs[::-1].copy()
    rules = {name: (fitted(name, probs, target, cost), probs) for name in RULES}
    rules["few referrals"] = fitted("refer", probs, target, cost, most=0.1), probs
    rules["other"] = RULES["least_expected_cost"].make(), other
    decided = decide_all(rules, cost)
    assert {name: each.tolist() for name, each in decided.items()} == {
        name: rule.decide(seen, cost).tolist() for name, (rule, seen) in rules.items()
    }
    assert decided["few referrals"].tolist() != decided["refer"].tolist() != decided["other"].tolist()


# Rules that learn ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize("caution", [0.0, 1.0])
def test_a_tuned_rule_never_pays_more_than_least_expected_cost_where_it_was_tuned(name: str, caution: float) -> None:
    @given(exact_costs(), st.integers(0, 1000))
    def check(cost: CostMatrix, seed: int) -> None:
        probs, _ = examples(cost, seed)
        target = np.random.default_rng(seed).integers(0, len(cost.classes), len(probs))  # nothing to do with probs
        rule = fitted(name, probs, target, cost, caution=caution)
        paid = cost.paid(target, rule.decide(probs, cost)).sum()
        assert paid <= cost.paid(target, RULES["least_expected_cost"].make().decide(probs, cost)).sum()

    check()


@pytest.mark.parametrize("name", LEARNING)
@given(seed=st.integers(0, 1000))
def test_with_two_classes_the_tuned_threshold_is_the_best_there_is(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost = CostMatrix([[0, float(rng.integers(1, 9))], [float(rng.integers(1, 9)), 0]], "ab")
    second = rng.uniform(0.2, 0.8, 30)
    probs, target = np.stack([1 - second, second], axis=1), rng.integers(0, 2, 30)
    every = [cost.paid(target, (second > at).astype(int)).sum() for at in [0.0, *np.sort(second)]]
    paid = cost.paid(target, fitted(name, probs, target, cost, caution=0).decide(probs, cost)).sum()
    assert paid == min(every)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 1.5]), st.booleans())
@example(3143, 0.0, True)  # three lines of one image meet in a point
def test_one_factor_is_tuned_exactly(seed: int, caution: float, falls: bool) -> None:
    """Against every step of a fine grid, each decided and paid for by itself."""
    rng = np.random.default_rng(seed)
    k, truth, reach = int(rng.integers(2, 6)), 0, 5.0
    values = rng.integers(0, 9, (k, k + 1)).astype(float)
    values -= values.min(axis=1, keepdims=True)
    probs, target = rng.dirichlet(np.ones(k), 25), rng.integers(0, k, 25)
    plain = cheapest(probs, values)
    search = _Search(probs, target, values, plain, caution)
    slope = -values[truth] if falls else values[truth]

    def score(step: float) -> float:
        decided = (probs @ values + step * np.outer(probs[:, truth], slope)).argmin(axis=1)
        change = values[target, decided] - values[target, plain]
        believed = sum(
            p[t] * (values[t, a] - values[t, b]) ** 2
            for p, a, b in zip(probs, decided, plain, strict=True)
            for t in range(k)
        )
        return float(change.sum() + caution * np.sqrt(max((change**2).sum(), believed)))

    least, step = search._best(truth, slope, reach)
    assert 0 <= step <= reach
    assert score(step) == pytest.approx(least, abs=1e-9)
    assert min(least, 0) <= min(score(at) for at in np.linspace(0, reach, 200)) + 1e-9


@pytest.mark.parametrize("name", LEARNING)
def test_tuning_undoes_most_of_what_wrong_class_weights_do(name: str) -> None:
    rng = np.random.default_rng(0)
    cost = CostMatrix([[0, 1, 2], [3, 0, 4], [20, 9, 0]], "abc")
    true = rng.dirichlet(np.ones(3), 20_000)
    target = (true.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    wrong = true * [1, 3, 0.2]
    wrong /= wrong.sum(axis=1, keepdims=True)
    valid, test = slice(0, 10_000), slice(10_000, None)

    def paid(decided: np.ndarray) -> float:
        return float(cost.paid(target[test], decided).mean())

    least = RULES["least_expected_cost"].make()
    best, plain = paid(least.decide(true[test], cost)), paid(least.decide(wrong[test], cost))
    tuned = paid(fitted(name, wrong[valid], target[valid], cost).decide(wrong[test], cost))
    assert plain - best > 0.1
    assert tuned - best < 0.2 * (plain - best)


@pytest.mark.parametrize("name", LEARNING)
def test_a_cautious_rule_leaves_right_probabilities_alone(name: str) -> None:
    cost = CostMatrix([[0, 1, 2], [3, 0, 4], [20, 9, 0]], "abc")
    probs, target = examples(cost, 1, 500)
    cautious = fitted(name, probs, target, cost, caution=10).decide(probs, cost)
    careless = fitted(name, probs, target, cost, caution=0).decide(probs, cost)
    assert cautious.tolist() == RULES["least_expected_cost"].make().decide(probs, cost).tolist()
    assert careless.tolist() != cautious.tolist()


@pytest.mark.parametrize("name", LEARNING)
def test_a_dear_mistake_that_happened_to_nobody_holds_a_factor_back(name: str) -> None:
    cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    probs, target = np.tile([0.95, 0.05], (40, 1)), np.zeros(40, dtype=int)  # 40 false alarms; one crack would cost 100
    assert fitted(name, probs, target, cost).decide(probs[:1], cost).tolist() == [1]
    assert fitted(name, probs, target, cost, caution=0).decide(probs[:1], cost).tolist() == [0]


@pytest.mark.parametrize("name", LEARNING)
def test_what_was_learnt_stays_when_prices_change(name: str) -> None:
    rng = np.random.default_rng(0)
    cost, dearer = CostMatrix([[0, 1], [1, 0]], "ab"), CostMatrix([[0, 1], [5, 0]], "ab")
    probs = rng.dirichlet(np.ones(2), 4000)
    wrong = probs * [1, 3]
    wrong /= wrong.sum(axis=1, keepdims=True)
    target = (probs[:, 0] < rng.random(4000)).astype(int)
    rule = fitted(name, wrong, target, cost)
    agrees = np.mean(rule.decide(wrong, dearer) == (probs @ dearer.values).argmin(axis=1))
    assert agrees > 0.95 > np.mean((wrong @ dearer.values).argmin(axis=1) == (probs @ dearer.values).argmin(axis=1))


@pytest.mark.parametrize("name", LEARNING)
def test_a_rule_that_learns_says_what_it_lacks(name: str) -> None:
    cost = CostMatrix.zero_one("ab")
    probs, target = examples(cost, 0)
    with pytest.raises(NotFitted, match=f"'{name}' has learnt nothing yet; call fit first"):
        RULES[name].make().decide(probs, cost)
    with pytest.raises(InvalidCosts, match="fitted to 2 classes and 2 decisions, the costs have 2 classes and 3"):
        fitted(name, probs, target, cost).decide(probs, cost.with_referral(1))
    for wrong in (probs[:5], probs[:0], probs[:, :1]):
        with pytest.raises(InvalidPredictions, match=r"Expected probabilities of shape \(N, 2\) and for each a target"):
            fitted(name, wrong, target[:0] if not len(wrong) else target, cost)
    with pytest.raises(InvalidPredictions, match="a target from 0 to 1"):
        fitted(name, probs, target + 1, cost)
    with pytest.raises(InvalidSpec, match="caution"):
        RULES[name].make(caution=-1)


# Referral -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 1000), st.floats(0, 1))
def test_a_limit_keeps_the_referrals_that_save_most(seed: int, most: float) -> None:
    values = [[0, 10, 4, 1], [10, 0, 7, 3], [30, 9, 0, 2]]  # the human is right, and slower for some
    cost = CostMatrix(values, tuple("abc"), ("a", "b", "c", "ask"))
    probs, _ = examples(cost, seed)
    probs[5:9] = probs[5]  # savings may tie
    rows = expected(probs, cost)
    saving = [min(row[:3]) - row[3] for row in rows]
    wanted = [n for n in sorted(range(len(rows)), key=lambda n: -saving[n]) if saving[n] > 0]
    decided = RULES["refer"].make(most=most).decide(probs, cost)
    referred = np.flatnonzero(decided == 3)
    allowed = sum(1 for count in range(1, len(rows) + 1) if count <= most * len(rows) + 1e-9)
    assert len(referred) == min(allowed, len(wanted))
    assert np.sum([saving[n] for n in referred]) == pytest.approx(float(sum(saving[n] for n in wanted[:allowed])))
    others = np.flatnonzero(decided != 3)
    assert decided[others].tolist() == [rows[n][:3].index(min(rows[n][:3])) for n in others]


def test_referring_needs_something_to_refer_to() -> None:
    with pytest.raises(InvalidCosts, match="no extra decision to refer to"):
        RULES["refer"].make().decide(np.full((1, 2), 0.5), CostMatrix.zero_one("ab"))


@pytest.mark.parametrize("name", PLAIN[1:])
def test_probabilities_that_are_none_are_refused(name: str) -> None:
    cost = CostMatrix.zero_one("abc")
    with pytest.raises(InvalidPredictions, match=r"Expected probabilities of shape \(N, 3\)"):
        RULES[name].make().decide(np.full((4, 2), 0.5), cost)
    with pytest.raises(InvalidPredictions, match="finite"):
        RULES[name].make().decide(np.array([[0.5, np.nan, 0.5]]), cost)
