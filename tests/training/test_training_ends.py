"""How training ends when it does not end well: one sentence, at once."""

import pytest
import torch
from torch import Tensor

from costlab.costs import CostMatrix
from costlab.errors import DeviceUnavailable, InvalidCosts, InvalidSpec, UnknownName
from costlab.losses import LOSSES
from costlab.losses.cross_entropy import CrossEntropy
from costlab.records import Epoch, Prepared
from costlab.specs import RunSpec
from costlab.training import Cancelled, Diverged, train
from tests.training.runs import short_spec, trained


def test_stop_is_asked_before_every_batch_and_obeyed_at_once() -> None:
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(Cancelled):
        list(train(short_spec(batch_size=50), stop))
    assert len(asked) == 3


def test_stop_is_asked_once_a_batch() -> None:
    asked: list[int] = []
    trained(short_spec(batch_size=50, epochs=3), stop=lambda: bool(asked.append(1)))
    assert len(asked) == 3 * 200 / 50


class BreaksDownHalfway(CrossEntropy):
    """Cross-entropy, until half of the epochs are over."""

    def set_progress(self, fraction: float) -> None:
        self.factor = torch.nan if fraction >= 0.5 else 1.0

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().forward(logits, target) * self.factor


def test_a_loss_that_is_no_longer_finite_ends_training_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOSSES["cross_entropy"].module, "make", lambda options, cost, counts: BreaksDownHalfway())
    events = []
    with pytest.raises(Diverged, match=r"^Training broke down in epoch 3: .* try a learning rate below 0\.02\.$"):
        events.extend(train(short_spec(epochs=4, learning_rate=0.02)))  # keeps what came before the error
    assert [event.epoch for event in events if isinstance(event, Epoch)] == [1, 2]


@pytest.mark.parametrize("device", ["cuda:77", "cuda:123456789"])
def test_a_device_that_is_not_there_is_refused_in_one_sentence(device: str) -> None:
    with pytest.raises(DeviceUnavailable, match=rf"^{device} is not there: .*; choose 'auto' or 'cpu'\.$"):
        next(train(short_spec(device=device)))


@pytest.mark.parametrize(
    ("fields", "error", "sentence"),
    [
        ({"loss": "cross_entropi"}, UnknownName, "did you mean 'cross_entropy'"),
        ({"model": "smal_cnn"}, UnknownName, "did you mean 'small_cnn'"),
        ({"dataset": "digit"}, UnknownName, "did you mean 'digits'"),
        ({"loss": {"name": "cross_entropy", "options": {"cost": 1}}}, InvalidSpec, "no option of loss cross_entropy"),
        ({"model": {"name": "small_cnn", "options": {"width": 0}}}, InvalidSpec, "width"),
        ({"cost": CostMatrix.zero_one("ab")}, InvalidCosts, "class names must be the same"),
    ],
)
def test_what_a_spec_gets_wrong_is_refused_before_training(fields: dict, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        next(train(short_spec(**fields)))


def test_a_cost_matrix_in_another_order_is_brought_into_the_data_sets_order() -> None:
    cost = CostMatrix.one_dear(tuple("9876543210"), "9", 50)
    prepared = next(train(RunSpec(cost=cost)))
    assert isinstance(prepared, Prepared)
    assert prepared.spec.cost == cost.for_classes("0123456789")
    assert prepared.spec.cost.classes == tuple(prepared.classes)


def test_history_can_be_followed_while_training_goes_on() -> None:
    events = train(short_spec(epochs=3))
    seen = [next(event for event in events if isinstance(event, Epoch)).epoch for _ in range(2)]
    assert seen == [1, 2]
    events.close()
