"""One class against the rest: what every threshold on its probability costs, whatever the two mistakes cost."""

from dataclasses import dataclass

import numpy as np

from costlab.costs import CostMatrix
from costlab.curves.lines import Envelope, lower_envelope
from costlab.errors import InvalidCosts, InvalidPredictions


@dataclass(frozen=True)
class DrummondHolte:
    """Cost curves: each threshold a straight line over the probability-cost x from 0 to 1.

    x = p C(-|+) / (p C(-|+) + (1 - p) C(+|-)), with p the share of positives and C what missing one, or a false alarm,
    costs. The normalised expected cost of a threshold is its false positive rate at x = 0 and its false negative rate
    at x = 1; 1 is the dearest possible. thresholds: (T,) descending, "positive" from each on; the first, infinity,
    never says positive, the last always. false_positive_rate, false_negative_rate: (T,). envelope: the best threshold
    at each x, exactly. Source: Drummond and Holte 2006, Cost curves: an improved method for visualizing performance.
    """

    thresholds: np.ndarray
    false_positive_rate: np.ndarray
    false_negative_rate: np.ndarray
    envelope: Envelope
    name: str

    def line(self, threshold: float) -> tuple[float, float]:
        """The two ends, at x = 0 and x = 1, of the line of "positive from `threshold` on"."""
        place = int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1
        return float(self.false_positive_rate[place]), float(self.false_negative_rate[place])


def drummond_holte(
    probs: np.ndarray, target: np.ndarray, positive: int = 1, name: str = "", weights: np.ndarray | None = None
) -> DrummondHolte:
    """The cost lines of every threshold on the probability of class `positive`, against all other classes.

    probs: (N, K), target: (N,). weights: (K,), what an image of each class counts for, 1 each by default.
    Raises InvalidPredictions where all or none are of that class.

    >>> curve = drummond_holte(np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]), [0, 0, 1])
    >>> curve.line(0.5), curve.line(0.7)                                  # one false alarm in two; none
    ((0.5, 0.0), (0.0, 0.0))
    """
    scores, positives = _scores(probs, target, positive)
    values, hits, misses = _by_score(scores, positives, None if weights is None else np.asarray(weights)[target])
    missed, alarms = np.cumsum(hits), misses.sum() - np.cumsum(misses)  # says positive above values[i]
    if not (hits.sum() > 0 and misses.sum() > 0):
        raise InvalidPredictions("A curve of one class against the rest needs a share above 0 of both.")
    fnr = np.concatenate([[0.0], missed / hits.sum()])[::-1]
    fpr = np.concatenate([[1.0], alarms / misses.sum()])[::-1]
    thresholds = np.concatenate([values, [np.inf]])[::-1]
    return DrummondHolte(thresholds, fpr, fnr, lower_envelope(fpr, fnr), name)


def decision_rates(
    target: np.ndarray, decided: np.ndarray, positive: int, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """The two ends of the line of decisions (N,) as they are: their false positive and their false negative rate.

    Whatever is not decided `positive` counts as the rest, extra decisions too. weights: as in `drummond_holte`.

    >>> decision_rates(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 1)
    (0.5, 0.0)
    """
    each = np.ones(len(target)) if weights is None else np.asarray(weights, dtype=np.float64)[target]
    says, positives = np.asarray(decided) == positive, np.asarray(target) == positive
    alarms, misses = (
        np.average(wrong[rows], weights=each[rows]) for rows, wrong in ((~positives, says), (positives, ~says))
    )
    return float(alarms), float(misses)


def probability_cost(cost: CostMatrix, share: float, positive: int = 1) -> float:
    """Where on the axis of `drummond_holte` a matrix of two classes stands, given the `share` of positives.

    Raises InvalidCosts for other than two classes or where no mistake is dearer than being right.

    >>> probability_cost(CostMatrix([[0, 1], [99, 0]], ["ok", "crack"]), 0.01)
    0.5
    """
    if len(cost.classes) != 2:
        raise InvalidCosts(f"A probability-cost is about two classes; the matrix has {len(cost.classes)}.")
    other = 1 - positive
    miss = share * (cost.values[positive, other] - cost.values[positive, positive])
    alarm = (1 - share) * (cost.values[other, positive] - cost.values[other, other])
    if not (miss >= 0 and alarm >= 0 and miss + alarm > 0):
        raise InvalidCosts("A probability-cost needs mistakes that cost more than being right; change the matrix.")
    return float(miss / (miss + alarm))


@dataclass(frozen=True)
class BrierCurve:
    """The loss against the cost proportion c when "positive" is said from probability c on.

    c is the cost of a false alarm as a share of both mistakes' costs; loss = 2 (c x false alarms + (1 - c) x misses),
    both as shares of all examples. c, loss: (2 S,), two points a straight piece, so that jumps are kept. area: exactly
    the Brier score, the mean of (p - y)^2. best: the loss of the best threshold at each c, exactly; its area is what a
    recalibration could not take away, the rest is the price of miscalibration. name: of the positive class.
    Source: Hernandez-Orallo, Flach and Ferri 2011, Brier curves: a new cost-based visualisation.
    """

    c: np.ndarray
    loss: np.ndarray
    area: float
    best: Envelope
    name: str


def brier_curve(probs: np.ndarray, target: np.ndarray, positive: int = 1, name: str = "") -> BrierCurve:
    """The Brier curve of class `positive` against all others, from probs (N, K) and target (N,).

    Raises InvalidPredictions where all or none are of that class.

    >>> round(brier_curve(np.array([[0.9, 0.1], [0.4, 0.6]]), [0, 1]).area, 3)      # (0.1^2 + 0.4^2) / 2
    0.085
    """
    scores, positives = _scores(probs, target, positive)
    values, hits, misses = _by_score(scores, positives)
    missed = np.concatenate([[0], np.cumsum(hits)]) / len(scores)  # on the piece after values[i - 1]
    alarms = np.concatenate([[misses.sum()], misses.sum() - np.cumsum(misses)]) / len(scores)
    begin, end = np.concatenate([[0.0], values]), np.concatenate([values, [1.0]])
    first, last = (2 * (c * alarms + (1 - c) * missed) for c in (begin, end))
    return BrierCurve(
        c=np.stack([begin, end], axis=1).ravel(),
        loss=np.stack([first, last], axis=1).ravel(),
        area=float(np.sum((end - begin) * (first + last)) / 2),
        best=lower_envelope(2 * missed, 2 * alarms),
        name=name,
    )


def _scores(probs: np.ndarray, target: np.ndarray, positive: int) -> tuple[np.ndarray, np.ndarray]:
    scores = np.clip(np.asarray(probs, dtype=np.float64)[:, positive], 0, 1)  # a softmax may round to above 1
    positives = np.asarray(target) == positive
    if positives.all() or not positives.any():
        raise InvalidPredictions("A curve of one class against the rest needs images of both; all are of one kind.")
    return scores, positives


def _by_score(
    scores: np.ndarray, positives: np.ndarray, each: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct scores ascending, and how many positives and negatives have each; `each` (N,): what one counts."""
    order = np.argsort(scores)
    values, begins = np.unique(scores[order], return_index=True)
    counts = np.ones(len(scores), dtype=np.int64) if each is None else each[order]
    hits, misses = (np.add.reduceat(counts * kind[order], begins) for kind in (positives, ~positives))
    return values, hits, misses
