"""Calibration in the unit of the costs: what decisions were expected to cost against what they did cost."""

from dataclasses import dataclass

import numpy as np

from costlab.costs import CostMatrix
from costlab.intervals import FEW_EVENTS, Interval, counted_intervals, paid_events, paired_interval


@dataclass(frozen=True)
class CostReliability:
    """Believed and paid cost in B bins of about as many images each, ordered by what was believed; all in `unit`.

    believed, paid: (B,) means. low, high: (B,), the interval of what is paid. number: (B,) images. few: (B,), whether a
    bin rests on so few paid events that its interval may be too narrow. bias: the mean of paid - believed over all
    images; above 0 the model promises too much. binned_bias: the mean over bins of its size, weighted by images.
    """

    believed: np.ndarray
    paid: np.ndarray
    low: np.ndarray
    high: np.ndarray
    number: np.ndarray
    few: np.ndarray
    bias: Interval
    binned_bias: float
    unit: str


def cost_reliability(
    probs: np.ndarray,
    target: np.ndarray,
    decided: np.ndarray,
    cost: CostMatrix,
    bins: int = 10,
    level: float = 0.95,
    weights: np.ndarray | None = None,
) -> CostReliability:
    """What `decided` (N,) were expected to cost by `probs` (N, K), against what they cost, given `target` (N,).

    Images with the same belief share a bin, so there may be fewer than `bins`. A binned bias is above 0 by chance alone
    where bins hold few paid events. weights: (K,), what an image of each class counts for in every mean, 1 each by
    default; the interval of a bin is then that of a ratio of two means, linearised.
    Source: reliability diagrams (Bröcker and Smith 2007), of costs.

    >>> cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit="EUR")
    >>> curve = cost_reliability(np.array([[0.98, 0.02]] * 10), [0] * 9 + [1], [0] * 10, cost)
    >>> curve.believed.tolist(), curve.paid.tolist(), curve.binned_bias       # 2 EUR promised, 10 paid
    ([2.0], [10.0], 8.0)
    """
    if weights is not None:  # images that count for nothing say nothing
        rows = np.asarray(weights)[target] > 0
        probs, target, decided = np.asarray(probs)[rows], np.asarray(target)[rows], np.asarray(decided)[rows]
    n = len(target)
    promised = cost.expected(probs)[np.arange(n), np.asarray(decided, dtype=np.intp)]
    paid = cost.paid(target, decided)
    each = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)[target]
    order = np.argsort(promised, kind="stable")
    ranked = promised[order]
    begins = np.unique(np.searchsorted(ranked, ranked[np.arange(bins) * n // bins]))
    parts = list(zip(np.split(paid[order], begins[1:]), np.split(each[order], begins[1:]), strict=True))
    number, weight = (np.array([kind(part[1]) for part in parts]) for kind in (len, np.sum))
    believed, means = (np.add.reduceat((values * each)[order], begins) / weight for values in (promised, paid))
    ends = np.array([_bin_interval(*part, level) for part in parts])
    return CostReliability(
        believed=believed,
        paid=means,
        low=ends[:, 0],
        high=ends[:, 1],
        number=number,
        few=np.array([paid_events(part * counts) < FEW_EVENTS for part, counts in parts]),
        bias=paired_interval(paid * each / each.mean(), promised * each / each.mean(), level),
        binned_bias=float(np.sum(weight * np.abs(means - believed)) / weight.sum()),
        unit=cost.unit,
    )


def _bin_interval(paid: np.ndarray, each: np.ndarray, level: float) -> tuple[float, float]:
    """The interval of the mean of `paid` (n,) when each image counts for `each` (n,)."""
    if (each == each[0]).all():
        low, high = counted_intervals(*np.unique(paid, return_counts=True), level)
        return float(low), float(high)
    mean = np.average(paid, weights=each)
    values = mean + each * (paid - mean) / each.mean()
    low, high = counted_intervals(*np.unique(values, return_counts=True), level, differences=True)
    return max(float(low), float(paid.min())), float(high)
