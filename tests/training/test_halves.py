"""Two threads with half of each batch each: what is learnt is what one thread would learn from the same two halves."""

import threading
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from costlab.costs import CostMatrix
from costlab.datasets import ImageSet
from costlab.limits import usable_cores
from costlab.models import MODELS
from costlab.records import BY_HALVES, Prepared
from costlab.specs import RunSpec
from costlab.training import lanes, train_stack
from costlab.training.forms import judging
from costlab.training.halves import Halved
from costlab.training.lanes import in_two
from costlab.training.setup import Setup, set_up_all
from costlab.training.threads import can_halve
from tests.training.runs import fingerprint, short_spec, trained

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def spots() -> ImageSet:
    """300 images of 20x20 pixels: a bright spot in one of three places, in noise."""
    random = np.random.default_rng(0)
    target = np.arange(300) % 3
    images = random.integers(0, 200, (300, 1, 20, 20)).astype(np.uint8)
    for place in range(3):
        images[target == place, :, 8:12, 6 * place + 2 : 6 * place + 6] = 255
    split = np.repeat(["train", "valid", "test"], [240, 30, 30])
    classes = ("left", "middle", "right")
    return ImageSet(images, target, split, np.arange(300), classes, CostMatrix.zero_one(classes))


def spec(**fields: Any) -> RunSpec:
    return RunSpec(**({"epochs": 2, "precision": "float32", "threads": 2} | fields))


def set_up(images: ImageSet, **fields: Any) -> Setup:
    (made,) = set_up_all([spec(**fields)], images)
    assert isinstance(made, Setup)
    return made


@pytest.mark.parametrize(
    ("model", "precision"), [("small_cnn", "float32"), ("small_cnn", "bfloat16"), ("resnet_small", "float32")]
)
def test_a_step_is_that_of_one_thread_on_two_halves_that_are_normalised_apart(
    spots: ImageSet, model: str, precision: str
) -> None:
    run = set_up(spots, model=model, precision=precision, weight_decay=0.0, optimiser="adamw")
    plain, part = deepcopy(run.model), run.parts["train"]
    assert run.by_halves
    form, moved = Halved(run), list(plain.parameters())
    optimiser = torch.optim.AdamW(moved, lr=0.01, betas=(0.9, 0.99), weight_decay=0.0)
    other = deepcopy(plain)  # its running statistics are those of the second half
    for own, same in zip(moved, other.parameters(), strict=True):
        same.data = own.data
    for number in range(3):
        images, target = (
            part.standardised(slice(61 * number, 61 * (number + 1))),
            part.target[61 * number : 61 * (number + 1)],
        )
        (loss,) = form.step((images,), (target,), torch.tensor(1.0))
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            logits = torch.cat([plain.train()(images[:31]), other.train()(images[31:])]).float()
        expected = F.cross_entropy(logits, target)
        expected.backward()
        for own, its in zip(moved, other.parameters(), strict=True):
            assert own.grad is not None
            assert its.grad is not None
            own.grad += its.grad
            its.grad = None
        optimiser.step()
        optimiser.zero_grad()
        assert loss.item() == pytest.approx(expected.item(), rel=1e-4)
    for name, statistic in run.model.named_buffers():
        if statistic.is_floating_point():
            mean = (plain.get_buffer(name) + other.get_buffer(name)) / 2
            assert torch.allclose(statistic, mean, rtol=1e-3, atol=1e-4), name


def test_the_same_bits_come_whether_the_other_thread_gets_a_core_or_not(
    spots: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = fingerprint(trained(spec(), images=spots))
    assert fingerprint(trained(spec(), images=spots)) == beside
    monkeypatch.setattr(lanes._lane(), "_left", 10**9)  # it rests
    assert fingerprint(trained(spec(), images=spots)) == beside


def test_a_run_on_one_thread_is_judged_by_two_unless_it_asked_for_one_and_the_bits_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def counted(act: Callable[[int], list[Any]]) -> tuple[list[Any], list[Any]]:
        asked.append(act)
        return in_two(act)

    monkeypatch.setattr("costlab.training.setup.usable_cores", lambda: 2)
    monkeypatch.setattr("costlab.training.evaluation.in_two", counted)
    by_two = trained(short_spec())
    assert by_two.prepared.spec.threads == 1
    assert len(asked) == 3  # two epochs and the verdict
    alone = trained(short_spec(threads=1))
    assert len(asked) == 3
    assert fingerprint(alone) == fingerprint(by_two)


def test_what_was_learnt_is_no_worse_than_on_one_thread(spots: ImageSet) -> None:
    one, two = (trained(spec(threads=threads, epochs=6), images=spots) for threads in (1, 2))
    assert one.prepared.form == "single"
    assert two.prepared.form == BY_HALVES
    assert one.outcome.test.argmax.accuracy == two.outcome.test.argmax.accuracy == 1.0


def test_threads_that_are_left_open_are_told_in_the_record(spots: ImageSet) -> None:
    lone = trained(spec(threads=None, epochs=1), images=spots).prepared
    assert lone.spec.threads == min(2, usable_cores())
    assert lone.form == (BY_HALVES if usable_cores() > 1 else "single")
    assert trained(RunSpec(epochs=1)).prepared.spec.threads == 1  # digits are too small
    members = [event for _, event in train_stack([spec(threads=None, seed=seed) for seed in (0, 1)], images=spots)]
    assert {event.spec.threads for event in members if isinstance(event, Prepared)} == {1}


def test_only_models_that_see_images_one_by_one_and_draw_nothing_are_halved() -> None:
    large = (3, 32, 32)
    assert {name for name in MODELS if can_halve(MODELS[name].make(shape=large, classes=3), large, 1000, 64, CPU)} == {
        "small_cnn", "resnet_small"
    }  # fmt: skip
    model = MODELS["small_cnn"].make(shape=large, classes=3)
    assert not can_halve(model, large, 1000, 64, torch.device("cuda"))
    assert not can_halve(model, large, 31, 64, CPU)  # one batch of 31
    assert can_halve(model, large, 65, 64, CPU)  # two batches, of 33 and 32
    assert not can_halve(model, large, 63, 32, CPU)  # of 32 and 31
    assert not can_halve(nn.Sequential(model, nn.Dropout()), large, 1000, 64, CPU)


def test_what_either_half_raises_is_raised_when_both_are_over() -> None:
    over = []

    def act(half: int) -> int:
        over.append(half)
        if half == failing:
            raise ValueError(f"half {half}")
        return half

    for failing in (0, 1):
        over.clear()
        with pytest.raises(ValueError, match=f"half {failing}"):
            in_two(act)
        assert failing in over
    failing = 2
    assert in_two(act) == (0, 1)


class Slow(nn.Identity):
    """A layer that takes until `go` to be told its mode."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def train(self, mode: bool = True) -> "Slow":
        self.asked.set()
        assert self.go.wait(10)
        return super().train(mode)


def test_no_thread_judges_with_a_model_whose_layers_do_not_know_it_yet() -> None:
    layer, seen = Slow(), []
    model = nn.Sequential(layer)

    def judge() -> None:
        seen.append([each.training for each in judging(model).modules()])

    first, second = threading.Thread(target=judge), threading.Thread(target=judge)
    first.start()
    assert layer.asked.wait(10)
    second.start()
    second.join(0.2)  # time enough to go wrong in
    layer.go.set()
    first.join()
    second.join()
    assert seen == [[False, False]] * 2


def test_the_other_thread_rests_longer_the_more_often_it_was_kept_from_a_core() -> None:
    lane = lanes._Lane()

    def rested() -> int:
        return sum(1 for _ in iter(lane.rests, False))

    assert rested() == 0
    numbers = []
    for both in (2.0, 2.0, 2.0, 1.2, 1.2, 1.2, 1.2, 1.2):  # times what the first half took
        lane.took(1.0, both)
        numbers.append(rested())
    assert numbers == [1, 4, 16, 8, 4, 2, 1, 0]
    for _ in range(9):
        lane.took(1.0, float("inf"))
    assert rested() == lanes.LONGEST
