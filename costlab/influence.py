"""Which price matters most to the choice: what it is worth to know it, and where it must be for another to be cheapest.

For decisions that stay as made at the likely prices. The worth of knowing a price is its expected value of partial
perfect information (Howard 1966, Information value theory; Strong, Oakley & Brennan 2014): min_c E[m_c] -
E[min_c E[m_c | price]], with m_c the mean cost of candidate c. It is 0 where no value of the price would change the
choice. As m_c is linear in the prices and different groups of prices are independent, the inner expectation needs no
draws: all other prices at their means; and the outer one is an integral over one quantile, done by the midpoint rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costlab.candidates import Candidate
from costlab.price_ranges import Cell, PriceRanges, price_name
from costlab.scenario import CASES

STEPS = 1000  # midpoints of the integral over a quantile
WORK = 2_000_000  # midpoints x prices, in about half a second
MOST = 500  # prices told of; 100 classes have 9,900 of them
ROUNDING = 1e-12  # of the largest cost


@dataclass(frozen=True)
class Switch:
    """The price at which another candidate becomes cheapest, the other prices being as likely. inside: its range."""

    price: float
    candidate: int
    inside: bool


@dataclass(frozen=True)
class Influence:
    """One price, or several that move together. Costs are per 1,000 images, in the matrix's unit.

    name: how it is called. low, likely, high: NaN where they are several. worth: of knowing it before choosing. leads:
    by how much the candidate that is cheapest at the likely prices is cheaper than the best other, with this price at
    its low end, as likely, at its high end; negative where another is cheaper. switches: the nearest below and above.
    """

    cells: tuple[Cell, ...]
    name: str
    low: float
    likely: float
    high: float
    worth: float
    leads: tuple[float, ...]
    switches: tuple[Switch, ...]

    @property
    def least(self) -> float:
        """The smallest lead within the range."""
        return min(self.leads)


def influences(candidates: Sequence[Candidate], ranges: PriceRanges) -> list[Influence]:
    """Every price with a range that some candidate pays and another does not, the most important first.

    That is the one it is worth most to know; among those that it is worth nothing to know, the one that brings another
    candidate nearest to being cheapest. Of more than `MOST`, so many.
    """
    counts = CASES * np.stack([each.counts for each in candidates]) / len(candidates[0].decided)
    told = [cells for cells in ranges.groups if np.ptp(_of(counts, cells), axis=0).any()]
    steps = int(np.clip(WORK // max(1, len(told)), 100, STEPS))
    u = ((np.arange(steps) + 0.5) / steps)[:, None]
    alone = tuple(cells[0] for cells in told if len(cells) == 1)
    groups = [cells for cells in told if len(cells) > 1]
    drawn = [ranges.quantiles(cells, u) @ _of(counts, cells).T for cells in groups]  # (steps, C) each
    prices = ranges.quantiles(alone, u) if alone else np.zeros((steps, 0))  # of many cells at once
    paid = _of(counts, alone) if alone else np.zeros((len(counts), 0))
    likely = np.einsum("ctd,td->c", counts, ranges.likely.values)
    mean = likely + paid @ (prices.mean(axis=0) - np.array([ranges.likely.values[cell] for cell in alone]))
    for cells, part in zip(groups, drawn, strict=True):
        mean += part.mean(axis=0) - _paid(counts, cells, ranges.likely.values)
    rivals = (counts != counts[likely.argmin()]).any(axis=(1, 2))
    known = mean.min() - [(mean - part.mean(axis=0) + part).min(axis=1).mean() for part in drawn]
    worth = np.append(_known_alone(mean, paid, prices), known)
    worth[worth <= ROUNDING * np.abs(mean).max()] = 0.0
    least = np.append(_least_leads(likely, paid, rivals, ranges, alone), np.full(len(groups), -np.inf))
    order = np.lexsort((least, -worth))[: MOST + len(groups)].tolist()
    cells_of = [*((cell,) for cell in alone), *groups]
    found = [_influence(counts, likely, rivals, ranges, (cells_of[place], float(worth[place]))) for place in order]
    return sorted(found, key=lambda each: (-each.worth, each.least))[:MOST]


def _known_alone(mean: np.ndarray, paid: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """(P,): what it is worth to know each price. mean: (C,), paid: (C, P), how often it is paid, prices: (steps, P)."""
    off = prices - prices.mean(axis=0)
    cheapest = np.full(off.shape, np.inf)
    for cost, often in zip(mean, paid, strict=True):
        np.minimum(cheapest, cost + often * off, out=cheapest)
    return np.asarray(mean.min() - cheapest.mean(axis=0))


def _least_leads(
    likely: np.ndarray, paid: np.ndarray, rivals: np.ndarray, ranges: PriceRanges, alone: tuple[Cell, ...]
) -> np.ndarray:
    """(P,): `Influence.least` of each price that moves alone. likely, rivals: (C,), paid: (C, P)."""
    if not alone:
        return np.zeros(0)
    place, best = tuple(np.array(alone).T), int(likely.argmin())
    leads = []
    for ends in (ranges.low, ranges.likely.values, ranges.high):
        costs = likely[:, None] + paid * (ends[place] - ranges.likely.values[place])
        leads.append((costs[rivals] - costs[best]).min(axis=0))
    return np.asarray(np.min(leads, axis=0))


def _influence(
    counts: np.ndarray,
    likely: np.ndarray,
    rivals: np.ndarray,
    ranges: PriceRanges,
    known: tuple[tuple[Cell, ...], float],
) -> Influence:
    """What moves with the cells that are `known` to be worth so much; counts: (C, K, D), likely, rivals: (C,)."""
    (cells, worth), best = known, int(likely.argmin())
    three = (ranges.low, ranges.likely.values, ranges.high)
    others = likely - _paid(counts, cells, ranges.likely.values)
    low, middle, high = (others + _paid(counts, cells, ends) for ends in three)
    leads = tuple(float((costs[rivals] - costs[best]).min()) for costs in (low, middle, high))
    name = price_name(ranges.likely, cells)
    if not ranges.single(cells):
        nothing = float("nan")
        return Influence(cells, name, nothing, nothing, nothing, worth, leads, ())
    ends = [float(each[cells[0]]) for each in three]
    switches = _switches(likely, _of(counts, cells).sum(axis=1), best, ends)
    return Influence(cells, name, ends[0], ends[1], ends[2], worth, leads, switches)


def _switches(likely: np.ndarray, paid: np.ndarray, best: int, ends: list[float]) -> tuple[Switch, ...]:
    """The nearest switch below and above the likely price `ends[1]`; paid: (C,), how often the price is paid.

    A price that is above 0 is not followed below 0: a mistake that earns is another question.
    """
    low, middle, high = ends
    steeper = paid[best] - paid  # above 0: this candidate gains on the best while the price rises
    with np.errstate(divide="ignore", invalid="ignore"):
        at = middle + (likely - likely[best]) / steeper
    at[np.abs(at) <= ROUNDING * max(map(abs, ends))] = 0.0
    found = []
    for side, nearest in ((steeper < 0, np.argmax), (steeper > 0, np.argmin)):
        if side.any():
            candidate = int(np.flatnonzero(side)[nearest(at[side])])
            price = float(at[candidate])
            if price >= min(0.0, low):
                found.append(Switch(price, candidate, low <= price <= high))
    return tuple(found)


def _of(counts: np.ndarray, cells: tuple[Cell, ...]) -> np.ndarray:
    """(C, P): the counts in `cells`."""
    truths, decisions = np.array(cells).T
    return counts[:, truths, decisions]


def _paid(counts: np.ndarray, cells: tuple[Cell, ...], prices: np.ndarray) -> np.ndarray:
    """(C,): what is paid in `cells` at `prices` (K, D)."""
    truths, decisions = np.array(cells).T
    return np.asarray(_of(counts, cells) @ prices[truths, decisions])
