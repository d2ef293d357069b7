"""The verdict: every figure has a second way to it, who is judged is learnt by nobody, and words follow the figures."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.metrics import confusion_matrix

from costlab import fitted as fitted_module
from costlab.calibration import CALIBRATIONS, stratified_folds
from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.errors import InvalidCosts, InvalidPredictions, UnknownName
from costlab.examples import EXAMPLES, example
from costlab.fitted import FEW, Fitted, recipes
from costlab.predictions import Predictions
from costlab.verdict import Case, Verdict, common_examples, verdict

COST = CostMatrix([[0, 1, 2], [100, 0, 5], [20, 3, 0]], ["ok", "crack", "stain"], unit="EUR")


def sample(n: int = 400, valid: int = 200, sharpness: float = 2.0, seed: int = 0, shares: object = None) -> Predictions:
    """A model of known quality: labels drawn from probabilities that it then overstates by `sharpness`."""
    rng = np.random.default_rng(seed)
    target = rng.choice(3, n, p=shares)
    logits = rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[target]
    split = np.where(np.arange(n) < valid, "valid", "test")
    return Predictions((sharpness * logits).astype(np.float32), target, COST.classes, split, np.arange(n))


def judged(predictions: Predictions, cost: CostMatrix = COST, **more: object) -> Verdict:
    return verdict(Case(Fitted(predictions), cost, **more))  # type: ignore[arg-type]


# The known figure: zero-one costs whose last row is multiplied by 100 ------------------------------------------------


def last_row_dear(classes: tuple[str, ...]) -> CostMatrix:
    values = 1.0 - np.eye(len(classes))
    values[-1] *= 100
    return CostMatrix(values, classes)


def oracle_cost(probs: np.ndarray, target: np.ndarray, values: np.ndarray) -> float:
    """Normalised cost of the least expected cost, in numpy alone."""
    decided = np.argmin(probs @ values, axis=1)
    constant = min(np.mean(values[target, d]) for d in range(values.shape[1]))
    return float(np.mean(values[target, decided]) / constant)


def affine_oracle(logits: np.ndarray, target: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Scale and biases of least log-loss and pull, by a general optimiser without our gradients; logits to probs."""
    n, k = logits.shape
    size = np.sqrt(np.mean(np.square(logits - logits.mean(axis=1, keepdims=True))))

    def loss(theta: np.ndarray, usual: np.ndarray) -> float:
        moved = log_softmax(theta[0] * logits / size + theta[1:], axis=1)
        return float(-moved[np.arange(n), target].mean() + np.sum((theta - usual) ** 2) / (18 * n))

    nothing = np.zeros(1 + k)
    scale = minimize(lambda scale: loss(np.r_[scale, nothing[1:]], nothing), [1.0], method="BFGS").x
    usual = np.r_[scale, nothing[1:]]
    theta = minimize(loss, usual, args=(usual,), method="BFGS").x
    return lambda others: softmax(theta[0] * others / size + theta[1:], axis=1)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_known_figure_comes_out_on_bundled_predictions(name: str) -> None:
    whole = example(name).predictions
    predictions = replace(whole, split=np.full(len(whole.target), "test"))  # all judged, so what learns is cross-fitted
    cost, logits, target = last_row_dear(whole.classes), whole.logits.astype(float), whole.target
    rules = judged(predictions, cost).rules
    raw = oracle_cost(softmax(logits, axis=1), target, cost.values)
    assert rules["least_expected_cost"].normalised_cost == pytest.approx(raw, abs=1e-3)
    held = np.empty_like(logits)
    fold = stratified_folds(target, 5)  # the same folds: of some hundred images, which fold a dear one is in matters
    for tested in (fold == number for number in range(5)):
        learnt = ~tested
        held[tested] = affine_oracle(logits[learnt], target[learnt])(logits[tested])
    affine = oracle_cost(held, target, cost.values)
    assert rules["affine"].normalised_cost == pytest.approx(affine, abs=0.01)
    assert "cross-fitted in 5 folds" in rules["affine"].fitted


# Figures -------------------------------------------------------------------------------------------------------------


def test_confusion_cost_and_accuracy_are_those_of_scikit_learn_and_numpy() -> None:
    predictions = sample()
    said, test = judged(predictions), predictions.part("test")
    decided = test.logits.argmax(axis=1)
    rule, paid = said.rules["argmax"], COST.values[test.target, decided]
    assert rule.confusion == confusion_matrix(test.target, decided, labels=[0, 1, 2]).tolist()
    assert rule.accuracy == pytest.approx(np.mean(decided == test.target))
    assert rule.mean_cost == pytest.approx(paid.mean())
    constants = COST.values[test.target].mean(axis=0)
    assert said.best_constant.decision == COST.classes[constants.argmin()]
    assert said.best_constant.mean_cost == pytest.approx(constants.min())
    assert rule.normalised_cost == pytest.approx(paid.mean() / constants.min())
    assert rule.interval[0] < rule.mean_cost < rule.interval[1]
    assert (said.n, said.unit, said.counts) == (200, "EUR", np.bincount(test.target).tolist())


def test_the_difference_to_the_bar_is_paired_and_told_apart_as_its_interval_says() -> None:
    predictions = sample()
    case = Case(Fitted(predictions), COST)
    decided, said = case.decisions(), verdict(case)
    target = predictions.part("test").target
    bar = COST.values[target, decided["temperature"]]
    for name, rule in said.rules.items():
        apart = COST.values[target, decided[name]] - bar
        assert rule.difference == pytest.approx(apart.mean(), abs=1e-12)
        low, high = rule.difference_interval
        assert rule.told_apart == (low > 0 or high < 0)
        assert low <= rule.difference <= high
    assert said.rules["temperature"].difference_interval == [0, 0]
    assert not said.rules["temperature"].told_apart
    assert said.bar.mean_cost == said.rules["temperature"].mean_cost


def test_differences_hold_together_so_more_rules_make_each_interval_wider() -> None:
    case = Case(Fitted(sample()), COST)
    every, one = verdict(case), verdict(case, case.decisions(["argmax"]))
    assert every.difference_level == pytest.approx(1 - 0.05 / (len(every.rules) - 1))
    assert one.difference_level == pytest.approx(0.95)
    wide, narrow = every.rules["argmax"].difference_interval, one.rules["argmax"].difference_interval
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    assert every.rules["argmax"].interval == one.rules["argmax"].interval


def test_the_temperature_that_a_model_was_overstated_by_is_taken_back() -> None:
    """A model twice too sure pays more than after temperature; one that is right pays the same, nearly."""
    honest, boaster = (Fitted(sample(20_000, 10_000, sharpness=s)) for s in (2.0, 6.0))
    costs = [verdict(Case(each, COST)).rules for each in (honest, boaster)]
    assert costs[1]["least_expected_cost"].mean_cost > 1.5 * costs[1]["temperature"].mean_cost
    assert costs[1]["temperature"].mean_cost == pytest.approx(costs[0]["temperature"].mean_cost, rel=0.02)


def test_the_order_of_classes_in_the_cost_file_changes_nothing() -> None:
    order = [2, 0, 1]
    turned = CostMatrix(COST.values[np.ix_(order, order)], tuple(COST.classes[i] for i in order), unit="EUR")
    assert judged(sample(), turned) == judged(sample(), COST)


def test_costs_about_other_classes_are_refused() -> None:
    with pytest.raises(InvalidCosts, match="the class names must be the same"):
        judged(sample(), CostMatrix.zero_one("abc"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_bundled_examples_judge_as_their_own_numbers_say(name: str) -> None:
    predictions, cost = example(name)
    test = predictions.part("test")
    said = judged(predictions, cost)
    assert said.rules["least_expected_cost"].mean_cost == pytest.approx(
        cost.values[test.target, np.argmin(softmax(test.logits.astype(float), axis=1) @ cost.values, axis=1)].mean()
    )
    assert 0.5 < said.rules["argmax"].accuracy < 1
    assert said.best_constant.mean_cost > min(rule.mean_cost for rule in said.rules.values())


# Who is judged, and by whom ------------------------------------------------------------------------------------------


def test_with_enough_validation_the_test_labels_are_learnt_by_nobody() -> None:
    predictions = sample()
    shuffled = predictions.target.copy()
    tested = predictions.split == "test"
    shuffled[tested] = np.random.default_rng(1).permutation(shuffled[tested])
    one, other = (Case(Fitted(each), COST).decisions() for each in (predictions, replace(predictions, target=shuffled)))
    assert {name: each.tolist() for name, each in one.items()} == {name: each.tolist() for name, each in other.items()}


@pytest.mark.parametrize("valid", [0, 20])
def test_cross_fitted_examples_are_decided_by_a_fit_that_has_not_seen_them(valid: int) -> None:
    fitted = Fitted(sample(100 + valid, valid))
    assert len(fitted.rounds) == 5
    assert sorted(np.concatenate([each.judged for each in fitted.rounds]).tolist()) == list(range(100))
    for each in fitted.rounds:
        assert not set(each.learnt) & set(each.judged + valid)
        assert len(each.learnt) + len(each.judged) == 100 + valid
        assert set(range(valid)) <= set(each.learnt)


def test_a_label_that_is_turned_moves_the_fits_of_others_but_never_its_own() -> None:
    """By decisions alone: one example is given each label in turn, the folds stay, and its own decision stays too."""
    predictions = sample(60, 0)
    first = Fitted(predictions)
    place = int(first.rounds[0].judged[0])
    probs = []
    for label in range(3):
        target = predictions.target.copy()
        target[place] = label
        turned = Fitted(replace(predictions, target=target))
        turned.rounds = first.rounds  # stratified folds follow the labels; here they must not
        probs.append(turned.probs("vector"))
    others = first.rounds[1].judged
    for each in probs[1:]:
        assert (each[place] == probs[0][place]).all()
        assert not np.allclose(each[others], probs[0][others], atol=1e-6)


def test_a_small_validation_part_is_joined_by_the_other_test_images_and_it_is_said() -> None:
    predictions = sample(600, 300)
    assert Fitted(predictions).how == "fitted on 300 validation images"
    few = np.flatnonzero((predictions.split == "valid") & (predictions.target == 1))[FEW - 1 :]
    kept = np.setdiff1d(np.arange(600), few)
    scarce = Fitted(
        Predictions(
            predictions.logits[kept],
            predictions.target[kept],
            predictions.classes,
            predictions.split[kept],
            predictions.index[kept],
        )
    )
    left = 300 - len(few)
    expected = (
        f"cross-fitted in 5 folds: each test image by a fit to {left} validation images and the other test images"
    )
    assert scarce.how == expected
    assert "other test images" in Fitted(sample(100, 0)).how


def test_training_examples_in_a_file_are_neither_learnt_nor_judged() -> None:
    predictions = sample(600, 300)
    split = predictions.split.copy()
    split[:100] = "train"
    spoilt = predictions.target.copy()
    spoilt[:100] = 0
    one, other = (judged(replace(predictions, split=split, target=t)) for t in (predictions.target, spoilt))
    assert one == other
    assert one.n == 300


def test_nothing_to_judge_is_refused() -> None:
    predictions = sample()
    with pytest.raises(InvalidPredictions, match="None of the 400 examples is marked 'test'"):
        Fitted(replace(predictions, split=np.full(400, "valid")))
    with pytest.raises(InvalidPredictions, match="One example alone"):
        Fitted(sample(1, 0))
    assert judged(sample(2, 0)).n == 2


# Prices change -------------------------------------------------------------------------------------------------------


def test_new_prices_need_no_new_calibration_and_give_what_a_fresh_fit_gives() -> None:
    predictions, dearer = sample(), COST.replaced(1, 2, 80)
    fitted = Fitted(predictions)
    verdict(Case(fitted, COST))
    kept = {name: fitted.probs(name) for name in ("none", "temperature", "affine", "vector")}
    again = verdict(Case(fitted, dearer))
    assert all(fitted.probs(name) is probs for name, probs in kept.items())
    assert again == judged(predictions, dearer)
    assert again != judged(predictions, COST)


def test_while_costs_move_rules_may_stay_as_they_were_tuned() -> None:
    predictions, dearer = sample(), COST.replaced(0, 1, 30)
    fitted = Fitted(predictions)
    still = Case(fitted, dearer, tuned_for=COST).decisions()
    valid, rule = predictions.split == "valid", RULES["tuned_multipliers"].make()
    temperature = CALIBRATIONS["temperature"]().fit(predictions.logits[valid], predictions.target[valid])
    rule = rule.fit(temperature.probs(predictions.logits[valid]), predictions.target[valid], COST)
    expected = rule.decide(temperature.probs(predictions.part("test").logits), dearer)
    assert (still["tuned_multipliers"] == expected).all()
    anew = Case(fitted, dearer).decisions()
    assert (anew["tuned_multipliers"] != expected).any()
    assert all((anew[name] == still[name]).all() for name in still if not name.startswith("tuned"))


def test_what_is_kept_is_bounded_and_the_verdict_the_same_without(monkeypatch: pytest.MonkeyPatch) -> None:
    predictions = sample(valid=0)
    kept = judged(predictions)
    monkeypatch.setattr(fitted_module, "MAX_KEPT", 20_000)
    fitted = Fitted(predictions)
    assert verdict(Case(fitted, COST)) == kept
    assert 0 < sum(each.nbytes for each in fitted._kept.values()) <= 20_000


def test_kept_probabilities_cannot_be_changed_by_who_reads_them() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Fitted(sample()).probs("temperature")[0, 0] = 1


# Rules ---------------------------------------------------------------------------------------------------------------


def test_every_rule_and_every_calibration_is_judged() -> None:
    refers = COST.with_referral(0.5)
    used = recipes(refers).values()
    assert {recipe.rule for recipe in used} == set(RULES)
    assert {recipe.calibration for recipe in used} == set(CALIBRATIONS)
    assert list(judged(sample(), refers).rules) == list(recipes(refers))


def test_a_rule_file_that_is_added_appears_by_itself(tmp_path: Path) -> None:
    (tmp_path / "always_last.py").write_text(
        '"""Take the last."""\nimport numpy as np\nTITLE = "The last"\n'
        "class Last:\n def fit(self, probs, target, cost): return self\n"
        " def decide(self, probs, cost): return np.full(len(probs), len(cost.decisions) - 1)\n"
        "def make(options): return Last()\n"
    )
    script = (
        "import costlab.decisions as d; from costlab.registry import Registry;"
        f"d.__path__.append({str(tmp_path)!r}); d.RULES = Registry('rule', d.__name__, d.__path__);"
        "from costlab.verdict import *; from costlab.examples import example; from costlab.fitted import Fitted;"
        "p, c = example('traffic_lights'); r = verdict(Case(Fitted(p), c)).rules['always_last'];"
        "print(r.title, [sum(column) for column in zip(*r.confusion)])"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "Temperature, then the last [0, 0, 800]"


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'temperature'"):
        Case(Fitted(sample()), COST).decisions(["temprature"])


def test_a_referral_is_taken_where_it_is_cheapest_and_pays_its_price() -> None:
    said = judged(sample(), COST.with_referral(0.25))
    rule = said.rules["least_expected_cost"]
    referred = np.array(rule.confusion)[:, 3].sum()
    test = sample().part("test")
    expected = softmax(test.logits.astype(float), axis=1) @ COST.values
    assert referred == (expected.min(axis=1) > 0.25).sum() > 0
    assert said.decisions[-1] == "refer to a human"
    assert np.array(said.rules["argmax"].confusion)[:, 3].sum() == 0


# Another model's bar -------------------------------------------------------------------------------------------------


def test_the_baseline_is_paired_by_index_whatever_its_order_and_class_order() -> None:
    mine, theirs = sample(seed=1), sample(seed=1, sharpness=5)
    theirs = replace(theirs, logits=theirs.logits + np.random.default_rng(2).normal(size=(400, 3)))
    plain = verdict(Case(Fitted(mine), COST), baseline=Case(Fitted(theirs), COST), baseline_name="theirs")
    order, classes = np.random.default_rng(3).permutation(400), [1, 2, 0]
    mixed = Predictions(
        theirs.logits[order][:, classes],
        np.argsort(classes)[theirs.target[order]],
        tuple(COST.classes[i] for i in classes),
        theirs.split[order],
        theirs.index[order],
    )
    again = verdict(Case(Fitted(mine), COST), baseline=Case(Fitted(mixed), COST), baseline_name="theirs")
    for name, rule in plain.rules.items():
        assert again.rules[name].difference == pytest.approx(rule.difference)
        assert again.rules[name].difference_interval == pytest.approx(rule.difference_interval)
    assert plain.bar.of == "theirs"
    assert plain.bar.n == 200
    own = judged(theirs).rules["temperature"].mean_cost
    assert plain.bar.mean_cost == pytest.approx(own)
    assert plain.rules["argmax"].difference == pytest.approx(plain.rules["argmax"].mean_cost - own)


def test_a_baseline_on_part_of_the_images_is_compared_on_those() -> None:
    mine = sample()
    part = np.flatnonzero((mine.split == "valid") | (mine.index % 2 == 0))
    half = replace(
        mine, logits=mine.logits[part], target=mine.target[part], split=mine.split[part], index=mine.index[part]
    )
    said = verdict(Case(Fitted(mine), COST), baseline=Case(Fitted(half), COST))
    assert (said.n, said.bar.n) == (200, 100)
    assert said.rules["temperature"].difference == 0


def test_models_that_were_not_tested_alike_are_not_compared() -> None:
    mine = Fitted(sample())
    with pytest.raises(InvalidPredictions, match="no test example in common"):
        common_examples(mine, Fitted(replace(sample(), index=np.arange(1000, 1400))))
    with pytest.raises(InvalidPredictions, match="'index' comes twice"):
        common_examples(mine, Fitted(replace(sample(), index=np.zeros(400, int))))
    other = (sample().target + 1) % 3
    with pytest.raises(InvalidPredictions, match="not tested on the same data"):
        common_examples(mine, Fitted(replace(sample(), target=other)))


# Other class shares --------------------------------------------------------------------------------------------------


def test_given_shares_weigh_the_images_as_if_they_came_that_often() -> None:
    """Against a test part in which each class is repeated: 1, 2 and 3 times as often."""
    predictions = sample(900, 450, shares=[0.4, 0.3, 0.3])
    target = predictions.part("test").target
    counts = np.bincount(target) * [1, 2, 3]
    case = Case(Fitted(predictions), COST, dict(zip(COST.classes, counts.tolist(), strict=True)))
    said = verdict(case)
    repeats = np.array([1, 2, 3])[target]
    for name, decided in case.decisions().items():
        paid = np.repeat(COST.values[target, decided], repeats)
        assert said.rules[name].mean_cost == pytest.approx(paid.mean())
        assert said.rules[name].accuracy == pytest.approx(np.repeat(decided == target, repeats).mean())
    constants = (counts @ COST.values) / counts.sum()
    assert said.best_constant.mean_cost == pytest.approx(constants.min())
    assert said.priors == pytest.approx(dict(zip(COST.classes, counts / counts.sum(), strict=True)))
    assert said.priors_are == "given"


def test_knowing_the_new_shares_saves_where_they_differ_much() -> None:
    shares = {"ok": 0.96, "crack": 0.02, "stain": 0.02}
    said = judged(sample(8000, 4000, sharpness=1.5), shares=shares)
    plain, shifted = (said.rules[name].mean_cost for name in ("temperature", "temperature_with_new_shares"))
    assert shifted < 0.8 * plain
    assert "temperature_with_new_shares" not in judged(sample()).rules


def test_shares_are_estimated_from_outputs_alone_and_change_no_weight() -> None:
    valid, test = sample(3000, 3000), sample(3000, 0, seed=5, shares=[0.8, 0.15, 0.05])
    both = Predictions(
        np.concatenate([valid.logits, test.logits]),
        np.concatenate([valid.target, test.target]),
        COST.classes,
        np.concatenate([valid.split, test.split]),
        np.arange(6000),
    )
    said, without = judged(both, shares="estimated"), judged(both)
    assert list(said.priors.values()) == pytest.approx([0.8, 0.15, 0.05], abs=0.03)  # type: ignore[union-attr]
    assert said.rules["temperature"].mean_cost == without.rules["temperature"].mean_cost
    assert said.rules["temperature_with_new_shares"].mean_cost < said.rules["temperature"].mean_cost
    unlabelled = replace(both, target=np.where(both.split == "test", 0, both.target))
    assert Fitted(unlabelled).priors() == pytest.approx(list(said.priors.values()))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ({"okay": 1}, "did you mean 'ok'"),
        ({"ok": -1, "crack": 2}, "The share of 'ok' must be 0 or above; got -1."),
        ({"ok": np.nan}, "The share of 'ok' must be 0 or above; got nan."),
        ({"ok": 0}, "The class shares are all 0"),
        ({}, "The class shares are all 0"),
    ],
)
def test_shares_that_mean_nothing_are_refused(shares: dict[str, float], sentence: str) -> None:
    with pytest.raises(InvalidPredictions) as caught:
        judged(sample(), shares=shares)
    assert sentence in str(caught.value)


def test_a_share_for_a_class_that_was_not_tested_is_refused() -> None:
    predictions = sample()
    without = replace(predictions, target=np.where(predictions.split == "test", 0, predictions.target))
    with pytest.raises(InvalidPredictions, match=r"'crack' has a share of 0\.1 but no test example"):
        judged(without, shares={"ok": 0.9, "crack": 0.1})


# Words ---------------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(2, 120),
    st.integers(0, 60),
    st.floats(0.1, 8),
    st.integers(0, 10**6),
    st.lists(st.floats(-5, 100), min_size=9, max_size=9),
)
def test_the_sentence_says_no_more_than_the_intervals(
    n: int, valid: int, sharpness: float, seed: int, values: list[float]
) -> None:
    cost = CostMatrix(np.reshape(values, (3, 3)), COST.classes, unit="EUR")
    said = judged(sample(n + valid, valid, sharpness, seed), cost)
    words = said.sentence
    cheaper = {name for name, rule in said.rules.items() if rule.told_apart and rule.difference < 0}
    assert ("saves" in words) == bool(cheaper)
    assert ("No rule is shown to be cheaper" in words) == (not cheaper)
    named = {}
    for opening in ("Cannot be told apart from it: ", "Pays the same on every image: ", "Dearer: "):
        named[opening] = words.partition(opening)[2].partition(".")[0].replace(" and ", ", ").split(", ")
    for name, rule in said.rules.items():
        if name != "temperature":
            same = rule.difference_interval == [0, 0]
            truths = [not rule.told_apart and not same, same, rule.told_apart and rule.difference > 0]
            assert [name.replace("_", " ") in names for names in named.values()] == truths
    assert ("None is cheaper than deciding" in words) == (
        min(rule.mean_cost for rule in said.rules.values()) >= said.best_constant.mean_cost
    )
    assert f"{n} test images" in words


def test_words_of_each_outcome() -> None:
    from costlab.verdict_words import sentence

    said = judged(sample(4000, 2000, sharpness=6))
    vector = said.rules["vector"].model_copy(
        update={"told_apart": True, "difference": -0.5, "difference_interval": [-0.75, -0.25], "events": 40.0}
    )
    rules = {name: said.rules[name] for name in ("argmax", "temperature")} | {"vector": vector}
    better = sentence(said.model_copy(update={"rules": rules}))
    assert better.startswith(
        "Cheaper than the bar (temperature, then least expected cost) on 2 000 test images: vector; vector saves "
        "0.5 EUR an image (0.25 to 0.75). "
    )
    assert "too few" not in better
    few = rules | {"vector": vector.model_copy(update={"events": 4.2})}
    assert "That rests on about 4 dear mistakes: too few to rely on." in sentence(
        said.model_copy(update={"rules": few})
    )
    alone = said.model_copy(update={"rules": {"temperature": said.rules["temperature"]}})
    assert sentence(alone).startswith("The bar (temperature, then least expected cost) is all that was judged")
    dear = said.model_copy(update={"best_constant": said.best_constant.model_copy(update={"mean_cost": 0.0})})
    assert sentence(dear).endswith("None is cheaper than deciding 'crack' without looking at the images.")
