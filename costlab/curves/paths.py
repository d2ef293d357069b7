"""Mean cost while the costs themselves move along a straight path: decisions that stay, and decisions made anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from costlab.costs import CostMatrix
from costlab.curves.lines import Envelope, lower_envelope
from costlab.errors import InvalidCosts
from costlab.intervals import counted_intervals
from costlab.metrics import mean_cost

BLOCK = 1 << 18  # cells worked on at a time: they stay in the processor's cache


@dataclass(frozen=True)
class Band:
    """A mean cost (G,) at each point of a grid, with its interval there, in the matrix's unit."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class CostPath:
    """The mean cost of M fixed confusion matrices on the way from one cost matrix to another.

    t: (G,), from 0 (the first costs) to 1 (the second). names: M. fixed: (M, G) mean costs, each a straight line.
    envelope: the cheapest of them over t, exactly. unit: of all costs. ends: the names of the two cost matrices.
    """

    t: np.ndarray
    names: tuple[str, ...]
    fixed: np.ndarray
    envelope: Envelope
    unit: str
    ends: tuple[str, str]


def cost_path(
    confusions: np.ndarray,
    a: CostMatrix,
    b: CostMatrix,
    t: np.ndarray | None = None,
    names: Sequence[str] | None = None,
) -> CostPath:
    """The mean cost of each of `confusions` (M, K, D) along C(t) = (1 - t) A + t B, and which is cheapest where.

    t: (G,) ascending within 0 to 1, by default 101 even steps. Raises InvalidCosts when A and B differ in their names
    or units.

    >>> a, b = CostMatrix([[0, 1], [1, 0]], "xy"), CostMatrix([[0, 1], [9, 0]], "xy")
    >>> path = cost_path([[[8, 0], [2, 0]], [[4, 4], [0, 2]]], a, b)
    >>> path.fixed[:, [0, -1]].tolist(), path.envelope.breaks.tolist()      # 2 or 4 mistakes; the 2 become dear
    ([[0.2, 1.8], [0.4, 0.4]], [0.0, 0.125, 1.0])
    """
    b = _about_the_same(a, b)
    t = _steps(t)
    start, end = (np.array([mean_cost(counts, cost) for counts in confusions]) for cost in (a, b))
    return CostPath(
        t=t,
        names=tuple(names or [f"run {number + 1}" for number in range(len(start))]),
        fixed=start[:, None] * (1 - t) + end[:, None] * t,
        envelope=lower_envelope(start, end),
        unit=a.unit,
        ends=(a.name or "the first costs", b.name or "the second costs"),
    )


def equal_costs(cost: CostMatrix) -> CostMatrix:
    """The same matrix when every mistake costs the mean of all mistakes, and being right nothing.

    It decides as zero-one costs do; the mean keeps its costs comparable with those of `cost`. Extra decisions stay.

    >>> equal_costs(CostMatrix([[0, 1], [99, 0]], ["ok", "crack"])).values.tolist()
    [[0.0, 50.0], [50.0, 0.0]]
    """
    k = len(cost.classes)
    mean = float(cost.square[~np.eye(k, dtype=bool)].mean())
    values = cost.values.copy()
    values[:, :k] = (mean if mean > 0 else 1.0) * (1 - np.eye(k))
    return replace(cost, values=values, name="equal costs")


def remade_path(
    probs: np.ndarray,
    target: np.ndarray,
    a: CostMatrix,
    b: CostMatrix,
    t: np.ndarray | None = None,
    level: float = 0.95,
    weights: np.ndarray | None = None,
) -> Band:
    """The mean cost along the same path when decisions are made anew, by least expected cost, at every t.

    probs: (N, K), target: (N,). weights: (K,), what an image of each class counts for, their mean over the images 1, as
    where the classes have other shares; 1 each by default. Its intervals hold at each t, not for all t together.
    """
    b = _about_the_same(a, b)
    return remade(probs, target, a.values, b.values - a.values, _steps(t), level, weights)


def remade(
    probs: np.ndarray,
    target: np.ndarray,
    start: np.ndarray,
    rate: np.ndarray,
    x: np.ndarray,
    level: float = 0.95,
    weights: np.ndarray | None = None,
) -> Band:
    """The mean cost under `start + x rate` (K, D), decisions made anew at each of `x` (G,), ascending.

    An image changes its decision at most D - 1 times, so its changes are computed instead of its decision at every x.
    """
    probs = np.asarray(probs)
    d = start.shape[1]
    truth = np.asarray(target, dtype=np.intp) * d
    rows, decided, since = (np.concatenate(part) for part in zip(*_changes(probs, start, rate, x), strict=True))
    order = np.lexsort((since, rows))  # an image's decisions one after the other
    rows, decided, since = rows[order], decided[order], since[order]
    cells = truth[rows] + decided
    until = np.where(np.append(rows[1:] == rows[:-1], False), np.append(since[1:], 0), len(x))
    known, code = np.unique(cells, return_inverse=True)
    wide = len(x) + 1
    counts = np.bincount(code * wide + since, minlength=len(known) * wide)
    counts -= np.bincount(code * wide + until, minlength=len(known) * wide)
    counts = counts.reshape(len(known), wide).cumsum(axis=1)[:, :-1]
    start, rate = weighted(start, weights), weighted(rate, weights)
    return counted_band(counts.T, start.ravel()[known], rate.ravel()[known], x, level)


def weighted(costs: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """(K, D): what is paid for an image when one of each class counts for `weights` (K,); as it is without them."""
    return costs if weights is None else costs * np.asarray(weights)[:, None]


def counted_band(counts: np.ndarray, start: np.ndarray, rate: np.ndarray, x: np.ndarray, level: float = 0.95) -> Band:
    """The mean of `start + x rate` (U,) over `counts` (G, U) or (1, U) at each of `x` (G,), with its interval."""
    means, ends = [], []
    size = max(1, BLOCK // counts.shape[1])
    for begin in range(0, len(x), size):
        part = slice(begin, begin + size)
        number = counts if len(counts) == 1 else counts[part]
        values = start + x[part, None] * rate
        means.append((values * number).sum(axis=1) / number.sum(axis=1))
        ends.append(counted_intervals(values, np.broadcast_to(number, values.shape), level))
    low, high = (np.concatenate(each) for each in zip(*ends, strict=True))
    return Band(np.concatenate(means), low, high)


def _changes(
    probs: np.ndarray, start: np.ndarray, rate: np.ndarray, x: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Images, what each decides, and from which place in the grid on: first for all images, then every change."""
    size = max(1, BLOCK // start.shape[1])
    moving = rate.any(axis=0)  # along one price a single column
    for begin in range(0, len(probs), size):
        part = probs[begin : begin + size]
        level = part @ start
        slope = np.zeros(level.shape)
        slope[:, moving] = part @ rate[:, moving]
        rows = np.arange(len(part))
        now = (level + slope * x[0]).argmin(axis=1)
        yield rows + begin, now, np.zeros(len(part), dtype=np.intp)
        since = np.full(len(part), x[0])
        while len(rows):
            now, since = _next_change(level, slope, now, since)
            stays = since < x[-1]
            rows, now, since, level, slope = (each[stays] for each in (rows, now, since, level, slope))
            yield rows + begin, now, np.searchsorted(x, since, side="right")


def _next_change(
    level: np.ndarray, slope: np.ndarray, now: np.ndarray, since: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(N,) and (N,): the decision that next becomes the cheapest of each row, and where; infinity: none does.

    level, slope: (N, D), what each decision is expected to cost at 0 and how it grows.
    """
    here = now[:, None]
    falls = np.take_along_axis(slope, here, axis=1) - slope  # above 0: grows more slowly than the present one
    above = level - np.take_along_axis(level, here, axis=1)
    where = np.full(falls.shape, np.inf)
    np.divide(above, falls, out=where, where=falls > 0)
    np.maximum(where, since[:, None], out=where)  # never backwards by rounding
    first = where.min(axis=1)
    falls[where > first[:, None]] = -np.inf  # of several at one place, the one that is cheapest from there on
    return falls.argmax(axis=1), first


def _about_the_same(a: CostMatrix, b: CostMatrix) -> CostMatrix:
    """`b` in the order of `a`'s classes."""
    b = b.for_classes(a.classes)
    if a.decisions != b.decisions:
        raise InvalidCosts(
            f"The two cost matrices decide {len(a.decisions)} and {len(b.decisions)} things; expected the same."
        )
    if a.unit != b.unit:
        raise InvalidCosts(f"The two cost matrices are in '{a.unit}' and '{b.unit}'; give both in one unit.")
    return replace(b, decisions=a.decisions)


def _steps(t: np.ndarray | None) -> np.ndarray:
    t = np.linspace(0, 1, 101) if t is None else np.asarray(t, dtype=np.float64)
    if not len(t) or t[0] < 0 or t[-1] > 1 or (np.diff(t) <= 0).any():
        raise InvalidCosts("The steps of a path ascend from 0 to 1 at most; give such numbers.")
    return t
