"""Prices that nobody knows exactly: a low, a likely and a high end for each, and draws of what they may truly be.

**The distribution.** A price between its ends follows a triangle whose tip is the likely price: three numbers fix it,
and three numbers are what people can say (Johnson 1997, The triangular distribution as a proxy for the beta
distribution in risk analysis). The beta of PERT (Malcolm et al. 1959) fits the same three, but leaves next to nothing
near the ends, while ranges that people call plausible are rather too narrow than too wide (Soll & Klayman 2004). Where
a range lies on one side of 0 the triangle stands on a logarithmic scale, for prices are known up to a factor: "half to
twice as much" then has the likely price as its median, while the mean of a plain triangle would lie a sixth above it.

**What moves with what.** `apart`: each price on its own. Errors then cancel out over many prices, so that the cost
spreads less than it would if one reason had moved them all. `by_truth`: the mistakes on one class share one quantile
(whatever makes a missed crack dear makes it dear under every name). `together`: all prices share one; the level of the
cost spreads most, but where all ranges are the same factor it is a change of currency and no choice changes. The truth
lies in between; a choice that holds under the first two is a sound one. A price of an extra decision that is the same
for every truth, as that of referring to a human, is one price.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from costlab.costs import CostMatrix
from costlab.doctor import MAX_COST, cell_name
from costlab.errors import InvalidCosts
from costlab.scenario import REFER, Scenario
from costlab.wording import number

Cell = tuple[int, int]  # truth, decision
Moving = Literal["apart", "by_truth", "together"]
MOVING: tuple[Moving, ...] = get_args(Moving)
MAX_FACTOR = 1000.0


@dataclass(frozen=True, eq=False)
class PriceRanges:
    """What each price may be. Raises InvalidCosts naming the first price whose ends mean nothing.

    likely: (K, D), as decided with. low, high: (K, D), in its unit. moving: what moves with what.

    >>> ranges = PriceRanges.by_factor(CostMatrix([[0, 1], [100, 0]], ["ok", "crack"]), 2)
    >>> ranges.low[1].tolist(), ranges.high[1].tolist(), ranges.groups
    ([50.0, 0.0], [200.0, 0.0], (((0, 1),), ((1, 0),)))
    """

    likely: CostMatrix
    low: np.ndarray
    high: np.ndarray
    moving: Moving = "apart"

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            ends = np.array(getattr(self, name), dtype=np.float64)
            if ends.shape != self.likely.values.shape:
                raise InvalidCosts(
                    f"Expected a {name} end for each of the {self.likely.values.shape} prices; got {ends.shape}."
                )
            ends.flags.writeable = False
            object.__setattr__(self, name, ends)
        if self.moving not in MOVING:
            raise InvalidCosts(f"There is no way of moving '{self.moving}'; choose one of {', '.join(MOVING)}.")
        ordered = (self.low <= self.likely.values) & (self.likely.values <= self.high)
        bounded = (np.abs(self.low) <= MAX_COST) & (np.abs(self.high) <= MAX_COST)
        if (odd := np.argwhere(~(ordered & bounded))).size:
            raise InvalidCosts(_refusal(self, (int(odd[0, 0]), int(odd[0, 1]))))

    @classmethod
    def by_factor(
        cls,
        likely: CostMatrix,
        factor: float,
        cells: Mapping[Cell, tuple[float, float]] | None = None,
        moving: Moving = "apart",
    ) -> "PriceRanges":
        """Every price from a `factor` lower to a `factor` higher, but those of `cells` from low to high.

        A price of 0 stays 0. An extra decision that costs the same whatever the truth is named by its first cell.
        """
        if not 1 <= factor <= MAX_FACTOR:
            raise InvalidCosts(
                f"The factor must be from 1 (sure of every price) to {number(MAX_FACTOR)}; got {factor:g}."
            )
        values = likely.values
        ends = np.sort(np.clip(np.stack([values / factor, values * factor]), -MAX_COST, MAX_COST), axis=0)
        for (truth, decision), (low, high) in (cells or {}).items():
            rows = slice(None) if decision in one_price(likely) else truth
            ends[0, rows, decision], ends[1, rows, decision] = low, high
        return cls(likely, ends[0], ends[1], moving)

    @cached_property
    def groups(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells that move together, for each group of them that moves at all."""
        free, single = self.high > self.low, one_price(self.likely)
        found: dict[object, list[Cell]] = {}
        for t, d in np.argwhere(free):
            key = ("decision", d) if d in single else ("truth", t) if self.moving == "by_truth" else (t, d)
            found.setdefault("all" if self.moving == "together" else key, []).append((int(t), int(d)))
        return tuple(tuple(cells) for cells in found.values())

    def single(self, cells: tuple[Cell, ...]) -> bool:
        """Whether a group is one price: one cell, or an extra decision that costs the same whatever the truth."""
        decisions = {decision for _, decision in cells}
        return len(cells) == 1 or (len(decisions) == 1 and decisions <= one_price(self.likely))

    def quantiles(self, cells: tuple[Cell, ...], u: np.ndarray) -> np.ndarray:
        """(S, P): the prices of P `cells` at the quantiles `u`, (S, P) or (S, 1), between 0 and 1.

        >>> PriceRanges.by_factor(CostMatrix.zero_one("ab"), 2).quantiles(((0, 1),), np.array([[0.0], [0.5], [1.0]]))
        array([[0.5],
               [1. ],
               [2. ]])
        """
        place = tuple(np.array(cells).T)
        low, likely, high = (ends[place] for ends in (self.low, self.likely.values, self.high))
        gains = high < 0  # by their size, from the other end
        low, likely, high = np.where(gains, [-high, -likely, -low], [low, likely, high])
        scaled = low > 0
        a, m, b = (np.log(ends, out=ends.astype(float), where=scaled) for ends in (low, likely, high))
        u = np.where(gains, 1 - u, u)
        width = np.where(b > a, b - a, 1.0)
        below = u * width < m - a
        drawn = np.where(below, a + np.sqrt(u * width * (m - a)), b - np.sqrt((1 - u) * width * (b - m)))
        np.exp(drawn, out=drawn, where=np.broadcast_to(scaled, drawn.shape))
        return np.where(gains, -drawn, drawn)


def ranges_of(
    scenario: Scenario,
    factor: float = 2.0,
    cells: Mapping[Cell, tuple[float, float]] | None = None,
    moving: Moving = "apart",
) -> PriceRanges:
    """The ranges about the costs in force; `cells` as somebody edits them, before `scenario.scale`.

    >>> cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    >>> ranges_of(Scenario(cost, scale=3), cells={(1, 0): (50, 400)}).high[1].tolist()
    [1200.0, 0.0]
    """
    asked, scale = referral_column(scenario), scenario.scale
    scaled = {
        (t, d): (low, high) if d == asked else (low * scale, high * scale)
        for (t, d), (low, high) in (cells or {}).items()
    }
    return PriceRanges.by_factor(scenario.matrix, factor, scaled, moving)


def referral_column(scenario: Scenario) -> int | None:
    """The decision whose price is `scenario.referral`, which the scale does not touch.

    >>> referral_column(Scenario(CostMatrix.zero_one("ab"), referral=0.1))
    2
    """
    if scenario.referral is None:
        return None
    names = scenario.cost.decisions[len(scenario.cost.classes) :]
    return scenario.cost.decisions.index(REFER) if REFER in names else len(scenario.cost.decisions)


def one_price(cost: CostMatrix) -> frozenset[int]:
    """Extra decisions that cost the same whatever the truth.

    >>> sorted(one_price(CostMatrix.zero_one("ab").with_referral(3)))
    [2]
    """
    extra = range(len(cost.classes), len(cost.decisions))
    return frozenset(d for d in extra if (cost.values[:, d] == cost.values[0, d]).all())


def price_name(cost: CostMatrix, cells: tuple[Cell, ...]) -> str:
    """How a price, or what moves together, is called in sentences.

    >>> price_name(CostMatrix.zero_one(["ok", "crack"]), ((1, 0),))
    "'crack' called 'ok'"
    """
    truths, decisions = ({cell[axis] for cell in cells} for axis in (0, 1))
    if len(decisions) == 1 and decisions <= one_price(cost) and len(truths) in (1, len(cost.classes)):
        return f"the decision '{cost.decisions[cells[0][1]]}'"
    if len(cells) == 1:
        return cell_name(cost.classes[cells[0][0]], cost.decisions[cells[0][1]])
    if len(truths) > 1:
        return "all prices together"
    right = any(truth == decision or decision >= len(cost.classes) for truth, decision in cells)
    return f"every {'decision' if right else 'mistake'} on '{cost.classes[cells[0][0]]}'"


def _refusal(ranges: PriceRanges, cell: Cell) -> str:
    low, likely, high = ranges.low[cell], ranges.likely.values[cell], ranges.high[cell]
    name = price_name(ranges.likely, (cell,))
    if not (abs(low) <= MAX_COST and abs(high) <= MAX_COST):
        return f"The ends of the price of {name} must be numbers up to {MAX_COST:g}; got {low:g} and {high:g}."
    return (
        f"The price of {name} must go from low over likely to high; got {number(low)}, {number(likely)} and "
        f"{number(high)}."
    )
