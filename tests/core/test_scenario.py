"""What follows from a scenario, beside plain loops over the same predictions; nothing here is taken from `answer`."""

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlab import fitted as fitted_module
from costlab.calibration import CALIBRATIONS
from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.errors import InvalidCosts, InvalidPredictions, UnknownName
from costlab.examples import EXAMPLES, example
from costlab.fitted import Fitted
from costlab.predictions import Predictions
from costlab.scenario import REFER, Answer, Scenario, answer, cell_images, change

CLASSES = ("ok", "crack", "stain")
COST = CostMatrix([[0, 1, 2], [100, 0, 5], [20, 3, 0]], CLASSES, unit="EUR")


def drawn(n: int = 180, valid: int = 90, seed: int = 0) -> Predictions:
    """A model that says too much, and knows nothing of a third of the images."""
    rng = np.random.default_rng(seed)
    target = rng.permutation(np.arange(n) % 3)
    logits = rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[target]
    split = np.where(np.arange(n) < valid, "valid", "test")
    return Predictions((2.0 * logits).astype(np.float32), target, CLASSES, split, np.arange(n))


PREDICTIONS = drawn()
FITTED = Fitted(PREDICTIONS)


class ByHand:
    """A scenario worked out image by image, in loops. What calibrations and tuned rules learn has tests of its own."""

    def __init__(self, predictions: Predictions, scenario: Scenario):
        rows = range(len(predictions.target))
        test = [row for row in rows if predictions.split[row] == "test"]
        valid = [row for row in rows if predictions.split[row] == "valid"]
        self.target = [int(predictions.target[row]) for row in test]
        k, n = len(predictions.classes), len(test)
        order = [scenario.cost.classes.index(name) for name in predictions.classes]
        self.names = [*predictions.classes, *scenario.cost.decisions[k:]]
        columns = [scenario.cost.decisions.index(name) for name in self.names]
        self.costs = [[scenario.scale * float(scenario.cost.values[t, d]) for d in columns] for t in order]
        if scenario.referral is not None:
            if REFER in self.names:
                for row in self.costs:
                    row[self.names.index(REFER)] = scenario.referral
            else:
                self.names.append(REFER)
                self.costs = [[*row, scenario.referral] for row in self.costs]
        counts = [self.target.count(t) for t in range(k)]
        self.weights = [1.0] * k
        shares = None
        if scenario.shares is not None:
            shares = [scenario.shares[t] / sum(scenario.shares) for t in order]
            self.weights = [shares[t] * n / counts[t] if counts[t] else 0.0 for t in range(k)]
        self.decided = self._decided(predictions, scenario, valid, test, shares)
        self.paid = [self.costs[t][d] * self.weights[t] for t, d in zip(self.target, self.decided, strict=True)]
        self.mean = sum(self.paid) / n
        pairs = list(zip(self.target, self.decided, strict=True))
        self.counts = [[pairs.count((t, d)) for d in range(len(self.names))] for t in range(k)]
        constants = [sum(self.costs[t][d] * self.weights[t] for t in self.target) / n for d in range(len(self.names))]
        self.constant = min(constants)
        self.constants = dict(zip(self.names, constants, strict=True))
        self.referred = sum(self.weights[t] for t, d in pairs if d >= k) / n
        likeliest = [max(range(k), key=lambda c: (predictions.logits[row, c], -c)) for row in test]
        self.blind = sum(self.costs[t][d] * self.weights[t] for t, d in zip(self.target, likeliest, strict=True)) / n

    def _decided(
        self, predictions: Predictions, scenario: Scenario, valid: list[int], test: list[int], shares: Any
    ) -> list[int]:
        calibration = CALIBRATIONS[scenario.calibration]().fit(predictions.logits[valid], predictions.target[valid])
        cost = CostMatrix(np.array(self.costs), predictions.classes, tuple(self.names))
        rule = RULES[scenario.rule].make()
        rule.fit(calibration.probs(predictions.logits[valid]), predictions.target[valid], cost)
        prices = np.array(rule.prices(cost)) if hasattr(rule, "prices") else -np.eye(len(self.costs))
        learnt = [int((predictions.target[valid] == t).sum()) for t in range(len(self.costs))]
        decided = []
        for probs in calibration.probs(predictions.logits[test]).tolist():
            if shares is not None:
                probs = [p * new / old for p, new, old in zip(probs, shares, learnt, strict=True)]
            expected = [sum(p * row[d] for p, row in zip(probs, prices, strict=True)) for d in range(prices.shape[1])]
            size = max(abs(each) for each in expected)
            decided.append(next(d for d, each in enumerate(expected) if each <= min(expected) + 1e-12 * size))
        return decided


prices = st.integers(0, 60).map(float)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any scenario: classes in any order, gains too, extra decisions or none, any rule and calibration."""
    order = draw(st.permutations(range(3)))
    names = tuple(CLASSES[t] for t in order)
    extra = draw(st.sampled_from([(), (REFER,), ("look again",), ("look again", REFER)]))
    values = np.array([[draw(prices) for _ in range(3 + len(extra))] for _ in range(3)])
    values[np.eye(*values.shape, dtype=bool)] = draw(st.sampled_from([0.0, 1.0, -5.0]))
    referral = draw(st.none() | st.integers(0, 20).map(float))
    least = ["argmax", "least_expected_cost", "tuned_multipliers", "tuned_partition"]
    return Scenario(
        cost=CostMatrix(values, names, names + extra, unit="EUR"),
        rule=draw(st.sampled_from(least + ["refer"] * (bool(extra) or referral is not None))),
        calibration=draw(st.sampled_from(list(CALIBRATIONS))),
        scale=draw(st.sampled_from([1.0, 0.5, 3.0])),
        referral=referral,
        shares=draw(st.none() | st.tuples(*[st.integers(0, 5).map(float)] * 3).filter(lambda each: sum(each) > 0)),
    )


def agree(found: Answer, hand: ByHand) -> None:
    """Every number of an answer beside the loops."""
    assert list(found.cost.decisions) == hand.names
    assert found.cost.values.tolist() == hand.costs
    assert found.decided.tolist() == hand.decided
    assert found.paid.tolist() == pytest.approx(hand.paid)
    assert found.counts.tolist() == hand.counts
    assert found.weights.tolist() == pytest.approx(hand.weights)
    assert found.mean.estimate == pytest.approx(hand.mean)
    assert found.mean.low <= found.mean.estimate <= found.mean.high
    assert found.blind.estimate == pytest.approx(hand.blind)
    assert found.constant.mean_cost == pytest.approx(hand.constant)
    assert hand.constants[found.constant.decision] == pytest.approx(hand.constant)
    assert found.referred == pytest.approx(hand.referred)
    weighted = [[n * w for n in row] for row, w in zip(hand.counts, hand.weights, strict=True)]
    assert found.expected.tolist() == [pytest.approx(row) for row in weighted]


@settings(max_examples=80)
@given(scenarios())
def test_every_number_of_an_answer_is_what_plain_loops_find(scenario: Scenario) -> None:
    agree(answer(FITTED, scenario), ByHand(PREDICTIONS, scenario))


@pytest.mark.parametrize("name", EXAMPLES)
def test_bundled_examples_answer_as_plain_loops_do(name: str) -> None:
    predictions, cost = example(name)
    scenario = Scenario(cost, scale=2.0, referral=1.5, shares=tuple(range(1, len(cost.classes) + 1)))
    agree(answer(Fitted(predictions), scenario), ByHand(predictions, scenario))


@settings(max_examples=60)
@given(scenarios(), scenarios())
def test_every_number_of_a_change_is_what_plain_loops_find(before: Scenario, after: Scenario) -> None:
    old, new = ByHand(PREDICTIONS, before), ByHand(PREDICTIONS, after)
    found = change(answer(FITTED, before), answer(FITTED, after), FITTED.test.target)
    counts = [[0] * len(new.names) for _ in CLASSES]
    differs, kept = [], []
    for t, was, now in zip(new.target, old.decided, new.decided, strict=True):
        name = old.names[was]
        differs.append(name != new.names[now])
        counts[t][now] += 1
        if name in new.names:
            counts[t][new.names.index(name)] -= 1
            kept.append(new.costs[t][new.names.index(name)] * new.weights[t])
        else:
            kept.append(old.costs[t][was] * new.weights[t])
    assert found.differs.tolist() == differs
    assert found.counts.tolist() == counts
    assert found.kept == pytest.approx(sum(kept) / len(kept))
    assert found.difference.estimate == pytest.approx(new.mean - sum(kept) / len(kept), abs=1e-9)
    assert found.difference.low <= found.difference.estimate + 1e-9
    assert found.difference.high >= found.difference.estimate - 1e-9


@given(scenarios())
def test_a_scenario_against_itself_changes_nothing(scenario: Scenario) -> None:
    same = answer(FITTED, scenario)
    found = change(same, answer(FITTED, scenario), FITTED.test.target)
    assert not found.differs.any()
    assert not found.counts.any()
    assert tuple(found.difference) == (0, 0, 0)


@given(scenarios(), st.sampled_from([2.0, 10.0]))
def test_multiplying_all_costs_multiplies_what_is_paid_and_decides_the_same(scenario: Scenario, by: float) -> None:
    once, more = (answer(FITTED, replace(scenario, referral=None, rule="argmax", scale=scale)) for scale in (1.0, by))
    assert more.mean.estimate == pytest.approx(by * once.mean.estimate)
    assert more.mean.high == pytest.approx(by * once.mean.high)
    assert (more.decided == once.decided).all()


@given(scenarios(), st.sampled_from([0.5, 7.0]))
def test_class_shares_may_have_any_positive_scale(scenario: Scenario, by: float) -> None:
    shares = scenario.shares or (1.0, 2.0, 3.0)
    one, other = (
        answer(FITTED, replace(scenario, shares=tuple(share * times for share in shares))) for times in (1.0, by)
    )
    assert other.mean.estimate == pytest.approx(one.mean.estimate)


def test_shares_of_the_test_part_itself_weigh_every_image_alike() -> None:
    counts = np.bincount(FITTED.test.target, minlength=3).astype(float)
    assert answer(FITTED, Scenario(COST, shares=tuple(counts))).weights.tolist() == pytest.approx([1, 1, 1])


# The price of referring ----------------------------------------------------------------------------------------------


def test_the_price_of_referring_replaces_the_one_that_the_costs_have() -> None:
    cost = COST.with_referral(7.0)
    assert Scenario(cost, scale=2).matrix.values[:, 3].tolist() == [14, 14, 14]
    assert Scenario(cost, scale=2, referral=1.0).matrix.values[:, 3].tolist() == [1, 1, 1]
    assert Scenario(cost, referral=1.0).matrix.decisions == (*CLASSES, REFER)


def test_a_class_may_be_called_as_referring_is() -> None:
    cost = CostMatrix([[0, 9], [9, 0]], [REFER, "ok"])
    assert Scenario(cost, referral=1.0).matrix.decisions == (REFER, "ok", "ask a human")


def test_an_image_that_was_referred_keeps_its_price_when_nobody_can_be_asked_any_more() -> None:
    asked = answer(FITTED, Scenario(COST, referral=0.5))
    alone = answer(FITTED, Scenario(COST))
    found = change(asked, alone, FITTED.test.target)
    assert 0 < asked.referred < 1
    assert found.kept == pytest.approx(asked.mean.estimate)
    assert found.difference.estimate == pytest.approx(alone.mean.estimate - asked.mean.estimate)


def test_the_cheaper_a_human_the_more_is_referred() -> None:
    shares = [answer(FITTED, Scenario(COST, referral=price)).referred for price in (0.0, 0.3, 1.0, 3.0, 50.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0 == shares[-1]


# What means nothing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"scale": 0.0}, InvalidCosts, "above 0; got 0"),
        ({"scale": float("nan")}, InvalidCosts, "above 0; got nan"),
        ({"shares": (1.0,)}, InvalidPredictions, "Expected 3 class shares, one a class; got 1."),
        ({"rule": "argmix"}, UnknownName, "did you mean 'argmax'?"),
        ({"calibration": "vectors"}, UnknownName, "did you mean 'vector'?"),
    ],
)
def test_a_scenario_that_means_nothing_is_refused(wrong: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said.replace("?", r"\?")):
        Scenario(COST, **wrong)


def test_what_cannot_be_answered_says_why() -> None:
    only = replace(PREDICTIONS, target=np.minimum(PREDICTIONS.target, 1))
    with pytest.raises(InvalidPredictions, match="'stain' has a share of 1 but no test example"):
        answer(Fitted(only), Scenario(COST, shares=(1, 1, 1)))
    with pytest.raises(InvalidPredictions, match="class shares are all 0"):
        answer(FITTED, Scenario(COST, shares=(0, 0, 0)))
    with pytest.raises(InvalidCosts, match="no extra decision"):
        answer(FITTED, Scenario(COST, rule="refer"))
    with pytest.raises(InvalidCosts, match="the class names must be the same"):
        answer(FITTED, Scenario(CostMatrix.zero_one("abc")))
    with pytest.raises(InvalidCosts, match="finite"):
        answer(FITTED, Scenario(COST, referral=float("nan")))


def test_answers_about_other_images_are_not_compared() -> None:
    short = Fitted(drawn(n=150))
    with pytest.raises(InvalidPredictions, match="got 60, 90 and 90"):
        change(answer(short, Scenario(COST)), answer(FITTED, Scenario(COST)), FITTED.test.target)


def test_a_class_with_a_share_of_nothing_is_never_decided_by_the_likeliest_class() -> None:
    found = answer(FITTED, Scenario(COST, rule="argmax", shares=(1, 0, 1)))
    assert found.counts[:, 1].sum() == 0
    assert found.weights[1] == 0


def test_a_class_that_only_one_image_shows_can_be_given_a_share() -> None:
    target = np.array([0] * 30 + [1] * 30 + [2])
    logits = np.random.default_rng(1).normal(size=(61, 3)) + np.eye(3)[target]
    few = Predictions(logits, target, CLASSES, np.full(61, "test"), np.arange(61))
    assert answer(Fitted(few), Scenario(COST, shares=(1, 1, 1))).weights[2] == pytest.approx(61 / 3)


# Rules that learn, while a price is dragged --------------------------------------------------------------------------


def test_a_tuned_rule_may_stay_tuned_for_other_prices_and_says_for_which() -> None:
    start, moved = Scenario(COST, rule="tuned_multipliers"), Scenario(COST.replaced(0, 1, 30), rule="tuned_multipliers")
    valid = PREDICTIONS.part("valid")
    calibration = CALIBRATIONS["temperature"]().fit(valid.logits, valid.target)
    rule = RULES["tuned_multipliers"].make().fit(calibration.probs(valid.logits), valid.target, COST)
    expected = rule.decide(calibration.probs(PREDICTIONS.part("test").logits), moved.cost)
    dragged = answer(FITTED, moved, tuned_for=start)
    assert dragged.decided.tolist() == expected.tolist()
    assert dragged.tuned == COST
    assert answer(FITTED, moved).tuned == moved.cost


def test_a_rule_is_tuned_anew_when_there_are_other_decisions() -> None:
    scenario = Scenario(COST, rule="tuned_partition", referral=1.0)
    anew = answer(FITTED, scenario, tuned_for=replace(scenario, referral=None))
    assert anew.tuned == scenario.matrix
    assert (anew.decided == answer(FITTED, scenario).decided).all()


# Images of a cell ----------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(scenarios(), st.none() | st.integers(0, 2), st.none() | st.integers(0, 2))
def test_images_come_costliest_first_then_surest(scenario: Scenario, truth: int | None, decision: int | None) -> None:
    found, probs, target = answer(FITTED, scenario), FITTED.seen(scenario.recipe), FITTED.test.target
    rows = [
        row
        for row in range(len(target))
        if (truth is None or target[row] == truth) and (decision is None or found.decided[row] == decision)
        if truth is not None or decision is not None or found.paid[row] > 0
    ]
    rows.sort(key=lambda row: (-found.paid[row], -max(probs[row]), row))
    assert list(cell_images(found, target, probs, truth, decision)) == rows


# Many visitors at once -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [1 << 29, 9_000])
@pytest.mark.parametrize("valid", [90, 0])
def test_visitors_share_what_is_fitted_and_each_gets_what_one_alone_would(
    valid: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitted_module, "MAX_KEPT", kept)
    predictions = drawn(valid=valid)
    asked = [
        Scenario(COST.replaced(1, 0, float(price)), rule=rule, calibration=calibration, referral=2.0, shares=shares)
        for price in (50, 200)
        for rule in ("argmax", "least_expected_cost", "tuned_multipliers")
        for calibration in CALIBRATIONS
        for shares in (None, (1.0, 2.0, 3.0), (float(price), 1.0, 1.0))
    ]
    alone = [answer(Fitted(predictions), scenario) for scenario in asked]
    shared, start, failed = Fitted(predictions), threading.Barrier(8), []

    def visit(number: int) -> None:
        start.wait()
        try:
            for place in np.random.default_rng(number).permutation(len(asked)):
                found = answer(shared, asked[place])
                assert (found.decided == alone[place].decided).all()
                assert found.mean == alone[place].mean
        except BaseException as error:  # of a thread: told below
            failed.append(error)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(8)]
    for each in visitors:
        each.start()
    for each in visitors:
        each.join()
    assert not failed
    assert sum(each.nbytes for each in shared._kept.values()) <= kept


def test_what_two_visitors_ask_for_at_once_is_worked_out_once() -> None:
    fitted, start, found = Fitted(drawn()), threading.Barrier(6), []

    def ask() -> None:
        start.wait()
        found.append(fitted.probs("vector"))

    visitors = [threading.Thread(target=ask) for _ in range(6)]
    for each in visitors:
        each.start()
    for each in visitors:
        each.join()
    assert len(found) == 6
    assert all(each is found[0] for each in found)


def test_probabilities_for_new_class_shares_are_kept_for_the_last_places_only() -> None:
    fitted = Fitted(drawn())
    for number in range(20):
        answer(fitted, Scenario(COST, shares=(1.0, 1.0, 1.0 + number)))
    assert sum(isinstance(rows, bytes) for _, rows in fitted._kept) == fitted_module.MOVED
    assert len(fitted._rules) <= fitted_module.MOST_RULES
