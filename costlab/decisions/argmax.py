"""Take the most probable class, whatever mistakes cost. Ties go to the first class."""

from typing import Self

import numpy as np

from costlab.costs import CostMatrix
from costlab.registry import Options

TITLE = "Most probable class"
FORMULA = r"d = \arg\max_k p_k"


class Argmax:
    """The cost-blind rule."""

    def fit(self, probs: np.ndarray, target: np.ndarray, cost: CostMatrix) -> Self:
        """Nothing to learn."""
        return self

    def decide(self, probs: np.ndarray, cost: CostMatrix) -> np.ndarray:
        """(N,): the column of the largest of each row of `probs` (N, K).

        >>> Argmax().decide(np.array([[0.4, 0.6]]), CostMatrix.zero_one("ab")).tolist()
        [1]
        """
        return np.asarray(probs).argmax(axis=1)


def make(options: Options) -> Argmax:
    """The rule; it has no options."""
    return Argmax()
