"""What miscalibration costs: beside plain loops; the choice sees no price and no test label; sentences by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from costlab.calibration import CALIBRATIONS
from costlab.costs import CostMatrix
from costlab.examples import EXAMPLES
from costlab.fitted import Fitted
from costlab.intervals import Interval
from costlab.miscalibration import Miscalibration, best_calibration, miscalibration
from costlab.predictions import Predictions
from costlab.scenario import Scenario, answer
from costlab.sources import example_source

COST = CostMatrix([[0, 1, 2], [100, 0, 5], [20, 3, 0]], ["ok", "crack", "stain"], unit="EUR")


def model(sharpness: float = 1.0, bias: tuple[float, ...] = (0, 0, 0), n: int = 3000, valid: int = 1500) -> Predictions:
    """Labels are drawn from the softmax of logits, which the model then multiplies and shifts."""
    rng = np.random.default_rng(5)
    logits = 1.5 * rng.normal(size=(n, 3))
    noise = rng.gumbel(size=(n, 3))
    target = (logits + noise).argmax(axis=1)  # a draw from the softmax (Gumbel 1954)
    split = np.where(np.arange(n) < valid, "valid", "test")
    return Predictions(sharpness * logits + np.array(bias), target, COST.classes, split, np.arange(n))


# Which calibration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predictions", "best"),
    [
        (model(), "none"),
        (model(sharpness=3.0), "temperature"),
        (model(sharpness=0.3), "temperature"),
        (model(bias=(2, -1, 0)), "affine"),
    ],
)
def test_the_calibration_that_undoes_what_was_done_is_chosen(predictions: Predictions, best: str) -> None:
    assert best_calibration(Fitted(predictions)) == best


def test_a_scale_a_class_needs_vector_scaling() -> None:
    honest = model(n=6000, valid=3000)
    uneven = replace(honest, logits=(honest.logits - honest.logits.mean(axis=1, keepdims=True)) * np.array([0.2, 1, 4]))
    assert best_calibration(Fitted(uneven)) == "vector"


def test_the_choice_knows_neither_test_labels_nor_prices() -> None:
    predictions = model(sharpness=3.0)
    test = predictions.split == "test"
    turned = np.where(test, (predictions.target + 1) % 3, predictions.target)
    assert best_calibration(Fitted(replace(predictions, target=turned))) == best_calibration(Fitted(predictions))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_chosen_one_is_nearly_the_best_by_another_program(name: str) -> None:
    """scikit-learn's folds, and its logistic regression on one number a row for the temperature."""
    source = example_source(name)
    valid = source.predictions.part("valid")
    losses: dict[str, list[float]] = {each: [] for each in CALIBRATIONS}
    for learnt, held in StratifiedKFold(5, shuffle=True, random_state=1).split(valid.logits, valid.target):
        for each, make in CALIBRATIONS.items():
            probs = make().fit(valid.logits[learnt], valid.target[learnt]).probs(valid.logits[held])
            losses[each].append(log_loss(valid.target[held], probs, labels=range(probs.shape[1])))
    means = {each: float(np.mean(values)) for each, values in losses.items()}
    assert means[best_calibration(Fitted(source.predictions))] <= min(means.values()) + 0.02


def test_the_temperature_of_two_classes_is_that_of_logistic_regression() -> None:
    rng = np.random.default_rng(2)
    score = rng.normal(size=4000)
    target = (rng.random(4000) < 1 / (1 + np.exp(-score))).astype(int)
    logits = np.stack([-2 * score, 2 * score], axis=1)  # four times too sure
    found = LogisticRegression(fit_intercept=False, C=1e6).fit((logits[:, 1] - logits[:, 0])[:, None], target)
    temperature = CALIBRATIONS["temperature"]().fit(logits, target)
    probs = temperature.probs(logits)[:, 1]
    assert probs == pytest.approx(found.predict_proba((logits[:, 1] - logits[:, 0])[:, None])[:, 1], abs=2e-3)
    split = np.where(np.arange(4000) < 2000, "valid", "test")
    assert best_calibration(Fitted(Predictions(logits, target, ("a", "b"), split, np.arange(4000)))) == "temperature"


def test_without_a_validation_part_all_known_examples_choose() -> None:
    assert best_calibration(Fitted(model(sharpness=3.0, valid=0))) == "temperature"
    few = replace(model(n=2, valid=1), split=np.array(["valid", "test"]))
    assert best_calibration(Fitted(few)) in CALIBRATIONS


def test_a_large_validation_part_is_sampled() -> None:
    assert best_calibration(Fitted(model(sharpness=3.0, n=15_000, valid=12_000))) == "temperature"


# What it costs -------------------------------------------------------------------------------------------------------

SURE = model(sharpness=4.0, n=1200, valid=600)
FITTED = Fitted(SURE)


@settings(max_examples=40)
@given(
    st.sampled_from(list(CALIBRATIONS)),
    st.sampled_from([None, (1.0, 1.0, 1.0), (5.0, 1.0, 0.0)]),
    st.sampled_from([1.0, 4.0]),
    st.sampled_from([None, 2.0]),
)
def test_the_difference_is_what_loops_find(
    calibration: str, shares: tuple[float, ...] | None, scale: float, referral: float | None
) -> None:
    scenario = Scenario(COST, calibration=calibration, shares=shares, scale=scale, referral=referral)
    found = miscalibration(FITTED, answer(FITTED, scenario))
    assert (found.using, found.best) == (calibration, "temperature")
    assert found.beside == ("none" if calibration == "temperature" else "temperature")
    valid, test = SURE.part("valid"), SURE.part("test")
    decided = []
    counts = [int((test.target == t).sum()) for t in range(3)]
    known = [int((valid.target == t).sum()) for t in range(3)]
    for name in (found.using, found.beside):
        probs = CALIBRATIONS[name]().fit(valid.logits, valid.target).probs(test.logits)
        chosen = []
        for row in probs.tolist():
            likely = row if shares is None else [p * s / m for p, s, m in zip(row, shares, known, strict=True)]
            expected = [scale * sum(likely[t] * COST.values[t, d] for t in range(3)) for d in range(3)]
            if referral is not None:
                expected.append(referral * sum(likely))
            chosen.append(expected.index(min(expected)))
        decided.append(chosen)
    total = 0.0
    for t, one, other in zip(test.target, *decided, strict=True):
        weight = 1.0 if shares is None else shares[t] / sum(shares) * len(test.target) / counts[t]
        paid = [referral if d == 3 else scale * COST.values[t, d] for d in (one, other)]
        total += weight * (paid[0] - paid[1])
    assert found.difference.estimate == pytest.approx(total / len(test.target), abs=1e-9)
    assert found.differs == sum(one != other for one, other in zip(*decided, strict=True))


def test_a_model_that_is_too_sure_pays_for_it_and_is_offered_a_way_out() -> None:
    found = miscalibration(FITTED, answer(FITTED, Scenario(COST, calibration="none")))
    assert found.difference.estimate > 0
    assert found.fix == "temperature"
    assert found.remedy == "Correct them by temperature scaling"
    assert replace(found, best="none", using="vector").remedy == "Take the network's own probabilities"
    fixed = miscalibration(FITTED, answer(FITTED, Scenario(COST, calibration=found.fix)))
    assert fixed.fix is None
    assert fixed.remedy == ""
    assert fixed.difference.estimate == pytest.approx(-found.difference.estimate)


def test_where_the_order_of_classes_decides_a_temperature_changes_nothing() -> None:
    found = miscalibration(FITTED, answer(FITTED, Scenario(COST, calibration="none", rule="argmax")))
    assert found.differs == 0
    assert found.fix is None
    assert found.sentence == (
        "These probabilities are as the network gave them. After temperature scaling, every decision would be the same."
    )


# Sentences -----------------------------------------------------------------------------------------------------------


def told(
    estimate: float, low: float, high: float, using: str = "none", beside: str = "vector", best: str = "vector",
    differs: int = 9, events: float = 50.0, unit: str = "EUR",
) -> str:  # fmt: skip
    difference = Interval(estimate / 1000, low / 1000, high / 1000)
    return Miscalibration(using, beside, best, difference, differs, events, unit).sentence.replace("\u2009", ",")


OWN = "These probabilities are as the network gave them. "


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            told(312, 120, 505),
            OWN + "Deciding by them costs 312 EUR more per 1,000 images than after vector scaling (95 %: 120 to 505).",
        ),
        (
            told(-312, -505, -120, unit=""),
            OWN + "Deciding by them costs 312 less per 1,000 images than after vector scaling (95 %: 120 to 505).",
        ),
        (
            told(12, -8, 32),
            OWN + "Deciding by them costs 12 EUR more per 1,000 images than after vector scaling, which cannot be told "
            "apart from no difference (95 %: 8 less to 32 more).",
        ),
        (
            told(0, -20, 20),
            OWN + "Deciding by them costs as much as after vector scaling (95 %: 20 less to 20 more per 1,000 images).",
        ),
        (told(0, 0, 0, differs=0), OWN + "After vector scaling, every decision would be the same."),
        (
            told(0, 0, 0, beside="none", best="none", differs=0),
            OWN + "No calibration says more about images it has not seen, so that none is needed.",
        ),
        (
            told(-312, -505, -120, using="vector", beside="none"),
            "These probabilities have gone through vector scaling. Deciding by them costs 312 EUR less per 1,000 "
            "images than by the network's own (95 %: 120 to 505).",
        ),
        (
            told(0, 0, 0, using="temperature", beside="none", best="temperature", differs=0),
            "These probabilities have gone through temperature scaling. By the network's own, every decision would be "
            "the same.",
        ),
        (
            told(1, 0.5, 2, events=3.4, unit="minutes"),
            OWN + "Deciding by them costs 1 minute more per 1,000 images than after vector scaling (95 %: 0.5 to 2; it "
            "rests on about 3 dear images: too few to rely on).",
        ),
        (
            told(100, 5, 200, events=1.1),
            OWN + "Deciding by them costs 100 EUR more per 1,000 images than after vector scaling (95 %: 5 to 200; it "
            "rests on about 1 dear image: too few to rely on).",
        ),
    ],
)
def test_a_sentence_known_by_hand(found: str, sentence: str) -> None:
    assert found == sentence


@given(
    st.sampled_from(list(CALIBRATIONS)),
    st.sampled_from(["argmax", "least_expected_cost", "tuned_multipliers"]),
    st.sampled_from([None, (1.0, 1.0, 1.0)]),
    st.sampled_from(["", "EUR", "minutes", "two\nlines"]),
)
@settings(max_examples=40)
def test_every_sentence_is_one_line_and_ends(
    calibration: str, rule: str, shares: tuple[float, ...] | None, unit: str
) -> None:
    scenario = Scenario(replace(COST, unit=unit), calibration=calibration, rule=rule, shares=shares)
    sentence = miscalibration(FITTED, answer(FITTED, scenario)).sentence
    assert sentence.endswith(".")
    assert "  " not in sentence
    assert "\n" not in sentence
    assert sentence.startswith("These probabilities ")
