"""How the held-out confusion matrix steers a loss."""

from math import exp
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import confusion_matrix

from costlab.costs import CostMatrix
from costlab.errors import InvalidSpec
from costlab.losses import LOSSES, CostLoss
from tests.losses.contracts import COUNTS, TARGET, UNEVEN, close, draw

LOGITS = draw(11)
CONFUSION = np.array([[5, 3, 0, 2], [0, 38, 1, 1], [9, 0, 6, 5], [0, 0, 0, 10]])
confusions = arrays(np.int64, (4, 4), elements=st.integers(0, 50))


def steered(cost: CostMatrix = UNEVEN, counts: np.ndarray = COUNTS, **options: Any) -> Any:
    return LOSSES["confusion_informed"].make(cost=cost, counts=counts, **options)


def observed(loss: Any, *confusions: Any) -> Any:
    for confusion in confusions:
        loss.observe(torch.from_numpy(np.array(confusion)))
    return loss


def test_class_weights_follow_the_formula() -> None:
    rate, floor, weights = 2.0, 0.2, [1.0] * 4
    prices = UNEVEN.values / UNEVEN.values.max()
    for confusion in (CONFUSION, CONFUSION[::-1]):
        for t in range(4):
            paid = sum(confusion[t][j] / sum(confusion[t]) * prices[t][j] for j in range(4))
            weights[t] *= exp(rate * paid)
        mean = sum(n * w for n, w in zip(COUNTS, weights, strict=True)) / sum(COUNTS)
        weights = [floor + (1 - floor) * w / mean for w in weights]
    loss = observed(steered(rate=rate, floor=floor), CONFUSION, CONFUSION[::-1])
    plain = LOSSES["cross_entropy"].make(cost=UNEVEN, counts=COUNTS).per_example(LOGITS, TARGET)
    close(loss.per_example(LOGITS, TARGET), np.array(weights)[TARGET] * plain.numpy(), 1e-6)


def test_costs_follow_the_formula() -> None:
    rate, floor, factors = 2.0, 0.2, np.ones((4, 4))
    off = ~np.eye(4, dtype=bool)
    for confusion in (CONFUSION, CONFUSION[::-1]):
        for t in range(4):
            for j in range(4):
                paid = confusion[t][j] / sum(confusion[t]) * UNEVEN.values[t][j] / UNEVEN.values.max()
                factors[t][j] *= exp(rate * paid)
        factors = floor + (1 - floor) * factors / factors[off].mean()
    prices = UNEVEN.values * factors
    prices /= prices[off].mean()
    loss = observed(steered(base="expected_cost", steers="costs", rate=rate, floor=floor), CONFUSION, CONFUSION[::-1])
    p = np.exp(LOGITS.numpy())
    p /= p.sum(axis=1, keepdims=True)
    close(loss.per_example(LOGITS, TARGET), (p * prices[TARGET]).sum(axis=1), 1e-6)


def test_the_dearer_of_two_mistakes_gains_more_weight() -> None:
    loss = observed(steered(), [[5, 5, 0, 0], [0, 10, 0, 0], [5, 0, 5, 0], [0, 0, 0, 10]])  # half of ants, half of cats
    ant, bee, cat, dog = loss.factors.flatten().tolist()
    assert cat > ant > bee == dog  # a cat called an ant costs 9, an ant called a bee 1


@given(st.lists(confusions, min_size=1, max_size=8), st.sampled_from([0.01, 0.1, 0.5]), st.sampled_from([0.5, 10.0]))
@settings(deadline=None, max_examples=50)
def test_class_weights_stay_above_the_floor_and_one_on_average(
    seen: list[np.ndarray], floor: float, rate: float
) -> None:
    weights = observed(steered(floor=floor, rate=rate), *seen).factors.flatten().double().numpy()
    assert weights.min() >= floor * (1 - 1e-6)
    assert COUNTS @ weights / COUNTS.sum() == pytest.approx(1, abs=1e-5)


def test_nothing_moves_without_mistakes_or_at_rate_zero_or_at_floor_one() -> None:
    perfect = np.diag([5, 40, 20, 10])
    for loss in (
        observed(steered(), perfect),
        observed(steered(rate=0.0), CONFUSION),
        observed(steered(floor=1.0), CONFUSION),
    ):
        close(loss.factors, torch.ones(4, 1), 1e-6)


def test_old_mistakes_are_forgotten() -> None:
    loss = observed(steered(floor=0.5), CONFUSION)
    far = (loss.factors - 1).abs().max()
    observed(loss, *[np.diag([5, 40, 20, 10])] * 10)
    assert (loss.factors - 1).abs().max() < far / 500


def test_it_takes_scikit_learns_confusion_matrix_as_it_is() -> None:
    truth, decided = [0, 0, 1, 2, 3, 3], [1, 0, 1, 2, 0, 3]
    loss = observed(steered(cost=CostMatrix.zero_one("abcd")), confusion_matrix(truth, decided))
    a, b, c, d = loss.factors.flatten().tolist()
    assert a == d > b == c  # half of a and half of d went wrong


def test_renaming_the_classes_changes_nothing() -> None:
    order = [2, 0, 3, 1]
    renamed = UNEVEN.for_classes([UNEVEN.classes[old] for old in order])
    cases: list[dict[str, Any]] = [{}, {"base": "expected_cost", "steers": "costs"}]
    for options in cases:
        a = observed(steered(**options), CONFUSION)
        b = observed(steered(renamed, COUNTS[order], **options), CONFUSION[np.ix_(order, order)])
        close(
            a.per_example(LOGITS, TARGET), b.per_example(LOGITS[:, order], torch.tensor(order).argsort()[TARGET]), 1e-6
        )


@pytest.mark.parametrize("options", [{}, {"base": "expected_cost", "steers": "costs"}])
def test_what_was_learned_is_in_the_state(options: dict[str, Any]) -> None:
    a, b = observed(steered(**options), CONFUSION), steered(**options)
    assert not torch.allclose(a.per_example(LOGITS, TARGET), b.per_example(LOGITS, TARGET))
    b.load_state_dict(a.state_dict())
    assert torch.equal(a.per_example(LOGITS, TARGET), b.per_example(LOGITS, TARGET))


@pytest.mark.parametrize("steers", ["class weights", "costs"])
def test_the_base_keeps_its_own_schedule(steers: str) -> None:
    loss = steered(base="ce_plus_expected_cost", steers=steers)
    loss.set_progress(0.5)
    observed(loss, CONFUSION)
    assert float(loss.base.progress) == 0.5


def test_buffers_stay_the_same_tensors_so_a_captured_graph_sees_the_new_costs() -> None:
    loss = steered(base="expected_cost", steers="costs")
    before = {name: buffer.data_ptr() for name, buffer in loss.named_buffers()}
    old = loss.base.cost.clone()
    observed(loss, CONFUSION)
    assert before == {name: buffer.data_ptr() for name, buffer in loss.named_buffers()}
    assert not torch.equal(old, loss.base.cost)


def test_only_losses_that_judge_each_image_are_offered_as_base() -> None:
    offered = LOSSES["confusion_informed"].options.model_json_schema()["properties"]["base"]["enum"]
    losses = {name: LOSSES[name].make(cost=UNEVEN, counts=COUNTS) for name in LOSSES}
    assert offered == [n for n, loss in losses.items() if isinstance(loss, CostLoss) and n != "confusion_informed"]


def test_a_base_that_cannot_be_steered_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidSpec, match="no per-example loss named 'expectedcost'; did you mean 'expected_cost'"):
        steered(base="expectedcost")
    with pytest.raises(InvalidSpec, match="no per-example loss named 'soft_f_beta'; choose one of"):
        steered(base="soft_f_beta")
    with pytest.raises(InvalidSpec, match="Costs cannot steer cross_entropy"):
        steered(base="cross_entropy", steers="costs")
