"""The accuracy benchmark divides images fairly, and tells who reaches an accuracy."""

import numpy as np
import pytest

from benchmarks import accuracy
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


@pytest.mark.parametrize("contestant", [accuracy.until, accuracy.textbook_until, accuracy.tutorial_until])
def test_a_run_succeeds_if_an_epoch_reaches_what_is_wanted_and_fails_otherwise(contestant) -> None:  # type: ignore[no-untyped-def]
    images = next(accuracy.folds("digits", 5))
    few = np.flatnonzero(images.split == "train")[:300]
    images = type(images)(*(part[np.r_[few, np.flatnonzero(images.split != "train")]] for part in (
        images.images, images.target, images.split, images.index)), images.classes, images.cost)  # fmt: skip
    spec = RunSpec(epochs=2, batch_size=64, precision="float32", device="cpu")
    evaluate = accuracy.textbook.evaluate
    assert contestant(images, spec, 0.0)[1]
    assert not contestant(images, spec, 1.1)[1]
    assert accuracy.textbook.evaluate is evaluate
