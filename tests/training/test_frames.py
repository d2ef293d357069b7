"""Which epochs are judged and shown, on a clock that the test moves."""

from itertools import pairwise

import pytest

from costlab.records import Epoch
from costlab.training import Outcome, loop, train
from costlab.training.frames import FEWEST, Frames
from tests.training.runs import short_spec


class Clock:
    """Seconds, as told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(epochs: int, training: float, judging: float, judged: bool = False) -> list[int]:
    """The epochs that are shown, when training one takes `training` seconds and judging it `judging`."""
    clock, found = Clock(), []
    frames = Frames(epochs, clock)
    for epoch in range(1, epochs + 1):
        clock.now += training
        if frames.due(epoch, judged):
            clock.now += judging
            frames.took(judging)
            found.append(epoch)
    return found


@pytest.mark.parametrize("epochs", [1, 2, FEWEST])
def test_every_epoch_of_a_short_run_is_shown_however_long_judging_takes(epochs: int) -> None:
    assert shown(epochs, 0.001, 10.0) == list(range(1, epochs + 1))


def test_cheap_judging_shows_every_epoch_of_a_slow_run() -> None:
    assert shown(100, 1.0, 0.01) == list(range(1, 101))


def test_dear_judging_leaves_the_fewest_frames_spread_over_the_run_with_the_first_and_the_last() -> None:
    found = shown(200, 1.0, 0.5)
    assert FEWEST <= len(found) <= FEWEST + 2
    assert (found[0], found[-1]) == (1, 200)
    assert max(b - a for a, b in pairwise(found)) <= 200 / FEWEST


def test_a_long_run_of_quick_epochs_shows_at_most_ten_a_second() -> None:
    assert len(shown(1000, 0.01, 0.0001)) <= 10 * 1000 * 0.0101 + FEWEST
    assert len(shown(1000, 0.01, 0.0, judged=True)) <= 10 * 1000 * 0.01 + FEWEST


def test_what_is_learnt_does_not_depend_on_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = short_spec(epochs=4, loss={"name": "confusion_informed", "options": {"rate": 5.0}})
    plain = list(train(spec))
    monkeypatch.setattr(loop, "Frames", Seldom)
    seldom = list(train(spec))
    assert [event.epoch for event in seldom if isinstance(event, Epoch)] == [1, 4]
    assert [event for event in plain if isinstance(event, Epoch)][-1].train_loss == [
        event for event in seldom if isinstance(event, Epoch)
    ][-1].train_loss
    assert isinstance(plain[-1], Outcome)
    assert isinstance(seldom[-1], Outcome)
    assert (plain[-1].predictions.logits == seldom[-1].predictions.logits).all()


class Seldom(Frames):
    """The first and the last alone."""

    def due(self, epoch: int, judged: bool = False) -> bool:
        return epoch in (1, self.epochs)
