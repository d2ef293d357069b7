"""Robustness: which candidate is cheapest, how often, when the prices are only known to lie in ranges.

Two questions. As deployed: decisions stay as made at the likely prices, while the true prices turn out to be others.
Mean costs are then linear in the prices, so that thousands of draws are one matrix product. Made anew: the prices will
be known before anything is decided; each draw decides all images again, so there are fewer of them. Rules that learn
stay fitted to the likely prices.

The share of draws in which a candidate is cheapest is what health economics calls its probability of being cost-
effective (van Hout et al. 1994, Costs, effects and C/E-ratios alongside a clinical trial).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from costlab.candidates import Candidate
from costlab.intervals import Interval, paired_interval
from costlab.price_ranges import PriceRanges
from costlab.scenario import CASES

DRAWS = 10_000  # a share is then known to 1 point, 95 times in 100
ANEW_WORK = 3e8  # images x decisions x candidates x draws, in about three seconds
PRICES_WORK = 1.2e7  # prices x draws, in about a second
IMAGES_WORK = 2e7  # patterns of decisions x candidates x draws, in about a second
BLOCK = 1 << 22  # prices held at a time: 32 MB
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
TIED = 1e-9  # of the largest cost: what differs by less differs by rounding


@dataclass(frozen=True, eq=False)
class Robustness:
    """What draws of the prices say of C candidates. Costs are per 1,000 images, in the matrix's unit.

    likely: (C,) at the likely prices. mean: (C,) over the draws. quantiles: (C, 5) at QUANTILES. shares: (C,) of the
    draws in which a candidate is among the cheapest; tied: (C,) those in which it is so with others. low, high: (C,) of
    the shares, with 95 % confidence: draws are a sample. best: the cheapest at the likely prices. steady: the one that
    is cheapest most often. regret: what `best` costs more than the cheapest at each draw, on average: what it is worth
    to know the prices before choosing. rival: the second cheapest at the likely prices that decides otherwise; lead:
    what it costs more than `best`, with its 95 % interval on these images; both None where there is no other.
    """

    ranges: PriceRanges
    candidates: tuple[Candidate, ...]
    draws: int
    anew: bool
    images: bool
    likely: np.ndarray
    mean: np.ndarray
    quantiles: np.ndarray
    shares: np.ndarray
    tied: np.ndarray
    low: np.ndarray
    high: np.ndarray
    best: int
    steady: int
    regret: float
    rival: int | None
    lead: Interval | None


def robustness(
    candidates: Sequence[Candidate],
    ranges: PriceRanges,
    anew: bool = False,
    images: bool = False,
    draws: int | None = None,
    seed: int = 0,
) -> Robustness:
    """Draw the prices and weigh the candidates, at least one; the same seed draws the same.

    anew: decisions are made again at each draw. images: each draw also has other test images, a resample of these, so
    that the shares speak of both unknowns; for decisions that stay.
    """
    number = draws or _affordable(candidates, ranges, anew, images)
    if anew:
        blocks = _remade(candidates, ranges, number, seed)
    else:
        blocks = _resampled(candidates, ranges, number, seed) if images else _linear(candidates, ranges, number, seed)
    costs = CASES * np.concatenate(list(blocks))
    least = costs.min(axis=1, keepdims=True)
    cheapest = costs - least <= TIED * np.abs(costs).max(axis=1, keepdims=True)
    shares, tied = cheapest.mean(axis=0), (cheapest & (cheapest.sum(axis=1, keepdims=True) > 1)).mean(axis=0)
    likely = CASES * np.array([each.paid.mean() for each in candidates])
    best, (low, high) = int(likely.argmin()), _wilson(shares, number)
    rival = _rival(candidates, likely, best)
    return Robustness(
        ranges=ranges,
        candidates=tuple(candidates),
        draws=number,
        anew=anew,
        images=images and not anew,
        likely=likely,
        mean=costs.mean(axis=0),
        quantiles=np.quantile(costs, QUANTILES, axis=0).T,
        shares=shares,
        tied=tied,
        low=low,
        high=high,
        best=best,
        steady=int(np.lexsort((likely, -shares))[0]),
        regret=float((costs[:, best] - least[:, 0]).mean()),
        rival=rival,
        lead=None if rival is None else _lead(candidates[best], candidates[rival]),
    )


def alike(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates decide every image alike, so that no price tells them apart."""
    return np.array_equal(one.decided, other.decided)


def _affordable(candidates: Sequence[Candidate], ranges: PriceRanges, anew: bool, images: bool) -> int:
    if anew:
        work = len(candidates[0].decided) * ranges.likely.values.shape[1] * len(candidates)
        return int(np.clip(ANEW_WORK // work, 100, 1000))
    most = np.clip(PRICES_WORK // max(1, len(_used(candidates))), 1000, DRAWS)
    if images:
        patterns = len(np.unique(np.stack([each.decided for each in candidates], axis=1), axis=0))
        most = min(most, np.clip(IMAGES_WORK // (patterns * len(candidates)), 500, DRAWS))
    return int(most)


def _used(candidates: Sequence[Candidate]) -> np.ndarray:
    """(U, 2): the cells with an image under some candidate; no other price matters."""
    return np.argwhere(np.any([each.counts > 0 for each in candidates], axis=0))


def _drawn(ranges: PriceRanges, used: np.ndarray, number: int, seed: int) -> Iterator[tuple[np.ndarray, int]]:
    """Blocks (B, U) of the prices of the `used` cells, and a seed for each block."""
    group_of = {cell: place for place, cells in enumerate(ranges.groups) for cell in cells}
    free = [place for place, (t, d) in enumerate(used.tolist()) if (t, d) in group_of]
    cells = tuple((int(used[place, 0]), int(used[place, 1])) for place in free)
    groups, drivers = np.unique(np.array([group_of[cell] for cell in cells], dtype=int), return_inverse=True)
    rng = np.random.default_rng(seed)
    size = max(1, BLOCK // max(1, len(used)))
    for start in range(0, number, size):
        rows = min(size, number - start)
        prices = np.tile(ranges.likely.values[tuple(used.T)], (rows, 1))
        if cells:
            prices[:, free] = ranges.quantiles(cells, rng.random((rows, len(groups)))[:, drivers])
        yield prices, seed + start


def _linear(candidates: Sequence[Candidate], ranges: PriceRanges, number: int, seed: int) -> Iterator[np.ndarray]:
    """(B, C): mean costs of decisions that stay."""
    used = _used(candidates)
    counts = np.stack([each.counts[tuple(used.T)] for each in candidates], axis=1) / len(candidates[0].decided)
    for prices, _ in _drawn(ranges, used, number, seed):
        yield prices @ counts


def _resampled(candidates: Sequence[Candidate], ranges: PriceRanges, number: int, seed: int) -> Iterator[np.ndarray]:
    """(B, C): the same on resamples of the images, which differ only by how often each pattern of decisions comes."""
    used, first = _used(candidates), candidates[0]
    place = np.zeros(first.counts.shape, dtype=int)
    place[tuple(used.T)] = np.arange(len(used))
    truth, weight = first.target, first.weights
    patterns, comes = np.unique(
        np.stack([truth, *(place[truth, each.decided] for each in candidates)], axis=1), axis=0, return_counts=True
    )
    n = int(comes.sum())
    for prices, block_seed in _drawn(ranges, used, number, seed):
        rng = np.random.default_rng([block_seed, 1])
        times = rng.multinomial(n, comes / n, size=len(prices)) * weight[patterns[:, 0]]
        yield np.stack([(times * prices[:, cells]).sum(axis=1) for cells in patterns[:, 1:].T], axis=1) / n


def _remade(candidates: Sequence[Candidate], ranges: PriceRanges, number: int, seed: int) -> Iterator[np.ndarray]:
    """(1, C) a draw: mean costs of decisions made anew at its prices."""
    shape = ranges.likely.values.shape
    everywhere = np.argwhere(np.ones(shape, dtype=bool))
    truth, weight = candidates[0].target, candidates[0].weights
    for prices, _ in _drawn(ranges, everywhere, number, seed):
        for row in prices:
            cost = replace(ranges.likely, values=row.reshape(shape))
            yield np.array([[(cost.paid(truth, each.remade(cost)) * weight[truth]).mean() for each in candidates]])


def _rival(candidates: Sequence[Candidate], likely: np.ndarray, best: int) -> int | None:
    others = [place for place, each in enumerate(candidates) if not alike(each, candidates[best])]
    return min(others, key=lambda place: likely[place]) if others else None


def _lead(best: Candidate, rival: Candidate) -> Interval:
    return Interval(*(CASES * end for end in paired_interval(rival.paid, best.paid)))


def _wilson(shares: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """(C,) and (C,): both ends of the 95 % interval of shares of `number` draws (Wilson 1927)."""
    z = float(ndtri(0.975))
    middle = (shares + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z * np.sqrt(shares * (1 - shares) / number + z**2 / (4 * number**2)) / (1 + z**2 / number)
    return middle - half, middle + half
