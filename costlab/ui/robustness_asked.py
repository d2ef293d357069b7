"""What is asked of Robustness: the ranges, and how to draw. Its part of the address, and what is typed. No streamlit.

ranges=factor:2              every price, up to so many times lower or higher; left out where it is 2
range=3.0:50~400,1.0:5~20    prices with ends of their own: truth.decision:low~high, before the scale
moving=by_truth              what moves with what; decide=anew, images=too, rules=argmax,constant
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from costlab.candidates import CONSTANT, choices, usual
from costlab.costs import CostMatrix
from costlab.doctor import within_bounds
from costlab.errors import CostlabError, InvalidCosts
from costlab.numbers import parse_number, show_number
from costlab.price_ranges import (
    MAX_FACTOR,
    MOVING,
    Cell,
    Moving,
    PriceRanges,
    one_price,
    price_name,
    ranges_of,
    referral_column,
)
from costlab.scenario import Scenario

KEYS = ("ranges", "range", "moving", "decide", "images", "rules")
FACTOR = 2.0
MOST_OWN = 150  # ranges in an address
SHOWN = 12  # classes, up to which every price has its row
DEAREST = 40  # rows beyond


@dataclass(frozen=True)
class Asked:
    """factor: of every price but `own`, low and high by cell. rules: names of candidates; empty: the usual ones."""

    factor: float = FACTOR
    own: Mapping[Cell, tuple[float, float]] = field(default_factory=dict)
    moving: Moving = "apart"
    anew: bool = False
    images: bool = False
    rules: tuple[str, ...] = ()

    def ranges(self, scenario: Scenario) -> PriceRanges:
        """The ranges about the costs in force."""
        return ranges_of(scenario, self.factor, self.own, self.moving)


def to_address(asked: Asked) -> dict[str, str]:
    """What the address must say.

    >>> to_address(Asked(factor=3, own={(3, 0): (50, 400)}, anew=True))
    {'ranges': 'factor:3', 'range': '3.0:50~400', 'decide': 'anew'}
    """
    said = {}
    if asked.factor != FACTOR:
        said["ranges"] = f"factor:{show_number(asked.factor)}"
    if asked.own:
        own = [f"{t}.{d}:{show_number(low)}~{show_number(high)}" for (t, d), (low, high) in asked.own.items()]
        said["range"] = ",".join(own[:MOST_OWN])
    if asked.moving != "apart":
        said["moving"] = asked.moving
    said |= {"decide": "anew"} if asked.anew else {}
    said |= {"images": "too"} if asked.images else {}
    return said | ({"rules": ",".join(asked.rules)} if asked.rules else {})


def from_address(said: Mapping[str, str], scenario: Scenario) -> tuple[Asked, list[str]]:
    """What an address asks for, and a sentence for each part of it that means nothing (and is left out)."""
    asked, told = Asked(), []
    for key in KEYS:
        if key in said:
            try:
                asked = _READ[key](said[key][:20_000], asked, scenario)
            except (ValueError, KeyError):
                told.append(f"The address says {key}={said[key][:60]}, which means nothing here; it is left out.")
    for cell, ends in list(asked.own.items()):
        try:
            Asked(asked.factor, {cell: ends}).ranges(scenario)
        except CostlabError as error:  # the likely price has been moved out of it
            asked = replace(asked, own={other: kept for other, kept in asked.own.items() if other != cell})
            told.append(f"{error} Its range is that of the factor again.")
    return asked, told


def names_asked(asked: Asked, scenario: Scenario, models: int) -> list[str]:
    """The candidates that are asked for, or the usual ones."""
    known = [*choices(scenario), CONSTANT]
    return [name for name in known if name in asked.rules] or usual(scenario, models)


def plain(scenario: Scenario) -> Scenario:
    """The scenario with prices as they are typed, before the scale."""
    return replace(scenario, scale=1.0)


def rows(asked: Asked, scenario: Scenario, base: CostMatrix) -> list[Cell]:
    """The prices that have a row, dearest first by `base`, so that none jumps while it is typed."""
    cost, size = plain(scenario).matrix, len(base.classes)
    single = one_price(cost)
    off = (cost.values != 0) | (np.eye(*cost.values.shape) == 0)
    cells = [(int(t), int(d)) for t, d in np.argwhere(off) if d not in single or t == 0]
    known = base if base.values.shape == cost.values.shape else cost
    cells.sort(key=lambda cell: -abs(float(known.values[cell])))
    if size <= SHOWN:
        return cells
    return [cell for place, cell in enumerate(cells) if place < DEAREST or cell in asked.own or cell[1] >= size]


def shown(asked: Asked, scenario: Scenario, cells: Iterable[Cell]) -> list[list[str]]:
    """A row a price: the truth, the decision, its low, likely and high price as they are typed."""
    ranges = asked.ranges(plain(scenario))
    cost, single = ranges.likely, one_price(ranges.likely)
    return [
        [
            "any" if d in single else cost.classes[t],
            cost.decisions[d],
            *(show_number(_tidy(float(ends[t, d]))) for ends in (ranges.low, cost.values, ranges.high)),
        ]
        for t, d in cells
    ]


def typed(asked: Asked, scenario: Scenario, cell: Cell, texts: tuple[str, ...]) -> tuple[Asked, Scenario]:
    """The ranges and the scenario after low, likely and high were typed for a price.

    A likely price alone takes its range along where that is by the factor; both ends empty bring the factor back.
    Raises InvalidCosts with one sentence.
    """
    name, (before,) = price_name(plain(scenario).matrix, (cell,)), shown(asked, scenario, [cell])
    low, likely, high = (_read(text, name) for text in texts)
    if likely is None or (low is None) != (high is None):
        raise InvalidCosts(f"The price of {name} needs a low, a likely and a high end; a cell is empty.")
    scenario = scenario if texts[1] == before[3] else _with_likely(scenario, cell, likely)
    by_factor = low is None or (cell not in asked.own and [texts[0], texts[2]] == [before[2], before[4]])
    own = {other: ends for other, ends in asked.own.items() if other != cell}
    if not by_factor:
        assert low is not None and high is not None  # noqa: PT018
        own[cell] = (low, high)
    asked = replace(asked, own=own)
    asked.ranges(plain(scenario))
    return asked, scenario


def factor_typed(asked: Asked, text: str) -> Asked:
    """The ranges with another factor. Raises InvalidCosts."""
    try:
        factor = parse_number(text)
    except ValueError as error:
        raise InvalidCosts(f"The factor must be a number from 1 to {MAX_FACTOR:g}; {error}.") from None
    if not 1 <= factor <= MAX_FACTOR:
        raise InvalidCosts(f"The factor must be a number from 1 to {MAX_FACTOR:g}; got {text.strip()[:40]}.")
    return replace(asked, factor=factor)


def _with_likely(scenario: Scenario, cell: Cell, likely: float) -> Scenario:
    if cell[1] == referral_column(scenario):
        return replace(scenario, referral=likely)
    if cell[1] in one_price(scenario.cost):
        values = scenario.cost.values.copy()
        values[:, cell[1]] = likely
        return replace(scenario, cost=replace(scenario.cost, values=values))
    return replace(scenario, cost=scenario.cost.replaced(*cell, likely))


def _read(text: str, name: str) -> float | None:
    if not text.strip():
        return None
    try:
        return within_bounds(parse_number(text))
    except ValueError as error:
        raise InvalidCosts(f"The price of {name}: {error}.") from None


def _tidy(value: float) -> float:
    """Without the digits that a division left behind."""
    return float(f"{value:.6g}")


def _ranges(text: str, asked: Asked, scenario: Scenario) -> Asked:
    kind, _, factor = text.partition(":")
    if kind != "factor":
        raise ValueError("not a factor")
    return factor_typed(asked, factor)


def _range(text: str, asked: Asked, scenario: Scenario) -> Asked:
    cost, own = plain(scenario).matrix, {}
    for part in text.split(",")[:MOST_OWN]:
        cell, _, ends = part.partition(":")
        truth, decision = (int(place) for place in cell.split("."))
        low, high = (within_bounds(parse_number(end)) for end in ends.split("~"))
        if not (0 <= truth < len(cost.classes) and 0 <= decision < len(cost.decisions)):
            raise ValueError("no such price")
        own[0 if decision in one_price(cost) else truth, decision] = (low, high)
    return replace(asked, own=own)


def _moving(text: str, asked: Asked, scenario: Scenario) -> Asked:
    if text not in MOVING:
        raise ValueError("no such way of moving")
    return replace(asked, moving=text)


def _rules(text: str, asked: Asked, scenario: Scenario) -> Asked:
    known = {*choices(scenario), CONSTANT}
    return replace(asked, rules=tuple(name for name in dict.fromkeys(text.split(",")) if name in known))


_READ = {
    "ranges": _ranges,
    "range": _range,
    "moving": _moving,
    "decide": lambda text, asked, scenario: replace(asked, anew=text == "anew"),
    "images": lambda text, asked, scenario: replace(asked, images=text == "too"),
    "rules": _rules,
}
