"""Which of several models, or of several rules, is cheaper, and whether that may be chance; on the same test images.

Every pair of rows is compared image by image; the p-values of all pairs are corrected by Holm, so
that the chance of even one wrong distinction stays below 5 %. Rows that share a letter are those not told apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from costlab.costs import CostMatrix
from costlab.curves import CostPath, cost_path, equal_costs
from costlab.fitted import Fitted, Recipe
from costlab.intervals import (
    Interval,
    holm,
    mean_interval,
    paired_interval,
    paired_p_values,
)
from costlab.metrics import confusion
from costlab.records import ConstantResult
from costlab.scenario import Scenario, case_of
from costlab.specs import RunSpec

LEVEL = 0.05


@dataclass(frozen=True)
class Entry:
    """One row: a model on the common test images, and how it decides. spec: how the model was trained."""

    key: str
    title: str
    fitted: Fitted
    spec: RunSpec
    recipe: Recipe


@dataclass(frozen=True)
class Standing:
    """What M rows pay on the same N images in one scenario. Costs are means an image, in the unit of `cost`.

    paid: (M, N), weighted as in `Answer`. means: M, each with its own 95 % interval. counts: (M, K, D) of the images as
    they are. weights: (K,), what an image of each class counts for. corrected: (M, M), p of no difference, for all
    pairs together. constant: the best decision without looking.
    """

    entries: tuple[Entry, ...]
    cost: CostMatrix
    paid: np.ndarray
    means: tuple[Interval, ...]
    counts: np.ndarray
    weights: np.ndarray
    corrected: np.ndarray
    constant: ConstantResult

    @property
    def alike(self) -> np.ndarray:
        """(M, M) bool: pairs that cannot be told apart."""
        return np.asarray(self.corrected >= LEVEL)

    @property
    def order(self) -> list[int]:
        """Rows, the cheapest first; of equals the first."""
        return sorted(range(len(self.means)), key=lambda row: self.means[row].estimate)

    @property
    def best(self) -> list[int]:
        """The cheapest row and all that cannot be told apart from it, the cheapest first."""
        first = self.order[0]
        return [row for row in self.order if self.alike[first, row]]

    @cached_property
    def letters(self) -> list[str]:
        """M: rows share a letter exactly if they cannot be told apart; 'a' is the cheapest's."""
        return shared_letters(self.alike, self.order)

    def difference(self, one: int, other: int, level: float = 0.95) -> Interval:
        """How much dearer `one` is than `other`, image by image."""
        return paired_interval(self.paid[one], self.paid[other], level)


def standing(entries: Sequence[Entry], scenario: Scenario) -> Standing:
    """Decide and judge every row. Raises InvalidCosts or InvalidPredictions where the scenario means nothing for it."""
    cases = [case_of(entry.fitted, scenario) for entry in entries]
    decided = [
        case.fitted.decide(entry.recipe, case.cost, case.priors) for case, entry in zip(cases, entries, strict=True)
    ]
    paid = np.array([case.paid(each) for case, each in zip(cases, decided, strict=True)])
    target = entries[0].fitted.test.target
    return Standing(
        entries=tuple(entries),
        cost=cases[0].cost,
        paid=paid,
        means=tuple(mean_interval(each) for each in paid),
        counts=np.array([confusion(target, each, cases[0].cost) for each in decided]),
        weights=cases[0].weights,
        corrected=_corrected(paid),
        constant=cases[0].constant(),
    )


def _corrected(paid: np.ndarray) -> np.ndarray:
    """(M, M): the p-value of every pair of rows, corrected for all of them; 1 on the diagonal."""
    pairs = list(combinations(range(len(paid)), 2))
    found = np.ones((len(paid), len(paid)))
    for (one, other), p in zip(pairs, holm(paired_p_values((paid[a], paid[b]) for a, b in pairs)), strict=True):
        found[one, other] = found[other, one] = p
    return found


def shared_letters(alike: np.ndarray, order: Sequence[int]) -> list[str]:
    """A compact letter display: two of M rows share a letter exactly if they are `alike` (M, M).

    Each letter is a largest set of rows that are all alike; letters follow `order`, the first row's first. Source:
    Piepho 2004, An algorithm for a letter-based representation of all-pairwise comparisons.

    >>> alike = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], dtype=bool)      # the middle one is like both
    >>> shared_letters(alike, [0, 1, 2])
    ['a', 'ab', 'b']
    """
    sets: list[frozenset[int]] = [frozenset(order)]
    for one, other in combinations(order, 2):
        if not alike[one, other]:  # every set that holds both is split, what lies within another set is absorbed
            split = [each - {gone} for each in sets if {one, other} <= each for gone in (other, one)]
            sets = [each for each in sets if not {one, other} <= each]
            for each in split:
                if not any(each <= kept for kept in sets):
                    sets = [kept for kept in sets if not kept <= each] + [each]
    place = {row: number for number, row in enumerate(order)}
    sets.sort(key=lambda each: sorted(place[row] for row in each))
    return ["".join(_letter(number) for number, each in enumerate(sets) if row in each) for row in range(len(alike))]


def _letter(number: int) -> str:
    """a to z, then a', b', ..."""
    return chr(ord("a") + number % 26) + "'" * (number // 26)


# Prices that move ----------------------------------------------------------------------------------------------------


def path_from_equal(standing: Standing) -> CostPath:
    """Every row's decisions, as they are, while the costs move from equal ones to these."""
    return _path(standing, equal_costs(standing.cost), replace(standing.cost, name="these costs"))


def path_of_price(standing: Standing, truth: int, decision: int, highest: float) -> CostPath:
    """Every row's decisions, as they are, while one cell's price moves from 0 to `highest` and all others stay."""
    first, last = (standing.cost.replaced(truth, decision, price) for price in (0.0, highest))
    return _path(standing, replace(first, name="nothing"), replace(last, name="the highest price"))


def telling_cell(standing: Standing) -> tuple[int, int]:
    """The mistake (truth, decision) that the rows differ most in, in money; the dearest where they do not differ."""
    cost = np.array(standing.cost.values)
    k = len(standing.cost.classes)
    apart = np.ptp(standing.counts * standing.weights[:, None], axis=0) * np.abs(cost)
    weight = apart if (apart[:, :k] * (1 - np.eye(k))).any() or apart[:, k:].any() else cost - cost.min()
    weight[np.arange(k), np.arange(k)] = -1
    truth, decision = np.unravel_index(int(weight.argmax()), weight.shape)
    return int(truth), int(decision)


def highest_price(cost: CostMatrix, truth: int, decision: int) -> float:
    """How far a price is moved: four times what it is, or twice the dearest where it is free.

    >>> highest_price(CostMatrix([[0, 1], [100, 0]], "ab"), 1, 0)
    400.0
    """
    return 4 * max(float(cost.values[truth, decision]), 0.0) or 2 * float(np.abs(cost.values).max()) or 1.0


def _path(standing: Standing, first: CostMatrix, last: CostMatrix) -> CostPath:
    weighted = standing.counts * standing.weights[:, None]
    return cost_path(weighted, first, last, names=[entry.title for entry in standing.entries])
