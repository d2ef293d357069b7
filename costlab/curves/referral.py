"""Mean cost against the share of images that are referred instead of decided."""

from dataclasses import dataclass

import numpy as np

from costlab.costs import CostMatrix
from costlab.errors import InvalidCosts
from costlab.intervals import Interval, mean_interval


@dataclass(frozen=True)
class ReferralCurve:
    """What referring more and more images costs, those first that are expected to save most.

    shares: (N + 1,) from 0 to 1. cost: (N + 1,) mean cost in `unit` when that share is referred and the rest decided
    by least expected cost. worth: (N,), what deciding the next image is expected to cost: the most that referring it
    may cost. chosen: the share that the matrix's own price of referring leads to; chosen_cost: what is paid there.
    best: the share that was cheapest in hindsight. name: of the decision to refer.
    """

    shares: np.ndarray
    cost: np.ndarray
    worth: np.ndarray
    chosen: float
    chosen_cost: Interval
    best: float
    name: str
    unit: str

    def price(self, share: float) -> float:
        """The price of referring, whatever the truth, at which about that share is worth referring.

        It lies halfway between the worth of the last image referred and of the first that is not.
        """
        place = int(np.searchsorted(self.shares, share - 1e-12))
        ends = self.worth[max(place - 1, 0)], self.worth[place] if place < len(self.worth) else 0.0
        return float(self.worth[0] if place == 0 else (ends[0] + ends[1]) / 2)

    def at_random(self, share: np.ndarray | float) -> np.ndarray:
        """The mean cost when images are referred by lot: the straight line that choosing them must beat."""
        return self.cost[0] + np.asarray(share) * (self.cost[-1] - self.cost[0])


def referral_curve(
    probs: np.ndarray,
    target: np.ndarray,
    cost: CostMatrix,
    decision: int = -1,
    level: float = 0.95,
    weights: np.ndarray | None = None,
) -> ReferralCurve:
    """The referral curve of `probs` (N, K) on `target` (N,); `decision` is the column that refers, by default the last.

    weights: (K,), what an image of each class counts for, their mean over the images 1; 1 each by default.

    Raises InvalidCosts when the matrix has no decision besides its classes.

    >>> cost = CostMatrix([[0, 10], [10, 0]], "ab").with_referral(2)
    >>> curve = referral_curve(np.array([[0.5, 0.5], [0.9, 0.1]]), [1, 0], cost)
    >>> curve.cost.tolist(), curve.worth.round(6).tolist(), curve.chosen        # the unsure one, which was wrong
    ([5.0, 1.0, 2.0], [5.0, 1.0], 0.5)
    """
    if len(cost.decisions) == len(cost.classes):
        raise InvalidCosts(
            "The cost matrix has no decision besides its classes; add one, such as 'refer', with its price."
        )
    column = range(len(cost.decisions))[decision]
    if column < len(cost.classes):
        raise InvalidCosts(f"'{cost.decisions[column]}' is a class; choose a decision that refers.")
    expected = cost.expected(probs)
    refer = expected[:, column].copy()
    expected[:, column] = np.inf
    decided = expected.argmin(axis=1)
    worth = expected.min(axis=1)
    saving = worth - refer
    order = np.argsort(-saving, kind="stable")
    target = np.asarray(target, dtype=np.intp)
    each = np.ones(len(target)) if weights is None else np.asarray(weights, dtype=np.float64)[target]
    paid, referred = cost.paid(target, decided) * each, cost.values[target, column] * each
    n = len(target)
    change = np.concatenate([[0.0], np.cumsum((referred - paid)[order])])
    mean = (paid.sum() + change) / n
    shares = np.arange(n + 1) / n if weights is None else np.concatenate([[0.0], np.cumsum(each[order]) / each.sum()])
    chosen = saving > 0
    return ReferralCurve(
        shares=shares,
        cost=mean,
        worth=worth[order],
        chosen=float(each[chosen].sum() / each.sum()),
        chosen_cost=mean_interval(np.where(chosen, referred, paid), level),
        best=float(shares[mean.argmin()]),
        name=cost.decisions[column],
        unit=cost.unit,
    )
