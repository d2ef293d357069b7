"""Two recipes that are often seen, why they are wrong, and what is right."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score
from torch import nn

from costlab.losses import LOSSES
from tests.losses.contracts import COUNTS, UNEVEN, close, draw


@pytest.mark.parametrize("score", [accuracy_score, lambda y, d: f1_score(y, d, average="macro")])
def test_backward_on_a_scikit_learn_score_reaches_no_parameter(score: Callable[..., float]) -> None:
    model = nn.Linear(5, 4)
    images, target = torch.randn(16, 5), torch.arange(16) % 4
    value = torch.tensor(1 - score(target.numpy(), model(images).argmax(1).numpy()), requires_grad=True)
    value.backward()  # runs without complaint: it ends at `value`, a new number that knows nothing of the model
    assert all(parameter.grad is None for parameter in model.parameters())

    LOSSES["soft_accuracy"].make(cost=UNEVEN, counts=COUNTS)(model(images), target).backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_multiplying_truth_and_prediction_elementwise_gives_no_expected_cost_and_the_einsum_over_both_does() -> None:
    C, k = UNEVEN.normalised().astype(np.float64), len(UNEVEN.classes)
    logits, target = (
        draw(5, rows=k),
        torch.arange(k),
    )  # as many images as classes, or the wrong recipe does not even run
    y, p = np.eye(k)[target], np.asarray(logits.softmax(-1))

    wrong = np.einsum("ij,ij->i", C, y * p)
    right = np.einsum("ni,ij,nj->n", y, C, p)

    assert (wrong == 0).all()  # truth times prediction is 0 off the diagonal, and on it the cost is 0
    assert (right > 0.01).all()
    close(LOSSES["expected_cost"].make(cost=UNEVEN, counts=COUNTS).per_example(logits, target), right, 1e-12)


def test_the_elementwise_recipe_does_not_fit_a_batch_of_any_other_size() -> None:
    C, y, p = UNEVEN.normalised(), np.eye(4)[[0, 1, 2, 3, 0, 1]], np.full((6, 4), 0.25)
    with pytest.raises(ValueError, match="could not be broadcast"):
        np.einsum("ij,ij->i", C, y * p)
    assert np.einsum("ni,ij,nj->n", y, C, p).shape == (6,)
