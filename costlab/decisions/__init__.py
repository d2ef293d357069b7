"""Decision rules: from probabilities and costs to decisions. One a file; `RULES` finds them.

A rule file's `make(options)` returns a `DecisionRule`. Rules stand apart from training: costs may change afterwards.
"""

from typing import Protocol, Self

import numpy as np

from costlab.costs import CostMatrix
from costlab.registry import Registry


class DecisionRule(Protocol):
    """Decides from probabilities (N, K) and a `CostMatrix` (K, D). `fit` sees validation data only."""

    def fit(self, probs: np.ndarray, target: np.ndarray, cost: CostMatrix) -> Self:
        """Learn from `probs` (N, K) and `target` (N,); a rule that has nothing to learn returns itself as it is."""
        ...

    def decide(self, probs: np.ndarray, cost: CostMatrix) -> np.ndarray:
        """(N,) decisions in 0..D-1 for `probs` (N, K)."""
        ...


RULES = Registry("rule", __name__, __path__)
