"""Class weights: what an image of each class counts for, scaled so that the training images weigh 1 on average."""

import numpy as np

from costlab.costs import CostMatrix
from costlab.losses import cost_tensor


def mean_one(weights: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(K,) `weights` scaled so that their mean over the training images, `counts` (K,) a class, is 1; all zeros stay.

    With the mean at 1, weights change which images matter but not the size of a step.

    >>> mean_one(np.array([1.0, 3.0]), np.array([2, 2])).tolist()
    [0.5, 1.5]
    """
    mean = counts @ weights / counts.sum()
    return weights / mean if mean > 0 else weights


def balanced(cost: CostMatrix, counts: np.ndarray) -> np.ndarray:
    """(K,) `1 / counts` with mean 1: every class weighs the same in all; a class without images counts as one image.

    The same as scikit-learn's `compute_class_weight("balanced")` over the classes that are there.

    >>> balanced(CostMatrix.zero_one("ab"), np.array([30, 10])).round(3).tolist()
    [0.667, 2.0]
    """
    return mean_one(1 / np.maximum(counts, 1), counts)


def dear(cost: CostMatrix, counts: np.ndarray) -> np.ndarray:
    """(K,) mean cost of the mistakes on each class, the row's mean off the diagonal, with mean 1.

    >>> dear(CostMatrix([[0, 1], [3, 0]], "ab"), np.array([5, 5])).round(3).tolist()
    [0.5, 1.5]
    """
    prices = cost_tensor(cost).double().numpy()
    return mean_one((prices.sum(axis=1) - prices.diagonal()) / (len(prices) - 1), counts)
