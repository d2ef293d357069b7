"""What-if: the assumptions under which a model decides, and what follows from them. Nothing is trained here.

The path of the data: a `Source` (predictions) is `Fitted` once; a `Scenario` says prices, shares, calibration and rule;
`answer` makes the decisions and judges them; `change` says what one scenario changed against another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from costlab.calibration import CALIBRATIONS
from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.errors import InvalidCosts, InvalidPredictions, UnknownName
from costlab.fitted import BAR, Fitted, Recipe
from costlab.intervals import Interval, mean_interval, paid_events, paired_interval
from costlab.metrics import confusion
from costlab.records import ConstantResult
from costlab.verdict import Case

CASES = 1000  # costs are told for so many: a mean cost of 0.004 means little to people
REFER = "refer to a human"


@dataclass(frozen=True)
class Scenario:
    """Prices, class shares, calibration and rule: all that can be changed after training.

    cost: (K, D) as somebody edits it. scale: all of it is multiplied by this. referral: what it costs to refer an image
    to a human, whatever the truth, not multiplied; None: nobody can be asked, unless `cost` has prices for it. shares:
    (K,) class shares of the place where the model will decide, in the order of `cost.classes`, any positive scale;
    None: as in the test set. Raises InvalidCosts, InvalidPredictions or UnknownName for what means nothing.
    """

    cost: CostMatrix
    rule: str = "least_expected_cost"
    calibration: str = BAR
    scale: float = 1.0
    referral: float | None = None
    shares: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.scale < np.inf:
            raise InvalidCosts(f"All costs can be multiplied by a number above 0; got {self.scale:g}.")
        if self.shares is not None:
            object.__setattr__(self, "shares", tuple(float(share) for share in self.shares))
            if len(self.shares) != len(self.cost.classes):
                raise InvalidPredictions(
                    f"Expected {len(self.cost.classes)} class shares, one a class; got {len(self.shares)}."
                )
        for kind, name, known in (("rule", self.rule, RULES), ("calibration", self.calibration, CALIBRATIONS)):
            if name not in known:
                raise UnknownName(kind, name, known)

    @cached_property
    def matrix(self) -> CostMatrix:
        """The costs in force: scaled, with a column for referring if that has a price; that of `cost`, if it has one.

        >>> cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
        >>> Scenario(cost, scale=2, referral=3).matrix.values.tolist()
        [[0.0, 2.0, 3.0], [200.0, 0.0, 3.0]]
        """
        cost = self.cost if self.scale == 1 else replace(self.cost, values=self.cost.values * self.scale)
        if self.referral is None:
            return cost
        if REFER in cost.decisions[len(cost.classes) :]:
            values = cost.values.copy()
            values[:, cost.decisions.index(REFER)] = self.referral
            return replace(cost, values=values)
        return cost.with_referral(self.referral, REFER if REFER not in cost.classes else "ask a human")

    @property
    def recipe(self) -> Recipe:
        """The calibration and rule."""
        return Recipe("", self.calibration, self.rule, self.shares is not None)


@dataclass(frozen=True)
class Answer:
    """What a model's decisions cost in a scenario. Costs are means an image, in the matrix's unit.

    cost: (K, D), the costs in force. decided: (N,), for the test part. paid: (N,), times the weight of its class where
    shares are given, so that its mean is what is to be expected there. counts: (K, D) of the test part as it is.
    weights: (K,), what a test image of each class counts for. mean: with its 95 % interval, which with class shares is
    rather too wide than too narrow (simulated: it holds the truth 95 to 100 times in 100). events: how many dear
    mistakes it rests on, about. constant: the best single decision for all. blind: argmax, whatever mistakes cost.
    referred: the share that goes to extra decisions, weighted. tuned: the costs that a rule which learns is fitted to.
    """

    scenario: Scenario
    cost: CostMatrix
    decided: np.ndarray
    paid: np.ndarray
    counts: np.ndarray
    weights: np.ndarray
    mean: Interval
    events: float
    constant: ConstantResult
    blind: Interval
    referred: float
    tuned: CostMatrix

    @property
    def expected(self) -> np.ndarray:
        """(K, D) float64: as many images as were tested, at the class shares of the scenario."""
        return self.counts * self.weights[:, None]


def answer(fitted: Fitted, scenario: Scenario, tuned_for: Scenario | None = None) -> Answer:
    """Decide and judge the test part. Raises InvalidCosts or InvalidPredictions where the scenario means nothing.

    tuned_for: rules that learn stay as they were tuned for its prices, which saves most of the time. That is for while
    a price is being dragged; at rest leave it out, so that a scenario alone says what comes of it, whatever was before.
    """
    case = case_of(fitted, scenario)
    tuned = None if tuned_for is None else tuned_for.matrix.for_classes(fitted.classes)
    if tuned is None or tuned.decisions != case.cost.decisions:
        tuned = case.cost
    decided = fitted.decide(scenario.recipe, case.cost, case.priors, tuned)
    blind = fitted.decide(Recipe("", "none", "argmax"), case.cost)
    paid, counts = case.paid(decided), confusion(fitted.test.target, decided, case.cost)
    weighted = counts * case.weights[:, None]
    return Answer(
        scenario=scenario,
        cost=case.cost,
        decided=decided,
        paid=paid,
        counts=counts,
        weights=case.weights,
        mean=mean_interval(paid),
        events=paid_events(paid),
        constant=case.constant(),
        blind=mean_interval(case.paid(blind)),
        referred=float(weighted[:, len(case.cost.classes) :].sum() / weighted.sum()),
        tuned=tuned,
    )


def case_of(fitted: Fitted, scenario: Scenario) -> Case:
    """The test part at the costs and class shares of a scenario."""
    if scenario.shares is None:
        return Case(fitted, scenario.matrix)
    return Case(fitted, scenario.matrix, dict(zip(scenario.cost.classes, scenario.shares, strict=True)))


@dataclass(frozen=True)
class Change:
    """What deciding anew is worth: `after` against the decisions of `before`, both at the prices and shares of `after`.

    An old decision that there is no more (to refer, where nobody can be asked now) keeps its old price.

    differs: (N,) bool, the images decided otherwise. counts: (K, D), how many more images are in each cell. kept: the
    mean cost when the old decisions stay. difference: of the means, new minus old, with its 95 % interval. events: how
    many dear images the difference rests on, about.
    """

    before: Answer
    after: Answer
    differs: np.ndarray
    counts: np.ndarray
    kept: float
    difference: Interval
    events: float


def change(before: Answer, after: Answer, target: np.ndarray) -> Change:
    """What changed; decisions are told apart by name, for the two may have different extra ones. target: (N,).

    Raises InvalidPredictions when the two are not about the same number of images, InvalidCosts for other classes.
    """
    if not len(before.decided) == len(after.decided) == len(target):
        raise InvalidPredictions(
            f"Expected answers about the same images; got {len(before.decided)}, {len(after.decided)} and "
            f"{len(target)} targets."
        )
    if before.cost.classes != after.cost.classes:
        raise InvalidCosts("A change compares answers about the same classes, in the same order.")
    names = after.cost.decisions
    old = np.array([names.index(name) if name in names else -1 for name in before.cost.decisions])[before.decided]
    known = old >= 0
    price = np.where(known, after.cost.values[target, np.maximum(old, 0)], before.cost.values[target, before.decided])
    paid = price * after.weights[target]
    return Change(
        before=before,
        after=after,
        differs=old != after.decided,
        counts=after.counts - confusion(target[known], old[known], after.cost),
        kept=float(paid.mean()),
        difference=paired_interval(after.paid, paid),
        events=paid_events(after.paid - paid),
    )


def cell_images(
    answer: Answer, target: np.ndarray, probs: np.ndarray, truth: int | None = None, decision: int | None = None
) -> Sequence[int]:
    """Rows of the test part in one cell, the costliest first, then those the model is surest of.

    target: (N,). probs: (N, K), as the rule saw them (`Fitted.seen`). truth, decision: by position; None: any, where
    both are None all that cost something. Inside one cell all cost the same, so that the surest come first.
    """
    chosen = answer.paid > 0 if truth is None and decision is None else np.ones(len(target), dtype=bool)
    if truth is not None:
        chosen &= target == truth
    if decision is not None:
        chosen &= answer.decided == decision
    rows = np.flatnonzero(chosen)
    sure = probs[rows].max(axis=1)
    return [int(row) for row in rows[np.lexsort((rows, -sure, -answer.paid[rows]))]]
