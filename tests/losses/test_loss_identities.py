"""What the losses must equal: each other, scikit-learn, PyTorch and their own formulas, where these say so."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax
from sklearn.metrics import accuracy_score, fbeta_score
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor

from costlab.costs import CostMatrix
from costlab.losses import LOSSES, cost_tensor
from costlab.losses.confusion_informed import steerable
from tests.losses.contracts import CLASSES, COSTS, COUNTS, TARGET, UNEVEN, close, draw, gradient

LOGITS = draw(7)
labels = arrays(np.int64, st.integers(1, 12), elements=st.integers(0, 3))


def made(name: str, cost: CostMatrix = UNEVEN, counts: np.ndarray = COUNTS, **options: Any) -> Any:
    return LOSSES[name].make(cost=cost, counts=counts, **options)


def each(name: str, cost: CostMatrix = UNEVEN, counts: np.ndarray = COUNTS, **options: Any) -> Tensor:
    return made(name, cost, counts, **options).per_example(LOGITS, TARGET)


def certain(guess: np.ndarray) -> Tensor:
    """Logits of a model that has no doubt: the probabilities are exactly 0 and 1."""
    return 1e4 * F.one_hot(torch.from_numpy(guess), 4).double()


# Expected cost -------------------------------------------------------------------------------------------------------


def test_expected_cost_is_one_minus_the_chance_of_the_truth_when_every_mistake_costs_one() -> None:
    p = softmax(LOGITS.numpy(), axis=1)
    close(each("expected_cost", COSTS["zero-one"]), 1 - p[np.arange(len(TARGET)), TARGET], 1e-12)
    close(each("expected_cost", COSTS["zero-one"]), each("soft_accuracy"), 1e-12)


def test_expected_cost_of_a_certain_model_is_the_normalised_price_of_its_decision() -> None:
    for guess in range(4):
        loss = made("expected_cost").per_example(certain(np.full(len(TARGET), guess)), TARGET)
        close(loss, UNEVEN.normalised()[TARGET, guess], 1e-12)


def test_the_gradient_of_expected_cost_is_p_times_what_a_decision_costs_above_the_mean() -> None:
    _, slope = gradient(made("expected_cost"), LOGITS, TARGET)
    p, prices = softmax(LOGITS.numpy(), axis=1), UNEVEN.normalised()[TARGET]
    close(slope, p * (prices - (p * prices).sum(axis=1, keepdims=True)) / len(TARGET), 1e-12)


def test_expected_cost_learns_next_to_nothing_from_what_is_confidently_wrong_and_cross_entropy_does() -> None:
    wrong = 20 * F.one_hot((TARGET + 1) % 4, 4).double()
    assert gradient(made("expected_cost"), wrong, TARGET)[1].abs().max() < 1e-7
    assert gradient(made("ce_plus_expected_cost"), wrong, TARGET)[1].abs().max() > 0.1


# Cross-entropy and its kin -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_is_pytorchs(smoothing: float) -> None:
    expected = F.cross_entropy(LOGITS, TARGET, reduction="none", label_smoothing=smoothing)
    close(each("cross_entropy", label_smoothing=smoothing), expected, 1e-14)


def test_class_weights_do_nothing_where_classes_are_equal() -> None:
    equal = np.full(4, 25)
    close(each("weighted_cross_entropy", counts=equal), each("cross_entropy"), 1e-14)
    close(each("weighted_cross_entropy", COSTS["zero-one"], weights="cost rows"), each("cross_entropy"), 1e-14)


def test_weights_from_class_counts_are_scikit_learns_balanced_weights() -> None:
    y = np.repeat(np.arange(4), COUNTS)
    expected = compute_class_weight("balanced", classes=np.arange(4), y=y)
    close(made("weighted_cross_entropy").weights, expected, 1e-6)


def test_a_class_without_training_images_has_a_finite_weight_and_leaves_the_others_balanced() -> None:
    weights = made("weighted_cross_entropy", counts=np.array([0, 40, 20, 10])).weights
    y = np.repeat([1, 2, 3], [40, 20, 10])
    close(weights[1:], compute_class_weight("balanced", classes=np.arange(1, 4), y=y), 1e-6)
    assert weights.isfinite().all()


@pytest.mark.parametrize("source", ["class counts", "cost rows"])
@pytest.mark.parametrize("cost", [cost for name, cost in COSTS.items() if name != "free"])
def test_class_weights_are_one_on_average_over_the_training_images(source: str, cost: CostMatrix) -> None:
    weights = made("weighted_cross_entropy", cost, weights=source).weights
    assert float((weights * torch.from_numpy(COUNTS)).sum() / COUNTS.sum()) == pytest.approx(1, abs=1e-6)


def test_weights_from_costs_are_in_proportion_to_the_mean_price_of_a_mistake() -> None:
    cost = CostMatrix.from_rows(CLASSES, [1, 2, 5, 10])
    weights = made("weighted_cross_entropy", cost, weights="cost rows").weights
    close(weights / weights[0], torch.tensor([1.0, 2, 5, 10]), 1e-6)


def test_cross_entropy_plus_expected_cost_is_their_sum() -> None:
    close(each("ce_plus_expected_cost"), each("cross_entropy") + each("expected_cost"), 1e-12)
    close(each("ce_plus_expected_cost", cost_weight=7.5), each("cross_entropy") + 7.5 * each("expected_cost"), 1e-12)


def test_cross_entropy_plus_no_expected_cost_is_cross_entropy() -> None:
    assert torch.equal(each("ce_plus_expected_cost", cost_weight=0.0), each("cross_entropy"))


def test_the_schedule_begins_with_cross_entropy_and_ends_with_expected_cost() -> None:
    loss = made("ce_plus_expected_cost", schedule="from cross-entropy to expected cost", cost_weight=3.0)
    ends = {0.0: each("cross_entropy"), 1.0: 3 * each("expected_cost")}
    for progress in (0.0, 1.0, 0.5, 0.0):
        loss.set_progress(progress)
        expected = (1 - progress) * ends[0.0] + progress * ends[1.0]
        close(loss.per_example(LOGITS, TARGET), expected, 1e-14)


# Soft scores ---------------------------------------------------------------------------------------------------------


@given(st.data())
@settings(deadline=None)
def test_soft_scores_of_a_certain_model_are_scikit_learns(data: st.DataObject) -> None:
    truth = data.draw(labels)
    guess = data.draw(arrays(np.int64, len(truth), elements=st.integers(0, 3)))
    beta = data.draw(st.sampled_from([0.1, 0.5, 1.0, 2.0, 10.0]))
    logits, target = certain(guess), torch.from_numpy(truth)
    assert float(1 - made("soft_accuracy")(logits, target)) == pytest.approx(accuracy_score(truth, guess), abs=1e-14)
    for average in ("macro", "weighted"):
        ours = 1 - float(made("soft_f_beta", beta=beta, average=average)(logits, target))
        theirs = fbeta_score(truth, guess, beta=beta, average=average, labels=np.unique(truth), zero_division=0)
        assert ours == pytest.approx(theirs, abs=1e-14)


def test_beta_above_one_favours_finding_and_below_one_favours_being_right() -> None:
    truth = np.array([0, 0, 1, 1, 1, 1, 1, 1])
    eager, shy = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 1, 1, 1, 1, 1, 1, 1])  # about class 0

    def loss(guess: np.ndarray, beta: float) -> float:
        # class 0 alone: the loss of class 1 taken from the macro mean
        score = fbeta_score(truth, guess, beta=beta, average=None)[1]
        return 2 * float(made("soft_f_beta", beta=beta)(certain(guess), torch.from_numpy(truth))) - (1 - score)

    assert loss(eager, 5.0) < loss(shy, 5.0)
    assert loss(eager, 0.2) > loss(shy, 0.2)


@pytest.mark.parametrize("name", ["soft_accuracy", "soft_f_beta"])
def test_a_soft_score_with_a_whole_share_of_cross_entropy_is_cross_entropy(name: str) -> None:
    close(made(name, cross_entropy_share=1.0)(LOGITS, TARGET), made("cross_entropy")(LOGITS, TARGET), 1e-14)


# Confusion-informed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", steerable())
def test_confusion_informed_is_its_base_until_something_is_observed(base: str) -> None:
    assert torch.equal(each("confusion_informed", base=base), each(base))


def test_the_matrix_that_losses_see_leaves_extra_decisions_out() -> None:
    assert torch.equal(
        cost_tensor(COSTS["with referral"]), torch.from_numpy(COSTS["with referral"].normalised()[:, :4])
    )
