"""From a full data set to its three parts: stratified split, fewer or imbalanced training images, wrong labels.

Everything random hangs on the split seed and the image's index alone. So a larger training size holds every image of a
smaller one, and more label noise holds the same wrong labels as less, and some more.
"""

import numpy as np

from costlab.costs import CostMatrix
from costlab.datasets._image_set import DatasetOptions, ImageSet

HELD_OUT = 0.2  # share of validation, and again of test, in sets that come in one piece
VALIDATION = 0.1  # share of validation in the training part of sets that come with a test part
FEW = 3  # examples that a class keeps, however rare it is made
_SPLIT, _KEEP, _NOISE, _WRONG = range(4)  # one stream of random numbers for each purpose


def divided(
    images: np.ndarray,
    target: np.ndarray,
    cost: CostMatrix,
    options: DatasetOptions,
    test: np.ndarray | None = None,
) -> ImageSet:
    """The set with its parts, as `options` ask for it.

    images: (N, C, H, W) uint8 and target: (N,), the full data set in its own order. test: (N,) bool, the images that
    its makers hold back for testing; none: a fifth is drawn.
    """
    split = _split(target, test, options.split_seed)
    train = split == "train"
    keep = ~train | _kept(target, train, len(cost.classes), options)
    labels = _noisy(target, keep & train, len(cost.classes), options)
    return ImageSet(images[keep], labels[keep], split[keep], np.flatnonzero(keep), cost.classes, cost)


def allocate(total: int, weights: np.ndarray, most: np.ndarray, least: int = FEW) -> np.ndarray:
    """(K,) whole numbers that add up to `total`, in proportion to `weights` by largest remainders.

    No class gets more than `most` (K,) or, where it has them, fewer than `least`.

    >>> allocate(10, np.array([50, 30, 15]), most=np.array([50, 30, 15]), least=1).tolist()   # 5.3, 3.2, 1.6
    [5, 3, 2]
    """
    least_each = np.minimum(least, most)
    total = int(np.clip(total, least_each.sum(), most.sum()))
    quota = total * weights / weights.sum()
    counts = np.clip(np.floor(quota).astype(np.int64), least_each, most)
    while (step := np.sign(total - counts.sum())) != 0:
        room = most - counts if step > 0 else counts - least_each
        counts[np.where(room > 0, step * (quota - counts), -np.inf).argmax()] += step
    return counts


def _split(target: np.ndarray, test: np.ndarray | None, seed: int) -> np.ndarray:
    """(N,) text; each class is held out in proportion, to within one example where it is not too rare."""
    split = np.full(len(target), "train")
    held_out = [("valid", VALIDATION)] if test is not None else [("valid", HELD_OUT), ("test", HELD_OUT)]
    if test is not None:
        split[test] = "test"
    free = split == "train"
    sizes = np.bincount(target[free])
    rank = _rank(_draws(seed, _SPLIT, len(target)), target, free)
    start = np.zeros_like(sizes)
    for name, share in held_out:
        count = allocate(round(share * free.sum()), sizes, most=sizes // 3)
        split[free & (rank >= start[target]) & (rank < (start + count)[target])] = name
        start += count
    return split


def _kept(target: np.ndarray, train: np.ndarray, classes: int, options: DatasetOptions) -> np.ndarray:
    """(N,) bool: the training images that stay, by `train_size` and the profile of Cui 2019 (long-tailed sets)."""
    sizes = np.bincount(target[train], minlength=classes)
    profile = sizes * options.imbalance ** -np.linspace(0, 1, classes)
    total = round(profile.sum()) if options.train_size is None else min(options.train_size, round(profile.sum()))
    few = min(FEW, total // classes)
    count = allocate(total, profile, most=sizes, least=few)
    return train & (_rank(_draws(options.split_seed, _KEEP, len(target)), target, train) < count[target])


def _noisy(target: np.ndarray, rows: np.ndarray, classes: int, options: DatasetOptions) -> np.ndarray:
    """(N,) int64: `target` with a share of the labels in `rows` (N,) bool replaced, each other class alike likely."""
    labels = target.astype(np.int64)
    order = np.argsort(np.where(rows, _draws(options.split_seed, _NOISE, len(target)), np.inf), kind="stable")
    wrong = order[: round(options.label_noise * int(rows.sum()))]
    steps = 1 + (_draws(options.split_seed, _WRONG, len(target)) * (classes - 1)).astype(np.int64)
    labels[wrong] = (labels[wrong] + steps[wrong]) % classes
    return labels


def _draws(seed: int, purpose: int, number: int) -> np.ndarray:
    return np.random.default_rng([seed, purpose]).random(number)


def _rank(draws: np.ndarray, target: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(N,): each example's place 0, 1, 2, ... in the random order of those of its class that are in `rows`."""
    order = np.lexsort((draws, target, ~rows))[: int(rows.sum())]
    sizes = np.bincount(target[rows])
    rank = np.full(len(target), len(target))
    rank[order] = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[target[order]]
    return rank
