"""The accuracy benchmarks divide images fairly, and find the fewest epochs to an accuracy."""

from collections.abc import Callable

import pytest

from benchmarks import accuracy
from benchmarks.textbook import train_textbook
from benchmarks.time_to_accuracy import PATIENCE, Contestant, by_costlab, by_textbook, soonest
from costlab.datasets import DATASETS, ImageSet
from costlab.specs import RunSpec


@pytest.mark.parametrize("number", [2, 5])
def test_no_image_is_tested_twice_or_is_in_two_parts(number: int) -> None:
    tested = []
    for images in accuracy.folds("digits", number):
        sizes = [int((images.split == part).sum()) for part in ("train", "valid", "test")]
        assert sum(sizes) == 1797
        assert all(abs(size - share * 1797) <= 2 for size, share in zip(sizes, (0.6, 0.2, 0.2), strict=True))
        tested += images.index[images.split == "test"].tolist()
    assert len(tested) == len(set(tested))
    assert len(tested) == pytest.approx(1797 * number / 5, abs=number)


@pytest.mark.parametrize("train", [by_costlab, by_textbook(train_textbook)])
def test_who_races_to_an_accuracy_is_judged_after_each_epoch(train: Callable[..., tuple[list[float], float]]) -> None:
    valid, test = train(DATASETS["digits"].make(), RunSpec(epochs=3, batch_size=64, device="cpu"))
    assert len(valid) == 3
    assert valid[0] < valid[-1]
    assert min(valid[-1], test) > 0.9


def test_the_fewest_epochs_are_those_whose_mean_over_runs_is_there() -> None:
    def learns(images: ImageSet, spec: RunSpec) -> tuple[list[float], float]:  # 99 % after 5 epochs, or 3 and 7 by luck
        luck = 2 * (spec.seed % 2) - 1
        return [0.9 + 0.0181 * (epoch + luck * (epoch > 3)) for epoch in range(1, spec.epochs + 1)], 0.5

    data = [DATASETS["digits"].make()]
    planned = soonest(Contestant("planned", learns), "digits", data, 2, {})
    assert planned is not None
    assert planned.epochs == 5
    assert planned.valid == pytest.approx(0.9905)
    open_ended = soonest(Contestant("open-ended", learns, scheduled=False), "digits", data, 2, {})
    assert open_ended is not None
    assert open_ended.epochs == 5 < PATIENCE
    assert soonest(Contestant("idle", lambda images, spec: ([0.1] * spec.epochs, 0.1)), "digits", data, 2, {}) is None
