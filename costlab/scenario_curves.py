"""The cost curves of a scenario: under its calibration, class shares and prices, and what a click on one sets.

All decide by least expected cost, whatever the scenario's rule: curves are about prices, and that rule follows them.
"""

from dataclasses import dataclass, replace
from math import floor, isfinite, log10
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from costlab.curves import (
    Band,
    CostPath,
    CostReliability,
    DrummondHolte,
    PriceCurve,
    ReferralCurve,
    Simplex,
    cost_path,
    cost_reliability,
    decision_rates,
    drummond_holte,
    equal_costs,
    price_curve,
    probability_cost,
    referral_curve,
    remade_path,
    steady_prices,
)
from costlab.curves import triangle as curves_triangle
from costlab.doctor import MAX_COST
from costlab.errors import InvalidCosts
from costlab.fitted import Fitted, Recipe
from costlab.metrics import confusion
from costlab.scenario import REFER, Answer, Scenario, case_of

FOLLOWS = ("least_expected_cost", "refer")  # rules that decide as the curves do
NOW, BLIND = "decisions as they are", "most probable class, whatever mistakes cost"
TRIED = 0.1  # of the images: where nobody can be asked, a price at which about so many would be referred is tried
KEPT = 8  # of the curves of decisions made anew: they stay while the price itself is moved
STEPS = 41  # of a path: decisions change little between two

_ANEW: WeakKeyDictionary[Fitted, dict[tuple[object, ...], Band]] = WeakKeyDictionary()


class Pick(NamedTuple):
    """What a click on a curve sets: kind "price" of the selected cell, or "referral"; value: as it would be typed."""

    kind: str
    value: float


def seen(fitted: Fitted, scenario: Scenario) -> np.ndarray:
    """(N, K): the probabilities that the scenario's decisions come from, calibrated and moved to its class shares."""
    return fitted.seen(scenario.recipe, case_of(fitted, scenario).priors)


def price(fitted: Fitted, scenario: Scenario, answer: Answer, selected: tuple[int, int]) -> PriceCurve:
    """Mean cost against the price of one cell; of the decision to refer, against its price whatever the truth."""
    truth, decision = _in_force(scenario, selected)
    prices = steady_prices(answer.cost, truth, decision)
    others = answer.cost.values.copy()
    others[slice(None) if truth is None else truth, decision] = 0
    of = scenario.calibration, scenario.shares, truth, decision, answer.cost.classes, others.tobytes(), prices.tobytes()
    known = _ANEW.setdefault(fitted, {})
    curve = price_curve(
        seen(fitted, scenario),
        fitted.test.target,
        answer.cost,
        truth,
        decision,
        prices,
        {NOW: answer.decided},
        weights=answer.weights,
        anew=known.get(of),
    )
    known[of] = curve.remade
    for old in list(known)[:-KEPT]:
        known.pop(old, None)  # another visitor's thread may have been faster
    return curve


def price_pick(scenario: Scenario, selected: tuple[int, int], x: float) -> Pick | None:
    """What a click at price `x` of that curve sets, with two digits; None where `x` is no price.

    >>> from costlab.costs import CostMatrix
    >>> price_pick(Scenario(CostMatrix([[0, 1], [100, 0]], "ab"), scale=2), (1, 0), 397.3)
    Pick(kind='price', value=200.0)
    """
    if not isfinite(x) or not 0 < x / scenario.scale < MAX_COST:
        return None
    if _in_force(scenario, selected)[0] is None:
        return Pick("referral", rounded(x, 2))
    return Pick("price", rounded(x / scenario.scale, 2))


def path(fitted: Fitted, scenario: Scenario, answer: Answer) -> tuple[CostPath, Band]:
    """Mean cost from equal costs to these: decisions as they are, blind ones, and those made anew on the way."""
    equal, target, t = equal_costs(answer.cost), fitted.test.target, np.linspace(0, 1, STEPS)
    blind = fitted.decide(Recipe("", "none", "argmax"), answer.cost)
    confusions = [answer.counts, confusion(target, blind, answer.cost)]
    weighted = np.array(confusions) * answer.weights[:, None]
    fixed = cost_path(weighted, equal, replace(answer.cost, name="these costs"), t, [NOW, BLIND])
    return fixed, remade_path(seen(fitted, scenario), target, equal, answer.cost, t, weights=answer.weights)


def referral(fitted: Fitted, scenario: Scenario, answer: Answer) -> tuple[ReferralCurve, float | None]:
    """Mean cost against the share referred, and the price that was tried where nobody can be asked yet."""
    probs, tried = seen(fitted, scenario), None
    cost = answer.cost
    if len(cost.decisions) == len(cost.classes):
        worth = cost.expected(probs).min(axis=1)
        tried = rounded(float(np.quantile(worth, 1 - TRIED)), 2) or rounded(float(worth.max()) / 2, 2) or 1.0
        cost = cost.with_referral(tried, REFER)
    return referral_curve(probs, fitted.test.target, cost, weights=answer.weights), tried


def referral_pick(curve: ReferralCurve, share: float) -> Pick | None:
    """What a click at a share of that curve sets: the price of referring that leads to it, with three digits."""
    return Pick("referral", rounded(curve.price(min(max(share, 0.0), 1.0)), 3)) if isfinite(share) else None


@dataclass(frozen=True)
class OneClass:
    """One class against the rest: its cost curve, the line of the decisions as they are, where the costs stand.

    now: false positive and false negative rate. operating: on the axis of the curve; None for more than two classes,
    whose mistakes have more than two prices.
    """

    curve: DrummondHolte
    now: tuple[float, float]
    operating: float | None


def one_class(fitted: Fitted, scenario: Scenario, answer: Answer, positive: int) -> OneClass:
    """Drummond and Holte's curve of the class `positive`. Raises InvalidPredictions where all or none are of it."""
    target, cost = fitted.test.target, answer.cost
    curve = drummond_holte(seen(fitted, scenario), target, positive, cost.classes[positive], answer.weights)
    now = decision_rates(target, answer.decided, positive, answer.weights)
    operating = None
    if len(cost.classes) == 2:
        share = float((answer.weights[target] * (target == positive)).mean())
        try:
            operating = probability_cost(cost, share, positive)
        except InvalidCosts:  # a mistake that earns has no place on the axis
            operating = None
    return OneClass(curve, now, operating)


def reliability(fitted: Fitted, scenario: Scenario, answer: Answer) -> CostReliability:
    """What the decisions as they are were expected to cost, against what they cost."""
    return cost_reliability(
        seen(fitted, scenario), fitted.test.target, answer.decided, answer.cost, weights=answer.weights
    )


def triangle(fitted: Fitted, scenario: Scenario, answer: Answer, three: tuple[int, int, int]) -> Simplex:
    """Three classes as a triangle: regions by least expected cost, images by their probabilities and decisions."""
    return curves_triangle(seen(fitted, scenario), fitted.test.target, answer.decided, answer.cost, three)


def corners(answer: Answer, selected: tuple[int, int]) -> tuple[int, int, int]:
    """Three classes to begin with: those of the selected cell, then those of the most mistakes with them.

    The answer must be about three classes at least.
    """
    k = len(answer.cost.classes)
    mistakes = answer.counts[:, :k] * (1 - np.eye(k, dtype=int))
    chosen = [place for place in dict.fromkeys(selected) if place < k]
    while len(chosen) < 3:
        with_them = (mistakes[chosen].sum(axis=0) + mistakes[:, chosen].sum(axis=1)).astype(float)
        with_them[chosen] = -1
        chosen.append(int(with_them.argmax()))
    first, second, third = sorted(chosen)
    return first, second, third


def rounded(value: float, digits: int) -> float:
    """`value` with so many significant digits.

    >>> rounded(397.3, 2), rounded(0.01234, 3), rounded(0, 2)
    (400.0, 0.0123, 0.0)
    """
    return round(float(value), digits - 1 - floor(log10(abs(value)))) if value else 0.0


def _in_force(scenario: Scenario, selected: tuple[int, int]) -> tuple[int | None, int]:
    """The cell, without a truth where it is the scenario's own decision to refer."""
    truth, decision = selected
    return (None if decision >= len(scenario.cost.decisions) else truth), decision
