"""The class mix of the place where a model will decide: shares that sum to 1, over the classes that can be judged."""

from collections.abc import Sequence

import numpy as np


def mix_of(counts: Sequence[float] | np.ndarray, tested: Sequence[float] | np.ndarray) -> tuple[float, ...] | None:
    """(K,) shares of `counts` (K,) images a class, without classes of which nothing was `tested` (K,); None if none.

    >>> mix_of([30, 10, 60], [5, 5, 0])
    (0.75, 0.25, 0.0)
    """
    left = np.where(np.asarray(tested) > 0, np.asarray(counts, dtype=np.float64), 0.0)
    return tuple((left / left.sum()).tolist()) if left.sum() > 0 else None


def moved(
    shares: Sequence[float], position: int, share: float, tested: Sequence[float] | np.ndarray
) -> tuple[float, ...]:
    """(K,) `shares` with the one at `position` set to `share`, 0 to 1; the others keep their proportions.

    Where the others were all 0 they become equal, among the classes of which something was `tested` (K,).

    >>> moved([0.5, 0.3, 0.2], 0, 0.0, [1, 1, 1])
    (0.0, 0.6, 0.4)
    >>> moved([1.0, 0.0, 0.0], 0, 0.5, [1, 1, 1])
    (0.5, 0.25, 0.25)
    """
    others = np.array(shares, dtype=np.float64)
    others[position] = 0.0
    if not others.sum() > 0:
        others = (np.asarray(tested) > 0).astype(np.float64)
        others[position] = 0.0
    if not others.sum() > 0:  # the only class that can be judged
        share, others = 1.0, np.zeros(len(others))
    else:
        others *= (1.0 - share) / others.sum()
    others[position] = share
    return tuple(others.tolist())
