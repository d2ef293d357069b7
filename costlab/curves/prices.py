"""Mean cost against the price of one mistake: decisions as they are, made anew at every price, and without looking."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from costlab.costs import CostMatrix
from costlab.curves.paths import Band, counted_band, remade, weighted
from costlab.metrics import confusion


@dataclass(frozen=True)
class PriceCurve:
    """Mean costs in `unit` while one cell of the matrix takes each of `prices` (G,) and all others stay.

    cell: its truth (empty: whatever the truth) and decision, by name. present: the price in the matrix. remade:
    decisions made anew at each price.
    fixed: decisions that stay, by name. constants: (D, G), one decision for all images, in the order of `decisions`.
    """

    prices: np.ndarray
    cell: tuple[str, str]
    present: float
    remade: Band
    fixed: Mapping[str, Band]
    constants: np.ndarray
    decisions: tuple[str, ...]
    unit: str

    def best_constant(self) -> tuple[np.ndarray, np.ndarray]:
        """(G,) and (G,): which decision is cheapest when made for all images, and its mean cost."""
        return self.constants.argmin(axis=0), self.constants.min(axis=0)


def price_curve(
    probs: np.ndarray,
    target: np.ndarray,
    cost: CostMatrix,
    truth: int | None,
    decision: int,
    prices: np.ndarray | None = None,
    fixed: Mapping[str, np.ndarray] | None = None,
    level: float = 0.95,
    weights: np.ndarray | None = None,
    anew: Band | None = None,
) -> PriceCurve:
    """The mean cost on `probs` (N, K) and `target` (N,) against the price of deciding `decision` for `truth`.

    truth: None for a decision that has one price whatever the truth, such as referring.
    prices: (G,) ascending; by default 81 from a hundredth to a hundred times the present one, in even ratios. fixed:
    decisions (N,) by name, by default those of least expected cost at the present price. weights: (K,), what an image
    of each class counts for, their mean over the images 1; 1 each by default. anew: what comes of deciding anew at
    `prices`, where that is known: it does not depend on the present price. Intervals hold at each price.

    >>> cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    >>> curve = price_curve(np.array([[0.98, 0.02]] * 50), np.repeat([0, 1], [49, 1]), cost, 1, 0, [10.0, 100.0])
    >>> curve.remade.mean.tolist(), curve.constants.tolist()      # at 10 it pays to call all 'ok', at 100 no longer
    ([0.2, 0.98], [[0.2, 2.0], [0.98, 0.98]])
    """
    rows = slice(None) if truth is None else truth
    present = float(cost.values[truth or 0, decision])
    prices = _around(present, cost) if prices is None else np.asarray(prices, dtype=np.float64)
    target = np.asarray(target, dtype=np.intp)
    free, rate = cost.values.copy(), np.zeros(cost.values.shape)
    free[rows, decision], rate[rows, decision] = 0.0, 1.0
    if fixed is None:
        fixed = {"decided at the present price": cost.expected(probs).argmin(axis=1)}
    bands, paid_free, paid_rate = {}, weighted(free, weights), weighted(rate, weights)
    for name, decided in fixed.items():
        counts = confusion(target, decided, cost).ravel()
        paid = np.flatnonzero(counts)
        bands[name] = counted_band(counts[None, paid], paid_free.ravel()[paid], paid_rate.ravel()[paid], prices, level)
    shares = np.bincount(target, minlength=len(cost.classes)) / len(target)
    return PriceCurve(
        prices=prices,
        cell=("" if truth is None else cost.classes[truth], cost.decisions[decision]),
        present=present,
        remade=anew or remade(probs, target, free, rate, prices, level, weights),
        fixed=bands,
        constants=(shares @ paid_free)[:, None] + (shares @ paid_rate)[:, None] * prices,
        decisions=cost.decisions,
        unit=cost.unit,
    )


def steady_prices(cost: CostMatrix, truth: int | None, decision: int, steps: int = 20) -> np.ndarray:
    """(G,) prices for `price_curve` that stay the same while that price is moved among them: whole tenfold steps.

    They reach from a hundredth of the other costs' mean to a hundred times it, and ten times beyond the present price
    on either side; `steps` a tenfold step.

    >>> steady_prices(CostMatrix([[0, 1], [100, 0]], ["ok", "crack"]), 1, 0)[[0, -1]].tolist()
    [0.01, 1000.0]
    """
    others = np.abs(cost.values)
    others[slice(None) if truth is None else truth, decision] = 0
    middle = float(others[others > 0].mean()) if others.any() else 1.0
    present = float(cost.values[truth or 0, decision])
    low, high = (
        (min(middle / 100, present / 10), max(middle * 100, present * 10))
        if present > 0
        else (middle / 100, middle * 100)
    )
    first, last = np.floor(np.log10(low) + 1e-9), np.ceil(np.log10(high) - 1e-9)
    return np.logspace(first, last, int(last - first) * steps + 1)


def _around(present: float, cost: CostMatrix) -> np.ndarray:
    """81 prices in even ratios around the present one; where that is free or earns, around the mean of all costs."""
    middle = present if present > 0 else float(np.abs(cost.values).mean()) or 1.0
    return middle * np.geomspace(0.01, 100, 81)
