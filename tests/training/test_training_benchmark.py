"""The benchmark compares like with like. That it is faster is measured by `python -m benchmarks.training`, not here."""

import numpy as np

from benchmarks.mnist_5k import mnist_5k
from benchmarks.textbook import train_textbook
from costlab.datasets import DATASETS
from costlab.metrics import accuracy
from costlab.specs import RunSpec
from costlab.training import train


def test_the_textbook_loop_learns_as_well_as_ours_on_the_same_data() -> None:
    images, spec = DATASETS["digits"].make(), RunSpec(epochs=6, batch_size=64)
    outcome = list(train(spec, images=images))[-1]
    theirs = accuracy(train_textbook(images, spec))
    assert theirs > 0.97
    assert abs(theirs - outcome.test.argmax.accuracy) < 0.02


def test_mnist_5k_has_500_images_of_each_class_in_three_parts_without_overlap() -> None:
    images = mnist_5k()
    assert images.images.shape == (5000, 1, 28, 28)
    assert images.images.dtype == np.uint8
    assert np.bincount(images.target).tolist() == [500] * 10
    assert {split: int((images.split == split).sum()) for split in ("train", "valid", "test")} == {
        "train": 4000,
        "valid": 500,
        "test": 500,
    }
